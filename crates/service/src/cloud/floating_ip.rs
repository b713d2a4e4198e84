//! Floating addresses: kept by a tenant, and led to a server.

use tenantry_domain::cloud::FloatingIpSpec;
use tenantry_domain::policy::Action;
use tenantry_domain::resource::{Audience, Kind, Resource, Spec};
use tenantry_domain::{ResourceId, Result, name};

use super::router::external;
use super::{NewIn, change, datacenter_of, enter, finish, made_up, may_make, offers, referred, wrong_kind};
use crate::{Ctx, resource};

/// Takes a floating address of an external network (the peer's id or its name; the only one there is without it), and leads it to a
/// server when one is named.
///
/// # Errors
/// `QuotaExceeded`, `InvalidArgument`, `PeerUnavailable`, `Forbidden`, `NotFound`.
pub async fn create(
    ctx: &Ctx,
    new: &NewIn,
    description: &str,
    external_network: Option<&str>,
    server: Option<ResourceId>,
) -> Result<Resource> {
    let called = if new.name.is_empty() { made_up(ctx, "address") } else { new.name.clone() };
    ctx.audited(Action::Create, Kind::FloatingIp.object(), &called, async {
        let allowed = may_make(ctx, Kind::FloatingIp, new.tenant, &called).await?;
        name::check_text("description", description, 255)?;
        let datacenter = datacenter_of(ctx, new.tenant, new.datacenter).await?;
        let catalog = offers(ctx, new.tenant, datacenter).await?;
        let asked = match external_network.filter(|t| !t.is_empty()) {
            Some(text) => text.to_owned(),
            None => super::server::default_external(ctx, datacenter, &catalog).await?,
        };
        let external_network = external(&catalog, "external_network_id", &asked)?;
        if let Some(server) = server {
            referred(ctx, Kind::Server, "server_id", server, (new.tenant, datacenter)).await?;
        }
        let (tx, place) = enter(ctx, new.tenant, datacenter).await?;
        let spec = Spec::FloatingIp(FloatingIpSpec { description: description.to_owned(), external_network, server });
        let id = place.make(&tx, &allowed, &called, &spec, Audience::Everyone).await?;
        finish(ctx, tx, Action::Create, Kind::FloatingIp, id, new.tenant, &format!("'{called}'")).await
    })
    .await
}

/// Leads a floating address to a server, or to none.
///
/// # Errors
/// `InvalidArgument`, `StaleVersion`, `Conflict`, `Forbidden`, `NotFound`.
pub async fn lead_to(ctx: &Ctx, id: ResourceId, server: Option<ResourceId>, version: Option<i64>) -> Result<Resource> {
    let seen = resource::get(ctx, Kind::FloatingIp, id).await?;
    if let Some(server) = server {
        referred(ctx, Kind::Server, "server_id", server, (seen.tenant, seen.datacenter)).await?;
    }
    let detail = server.map_or_else(|| "led to no server".to_owned(), |s| format!("led to server {s}"));
    change(ctx, Kind::FloatingIp, id, version, &detail, async |_, before| {
        let Spec::FloatingIp(spec) = before.spec.clone() else { return Err(wrong_kind(Kind::FloatingIp.object())) };
        Ok(Spec::FloatingIp(FloatingIpSpec { server, ..spec }))
    })
    .await
}
