//! Single sign-on through the front door at a real OpenID provider, by a browser made of plain requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Request;
use reqwest::{Client, redirect};
use serde_json::{Value, json};
use tenantry_driver_api::tls;
use tenantry_server::{Config, SystemClock};
use url::Url;

use crate::common::{Answer, PASSWORD, Server};

const HERE: &str = "https://cloud.example.net";

/// The provider that the environment names, and its certificate authority.
struct Provider {
    issuer: String,
    ca_file: String,
}

impl Provider {
    fn of_environment() -> Option<Self> {
        let Ok(issuer) = std::env::var("TENANTRY_TEST_OIDC") else {
            let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: TENANTRY_TEST_OIDC names no provider\n");
            return None;
        };
        Some(Self { issuer, ca_file: std::env::var("TENANTRY_TEST_OIDC_CA").unwrap() })
    }

    /// A server whose people are this provider's.
    async fn server(&self) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let (file, secret) = (folder.path().join("tenantry.toml"), folder.path().join("secret"));
        std::fs::write(&secret, "tenantry-client-secret\n").unwrap();
        let text = format!(
            r#"[server]
public_url = "{HERE}"
[[oidc]]
name = "company"
label = "Company login"
issuer = "{}"
client_id = "tenantry"
client_secret_file = "{}"
ca_file = "{}"
scopes = ["profile", "email", "groups"]
roles = [{{ group = "cloud-admins", role = "system.admin" }}, {{ group = "cloud-developers", role = "maintainer" }}]
"#,
            self.issuer,
            secret.display(),
            self.ca_file
        );
        std::fs::write(&file, text).unwrap();
        let read = Config::load(Some(&file)).unwrap();
        let configure = |config: &mut Config| {
            config.server.public_url = read.server.public_url;
            config.oidc = read.oidc;
        };
        Server::start_with(Arc::new(SystemClock), configure).await
    }
}

/// A browser with a cookie jar for each side.
#[derive(Default)]
struct Browser {
    here: BTreeMap<String, String>,
    there: BTreeMap<String, String>,
}

