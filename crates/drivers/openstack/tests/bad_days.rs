//! Clouds that fail in every way that they do: each failure becomes the right kind, says who failed and how, and holds no secret.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{
    InTurn, LIMIT, PASSWORD, TOKEN, answering, at, attachment, calls, catalog, connection, driver, driver_of, floating_ip, group,
    interface, json, keystone, network, router, server, snapshot, token, uid, volume,
};
use serde_json::{Value, json};
use tenantry_domain::datacenter::{DatacenterOptions, OpenstackAccount, OpenstackConnection};
use tenantry_domain::resource::Kind;
use tenantry_driver_api::cloud::{CloudNetworks as _, CloudPlace, Import as _, Offers as _, Servers as _, Volumes as _};
use tenantry_driver_api::{Deletion, DriverError, DriverErrorKind, Guard, Inspect as _, Namespaces as _, Place, Rollout};
use tenantry_driver_openstack::OpenStack;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::{body_json, body_partial_json, header, method, path, path_regex, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

/// What every call of the driver answers there; none of them may succeed.
async fn failures(driver: &OpenStack) -> Vec<(&'static str, DriverError)> {
    vec![
        ("ensure_network", driver.ensure_network(&network()).await.unwrap_err()),
        ("delete_network", driver.delete_network(&at()).await.unwrap_err()),
        ("ensure_router", driver.ensure_router(&router()).await.unwrap_err()),
        ("delete_router", driver.delete_router(&at()).await.unwrap_err()),
        ("ensure_router_interface", driver.ensure_router_interface(&interface()).await.unwrap_err()),
        ("delete_router_interface", driver.delete_router_interface(&interface()).await.unwrap_err()),
        ("ensure_floating_ip", driver.ensure_floating_ip(&floating_ip()).await.unwrap_err()),
        ("delete_floating_ip", driver.delete_floating_ip(&at()).await.unwrap_err()),
        ("ensure_security_group", driver.ensure_security_group(&group()).await.unwrap_err()),
        ("delete_security_group", driver.delete_security_group(&at()).await.unwrap_err()),
        ("ensure_server", driver.ensure_server(&server()).await.unwrap_err()),
        ("delete_server", driver.delete_server(&at()).await.unwrap_err()),
        ("console", driver.console(&at()).await.err().unwrap()),
        ("ensure_volume", driver.ensure_volume(&volume()).await.unwrap_err()),
        ("delete_volume", driver.delete_volume(&at()).await.unwrap_err()),
        ("ensure_snapshot", driver.ensure_snapshot(&snapshot()).await.unwrap_err()),
        ("delete_snapshot", driver.delete_snapshot(&at()).await.unwrap_err()),
        ("ensure_attachment", driver.ensure_attachment(&attachment()).await.unwrap_err()),
        ("delete_attachment", driver.delete_attachment(&attachment()).await.unwrap_err()),
        ("catalog", driver.catalog("shop").await.unwrap_err()),
        ("unmanaged", driver.unmanaged("shop", 10).await.unwrap_err()),
        ("holds", driver.holds(Kind::Server, &at().place).await.unwrap_err()),
    ]
}

/// Every call fails in this way.
async fn expect(what: &str, driver: &OpenStack, kind: DriverErrorKind, permanent: bool, retry_after: Option<u64>, says: &str) {
    for (call, error) in failures(driver).await {
        let seen = (error.kind, error.permanent(), error.retry_after);
        assert_eq!(seen, (kind, permanent, retry_after.map(Duration::from_secs)), "{what}: {call}: {error}");
        assert!(error.message.contains(says) && error.message.contains(" service "), "{what}: {call}: {error}");
        let shown = format!("{error:?} {error}");
        assert!(!shown.contains(TOKEN) && !shown.contains(PASSWORD) && shown.len() < 1500, "{what}: {call}: {error}");
    }
}

fn fault(code: u16, name: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(code).set_body_json(json!({name: {"code": code, "message": message, "type": name, "title": "x"}}))
}

#[tokio::test]
async fn each_answer_becomes_its_kind_of_failure() {
    use DriverErrorKind::{Conflict, Forbidden, Invalid, QuotaExceeded, Server, Throttled, Timeout, Unauthorized};
    let page = format!("<html>Bad gateway. Your request had: X-Auth-Token: {TOKEN}</html>");
    let long = "x".repeat(100_000);
    let over = "Quota exceeded for cores, instances: Requested 1, but already used 2 of 2 cores";
    let garbage = |body: &str| ResponseTemplate::new(200).set_body_raw(body.as_bytes().to_vec(), "application/json");
    let cases = [
        ("an error", fault(500, "computeFault", "Unexpected API Error."), Server, false, None, "500: Unexpected API Error."),
        ("an error with a very long message", fault(500, "computeFault", &long), Server, false, None, "answered 500: xxx"),
        ("a proxy's page", ResponseTemplate::new(502).set_body_string(&page), Server, false, None, "answered 502"),
        ("unavailable", ResponseTemplate::new(503).insert_header("retry-after", "7"), Server, false, Some(7), "answered 503"),
        ("a gateway's timeout", ResponseTemplate::new(504), Timeout, false, None, "answered 504"),
        (
            "too often",
            fault(429, "overLimit", "This request was rate-limited.").insert_header("retry-after", "3"),
            Throttled,
            false,
            Some(3),
            "rate-limited",
        ),
        ("too often, as old services say it", fault(413, "overLimit", "This request was rate-limited."), Throttled, false, Some(1), "413"),
        ("over the quota, of Nova", fault(403, "forbidden", over), QuotaExceeded, true, None, "Quota exceeded for cores"),
        (
            "over the quota, of Cinder",
            fault(413, "overLimit", "VolumeLimitExceeded: quota of volumes"),
            QuotaExceeded,
            true,
            None,
            "volumes",
        ),
        (
            "over the quota, of Neutron",
            fault(409, "OverQuota", "exceeded for resources: ['network']"),
            QuotaExceeded,
            true,
            None,
            "network",
        ),
        ("not allowed", fault(403, "forbidden", "Policy doesn't allow it"), Forbidden, true, None, "Policy doesn't allow it"),
        ("a conflict", fault(409, "conflictingRequest", "Instance is locked"), Conflict, false, None, "Instance is locked"),
        ("a refusal", fault(400, "badRequest", "Invalid imageRef"), Invalid, true, None, "Invalid imageRef"),
        ("a version that is not there", ResponseTemplate::new(406), Invalid, true, None, "answered 406"),
        ("not known", fault(401, "error", "The request you have made requires authentication."), Unauthorized, false, None, "credentials"),
        ("a page", ResponseTemplate::new(200).set_body_string(&page), Server, false, None, "does not speak like"),
        ("half a document", garbage("{\"servers\": ["), Server, false, None, "does not speak like"),
        ("bytes", ResponseTemplate::new(200).set_body_bytes([0xff, 0xfe, 0x00]), Server, false, None, "does not speak like"),
        ("another document", garbage("{\"kind\": \"Status\"}"), Server, false, None, "does not speak like"),
        ("another place", ResponseTemplate::new(302).insert_header("location", "/login"), Server, false, None, "does not speak like"),
        // what only a proxy says is not there has not been deleted
        ("a proxy's not found", ResponseTemplate::new(404).set_body_string(&page), Server, false, None, "does not speak like"),
    ];
    for (what, template, kind, permanent, retry_after, says) in cases {
        let cloud = answering(template).await;
        expect(what, &driver(&cloud.uri()), kind, permanent, retry_after, says).await;
    }
}

#[tokio::test]
async fn keystone_has_bad_days_too() {
    for (template, kind, says) in [
        (ResponseTemplate::new(500), DriverErrorKind::Server, "the identity service answered 500"),
        (fault(401, "error", "requires authentication"), DriverErrorKind::Unauthorized, "the user 'admin' of the domain 'Default'"),
        (ResponseTemplate::new(429).insert_header("retry-after", "9"), DriverErrorKind::Throttled, "answered 429"),
        (json(json!({"token": {}})), DriverErrorKind::Server, "does not speak like"),
        (ResponseTemplate::new(201).set_body_string("<html>"), DriverErrorKind::Server, "does not speak like"),
    ] {
        let cloud = MockServer::start().await;
        Mock::given(path("/v3/auth/tokens")).respond_with(template).mount(&cloud).await;
        let error = driver(&cloud.uri()).list_namespaces().await.unwrap_err();
        assert!(error.kind == kind && error.message.contains(says), "{error:?}");
        assert!(!format!("{error:?}").contains(PASSWORD));
        let health = driver(&cloud.uri()).check().await;
        assert!(!health.healthy && health.message.contains(says), "{health:?}");
    }
}

#[tokio::test]
async fn a_token_that_runs_out_in_the_middle_is_renewed_once() {
    let cloud = keystone(3600).await;
    let refused = fault(401, "error", "The request you have made requires authentication.");
    let servers = InTurn::new([refused.clone(), json(json!({"servers": []}))]);
    Mock::given(path("/compute/v2.1/servers/detail")).respond_with(servers).mount(&cloud).await;
    assert!(!driver(&cloud.uri()).holds(Kind::Server, &at().place).await.unwrap());
    // one of the account, and two of the project
    assert_eq!(calls(&cloud, "POST", "/v3/auth/tokens").await, 3);

    let cloud = answering(refused).await;
    let error = driver(&cloud.uri()).holds(Kind::Server, &at().place).await.unwrap_err();
    assert_eq!(error.kind, DriverErrorKind::Unauthorized);
    assert_eq!(calls(&cloud, "GET", "/compute/v2.1/servers/detail").await, 2);
}

#[tokio::test]
async fn a_token_is_kept_while_it_is_good_and_asked_for_by_all_together() {
    let cloud = answering(json(json!({"servers": [], "volumes": []}))).await;
    let one = driver(&cloud.uri());
    let place = at().place;
    futures::future::join_all((0..8).map(|_| one.holds(Kind::Server, &place))).await;
    assert_eq!(calls(&cloud, "POST", "/v3/auth/tokens").await, 2);
    one.holds(Kind::Volume, &place).await.unwrap();
    assert_eq!(calls(&cloud, "POST", "/v3/auth/tokens").await, 2);
    // one that is good for nothing any more is not used again
    let cloud = keystone(0).await;
    let one = driver(&cloud.uri());
    one.list_namespaces().await.unwrap();
    let before = calls(&cloud, "POST", "/v3/auth/tokens").await;
    one.list_namespaces().await.unwrap();
    assert!(calls(&cloud, "POST", "/v3/auth/tokens").await > before);
}

/// A Keystone that was told the password of our user at some moment: before it knows nobody, and in the second of it the tokens that it gives are dead.
#[derive(Clone)]
struct Mended(Arc<Mutex<Option<Instant>>>, Value);

impl wiremock::Respond for Mended {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let mut told = self.0.lock().unwrap();
        if request.method.as_str() == "PATCH" {
            *told = Some(Instant::now());
            return json(json!({"user": {"id": "ours"}}));
        }
        let given = token(&self.1, 3600, &["member"]);
        match *told {
            None => fault(401, "error", "The request you have made requires authentication."),
            Some(at) if at.elapsed() < Duration::from_secs(1) => given.insert_header("x-subject-token", "dead"),
            Some(_) => given,
        }
    }
}

