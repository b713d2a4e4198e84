//! The configuration: defaults, then a TOML file, then the environment (`TENANTRY_<SECTION>__<KEY>`), then flags. A key that
//! does not exist is an error that names it; `generated/config.schema.json` describes them all.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenantry_domain::{Metric, Money};
use tenantry_driver_sandbox::{Fault, Faults};

use crate::directories::Directory;
use crate::mail::Mail;
use crate::providers::Provider;

/// Everything that an operator can set.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the server listens and what a request may be.
    pub server: Server,
    /// Where the data are.
    pub database: Database,
    /// What is logged, and how.
    pub log: Log,
    /// Sessions and passwords.
    pub session: Session,
    /// Tenants and what they get when nothing is said.
    pub tenants: Tenants,
    /// The reconciler.
    pub reconciler: Reconciler,
    /// The audit.
    pub audit: Audit,
    /// Where Tenantry may connect to.
    pub outgoing: Outgoing,
    /// Directories (LDAP) whose people may log in, in the order in which they are asked.
    pub directory: Vec<Directory>,
    /// Providers of single sign-on (OpenID Connect) where people may log in.
    pub oidc: Vec<Provider>,
    /// The server that takes mail, for links that set a new password.
    pub mail: Mail,
    /// The embedded sandbox datacenter.
    pub sandbox: SandboxConfig,
    /// The dialects.
    pub dialects: Dialects,
}

/// Where the server listens and what a request may be.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub listen: SocketAddr,
    /// The URL by which browsers reach this server, perhaps through a proxy: `https://cloud.example.org`. Single sign-on leads back there, and so do the links in mails; with `https`
    /// cookies are for TLS alone.
    pub public_url: Option<String>,
    /// The folder for the embedded database, the sandbox and the key.
    pub data_dir: PathBuf,
    /// A PEM file with the certificate chain; with it the server speaks TLS alone.
    pub tls_certificate: Option<PathBuf>,
    /// A PEM file with the certificate's private key.
    pub tls_key: Option<PathBuf>,
    /// The longest that a request may take, in seconds.
    pub request_timeout_s: u64,
    /// The largest body, in bytes.
    pub body_limit_bytes: usize,
    /// How long a stop waits for requests and steps under way, in seconds.
    pub shutdown_s: u64,
    /// How long a start waits, on the embedded database, for the server that worked in the data folder before to be gone, in seconds.
    pub takeover_s: u64,
    /// Networks (CIDR) or addresses of one's own proxies, whose word about a client's address and name is believed. In the environment: separated by commas.
    #[serde(deserialize_with = "list_or_text")]
    pub trusted_proxies: Vec<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            data_dir: PathBuf::from("data"),
            tls_certificate: None,
            tls_key: None,
            request_timeout_s: 75,
            body_limit_bytes: 1 << 20,
            shutdown_s: 20,
            takeover_s: 10,
            trusted_proxies: Vec::new(),
        }
    }
}

/// Where the data are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `postgres://user:password@host/database`; the embedded database in the data folder without it.
    pub url: Option<String>,
    /// The largest number of connections.
    pub connections: u32,
    /// The file with the key for secrets at rest (64 hex digits); `secret.key` in the data folder without it, made at the first start.
    /// The variable `TENANTRY_SECRET_KEY` holds the key instead of a file when it is set.
    pub key_file: Option<PathBuf>,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: None, connections: 8, key_file: None }
    }
}

/// What is logged, and how.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// A level or filter, as `info` or `tenantry_engine=debug,info`.
    pub filter: String,
    /// Whether lines are JSON.
    pub json: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info,sqlx=warn,sea_orm_migration=warn".to_owned(), json: false }
    }
}

/// Sessions and passwords.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    /// How long a session lives, in hours, also when it is in use.
    pub life_h: u64,
    /// How long a session lives without being used, in minutes.
    pub idle_min: u64,
    /// For how many days a token for programs may be good at most.
    pub longest_token_days: u32,
    /// The fewest characters of a password; 8 or more.
    pub shortest_password: usize,
    /// How many passwords are hashed at the same time; as many as there are processors for 0.
    pub concurrent_hashes: usize,
}

impl Default for Session {
    fn default() -> Self {
        Self { life_h: 12, idle_min: 120, longest_token_days: 366, shortest_password: 8, concurrent_hashes: 0 }
    }
}