fn sent(jar: &BTreeMap<String, String>) -> String {
    jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

fn keep(headers: &http::HeaderMap, jar: &mut BTreeMap<String, String>) {
    for cookie in headers.get_all("set-cookie") {
        let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
        jar.remove(name);
        if !value.is_empty() {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Browser {
    /// Opens a page of ours.
    async fn open(&mut self, server: &Server, path: &str) -> Answer {
        let request = Request::builder().uri(path).header("accept", "text/html").header("cookie", sent(&self.here));
        let answer = server.raw(request.body(axum::body::Body::empty()).unwrap()).await;
        keep(&answer.headers, &mut self.here);
        answer
    }

    /// Goes to the provider, fills in its form when there is one, and answers where it is led that begins with `until`.
    async fn walk(&mut self, provider: &Provider, from: &str, login: &str, password: &str, until: &str) -> Url {
        let tls = tls::config(Some(&std::fs::read_to_string(&provider.ca_file).unwrap())).unwrap();
        let http = Client::builder().tls_backend_preconfigured(tls).no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        let mut url: Url = from.parse().unwrap();
        for _ in 0..10 {
            let mut answer = http.get(url.clone()).header("cookie", sent(&self.there)).send().await.unwrap();
            if answer.status() == 200 {
                keep(answer.headers(), &mut self.there);
                let form = [("login", login), ("password", password)];
                answer = http.post(url.clone()).header("cookie", sent(&self.there)).form(&form).send().await.unwrap();
            }
            keep(answer.headers(), &mut self.there);
            assert!(answer.status().is_redirection(), "{}: {}", answer.status(), answer.text().await.unwrap());
            url = url.join(answer.headers()["location"].to_str().unwrap()).unwrap();
            if url.as_str().starts_with(until) {
                return url;
            }
        }
        panic!("the provider does not lead back: {url}");
    }

    /// A whole login: from our page to the provider and back to our page.
    async fn log_in(&mut self, server: &Server, provider: &Provider, login: &str, password: &str) -> Answer {
        let begun = self.open(server, "/api/v2/sign-ons/company?return_to=/console").await;
        assert_eq!(begun.status, 303, "{}", begun.body);
        let back = self.walk(provider, begun.headers["location"].to_str().unwrap(), login, password, HERE).await;
        self.open(server, &format!("{}?{}", back.path(), back.query().unwrap())).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_logs_in_at_a_real_provider_and_others_stay_out() {
    let Some(provider) = Provider::of_environment() else { return };
    let server = provider.server().await;
    let methods = server.send("", "GET", "/api/v2/login-methods", None).await.body;
    let company = json!({"name": "company", "label": "Company login", "url": "/api/v2/sign-ons/company"});
    assert_eq!(methods, json!({"password": true, "sign_on": [company]}));
    let mut alice = Browser::default();
    let page = alice.log_in(&server, &provider, "alice", "alice-password").await;
    assert!(page.status == 200 && page.body.as_str().unwrap().contains("0;url=/console"), "{}", page.body);
    assert_eq!(alice.here.keys().collect::<Vec<_>>(), ["tenantry_session"], "what began the login is forgotten");
    let session = alice.open(&server, "/api/v2/sessions/current").await.body;
    let user = &session["user"];
    assert_eq!(
        (&user["username"], &user["role"], &user["origin"], &user["email"]),
        (&json!("alice"), &json!("system.admin"), &json!("company"), &json!("alice@example.net")),
        "{session}"
    );
    // once more, without a form: the provider still knows the browser
    let again = alice.log_in(&server, &provider, "alice", "not asked for").await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(alice.open(&server, "/api/v2/sessions/current").await.body["user"]["id"], user["id"]);
    let bob = Browser::default().log_in(&server, &provider, "bob", "bob-password").await;
    assert_eq!(bob.status, 200, "{}", bob.body);
    for (login, password, status, told) in [
        ("alice", "bob-password", 401, "access_denied"),
        ("carol", "carol-password", 403, "knows you, but you may not log in here"),
        ("admin", "admin-password", 403, "knows you, but you may not log in here"),
    ] {
        let mut browser = Browser::default();
        let page = browser.log_in(&server, &provider, login, password).await;
        assert_eq!(page.status.as_u16(), status, "{login}: {}", page.body);
        assert!(page.body.as_str().unwrap().contains(told) && !browser.here.contains_key("tenantry_session"), "{login}: {}", page.body);
    }
    // what alice's browser is led back with is of no use in another
    let begun = alice.open(&server, "/api/v2/sign-ons/company").await;
    let back = alice.walk(&provider, begun.headers["location"].to_str().unwrap(), "", "", HERE).await;
    let stolen = format!("{}?{}", back.path(), back.query().unwrap());
    assert_eq!(Browser::default().open(&server, &stolen).await.status, 401);
    assert_eq!(alice.open(&server, &stolen).await.status, 200);
    let audited = server.get("/api/v2/audit?action=login&limit=100").await.body;
    let details: Vec<&str> = audited["items"].as_array().unwrap().iter().map(|r| r["detail"].as_str().unwrap()).collect();
    for part in ["by 'company'", "the provider answered 'access_denied'", "no group gives a role here", "'admin' belongs to another user"] {
        assert!(details.iter().any(|d| d.contains(part)), "{part}: {details:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_logs_in_at_a_real_provider_by_a_port_of_its_own() {
    let Some(provider) = Provider::of_environment() else { return };
    let server = provider.server().await;
    let redirect_uri = "http://127.0.0.1:40321/callback";
    let begun = server.send("", "POST", "/api/v2/sign-ons/company", Some(json!({"redirect_uri": redirect_uri}))).await;
    assert_eq!(begun.status, 201, "{}", begun.body);
    let from = begun.body["url"].as_str().unwrap();
    let back = Browser::default().walk(&provider, from, "alice", "alice-password", redirect_uri).await;
    let arrived: BTreeMap<_, _> = back.query_pairs().into_owned().collect();
    assert_eq!(arrived["state"], begun.body["state"].as_str().unwrap());
    let finish = |secret: &Value| {
        let body = json!({"state": arrived["state"], "code": arrived["code"], "secret": secret});
        server.send("", "POST", "/api/v2/sign-ons/company/finish", Some(body))
    };
    assert_eq!(finish(&json!("another.secret")).await.status, 401);
    let started = finish(&begun.body["secret"]).await;
    assert_eq!((started.status.as_u16(), &started.body["user"]["username"]), (201, &json!("alice")), "{}", started.body);
    assert_eq!(finish(&begun.body["secret"]).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_starts_while_its_provider_is_down_and_says_what_is_down() {
    // a port that was free a moment ago: nobody answers there
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ca = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, ca.cert.pem()).unwrap();
    let provider = Provider { issuer: format!("https://127.0.0.1:{port}"), ca_file: ca_file.display().to_string() };
    let server = provider.server().await;
    let answer = Browser::default().open(&server, "/api/v2/sign-ons/company").await;
    assert_eq!(answer.status, 502, "{}", answer.body);
    assert!(answer.body.as_str().unwrap().contains("&#39;company&#39; cannot be asked now"), "{}", answer.body);
    server.login("admin", PASSWORD).await;
    let looked_at = server.get("/api/v2/directories").await.body["items"][0].clone();
    assert_eq!((&looked_at["kind"], &looked_at["healthy"]), (&json!("provider"), &json!(false)), "{looked_at}");
}