#[tokio::test]
async fn our_user_whose_password_somebody_changed_is_mended_once_and_its_first_token_is_good() {
    let cloud = keystone(3600).await;
    let mended = Mended(Arc::default(), catalog(&cloud.uri(), None));
    let of_ours = body_partial_json(json!({"auth": {"identity": {"methods": ["password"]}}}));
    Mock::given(method("POST")).and(path("/v3/auth/tokens")).and(of_ours).respond_with(mended.clone()).with_priority(1).mount(&cloud).await;
    Mock::given(method("PATCH")).and(path("/v3/users/ours")).respond_with(mended).expect(1).mount(&cloud).await;
    let words = "Tenantry works in its tenants' projects as this user; its password follows from an application credential";
    let users = json(json!({"users": [{"id": "ours", "name": "tenantry-key", "description": words}], "links": {"next": null}}));
    Mock::given(method("GET")).and(path("/v3/users")).respond_with(users).mount(&cloud).await;
    let second = json!({"id": "p2", "name": "second", "enabled": true, "tags": ["tenantry", format!("tenantry-tenant:{}", uid())]});
    let second = json(json!({"projects": [second], "links": {"next": null}}));
    let named = Mock::given(path("/v3/projects")).and(query_param("name", "second"));
    named.respond_with(second).with_priority(1).mount(&cloud).await;
    let dead = Mock::given(path("/compute/v2.1/servers/detail")).and(header("x-auth-token", "dead"));
    dead.respond_with(fault(401, "error", "dead")).with_priority(1).expect(0).mount(&cloud).await;
    let alive = Mock::given(path("/compute/v2.1/servers/detail"));
    alive.respond_with(json(json!({"servers": []}))).expect(2).mount(&cloud).await;

    let account = OpenstackAccount::ApplicationCredential { id: "key".to_owned(), secret: PASSWORD.to_owned() };
    let driver = driver_of(&OpenstackConnection { account, ..connection(&cloud.uri()) });
    let (first, second) = (at().place, Place { namespace: "second".to_owned(), ..at().place });
    let (first, second) = futures::future::join(driver.holds(Kind::Server, &first), driver.holds(Kind::Server, &second)).await;
    assert!(!first.unwrap() && !second.unwrap());
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page_and_one_without_end_is_not() {
    let cloud = keystone(3600).await;
    let ours = json!({"id": "c", "name": "web", "project_id": "p1", "description": format!("[tenantry:{}]", uid())});
    let page = |items: Value, next: Option<&str>| {
        let links = next.map(|marker| json!([{"rel": "next", "href": format!("http://elsewhere/v2.0/networks?limit=1&marker={marker}")}]));
        json(json!({"networks": items, "networks_links": links}))
    };
    let networks = || Mock::given(method("GET")).and(path("/network/v2.0/networks"));
    let second = networks().and(query_param("marker", "a")).respond_with(page(json!([{"id": "b"}]), Some("b"))).with_priority(1);
    let third = networks().and(query_param("marker", "b")).respond_with(page(json!([ours]), None)).with_priority(1);
    second.mount(&cloud).await;
    third.mount(&cloud).await;
    networks().respond_with(page(json!([{"id": "a"}]), Some("a"))).mount(&cloud).await;
    assert!(driver(&cloud.uri()).holds(Kind::Network, &at().place).await.unwrap());
    assert_eq!(calls(&cloud, "GET", "/network/v2.0/networks").await, 3);

    let cloud = keystone(3600).await;
    networks().respond_with(page(json!([{"id": "a"}]), Some("a"))).mount(&cloud).await;
    let error = driver(&cloud.uri()).holds(Kind::Network, &at().place).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Server && error.message.contains("does not end"), "{error}");
    assert_eq!(calls(&cloud, "GET", "/network/v2.0/networks").await, 2);
}

