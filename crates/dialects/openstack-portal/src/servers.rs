//! Servers (C15, C16), whom they are assigned to (C28, C29), and, beside the document, listing and looking at them.

use std::collections::BTreeMap;

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::cloud::{ServerNetwork, ServerSecurityGroup};
use tenantry_domain::resource::{Audience, Kind, Resource, Spec, Status};
use tenantry_domain::{Error, ResourceId, Result, UserId};
use tenantry_http::lenient;
use tenantry_service::cloud::server::{self, Size, Wanted};
use tenantry_service::resource::ResourceFilter;
use tenantry_service::{Ctx, cloud, resource};

use crate::error::{Reply, renamed};
use crate::extract::{Caller, Given};
use crate::resources::{all, given, needed, place, removed, required, settled, shown, tenant_of, uuid, whose};

/// The document's number for a private server.
const PRIVATE: i64 = 1;
/// The document's number for a shared server.
const SHARED: i64 = 2;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
    #[serde(alias = "server_id", deserialize_with = "lenient::integer")]
    virtual_server_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    user_id: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    image_id: Option<String>,
    #[serde(deserialize_with = "lenient::texts")]
    network_ids: Option<Vec<String>>,
    #[serde(deserialize_with = "lenient::text")]
    instance_type: Option<String>,
    #[serde(deserialize_with = "lenient::integer")]
    cpu: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    memory: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    instance_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    availability_zone: Option<String>,
    #[serde(deserialize_with = "lenient::texts")]
    security_groups: Option<Vec<String>>,
    #[serde(deserialize_with = "lenient::integer")]
    virtual_server_type: Option<i64>,
    #[serde(deserialize_with = "lenient::boolean")]
    default: Option<bool>,
    #[serde(deserialize_with = "lenient::text")]
    user_data: Option<String>,
}

impl Wire {
    fn size(&self) -> Result<Size> {
        if let Some(flavor) = given(self.instance_type.clone()) {
            return Ok(Size::Flavor(flavor));
        }
        let (Some(cpu), Some(memory_mib)) = (self.cpu, self.memory) else {
            let lacking = if self.cpu.is_none() { "cpu" } else { "memory" };
            let mut error = Error::missing(lacking);
            error.message += ": say 'cpu' (processors) and 'memory' (MiB), or the name of a flavor in 'instance_type'";
            return Err(error);
        };
        Ok(Size::AtLeast { cpu_millicores: cpu.saturating_mul(1000), memory_mib })
    }

    fn wanted(&self) -> Result<Wanted> {
        let image = needed("image_id", self.image_id.clone())?;
        let networks = self.network_ids.clone().unwrap_or_default();
        let default_network = self.default.unwrap_or(false);
        if networks.is_empty() && !default_network {
            return Err(Error::missing("network_ids"));
        }
        let shared = match self.virtual_server_type {
            None | Some(PRIVATE) => false,
            Some(SHARED) => true,
            Some(_) => {
                let message = "'virtual_server_type' must be 1 for a private server or 2 for a shared one";
                return Err(Error::invalid("virtual_server_type", message));
            }
        };
        Ok(Wanted {
            image,
            size: self.size()?,
            networks,
            default_network,
            security_groups: self.security_groups.clone().unwrap_or_default(),
            availability_zone: given(self.availability_zone.clone()),
            user_data: given(self.user_data.clone()),
            shared,
        })
    }
}

fn addresses(row: &Resource) -> Vec<Value> {
    let Status::Server(status) = &row.status else { return Vec::new() };
    status.addresses.iter().map(|a| json!({"network": a.network, "address": a.address, "floating": a.floating})).collect()
}

/// One server, with the names of what it refers to.
fn object(row: &Resource, names: &BTreeMap<ResourceId, String>) -> Value {
    let (Spec::Server(spec), Status::Server(status)) = (&row.spec, &row.status) else { return Value::Null };
    let own = |id: &ResourceId| names.get(id).cloned();
    let networks = spec.networks.iter().filter_map(|n| match n {
        ServerNetwork::Own(id) => own(id),
        ServerNetwork::Shared(id) => Some(id.clone()),
    });
    let groups = spec.security_groups.iter().filter_map(|g| match g {
        ServerSecurityGroup::Own(id) => own(id),
        ServerSecurityGroup::Peer(name) => Some(name.clone()),
    });
    let (kind, user) = match row.audience {
        Audience::Everyone => (SHARED, None),
        Audience::Assigned(user) => (PRIVATE, user),
    };
    let reason = if row.progress.reason.is_empty() { &status.fault } else { &row.progress.reason };
    shown(
        row,
        json!({
            "instance_name": row.name,
            "reason": reason,
            "condition": status.condition,
            "power": status.power.map(|p| p.name()),
            "image_id": spec.image_id,
            "image_name": spec.image,
            "instance_type": spec.size.flavor,
            "cpu": (spec.size.cpu_millicores / 1000).to_string(),
            "memory": spec.size.memory_mib.to_string(),
            "disk": spec.size.disk_gib,
            "network_ids": networks.collect::<Vec<_>>(),
            "addresses": addresses(row),
            "security_groups": groups.collect::<Vec<_>>(),
            "availability_zone": if status.availability_zone.is_empty() { spec.availability_zone.clone().unwrap_or_default() } else { status.availability_zone.clone() },
            "virtual_server_type": kind,
            "user_id": user,
        }),
    )
}

