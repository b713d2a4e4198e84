//! The server under test: the real binary in a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

pub(crate) const PASSWORD: &str = "benchmark-password";

/// A child process that ends with this.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From its start to its first answer that it is ready.
    pub(crate) ready_after: Duration,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

impl Process {
    /// The binary that was built beside this one, with its data in `folder`.
    pub(crate) async fn tenantry(folder: &Path) -> anyhow::Result<Self> {
        Self::tenantry_with(folder, &[]).await
    }

    /// The same, with settings in its environment.
    pub(crate) async fn tenantry_with(folder: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let binary = std::env::current_exe()?.with_file_name("tenantry");
        anyhow::ensure!(binary.is_file(), "there is no {}: run make bench", binary.display());
        let address = free()?;
        let mut command = Command::new(binary);
        command
            .args(["serve", "--listen", &address.to_string(), "--data-dir"])
            .arg(folder)
            .env("TENANTRY_ADMIN_PASSWORD", PASSWORD)
            .env("TENANTRY_OUTGOING__ALLOW", "127.0.0.0/8,::1")
            .env("TENANTRY_TENANTS__WAIT_S", "60")
            .envs(settings.iter().copied());
        Self::start(command, address, "/readyz").await
    }

    /// The least that a handler of the same web framework can do.
    pub(crate) async fn bare(body: &str) -> anyhow::Result<Self> {
        let address = free()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bare", &address.to_string(), body]);
        Self::start(command, address, "/").await
    }

    async fn start(mut command: Command, address: SocketAddr, path: &str) -> anyhow::Result<Self> {
        let begun = Instant::now();
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("the server does not start")?;
        let mut process = Self { child, address, ready_after: Duration::ZERO };
        while !answers(address, path).await {
            if let Some(status) = process.child.try_wait()? {
                bail!("the server ended: {status}");
            }
            anyhow::ensure!(begun.elapsed() < Duration::from_secs(60), "the server is not ready after a minute");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        process.ready_after = begun.elapsed();
        Ok(process)
    }

    /// The memory that is really held, in MiB.
    pub(crate) fn resident_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").trim().parse::<f64>()? / 1024.0)
    }

    /// Logs the administrator in.
    pub(crate) async fn login(&self) -> anyhow::Result<String> {
        let answer = self.post("", "/api/v1/users/login", &serde_json::json!({"username": "admin", "password": PASSWORD})).await?;
        Ok(answer["data"]["sessionId"].as_str().context("no session")?.to_owned())
    }

    /// A POST, and its JSON answer.
    pub(crate) async fn post(&self, token: &str, path: &str, body: &serde_json::Value) -> anyhow::Result<serde_json::Value> {
        self.call("POST", token, path, &body.to_string()).await
    }

    /// A request, and its JSON answer; null when it has none.
    pub(crate) async fn call(&self, method: &str, token: &str, path: &str, body: &str) -> anyhow::Result<serde_json::Value> {
        let mut stream = tokio::net::TcpStream::connect(self.address).await?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: {token}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        let body = text.split_once("\r\n\r\n").map_or("", |(_, b)| b);
        if body.is_empty() && text.starts_with("HTTP/1.1 2") {
            return Ok(serde_json::Value::Null);
        }
        serde_json::from_str(body).with_context(|| format!("{method} {path} was answered {text}"))
    }
}

async fn answers(address: SocketAddr, path: &str) -> bool {
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes()).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        std::io::Result::Ok(text.starts_with("HTTP/1.1 200"))
    };
    ask.await.unwrap_or(false)
}
