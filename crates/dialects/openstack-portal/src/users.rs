//! Users (C11 to C14). A user is made in a group, and so in its tenant, and may be in several groups of it.

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::user::{Role, User, check_username};
use tenantry_domain::{Error, GroupId, Result, UserId, name};
use tenantry_http::lenient;
use tenantry_http::paging::Whole;
use tenantry_service::group::Membership;
use tenantry_service::user::{NewPassword, Revision, UserChange, UserFilter};
use tenantry_service::{Ctx, group, user};

use crate::error::Reply;
use crate::extract::{Caller, Given, Id};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    user_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    group_id: Option<i64>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    password: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    old_password: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::boolean")]
    enabled: Option<bool>,
    #[serde(deserialize_with = "lenient::boolean")]
    is_admin: Option<bool>,
}

impl Wire {
    fn group(&self) -> Result<GroupId> {
        self.group_id.map(GroupId).ok_or_else(|| Error::missing("group_id"))
    }

    /// The rules for what this dialect calls otherwise, so that its own names are in the error.
    fn check(&self) -> Result<()> {
        if let Some(name) = self.name.as_deref().filter(|n| !n.is_empty()) {
            check_username("name", name)?;
        }
        name::check_text("description", self.description.as_deref().unwrap_or_default(), 1000)
    }
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|t| !t.is_empty())
}

/// A user as seen from a group; without one, from the first that the user is in.
fn shown(user: &User, asked: Option<GroupId>, places: &[Membership]) -> Value {
    let own: Vec<&Membership> = places.iter().filter(|p| p.user == user.id).collect();
    let place = own.iter().find(|p| asked.is_none_or(|g| g == p.group)).or(own.first());
    json!({
        "id": user.id,
        "name": user.username,
        "description": user.comment,
        "password": "",
        "tenant_id": user.tenant,
        "role": user.role.map(Role::name),
        "enabled": user.enabled,
        "group_id": place.map(|p| p.group),
        "is_admin": place.is_some_and(|p| p.admin),
        "groups": own.iter().map(|p| json!({"group_id": p.group, "is_admin": p.admin})).collect::<Vec<_>>(),
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    })
}

pub(crate) async fn render(ctx: &Ctx, user: &User, asked: Option<GroupId>) -> Result<Value> {
    Ok(shown(user, asked, &group::memberships(ctx, &[user.id]).await?))
}

async fn answer(ctx: &Ctx, user: &User, asked: Option<GroupId>) -> Reply {
    Ok(Json(json!({"user": render(ctx, user, asked).await?})))
}

/// C11
pub(crate) async fn create(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let group = wire.group()?;
    wire.check()?;
    let new = user::Create {
        username: Some(given(wire.name).ok_or_else(|| Error::missing("name"))?),
        password: Some(given(wire.password).ok_or_else(|| Error::missing("password"))?),
        comment: wire.description.unwrap_or_default(),
        enabled: wire.enabled,
        group_admin: wire.is_admin.unwrap_or(false),
        ..user::Create::default()
    };
    answer(&ctx, &user::create_in(&ctx, group, &new).await?, Some(group)).await
}

/// C12: what is not sent stays. A group that the user is not in is moved to, out of all others.
pub(crate) async fn update(Caller(ctx): Caller, id: Id, Given(wire): Given<Wire>) -> Reply {
    let id = UserId(id.confirmed("user_id", wire.user_id)?);
    let group = wire.group()?;
    wire.check()?;
    let old = given(wire.old_password);
    let password = given(wire.password);
    if password.is_some() && id == ctx.caller.user && old.is_none() {
        return Err(Error::missing("old_password").into());
    }
    let revision = Revision {
        fields: UserChange { username: given(wire.name), comment: wire.description, enabled: wire.enabled, ..UserChange::default() },
        password: password.map(|new| NewPassword { old, new }),
        group,
        group_admin: wire.is_admin,
    };
    answer(&ctx, &user::revise(&ctx, id, &revision).await?, Some(group)).await
}

/// C13: everybody in a group; with `user_id` that user alone, for who administers them.
pub(crate) async fn list(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    if let Some(id) = wire.user_id {
        return answer(&ctx, &user::get_managed(&ctx, UserId(id)).await?, None).await;
    }
    let id = group::get(&ctx, wire.group()?).await?.id;
    let filter = UserFilter { group: Some(id), ..UserFilter::default() };
    let mut whole = Whole::new();
    let mut users = Vec::new();
    while let Some(page) = whole.ask() {
        let found = user::list(&ctx, &filter, &page).await?;
        let places = group::memberships(&ctx, &found.items.iter().map(|u| u.id).collect::<Vec<_>>()).await?;
        users.extend(found.items.iter().map(|u| shown(u, Some(id), &places)));
        whole.add(found);
    }
    Ok(Json(json!({"users": users})))
}

/// C14: with `group_id` out of that group; the user stays with the tenant, also in no group, and can be put into one again by C12. Without it
/// out of all groups, and so for good: the document has no other way to remove a user.
pub(crate) async fn delete(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let id = UserId(wire.user_id.ok_or_else(|| Error::missing("user_id"))?);
    let user = match wire.group_id {
        Some(group) => user::take_out(&ctx, id, GroupId(group)).await?,
        None => user::delete(&ctx, None, id, None).await?,
    };
    answer(&ctx, &user, None).await
}