#[tokio::test]
async fn a_list_that_is_cut_off_is_not_taken_for_the_whole() {
    let cloud = MockServer::start().await;
    let given = token(&catalog(&cloud.uri(), None), 3600, &["admin"]);
    Mock::given(path("/v3/auth/tokens")).respond_with(given).mount(&cloud).await;
    let part = json!({"projects": [{"id": "p1", "name": "shop"}], "links": {"next": null}, "truncated": true});
    Mock::given(path("/v3/projects")).respond_with(json(part)).mount(&cloud).await;
    let error = driver(&cloud.uri()).list_namespaces().await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Server && error.message.contains("only a part"), "{error}");
}

#[tokio::test]
async fn a_server_whose_making_was_not_answered_is_found_and_not_made_twice() {
    let cloud = keystone(3600).await;
    let made =
        json!({"id": "s9", "name": "web", "status": "BUILD", "tags": [format!("tenantry:{}", uid())], "OS-EXT-STS:task_state": "spawning"});
    let looks = InTurn::new([json(json!({"servers": []})), json(json!({"servers": [made]}))]);
    Mock::given(method("GET")).and(path("/compute/v2.1/servers/detail")).respond_with(looks).mount(&cloud).await;
    let slow = ResponseTemplate::new(202).set_body_json(json!({"server": {"id": "s9"}})).set_delay(Duration::from_secs(30));
    Mock::given(method("POST")).and(path("/compute/v2.1/servers")).respond_with(slow).mount(&cloud).await;
    let cut = driver(&cloud.uri()).with_call_limit(LIMIT);
    let begun = Instant::now();
    let error = cut.ensure_server(&server()).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Timeout && !error.permanent(), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    let (status, rollout) = cut.ensure_server(&server()).await.unwrap();
    assert_eq!((status.peer_id.as_str(), rollout), ("s9", Rollout::Progressing("the cloud is busy with the server: spawning".to_owned())));
    assert_eq!(calls(&cloud, "POST", "/compute/v2.1/servers").await, 1);
    // our uid was on it from its first moment
    let received = cloud.received_requests().await.unwrap();
    let post = received.iter().find(|request| request.url.path() == "/compute/v2.1/servers" && request.method.as_str() == "POST").unwrap();
    assert!(String::from_utf8_lossy(&post.body).contains(&format!("tenantry:{}", uid())));
}

