//! C15, C16, C28, C29, and the list of servers.

use serde_json::{Value, json};

use crate::app::{App, Envelope as _, has, id};
use crate::cloud::{FLAVOR, IMAGE};

#[tokio::test]
async fn a_server_is_made_with_every_parameter() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let network = app.network(tenant, "front", 1).await;
    app.ok("create_security_group", 0, json!({"tenant_id": tenant.id, "name": "web"})).await;
    app.settle().await;
    let images = app.ok("list_images", 0, json!({"tenant_id": tenant.id})).await["images"].take();
    let new = json!({"tenant_id": tenant.id, "image_id": images[0]["id"], "network_ids": [network["id"]], "instance_type": FLAVOR, "cpu": "64",
        "memory": "1", "instance_name": "电信 web", "availability_zone": "nova", "security_groups": ["web", "default"], "virtual_server_type": "2",
        "default": false, "user_data": "#cloud-config"});
    let asked = app.ok("create_server", 0, new).await["server"].take();
    has(&asked, &json!({"status": "pending", "power": null, "condition": "", "instance_name": "电信 web"}));
    app.settle().await;
    let made = app.seen(&asked).await;
    let wanted = json!({"id": asked["id"], "name": "电信 web", "tenant_id": tenant.id, "datacenter_id": 1, "status": "ready", "reason": "",
        "condition": "ACTIVE", "power": "running", "image_id": images[0]["id"], "image_name": images[0]["name"], "instance_type": FLAVOR,
        "cpu": "1", "memory": "512", "disk": 1, "network_ids": [network["id"]], "security_groups": ["web", "default"],
        "availability_zone": "nova", "virtual_server_type": 2, "user_id": null});
    has(&made, &wanted);
    has(&made["addresses"][0], &json!({"network": "front", "floating": false}));
    assert!(made["addresses"][0]["address"].as_str().unwrap().starts_with("10.9.1."), "{made}");
    let listed = app.ok("list_servers", 0, json!({"tenant_id": tenant.id})).await["servers"].take();
    assert_eq!(listed, json!([made]));
    let changed = app.ok("update_server", 0, json!({"virtual_server_id": made["id"], "security_groups": "default"})).await["server"].take();
    assert_eq!(changed["security_groups"], json!(["default"]));
}

#[tokio::test]
async fn the_smallest_flavor_that_fits_is_taken() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let network = app.network(tenant, "front", 1).await;
    let new = |cpu: Value, memory: Value| json!({"tenant_id": tenant.id, "image_id": IMAGE, "network_ids": network["id"], "cpu": cpu, "memory": memory});
    for (cpu, memory, flavor) in
        [(json!("1"), json!("512"), FLAVOR), (json!(2), json!(1), "m1.medium"), (json!("1"), json!(4097), "m1.large")]
    {
        let made = app.ok("create_server", 0, new(cpu, memory)).await["server"].take();
        has(&made, &json!({"instance_type": flavor, "virtual_server_type": 1, "user_id": null}));
        assert!(made["name"].as_str().unwrap().starts_with("server-"), "it gets a name: {made}");
    }
    let refused = app.call(&app.admin, "create_server", 0, new(json!("64"), json!("512"))).await;
    refused.refused(422);
    assert!(refused.message().contains("the largest is 'm1.xlarge'"), "{}", refused.message());
    for (body, lacking) in [(new(Value::Null, json!(1)), "'cpu'"), (new(json!(1), Value::Null), "'memory'")] {
        let refused = app.call(&app.admin, "create_server", 0, body).await;
        refused.refused(400);
        assert!(refused.message().starts_with(lacking), "{}", refused.message());
    }
}

#[tokio::test]
async fn one_that_the_cloud_gives_up_on_says_why_and_takes_no_commands() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let network = app.network(tenant, "front", 1).await;
    let new = json!({"tenant_id": tenant.id, "image_id": "broken-1.0", "network_ids": network["id"], "instance_type": FLAVOR});
    let server = app.ok("create_server", 0, new).await["server"].take();
    app.settle().await;
    let failed = app.seen(&server).await;
    has(&failed, &json!({"status": "failed", "power": null}));
    assert!(failed["reason"].as_str().unwrap().contains("does not start"), "{failed}");
    let refused = app.call(&app.admin, "run_server_command", id(&server), Value::Null).await;
    refused.refused(409);
    assert!(refused.message().contains("does not start"), "{}", refused.message());
    app.ok("delete_server", 0, json!({"tenant_id": tenant.id, "virtual_server_id": server["id"]})).await;
    app.settle().await;
    assert_eq!(app.ok("list_servers", 0, json!({"tenant_id": tenant.id})).await["servers"], json!([]));
}

