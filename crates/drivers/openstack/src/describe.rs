//! What an object of the cloud would be as a resource of ours.

use serde_json::Value;
use tenantry_domain::ResourceId;
use tenantry_domain::cloud::{
    FloatingIpSpec, NetworkSpec, RouterSpec, SecurityGroupSpec, ServerNetwork, ServerSecurityGroup, ServerSize, ServerSpec, SnapshotSpec,
    VolumeSpec,
};
use tenantry_domain::resource::{Kind, Spec};
use tenantry_driver_api::cloud::Known;

use crate::OpenStack;
use crate::client::Session;
use crate::failure::Outcome;
use crate::groups::rule_of;
use crate::networks::{conflict, dns_of, pools_of, ports_of};
use crate::objects::{Collection, NETWORKS, PORTS, SECURITY_GROUPS, SERVERS, SUBNETS, VOLUMES, items, name_of, text, undescribed};
use crate::power::{Condition, condition};
use crate::routers::gateway_of;
use crate::service::Service::{Compute, Images};

/// Reads the objects of one project.
pub(crate) struct Reader<'a> {
    pub cloud: &'a OpenStack,
    pub session: &'a Session<'a>,
    pub known: &'a Known,
}

fn words(object: &Value) -> String {
    undescribed(text(object, "description")).0.to_owned()
}