#[tokio::test]
async fn of_two_servers_with_our_uid_the_older_is_the_one() {
    let of = |id: &str, created: &str| json!({"id": id, "created": created, "tags": [format!("tenantry:{}", uid())], "status": "BUILD"});
    let both = json!({"servers": [of("young", "2026-01-02T00:00:00Z"), of("old", "2026-01-01T00:00:00Z")]});
    let cloud = answering(json(both)).await;
    assert_eq!(driver(&cloud.uri()).ensure_server(&server()).await.unwrap().0.peer_id, "old");
}

#[tokio::test]
async fn what_goes_in_the_moment_that_it_is_removed_is_gone() {
    let cloud = keystone(3600).await;
    let address = json!({"id": "f9", "project_id": "p1", "floating_ip_address": "1.2.3.4", "description": format!("[tenantry:{}]", uid())});
    let found = json(json!({"floatingips": [address]}));
    Mock::given(method("GET")).and(path("/network/v2.0/floatingips")).respond_with(found).mount(&cloud).await;
    let gone = fault(404, "FloatingIPNotFound", "Floating IP f9 could not be found");
    Mock::given(method("DELETE")).and(path("/network/v2.0/floatingips/f9")).respond_with(gone).mount(&cloud).await;
    assert_eq!(driver(&cloud.uri()).delete_floating_ip(&at()).await.unwrap(), Deletion::Gone);
    assert_eq!(calls(&cloud, "DELETE", "/network/v2.0/floatingips/f9").await, 1);
}

