//! What all kinds of objects in a project have in common: how they carry our uid from their first moment, and how they are found by it.
//!
//! Servers carry it as a tag, volumes and snapshots as metadata, and what is Neutron's at the end of its description, which is the only
//! free text that all of Neutron's objects take when they are made.

use serde_json::{Value, json};
use tenantry_domain::Uid;
use tenantry_driver_api::cloud::CloudPlace;
use tenantry_driver_api::{DriverError, DriverErrorKind, Result, Rollout};

use crate::client::Session;
use crate::failure::{self, Failed, Outcome};
use crate::service::Service;
use crate::token::Scope;

/// Where an object carries our uid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Tag,
    Metadata,
    Description,
}

/// A kind of objects of a service.
#[derive(Debug)]
pub(crate) struct Collection {
    pub service: Service,
    /// Where one is: this, and its id.
    pub path: &'static [&'static str],
    /// Where all are, with all that is known of them.
    pub details: &'static [&'static str],
    /// What one and many are called in JSON.
    pub one: &'static str,
    pub many: &'static str,
    pub mark: Mark,
    /// Whether one can ask for those of a name.
    pub named: bool,
    /// For sentences.
    pub noun: &'static str,
}

const fn neutron(path: &'static [&'static str], one: &'static str, many: &'static str, noun: &'static str) -> Collection {
    Collection { service: Service::Network, path, details: path, one, many, mark: Mark::Description, named: true, noun }
}

pub(crate) const NETWORKS: Collection = neutron(&["networks"], "network", "networks", "network");
pub(crate) const SUBNETS: Collection = neutron(&["subnets"], "subnet", "subnets", "subnet");
pub(crate) const ROUTERS: Collection = neutron(&["routers"], "router", "routers", "router");
pub(crate) const PORTS: Collection = neutron(&["ports"], "port", "ports", "connection");
pub(crate) const FLOATING_IPS: Collection =
    Collection { named: false, ..neutron(&["floatingips"], "floatingip", "floatingips", "floating address") };
pub(crate) const SECURITY_GROUPS: Collection = neutron(&["security-groups"], "security_group", "security_groups", "security group");
pub(crate) const SERVERS: Collection = Collection {
    service: Service::Compute,
    path: &["servers"],
    details: &["servers", "detail"],
    one: "server",
    many: "servers",
    mark: Mark::Tag,
    named: true,
    noun: "server",
};
pub(crate) const VOLUMES: Collection = Collection {
    service: Service::Volumes,
    path: &["volumes"],
    details: &["volumes", "detail"],
    one: "volume",
    many: "volumes",
    mark: Mark::Metadata,
    named: true,
    noun: "volume",
};
pub(crate) const SNAPSHOTS: Collection = Collection {
    service: Service::Volumes,
    path: &["snapshots"],
    details: &["snapshots", "detail"],
    one: "snapshot",
    many: "snapshots",
    mark: Mark::Metadata,
    named: true,
    noun: "snapshot",
};

/// All that is read of something of Neutron's that is to go; the whole of it costs the cloud twice as much.
const READ_OF_WHAT_GOES: [(&str, &str); 5] =
    [("fields", "id"), ("fields", "name"), ("fields", "description"), ("fields", "device_id"), ("fields", "device_owner")];
/// The key of the metadata that holds our uid.
pub(crate) const KEY: &str = "tenantry";
/// What comes before our uid in a tag.
const PREFIX: &str = "tenantry:";
/// The longest text that is left room for beside our uid; Neutron takes 255 characters in all.
const MOST_TEXT: usize = 200;

/// The text of a field; empty without it.
pub(crate) fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_default()
}

/// The items of a field; none without it.
pub(crate) fn items<'a>(object: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    object[key].as_array().into_iter().flatten()
}

/// What an object is called: by its name, its address or its id.
pub(crate) fn name_of(object: &Value) -> &str {
    ["name", "floating_ip_address", "id"].into_iter().map(|key| text(object, key)).find(|name| !name.is_empty()).unwrap_or_default()
}

pub(crate) fn tag(uid: Uid) -> String {
    format!("{PREFIX}{uid}")
}

