//! What a tenant that is opened with a default network gets.

use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::{Action, Allowed, AnyResource, Scope, act};
use tenantry_domain::resource::Kind;
use tenantry_domain::tenant::Tenant;
use tenantry_domain::{DatacenterId, Result};

use super::server::{default_external, default_network};
use super::{DEFAULT_NETWORK as DEFAULT, enter, finish, offers, router};
use crate::Ctx;
use crate::datacenter::DatacenterFilter;

/// Makes the default network and its router in each of a new tenant's clouds. It is part of opening the tenant: who may do that, may do
/// this, so that only the one who opened it just now calls it.
pub(crate) async fn make_for_new(ctx: &Ctx, opened: &Tenant) -> Result<()> {
    let filter = DatacenterFilter { tenant: Some(opened.id), ..DatacenterFilter::default() };
    let known = ctx.store().datacenters().list(&Scope::system(), &filter, &PageRequest::first(PageRequest::MAX)).await?.items;
    for datacenter in known.iter().filter(|d| d.kind.runs_servers()) {
        let made = make(ctx, opened, datacenter.id);
        ctx.audited(Action::Create, Kind::Network.object(), DEFAULT, made).await?;
    }
    Ok(())
}

async fn make(ctx: &Ctx, opened: &Tenant, datacenter: DatacenterId) -> Result<()> {
    let catalog = offers(ctx, opened.id, datacenter).await?;
    let external = router::external(&catalog, "external_network_id", &default_external(ctx, datacenter, &catalog).await?)?;
    let allowed: Allowed<act::Create, AnyResource> = Allowed::system(opened.id);
    let (tx, place) = enter(ctx, opened.id, datacenter).await?;
    let made = default_network(&tx, &place, &allowed, external).await?;
    finish(ctx, tx, Action::Create, Kind::Network, made, opened.id, "'default', with the tenant").await.map(|_| ())
}
