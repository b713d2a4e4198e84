//! The client against a server that says what the test wants: what goes over the wire, and what is repeated.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::HashSet;
use std::time::Duration;

use futures::TryStreamExt;
use serde_json::{Value, json};
use tenantry_client::types::{
    CountsChange, Disk, DiskChange, LimitsChange, NewAdoption, NewPlaceAdoption, NewTenant, Place, PlaceFilter, ResourceFilter, Router,
    RouterChange, Server, ServerCommand, TenantChange, TenantFilter, Volume,
};
use tenantry_client::{Client, Error, Retry};
use tenantry_domain::resource::State;
use tenantry_domain::{ErrorKind, ResourceId, TenantId};
use wiremock::matchers::{body_json, header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn client(server: &MockServer) -> Client {
    let retry = Retry { base: Duration::from_millis(1), ..Retry::default() };
    Client::builder(server.uri()).token("TOKEN").retry(retry).build().unwrap()
}

fn problem(status: u16, code: &str, detail: &str) -> ResponseTemplate {
    let body = json!({"type": format!("urn:tenantry:problem:{code}"), "title": code, "status": status, "code": code, "detail": detail,
        "field": null, "blockers": ["app 'web'"], "request_id": "r-1", "retry_after_s": null});
    ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/problem+json")
}

fn tenant(id: i64, name: &str) -> Value {
    json!({"id": id, "uid": "0197a000-0000-7000-8000-000000000001", "parent_id": 1, "level": 1, "name": name, "label": name, "description": "",
        "customer_manager": "", "enabled": true, "root_group_id": 2,
        "state": "active", "quota": {"cpu": 4, "memory_gib": 8.5, "storage_gib": null}, "budget": 0, "balance": 500.25,
        "datacenter_ids": [1], "reason": "", "since": "2026-01-31T08:00:00.000Z", "attempts": 0, "next_attempt_at": null, "version": 3,
        "created_by": 1, "created_at": "2026-01-31T08:00:00.000Z", "updated_at": "2026-01-31T08:00:00.000Z", "of_a_newer_server": true})
}

fn disk(state: &str) -> Value {
    json!({"id": 7, "uid": "0197a000-0000-7000-8000-000000000001", "kind": "disk", "tenant_id": 2, "datacenter_id": 1, "name": "data",
        "spec": {"size_gib": 10}, "status": {"size_gib": 10, "bound": true, "used_by": []}, "state": state, "reason": "",
        "since": "2026-01-31T08:00:00.000Z", "attempts": 0, "next_attempt_at": null, "generation": 1, "observed_generation": 1,
        "version": 1, "created_by": null, "created_at": "2026-01-31T08:00:00.000Z", "updated_at": "2026-01-31T08:00:00.000Z"})
}

#[tokio::test]
async fn a_mutation_says_who_what_and_how_long_it_waits() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/api/v2/tenants"))
        .and(header("authorization", "Bearer TOKEN"))
        .and(query_param("wait", "30"))
        .and(query_param_is_missing("dry_run"))
        .and(body_json(json!({"name": "dev", "description": "", "datacenter_ids": [],
            "quota": {"cpu": null, "memory_gib": null, "storage_gib": null}})))
        .respond_with(ResponseTemplate::new(201).set_body_json(tenant(2, "dev")))
        .expect(1)
        .mount(&server)
        .await;
    let new = NewTenant { name: "dev".into(), ..NewTenant::default() };
    let tenant = client(&server).create_tenant(&new).wait(Duration::from_secs(30)).await.unwrap();
    assert_eq!((tenant.id, tenant.quota.memory_gib, tenant.balance.to_string()), (TenantId(2), Some(8.5), "500.25".to_owned()));
    let sent = server.received_requests().await.unwrap();
    assert_eq!(sent[0].headers["idempotency-key"].len(), 32);
}

