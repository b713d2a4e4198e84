//! `/datacenters`.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::datacenter::{Connection, Datacenter, DatacenterKind, DatacenterOptions};
use tenantry_domain::{DatacenterId, Error, Result};
use tenantry_service::{Ctx, datacenter};

use crate::call::{Body, Call, Ids, changed, created, list, object, removed};
use crate::problem::Reply;
use crate::render::{self, Quantities};

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wire {
    name: Option<String>,
    comment: Option<String>,
    kind: Option<String>,
    kubeconfig: Option<String>,
    endpoint: Option<String>,
    ca_pem: Option<String>,
    token: Option<String>,
    sandbox: Option<String>,
    options: Option<DatacenterOptions>,
    capacity: Option<Quantities>,
    overcommit: Option<f64>,
}

impl Wire {
    fn connection(&self, kind: DatacenterKind) -> Result<Option<Connection>> {
        let wrong = || Error::invalid("kubeconfig", "a kubeconfig, or an endpoint with a token, is how a Kubernetes cluster is reached");
        match kind {
            DatacenterKind::Sandbox => Ok(self.sandbox.clone().map(|name| Connection::Sandbox { name })),
            DatacenterKind::Kubernetes => match (&self.kubeconfig, &self.endpoint, &self.token) {
                (None, None, None) => Ok(None),
                (Some(_), None, None) | (None, Some(_), Some(_)) => Ok(Some(Connection::Kubernetes {
                    kubeconfig: self.kubeconfig.clone(),
                    endpoint: self.endpoint.clone(),
                    ca_pem: self.ca_pem.clone(),
                    token: self.token.clone(),
                })),
                _ => Err(wrong()),
            },
        }
    }
}

/// A datacenter. Where it is and how much it has, only platform administrators see.
fn render(ctx: &Ctx, d: &Datacenter) -> Value {
    let full = ctx.caller.is_platform_admin();
    let capacity = if full { d.capacity } else { tenantry_domain::quota::Limits::NONE };
    let object = json!({
        "id": d.id, "uid": d.uid, "name": d.name, "comment": d.comment, "kind": d.kind, "endpoint": if full { d.endpoint.as_str() } else { "" },
        "options": d.options, "capacity": render::limits(&capacity), "overcommit": d.overcommit, "health": d.health, "version": d.version,
        "created_at": d.created_at, "updated_at": d.updated_at,
    });
    render::with_progress(object, &d.progress)
}

pub(crate) async fn index(call: Call) -> Reply {
    let page = call.listing(&["name", "tenant_id"])?;
    let found = datacenter::list(&call.ctx, call.read("tenant_id")?, call.text("name").as_deref(), &page).await?;
    Ok(list(found, |d| render(&call.ctx, d)))
}

pub(crate) async fn create(call: Call, Body(body): Body<Wire>) -> Reply {
    let kind: DatacenterKind = body.kind.as_deref().ok_or_else(|| Error::missing("kind"))?.parse()?;
    let missing = || Error::missing(if kind == DatacenterKind::Sandbox { "sandbox" } else { "kubeconfig" });
    let new = datacenter::Create {
        name: body.name.clone().ok_or_else(|| Error::missing("name"))?,
        comment: body.comment.clone().unwrap_or_default(),
        connection: body.connection(kind)?.ok_or_else(missing)?,
        options: body.options.clone().unwrap_or_default(),
        capacity: body.capacity.unwrap_or_default().limits()?,
        overcommit: body.overcommit,
    };
    let made = datacenter::create(&call.ctx, &new).await?;
    Ok(created(&call, "datacenters", render(&call.ctx, &made)))
}

pub(crate) async fn get(call: Call, Ids([id]): Ids<1>) -> Reply {
    let found = datacenter::get(&call.ctx, DatacenterId(id)).await?;
    Ok(object(StatusCode::OK, render(&call.ctx, &found)))
}

pub(crate) async fn update(call: Call, Ids([id]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    let before = datacenter::get(&call.ctx, DatacenterId(id)).await?;
    let change = datacenter::Update {
        connection: body.connection(before.kind)?,
        capacity: body.capacity.map(|c| c.limits()).transpose()?,
        name: body.name,
        comment: body.comment,
        options: body.options,
        overcommit: body.overcommit,
        version: call.version,
    };
    let after = datacenter::update(&call.ctx, DatacenterId(id), &change).await?;
    Ok(changed(&call, "datacenter", render(&call.ctx, &after)))
}

pub(crate) async fn delete(call: Call, Ids([id]): Ids<1>) -> Reply {
    datacenter::delete(&call.ctx, DatacenterId(id)).await?;
    Ok(removed(&call, "datacenter", None))
}

pub(crate) async fn check(call: Call, Ids([id]): Ids<1>) -> Reply {
    let checked = datacenter::check_now(&call.ctx, DatacenterId(id)).await?;
    Ok(changed(&call, "datacenter", render(&call.ctx, &checked)))
}
