//! Logs (E35): the audit, in the words of document 5.
//!
//! The document's words are `create_service`, `create_component`, `start_component` and `stop_component`, all of them of the type `service`:
//! there a service is a group of apps, and a component is an app. Here apps are changed by releases.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::audit::{AuditOutcome, AuditRecord};
use tenantry_domain::page::PageRequest;
use tenantry_domain::{DatacenterId, Error, Result, Timestamp, UserId};
use tenantry_http::{lenient, paging};
use tenantry_service::Ctx;
use tenantry_service::audit::{self, AuditFilter, AuditOrder, Subject, SubjectKind};

use crate::ObjectId;
use crate::error::{Answer, Reply};
use crate::extract::{Asked, Caller};

/// The most records of one answer, also of one without a limit: about 5 MB.
pub const MOST: u64 = 10_000;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::boolean")]
    count: Option<bool>,
    #[serde(deserialize_with = "lenient::integer")]
    skip: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    limit: Option<i64>,
    sort: String,
    user_name: String,
    #[serde(rename = "queryType")]
    query_type: String,
    user_id: String,
    cluster_id: String,
}

/// E35
pub(crate) async fn list(Caller(ctx): Caller, Asked(asked): Asked<Wire>) -> Reply {
    let order = order(&asked.sort)?;
    let (skip, limit) = (skip(asked.skip)?, limit(asked.limit)?);
    let told = asked.count.unwrap_or(false);
    let Some(filter) = filter(&ctx, &asked).await? else {
        return Ok(Answer::part(json!([]), told.then_some(0), told));
    };
    let (records, cut) = read(&ctx, &filter, order, skip, limit).await?;
    // who asked for all of it learns from the header that this is not all of it
    let unexpected = cut && limit == MOST;
    let count = if told || unexpected { Some(audit::count(&ctx, &filter).await?) } else { None };
    let names = Names::of(&ctx, &records).await?;
    Ok(Answer::part(records.iter().map(|r| names.render(r)).collect(), count, told))
}

/// Oldest first, as the document's example is, so that a page does not move when something happens.
fn order(sort: &str) -> Result<AuditOrder> {
    match sort.trim() {
        "" | "time_update" | "time_create" | "_id" => Ok(AuditOrder::Oldest),
        "-time_update" | "-time_create" | "-_id" => Ok(AuditOrder::Newest),
        _ => Err(Error::invalid("sort", "'sort' must be time_update (oldest first), or -time_update (newest first)")),
    }
}

fn skip(skip: Option<i64>) -> Result<u64> {
    let found = u64::try_from(skip.unwrap_or(0)).ok().filter(|s| *s <= paging::FARTHEST);
    found.ok_or_else(|| Error::invalid("skip", format!("'skip' must be between 0 and {}: ask for fewer by a filter", paging::FARTHEST)))
}

/// None and 0 are all, as far as one answer takes them.
fn limit(limit: Option<i64>) -> Result<u64> {
    match u64::try_from(limit.unwrap_or(0)) {
        Ok(0) => Ok(MOST),
        Ok(limit) => Ok(limit.min(MOST)),
        Err(_) => Err(Error::invalid("limit", "'limit' must be 0 (all) or more")),
    }
}

/// The objects of the audit that a type of log is about. Those without a word of the document's have their own name.
fn objects(query_type: &str) -> Vec<String> {
    match query_type {
        "service" => vec!["app".to_owned(), "release".to_owned()],
        "cluster" => vec!["datacenter".to_owned()],
        other => vec![other.to_owned()],
    }
}

fn query_type(object: &str) -> &str {
    match object {
        "app" | "release" => "service",
        "datacenter" => "cluster",
        other => other,
    }
}

fn operate_type(action: &str, object: &str) -> String {
    let thing = match object {
        "app" => "component",
        "release" => "service",
        "datacenter" => "cluster",
        other => other,
    };
    // a login is a login, and what was refused before it was understood is a request
    if object == "session" || action == object { action.to_owned() } else { format!("{action}_{}", thing.replace(' ', "_")) }
}

/// What is asked for; none when an id in it is nobody's.
async fn filter(ctx: &Ctx, asked: &Wire) -> Result<Option<AuditFilter>> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
    let mut filter = AuditFilter { user_name: some(&asked.user_name), ..AuditFilter::default() };
    if let Some(wanted) = some(&asked.query_type) {
        filter.objects = objects(&wanted);
    }
    if let Some(text) = some(&asked.user_id) {
        let Some(id) = own(ctx, SubjectKind::User, ObjectId::read("user_id", &text)?).await? else { return Ok(None) };
        filter.user = Some(UserId(id));
    }
    if let Some(text) = some(&asked.cluster_id) {
        let Some(id) = own(ctx, SubjectKind::Datacenter, ObjectId::read("cluster_id", &text)?).await? else { return Ok(None) };
        filter.datacenter = Some(DatacenterId(id));
    }
    Ok(Some(filter))
}

