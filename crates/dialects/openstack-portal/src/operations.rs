//! The operations of document 3 that are there (C01 to C14), as a table: what the OpenAPI document and the tests are made from.

use tenantry_http::fields::Object;
use tenantry_http::openapi::op;

use crate::fields::{GROUP_ANSWER, LOGIN, TENANT_ANSWER, TENANTS_ANSWER, USER_ANSWER, USERS_ANSWER, takes};

/// An operation of this dialect; it gives the whole of an answer, and takes parameters from the query string, a JSON body or a form. Where PUT or
/// POST changes something that the path names, the other does too.
pub type Operation = tenantry_http::openapi::Operation<&'static Object>;

/// Login, tenants, groups and users.
pub const ALL: &[Operation] = &[
    op("C01", "POST", "/auth/login", "create_session", "Log in", &LOGIN).takes(takes::LOGIN, &["identification", "password"]),
    op("C02", "GET", "/auth/logout", "delete_session", "Log out", &USER_ANSWER),
    op("C03", "POST", "/keystone/tenants", "create_tenant", "Open a tenant", &TENANT_ANSWER).takes(takes::NEW_TENANT, &["name"]),
    op("C04", "POST", "/keystone/tenants/{tenant_id}", "update_tenant", "Change a tenant", &TENANT_ANSWER).takes(takes::TENANT, &[]),
    op("C05", "GET", "/keystone/tenants/{tenant_id}", "get_tenant", "Get a tenant", &TENANT_ANSWER),
    op("C06", "GET", "/keystone/tenants", "list_tenants", "List tenants", &TENANTS_ANSWER),
    op("C07", "POST", "/keystone/groups", "create_group", "Make a group", &GROUP_ANSWER)
        .takes(takes::NEW_GROUP, &["parent_group_id", "name"]),
    op("C08", "GET", "/keystone/groups/{group_id}", "get_group", "Get a group with those below it", &GROUP_ANSWER),
    op("C09", "PUT", "/keystone/groups/{group_id}", "update_group", "Change a group", &GROUP_ANSWER).takes(takes::GROUP, &[]),
    op("C10", "DELETE", "/keystone/groups/{group_id}", "delete_group", "Remove an empty group", &GROUP_ANSWER),
    op("C11", "POST", "/keystone/users", "create_user", "Make a user", &USER_ANSWER)
        .takes(takes::NEW_USER, &["group_id", "name", "password"]),
    op("C12", "PUT", "/keystone/users/{user_id}", "update_user", "Change a user, or move one to another group", &USER_ANSWER)
        .takes(takes::USER, &["group_id"]),
    op("C13", "GET", "/keystone/users", "list_users", "List the users of a group, or get one", &USERS_ANSWER).takes(takes::USERS, &[]),
    op("C14", "DELETE", "/keystone/users", "delete_user", "Take a user out of a group, or remove one for good", &USER_ANSWER)
        .takes(takes::REMOVED_USER, &["user_id"]),
];
