//! Links on the first page of the console (D44 to D48).

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::link::Link;
use tenantry_domain::{ErrorKind, LinkId, Result};
use tenantry_http::lenient;
use tenantry_service::{Ctx, link};

use crate::error::Reply;
use crate::extract::{Asked, Body, Caller, Listing, Names, given};
use crate::wire::done;

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::boolean")]
    blank: Option<bool>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    href: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    image_url: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
}

impl Wire {
    fn set(self) -> link::Set {
        link::Set {
            name: self.name,
            description: self.description,
            href: self.href,
            image_url: self.image_url,
            new_window: self.blank,
            version: None,
        }
    }
}

fn render(link: &Link) -> Value {
    json!({
        "blank": link.new_window,
        "description": link.description,
        "href": link.href,
        "id": link.id,
        "imageUrl": link.image_url,
        "name": link.name,
    })
}

/// D44
pub(crate) async fn create(Caller(ctx): Caller, Body(body): Body<Wire>) -> Reply {
    given("name", body.name.clone())?;
    given("href", body.href.clone())?;
    link::create(&ctx, &body.set()).await?;
    Ok(done("Add successfully", "successful").into())
}

/// D45
pub(crate) async fn list(Caller(ctx): Caller, asked: Asked) -> Reply {
    let mut list = Listing::new(&asked);
    while let Some(page) = list.ask() {
        let links = link::list(&ctx, &page).await?;
        list.add(links.items.iter().map(render), links.next);
    }
    Ok(list.answer())
}

/// The link with this id, else the one of this name: the document says now one, now the other.
async fn find(ctx: &Ctx, text: &str) -> Result<Link> {
    if let Ok(id) = text.parse::<LinkId>() {
        match link::get(ctx, id).await {
            Err(error) if error.kind == ErrorKind::NotFound => {}
            found => return found,
        }
    }
    link::get_by_name(ctx, text).await
}

/// D46: by name first.
pub(crate) async fn get(Caller(ctx): Caller, Names([name]): Names<1>) -> Reply {
    let found = match link::get_by_name(&ctx, &name).await {
        Err(error) if error.kind == ErrorKind::NotFound => find(&ctx, &name).await?,
        found => found?,
    };
    Ok(render(&found).into())
}

/// D47
pub(crate) async fn update(Caller(ctx): Caller, Names([id]): Names<1>, Body(body): Body<Wire>) -> Reply {
    let found = find(&ctx, &id).await?;
    link::update(&ctx, found.id, &body.set()).await?;
    Ok(done("Update successfully", "successful").into())
}

/// D48
pub(crate) async fn delete(Caller(ctx): Caller, Names([id]): Names<1>) -> Reply {
    let found = find(&ctx, &id).await?;
    link::delete(&ctx, found.id, None).await?;
    Ok(done("Delete successfully", "successful").into())
}
