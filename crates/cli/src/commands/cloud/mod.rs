//! What tenants have in clouds of virtual servers: a file for each noun, and here what all of them do alike.

mod catalog;
mod floating_ips;
mod links;
mod networks;
mod routers;
mod security_groups;
mod servers;
mod snapshots;
mod volumes;

pub use catalog::{Adopt, Catalog, Unmanaged};
pub use floating_ips::FloatingIps;
pub use links::{Attachments, RouterInterfaces};
pub use networks::Networks;
pub use routers::Routers;
pub use security_groups::SecurityGroups;
pub use servers::Servers;
pub use snapshots::Snapshots;
pub use volumes::Volumes;

use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tenantry_client::Client;
use tenantry_client::types::{Managed, ResourceFilter};
use tenantry_domain::resource::State;
use tenantry_domain::{DatacenterId, ResourceId, TenantId};

use crate::context::Context;
use crate::exit::Failure;
use crate::global::{Change, Confirm, Paging, Place, Settle};
use crate::lookup::{self, HasId};
use crate::parse;
use crate::render::{Columns, Output};
use crate::settle::Settles;

/// A kind that these commands work with.
pub(crate) trait Noun: Managed + HasId + Settles + Serialize + DeserializeOwned {}
impl<R: Managed + HasId + Settles + Serialize + DeserializeOwned> Noun for R {}

/// Which one.
#[derive(Debug, Args)]
pub struct Which {
    /// Its name or id
    #[arg(value_name = "NAME|ID")]
    said: String,
    #[command(flatten)]
    place: Place,
}

impl Which {
    async fn find<R: Noun>(&self, client: &Client) -> Result<ResourceId, Failure> {
        lookup::resource::<R>(client, &self.said, &self.place).await
    }
}

/// Which of them are listed.
#[derive(Debug, Args)]
pub struct Lists {
    #[command(flatten)]
    place: Place,
    /// Of this name
    #[arg(long)]
    name: Option<String>,
    /// In this state
    #[arg(long)]
    state: Option<State>,
    /// With this id in the cloud
    #[arg(long, value_name = "ID")]
    peer_id: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

impl Lists {
    /// Lists them; `refine` says what else they must be.
    async fn run<R: Noun>(
        self,
        cx: &mut Context,
        columns: Columns,
        refine: impl FnOnce(ResourceFilter) -> ResourceFilter,
    ) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let mut filter = lookup::filter(&client, &self.place, self.name).await?;
        filter.state = self.state;
        filter.peer_id = self.peer_id;
        cx.list(client.list_resources::<R>(&refine(filter)), &self.paging, columns).await
    }
}

/// Which one goes.
#[derive(Debug, Args)]
pub struct Remove {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    confirm: Confirm,
    #[command(flatten)]
    settle: Settle,
}

impl Remove {
    /// Removes it; `tail` says what goes along.
    async fn run<R: Noun>(self, cx: &mut Context, tail: &str) -> Result<Output, Failure> {
        let client = cx.client.clone();
        let call = client.delete_resource::<R>(self.which.find::<R>(&client).await?);
        cx.remove(&format!("{} '{}'{tail}", R::KIND, self.which.said), &self.confirm, &self.settle, call).await
    }
}

/// Which one goes, perhaps with what only connects it to something.
#[derive(Debug, Args)]
pub struct RemoveConnected {
    #[command(flatten)]
    remove: Remove,
    /// Disconnect it first from what it is connected to
    #[arg(long)]
    cascade: bool,
}

impl RemoveConnected {
    async fn run<R: Noun>(self, cx: &mut Context, tail: &str) -> Result<Output, Failure> {
        if !self.cascade {
            return self.remove.run::<R>(cx, tail).await;
        }
        let (client, Remove { which, confirm, settle }) = (cx.client.clone(), self.remove);
        let call = client.delete_with_connections::<R>(which.find::<R>(&client).await?);
        cx.remove(&format!("{} '{}'{tail}", R::KIND, which.said), &confirm, &settle, call).await
    }
}

/// What every noun can be told.
#[derive(Debug, Subcommand)]
pub enum Verbs {
    /// Show one
    #[command(visible_alias = "get")]
    Show(Which),
    /// Wait until one has settled
    Wait {
        #[command(flatten)]
        which: Which,
        /// How long to wait
        #[arg(long, default_value = "5m", value_parser = parse::duration, value_name = "TIME")]
        timeout: Duration,
    },
    /// Try now what would be tried later
    Retry {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        settle: Settle,
    },
    /// Give up on one; what may be left in the cloud is listed as an orphan
    Forget {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        change: Change,
    },
}

impl Verbs {
    async fn run<R: Noun>(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = cx.client.clone();
        match self {
            Self::Show(which) => cx.show(client.get_resource::<R>(which.find::<R>(&client).await?)).await,
            Self::Wait { which, timeout } => {
                let settle = Settle { change: Change::default(), no_wait: false, timeout };
                cx.settle(&settle, client.get_resource::<R>(which.find::<R>(&client).await?)).await
            }
            Self::Retry { which, settle } => cx.settle(&settle, client.retry_resource::<R>(which.find::<R>(&client).await?)).await,
            Self::Forget { which, confirm, change } => {
                let call = client.forget_resource::<R>(which.find::<R>(&client).await?);
                cx.delete(&format!("{} '{}' without clearing the cloud", R::KIND, which.said), &confirm, &change, call).await
            }
        }
    }
}

/// Where something new goes: the server knows which datacenter runs servers when nobody says it.
async fn new_place(client: &Client, said: &Place) -> Result<(TenantId, Option<DatacenterId>), Failure> {
    let tenant = lookup::tenant_or_own(client, said.tenant.as_deref()).await?;
    let datacenter = match said.datacenter.as_deref() {
        Some(said) => Some(lookup::datacenter(client, said).await?),
        None => None,
    };
    Ok((tenant, datacenter))
}

/// Another resource that was said, if one was.
async fn maybe<R: Noun>(client: &Client, said: Option<&str>, place: &Place) -> Result<Option<ResourceId>, Failure> {
    match said {
        Some(said) => lookup::resource::<R>(client, said, place).await.map(Some),
        None => Ok(None),
    }
}
