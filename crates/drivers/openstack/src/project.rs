//! A tenant's project: made in the configured domain, marked by tags that it has from its first moment.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::{Value, json};
use tenantry_domain::Uid;
use tenantry_domain::resource::NamespaceStatus;
use tenantry_driver_api::{Deletion, DriverError, DriverErrorKind, NamespaceWant, Namespaces, Place, Result};

use crate::OpenStack;
use crate::client::Session;
use crate::failure::{self, Outcome};
use crate::objects::{Collection, ROUTERS, VOLUMES, name_of, text};
use crate::service::Service::{Compute, Identity, Network, Volumes};
use crate::token::Scope;
use crate::worker::id_of;

/// The tag of every project of ours.
const OURS: &str = "tenantry";
/// What the tags with the uids of the namespace and of the tenant begin with.
const NAMESPACE: &str = "tenantry-namespace:";
const TENANT: &str = "tenantry-tenant:";
/// What the role is called that is enough to work in a project, since Queens and before.
const MEMBER: [&str; 3] = ["member", "_member_", "Member"];

fn tags(project: &Value) -> Vec<&str> {
    project["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn tagged(project: &Value, prefix: &str) -> Option<Uid> {
    tags(project).into_iter().find_map(|tag| tag.strip_prefix(prefix)?.parse().ok())
}

/// The tags that a project of ours should have: its own, and ours.
fn with_ours(project: &Value, uid: Uid, tenant: Uid) -> Vec<String> {
    let own = tags(project).into_iter().filter(|tag| !tag.starts_with(OURS)).map(str::to_owned);
    own.chain([OURS.to_owned(), format!("{NAMESPACE}{uid}"), format!("{TENANT}{tenant}")]).collect()
}

fn not_ours(name: &str) -> DriverError {
    DriverError::new(DriverErrorKind::NotOurs, format!("a project '{name}' exists there that is not Tenantry's"))
}

impl OpenStack {
    pub(crate) async fn find_project(&self, name: &str) -> Outcome<Option<Value>> {
        let domain = self.client.domain().await?;
        let found = self.client.account().list(Identity, &["projects"], "projects", &[("name", name), ("domain_id", domain)]).await?;
        Ok(found.into_iter().next())
    }

    /// Work in the project of that name; none when there is none, or when it is another tenant's by now.
    pub(crate) async fn project(&self, name: &str, tenant: Option<Uid>) -> Result<Option<Session<'_>>> {
        // what was looked up a moment ago is still so
        let found = match self.projects.get(name).await {
            Some(found) => found,
            None => {
                let Some(found) = self.find_project(name).await? else { return Ok(None) };
                self.projects.insert(name.to_owned(), found.clone()).await;
                found
            }
        };
        match tagged(&found, TENANT) {
            Some(owner) if tenant.is_none_or(|tenant| tenant == owner) => Ok(Some(self.client.in_project(id_of(&found)?))),
            owner => {
                self.projects.invalidate(name).await;
                if owner.is_some() { Ok(None) } else { Err(not_ours(name)) }
            }
        }
    }

    /// Work in the project of something that should be.
    pub(crate) async fn inside(&self, place: &Place) -> Result<Session<'_>> {
        let gone = || DriverError::new(DriverErrorKind::Conflict, format!("there is no project '{}' of the tenant there", place.namespace));
        self.project(&place.namespace, Some(place.tenant_uid)).await?.ok_or_else(gone)
    }

    /// Makes the project if there is none; one that is there must be ours, or is adopted. Answers with what was not as it should be.
    async fn claim_project(&self, want: &NamespaceWant) -> Outcome<(String, Vec<String>)> {
        let account = self.client.account();
        let Some(found) = self.find_project(&want.name).await? else {
            let body = json!({"project": {
                "name": want.name, "domain_id": self.client.domain().await?, "enabled": true, "description": "A tenant of Tenantry",
                "tags": with_ours(&Value::Null, want.uid, want.tenant_uid),
            }});
            let made = account.post(Identity, &["projects"], &body).await?;
            return Ok((id_of(&made["project"])?, vec!["project".to_owned()]));
        };
        let id = id_of(&found)?;
        if tagged(&found, NAMESPACE) != Some(want.uid) {
            // never the project that the account itself lives in: with the tenant it would go
            if !want.adopt || self.client.token(&Scope::Account).await?.project == id {
                return Err(not_ours(&want.name).into());
            }
        }
        let (tags_now, tags_then) = (tags(&found), with_ours(&found, want.uid, want.tenant_uid));
        let mut differs = Vec::new();
        let mut change = json!({});
        if !tags_then.iter().all(|tag| tags_now.contains(&tag.as_str())) {
            change["tags"] = json!(tags_then);
            differs.push("tags of the project".to_owned());
        }
        if found["enabled"] == false {
            change["enabled"] = json!(true);
            differs.push("project, which was disabled".to_owned());
        }
        if !differs.is_empty() {
            account.patch(Identity, &["projects", &id], &json!({"project": change})).await?;
        }
        Ok((id, differs))
    }

    /// Gives the one who works there the role that it takes.
    async fn let_in(&self, project: &str) -> Outcome<()> {
        let account = self.client.account();
        let roles = account.list(Identity, &["roles"], "roles", &[]).await?;
        let role = MEMBER.iter().find_map(|name| roles.iter().find(|role| role["name"] == **name));
        let role = role.ok_or_else(|| DriverError::new(DriverErrorKind::Invalid, "the cloud has no role 'member'"))?;
        let (role, user) = (id_of(role)?, self.client.worker().await?);
        account.put(Identity, &["projects", project, "users", &user, "roles", &role], None).await?;
        Ok(())
    }

    /// What is still in a project, one sentence a kind. What belongs to something else (ports, rules) goes with it.
    async fn contents(&self, id: &str) -> Outcome<Vec<String>> {
        let all = [("all_tenants", "true"), ("project_id", id)];
        let own = [("project_id", id)];
        let account = self.client.account();
        let servers = account.list(Compute, &["servers"], "servers", &all).await?;
        let volumes = account.list(Volumes, &["volumes", "detail"], "volumes", &all).await?;
        let snapshots = account.list(Volumes, &["snapshots", "detail"], "snapshots", &all).await?;
        let routers = account.list(Network, ROUTERS.path, ROUTERS.many, &own).await?;
        let networks = account.list(Network, &["networks"], "networks", &own).await?;
        let addresses = account.list(Network, &["floatingips"], "floatingips", &own).await?;
        let groups = account.list(Network, &["security-groups"], "security_groups", &own).await?;
        let groups = groups.into_iter().filter(|group| group["name"] != "default").collect();
        let named = |noun: &str, found: Vec<Value>| {
            let names: Vec<String> = found.iter().map(|object| format!("'{}'", name_of(object))).take(5).collect();
            (!names.is_empty()).then(|| format!("{} {noun} ({})", found.len(), names.join(", ")))
        };
        let all = [
            named("servers", servers),
            named(&format!("{}s", VOLUMES.noun), volumes),
            named("snapshots", snapshots),
            named("routers", routers),
            named("networks", networks),
            named("floating addresses", addresses),
            named("security groups", groups),
        ];
        Ok(all.into_iter().flatten().collect())
    }

    /// Removes what OpenStack leaves behind when a project goes.
    async fn sweep(&self, id: &str) -> Outcome<()> {
        let account = self.client.account();
        self.remove_private_flavors(id).await?;
        for port in account.list(Network, &["ports"], "ports", &[("project_id", id)]).await? {
            account.delete(Network, &["ports", text(&port, "id")]).await?;
        }
        for group in account.list(Network, &["security-groups"], "security_groups", &[("project_id", id)]).await? {
            account.delete(Network, &["security-groups", text(&group, "id")]).await?;
        }
        account.delete(Network, &["quotas", id]).await?;
        account.delete(Compute, &["os-quota-sets", id]).await?;
        account.delete(Volumes, &["os-quota-sets", id]).await.map(|_| ())
    }

    /// Writes our uid on a project, or takes it off.
    pub(crate) async fn mark_project(&self, place: &Place, ours: bool) -> Result<()> {
        let name = &place.namespace;
        self.projects.invalidate(name).await;
        let Some(found) = self.find_project(name).await? else {
            return if ours {
                Err(DriverError::new(DriverErrorKind::Conflict, format!("there is no project '{name}' there")))
            } else {
                Ok(())
            };
        };
        match tagged(&found, NAMESPACE) {
            Some(uid) if uid != place.uid => return if ours { Err(not_ours(name)) } else { Ok(()) },
            None if !ours => return Ok(()),
            _ => {}
        }
        let mut then = with_ours(&found, place.uid, place.tenant_uid);
        if !ours {
            then.retain(|tag| !tag.starts_with(OURS));
        }
        let id = id_of(&found)?;
        self.client.account().patch(Identity, &["projects", &id], &json!({"project": {"tags": then}})).await?;
        if ours {
            self.let_in(&id).await?;
        }
        Ok(())
    }

    /// Whether the project is there and carries this uid.
    pub(crate) async fn holds_project(&self, place: &Place) -> Result<bool> {
        Ok(self.find_project(&place.namespace).await?.is_some_and(|found| tagged(&found, NAMESPACE) == Some(place.uid)))
    }
}

