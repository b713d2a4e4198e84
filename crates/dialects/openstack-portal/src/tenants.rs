//! Tenants (C03 to C06).

use std::collections::BTreeSet;

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::resource::Kind;
use tenantry_domain::tenant::{Tenant, TenantState};
use tenantry_domain::user::{check_password, check_username};
use tenantry_domain::{Error, Metric, Result, TenantId, name};
use tenantry_http::lenient;
use tenantry_http::paging::Whole;
use tenantry_service::resource::ResourceFilter;
use tenantry_service::tenant::{Label, Open, TenantFilter, Update};
use tenantry_service::{Ctx, cloud, settle, tenant, user};

use crate::error::Reply;
use crate::extract::{Caller, Given, Id};
use crate::resources;

/// What C03 and C04 take; each uses its part.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    customer_manager: Option<String>,
    #[serde(deserialize_with = "lenient::boolean")]
    enabled: Option<bool>,
    #[serde(deserialize_with = "lenient::boolean")]
    default: Option<bool>,
    #[serde(deserialize_with = "lenient::text")]
    admin_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    admin_password: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    admin_description: Option<String>,
}

fn given(text: &Option<String>) -> Option<String> {
    text.clone().filter(|t| !t.is_empty())
}

impl Wire {
    /// The first administrator. The names of the parameters are the document's, so they are checked here.
    fn administrator(&self, ctx: &Ctx) -> Result<user::Create> {
        let username = given(&self.admin_name).unwrap_or_else(|| "admin".to_owned());
        check_username("admin_name", &username)?;
        let password = given(&self.admin_password);
        if let Some(password) = &password {
            check_password("admin_password", password, &username, ctx.settings().shortest_password)?;
        }
        let comment = self.admin_description.clone().unwrap_or_default();
        name::check_text("admin_description", &comment, 1000)?;
        Ok(user::Create { username: Some(username), password, comment, ..user::Create::default() })
    }

    fn open(&self, ctx: &Ctx) -> Result<Open> {
        Ok(Open {
            name: given(&self.name).ok_or_else(|| Error::missing("name"))?,
            label: Label::Made,
            description: self.description.clone().unwrap_or_default(),
            customer_manager: self.customer_manager.clone().unwrap_or_default(),
            administrator: Some(self.administrator(ctx)?),
            ..Open::default()
        })
    }

    fn update(&self) -> Update {
        Update {
            name: given(&self.name),
            description: self.description.clone(),
            customer_manager: self.customer_manager.clone(),
            enabled: self.enabled,
            ..Update::default()
        }
    }
}

/// Which tenants have a default network; of one alone, when one is named.
async fn defaults(ctx: &Ctx, tenant: Option<TenantId>) -> Result<BTreeSet<TenantId>> {
    let filter = ResourceFilter { tenant, name: Some(cloud::DEFAULT_NETWORK.to_owned()), ..ResourceFilter::default() };
    Ok(resources::all(ctx, Kind::Network, filter).await?.into_iter().map(|n| n.tenant).collect())
}

async fn answer(ctx: &Ctx, tenant: &Tenant) -> Reply {
    Ok(Json(json!({"tenant": render(tenant, &defaults(ctx, Some(tenant.id)).await?)})))
}

fn render(tenant: &Tenant, defaults: &BTreeSet<TenantId>) -> Value {
    json!({
        "id": tenant.id,
        "name": tenant.name,
        "label": tenant.slug,
        "description": tenant.description,
        "customer_manager": tenant.customer_manager,
        "enabled": tenant.enabled,
        "default": defaults.contains(&tenant.id),
        "root_group_id": tenant.root_group,
        "parent_tenant_id": tenant.parent,
        "status": if tenant.state == TenantState::Closing { "closing" } else { "active" },
        "reason": tenant.reason(),
        "created_at": tenant.created_at,
        "updated_at": tenant.updated_at,
    })
}

async fn open(ctx: &Ctx, wire: &Wire) -> Reply {
    let wanted = wire.open(ctx)?;
    let quota = tenant::usual_quota(ctx, ctx.caller.home).await?;
    let (cpu_millicores, memory_mib) = (quota.get(Metric::Cpu).unwrap_or(0), quota.get(Metric::Memory).unwrap_or(0));
    let new = Open { cpu_millicores, memory_mib, storage_mib: quota.get(Metric::Storage), counted: quota, ..wanted };
    if !wire.default.unwrap_or(false) {
        let made = tenant::open(ctx, &new).await?;
        settle::namespaces(ctx, made.id, ctx.settings().wait).await?;
        return answer(ctx, &made).await;
    }
    let (made, lacking) = tenant::open_with_default_network(ctx, &new).await?;
    let mut object = render(&made, &defaults(ctx, Some(made.id)).await?);
    if let Some(error) = lacking {
        object["reason"] = format!("it got no default network: {}", error.message).into();
    }
    Ok(Json(json!({"tenant": object})))
}

async fn change(ctx: &Ctx, id: TenantId, wire: &Wire) -> Reply {
    answer(ctx, &tenant::update(ctx, id, &wire.update()).await?).await
}

/// C03; with `tenant_id` it is C04.
pub(crate) async fn create_or_update(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    match wire.tenant_id {
        Some(id) => change(&ctx, TenantId(id), &wire).await,
        None => open(&ctx, &wire).await,
    }
}

/// C04
pub(crate) async fn update(Caller(ctx): Caller, id: Id, Given(wire): Given<Wire>) -> Reply {
    change(&ctx, TenantId(id.confirmed("tenant_id", wire.tenant_id)?), &wire).await
}

/// C05
pub(crate) async fn get(Caller(ctx): Caller, Id(id): Id) -> Reply {
    answer(&ctx, &tenant::get(&ctx, TenantId(id)).await?).await
}

/// C06: every tenant that the caller may see, without the root, which is no customer's.
pub(crate) async fn list(Caller(ctx): Caller) -> Reply {
    let filter = TenantFilter { without_root: true, ..TenantFilter::default() };
    let mut whole = Whole::new();
    while let Some(page) = whole.ask() {
        whole.add(tenant::list(&ctx, &filter, &page).await?);
    }
    let defaults = defaults(&ctx, None).await?;
    Ok(Json(json!({"tenants": whole.items.iter().map(|t| render(t, &defaults)).collect::<Vec<_>>()})))
}
