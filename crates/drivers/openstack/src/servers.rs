//! Servers.

use std::net::IpAddr;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use tenantry_domain::cloud::{Console, ServerAddress, ServerStatus};
use tenantry_driver_api::cloud::{CloudPlace, ServerWant, Servers};
use tenantry_driver_api::{Deletion, DriverErrorKind, Result, Rollout};

use crate::OpenStack;
use crate::client::Session;
use crate::failure::{self, Outcome};
use crate::networks::{conflict, ports_of};
use crate::objects::{Obtained, PORTS, SECURITY_GROUPS, SERVERS, changed, items, repaired, tag, text};
use crate::power::{self, Condition};
use crate::service::Service::Compute;
use crate::token::Scope;

/// The key of the metadata that counts the reboots that a server has seen.
const REBOOTS: &str = "tenantry-reboots";
/// The most lines of a console that are asked for.
const MOST_LINES: usize = 10_000;

fn reboots_of(server: &Value) -> i64 {
    text(&server["metadata"], REBOOTS).parse().unwrap_or(0)
}

/// What is seen of a server.
fn seen(server: &Value) -> ServerStatus {
    let word = text(server, "status");
    let address = |network: &str, address: &Value| {
        let floating = address["OS-EXT-IPS:type"] == "floating";
        Some(ServerAddress { network: network.to_owned(), address: text(address, "addr").parse::<IpAddr>().ok()?, floating })
    };
    let networks = server["addresses"].as_object().into_iter().flatten();
    ServerStatus {
        peer_id: text(server, "id").to_owned(),
        power: match power::condition(word) {
            Condition::Is(power) => Some(power),
            _ => None,
        },
        condition: word.to_owned(),
        addresses: networks.flat_map(|(name, found)| found.as_array().into_iter().flatten().filter_map(|a| address(name, a))).collect(),
        availability_zone: text(server, "OS-EXT-AZ:availability_zone").to_owned(),
        reboots: reboots_of(server),
        fault: if word == "ERROR" { fault_of(server) } else { String::new() },
        repaired: Vec::new(),
    }
}

fn fault_of(server: &Value) -> String {
    match text(&server["fault"], "message") {
        "" => "the cloud says that the server is in error, and does not say why".to_owned(),
        words => words.chars().take(500).collect(),
    }
}

/// How the size that a server has differs from what was asked for. Nobody here can put that right.
fn size_differs(server: &Value, want: &ServerWant) -> Option<String> {
    let (flavor, size) = (&server["flavor"], &want.spec.size);
    let (cores, memory) = (flavor["vcpus"].as_i64()?, flavor["ram"].as_i64()?);
    let differs = cores * 1000 != size.cpu_millicores || memory != size.memory_mib;
    differs.then(|| format!("it has {cores} processors and {memory} MiB of memory"))
}

impl OpenStack {
    /// What Nova is asked to make.
    async fn server_body(&self, project: &str, want: &ServerWant) -> Outcome<Value> {
        let spec = &want.spec;
        let networks: Vec<Value> = want.networks.iter().map(|id| json!({"uuid": id})).collect();
        let mut body = json!({
            "name": want.at.place.name, "imageRef": spec.image_id, "flavorRef": self.flavor(project, &spec.size).await?,
            "networks": if networks.is_empty() { json!("none") } else { json!(networks) },
            "tags": [tag(want.at.place.uid)], "metadata": {REBOOTS: spec.reboots.to_string()},
        });
        if !want.security_groups.is_empty() {
            // Nova takes ids where it asks for names
            body["security_groups"] = want.security_groups.iter().map(|group| json!({"name": group})).collect();
        }
        if let Some(zone) = &spec.availability_zone {
            body["availability_zone"] = json!(zone);
        }
        if let Some(data) = &spec.user_data {
            body["user_data"] = json!(BASE64.encode(data));
        }
        Ok(body)
    }

    async fn server(&self, want: &ServerWant) -> Outcome<(ServerStatus, Rollout)> {
        let (at, spec) = (&want.at, &want.spec);
        let session = self.inside(&at.place).await?;
        let Scope::Project(project) = &session.scope else { return Err(conflict("no project".to_owned()).into()) };
        let obtained = session.obtain(&SERVERS, at, self.server_body(project, want)).await.map_err(|mut failed| {
            // somebody's last server went, and took the flavor that was made a moment ago
            if failed.status == 400 && spec.size.flavor_id.is_none() && failed.error.message.contains("lavor") {
                failed.error.kind = DriverErrorKind::Conflict;
            }
            failed
        })?;
        let Obtained { object: server, put_right, .. } = match obtained {
            Ok(obtained) => obtained,
            Err(told) => return Ok((ServerStatus { peer_id: at.peer_id.clone(), ..ServerStatus::default() }, told)),
        };
        let mut status = seen(&server);
        status.repaired = put_right;
        // what was made just now is told by its id alone
        if status.condition.is_empty() {
            status.condition = "BUILD".to_owned();
            return Ok((status, Rollout::Progressing("the cloud makes the server".to_owned())));
        }
        let rollout = self.converge(&session, want, &server, &mut status).await?;
        Ok((status, rollout))
    }

