//! The images in the registries.

use clap::Args;
use tenantry_client::types::ImageFilter;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::Paging;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[("REGISTRY", "registry"), ("NAME", "name"), ("TAGS", "tags")];

/// List images.
#[derive(Debug, Args)]
pub struct Images {
    /// Of the registry of this name
    #[arg(long)]
    registry: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

impl Images {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        cx.list(cx.client.list_images(&ImageFilter { registry: self.registry }), &self.paging, COLUMNS).await
    }
}
