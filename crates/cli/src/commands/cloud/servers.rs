//! Virtual servers.

use clap::{ArgGroup, Args, Subcommand};
use tenantry_client::types::{Network, NewServer, SecurityGroup, Server, ServerChange, ServerCommand};

use super::{Lists, Remove, Verbs, Which, maybe, new_place};
use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Place, Settle, SettleNew};
use crate::lookup;
use crate::parse;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("TENANT", "tenant_id"),
    ("DATACENTER", "datacenter_id"),
    ("FLAVOR", "spec.flavor"),
    ("IMAGE", "spec.image"),
    ("POWER", "status.power"),
    ("ADDRESSES", "status.addresses"),
    ("PRIVATE", "private"),
    ("USER", "assigned_to"),
    ("STATE", "state"),
    ("REASON", "reason"),
];

/// What a new server should be.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("size").required(true).args(["flavor", "cpu"]))]
pub struct Create {
    /// The name [default: one is made up]
    name: Option<String>,
    #[command(flatten)]
    place: Place,
    /// The image, by name or by the cloud's id
    #[arg(long)]
    image: String,
    /// The flavor, by name or by the cloud's id
    #[arg(long)]
    flavor: Option<String>,
    /// At least so many cores, instead of a flavor
    #[arg(long, value_parser = parse::amount, requires = "memory", conflicts_with = "flavor")]
    cpu: Option<f64>,
    /// At least so many GiB of memory
    #[arg(long, value_parser = parse::amount, value_name = "GIB", requires = "cpu")]
    memory: Option<f64>,
    /// A network that it is in, by name or id; may be repeated [default: the tenant's default network, which is made when there is none]
    #[arg(long)]
    network: Vec<String>,
    /// In the tenant's default network beside others
    #[arg(long)]
    default_network: bool,
    /// A security group that it is in, by name or id; may be repeated
    #[arg(long, value_name = "GROUP")]
    security_group: Vec<String>,
    /// Where it runs [default: the cloud decides]
    #[arg(long)]
    zone: Option<String>,
    /// A file with what its first start is told (cloud-init); - is the input
    #[arg(long, value_name = "FILE")]
    user_data: Option<String>,
    /// Only administrators see it, and who it is assigned to
    #[arg(long)]
    private: bool,
    #[command(flatten)]
    settle: SettleNew,
}

/// Which server is commanded.
#[derive(Debug, Args)]
pub struct Act {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    settle: Settle,
}

/// Servers.
#[derive(Debug, Subcommand)]
pub enum Servers {
    /// List them
    List {
        #[command(flatten)]
        lists: Lists,
        /// In this network, by name or id
        #[arg(long)]
        network: Option<String>,
        /// In this security group, by name or id
        #[arg(long, value_name = "GROUP", conflicts_with = "network")]
        security_group: Option<String>,
    },
    #[command(flatten)]
    Verbs(Verbs),
    /// Make one
    Create(Box<Create>),
    /// Change the security groups of one
    #[command(visible_alias = "change")]
    Update {
        #[command(flatten)]
        act: Act,
        /// A security group that it is in from now on, by name or id; may be repeated
        #[arg(long, value_name = "GROUP", required = true)]
        security_group: Vec<String>,
    },
    /// Remove one; its volumes are detached, its floating addresses stay
    Delete(Remove),
    /// Start one
    Start(Act),
    /// Shut one down
    Stop(Act),
    /// Halt one in memory
    Pause(Act),
    /// Go on after a pause
    Unpause(Act),
    /// Halt one on disk
    Suspend(Act),
    /// Go on after a suspend
    Resume(Act),
    /// Restart one
    Reboot {
        #[command(flatten)]
        act: Act,
        /// Without asking it
        #[arg(long)]
        hard: bool,
    },
    /// Assign a private one to a user
    Assign {
        #[command(flatten)]
        which: Which,
        /// The user, by login name, email address or id
        #[arg(long)]
        user: String,
        #[command(flatten)]
        change: Change,
    },
    /// Take a private one away from its user
    Unassign {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        change: Change,
    },
    /// Get an address where its screen is looked at; it is a secret
    Console(Which),
    /// Show the last lines that it wrote to its console
    Log {
        #[command(flatten)]
        which: Which,
        /// How many
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        lines: u32,
    },
}

impl Servers {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::List { lists, network, security_group } => {
                let network_id = maybe::<Network>(&client, network.as_deref(), &lists.place).await?;
                let security_group_id = maybe::<SecurityGroup>(&client, security_group.as_deref(), &lists.place).await?;
                lists.run::<Server>(cx, COLUMNS, |f| tenantry_client::types::ResourceFilter { network_id, security_group_id, ..f }).await
            }
            Self::Verbs(verbs) => verbs.run::<Server>(cx).await,
            Self::Create(create) => create.run(cx).await,
            Self::Update { act: Act { which, settle }, security_group } => {
                let change = ServerChange { security_groups: security_group };
                cx.settle(&settle, client.update_server(which.find::<Server>(&client).await?, &change)).await
            }
            Self::Delete(remove) => remove.run::<Server>(cx, " and the disk that came with it").await,
            Self::Start(act) => act.command(cx, "start", false).await,
            Self::Stop(act) => act.command(cx, "stop", false).await,
            Self::Pause(act) => act.command(cx, "pause", false).await,
            Self::Unpause(act) => act.command(cx, "unpause", false).await,
            Self::Suspend(act) => act.command(cx, "suspend", false).await,
            Self::Resume(act) => act.command(cx, "resume", false).await,
            Self::Reboot { act, hard } => act.command(cx, "reboot", hard).await,
            Self::Assign { which, user, change } => {
                let user = lookup::user(&client, &user, None).await?;
                cx.change(&change, client.assign_server(which.find::<Server>(&client).await?, user)).await
            }
            Self::Unassign { which, change } => cx.change(&change, client.unassign_server(which.find::<Server>(&client).await?)).await,
            Self::Console(which) => cx.show(client.open_console(which.find::<Server>(&client).await?)).await,
            Self::Log { which, lines } => Ok(Output::Text(client.get_console_log(which.find::<Server>(&client).await?, lines).await?.text)),
        }
    }
}

impl Act {
    async fn command(self, cx: &mut Context, command: &str, hard: bool) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let id = self.which.find::<Server>(&client).await?;
        cx.settle(&self.settle, client.command_server(id, &ServerCommand { command: command.to_owned(), hard })).await
    }
}

impl Create {
    async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let (tenant_id, datacenter_id) = new_place(&client, &self.place).await?;
        let new = NewServer {
            tenant_id,
            datacenter_id,
            name: self.name,
            image_id: self.image,
            flavor: self.flavor,
            cpu: self.cpu,
            memory_gib: self.memory,
            default_network: self.default_network || self.network.is_empty(),
            network_ids: self.network,
            security_groups: self.security_group,
            availability_zone: self.zone,
            user_data: self.user_data.map(|path| cx.read_file(&path)).transpose()?.map(Into::into),
            private: self.private,
        };
        cx.settle(&self.settle.into(), client.create_server(&new)).await
    }
}
