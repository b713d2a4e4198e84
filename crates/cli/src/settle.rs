//! Waiting for something to settle, with progress where errors go.

use std::io;
use std::time::Duration;

use futures::TryStreamExt;
use serde::Serialize;
use tenantry_client::types::{Managed, Namespace, Resource, Tenant};
use tenantry_client::{Client, Error};
use tenantry_domain::resource::State;
use tokio::time::Instant;

use crate::exit::Failure;
use crate::terminal::Terminal;

/// How long the server is asked to wait at a time; every look may show new progress.
const LOOK: Duration = Duration::from_secs(5);

/// How far something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    state: String,
    reason: String,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Moving,
    Ready,
    Failed,
}

/// Something that a controller works on.
pub(crate) trait Settles: Serialize + Sized {
    /// What it is called in progress and errors.
    fn label(&self) -> String;
    /// Looks again, after waiting up to that long for it to settle.
    async fn look(&self, client: &Client, wait: Duration) -> Result<(Self, View), Error>;
}

impl<S, T> Settles for Resource<S, T>
where
    Self: Managed,
{
    fn label(&self) -> String {
        format!("{} '{}'", self.kind, self.name)
    }

    async fn look(&self, client: &Client, wait: Duration) -> Result<(Self, View), Error> {
        let seen = client.get_resource::<Self>(self.id).wait(wait).await?;
        let view = view(&seen);
        Ok((seen, view))
    }
}

fn view<S, T>(seen: &Resource<S, T>) -> View {
    let phase = match (seen.settled(), seen.state) {
        (true, State::Ready) => Phase::Ready,
        (true, State::Failed) => Phase::Failed,
        _ => Phase::Moving,
    };
    View { state: seen.state.to_string(), reason: seen.reason.clone(), phase }
}

impl Settles for Tenant {
    fn label(&self) -> String {
        format!("tenant '{}'", self.name)
    }

    async fn look(&self, client: &Client, wait: Duration) -> Result<(Self, View), Error> {
        let seen = client.get_tenant(self.id).wait(wait).await?;
        let namespaces: Vec<Namespace> = client.list_tenant_namespaces(self.id).stream().try_collect().await?;
        let view = view_of_tenant(&seen, &namespaces);
        Ok((seen, view))
    }
}

fn view_of_tenant(tenant: &Tenant, namespaces: &[Namespace]) -> View {
    let views: Vec<View> = namespaces.iter().map(view).collect();
    let ready = views.iter().filter(|v| v.phase == Phase::Ready).count();
    let phase = if tenant.state != "active" || views.iter().any(|v| v.phase == Phase::Moving) {
        Phase::Moving
    } else if ready == views.len() {
        Phase::Ready
    } else {
        Phase::Failed
    };
    let state = format!("{}, {ready} of {} namespaces ready", tenant.state, views.len());
    let reasons = namespaces.iter().zip(&views).filter(|(_, v)| v.phase != Phase::Ready && !v.reason.is_empty());
    let reasons = reasons.map(|(n, v)| format!("datacenter {}: {}", n.datacenter_id, v.reason));
    let own = (!tenant.reason.is_empty()).then(|| tenant.reason.clone());
    View { state, reason: own.into_iter().chain(reasons).collect::<Vec<_>>().join("; "), phase }
}

/// Waits until `first` is ready.
///
/// # Errors
/// When it failed, did not settle within `timeout`, or can't be looked at any more.
pub(crate) async fn until_ready<T: Settles>(terminal: &mut Terminal, client: &Client, first: T, timeout: Duration) -> Result<T, Failure> {
    let label = first.label();
    let mut watch = Watch::new(timeout);
    let mut last = first;
    loop {
        let (seen, view) = last.look(client, watch.slice()).await?;
        last = seen;
        watch.show(terminal, &label, &view)?;
        match view.phase {
            Phase::Ready => return Ok(last),
            Phase::Failed => return Err(Failure::not_settled(format!("{label} failed: {}", why(&view)))),
            Phase::Moving => watch.pause(terminal, &label, &view).await?,
        }
    }
}

/// Waits until `first`, which is being removed, is gone.
///
/// # Errors
/// When it is not gone within `timeout`, or can't be looked at any more.
pub(crate) async fn until_gone<T: Settles>(terminal: &mut Terminal, client: &Client, first: T, timeout: Duration) -> Result<(), Failure> {
    let label = first.label();
    let mut watch = Watch::new(timeout);
    loop {
        match first.look(client, watch.slice()).await {
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error.into()),
            Ok((_, view)) => {
                watch.show(terminal, &label, &view)?;
                watch.pause(terminal, &label, &view).await?;
            }
        }
    }
}

fn why(view: &View) -> &str {
    if view.reason.is_empty() { &view.state } else { &view.reason }
}

struct Watch {
    end: Instant,
    looked: Instant,
    shown: Option<View>,
}

impl Watch {
    fn new(timeout: Duration) -> Self {
        let now = Instant::now();
        Self { end: now + timeout, looked: now, shown: None }
    }

    /// How long the next look may wait.
    fn slice(&mut self) -> Duration {
        self.looked = Instant::now();
        LOOK.min(self.end.saturating_duration_since(self.looked))
    }

    fn show(&mut self, terminal: &mut Terminal, label: &str, view: &View) -> io::Result<()> {
        if self.shown.as_ref() != Some(view) {
            let reason = if view.reason.is_empty() { String::new() } else { format!(" ({})", view.reason) };
            terminal.note(&format!("{label}: {}{reason}", view.state))?;
            self.shown = Some(view.clone());
        }
        Ok(())
    }

    /// Between two looks: a server that answers at once is not asked all the time.
    async fn pause(&self, terminal: &Terminal, label: &str, view: &View) -> Result<(), Failure> {
        if Instant::now() >= self.end {
            return Err(Failure::not_settled(format!("{label} did not settle in time: {}", why(view))));
        }
        tokio::time::sleep_until((self.looked + terminal.poll_gap).min(self.end)).await;
        Ok(())
    }
}
