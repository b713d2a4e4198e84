//! Tokens for programs: they act as their user within a scope, until they expire.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::token::{ApiToken, TokenScope};
use tenantry_domain::user::Role;
use tenantry_domain::{ApiTokenId, Result, TenantId, Timestamp, UserId};
use tenantry_http::{Api, lenient};
use tenantry_service::api_token::{self, Create, Issued};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, cut, gone, list_query, located, page, secret};
use crate::call::{Body, Call, Id};
use crate::dry_run::DryRun;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_tokens, create_token)).routes(routes!(get_token, delete_token)).routes(routes!(rotate_token))
}

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct Token {
    id: i64,
    user_id: i64,
    name: String,
    /// The roles that it acts with, where its user has one that includes them; empty: all.
    #[schema(value_type = Vec<String>)]
    roles: Vec<Role>,
    /// The tenants that it reaches, with all below them; empty: all that its user reaches.
    tenant_ids: Vec<i64>,
    /// The dialects that it is accepted in; empty: all.
    dialects: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// To the minute; null before its first use.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl From<&ApiToken> for Token {
    fn from(t: &ApiToken) -> Self {
        Self {
            id: t.id.0,
            user_id: t.user.0,
            name: t.name.clone(),
            roles: t.scope.roles.clone(),
            tenant_ids: t.scope.tenants.iter().map(|t| t.0).collect(),
            dialects: t.scope.dialects.clone(),
            created_at: t.created_at,
            last_used_at: t.last_used_at,
            expires_at: t.expires_at,
        }
    }
}

/// A token with its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedToken {
    #[serde(flatten)]
    token: Token,
    /// For the header `Authorization: Bearer <secret>`; it is shown this once.
    secret: String,
}

impl From<Issued> for IssuedToken {
    fn from(issued: Issued) -> Self {
        Self { token: Token::from(&issued.token), secret: issued.secret }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// Unique among one's own.
    name: String,
    /// The roles that it acts with, where its user has one that includes them; empty: all.
    #[serde(default)]
    roles: Vec<String>,
    /// The tenants that it reaches, with all below them; empty: all that its user reaches.
    #[serde(default)]
    tenant_ids: Vec<i64>,
    /// The dialects that it is accepted in; empty: all.
    #[serde(default)]
    dialects: Vec<String>,
    /// For how many days it is good; 90 without it.
    days: Option<u32>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rotation {
    /// For how many days it is good from now on; 90 without it.
    days: Option<u32>,
}

list_query!(TokenQuery {
    /// Those of this user; the caller's own without it.
    #[serde(deserialize_with = "lenient::integer")]
    user_id: Option<i64>,
});

/// List tokens for programs
#[utoipa::path(get, path = "/tokens", params(TokenQuery), responses((status = 200, body = Listed<Token>)))]
async fn list_tokens(call: Call<TokenQuery>) -> Reply {
    let asked = call.query.page()?;
    let of = call.query.user_id.map_or(call.ctx.caller.user, UserId);
    Ok(page(cut(api_token::list(&call.ctx, of).await?, &asked, |t| t.id.0), |t| Token::from(&t)))
}

/// Make a token for a program that acts as oneself
#[utoipa::path(post, path = "/tokens", request_body = NewToken, responses((status = 201, body = IssuedToken)))]
async fn create_token(call: Call, Body(new): Body<NewToken>) -> Reply {
    let roles = new.roles.iter().map(|r| r.parse()).collect::<Result<Vec<Role>>>()?;
    let scope = TokenScope { roles, tenants: new.tenant_ids.into_iter().map(TenantId).collect(), dialects: new.dialects };
    let issued = api_token::create(&call.ctx, &Create { name: new.name, scope, days: new.days }).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Create, ObjectKind::ApiToken).result(&Token::from(&issued.token)).answer());
    }
    let place = format!("/tokens/{}", issued.token.id);
    Ok(located(secret(StatusCode::CREATED, &IssuedToken::from(issued)), &place))
}

/// Get a token, without its secret
#[utoipa::path(get, path = "/tokens/{id}", responses((status = 200, body = Token)))]
async fn get_token(call: Call, Id(id): Id) -> Reply {
    let found = api_token::get(&call.ctx, ApiTokenId(id)).await?;
    Ok(axum::response::IntoResponse::into_response(axum::Json(Token::from(&found))))
}

/// Give one's token another secret; the old one is good no longer
#[utoipa::path(post, path = "/tokens/{id}/rotate", request_body = Rotation, responses((status = 200, body = IssuedToken)))]
async fn rotate_token(call: Call, Id(id): Id, Body(wanted): Body<Rotation>) -> Reply {
    let issued = api_token::rotate(&call.ctx, ApiTokenId(id), wanted.days).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Update, ObjectKind::ApiToken).result(&Token::from(&issued.token)).answer());
    }
    Ok(secret(StatusCode::OK, &IssuedToken::from(issued)))
}

/// Remove a token
#[utoipa::path(delete, path = "/tokens/{id}", responses((status = 204, description = "it is good no longer")))]
async fn delete_token(call: Call, Id(id): Id) -> Reply {
    api_token::delete(&call.ctx, ApiTokenId(id)).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, ObjectKind::ApiToken).answer());
    }
    Ok(gone())
}
