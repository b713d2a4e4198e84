//! Opening tenants in two clusters, against the same objects written with the kube crate at the same concurrency.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::server::Process;
use crate::{Measured, median, say};

const TENANTS: usize = 200;
/// Requests at the same time, in each cluster.
const AT_ONCE: usize = 16;
const ROUNDS: usize = 3;

/// What a namespace of ours has in it.
fn kinds() -> Vec<ApiResource> {
    let resource = |group: &str, version: &str, kind: &str, plural: &str| ApiResource {
        group: group.to_owned(),
        version: version.to_owned(),
        api_version: if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") },
        kind: kind.to_owned(),
        plural: plural.to_owned(),
    };
    vec![
        resource("", "v1", "ResourceQuota", "resourcequotas"),
        resource("", "v1", "LimitRange", "limitranges"),
        resource("", "v1", "ServiceAccount", "serviceaccounts"),
        resource("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
        resource("rbac.authorization.k8s.io", "v1", "Role", "roles"),
        resource("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
    ]
}

struct Cluster {
    client: Client,
    yaml: String,
}

async fn cluster(variable: &str) -> anyhow::Result<Option<Cluster>> {
    let Ok(path) = std::env::var(variable) else { return Ok(None) };
    let yaml = std::fs::read_to_string(path)?;
    let config = Config::from_custom_kubeconfig(Kubeconfig::from_yaml(&yaml)?, &KubeConfigOptions::default()).await?;
    Ok(Some(Cluster { client: Client::try_from(config)?, yaml }))
}

pub(crate) async fn tenants() -> anyhow::Result<Vec<Measured>> {
    let (Some(east), Some(west)) = (cluster("TENANTRY_TEST_KUBECONFIG").await?, cluster("TENANTRY_TEST_KUBECONFIG_2").await?) else {
        say("open: skipped, TENANTRY_TEST_KUBECONFIG and TENANTRY_TEST_KUBECONFIG_2 name no clusters");
        return Ok(Vec::new());
    };
    let clusters = [east, west];
    let folder = tempfile::tempdir()?;
    let server = Process::tenantry(folder.path()).await?;
    let token = server.login().await?;
    let mut datacenters = Vec::new();
    for (n, cluster) in clusters.iter().enumerate() {
        let body = json!({"name": format!("bench-{n}"), "kubeconfig": cluster.yaml, "capacity": {"cpu": 100_000, "mem": 100_000, "storage": 1_000_000}});
        let made = server.post(&token, "/api/v1/datacenters", &body).await?;
        ensure!(made["code"] == 0, "the cluster is not accepted: {made}");
        datacenters.push(made["data"]["id"].clone());
    }
    let run = std::process::id();
    let sample = open(&server, &token, &datacenters, &format!("bench-{run}-sample")).await?;
    let objects = read(&clusters[0].client, &format!("bench-{run}-sample")).await?;
    say(&format!("open: {} objects in a namespace", objects.len()));
    close(&server, &token, &sample).await?;
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let names: Vec<String> = (0..TENANTS).map(|n| format!("bench-{run}-{round}-d{n}")).collect();
        let direct = written(&clusters, &objects, &names).await?;
        let names: Vec<String> = (0..TENANTS).map(|n| format!("bench-{run}-{round}-t{n}")).collect();
        let begun = Instant::now();
        let ids: Vec<String> =
            stream::iter(&names).map(|name| open(&server, &token, &datacenters, name)).buffer_unordered(2 * AT_ONCE).try_collect().await?;
        let ours = begun.elapsed();
        say(&format!("open: {TENANTS} tenants in {ours:?}, the same objects directly in {direct:?}"));
        ratios.push(ours.as_secs_f64() / direct.as_secs_f64());
        stream::iter(&ids).map(|id| close(&server, &token, id)).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?;
    }
    Ok(vec![Measured {
        what: "opening 200 tenants in two clusters, against the same objects written with the kube crate: time",
        result: format!("{:.2}", median(ratios)),
        goal: "at most 1.15",
    }])
}

async fn open(server: &Process, token: &str, datacenters: &[Value], name: &str) -> anyhow::Result<String> {
    let body = json!({"name": name, "dcIdList": datacenters, "cpuQuota": 1, "memQuota": 1});
    let made = server.post(token, "/api/v1/organization/new", &body).await?;
    for datacenter in made["data"]["dataCenters"].as_array().context("no namespaces")? {
        ensure!(datacenter["status"] == "ready", "not ready: {made}");
    }
    Ok(made["data"]["orgId"].as_str().context("no id")?.to_owned())
}

async fn close(server: &Process, token: &str, id: &str) -> anyhow::Result<()> {
    let closed = server.call("DELETE", token, &format!("/api/v1/organizations/{id}"), "").await?;
    ensure!(closed["code"] == 0, "not closed: {closed}");
    Ok(())
}

/// The objects that Tenantry made in a namespace, without what the server added; the namespace comes first.
async fn read(client: &Client, namespace: &str) -> anyhow::Result<Vec<(ApiResource, Value)>> {
    let kind = ApiResource::erase::<k8s_openapi::api::core::v1::Namespace>(&());
    let found = Api::<DynamicObject>::all_with(client.clone(), &kind).get(namespace).await?;
    let mut objects = vec![(kind, stripped(&found)?)];
    for kind in kinds() {
        let list = Api::<DynamicObject>::namespaced_with(client.clone(), namespace, &kind).list(&ListParams::default()).await?;
        for object in list.items.iter().filter(|o| o.metadata.labels.as_ref().is_some_and(|l| l.keys().any(|k| k.contains("tenantry")))) {
            let mut object = stripped(object)?;
            // the items of a list do not say what they are
            object["apiVersion"] = kind.api_version.clone().into();
            object["kind"] = kind.kind.clone().into();
            objects.push((kind.clone(), object));
        }
    }
    Ok(objects)
}

fn stripped(object: &DynamicObject) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(object)?;
    let metadata = json!({"name": object.metadata.name, "labels": object.metadata.labels, "annotations": object.metadata.annotations});
    value["metadata"] = metadata;
    if let Some(map) = value.as_object_mut() {
        map.remove("status");
        map.remove("secrets");
    }
    if value["kind"] == "Namespace"
        && let Some(map) = value.as_object_mut()
    {
        map.remove("spec");
    }
    Ok(value)
}

