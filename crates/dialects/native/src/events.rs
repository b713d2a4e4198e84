//! `/events`: what was committed, as server-sent events, resumable.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::IntoResponse as _;
use axum::response::sse::{Event as Sse, KeepAlive};
use futures::stream;
use http::HeaderMap;
use serde_json::json;
use tenantry_domain::event::Event;
use tenantry_domain::{EventId, TenantId};
use tenantry_service::{Ctx, event};
use tokio::sync::broadcast::Receiver;

use crate::call::Call;
use crate::problem::Reply;

/// Beneath the wake-ups: another process may have committed.
const POLL: Duration = Duration::from_secs(1);

struct Watch {
    ctx: Ctx,
    changes: Receiver<tenantry_service::event::Change>,
    after: EventId,
    ready: VecDeque<Event>,
    tenant: Option<TenantId>,
    object: Option<String>,
}

impl Watch {
    async fn next(mut self) -> Option<(Result<Sse, Infallible>, Self)> {
        loop {
            while let Some(next) = self.ready.pop_front() {
                self.after = next.id;
                let wanted = self.tenant.is_none_or(|t| next.tenant == Some(t)) && self.object.as_ref().is_none_or(|o| *o == next.object);
                if wanted {
                    return Some((Ok(render(&next)), self));
                }
            }
            let found = async {
                event::sequence(&self.ctx).await?;
                event::after(&self.ctx, self.after).await
            };
            match found.await {
                Ok(found) if found.is_empty() => {
                    let _ = tokio::time::timeout(POLL, self.changes.recv()).await;
                }
                Ok(found) => self.ready = found.into(),
                Err(error) => {
                    tracing::warn!(?error, "a watcher is cut off; it resumes where it was");
                    return None;
                }
            }
        }
    }
}

fn render(e: &Event) -> Sse {
    let data = json!({
        "id": e.id, "at": e.at, "tenant_id": e.tenant, "object": e.object, "object_id": e.object_id, "name": e.name, "change": e.change,
        "state": e.state, "reason": e.reason,
    });
    Sse::default().id(e.id.to_string()).event(&e.change).data(data.to_string())
}

pub(crate) async fn watch(call: Call, headers: HeaderMap) -> Reply {
    let resumed = headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(|v| v.trim().parse::<EventId>().ok());
    let changes = event::changes(&call.ctx);
    let after = match resumed.or(call.read("after")?) {
        Some(after) => after,
        None => event::newest(&call.ctx).await?,
    };
    let (tenant, object) = (call.read("tenant_id")?, call.text("object"));
    let watch = Watch { ctx: call.ctx, changes, after, ready: VecDeque::new(), tenant, object };
    let stream = stream::unfold(watch, Watch::next);
    Ok(axum::response::Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response())
}
