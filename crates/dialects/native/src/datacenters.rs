//! Datacenters: connected only after a check. Where one is and how much it has, platform administrators see; how it is reached, nobody.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::datacenter::{
    Connection, Datacenter as Stored, DatacenterKind, DatacenterOptions as Options, Health as StoredHealth, OpenstackAccount,
    OpenstackConnection,
};
use tenantry_domain::name::clip;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::quota::Limits as StoredLimits;
use tenantry_domain::{DatacenterId, Error, Result, Timestamp, Uid};
use tenantry_http::Api;
use tenantry_service::Ctx;
use tenantry_service::datacenter::{self, Create, Update};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, created, gone, list_query, object, page};
use crate::call::{Body, Call, Id, Waiting, patch};
use crate::dry_run::DryRun;
use crate::error::Reply;
use crate::wire::{Limits, SetLimits};

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_datacenters, create_datacenter))
        .routes(routes!(get_datacenter, update_datacenter, delete_datacenter))
        .routes(routes!(check_datacenter))
}

/// What can be set freely.
#[derive(Serialize, ToSchema)]
pub(crate) struct DatacenterOptions {
    storage_class: Option<String>,
    image_registry: Option<String>,
    domain_suffix: Option<String>,
    /// Whether what somebody changed behind our back in a cloud of servers is put right; else it is told and left alone.
    repair_drift: bool,
    /// Whether a size that no flavor has is made as a private flavor.
    private_flavors: bool,
    /// The external network that default routers lead to, by the cloud's id or name.
    external_network: Option<String>,
}

/// What the last check found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    healthy: bool,
    message: String,
    peer_version: String,
    missing_permissions: Vec<String>,
}

/// A datacenter. Credentials are never shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct Datacenter {
    id: i64,
    #[schema(value_type = String)]
    uid: Uid,
    name: String,
    comment: String,
    /// `kubernetes`, `openstack` or `sandbox`
    #[schema(value_type = String)]
    kind: DatacenterKind,
    /// Empty for who may not change it.
    endpoint: String,
    options: DatacenterOptions,
    /// Null for who may not change it.
    capacity: Limits,
    overcommit: f64,
    health: Health,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    attempts: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

fn render(ctx: &Ctx, d: &Stored) -> Datacenter {
    let full = ctx.may(Action::Update, ObjectKind::Datacenter);
    let StoredHealth { healthy, message, peer_version, missing_permissions } = d.health.clone();
    // what is wrong may name addresses
    let health = if full {
        Health { healthy, message, peer_version, missing_permissions }
    } else {
        Health { healthy, message: String::new(), peer_version, missing_permissions: Vec::new() }
    };
    let Options { storage_class, image_registry, domain_suffix, repair_drift, private_flavors, external_network } = d.options.clone();
    Datacenter {
        id: d.id.0,
        uid: d.uid,
        name: d.name.clone(),
        comment: d.comment.clone(),
        kind: d.kind,
        endpoint: if full { d.endpoint.clone() } else { String::new() },
        options: DatacenterOptions { storage_class, image_registry, domain_suffix, repair_drift, private_flavors, external_network },
        capacity: Limits::from(if full { &d.capacity } else { &StoredLimits::NONE }),
        overcommit: d.overcommit,
        health,
        reason: if full { d.progress.reason.clone() } else { String::new() },
        since: d.progress.since,
        attempts: d.progress.attempts,
        next_attempt_at: d.progress.next_attempt_at,
        version: d.version,
        created_at: d.created_at,
        updated_at: d.updated_at,
    }
}

/// Options as they are set: absent stays, null takes away.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SetOptions {
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    storage_class: Option<Option<String>>,
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    image_registry: Option<Option<String>>,
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    domain_suffix: Option<Option<String>>,
    repair_drift: Option<bool>,
    private_flavors: Option<bool>,
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    external_network: Option<Option<String>>,
}