/// A description with our uid at its end.
pub(crate) fn described(words: &str, uid: Uid) -> String {
    let words: String = words.chars().take(MOST_TEXT).collect();
    format!("{words} [{}]", tag(uid)).trim_start().to_owned()
}

/// A description without a uid of ours, and the uid.
pub(crate) fn undescribed(description: &str) -> (&str, Option<Uid>) {
    let marked = description.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
    match marked.and_then(|(words, tag)| Some((words, tag.strip_prefix(PREFIX)?.parse().ok()?))) {
        Some((words, uid)) => (words.trim_end(), Some(uid)),
        None => (description, None),
    }
}

impl Collection {
    /// The uid of ours that an object carries.
    pub(crate) fn uid(&self, object: &Value) -> Option<Uid> {
        match self.mark {
            Mark::Tag => items(object, "tags").find_map(|tag| tag.as_str()?.strip_prefix(PREFIX)?.parse().ok()),
            Mark::Metadata => object["metadata"][KEY].as_str()?.parse().ok(),
            Mark::Description => undescribed(text(object, "description")).1,
        }
    }

    fn not_ours(&self, object: &Value) -> DriverError {
        let message = format!("the {} '{}' there belongs to something else in Tenantry", self.noun, name_of(object));
        DriverError::new(DriverErrorKind::NotOurs, message)
    }
}

/// The project that an object is in.
fn owner(object: &Value) -> Option<&str> {
    ["project_id", "tenant_id", "os-vol-tenant-attr:tenant_id", "os-extended-snapshot-attributes:project_id"]
        .into_iter()
        .find_map(|key| object[key].as_str())
}

