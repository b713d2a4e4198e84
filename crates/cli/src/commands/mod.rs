//! The commands, a file for each noun. Each is a table of arguments, and says which calls of the client they become.

mod account;
mod apps;
mod audit;
mod cloud;
mod datacenters;
mod directories;
mod disks;
mod events;
mod groups;
mod images;
mod links;
mod mails;
mod namespaces;
mod orphans;
mod password_reset;
mod profiles;
mod quota_plans;
mod quotas;
mod registries;
mod releases;
mod roles;
mod second_factor;
mod session;
mod sessions;
mod sign_on;
mod tenants;
mod tokens;
mod usage;
mod users;
mod why;

pub use audit::Verify;
use clap::Subcommand;
use clap_complete::Shell;

use crate::context::Context;
use crate::exit::Failure;
use crate::render::Output;

/// What the client can be told to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Log in, and remember the session in a profile
    Login(session::Login),
    /// End the session
    Logout,
    /// Show who is logged in
    Whoami,
    /// Change your own password
    Password(users::OwnPassword),
    /// A new password by a link in a mail, when the old one is forgotten
    #[command(subcommand)]
    PasswordReset(password_reset::PasswordReset),
    /// Who is logged in as you (or as somebody whom you administer), and from where
    #[command(subcommand, visible_alias = "session")]
    Sessions(sessions::Sessions),
    /// Tokens for programs that act as you
    #[command(subcommand, visible_alias = "token")]
    Tokens(tokens::Tokens),
    /// One-time codes beside the password
    #[command(subcommand)]
    SecondFactor(second_factor::SecondFactor),
    /// The servers that were logged in to
    #[command(subcommand)]
    Profiles(profiles::Profiles),
    /// Tenants
    #[command(subcommand, visible_alias = "tenant")]
    Tenants(tenants::Tenants),
    /// A tenant's account
    #[command(subcommand)]
    Account(account::Account),
    /// What things cost, and what tenants used
    #[command(subcommand)]
    Usage(usage::Usage),
    /// Buy packages for a tenant
    Purchase(account::Buy),
    /// Get a kubeconfig limited to a tenant's namespace
    Kubeconfig(tenants::Kubeconfig),
    /// A tenant's quotas in its datacenters
    #[command(subcommand, visible_alias = "quota")]
    Quotas(quotas::Quotas),
    /// Users
    #[command(subcommand, visible_alias = "user")]
    Users(users::Users),
    /// Groups of users, and who is in them
    #[command(subcommand, visible_alias = "group")]
    Groups(groups::Groups),
    /// Who is what on which tenant
    #[command(subcommand, visible_alias = "role")]
    Roles(roles::Roles),
    /// Why something is allowed, or not
    Why(why::Why),
    /// Datacenters
    #[command(subcommand, visible_alias = "datacenter")]
    Datacenters(datacenters::Datacenters),
    /// Directories of people (LDAP)
    #[command(subcommand, visible_alias = "directory")]
    Directories(directories::Directories),
    /// Quota plans: the packages on sale
    #[command(subcommand, visible_alias = "quota-plan")]
    QuotaPlans(quota_plans::QuotaPlans),
    /// Namespaces: a tenant's place in a datacenter
    #[command(subcommand, visible_alias = "namespace")]
    Namespaces(namespaces::Namespaces),
    /// Disks
    #[command(subcommand, visible_alias = "disk")]
    Disks(disks::Disks),
    /// Apps
    #[command(subcommand, visible_alias = "app")]
    Apps(apps::Apps),
    /// Virtual servers
    #[command(subcommand, visible_alias = "server")]
    Servers(cloud::Servers),
    /// Networks of servers
    #[command(subcommand, visible_alias = "network")]
    Networks(cloud::Networks),
    /// Routers between networks, and to the world
    #[command(subcommand, visible_alias = "router")]
    Routers(cloud::Routers),
    /// Networks that are connected to routers
    #[command(subcommand, visible_alias = "router-interface")]
    RouterInterfaces(cloud::RouterInterfaces),
    /// Security groups: what may pass to and from servers
    #[command(subcommand, visible_alias = "security-group")]
    SecurityGroups(cloud::SecurityGroups),
    /// Volumes of servers
    #[command(subcommand, visible_alias = "volume")]
    Volumes(cloud::Volumes),
    /// Volumes that are attached to servers
    #[command(subcommand, visible_alias = "attachment")]
    Attachments(cloud::Attachments),
    /// Snapshots of volumes
    #[command(subcommand, visible_alias = "snapshot")]
    Snapshots(cloud::Snapshots),
    /// Floating addresses
    #[command(subcommand, visible_alias = "floating-ip")]
    FloatingIps(cloud::FloatingIps),
    /// What a cloud of servers offers to a tenant
    Catalog(cloud::Catalog),
    /// What is in a tenant's project in a cloud and not managed
    Unmanaged(cloud::Unmanaged),
    /// Take over something that is in a tenant's project and not managed
    Adopt(cloud::Adopt),
    /// Releases: what was deployed, by whom, and how it ended
    #[command(subcommand, visible_alias = "release")]
    Releases(releases::Releases),
    /// Image registries
    #[command(subcommand, visible_alias = "registry")]
    Registries(registries::Registries),
    /// The images in the registries
    Images(images::Images),
    /// Who did what
    Audit(audit::Audit),
    /// What may have been left behind at a datacenter
    #[command(subcommand, visible_alias = "orphan")]
    Orphans(orphans::Orphans),
    /// What became of mails
    #[command(subcommand, visible_alias = "mail")]
    Mails(mails::Mails),
    /// Links on the first page of the console
    #[command(subcommand, visible_alias = "link")]
    Links(links::Links),
    /// Changes as they happen
    Events(events::Events),
    /// Write a completion script for a shell
    Completion {
        /// The shell
        shell: Shell,
    },
}

