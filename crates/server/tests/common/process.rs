//! The binary in a process of its own, which a test talks to, and kills.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

pub const PASSWORD: &str = "process-test-password";
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The program, without what the environment says to its command line and of its key.
pub fn tenantry() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    for variable in ["TENANTRY_TOKEN", "TENANTRY_SERVER", "TENANTRY_SECRET_KEY"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

/// A server in a process of its own, killed when it is dropped.
pub struct Process {
    pub child: Child,
    pub address: SocketAddr,
    pub http: Client,
    scheme: &'static str,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    pub async fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        Self::start_with(folder, settings, Client::builder(), "http").await
    }

    pub async fn start_with(folder: &Path, settings: &[(&str, &str)], http: reqwest::ClientBuilder, scheme: &'static str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = tenantry()
            .args(["serve", "--listen", &address.to_string(), "--data-dir"])
            .arg(folder)
            .env("TENANTRY_ADMIN_PASSWORD", PASSWORD)
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut process = Self { child, address, http: http.no_proxy().build().unwrap(), scheme };
        let begun = Instant::now();
        while !process.http.get(process.url("/readyz")).send().await.is_ok_and(|r| r.status() == 200) {
            assert_eq!(process.child.try_wait().unwrap(), None, "the server ended");
            assert!(begun.elapsed() < PATIENCE, "the server is not ready");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        process
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.address.port())
    }

    pub async fn login(&self) -> String {
        let answer = self.send("POST", "/api/v2/sessions", "", &[], json!({"username": "admin", "password": PASSWORD})).await.unwrap();
        answer.1["token"].as_str().unwrap().to_owned()
    }

    /// Status and body; an error when the connection was lost.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> reqwest::Result<(u16, Value)> {
        let mut request = self.http.request(method.parse().unwrap(), self.url(path)).bearer_auth(token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// As `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