/// Tenants and what they get when nothing is said.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Tenants {
    /// What `init` grants to an account that does not exist yet, in whole units of money.
    pub gift: i64,
    /// A tenant's cores in each datacenter when a dialect has no words for them.
    pub default_cpu: i64,
    /// A tenant's memory in each datacenter when a dialect has no words for it, in GiB.
    pub default_memory_gib: i64,
    /// A tenant's storage in each datacenter when nothing is said of it, in GiB.
    pub default_storage_gib: i64,
    /// How many servers a tenant that is opened through the OpenStack portal's dialect may have in each datacenter.
    pub default_servers: i64,
    /// How many volumes and disks a tenant that is opened through the OpenStack portal's dialect may have in each datacenter.
    pub default_volumes: i64,
    /// How many networks a tenant that is opened through the OpenStack portal's dialect may have in each datacenter.
    pub default_networks: i64,
    /// How many routers a tenant that is opened through the OpenStack portal's dialect may have in each datacenter.
    pub default_routers: i64,
    /// How many floating addresses a tenant that is opened through the OpenStack portal's dialect may have in each datacenter.
    pub default_floating_ips: i64,
    /// The names of the datacenters of a tenant when a dialect has no words for them; without any, those of the tenant above. In the environment: separated by commas.
    #[serde(deserialize_with = "list_or_text")]
    pub default_datacenters: Vec<String>,
    /// How long a request waits for what it asked for, in seconds.
    pub wait_s: u64,
}

impl Default for Tenants {
    fn default() -> Self {
        Self {
            gift: 500,
            default_cpu: 2,
            default_memory_gib: 4,
            default_storage_gib: 100,
            default_servers: 10,
            default_volumes: 20,
            default_networks: 5,
            default_routers: 5,
            default_floating_ips: 5,
            default_datacenters: Vec::new(),
            wait_s: 10,
        }
    }
}

/// The reconciler.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Reconciler {
    /// Steps at the same time for each datacenter.
    pub per_datacenter: usize,
    /// How often what is at rest is looked at, in seconds.
    pub resync_s: u64,
}

impl Default for Reconciler {
    fn default() -> Self {
        Self { per_datacenter: 16, resync_s: 300 }
    }
}

/// The audit.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// How long records are kept, in days; for ever with 0. Only sealed records are removed, from the beginning of the log.
    pub retention_days: u64,
}

/// Where Tenantry may connect to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Outgoing {
    /// Networks (CIDR) allowed beyond the default, which has no loopback, link-local, metadata, multicast or unspecified addresses and none of this machine's own. In the environment: separated by commas.
    #[serde(deserialize_with = "list_or_text")]
    pub allow: Vec<String>,
}

/// The embedded sandbox datacenter.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxConfig {
    /// Whether the first start on the embedded database connects a datacenter `sandbox`.
    pub create: bool,
    /// How long every call of a sandbox takes, in milliseconds; for trying out what a slow datacenter is like.
    pub latency_ms: u64,
    /// How every call of a sandbox fails; for trying out what a failing datacenter is like.
    pub fault: SandboxFault,
    /// Of how many calls one fails; each does without it.
    pub fault_every: u32,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self { create: true, latency_ms: 0, fault: SandboxFault::None, fault_every: 1 }
    }
}

/// How the calls of a sandbox fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SandboxFault {
    /// They do not.
    #[default]
    None,
    /// It cannot be reached.
    Down,
    /// It answers with an internal error.
    Error,
    /// It asks to be called less often.
    Busy,
    /// It carries the call out, and the answer is lost.
    LoseAnswer,
}

/// The dialects.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dialects {
    /// Documents 1 and 2.
    pub container_cloud: Dialect,
    /// Document 5.
    pub cluster_manager: Dialect,
    /// Document 3.
    pub openstack_portal: Dialect,
    /// Document 4.
    pub ocmanager: Dialect,
}

/// A dialect.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dialect {
    /// Whether errors have the HTTP status that says the same, or the original's.
    pub http_status: HttpStatus,
}

/// Whether errors have the HTTP status that says the same, or the original's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HttpStatus {
    /// The status says the same as the body.
    #[default]
    Semantic,
    /// The status is what the original server answered.
    Legacy,
}

fn list_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Wire {
        List(Vec<String>),
        Text(String),
    }
    Ok(match Wire::deserialize(deserializer)? {
        Wire::List(list) => list,
        Wire::Text(text) => text.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect(),
    })
}

