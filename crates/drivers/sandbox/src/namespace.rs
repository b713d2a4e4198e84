//! Namespaces, and those that somebody else made.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::json;
use tenantry_domain::resource::NamespaceStatus;
use tenantry_domain::{Amounts, Uid};
use tenantry_driver_api::{
    Deletion, DriverError, DriverErrorKind, FoundPlace, NamespaceWant, Namespaces, PlacePage, PlaceQuery, Places, Result,
};

use crate::objects::Object;
use crate::{Sandbox, all_in, broken, cloud, find, put, query, remove, used};

/// The uid that a namespace carries; what is not ours has none.
fn mark(namespace: &Object) -> Option<Uid> {
    namespace.uid.parse().ok()
}

fn found_place(namespace: Object) -> FoundPlace {
    FoundPlace { mark: mark(&namespace), peer_id: namespace.name.clone(), name: namespace.name, since: None }
}

#[async_trait]
impl Namespaces for Sandbox {
    async fn ensure_namespace(&self, want: &NamespaceWant) -> Result<NamespaceStatus> {
        let fault = self.faults.before().await?;
        let tx = self.begin().await?;
        let body = json!({"limits": want.limits, "tenant_uid": want.tenant_uid.to_string()});
        let uid = want.uid.to_string();
        let found = find(&tx, "namespace", "", &want.name).await?;
        if let Some(found) = &found
            && found.uid != uid
            && (!want.adopt || mark(found).is_some())
        {
            let whose = if mark(found).is_some() { "another Tenantry's" } else { "not Tenantry's" };
            return Err(DriverError::new(DriverErrorKind::NotOurs, format!("a namespace '{}' exists there that is {whose}", want.name)));
        }
        let repaired = match &found {
            Some(found) if found.json() == body => Vec::new(),
            Some(_) if want.existed => vec!["quota".to_owned()],
            None if want.existed => vec!["namespace".to_owned()],
            _ => Vec::new(),
        };
        if found.as_ref().is_none_or(|f| f.json() != body || f.uid != uid) {
            put(&tx, "namespace", "", &want.name, &uid, &body).await?;
        }
        let used = used(&all_in(&tx, &want.name).await?, None);
        tx.commit().await.map_err(broken)?;
        fault.after()?;
        Ok(NamespaceStatus { used, repaired, foreign: false })
    }

    async fn delete_namespace(&self, name: &str, uid: Uid) -> Result<Deletion> {
        let fault = self.faults.before().await?;
        let tx = self.begin().await?;
        if find(&tx, "namespace", "", name).await?.is_some_and(|f| f.uid == uid.to_string()) {
            if cloud::has_foreign(&tx, name).await? {
                // what is not ours outlives us, and so does the project that it is in
                put(&tx, "namespace", "", name, "", &json!({})).await?;
            } else {
                for object in all_in(&tx, name).await? {
                    remove(&tx, &object.kind, name, &object.name).await?;
                }
                cloud::drop_namespace(&tx, name).await?;
                remove(&tx, "namespace", "", name).await?;
            }
        }
        tx.commit().await.map_err(broken)?;
        fault.after()?;
        Ok(Deletion::Gone)
    }

    async fn release_namespace(&self, name: &str, uid: Uid) -> Result<()> {
        let fault = self.faults.before().await?;
        let tx = self.begin().await?;
        if find(&tx, "namespace", "", name).await?.is_some_and(|f| f.uid == uid.to_string()) {
            put(&tx, "namespace", "", name, "", &json!({})).await?;
        }
        tx.commit().await.map_err(broken)?;
        fault.after()
    }

    async fn list_namespaces(&self) -> Result<BTreeMap<String, Uid>> {
        self.faults.before().await?;
        let found = query(&self.db, "SELECT kind, namespace, name, uid, body FROM objects WHERE kind = 'namespace'", vec![]).await?;
        Ok(found.into_iter().filter_map(|o| mark(&o).map(|uid| (o.name, uid))).collect())
    }
}

#[async_trait]
impl Places for Sandbox {
    async fn list_places(&self, asked: &PlaceQuery) -> Result<PlacePage> {
        let fault = self.faults.before().await?;
        let sql = "SELECT kind, namespace, name, uid, body FROM objects WHERE kind = 'namespace' AND namespace = '' AND name > $1 \
            AND substr(name, 1, length($2)) = $2 ORDER BY name LIMIT $3";
        let limit = i64::try_from(asked.limit).unwrap_or(i64::MAX);
        let values = vec![asked.after.as_deref().unwrap_or_default().into(), asked.prefix.as_str().into(), limit.into()];
        let items: Vec<FoundPlace> = query(&self.db, sql, values).await?.into_iter().map(found_place).collect();
        fault.after()?;
        let next = if items.len() < asked.limit { None } else { items.last().map(|last| last.name.clone()) };
        Ok(PlacePage { items, next })
    }

    async fn get_place(&self, name: &str) -> Result<Option<(FoundPlace, Amounts)>> {
        let fault = self.faults.before().await?;
        let tx = self.begin().await?;
        let found = match find(&tx, "namespace", "", name).await? {
            Some(found) => Some((found_place(found), used(&all_in(&tx, name).await?, None) + cloud::used(&tx, name).await?)),
            None => None,
        };
        tx.commit().await.map_err(broken)?;
        fault.after()?;
        Ok(found)
    }
}