#[tokio::test]
async fn removing_a_server_detaches_its_volumes_and_unassigns_it() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let network = app.network(tenant, "front", 1).await;
    let (server, volume) = (app.server(tenant, &network, "web", false).await, app.volume(tenant, "data").await);
    let ann = app.user(tenant.root, "ann", "shop", false).await;
    app.ok("create_server_assignment", 0, json!({"server_id": server["id"], "user_id": ann.id})).await;
    let both = json!({"tenant_id": tenant.id, "virtual_server_id": server["id"], "volume_id": volume["id"]});
    app.ok("create_attachment", 0, both).await;
    app.settle().await;
    let gone = app.ok("delete_server", 0, json!({"tenant_id": tenant.id, "virtual_server_id": server["id"].to_string()})).await;
    has(&gone["server"], &json!({"id": server["id"], "status": "deleting", "name": "web"}));
    app.settle().await;
    assert_eq!(app.ok("list_attachments", 0, json!({"tenant_id": tenant.id})).await["attachements"], json!([]));
    let left = app.ok("list_volumes", 0, json!({"volume_id": volume["id"]})).await["volume"].take();
    has(&left, &json!({"status": "ready", "volume_name": "data"}));
    app.call(&ann.token, "list_servers", 0, json!({"virtual_server_id": server["id"]})).await.refused(404);
}

#[tokio::test]
async fn a_private_server_is_seen_and_commanded_by_whom_it_is_assigned_to() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let network = app.network(tenant, "front", 1).await;
    let server = app.server(tenant, &network, "desk", false).await;
    let [ann, bob] = [app.user(tenant.root, "ann", "shop", false).await, app.user(tenant.root, "bob", "shop", false).await];
    let stop = async |token: &str| app.call(token, "run_server_command", id(&server), Value::Null).await;
    let assign = |user: i64| json!({"server_id": server["id"], "user_id": user});
    stop(&ann.token).await.refused(404);
    let assigned = app.ok("create_server_assignment", 0, assign(ann.id)).await["server"].take();
    has(&assigned, &json!({"virtual_server_type": 1, "user_id": ann.id}));
    stop(&bob.token).await.refused(404);
    assert_eq!(stop(&ann.token).await.status, 200);
    app.settle().await;
    has(&app.seen(&server).await, &json!({"power": "stopped", "condition": "SHUTOFF"}));
    for (token, count) in [(&ann.token, 1), (&bob.token, 0)] {
        let seen = app.ok_as(token, "list_servers", 0, Value::Null).await["servers"].take();
        assert_eq!(seen.as_array().map(Vec::len), Some(count), "{seen}");
    }
    app.ok("create_server_assignment", 0, assign(bob.id)).await;
    stop(&ann.token).await.refused(404);
    for _ in 0..2 {
        let nobodys = app.ok("delete_server_assignment", 0, json!({"server_id": server["id"]})).await["server"].take();
        has(&nobodys, &json!({"user_id": null}));
    }
    stop(&bob.token).await.refused(404);
    app.call(&ann.token, "create_server_assignment", 0, assign(ann.id)).await.refused(404);
    let boss = app.login("admin#shop").await;
    app.ok_as(&boss.token, "create_server_assignment", 0, assign(ann.id)).await;
    app.tenant("other").await;
    let stranger = app.login("admin#other").await;
    app.call(&boss.token, "create_server_assignment", 0, assign(stranger.id)).await.refused(404);
    app.call(&app.admin, "create_server_assignment", 0, assign(stranger.id)).await.refused(422);
    let shared = app.server(tenant, &network, "all", true).await;
    app.call(&app.admin, "create_server_assignment", 0, json!({"server_id": shared["id"], "user_id": ann.id})).await.refused(409);
}

#[tokio::test]
async fn what_a_plain_member_makes_privately_is_theirs() {
    let app = App::start().await;
    let tenant = app.cloudy("shop").await;
    let network = app.network(tenant, "front", 1).await;
    let ann = app.user(tenant.root, "ann", "shop", false).await;
    let new = json!({"image_id": IMAGE, "network_ids": "front", "instance_type": FLAVOR});
    let made = app.ok_as(&ann.token, "create_server", 0, new).await["server"].take();
    has(&made, &json!({"tenant_id": tenant.id, "user_id": ann.id, "network_ids": [network["id"]]}));
}

#[tokio::test]
async fn the_quota_of_a_new_tenant_counts_servers_and_the_rest() {
    let app = App::start().await;
    let tenant = app.tenant("shop").await;
    app.settle().await;
    let router = |n: i64| json!({"tenant_id": tenant.id, "name": format!("r{n}"), "external_network_id": "public"});
    for n in 0..5 {
        app.ok("create_router", 0, router(n)).await;
    }
    let refused = app.call(&app.admin, "create_router", 0, router(5)).await;
    refused.refused(409);
    assert!(refused.message().contains("routers"), "{}", refused.message());
    let network = app.network(tenant, "front", 1).await;
    let server = json!({"tenant_id": tenant.id, "image_id": IMAGE, "network_ids": network["id"], "instance_type": "m1.large"});
    let refused = app.call(&app.admin, "create_server", 0, server).await;
    refused.refused(409);
    assert!(refused.message().contains("cpu"), "{}", refused.message());
}
