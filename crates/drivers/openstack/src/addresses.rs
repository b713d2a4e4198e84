//! Floating addresses, and where they lead.

use serde_json::{Value, json};
use tenantry_domain::cloud::FloatingIpStatus;
use tenantry_driver_api::cloud::{CloudPlace, FloatingIpWant};
use tenantry_driver_api::{Deletion, Rollout};

use crate::OpenStack;
use crate::client::Session;
use crate::failure::Outcome;
use crate::networks::{conflict, ports_of};
use crate::objects::{FLOATING_IPS, Obtained, SERVERS, changed, described, repaired, text, undescribed};

fn seen(address: &Value, repaired: Vec<String>) -> FloatingIpStatus {
    FloatingIpStatus {
        peer_id: text(address, "id").to_owned(),
        address: text(address, "floating_ip_address").to_owned(),
        fixed_address: text(address, "fixed_ip_address").to_owned(),
        repaired,
    }
}

impl OpenStack {
    pub(crate) async fn floating_ip(&self, want: &FloatingIpWant) -> Outcome<(FloatingIpStatus, Rollout)> {
        let at = &want.at;
        let session = self.inside(&at.place).await?;
        let description = described(&want.description, at.place.uid);
        let body = async { Ok(json!({"floating_network_id": want.external_network, "description": description})) };
        let Obtained { object: mut address, mut put_right, .. } = match session.obtain(&FLOATING_IPS, at, body).await? {
            Ok(obtained) => obtained,
            Err(told) => return Ok((FloatingIpStatus { peer_id: at.peer_id.clone(), ..FloatingIpStatus::default() }, told)),
        };
        let id = text(&address, "id").to_owned();
        let mut differs = Vec::new();
        if text(&address, "description") != description {
            differs.push(format!("its description is '{}'", undescribed(text(&address, "description")).0));
        }
        let leads_to = address["port_id"].as_str().map(str::to_owned);
        let ports = match &want.server {
            Some(server) => ports_of(&session, server).await?,
            None => Vec::new(),
        };
        let right = match (&want.server, &leads_to) {
            (Some(_), Some(port)) => ports.iter().any(|p| text(p, "id") == port),
            (None, None) => true,
            _ => false,
        };
        if !right {
            differs.push(match text(&address, "fixed_ip_address") {
                "" => "it leads nowhere".to_owned(),
                other => format!("it leads to {other}"),
            });
        }
        if let Some(told) = changed(FLOATING_IPS.noun, at, &differs) {
            return Ok((seen(&address, put_right), told));
        }
        if text(&address, "description") != description {
            address = session.change(&FLOATING_IPS, &id, &json!({"description": description})).await?;
        }
        if !right {
            address = match &want.server {
                None => session.change(&FLOATING_IPS, &id, &json!({"port_id": null})).await?,
                Some(server) if ports.is_empty() && session.by_id(&SERVERS, server).await?.is_none() => {
                    return Err(conflict(format!("the server {server} is not there")).into());
                }
                Some(_) if ports.is_empty() => {
                    let told = Rollout::Progressing("waits for the server to have an address".to_owned());
                    return Ok((seen(&address, put_right), told));
                }
                Some(_) => lead(&session, &id, &ports, &want.external_network).await?,
            };
        }
        put_right.extend(repaired(at, differs));
        Ok((seen(&address, put_right), Rollout::Complete))
    }

    pub(crate) async fn remove_floating_ip(&self, at: &CloudPlace) -> Outcome<Deletion> {
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(Deletion::Gone) };
        for address in session.ours(&FLOATING_IPS, at).await? {
            session.remove(&FLOATING_IPS, text(&address, "id")).await?;
        }
        Ok(Deletion::Gone)
    }
}

/// Leads an address to the first of these ports whose network is connected to the external one.
async fn lead(session: &Session<'_>, id: &str, ports: &[Value], external: &str) -> Outcome<Value> {
    let mut refusal = String::new();
    for port in ports {
        match session.change(&FLOATING_IPS, id, &json!({"port_id": text(port, "id")})).await {
            // no router leads from there to the external network, or it has another floating address already
            Err(failed) if failed.absent() || failed.conflicts() || failed.status == 400 => refusal = failed.error.message,
            other => return other,
        }
    }
    let message = format!("none of the server's networks can be reached from the external network {external}: {refusal}");
    Err(conflict(message).into())
}
