//! People say names, the API takes ids. What is a number is an id.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tenantry_client::types::{
    Datacenter, DatacenterFilter, GroupFilter, Managed, NameFilter, OwnerFilter, Resource, ResourceFilter, Tenant, TenantFilter, UserFilter,
};
use tenantry_client::{Client, List};
use tenantry_domain::{ApiTokenId, DatacenterId, GroupId, LinkId, QuotaPlanId, RegistryId, ResourceId, TenantId, UserId};

use crate::exit::Failure;
use crate::global::Place;

type Result<T> = std::result::Result<T, Failure>;

/// The tenant of that name or id.
pub(crate) async fn tenant(client: &Client, said: &str) -> Result<TenantId> {
    match said.parse() {
        Ok(id) => Ok(id),
        Err(_) => {
            let filter = TenantFilter { name: Some(said.to_owned()), ..TenantFilter::default() };
            only("tenant", said, client.list_tenants(&filter)).await.map(|t| t.id)
        }
    }
}

/// The tenants of those names or ids.
pub(crate) async fn tenants(client: &Client, said: &[String]) -> Result<Vec<TenantId>> {
    let mut ids = Vec::with_capacity(said.len());
    for one in said {
        ids.push(tenant(client, one).await?);
    }
    Ok(ids)
}

/// The tenant that was said, or the caller's own.
pub(crate) async fn tenant_or_own(client: &Client, said: Option<&str>) -> Result<TenantId> {
    match said {
        Some(said) => tenant(client, said).await,
        None => Ok(client.get_session().await?.user.tenant_id),
    }
}

/// The datacenter of that name or id.
pub(crate) async fn datacenter(client: &Client, said: &str) -> Result<DatacenterId> {
    match said.parse() {
        Ok(id) => Ok(id),
        Err(_) => {
            let filter = DatacenterFilter { name: Some(said.to_owned()), ..DatacenterFilter::default() };
            only("datacenter", said, client.list_datacenters(&filter)).await.map(|d: Datacenter| d.id)
        }
    }
}

/// The datacenters of those names or ids.
pub(crate) async fn datacenters(client: &Client, said: &[String]) -> Result<Vec<DatacenterId>> {
    let mut ids = Vec::with_capacity(said.len());
    for one in said {
        ids.push(datacenter(client, one).await?);
    }
    Ok(ids)
}

/// The datacenter that was said, or the only one of the tenant.
pub(crate) async fn datacenter_of(client: &Client, tenant: TenantId, said: Option<&str>) -> Result<DatacenterId> {
    if let Some(said) = said {
        return datacenter(client, said).await;
    }
    let Tenant { name, datacenter_ids, .. } = client.get_tenant(tenant).await?;
    match datacenter_ids.as_slice() {
        [only] => Ok(*only),
        [] => Err(Failure::usage(format!("the tenant '{name}' is in no datacenter"))),
        _ => Err(Failure::usage(format!("the tenant '{name}' is in several datacenters: say which with --datacenter"))),
    }
}

/// Where something new goes.
pub(crate) async fn place(client: &Client, said: &Place) -> Result<(TenantId, DatacenterId)> {
    let tenant = tenant_or_own(client, said.tenant.as_deref()).await?;
    Ok((tenant, datacenter_of(client, tenant, said.datacenter.as_deref()).await?))
}

/// What a place leaves of a list.
pub(crate) async fn filter(client: &Client, said: &Place, name: Option<String>) -> Result<ResourceFilter> {
    let mut filter = ResourceFilter { name, ..ResourceFilter::default() };
    if let Some(said) = &said.tenant {
        filter.tenant_id = Some(tenant(client, said).await?);
    }
    if let Some(said) = &said.datacenter {
        filter.datacenter_id = Some(datacenter(client, said).await?);
    }
    Ok(filter)
}

/// The resource of that name or id.
pub(crate) async fn resource<R: Managed + HasId>(client: &Client, said: &str, at: &Place) -> Result<ResourceId> {
    match said.parse() {
        Ok(id) => Ok(id),
        Err(_) => {
            let filter = filter(client, at, Some(said.to_owned())).await?;
            only(R::KIND.name(), said, client.list_resources::<R>(&filter)).await.map(|r| r.id())
        }
    }
}

