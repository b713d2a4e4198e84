//! The binary as it is run: killed in the middle, stopped, over TLS, with a wrong configuration, and with its own command line as a client.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

#[path = "common/process.rs"]
mod process;

use std::io::BufRead as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use process::{PASSWORD, PATIENCE, Process, tenantry};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tenantry_driver_sandbox::{Faults, Sandbox};

/// What is left in the sandbox.
async fn left(folder: &Path) -> Value {
    let sandbox = Sandbox::open(&folder.join("sandbox/sandbox.db"), Faults::default().into()).await.unwrap();
    sandbox.export().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_while_tenants_are_opened_and_closed_loses_nothing_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    // every call of the datacenter takes so long that there is a middle to be killed in
    let slow = [("TENANTRY_SANDBOX__LATENCY_MS", "120"), ("TENANTRY_SERVER__SHUTDOWN_S", "1")];
    for (round, after) in [5_u64, 40, 90, 150, 220, 300].into_iter().enumerate() {
        let name = format!("killed-{round}");
        let body = json!({"name": name, "datacenter_ids": [1], "quota": {"cpu": 1, "memory_gib": 1}, "balance": 10});
        let key = [("idempotency-key", name.as_str())];
        let server = Process::start(folder.path(), &slow).await;
        let token = server.login().await;
        let opening = server.send("POST", "/api/v2/tenants?wait=30", &token, &key, body.clone());
        let _ = tokio::time::timeout(Duration::from_millis(after), opening).await;
        server.kill();

        // the client does what clients do: it sends the request again
        let server = Process::start(folder.path(), &slow).await;
        let token = server.login().await;
        let (status, made) = server.send("POST", "/api/v2/tenants?wait=30", &token, &key, body).await.unwrap();
        assert!(matches!(status, 200 | 201), "killed after {after} ms: {status} {made}");
        let (_, listed) = server.send("GET", &format!("/api/v2/tenants?name={name}"), &token, &[], Value::Null).await.unwrap();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "killed after {after} ms: {listed}");
        let tenant = &listed["items"][0];
        let path = format!("/api/v2/tenants/{}", tenant["id"]);
        server.send("GET", &format!("{path}?wait=30"), &token, &[], Value::Null).await.unwrap();
        let (_, namespaces) = server.send("GET", &format!("{path}/namespaces"), &token, &[], Value::Null).await.unwrap();
        assert_eq!(namespaces["items"][0]["state"], "ready", "killed after {after} ms: {namespaces}");
        assert_eq!(tenant["balance"], 10, "booked once");
        assert_eq!(left(folder.path()).await.as_array().map(Vec::len), Some(1));
        let waiting = format!("{path}?wait=30");
        let closing = server.send("DELETE", &waiting, &token, &[], Value::Null);
        let _ = tokio::time::timeout(Duration::from_millis(after), closing).await;
        server.kill();

        let server = Process::start(folder.path(), &slow).await;
        let token = server.login().await;
        let (status, answer) = server.send("DELETE", &format!("{path}?wait=30"), &token, &[], Value::Null).await.unwrap();
        assert!(matches!(status, 204 | 404), "killed after {after} ms: {status} {answer}");
        assert_eq!(left(folder.path()).await, json!([]), "killed after {after} ms");
        server.kill();
    }
    let checked = tenantry().args(["doctor", "--data-dir"]).arg(folder.path()).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_ends_what_is_under_way() {
    let folder = TempDir::new().unwrap();
    let mut server = Process::start(folder.path(), &[("TENANTRY_SANDBOX__LATENCY_MS", "300")]).await;
    let token = server.login().await;
    let body = json!({"name": "last", "datacenter_ids": [1], "quota": {"cpu": 1, "memory_gib": 1}});
    let url = server.url("/api/v2/tenants?wait=30");
    let request = tokio::spawn(server.http.post(url).bearer_auth(&token).json(&body).send());
    // the row is there: the request has begun, and waits for the datacenter
    while server.send("GET", "/api/v2/tenants?name=last", &token, &[], Value::Null).await.unwrap().1["items"] == json!([]) {}
    assert!(Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap().success());
    assert_eq!(request.await.unwrap().unwrap().status(), 201);
    let begun = Instant::now();
    let ended = loop {
        if let Some(ended) = server.child.try_wait().unwrap() {
            break ended;
        }
        assert!(begun.elapsed() < PATIENCE, "it does not stop");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(ended.success(), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_over_tls() {
    let folder = TempDir::new().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let settings =
        [("TENANTRY_SERVER__TLS_CERTIFICATE", certificate.to_str().unwrap()), ("TENANTRY_SERVER__TLS_KEY", key.to_str().unwrap())];
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = Client::builder().tls_certs_only([root]);
    let server = Process::start_with(&folder.path().join("data"), &settings, client, "https").await;
    assert_eq!(server.login().await.len(), 64);
    let plain = Client::builder().no_proxy().build().unwrap().get(format!("http://{}/healthz", server.address)).send().await;
    assert!(plain.is_err() || plain.unwrap().status() != 200, "TLS and nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_too_long_is_told_so_in_each_dialects_form() {
    let folder = TempDir::new().unwrap();
    let settings = [
        ("TENANTRY_SANDBOX__LATENCY_MS", "3000"),
        ("TENANTRY_SERVER__REQUEST_TIMEOUT_S", "1"),
        ("TENANTRY_DIALECTS__CONTAINER_CLOUD__HTTP_STATUS", "legacy"),
    ];
    let server = Process::start(folder.path(), &[]).await;
    server.kill();
    let server = Process::start(folder.path(), &settings).await;
    let token = server.login().await;
    let body = json!({"name": "slow", "datacenter_ids": [1], "quota": {"cpu": 1, "memory_gib": 1}});
    let (status, problem) = server.send("POST", "/api/v2/tenants?wait=30", &token, &[], body).await.unwrap();
    assert_eq!((status, &problem["code"]), (504, &json!("timeout")), "{problem}");
    let body = json!({"name": "slower", "dcIdList": [1], "cpuQuota": 1, "memQuota": 1});
    let (status, envelope) = server.send("POST", "/api/v1/organization/new", &token, &[], body).await.unwrap();
    // the original always answered 200
    assert_eq!((status, &envelope["code"]), (200, &json!(1706)), "{envelope}");
    let (status, envelope) = server.send("GET", "/api/v1/organizations/99", &token, &[], Value::Null).await.unwrap();
    assert_eq!((status, &envelope["code"]), (200, &json!(1414)), "{envelope}");
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_requests_steps_and_calls_and_tell_no_secret() {
    let folder = TempDir::new().unwrap();
    let server = Process::start(folder.path(), &[]).await;
    let token = server.login().await;
    let body = json!({"name": "counted", "datacenter_ids": [1], "quota": {"cpu": 1, "memory_gib": 1}});
    assert_eq!(server.send("POST", "/api/v2/tenants?wait=30", &token, &[], body).await.unwrap().0, 201);
    for _ in 0..3 {
        server.send("GET", "/api/v2/tenants/2", &token, &[], Value::Null).await.unwrap();
    }
    let text = server.send("GET", "/metrics", "", &[], Value::Null).await.unwrap().1;
    let text = text.as_str().unwrap();
    let line =
        |parts: &[&str]| text.lines().find(|l| parts.iter().all(|p| l.contains(p))).unwrap_or_else(|| panic!("{parts:?} in\n{text}"));
    assert!(line(&["tenantry_http_requests_total", "/api/v2/tenants/{id}", "\"200\""]).ends_with(" 3"));
    line(&["tenantry_http_request_seconds_bucket", "le=\"0.005\""]);
    line(&["tenantry_reconcile_total", "kind=\"namespace\"", "outcome=\"done\""]);
    line(&["tenantry_driver_calls_total", "driver=\"sandbox\"", "call=\"ensure_namespace\"", "outcome=\"ok\""]);
    line(&["tenantry_queue_due"]);
    line(&["tenantry_queue_lag_seconds"]);
    assert!(!text.contains(&token) && !text.contains(PASSWORD));
}

fn run(arguments: &[&str], folder: &Path, settings: &[(&str, &str)]) -> Output {
    tenantry().args(arguments).arg("--data-dir").arg(folder).envs(settings.iter().copied()).output().unwrap()
}

#[test]
fn what_is_wrong_with_the_configuration_is_said_by_its_name() {
    let folder = TempDir::new().unwrap();
    for (setting, value, named) in [
        ("TENANTRY_SERVER__LISTEN_ON", "x", "listen_on"),
        ("TENANTRY_SERVER__LISTEN", "nonsense", "listen"),
        ("TENANTRY_DATABASE__URL", "mysql://x", "database.url"),
        ("TENANTRY_OUTGOING__ALLOW", "not-a-network", "not-a-network"),
        ("TENANTRY_SANDBOX__FAULT", "sometimes", "fault"),
    ] {
        let ended = run(&["serve", "--listen", "127.0.0.1:0"], folder.path(), &[(setting, value)]);
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && told.to_lowercase().contains(named), "{setting}: {told}");
    }
}

#[test]
fn the_doctor_says_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    let told = |ended: &Output| String::from_utf8_lossy(&ended.stderr).into_owned();
    let fresh = run(&["doctor"], folder.path(), &[]);
    assert!(!fresh.status.success() && told(&fresh).contains("tenantry migrate"), "{}", told(&fresh));
    assert!(run(&["migrate"], folder.path(), &[]).status.success());
    let well = run(&["doctor"], folder.path(), &[]);
    assert!(well.status.success(), "{}", told(&well));
    let key = folder.path().join("short.key");
    std::fs::write(&key, "abc").unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mail = [
        ("TENANTRY_MAIL__HOST", "127.0.0.1"),
        ("TENANTRY_MAIL__PORT", port.as_str()),
        ("TENANTRY_MAIL__FROM", "cloud@example.org"),
        ("TENANTRY_SERVER__PUBLIC_URL", "https://cloud.example.org"),
    ];
    let inside = run(&["doctor"], folder.path(), &mail);
    assert!(!inside.status.success() && told(&inside).contains("outgoing.allow"), "{}", told(&inside));
    let down = run(&["doctor"], folder.path(), &[mail.as_slice(), &[("TENANTRY_OUTGOING__ALLOW", "127.0.0.0/8")]].concat());
    assert!(!down.status.success() && told(&down).contains(&format!("the mail server 127.0.0.1:{port}")), "{}", told(&down));
    let file = folder.path().join("providers.toml");
    let provider = format!("[[oidc]]\nname = \"company\"\nissuer = \"http://127.0.0.1:{port}\"\nclient_id = \"tenantry\"\n");
    std::fs::write(&file, provider).unwrap();
    let asked = ["doctor", "--config", file.to_str().unwrap()];
    let around = [("TENANTRY_SERVER__PUBLIC_URL", "https://cloud.example.org"), ("TENANTRY_OUTGOING__ALLOW", "127.0.0.0/8")];
    let away = run(&asked, folder.path(), &around);
    assert!(!away.status.success() && told(&away).contains("provider 'company'"), "{}", told(&away));
    let wrong = run(&["doctor"], folder.path(), &[("TENANTRY_DATABASE__KEY_FILE", key.to_str().unwrap())]);
    assert!(!wrong.status.success() && told(&wrong).contains("short.key"), "{}", told(&wrong));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_embedded_database_is_refused() {
    let folder = TempDir::new().unwrap();
    let _first = Process::start(folder.path(), &[]).await;
    let second = run(&["serve", "--listen", "127.0.0.1:0"], folder.path(), &[("TENANTRY_SERVER__TAKEOVER_S", "1")]);
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && told.contains("stop it first"), "{told}");
}

#[test]
fn a_server_waits_for_the_one_before_it_that_is_not_gone_yet() {
    let folder = TempDir::new().unwrap();
    // what the one before holds until it is gone
    let held = std::fs::File::create(folder.path().join("lock")).unwrap();
    held.lock().unwrap();
    let mut serve = tenantry();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.path()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = serve.env("TENANTRY_SERVER__TAKEOVER_S", "60").spawn().unwrap();
    let mut log = std::io::BufReader::new(child.stderr.take().unwrap()).lines();
    let mut says = |part: &str| log.by_ref().map(Result::unwrap).any(|line| line.contains(part));
    let waits = says("it is waited for");
    drop(held);
    let listens = says("Tenantry listens on");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(waits && listens, "it waits: {waits}; it listens: {listens}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_start_goes_on_without_a_sandbox_that_fails() {
    let folder = TempDir::new().unwrap();
    let server = Process::start(folder.path(), &[("TENANTRY_SANDBOX__FAULT", "down")]).await;
    let token = server.login().await;
    assert_eq!(server.send("GET", "/api/v2/datacenters", &token, &[], Value::Null).await.unwrap().1["items"], json!([]));
    server.kill();
    let server = Process::start(folder.path(), &[]).await;
    let token = server.login().await;
    let body = json!({"name": "sandbox", "kind": "sandbox"});
    assert_eq!(server.send("POST", "/api/v2/datacenters", &token, &[], body).await.unwrap().0, 201);
}

#[test]
fn a_first_start_on_an_address_that_is_taken_tells_no_password() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let ended = run(&["serve", "--listen", &taken.local_addr().unwrap().to_string()], folder.path(), &[]);
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success() && told.contains("cannot listen on 127.0.0.1"), "{told}");
    assert!(ended.stdout.is_empty() && !told.contains('\u{1b}'), "no password, and no colours where nobody looks: {told}");
    assert_eq!(told.matches("cannot listen").count(), 1, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_does_the_main_job() {
    let (folder, home) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let server = Process::start(folder.path(), &[]).await;
    let at = server.url("");
    let client = |line: &str, input: &str| {
        let mut child = tenantry()
            .args(line.split(' '))
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        (ended.status.code(), String::from_utf8_lossy(&ended.stdout).into_owned(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    let (code, _, err) = client("tenants list", "");
    assert_ne!(code, Some(0), "not logged in: {err}");
    let (code, out, err) = client(&format!("login --server {at} admin --password-stdin"), PASSWORD);
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, out, err) = client("tenants create dev --datacenter 1 --cpu 2 --memory 2 -o json", "");
    assert_eq!(code, Some(0), "{out}{err}");
    let made: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(made["name"], "dev");
    let (code, out, _) = client("tenants list -o json", "");
    let listed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, listed.as_array().or_else(|| listed["items"].as_array()).map(Vec::len)), (Some(0), Some(2)), "{out}");
    let (code, out, err) = client("tenants delete dev --yes", "");
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, _, err) = client("tenants show dev", "");
    assert_ne!(code, Some(0));
    assert!(err.contains("dev"), "{err}");
}
