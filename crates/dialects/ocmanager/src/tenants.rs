//! Tenants (D28 to D31, D39). Their id is the label, which their namespaces are called by; the original kept an OpenShift project for each.

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::resource::{Resource, State};
use tenantry_domain::tenant::{Tenant, TenantState};
use tenantry_domain::{Metric, Result};
use tenantry_http::lenient;
use tenantry_service::tenant::{self, Label, Open, TenantFilter};
use tenantry_service::{Ctx, settle};

use crate::error::Reply;
use crate::extract::{Asked, Body, Caller, Listing, Names, given};
use crate::find;
use crate::wire::{kubernetes_time, put};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    parent_id: Option<String>,
}

/// A tenant as the lists of a user's tenants show it. The root has the level 1.
pub(crate) fn short(tenant: &Tenant, parent: Option<&str>) -> Value {
    let mut object = json!({"description": tenant.description, "id": tenant.slug, "level": tenant.level + 1, "name": tenant.name});
    put(&mut object, "parentId", parent);
    object
}

/// A tenant as D29 to D31 show it.
fn whole(tenant: &Tenant, parent: Option<&str>) -> Value {
    let mut object = short(tenant, parent);
    object["dacpTeamCode"] = json!(tenant.id);
    object
}

/// Renders tenants with the ids of those above them, as far as the caller sees those.
pub(crate) async fn render_all(ctx: &Ctx, tenants: &[Tenant], render: impl Fn(&Tenant, Option<&str>) -> Value) -> Result<Vec<Value>> {
    let above = find::above(ctx, tenants).await?;
    let parent = |tenant: &Tenant| tenant.parent.and_then(|p| above.get(&p)).map(|p| p.slug.as_str());
    Ok(tenants.iter().map(|t| render(t, parent(t))).collect())
}

/// How the namespaces of a tenant stand, in the word that OpenShift has for it, and why when it is not the best one.
fn phase(tenant: &Tenant, namespaces: &[Resource]) -> (&'static str, String) {
    if tenant.state == TenantState::Closing {
        return ("Terminating", tenant.progress.reason.clone());
    }
    let lagging = |state: State| !matches!(state, State::Ready | State::Updating);
    let worst = namespaces.iter().find(|n| n.state == State::Failed).or_else(|| namespaces.iter().find(|n| lagging(n.state)));
    match worst {
        None => ("Active", tenant.reason().to_owned()),
        Some(n) if n.state == State::Failed => ("Failed", n.progress.reason.clone()),
        Some(n) => ("Pending", n.progress.reason.clone()),
    }
}

/// The project of OpenShift that a tenant looks like. Its uid range, groups and MCS labels are OpenShift's own business: nothing here sets them.
fn project(ctx: &Ctx, tenant: &Tenant, namespaces: &[Resource]) -> Value {
    let (phase, reason) = phase(tenant, namespaces);
    let mut status = json!({"phase": phase});
    put(&mut status, "message", Some(reason.as_str()).filter(|r| !r.is_empty()));
    json!({
        "kind": "Project",
        "apiVersion": "v1",
        "metadata": {
            "name": tenant.slug,
            "selfLink": format!("/oapi/v1/projectrequests/{}", tenant.slug),
            "uid": tenant.uid,
            "resourceVersion": tenant.version.to_string(),
            "creationTimestamp": kubernetes_time(tenant.created_at),
            "annotations": {
                "openshift.io/description": tenant.description,
                "openshift.io/display-name": tenant.name,
                "openshift.io/requester": ctx.caller.name,
                "openshift.io/sa.scc.mcs": "",
                "openshift.io/sa.scc.supplemental-groups": "",
                "openshift.io/sa.scc.uid-range": "",
            },
        },
        "spec": {"finalizers": ["openshift.io/origin", "kubernetes"]},
        "status": status,
    })
}

/// D28: opens the tenant in the datacenters and with the quota that are configured for those about which nothing is said; with less quota where the
/// tenant above has less left.
pub(crate) async fn create(Caller(ctx): Caller, Body(body): Body<Wire>) -> Reply {
    let name = given("name", body.name)?;
    let parent = find::place(&ctx, body.parent_id.as_deref()).await?;
    let quota = tenant::usual_quota(&ctx, parent).await?;
    let new = Open {
        parent: Some(parent),
        name,
        label: body.id.filter(|id| !id.is_empty()).map_or(Label::Made, Label::Given),
        description: body.description.unwrap_or_default(),
        cpu_millicores: quota.get(Metric::Cpu).unwrap_or(0),
        memory_mib: quota.get(Metric::Memory).unwrap_or(0),
        storage_mib: quota.get(Metric::Storage),
        ..Open::default()
    };
    let made = tenant::open(&ctx, &new).await?;
    let namespaces = settle::namespaces(&ctx, made.id, ctx.settings().wait).await?;
    Ok(project(&ctx, &made, &namespaces).into())
}

async fn listed(ctx: &Ctx, filter: &TenantFilter, asked: &Asked) -> Reply {
    let mut list = Listing::new(asked);
    while let Some(page) = list.ask() {
        let found = tenant::list(ctx, filter, &page).await?;
        list.add(render_all(ctx, &found.items, whole).await?, found.next);
    }
    Ok(list.answer())
}

/// D29
pub(crate) async fn list(Caller(ctx): Caller, asked: Asked) -> Reply {
    listed(&ctx, &TenantFilter::default(), &asked).await
}

/// D30
pub(crate) async fn get(Caller(ctx): Caller, Names([id]): Names<1>) -> Reply {
    let found = find::tenant(&ctx, &id).await?;
    Ok(render_all(&ctx, &[found], whole).await?.pop().unwrap_or_default().into())
}

/// D31: those right below, or with `?all=true` all below.
pub(crate) async fn children(Caller(ctx): Caller, Names([id]): Names<1>, asked: Asked) -> Reply {
    let top = Some(find::tenant(&ctx, &id).await?.id);
    let filter = if asked.all {
        TenantFilter { below: top, ..TenantFilter::default() }
    } else {
        TenantFilter { parent: top, ..TenantFilter::default() }
    };
    listed(&ctx, &filter, &asked).await
}

/// D39: closes the tenant and waits for it to be gone; when that takes longer, says so.
pub(crate) async fn delete(Caller(ctx): Caller, Names([id]): Names<1>, asked: Asked) -> Reply {
    let found = find::tenant(&ctx, &id).await?;
    tenant::close(&ctx, found.id, asked.cascade, None).await?;
    let mut status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 200});
    if !settle::tenant_gone(&ctx, found.id, ctx.settings().wait).await? {
        let message = format!("'{}' is being closed: what is in it is removed first", found.slug);
        put(&mut status, "message", Some(&message));
    }
    Ok(status.into())
}
