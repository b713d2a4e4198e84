//! Users of tenants, and their passwords.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::user::{Role, User as Stored};
use tenantry_domain::{GroupId, Result, TenantId, Timestamp, Uid, UserId};
use tenantry_http::{Api, lenient};
use tenantry_service::user::{self, Create, UserChange as Change, UserFilter};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, created, gone, list_query, object, page};
use crate::call::{Body, Call, Id, patch};
use crate::dry_run::DryRun;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_users, create_user))
        .routes(routes!(get_user, update_user, delete_user))
        .routes(routes!(update_password))
}

/// A user. A password is never shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    id: i64,
    #[schema(value_type = String)]
    uid: Uid,
    tenant_id: i64,
    username: String,
    name: String,
    email: Option<String>,
    phone: String,
    comment: String,
    /// The role on the tenant: `tenant.admin`, `team.member`, and on the root tenant `system.admin`, `telecom`, `maintainer`; or none.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    enabled: bool,
    /// Whether the password was set by somebody else and has to be changed first.
    must_change_password: bool,
    /// Whether logging in takes a one-time code.
    second_factor: bool,
    /// The directory that the user comes from; empty for one of our own.
    origin: String,
    created_by: Option<i64>,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&Stored> for User {
    fn from(u: &Stored) -> Self {
        Self {
            id: u.id.0,
            uid: u.uid,
            tenant_id: u.tenant.0,
            username: u.username.clone(),
            name: u.name.clone(),
            email: u.email.clone(),
            phone: u.phone.clone(),
            comment: u.comment.clone(),
            role: u.role,
            enabled: u.enabled,
            must_change_password: u.must_change_password,
            second_factor: u.second_factor,
            origin: u.origin.clone(),
            created_by: u.created_by.map(|c| c.0),
            version: u.version,
            created_at: u.created_at,
            updated_at: u.updated_at,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    tenant_id: i64,
    username: String,
    /// Without it the user cannot log in until an administrator sets one.
    password: Option<String>,
    email: Option<String>,
    /// The login name without it.
    name: Option<String>,
    phone: Option<String>,
    comment: Option<String>,
    /// `team.member` without it; null for none.
    #[serde(default, deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    role: Option<Option<String>>,
    /// True without it.
    enabled: Option<bool>,
    /// Whether the password has to be changed first.
    #[serde(default)]
    must_change_password: bool,
    /// The group that the user is put into; the tenant's root group without it.
    group_id: Option<i64>,
    /// Whether the user administers that group.
    #[serde(default)]
    group_admin: bool,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct UserChange {
    username: Option<String>,
    /// Null takes it away.
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    name: Option<String>,
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    comment: Option<Option<String>>,
    /// Null takes it away.
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    role: Option<Option<String>>,
    enabled: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// Needed for one's own.
    old_password: Option<String>,
    new_password: String,
}

fn role(text: Option<Option<String>>) -> Result<Option<Option<Role>>> {
    text.map(|t| t.map(|t| t.parse()).transpose()).transpose()
}

list_query!(UserQuery {
    /// Those of this tenant.
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    /// Login names that begin so.
    username_prefix: Option<String>,
    /// Only this login name.
    username: Option<String>,
    /// Only this address.
    email: Option<String>,
    /// Those in this group.
    #[serde(deserialize_with = "lenient::integer")]
    group_id: Option<i64>,
    /// Those with a role on this tenant itself.
    #[serde(deserialize_with = "lenient::integer")]
    role_on: Option<i64>,
});

/// List users
#[utoipa::path(get, path = "/users", params(UserQuery), responses((status = 200, body = Listed<User>)))]
async fn list_users(call: Call<UserQuery>) -> Reply {
    let asked = call.query.page()?;
    let query = call.query;
    let filter = UserFilter {
        tenant: query.tenant_id.map(TenantId),
        username_prefix: query.username_prefix,
        username: query.username,
        email: query.email,
        group: query.group_id.map(GroupId),
        role_on: query.role_on.map(TenantId),
        ..UserFilter::default()
    };
    Ok(page(user::list(&call.ctx, &filter, &asked).await?, |u| User::from(&u)))
}

/// Make a user
#[utoipa::path(post, path = "/users", request_body = NewUser, responses((status = 201, body = User)))]
async fn create_user(call: Call, Body(new): Body<NewUser>) -> Reply {
    let create = Create {
        username: Some(new.username),
        name: new.name,
        email: new.email,
        password: new.password,
        phone: new.phone.unwrap_or_default(),
        comment: new.comment.unwrap_or_default(),
        role: role(new.role)?.unwrap_or(Some(Role::Member)),
        enabled: new.enabled,
        must_change_password: new.must_change_password,
        group: new.group_id.map(GroupId),
        group_admin: new.group_admin,
    };
    let made = user::create(&call.ctx, TenantId(new.tenant_id), &create).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Create, ObjectKind::User).result(&User::from(&made)).answer());
    }
    Ok(created(&User::from(&made), made.version, &format!("/users/{}", made.id)))
}

/// Get a user
#[utoipa::path(get, path = "/users/{id}", responses((status = 200, body = User)))]
async fn get_user(call: Call, Id(id): Id) -> Reply {
    let found = user::get(&call.ctx, None, UserId(id)).await?;
    Ok(object(StatusCode::OK, &User::from(&found), found.version))
}

/// Change a user
#[utoipa::path(patch, path = "/users/{id}", request_body = UserChange, responses((status = 200, body = User)))]
async fn update_user(call: Call, Id(id): Id, Body(change): Body<UserChange>) -> Reply {
    let change = Change {
        username: change.username,
        name: change.name,
        email: change.email,
        phone: change.phone.map(Option::unwrap_or_default),
        comment: change.comment.map(Option::unwrap_or_default),
        role: role(change.role)?,
        enabled: change.enabled,
    };
    let after = user::update(&call.ctx, None, UserId(id), &change, call.version).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Update, ObjectKind::User).result(&User::from(&after)).answer());
    }
    Ok(object(StatusCode::OK, &User::from(&after), after.version))
}

/// Remove a user
#[utoipa::path(delete, path = "/users/{id}", responses((status = 204, description = "the user is gone")))]
async fn delete_user(call: Call, Id(id): Id) -> Reply {
    user::delete(&call.ctx, None, UserId(id), call.version).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, ObjectKind::User).answer());
    }
    Ok(gone())
}

/// Change a user's password; the user's other sessions end
#[utoipa::path(put, path = "/users/{id}/password", request_body = PasswordChange, responses((status = 204, description = "it is changed")))]
async fn update_password(call: Call, Id(id): Id, Body(change): Body<PasswordChange>) -> Reply {
    user::set_password(&call.ctx, UserId(id), change.old_password.as_deref(), &change.new_password).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::ResetPassword, ObjectKind::User).answer());
    }
    Ok(gone())
}