#[tokio::test]
async fn a_repeat_keeps_its_idempotency_key_and_another_call_has_another() {
    let server = MockServer::start().await;
    let mock = || Mock::given(method("PATCH")).and(path("/api/v2/disks/7"));
    mock().respond_with(problem(503, "internal", "starting")).up_to_n_times(2).mount(&server).await;
    mock().respond_with(ResponseTemplate::new(200).set_body_json(disk("updating"))).mount(&server).await;
    let client = client(&server);
    for _ in 0..2 {
        client.update_disk(ResourceId(7), &DiskChange { size_gib: 20 }).if_version(1).await.unwrap();
    }
    let sent = server.received_requests().await.unwrap();
    let keys: Vec<_> = sent.iter().map(|r| r.headers["idempotency-key"].to_str().unwrap()).collect();
    assert_eq!(keys.len(), 4, "three attempts of the first call, one of the second");
    assert!(keys[0] == keys[1] && keys[1] == keys[2] && keys[2] != keys[3], "{keys:?}");
    assert!(sent.iter().all(|r| r.headers["if-match"] == "\"1\""));
}

#[tokio::test]
async fn a_login_is_sent_once() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/sessions")).respond_with(problem(503, "internal", "starting")).expect(1).mount(&server).await;
    let error = client(&server).create_session("admin", "hunter22").await.unwrap_err();
    assert_eq!(error.problem().unwrap().status, 503);
    assert!(!server.received_requests().await.unwrap()[0].headers.contains_key("idempotency-key"));
}

#[tokio::test]
async fn a_refusal_is_not_repeated_and_carries_its_document() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/disks/7")).respond_with(problem(409, "conflict", "the disk is in use")).expect(1).mount(&server).await;
    let error = client(&server).delete_resource::<Disk>(ResourceId(7)).await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Conflict));
    assert_eq!(error.to_string(), "the disk is in use");
    assert_eq!(error.problem().unwrap().blockers, ["app 'web'"]);
}

#[tokio::test]
async fn a_server_that_asks_for_too_long_a_pause_is_not_waited_for() {
    let server = MockServer::start().await;
    let body = json!({"status": 429, "code": "too_many_requests", "detail": "slow down", "retry_after_s": 3600});
    Mock::given(path("/api/v2/tenants/2")).respond_with(ResponseTemplate::new(429).set_body_json(body)).expect(1).mount(&server).await;
    assert_eq!(client(&server).get_tenant(TenantId(2)).await.unwrap_err().kind(), Some(ErrorKind::TooManyRequests));
}

#[tokio::test]
async fn a_delete_answers_what_is_left_or_nothing() {
    let server = MockServer::start().await;
    let mock = || Mock::given(method("DELETE")).and(path("/api/v2/disks/7"));
    mock().respond_with(ResponseTemplate::new(202).set_body_json(disk("deleting"))).up_to_n_times(1).mount(&server).await;
    mock().respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let client = client(&server);
    let first = client.delete_resource::<Disk>(ResourceId(7)).await.unwrap();
    assert_eq!(first.map(|d| d.state), Some(State::Deleting));
    assert_eq!(client.delete_resource::<Disk>(ResourceId(7)).await.unwrap(), None);
}

#[tokio::test]
async fn a_stream_reads_every_page_once() {
    let server = MockServer::start().await;
    let page = |items: Vec<Value>, next: Value| ResponseTemplate::new(200).set_body_json(json!({"items": items, "next": next}));
    let list = || Mock::given(method("GET")).and(path("/api/v2/tenants")).and(query_param("state", "active"));
    let list = || list().and(query_param("sort", "-name")).and(query_param("limit", "2"));
    list()
        .and(query_param_is_missing("after"))
        .respond_with(page(vec![tenant(4, "d"), tenant(3, "c")], json!("63.3")))
        .expect(1)
        .mount(&server)
        .await;
    list().and(query_param("after", "63.3")).respond_with(page(vec![tenant(2, "b")], Value::Null)).expect(1).mount(&server).await;
    let filter = TenantFilter { state: Some("active".into()), ..TenantFilter::default() };
    let names: Vec<String> =
        client(&server).list_tenants(&filter).sort("-name").limit(2).stream().map_ok(|t| t.name).try_collect().await.unwrap();
    assert_eq!(names, ["d", "c", "b"]);
}

#[tokio::test]
async fn filters_that_are_not_set_are_not_sent() {
    let server = MockServer::start().await;
    Mock::given(path("/api/v2/disks"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"items": [], "next": null})))
        .mount(&server)
        .await;
    let filter = ResourceFilter { tenant_id: Some(TenantId(2)), state: Some(State::Failed), ..ResourceFilter::default() };
    client(&server).list_resources::<Disk>(&filter).page().await.unwrap();
    let sent = server.received_requests().await.unwrap();
    let query: HashSet<_> = sent[0].url.query_pairs().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(query, HashSet::from(["tenant_id=2".to_owned(), "state=failed".to_owned()]));
}

