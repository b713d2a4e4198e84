//! The operations of document 4 that are there, as a table: what the OpenAPI document and the tests are made from.

use Gives::{Many, Names, One};
pub use tenantry_http::fields::{Field, Kind, Object};
use tenantry_http::openapi::op;

use crate::fields::{
    BINDING, DONE, GRANTED, IS_ADMIN, KIND_OF_LOGIN, LINK, LOGOUT, PROJECT, PROXY_USER, REACHED, ROLE, SESSION, STATUS, TENANT,
    TENANT_USER, USER, USER_ROLE, USER_WITH_TENANTS, takes,
};

/// What an answer is.
#[derive(Debug, Clone, Copy)]
pub enum Gives {
    /// An object.
    One(&'static Object),
    /// A list of objects.
    Many(&'static Object),
    /// A list of names.
    Names,
}

/// An operation of this dialect.
pub type Operation = tenantry_http::openapi::Operation<Gives>;

/// What a failure of an operation has as `status`.
#[must_use]
pub fn failed(operation: &Operation) -> String {
    format!("{} failed", operation.id.replace('_', " "))
}

/// The operation of a method on a path of the table.
pub(crate) fn find(method: &str, path: &str) -> Option<&'static Operation> {
    ALL.iter().find(|o| o.method == method && o.path == path)
}

macro_rules! base {
    ($path:literal) => {
        concat!("/ocmanager/v1/api", $path)
    };
}

/// D01 to D20, D27 to D31, D35 to D39 and D42 to D48.
pub const ALL: &[Operation] = &[
    op("D01", "POST", base!("/authc/login"), "login", "Log in", One(&SESSION)).takes(takes::LOGIN, &["username", "password"]),
    op("D02", "DELETE", base!("/authc/logout/{userName}"), "logout", "Log out", One(&LOGOUT)),
    op("D03", "GET", base!("/authc/type"), "get_authc_type", "Where passwords are checked", One(&KIND_OF_LOGIN)),
    op("D04", "GET", base!("/user"), "list_users", "List users", Many(&USER)).asks(takes::PAGES),
    op("D05", "GET", base!("/user/id/{id}"), "get_user", "Get a user", One(&USER)),
    op("D06", "GET", base!("/user/name/{userName}"), "get_user_by_name", "Get a user by the login name", One(&USER)),
    op("D07", "POST", base!("/user"), "create_user", "Make a user", One(&USER)).takes(takes::NEW_USER, &["username", "password"]),
    op("D08", "PUT", base!("/user/id/{id}"), "update_user", "Change a user", One(&USER)).takes(takes::USER, &[]),
    op("D09", "PUT", base!("/user/name/{userName}"), "update_user_by_name", "Change a user by the login name", One(&USER))
        .takes(takes::USER, &[]),
    op("D10", "DELETE", base!("/user/{id}"), "delete_user", "Remove a user", One(&DONE)),
    op("D11", "PUT", base!("/user/{userName}/password"), "update_user_password", "Change a password", One(&DONE))
        .takes(takes::PASSWORD, &["password"]),
    op("D12", "GET", base!("/user/is/admin/{userName}"), "check_user_is_admin", "Whether a user runs the platform", One(&IS_ADMIN)),
    op(
        "D13",
        "GET",
        base!("/user/name/{name}/all/tenants"),
        "list_tenants_of_user_by_name",
        "The tenants that a user reaches, by the login name",
        Many(&REACHED),
    )
    .asks(takes::PAGES),
    op("D14", "GET", base!("/user/id/{id}/all/tenants"), "list_tenants_of_user", "The tenants that a user reaches", Many(&REACHED))
        .asks(takes::PAGES),
    op(
        "D15",
        "GET",
        base!("/user/name/{name}/tenant/{tenantId}/children/tenants"),
        "list_children_of_user_by_name",
        "The tenants right below one that a user reaches, by the login name",
        Many(&REACHED),
    )
    .asks(takes::PAGES),
    op(
        "D16",
        "GET",
        base!("/user/id/{id}/tenant/{tenantId}/children/tenants"),
        "list_children_of_user",
        "The tenants right below one that a user reaches",
        Many(&REACHED),
    )
    .asks(takes::PAGES),
    op("D17", "GET", base!("/user/with/tenants"), "list_users_with_tenants", "List users with their roles", Many(&USER_WITH_TENANTS))
        .asks(takes::PAGES),
    op("D18", "GET", base!("/user/{id}/with/tenants"), "get_user_with_tenants", "Get a user with the roles held", One(&USER_WITH_TENANTS)),
    op("D19", "GET", base!("/user/ldap"), "list_directory_users", "The names of those in the directories", Names).asks(takes::PAGES),
    op(
        "D20",
        "GET",
        base!("/user/name/{userName}/tenant/{tenantId}/assignments/info"),
        "list_assignments",
        "The service instances that a user was let into",
        Many(&BINDING),
    ),
    op("D27", "GET", base!("/role"), "list_roles", "List roles", Many(&ROLE)),
    op("D28", "POST", base!("/tenant"), "create_tenant", "Open a tenant", One(&PROJECT)).takes(takes::TENANT, &["name"]),
    op("D29", "GET", base!("/tenant"), "list_tenants", "List tenants", Many(&TENANT)).asks(takes::PAGES),
    op("D30", "GET", base!("/tenant/{id}"), "get_tenant", "Get a tenant", One(&TENANT)),
    op("D31", "GET", base!("/tenant/{id}/children"), "list_children", "List the tenants below one", Many(&TENANT)).asks(takes::CHILDREN),
    op("D35", "POST", base!("/tenant/{id}/user/role/assignment"), "create_assignment", "Give a user a role", One(&GRANTED))
        .takes(takes::GRANT, &["userId", "roleId"]),
    op("D36", "GET", base!("/tenant/{id}/users"), "list_tenant_users", "List the users with a role on a tenant", Many(&TENANT_USER))
        .asks(takes::PAGES),
    op("D37", "PUT", base!("/tenant/{id}/user/role/assignment"), "update_assignment", "Give a user another role", One(&GRANTED))
        .takes(takes::GRANT, &["userId", "roleId"]),
    op("D38", "DELETE", base!("/tenant/{id}/user/{userId}/role/assignment"), "delete_assignment", "Take a role away", One(&DONE)),
    op("D39", "DELETE", base!("/tenant/{id}"), "delete_tenant", "Close a tenant", One(&STATUS)).asks(takes::CASCADE),
    op("D42", "GET", base!("/tenant/{tenantId}/user/{userName}/role"), "get_role_of_user", "A user's role on a tenant", One(&USER_ROLE)),
    op("D43", "GET", base!("/sso/user"), "get_proxy_user", "Who was logged in at a proxy", One(&PROXY_USER)),
    op("D44", "POST", base!("/dashboard/link"), "create_link", "Make a link", One(&DONE)).takes(takes::LINK, &["name", "href"]),
    op("D45", "GET", base!("/dashboard/link"), "list_links", "List links", Many(&LINK)).asks(takes::PAGES),
    op("D46", "GET", base!("/dashboard/link/{link}"), "get_link", "Get a link by its name", One(&LINK)),
    op("D47", "PUT", base!("/dashboard/link/{link}"), "update_link", "Change a link by its id", One(&DONE)).takes(takes::LINK, &[]),
    op("D48", "DELETE", base!("/dashboard/link/{link}"), "delete_link", "Remove a link by its id", One(&DONE)),
];
