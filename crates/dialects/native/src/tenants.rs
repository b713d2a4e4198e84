//! Tenants: opened, changed, closed; their namespaces, and what helps when those do not come to be.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::quota::Limits as StoredLimits;
use tenantry_domain::resource::{Kind, Origin};
use tenantry_domain::tenant::{Tenant as Stored, TenantState};
use tenantry_domain::{DatacenterId, Error, ErrorKind, Money, Result, TenantId, Timestamp, Uid, UserId};
use tenantry_http::{Api, lenient};
use tenantry_service::tenant::{Label, Open, TenantFilter, TenantSort, Update};
use tenantry_service::{Ctx, namespace, settle, tenant, tenant_work, user};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, created, cut, gone, list_query, object, page, sort};
use crate::call::{Body, Call, Cascade, Id, Waiting};
use crate::dry_run::{DryRun, below, inside};
use crate::error::Reply;
use crate::namespaces::Namespace;
use crate::resources::render;
use crate::wire::{Limits, SetLimits};

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_tenants, create_tenant))
        .routes(routes!(get_tenant, update_tenant, delete_tenant))
        .routes(routes!(retry_tenant))
        .routes(routes!(forget_tenant))
        .routes(routes!(list_tenant_namespaces))
        .routes(routes!(get_kubeconfig))
}

/// A tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tenant {
    id: i64,
    #[schema(value_type = String)]
    uid: Uid,
    parent_id: Option<i64>,
    level: i64,
    name: String,
    /// What its namespaces and projects are called by.
    label: String,
    description: String,
    /// Who looks after the customer.
    customer_manager: String,
    /// Whether its users, and those of the tenants below, may log in.
    enabled: bool,
    root_group_id: Option<i64>,
    /// `active` or `closing`
    #[schema(value_type = String)]
    state: TenantState,
    quota: Limits,
    #[schema(value_type = f64)]
    budget: Money,
    #[schema(value_type = f64)]
    balance: Money,
    datacenter_ids: Vec<i64>,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    attempts: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    version: i64,
    created_by: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&Stored> for Tenant {
    fn from(t: &Stored) -> Self {
        Self {
            id: t.id.0,
            uid: t.uid,
            parent_id: t.parent.map(|p| p.0),
            level: t.level,
            name: t.name.clone(),
            label: t.slug.clone(),
            description: t.description.clone(),
            customer_manager: t.customer_manager.clone(),
            enabled: t.enabled,
            root_group_id: t.root_group.map(|g| g.0),
            state: t.state,
            quota: Limits::from(&t.totals),
            budget: t.budget,
            balance: t.balance,
            datacenter_ids: t.datacenters.iter().map(|d| d.0).collect(),
            reason: t.progress.reason.clone(),
            since: t.progress.since,
            attempts: t.progress.attempts,
            next_attempt_at: t.progress.next_attempt_at,
            version: t.version,
            created_by: t.created_by.map(|u| u.0),
            created_at: t.created_at,
            updated_at: t.updated_at,
        }
    }
}