impl SetOptions {
    fn over(self, before: Options) -> Options {
        Options {
            storage_class: self.storage_class.unwrap_or(before.storage_class),
            image_registry: self.image_registry.unwrap_or(before.image_registry),
            domain_suffix: self.domain_suffix.unwrap_or(before.domain_suffix),
            repair_drift: self.repair_drift.unwrap_or(before.repair_drift),
            private_flavors: self.private_flavors.unwrap_or(before.private_flavors),
            external_network: self.external_network.unwrap_or(before.external_network),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDatacenter {
    /// An RFC 1123 label.
    name: String,
    comment: Option<String>,
    /// `kubernetes`, `openstack` or `sandbox`
    kind: String,
    /// How an OpenStack cloud is reached, for openstack.
    openstack: Option<SetOpenstack>,
    /// A kubeconfig document, for kubernetes.
    kubeconfig: Option<String>,
    /// The URL of the API server, instead of a kubeconfig.
    endpoint: Option<String>,
    ca_pem: Option<String>,
    token: Option<String>,
    /// The name of a sandbox; the datacenter's without it.
    sandbox: Option<String>,
    #[serde(default)]
    options: SetOptions,
    /// What there is; what has no number has no limit.
    #[serde(default)]
    capacity: SetLimits,
    /// How often the capacity may be promised; once without it.
    overcommit: Option<f64>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatacenterChange {
    name: Option<String>,
    comment: Option<String>,
    openstack: Option<SetOpenstack>,
    kubeconfig: Option<String>,
    endpoint: Option<String>,
    ca_pem: Option<String>,
    token: Option<String>,
    options: Option<SetOptions>,
    capacity: Option<SetLimits>,
    overcommit: Option<f64>,
}

/// An OpenStack cloud, and as whom it is used: an application credential, or a user with the role admin.
#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SetOpenstack {
    /// The URL of Keystone, with `/v3`.
    auth_url: String,
    application_credential_id: Option<String>,
    application_credential_secret: Option<String>,
    username: Option<String>,
    password: Option<String>,
    /// The user's domain; `Default` without it.
    user_domain: Option<String>,
    /// The project in which the user is an administrator.
    project: Option<String>,
    project_domain: Option<String>,
    region: Option<String>,
    /// The domain in which projects are made; the user's without it.
    domain: Option<String>,
    /// `public` (the default), `internal` or `admin`
    interface: Option<String>,
    ca_pem: Option<String>,
}

impl SetOpenstack {
    fn connection(self) -> Result<Connection> {
        let account = match (self.application_credential_id, self.username) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid("openstack", "either an application credential or a user, not both"));
            }
            (Some(id), None) => OpenstackAccount::ApplicationCredential {
                id,
                secret: self.application_credential_secret.ok_or_else(|| Error::missing("openstack.application_credential_secret"))?,
            },
            (None, Some(name)) => OpenstackAccount::User {
                name,
                password: self.password.ok_or_else(|| Error::missing("openstack.password"))?,
                domain: self.user_domain,
                project: self.project.ok_or_else(|| Error::missing("openstack.project"))?,
                project_domain: self.project_domain,
            },
            (None, None) => return Err(Error::missing("openstack.username")),
        };
        if self.auth_url.is_empty() {
            return Err(Error::missing("openstack.auth_url"));
        }
        if let Some(interface) = self.interface.as_deref().filter(|i| !["public", "internal", "admin"].contains(i)) {
            let message = format!("'openstack.interface' must be public, internal or admin, not '{}'", clip(interface));
            return Err(Error::invalid("openstack.interface", message));
        }
        Ok(Connection::Openstack(OpenstackConnection {
            auth_url: self.auth_url,
            account,
            region: self.region,
            domain: self.domain,
            interface: self.interface,
            ca_pem: self.ca_pem,
        }))
    }
}

fn kubernetes(
    kubeconfig: Option<String>,
    endpoint: Option<String>,
    ca_pem: Option<String>,
    token: Option<String>,
) -> Result<Option<Connection>> {
    match (&kubeconfig, &endpoint, &token) {
        (Some(_), None, None) => Ok(Some(Connection::Kubernetes { kubeconfig, endpoint: None, ca_pem: None, token: None })),
        (Some(_), ..) => Err(Error::invalid("kubeconfig", "either 'kubeconfig', or 'endpoint', 'ca_pem' and 'token'")),
        (None, Some(_), Some(_)) => Ok(Some(Connection::Kubernetes { kubeconfig: None, endpoint, ca_pem, token })),
        (None, Some(_), None) => Err(Error::missing("token")),
        (None, None, Some(_)) => Err(Error::missing("endpoint")),
        (None, None, None) if ca_pem.is_some() => Err(Error::missing("endpoint")),
        (None, None, None) => Ok(None),
    }
}

list_query!(DatacenterQuery {
    /// Only this name.
    name: Option<String>,
    /// `kubernetes`, `openstack` or `sandbox`
    kind: Option<String>,
});