/// Writes the objects under other names into both clusters, and removes them again (which is not measured).
async fn written(clusters: &[Cluster; 2], objects: &[(ApiResource, Value)], names: &[String]) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let each = clusters.iter().map(|cluster| async move {
        stream::iter(names).map(|name| write(&cluster.client, objects, name)).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await
    });
    futures::future::try_join_all(each).await?;
    let took = begun.elapsed();
    for cluster in clusters {
        let api = Api::<DynamicObject>::all_with(cluster.client.clone(), &objects[0].0);
        stream::iter(names)
            .map(|name| {
                let api = api.clone();
                async move { api.delete(name, &DeleteParams::default()).await }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        while api.list(&ListParams::default()).await?.items.iter().any(|n| n.metadata.name.as_ref().is_some_and(|n| names.contains(n))) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    Ok(took)
}

async fn write(client: &Client, objects: &[(ApiResource, Value)], namespace: &str) -> anyhow::Result<()> {
    let params = PatchParams::apply("tenantry-bench").force();
    for (kind, object) in objects {
        let mut object = object.clone();
        if kind.kind == "Namespace" {
            object["metadata"]["name"] = namespace.into();
            Api::<DynamicObject>::all_with(client.clone(), kind).patch(namespace, &params, &Patch::Apply(&object)).await?;
        } else {
            let name = object["metadata"]["name"].as_str().context("no name")?.to_owned();
            Api::<DynamicObject>::namespaced_with(client.clone(), namespace, kind).patch(&name, &params, &Patch::Apply(&object)).await?;
        }
    }
    Ok(())
}
