//! Datacenters.

use clap::{Args, Subcommand};
use tenantry_client::types::{
    DatacenterChange, DatacenterFilter, DatacenterOptions, NewDatacenter, NewPlaceAdoption, OpenstackConnection, PlaceFilter,
};

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{CapacityArgs, Change, Confirm, Make, Paging, QuotaArgs, SettleNew};
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

const UNMANAGED: Columns =
    &[("NAME", "name"), ("PEER ID", "peer_id"), ("SINCE", "since"), ("ADOPTABLE", "adoptable"), ("WHY NOT", "why_not")];

/// How a cluster or a cloud is reached.
#[derive(Debug, Args)]
pub struct Connection {
    /// A kubeconfig file; - is the input
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<String>,
    /// The URL of the API server, instead of a kubeconfig
    #[arg(long, value_name = "URL", conflicts_with = "kubeconfig")]
    endpoint: Option<String>,
    /// A PEM file with the certificate authority of the cluster or cloud
    #[arg(long, value_name = "FILE", conflicts_with = "kubeconfig")]
    cluster_ca: Option<String>,
    /// A file with a bearer token of the cluster; - is the input
    #[arg(long, value_name = "FILE", conflicts_with = "kubeconfig")]
    cluster_token: Option<String>,
    #[command(flatten)]
    openstack: Openstack,
}

/// How an OpenStack cloud is reached, and as whom.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("account").args(["application_credential", "cloud_user"]))]
pub struct Openstack {
    /// The URL of the Keystone of an OpenStack cloud, with /v3
    #[arg(long, value_name = "URL", requires = "account", conflicts_with_all = ["kubeconfig", "endpoint", "cluster_token"])]
    auth_url: Option<String>,
    /// The id of an application credential
    #[arg(long, value_name = "ID", requires_all = ["auth_url", "application_credential_secret"])]
    application_credential: Option<String>,
    /// A file with its secret; - is the input
    #[arg(long, value_name = "FILE", requires = "application_credential")]
    application_credential_secret: Option<String>,
    /// A user with the role admin, instead of an application credential
    #[arg(long, value_name = "NAME", requires_all = ["auth_url", "cloud_password", "project"])]
    cloud_user: Option<String>,
    /// A file with the user's password; - is the input
    #[arg(long, value_name = "FILE", requires = "cloud_user")]
    cloud_password: Option<String>,
    /// The user's domain [default: Default]
    #[arg(long, value_name = "NAME", requires = "cloud_user")]
    user_domain: Option<String>,
    /// The project in which the user is an administrator
    #[arg(long, value_name = "NAME", requires = "cloud_user")]
    project: Option<String>,
    /// The project's domain [default: the user's]
    #[arg(long, value_name = "NAME", requires = "project")]
    project_domain: Option<String>,
    /// The region [default: the only one]
    #[arg(long, requires = "auth_url")]
    region: Option<String>,
    /// The domain in which projects are made [default: the user's]
    #[arg(long, value_name = "NAME", requires = "auth_url")]
    domain: Option<String>,
    /// Which endpoints are used: public, internal or admin [default: public]
    #[arg(long, value_name = "KIND", requires = "auth_url")]
    interface: Option<String>,
}

impl Openstack {
    fn read(self, cx: &mut Context, ca_pem: Option<String>) -> Result<Option<OpenstackConnection>, Failure> {
        let Some(auth_url) = self.auth_url else { return Ok(None) };
        let mut secret = |path: Option<String>| Ok::<_, Failure>(read(cx, path)?.map(|text| text.trim_end_matches(['\r', '\n']).into()));
        Ok(Some(OpenstackConnection {
            auth_url,
            application_credential_id: self.application_credential,
            application_credential_secret: secret(self.application_credential_secret)?,
            username: self.cloud_user,
            password: secret(self.cloud_password)?,
            user_domain: self.user_domain,
            project: self.project,
            project_domain: self.project_domain,
            region: self.region,
            domain: self.domain,
            interface: self.interface,
            ca_pem,
        }))
    }
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
    /// Whether what somebody changed in a cloud of servers is put right
    #[arg(long, value_name = "BOOL")]
    repair_drift: Option<bool>,
    /// Whether a size of servers that no flavor has is made as a private flavor
    #[arg(long, value_name = "BOOL")]
    private_flavors: Option<bool>,
    /// The external network that default routers lead to, by name or by the cloud's id
    #[arg(long, value_name = "NETWORK")]
    external_network: Option<String>,
    /// How often the capacity may be promised
    #[arg(long, value_parser = parse::amount)]
    overcommit: Option<f64>,
    /// Free text
    #[arg(long)]
    comment: Option<String>,
}

