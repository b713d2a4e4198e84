//! Registries of every kind, and those that misbehave: how they ask for credentials, how they page, how they fail.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_driver_api::{DriverError, DriverErrorKind, Guard, Images as _};
use tenantry_driver_registry::Registry;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::{any, basic_auth, header, method, path, path_regex, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const USER: &str = "reader";
const PASSWORD: &str = "a-password-of-the-registry";
/// `reader:a-password-of-the-registry`, as Basic sends it.
const ENCODED: &str = "cmVhZGVyOmEtcGFzc3dvcmQtb2YtdGhlLXJlZ2lzdHJ5";
const LIMIT: Duration = Duration::from_millis(200);

fn registry(url: &str, username: &str) -> Registry {
    let password = if username.is_empty() { String::new() } else { PASSWORD.to_owned() };
    let connection = RegistryConnection { name: "harbour".into(), url: url.to_owned(), username: username.into(), password, ca_pem: None };
    Registry::new(&connection, &loopback()).unwrap()
}

/// A guard that lets tests go where their servers are.
fn loopback() -> Guard {
    Guard::new(&["127.0.0.0/8", "::1"]).unwrap()
}

fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn names(images: &[Image]) -> Vec<&str> {
    images.iter().map(|i| i.name.as_str()).collect()
}

/// Serves a catalog and the tags of each repository, none, to whoever asks.
async fn open(server: &MockServer, repositories: &[&str]) {
    Mock::given(path("/v2/_catalog")).respond_with(ok(json!({"repositories": repositories}))).mount(server).await;
    no_tags(server).await;
}

async fn no_tags(server: &MockServer) {
    Mock::given(path_regex("/tags/list$")).respond_with(ok(json!({"tags": null}))).with_priority(9).mount(server).await;
}

/// The failure of a listing: it names the registry, and neither the password nor a token.
async fn failure(registry: &Registry) -> DriverError {
    let error = registry.images(None, 10).await.unwrap_err();
    let told = format!("{error:?} {error}");
    assert!(error.message.contains("registry 'harbour'"), "{told}");
    assert!(![PASSWORD, ENCODED, "a-good-token"].iter().any(|secret| told.contains(secret)), "{told}");
    error
}

async fn received(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

fn authorization(request: &Request) -> Option<&str> {
    request.headers.get("authorization").map(|v| v.to_str().unwrap())
}

/// A registry of two repositories whose token service is at `realm`; its tokens are good for one scope each.
async fn with_tokens(server: &MockServer, realm: &str) {
    for (scope, at, body) in [
        ("registry:catalog:*", "/v2/_catalog", json!({"repositories": ["base", "tools/web"]})),
        ("repository:base:pull", "/v2/base/tags/list", json!({"tags": []})),
        ("repository:tools/web:pull", "/v2/tools/web/tags/list", json!({"tags": ["1.0", "2.0"]})),
        ("repository:tools/web:pull", "/v2/tools/web/manifests/1.0", json!({"config": {"size": 1}, "layers": [{"size": 20}]})),
        ("repository:tools/web:pull", "/v2/tools/web/manifests/2.0", json!({"config": {"size": 1}, "layers": [{"size": 30}]})),
    ] {
        let bearer = format!("Bearer a-good-token-for-{scope}");
        let challenge = format!("Bearer realm=\"{realm}\",service=\"the harbour\",scope=\"{scope}\"");
        let refusal = ResponseTemplate::new(401).insert_header("www-authenticate", challenge);
        Mock::given(path(at)).and(header("authorization", bearer)).respond_with(ok(body)).with_priority(1).mount(server).await;
        Mock::given(path(at)).respond_with(refusal).with_priority(2).mount(server).await;
    }
}

/// A token service, which gives a token for the scope that it is asked for.
fn token(key: &'static str) -> impl Fn(&Request) -> ResponseTemplate {
    move |request| {
        let asked = |name: &str| request.url.query_pairs().find(|(k, _)| k == name).map(|(_, v)| v.into_owned());
        assert_eq!(asked("service").as_deref(), Some("the harbour"));
        ok(json!({key: format!("a-good-token-for-{}", asked("scope").unwrap())}))
    }
}

#[tokio::test]
async fn a_token_is_fetched_for_each_scope_with_the_password_and_the_registry_never_sees_that() {
    for key in ["token", "access_token"] {
        let server = MockServer::start().await;
        with_tokens(&server, &format!("{}/token", server.uri())).await;
        Mock::given(path("/token")).and(basic_auth(USER, PASSWORD)).respond_with(token(key)).expect(3).mount(&server).await;
        let images = registry(&server.uri(), USER).images(None, 10).await.unwrap();
        assert_eq!(names(&images), ["base", "tools/web"]);
        let sizes: Vec<_> = images[1].tags.iter().map(|t| (t.name.as_str(), t.size)).collect();
        assert_eq!(sizes, [("1.0", 21), ("2.0", 31)]);
        for request in received(&server).await.iter().filter(|r| r.url.path() != "/token") {
            assert!(authorization(request).is_none_or(|a| a.starts_with("Bearer ")), "{} {:?}", request.url, authorization(request));
        }
    }
}

#[tokio::test]
async fn without_a_user_name_a_token_is_asked_for_without_credentials() {
    let server = MockServer::start().await;
    with_tokens(&server, &format!("{}/token", server.uri())).await;
    Mock::given(path("/token")).respond_with(token("token")).mount(&server).await;
    assert_eq!(names(&registry(&server.uri(), "").images(None, 10).await.unwrap()), ["base", "tools/web"]);
    let asked: Vec<_> = received(&server).await.into_iter().filter(|r| r.url.path() == "/token").collect();
    assert!(asked.len() == 3 && asked.iter().all(|r| authorization(r).is_none()), "{}", asked.len());
}

#[tokio::test]
async fn a_token_service_on_another_host_without_tls_gets_no_password() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    // the same machine under another name is another host
    with_tokens(&server, &format!("http://localhost:{}/token", other.address().port())).await;
    Mock::given(any()).respond_with(token("token")).mount(&other).await;
    let error = failure(&registry(&server.uri(), USER)).await;
    assert_eq!(error.kind, DriverErrorKind::Unauthorized, "{error}");
    assert!(error.message.contains("without TLS"), "{error}");
    assert_eq!(received(&other).await.len(), 0);
    // there is nothing to lose where there is no password
    assert_eq!(registry(&server.uri(), "").images(None, 10).await.unwrap().len(), 2);
    assert!(received(&other).await.iter().all(|r| authorization(r).is_none()));
}

#[tokio::test]
async fn a_token_service_on_another_port_of_the_registrys_host_gets_the_password() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    with_tokens(&server, &format!("{}/token", other.uri())).await;
    Mock::given(path("/token")).and(basic_auth(USER, PASSWORD)).respond_with(token("token")).mount(&other).await;
    assert_eq!(registry(&server.uri(), USER).images(None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_token_service_that_leads_on_to_another_place_is_not_followed() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    with_tokens(&server, &format!("{}/token", server.uri())).await;
    let away = ResponseTemplate::new(307).insert_header("location", format!("{}/token", other.uri()));
    Mock::given(path("/token")).respond_with(away).mount(&server).await;
    assert_eq!(failure(&registry(&server.uri(), USER)).await.kind, DriverErrorKind::Server);
    assert_eq!(received(&other).await.len(), 0);
}

#[tokio::test]
async fn a_token_service_that_fails_is_told_from_one_that_refuses() {
    use DriverErrorKind::{Server, Throttled, Unauthorized};
    let slow = ResponseTemplate::new(429).insert_header("retry-after", "4");
    for (what, answer, user, kind, retry_after, says) in [
        ("refuses", ResponseTemplate::new(401), USER, Unauthorized, None, "does not accept the user name and password"),
        ("refuses nobody", ResponseTemplate::new(401), "", Unauthorized, None, "nothing without a user name"),
        ("fails", ResponseTemplate::new(500).set_body_string(PASSWORD), USER, Server, None, "token service that answered 500"),
        ("is busy", slow, USER, Throttled, Some(Duration::from_secs(4)), "token service that answered 429"),
        ("has no token", ok(json!({"expires_in": 300})), USER, Server, None, "without a token"),
        ("has an empty token", ok(json!({"token": ""})), USER, Server, None, "without a token"),
        ("speaks something else", ResponseTemplate::new(200).set_body_string("<html>"), USER, Server, None, "does not answer like"),
        // a token that the registry then refuses
        ("is not believed", ok(json!({"token": "a-good-token-for-nothing"})), USER, Unauthorized, None, "does not accept"),
    ] {
        let server = MockServer::start().await;
        with_tokens(&server, &format!("{}/token", server.uri())).await;
        Mock::given(path("/token")).respond_with(answer).mount(&server).await;
        let error = failure(&registry(&server.uri(), user)).await;
        assert_eq!((error.kind, error.retry_after), (kind, retry_after), "{what}: {error}");
        assert!(error.message.contains(says), "{what}: {error}");
    }
    let server = MockServer::start().await;
    with_tokens(&server, &format!("{}/token", server.uri())).await;
    Mock::given(path("/token")).respond_with(ok(json!({})).set_delay(Duration::from_secs(60))).mount(&server).await;
    let error = failure(&registry(&server.uri(), USER).with_call_limit(LIMIT)).await;
    assert!(error.kind == DriverErrorKind::Timeout && error.message.contains("token service"), "{error:?}");
}

#[tokio::test]
async fn basic_credentials_are_sent_when_they_are_asked_for_and_not_before() {
    let server = MockServer::start().await;
    let refusal = ResponseTemplate::new(401).append_header("www-authenticate", "Negotiate");
    let refusal = refusal.append_header("www-authenticate", "Basic realm=\"harbour\"");
    Mock::given(basic_auth(USER, PASSWORD))
        .and(path("/v2/_catalog"))
        .respond_with(ok(json!({"repositories": ["a", "b"]})))
        .mount(&server)
        .await;
    Mock::given(basic_auth(USER, PASSWORD)).and(path_regex("tags")).respond_with(ok(json!({"tags": null}))).mount(&server).await;
    Mock::given(any()).respond_with(refusal).with_priority(9).mount(&server).await;
    assert_eq!(names(&registry(&server.uri(), USER).images(None, 10).await.unwrap()), ["a", "b"]);
    let seen = received(&server).await;
    let sent: Vec<_> = seen.iter().map(|r| authorization(r).is_some()).collect();
    assert_eq!(sent, [false, true, true, true], "asked for once, and sent from then on");
    let error = failure(&registry(&server.uri(), "somebody-else")).await;
    assert_eq!(error.kind, DriverErrorKind::Unauthorized);
    assert!(error.message.contains("does not accept the user name and password"), "{error}");
    let error = failure(&registry(&server.uri(), "")).await;
    assert!(error.kind == DriverErrorKind::Unauthorized && error.message.contains("asks for a user name"), "{error:?}");
}

#[tokio::test]
async fn a_registry_that_asks_for_what_nobody_knows_says_so() {
    for (challenge, kind, says) in [
        (None, DriverErrorKind::Unauthorized, "not known"),
        (Some("Negotiate"), DriverErrorKind::Unauthorized, "not known"),
        (Some("Bearer service=\"x\""), DriverErrorKind::Server, "names no token service"),
        (Some("Bearer realm=\"/token\""), DriverErrorKind::Server, "names no token service"),
    ] {
        let server = MockServer::start().await;
        let mut refusal = ResponseTemplate::new(401);
        if let Some(challenge) = challenge {
            refusal = refusal.insert_header("www-authenticate", challenge);
        }
        Mock::given(any()).respond_with(refusal).mount(&server).await;
        let error = failure(&registry(&server.uri(), USER)).await;
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(says), "{error}");
    }
}

#[tokio::test]
async fn the_catalog_is_followed_by_its_links() {
    let server = MockServer::start().await;
    let page = |repositories: Value, link: &str| ok(json!({"repositories": repositories})).append_header("link", link);
    let base = server.uri();
    let last = |name: &'static str| Mock::given(path("/v2/_catalog")).and(query_param("last", name));
    let first = Mock::given(path("/v2/_catalog")).and(query_param_is_missing("last")).and(query_param("n", "10"));
    first.respond_with(page(json!(["a"]), "</v2/_catalog?n=10&last=a>; rel=\"next\"")).mount(&server).await;
    // absolute, without quotes, beside another link, and with a page that is empty on the way
    last("a").respond_with(page(json!(["b/b"]), &format!("<{base}/v2/_catalog?last=b>; rel=next"))).mount(&server).await;
    last("b").respond_with(page(json!([]), "</v2/_catalog>; rel=\"first\", </v2/_catalog?last=c>; rel=\"next\"")).mount(&server).await;
    last("c").respond_with(page(json!(["c", "d"]), "</v2/_catalog>; rel=\"first\"")).mount(&server).await;
    no_tags(&server).await;
    assert_eq!(names(&registry(&server.uri(), "").images(None, 10).await.unwrap()), ["a", "b/b", "c", "d"]);
    assert_eq!(registry(&server.uri(), "").repositories(10).await.unwrap(), ["a", "b/b", "c", "d"]);
    // no more pages than what was asked for needs, and no more repositories
    let server = MockServer::start().await;
    let first = page(json!(["a", "b", "c"]), "</v2/_catalog?last=c>; rel=\"next\"");
    Mock::given(path("/v2/_catalog")).respond_with(first).expect(1).mount(&server).await;
    no_tags(&server).await;
    assert_eq!(names(&registry(&server.uri(), "").images(None, 2).await.unwrap()), ["a", "b"]);
    assert_eq!(registry(&server.uri(), "").images(None, 0).await.unwrap(), []);
}

/// A registry without links, of these repositories, that gives at most `most` of them at once after `last`.
fn counted(all: Vec<String>, most: usize) -> impl Fn(&Request) -> ResponseTemplate {
    move |request| {
        let asked = |name: &str| request.url.query_pairs().find(|(k, _)| k == name).map(|(_, v)| v.into_owned());
        let n = asked("n").unwrap().parse::<usize>().unwrap().min(most);
        let last = asked("last").unwrap_or_default();
        ok(json!({"repositories": all.iter().filter(|r| **r > last).take(n).collect::<Vec<_>>()}))
    }
}

#[tokio::test]
async fn a_catalog_without_links_is_paged_by_the_last_name() {
    let all: Vec<String> = (0..1234).map(|i| format!("team a&b/{i:04}")).collect();
    let server = MockServer::start().await;
    Mock::given(path("/v2/_catalog")).respond_with(counted(all.clone(), 500)).expect(3 + 1).mount(&server).await;
    no_tags(&server).await;
    let images = registry(&server.uri(), "").images(None, 2000).await.unwrap();
    assert_eq!(names(&images), all);
    let images = registry(&server.uri(), "").images(Some(&all[1200]), 5).await.unwrap();
    assert_eq!(names(&images), all[1201..1206]);
}

#[tokio::test]
async fn a_registry_that_always_gives_everything_is_listed_once() {
    let server = MockServer::start().await;
    open(&server, &["a", "b", "c"]).await;
    for limit in [1, 2, 3, 10] {
        let listed = registry(&server.uri(), "").images(None, limit).await.unwrap();
        assert_eq!(names(&listed), &["a", "b", "c"][..limit.min(3)]);
    }
    assert_eq!(names(&registry(&server.uri(), "").images(Some("a"), 1).await.unwrap()), ["b"]);
    assert_eq!(names(&registry(&server.uri(), "").images(Some("c"), 10).await.unwrap()), Vec::<&str>::new());
}

#[tokio::test]
async fn links_that_go_round_in_circles_come_to_an_end() {
    let link = |to: &str| format!("<{to}>; rel=\"next\"");
    let none = || json!({"repositories": []});
    // a page that leads to itself, two that lead to each other, and ever new ones with nothing in them
    for (what, answer) in [
        ("itself", (|_: &Request| "/v2/_catalog?n=10".to_owned()) as fn(&Request) -> String),
        ("two", |r| format!("/v2/_catalog?last={}", if r.url.query().unwrap_or_default().ends_with("=a") { "b" } else { "a" })),
        ("ever new", |r| format!("/v2/_catalog?last=x{}", r.url.query().unwrap_or_default().len())),
    ] {
        for full in [false, true] {
            let server = MockServer::start().await;
            let listed = if full { json!({"repositories": ["a", "b"]}) } else { none() };
            let page = move |request: &Request| ok(listed.clone()).insert_header("link", link(&answer(request)));
            Mock::given(path("/v2/_catalog")).respond_with(page).mount(&server).await;
            no_tags(&server).await;
            let registry = registry(&server.uri(), "");
            let ended = tokio::time::timeout(Duration::from_secs(20), registry.images(None, 10)).await;
            let images = ended.unwrap_or_else(|_| panic!("{what}: it never ended")).unwrap();
            assert_eq!(names(&images), if full { vec!["a", "b"] } else { vec![] }, "{what}");
            let asked = received(&server).await.len();
            assert!(asked < 20, "{what}: {asked} calls");
        }
    }
}

#[tokio::test]
async fn a_link_to_another_host_is_not_followed() {
    let (server, other) = (MockServer::start().await, MockServer::start().await);
    let away = ok(json!({"repositories": ["a"]})).insert_header("link", format!("<{}/v2/_catalog>; rel=\"next\"", other.uri()));
    Mock::given(basic_auth(USER, PASSWORD)).respond_with(away).mount(&server).await;
    let refusal = ResponseTemplate::new(401).insert_header("www-authenticate", "Basic realm=\"harbour\"");
    Mock::given(any()).respond_with(refusal).with_priority(9).mount(&server).await;
    let error = failure(&registry(&server.uri(), USER)).await;
    assert!(error.kind == DriverErrorKind::Server && error.message.contains("another host"), "{error:?}");
    assert_eq!(received(&other).await.len(), 0);
}

#[tokio::test]
async fn the_size_of_a_list_of_manifests_is_that_of_its_platforms() {
    let server = MockServer::start().await;
    open(&server, &["web"]).await;
    let at = |what: &str| Mock::given(method("GET")).and(path(format!("/v2/web/{what}")));
    let manifest = |sizes: &[i64]| json!({"config": {"size": 1}, "layers": sizes.iter().map(|s| json!({"size": s})).collect::<Vec<_>>()});
    at("tags/list").respond_with(ok(json!({"tags": ["latest", "old", "vanished"]}))).with_priority(1).mount(&server).await;
    let list = json!({"mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{"digest": "sha256:amd", "size": 7}, {"digest": "sha256:arm", "size": 7}, {"digest": "sha256:never-pushed", "size": 7}]});
    at("manifests/latest").respond_with(ok(list).insert_header("docker-content-digest", "sha256:list")).mount(&server).await;
    at("manifests/sha256:amd").respond_with(ok(manifest(&[100, 10]))).mount(&server).await;
    at("manifests/sha256:arm").respond_with(ok(manifest(&[200]))).mount(&server).await;
    at("manifests/old").respond_with(ok(manifest(&[5]))).mount(&server).await;
    let images = registry(&server.uri(), "").images(None, 10).await.unwrap();
    let tags: Vec<_> = images[0].tags.iter().map(|t| (t.name.as_str(), t.digest.as_str(), t.size)).collect();
    // a tag that was removed between the two calls is left out
    assert_eq!(tags, [("latest", "sha256:list", 111 + 201), ("old", "", 6)]);
    assert_eq!(images[0].registry, "harbour");
    for request in received(&server).await.iter().filter(|r| r.url.path().contains("manifests")) {
        let accepted: Vec<_> = request.headers.get_all("accept").iter().map(|v| v.to_str().unwrap()).collect();
        assert!(accepted.iter().any(|a| a.contains("manifest.list.v2+json") && a.contains("image.index.v1+json")), "{accepted:?}");
    }
}

#[tokio::test]
async fn repositories_without_tags_are_listed_as_they_are() {
    let server = MockServer::start().await;
    open(&server, &["empty", "null", "removed"]).await;
    let at = |name: &str| Mock::given(path(format!("/v2/{name}/tags/list")));
    at("empty").respond_with(ok(json!({"name": "empty", "tags": []}))).with_priority(1).mount(&server).await;
    at("null").respond_with(ok(json!({"name": "null", "tags": null}))).with_priority(1).mount(&server).await;
    at("removed").respond_with(ResponseTemplate::new(404).set_body_string("{}")).with_priority(1).mount(&server).await;
    let images = registry(&server.uri(), "").images(None, 10).await.unwrap();
    assert_eq!(names(&images), ["empty", "null", "removed"]);
    assert!(images.iter().all(|i| i.tags.is_empty()));
    // and a registry without repositories is an empty list, also in the words of one that is written in Go
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ok(json!({"repositories": null}))).mount(&server).await;
    assert_eq!(registry(&server.uri(), "").images(None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn each_failure_has_its_kind_and_names_the_registry() {
    use DriverErrorKind::{Conflict, Forbidden, Server, Throttled};
    let page = format!("<html>you sent {PASSWORD}</html>");
    let words = |text: &str| ResponseTemplate::new(200).set_body_string(text);
    for (what, answer, kind, permanent, says) in [
        ("an error", ResponseTemplate::new(500).set_body_string(&page), Server, false, "answered 500"),
        ("unavailable", ResponseTemplate::new(503), Server, false, "answered 503"),
        ("not allowed", ResponseTemplate::new(403), Forbidden, true, "answered 403"),
        ("too often", ResponseTemplate::new(429).insert_header("retry-after", "9"), Throttled, false, "answered 429"),
        ("no catalog", ResponseTemplate::new(404), Conflict, false, "answered 404"),
        ("another place", ResponseTemplate::new(301).insert_header("location", "/ui"), Server, false, "answered 301"),
        ("a page", words(&page), Server, false, "does not answer like a registry"),
        ("half a document", words("{\"repositories\": ["), Server, false, "does not answer like a registry"),
        ("another document", words("{\"hello\": \"world\"}"), Server, false, "does not answer like a registry"),
        ("another type", words("{\"repositories\": {\"a\": 1}}"), Server, false, "does not answer like a registry"),
        ("nothing", words(""), Server, false, "does not answer like a registry"),
        ("too much", words(&" ".repeat(9 << 20)), Server, false, "larger than"),
    ] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let error = failure(&registry(&server.uri(), USER)).await;
        assert_eq!((error.kind, error.permanent()), (kind, permanent), "{what}: {error}");
        assert_eq!(error.retry_after, (kind == Throttled).then_some(Duration::from_secs(9)), "{what}");
        assert!(error.message.contains(says), "{what}: {error}");
    }
    // a failure on the way is the failure of the whole: half a list would be taken for all of it
    let server = MockServer::start().await;
    open(&server, &["a", "b"]).await;
    Mock::given(path("/v2/b/tags/list")).respond_with(ResponseTemplate::new(500)).with_priority(1).mount(&server).await;
    assert_eq!(failure(&registry(&server.uri(), USER)).await.kind, Server);
}

#[tokio::test]
async fn a_registry_that_hangs_breaks_off_or_is_not_there() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ok(json!({})).set_delay(Duration::from_secs(60))).mount(&server).await;
    let begun = Instant::now();
    let error = failure(&registry(&server.uri(), USER).with_call_limit(LIMIT)).await;
    assert!(error.kind == DriverErrorKind::Timeout && error.message.contains("within 200ms"), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let breaking = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let _ = connection.read(&mut [0; 4096]).await;
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{\"repositories\": [").await;
        }
    });
    let error = failure(&registry(&breaking, USER)).await;
    assert!(error.kind == DriverErrorKind::Unreachable && !error.permanent(), "{error:?}");

    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = failure(&registry(&format!("http://{closed}"), USER)).await;
    assert!(error.kind == DriverErrorKind::Unreachable && error.message.contains("refused"), "{error:?}");
    // the password may stand in the URL, and is not told from there either
    let error = failure(&registry(&format!("http://{USER}:{PASSWORD}@{closed}"), USER)).await;
    assert_eq!(error.kind, DriverErrorKind::Unreachable);
    let plain = failure(&registry(&server.uri().replace("http:", "https:"), USER)).await;
    assert_eq!(plain.kind, DriverErrorKind::Unreachable, "{plain}");
}

#[tokio::test]
async fn a_registry_or_token_service_on_an_address_that_is_not_allowed_is_not_dialled() {
    let server = MockServer::start().await;
    let inside = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap();
    let realm = format!("http://{}/token", inside.local_addr().unwrap());
    with_tokens(&server, &realm).await;
    let connection = |url: String| RegistryConnection { name: "harbour".into(), url, ..connection_of_nobody() };
    let guard = Guard::new(&["127.0.0.1"]).unwrap();
    for url in [server.uri(), format!("http://{}", inside.local_addr().unwrap())] {
        let error = failure(&Registry::new(&connection(url), &guard).unwrap()).await;
        assert!(error.kind == DriverErrorKind::Invalid && error.message.contains("outgoing.allow"), "{error}");
    }
    let knocked = std::future::poll_fn(|context| std::task::Poll::Ready(inside.poll_accept(context).is_ready())).await;
    assert!(!knocked);
}

fn connection_of_nobody() -> RegistryConnection {
    RegistryConnection { name: String::new(), url: String::new(), username: String::new(), password: String::new(), ca_pem: None }
}