#[async_trait]
impl Namespaces for OpenStack {
    async fn ensure_namespace(&self, want: &NamespaceWant) -> Result<NamespaceStatus> {
        self.projects.invalidate(&want.name).await;
        let (id, mut repaired) = self.claim_project(want).await?;
        self.let_in(&id).await?;
        let (used, differs) = self.ensure_quota(&id, &want.limits).await?;
        repaired.extend(differs);
        if !want.existed {
            repaired.clear();
        }
        Ok(NamespaceStatus { used, repaired, foreign: false })
    }

    async fn delete_namespace(&self, name: &str, uid: Uid) -> Result<Deletion> {
        self.projects.invalidate(name).await;
        let Some(found) = self.find_project(name).await? else { return Ok(Deletion::Gone) };
        if tagged(&found, NAMESPACE) != Some(uid) {
            return Ok(Deletion::Gone);
        }
        let id = id_of(&found)?;
        let left = self.contents(&id).await?;
        if !left.is_empty() {
            return Ok(Deletion::InProgress(format!("the project '{name}' is not empty: it holds {}", left.join(", "))));
        }
        self.sweep(&id).await?;
        self.client.account().delete(Identity, &["projects", &id]).await?;
        self.client.tokens.invalidate(&Scope::Project(id)).await;
        Ok(Deletion::Gone)
    }

    async fn list_namespaces(&self) -> Result<BTreeMap<String, Uid>> {
        let domain = self.client.domain().await?;
        let query = [("domain_id", domain), ("tags", OURS)];
        let found = self.client.account().list(Identity, &["projects"], "projects", &query).await?;
        Ok(found.iter().filter_map(|project| Some((text(project, "name").to_owned(), tagged(project, NAMESPACE)?))).collect())
    }
}

/// A collection whose objects are looked for in a project that may be gone: then they are, too.
pub(crate) async fn in_project_if_any<'a>(cloud: &'a OpenStack, place: &Place) -> Result<Option<Session<'a>>> {
    cloud.project(&place.namespace, Some(place.tenant_uid)).await
}

/// Whether an object with this uid is in a collection of a project.
pub(crate) async fn holds_marked(cloud: &OpenStack, of: &Collection, place: &Place) -> Result<bool> {
    let Some(session) = in_project_if_any(cloud, place).await? else { return Ok(false) };
    Ok(failure::found(session.marked(of, place.uid).await)?.flatten().is_some())
}