    /// Brings a server that is there one step nearer to what is wanted.
    async fn converge(&self, session: &Session<'_>, want: &ServerWant, server: &Value, status: &mut ServerStatus) -> Outcome<Rollout> {
        let (at, spec, id) = (&want.at, &want.spec, text(server, "id"));
        let now = power::condition(&status.condition);
        let reboot_due = spec.reboots > status.reboots;
        if let Some(task) = server["OS-EXT-STS:task_state"].as_str() {
            return Ok(Rollout::Progressing(format!("the cloud is busy with the server: {task}")));
        }
        match now {
            Condition::Busy => return Ok(Rollout::Progressing(format!("the cloud says that the server is {}", status.condition))),
            Condition::Broken if !(reboot_due && spec.hard_reboot) => return Ok(Rollout::Stuck(status.fault.clone())),
            Condition::Others => {
                let message = format!("somebody resizes the server '{}' at the cloud, and has to confirm or revert it", at.place.name);
                return Ok(Rollout::Drifted(message));
            }
            _ => {}
        }
        let mut differs = Vec::new();
        if text(server, "name") != at.place.name {
            differs.push(format!("its name is '{}'", text(server, "name")));
        }
        // one that was only made is in the groups that it was made with
        let groups = if at.unchanged && !at.existed { Vec::new() } else { groups_differ(session, want, id).await? };
        if !groups.is_empty() {
            differs.push("it is in other security groups".to_owned());
        }
        match now {
            Condition::Is(power) if power != spec.power && !reboot_due => {
                differs.push(format!("it is {power}, and should be {}", spec.power))
            }
            Condition::Aside(_) => differs.push(format!("it is {}", status.condition.to_lowercase())),
            _ => {}
        }
        let size = size_differs(server, want);
        let all: Vec<String> = differs.iter().chain(&size).cloned().collect();
        if let Some(told) = changed(SERVERS.noun, at, &all) {
            return Ok(told);
        }
        if text(server, "name") != at.place.name {
            session.change(&SERVERS, id, &json!({"name": at.place.name})).await?;
        }
        for (port, groups) in groups {
            session.change(&PORTS, &port, &json!({"security_groups": groups})).await?;
        }
        status.repaired.extend(repaired(at, differs));
        if reboot_due {
            act(session, id, &power::reboot(spec.hard_reboot, now)).await?;
            // a reboot is made again rather than forgotten, if this is where it ends
            let seen = json!({"metadata": {REBOOTS: spec.reboots.to_string()}});
            session.post(Compute, &["servers", id, "metadata"], &seen).await?;
            status.reboots = spec.reboots;
            return Ok(Rollout::Progressing("the server reboots".to_owned()));
        }
        let action = match now {
            Condition::Is(power) => power::step(power, spec.power),
            Condition::Aside(back) => Some(back),
            _ => None,
        };
        if let Some(action) = action {
            act(session, id, &power::action(action)).await?;
            return Ok(Rollout::Progressing(format!("the server is on its way to be {}", spec.power)));
        }
        match size {
            Some(size) if at.existed => {
                Ok(Rollout::Drifted(format!("somebody resized the server '{}' at the cloud: {size}", at.place.name)))
            }
            _ => Ok(Rollout::Complete),
        }
    }

    async fn remove_server(&self, at: &CloudPlace) -> Outcome<Deletion> {
        let Some(session) = self.project(&at.place.namespace, Some(at.place.tenant_uid)).await? else { return Ok(Deletion::Gone) };
        let told = || Ok(Deletion::InProgress(format!("the cloud removes the server '{}'", at.place.name)));
        let mut at = at.clone();
        if self.going.contains_key(&at.peer_id) {
            if is_there(&session, &at.peer_id).await? {
                return told();
            }
            // what is left to look for is one that a repeated call made
            at.peer_id.clear();
        }
        let Some(server) = session.ours(&SERVERS, &at).await?.into_iter().next() else {
            if let (true, Scope::Project(project)) = (self.options.private_flavors, &session.scope) {
                self.remove_private_flavors(project).await?;
            }
            return Ok(Deletion::Gone);
        };
        let id = text(&server, "id");
        if server["OS-EXT-STS:task_state"] != "deleting" {
            // one that its cloud keeps for a while would be kept anew if it were only removed again
            let outcome = match text(&server, "status") {
                "SOFT_DELETED" => act(&session, id, &power::action("forceDelete")).await,
                _ => session.remove(&SERVERS, id).await,
            };
            match outcome {
                Err(failed) if failed.conflicts() => return Ok(Deletion::InProgress(failed.error.message)),
                other => other?,
            }
        }
        self.going.insert(id.to_owned(), ()).await;
        told()
    }

