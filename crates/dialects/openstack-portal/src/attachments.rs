//! Volumes attached to servers (C51, C52). The document spells the answer's key `attachement`.

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::resource::{Kind, Resource, Spec, Status};
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::lenient;
use tenantry_service::cloud;
use tenantry_service::cloud::volume;
use tenantry_service::resource::ResourceFilter;

use crate::error::Reply;
use crate::extract::{Caller, Given};
use crate::resources::{all, one, removed, required, settled, shown, tenant_of, whose};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    #[serde(alias = "server_id", deserialize_with = "lenient::integer")]
    virtual_server_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    volume_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    attach_id: Option<i64>,
}

fn render(row: &Resource) -> Value {
    let (Spec::Attachment(spec), Status::Attachment(status)) = (&row.spec, &row.status) else { return Value::Null };
    shown(row, json!({"virtual_server_id": spec.server, "volume_id": spec.volume, "device": status.device}))
}

/// Beside the document: what is attached, to one server or to all of a tenant.
pub(crate) async fn list(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let mut filter = ResourceFilter { tenant: whose(&ctx, wire.tenant_id), ..ResourceFilter::default() };
    if let Some(id) = wire.virtual_server_id {
        filter.referring_to = Some(required(&ctx, Kind::Server, wire.tenant_id, "virtual_server_id", Some(id)).await?.id);
    }
    let found = all(&ctx, Kind::Attachment, filter).await?;
    Ok(Json(json!({"attachements": found.iter().map(render).collect::<Vec<_>>()})))
}

/// C51
pub(crate) async fn create(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let tenant = Some(tenant_of(&ctx, wire.tenant_id).await?.0);
    let volume = wire.volume_id.ok_or_else(|| Error::missing("volume_id"))?;
    let server = required(&ctx, Kind::Server, tenant, "virtual_server_id", wire.virtual_server_id).await?;
    let volume = one(&ctx, Kind::Volume, tenant, volume).await?;
    let made = volume::attach(&ctx, server.id, volume.id).await?;
    Ok(Json(json!({"attachement": render(&settled(&ctx, made).await?)})))
}

/// C52
pub(crate) async fn delete(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let tenant = Some(tenant_of(&ctx, wire.tenant_id).await?.0);
    let attachment = wire.attach_id.ok_or_else(|| Error::missing("attach_id"))?;
    let server = required(&ctx, Kind::Server, tenant, "virtual_server_id", wire.virtual_server_id).await?;
    let row = one(&ctx, Kind::Attachment, tenant, attachment).await?;
    if !matches!(&row.spec, Spec::Attachment(spec) if spec.server == server.id) {
        let message = format!("there is no attachment {} at the server '{}'", row.id, server.name);
        return Err(Error::new(ErrorKind::NotFound, message).about(Kind::Attachment.object()).into());
    }
    let row = cloud::delete(&ctx, Kind::Attachment, row.id, None, false).await?;
    Ok(Json(json!({"attachement": removed(&ctx, &row, render(&row)).await?})))
}
