//! Security groups: what may pass to and from the servers in them.

use serde::{Deserialize, Serialize};
use tenantry_domain::cloud::{
    Direction, Protocol, SecurityGroupSpec as StoredSpec, SecurityGroupStatus as StoredStatus, SecurityRule as StoredRule,
};
use tenantry_domain::policy::Action;
use tenantry_domain::resource::Kind;
use tenantry_domain::{ResourceId, Result};
use tenantry_http::Api;
use tenantry_service::cloud::security_group;
use tenantry_service::resource;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Range, cloud_query, collection, mirror, new_in};
use crate::call::{Body, Call, Id, patch};
use crate::error::Reply;
use crate::resources::Resource;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_security_groups, create_security_group))
        .routes(routes!(get_security_group, update_security_group, delete_security_group))
        .routes(routes!(retry_security_group))
        .routes(routes!(forget_security_group))
}

/// A security group.
pub(crate) type SecurityGroup = Resource<SecurityGroupSpec, SecurityGroupStatus>;

/// What a security group should be. What no rule lets pass is dropped.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecurityGroupSpec {
    description: String,
    rules: Vec<SecurityRule>,
}

/// Traffic that a security group lets pass.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecurityRule {
    /// `ingress` (to the server) or `egress` (from it)
    direction: String,
    /// `tcp`, `udp` or `icmp`; any without it.
    protocol: Option<String>,
    /// For tcp and udp; all without it.
    ports: Option<Range<i64>>,
    /// From or to which addresses, for example `203.0.113.0/24`; every IPv4 address without it.
    remote: Option<String>,
}

impl From<&StoredRule> for SecurityRule {
    fn from(rule: &StoredRule) -> Self {
        let direction = match rule.direction {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        };
        let protocol = rule.protocol.map(|p| match p {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Icmp => "icmp",
        });
        Self {
            direction: direction.to_owned(),
            protocol: protocol.map(str::to_owned),
            ports: rule.ports.map(|(first, last)| Range { first: first.into(), last: last.into() }),
            remote: Some(rule.remote.to_string()),
        }
    }
}

impl From<&StoredSpec> for SecurityGroupSpec {
    fn from(s: &StoredSpec) -> Self {
        Self { description: s.description.clone(), rules: s.rules.iter().map(SecurityRule::from).collect() }
    }
}

mirror!(
    /// What was seen of a security group.
    SecurityGroupStatus of StoredStatus {
        /// Its id in the cloud; empty before it is made.
        peer_id: String,
        /// What the last look found changed or missing, and put right.
        repaired: Vec<String>,
    }
);

fn read(rules: Vec<SecurityRule>) -> Result<Vec<StoredRule>> {
    let one = |r: SecurityRule| {
        let ports = r.ports.map(|p| (p.first, p.last));
        security_group::rule(&r.direction, r.protocol.as_deref(), ports, r.remote.as_deref())
    };
    rules.into_iter().map(one).collect()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSecurityGroup {
    tenant_id: i64,
    /// The only one of the tenant's that runs servers without it.
    datacenter_id: Option<i64>,
    /// Anything but `default`, which every project has by itself.
    name: String,
    description: Option<String>,
    rules: Option<Vec<SecurityRule>>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SecurityGroupChange {
    /// Null clears it.
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    /// All of them, instead of those that there are.
    rules: Option<Vec<SecurityRule>>,
}

cloud_query!(SecurityGroupQuery {});
collection!(SecurityGroup as SecurityGroup, SecurityGroupQuery, "/security-groups", "security group", "security groups":
    list_security_groups, get_security_group, retry_security_group, forget_security_group);

/// Make a security group
#[utoipa::path(post, path = "/security-groups", request_body = NewSecurityGroup, responses((status = 201, body = SecurityGroup)))]
async fn create_security_group(call: Call, Body(new): Body<NewSecurityGroup>) -> Reply {
    let place = new_in(new.tenant_id, new.datacenter_id, Some(new.name));
    let rules = read(new.rules.unwrap_or_default())?;
    let made = security_group::create(&call.ctx, &place, &new.description.unwrap_or_default(), rules).await?;
    super::made(&call, "/security-groups", made).await
}

/// Change a security group
#[utoipa::path(patch, path = "/security-groups/{id}", request_body = SecurityGroupChange, responses((status = 200, body = SecurityGroup)))]
async fn update_security_group(call: Call, Id(id): Id, Body(change): Body<SecurityGroupChange>) -> Reply {
    let before = resource::get(&call.ctx, Kind::SecurityGroup, ResourceId(id)).await?;
    let (description, rules) = (change.description.map(Option::unwrap_or_default), change.rules.map(read).transpose()?);
    let after = security_group::update(&call.ctx, before.id, description, rules, call.version).await?;
    super::changed(&call, Action::Update, &before, after).await
}

/// Remove a security group that no server is in
#[utoipa::path(delete, path = "/security-groups/{id}", responses(
    (status = 202, body = SecurityGroup, description = "it is being removed"), (status = 204, description = "it is gone")))]
async fn delete_security_group(call: Call, Id(id): Id) -> Reply {
    super::delete(call, Kind::SecurityGroup, id).await
}
