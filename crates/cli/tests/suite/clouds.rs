//! Clouds of virtual servers from the command line: what is sent for each command, and what is written.

use serde_json::{Value, json};
use tenantry_cli::Exit;
use wiremock::matchers::{body_json, body_partial_json, header, method, path, query_param};
use wiremock::{Mock, MockBuilder};

use crate::support::{Machine, answer, page, problem, resource, user};

fn ready(kind: &str, id: i64) -> wiremock::ResponseTemplate {
    answer(200, resource(kind, id, "web", "ready", ""))
}

fn given(verb: &str, at: &str) -> MockBuilder {
    Mock::given(method(verb)).and(path(format!("/api/v2/{at}")))
}

/// A command becomes this request, and ends well.
async fn becomes(line: &str, verb: &str, at: &str, body: Value, kind: &str) {
    let machine = Machine::new().await;
    let id = 70;
    let mock = given(verb, at);
    let mock = if body.is_null() { mock } else { mock.and(body_json(body)) };
    mock.respond_with(answer(200, resource(kind, id, "web", "ready", ""))).expect(1).mount(&machine.server).await;
    let ended = machine.run(&format!("{line} --no-wait")).await;
    assert_eq!(ended.exit, Exit::Ok, "{line}: {}", ended.err);
}

#[tokio::test]
async fn every_change_becomes_its_request() {
    let place = |more: Value| {
        let mut all = json!({"tenant_id": 2, "datacenter_id": 1, "description": null});
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let at = "-t 2 -d 1";
    becomes(
        &format!("network create inner --cidr 10.0.0.0/24 --no-gateway --pool 10.0.0.5-10.0.0.9 --dns 9.9.9.9 {at}"),
        "POST",
        "networks",
        place(
            json!({"name": "inner", "cidr": "10.0.0.0/24", "gateway": "", "dhcp": true, "pool": {"first": "10.0.0.5", "last": "10.0.0.9"},
            "dns": ["9.9.9.9"]}),
        ),
        "network",
    )
    .await;
    becomes("networks change 3 --dhcp false --description x", "PATCH", "networks/3", json!({"dhcp": false, "description": "x"}), "network")
        .await;
    becomes(
        &format!("router create edge --external-network public {at}"),
        "POST",
        "routers",
        place(json!({"name": "edge", "external_network": "public"})),
        "router",
    )
    .await;
    becomes("router change 4 --no-external-network", "PATCH", "routers/4", json!({"external_network": null}), "router").await;
    becomes("router connect 4 3", "POST", "router-interfaces", json!({"router_id": 4, "network_id": 3}), "router_interface").await;
    let rules = json!([{"direction": "ingress", "protocol": "tcp", "ports": {"first": 22, "last": 22}, "remote": null}]);
    becomes(
        &format!("security-group create ssh --rule ingress:tcp:22 {at}"),
        "POST",
        "security-groups",
        place(json!({"name": "ssh", "rules": rules})),
        "security_group",
    )
    .await;
    becomes("security-group change 5 --no-rules", "PATCH", "security-groups/5", json!({"rules": []}), "security_group").await;
    becomes(
        &format!("volume create --size 5 --type fast {at}"),
        "POST",
        "volumes",
        place(json!({"name": null, "size_gib": 5, "volume_type": "fast", "snapshot_id": null, "image_id": null})),
        "volume",
    )
    .await;
    becomes("volume grow 6 --size 9", "PATCH", "volumes/6", json!({"size_gib": 9}), "volume").await;
    becomes("volume attach 6 --to-server 9", "POST", "attachments", json!({"server_id": 9, "volume_id": 6}), "attachment").await;
    becomes(
        "volume snapshot 6 --name before",
        "POST",
        "snapshots",
        json!({"volume_id": 6, "name": "before", "description": null}),
        "snapshot",
    )
    .await;
    becomes("snapshot create --volume 6", "POST", "snapshots", json!({"volume_id": 6, "name": null, "description": null}), "snapshot")
        .await;
    becomes(
        &format!("floating-ip create --to-server 9 {at}"),
        "POST",
        "floating-ips",
        place(json!({"name": null, "external_network": null, "server_id": 9})),
        "floating_ip",
    )
    .await;
    becomes("floating-ip change 8 --to-none", "PATCH", "floating-ips/8", json!({"server_id": null}), "floating_ip").await;
    becomes(
        "server change 9 --security-group ssh --security-group default",
        "PATCH",
        "servers/9",
        json!({"security_groups": ["ssh", "default"]}),
        "server",
    )
    .await;
    becomes("server retry 9", "POST", "servers/9/retry", Value::Null, "server").await;
    for command in ["start", "stop", "pause", "unpause", "suspend", "resume", "reboot"] {
        becomes(&format!("server {command} 9"), "POST", "servers/9/commands", json!({"command": command, "hard": false}), "server").await;
    }
    becomes("server reboot 9 --hard", "POST", "servers/9/commands", json!({"command": "reboot", "hard": true}), "server").await;
    becomes(
        &format!("adopt volume v-1 --may-remove {at}"),
        "POST",
        "tenants/2/adopt",
        json!({"datacenter_id": 1, "kind": "volume", "peer_id": "v-1", "name": null, "may_remove": true}),
        "volume",
    )
    .await;
    becomes(
        "datacenter adopt 1 old-shop --parent 2 --cpu 4 --servers none --may-remove",
        "POST",
        "datacenters/1/adopt",
        json!({"name": "old-shop", "parent_id": 2, "display_name": null, "quota": {"cpu": 4.0, "servers": null}, "may_remove": true}),
        "namespace",
    )
    .await;
    becomes("namespace adopt 5", "POST", "namespaces/5/adopt", json!({"may_remove": false}), "namespace").await;
}

#[tokio::test]
async fn a_server_is_made_from_a_file_and_waited_for() {
    let machine = Machine::new().await;
    given("POST", "servers")
        .and(body_json(json!({"tenant_id": 2, "datacenter_id": null, "name": "web", "image_id": "debian", "flavor": "small", "cpu": null,
            "memory_gib": null, "network_ids": [], "default_network": true, "security_groups": [], "availability_zone": null,
            "user_data": "#cloud-config", "private": true})))
        .respond_with(answer(201, resource("server", 9, "web", "pending", "")))
        .expect(1)
        .mount(&machine.server)
        .await;
    given("GET", "servers/9").respond_with(ready("server", 9)).mount(&machine.server).await;
    let ended =
        machine.run_with("server create web --image debian --flavor small --private --user-data - -t 2 -o json", "#cloud-config").await;
    assert_eq!(ended.exit, Exit::Ok, "{}", ended.err);
    assert_eq!(ended.err, "server 'web': ready\n");
    assert_eq!(serde_json::from_str::<Value>(&ended.out).unwrap()["status"]["power"], "running");
    let waited = machine.run("server wait 9 --timeout 1m").await;
    assert_eq!((waited.exit, waited.err.as_str()), (Exit::Ok, "server 'web': ready\n"));
}

#[tokio::test]
async fn names_are_looked_up_and_lists_are_tables_of_what_belongs_together() {
    let machine = Machine::new().await;
    given("GET", "networks")
        .and(query_param("name", "inner"))
        .respond_with(page(&[resource("network", 3, "inner", "ready", "")]))
        .mount(&machine.server)
        .await;
    let mut server = resource("server", 9, "web", "ready", "");
    server["private"] = json!(true);
    server["assigned_to"] = json!(5);
    given("GET", "servers")
        .and(query_param("network_id", "3"))
        .and(query_param("state", "ready"))
        .respond_with(page(&[server]))
        .expect(1)
        .mount(&machine.server)
        .await;
    let ended = machine.run("servers list --network inner --state ready").await;
    assert_eq!(
        ended.out,
        "ID  NAME  TENANT  DATACENTER  FLAVOR  IMAGE   POWER    ADDRESSES  PRIVATE  USER  STATE  REASON\n\
         9   web   2       1           small   debian  running  10.0.0.5   yes      5     ready  -\n",
        "{}",
        ended.err
    );
    given("GET", "tenants/2/catalog")
        .respond_with(answer(
            200,
            json!({"flavors": [{"id": "1", "name": "small", "cpu": 1, "memory_gib": 0.5, "disk_gib": 5, "public": true}]}),
        ))
        .mount(&machine.server)
        .await;
    let offered = machine.run("catalog flavors -t 2").await;
    assert_eq!(offered.out, "ID  NAME   CPU  MEMORY GiB  DISK GiB  PUBLIC\n1   small  1    0.5         5         yes\n", "{}", offered.err);
    given("GET", "tenants/2/unmanaged")
        .and(query_param("datacenter_id", "1"))
        .respond_with(page(&[json!({"kind": "volume", "peer_id": "v-1", "name": "old", "summary": "7 GiB"})]))
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run("unmanaged -t 2 -d 1").await.out, "KIND    PEER ID  NAME  SUMMARY\nvolume  v-1      old   7 GiB\n");
    let place = json!({"name": "old-shop", "peer_id": "p-1", "since": null, "adoptable": true, "why_not": ""});
    given("GET", "datacenters/1/unmanaged").and(query_param("prefix", "old")).respond_with(page(&[place])).mount(&machine.server).await;
    assert_eq!(
        machine.run("datacenters unmanaged 1 --prefix old").await.out,
        "NAME      PEER ID  SINCE  ADOPTABLE  WHY NOT\nold-shop  p-1      -      yes        -\n"
    );
}

