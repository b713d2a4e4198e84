//! Apps.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use tenantry_client::types::{App, AppChange, AppCommand, Mount, NewApp, Rollback};
use tenantry_domain::ReleaseId;
use tenantry_domain::resource::State;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, Paging, Place, Settle};
use crate::lookup;
use crate::parse;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("TENANT", "tenant_id"),
    ("DATACENTER", "datacenter_id"),
    ("IMAGE", "spec.image"),
    ("REPLICAS", "spec.replicas"),
    ("AVAILABLE", "status.available"),
    ("STATE", "state"),
    ("ATTEMPTS", "attempts"),
    ("REASON", "reason"),
];

/// Which app.
#[derive(Debug, Args)]
pub struct Which {
    /// Its name or id
    app: String,
    #[command(flatten)]
    place: Place,
}

/// Which app, and why.
#[derive(Debug, Args)]
pub struct Act {
    #[command(flatten)]
    which: Which,
    /// Free text for the release record
    #[arg(long)]
    comment: Option<String>,
    #[command(flatten)]
    settle: Settle,
}

/// What an app should be.
#[derive(Debug, Args)]
pub struct Deploy {
    /// The name
    name: String,
    #[command(flatten)]
    place: Place,
    /// The image; needed for a new app
    #[arg(long)]
    image: Option<String>,
    /// How many copies run
    #[arg(long, value_parser = clap::value_parser!(i64).range(0..))]
    replicas: Option<i64>,
    /// A port that its service offers; may be repeated
    #[arg(long)]
    port: Vec<u16>,
    /// An environment variable, NAME=VALUE; may be repeated
    #[arg(long, value_parser = parse::pair, value_name = "NAME=VALUE")]
    env: Vec<(String, String)>,
    /// Take an environment variable away; may be repeated
    #[arg(long, value_name = "NAME")]
    unset_env: Vec<String>,
    /// A disk and where it is mounted, DISK:/PATH; may be repeated
    #[arg(long, value_parser = parse::mount, value_name = "DISK:/PATH")]
    disk: Vec<Mount>,
    /// Cores of one copy
    #[arg(long, value_parser = parse::amount)]
    cpu: Option<f64>,
    /// GiB of memory of one copy
    #[arg(long, value_parser = parse::amount, value_name = "GIB")]
    memory: Option<f64>,
    /// Free text for the release record
    #[arg(long)]
    comment: Option<String>,
    #[command(flatten)]
    settle: Settle,
}

/// Apps.
#[derive(Debug, Subcommand)]
pub enum Apps {
    /// List them
    List {
        #[command(flatten)]
        place: Place,
        /// Of this name
        #[arg(long)]
        name: Option<String>,
        /// In this state
        #[arg(long)]
        state: Option<State>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show(Which),
    /// Make one, or change it when it is there; what is not said stays
    Deploy(Deploy),
    /// Change how many copies run
    Scale {
        #[command(flatten)]
        act: Act,
        /// How many copies run
        #[arg(long, value_parser = clap::value_parser!(i64).range(0..))]
        replicas: i64,
    },
    /// Replace every copy
    Restart(Act),
    /// Stop every copy
    Stop(Act),
    /// Start again what was stopped
    Start(Act),
    /// Go back to what an earlier release asked for
    Rollback {
        #[command(flatten)]
        act: Act,
        /// Which release [default: the one before]
        #[arg(long, value_name = "ID")]
        release: Option<ReleaseId>,
    },
    /// Remove one; its disks stay
    Delete {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        settle: Settle,
    },
    /// Try now what would be tried later
    Retry {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        settle: Settle,
    },
    /// Give up on one; what may be left in the datacenter is listed as an orphan
    Forget {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
}

impl Apps {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |which: &Which| lookup::resource::<App>(&client, &which.app, &which.place).await;
        match self {
            Self::List { place, name, state, paging } => {
                let mut filter = lookup::filter(&client, &place, name).await?;
                filter.state = state;
                cx.list(client.list_resources::<App>(&filter), &paging, COLUMNS).await
            }
            Self::Show(which) => cx.show(client.get_resource::<App>(find(&which).await?)).await,
            Self::Deploy(deploy) => deploy.run(cx).await,
            Self::Scale { act, replicas } => {
                let change = AppChange { replicas: Some(replicas), comment: act.comment, ..AppChange::default() };
                cx.settle(&act.settle, client.update_app(find(&act.which).await?, &change)).await
            }
            Self::Restart(Act { which, comment, settle }) => {
                cx.settle(&settle, client.restart_app(find(&which).await?, &AppCommand { comment })).await
            }
            Self::Stop(Act { which, comment, settle }) => {
                cx.settle(&settle, client.stop_app(find(&which).await?, &AppCommand { comment })).await
            }
            Self::Start(Act { which, comment, settle }) => {
                cx.settle(&settle, client.start_app(find(&which).await?, &AppCommand { comment })).await
            }
            Self::Rollback { act: Act { which, comment, settle }, release } => {
                cx.settle(&settle, client.rollback_app(find(&which).await?, &Rollback { release_id: release, comment })).await
            }
            Self::Delete { which, confirm, settle } => {
                let call = client.delete_resource::<App>(find(&which).await?);
                cx.remove(&format!("app '{}'", which.app), &confirm, &settle, call).await
            }
            Self::Retry { which, settle } => cx.settle(&settle, client.retry_resource::<App>(find(&which).await?)).await,
            Self::Forget { which, confirm, change } => {
                let call = client.forget_resource::<App>(find(&which).await?);
                cx.delete(&format!("app '{}' without clearing the datacenter", which.app), &confirm, &change, call).await
            }
        }
    }
}

impl Deploy {
    async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let (tenant_id, datacenter_id) = lookup::place(&client, &self.place).await?;
        let mut environment: BTreeMap<_, _> = self.env.into_iter().map(|(name, value)| (name, Some(value))).collect();
        let filled = |list: bool| list.then_some(());
        let there = Place { tenant: Some(tenant_id.to_string()), datacenter: Some(datacenter_id.to_string()) };
        let filter = lookup::filter(&client, &there, Some(self.name.clone())).await?;
        let app = client.list_resources::<App>(&filter).limit(1).page().await?.items.pop();
        if app.is_some() {
            environment.extend(self.unset_env.into_iter().map(|name| (name, None)));
        }
        let spec = AppChange {
            image: self.image,
            replicas: self.replicas,
            ports: filled(!self.port.is_empty()).map(|()| self.port),
            environment: filled(!environment.is_empty()).map(|()| environment),
            disks: filled(!self.disk.is_empty()).map(|()| self.disk),
            cpu: self.cpu,
            memory_gib: self.memory,
            comment: self.comment,
        };
        match app {
            Some(app) => cx.settle(&self.settle, client.update_app(app.id, &spec)).await,
            None if spec.image.is_none() => Err(Failure::usage(format!("there is no app '{}' yet: a new one needs --image", self.name))),
            None => cx.settle(&self.settle, client.create_app(&NewApp { tenant_id, datacenter_id, name: self.name, spec })).await,
        }
    }
}
