//! What became of mails.

use serde::Serialize;
use tenantry_domain::Timestamp;
use tenantry_http::Api;
use tenantry_service::mail::{self, Mail as Stored};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, list_query, page};
use crate::call::Call;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_mails))
}

/// A mail: what became of it, and not what it says.
#[derive(Serialize, ToSchema)]
pub(crate) struct Mail {
    id: i64,
    /// What it is for: `password_reset`.
    kind: String,
    user_id: Option<i64>,
    recipient: String,
    /// `pending`, `sent` or `given_up`.
    state: String,
    /// Why it is not sent.
    reason: String,
    /// How often it could not be sent.
    attempts: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    next_attempt_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was sent or given up.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
}

impl From<Stored> for Mail {
    fn from(mail: Stored) -> Self {
        let Stored { id, kind, user, recipient, state, reason, attempts, next_attempt_at, created_at, ended_at } = mail;
        Self { id: id.0, kind, user_id: user.map(|u| u.0), recipient, state, reason, attempts, next_attempt_at, created_at, ended_at }
    }
}

list_query!(MailQuery {});

/// List mails, the latest first; those that ended are kept for a week
#[utoipa::path(get, path = "/mails", params(MailQuery), responses((status = 200, body = Listed<Mail>)))]
async fn list_mails(call: Call<MailQuery>) -> Reply {
    Ok(page(mail::list(&call.ctx, &call.query.page()?).await?, Mail::from))
}
