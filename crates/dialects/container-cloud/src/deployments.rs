//! Release records (A35 to A37): appended and read, never changed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::release::Release;
use tenantry_domain::resource::Mount;
use tenantry_domain::{DatacenterId, Error, ErrorKind, ReleaseId, TenantId, UserId};
use tenantry_http::lenient;
use tenantry_service::app::AppChange;
use tenantry_service::release::{Create, ReleaseFilter};
use tenantry_service::{release, settle, tenant, user};

use crate::error::{Answer, Reply};
use crate::extract::{Asked, Body, Caller, Ids};
use crate::wire::{cores, gib, mib, millicores};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    operation: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    comment: Option<String>,
    #[serde(deserialize_with = "lenient::integer")]
    dc_id: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    image: Option<String>,
    #[serde(deserialize_with = "lenient::integer")]
    replicas: Option<i64>,
    #[serde(deserialize_with = "lenient::integers")]
    ports: Option<Vec<i64>>,
    environment: Option<BTreeMap<String, Value>>,
    env: Option<BTreeMap<String, Value>>,
    disks: Option<Vec<Mount>>,
    #[serde(deserialize_with = "lenient::number")]
    cpu: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    mem: Option<f64>,
    #[serde(deserialize_with = "lenient::integer")]
    rollback_to: Option<i64>,
}

fn render(release: &Release) -> Value {
    let spec = release.spec.as_ref();
    json!({
        "id": release.id,
        "orgId": release.tenant,
        "userId": release.user,
        "name": release.name,
        "operation": release.operation,
        "comment": release.comment,
        "dcId": release.datacenter,
        "appId": release.app,
        "image": spec.map(|s| &s.image),
        "replicas": spec.map(|s| s.replicas),
        "ports": spec.map(|s| s.ports.as_slice()).unwrap_or_default(),
        "environment": spec.map(|s| s.environment.clone()).unwrap_or_default(),
        "disks": spec.map(|s| s.disks.as_slice()).unwrap_or_default(),
        "cpu": spec.map(|s| cores(s.cpu_millicores)),
        "mem": spec.map(|s| gib(s.memory_mib)),
        "status": release.status,
        "message": release.message,
        "createdAt": release.created_at,
        "endedAt": release.ended_at,
    })
}

/// A35
pub(crate) async fn create(Caller(ctx): Caller, Ids([org, id]): Ids<2>, Body(body): Body<Wire>) -> Reply {
    tenant::get(&ctx, TenantId(org)).await?;
    if UserId(id) != ctx.caller.user {
        user::get(&ctx, None, UserId(id)).await?;
        return Err(Error::new(ErrorKind::Forbidden, "nobody releases in another user's name").about(ObjectKind::Release).into());
    }
    let ports = body.ports.map(|ports| ports.into_iter().map(u16::try_from).collect::<Result<Vec<_>, _>>()).transpose();
    let text = |value: Value| if let Value::String(text) = value { text } else { value.to_string() };
    let environment = body.environment.or(body.env);
    let new = Create {
        name: body.name.ok_or_else(|| Error::missing("name"))?,
        operation: body.operation.unwrap_or_default(),
        comment: body.comment.unwrap_or_default(),
        datacenter: body.dc_id.map(DatacenterId),
        app: AppChange {
            image: body.image.filter(|i| !i.is_empty()),
            replicas: body.replicas,
            ports: ports.map_err(|_| Error::invalid("ports", "'ports' must be numbers between 1 and 65535"))?,
            environment: environment.map(|e| e.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, text(v))).collect()),
            disks: body.disks,
            cpu_millicores: millicores("cpu", body.cpu)?,
            memory_mib: mib("mem", body.mem)?,
        },
        rollback_to: body.rollback_to.map(ReleaseId),
        version: None,
    };
    let made = release::create(&ctx, TenantId(org), &new).await?;
    Ok(render(&settle::release(&ctx, made.id, ctx.settings().wait).await?).into())
}

/// A36
pub(crate) async fn list(Caller(ctx): Caller, Ids([org, id]): Ids<2>, asked: Asked) -> Reply {
    let filter = ReleaseFilter { tenant: Some(TenantId(org)), user: Some(UserId(id)), name: asked.name.clone(), app: None };
    let page = release::list(&ctx, &filter, &asked.page).await?;
    let total = release::count(&ctx, &filter).await?;
    Ok(Answer::page(page.items.iter().map(render).collect(), total))
}

/// A37
pub(crate) async fn get(Caller(ctx): Caller, Ids([org, id, release]): Ids<3>) -> Reply {
    Ok(render(&release::get(&ctx, Some(TenantId(org)), Some(UserId(id)), ReleaseId(release)).await?).into())
}
