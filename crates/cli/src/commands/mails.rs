//! What became of mails.

use clap::Subcommand;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::Paging;
use crate::render::{Columns, Output};

const COLUMNS: Columns = &[
    ("ID", "id"),
    ("KIND", "kind"),
    ("TO", "recipient"),
    ("STATE", "state"),
    ("ATTEMPTS", "attempts"),
    ("WRITTEN", "created_at"),
    ("ENDED", "ended_at"),
    ("REASON", "reason"),
];

/// Mails.
#[derive(Debug, Subcommand)]
pub enum Mails {
    /// List them, the latest first
    List {
        #[command(flatten)]
        paging: Paging,
    },
}

impl Mails {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let Self::List { paging } = self;
        cx.list(cx.client.list_mails(), &paging, COLUMNS).await
    }
}