/// List datacenters
#[utoipa::path(get, path = "/datacenters", params(DatacenterQuery), responses((status = 200, body = Listed<Datacenter>)))]
async fn list_datacenters(call: Call<DatacenterQuery>) -> Reply {
    let kind: Option<DatacenterKind> = call.query.kind.as_deref().map(str::parse).transpose()?;
    let filter = datacenter::DatacenterFilter { name: call.query.name.clone(), kind, tenant: None };
    let found = datacenter::list(&call.ctx, &filter, &call.query.page()?).await?;
    Ok(page(found, |d| render(&call.ctx, &d)))
}

/// Connect a datacenter, after a check
#[utoipa::path(post, path = "/datacenters", request_body = NewDatacenter, responses((status = 201, body = Datacenter)))]
async fn create_datacenter(call: Call, Body(new): Body<NewDatacenter>) -> Reply {
    let connection = match new.kind.parse()? {
        DatacenterKind::Sandbox => Connection::Sandbox { name: new.sandbox.unwrap_or_else(|| new.name.clone()) },
        DatacenterKind::Openstack => new.openstack.ok_or_else(|| Error::missing("openstack"))?.connection()?,
        DatacenterKind::Kubernetes => {
            kubernetes(new.kubeconfig, new.endpoint, new.ca_pem, new.token)?.ok_or_else(|| Error::missing("kubeconfig"))?
        }
    };
    let create = Create {
        name: new.name,
        comment: new.comment.unwrap_or_default(),
        connection,
        options: new.options.over(Options::default()),
        capacity: new.capacity.over("capacity", &StoredLimits::NONE)?,
        overcommit: new.overcommit,
    };
    let made = datacenter::create(&call.ctx, &create).await?;
    let shown = render(&call.ctx, &made);
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Create, ObjectKind::Datacenter).result(&shown).answer());
    }
    Ok(created(&shown, made.version, &format!("/datacenters/{}", made.id)))
}

/// Get a datacenter
#[utoipa::path(get, path = "/datacenters/{id}", params(Waiting), responses((status = 200, body = Datacenter)))]
async fn get_datacenter(call: Call<Waiting>, Id(id): Id) -> Reply {
    let wait = call.query.time()?;
    let mut found = datacenter::get(&call.ctx, DatacenterId(id)).await?;
    if !wait.is_zero() {
        found = tenantry_service::settle::datacenter(&call.ctx, found.id, wait).await?;
    }
    Ok(object(StatusCode::OK, &render(&call.ctx, &found), found.version))
}

/// Change a datacenter
#[utoipa::path(patch, path = "/datacenters/{id}", request_body = DatacenterChange, responses((status = 200, body = Datacenter)))]
async fn update_datacenter(call: Call, Id(id): Id, Body(change): Body<DatacenterChange>) -> Reply {
    let before = datacenter::get(&call.ctx, DatacenterId(id)).await?;
    let update = Update {
        name: change.name,
        comment: change.comment,
        connection: match change.openstack {
            Some(openstack) => Some(openstack.connection()?),
            None => kubernetes(change.kubeconfig, change.endpoint, change.ca_pem, change.token)?,
        },
        options: change.options.map(|o| o.over(before.options.clone())),
        capacity: change.capacity.map(|c| c.over("capacity", &before.capacity)).transpose()?,
        overcommit: change.overcommit,
        version: call.version,
    };
    let after = datacenter::update(&call.ctx, before.id, &update).await?;
    let shown = render(&call.ctx, &after);
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Update, ObjectKind::Datacenter).result(&shown).answer());
    }
    Ok(object(StatusCode::OK, &shown, after.version))
}

/// Disconnect a datacenter that no tenant is in
#[utoipa::path(delete, path = "/datacenters/{id}", responses((status = 204, description = "it is disconnected; nothing was removed there")))]
async fn delete_datacenter(call: Call, Id(id): Id) -> Reply {
    datacenter::delete(&call.ctx, DatacenterId(id), call.version).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, ObjectKind::Datacenter).answer());
    }
    Ok(gone())
}

/// Check a datacenter now
#[utoipa::path(post, path = "/datacenters/{id}/check", responses((status = 200, body = Datacenter)))]
async fn check_datacenter(call: Call, Id(id): Id) -> Reply {
    let found = datacenter::check_now(&call.ctx, DatacenterId(id)).await?;
    let shown = render(&call.ctx, &found);
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Retry, ObjectKind::Datacenter).result(&shown).answer());
    }
    Ok(object(StatusCode::OK, &shown, found.version))
}
