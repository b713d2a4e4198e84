//! The operations of document 3 that are there, as a table: what the OpenAPI document and the tests are made from. Those numbered + are
//! beside the document, in its style.

use tenantry_http::fields::Object;
use tenantry_http::openapi::op;

use crate::fields::cloud::{self, takes as cloud_takes};
use crate::fields::{GROUP_ANSWER, LOGIN, TENANT_ANSWER, TENANTS_ANSWER, USER_ANSWER, USERS_ANSWER, takes};

/// An operation of this dialect; it gives the whole of an answer, and takes parameters from the query string, a JSON body or a form. Where PUT or
/// POST changes something that the path names, the other does too.
pub type Operation = tenantry_http::openapi::Operation<&'static Object>;

/// Login, tenants, groups, users, servers, networks and volumes.
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
    op("C15", "POST", "/nova/servers", "create_server", "Make a server", &cloud::SERVER_ANSWER)
        .takes(cloud_takes::NEW_SERVER, &["tenant_id", "image_id", "network_ids"]),
    op("C16", "DELETE", "/nova/servers", "delete_server", "Remove a server", &cloud::SERVER_ANSWER)
        .takes(cloud_takes::SERVER, &["tenant_id", "virtual_server_id"]),
    op(
        "C17",
        "GET",
        "/nova/command/{command}/{server_id}",
        "run_server_command",
        "Pause, unpause, stop, start, suspend, resume or reboot a server; POST does the same",
        &cloud::SERVER_ANSWER,
    )
    .takes(cloud_takes::COMMAND, &[]),
    op("C18", "GET", "/network/network", "list_networks", "List a tenant's networks, or get one", &cloud::NETWORKS_ANSWER)
        .takes(cloud_takes::NETWORKS, &[]),
    op("C19", "POST", "/network/network", "create_network", "Make a network", &cloud::NETWORK_ANSWER)
        .takes(cloud_takes::NEW_NETWORK, &["tenant_id", "network_name", "gateway", "cidr"]),
    op("C20", "DELETE", "/network/network", "delete_network", "Remove a network that nothing is in", &cloud::NETWORK_ANSWER)
        .takes(cloud_takes::NETWORK, &["network_id"]),
    op(
        "C21",
        "GET",
        "/network/external_network",
        "list_external_networks",
        "List the networks that routers can lead to",
        &cloud::EXTERNALS_ANSWER,
    )
    .takes(cloud_takes::OFFERS, &[]),
    op("C22", "POST", "/network/router", "create_router", "Make a router", &cloud::ROUTER_ANSWER)
        .takes(cloud_takes::NEW_ROUTER, &["name", "external_network_id"]),
    op("C23", "DELETE", "/network/router", "delete_router", "Remove a router that no network is connected to", &cloud::ROUTER_ANSWER)
        .takes(cloud_takes::ROUTER, &["router_id"]),
    op("C24", "GET", "/network/router", "list_routers", "List a tenant's routers, or get one", &cloud::ROUTERS_ANSWER)
        .takes(cloud_takes::ROUTERS, &[]),
    op(
        "C25",
        "GET",
        "/network/router_network",
        "list_router_networks",
        "List the networks that are connected to a router",
        &cloud::ROUTER_NETWORKS_ANSWER,
    )
    .takes(cloud_takes::ROUTER, &["router_id"]),
    op("C26", "POST", "/network/router_network", "create_router_network", "Connect a network to a router", &cloud::ROUTER_NETWORK_ANSWER)
        .takes(cloud_takes::ROUTER_NETWORK, &["router_id", "network_id"]),
    op(
        "C27",
        "DELETE",
        "/network/router_network",
        "delete_router_network",
        "Disconnect a network from a router",
        &cloud::ROUTER_NETWORK_ANSWER,
    )
    .takes(cloud_takes::ROUTER_NETWORK, &["router_id", "network_id"]),
    op(
        "C28",
        "POST",
        "/nova/virtual_server_assign",
        "create_server_assignment",
        "Assign a private server to a user",
        &cloud::SERVER_ANSWER,
    )
    .takes(cloud_takes::ASSIGNMENT, &["server_id", "user_id"]),
    op(
        "C29",
        "DELETE",
        "/nova/virtual_server_assign",
        "delete_server_assignment",
        "Assign a private server to nobody",
        &cloud::SERVER_ANSWER,
    )
    .takes(cloud_takes::ASSIGNED, &["server_id"]),
    op("C48", "GET", "/storage/volumes", "list_volumes", "List volumes, or get one", &cloud::VOLUMES_ANSWER)
        .takes(cloud_takes::VOLUMES, &[]),
    op("C49", "POST", "/storage/volumes", "create_volume", "Make a volume", &cloud::VOLUME_ANSWER)
        .takes(cloud_takes::NEW_VOLUME, &["tenant_id"]),
    op("C50", "DELETE", "/storage/volumes", "delete_volume", "Remove a volume", &cloud::VOLUME_ANSWER)
        .takes(cloud_takes::VOLUME, &["tenant_id", "volume_id"]),
    op("C51", "POST", "/storage/server_attach", "create_attachment", "Attach a volume to a server", &cloud::ATTACHMENT_ANSWER)
        .takes(cloud_takes::NEW_ATTACHMENT, &["tenant_id", "virtual_server_id", "volume_id"]),
    op("C52", "DELETE", "/storage/server_attach", "delete_attachment", "Detach a volume from a server", &cloud::ATTACHMENT_ANSWER)
        .takes(cloud_takes::ATTACHMENT, &["tenant_id", "virtual_server_id", "attach_id"]),
    op("+", "GET", "/nova/servers", "list_servers", "List servers, or get one", &cloud::SERVERS_ANSWER).takes(cloud_takes::SERVERS, &[]),
    op("+", "PUT", "/nova/servers", "update_server", "Put a server into other security groups", &cloud::SERVER_ANSWER)
        .takes(cloud_takes::SERVER_GROUPS, &["virtual_server_id", "security_groups"]),
    op("+", "GET", "/nova/console", "get_console", "Get the address of a server's console", &cloud::CONSOLE_ANSWER)
        .takes(cloud_takes::CONSOLE, &["server_id"]),
    op("+", "GET", "/nova/console_log", "get_console_log", "Get what a server wrote to its console", &cloud::CONSOLE_LOG_ANSWER)
        .takes(cloud_takes::CONSOLE_LOG, &["server_id"]),
    op("+", "GET", "/nova/images", "list_images", "List images", &cloud::IMAGES_ANSWER).takes(cloud_takes::OFFERS, &[]),
    op("+", "GET", "/nova/flavors", "list_flavors", "List flavors", &cloud::FLAVORS_ANSWER).takes(cloud_takes::OFFERS, &[]),
    op("+", "GET", "/nova/availability_zones", "list_availability_zones", "List availability zones", &cloud::ZONES_ANSWER)
        .takes(cloud_takes::OFFERS, &[]),
    op(
        "+",
        "GET",
        "/nova/security_groups",
        "list_security_groups",
        "List security groups with their rules",
        &cloud::SECURITY_GROUPS_ANSWER,
    )
    .takes(cloud_takes::LIST, &[]),
    op("+", "POST", "/nova/security_groups", "create_security_group", "Make a security group", &cloud::SECURITY_GROUP_ANSWER)
        .takes(cloud_takes::NEW_GROUP, &["tenant_id", "name"]),
    op(
        "+",
        "DELETE",
        "/nova/security_groups",
        "delete_security_group",
        "Remove a security group that no server is in",
        &cloud::SECURITY_GROUP_ANSWER,
    )
    .takes(cloud_takes::GROUP, &["security_group_id"]),
    op("+", "POST", "/nova/security_group_rules", "create_security_group_rule", "Let traffic pass", &cloud::SECURITY_GROUP_ANSWER)
        .takes(cloud_takes::RULE, &["security_group_id"]),
    op(
        "+",
        "DELETE",
        "/nova/security_group_rules",
        "delete_security_group_rule",
        "Let traffic pass no more",
        &cloud::SECURITY_GROUP_ANSWER,
    )
    .takes(cloud_takes::RULE, &["security_group_id"]),
    op("+", "GET", "/network/floating_ip", "list_floating_ips", "List floating addresses", &cloud::FLOATING_IPS_ANSWER)
        .takes(cloud_takes::LIST, &[]),
    op("+", "POST", "/network/floating_ip", "create_floating_ip", "Take a floating address", &cloud::FLOATING_IP_ANSWER)
        .takes(cloud_takes::NEW_FLOATING_IP, &["tenant_id"]),
    op(
        "+",
        "PUT",
        "/network/floating_ip",
        "update_floating_ip",
        "Lead a floating address to a server, or to none",
        &cloud::FLOATING_IP_ANSWER,
    )
    .takes(cloud_takes::LED_FLOATING_IP, &["floating_ip_id"]),
    op("+", "DELETE", "/network/floating_ip", "delete_floating_ip", "Give a floating address back", &cloud::FLOATING_IP_ANSWER)
        .takes(cloud_takes::FLOATING_IP, &["floating_ip_id"]),
    op("+", "PUT", "/storage/volumes", "update_volume", "Grow a volume", &cloud::VOLUME_ANSWER)
        .takes(cloud_takes::GROWN_VOLUME, &["volume_id", "volume_size"]),
    op("+", "GET", "/storage/server_attach", "list_attachments", "List what is attached", &cloud::ATTACHMENTS_ANSWER)
        .takes(cloud_takes::ATTACHMENTS, &[]),
    op("+", "GET", "/storage/snapshots", "list_snapshots", "List snapshots of volumes", &cloud::SNAPSHOTS_ANSWER)
        .takes(cloud_takes::SNAPSHOTS, &[]),
    op("+", "POST", "/storage/snapshots", "create_snapshot", "Make a snapshot of a volume", &cloud::SNAPSHOT_ANSWER)
        .takes(cloud_takes::NEW_SNAPSHOT, &["volume_id"]),
    op("+", "DELETE", "/storage/snapshots", "delete_snapshot", "Remove a snapshot", &cloud::SNAPSHOT_ANSWER)
        .takes(cloud_takes::SNAPSHOT, &["snapshot_id"]),
];
