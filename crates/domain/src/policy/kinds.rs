//! What permission is about: kinds of objects, and what is done to them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of things that permission is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A tenant: organization, project.
    Tenant,
    /// A user.
    User,
    /// A group of users.
    Group,
    /// A token for a program.
    ApiToken,
    /// A link on the first page of the console.
    Link,
    /// A datacenter.
    Datacenter,
    /// A quota plan (package).
    QuotaPlan,
    /// A tenant's quota in one datacenter.
    DatacenterQuota,
    /// A tenant's namespace in one datacenter.
    Namespace,
    /// A disk.
    Disk,
    /// An app.
    App,
    /// A network in a cloud of servers.
    Network,
    /// A router.
    Router,
    /// A network connected to a router.
    RouterInterface,
    /// A security group.
    SecurityGroup,
    /// A volume.
    Volume,
    /// A snapshot of a volume.
    Snapshot,
    /// A virtual server.
    Server,
    /// A volume attached to a server.
    Attachment,
    /// A floating address.
    FloatingIp,
    /// A release record.
    Release,
    /// A tenant's account.
    Account,
    /// What things cost in a datacenter.
    RateCard,
    /// An image registry.
    Registry,
    /// The audit.
    Audit,
    /// What may have been left behind at a peer.
    Orphan,
}

impl ObjectKind {
    /// Every kind, for the permission matrix.
    pub const ALL: [Self; 26] = [
        Self::Tenant,
        Self::User,
        Self::Group,
        Self::ApiToken,
        Self::Link,
        Self::Datacenter,
        Self::QuotaPlan,
        Self::DatacenterQuota,
        Self::Namespace,
        Self::Disk,
        Self::App,
        Self::Network,
        Self::Router,
        Self::RouterInterface,
        Self::SecurityGroup,
        Self::Volume,
        Self::Snapshot,
        Self::Server,
        Self::Attachment,
        Self::FloatingIp,
        Self::Release,
        Self::Account,
        Self::RateCard,
        Self::Registry,
        Self::Audit,
        Self::Orphan,
    ];

    /// Whether it lives in a cloud of servers.
    #[must_use]
    pub const fn in_cloud(self) -> bool {
        matches!(
            self,
            Self::Network
                | Self::Router
                | Self::RouterInterface
                | Self::SecurityGroup
                | Self::Volume
                | Self::Snapshot
                | Self::Server
                | Self::Attachment
                | Self::FloatingIp
        )
    }

    /// What people call it in a sentence.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::User => "user",
            Self::Group => "group",
            Self::ApiToken => "api token",
            Self::Link => "link",
            Self::Datacenter => "datacenter",
            Self::QuotaPlan => "quota plan",
            Self::DatacenterQuota => "datacenter quota",
            Self::Namespace => "namespace",
            Self::Disk => "disk",
            Self::App => "app",
            Self::Network => "network",
            Self::Router => "router",
            Self::RouterInterface => "router interface",
            Self::SecurityGroup => "security group",
            Self::Volume => "volume",
            Self::Snapshot => "snapshot",
            Self::Server => "server",
            Self::Attachment => "attachment",
            Self::FloatingIp => "floating ip",
            Self::Release => "release",
            Self::Account => "account",
            Self::RateCard => "rate card",
            Self::Registry => "registry",
            Self::Audit => "audit record",
            Self::Orphan => "orphan",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.noun())
    }
}

/// What is done to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Make a new one.
    Create,
    /// Look at it.
    Read,
    /// Change what its own people may change.
    Update,
    /// Change what it may consume: quota totals and datacenters of a tenant.
    Resize,
    /// Remove it.
    Delete,
    /// Give somebody a role on it, or take it away.
    Grant,
    /// Try again now what a controller would try later.
    Retry,
    /// Give up on what cannot be removed at its peer; it is recorded as an orphan.
    Forget,
    /// Take over what existed at the peer before.
    Adopt,
    /// Buy a package.
    Purchase,
    /// Set somebody's password without knowing the old one.
    ResetPassword,
    /// Get a credential that works at the peer (a kubeconfig, a server's console).
    IssueCredential,
}

impl Action {
    /// Every action, for the permission matrix.
    pub const ALL: [Self; 12] = [
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Resize,
        Self::Delete,
        Self::Grant,
        Self::Retry,
        Self::Forget,
        Self::Adopt,
        Self::Purchase,
        Self::ResetPassword,
        Self::IssueCredential,
    ];

    /// The name in the audit and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Resize => "resize",
            Self::Delete => "delete",
            Self::Grant => "grant",
            Self::Retry => "retry",
            Self::Forget => "forget",
            Self::Adopt => "adopt",
            Self::Purchase => "purchase",
            Self::ResetPassword => "reset_password",
            Self::IssueCredential => "issue_credential",
        }
    }
}
