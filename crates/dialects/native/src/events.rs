//! Events as a stream (server-sent events) in the order of commits. It ends when the session does.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{FromRequestParts, Request, State};
use axum::response::IntoResponse as _;
use axum::response::sse::{Event as Frame, KeepAlive, Sse};
use futures::stream;
use serde::{Deserialize, Serialize};
use tenantry_domain::event::Event as Stored;
use tenantry_domain::{Error, ErrorKind, EventId, Result, TenantId, Timestamp};
use tenantry_http::{Api, caller, lenient};
use tenantry_service::{Ctx, auth, event, tenant};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::call::Call;
use crate::error::Reply;

/// Beneath the wake-ups: another process may have committed, and the session may have ended.
const POLL: Duration = Duration::from_secs(1);

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_events))
}

/// A change.
#[derive(Serialize, ToSchema)]
pub(crate) struct Event {
    id: i64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    tenant_id: Option<i64>,
    object: String,
    object_id: i64,
    name: String,
    /// `created`, `updated`, `state` or `deleted`
    change: String,
    state: String,
    reason: String,
}

impl From<Stored> for Event {
    fn from(e: Stored) -> Self {
        Self {
            id: e.id.0,
            at: e.at,
            tenant_id: e.tenant.map(|t| t.0),
            object: e.object,
            object_id: e.object_id,
            name: e.name,
            change: e.change,
            state: e.state,
            reason: e.reason,
        }
    }
}

#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventQuery {
    /// Goes on after this event; the header `Last-Event-ID` does the same and counts more.
    #[serde(deserialize_with = "lenient::integer")]
    after: Option<i64>,
    /// Only of this tenant.
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    /// Only of this kind of object.
    object: Option<String>,
}

/// A stream under way.
struct Watch {
    ctx: Ctx,
    token: String,
    after: EventId,
    tenant: Option<TenantId>,
    object: Option<String>,
    changes: Receiver<event::Change>,
    ready: VecDeque<Frame>,
}

impl Watch {
    /// The next frame; none when the session has ended or the database is lost: the client connects again and goes on.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(frame);
            }
            match self.look().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    if error.kind == ErrorKind::Internal {
                        tracing::warn!(?error, "a stream of events ends");
                    }
                    return None;
                }
            }
            // a receiver that lagged behind just looks again
            if let Ok(Err(RecvError::Closed)) = tokio::time::timeout(POLL, self.changes.recv()).await {
                return None;
            }
        }
    }

    /// Reads what came; answers whether there may be more at once.
    async fn look(&mut self) -> Result<bool> {
        let session = auth::authenticate(&self.ctx.services, &self.token, crate::NAME).await?;
        self.ctx.caller = session.caller;
        event::sequence(&self.ctx).await?;
        let found = event::after(&self.ctx, self.after).await?;
        let Some(last) = found.last() else { return Ok(false) };
        self.after = last.id;
        for event in found {
            let wanted = self.tenant.is_none_or(|t| event.tenant == Some(t)) && self.object.as_ref().is_none_or(|o| event.object == *o);
            if wanted {
                let (id, change) = (event.id.to_string(), event.change.clone());
                self.ready.push_back(Frame::default().id(id).event(change).json_data(Event::from(event)).map_err(Error::internal)?);
            }
        }
        Ok(true)
    }
}

/// Watch what happens
#[utoipa::path(get, path = "/events", params(EventQuery), responses((status = 200, body = Event, content_type = "text/event-stream")))]
async fn list_events(State(api): State<Api>, request: Request) -> Reply {
    let (mut parts, _) = request.into_parts();
    let Call { ctx, query, .. } = Call::<EventQuery>::from_request_parts(&mut parts, &api).await?;
    let tenant = query.tenant_id.map(TenantId);
    if let Some(id) = tenant {
        tenant::get(&ctx, id).await?;
    }
    let header = parts.headers.get("last-event-id").map(|v| v.to_str().unwrap_or_default().trim());
    let wrong = |_| Error::invalid("Last-Event-ID", "'Last-Event-ID' must be the id of an event");
    let asked = header.filter(|h| !h.is_empty()).map(|h| h.parse::<i64>().map_err(wrong)).transpose()?.or(query.after);
    let token = caller::token(&parts.headers).ok_or_else(|| Error::new(ErrorKind::Unauthenticated, "log in first"))?;
    // listened to first, so that nothing falls between the look and the wait
    let changes = event::changes(&ctx);
    event::sequence(&ctx).await?;
    let newest = event::newest(&ctx).await?;
    let mut ready = VecDeque::new();
    let after = match asked.map(EventId) {
        None => newest,
        Some(after) => {
            let oldest = event::oldest(&ctx).await?.map_or(newest.0 + 1, |o| o.0);
            if after.0 < oldest - 1 || after > newest {
                ready.push_back(Frame::default().id(newest.to_string()).event("reset").data("{}"));
                newest
            } else {
                after
            }
        }
    };
    let watch = Watch { ctx, token, after, tenant, object: query.object, changes, ready };
    let frames = stream::unfold(watch, |mut watch| async move { watch.next().await.map(|frame| (Ok::<_, Infallible>(frame), watch)) });
    Ok(Sse::new(frames).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response())
}