#[tokio::test]
async fn connections_are_found_by_what_they_connect() {
    let machine = Machine::new().await;
    given("GET", "attachments")
        .and(query_param("volume_id", "6"))
        .respond_with(page(&[resource("attachment", 7, "a", "ready", "")]))
        .mount(&machine.server)
        .await;
    given("DELETE", "attachments/7").respond_with(wiremock::ResponseTemplate::new(204)).expect(1).mount(&machine.server).await;
    let detached = machine.run("volume detach 6").await;
    assert_eq!((detached.exit, detached.err.as_str()), (Exit::Ok, "the attachment of volume '6' to server 9 is gone\n"));
    given("GET", "attachments").respond_with(page(&[])).mount(&machine.server).await;
    let none = machine.run("volume detach 60").await;
    assert_eq!((none.exit, none.err.as_str()), (Exit::NotFound, "error: the volume '60' is attached to no server\n"));
    given("GET", "router-interfaces")
        .and(query_param("network_id", "3"))
        .respond_with(page(&[resource("router_interface", 2, "i", "ready", "")]))
        .mount(&machine.server)
        .await;
    given("DELETE", "router-interfaces/2").respond_with(wiremock::ResponseTemplate::new(204)).expect(1).mount(&machine.server).await;
    assert_eq!(machine.run("router disconnect 4 3").await.exit, Exit::Ok);
    assert_eq!(machine.run("router disconnect 44 3").await.exit, Exit::NotFound, "it is connected to another one");
    given("DELETE", "routers/4")
        .and(query_param("cascade", "true"))
        .respond_with(wiremock::ResponseTemplate::new(204))
        .expect(1)
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run("router delete 4 --cascade").await.err, "router '4' is gone\n");
    given("POST", "volumes/6/forget").respond_with(wiremock::ResponseTemplate::new(204)).expect(1).mount(&machine.server).await;
    assert_eq!(machine.run("volume forget 6").await.err, "volume '6' without clearing the cloud is gone\n");
}