/// The integer id, if its row was made when the id says.
async fn own(ctx: &Ctx, kind: SubjectKind, wanted: ObjectId) -> Result<Option<i64>> {
    let found = audit::subjects(ctx, kind, &BTreeSet::from([wanted.id])).await?;
    Ok(found.get(&wanted.id).filter(|s| wanted.is_of(s.created_at)).map(|_| wanted.id))
}

/// At most `limit` records, in pieces; and whether there are more.
async fn read(ctx: &Ctx, filter: &AuditFilter, order: AuditOrder, skip: u64, limit: u64) -> Result<(Vec<AuditRecord>, bool)> {
    let mut found = Vec::new();
    let mut left = limit;
    let mut ask = PageRequest { skip, ..PageRequest::first(left) };
    loop {
        let page = audit::list(ctx, filter, order, &ask).await?;
        left = left.saturating_sub(ask.limit);
        found.extend(page.items);
        match page.next {
            Some(next) if left > 0 => ask = PageRequest { after: Some(next), ..PageRequest::first(left) },
            next => return Ok((found, next.is_some())),
        }
    }
}

/// What the records of an answer speak of by id.
struct Names {
    users: BTreeMap<i64, Subject>,
    tenants: BTreeMap<i64, Subject>,
    datacenters: BTreeMap<i64, Subject>,
}

impl Names {
    async fn of(ctx: &Ctx, records: &[AuditRecord]) -> Result<Self> {
        let ids = |id: fn(&AuditRecord) -> Option<i64>| records.iter().filter_map(id).collect::<BTreeSet<i64>>();
        Ok(Self {
            users: audit::subjects(ctx, SubjectKind::User, &ids(|r| r.user.map(|u| u.0))).await?,
            tenants: audit::subjects(ctx, SubjectKind::Tenant, &ids(|r| r.tenant.map(|t| t.0))).await?,
            datacenters: audit::subjects(ctx, SubjectKind::Datacenter, &ids(|r| r.datacenter.map(|d| d.0))).await?,
        })
    }

    fn render(&self, record: &AuditRecord) -> Value {
        let cluster = record.datacenter.and_then(|d| self.datacenters.get(&d.0));
        json!({
            "_id": ObjectId::new(record.at, record.id.0).to_string(),
            "clusterName": cluster.map_or("", |c| c.name.as_str()),
            "clusterId": id(&self.datacenters, record.datacenter.map(|d| d.0)),
            "operateType": operate_type(&record.action, &record.object),
            "queryType": query_type(&record.object),
            "userName": record.user_name,
            "user_id": id(&self.users, record.user.map(|u| u.0)),
            "tenant_id": id(&self.tenants, record.tenant.map(|t| t.0)),
            "status": if record.outcome == AuditOutcome::Allowed.name() { "success" } else { "fail" },
            "comments": if record.detail.is_empty() { &record.object_id } else { &record.detail },
            "time_create": time(record.at),
            "time_update": time(record.at),
        })
    }
}

/// The id of what is still there; empty, as the document shows an id of nothing.
fn id(known: &BTreeMap<i64, Subject>, id: Option<i64>) -> String {
    let found = id.and_then(|id| known.get(&id).map(|s| ObjectId::new(s.created_at, id)));
    found.map_or_else(String::new, |id| id.to_string())
}

/// A time as the document writes it: in whole seconds.
pub(crate) fn time(at: Timestamp) -> String {
    Timestamp(at.0 - at.0.rem_euclid(1000)).to_string().replace(".000Z", "Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_of_log_finds_what_it_is_shown_as() {
        for object in ["app", "release", "datacenter", "tenant", "session", "quota plan"] {
            assert!(objects(query_type(object)).iter().any(|o| o == object), "{object}");
        }
    }

    #[test]
    fn operations_have_the_documents_words_where_it_has_some() {
        for (action, object, word) in [
            ("create", "release", "create_service"),
            ("delete", "app", "delete_component"),
            ("update", "datacenter", "update_cluster"),
            ("create", "quota plan", "create_quota_plan"),
            ("login", "session", "login"),
            ("request", "request", "request"),
        ] {
            assert_eq!(operate_type(action, object), word);
        }
    }

    #[test]
    fn times_are_in_whole_seconds() {
        let at = Timestamp::parse("2017-08-10T03:38:30.999Z").unwrap();
        assert_eq!(time(at), "2017-08-10T03:38:30Z");
    }
}
