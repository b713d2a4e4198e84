//! Links on the first page of the console: everybody sees them, staff keep them.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::link::Link as Stored;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::{LinkId, Timestamp};
use tenantry_http::Api;
use tenantry_service::link::{self, Set};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, created, gone, list_query, object, page};
use crate::call::{Body, Call, Id, patch};
use crate::dry_run::DryRun;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_links, create_link)).routes(routes!(get_link, update_link, delete_link))
}

/// A link.
#[derive(Serialize, ToSchema)]
pub(crate) struct Link {
    id: i64,
    name: String,
    description: String,
    href: String,
    image_url: String,
    new_window: bool,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&Stored> for Link {
    fn from(l: &Stored) -> Self {
        Self {
            id: l.id.0,
            name: l.name.clone(),
            description: l.description.clone(),
            href: l.href.clone(),
            image_url: l.image_url.clone(),
            new_window: l.new_window,
            version: l.version,
            created_at: l.created_at,
            updated_at: l.updated_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLink {
    /// Unique.
    name: String,
    /// An http or https URL, or a path on this server.
    href: String,
    description: Option<String>,
    /// A picture for it.
    image_url: Option<String>,
    /// Whether it opens in a window of its own; no without it.
    new_window: Option<bool>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LinkChange {
    name: Option<String>,
    href: Option<String>,
    /// Null clears it.
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// Null takes it away.
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    image_url: Option<Option<String>>,
    new_window: Option<bool>,
}

list_query!(LinkQuery {});

/// List links
#[utoipa::path(get, path = "/links", params(LinkQuery), responses((status = 200, body = Listed<Link>)))]
async fn list_links(call: Call<LinkQuery>) -> Reply {
    Ok(page(link::list(&call.ctx, &call.query.page()?).await?, |l| Link::from(&l)))
}

/// Make a link
#[utoipa::path(post, path = "/links", request_body = NewLink, responses((status = 201, body = Link)))]
async fn create_link(call: Call, Body(new): Body<NewLink>) -> Reply {
    let set = Set {
        name: Some(new.name),
        href: Some(new.href),
        description: new.description,
        image_url: new.image_url,
        new_window: new.new_window,
        version: None,
    };
    let made = link::create(&call.ctx, &set).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Create, ObjectKind::Link).result(&Link::from(&made)).answer());
    }
    Ok(created(&Link::from(&made), made.version, &format!("/links/{}", made.id)))
}

/// Get a link
#[utoipa::path(get, path = "/links/{id}", responses((status = 200, body = Link)))]
async fn get_link(call: Call, Id(id): Id) -> Reply {
    let found = link::get(&call.ctx, LinkId(id)).await?;
    Ok(object(StatusCode::OK, &Link::from(&found), found.version))
}

/// Change a link
#[utoipa::path(patch, path = "/links/{id}", request_body = LinkChange, responses((status = 200, body = Link)))]
async fn update_link(call: Call, Id(id): Id, Body(change): Body<LinkChange>) -> Reply {
    let set = Set {
        name: change.name,
        href: change.href,
        description: change.description.map(Option::unwrap_or_default),
        image_url: change.image_url.map(Option::unwrap_or_default),
        new_window: change.new_window,
        version: call.version,
    };
    let after = link::update(&call.ctx, LinkId(id), &set).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Update, ObjectKind::Link).result(&Link::from(&after)).answer());
    }
    Ok(object(StatusCode::OK, &Link::from(&after), after.version))
}

/// Remove a link
#[utoipa::path(delete, path = "/links/{id}", responses((status = 204, description = "the link is gone")))]
async fn delete_link(call: Call, Id(id): Id) -> Reply {
    link::delete(&call.ctx, LinkId(id), call.version).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, ObjectKind::Link).answer());
    }
    Ok(gone())
}
