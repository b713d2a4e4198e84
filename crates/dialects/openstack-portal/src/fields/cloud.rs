//! The tables of servers, networks and volumes.

use tenantry_http::fields::Kind::{Boolean, Integer, Many, One, Text, Texts, Time};
use tenantry_http::fields::{Field, Object, field};

const ID: Field = field("id", Integer, "its id");
const UUID: Field = field("uuid", Text, "the cloud's own id of it; Tenantry's as long as the cloud gave none");
const NAME: Field = field("name", Text, "its name");
const TENANT_ID: Field = field("tenant_id", Integer, "the tenant");
const DATACENTER_ID: Field = field("datacenter_id", Integer, "the cloud that it is in");
const DESCRIPTION: Field = field("description", Text, "free text");
const STATUS: Field =
    field("status", Text, "pending, provisioning, ready, updating, failed, deleting or, in the answer to a DELETE, deleted");
const REASON: Field = field("reason", Text, "why it stands so; empty when all is well");
const CREATED: Field = field("created_at", Time, "when it was made");
const UPDATED: Field = field("updated_at", Time, "when it was changed last");
const CONDITION: Field = field("condition", Text, "the cloud's own word for how it is, such as ACTIVE or in-use; empty before it was seen");
const RESOURCE_ID: Field = field("resource_id", Integer, "Tenantry's own id, which is taken wherever the other is");
const PEER_ID: Field = field("id", Text, "its id at the cloud, a UUID; Tenantry's as long as the cloud gave none");

static ADDRESS: Object = Object {
    name: "ServerAddress",
    fields: &[
        field("network", Text, "the network's name"),
        field("address", Text, "the address"),
        field("floating", Boolean, "whether it is a floating one"),
    ],
};

static SERVER: Object = Object {
    name: "Server",
    fields: &[
        ID,
        UUID,
        NAME,
        field("instance_name", Text, "its name, as C15 calls it"),
        TENANT_ID,
        DATACENTER_ID,
        STATUS,
        REASON,
        CONDITION,
        field("power", Text, "running, stopped, paused or suspended; null while it is made, or when it is broken").or_null(),
        field("image_id", Text, "the image, by the cloud's id"),
        field("image_name", Text, "the image's name when the server was made"),
        field("instance_type", Text, "the flavor's name"),
        field("cpu", Text, "processors"),
        field("memory", Text, "memory, in MiB"),
        field("disk", Integer, "the disk that comes with the flavor, in GiB"),
        field("network_ids", Texts, "the networks that it is in, by the cloud's ids"),
        field("addresses", Many(&ADDRESS), "its addresses"),
        field("security_groups", Texts, "the security groups that it is in, by name; none is the cloud's default"),
        field("availability_zone", Text, "where it runs; empty when the cloud has not said"),
        field("virtual_server_type", Integer, "1 private, 2 shared"),
        field("user_id", Integer, "the user that a private server is assigned to; null when to nobody").or_null(),
        CREATED,
        UPDATED,
    ],
};

static NETWORK: Object = Object {
    name: "Network",
    fields: &[
        PEER_ID,
        RESOURCE_ID,
        UUID,
        NAME,
        field("network_name", Text, "its name, as C19 calls it"),
        DESCRIPTION,
        TENANT_ID,
        DATACENTER_ID,
        STATUS,
        REASON,
        field("subnet_id", Text, "the cloud's id of its subnet; empty before it was made"),
        field("cidr", Text, "its addresses"),
        field("gateway", Text, "its gateway; empty without one"),
        field("dhcp_enabled", Boolean, "whether addresses are given out by DHCP"),
        field("dhcp_start_ip", Text, "the first address that is given out; empty when all are"),
        field("dhcp_end_ip", Text, "the last address that is given out; empty when all are"),
        field("dns", Text, "its name servers, separated by commas"),
        CREATED,
        UPDATED,
    ],
};

static EXTERNAL: Object = Object {
    name: "ExternalNetwork",
    fields: &[
        field("id", Text, "its id at the cloud"),
        NAME,
        field("cidrs", Texts, "its addresses"),
        field("shared", Boolean, "whether servers may be in it too"),
    ],
};

static ROUTER: Object = Object {
    name: "Router",
    fields: &[
        PEER_ID,
        RESOURCE_ID,
        UUID,
        NAME,
        DESCRIPTION,
        TENANT_ID,
        DATACENTER_ID,
        STATUS,
        REASON,
        field("external_network_id", Text, "the external network that it leads to; null when to none").or_null(),
        field("external_address", Text, "its address there; empty before it has one"),
        CREATED,
        UPDATED,
    ],
};

