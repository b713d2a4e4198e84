//! What a cloud offers to a tenant, and what is there that nobody manages.

use clap::{Args, ValueEnum};
use serde::Serialize;
use tenantry_client::types::{
    Attachment, FloatingIp, Network, NewAdoption, Place as Filter, Router, RouterInterface, SecurityGroup, Server, Snapshot, Volume,
};
use tenantry_domain::resource::Kind;

use super::new_place;
use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Paging, Place, SettleNew};
use crate::render::{Columns, Output, to_value};

const FLAVORS: Columns =
    &[("ID", "id"), ("NAME", "name"), ("CPU", "cpu"), ("MEMORY GiB", "memory_gib"), ("DISK GiB", "disk_gib"), ("PUBLIC", "public")];
const IMAGES: Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("CONDITION", "condition"),
    ("BYTES", "size_bytes"),
    ("LEAST DISK GiB", "min_disk_gib"),
    ("LEAST MEMORY GiB", "min_memory_gib"),
];
const ZONES: Columns = &[("NAME", "name"), ("AVAILABLE", "available")];
const NETWORKS: Columns = &[("ID", "id"), ("NAME", "name"), ("CIDRS", "cidrs"), ("EXTERNAL", "external"), ("SHARED", "shared")];
const UNMANAGED: Columns = &[("KIND", "kind"), ("PEER ID", "peer_id"), ("NAME", "name"), ("SUMMARY", "summary")];

/// A part of what is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Sizes of servers.
    Flavors,
    /// What servers are made from.
    Images,
    /// Where servers run.
    Zones,
    /// The operator's networks.
    Networks,
}

/// What a cloud offers.
#[derive(Debug, Args)]
pub struct Catalog {
    /// Only this part, as a table
    part: Option<Part>,
    #[command(flatten)]
    place: Place,
}

fn rows<T: Serialize>(items: &[T], columns: Columns) -> Result<Output, Failure> {
    Ok(Output::List(items.iter().map(to_value).collect::<Result<_, _>>()?, columns))
}

impl Catalog {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let (tenant, datacenter) = new_place(&client, &self.place).await?;
        let found = client.get_catalog(tenant, datacenter).await?;
        match self.part {
            None => Output::one(&found),
            Some(Part::Flavors) => rows(&found.flavors, FLAVORS),
            Some(Part::Images) => rows(&found.images, IMAGES),
            Some(Part::Zones) => rows(&found.zones, ZONES),
            Some(Part::Networks) => rows(&found.networks, NETWORKS),
        }
    }
}

/// What is in a tenant's project and not managed.
#[derive(Debug, Args)]
pub struct Unmanaged {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    paging: Paging,
}

impl Unmanaged {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let (tenant, datacenter_id) = new_place(&client, &self.place).await?;
        cx.list(client.list_unmanaged(tenant, &Filter { datacenter_id }), &self.paging, UNMANAGED).await
    }
}

/// What is taken over.
#[derive(Debug, Args)]
pub struct Adopt {
    /// What it is: server, network, router, volume, ...
    kind: Kind,
    /// Its id in the cloud
    peer_id: String,
    #[command(flatten)]
    place: Place,
    /// How it is called here [default: as in the cloud]
    #[arg(long)]
    name: Option<String>,
    /// Remove it in the cloud when it is deleted here; without it, it is only let go
    #[arg(long)]
    may_remove: bool,
    #[command(flatten)]
    settle: SettleNew,
}

impl Adopt {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let (tenant, datacenter_id) = new_place(&client, &self.place).await?;
        let Self { kind, peer_id, name, may_remove, settle, .. } = self;
        let (new, settle) = (NewAdoption { datacenter_id, kind: kind.name().to_owned(), peer_id, name, may_remove }, settle.into());
        match kind {
            Kind::Server => cx.settle(&settle, client.adopt_resource::<Server>(tenant, &new)).await,
            Kind::Network => cx.settle(&settle, client.adopt_resource::<Network>(tenant, &new)).await,
            Kind::Router => cx.settle(&settle, client.adopt_resource::<Router>(tenant, &new)).await,
            Kind::RouterInterface => cx.settle(&settle, client.adopt_resource::<RouterInterface>(tenant, &new)).await,
            Kind::SecurityGroup => cx.settle(&settle, client.adopt_resource::<SecurityGroup>(tenant, &new)).await,
            Kind::Volume => cx.settle(&settle, client.adopt_resource::<Volume>(tenant, &new)).await,
            Kind::Snapshot => cx.settle(&settle, client.adopt_resource::<Snapshot>(tenant, &new)).await,
            Kind::Attachment => cx.settle(&settle, client.adopt_resource::<Attachment>(tenant, &new)).await,
            Kind::FloatingIp => cx.settle(&settle, client.adopt_resource::<FloatingIp>(tenant, &new)).await,
            Kind::Namespace | Kind::Disk | Kind::App => {
                Err(Failure::usage(format!("a {kind} is not taken over this way: see `tenantry unmanaged`")))
            }
        }
    }
}
