//! What tenants have in clouds of virtual servers.

mod catalog;
mod network;
mod server;
mod volume;

pub use catalog::{AvailabilityZone, Catalog, Flavor, NewAdoption, OfferedNetwork, ServerImage, Unmanaged};
pub use network::{
    FloatingIp, FloatingIpChange, FloatingIpSpec, FloatingIpStatus, Network, NetworkChange, NetworkSpec, NetworkStatus, NewFloatingIp,
    NewNetwork, NewRouter, NewRouterInterface, NewSecurityGroup, Pool, Ports, Router, RouterChange, RouterInterface, RouterInterfaceSpec,
    RouterInterfaceStatus, RouterSpec, RouterStatus, SecurityGroup, SecurityGroupChange, SecurityGroupSpec, SecurityGroupStatus,
    SecurityRule,
};
pub use server::{
    Assignment, Console, ConsoleLog, NewServer, Server, ServerAddress, ServerChange, ServerCommand, ServerNetwork, ServerSecurityGroup,
    ServerSpec, ServerStatus,
};
pub use volume::{
    Attachment, AttachmentSpec, AttachmentStatus, NewAttachment, NewSnapshot, NewVolume, Snapshot, SnapshotSpec, SnapshotStatus, Volume,
    VolumeChange, VolumeSpec, VolumeStatus,
};

use tenantry_domain::resource::Kind;

use super::Managed;

macro_rules! managed {
    ($($kind:ident in $path:literal;)*) => {
        $(impl Managed for $kind {
            const PATH: &'static str = $path;
            const KIND: Kind = Kind::$kind;
        })*
    };
}
managed! {
    Server in "servers";
    Network in "networks";
    Router in "routers";
    RouterInterface in "router-interfaces";
    SecurityGroup in "security-groups";
    Volume in "volumes";
    Snapshot in "snapshots";
    Attachment in "attachments";
    FloatingIp in "floating-ips";
}
