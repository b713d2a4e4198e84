//! The tables of servers, networks and volumes.

pub(crate) mod takes;

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
