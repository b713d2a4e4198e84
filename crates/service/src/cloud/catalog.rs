//! What a tenant can choose from, and looking into its servers. All of it is read from the cloud.

use tenantry_domain::cloud::{Catalog, Console};
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::{Action, Allowed, AnyResource, act};
use tenantry_domain::resource::{Kind, Resource, State};
use tenantry_domain::{DatacenterId, Error, ResourceId, Result, TenantId};
use tenantry_driver_api::Place;
use tenantry_driver_api::cloud::CloudPlace;

use super::{datacenter_of, offers};
use crate::resource::ResourceFilter;
use crate::{Ctx, resource, tenant};

/// The most lines of a console that are shown.
pub const MOST_LINES: usize = 10_000;

/// What the cloud offers to a tenant: sizes, images, zones, networks, types of volumes.
///
/// # Errors
/// `InvalidArgument` when it is not clear which datacenter, `PeerUnavailable`, `NotFound`.
pub async fn get(ctx: &Ctx, of: TenantId, datacenter: Option<DatacenterId>) -> Result<Catalog> {
    tenant::get(ctx, of).await?;
    let datacenter = datacenter_of(ctx, of, datacenter).await?;
    offers(ctx, of, datacenter).await
}

/// The same for who belongs to the platform and names no tenant: as some tenant there sees it, which is as all do but for what is made for
/// one alone.
///
/// # Errors
/// `Conflict` while no tenant is in the cloud; those of [`get`].
pub async fn of_any_tenant(ctx: &Ctx, datacenter: Option<DatacenterId>) -> Result<Catalog> {
    let datacenter = datacenter_of(ctx, TenantId::ROOT, datacenter).await?;
    let filter = ResourceFilter { datacenter: Some(datacenter), state: Some(State::Ready), ..ResourceFilter::default() };
    let found = resource::list(ctx, Kind::Namespace, filter, &PageRequest::first(1)).await?;
    let Some(namespace) = found.items.first() else {
        let message = "no tenant is in that cloud yet: open one there, or name the tenant whose view is wanted";
        return Err(Error::conflict(Kind::Namespace.object(), message));
    };
    offers(ctx, namespace.tenant, datacenter).await
}

fn place(server: &Resource) -> CloudPlace {
    let place = Place { namespace: server.tenant_slug.clone(), name: server.name.clone(), uid: server.uid, tenant_uid: server.tenant_uid };
    CloudPlace { place, peer_id: server.status.peer_id().to_owned(), untried: false, unchanged: false, existed: true, repair: false }
}

/// A server that is made, if the caller may look into it.
///
/// # Errors
/// `Conflict` when the server is not made yet, `Forbidden`, `NotFound`.
pub async fn may_look_into(ctx: &Ctx, id: ResourceId) -> Result<Resource> {
    let server = resource::get(ctx, Kind::Server, id).await?;
    let _: Allowed<act::IssueCredential, AnyResource> = ctx.allow_resource(&server).await?;
    if server.status.peer_id().is_empty() {
        let message = format!("the server '{}' is {}: there is nothing to look at yet", server.name, server.state);
        return Err(Error::conflict(Kind::Server.object(), message));
    }
    Ok(server)
}

/// Where a server's screen is looked at. The address holds a token: handing it out is recorded.
///
/// # Errors
/// `Conflict` when the server is not made yet, `PeerUnavailable`, `Forbidden`, `NotFound`.
pub async fn console(ctx: &Ctx, id: ResourceId) -> Result<Console> {
    ctx.audited(Action::IssueCredential, Kind::Server.object(), id, async {
        let server = may_look_into(ctx, id).await?;
        let console = ctx.services.clouds()?.console(server.datacenter, &place(&server)).await?;
        let tx = ctx.begin().await?;
        let record = ctx.record(Action::IssueCredential.name(), Kind::Server.object(), id, Some(server.tenant), "console");
        tx.audit().record(&record).await?;
        tx.commit().await?;
        ctx.request.recorded.set();
        Ok(console)
    })
    .await
}

/// The last lines that a server wrote to its console, at most [`MOST_LINES`].
///
/// # Errors
/// `Conflict` when the server is not made yet, `PeerUnavailable`, `Forbidden`, `NotFound`.
pub async fn console_log(ctx: &Ctx, id: ResourceId, lines: usize) -> Result<String> {
    let server = may_look_into(ctx, id).await?;
    ctx.services.clouds()?.console_log(server.datacenter, &place(&server), lines.clamp(1, MOST_LINES)).await
}
