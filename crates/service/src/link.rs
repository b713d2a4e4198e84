//! Links on the first page of the console: everybody sees them, staff keep them.

use tenantry_domain::link::{Link, check_href, check_picture};
use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::policy::{Action, Allowed, ObjectKind, act, obj};
use tenantry_domain::{Error, LinkId, Result, TenantId, Timestamp, name};

use crate::Ctx;

/// What a link is to be; what is none stays, or is empty in a new one.
#[derive(Debug, Clone, Default)]
pub struct Set {
    /// The name to show.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Where it goes.
    pub href: Option<String>,
    /// A picture for it.
    pub image_url: Option<String>,
    /// Whether it opens in a window of its own.
    pub new_window: Option<bool>,
    /// The version that it must have.
    pub version: Option<i64>,
}

impl Set {
    fn onto(&self, before: Link) -> Result<Link> {
        let link = Link {
            name: self.name.clone().unwrap_or(before.name),
            description: self.description.clone().unwrap_or(before.description),
            href: self.href.clone().unwrap_or(before.href),
            image_url: self.image_url.clone().unwrap_or(before.image_url),
            new_window: self.new_window.unwrap_or(before.new_window),
            ..before
        };
        name::check_display("name", &link.name, 128)?;
        name::check_text("description", &link.description, 1000)?;
        if link.href.is_empty() {
            return Err(Error::missing("href"));
        }
        check_href("href", &link.href)?;
        if !link.image_url.is_empty() {
            check_picture("imageUrl", &link.image_url)?;
        }
        Ok(link)
    }
}

/// Makes a link.
///
/// # Errors
/// `AlreadyExists`, `InvalidArgument`, `MissingArgument`, `Forbidden`.
pub async fn create(ctx: &Ctx, set: &Set) -> Result<Link> {
    ctx.audited(Action::Create, ObjectKind::Link, set.name.clone().unwrap_or_default(), async {
        let allowed: Allowed<act::Create, obj::Link> = ctx.allow(TenantId::ROOT, &"new").await?;
        let empty = Link {
            id: LinkId(0),
            name: String::new(),
            description: String::new(),
            href: String::new(),
            image_url: String::new(),
            new_window: false,
            version: 1,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        };
        let link = set.onto(empty)?;
        let tx = ctx.begin().await?;
        let id = tx.links().insert(&allowed, &link).await?;
        let made = tx.links().get(id).await?;
        ctx.commit(tx, Action::Create, ObjectKind::Link, id, TenantId::ROOT, &format!("'{}'", link.name)).await?;
        Ok(made)
    })
    .await
}

/// A link.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, id: LinkId) -> Result<Link> {
    ctx.scope(ObjectKind::Link)?;
    ctx.store().links().get(id).await
}

/// A link by its name.
///
/// # Errors
/// `NotFound`.
pub async fn get_by_name(ctx: &Ctx, name: &str) -> Result<Link> {
    ctx.scope(ObjectKind::Link)?;
    ctx.store().links().get_by_name(name).await
}

/// A page of links.
///
/// # Errors
/// When the database fails.
pub async fn list(ctx: &Ctx, page: &PageRequest) -> Result<Page<Link>> {
    ctx.scope(ObjectKind::Link)?;
    ctx.store().links().list(page).await
}

/// Changes a link.
///
/// # Errors
/// `AlreadyExists`, `InvalidArgument`, `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn update(ctx: &Ctx, id: LinkId, set: &Set) -> Result<Link> {
    ctx.audited(Action::Update, ObjectKind::Link, id, async {
        let before = get(ctx, id).await?;
        let allowed: Allowed<act::Update, obj::Link> = ctx.allow(TenantId::ROOT, &id).await?;
        if let Some(asked) = set.version.filter(|v| *v != before.version) {
            return Err(tenantry_store::resources::stale(ObjectKind::Link, before.version, Some(asked)));
        }
        let link = set.onto(before)?;
        let tx = ctx.begin().await?;
        tx.links().update(&allowed, &link).await?;
        let after = tx.links().get(id).await?;
        ctx.commit(tx, Action::Update, ObjectKind::Link, id, TenantId::ROOT, &format!("'{}'", link.name)).await?;
        Ok(after)
    })
    .await
}

/// Removes a link.
///
/// # Errors
/// `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, id: LinkId, version: Option<i64>) -> Result<Link> {
    ctx.audited(Action::Delete, ObjectKind::Link, id, async {
        let before = get(ctx, id).await?;
        let allowed: Allowed<act::Delete, obj::Link> = ctx.allow(TenantId::ROOT, &id).await?;
        let tx = ctx.begin().await?;
        tx.links().delete(&allowed, id, version).await?;
        ctx.commit(tx, Action::Delete, ObjectKind::Link, id, TenantId::ROOT, &format!("'{}'", before.name)).await?;
        Ok(before)
    })
    .await
}