static ROUTER_NETWORK: Object = Object {
    name: "RouterNetwork",
    fields: &[
        ID,
        UUID,
        NAME,
        TENANT_ID,
        DATACENTER_ID,
        STATUS,
        REASON,
        field("router_id", Text, "the router"),
        field("network_id", Text, "the network"),
        field("address", Text, "the router's address in the network; empty before it has one"),
        CREATED,
        UPDATED,
    ],
};

static VOLUME: Object = Object {
    name: "Volume",
    fields: &[
        ID,
        UUID,
        NAME,
        field("volume_name", Text, "its name, as C49 calls it"),
        field("volume_size", Integer, "its size, in GiB"),
        field("volume_description", Text, "free text"),
        field("volume_type", Text, "the cloud's type of volume; null for its default").or_null(),
        field("snapshot_id", Integer, "the snapshot that it was made from; null without one").or_null(),
        field("image_id", Text, "the image that it was made from; null without one").or_null(),
        TENANT_ID,
        DATACENTER_ID,
        STATUS,
        REASON,
        CONDITION,
        CREATED,
        UPDATED,
    ],
};

static ATTACHMENT: Object = Object {
    name: "Attachement",
    fields: &[
        field("id", Integer, "the id by which C52 detaches it"),
        UUID,
        NAME,
        field("virtual_server_id", Integer, "the server"),
        field("volume_id", Integer, "the volume"),
        field("device", Text, "the device in the server, such as /dev/vdb; empty before it is attached"),
        TENANT_ID,
        DATACENTER_ID,
        STATUS,
        REASON,
        CREATED,
        UPDATED,
    ],
};

static SNAPSHOT: Object = Object {
    name: "Snapshot",
    fields: &[
        ID,
        UUID,
        NAME,
        field("snapshot_name", Text, "its name again"),
        field("snapshot_description", Text, "free text"),
        field("volume_id", Integer, "the volume"),
        field("volume_size", Integer, "the volume's size when it was taken, in GiB"),
        TENANT_ID,
        DATACENTER_ID,
        STATUS,
        REASON,
        CONDITION,
        CREATED,
        UPDATED,
    ],
};

static FLOATING_IP: Object = Object {
    name: "FloatingIp",
    fields: &[
        ID,
        UUID,
        NAME,
        field("address", Text, "the address; empty before there is one"),
        field("fixed_address", Text, "the inner address that it leads to; empty when to none"),
        field("server_id", Integer, "the server that it leads to; null when to none").or_null(),
        field("external_network_id", Text, "the external network that it is of"),
        DESCRIPTION,
        TENANT_ID,
        DATACENTER_ID,
        STATUS,
        REASON,
        CREATED,
        UPDATED,
    ],
};

static RULE: Object = Object {
    name: "SecurityGroupRule",
    fields: &[
        field("direction", Text, "ingress (to the server) or egress"),
        field("protocol", Text, "tcp, udp or icmp; null for any").or_null(),
        field("port_range_min", Integer, "the first port; null for all").or_null(),
        field("port_range_max", Integer, "the last port; null for all").or_null(),
        field("remote_ip_prefix", Text, "from or to which addresses"),
    ],
};

static SECURITY_GROUP: Object = Object {
    name: "SecurityGroup",
    fields: &[
        ID,
        UUID,
        NAME,
        DESCRIPTION,
        field("rules", Many(&RULE), "what may pass; all else is dropped"),
        TENANT_ID,
        DATACENTER_ID,
        STATUS,
        REASON,
        CREATED,
        UPDATED,
    ],
};

static IMAGE: Object = Object {
    name: "Image",
    fields: &[
        field("id", Text, "its id at the cloud"),
        NAME,
        field("status", Text, "the cloud's own word for how it is: active can be used"),
        field("size", Integer, "its size, in bytes"),
        field("min_disk", Integer, "the least disk of a server, in GiB"),
        field("min_memory", Text, "the least memory of a server, in MiB"),
    ],
};

static FLAVOR: Object = Object {
    name: "Flavor",
    fields: &[
        field("id", Text, "its id at the cloud"),
        field("name", Text, "its name, which is an instance_type"),
        field("cpu", Text, "processors"),
        field("memory", Text, "memory, in MiB"),
        field("disk", Integer, "its disk, in GiB"),
        field("public", Boolean, "whether every tenant may use it"),
    ],
};

static ZONE: Object =
    Object { name: "AvailabilityZone", fields: &[NAME, field("available", Boolean, "whether servers can be made there now")] };

static CONSOLE: Object = Object {
    name: "Console",
    fields: &[
        field("server_id", Integer, "the server"),
        field("type", Text, "the kind, such as novnc"),
        field("url", Text, "the address, which holds a token: whoever has it is at the console"),
    ],
};

