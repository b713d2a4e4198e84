//! Routers, and the networks that are connected to them.

use tenantry_domain::cloud::{RouterInterfaceSpec, RouterSpec};
use tenantry_domain::name;
use tenantry_domain::policy::Action;
use tenantry_domain::resource::{Audience, Kind, Resource, Spec, State};
use tenantry_domain::{Error, ErrorKind, ResourceId, Result};
use tenantry_store::resources::SHOWN;

use super::{NewIn, change, datacenter_of, enter, finish, may_make, offers, referred, wrong_kind};
use crate::{Ctx, resource};

/// The external network that a text names, by the peer's id or by its name.
pub(crate) fn external(catalog: &tenantry_domain::cloud::Catalog, field: &str, text: &str) -> Result<String> {
    let externals = || catalog.networks.iter().filter(|n| n.external);
    let found = externals().find(|n| n.id == text).or_else(|| externals().find(|n| n.name == text));
    found.map(|n| n.id.clone()).ok_or_else(|| {
        let names: Vec<String> = externals().map(|n| format!("{} ({})", n.id, n.name)).collect();
        let there = if names.is_empty() { "there are none here".to_owned() } else { format!("there are {}", names.join(", ")) };
        Error::invalid(field, format!("'{}' is no external network: {there}", name::clip(text)))
    })
}

/// Makes a router. `external_network` is the peer's id or the name of one that C21 lists; without it the router leads nowhere but between
/// networks.
///
/// # Errors
/// `InvalidArgument`, `AlreadyExists`, `QuotaExceeded`, `PeerUnavailable`, `Forbidden`, `NotFound`.
pub async fn create(ctx: &Ctx, new: &NewIn, description: &str, external_network: Option<&str>) -> Result<Resource> {
    ctx.audited(Action::Create, Kind::Router.object(), &new.name, async {
        let allowed = may_make(ctx, Kind::Router, new.tenant, &new.name).await?;
        name::check_text("description", description, 255)?;
        let datacenter = datacenter_of(ctx, new.tenant, new.datacenter).await?;
        let external_network = match external_network.filter(|t| !t.is_empty()) {
            Some(text) => Some(external(&offers(ctx, new.tenant, datacenter).await?, "external_network_id", text)?),
            None => None,
        };
        let (tx, place) = enter(ctx, new.tenant, datacenter).await?;
        let spec = Spec::Router(RouterSpec { description: description.to_owned(), external_network });
        let id = place.make(&tx, &allowed, &new.name, &spec, Audience::Everyone).await?;
        finish(ctx, tx, Action::Create, Kind::Router, id, new.tenant, &format!("'{}'", new.name)).await
    })
    .await
}

/// What can be changed of a router; what is none stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Free text.
    pub description: Option<String>,
    /// The external network; an empty text takes it away.
    pub external_network: Option<String>,
}

/// Changes a router.
///
/// # Errors
/// `InvalidArgument`, `StaleVersion`, `Conflict`, `PeerUnavailable`, `Forbidden`, `NotFound`.
pub async fn update(ctx: &Ctx, id: ResourceId, wanted: &Change, version: Option<i64>) -> Result<Resource> {
    let external_network = match wanted.external_network.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(text) => {
            let seen = resource::get(ctx, Kind::Router, id).await?;
            Some(Some(external(&offers(ctx, seen.tenant, seen.datacenter).await?, "external_network_id", text)?))
        }
    };
    change(ctx, Kind::Router, id, version, "", async |_, before| {
        let Spec::Router(spec) = before.spec.clone() else { return Err(wrong_kind(Kind::Router.object())) };
        let description = wanted.description.clone().unwrap_or(spec.description);
        name::check_text("description", &description, 255)?;
        Ok(Spec::Router(RouterSpec { description, external_network: external_network.clone().unwrap_or(spec.external_network) }))
    })
    .await
}

/// Connects a network to a router.
///
/// # Errors
/// `AlreadyExists` when it is connected, `Conflict` when the network is connected to another router or has no gateway address,
/// `InvalidArgument`, `Forbidden`, `NotFound`.
pub async fn connect(ctx: &Ctx, router: ResourceId, network: ResourceId) -> Result<Resource> {
    ctx.audited(Action::Create, Kind::RouterInterface.object(), router, async {
        let router = resource::get(ctx, Kind::Router, router).await?;
        let called = interface_name(router.id, network);
        let allowed = may_make(ctx, Kind::RouterInterface, router.tenant, &called).await?;
        let network = referred(ctx, Kind::Network, "network_id", network, (router.tenant, router.datacenter)).await?;
        if !matches!(&network.spec, Spec::Network(spec) if spec.gateway.is_some()) {
            let message = format!("the network '{}' has no gateway, which is the address that a router takes", network.name);
            return Err(Error::invalid("network_id", message));
        }
        let (tx, place) = enter(ctx, router.tenant, router.datacenter).await?;
        let others = tx.resources().referrers(network.id, SHOWN).await?;
        if let Some(other) = others.iter().find(|o| o.kind() == Kind::RouterInterface && o.name != called) {
            let message = format!("the network '{}' is connected to another router ({})", network.name, other.name);
            return Err(Error::conflict(Kind::RouterInterface.object(), message));
        }
        let spec = Spec::RouterInterface(RouterInterfaceSpec { router: router.id, network: network.id });
        let id = place.make(&tx, &allowed, &called, &spec, Audience::Everyone).await.map_err(|e| match e.kind {
            ErrorKind::AlreadyExists => {
                let message = format!("the network '{}' is connected to the router '{}' already", network.name, router.name);
                Error::already_exists(Kind::RouterInterface.object(), message)
            }
            _ => e,
        })?;
        let detail = format!("network '{}' to router '{}'", network.name, router.name);
        finish(ctx, tx, Action::Create, Kind::RouterInterface, id, router.tenant, &detail).await
    })
    .await
}

pub(crate) fn interface_name(router: ResourceId, network: ResourceId) -> String {
    format!("router-{router}-network-{network}")
}

/// The connection of a network to a router.
///
/// # Errors
/// `NotFound` when it is not connected.
pub async fn connection(ctx: &Ctx, router: ResourceId, network: ResourceId) -> Result<Resource> {
    let router = resource::get(ctx, Kind::Router, router).await?;
    let scope = ctx.scope(Kind::RouterInterface.object())?;
    let called = interface_name(router.id, network);
    let found = ctx.store().resources().find(&scope, Kind::RouterInterface, router.tenant, router.datacenter, &called).await?;
    found.ok_or_else(|| {
        let message = format!("the network {network} is not connected to the router '{}'", router.name);
        Error::new(ErrorKind::NotFound, message).about(Kind::RouterInterface.object())
    })
}

/// The networks that are connected to a router.
///
/// # Errors
/// `NotFound`.
pub async fn networks(ctx: &Ctx, router: ResourceId) -> Result<Vec<Resource>> {
    let router = resource::get(ctx, Kind::Router, router).await?;
    let connections = ctx.store().resources().referrers(router.id, MOST_NETWORKS).await?;
    let ids: Vec<ResourceId> = connections
        .iter()
        .filter(|c| c.state != State::Deleting)
        .filter_map(|c| match &c.spec {
            Spec::RouterInterface(spec) => Some(spec.network),
            _ => None,
        })
        .collect();
    ctx.store().resources().with_ids(&ctx.scope(Kind::Network.object())?, &ids).await
}

/// As many as a router can have.
const MOST_NETWORKS: i64 = 1000;