/// A resource of any kind.
pub(crate) trait HasId {
    /// Its id.
    fn id(&self) -> ResourceId;
}

impl<S, T> HasId for Resource<S, T> {
    fn id(&self) -> ResourceId {
        self.id
    }
}

/// The quota plan of that name or id.
pub(crate) async fn quota_plan(client: &Client, said: &str) -> Result<QuotaPlanId> {
    match said.parse() {
        Ok(id) => Ok(id),
        Err(_) => only("quota plan", said, client.list_quota_plans(&named(said))).await.map(|p| p.id),
    }
}

/// The registry of that name or id.
pub(crate) async fn registry(client: &Client, said: &str) -> Result<RegistryId> {
    match said.parse() {
        Ok(id) => Ok(id),
        Err(_) => only("registry", said, client.list_registries(&named(said))).await.map(|r| r.id),
    }
}

/// The user of that login name, email address or id.
pub(crate) async fn user(client: &Client, said: &str, tenant_said: Option<&str>) -> Result<UserId> {
    if let Ok(id) = said.parse() {
        return Ok(id);
    }
    let tenant_id = match tenant_said {
        Some(said) => Some(tenant(client, said).await?),
        None => None,
    };
    let filter = if said.contains('@') {
        UserFilter { tenant_id, email: Some(said.to_owned()), ..UserFilter::default() }
    } else {
        UserFilter { tenant_id, username_prefix: Some(said.to_owned()), ..UserFilter::default() }
    };
    let is = |name: &str| name.eq_ignore_ascii_case(said);
    let found = search(client.list_users(&filter), |u| is(&u.username) || u.email.as_deref().is_some_and(is)).await?;
    pick("user", said, found).map(|u| u.id)
}

/// The user that was said, if one was.
pub(crate) async fn maybe_user(client: &Client, said: Option<&str>) -> Result<Option<UserId>> {
    match said {
        Some(said) => user(client, said, None).await.map(Some),
        None => Ok(None),
    }
}

/// The group of that name (below whatever group) or id.
pub(crate) async fn group(client: &Client, said: &str, tenant_said: Option<&str>) -> Result<GroupId> {
    if let Ok(id) = said.parse() {
        return Ok(id);
    }
    let mut filter = GroupFilter { name: Some(said.to_owned()), ..GroupFilter::default() };
    if let Some(said) = tenant_said {
        filter.tenant_id = Some(tenant(client, said).await?);
    }
    only("group", said, client.list_groups(&filter)).await.map(|g| g.id)
}

/// The caller's own token of that name, or the one of that id.
pub(crate) async fn token(client: &Client, said: &str) -> Result<ApiTokenId> {
    match said.parse() {
        Ok(id) => Ok(id),
        Err(_) => {
            let list = client.list_tokens(&OwnerFilter::default());
            pick("token", said, search(list, |t| t.name == said).await?).map(|t| t.id)
        }
    }
}

/// The link of that name or id.
pub(crate) async fn link(client: &Client, said: &str) -> Result<LinkId> {
    match said.parse() {
        Ok(id) => Ok(id),
        Err(_) => pick("link", said, search(client.list_links(), |l| l.name == said).await?).map(|l| l.id),
    }
}

/// What of a whole list is meant.
async fn search<T: DeserializeOwned + 'static>(mut list: List<T>, meant: impl Fn(&T) -> bool) -> Result<Vec<T>> {
    let mut found = Vec::new();
    while let Some(page) = list.next_page().await? {
        found.extend(page.into_iter().filter(&meant));
    }
    Ok(found)
}

fn named(name: &str) -> NameFilter {
    NameFilter { name: Some(name.to_owned()) }
}

async fn only<T: DeserializeOwned + Serialize + 'static>(kind: &str, said: &str, list: List<T>) -> Result<T> {
    pick(kind, said, list.limit(2).page().await?.items)
}

fn pick<T>(kind: &str, said: &str, mut found: Vec<T>) -> Result<T> {
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => {
            Err(Failure::usage(format!("there are several of the name '{said}': say which by id, or --tenant and --datacenter")))
        }
        (None, _) => Err(Failure::not_found(format!("there is no {kind} '{said}'"))),
    }
}
