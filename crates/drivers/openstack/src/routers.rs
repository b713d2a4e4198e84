//! Routers, and their interfaces: an interface is a port of ours in the network, which is given to the router.

use serde_json::{Value, json};
use tenantry_domain::cloud::{RouterInterfaceStatus, RouterStatus};
use tenantry_driver_api::cloud::{CloudPlace, RouterInterfaceWant, RouterWant};
use tenantry_driver_api::{Deletion, Rollout};

use crate::OpenStack;
use crate::client::Session;
use crate::failure::{self, Outcome};
use crate::networks::{conflict, in_use, named_differs, ports_of};
use crate::objects::{NETWORKS, Obtained, PORTS, ROUTERS, SUBNETS, changed, described, items, repaired, text};
use crate::service::Service::Network;

/// What is said of an interface.
const INTERFACE: &str = "router interface";

/// The external network that a router leads to, and its address there.
pub(crate) fn gateway_of(router: &Value) -> (Option<&str>, &str) {
    let gateway = &router["external_gateway_info"];
    let address = items(gateway, "external_fixed_ips").next().map_or("", |fixed| text(fixed, "ip_address"));
    (gateway["network_id"].as_str(), address)
}

fn first_address(port: &Value) -> String {
    items(port, "fixed_ips").next().map(|fixed| text(fixed, "ip_address").to_owned()).unwrap_or_default()
}

impl OpenStack {
    pub(crate) async fn router(&self, want: &RouterWant) -> Outcome<(RouterStatus, Rollout)> {
        let at = &want.at;
        let session = self.inside(&at.place).await?;
        let gateway = match &want.external_network {
            Some(network) => json!({"network_id": network}),
            None => json!({}),
        };
        let body = async {
            let description = described(&want.description, at.place.uid);
            let mut body = json!({"name": at.place.name, "description": description, "admin_state_up": true});
            if want.external_network.is_some() {
                body["external_gateway_info"] = gateway.clone();
            }
            Ok(body)
        };
        let Obtained { object: mut router, mut put_right, .. } = match session.obtain(&ROUTERS, at, body).await? {
            Ok(obtained) => obtained,
            Err(told) => return Ok((RouterStatus { peer_id: at.peer_id.clone(), ..RouterStatus::default() }, told)),
        };
        let (mut differs, mut change) = named_differs(&router, at, &want.description);
        if gateway_of(&router).0 != want.external_network.as_deref() {
            differs.push(match gateway_of(&router).0 {
                Some(other) => format!("it leads to the network {other}"),
                None => "it leads to no external network".to_owned(),
            });
            change["external_gateway_info"] = gateway.clone();
        }
        let told = changed(ROUTERS.noun, at, &differs);
        if told.is_none() && !differs.is_empty() {
            router = session.change(&ROUTERS, text(&router, "id"), &change).await?;
        }
        let rollout = told.unwrap_or(Rollout::Complete);
        if rollout == Rollout::Complete {
            put_right.extend(repaired(at, differs));
        }
        let external_address = gateway_of(&router).1.to_owned();
        Ok((RouterStatus { peer_id: text(&router, "id").to_owned(), external_address, repaired: put_right }, rollout))
    }

    pub(crate) async fn remove_router(&self, at: &CloudPlace) -> Outcome<Deletion> {
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(Deletion::Gone) };
        let Some(held) = session.remove_ours(&ROUTERS, at).await? else { return Ok(Deletion::Gone) };
        let ports = ports_of(&session, &held).await?;
        let networks: Vec<&str> = ports.iter().map(|port| text(port, "network_id")).collect();
        let networks = session.called(&NETWORKS, &networks).await?.join(", ");
        Ok(Deletion::InProgress(format!("the router '{}' is still connected: to {networks}", at.place.name)))
    }

    pub(crate) async fn interface(&self, want: &RouterInterfaceWant) -> Outcome<(RouterInterfaceStatus, Rollout)> {
        let at = &want.at;
        let session = self.inside(&at.place).await?;
        let found = session.find(&PORTS, at).await?;
        let mut put_right = Vec::new();
        let port = match found {
            Some(port) => port,
            None => {
                if at.existed {
                    put_right.push(format!("the {INTERFACE} was gone"));
                }
                if let Some(told) = changed(INTERFACE, at, &put_right) {
                    return Ok((RouterInterfaceStatus { peer_id: at.peer_id.clone(), ..RouterInterfaceStatus::default() }, told));
                }
                interface_port(&session, want).await?
            }
        };
        let id = text(&port, "id");
        let status = RouterInterfaceStatus { peer_id: id.to_owned(), address: first_address(&port), repaired: put_right };
        match text(&port, "device_id") {
            device if device == want.router => Ok((status, Rollout::Complete)),
            "" => {
                let path = ["routers", want.router.as_str(), "add_router_interface"];
                session.put(Network, &path, Some(&json!({"port_id": id}))).await?;
                Ok((status, Rollout::Complete))
            }
            other => {
                let message = format!("the {INTERFACE} '{}' belongs to the router {other} there", at.place.name);
                Ok((status, if at.existed { Rollout::Drifted(message) } else { Rollout::Stuck(message) }))
            }
        }
    }

    pub(crate) async fn remove_interface(&self, at: &CloudPlace) -> Outcome<Deletion> {
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(Deletion::Gone) };
        for port in session.ours(&PORTS, at).await? {
            let (id, router) = (text(&port, "id"), text(&port, "device_id"));
            if !router.is_empty() {
                let path = ["routers", router, "remove_router_interface"];
                match failure::found(session.put(Network, &path, Some(&json!({"port_id": id}))).await) {
                    Err(failed) if failed.conflicts() => {
                        let message = format!("the {INTERFACE} '{}' is in use: {}", at.place.name, failed.error.message);
                        return Ok(Deletion::InProgress(message));
                    }
                    other => other?,
                };
            }
            // the router took it along, or it was never given to one
            match session.remove(&PORTS, id).await {
                Err(failed) if failed.conflicts() => {
                    return Ok(Deletion::InProgress(in_use(&session, INTERFACE, at, &[port]).await?));
                }
                other => other?,
            }
        }
        Ok(Deletion::Gone)
    }
}

/// A port for the router: at the gateway's address, if that is free.
async fn interface_port(session: &Session<'_>, want: &RouterInterfaceWant) -> Outcome<Value> {
    let Some(subnet) = session.by_id(&SUBNETS, &want.subnet).await? else {
        return Err(conflict(format!("there is no subnet {} there", want.subnet)).into());
    };
    let mut body = json!({
        "network_id": want.network, "name": want.at.place.name, "description": described("", want.at.place.uid), "admin_state_up": true,
        "fixed_ips": [{"subnet_id": want.subnet}],
    });
    if let Some(gateway) = subnet["gateway_ip"].as_str() {
        let mut first = body.clone();
        first["fixed_ips"][0]["ip_address"] = json!(gateway);
        match session.create(&PORTS, &first).await {
            // another router is the gateway
            Err(failed) if failed.conflicts() => {}
            other => return other,
        }
    }
    body["fixed_ips"] = json!([{"subnet_id": want.subnet}]);
    session.create(&PORTS, &body).await
}
