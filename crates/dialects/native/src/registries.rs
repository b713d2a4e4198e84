//! `/registries` and `/images`.

use axum::Json;
use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::registry::{Image, Registry};
use tenantry_domain::{Error, RegistryId};
use tenantry_service::registry;
use tenantry_service::registry::RegistryDraft;

use crate::call::{Body, Call, Ids, changed, created, object, removed, whole};
use crate::problem::Reply;
use crate::render::nullable;

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wire {
    name: Option<String>,
    url: Option<String>,
    username: Option<String>,
    password: Option<String>,
    #[serde(deserialize_with = "nullable")]
    ca_pem: Option<Option<String>>,
}

fn render(r: &Registry) -> Value {
    json!({
        "id": r.id, "name": r.name, "url": r.url, "username": r.username, "has_password": r.has_password, "ca_pem": r.ca_pem,
        "version": r.version, "created_at": r.created_at,
    })
}

pub(crate) async fn index(call: Call) -> Reply {
    call.listing(&["name"])?;
    let mut found = registry::list(&call.ctx).await?;
    if let Some(name) = call.text("name") {
        found.retain(|r| r.name == name);
    }
    Ok(whole(&found, render))
}

pub(crate) async fn create(call: Call, Body(body): Body<Wire>) -> Reply {
    let draft = RegistryDraft {
        name: body.name.ok_or_else(|| Error::missing("name"))?,
        url: body.url.ok_or_else(|| Error::missing("url"))?,
        username: body.username.unwrap_or_default(),
        password: body.password,
        ca_pem: body.ca_pem.flatten(),
    };
    Ok(created(&call, "registries", render(&registry::create(&call.ctx, &draft).await?)))
}

pub(crate) async fn get(call: Call, Ids([id]): Ids<1>) -> Reply {
    Ok(object(StatusCode::OK, render(&registry::get(&call.ctx, RegistryId(id)).await?)))
}

pub(crate) async fn update(call: Call, Ids([id]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    let before = registry::get(&call.ctx, RegistryId(id)).await?;
    let draft = RegistryDraft {
        name: body.name.unwrap_or(before.name),
        url: body.url.unwrap_or(before.url),
        username: body.username.unwrap_or(before.username),
        password: body.password,
        ca_pem: body.ca_pem.unwrap_or(before.ca_pem),
    };
    Ok(changed(&call, "registry", render(&registry::update(&call.ctx, RegistryId(id), &draft, call.version).await?)))
}

pub(crate) async fn delete(call: Call, Ids([id]): Ids<1>) -> Reply {
    registry::delete(&call.ctx, RegistryId(id)).await?;
    Ok(removed(&call, "registry", None))
}

/// Images page by `registry/repository`, which is what `next` is.
pub(crate) async fn images(call: Call) -> Reply {
    let limit: usize = call.read("limit")?.unwrap_or(100);
    if !(1..=1000).contains(&limit) {
        return Err(Error::invalid("limit", "'limit' must be between 1 and 1000").into());
    }
    let mut found = registry::images(&call.ctx, call.text("registry").as_deref(), call.text("after").as_deref(), limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|i| format!("{}/{}", i.registry, i.name));
    let image = |i: &Image| {
        let tags: Value = i.tags.iter().map(|t| json!({"name": t.name, "digest": t.digest, "size_bytes": t.size})).collect();
        json!({"registry": i.registry, "name": i.name, "tags": tags})
    };
    Ok(Json(json!({"items": found.iter().map(image).collect::<Value>(), "next": next})).into_response())
}
