//! What operations on servers, networks and volumes take. Beside these, ids are taken as texts, lists as texts separated by commas, and
//! booleans as texts and as 1 and 0.

use super::{Boolean, DESCRIPTION, Field, Integer, Text, Texts, field};

const TENANT_ID: Field = field("tenant_id", Integer, "the tenant");
const OWN_TENANT_ID: Field =
    field("tenant_id", Integer, "the tenant; the caller's own without it, and who belongs to the platform names one");
const ANY_TENANT_ID: Field =
    field("tenant_id", Integer, "the tenant; the caller's own without it, every one for who belongs to the platform");
const DATACENTER_ID: Field = field("datacenter_id", Integer, "the cloud, for a tenant that is in several");
const SERVER_ID: Field = field("server_id", Integer, "the server");
const VIRTUAL_SERVER_ID: Field = field("virtual_server_id", Integer, "the server");
const NETWORK_ID: Field = field("network_id", Text, "the network, by the id that it is shown with or by Tenantry's own");
const ROUTER_ID: Field = field("router_id", Text, "the router, by the id that it is shown with or by Tenantry's own");
const VOLUME_ID: Field = field("volume_id", Integer, "the volume");
const SNAPSHOT_ID: Field = field("snapshot_id", Integer, "the snapshot");
const GROUP_ID: Field = field("security_group_id", Integer, "the security group");
const EXTERNAL_ID: Field = field("external_network_id", Text, "an external network (C21), by id or name");
const GROUPS: Field = field("security_groups", Texts, "security groups by name; the cloud's default without one");

pub(crate) static OFFERS: &[Field] = &[
    field("tenant_id", Integer, "whose view; the caller's own tenant without it, some tenant's for who belongs to the platform"),
    DATACENTER_ID,
];
pub(crate) static SERVERS: &[Field] = &[ANY_TENANT_ID, field("virtual_server_id", Integer, "this server alone")];
pub(crate) static NEW_SERVER: &[Field] = &[
    TENANT_ID,
    field("image_id", Text, "the image, by id or by a name that only one has"),
    field("network_ids", Texts, "networks by id, or by name; not needed with default"),
    field("instance_type", Text, "a flavor's name; with it cpu and memory are ignored"),
    field("cpu", Integer, "processors, as a text too; the smallest flavor that has them and the memory is taken"),
    field("memory", Integer, "memory in MiB, as a text too"),
    field("instance_name", Text, "its name; it gets one without it"),
    field("availability_zone", Text, "where it runs; the cloud decides without it"),
    GROUPS,
    field("virtual_server_type", Integer, "1 private (without it), 2 shared by everybody in the tenant"),
    field("default", Boolean, "whether it is put into the tenant's default network, which is made with its router when there is none"),
    field("user_data", Text, "what its first start is told (cloud-init)"),
    DATACENTER_ID,
];
pub(crate) static SERVER: &[Field] = &[TENANT_ID, VIRTUAL_SERVER_ID];
pub(crate) static SERVER_GROUPS: &[Field] = &[TENANT_ID, VIRTUAL_SERVER_ID, GROUPS];
pub(crate) static COMMAND: &[Field] = &[field("hard", Boolean, "with reboot: whether the server is not asked")];
pub(crate) static ASSIGNMENT: &[Field] =
    &[SERVER_ID, field("user_id", Integer, "a user with a role on the server's tenant, who sees it and commands it from then on")];
pub(crate) static ASSIGNED: &[Field] = &[SERVER_ID];
pub(crate) static CONSOLE: &[Field] = &[SERVER_ID, TENANT_ID];
pub(crate) static CONSOLE_LOG: &[Field] = &[SERVER_ID, TENANT_ID, field("lines", Integer, "how many lines, 100 without it")];
pub(crate) static NETWORKS: &[Field] = &[field("network_id", Text, "this network alone"), OWN_TENANT_ID];
pub(crate) static NEW_NETWORK: &[Field] = &[
    TENANT_ID,
    field("network_name", Text, "a name that no other network of the tenant there has"),
    field("dhcp_enabled", Boolean, "whether addresses are given out by DHCP; true without it"),
    field("dhcp_start_ip", Text, "the first address that is given out; with dhcp_end_ip"),
    field("dhcp_end_ip", Text, "the last address that is given out; with dhcp_start_ip"),
    field("gateway", Text, "an address of the network"),
    field("cidr", Text, "the addresses, such as 192.168.22.0/24"),
    field("dns", Text, "name servers, separated by commas"),
    DESCRIPTION,
    DATACENTER_ID,
];
pub(crate) static NETWORK: &[Field] = &[NETWORK_ID, TENANT_ID];
pub(crate) static ROUTERS: &[Field] = &[OWN_TENANT_ID, field("router_id", Text, "this router alone")];
pub(crate) static NEW_ROUTER: &[Field] =
    &[field("name", Text, "a name that no other router of the tenant there has"), OWN_TENANT_ID, EXTERNAL_ID, DESCRIPTION, DATACENTER_ID];
