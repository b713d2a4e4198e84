//! What the operations on servers, networks and volumes share: whose they are, which one is meant, how it is shown, and waiting for it.

use serde_json::{Value, json};
use tenantry_domain::name::clip;
use tenantry_domain::page::PageRequest;
use tenantry_domain::resource::{Kind, Resource};
use tenantry_domain::{DatacenterId, Error, ResourceId, Result, TenantId, Uid};
use tenantry_http::paging::Whole;
use tenantry_service::cloud::NewIn;
use tenantry_service::resource::ResourceFilter;
use tenantry_service::{Ctx, resource, settle, tenant};

/// The tenant that is meant: the one that is named, else the caller's own. Who belongs to the platform has none and names one.
pub(crate) async fn tenant_of(ctx: &Ctx, given: Option<i64>) -> Result<TenantId> {
    let id = whose(ctx, given).ok_or_else(|| Error::missing("tenant_id"))?;
    Ok(tenant::get(ctx, id).await?.id)
}

/// The same for lists that may be of every tenant that the caller sees.
pub(crate) fn whose(ctx: &Ctx, given: Option<i64>) -> Option<TenantId> {
    given.map(TenantId).or(Some(ctx.caller.home).filter(|home| *home != TenantId::ROOT))
}

/// Where something is to be made.
pub(crate) async fn place(ctx: &Ctx, tenant: Option<i64>, datacenter: Option<i64>, name: Option<String>) -> Result<NewIn> {
    let tenant = tenant_of(ctx, tenant).await?;
    Ok(NewIn { tenant, datacenter: datacenter.map(DatacenterId), name: name.unwrap_or_default() })
}

/// Everything of one kind that a filter leaves.
pub(crate) async fn all(ctx: &Ctx, kind: Kind, filter: ResourceFilter) -> Result<Vec<Resource>> {
    let mut whole = Whole::new();
    while let Some(page) = whole.ask() {
        whole.add(resource::list(ctx, kind, filter.clone(), &page).await?);
    }
    Ok(whole.items)
}

/// The one with this integer id; of this tenant, when one is named.
pub(crate) async fn one(ctx: &Ctx, kind: Kind, tenant: Option<i64>, id: i64) -> Result<Resource> {
    match tenant {
        Some(tenant) => resource::get_in(ctx, TenantId(tenant), kind, ResourceId(id)).await,
        None => resource::get(ctx, kind, ResourceId(id)).await,
    }
}

/// The same where the parameter is required.
pub(crate) async fn required(ctx: &Ctx, kind: Kind, tenant: Option<i64>, field: &str, id: Option<i64>) -> Result<Resource> {
    one(ctx, kind, tenant, id.ok_or_else(|| Error::missing(field))?).await
}

/// A network or router by the id that it is shown with, which is the cloud's; Tenantry's own, integer or UUID, are good too.
pub(crate) async fn called(ctx: &Ctx, kind: Kind, tenant: Option<i64>, text: &str) -> Result<Resource> {
    let text = text.trim();
    if let Ok(id) = text.parse() {
        return one(ctx, kind, tenant, id).await;
    }
    let in_tenant = ResourceFilter { tenant: tenant.map(TenantId), ..ResourceFilter::default() };
    let by_peer = ResourceFilter { peer_id: Some(text.to_owned()), ..in_tenant.clone() };
    let found = resource::list(ctx, kind, by_peer, &PageRequest::first(1)).await?.items;
    let found = match text.parse::<Uid>() {
        Ok(uid) if found.is_empty() => {
            let by_uid = ResourceFilter { uid: Some(uid), ..in_tenant };
            resource::list(ctx, kind, by_uid, &PageRequest::first(1)).await?.items
        }
        _ => found,
    };
    found.into_iter().next().ok_or_else(|| Error::not_found(kind.object(), clip(text)))
}

/// The UUID that something is known by: the cloud's; Tenantry's as long as the cloud gave none.
pub(crate) fn uuid(row: &Resource) -> String {
    let peers = row.status.peer_id();
    if peers.is_empty() { row.uid.to_string() } else { peers.to_owned() }
}

/// What every object has, with what is special to its kind.
pub(crate) fn shown(row: &Resource, special: Value) -> Value {
    let mut object = json!({
        "id": row.id,
        "uuid": uuid(row),
        "name": row.name,
        "tenant_id": row.tenant,
        "datacenter_id": row.datacenter,
        "status": row.state.name(),
        "reason": row.progress.reason,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    });
    if let (Value::Object(all), Value::Object(special)) = (&mut object, special) {
        all.extend(special);
    }
    object
}

/// The row when it is settled; as it is, when the time that a request may wait is up.
pub(crate) async fn settled(ctx: &Ctx, row: Resource) -> Result<Resource> {
    Ok(settle::resource(ctx, row.kind(), row.id, ctx.settings().wait).await?.unwrap_or(row))
}

/// The object of a row that is being removed, once it is gone; as it is, when the time that a request may wait is up.
pub(crate) async fn removed(ctx: &Ctx, row: &Resource, mut object: Value) -> Result<Value> {
    let left = settle::resource(ctx, row.kind(), row.id, ctx.settings().wait).await?;
    object["status"] = left.as_ref().map_or("deleted", |r| r.state.name()).into();
    object["reason"] = left.map(|r| r.progress.reason).unwrap_or_default().into();
    Ok(object)
}

/// A text that says something.
pub(crate) fn given(text: Option<String>) -> Option<String> {
    text.filter(|t| !t.trim().is_empty())
}

/// The same where the parameter is required.
pub(crate) fn needed(field: &str, text: Option<String>) -> Result<String> {
    given(text).ok_or_else(|| Error::missing(field))
}
