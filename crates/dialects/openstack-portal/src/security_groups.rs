//! Security groups and their rules (beside the document, whose C15 names them).

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::cloud::{Direction, Protocol, SecurityRule};
use tenantry_domain::resource::{Kind, Resource, Spec};
use tenantry_domain::{Error, ErrorKind, Result};
use tenantry_http::lenient;
use tenantry_service::cloud::security_group;
use tenantry_service::resource::ResourceFilter;
use tenantry_service::{Ctx, cloud};

use crate::error::{Reply, renamed};
use crate::extract::{Caller, Given};
use crate::resources::{all, needed, place, removed, required, settled, shown, tenant_of, whose};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    security_group_id: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    direction: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    protocol: Option<String>,
    #[serde(deserialize_with = "lenient::integer")]
    port_range_min: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    port_range_max: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    remote_ip_prefix: Option<String>,
}

impl Wire {
    async fn group(&self, ctx: &Ctx) -> Result<Resource> {
        required(ctx, Kind::SecurityGroup, self.tenant_id, "security_group_id", self.security_group_id).await
    }

    /// The rule that is meant. One port is a range of one.
    fn rule(&self) -> Result<SecurityRule> {
        let ports = match (self.port_range_min, self.port_range_max) {
            (None, None) => None,
            (Some(one), None) | (None, Some(one)) => Some((one, one)),
            (Some(first), Some(last)) => Some((first, last)),
        };
        let direction = self.direction.as_deref().filter(|t| !t.is_empty()).unwrap_or("ingress");
        let read = security_group::rule(direction, self.protocol.as_deref(), ports, self.remote_ip_prefix.as_deref());
        read.map_err(renamed(&[("ports", "port_range_min"), ("remote", "remote_ip_prefix")]))
    }
}

fn rule(rule: &SecurityRule) -> Value {
    json!({
        "direction": match rule.direction { Direction::Ingress => "ingress", Direction::Egress => "egress" },
        "protocol": rule.protocol.map(|p| match p { Protocol::Tcp => "tcp", Protocol::Udp => "udp", Protocol::Icmp => "icmp" }),
        "port_range_min": rule.ports.map(|p| p.0),
        "port_range_max": rule.ports.map(|p| p.1),
        "remote_ip_prefix": rule.remote.to_string(),
    })
}

fn rules(row: &Resource) -> &[SecurityRule] {
    if let Spec::SecurityGroup(spec) = &row.spec { &spec.rules } else { &[] }
}

fn render(row: &Resource) -> Value {
    let Spec::SecurityGroup(spec) = &row.spec else { return Value::Null };
    shown(row, json!({"description": spec.description, "rules": spec.rules.iter().map(rule).collect::<Vec<_>>()}))
}

/// The groups of a tenant, with their rules.
pub(crate) async fn list(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let filter = ResourceFilter { tenant: whose(&ctx, wire.tenant_id), ..ResourceFilter::default() };
    let found = all(&ctx, Kind::SecurityGroup, filter).await?;
    Ok(Json(json!({"security_groups": found.iter().map(render).collect::<Vec<_>>()})))
}

/// Makes one, without rules: nothing passes yet.
pub(crate) async fn create(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let tenant = tenant_of(&ctx, wire.tenant_id).await?;
    let name = needed("name", wire.name)?;
    let new = place(&ctx, Some(tenant.0), wire.datacenter_id, Some(name)).await?;
    let made = security_group::create(&ctx, &new, &wire.description.unwrap_or_default(), Vec::new()).await.map_err(renamed(&[]))?;
    Ok(Json(json!({"security_group": render(&settled(&ctx, made).await?)})))
}

/// Removes one that no server is in.
pub(crate) async fn delete(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let row = wire.group(&ctx).await?;
    let row = cloud::delete(&ctx, Kind::SecurityGroup, row.id, None, false).await?;
    Ok(Json(json!({"security_group": removed(&ctx, &row, render(&row)).await?})))
}

/// Gives a group other rules, if nobody else did meanwhile.
async fn set(ctx: &Ctx, group: &Resource, rules: Vec<SecurityRule>) -> Reply {
    let changed = security_group::update(ctx, group.id, None, Some(rules), Some(group.version)).await?;
    Ok(Json(json!({"security_group": render(&settled(ctx, changed).await?)})))
}

/// Adds a rule. One that is there already changes nothing.
pub(crate) async fn add_rule(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let (group, rule) = (wire.group(&ctx).await?, wire.rule()?);
    set(&ctx, &group, rules(&group).iter().cloned().chain([rule]).collect()).await
}

/// Takes a rule away, which is named by what it says.
pub(crate) async fn remove_rule(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let (group, rule) = (wire.group(&ctx).await?, wire.rule()?);
    if !rules(&group).contains(&rule) {
        let message = format!("the security group '{}' has no such rule: its list has those that it has", group.name);
        return Err(Error::new(ErrorKind::NotFound, message).about(Kind::SecurityGroup.object()).into());
    }
    set(&ctx, &group, rules(&group).iter().filter(|r| **r != rule).cloned().collect()).await
}