impl Session<'_> {
    /// The object of that id, if it is there and in this project.
    pub(crate) async fn by_id(&self, of: &Collection, id: &str) -> Outcome<Option<Value>> {
        let path: Vec<&str> = of.path.iter().copied().chain([id]).collect();
        let Some(mut found) = failure::found(self.get(of.service, &path, &[]).await)? else { return Ok(None) };
        let found = found[of.one].take();
        if text(&found, "id").is_empty() {
            return Err(failure::not_openstack(of.service.name()));
        }
        let foreign = matches!(&self.scope, Scope::Project(project) if owner(&found).is_some_and(|owner| owner != project));
        Ok((!foreign).then_some(found))
    }

    /// All of them in this project that the query lets through.
    pub(crate) async fn all(&self, of: &Collection, query: &[(&str, &str)]) -> Outcome<Vec<Value>> {
        let mut query = query.to_vec();
        if let (Service::Network, Scope::Project(project)) = (of.service, &self.scope) {
            query.push(("project_id", project));
        }
        self.list(of.service, of.details, of.many, &query).await
    }

    /// The object that carries our uid. Of several (a call was repeated that had not failed) the oldest is the one.
    pub(crate) async fn marked(&self, of: &Collection, uid: Uid) -> Outcome<Option<Value>> {
        Ok(self.all_marked(of, uid, &[]).await?.into_iter().next())
    }

    /// All objects that carry our uid, the oldest first. Where the service cannot be asked for it they are looked for among those that `query` finds.
    async fn all_marked(&self, of: &Collection, uid: Uid, query: &[(&str, &str)]) -> Outcome<Vec<Value>> {
        let all = match of.mark {
            Mark::Tag => self.all(of, &[("tags", &tag(uid))]).await?,
            // this cloud lets nobody ask for metadata
            Mark::Metadata => match self.all(of, &[("metadata", &format!("{{'{KEY}': '{uid}'}}"))]).await {
                Err(failed) if failed.status == 400 => self.all(of, &[]).await?,
                other => other?,
            },
            Mark::Description => self.all(of, query).await?,
        };
        let mut found: Vec<Value> = all.into_iter().filter(|object| of.uid(object) == Some(uid)).collect();
        let age = |object: &Value| ["created", "created_at"].into_iter().find_map(|key| object[key].as_str().map(str::to_owned));
        found.sort_by_key(|object| (age(object), text(object, "id").to_owned()));
        Ok(found)
    }

    /// The object that is meant: the one of the id that was seen, or the one that carries our uid.
    pub(crate) async fn find(&self, of: &Collection, at: &CloudPlace) -> Outcome<Option<Value>> {
        if !at.peer_id.is_empty()
            && let Some(found) = self.by_id(of, &at.peer_id).await?
        {
            match of.uid(&found) {
                Some(other) if other != at.place.uid => return Err(of.not_ours(&found).into()),
                // somebody took it off; what stands in a description is for the comparison of descriptions
                None if of.mark != Mark::Description => self.write(of, &found, at.place.uid, true).await?,
                _ => {}
            }
            return Ok(Some(found));
        }
        if at.untried { Ok(None) } else { self.marked(of, at.place.uid).await }
    }

    /// What is to go now: nothing when all of it is gone. One that does not carry our uid is left alone; one that a repeated call made
    /// beside it (a slow cloud did it after it had been given up) goes too.
    pub(crate) async fn ours(&self, of: &Collection, at: &CloudPlace) -> Outcome<Vec<Value>> {
        let uid = at.place.uid;
        let known = async || {
            let found = if at.peer_id.is_empty() { None } else { self.by_id(of, &at.peer_id).await? };
            Ok::<_, Failed>(found.filter(|found| of.uid(found) == Some(uid)))
        };
        if of.mark == Mark::Description {
            // these are gone as soon as they are removed, so that nobody looks again: all are found first
            let mut query = READ_OF_WHAT_GOES.to_vec();
            if of.named && at.unchanged && !at.peer_id.is_empty() {
                query.push(("name", at.place.name.as_str()));
            }
            let mut found = self.all_marked(of, uid, &query).await?;
            if !found.iter().any(|object| text(object, "id") == at.peer_id) {
                found.extend(known().await?);
            }
            return Ok(found);
        }
        match known().await? {
            Some(found) => Ok(vec![found]),
            None => self.all_marked(of, uid, &[]).await,
        }
    }

    /// Removes what is to go. Answers the id of one that something else there holds back; none when all of it is gone.
    pub(crate) async fn remove_ours(&self, of: &Collection, at: &CloudPlace) -> Outcome<Option<String>> {
        for object in self.ours(of, at).await? {
            let id = text(&object, "id");
            match self.remove(of, id).await {
                Err(failed) if failed.conflicts() => return Ok(Some(id.to_owned())),
                other => other?,
            }
        }
        Ok(None)
    }

    pub(crate) async fn create(&self, of: &Collection, body: &Value) -> Outcome<Value> {
        let made = self.post(of.service, of.path, &json!({of.one: body})).await;
        let mut made = made.map_err(|failed| refers_to_nothing(failed, ""))?;
        let made = made[of.one].take();
        if text(&made, "id").is_empty() { Err(failure::not_openstack(of.service.name())) } else { Ok(made) }
    }

    pub(crate) async fn change(&self, of: &Collection, id: &str, body: &Value) -> Outcome<Value> {
        let path: Vec<&str> = of.path.iter().copied().chain([id]).collect();
        let changed = self.put(of.service, &path, Some(&json!({of.one: body}))).await;
        Ok(changed.map_err(|failed| refers_to_nothing(failed, id))?[of.one].take())
    }

    pub(crate) async fn remove(&self, of: &Collection, id: &str) -> Outcome<()> {
        let path: Vec<&str> = of.path.iter().copied().chain([id]).collect();
        self.delete(of.service, &path).await.map(|_| ())
    }

    /// What the objects of these ids are called, for people; the id of one that is not there.
    pub(crate) async fn called(&self, of: &Collection, ids: &[&str]) -> Outcome<Vec<String>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let there = self.all(of, &[]).await?;
        let name = |id: &str| there.iter().find(|object| text(object, "id") == id).map_or(id, name_of).to_owned();
        let mut names: Vec<String> = ids.iter().map(|id| format!("the {} '{}'", of.noun, name(id))).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Finds the object, or makes it; one that is gone and is not to be made again is told.
    pub(crate) async fn obtain(
        &self,
        of: &Collection,
        at: &CloudPlace,
        body: impl Future<Output = Outcome<Value>> + Send,
    ) -> Outcome<std::result::Result<Obtained, Rollout>> {
        if let Some(object) = self.find(of, at).await? {
            return Ok(Ok(Obtained { object, made: false, put_right: Vec::new() }));
        }
        if let Some(told) = gone(of.noun, at) {
            return Ok(Err(told));
        }
        let put_right = if at.existed { vec![format!("the {} was gone", of.noun)] } else { Vec::new() };
        Ok(Ok(Obtained { object: self.create(of, &body.await?).await?, made: true, put_right }))
    }

    /// Writes our uid on it, or takes it off.
    pub(crate) async fn write_mark(&self, of: &Collection, at: &CloudPlace, ours: bool) -> Result<()> {
        let found = match (ours, at.peer_id.as_str()) {
            (true, id) if !id.is_empty() => self.by_id(of, id).await?,
            (true, _) => None,
            (false, _) => self.ours(of, at).await?.into_iter().next(),
        };
        let Some(found) = found else {
            let message = format!("there is no {} '{}' there", of.noun, at.peer_id);
            return if ours { Err(DriverError::new(DriverErrorKind::Conflict, message)) } else { Ok(()) };
        };
        match of.uid(&found) {
            Some(uid) if uid == at.place.uid && ours => Ok(()),
            Some(uid) if uid != at.place.uid => Err(of.not_ours(&found)),
            _ => Ok(self.write(of, &found, at.place.uid, ours).await?),
        }
    }

    async fn write(&self, of: &Collection, found: &Value, uid: Uid, ours: bool) -> Outcome<()> {
        let (id, tag) = (text(found, "id"), tag(uid));
        match (of.mark, ours) {
            (Mark::Tag, true) => self.put(of.service, &[of.path[0], id, "tags", &tag], None).await.map(|_| ())?,
            (Mark::Tag, false) => self.delete(of.service, &[of.path[0], id, "tags", &tag]).await.map(|_| ())?,
            (Mark::Metadata, true) => {
                let body = json!({"metadata": {KEY: uid.to_string()}});
                self.post(of.service, &[of.path[0], id, "metadata"], &body).await.map(|_| ())?;
            }
            (Mark::Metadata, false) => self.delete(of.service, &[of.path[0], id, "metadata", KEY]).await.map(|_| ())?,
            (Mark::Description, _) => {
                let words = undescribed(text(found, "description")).0;
                let words = if ours { described(words, uid) } else { words.to_owned() };
                self.change(of, id, &json!({"description": words})).await.map(|_| ())?;
            }
        }
        Ok(())
    }
}