#[tokio::test]
async fn a_server_that_its_cloud_keeps_for_a_while_is_removed_for_good() {
    let cloud = keystone(3600).await;
    let server = |method_is: &str, rest: &str| Mock::given(method(method_is)).and(path(format!("/compute/v2.1/servers/s9{rest}")));
    let gone = || fault(404, "itemNotFound", "gone");
    let kept = json!({"id": "s9", "tenant_id": "p1", "status": "SOFT_DELETED", "tags": ["mine", format!("tenantry:{}", uid())]});
    server("GET", "").respond_with(InTurn::new([json(json!({"server": kept})), gone()])).mount(&cloud).await;
    // Nova would keep it anew
    server("DELETE", "").respond_with(ResponseTemplate::new(204)).expect(0).mount(&cloud).await;
    server("POST", "/action")
        .and(body_json(json!({"forceDelete": null})))
        .respond_with(ResponseTemplate::new(202))
        .expect(1)
        .mount(&cloud)
        .await;
    // what was asked to go is only waited for
    server("GET", "/tags").respond_with(InTurn::new([json(json!({"tags": []})), gone()])).mount(&cloud).await;
    let none = json(json!({"servers": []}));
    Mock::given(method("GET")).and(path("/compute/v2.1/servers/detail")).respond_with(none).mount(&cloud).await;
    let (driver, at) = (driver(&cloud.uri()), CloudPlace { peer_id: "s9".to_owned(), ..at() });
    for _ in 0..2 {
        assert_eq!(driver.delete_server(&at).await.unwrap(), Deletion::InProgress("the cloud removes the server 'web'".to_owned()));
    }
    assert_eq!(driver.delete_server(&at).await.unwrap(), Deletion::Gone);
}

#[tokio::test]
async fn a_server_that_does_not_carry_our_uid_any_more_is_left_alone() {
    let cloud = keystone(3600).await;
    let found = json!({"id": "s9", "tenant_id": "p1", "status": "ACTIVE", "tags": ["tenantry:00000000-0000-7000-8000-000000000002"]});
    let found = json(json!({"server": found}));
    Mock::given(method("GET")).and(path("/compute/v2.1/servers/s9")).respond_with(found).mount(&cloud).await;
    let none = json(json!({"servers": []}));
    Mock::given(method("GET")).and(path("/compute/v2.1/servers/detail")).respond_with(none).mount(&cloud).await;
    let at = CloudPlace { peer_id: "s9".to_owned(), ..at() };
    assert_eq!(driver(&cloud.uri()).delete_server(&at).await.unwrap(), Deletion::Gone);
    assert_eq!(calls(&cloud, "DELETE", "/compute/v2.1/servers/s9").await, 0);
}

#[tokio::test]
async fn a_network_that_somebody_renamed_goes_with_the_second_one_that_a_repeated_call_made() {
    let cloud = keystone(3600).await;
    let network =
        |id: &str, name: &str| json!({"id": id, "project_id": "p1", "name": name, "description": format!("[tenantry:{}]", uid())});
    let foreign = json!({"id": "n7", "project_id": "p1", "name": "web", "description": "somebody else's"});
    let named = Mock::given(method("GET")).and(path("/network/v2.0/networks")).and(query_param("name", "web"));
    named.respond_with(json(json!({"networks": [network("n8", "web"), foreign]}))).mount(&cloud).await;
    let renamed = json(json!({"network": network("n9", "other")}));
    Mock::given(method("GET")).and(path("/network/v2.0/networks/n9")).respond_with(renamed).mount(&cloud).await;
    Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(204)).mount(&cloud).await;
    let at = CloudPlace { peer_id: "n9".to_owned(), unchanged: true, ..at() };
    assert_eq!(driver(&cloud.uri()).delete_network(&at).await.unwrap(), Deletion::Gone);
    for (id, times) in [("n7", 0), ("n8", 1), ("n9", 1)] {
        assert_eq!(calls(&cloud, "DELETE", &format!("/network/v2.0/networks/{id}")).await, times, "{id}");
    }
}

