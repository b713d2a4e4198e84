//! Every id is a type of its own, so that a user's id cannot be handed in where a tenant's is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.trim().parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A tenant (organization, project) of the tree.
    TenantId,
    /// A person or program that can log in.
    UserId,
    /// An infrastructure that Tenantry drives.
    DatacenterId,
    /// A quota plan, sold as a package (文档中的配额标准).
    QuotaPlanId,
    /// The quota of one tenant in one datacenter.
    DatacenterQuotaId,
    /// A namespace, disk, app or any other managed resource.
    ResourceId,
    /// An entry in the append-only record of releases.
    ReleaseId,
    /// An image registry.
    RegistryId,
    /// A login session.
    SessionId,
    /// A record of the audit.
    AuditId,
    /// A published change, in commit order.
    EventId,
    /// A booking in the ledger.
    LedgerEntryId,
    /// A group of users inside a tenant.
    GroupId,
    /// A token for a program.
    ApiTokenId,
    /// A link on the first page of the console.
    LinkId,
    /// A mail that is sent, or was.
    MailId,
    /// What a closed tenant or a forgotten resource may have left at a peer.
    OrphanId,
}

impl TenantId {
    /// The root of the tenant tree; it exists from the first start and cannot be closed.
    pub const ROOT: Self = Self(1);
}

/// The name of an object for the world outside the database: a UUIDv7, written to the peer as label or tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(pub Uuid);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Uid {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}
