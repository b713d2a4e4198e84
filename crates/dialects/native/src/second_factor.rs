//! One-time codes beside the password: offered, confirmed by a first code, and removed.

use axum::Json;
use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::UserId;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_http::Api;
use tenantry_service::second_factor;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{gone, secret};
use crate::call::{Body, Call, Id};
use crate::dry_run::DryRun;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get_second_factor, begin_second_factor, delete_second_factor))
        .routes(routes!(confirm_second_factor))
        .routes(routes!(renew_recovery_codes))
        .routes(routes!(reset_second_factor))
}

/// The caller's second factor.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondFactor {
    /// Whether logging in takes a one-time code.
    enabled: bool,
    /// How many recovery codes are left.
    recovery_codes_left: i64,
}

/// A secret for one-time codes (RFC 6238) that waits for its first code.
#[derive(Serialize, ToSchema)]
pub(crate) struct OfferedFactor {
    /// In base 32, for typing in.
    secret: String,
    /// The same for a QR code: `otpauth://totp/...`
    url: String,
}

/// Recovery codes, each good once instead of a one-time code.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// They are shown this once.
    recovery_codes: Vec<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnPassword {
    /// The caller's own.
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstCode {
    /// What the device shows.
    code: String,
}

fn dry(action: Action) -> Reply {
    Ok(DryRun::new(action, ObjectKind::User).answer())
}

/// Whether the caller has a second factor
#[utoipa::path(get, path = "/users/me/second-factor", responses((status = 200, body = SecondFactor)))]
async fn get_second_factor(call: Call) -> Reply {
    let found = second_factor::status(&call.ctx).await?;
    Ok(Json(SecondFactor { enabled: found.enabled, recovery_codes_left: found.recovery_codes_left }).into_response())
}

/// Begin with a second factor; it is asked for after its first code was confirmed
#[utoipa::path(post, path = "/users/me/second-factor", request_body = OwnPassword, responses((status = 200, body = OfferedFactor)))]
async fn begin_second_factor(call: Call, Body(own): Body<OwnPassword>) -> Reply {
    let offer = second_factor::begin(&call.ctx, &own.password).await?;
    if call.ctx.dry_run {
        return dry(Action::Update);
    }
    Ok(secret(StatusCode::OK, &OfferedFactor { secret: offer.secret, url: offer.url }))
}

/// Confirm the second factor with its first code
#[utoipa::path(post, path = "/users/me/second-factor/confirm", request_body = FirstCode, responses((status = 200, body = RecoveryCodes)))]
async fn confirm_second_factor(call: Call, Body(first): Body<FirstCode>) -> Reply {
    let recovery_codes = second_factor::confirm(&call.ctx, &first.code).await?;
    if call.ctx.dry_run {
        return dry(Action::Update);
    }
    Ok(secret(StatusCode::OK, &RecoveryCodes { recovery_codes }))
}

/// Get new recovery codes instead of those that are left
#[utoipa::path(post, path = "/users/me/second-factor/recovery-codes", request_body = OwnPassword,
    responses((status = 200, body = RecoveryCodes)))]
async fn renew_recovery_codes(call: Call, Body(own): Body<OwnPassword>) -> Reply {
    let recovery_codes = second_factor::new_recovery_codes(&call.ctx, &own.password).await?;
    if call.ctx.dry_run {
        return dry(Action::Update);
    }
    Ok(secret(StatusCode::OK, &RecoveryCodes { recovery_codes }))
}

/// Remove one's own second factor
#[utoipa::path(delete, path = "/users/me/second-factor", request_body = OwnPassword,
    responses((status = 204, description = "logging in takes the password alone")))]
async fn delete_second_factor(call: Call, Body(own): Body<OwnPassword>) -> Reply {
    second_factor::remove(&call.ctx, call.ctx.caller.user, Some(&own.password)).await?;
    if call.ctx.dry_run {
        return dry(Action::ResetPassword);
    }
    Ok(gone())
}

/// Remove the second factor of somebody who lost the device, as their administrator
#[utoipa::path(delete, path = "/users/{id}/second-factor", responses((status = 204, description = "logging in takes the password alone")))]
async fn reset_second_factor(call: Call, Id(id): Id) -> Reply {
    second_factor::remove(&call.ctx, UserId(id), None).await?;
    if call.ctx.dry_run {
        return dry(Action::ResetPassword);
    }
    Ok(gone())
}