#[tokio::test]
async fn a_gateway_address_that_somebody_took_leaves_another_one() {
    let cloud = keystone(3600).await;
    Mock::given(method("GET")).and(path("/network/v2.0/ports")).respond_with(json(json!({"ports": []}))).mount(&cloud).await;
    let subnet = json(json!({"subnet": {"id": "s1", "project_id": "p1", "gateway_ip": "10.0.0.1"}}));
    Mock::given(method("GET")).and(path("/network/v2.0/subnets/s1")).respond_with(subnet).mount(&cloud).await;
    let taken = fault(409, "IpAddressAlreadyAllocated", "IP address 10.0.0.1 already allocated in subnet s1");
    let port = json!({"port": {"id": "t1", "device_id": "", "fixed_ips": [{"ip_address": "10.0.0.77"}]}});
    let answers = InTurn::new([taken, ResponseTemplate::new(201).set_body_json(port)]);
    Mock::given(method("POST")).and(path("/network/v2.0/ports")).respond_with(answers).mount(&cloud).await;
    let added = json(json!({"port_id": "t1"}));
    Mock::given(method("PUT")).and(path("/network/v2.0/routers/r1/add_router_interface")).respond_with(added).mount(&cloud).await;
    let (status, rollout) = driver(&cloud.uri()).ensure_router_interface(&interface()).await.unwrap();
    assert_eq!((status.address.as_str(), rollout), ("10.0.0.77", Rollout::Complete));
}

#[tokio::test]
async fn a_project_that_is_somebody_elses_is_not_worked_in() {
    let cloud = answering(json(json!({}))).await;
    let mut place = at();
    place.place.tenant_uid = "00000000-0000-7000-8000-000000000002".parse().unwrap();
    // by now it is another tenant's: what was in ours is gone
    assert_eq!(driver(&cloud.uri()).delete_server(&place).await.unwrap(), Deletion::Gone);
    let error = driver(&cloud.uri()).ensure_server(&tenantry_driver_api::cloud::ServerWant { at: place, ..server() }).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Conflict && error.message.contains("'shop'"), "{error}");
    // and one without a mark may be anybody's: nothing in it is said to be gone
    let cloud = MockServer::start().await;
    let given = token(&catalog(&cloud.uri(), None), 3600, &["admin"]);
    Mock::given(path("/v3/auth/tokens")).respond_with(given).mount(&cloud).await;
    let plain = json!({"projects": [{"id": "p1", "name": "shop", "tags": []}]});
    Mock::given(path("/v3/projects")).respond_with(json(plain)).mount(&cloud).await;
    let error = driver(&cloud.uri()).delete_server(&at()).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::NotOurs && error.message.contains("'shop'"), "{error}");
    let cloud = MockServer::start().await;
    let given = token(&catalog(&cloud.uri(), None), 3600, &["admin"]);
    Mock::given(path("/v3/auth/tokens")).respond_with(given).mount(&cloud).await;
    Mock::given(path("/v3/projects")).respond_with(json(json!({"projects": []}))).mount(&cloud).await;
    // without the project nothing that was in it is there
    assert_eq!(driver(&cloud.uri()).delete_server(&at()).await.unwrap(), Deletion::Gone);
    let error = driver(&cloud.uri()).ensure_server(&server()).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Conflict && error.message.contains("no project 'shop'"), "{error}");
}

