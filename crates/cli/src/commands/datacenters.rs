//! Datacenters.

use clap::{Args, Subcommand};
use tenantry_client::types::{DatacenterChange, DatacenterFilter, DatacenterOptions, NewDatacenter};

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{CapacityArgs, Change, Confirm, Make, Paging};
use crate::lookup;
use crate::parse;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("KIND", "kind"),
    ("ENDPOINT", "endpoint"),
    ("HEALTHY", "health.healthy"),
    ("CPU", "capacity.cpu"),
    ("MEMORY GiB", "capacity.memory_gib"),
    ("STORAGE GiB", "capacity.storage_gib"),
    ("OVERCOMMIT", "overcommit"),
    ("MESSAGE", "health.message"),
];

/// How a cluster is reached.
#[derive(Debug, Args)]
pub struct Connection {
    /// A kubeconfig file; - is the input
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<String>,
    /// The URL of the API server, instead of a kubeconfig
    #[arg(long, value_name = "URL", conflicts_with = "kubeconfig")]
    endpoint: Option<String>,
    /// A PEM file with the cluster's certificate authority
    #[arg(long, value_name = "FILE", conflicts_with = "kubeconfig")]
    cluster_ca: Option<String>,
    /// A file with a bearer token of the cluster; - is the input
    #[arg(long, value_name = "FILE", conflicts_with = "kubeconfig")]
    cluster_token: Option<String>,
}

/// What can be set freely.
#[derive(Debug, Args)]
pub struct Options {
    /// The StorageClass of disks [default: the cluster's]
    #[arg(long)]
    storage_class: Option<String>,
    /// The registry put before image names that have none
    #[arg(long)]
    image_registry: Option<String>,
    /// The domain below which apps get their names
    #[arg(long)]
    domain_suffix: Option<String>,
    /// How often the capacity may be promised
    #[arg(long, value_parser = parse::amount)]
    overcommit: Option<f64>,
    /// Free text
    #[arg(long)]
    comment: Option<String>,
}

impl Options {
    fn options(&self) -> DatacenterOptions {
        let Self { storage_class, image_registry, domain_suffix, .. } = self;
        let (storage_class, image_registry, domain_suffix) = (storage_class.clone(), image_registry.clone(), domain_suffix.clone());
        DatacenterOptions { storage_class, image_registry, domain_suffix }
    }
}

/// Datacenters.
#[derive(Debug, Subcommand)]
pub enum Datacenters {
    /// List them
    List {
        /// Of this name
        #[arg(long)]
        name: Option<String>,
        /// Of this kind: kubernetes, sandbox
        #[arg(long)]
        kind: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one
    Show {
        /// Its name or id
        datacenter: String,
    },
    /// Add one; its connection is checked first
    #[command(group = clap::ArgGroup::new("reached").required(true).args(["kubeconfig", "endpoint", "sandbox"]))]
    Create {
        /// The name
        name: String,
        #[command(flatten)]
        connection: Connection,
        /// The embedded sandbox of this name, instead of a cluster
        #[arg(long, value_name = "NAME", conflicts_with_all = ["cluster_ca", "cluster_token"])]
        sandbox: Option<String>,
        #[command(flatten)]
        options: Options,
        #[command(flatten)]
        capacity: CapacityArgs,
        #[command(flatten)]
        make: Make,
    },
    /// Change one; what is not said stays
    Update {
        /// Its name or id
        datacenter: String,
        /// The name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        connection: Connection,
        #[command(flatten)]
        options: Options,
        #[command(flatten)]
        capacity: CapacityArgs,
        #[command(flatten)]
        change: Change,
    },
    /// Remove one that no tenant is in
    Delete {
        /// Its name or id
        datacenter: String,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
    /// Check now whether it can be worked with
    Check {
        /// Its name or id
        datacenter: String,
    },
}

impl Datacenters {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let find = async |said: &str| lookup::datacenter(&client, said).await;
        match self {
            Self::List { name, kind, paging } => cx.list(client.list_datacenters(&DatacenterFilter { name, kind }), &paging, COLUMNS).await,
            Self::Show { datacenter } => cx.show(client.get_datacenter(find(&datacenter).await?)).await,
            Self::Create { name, connection, sandbox, options, capacity, make } => {
                let kind = if sandbox.is_some() { "sandbox" } else { "kubernetes" };
                let new = NewDatacenter {
                    name,
                    comment: options.comment.clone(),
                    kind: kind.to_owned(),
                    kubeconfig: read(cx, connection.kubeconfig)?.map(Into::into),
                    endpoint: connection.endpoint,
                    ca_pem: read(cx, connection.cluster_ca)?,
                    token: read(cx, connection.cluster_token)?.map(|t| t.trim().into()),
                    sandbox,
                    options: options.options(),
                    capacity: capacity.limits(),
                    overcommit: options.overcommit,
                };
                cx.change(&make.into(), client.create_datacenter(&new)).await
            }
            Self::Update { datacenter, name, connection, options, capacity, change } => {
                let free = options.options();
                let update = DatacenterChange {
                    name,
                    comment: options.comment,
                    kubeconfig: read(cx, connection.kubeconfig)?.map(Into::into),
                    endpoint: connection.endpoint,
                    ca_pem: read(cx, connection.cluster_ca)?,
                    token: read(cx, connection.cluster_token)?.map(|t| t.trim().into()),
                    options: (free != DatacenterOptions::default()).then_some(free),
                    capacity: capacity.change(),
                    overcommit: options.overcommit,
                };
                cx.change(&change, client.update_datacenter(find(&datacenter).await?, &update)).await
            }
            Self::Delete { datacenter, confirm, change } => {
                let call = client.delete_datacenter(find(&datacenter).await?);
                cx.delete(&format!("datacenter '{datacenter}'"), &confirm, &change, call).await
            }
            Self::Check { datacenter } => cx.show(client.check_datacenter(find(&datacenter).await?)).await,
        }
    }
}

fn read(cx: &mut Context, path: Option<String>) -> Result<Option<String>, Failure> {
    path.map(|path| cx.read_file(&path)).transpose()
}