static CONSOLE_LOG: Object = Object {
    name: "ConsoleLog",
    fields: &[field("server_id", Integer, "the server"), field("output", Text, "the last lines that it wrote to its console")],
};

macro_rules! answers {
    ($($answer:ident = $title:literal: $($key:literal $kind:expr, $about:literal);+)*) => {
        $(pub(crate) static $answer: Object = Object { name: $title, fields: &[$(field($key, $kind, $about)),+] };)*
    };
}

answers! {
    SERVER_ANSWER = "ServerAnswer": "server" One(&SERVER), "the server"
    EXTERNALS_ANSWER = "ExternalNetworksAnswer": "external_networks" Many(&EXTERNAL), "all of them"
    NETWORK_ANSWER = "NetworkAnswer": "network" One(&NETWORK), "the network"
    ROUTER_ANSWER = "RouterAnswer": "router" One(&ROUTER), "the router"
    ROUTER_NETWORKS_ANSWER = "RouterNetworksAnswer":
        "router" One(&ROUTER), "the router"; "networks" Many(&NETWORK), "the networks that are connected to it"
    ROUTER_NETWORK_ANSWER = "RouterNetworkAnswer":
        "router" One(&ROUTER), "the router"; "networks" Many(&NETWORK), "the networks that are connected to it now";
        "router_network" One(&ROUTER_NETWORK), "the connection"
    VOLUME_ANSWER = "VolumeAnswer": "volume" One(&VOLUME), "the volume"
    ATTACHMENT_ANSWER = "AttachementAnswer": "attachement" One(&ATTACHMENT), "the volume at the server"
    ATTACHMENTS_ANSWER = "AttachementsAnswer": "attachements" Many(&ATTACHMENT), "all of them"
    SNAPSHOT_ANSWER = "SnapshotAnswer": "snapshot" One(&SNAPSHOT), "the snapshot"
    SNAPSHOTS_ANSWER = "SnapshotsAnswer": "snapshots" Many(&SNAPSHOT), "all of them"
    FLOATING_IP_ANSWER = "FloatingIpAnswer": "floating_ip" One(&FLOATING_IP), "the address"
    FLOATING_IPS_ANSWER = "FloatingIpsAnswer": "floating_ips" Many(&FLOATING_IP), "all of them"
    SECURITY_GROUP_ANSWER = "SecurityGroupAnswer": "security_group" One(&SECURITY_GROUP), "the group with its rules"
    SECURITY_GROUPS_ANSWER = "SecurityGroupsAnswer": "security_groups" Many(&SECURITY_GROUP), "all of them"
    IMAGES_ANSWER = "ImagesAnswer": "images" Many(&IMAGE), "all of them"
    FLAVORS_ANSWER = "FlavorsAnswer": "flavors" Many(&FLAVOR), "all of them"
    ZONES_ANSWER = "AvailabilityZonesAnswer": "availability_zones" Many(&ZONE), "all of them"
    CONSOLE_ANSWER = "ConsoleAnswer": "console" One(&CONSOLE), "where the screen is looked at"
    CONSOLE_LOG_ANSWER = "ConsoleLogAnswer": "console_log" One(&CONSOLE_LOG), "what it wrote"
}

macro_rules! lists {
    ($($answer:ident = $title:literal: $many:literal, $one:literal of $object:expr, $asked:literal;)*) => {
        $(pub(crate) static $answer: Object = Object {
            name: $title,
            fields: &[
                field($many, Many(&$object), concat!("all of them; when ", $asked, " was not given")).sometimes(),
                field($one, One(&$object), concat!("the one that ", $asked, " names")).sometimes(),
            ],
        };)*
    };
}

lists! {
    SERVERS_ANSWER = "ServersAnswer": "servers", "server" of SERVER, "virtual_server_id";
    NETWORKS_ANSWER = "NetworksAnswer": "networks", "network" of NETWORK, "network_id";
    ROUTERS_ANSWER = "RoutersAnswer": "routers", "router" of ROUTER, "router_id";
    VOLUMES_ANSWER = "VolumesAnswer": "volumes", "volume" of VOLUME, "volume_id";
}

/// What operations take. Beside these, ids are taken as texts, lists as texts separated by commas, and booleans as texts and as 1 and 0.
pub(crate) mod takes {
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
    pub(crate) static NEW_ROUTER: &[Field] = &[
        field("name", Text, "a name that no other router of the tenant there has"),
        OWN_TENANT_ID,
        EXTERNAL_ID,
        DESCRIPTION,
        DATACENTER_ID,
    ];
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
    pub(crate) static ATTACHMENTS: &[Field] =
        &[ANY_TENANT_ID, field("virtual_server_id", Integer, "what is attached to this server alone")];
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
}