/// Servers as they are shown: their networks by the cloud's ids, their security groups by name.
async fn render(ctx: &Ctx, rows: &[Resource]) -> Result<Vec<Value>> {
    let (mut networks, mut groups) = (Vec::new(), Vec::new());
    for row in rows {
        let Spec::Server(spec) = &row.spec else { continue };
        networks.extend(spec.networks.iter().filter_map(|n| if let ServerNetwork::Own(id) = n { Some(*id) } else { None }));
        groups.extend(spec.security_groups.iter().filter_map(|g| if let ServerSecurityGroup::Own(id) = g { Some(*id) } else { None }));
    }
    for ids in [&mut networks, &mut groups] {
        ids.sort_unstable();
        ids.dedup();
    }
    let networks = resource::with_ids(ctx, Kind::Network, &networks).await?;
    let groups = resource::with_ids(ctx, Kind::SecurityGroup, &groups).await?;
    let names = networks.iter().map(|n| (n.id, uuid(n))).chain(groups.into_iter().map(|g| (g.id, g.name))).collect();
    Ok(rows.iter().map(|row| object(row, &names)).collect())
}

/// One server as it is shown.
pub(crate) async fn show(ctx: &Ctx, row: &Resource) -> Result<Value> {
    Ok(render(ctx, std::slice::from_ref(row)).await?.pop().unwrap_or_default())
}

pub(crate) async fn answer(ctx: &Ctx, row: &Resource) -> Reply {
    Ok(Json(json!({"server": show(ctx, row).await?})))
}

/// Beside the document: the servers of a tenant that the caller may see, or one of them.
pub(crate) async fn list(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    if let Some(id) = wire.virtual_server_id {
        return answer(&ctx, &required(&ctx, Kind::Server, wire.tenant_id, "virtual_server_id", Some(id)).await?).await;
    }
    let filter = ResourceFilter { tenant: whose(&ctx, wire.tenant_id), ..ResourceFilter::default() };
    let found = all(&ctx, Kind::Server, filter).await?;
    Ok(Json(json!({"servers": render(&ctx, &found).await?})))
}

/// C15
pub(crate) async fn create(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let tenant = tenant_of(&ctx, wire.tenant_id).await?;
    let wanted = wire.wanted()?;
    let new = place(&ctx, Some(tenant.0), wire.datacenter_id, given(wire.instance_name.clone())).await?;
    let made = server::create(&ctx, &new, &wanted).await.map_err(renamed(&[("name", "instance_name")]))?;
    answer(&ctx, &settled(&ctx, made).await?).await
}

/// Beside the document: other security groups for a server.
pub(crate) async fn update(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let groups = wire.security_groups.ok_or_else(|| Error::missing("security_groups"))?;
    let row = required(&ctx, Kind::Server, wire.tenant_id, "virtual_server_id", wire.virtual_server_id).await?;
    let changed = server::set_security_groups(&ctx, row.id, &groups, None).await.map_err(renamed(&[]))?;
    answer(&ctx, &settled(&ctx, changed).await?).await
}

/// C16: volumes are detached, floating addresses led nowhere, and nobody has it assigned any more.
pub(crate) async fn delete(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let tenant = tenant_of(&ctx, wire.tenant_id).await?;
    let row = required(&ctx, Kind::Server, Some(tenant.0), "virtual_server_id", wire.virtual_server_id).await?;
    let object = show(&ctx, &row).await?;
    let row = cloud::server::delete(&ctx, row.id, None).await?;
    Ok(Json(json!({"server": removed(&ctx, &row, object).await?})))
}

/// C28
pub(crate) async fn assign(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let id = wire.virtual_server_id.ok_or_else(|| Error::missing("server_id"))?;
    let user = wire.user_id.ok_or_else(|| Error::missing("user_id"))?;
    answer(&ctx, &server::assign(&ctx, ResourceId(id), Some(UserId(user))).await?).await
}

/// C29
pub(crate) async fn unassign(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let id = wire.virtual_server_id.ok_or_else(|| Error::missing("server_id"))?;
    answer(&ctx, &server::assign(&ctx, ResourceId(id), None).await?).await
}