#[tokio::test]
async fn a_private_server_is_assigned_and_looked_at() {
    let machine = Machine::new().await;
    given("GET", "users").and(query_param("username_prefix", "admin")).respond_with(page(&[user()])).mount(&machine.server).await;
    given("PUT", "servers/9/assignment")
        .and(body_json(json!({"user_id": 1})))
        .respond_with(ready("server", 9))
        .expect(1)
        .mount(&machine.server)
        .await;
    given("DELETE", "servers/9/assignment")
        .and(header("if-match", "\"4\""))
        .respond_with(ready("server", 9))
        .expect(1)
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run("server assign 9 --user admin").await.exit, Exit::Ok);
    assert_eq!(machine.run("server unassign 9 --if-version 4").await.exit, Exit::Ok);
    given("POST", "servers/9/console")
        .respond_with(answer(200, json!({"kind": "novnc", "url": "https://console/?token=t"})))
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run("server console 9").await.out, "kind  novnc\nurl   https://console/?token=t\n");
    given("GET", "servers/9/console-log")
        .and(query_param("lines", "2"))
        .respond_with(answer(200, json!({"text": "login:\nok"})))
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run("server log 9 --lines 2").await.out, "login:\nok\n");
    given("POST", "servers/9/commands").respond_with(problem(409, "conflict")).mount(&machine.server).await;
    assert_eq!(machine.run("server stop 9").await.exit, Exit::Conflict);
}