impl Options {
    fn options(&self) -> DatacenterOptions {
        DatacenterOptions {
            storage_class: self.storage_class.clone(),
            image_registry: self.image_registry.clone(),
            domain_suffix: self.domain_suffix.clone(),
            repair_drift: self.repair_drift,
            private_flavors: self.private_flavors,
            external_network: self.external_network.clone(),
        }
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
        /// Of this kind: kubernetes, openstack, sandbox
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
    #[command(group = clap::ArgGroup::new("reached").required(true).args(["kubeconfig", "endpoint", "auth_url", "sandbox"]))]
    Create {
        /// The name
        name: String,
        #[command(flatten)]
        connection: Connection,
        /// The embedded sandbox of this name, instead of a cluster
        #[arg(long, value_name = "NAME", conflicts_with_all = ["cluster_ca", "cluster_token", "auth_url"])]
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
    /// List the namespaces or projects in one that nobody manages
    Unmanaged {
        /// Its name or id
        datacenter: String,
        /// Whose names begin so
        #[arg(long)]
        prefix: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Take over a namespace or project, as that of the tenant whose label is its name; one is opened where there is none
    Adopt {
        /// The datacenter's name or id
        datacenter: String,
        /// The name of the namespace or project
        name: String,
        /// The tenant above one that is opened, by name or id [default: your own]
        #[arg(long, value_name = "TENANT")]
        parent: Option<String>,
        /// The name to show of a tenant that is opened [default: its label]
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
        #[command(flatten)]
        quota: QuotaArgs,
        /// Remove it in the datacenter with the tenant; without it, it is only let go
        #[arg(long)]
        may_remove: bool,
        #[command(flatten)]
        settle: SettleNew,
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
                let kind = match (&sandbox, &connection.openstack.auth_url) {
                    (Some(_), _) => "sandbox",
                    (None, Some(_)) => "openstack",
                    (None, None) => "kubernetes",
                };
                let (openstack, ca_pem) = certificate(cx, connection.openstack, connection.cluster_ca)?;
                let new = NewDatacenter {
                    name,
                    comment: options.comment.clone(),
                    kind: kind.to_owned(),
                    openstack,
                    kubeconfig: read(cx, connection.kubeconfig)?.map(Into::into),
                    endpoint: connection.endpoint,
                    ca_pem,
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
                let (openstack, ca_pem) = certificate(cx, connection.openstack, connection.cluster_ca)?;
                let update = DatacenterChange {
                    name,
                    comment: options.comment,
                    openstack,
                    kubeconfig: read(cx, connection.kubeconfig)?.map(Into::into),
                    endpoint: connection.endpoint,
                    ca_pem,
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
            Self::Unmanaged { datacenter, prefix, paging } => {
                let list = client.list_unmanaged_places(find(&datacenter).await?, &PlaceFilter { prefix });
                cx.list(list, &paging, UNMANAGED).await
            }
            Self::Adopt { datacenter, name, parent, display_name, quota, may_remove, settle } => {
                let parent_id = match &parent {
                    Some(said) => Some(lookup::tenant(&client, said).await?),
                    None => None,
                };
                let new = NewPlaceAdoption { name, parent_id, display_name, quota: quota.change(), may_remove };
                cx.settle(&settle.into(), client.adopt_place(find(&datacenter).await?, &new)).await
            }
        }
    }
}

/// The certificate authority belongs to the cloud, where there is one, else to the cluster.
fn certificate(
    cx: &mut Context,
    openstack: Openstack,
    path: Option<String>,
) -> Result<(Option<OpenstackConnection>, Option<String>), Failure> {
    let ca_pem = read(cx, path)?;
    match openstack.read(cx, ca_pem.clone())? {
        Some(cloud) => Ok((Some(cloud), None)),
        None => Ok((None, ca_pem)),
    }
}

fn read(cx: &mut Context, path: Option<String>) -> Result<Option<String>, Failure> {
    path.map(|path| cx.read_file(&path)).transpose()
}
