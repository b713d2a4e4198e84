//! The kinds of resources, as one table: each has a stable name, what is asked for and what is seen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::cloud::{
    AttachmentSpec, AttachmentStatus, FloatingIpSpec, FloatingIpStatus, NetworkSpec, NetworkStatus, RouterInterfaceSpec,
    RouterInterfaceStatus, RouterSpec, RouterStatus, SecurityGroupSpec, SecurityGroupStatus, ServerNetwork, ServerSecurityGroup,
    ServerSpec, ServerStatus, SnapshotSpec, SnapshotStatus, VolumeSource, VolumeSpec, VolumeStatus,
};
use crate::error::{Error, Result};
use crate::id::ResourceId;
use crate::name;
use crate::policy::ObjectKind;
use crate::quota::{Amounts, Metric};
use crate::resource::{AppSpec, AppStatus, DiskSpec, DiskStatus, NamespaceSpec, NamespaceStatus};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal: $spec:ident, $status:ident;)*) => {
        /// The kind of a resource.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The stable name, in the database and in JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// The kind of object for permissions, as a list of one.
            #[must_use]
            pub const fn objects(self) -> &'static [ObjectKind] {
                match self {
                    $(Self::$kind => &[ObjectKind::$kind],)*
                }
            }

            /// The kind of object for permissions.
            #[must_use]
            pub const fn object(self) -> ObjectKind {
                match self {
                    $(Self::$kind => ObjectKind::$kind,)*
                }
            }
        }

        /// What was asked for.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Spec {
            $($(#[$doc])* $kind($spec),)*
        }

        impl Spec {
            /// The kind it is of.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)*
                }
            }

            /// As JSON, without the kind.
            ///
            /// # Errors
            /// Never in practice: specs are plain data.
            pub fn to_json(&self) -> serde_json::Result<String> {
                match self {
                    $(Self::$kind(s) => serde_json::to_string(s),)*
                }
            }

            /// From the JSON that [`Spec::to_json`] wrote.
            ///
            /// # Errors
            /// When the JSON is not of this kind.
            pub fn from_json(kind: Kind, json: &str) -> serde_json::Result<Self> {
                Ok(match kind {
                    $(Kind::$kind => Self::$kind(serde_json::from_str(json)?),)*
                })
            }
        }

        /// What was seen.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Status {
            $($(#[$doc])* $kind($status),)*
        }

        impl Status {
            /// Nothing seen yet.
            #[must_use]
            pub fn empty(kind: Kind) -> Self {
                match kind {
                    $(Kind::$kind => Self::$kind($status::default()),)*
                }
            }

            /// As JSON, without the kind.
            ///
            /// # Errors
            /// Never in practice: statuses are plain data.
            pub fn to_json(&self) -> serde_json::Result<String> {
                match self {
                    $(Self::$kind(s) => serde_json::to_string(s),)*
                }
            }

            /// From the JSON that [`Status::to_json`] wrote.
            ///
            /// # Errors
            /// When the JSON is not of this kind.
            pub fn from_json(kind: Kind, json: &str) -> serde_json::Result<Self> {
                Ok(match kind {
                    $(Kind::$kind => Self::$kind(serde_json::from_str(json)?),)*
                })
            }
        }
    };
}

kinds! {
    /// A tenant's namespace in a datacenter (in a cloud: its project), with its quota, limits, network policy and accounts.
    Namespace = "namespace": NamespaceSpec, NamespaceStatus;
    /// A disk.
    Disk = "disk": DiskSpec, DiskStatus;
    /// An app: a workload with its service.
    App = "app": AppSpec, AppStatus;
    /// A network with its subnet.
    Network = "network": NetworkSpec, NetworkStatus;
    /// A router.
    Router = "router": RouterSpec, RouterStatus;
    /// A network connected to a router.
    RouterInterface = "router_interface": RouterInterfaceSpec, RouterInterfaceStatus;
    /// A security group.
    SecurityGroup = "security_group": SecurityGroupSpec, SecurityGroupStatus;
    /// A volume.
    Volume = "volume": VolumeSpec, VolumeStatus;
    /// A snapshot of a volume.
    Snapshot = "snapshot": SnapshotSpec, SnapshotStatus;
    /// A virtual server.
    Server = "server": ServerSpec, ServerStatus;
    /// A volume attached to a server.
    Attachment = "attachment": AttachmentSpec, AttachmentStatus;
    /// A floating address.
    FloatingIp = "floating_ip": FloatingIpSpec, FloatingIpStatus;
}

impl Kind {
    /// The kinds that live in a cloud of virtual servers.
    pub const CLOUD: [Self; 9] = [
        Self::Network,
        Self::Router,
        Self::RouterInterface,
        Self::SecurityGroup,
        Self::Volume,
        Self::Snapshot,
        Self::Server,
        Self::Attachment,
        Self::FloatingIp,
    ];

    /// Whether one of these goes without being asked for when what it refers to is removed: it only connects two others.
    #[must_use]
    pub const fn only_connects(self) -> bool {
        matches!(self, Self::RouterInterface | Self::Attachment)
    }

    /// The kind of what it refers to that is seen otherwise once it is there: a volume is in use, a server has an address more.
    #[must_use]
    pub const fn shows_on(self) -> Option<Self> {
        match self {
            Self::Attachment => Some(Self::Volume),
            Self::FloatingIp => Some(Self::Server),
            _ => None,
        }
    }

    /// Whether it needs what it refers to only until it is made: a volume outlives the snapshot that it was made from.
    #[must_use]
    pub const fn refers_only_until_made(self) -> bool {
        matches!(self, Self::Volume)
    }

    /// The names of all kinds, for people.
    #[must_use]
    pub fn names() -> String {
        Self::ALL.iter().map(|k| k.name()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.object().noun())
    }
}