impl Config {
    /// Reads the file (if one is named) and the environment over the defaults.
    ///
    /// # Errors
    /// That name the wrong key and where it came from.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            anyhow::ensure!(file.is_file(), "there is no configuration file {}", file.display());
            figment = figment.merge(Toml::file(file));
        }
        let sections = |key: &figment::value::UncasedStr| key.as_str().contains("__");
        figment = figment.merge(Env::prefixed("TENANTRY_").filter(sections).split("__"));
        figment.extract().context("the configuration is wrong")
    }

    /// The URL by which browsers reach this server, without a slash at its end.
    ///
    /// # Errors
    /// When it is no URL of a server.
    pub fn public_url(&self) -> anyhow::Result<Option<String>> {
        let Some(text) = &self.server.public_url else { return Ok(None) };
        let url = url::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let bare =
            |url: &url::Url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        let url = url.filter(bare).filter(|url| url.path() == "/");
        let url =
            url.with_context(|| format!("server.public_url: '{text}' must be the URL of a server, such as https://cloud.example.org"))?;
        Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// What the use cases take of it.
    #[must_use]
    pub fn service(&self) -> tenantry_service::Settings {
        tenantry_service::Settings {
            gift: Money::whole(self.tenants.gift),
            default_storage_mib: self.tenants.default_storage_gib.saturating_mul(1024),
            default_cpu_millicores: self.tenants.default_cpu.saturating_mul(1000),
            default_memory_mib: self.tenants.default_memory_gib.saturating_mul(1024),
            default_counts: vec![
                (Metric::Servers, self.tenants.default_servers),
                (Metric::Volumes, self.tenants.default_volumes),
                (Metric::Networks, self.tenants.default_networks),
                (Metric::Routers, self.tenants.default_routers),
                (Metric::FloatingIps, self.tenants.default_floating_ips),
            ],
            default_datacenters: self.tenants.default_datacenters.clone(),
            session_life: tenantry_service::Life {
                absolute: Duration::from_secs(self.session.life_h.saturating_mul(3600)),
                idle: Duration::from_secs(self.session.idle_min.saturating_mul(60)),
            },
            longest_token_days: self.session.longest_token_days,
            shortest_password: self.session.shortest_password.max(8),
            directory: !self.directory.is_empty(),
            public_url: self.mail.host.as_ref().and_then(|_| self.public_url().ok().flatten()),
            wait: Duration::from_secs(self.tenants.wait_s),
            concurrent_hashes: self.session.concurrent_hashes,
            ..tenantry_service::Settings::default()
        }
    }

    /// How sandboxes fail.
    #[must_use]
    pub fn faults(&self) -> Faults {
        let faults = Faults::default();
        faults.slow(Duration::from_millis(self.sandbox.latency_ms));
        faults.set(match self.sandbox.fault {
            SandboxFault::None => Fault::None,
            SandboxFault::Down => Fault::Down,
            SandboxFault::Error => Fault::Error,
            SandboxFault::Busy => Fault::Busy,
            SandboxFault::LoseAnswer => Fault::LoseAnswer,
        });
        faults.every(self.sandbox.fault_every);
        faults
    }

    /// What the reconciler takes of it.
    #[must_use]
    pub fn engine(&self) -> tenantry_engine::Settings {
        tenantry_engine::Settings {
            per_lane: self.reconciler.per_datacenter.max(1),
            resync: Duration::from_secs(self.reconciler.resync_s.max(1)),
            ..tenantry_engine::Settings::default()
        }
    }

    /// What is done from time to time, and how long things are kept.
    #[must_use]
    pub fn housekeeping(&self) -> tenantry_engine::Housekeeping {
        let days = self.audit.retention_days;
        let keep_audit = (days > 0).then(|| Duration::from_secs(days.saturating_mul(24 * 3600)));
        tenantry_engine::Housekeeping { keep_audit, ..tenantry_engine::Housekeeping::default() }
    }

    /// The schema of the file, as JSON.
    #[must_use]
    pub fn schema() -> String {
        let schema = schemars::schema_for!(Self);
        serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.toml");
        std::fs::write(&file, "[server]\nlisten_on = \"x\"\n").unwrap();
        let error = format!("{:#}", Config::load(Some(&file)).unwrap_err());
        assert!(error.contains("listen_on"), "{error}");
        std::fs::write(&file, "[server]\nlisten = \"nonsense\"\n").unwrap();
        let error = format!("{:#}", Config::load(Some(&file)).unwrap_err());
        assert!(error.contains("listen"), "{error}");
        std::fs::write(&file, "[outgoing]\nallow = \"127.0.0.0/8, 10.0.0.0/8\"\n").unwrap();
        assert_eq!(Config::load(Some(&file)).unwrap().outgoing.allow, ["127.0.0.0/8", "10.0.0.0/8"]);
    }

    #[test]
    fn the_audit_is_kept_for_ever_or_for_some_days() {
        let mut config = Config::default();
        assert_eq!(config.housekeeping().keep_audit, None);
        config.audit.retention_days = 30;
        assert_eq!(config.housekeeping().keep_audit, Some(Duration::from_secs(30 * 86_400)));
    }

    #[test]
    fn the_schema_is_the_committed_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../generated/config.schema.json");
        if std::env::var_os("TENANTRY_UPDATE_GENERATED").is_some() {
            std::fs::write(&path, Config::schema()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), Config::schema(), "run: make generate");
    }
}