#[tokio::test]
async fn a_cloud_is_connected_with_secrets_from_files() {
    let machine = Machine::new().await;
    let secret = machine.home.path().join("secret");
    std::fs::write(&secret, "correct horse\n").unwrap();
    let datacenter = json!({"id": 3, "uid": crate::support::UID, "name": "east", "comment": "", "kind": "openstack", "endpoint": "https://cloud/v3",
        "options": {"repair_drift": true}, "capacity": {"servers": 5}, "overcommit": 1, "health": {"healthy": true}, "reason": "",
        "since": crate::support::THEN, "attempts": 0, "next_attempt_at": null, "version": 1, "created_at": crate::support::THEN,
        "updated_at": crate::support::THEN});
    given("POST", "datacenters")
        .and(body_partial_json(json!({"name": "east", "kind": "openstack", "capacity": {"servers": 5}, "options": {"repair_drift": true},
            "openstack": {"auth_url": "https://cloud/v3", "username": "tenantry", "password": "correct horse", "project": "admin", "region": "north"}})))
        .respond_with(answer(201, datacenter.clone()))
        .expect(1)
        .mount(&machine.server)
        .await;
    let line = format!(
        "datacenter create east --auth-url https://cloud/v3 --cloud-user tenantry --cloud-password {} --project admin --region north --repair-drift true --servers 5",
        secret.display()
    );
    let made = machine.run(&line).await;
    assert_eq!(made.exit, Exit::Ok, "{}", made.err);
    assert!(!made.out.contains("correct horse"), "{}", made.out);
    given("PATCH", "datacenters/3")
        .and(body_json(json!({"openstack": {"auth_url": "https://cloud/v3", "application_credential_id": "abc",
            "application_credential_secret": "battery", "username": null, "password": null, "user_domain": null, "project": null,
            "project_domain": null, "region": null, "domain": null, "interface": null, "ca_pem": null}})))
        .respond_with(answer(200, datacenter))
        .expect(1)
        .mount(&machine.server)
        .await;
    let line = "datacenter update 3 --auth-url https://cloud/v3 --application-credential abc --application-credential-secret -";
    let changed = machine.run_with(line, "battery\n").await;
    assert_eq!(changed.exit, Exit::Ok, "{}", changed.err);
}

#[tokio::test]
async fn quotas_of_what_is_counted_are_set_and_taken_away() {
    let machine = Machine::new().await;
    let quota = json!({"id": 8, "tenant_id": 2, "datacenter_id": 1, "datacenter_name": "east", "quota": {"cpu": 1, "servers": 3}, "used": {},
        "granted": {}, "overridden": true, "version": 1, "updated_at": crate::support::THEN});
    given("GET", "tenants/2/quotas").respond_with(page(std::slice::from_ref(&quota))).mount(&machine.server).await;
    given("PATCH", "tenants/2/quotas/8")
        .and(body_json(json!({"quota": {"servers": 3, "floating_ips": null}})))
        .respond_with(answer(200, quota))
        .expect(1)
        .mount(&machine.server)
        .await;
    let set = machine.run("quota set 2 1 --servers 3 --floating-ips none").await;
    assert_eq!(set.exit, Exit::Ok, "{}", set.err);
    assert!(machine.run("quota set 2 1").await.err.contains("--servers"));
}
