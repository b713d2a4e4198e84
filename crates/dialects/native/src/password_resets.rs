//! A new password by a link in a mail. Who asks is not logged in.

use axum::extract::{FromRequest, Request, State};
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tenantry_http::{Api, caller};
use tenantry_service::{RequestInfo, password_reset};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::NAME;
use crate::answer::gone;
use crate::call::Body;
use crate::error::{Failure, Reply};

/// Without a session.
pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create_password_reset)).routes(routes!(confirm_password_reset))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPasswordReset {
    /// The login name, or the email address.
    username: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordResetConfirmation {
    /// What is behind `#token=` in the link.
    token: String,
    new_password: String,
}

/// Where the request came from, and its body.
async fn read<T: DeserializeOwned>(api: &Api, request: Request) -> Result<(RequestInfo, T), Failure> {
    let (parts, body) = request.into_parts();
    let info = caller::request_info(api, &parts, NAME);
    let Body(read) = <Body<T> as FromRequest<Api>>::from_request(Request::from_parts(parts, body), api).await?;
    Ok((info, read))
}

/// Ask for a mail with a link that sets a new password; the answer is the same whether there is such a user or not
#[utoipa::path(post, path = "/password-resets", request_body = NewPasswordReset, security(()),
    responses((status = 202, description = "who may have a link gets one")))]
async fn create_password_reset(State(api): State<Api>, request: Request) -> Reply {
    let (info, new) = read::<NewPasswordReset>(&api, request).await?;
    password_reset::request(&api.services, &info, &new.username).await?;
    Ok(axum::response::IntoResponse::into_response(StatusCode::ACCEPTED))
}

/// Set a new password with the token of a mailed link
#[utoipa::path(post, path = "/password-resets/confirm", request_body = PasswordResetConfirmation, security(()),
    responses((status = 204, description = "the password is set, and all sessions have ended")))]
async fn confirm_password_reset(State(api): State<Api>, request: Request) -> Reply {
    let (info, confirmation) = read::<PasswordResetConfirmation>(&api, request).await?;
    password_reset::confirm(&api.services, &info, &confirmation.token, &confirmation.new_password).await?;
    Ok(gone())
}