impl Reader<'_> {
    /// The spec; none for a kind that cannot be taken over.
    pub(crate) async fn spec(&self, kind: Kind, object: &Value) -> Outcome<Option<Spec>> {
        Ok(Some(match kind {
            Kind::Network => Spec::Network(self.network(object).await?),
            Kind::Router => {
                Spec::Router(RouterSpec { description: words(object), external_network: gateway_of(object).0.map(str::to_owned) })
            }
            Kind::SecurityGroup => Spec::SecurityGroup(group(object)?),
            Kind::Volume => Spec::Volume(VolumeSpec {
                size_gib: object["size"].as_i64().unwrap_or(0),
                description: text(object, "description").to_owned(),
                volume_type: object["volume_type"].as_str().map(str::to_owned),
                source: None,
            }),
            Kind::Snapshot => Spec::Snapshot(SnapshotSpec {
                volume: self.known_by_name(&VOLUMES, text(object, "volume_id")).await?,
                size_gib: object["size"].as_i64().unwrap_or(0),
                description: text(object, "description").to_owned(),
            }),
            Kind::Server => Spec::Server(self.server(object).await?),
            Kind::FloatingIp => Spec::FloatingIp(self.floating_ip(object).await?),
            Kind::Namespace | Kind::Disk | Kind::App | Kind::RouterInterface | Kind::Attachment => return Ok(None),
        }))
    }

    /// Our resource for one of the cloud's.
    fn known(&self, noun: &str, id: &str, name: &str) -> Outcome<ResourceId> {
        let unknown = || conflict(format!("it refers to the {noun} '{name}' ({id}), which has to be taken over first"));
        Ok(self.known.get(id).copied().ok_or_else(unknown)?)
    }

    async fn known_by_name(&self, of: &Collection, id: &str) -> Outcome<ResourceId> {
        if let Some(known) = self.known.get(id) {
            return Ok(*known);
        }
        let object = if id.is_empty() { None } else { self.session.by_id(of, id).await? };
        self.known(of.noun, id, object.as_ref().map_or(id, name_of))
    }

    async fn network(&self, network: &Value) -> Outcome<NetworkSpec> {
        let subnets = self.session.all(&SUBNETS, &[("network_id", text(network, "id"))]).await?;
        let [subnet] = &subnets[..] else {
            let message = format!("the network '{}' has {} subnets, and one of Tenantry's has one", name_of(network), subnets.len());
            return Err(conflict(message).into());
        };
        let pools = pools_of(subnet);
        let cidr = text(subnet, "cidr").parse().map_err(|_| conflict("the subnet's addresses cannot be read".to_owned()))?;
        let mut spec = NetworkSpec {
            description: words(network),
            cidr,
            gateway: text(subnet, "gateway_ip").parse().ok(),
            dhcp: subnet["enable_dhcp"] == true,
            pool: None,
            dns: dns_of(subnet),
        };
        // the usual pool is none of its own
        if let [pool] = pools[..]
            && crate::networks::pools(&spec) != pools
        {
            spec.pool = Some(pool);
        }
        Ok(spec)
    }

    async fn floating_ip(&self, address: &Value) -> Outcome<FloatingIpSpec> {
        let mut server = None;
        if let Some(id) = address["port_id"].as_str() {
            let port = self.session.by_id(&PORTS, id).await?.unwrap_or_default();
            server = Some(self.known_by_name(&SERVERS, text(&port, "device_id")).await?);
        }
        Ok(FloatingIpSpec { description: words(address), external_network: text(address, "floating_network_id").to_owned(), server })
    }

    async fn server(&self, server: &Value) -> Outcome<ServerSpec> {
        let image_id = text(&server["image"], "id");
        if image_id.is_empty() {
            return Err(conflict(format!("the server '{}' starts from a volume, which Tenantry's do not", name_of(server))).into());
        }
        let Condition::Is(power) = condition(text(server, "status")) else {
            return Err(conflict(format!("the server '{}' is {}: it has to be at rest", name_of(server), text(server, "status"))).into());
        };
        let image = crate::failure::found(self.session.get(Images, &["images", image_id], &[]).await)?.unwrap_or_default();
        let (networks, security_groups) = self.connections(server).await?;
        Ok(ServerSpec {
            image_id: image_id.to_owned(),
            image: text(&image, "name").to_owned(),
            size: self.size(&server["flavor"]).await?,
            networks,
            security_groups,
            availability_zone: Some(text(server, "OS-EXT-AZ:availability_zone").to_owned()).filter(|zone| !zone.is_empty()),
            user_data: None,
            power,
            reboots: 0,
            hard_reboot: false,
        })
    }

    /// Nova tells the size and the flavor's name, and not its id.
    async fn size(&self, flavor: &Value) -> Outcome<ServerSize> {
        let name = text(flavor, "original_name");
        let all = self.cloud.client.account().list(Compute, &["flavors"], "flavors", &[("is_public", "None")]).await?;
        let number = |key: &str| flavor[key].as_i64().unwrap_or(0);
        Ok(ServerSize {
            flavor_id: all.iter().find(|flavor| text(flavor, "name") == name).map(|flavor| text(flavor, "id").to_owned()),
            flavor: name.to_owned(),
            cpu_millicores: number("vcpus").saturating_mul(1000),
            memory_mib: number("ram"),
            disk_gib: number("disk"),
        })
    }

    /// The networks and the security groups of a server, by its ports.
    async fn connections(&self, server: &Value) -> Outcome<(Vec<ServerNetwork>, Vec<ServerSecurityGroup>)> {
        let (mut networks, mut groups) = (Vec::new(), Vec::new());
        for port in ports_of(self.session, text(server, "id")).await? {
            let id = text(&port, "network_id");
            networks.push(match self.known.get(id) {
                Some(own) => ServerNetwork::Own(*own),
                None => {
                    let network = self.session.get(NETWORKS.service, &["networks", id], &[]).await?;
                    if network["network"]["shared"] != true && network["network"]["router:external"] != true {
                        self.known("network", id, name_of(&network["network"]))?;
                    }
                    ServerNetwork::Shared(id.to_owned())
                }
            });
            for id in items(&port, "security_groups").filter_map(Value::as_str) {
                let group = match self.known.get(id) {
                    Some(own) => ServerSecurityGroup::Own(*own),
                    None => {
                        let group = self.session.by_id(&SECURITY_GROUPS, id).await?.unwrap_or_default();
                        if text(&group, "name") != "default" {
                            self.known("security group", id, name_of(&group))?;
                        }
                        ServerSecurityGroup::Peer("default".to_owned())
                    }
                };
                if !groups.contains(&group) {
                    groups.push(group);
                }
            }
        }
        Ok((networks, groups))
    }
}

fn group(group: &Value) -> Outcome<SecurityGroupSpec> {
    let mut rules = Vec::new();
    for rule in items(group, "security_group_rules") {
        let unsaid =
            || conflict(format!("the security group '{}' has a rule that Tenantry's cannot have: {}", name_of(group), text(rule, "id")));
        rules.push(rule_of(rule).ok_or_else(unsaid)?);
    }
    rules.sort();
    Ok(SecurityGroupSpec { description: words(group), rules })
}