pub(crate) static ROUTER: &[Field] = &[ROUTER_ID, TENANT_ID];
pub(crate) static ROUTER_NETWORK: &[Field] = &[ROUTER_ID, TENANT_ID, NETWORK_ID];
pub(crate) static VOLUMES: &[Field] = &[ANY_TENANT_ID, field("volume_id", Integer, "this volume alone")];
pub(crate) static NEW_VOLUME: &[Field] = &[
    TENANT_ID,
    field("volume_size", Integer, "GiB; what it is made from has, or 10, without it"),
    field("volume_name", Text, "its name; it gets one without it"),
    field("volume_description", Text, "free text"),
    field("volume_type", Text, "the cloud's type of volume; its default without it"),
    field("snapshot_id", Integer, "the snapshot that it is made from"),
    field("image_id", Text, "the image that it is made from, by id or name"),
    DATACENTER_ID,
];
pub(crate) static GROWN_VOLUME: &[Field] = &[VOLUME_ID, TENANT_ID, field("volume_size", Integer, "GiB, not less than it has")];
pub(crate) static VOLUME: &[Field] = &[VOLUME_ID, TENANT_ID];
pub(crate) static ATTACHMENTS: &[Field] = &[ANY_TENANT_ID, field("virtual_server_id", Integer, "what is attached to this server alone")];
pub(crate) static NEW_ATTACHMENT: &[Field] = &[TENANT_ID, VIRTUAL_SERVER_ID, VOLUME_ID];
pub(crate) static ATTACHMENT: &[Field] = &[TENANT_ID, VIRTUAL_SERVER_ID, field("attach_id", Integer, "the id of the attachement")];
pub(crate) static SNAPSHOTS: &[Field] = &[ANY_TENANT_ID, field("volume_id", Integer, "those of this volume alone")];
pub(crate) static NEW_SNAPSHOT: &[Field] = &[
    VOLUME_ID,
    TENANT_ID,
    field("snapshot_name", Text, "its name; it gets one without it"),
    field("snapshot_description", Text, "free text"),
];
pub(crate) static SNAPSHOT: &[Field] = &[SNAPSHOT_ID, TENANT_ID];
pub(crate) static LIST: &[Field] = &[ANY_TENANT_ID];
pub(crate) static NEW_FLOATING_IP: &[Field] = &[
    TENANT_ID,
    field(
        "external_network_id",
        Text,
        "an external network (C21), by id or name; the only one there is, or the cloud's usual one, without it",
    ),
    field("server_id", Integer, "the server that it leads to"),
    DESCRIPTION,
    DATACENTER_ID,
];
const FLOATING_IP_ID: Field = field("floating_ip_id", Integer, "the address");
pub(crate) static LED_FLOATING_IP: &[Field] =
    &[FLOATING_IP_ID, TENANT_ID, field("server_id", Integer, "the server that it leads to; to none without it")];
pub(crate) static FLOATING_IP: &[Field] = &[FLOATING_IP_ID, TENANT_ID];
pub(crate) static NEW_GROUP: &[Field] =
    &[TENANT_ID, field("name", Text, "a name that no other security group of the tenant there has"), DESCRIPTION, DATACENTER_ID];
pub(crate) static GROUP: &[Field] = &[GROUP_ID, TENANT_ID];
pub(crate) static RULE: &[Field] = &[
    GROUP_ID,
    TENANT_ID,
    field("direction", Text, "ingress (without it) or egress"),
    field("protocol", Text, "tcp, udp, icmp or any, which it is without it"),
    field("port_range_min", Integer, "the first port; all without it"),
    field("port_range_max", Integer, "the last port; the first without it"),
    field("remote_ip_prefix", Text, "from or to which addresses; all without it"),
];
