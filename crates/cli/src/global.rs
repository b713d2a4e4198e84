//! Arguments that many commands share.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tenantry_client::types::{Counts, CountsChange, Limits, LimitsChange};

use crate::parse::{self, Count, Limit};

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
    /// For programs, and readable.
    Yaml,
}

/// What every command of the client takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Client options")]
pub struct Global {
    /// The server's URL [default: the profile's, or http://127.0.0.1:8080]
    #[arg(long, global = true, env = "TENANTRY_SERVER", value_name = "URL")]
    pub server: Option<String>,
    /// The profile to use [default: the one chosen with `profiles use`]
    #[arg(long, global = true, env = "TENANTRY_PROFILE", value_name = "NAME")]
    pub profile: Option<String>,
    /// A PEM file with the certificate authority of the server
    #[arg(long, global = true, env = "TENANTRY_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// How the answer is written
    #[arg(short, long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Format,
}

/// How much of a list.
#[derive(Debug, Clone, Args)]
pub struct Paging {
    /// At most this many
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: u64,
    /// All of them
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
    /// Go on where an earlier list ended
    #[arg(long, value_name = "NEXT")]
    pub(crate) after: Option<String>,
}

/// Of everything that changes something.
#[derive(Debug, Clone, Default, Args)]
pub struct Change {
    /// Only show what would happen
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Only when the object still has this version
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_version: Option<i64>,
}

/// Of everything that makes something: what is new has no version yet.
#[derive(Debug, Clone, Default, Args)]
pub struct Make {
    /// Only show what would happen
    #[arg(long)]
    dry_run: bool,
}

impl From<Make> for Change {
    fn from(make: Make) -> Self {
        Self { dry_run: make.dry_run, if_version: None }
    }
}

/// Of everything that takes its time to make.
#[derive(Debug, Clone, Args)]
pub struct SettleNew {
    #[command(flatten)]
    make: Make,
    /// Return as soon as it is recorded
    #[arg(long)]
    no_wait: bool,
    /// How long to wait for it to settle
    #[arg(long, default_value = "5m", value_parser = parse::duration, value_name = "TIME")]
    timeout: Duration,
}

impl From<SettleNew> for Settle {
    fn from(new: SettleNew) -> Self {
        Self { change: new.make.into(), no_wait: new.no_wait, timeout: new.timeout }
    }
}

/// Of everything that takes its time.
#[derive(Debug, Clone, Args)]
pub struct Settle {
    #[command(flatten)]
    pub(crate) change: Change,
    /// Return as soon as it is recorded
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// How long to wait for it to settle
    #[arg(long, default_value = "5m", value_parser = parse::duration, value_name = "TIME")]
    pub(crate) timeout: Duration,
}

/// Of everything that removes something.
#[derive(Debug, Clone, Args)]
pub struct Confirm {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// Where something is.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// The tenant, by name or id
    #[arg(short, long, env = "TENANTRY_TENANT", value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// The datacenter, by name or id
    #[arg(short, long, env = "TENANTRY_DATACENTER", value_name = "DATACENTER")]
    pub(crate) datacenter: Option<String>,
}

/// Limits of what is counted; `none` is no limit.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct CountArgs {
    /// Virtual servers, or none for no limit
    #[arg(long, value_parser = parse::count, value_name = "NUMBER")]
    servers: Option<Count>,
    /// Disks and volumes, or none for no limit
    #[arg(long, value_parser = parse::count, value_name = "NUMBER")]
    volumes: Option<Count>,
    /// Networks, or none for no limit
    #[arg(long, value_parser = parse::count, value_name = "NUMBER")]
    networks: Option<Count>,
    /// Routers, or none for no limit
    #[arg(long, value_parser = parse::count, value_name = "NUMBER")]
    routers: Option<Count>,
    /// Floating addresses, or none for no limit
    #[arg(long, value_parser = parse::count, value_name = "NUMBER")]
    floating_ips: Option<Count>,
    /// Instances of services, or none for no limit
    #[arg(long, value_parser = parse::count, value_name = "NUMBER")]
    instances: Option<Count>,
}

impl CountArgs {
    /// For something new: what is not said has no limit.
    pub(crate) fn counts(&self) -> Counts {
        let of = |count: Option<Count>| count.and_then(|c| c.0);
        Counts {
            servers: of(self.servers),
            volumes: of(self.volumes),
            networks: of(self.networks),
            routers: of(self.routers),
            floating_ips: of(self.floating_ips),
            instances: of(self.instances),
        }
    }

    /// For a change: what is not said stays.
    pub(crate) fn change(&self) -> CountsChange {
        let of = |count: Option<Count>| count.map(|c| c.0);
        CountsChange {
            servers: of(self.servers),
            volumes: of(self.volumes),
            networks: of(self.networks),
            routers: of(self.routers),
            floating_ips: of(self.floating_ips),
            instances: of(self.instances),
        }
    }
}

/// What a datacenter has; `none` is no limit.
#[derive(Debug, Clone, Copy, Args)]
pub struct CapacityArgs {
    /// Cores, or none for no limit
    #[arg(long, value_parser = parse::limit)]
    cpu: Option<Limit>,
    /// GiB of memory, or none for no limit
    #[arg(long, value_parser = parse::limit, value_name = "GIB")]
    memory: Option<Limit>,
    /// GiB of storage, or none for no limit
    #[arg(long, value_parser = parse::limit, value_name = "GIB")]
    storage: Option<Limit>,
    #[command(flatten)]
    counts: CountArgs,
}

impl CapacityArgs {
    /// For something new: what is not said has no limit.
    pub(crate) fn limits(&self) -> Limits {
        let of = |limit: Option<Limit>| limit.and_then(|l| l.0);
        Limits { cpu: of(self.cpu), memory_gib: of(self.memory), storage_gib: of(self.storage), counts: self.counts.counts() }
    }

    /// For a change: what is not said stays.
    pub(crate) fn change(&self) -> Option<LimitsChange> {
        let of = |limit: Option<Limit>| limit.map(|l| l.0);
        let change =
            LimitsChange { cpu: of(self.cpu), memory_gib: of(self.memory), storage_gib: of(self.storage), counts: self.counts.change() };
        (change != LimitsChange::default()).then_some(change)
    }
}

/// A tenant's quota, of which cpu, memory and storage always are numbers.
#[derive(Debug, Clone, Copy, Args)]
pub struct QuotaArgs {
    /// Cores
    #[arg(long, value_parser = parse::amount)]
    cpu: Option<f64>,
    /// GiB of memory
    #[arg(long, value_parser = parse::amount, value_name = "GIB")]
    memory: Option<f64>,
    /// GiB of storage
    #[arg(long, value_parser = parse::amount, value_name = "GIB")]
    storage: Option<f64>,
    #[command(flatten)]
    counts: CountArgs,
}

impl QuotaArgs {
    /// For a new one: what is not said is as in the tenant's totals.
    pub(crate) fn limits(&self) -> Limits {
        Limits { cpu: self.cpu, memory_gib: self.memory, storage_gib: self.storage, counts: self.counts.counts() }
    }

    /// For a change: what is not said stays.
    pub(crate) fn change(&self) -> Option<LimitsChange> {
        let change = LimitsChange {
            cpu: self.cpu.map(Some),
            memory_gib: self.memory.map(Some),
            storage_gib: self.storage.map(Some),
            counts: self.counts.change(),
        };
        (change != LimitsChange::default()).then_some(change)
    }
}
