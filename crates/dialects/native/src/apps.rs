//! `/apps`, whose every change is a release, and `/releases`.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::release::{Operation, Release};
use tenantry_domain::resource::{Kind, Mount, Resource, Spec};
use tenantry_domain::{DatacenterId, Error, ReleaseId, ResourceId, Result, TenantId};
use tenantry_service::app::AppChange;
use tenantry_service::release::{Create, ReleaseFilter};
use tenantry_service::{release, resource};

use crate::call::{Body, Call, Ids, changed, created, dry_run, list, object, removed};
use crate::problem::Reply;
use crate::render::{self, mib, millicores};
use crate::resources::{left, settled};

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wire {
    tenant_id: Option<TenantId>,
    datacenter_id: Option<DatacenterId>,
    name: Option<String>,
    image: Option<String>,
    replicas: Option<i64>,
    ports: Option<Vec<u16>>,
    environment: Option<BTreeMap<String, Option<String>>>,
    disks: Option<Vec<Mount>>,
    cpu: Option<f64>,
    memory_gib: Option<f64>,
    comment: Option<String>,
    release_id: Option<ReleaseId>,
}

impl Wire {
    /// The change of the app; a merge patch of the environment over what there is.
    fn change(&self, before: Option<&Resource>) -> Result<AppChange> {
        let environment = self.environment.as_ref().map(|patch| {
            let mut merged = match before.map(|b| &b.spec) {
                Some(Spec::App(spec)) => spec.environment.clone(),
                _ => BTreeMap::new(),
            };
            for (name, value) in patch {
                match value {
                    Some(value) => merged.insert(name.clone(), value.clone()),
                    None => merged.remove(name),
                };
            }
            merged
        });
        Ok(AppChange {
            image: self.image.clone(),
            replicas: self.replicas,
            ports: self.ports.clone(),
            environment,
            disks: self.disks.clone(),
            cpu_millicores: millicores("cpu", self.cpu)?,
            memory_mib: mib("memory_gib", self.memory_gib)?,
        })
    }
}

async fn app_of(call: &Call, release: &Release) -> Result<Resource> {
    let id = release.app.ok_or_else(|| Error::internal("a release without its app"))?;
    settled(call, Kind::App, resource::get(&call.ctx, Kind::App, id).await?).await
}

pub(crate) async fn create(call: Call, Body(body): Body<Wire>) -> Reply {
    let new = Create {
        name: body.name.clone().ok_or_else(|| Error::missing("name"))?,
        operation: Operation::Create.name().to_owned(),
        comment: body.comment.clone().unwrap_or_default(),
        datacenter: Some(body.datacenter_id.ok_or_else(|| Error::missing("datacenter_id"))?),
        app: AppChange { image: Some(body.image.clone().ok_or_else(|| Error::missing("image"))?), ..body.change(None)? },
        rollback_to: None,
        version: None,
    };
    let tenant = body.tenant_id.ok_or_else(|| Error::missing("tenant_id"))?;
    let made = release::create(&call.ctx, tenant, &new).await?;
    if call.ctx.dry_run {
        return Ok(dry_run("create", "app", json!([])));
    }
    Ok(created(&call, "apps", render::resource(&app_of(&call, &made).await?)))
}

async fn operate(call: Call, id: i64, operation: Operation, body: Wire) -> Reply {
    let before = resource::get(&call.ctx, Kind::App, ResourceId(id)).await?;
    let new = Create {
        name: before.name.clone(),
        operation: operation.name().to_owned(),
        comment: body.comment.clone().unwrap_or_default(),
        datacenter: Some(before.datacenter),
        app: if operation == Operation::Update {
            let image = if let Spec::App(spec) = &before.spec { Some(spec.image.clone()) } else { None };
            let change = body.change(Some(&before))?;
            AppChange { image: change.image.clone().or(image), ..change }
        } else {
            AppChange::default()
        },
        rollback_to: body.release_id,
        version: call.version,
    };
    release::create(&call.ctx, before.tenant, &new).await?;
    if call.ctx.dry_run {
        return Ok(dry_run(operation.name(), "app", json!([])));
    }
    if operation == Operation::Delete {
        let left = left(&call, Kind::App, before).await?;
        return Ok(removed(&call, "app", left.as_ref().map(render::resource)));
    }
    let row = resource::get(&call.ctx, Kind::App, before.id).await?;
    Ok(changed(&call, "app", render::resource(&settled(&call, Kind::App, row).await?)))
}

pub(crate) async fn update(call: Call, Ids([id]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    operate(call, id, Operation::Update, body).await
}

pub(crate) async fn delete(call: Call, Ids([id]): Ids<1>) -> Reply {
    operate(call, id, Operation::Delete, Wire::default()).await
}

pub(crate) async fn restart(call: Call, Ids([id]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    operate(call, id, Operation::Restart, body).await
}

pub(crate) async fn stop(call: Call, Ids([id]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    operate(call, id, Operation::Stop, body).await
}

pub(crate) async fn start(call: Call, Ids([id]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    operate(call, id, Operation::Start, body).await
}

pub(crate) async fn rollback(call: Call, Ids([id]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    operate(call, id, Operation::Rollback, body).await
}

fn render_release(r: &Release) -> Value {
    json!({
        "id": r.id, "tenant_id": r.tenant, "user_id": r.user, "name": r.name, "operation": r.operation, "comment": r.comment,
        "datacenter_id": r.datacenter, "app_id": r.app, "spec": r.spec.as_ref().map(render::app_spec), "status": r.status, "message": r.message,
        "created_at": r.created_at, "ended_at": r.ended_at,
    })
}

pub(crate) async fn releases(call: Call) -> Reply {
    let page = call.listing(&["tenant_id", "user_id", "app_id", "name"])?;
    let filter =
        ReleaseFilter { tenant: call.read("tenant_id")?, user: call.read("user_id")?, name: call.text("name"), app: call.read("app_id")? };
    Ok(list(release::list(&call.ctx, &filter, &page).await?, render_release))
}

pub(crate) async fn get_release(call: Call, Ids([id]): Ids<1>) -> Reply {
    let found = release::get(&call.ctx, None, None, ReleaseId(id)).await?;
    Ok(object(StatusCode::OK, render_release(&found)))
}
