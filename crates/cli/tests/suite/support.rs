//! Runs commands against a server that says what the test wants, with a terminal that the test reads.

use std::cell::RefCell;
use std::io::{self, Cursor, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tenantry_cli::{Exit, Terminal};
use tokio::sync::mpsc::UnboundedSender;
use wiremock::{MockServer, ResponseTemplate};

/// A machine with a home of its own.
pub(crate) struct Machine {
    pub(crate) server: MockServer,
    pub(crate) home: TempDir,
    pub(crate) token: Option<&'static str>,
    pub(crate) interactive: bool,
    /// Where pages go that are to be shown; without it there is no browser.
    pub(crate) browser: Option<UnboundedSender<String>>,
}

/// How a command ended, and what it wrote.
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Machine {
    pub(crate) async fn new() -> Self {
        Self { server: MockServer::start().await, home: TempDir::new().unwrap(), token: Some("TOKEN"), interactive: false, browser: None }
    }

    /// Runs `tenantry <line>` on the server of the test.
    pub(crate) async fn run(&self, line: &str) -> Ended {
        self.run_with(line, "").await
    }

    /// The same, with something to read.
    pub(crate) async fn run_with(&self, line: &str, input: &str) -> Ended {
        self.run_anywhere(&format!("{line} --server {}", self.server.uri()), input).await
    }

    /// The same, on the server that the profile names.
    pub(crate) async fn run_anywhere(&self, line: &str, input: &str) -> Ended {
        let (out, err) = (Written::default(), Written::default());
        let profiles = self.profiles().to_string_lossy().into_owned();
        let token = self.token;
        let browser = self.browser.clone();
        let terminal = Terminal {
            out: Box::new(out.clone()),
            err: Box::new(err.clone()),
            input: Box::new(Cursor::new(input.to_owned())),
            interactive: self.interactive,
            ask_secret: |_| Ok("correct horse".to_owned()),
            open_browser: Box::new(move |url| browser.as_ref().is_some_and(|browser| browser.send(url.to_owned()).is_ok())),
            env: Box::new(move |name| match name {
                "TENANTRY_PROFILES" => Some(profiles.clone()),
                "TENANTRY_TOKEN" => token.map(str::to_owned),
                _ => None,
            }),
            poll_gap: Duration::ZERO,
        };
        let exit = tenantry_cli::run_in(std::iter::once("tenantry").chain(line.split_whitespace()), terminal).await;
        Ended { exit, out: out.text(), err: err.text() }
    }

    pub(crate) fn profiles(&self) -> std::path::PathBuf {
        Path::new(self.home.path()).join("tenantry/profiles.toml")
    }
}

#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) const UID: &str = "0197a000-0000-7000-8000-000000000001";
pub(crate) const THEN: &str = "2026-01-31T08:00:00.000Z";

pub(crate) fn answer(status: u16, body: Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

pub(crate) fn page(items: &[Value]) -> ResponseTemplate {
    answer(200, json!({"items": items, "next": null}))
}

pub(crate) fn problem(status: u16, code: &str) -> ResponseTemplate {
    answer(
        status,
        json!({"status": status, "code": code, "detail": format!("it is {code}"), "blockers": ["app 'web'"], "request_id": "r-7"}),
    )
}

pub(crate) fn tenant(id: i64, name: &str, state: &str) -> Value {
    json!({"id": id, "uid": UID, "parent_id": 1, "level": 1, "name": name, "label": name, "description": "",
        "customer_manager": "", "enabled": true, "root_group_id": 2, "state": state,
        "quota": {"cpu": 4, "memory_gib": 8.5, "storage_gib": null}, "budget": 0, "balance": 500.25, "datacenter_ids": [1], "reason": "",
        "since": THEN, "attempts": 0, "next_attempt_at": null, "version": 3, "created_by": 1, "created_at": THEN, "updated_at": THEN})
}

pub(crate) fn user() -> Value {
    json!({"id": 1, "uid": UID, "tenant_id": 2, "username": "admin", "name": "", "email": null, "phone": "", "comment": "",
        "role": "system.admin", "enabled": true, "must_change_password": false, "second_factor": false, "origin": "", "created_by": null, "version": 1, "created_at": THEN, "updated_at": THEN})
}

pub(crate) fn resource(kind: &str, id: i64, name: &str, state: &str, reason: &str) -> Value {
    let (spec, status) = match kind {
        "namespace" => (json!({"quota": {"cpu": 4}, "adopt": false}), json!({"used": {"cpu": 1.5}})),
        "disk" => (json!({"size_gib": 10}), json!({"used_by": ["web"]})),
        "server" => (
            json!({"image_id": "i-1", "image": "debian", "flavor": "small", "cpu": 1, "memory_gib": 2, "power": "running"}),
            json!({"power": "running", "addresses": [{"network": "inner", "address": "10.0.0.5"}]}),
        ),
        "network" => (json!({"cidr": "10.0.0.0/24", "gateway": "10.0.0.1", "dhcp": true}), json!({})),
        "router" => (json!({"external_network": "public"}), json!({})),
        "router_interface" => (json!({"router_id": 4, "network_id": 3}), json!({})),
        "security_group" => (json!({"rules": []}), json!({})),
        "volume" => (json!({"size_gib": 10}), json!({})),
        "snapshot" => (json!({"volume_id": 6, "size_gib": 10}), json!({})),
        "attachment" => (json!({"server_id": 9, "volume_id": 6}), json!({"device": "/dev/vdb"})),
        "floating_ip" => (json!({"external_network": "public", "server_id": 9}), json!({"address": "203.0.113.7"})),
        _ => (json!({"image": "nginx:1", "replicas": 2, "cpu": 0.1, "memory_gib": 0.125}), json!({"available": 1})),
    };
    json!({"id": id, "uid": UID, "kind": kind, "tenant_id": 2, "datacenter_id": 1, "name": name, "spec": spec, "status": status,
        "state": state, "reason": reason, "since": THEN, "attempts": 0, "next_attempt_at": null, "generation": 1, "observed_generation": 1,
        "version": 1, "created_by": 1, "created_at": THEN, "updated_at": THEN})
}
