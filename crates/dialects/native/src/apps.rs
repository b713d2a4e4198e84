//! Apps. Every change of one is a release, whose id is in the header `X-Release-Id`.

use std::collections::BTreeMap;

use axum::response::Response;
use http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::release::{Operation, Release};
use tenantry_domain::resource::{AppSpec as StoredSpec, AppStatus as StoredStatus, Kind, Mount as StoredMount, Resource as Stored, Spec};
use tenantry_domain::{DatacenterId, Error, ReleaseId, ResourceId, Result, TenantId};
use tenantry_http::Api;
use tenantry_service::app::AppChange as Change;
use tenantry_service::{Ctx, release, resource};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, RELEASE_ID, located};
use crate::call::{Body, Call, Id, Waiting};
use crate::dry_run::{DryRun, difference};
use crate::error::Reply;
use crate::resources::{self, Resource, ResourceQuery};
use crate::wire::{cores, gib, mib, millicores};

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_apps, create_app))
        .routes(routes!(get_app, update_app, delete_app))
        .routes(routes!(restart_app))
        .routes(routes!(stop_app))
        .routes(routes!(start_app))
        .routes(routes!(rollback_app))
        .routes(routes!(retry_app))
        .routes(routes!(forget_app))
}

/// An app.
pub(crate) type App = Resource<AppSpec, AppStatus>;

/// What an app should be.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppSpec {
    image: String,
    replicas: i64,
    ports: Vec<u16>,
    environment: BTreeMap<String, String>,
    disks: Vec<Mount>,
    /// Cores of one copy.
    #[schema(value_type = f64)]
    cpu: Number,
    /// GiB of memory of one copy.
    #[schema(value_type = f64)]
    memory_gib: Number,
    stopped: bool,
}

/// A disk in an app.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mount {
    /// The disk's name.
    disk: String,
    /// The absolute path.
    path: String,
}

/// What was seen of an app.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppStatus {
    replicas: i64,
    updated: i64,
    available: i64,
    address: String,
}

impl From<&StoredSpec> for AppSpec {
    fn from(s: &StoredSpec) -> Self {
        Self {
            image: s.image.clone(),
            replicas: s.replicas,
            ports: s.ports.clone(),
            environment: s.environment.clone(),
            disks: s.disks.iter().map(|m| Mount { disk: m.disk.clone(), path: m.path.clone() }).collect(),
            cpu: cores(s.cpu_millicores),
            memory_gib: gib(s.memory_mib),
            stopped: s.stopped,
        }
    }
}

