//! Image registries, and the images in them.

use axum::Json;
use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::page::Cursor;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::registry::{Image as StoredImage, Registry as Stored};
use tenantry_domain::{Error, RegistryId, Timestamp};
use tenantry_http::Api;
use tenantry_service::registry::{self, RegistryDraft};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, created, cut, gone, list_query, object, page};
use crate::call::{Body, Call, Id, patch};
use crate::dry_run::DryRun;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_registries, create_registry))
        .routes(routes!(get_registry, update_registry, delete_registry))
        .routes(routes!(list_images))
}

/// A registry. Its password is never shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct Registry {
    id: i64,
    name: String,
    url: String,
    username: String,
    has_password: bool,
    ca_pem: Option<String>,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<&Stored> for Registry {
    fn from(r: &Stored) -> Self {
        Self {
            id: r.id.0,
            name: r.name.clone(),
            url: r.url.clone(),
            username: r.username.clone(),
            has_password: r.has_password,
            ca_pem: r.ca_pem.clone(),
            version: r.version,
            created_at: r.created_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRegistry {
    /// An RFC 1123 label.
    name: String,
    /// `https://registry.example:5000`
    url: String,
    username: Option<String>,
    password: Option<String>,
    /// The PEM of a private certificate authority.
    ca_pem: Option<String>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RegistryChange {
    name: Option<String>,
    url: Option<String>,
    username: Option<String>,
    /// Null forgets it.
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    password: Option<Option<String>>,
    /// Null takes it away.
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    ca_pem: Option<Option<String>>,
}

/// A repository of a registry.
#[derive(Serialize, ToSchema)]
pub(crate) struct Image {
    registry: String,
    name: String,
    tags: Vec<ImageTag>,
}

/// A tag.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImageTag {
    name: String,
    digest: String,
    size_bytes: i64,
}

impl From<StoredImage> for Image {
    fn from(i: StoredImage) -> Self {
        let tags = i.tags.into_iter().map(|t| ImageTag { name: t.name, digest: t.digest, size_bytes: t.size }).collect();
        Self { registry: i.registry, name: i.name, tags }
    }
}

list_query!(RegistryQuery {
    /// Only this name.
    name: Option<String>,
});

/// List registries
#[utoipa::path(get, path = "/registries", params(RegistryQuery), responses((status = 200, body = Listed<Registry>)))]
async fn list_registries(call: Call<RegistryQuery>) -> Reply {
    let asked = call.query.page()?;
    let mut all = registry::list(&call.ctx).await?;
    all.retain(|r| call.query.name.as_ref().is_none_or(|n| r.name == *n));
    Ok(page(cut(all, &asked, |r| r.id.0), |r| Registry::from(&r)))
}

/// Record a registry
#[utoipa::path(post, path = "/registries", request_body = NewRegistry, responses((status = 201, body = Registry)))]
async fn create_registry(call: Call, Body(new): Body<NewRegistry>) -> Reply {
    let draft = RegistryDraft {
        name: new.name,
        url: new.url,
        username: new.username.unwrap_or_default(),
        password: new.password,
        ca_pem: new.ca_pem,
    };
    let made = registry::create(&call.ctx, &draft).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Create, ObjectKind::Registry).result(&Registry::from(&made)).answer());
    }
    Ok(created(&Registry::from(&made), made.version, &format!("/registries/{}", made.id)))
}

/// Get a registry
#[utoipa::path(get, path = "/registries/{id}", responses((status = 200, body = Registry)))]
async fn get_registry(call: Call, Id(id): Id) -> Reply {
    let found = registry::get(&call.ctx, RegistryId(id)).await?;
    Ok(object(StatusCode::OK, &Registry::from(&found), found.version))
}

/// Change a registry; its name stays
#[utoipa::path(patch, path = "/registries/{id}", request_body = RegistryChange, responses((status = 200, body = Registry)))]
async fn update_registry(call: Call, Id(id): Id, Body(change): Body<RegistryChange>) -> Reply {
    let before = registry::get(&call.ctx, RegistryId(id)).await?;
    let draft = RegistryDraft {
        name: change.name.unwrap_or(before.name),
        url: change.url.unwrap_or(before.url),
        username: change.username.unwrap_or(before.username),
        // none leaves the stored one, an empty one takes it away
        password: change.password.map(Option::unwrap_or_default),
        ca_pem: change.ca_pem.unwrap_or(before.ca_pem),
    };
    let after = registry::update(&call.ctx, before.id, &draft, call.version).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Update, ObjectKind::Registry).result(&Registry::from(&after)).answer());
    }
    Ok(object(StatusCode::OK, &Registry::from(&after), after.version))
}

/// Remove a registry from the list
#[utoipa::path(delete, path = "/registries/{id}", responses((status = 204, description = "nothing was removed there")))]
async fn delete_registry(call: Call, Id(id): Id) -> Reply {
    registry::delete(&call.ctx, RegistryId(id), call.version).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, ObjectKind::Registry).answer());
    }
    Ok(gone())
}

list_query!(ImageQuery {
    /// The name of a registry; all without it.
    registry: Option<String>,
});

/// List images of every registry, or of one
#[utoipa::path(get, path = "/images", params(ImageQuery), responses((status = 200, body = Listed<Image>)))]
async fn list_images(call: Call<ImageQuery>) -> Reply {
    let asked = call.query.page()?;
    let limit = usize::try_from(asked.limit).map_err(Error::internal)?;
    let after = asked.after.as_ref().map(|c| c.key.as_str());
    let mut found = registry::images(&call.ctx, call.query.registry.as_deref(), after, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let place = |i: &StoredImage| Cursor { key: format!("{}/{}", i.registry, i.name), id: 0 }.encode();
    let next = if more { found.last().map(place) } else { None };
    Ok(Json(Listed { items: found.into_iter().map(Image::from).collect(), next }).into_response())
}
