//! Datacenters (A15 to A19).

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::datacenter::{Connection, Datacenter, DatacenterKind, DatacenterOptions};
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::quota::Limits;
use tenantry_domain::{DatacenterId, Error, ErrorKind, Metric, Result, TenantId};
use tenantry_http::lenient;
use tenantry_http::paging::Whole;
use tenantry_service::Ctx;
use tenantry_service::datacenter::{self, DatacenterFilter};

use crate::error::Reply;
use crate::extract::{Asked, Body, Caller, Ids};
use crate::wire::{limit, mib, millicores, with_progress};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Capacity {
    #[serde(deserialize_with = "lenient::number")]
    cpu: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    mem: Option<f64>,
    #[serde(deserialize_with = "lenient::number")]
    storage: Option<f64>,
}

impl Capacity {
    fn limits(&self) -> Result<Limits> {
        Ok(Limits::compute(millicores("capacity.cpu", self.cpu)?, mib("capacity.mem", self.mem)?, mib("capacity.storage", self.storage)?))
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    kind: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    comment: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    kubeconfig: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    endpoint: Option<String>,
    #[serde(deserialize_with = "lenient::text", alias = "caCert")]
    ca: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    token: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    sandbox: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    storage_class: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    image_registry: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    domain_suffix: Option<String>,
    capacity: Option<Capacity>,
    #[serde(deserialize_with = "lenient::number")]
    overcommit: Option<f64>,
}

fn given(text: &Option<String>) -> Option<String> {
    text.clone().filter(|t| !t.is_empty())
}

impl Wire {
    fn connection(&self, kind: DatacenterKind) -> Result<Option<Connection>> {
        Ok(match kind {
            DatacenterKind::Sandbox => Some(Connection::Sandbox {
                name: given(&self.sandbox).or_else(|| given(&self.name)).ok_or_else(|| Error::missing("name"))?,
            }),
            DatacenterKind::Kubernetes if given(&self.kubeconfig).is_some() => {
                Some(Connection::Kubernetes { kubeconfig: given(&self.kubeconfig), endpoint: None, ca_pem: None, token: None })
            }
            DatacenterKind::Kubernetes if given(&self.endpoint).is_some() && given(&self.token).is_some() => Some(Connection::Kubernetes {
                kubeconfig: None,
                endpoint: given(&self.endpoint),
                ca_pem: given(&self.ca),
                token: given(&self.token),
            }),
            DatacenterKind::Kubernetes | DatacenterKind::Openstack => None,
        })
    }

    fn incomplete() -> Error {
        Error::new(
            ErrorKind::MissingArgument,
            "'kubeconfig' is required, or 'endpoint' with 'token' (clouds of servers are connected by the native API)",
        )
    }

