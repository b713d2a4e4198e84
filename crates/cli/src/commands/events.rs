//! Changes as they happen, a line each.

use std::pin::pin;

use clap::Args;
use futures::StreamExt;
use tenantry_client::Change;
use tenantry_client::types::{Event, EventFilter};
use tenantry_domain::EventId;

use crate::context::Context;
use crate::exit::Failure;
use crate::global::Format;
use crate::lookup;
use crate::render::Output;
use crate::terminal::printable;

/// Watch changes, until it is interrupted.
#[derive(Debug, Args)]
pub struct Events {
    /// In this tenant
    #[arg(short, long)]
    tenant: Option<String>,
    /// Of this kind of object: tenant, namespace, disk, app, datacenter
    #[arg(long)]
    object: Option<String>,
    /// Begin after the event of this id [default: now]
    #[arg(long, value_name = "ID")]
    after: Option<EventId>,
    /// End after this many
    #[arg(long, value_name = "N")]
    count: Option<usize>,
}

impl Events {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let tenant_id = match &self.tenant {
            Some(said) => Some(lookup::tenant(&cx.client, said).await?),
            None => None,
        };
        let filter = EventFilter { tenant_id, object: self.object };
        let mut events = pin!(cx.client.events(&filter, self.after));
        let mut left = self.count.unwrap_or(usize::MAX);
        while left > 0 {
            match events.next().await {
                Some(Ok(Change::Event(event))) => {
                    let line = line(&event, cx.format)?;
                    writeln!(cx.terminal.out, "{line}")?;
                    cx.terminal.out.flush()?;
                    left -= 1;
                }
                Some(Ok(Change::Reset)) => cx.terminal.note("some events were missed: look at the lists")?,
                Some(Err(error)) => return Err(error.into()),
                None => break,
            }
        }
        Ok(Output::Done(String::new()))
    }
}

fn line(event: &Event, format: Format) -> Result<String, Failure> {
    if format != Format::Table {
        // a JSON document is a YAML document too
        return serde_json::to_string(event).map_err(|e| Failure::local(e.to_string()));
    }
    let reason = if event.reason.is_empty() { String::new() } else { format!(" ({})", event.reason) };
    let Event { id, at, object, name, change, state, .. } = event;
    Ok(printable(&format!("{id} {at} {object} '{name}' {change} {state}{reason}")).replace('\n', " "))
}