fn shown(status: StatusCode, found: &Stored) -> Response {
    object(status, &Tenant::from(found), found.version)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTenant {
    /// Unique across the platform. Without a label it has to be an RFC 1123 label itself.
    name: String,
    /// An RFC 1123 label, unique across the platform: what its namespaces and projects are called by. The name without it.
    label: Option<String>,
    /// Who looks after the customer.
    customer_manager: Option<String>,
    /// An administrator to be made with it.
    administrator: Option<NewAdministrator>,
    #[serde(default)]
    description: Option<String>,
    /// The tenant above; the caller's own without it.
    parent_id: Option<i64>,
    /// Where it gets namespaces.
    #[serde(default)]
    datacenter_ids: Vec<i64>,
    /// What it has in each of them; storage is the configured default when nothing is said of it.
    #[serde(default)]
    quota: SetLimits,
    #[schema(value_type = Option<f64>)]
    budget: Option<Money>,
    #[schema(value_type = Option<f64>)]
    balance: Option<Money>,
}

/// A tenant's first administrator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAdministrator {
    /// Logs in as `username#label`.
    username: String,
    password: String,
    email: Option<String>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantChange {
    /// The name to show; the label stays.
    name: Option<String>,
    customer_manager: Option<String>,
    /// Whether its users, and those of the tenants below, may log in.
    enabled: Option<bool>,
    description: Option<String>,
    #[serde(default)]
    quota: SetLimits,
    /// Where it should have namespaces: what is not named is taken away.
    datacenter_ids: Option<Vec<i64>>,
    #[schema(value_type = Option<f64>)]
    budget: Option<Money>,
    /// What the account should hold; the difference is booked.
    #[schema(value_type = Option<f64>)]
    balance: Option<Money>,
}

list_query!(TenantQuery {
    /// Only this name.
    name: Option<String>,
    /// Names that begin so.
    name_prefix: Option<String>,
    /// Children of this tenant.
    #[serde(deserialize_with = "lenient::integer")]
    parent_id: Option<i64>,
    /// All below this tenant, however deep.
    #[serde(deserialize_with = "lenient::integer")]
    below_id: Option<i64>,
    /// Those that this user has a role on.
    #[serde(deserialize_with = "lenient::integer")]
    user_id: Option<i64>,
    /// `active` or `closing`
    #[param(value_type = Option<String>)]
    state: Option<TenantState>,
    /// Those in this datacenter.
    #[serde(deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
    /// `id`, `name` or `created_at`; `-` before it turns the order round.
    sort: Option<String>,
});

/// List tenants
#[utoipa::path(get, path = "/tenants", params(TenantQuery), responses((status = 200, body = Listed<Tenant>)))]
async fn list_tenants(call: Call<TenantQuery>) -> Reply {
    let asked = call.query;
    let (field, descending) = sort(asked.sort.as_deref(), &["id", "name", "created_at"])?;
    let filter = TenantFilter {
        name: asked.name.clone(),
        name_prefix: asked.name_prefix.clone(),
        parent: asked.parent_id.map(TenantId),
        below: asked.below_id.map(TenantId),
        user: asked.user_id.map(UserId),
        state: asked.state,
        datacenter: asked.datacenter_id.map(DatacenterId),
        without_root: false,
        sort: match field {
            "name" => TenantSort::Name,
            "created_at" => TenantSort::CreatedAt,
            _ => TenantSort::Id,
        },
        descending,
        ..TenantFilter::default()
    };
    Ok(page(tenant::list(&call.ctx, &filter, &asked.page()?).await?, |t| Tenant::from(&t)))
}

/// Open a tenant
#[utoipa::path(post, path = "/tenants", request_body = NewTenant, responses((status = 201, body = Tenant)))]
async fn create_tenant(call: Call, Body(new): Body<NewTenant>) -> Reply {
    let ctx = &call.ctx;
    let quota = new.quota.without_nulls();
    let (cpu, memory, storage) = quota.numbers("quota")?;
    let open = Open {
        parent: new.parent_id.map(TenantId),
        name: new.name,
        label: new.label.map_or(Label::Name, Label::Given),
        description: new.description.unwrap_or_default(),
        customer_manager: new.customer_manager.unwrap_or_default(),
        administrator: new.administrator.map(|a| user::Create {
            username: Some(a.username),
            password: Some(a.password),
            email: a.email,
            ..user::Create::default()
        }),
        cpu_millicores: cpu.ok_or_else(|| Error::missing("quota.cpu"))?,
        memory_mib: memory.ok_or_else(|| Error::missing("quota.memory_gib"))?,
        storage_mib: storage,
        counted: quota.over("quota", &StoredLimits::NONE)?,
        datacenters: Some(new.datacenter_ids.into_iter().map(DatacenterId).collect()),
        budget: new.budget,
        balance: new.balance,
        origin: Origin::Made,
    };
    let made = tenant::open(ctx, &open).await.map_err(of_the_administrator).map_err(called_label)?;
    if ctx.dry_run {
        let mut dry = DryRun::new(Action::Create, ObjectKind::Tenant).result(&Tenant::from(&made));
        for datacenter in &made.datacenters {
            dry = dry.creates(Kind::Namespace, &made.slug, *datacenter);
            dry = dry.takes(*datacenter, made.parent.unwrap_or(TenantId::ROOT), made.totals.granted());
        }
        if !made.balance.eq(&Money::ZERO) {
            dry = dry.books(made.balance, made.balance);
        }
        return Ok(dry.answer());
    }
    settle::namespaces(ctx, made.id, call.wait).await?;
    let made = tenant::get(ctx, made.id).await?;
    Ok(created(&Tenant::from(&made), made.version, &format!("/tenants/{}", made.id)))
}

/// What the rules of tenants call the id of a new one is its label here.
fn called_label(mut error: Error) -> Error {
    if error.field.as_deref() == Some("id") {
        error.field = Some("label".to_owned());
    }
    error
}

/// What the rules of users say of the first administrator's fields names them where the body has them.
fn of_the_administrator(mut error: Error) -> Error {
    if let Some(field @ ("username" | "password" | "email")) = error.field.as_deref() {
        let full = format!("administrator.{field}");
        if let Some(rest) = error.message.strip_prefix(&format!("'{field}'")) {
            error.message = format!("'{full}'{rest}");
        }
        error.field = Some(full);
    }
    error
}

/// Get a tenant
#[utoipa::path(get, path = "/tenants/{id}", params(Waiting), responses((status = 200, body = Tenant)))]
async fn get_tenant(call: Call<Waiting>, Id(id): Id) -> Reply {
    let wait = call.query.time()?;
    let found = tenant::get(&call.ctx, TenantId(id)).await?;
    if wait.is_zero() {
        return Ok(shown(StatusCode::OK, &found));
    }
    if found.state == TenantState::Closing {
        settle::tenant_gone(&call.ctx, found.id, wait).await?;
    } else {
        settle::namespaces(&call.ctx, found.id, wait).await?;
    }
    Ok(shown(StatusCode::OK, &tenant::get(&call.ctx, found.id).await?))
}

/// Change a tenant
#[utoipa::path(patch, path = "/tenants/{id}", params(Cascade), request_body = TenantChange, responses((status = 200, body = Tenant)))]
async fn update_tenant(call: Call<Cascade>, Id(id): Id, Body(change): Body<TenantChange>) -> Reply {
    let (ctx, id) = (&call.ctx, TenantId(id));
    let (cpu_millicores, memory_mib, storage_mib) = change.quota.numbers("quota")?;
    let counts = change.quota.counts("quota")?;
    let update = Update {
        name: change.name,
        customer_manager: change.customer_manager,
        enabled: change.enabled,
        description: change.description,
        cpu_millicores,
        memory_mib,
        storage_mib,
        counts,
        datacenters: change.datacenter_ids.map(|ids| ids.into_iter().map(DatacenterId).collect()),
        budget: change.budget,
        balance: change.balance,
        purchase: None,
        cascade: call.query.yes(),
        version: call.version,
    };
    let before = if ctx.dry_run { Some(tenant::get(ctx, id).await?) } else { None };
    let after = tenant::update(ctx, id, &update).await?;
    if let Some(before) = before {
        return Ok(preview(ctx, Action::Update, &before, &after, &update).await?.result(&Tenant::from(&after)).answer());
    }
    settle::namespaces(ctx, id, call.wait).await?;
    Ok(shown(StatusCode::OK, &tenant::get(ctx, id).await?))
}

/// What a change of totals and datacenters would take, make and remove.
pub(crate) async fn preview(ctx: &Ctx, action: Action, before: &Stored, after: &Stored, update: &Update) -> Result<DryRun> {
    let mut dry = DryRun::new(action, ObjectKind::Tenant);
    let parent = before.parent.unwrap_or(TenantId::ROOT);
    let shares = tenantry_service::datacenter_quota::list(ctx, before.id).await?;
    let wanted = update.datacenters.clone().unwrap_or_else(|| before.datacenters.clone());
    for datacenter in &wanted {
        match shares.iter().find(|s| s.datacenter == *datacenter) {
            Some(share) if share.overridden => {}
            Some(share) => dry = dry.takes(*datacenter, parent, after.totals.granted() - share.limits.granted()),
            None => dry = dry.creates(Kind::Namespace, &before.name, *datacenter).takes(*datacenter, parent, after.totals.granted()),
        }
    }
    for datacenter in before.datacenters.iter().filter(|d| !wanted.contains(d)) {
        for found in inside(ctx, before.id, Some(*datacenter)).await? {
            dry = dry.removes(&found);
        }
        if let Some(share) = shares.iter().find(|s| s.datacenter == *datacenter) {
            dry = dry.takes(*datacenter, parent, -share.limits.granted());
        }
    }
    if before.balance != after.balance {
        dry = dry.books(after.balance - before.balance, after.balance);
    }
    Ok(dry)
}

/// Close a tenant
#[utoipa::path(delete, path = "/tenants/{id}", params(Cascade), responses(
    (status = 202, body = Tenant, description = "it is being closed"), (status = 204, description = "it is gone")))]