    fn options(&self, before: DatacenterOptions) -> DatacenterOptions {
        let over = |new: &Option<String>, old: Option<String>| new.as_ref().map_or(old, |n| Some(n.clone()).filter(|n| !n.is_empty()));
        DatacenterOptions {
            storage_class: over(&self.storage_class, before.storage_class),
            image_registry: over(&self.image_registry, before.image_registry),
            domain_suffix: over(&self.domain_suffix, before.domain_suffix),
            ..before
        }
    }
}

/// A datacenter. Where it is and how much it has, only platform administrators see; how it is reached, nobody.
pub(crate) fn render(ctx: &Ctx, datacenter: &Datacenter) -> Value {
    let full = ctx.may(Action::Update, ObjectKind::Datacenter);
    let number = |metric| if full { limit(&datacenter.capacity, metric) } else { Value::Null };
    let object = json!({
        "id": datacenter.id,
        "name": datacenter.name,
        "kind": datacenter.kind,
        "comment": datacenter.comment,
        "endpoint": if full { datacenter.endpoint.as_str() } else { "" },
        "capacity": {"cpu": number(Metric::Cpu), "mem": number(Metric::Memory), "storage": number(Metric::Storage)},
        "overcommit": if full { json!(datacenter.overcommit) } else { Value::Null },
        "storageClass": datacenter.options.storage_class,
        "imageRegistry": datacenter.options.image_registry,
        "domainSuffix": datacenter.options.domain_suffix,
        "version": datacenter.health.peer_version,
        "createdAt": datacenter.created_at,
        "updatedAt": datacenter.updated_at,
    });
    let mut object = with_progress(object, if datacenter.health.healthy { "healthy" } else { "unhealthy" }, &datacenter.progress);
    if !full {
        // what is wrong may name addresses
        object["reason"] = json!("");
    }
    object
}

/// A15
pub(crate) async fn create(Caller(ctx): Caller, Body(body): Body<Wire>) -> Reply {
    let kind: DatacenterKind = given(&body.kind).as_deref().unwrap_or("kubernetes").parse()?;
    let new = datacenter::Create {
        name: given(&body.name).ok_or_else(|| Error::missing("name"))?,
        comment: body.comment.clone().unwrap_or_default(),
        connection: body.connection(kind)?.ok_or_else(Wire::incomplete)?,
        options: body.options(DatacenterOptions::default()),
        capacity: body.capacity.as_ref().map_or(Ok(Limits::NONE), Capacity::limits)?,
        overcommit: body.overcommit,
    };
    let made = datacenter::create(&ctx, &new).await?;
    Ok(render(&ctx, &made).into())
}

/// Every datacenter that the caller sees, or those that a tenant has a share of.
pub(crate) async fn all(ctx: &Ctx, tenant: Option<TenantId>, name: Option<&str>) -> Result<Vec<Datacenter>> {
    let filter = DatacenterFilter { tenant, name: name.map(str::to_owned), ..DatacenterFilter::default() };
    let mut whole = Whole::new();
    while let Some(page) = whole.ask() {
        whole.add(datacenter::list(ctx, &filter, &page).await?);
    }
    Ok(whole.items)
}

/// A16
pub(crate) async fn list(Caller(ctx): Caller, asked: Asked) -> Reply {
    Ok(asked.part(&all(&ctx, None, asked.name.as_deref()).await?, |d| render(&ctx, d)))
}

/// A17
pub(crate) async fn get(Caller(ctx): Caller, Ids([id]): Ids<1>) -> Reply {
    let found = datacenter::get(&ctx, DatacenterId(id)).await?;
    Ok(render(&ctx, &found).into())
}

/// A18
pub(crate) async fn update(Caller(ctx): Caller, Ids([id]): Ids<1>, Body(body): Body<Wire>) -> Reply {
    let before = datacenter::get(&ctx, DatacenterId(id)).await?;
    let kind = given(&body.kind).map_or(Ok(before.kind), |k| k.parse())?;
    let connection = if kind == DatacenterKind::Sandbox && body.sandbox.is_none() { None } else { body.connection(kind)? };
    let elsewhere = given(&body.endpoint).is_some_and(|e| e != before.endpoint);
    if connection.is_none()
        && before.kind == DatacenterKind::Kubernetes
        && ctx.may(Action::Update, ObjectKind::Datacenter)
        && (elsewhere || given(&body.token).is_some())
    {
        return Err(Wire::incomplete().into());
    }
    let change = datacenter::Update {
        name: given(&body.name),
        comment: body.comment.clone(),
        connection,
        options: Some(body.options(before.options)),
        capacity: body.capacity.as_ref().map(Capacity::limits).transpose()?,
        overcommit: body.overcommit,
        version: None,
    };
    let changed = datacenter::update(&ctx, DatacenterId(id), &change).await?;
    Ok(render(&ctx, &changed).into())
}

/// A19
pub(crate) async fn delete(Caller(ctx): Caller, Ids([id]): Ids<1>) -> Reply {
    let gone = datacenter::delete(&ctx, DatacenterId(id), None).await?;
    Ok(render(&ctx, &gone).into())
}