impl FromStr for Kind {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|k| k.name() == text).ok_or_else(|| {
            Error::invalid("kind", format!("'{}' is not a kind of resource; the kinds are {}", name::clip(text), Self::names()))
        })
    }
}

impl Spec {
    /// The quota that it holds.
    #[must_use]
    pub fn holds(&self) -> Amounts {
        let storage = |gib: i64| Amounts::ZERO.with(Metric::Storage, gib.saturating_mul(1024));
        match self {
            Self::Namespace(_) | Self::RouterInterface(_) | Self::SecurityGroup(_) | Self::Attachment(_) => Amounts::ZERO,
            Self::Disk(disk) => storage(disk.size_gib).with(Metric::Volumes, 1),
            Self::App(app) => app.holds(),
            Self::Network(_) => Amounts::ZERO.with(Metric::Networks, 1),
            Self::Router(_) => Amounts::ZERO.with(Metric::Routers, 1),
            Self::Volume(volume) => storage(volume.size_gib).with(Metric::Volumes, 1),
            Self::Snapshot(snapshot) => storage(snapshot.size_gib),
            Self::Server(server) => Amounts::ZERO
                .with(Metric::Cpu, server.size.cpu_millicores)
                .with(Metric::Memory, server.size.memory_mib)
                .with(Metric::Servers, 1),
            Self::FloatingIp(_) => Amounts::ZERO.with(Metric::FloatingIps, 1),
        }
    }

    /// The resources that have to be there for this one, and cannot go before it.
    #[must_use]
    pub fn references(&self) -> Vec<ResourceId> {
        match self {
            Self::Namespace(_) | Self::Disk(_) | Self::App(_) | Self::Network(_) | Self::Router(_) | Self::SecurityGroup(_) => Vec::new(),
            Self::RouterInterface(interface) => vec![interface.router, interface.network],
            Self::Volume(volume) => match &volume.source {
                Some(VolumeSource::Snapshot(snapshot)) => vec![*snapshot],
                Some(VolumeSource::Image(_)) | None => Vec::new(),
            },
            Self::Snapshot(snapshot) => vec![snapshot.volume],
            Self::Attachment(attachment) => vec![attachment.server, attachment.volume],
            Self::FloatingIp(address) => address.server.into_iter().collect(),
            Self::Server(server) => {
                let networks = server.networks.iter().filter_map(|n| match n {
                    ServerNetwork::Own(id) => Some(*id),
                    ServerNetwork::Shared(_) => None,
                });
                let groups = server.security_groups.iter().filter_map(|g| match g {
                    ServerSecurityGroup::Own(id) => Some(*id),
                    ServerSecurityGroup::Peer(_) => None,
                });
                networks.chain(groups).collect()
            }
        }
    }
}

impl Status {
    /// The id that the peer gave it, when it has one of its own; empty when none was seen.
    #[must_use]
    pub fn peer_id(&self) -> &str {
        match self {
            Self::Namespace(_) | Self::Disk(_) | Self::App(_) => "",
            Self::Network(s) => &s.peer_id,
            Self::Router(s) => &s.peer_id,
            Self::RouterInterface(s) => &s.peer_id,
            Self::SecurityGroup(s) => &s.peer_id,
            Self::Volume(s) => &s.peer_id,
            Self::Snapshot(s) => &s.peer_id,
            Self::Server(s) => &s.peer_id,
            Self::Attachment(s) => &s.peer_id,
            Self::FloatingIp(s) => &s.peer_id,
        }
    }

    /// The status of something that was there before and is taken over: only its id is known.
    #[must_use]
    pub fn adopted(kind: Kind, peer_id: &str) -> Self {
        let peer_id = peer_id.to_owned();
        match kind {
            Kind::Namespace | Kind::Disk | Kind::App => Self::empty(kind),
            Kind::Network => Self::Network(NetworkStatus { peer_id, ..NetworkStatus::default() }),
            Kind::Router => Self::Router(RouterStatus { peer_id, ..RouterStatus::default() }),
            Kind::RouterInterface => Self::RouterInterface(RouterInterfaceStatus { peer_id, ..RouterInterfaceStatus::default() }),
            Kind::SecurityGroup => Self::SecurityGroup(SecurityGroupStatus { peer_id, ..SecurityGroupStatus::default() }),
            Kind::Volume => Self::Volume(VolumeStatus { peer_id, ..VolumeStatus::default() }),
            Kind::Snapshot => Self::Snapshot(SnapshotStatus { peer_id, ..SnapshotStatus::default() }),
            Kind::Server => Self::Server(ServerStatus { peer_id, ..ServerStatus::default() }),
            Kind::Attachment => Self::Attachment(AttachmentStatus { peer_id, ..AttachmentStatus::default() }),
            Kind::FloatingIp => Self::FloatingIp(FloatingIpStatus { peer_id, ..FloatingIpStatus::default() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse::<Kind>().unwrap(), *kind);
        }
        let error = "castle".parse::<Kind>().unwrap_err();
        assert!(error.message.contains("'castle'") && error.message.contains("router_interface"), "{}", error.message);
    }

    #[test]
    fn an_empty_status_of_every_kind_survives_its_json_and_has_no_peer_id() {
        for kind in Kind::ALL {
            let empty = Status::empty(*kind);
            assert_eq!(Status::from_json(*kind, &empty.to_json().unwrap()).unwrap(), empty);
            assert_eq!(empty.peer_id(), "");
        }
    }

    #[test]
    fn what_is_taken_over_is_known_by_its_id() {
        for kind in Kind::CLOUD {
            assert_eq!(Status::adopted(kind, "abc").peer_id(), "abc");
        }
    }
}
