//! Links on the first page of the console.

use sea_orm::FromQueryResult;
use tenantry_domain::link::Link;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, ObjectKind, act, obj};
use tenantry_domain::{Error, LinkId, Result, Timestamp};

use crate::Tx;
use crate::sql::{Conn, Where, aggregate, exec, number, row, rows, taken, vals};

aggregate!(
    /// Links.
    Links,
    links
);

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    name: String,
    description: String,
    href: String,
    image_url: String,
    new_window: bool,
    version: i64,
    created_at: i64,
    updated_at: i64,
}

const COLUMNS: &str = "SELECT id, name, description, href, image_url, new_window, version, created_at, updated_at FROM links";

impl From<Row> for Link {
    fn from(row: Row) -> Self {
        Self {
            id: LinkId(row.id),
            name: row.name,
            description: row.description,
            href: row.href,
            image_url: row.image_url,
            new_window: row.new_window,
            version: row.version,
            created_at: Timestamp(row.created_at),
            updated_at: Timestamp(row.updated_at),
        }
    }
}

impl<X: Conn> Links<'_, X> {
    /// A link. Everyone who is logged in may see them.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get(&self, id: LinkId) -> Result<Link> {
        let found = row::<Row, X>(self.0, &format!("{COLUMNS} WHERE id = $1"), vals![id.0]).await?;
        found.map(Into::into).ok_or_else(|| Error::not_found(ObjectKind::Link, id))
    }

    /// A link by its name.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::NotFound`] when there is none.
    pub async fn get_by_name(&self, name: &str) -> Result<Link> {
        let found = row::<Row, X>(self.0, &format!("{COLUMNS} WHERE name = $1"), vals![name]).await?;
        found.map(Into::into).ok_or_else(|| Error::not_found(ObjectKind::Link, tenantry_domain::name::clip(name)))
    }

    /// A page of links.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self, page: &PageRequest) -> Result<Page<Link>> {
        let mut filter = Where::default();
        filter.and_if("id > {}", page.after.as_ref().map(|c| c.id));
        let limit = filter.value(i64::try_from(page.limit + 1).unwrap_or(i64::MAX));
        let skip = filter.value(i64::try_from(page.skip).unwrap_or(i64::MAX));
        let sql = format!("{COLUMNS}{} ORDER BY id LIMIT {limit} OFFSET {skip}", filter.clause());
        let items: Vec<Link> = rows::<Row, X>(self.0, &sql, filter.into_values()).await?.into_iter().map(Into::into).collect();
        Ok(Page::cut(items, page.limit, |l| Cursor { key: String::new(), id: l.id.0 }))
    }
}

fn name_taken(name: &str) -> impl FnOnce(Error) -> Error {
    taken(ObjectKind::Link, format!("there is a link '{name}' already"))
}

impl Links<'_, Tx> {
    /// Makes a link; the id, version and times of `link` are not used.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when the name is taken.
    pub async fn insert(&self, allowed: &Allowed<act::Create, obj::Link>, link: &Link) -> Result<LinkId> {
        let _ = allowed;
        let sql = "INSERT INTO links (name, description, href, image_url, new_window, created_at, updated_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id AS n";
        let now = self.0.clock().now().0;
        let values =
            vals![link.name.as_str(), link.description.as_str(), link.href.as_str(), link.image_url.as_str(), link.new_window, now];
        let id = number(self.0, sql, values).await.map_err(name_taken(&link.name))?;
        self.0.touch(ObjectKind::Link, id);
        Ok(LinkId(id))
    }

    /// Changes a link to what `link` says.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::AlreadyExists`] when the name is taken, [`tenantry_domain::ErrorKind::StaleVersion`] when it has another version than `link`.
    pub async fn update(&self, allowed: &Allowed<act::Update, obj::Link>, link: &Link) -> Result<()> {
        let _ = allowed;
        let sql = "UPDATE links SET name = $1, description = $2, href = $3, image_url = $4, new_window = $5, version = version + 1, updated_at = $6 \
            WHERE id = $7 AND version = $8";
        let values = vals![
            link.name.as_str(),
            link.description.as_str(),
            link.href.as_str(),
            link.image_url.as_str(),
            link.new_window,
            self.0.clock().now().0,
            link.id.0,
            link.version
        ];
        if exec(self.0, sql, values).await.map_err(name_taken(&link.name))? == 0 {
            return Err(crate::resources::stale(ObjectKind::Link, link.version, None));
        }
        self.0.touch(ObjectKind::Link, link.id.0);
        Ok(())
    }

    /// Removes a link.
    ///
    /// # Errors
    /// [`tenantry_domain::ErrorKind::StaleVersion`] when it has another version than the one asked for.
    pub async fn delete(&self, allowed: &Allowed<act::Delete, obj::Link>, id: LinkId, version: Option<i64>) -> Result<()> {
        let _ = allowed;
        let sql = "DELETE FROM links WHERE id = $1 AND (CAST($2 AS BIGINT) IS NULL OR version = $2)";
        if exec(self.0, sql, vals![id.0, version]).await? == 0 {
            return Err(crate::resources::changed(self.0, ObjectKind::Link, "links", id.0, version).await?);
        }
        self.0.touch(ObjectKind::Link, id.0);
        Ok(())
    }
}