async fn delete_tenant(call: Call<Cascade>, Id(id): Id) -> Reply {
    let (ctx, id) = (&call.ctx, TenantId(id));
    let closing = tenant::close(ctx, id, call.query.yes(), call.version).await?;
    if ctx.dry_run {
        let mut dry = DryRun::new(Action::Delete, ObjectKind::Tenant);
        let mut tenants = below(ctx, id).await?;
        tenants.push((id, closing.name.clone()));
        for (tenant, name) in &tenants {
            for found in inside(ctx, *tenant, None).await? {
                dry = dry.removes(&found);
            }
            dry = dry.removes_tenant(*tenant, name);
        }
        for share in tenantry_service::datacenter_quota::list(ctx, id).await? {
            dry = dry.takes(share.datacenter, closing.parent.unwrap_or(TenantId::ROOT), -share.limits.granted());
        }
        return Ok(dry.answer());
    }
    closed(ctx, id, call.wait).await
}

async fn closed(ctx: &Ctx, id: TenantId, wait: std::time::Duration) -> Reply {
    if settle::tenant_gone(ctx, id, wait).await? {
        return Ok(gone());
    }
    match tenant::get(ctx, id).await {
        Ok(found) => Ok(shown(StatusCode::ACCEPTED, &found)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(gone()),
        Err(error) => Err(error.into()),
    }
}

/// Try again now what would be tried later
#[utoipa::path(post, path = "/tenants/{id}/retry", responses((status = 200, body = Tenant)))]
async fn retry_tenant(call: Call, Id(id): Id) -> Reply {
    let found = tenant_work::retry(&call.ctx, TenantId(id)).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Retry, ObjectKind::Tenant).result(&Tenant::from(&found)).answer());
    }
    settle::namespaces(&call.ctx, found.id, call.wait).await?;
    Ok(shown(StatusCode::OK, &tenant::get(&call.ctx, found.id).await?))
}