#[tokio::test]
async fn a_patch_tells_taking_a_limit_away_from_leaving_it() {
    let server = MockServer::start().await;
    Mock::given(method("PATCH"))
        .and(body_json(json!({"quota": {"cpu": 2.0, "storage_gib": null}})))
        .and(query_param("dry_run", "true"))
        .and(query_param("cascade", "true"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"action": "resize", "object": "tenant", "quota":
            [{"datacenter_id": 1, "tenant_id": 1, "cpu": -2, "memory_gib": 0, "storage_gib": 0}], "cost": null, "balance": null})))
        .expect(1)
        .mount(&server)
        .await;
    let quota = LimitsChange { cpu: Some(Some(2.0)), memory_gib: None, storage_gib: Some(None), ..LimitsChange::default() };
    let change = TenantChange { quota: Some(quota), ..TenantChange::default() };
    let dry = client(&server).update_tenant(TenantId(2), &change, true).dry_run().await.unwrap();
    assert!(dry.quota[0].amounts.cpu < 0.0 && dry.removes.is_empty());
}

fn virtual_server() -> Value {
    json!({"id": 9, "uid": "0197a000-0000-7000-8000-000000000001", "kind": "server", "tenant_id": 2, "datacenter_id": 1, "name": "web",
        "private": true, "assigned_to": 5, "origin": "made", "state": "ready", "reason": "", "since": "2026-01-31T08:00:00.000Z",
        "spec": {"image_id": "i", "image": "debian", "flavor_id": "f", "flavor": "small", "cpu": 1, "memory_gib": 0.5, "disk_gib": 5,
            "networks": [{"network_id": 3, "shared": null}], "security_groups": [{"security_group_id": null, "name": "default"}],
            "availability_zone": null, "user_data": true, "power": "running", "reboots": 1},
        "status": {"peer_id": "p", "power": "running", "condition": "ACTIVE", "addresses": [{"network": "inner", "address": "10.0.0.5", "floating": false}],
            "availability_zone": "nova", "reboots": 1, "fault": "", "repaired": []},
        "attempts": 0, "next_attempt_at": null, "generation": 2, "observed_generation": 2, "version": 4, "created_by": null,
        "created_at": "2026-01-31T08:00:00.000Z", "updated_at": "2026-01-31T08:00:00.000Z"})
}

#[tokio::test]
async fn a_server_is_commanded_assigned_and_looked_at() {
    let server = MockServer::start().await;
    let shown = || ResponseTemplate::new(200).set_body_json(virtual_server());
    Mock::given(method("POST"))
        .and(path("/api/v2/servers/9/commands"))
        .and(body_json(json!({"command": "reboot", "hard": true})))
        .and(header("if-match", "\"3\""))
        .respond_with(shown())
        .expect(1)
        .mount(&server)
        .await;
    let assignment = |verb: &str| Mock::given(method(verb)).and(path("/api/v2/servers/9/assignment"));
    assignment("PUT").and(body_json(json!({"user_id": 5}))).respond_with(shown()).expect(1).mount(&server).await;
    assignment("DELETE").respond_with(shown()).expect(1).mount(&server).await;
    Mock::given(method("POST"))
        .and(path("/api/v2/servers/9/console"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"kind": "novnc", "url": "https://console/?token=t"})))
        .mount(&server)
        .await;
    let client = client(&server);
    let command = ServerCommand { command: "reboot".into(), hard: true };
    let after = client.command_server(ResourceId(9), &command).if_version(3).await.unwrap();
    assert_eq!((after.private, after.assigned_to.map(|u| u.0), after.status.addresses[0].address.as_str()), (true, Some(5), "10.0.0.5"));
    client.assign_server(ResourceId(9), tenantry_domain::UserId(5)).await.unwrap();
    client.unassign_server(ResourceId(9)).await.unwrap();
    let console = client.open_console(ResourceId(9)).await.unwrap();
    assert_eq!(console.url.expose(), "https://console/?token=t");
    assert!(!format!("{console:?}").contains("token"));
}