/// What cannot be made or changed because something that it refers to is not there will not come about by being asked for again.
fn refers_to_nothing(mut failed: Failed, own: &str) -> Failed {
    if failed.absent() && (own.is_empty() || !failed.error.message.contains(own)) && failed.error.kind == DriverErrorKind::Conflict {
        failed.error.kind = DriverErrorKind::Invalid;
    }
    failed
}

/// An object that is there.
pub(crate) struct Obtained {
    pub object: Value,
    /// Whether it was made just now.
    pub made: bool,
    /// What was put right to have it.
    pub put_right: Vec<String>,
}

/// What is told when something that was there is not there any more; nothing when it is made again.
pub(crate) fn gone(noun: &str, at: &CloudPlace) -> Option<Rollout> {
    let told = || Rollout::Drifted(format!("the {noun} '{}' is not there any more: somebody removed it at the cloud", at.place.name));
    (at.existed && !at.repair).then(told)
}

/// What is told when something is not as it was made; nothing when it is put right, or was never complete.
pub(crate) fn changed(noun: &str, at: &CloudPlace, differs: &[String]) -> Option<Rollout> {
    let told = || Rollout::Drifted(format!("somebody changed the {noun} '{}' at the cloud: {}", at.place.name, differs.join(", ")));
    (at.existed && !at.repair && !differs.is_empty()).then(told)
}

/// What was put right: nothing, where something was only made as it was asked for.
pub(crate) fn repaired(at: &CloudPlace, differs: Vec<String>) -> Vec<String> {
    if at.existed { differs } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_gives_back_its_words_and_the_uid() {
        let uid: Uid = "00000000-0000-7000-8000-000000000001".parse().unwrap();
        for words in ["", "two words", "ends with ]", "[tenantry:x]"] {
            assert_eq!(undescribed(&described(words, uid)), (words, Some(uid)));
            assert_eq!(undescribed(words), (words, None));
        }
        let long = described(&"ü".repeat(300), uid);
        assert!(long.chars().count() < 255 && undescribed(&long).1 == Some(uid));
    }
}