/// Give up on what can't be removed at a peer
#[utoipa::path(post, path = "/tenants/{id}/forget", responses(
    (status = 202, body = Tenant, description = "it is about to go"), (status = 204, description = "it is gone")))]
async fn forget_tenant(call: Call, Id(id): Id) -> Reply {
    let (ctx, id) = (&call.ctx, TenantId(id));
    let found = tenant_work::forget(ctx, id).await?;
    if ctx.dry_run {
        let mut dry = DryRun::new(Action::Forget, ObjectKind::Tenant);
        for resource in inside(ctx, id, None).await? {
            dry = dry.removes(&resource);
        }
        return Ok(dry.removes_tenant(id, &found.name).answer());
    }
    closed(ctx, id, call.wait).await
}

list_query!(PageQuery {});

/// List a tenant's namespaces, one for each datacenter
#[utoipa::path(get, path = "/tenants/{id}/namespaces", params(PageQuery), responses((status = 200, body = Listed<Namespace>)))]
async fn list_tenant_namespaces(call: Call<PageQuery>, Id(id): Id) -> Reply {
    let asked = call.query.page()?;
    let all = tenant::namespaces(&call.ctx, TenantId(id)).await?;
    Ok(page(cut(all, &asked, |n| n.id.0), |n| render(&n)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KubeconfigQuery {
    /// Which datacenter.
    #[serde(default, deserialize_with = "lenient::integer")]
    datacenter_id: Option<i64>,
}

/// Get a kubeconfig limited to the tenant's namespace
#[utoipa::path(get, path = "/tenants/{id}/kubeconfig", params(KubeconfigQuery),
    responses((status = 200, body = String, content_type = "application/yaml")))]
async fn get_kubeconfig(call: Call<KubeconfigQuery>, Id(id): Id) -> Reply {
    tenant::get(&call.ctx, TenantId(id)).await?;
    let datacenter = call.query.datacenter_id.ok_or_else(|| Error::missing("datacenter_id"))?;
    let issued = namespace::kubeconfig(&call.ctx, TenantId(id), DatacenterId(datacenter)).await?;
    let mut response = issued.yaml.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/yaml"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