    /// The session and the server that a question is about.
    async fn server_at(&self, at: &CloudPlace) -> Outcome<(Session<'_>, String)> {
        let session = self.inside(&at.place).await?;
        match session.find(&SERVERS, at).await? {
            Some(server) => Ok((session, text(&server, "id").to_owned())),
            None => Err(conflict(format!("the server '{}' is not there", at.place.name)).into()),
        }
    }
}

/// Whether a server is there. Its tags are asked for, which cost a cloud far less than all that it knows of the server.
pub(crate) async fn is_there(session: &Session<'_>, id: &str) -> Outcome<bool> {
    Ok(failure::found(session.get(Compute, &["servers", id, "tags"], &[]).await)?.is_some())
}

/// Does something to a server.
async fn act(session: &Session<'_>, id: &str, action: &Value) -> Outcome<()> {
    session.post(Compute, &["servers", id, "action"], action).await.map(|_| ())
}

/// The ports of a server that are not in the wanted security groups, with those that they should be in.
async fn groups_differ(session: &Session<'_>, want: &ServerWant, id: &str) -> Outcome<Vec<(String, Vec<String>)>> {
    let ports = ports_of(session, id).await?;
    if ports.is_empty() {
        return Ok(Vec::new());
    }
    let there = session.all(&SECURITY_GROUPS, &[("fields", "id"), ("fields", "name")]).await?;
    let names = if want.security_groups.is_empty() { &["default".to_owned()][..] } else { &want.security_groups };
    let mut wanted = Vec::new();
    for name in names {
        let found = there.iter().find(|group| text(group, "id") == name).or_else(|| there.iter().find(|group| text(group, "name") == name));
        let found = found.ok_or_else(|| conflict(format!("there is no security group '{name}' there")))?;
        wanted.push(text(found, "id").to_owned());
    }
    wanted.sort();
    wanted.dedup();
    let differs = ports.iter().filter(|port| port["port_security_enabled"] != false).filter(|port| {
        let mut groups: Vec<&str> = items(port, "security_groups").filter_map(Value::as_str).collect();
        groups.sort_unstable();
        groups != wanted
    });
    Ok(differs.map(|port| (text(port, "id").to_owned(), wanted.clone())).collect())
}

#[async_trait]
impl Servers for OpenStack {
    async fn ensure_server(&self, want: &ServerWant) -> Result<(ServerStatus, Rollout)> {
        Ok(self.server(want).await?)
    }

    async fn delete_server(&self, at: &CloudPlace) -> Result<Deletion> {
        Ok(self.remove_server(at).await?)
    }

    async fn console(&self, at: &CloudPlace) -> Result<Console> {
        let (session, id) = self.server_at(at).await?;
        let mut refusal = None;
        for (protocol, kind) in [("vnc", "novnc"), ("spice", "spice-html5"), ("mks", "webmks"), ("serial", "serial")] {
            let body = json!({"remote_console": {"protocol": protocol, "type": kind}});
            match session.post(Compute, &["servers", &id, "remote-consoles"], &body).await {
                Ok(answer) => {
                    let console = &answer["remote_console"];
                    return Ok(Console { kind: text(console, "type").to_owned(), url: text(console, "url").to_owned() });
                }
                // this cloud has another kind of screen
                Err(failed) if failed.status == 400 => refusal = refusal.or(Some(failed.error)),
                Err(failed) => return Err(failed.error),
            }
        }
        Err(refusal.unwrap_or_else(|| conflict("the cloud shows no screens".to_owned())))
    }

    async fn console_log(&self, at: &CloudPlace, lines: usize) -> Result<String> {
        let (session, id) = self.server_at(at).await?;
        let body = json!({"os-getConsoleOutput": {"length": lines.min(MOST_LINES)}});
        let answer = session.post(Compute, &["servers", &id, "action"], &body).await?;
        // not every hypervisor counts
        let all: Vec<&str> = text(&answer, "output").lines().collect();
        Ok(all[all.len().saturating_sub(lines)..].join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use tenantry_domain::cloud::Power;

    use super::*;

    #[test]
    fn what_is_seen_of_a_server_is_read() {
        let server = json!({
            "id": "i", "status": "ERROR", "fault": {"message": "No valid host was found."}, "metadata": {REBOOTS: "3"},
            "OS-EXT-AZ:availability_zone": "nova",
            "addresses": {"net": [{"addr": "10.0.0.5", "OS-EXT-IPS:type": "fixed"}, {"addr": "172.24.4.7", "OS-EXT-IPS:type": "floating"}]},
        });
        let status = seen(&server);
        assert_eq!((status.power, status.reboots, status.fault.as_str()), (None, 3, "No valid host was found."));
        assert_eq!(status.addresses.iter().map(|a| a.floating).collect::<Vec<_>>(), [false, true]);
        assert_eq!(seen(&json!({"id": "i", "status": "PAUSED"})).power, Some(Power::Paused));
    }
}