impl Command {
    /// Carries the command out. `root` is the whole command line, for its completion.
    pub(crate) async fn run(self, cx: &mut Context, root: clap::Command) -> Result<Output, Failure> {
        match self {
            Self::Login(command) => command.run(cx).await,
            Self::Logout => session::logout(cx).await,
            Self::Whoami => session::whoami(cx).await,
            Self::Password(command) => command.run(cx).await,
            Self::PasswordReset(command) => command.run(cx).await,
            Self::Sessions(command) => command.run(cx).await,
            Self::Tokens(command) => command.run(cx).await,
            Self::SecondFactor(command) => command.run(cx).await,
            Self::Profiles(command) => command.run(cx),
            Self::Tenants(command) => command.run(cx).await,
            Self::Account(command) => command.run(cx).await,
            Self::Usage(command) => command.run(cx).await,
            Self::Purchase(command) => command.run(cx).await,
            Self::Kubeconfig(command) => command.run(cx).await,
            Self::Quotas(command) => command.run(cx).await,
            Self::Users(command) => command.run(cx).await,
            Self::Groups(command) => command.run(cx).await,
            Self::Roles(command) => command.run(cx).await,
            Self::Why(command) => command.run(cx).await,
            Self::Datacenters(command) => command.run(cx).await,
            Self::Directories(command) => command.run(cx).await,
            Self::QuotaPlans(command) => command.run(cx).await,
            Self::Namespaces(command) => command.run(cx).await,
            Self::Disks(command) => command.run(cx).await,
            Self::Apps(command) => command.run(cx).await,
            Self::Servers(command) => command.run(cx).await,
            Self::Networks(command) => command.run(cx).await,
            Self::Routers(command) => command.run(cx).await,
            Self::RouterInterfaces(command) => command.run(cx).await,
            Self::SecurityGroups(command) => command.run(cx).await,
            Self::Volumes(command) => command.run(cx).await,
            Self::Attachments(command) => command.run(cx).await,
            Self::Snapshots(command) => command.run(cx).await,
            Self::FloatingIps(command) => command.run(cx).await,
            Self::Catalog(command) => command.run(cx).await,
            Self::Unmanaged(command) => command.run(cx).await,
            Self::Adopt(command) => command.run(cx).await,
            Self::Releases(command) => command.run(cx).await,
            Self::Registries(command) => command.run(cx).await,
            Self::Images(command) => command.run(cx).await,
            Self::Audit(command) => command.run(cx).await,
            Self::Orphans(command) => command.run(cx).await,
            Self::Mails(command) => command.run(cx).await,
            Self::Links(command) => command.run(cx).await,
            Self::Events(command) => command.run(cx).await,
            Self::Completion { shell } => Ok(completion(shell, root)),
        }
    }
}

fn completion(shell: Shell, mut root: clap::Command) -> Output {
    let mut script = Vec::new();
    let name = root.get_name().to_owned();
    clap_complete::generate(shell, &mut root, name, &mut script);
    Output::Text(String::from_utf8_lossy(&script).into_owned())
}