#[tokio::test]
async fn a_cloud_that_hangs_is_given_up_in_time() {
    let cloud = answering(json(json!({"servers": []})).set_delay(Duration::from_secs(60))).await;
    let (begun, hanging) = (Instant::now(), driver(&cloud.uri()).with_call_limit(LIMIT));
    let error = hanging.holds(Kind::Server, &at().place).await.unwrap_err();
    assert_eq!((error.kind, error.permanent()), (DriverErrorKind::Timeout, false), "{error}");
    assert!(error.message.contains("the compute service did not answer within 300ms"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

/// Answers every connection with these bytes, and then closes it or never says another word.
async fn breaking(answer: &'static str, then_hangs: bool) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = connection.read(&mut request).await;
                let _ = connection.write_all(answer.as_bytes()).await;
                if then_hangs {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    format!("http://{address}")
}

/// A cloud whose compute service is somewhere else.
async fn with_compute_at(url: &str) -> MockServer {
    let cloud = MockServer::start().await;
    let given = token(&catalog(&cloud.uri(), Some(("compute", url))), 3600, &["admin"]);
    Mock::given(path("/v3/auth/tokens")).respond_with(given).mount(&cloud).await;
    let tags = ["tenantry".to_owned(), format!("tenantry-tenant:{}", uid())];
    let projects = json!({"projects": [{"id": "p1", "name": "shop", "tags": tags}]});
    Mock::given(path("/v3/projects")).respond_with(json(projects)).mount(&cloud).await;
    Mock::given(path_regex("/v3/?$")).respond_with(json(json!({"version": {"id": "v3.14"}}))).mount(&cloud).await;
    cloud
}

#[tokio::test]
async fn a_connection_that_breaks_is_unreachable_and_one_that_stalls_is_given_up() {
    for answer in
        ["", "HTTP/1.1 200 OK\r\ncontent-le", "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"servers\": [", "SSH-2.0-OpenSSH_9.2\r\n"]
    {
        let cloud = with_compute_at(&format!("{}/v2.1", breaking(answer, false).await)).await;
        let error = driver(&cloud.uri()).holds(Kind::Server, &at().place).await.unwrap_err();
        assert_eq!((error.kind, error.permanent()), (DriverErrorKind::Unreachable, false), "{answer}: {error}");
        assert!(error.message.starts_with("the compute service cannot be reached: "), "{error}");
    }
    let stalled = breaking("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"servers\": [", true).await;
    let cloud = with_compute_at(&format!("{stalled}/v2.1")).await;
    let error = driver(&cloud.uri()).with_call_limit(LIMIT).holds(Kind::Server, &at().place).await.unwrap_err();
    assert_eq!(error.kind, DriverErrorKind::Timeout, "{error}");
}

#[tokio::test]
async fn a_catalog_that_leads_where_nobody_may_go_is_not_followed() {
    for (url, says) in [
        ("http://169.254.169.254/v2.1", "169.254.169.254"),
        ("http://0.0.0.0:9/v2.1", "does not connect to"),
        ("ftp://127.0.0.1/v2.1", "is no URL"),
    ] {
        let cloud = with_compute_at(url).await;
        let error = driver(&cloud.uri()).holds(Kind::Server, &at().place).await.unwrap_err();
        assert!(error.kind == DriverErrorKind::Invalid && error.message.contains(says), "{url}: {error}");
        let health = driver(&cloud.uri()).check().await;
        assert!(!health.healthy && health.message.contains("the compute service"), "{url}: {health:?}");
    }
}

#[tokio::test]
async fn an_address_that_the_operator_does_not_allow_is_not_dialled() {
    let cloud = answering(json(json!({}))).await;
    let guard = Guard::new::<&str>(&[]).unwrap();
    let outside = OpenStack::connect(&connection(&cloud.uri()), &DatacenterOptions::default(), &guard).unwrap();
    let health = outside.check().await;
    assert!(!health.healthy && health.message.contains("outgoing.allow"), "{health:?}");
    let error = outside.ensure_server(&server()).await.unwrap_err();
    assert!(error.kind == DriverErrorKind::Invalid && error.message.contains("outgoing.allow"), "{error}");
    assert!(cloud.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_check_names_what_is_too_old_or_not_allowed() {
    let old = json!({"version": {"id": "v2.1", "version": "2.53", "min_version": "2.1"}});
    let new = json!({"version": {"id": "v2.1", "version": "2.90", "min_version": "2.1"}});
    for (page, roles, says, missing) in [
        (&old, ["admin"], "the compute service offers microversions up to 2.53, and Tenantry needs 2.60", false),
        (&new, ["reader"], "does not have the role 'admin'", true),
        (&new, ["admin"], "", false),
    ] {
        let cloud = MockServer::start().await;
        let given = token(&catalog(&cloud.uri(), None), 3600, &roles);
        Mock::given(path("/v3/auth/tokens")).respond_with(given).mount(&cloud).await;
        Mock::given(path("/v3")).respond_with(json(json!({"version": {"id": "v3.14"}}))).mount(&cloud).await;
        Mock::given(path("/compute/v2.1/")).respond_with(json(page.clone())).mount(&cloud).await;
        let versions = json(json!({"versions": [{"id": "v3.0", "version": "3.71"}]}));
        Mock::given(path("/volume/v3/")).respond_with(versions).mount(&cloud).await;
        let policy = if missing { fault(403, "forbidden", "Policy doesn't allow it") } else { json(json!({})) };
        Mock::given(path_regex("quota")).respond_with(policy).with_priority(8).mount(&cloud).await;
        Mock::given(method("GET")).respond_with(json(json!({}))).with_priority(9).mount(&cloud).await;
        let health = driver(&cloud.uri()).check().await;
        assert!(health.message.contains(says) && health.healthy == says.is_empty(), "{health:?}");
        assert_eq!(health.missing_permissions.contains(&"get compute/os-quota-sets".to_owned()), missing, "{health:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_unreachable_and_says_why() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let unknown = format!("http://{}.invalid:5000", "k".repeat(70));
    for (uri, says) in [(format!("http://{closed}"), "refused"), (unknown, "lookup")] {
        let health = driver(&uri).check().await;
        assert!(!health.healthy && health.message.contains(says), "{health:?}");
        assert!(health.message.starts_with("the identity service cannot be reached"), "{health:?}");
    }
    let plain = keystone(60).await;
    let health = driver(&plain.uri().replace("http:", "https:")).check().await;
    assert!(!health.healthy && health.message.contains("cannot be reached"), "{health:?}");
}

#[tokio::test]
async fn a_connection_that_makes_no_sense_is_refused_before_anything_is_dialled() {
    let guard = Guard::new::<&str>(&[]).unwrap();
    let good = connection("https://cloud.example.org:5000");
    let cases = [
        (OpenstackConnection { auth_url: "cloud".to_owned(), ..good.clone() }, "for example https://"),
        (OpenstackConnection { auth_url: "ftp://cloud/v3".to_owned(), ..good.clone() }, "for example https://"),
        (OpenstackConnection { auth_url: "https://admin:hidden@cloud/v3".to_owned(), ..good.clone() }, "must not hold a user name"),
        (OpenstackConnection { interface: Some("private".to_owned()), ..good.clone() }, "public, internal or admin"),
        (OpenstackConnection { ca_pem: Some("no PEM".to_owned()), ..good.clone() }, "PEM"),
    ];
    for (connection, says) in cases {
        let error = OpenStack::connect(&connection, &DatacenterOptions::default(), &guard).err().unwrap();
        assert!(error.kind == DriverErrorKind::Invalid && error.message.contains(says), "{error}");
        assert!(!error.message.contains("hidden"));
    }
    assert!(OpenStack::connect(&good, &DatacenterOptions::default(), &guard).is_ok());
}

#[tokio::test]
async fn what_was_never_asked_for_is_made_at_once_and_what_may_have_been_is_looked_for_first() {
    let server = keystone(3600).await;
    let found = json!({"id": "v-1", "size": 1, "status": "available", "metadata": {"tenantry": uid().to_string()}, "name": "web", "description": ""});
    Mock::given(method("POST")).and(path("/volume/v3/volumes")).respond_with(json(json!({"volume": found}))).mount(&server).await;
    // this cloud lets nobody ask for metadata
    let refused = fault(400, "badRequest", "Invalid filters metadata are found in query options.");
    let asked = Mock::given(method("GET"))
        .and(path("/volume/v3/volumes/detail"))
        .and(query_param("metadata", format!("{{'tenantry': '{}'}}", uid())));
    asked.respond_with(refused).with_priority(1).mount(&server).await;
    Mock::given(method("GET")).and(path("/volume/v3/volumes/detail")).respond_with(json(json!({"volumes": [found]}))).mount(&server).await;
    let driver = driver(&server.uri());
    let mut want = volume();
    want.at.untried = true;
    let (first, _) = driver.ensure_volume(&want).await.unwrap();
    assert_eq!((calls(&server, "GET", "/volume/v3/volumes/detail").await, calls(&server, "POST", "/volume/v3/volumes").await), (0, 1));
    want.at.untried = false;
    let (again, rollout) = driver.ensure_volume(&want).await.unwrap();
    assert_eq!((first.peer_id.as_str(), again.peer_id.as_str(), rollout), ("v-1", "v-1", Rollout::Complete));
    assert_eq!((calls(&server, "GET", "/volume/v3/volumes/detail").await, calls(&server, "POST", "/volume/v3/volumes").await), (2, 1));
}
