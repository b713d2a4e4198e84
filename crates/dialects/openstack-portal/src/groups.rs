//! Groups (C07 to C10): a tree inside each tenant, whose top is in the tenant's answer.

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::group::Group;
use tenantry_domain::{Error, GroupId, Result};
use tenantry_http::lenient;
use tenantry_http::paging::Whole;
use tenantry_service::group::{GroupChange, GroupFilter};
use tenantry_service::{Ctx, group};

use crate::error::Reply;
use crate::extract::{Caller, Given, Id};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    group_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    parent_group_id: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
}

/// A group with those right below it.
async fn render(ctx: &Ctx, found: &Group) -> Result<Value> {
    let filter = GroupFilter { parent: Some(found.id), ..GroupFilter::default() };
    let mut whole = Whole::new();
    while let Some(page) = whole.ask() {
        whole.add(group::list(ctx, &filter, &page).await?);
    }
    let child = |g: &Group| json!({"id": g.id, "name": g.name, "description": g.description, "parent_group_id": g.parent});
    Ok(json!({
        "id": found.id,
        "name": found.name,
        "description": found.description,
        "tenant_id": found.tenant,
        "parent_group_id": found.parent,
        "children_set": whole.items.iter().map(child).collect::<Vec<_>>(),
        "created_at": found.created_at,
        "updated_at": found.updated_at,
    }))
}

async fn answer(ctx: &Ctx, found: &Group) -> Reply {
    Ok(Json(json!({"group": render(ctx, found).await?})))
}

/// C07
pub(crate) async fn create(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let parent = wire.parent_group_id.ok_or_else(|| Error::missing("parent_group_id"))?;
    let name = wire.name.ok_or_else(|| Error::missing("name"))?;
    let made = group::create(&ctx, GroupId(parent), &name, &wire.description.unwrap_or_default()).await?;
    answer(&ctx, &made).await
}

/// C08. The document prints C09 as a GET of the same path: a GET changes nothing, whatever parameters it has.
pub(crate) async fn get(Caller(ctx): Caller, Id(id): Id) -> Reply {
    answer(&ctx, &group::get(&ctx, GroupId(id)).await?).await
}

/// C09
pub(crate) async fn update(Caller(ctx): Caller, id: Id, Given(wire): Given<Wire>) -> Reply {
    let id = GroupId(id.confirmed("group_id", wire.group_id)?);
    let change = GroupChange { name: wire.name.filter(|n| !n.is_empty()), description: wire.description };
    answer(&ctx, &group::update(&ctx, id, &change, None).await?).await
}

/// C10
pub(crate) async fn delete(Caller(ctx): Caller, Id(id): Id) -> Reply {
    answer(&ctx, &group::delete(&ctx, GroupId(id), None).await?).await
}