impl From<&StoredStatus> for AppStatus {
    fn from(s: &StoredStatus) -> Self {
        Self { replicas: s.replicas, updated: s.updated, available: s.available, address: s.address.clone() }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApp {
    tenant_id: i64,
    datacenter_id: i64,
    /// An RFC 1123 label.
    name: String,
    image: String,
    replicas: Option<i64>,
    ports: Option<Vec<u16>>,
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    environment: Option<BTreeMap<String, Option<String>>>,
    disks: Option<Vec<Mount>>,
    /// Cores of one copy.
    cpu: Option<f64>,
    /// GiB of memory of one copy.
    memory_gib: Option<f64>,
    /// For the release's record.
    comment: Option<String>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AppChange {
    image: Option<String>,
    replicas: Option<i64>,
    ports: Option<Vec<u16>>,
    /// Null takes a variable away.
    environment: Option<BTreeMap<String, Option<String>>>,
    disks: Option<Vec<Mount>>,
    /// Cores of one copy.
    cpu: Option<f64>,
    /// GiB of memory of one copy.
    memory_gib: Option<f64>,
    /// For the release's record.
    comment: Option<String>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AppCommand {
    /// For the release's record.
    comment: Option<String>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rollback {
    /// The one before without it.
    release_id: Option<i64>,
    /// For the release's record.
    comment: Option<String>,
}

impl AppChange {
    /// As the use case takes it, over what there was.
    fn over(self, before: Option<&StoredSpec>) -> Result<Change> {
        let environment = self.environment.map(|changes| {
            let mut all = before.map(|b| b.environment.clone()).unwrap_or_default();
            for (name, value) in changes {
                match value {
                    Some(value) => all.insert(name, value),
                    None => all.remove(&name),
                };
            }
            all
        });
        Ok(Change {
            // a change without an image or a number of copies is one of the app all the same
            image: self.image.or_else(|| before.map(|b| b.image.clone())),
            replicas: self.replicas,
            ports: self.ports,
            environment,
            disks: self.disks.map(|all| all.into_iter().map(|m| StoredMount { disk: m.disk, path: m.path }).collect()),
            cpu_millicores: self.cpu.map(|v| millicores("cpu", v)).transpose()?,
            memory_mib: self.memory_gib.map(|v| mib("memory_gib", v)).transpose()?,
        })
    }
}

fn spec_of(app: &Stored) -> Result<&StoredSpec> {
    if let Spec::App(spec) = &app.spec { Ok(spec) } else { Err(Error::internal("not an app")) }
}

fn with_release(mut response: Response, release: &Release) -> Response {
    response.headers_mut().insert(RELEASE_ID, HeaderValue::from(release.id.0));
    response
}

/// Changes an app that exists by a release.
async fn change<Q>(call: &Call<Q>, app: &Stored, operation: Operation, change: Change, to: Option<i64>, comment: Option<String>) -> Reply {
    let ctx = &call.ctx;
    let new = release::Create {
        name: app.name.clone(),
        operation: operation.name().to_owned(),
        comment: comment.unwrap_or_default(),
        datacenter: Some(app.datacenter),
        app: change,
        rollback_to: to.map(ReleaseId),
        version: call.version,
    };
    let made = release::create(ctx, app.tenant, &new).await?;
    if ctx.dry_run {
        return Ok(dry_run(operation, app.tenant, app.datacenter, Some(app), &made));
    }
    if operation == Operation::Delete {
        return Ok(with_release(resources::removed(ctx, Kind::App, app.id, call.wait).await?, &made));
    }
    let after = resource::get(ctx, Kind::App, app.id).await?;
    Ok(with_release(resources::settled(ctx, StatusCode::OK, after, call.wait).await?, &made))
}

fn dry_run(operation: Operation, tenant: TenantId, datacenter: DatacenterId, before: Option<&Stored>, made: &Release) -> Response {
    let action = match operation {
        Operation::Create => Action::Create,
        Operation::Delete => Action::Delete,
        _ => Action::Update,
    };
    let dry = DryRun::new(action, ObjectKind::App);
    match (&made.spec, before) {
        (Some(spec), _) => {
            let after = Spec::App(spec.clone());
            let dry = dry.takes(datacenter, tenant, difference(before.map(|b| &b.spec), &after));
            dry.result(&serde_json::json!({"name": made.name, "spec": AppSpec::from(spec)})).answer()
        }
        (None, Some(before)) => dry.removes(before).answer(),
        (None, None) => dry.answer(),
    }
}

async fn found(ctx: &Ctx, id: i64) -> Result<Stored> {
    resource::get(ctx, Kind::App, ResourceId(id)).await
}

/// List apps
#[utoipa::path(get, path = "/apps", params(ResourceQuery), responses((status = 200, body = Listed<App>)))]
async fn list_apps(call: Call<ResourceQuery>) -> Reply {
    resources::list(call, Kind::App).await
}

/// Make an app
#[utoipa::path(post, path = "/apps", request_body = NewApp, responses((status = 201, body = App)))]
async fn create_app(call: Call, Body(new): Body<NewApp>) -> Reply {
    let (ctx, tenant, datacenter) = (&call.ctx, TenantId(new.tenant_id), DatacenterId(new.datacenter_id));
    let asked = AppChange {
        image: Some(new.image),
        replicas: new.replicas,
        ports: new.ports,
        environment: new.environment,
        disks: new.disks,
        cpu: new.cpu,
        memory_gib: new.memory_gib,
        comment: None,
    };
    let create = release::Create {
        name: new.name,
        operation: Operation::Create.name().to_owned(),
        comment: new.comment.unwrap_or_default(),
        datacenter: Some(datacenter),
        app: asked.over(None)?,
        rollback_to: None,
        version: None,
    };
    let made = release::create(ctx, tenant, &create).await?;
    if ctx.dry_run {
        return Ok(dry_run(Operation::Create, tenant, datacenter, None, &made));
    }
    let id = made.app.ok_or_else(|| Error::internal("a release without its app"))?;
    let app = resource::get(ctx, Kind::App, id).await?;
    let response = resources::settled(ctx, StatusCode::CREATED, app, call.wait).await?;
    Ok(with_release(located(response, &format!("/apps/{id}")), &made))
}

/// Get an app
#[utoipa::path(get, path = "/apps/{id}", params(Waiting), responses((status = 200, body = App)))]
async fn get_app(call: Call<Waiting>, Id(id): Id) -> Reply {
    resources::get(call, Kind::App, id).await
}

/// Change an app
#[utoipa::path(patch, path = "/apps/{id}", request_body = AppChange, responses((status = 200, body = App)))]
async fn update_app(call: Call, Id(id): Id, Body(mut asked): Body<AppChange>) -> Reply {
    let app = found(&call.ctx, id).await?;
    let comment = asked.comment.take();
    let asked = asked.over(Some(spec_of(&app)?))?;
    change(&call, &app, Operation::Update, asked, None, comment).await
}

/// Remove an app
#[utoipa::path(delete, path = "/apps/{id}", responses(
    (status = 202, body = App, description = "it is being removed"), (status = 204, description = "it is gone")))]
async fn delete_app(call: Call, Id(id): Id) -> Reply {
    let app = found(&call.ctx, id).await?;
    change(&call, &app, Operation::Delete, Change::default(), None, None).await
}

/// Replace every copy of an app
#[utoipa::path(post, path = "/apps/{id}/restart", request_body = AppCommand, responses((status = 200, body = App)))]
async fn restart_app(call: Call, Id(id): Id, Body(command): Body<AppCommand>) -> Reply {
    let app = found(&call.ctx, id).await?;
    change(&call, &app, Operation::Restart, Change::default(), None, command.comment).await
}

/// Stop every copy of an app
#[utoipa::path(post, path = "/apps/{id}/stop", request_body = AppCommand, responses((status = 200, body = App)))]
async fn stop_app(call: Call, Id(id): Id, Body(command): Body<AppCommand>) -> Reply {
    let app = found(&call.ctx, id).await?;
    change(&call, &app, Operation::Stop, Change::default(), None, command.comment).await
}

/// Start an app that was stopped
#[utoipa::path(post, path = "/apps/{id}/start", request_body = AppCommand, responses((status = 200, body = App)))]
async fn start_app(call: Call, Id(id): Id, Body(command): Body<AppCommand>) -> Reply {
    let app = found(&call.ctx, id).await?;
    change(&call, &app, Operation::Start, Change::default(), None, command.comment).await
}

/// Go back to what an earlier release asked for
#[utoipa::path(post, path = "/apps/{id}/rollback", request_body = Rollback, responses((status = 200, body = App)))]
async fn rollback_app(call: Call, Id(id): Id, Body(back): Body<Rollback>) -> Reply {
    let app = found(&call.ctx, id).await?;
    change(&call, &app, Operation::Rollback, Change::default(), back.release_id, back.comment).await
}

/// Try now what would be tried later
#[utoipa::path(post, path = "/apps/{id}/retry", responses((status = 200, body = App)))]
async fn retry_app(call: Call, Id(id): Id) -> Reply {
    resources::retry(call, Kind::App, id).await
}

/// Give up on an app that can't be removed
#[utoipa::path(post, path = "/apps/{id}/forget", responses((status = 204, description = "it is listed as an orphan")))]
async fn forget_app(call: Call, Id(id): Id) -> Reply {
    resources::forget(call, Kind::App, id).await
}