#[tokio::test]
async fn resources_are_listed_by_what_they_belong_to_and_removed_with_their_connections() {
    let server = MockServer::start().await;
    let empty = || ResponseTemplate::new(200).set_body_json(json!({"items": [], "next": null}));
    Mock::given(path("/api/v2/servers")).and(query_param("network_id", "3")).respond_with(empty()).expect(1).mount(&server).await;
    Mock::given(path("/api/v2/tenants/2/unmanaged"))
        .and(query_param("datacenter_id", "1"))
        .respond_with(empty())
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("DELETE"))
        .and(path("/api/v2/routers/4"))
        .and(query_param("cascade", "true"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("PATCH"))
        .and(path("/api/v2/routers/4"))
        .and(body_json(json!({"external_network": null})))
        .respond_with(problem(409, "conflict", "it is being removed"))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/api/v2/tenants/2/adopt"))
        .and(body_json(json!({"datacenter_id": null, "kind": "volume", "peer_id": "v", "name": null, "may_remove": true})))
        .respond_with(problem(409, "conflict", "it is managed already"))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/api/v2/datacenters/1/unmanaged"))
        .and(query_param("prefix", "old"))
        .respond_with(empty())
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/api/v2/datacenters/1/adopt"))
        .and(body_json(json!({"name": "old", "parent_id": null, "display_name": null, "quota": null, "may_remove": false})))
        .respond_with(problem(409, "quota_exceeded", "at least cpu: 4 cores"))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&server);
    let datacenter = tenantry_domain::DatacenterId(1);
    let places = PlaceFilter { prefix: Some("old".into()) };
    assert!(client.list_unmanaged_places(datacenter, &places).page().await.unwrap().items.is_empty());
    let place = NewPlaceAdoption { name: "old".into(), parent_id: None, display_name: None, quota: None, may_remove: false };
    assert_eq!(client.adopt_place(datacenter, &place).await.unwrap_err().to_string(), "at least cpu: 4 cores");
    let filter = ResourceFilter { network_id: Some(ResourceId(3)), ..ResourceFilter::default() };
    assert!(client.list_resources::<Server>(&filter).page().await.unwrap().items.is_empty());
    let place = Place { datacenter_id: Some(tenantry_domain::DatacenterId(1)) };
    assert!(client.list_unmanaged(TenantId(2), &place).page().await.unwrap().items.is_empty());
    assert_eq!(client.delete_with_connections::<Router>(ResourceId(4)).await.unwrap(), None);
    let change = RouterChange { external_network: Some(None), ..RouterChange::default() };
    assert_eq!(client.update_router(ResourceId(4), &change).await.unwrap_err().kind(), Some(ErrorKind::Conflict));
    let adoption = NewAdoption { datacenter_id: None, kind: "volume".into(), peer_id: "v".into(), name: None, may_remove: true };
    assert_eq!(client.adopt_resource::<Volume>(TenantId(2), &adoption).await.unwrap_err().to_string(), "it is managed already");
}

#[tokio::test]
async fn what_is_counted_is_sent_and_read_beside_the_rest() {
    let server = MockServer::start().await;
    let mut answer = tenant(2, "dev");
    answer["quota"]["servers"] = json!(3);
    Mock::given(method("PATCH"))
        .and(body_json(json!({"quota": {"servers": 3, "floating_ips": null}})))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .expect(1)
        .mount(&server)
        .await;
    let counts = CountsChange { servers: Some(Some(3)), floating_ips: Some(None), ..CountsChange::default() };
    let quota = LimitsChange { counts, ..LimitsChange::default() };
    let change = TenantChange { quota: Some(quota), ..TenantChange::default() };
    let after = client(&server).update_tenant(TenantId(2), &change, false).await.unwrap();
    assert_eq!((after.quota.counts.servers, after.quota.counts.networks), (Some(3), None));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let uri = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let retry = Retry { attempts: 2, base: Duration::from_millis(1), ..Retry::default() };
    let client = Client::builder(&uri).retry(retry).build().unwrap();
    let error = client.get_tenant(TenantId(2)).await.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error}");
    assert!(error.to_string().starts_with(&uri), "{error}");
}
