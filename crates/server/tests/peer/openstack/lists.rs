//! What OpenStack's client lists is what Tenantry lists.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Cloud, Tenant, server_on};

/// Something that is listed: its id at the cloud, its name, and how it is.
type Listed = BTreeSet<[String; 3]>;

/// Something that both sides list: how the client is asked, what of its columns is compared, and the same in the native API and, where
/// it has such a list, in the portal's.
struct Kind {
    command: &'static str,
    columns: [&'static str; 3],
    collection: &'static str,
    native: [&'static str; 3],
    portal: Option<(&'static str, &'static str, [&'static str; 3])>,
}

const CONDITION: [&str; 3] = ["/status/peer_id", "/name", "/status/condition"];
const OF_PORTAL: [&str; 3] = ["/uuid", "/name", "/condition"];

const KINDS: [Kind; 8] = [
    Kind {
        command: "server list",
        columns: ["ID", "Name", "Status"],
        collection: "servers",
        native: CONDITION,
        portal: Some(("/nova/servers", "servers", OF_PORTAL)),
    },
    Kind {
        command: "volume list",
        columns: ["ID", "Name", "Status"],
        collection: "volumes",
        native: CONDITION,
        portal: Some(("/storage/volumes", "volumes", OF_PORTAL)),
    },
    Kind {
        command: "volume snapshot list",
        columns: ["ID", "Name", "Status"],
        collection: "snapshots",
        native: CONDITION,
        portal: Some(("/storage/snapshots", "snapshots", OF_PORTAL)),
    },
    Kind {
        command: "network list --internal --long",
        columns: ["ID", "Name", "Status"],
        collection: "networks",
        native: ["/status/peer_id", "/name", "/state"],
        portal: Some(("/network/network", "networks", ["/id", "/network_name", "/status"])),
    },
    Kind {
        command: "router list",
        columns: ["ID", "Name", "Status"],
        collection: "routers",
        native: ["/status/peer_id", "/name", "/state"],
        portal: Some(("/network/router", "routers", ["/id", "/name", "/status"])),
    },
    Kind {
        command: "floating ip list",
        columns: ["ID", "Floating IP Address", "Fixed IP Address"],
        collection: "floating-ips",
        native: ["/status/peer_id", "/status/address", "/status/fixed_address"],
        portal: Some(("/network/floating_ip", "floating_ips", ["/uuid", "/address", "/fixed_address"])),
    },
    Kind {
        command: "security group list",
        columns: ["ID", "Name", ""],
        collection: "security-groups",
        native: ["/status/peer_id", "/name", ""],
        portal: Some(("/nova/security_groups", "security_groups", ["/uuid", "/name", ""])),
    },
    Kind {
        command: "port list --device-owner network:router_interface",
        columns: ["ID", "Name", "Status"],
        collection: "router-interfaces",
        native: ["/status/peer_id", "/name", "/state"],
        portal: None,
    },
];

/// What the client calls ACTIVE of what has no other states is ready.
fn word(kind: &Kind, index: usize, text: &str) -> String {
    let active = index == 2 && kind.native[2] == "/state" && text == "ACTIVE";
    if active { "ready".to_owned() } else { text.to_owned() }
}

fn of_client(kind: &Kind, listed: &Value) -> Listed {
    let text = |item: &Value, index: usize| word(kind, index, item[kind.columns[index]].as_str().unwrap_or_default());
    let items = listed.as_array().unwrap().iter().map(|item| std::array::from_fn(|index| text(item, index)));
    // what every project has by itself is not Tenantry's
    items.filter(|[_, name, _]: &[String; 3]| kind.collection != "security-groups" || name != "default").collect()
}

fn of_tenantry(items: &[Value], fields: [&str; 3]) -> Listed {
    let text = |item: &Value, field: &str| {
        if field.is_empty() { String::new() } else { item.pointer(field).and_then(Value::as_str).unwrap_or_default().to_owned() }
    };
    items.iter().map(|item| fields.map(|field| text(item, field))).collect()
}

/// A volume at a server: the server's and the volume's ids at the cloud, and the device.
async fn attached(tenant: &Tenant<'_>) -> Listed {
    let (servers, volumes) = (tenant.natives("servers").await, tenant.natives("volumes").await);
    let peer =
        |of: &[Value], id: &Value| of.iter().find(|item| item["id"] == *id).unwrap()["status"]["peer_id"].as_str().unwrap().to_owned();
    let attachments = tenant.natives("attachments").await;
    let one = |a: &Value| {
        let device = a["status"]["device"].as_str().unwrap().to_owned();
        [peer(&servers, &a["spec"]["server_id"]), peer(&volumes, &a["spec"]["volume_id"]), device]
    };
    attachments.iter().map(one).collect()
}

/// Tenantry lists what is there, within a moment: what one thing changes of another is seen by a look of its own.
async fn comes(what: &str, there: &Listed, ours: impl AsyncFn() -> Listed) {
    let begun = Instant::now();
    while ours().await != *there && begun.elapsed() < Duration::from_secs(120) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(ours().await, *there, "{what}");
}

/// The client and both of Tenantry's lists name the same things in the same states; answers with how many of each kind.
async fn agree(cloud: &Cloud, tenant: &Tenant<'_>) -> Vec<usize> {
    let commands: Vec<String> = KINDS.iter().map(|kind| format!("{} -f json", kind.command)).collect();
    let listed = cloud.client(&tenant.project, &commands).await;
    assert_eq!(listed.len(), KINDS.len());
    let mut counts = Vec::new();
    for (kind, listed) in KINDS.iter().zip(&listed) {
        let there = of_client(kind, listed);
        comes(kind.command, &there, async || of_tenantry(&tenant.natives(kind.collection).await, kind.native)).await;
        if let Some((path, many, fields)) = kind.portal {
            let answer = super::object(tenant.send("GET", path, json!({})).await, many);
            assert_eq!(of_tenantry(answer.as_array().unwrap(), fields), there, "{path}");
        }
        counts.push(there.len());
    }
    let of_volume = |volume: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let one = |a: &Value| [text(&a["server_id"]), text(&a["volume_id"]), text(&a["device"])];
        volume["Attached to"].as_array().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    let there: Listed = listed[1].as_array().unwrap().iter().flat_map(of_volume).collect();
    comes("what is attached to what", &there, async || attached(tenant).await).await;
    counts.push(there.len());
    counts
}

/// The ids that every list of the client has, whoever's they are.
async fn ids_in_the_cloud(cloud: &Cloud) -> BTreeSet<String> {
    let all = ["server", "volume", "volume snapshot"].map(|what| format!("{what} list --all-projects -f json"));
    let some = ["network", "router", "floating ip", "security group", "port", "project", "user"].map(|what| format!("{what} list -f json"));
    let listed = cloud.client("admin", &[all.as_slice(), &some].concat()).await;
    assert_eq!(listed.len(), 10);
    let ids = listed.iter().flat_map(|list| list.as_array().unwrap()).filter_map(|item| item["ID"].as_str());
    ids.map(str::to_owned).collect()
}

/// Asks for a look at something now; answers with how the portal shows it then, by its integer id.
async fn looked_at(tenant: &Tenant<'_>, collection: &str, path: &str, many: &str, id: &Value) -> Value {
    let retried = tenant.server.post(&format!("/api/v2/{collection}/{id}/retry?wait=60"), json!({})).await;
    assert_eq!(retried.status, 200, "{}", retried.body);
    let listed = super::object(tenant.send("GET", path, json!({})).await, many);
    listed.as_array().unwrap().iter().find(|item| item["id"] == *id).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_openstack_client_lists_is_what_tenantry_lists_and_nothing_when_the_tenant_is_closed() {
    let Some(cloud) = Cloud::of_environment() else { return };
    let server = server_on(&cloud, &cloud.auth_url, |_| ()).await;
    let tenant = Tenant::open(&server, "lists", true).await;
    let front = tenant.ready("POST", "/network/network", "network", Tenant::new_network("front", 1)).await;
    let externals = super::object(tenant.send("GET", "/network/external_network", json!({})).await, "external_networks");
    let edge = json!({"name": "edge", "external_network_id": externals[0]["id"]});
    let edge = tenant.ready("POST", "/network/router", "router", edge).await;
    let both = json!({"router_id": edge["id"], "network_id": front["id"]});
    tenant.ready("POST", "/network/router_network", "router_network", both).await;
    let group = tenant.ready("POST", "/nova/security_groups", "security_group", json!({"name": "ssh"})).await;
    let rule = json!({"security_group_id": group["id"], "protocol": "tcp", "port_range_min": 22});
    tenant.ready("POST", "/nova/security_group_rules", "security_group", rule).await;

    let mut servers = Vec::new();
    for (name, networks, default) in [("web", json!([front["id"]]), false), ("db", json!([]), true), ("both", json!([front["id"]]), true)] {
        let mut new = Tenant::new_server(name, &networks);
        new["default"] = json!(default);
        new["security_groups"] = json!(if default { "default" } else { "ssh" });
        servers.push(tenant.ready("POST", "/nova/servers", "server", new).await);
    }
    let mut volumes = Vec::new();
    for (name, server) in [("data", 0), ("logs", 1)] {
        let volume = tenant.ready("POST", "/storage/volumes", "volume", json!({"volume_name": name, "volume_size": 1})).await;
        let both = json!({"virtual_server_id": servers[server]["id"], "volume_id": volume["id"]});
        tenant.ready("POST", "/storage/server_attach", "attachement", both).await;
        volumes.push(volume);
    }
    tenant.ready("POST", "/storage/volumes", "volume", json!({"volume_name": "spare", "volume_size": 2})).await;
    let snapshot = json!({"volume_id": volumes[0]["id"], "snapshot_name": "before"});
    let snapshot = tenant.ready("POST", "/storage/snapshots", "snapshot", snapshot).await;
    let address = json!({"external_network_id": externals[0]["id"], "server_id": servers[0]["id"]});
    let address = tenant.ready("POST", "/network/floating_ip", "floating_ip", address).await;
    let stop = format!("/nova/command/stop/{}", servers[1]["id"]);
    tenant.ready("GET", &stop, "server", json!({})).await;
    assert_eq!(agree(&cloud, &tenant).await, [3, 3, 1, 2, 2, 1, 1, 2, 2]);

    // behind our back
    let gone = [("server", &servers[2]), ("volume snapshot", &snapshot), ("floating ip", &address)];
    let deletes: Vec<String> = gone.iter().map(|(what, object)| format!("{what} delete {}", object["uuid"].as_str().unwrap())).collect();
    cloud.client(&tenant.project, &deletes).await;
    let places = [
        ("servers", "/nova/servers", "servers"),
        ("snapshots", "/storage/snapshots", "snapshots"),
        ("floating-ips", "/network/floating_ip", "floating_ips"),
    ];
    for ((what, object), (collection, path, many)) in gone.into_iter().zip(places) {
        // the cloud takes a moment to remove what it was told to
        let told = crate::until(async || {
            let seen = looked_at(&tenant, collection, path, many, &object["id"]).await;
            (seen["status"] == "failed").then_some(seen)
        });
        let reason = told.await["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains("not there any more: somebody removed it at the cloud"), "{what}: {reason}");
        let removed = server.delete(&format!("/api/v2/{collection}/{}?wait=60", object["id"])).await;
        assert_eq!(removed.status, 204, "{what}: {}", removed.body);
    }
    assert_eq!(agree(&cloud, &tenant).await, [2, 3, 0, 2, 2, 0, 1, 2, 2]);

    let api = cloud.api().await;
    let project = api.project(&tenant.project).await.unwrap();
    let contents = api.contents(&project).await;
    let mut known: BTreeSet<String> = contents.iter().filter_map(|(_, item)| item["id"].as_str().map(str::to_owned)).collect();
    known.insert(project.clone());
    let before = ids_in_the_cloud(&cloud).await;
    assert!(known.len() > 15 && known.intersection(&before).count() > 12, "{known:?}");
    tenant.close().await;
    let left: Vec<String> = ids_in_the_cloud(&cloud).await.intersection(&known).cloned().collect();
    assert_eq!(left, [""; 0]);
    api.is_empty_of(&tenant.project, &project).await;
}
