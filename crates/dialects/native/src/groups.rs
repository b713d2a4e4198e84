//! Groups: a tree inside each tenant, whose administrators manage the people below them.

use axum::Json;
use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::group::Group as Stored;
use tenantry_domain::page::Page;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::{Error, GroupId, Result, TenantId, Timestamp, Uid, UserId};
use tenantry_http::{Api, lenient};
use tenantry_service::group::{self, GroupChange as Change, GroupFilter};
use tenantry_service::user::{self, UserFilter};
use tenantry_service::{Ctx, tenant};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, created, gone, list_query, object, page};
use crate::call::{Body, Call, Id, Ids, patch};
use crate::dry_run::DryRun;
use crate::error::Reply;
use crate::users::User;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_groups, create_group))
        .routes(routes!(get_group, update_group, delete_group))
        .routes(routes!(list_group_members))
        .routes(routes!(update_group_member, delete_group_member))
}

/// A group of users.
#[derive(Serialize, ToSchema)]
pub(crate) struct Group {
    id: i64,
    #[schema(value_type = String)]
    uid: Uid,
    tenant_id: i64,
    /// Null for the group at the top of a tenant's tree.
    parent_id: Option<i64>,
    name: String,
    description: String,
    version: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&Stored> for Group {
    fn from(g: &Stored) -> Self {
        Self {
            id: g.id.0,
            uid: g.uid,
            tenant_id: g.tenant.0,
            parent_id: g.parent.map(|p| p.0),
            name: g.name.clone(),
            description: g.description.clone(),
            version: g.version,
            created_at: g.created_at,
            updated_at: g.updated_at,
        }
    }
}

/// Somebody in a group.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupMember {
    group_id: i64,
    user: User,
    /// Whether the user administers the group and all below it.
    admin: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGroup {
    /// Unique below its parent.
    name: String,
    /// The group above; the root group of `tenant_id` without it.
    parent_id: Option<i64>,
    /// The tenant, when no `parent_id` says it; the caller's own without either.
    tenant_id: Option<i64>,
    description: Option<String>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GroupChange {
    name: Option<String>,
    /// Null clears it.
    #[serde(deserialize_with = "patch")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
}

#[derive(Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Membership {
    /// Whether the user administers the group and all below it; no without it.
    admin: bool,
}

list_query!(GroupQuery {
    /// Those of this tenant.
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    /// Those right below this group.
    #[serde(deserialize_with = "lenient::integer")]
    parent_id: Option<i64>,
    /// Those that this user is in.
    #[serde(deserialize_with = "lenient::integer")]
    member: Option<i64>,
    /// Those of this name, whatever its case.
    name: Option<String>,
});

list_query!(MemberQuery {});

/// List groups
#[utoipa::path(get, path = "/groups", params(GroupQuery), responses((status = 200, body = Listed<Group>)))]
async fn list_groups(call: Call<GroupQuery>) -> Reply {
    let asked = &call.query;
    let filter = GroupFilter {
        tenant: asked.tenant_id.map(TenantId),
        parent: asked.parent_id.map(GroupId),
        member: asked.member.map(UserId),
        name: asked.name.clone(),
    };
    Ok(page(group::list(&call.ctx, &filter, &asked.page()?).await?, |g| Group::from(&g)))
}

/// Make a group
#[utoipa::path(post, path = "/groups", request_body = NewGroup, responses((status = 201, body = Group)))]
async fn create_group(call: Call, Body(new): Body<NewGroup>) -> Reply {
    let parent = parent(&call.ctx, &new).await?;
    let made = group::create(&call.ctx, parent, &new.name, new.description.as_deref().unwrap_or_default()).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Create, ObjectKind::Group).result(&Group::from(&made)).answer());
    }
    Ok(created(&Group::from(&made), made.version, &format!("/groups/{}", made.id)))
}

async fn parent(ctx: &Ctx, new: &NewGroup) -> Result<GroupId> {
    if let Some(parent) = new.parent_id {
        if new.tenant_id.is_some() {
            return Err(Error::invalid("tenant_id", "'tenant_id' is said by 'parent_id' already: send one of them"));
        }
        return Ok(GroupId(parent));
    }
    let tenant = new.tenant_id.map_or(ctx.caller.home, TenantId);
    let root = tenant::get(ctx, tenant).await?.root_group;
    root.ok_or_else(|| Error::not_found(ObjectKind::Group, format!("at the top of tenant {tenant}")))
}

/// Get a group
#[utoipa::path(get, path = "/groups/{id}", responses((status = 200, body = Group)))]
async fn get_group(call: Call, Id(id): Id) -> Reply {
    let found = group::get(&call.ctx, GroupId(id)).await?;
    Ok(object(StatusCode::OK, &Group::from(&found), found.version))
}

/// Change a group
#[utoipa::path(patch, path = "/groups/{id}", request_body = GroupChange, responses((status = 200, body = Group)))]
async fn update_group(call: Call, Id(id): Id, Body(change): Body<GroupChange>) -> Reply {
    let change = Change { name: change.name, description: change.description.map(Option::unwrap_or_default) };
    let after = group::update(&call.ctx, GroupId(id), &change, call.version).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Update, ObjectKind::Group).result(&Group::from(&after)).answer());
    }
    Ok(object(StatusCode::OK, &Group::from(&after), after.version))
}

/// Remove a group that is empty
#[utoipa::path(delete, path = "/groups/{id}", responses((status = 204, description = "the group is gone")))]
async fn delete_group(call: Call, Id(id): Id) -> Reply {
    group::delete(&call.ctx, GroupId(id), call.version).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Delete, ObjectKind::Group).answer());
    }
    Ok(gone())
}

/// List who is in a group
#[utoipa::path(get, path = "/groups/{id}/members", params(MemberQuery), responses((status = 200, body = Listed<GroupMember>)))]
async fn list_group_members(call: Call<MemberQuery>, Id(id): Id) -> Reply {
    let (ctx, asked, id) = (&call.ctx, call.query.page()?, GroupId(id));
    group::get(ctx, id).await?;
    let users = user::list(ctx, &UserFilter { group: Some(id), ..UserFilter::default() }, &asked).await?;
    let ids: Vec<UserId> = users.items.iter().map(|u| u.id).collect();
    let places = group::memberships(ctx, &ids).await?;
    let admin = |user: UserId| places.iter().any(|p| p.group == id && p.user == user && p.admin);
    let members = Page { next: users.next, items: users.items };
    Ok(page(members, |u| GroupMember { group_id: id.0, admin: admin(u.id), user: User::from(&u) }))
}

/// Put a user into a group, or change whether they administer it
#[utoipa::path(put, path = "/groups/{id}/members/{user_id}", request_body = Membership, responses((status = 200, body = GroupMember)))]
async fn update_group_member(call: Call, Ids((id, user_id)): Ids, Body(wanted): Body<Membership>) -> Reply {
    let after = user::place(&call.ctx, UserId(user_id), GroupId(id), wanted.admin).await?;
    let member = GroupMember { group_id: id, user: User::from(&after), admin: wanted.admin };
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Update, ObjectKind::User).result(&member).answer());
    }
    Ok(Json(member).into_response())
}

/// Take a user out of a group
#[utoipa::path(delete, path = "/groups/{id}/members/{user_id}", responses((status = 204, description = "the user is not in it any more")))]
async fn delete_group_member(call: Call, Ids((id, user_id)): Ids) -> Reply {
    user::take_out(&call.ctx, UserId(user_id), GroupId(id)).await?;
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Update, ObjectKind::User).answer());
    }
    Ok(gone())
}
