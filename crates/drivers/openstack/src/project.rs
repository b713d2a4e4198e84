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
use crate::places::is_place;
use crate::service::Service::{Compute, Identity, Network, Volumes};
use crate::token::Scope;
use crate::worker::id_of;

/// The tag of every project of ours.
const OURS: &str = "tenantry";
/// What the tags with the uids of the namespace and of the tenant begin with.
const NAMESPACE: &str = "tenantry-namespace:";
const TENANT: &str = "tenantry-tenant:";
/// The tag that says that who works there could do so before the project was taken over, and goes on to when it is let go.
const WAS_IN: &str = "tenantry-was-in";
/// What the role is called that is enough to work in a project, since Queens and before.
const MEMBER: [&str; 3] = ["member", "_member_", "Member"];

fn tags(project: &Value) -> Vec<&str> {
    project["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The uid of the namespace, of ours or of another Tenantry, that a project carries.
pub(crate) fn mark(project: &Value) -> Option<Uid> {
    tagged(project, NAMESPACE)
}

fn tagged(project: &Value, prefix: &str) -> Option<Uid> {
    tags(project).into_iter().find_map(|tag| tag.strip_prefix(prefix)?.parse().ok())
}

/// The tags that a project of ours should have: its own, and ours.
fn with_ours(project: &Value, uid: Uid, tenant: Uid) -> Vec<String> {
    let own = tags(project).into_iter().filter(|tag| !tag.starts_with(OURS) || *tag == WAS_IN).map(str::to_owned);
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
        // what was looked up a moment ago is still so; who looks for it at the same moment waits for the same answer
        let looked = self.projects.try_get_with_by_ref(name, async {
            self.find_project(name).await.map_err(|failed| Some(DriverError::from(failed)))?.ok_or(None)
        });
        let found = match looked.await {
            Ok(found) => found,
            Err(error) => return Option::clone(&error).map_or(Ok(None), Err),
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
        let mut tags_then = with_ours(&found, want.uid, want.tenant_uid);
        if mark(&found) != Some(want.uid) {
            // never the project that the account itself lives in: with the tenant it would go
            if !want.adopt {
                return Err(not_ours(&want.name).into());
            }
            if mark(&found).is_some() || !is_place(&found, &self.client.token(&Scope::Account).await?.project) {
                let why = "it is another Tenantry's, the cloud's own, or disabled";
                let message = format!("a project '{}' exists there that is not taken over: {why}", want.name);
                return Err(DriverError::new(DriverErrorKind::NotOurs, message).into());
            }
            if self.is_in(&id).await? {
                tags_then.push(WAS_IN.to_owned());
            }
        }
        let tags_now = tags(&found);
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

    /// The role that it takes to work in a project, by id.
    async fn role(&self) -> Outcome<String> {
        let roles = self.client.account().list(Identity, &["roles"], "roles", &[]).await?;
        let role = MEMBER.iter().find_map(|name| roles.iter().find(|role| role["name"] == **name));
        id_of(role.ok_or_else(|| DriverError::new(DriverErrorKind::Invalid, "the cloud has no role 'member'"))?)
    }

    /// Gives the one who works there the role that it takes.
    async fn let_in(&self, project: &str) -> Outcome<()> {
        let (role, user) = (self.role().await?, self.client.worker().await?);
        self.client.account().put(Identity, &["projects", project, "users", &user, "roles", &role], None).await?;
        Ok(())
    }

    /// Whether the one who works there has that role.
    async fn is_in(&self, project: &str) -> Outcome<bool> {
        let (role, user) = (self.role().await?, self.client.worker().await?);
        let path = ["projects", project, "users", &user, "roles"];
        let roles = self.client.account().list(Identity, &path, "roles", &[]).await?;
        Ok(roles.iter().any(|found| found["id"] == *role))
    }

    /// Takes from a project that was taken over what it was given then, our tags last.
    async fn let_go(&self, project: &Value) -> Outcome<()> {
        let (id, account) = (id_of(project)?, self.client.account());
        self.remove_private_flavors(&id).await?;
        self.reset_quota(&id).await?;
        if !tags(project).contains(&WAS_IN) {
            let (role, user) = (self.role().await?, self.client.worker().await?);
            account.delete(Identity, &["projects", &id, "users", &user, "roles", &role]).await?;
        }
        let own: Vec<&str> = tags(project).into_iter().filter(|tag| !tag.starts_with(OURS)).collect();
        account.patch(Identity, &["projects", &id], &json!({"project": {"tags": own}})).await?;
        self.client.tokens.invalidate(&Scope::Project(id)).await;
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
        self.reset_quota(id).await
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

    async fn release_namespace(&self, name: &str, uid: Uid) -> Result<()> {
        self.projects.invalidate(name).await;
        match self.find_project(name).await? {
            Some(found) if mark(&found) == Some(uid) => Ok(self.let_go(&found).await?),
            _ => Ok(()),
        }
    }

    async fn list_namespaces(&self) -> Result<BTreeMap<String, Uid>> {
        let domain = self.client.domain().await?;
        let query = [("domain_id", domain), ("tags", OURS)];
        let found = self.client.account().list(Identity, &["projects"], "projects", &query).await?;
        Ok(found.iter().filter_map(|project| Some((text(project, "name").to_owned(), mark(project)?))).collect())
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
