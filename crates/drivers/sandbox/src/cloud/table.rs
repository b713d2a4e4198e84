//! Where the cloud's objects are, what refers to what, and how much of the quota is used.

use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tenantry_domain::resource::Kind;
use tenantry_domain::{Amounts, Metric};
use tenantry_driver_api::cloud::CloudPlace;
use tenantry_driver_api::{Deletion, DriverError, DriverErrorKind, Place, Result};

use super::{Tx, conflict};
use crate::{broken, check_quota, limits_of};

pub(crate) const SCHEMA: &str = "\
    CREATE TABLE IF NOT EXISTS cloud_objects (peer_id TEXT PRIMARY KEY, kind TEXT NOT NULL, namespace TEXT NOT NULL, \
      name TEXT NOT NULL, uid TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID; \
    CREATE UNIQUE INDEX IF NOT EXISTS cloud_objects_uid ON cloud_objects (uid, kind) WHERE uid <> ''; \
    CREATE INDEX IF NOT EXISTS cloud_objects_namespace ON cloud_objects (namespace, kind); \
    CREATE INDEX IF NOT EXISTS cloud_objects_foreign ON cloud_objects (namespace, kind, name) WHERE uid = ''; \
    CREATE TABLE IF NOT EXISTS cloud_links (from_id TEXT NOT NULL REFERENCES cloud_objects (peer_id) ON DELETE CASCADE, \
      to_id TEXT NOT NULL, PRIMARY KEY (from_id, to_id)) WITHOUT ROWID; \
    CREATE INDEX IF NOT EXISTS cloud_links_to ON cloud_links (to_id); \
    CREATE TABLE IF NOT EXISTS cloud_addresses (network TEXT NOT NULL, address TEXT NOT NULL, \
      holder TEXT NOT NULL REFERENCES cloud_objects (peer_id) ON DELETE CASCADE, PRIMARY KEY (network, address)) WITHOUT ROWID; \
    CREATE INDEX IF NOT EXISTS cloud_addresses_holder ON cloud_addresses (holder); \
    CREATE TABLE IF NOT EXISTS cloud_flavors (id TEXT PRIMARY KEY, namespace TEXT NOT NULL, name TEXT NOT NULL, \
      cpu_millicores BIGINT NOT NULL, memory_mib BIGINT NOT NULL, disk_gib BIGINT NOT NULL, UNIQUE (namespace, name)); \
    CREATE TABLE IF NOT EXISTS cloud_used (namespace TEXT NOT NULL, metric TEXT NOT NULL, amount BIGINT NOT NULL, \
      PRIMARY KEY (namespace, metric)) WITHOUT ROWID";

/// How many of what is in the way are named.
const SHOWN: i64 = 20;

/// What is stored of an object of one kind.
pub(crate) trait Body: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync {
    /// The kind.
    const KIND: Kind;
    /// The quota that it holds.
    fn holds(&self) -> Amounts;
    /// The ids of the objects that it needs, and that it is in the way of.
    fn links(&self) -> Vec<String>;
}

/// An object.
#[derive(Debug, Clone)]
pub(crate) struct Stored<B> {
    pub(crate) peer_id: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// Our uid; empty for what is not ours.
    pub(crate) uid: String,
    pub(crate) body: B,
}

/// A row, of whatever kind.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct Row {
    pub(crate) peer_id: String,
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) body: String,
}

impl Row {
    pub(crate) fn kind(&self) -> Result<Kind> {
        self.kind.parse().map_err(|_| DriverError::new(DriverErrorKind::Server, format!("the sandbox holds a '{}'", self.kind)))
    }

    pub(crate) fn called(&self) -> String {
        self.kind().map_or_else(|_| self.name.clone(), |kind| format!("{kind} '{}'", self.name))
    }

    pub(crate) fn read<B: Body>(self) -> Result<Stored<B>> {
        let body = serde_json::from_str(&self.body).map_err(unreadable)?;
        Ok(Stored { peer_id: self.peer_id, namespace: self.namespace, name: self.name, uid: self.uid, body })
    }
}

fn unreadable(error: serde_json::Error) -> DriverError {
    DriverError::new(DriverErrorKind::Server, format!("the sandbox cannot read what it holds: {error}"))
}

pub(crate) async fn query<T: FromQueryResult, C: ConnectionTrait>(db: &C, sql: &str, values: Vec<Value>) -> Result<Vec<T>> {
    T::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).all(db).await.map_err(broken)
}

/// How many rows a statement changed.
pub(crate) async fn run<C: ConnectionTrait>(db: &C, sql: &str, values: Vec<Value>) -> Result<u64> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await.map_err(broken)?.rows_affected())
}

const COLUMNS: &str = "SELECT o.peer_id, o.kind, o.namespace, o.name, o.uid, o.body FROM cloud_objects o";

/// An id of the sandbox's own.
pub(crate) async fn new_id(tx: &Tx) -> Result<String> {
    #[derive(FromQueryResult)]
    struct Random {
        hex: String,
    }
    let found = query::<Random, _>(tx, "SELECT lower(hex(randomblob(16))) AS hex", vec![]).await?.pop();
    let hex = found.ok_or_else(|| conflict("the sandbox has no randomness"))?.hex;
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

/// The object of this kind and id in a project.
pub(crate) async fn row(tx: &Tx, kind: Kind, namespace: &str, peer_id: &str) -> Result<Option<Row>> {
    let sql = format!("{COLUMNS} WHERE o.peer_id = $1 AND o.kind = $2 AND o.namespace = $3");
    Ok(query(tx, &sql, vec![peer_id.into(), kind.name().into(), namespace.into()]).await?.pop())
}

/// What is at a place, whoever's it is: under the id that was seen, and else what carries our uid.
pub(crate) async fn locate(tx: &Tx, kind: Kind, at: &CloudPlace) -> Result<Option<Row>> {
    if !at.peer_id.is_empty()
        && let Some(found) = row(tx, kind, &at.place.namespace, &at.peer_id).await?
    {
        return Ok(Some(found));
    }
    let sql = format!("{COLUMNS} WHERE o.uid = $1 AND o.kind = $2 AND o.uid <> ''");
    Ok(query(tx, &sql, vec![at.place.uid.to_string().into(), kind.name().into()]).await?.pop())
}

/// What of ours is at a place.
pub(crate) async fn find<B: Body>(tx: &Tx, at: &CloudPlace) -> Result<Option<Stored<B>>> {
    match locate(tx, B::KIND, at).await? {
        Some(found) if found.uid != at.place.uid.to_string() => Err(not_ours(&found)),
        found => found.map(Row::read).transpose(),
    }
}

pub(crate) fn not_ours(row: &Row) -> DriverError {
    DriverError::new(DriverErrorKind::NotOurs, format!("the {} there is not Tenantry's, or not this one of it", row.called()))
}

/// The same for a removal: what is not ours is left alone, as if it were gone.
pub(crate) async fn find_to_remove<B: Body>(tx: &Tx, at: &CloudPlace) -> Result<Option<Stored<B>>> {
    match find(tx, at).await {
        Err(error) if error.kind == DriverErrorKind::NotOurs => Ok(None),
        found => found,
    }
}

/// The object that another one refers to.
pub(crate) async fn get<B: Body>(tx: &Tx, namespace: &str, peer_id: &str) -> Result<Stored<B>> {
    let found = row(tx, B::KIND, namespace, peer_id).await?;
    found.ok_or_else(|| conflict(format!("there is no {} '{peer_id}' in the project '{namespace}'", B::KIND)))?.read()
}

/// The objects with these ids, in no order.
pub(crate) async fn with_ids(tx: &Tx, ids: &[String]) -> Result<Vec<Row>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (1..=ids.len()).map(|n| format!("${n}")).collect();
    let sql = format!("{COLUMNS} WHERE o.peer_id IN ({})", places.join(", "));
    query(tx, &sql, ids.iter().map(Into::into).collect()).await
}

/// What refers to an object.
pub(crate) async fn users(tx: &Tx, peer_id: &str, kind: Option<Kind>) -> Result<Vec<Row>> {
    let of_kind = if kind.is_some() { " AND o.kind = $2" } else { "" };
    let sql =
        format!("{COLUMNS} JOIN cloud_links l ON l.from_id = o.peer_id WHERE l.to_id = $1{of_kind} ORDER BY o.kind, o.name, o.peer_id");
    query(tx, &sql, std::iter::once(peer_id.into()).chain(kind.map(|k| k.name().into())).collect()).await
}

/// A sentence about what keeps an object from being removed; what only connects it to another one goes by the name of that.
pub(crate) async fn in_the_way(tx: &Tx, kind: Kind, peer_id: &str) -> Result<Option<String>> {
    let sql =
        format!("{COLUMNS} JOIN cloud_links l ON l.from_id = o.peer_id WHERE l.to_id = $1 ORDER BY o.kind, o.name, o.peer_id LIMIT $2");
    let users: Vec<Row> = query(tx, &sql, vec![peer_id.into(), SHOWN.into()]).await?;
    if users.is_empty() {
        return Ok(None);
    }
    let (connecting, direct): (Vec<Row>, Vec<Row>) = users.into_iter().partition(|row| row.kind().is_ok_and(Kind::only_connects));
    let others: Vec<String> = connecting
        .iter()
        .filter_map(|row| serde_json::from_str::<serde_json::Value>(&row.body).ok())
        .flat_map(|body| ["router", "network", "server", "volume"].map(|end| body[end].as_str().map(str::to_owned)))
        .flatten()
        .filter(|id| id != peer_id)
        .collect();
    let mut names: Vec<String> = with_ids(tx, &others).await?.iter().chain(&direct).map(Row::called).collect();
    names.sort();
    names.dedup();
    Ok(Some(format!("the {kind} is used by {}", names.join(", "))))
}

/// Makes an object, if its project is there and has room.
pub(crate) async fn make<B: Body>(tx: &Tx, at: &CloudPlace, body: B) -> Result<Stored<B>> {
    let place = &at.place;
    account(tx, &place.namespace, body.holds()).await?;
    let thing = Stored {
        peer_id: new_id(tx).await?,
        namespace: place.namespace.clone(),
        name: place.name.clone(),
        uid: place.uid.to_string(),
        body,
    };
    let sql = "INSERT INTO cloud_objects (peer_id, kind, namespace, name, uid, body) VALUES ($1, $2, $3, $4, $5, $6)";
    let body = serde_json::to_string(&thing.body).map_err(unreadable)?;
    let values = vec![
        thing.peer_id.as_str().into(),
        B::KIND.name().into(),
        thing.namespace.as_str().into(),
        thing.name.as_str().into(),
        thing.uid.as_str().into(),
        body.into(),
    ];
    run(tx, sql, values).await?;
    link(tx, &thing.peer_id, &thing.body.links()).await?;
    Ok(thing)
}

/// Changes an object, if there is room for what it holds more.
pub(crate) async fn change<B: Body>(tx: &Tx, before: Stored<B>, name: &str, body: B) -> Result<Stored<B>> {
    if before.name == name && before.body == body {
        return Ok(before);
    }
    let more = body.holds() - before.body.holds();
    if !more.is_zero() {
        account(tx, &before.namespace, more).await?;
    }
    let text = serde_json::to_string(&body).map_err(unreadable)?;
    let values = vec![name.into(), text.into(), before.peer_id.as_str().into()];
    run(tx, "UPDATE cloud_objects SET name = $1, body = $2 WHERE peer_id = $3", values).await?;
    let links = body.links();
    if links != before.body.links() {
        run(tx, "DELETE FROM cloud_links WHERE from_id = $1", vec![before.peer_id.as_str().into()]).await?;
        link(tx, &before.peer_id, &links).await?;
    }
    Ok(Stored { name: name.to_owned(), body, ..before })
}

async fn link(tx: &Tx, from: &str, to: &[String]) -> Result<()> {
    if to.is_empty() {
        return Ok(());
    }
    let places: Vec<String> = (2..=to.len() + 1).map(|n| format!("($1, ${n})")).collect();
    let sql = format!("INSERT INTO cloud_links (from_id, to_id) VALUES {} ON CONFLICT DO NOTHING", places.join(", "));
    let values = std::iter::once(from.into()).chain(to.iter().map(Into::into)).collect();
    run(tx, &sql, values).await.map(|_| ())
}

/// Removes an object; its links and addresses go with it.
pub(crate) async fn remove<B: Body>(tx: &Tx, thing: &Stored<B>) -> Result<()> {
    run(tx, "DELETE FROM cloud_objects WHERE peer_id = $1", vec![thing.peer_id.as_str().into()]).await?;
    count(tx, &thing.namespace, -thing.body.holds()).await
}

/// Removes what is ours at a place, unless something uses it.
pub(crate) async fn remove_unused<B: Body>(tx: &Tx, at: &CloudPlace) -> Result<Deletion> {
    let Some(found) = find_to_remove::<B>(tx, at).await? else { return Ok(Deletion::Gone) };
    if let Some(reason) = in_the_way(tx, B::KIND, &found.peer_id).await? {
        return Ok(Deletion::InProgress(reason));
    }
    remove(tx, &found).await?;
    Ok(Deletion::Gone)
}

/// Whether something that carries our uid is there.
pub(crate) async fn holds<C: ConnectionTrait>(db: &C, kind: Kind, place: &Place) -> Result<bool> {
    let sql = format!("{COLUMNS} WHERE o.uid = $1 AND o.kind = $2 AND o.uid <> ''");
    Ok(!query::<Row, _>(db, &sql, vec![place.uid.to_string().into(), kind.name().into()]).await?.is_empty())
}

/// Writes our uid on an object, or takes it off.
pub(crate) async fn mark(tx: &Tx, peer_id: &str, uid: &str) -> Result<()> {
    run(tx, "UPDATE cloud_objects SET uid = $1 WHERE peer_id = $2", vec![uid.into(), peer_id.into()]).await.map(|_| ())
}

/// What of these kinds in a project is not ours, at most `limit`.
pub(crate) async fn foreign<C: ConnectionTrait>(db: &C, namespace: &str, kinds: &[Kind], limit: usize) -> Result<Vec<Row>> {
    let places: Vec<String> = (3..kinds.len() + 3).map(|n| format!("${n}")).collect();
    let kind = format!("o.kind IN ({})", places.join(", "));
    let sql = format!("{COLUMNS} WHERE o.namespace = $1 AND o.uid = '' AND {kind} ORDER BY o.kind, o.name, o.peer_id LIMIT $2");
    let values = [namespace.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
    query(db, &sql, values.into_iter().chain(kinds.iter().map(|k| k.name().into())).collect()).await
}

/// Whether a project holds anything that is not ours.
pub(crate) async fn has_foreign<C: ConnectionTrait>(db: &C, namespace: &str) -> Result<bool> {
    Ok(!foreign(db, namespace, &Kind::CLOUD, 1).await?.is_empty())
}

/// What the cloud's objects in a project use.
pub(crate) async fn used<C: ConnectionTrait>(db: &C, namespace: &str) -> Result<Amounts> {
    #[derive(FromQueryResult)]
    struct Used {
        metric: String,
        amount: i64,
    }
    let found: Vec<Used> = query(db, "SELECT metric, amount FROM cloud_used WHERE namespace = $1", vec![namespace.into()]).await?;
    let amount = |metric: Metric| found.iter().find(|u| u.metric == metric.name()).map_or(0, |u| u.amount);
    Ok(Metric::ALL.into_iter().fold(Amounts::ZERO, |all, metric| all.with(metric, amount(metric))))
}

/// Takes more of a project's quota, or gives some back.
async fn account(tx: &Tx, namespace: &str, more: Amounts) -> Result<()> {
    let (limits, beside) = limits_of(tx, namespace).await?;
    check_quota(&limits, beside + used(tx, namespace).await?, more)?;
    count(tx, namespace, more).await
}

async fn count(tx: &Tx, namespace: &str, more: Amounts) -> Result<()> {
    let changed: Vec<(Metric, i64)> = more.iter().filter(|(_, amount)| *amount != 0).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let places: Vec<String> = (0..changed.len()).map(|n| format!("($1, ${}, ${})", 2 * n + 2, 2 * n + 3)).collect();
    let sql = format!(
        "INSERT INTO cloud_used (namespace, metric, amount) VALUES {} \
         ON CONFLICT (namespace, metric) DO UPDATE SET amount = cloud_used.amount + excluded.amount",
        places.join(", ")
    );
    let values = std::iter::once(namespace.into()).chain(changed.iter().flat_map(|(m, a)| [m.name().into(), (*a).into()])).collect();
    run(tx, &sql, values).await.map(|_| ())
}

/// Removes everything in a project.
pub(crate) async fn drop_namespace(tx: &Tx, namespace: &str) -> Result<()> {
    run(tx, "DELETE FROM cloud_objects WHERE namespace = $1", vec![namespace.into()]).await?;
    run(tx, "DELETE FROM cloud_flavors WHERE namespace = $1", vec![namespace.into()]).await?;
    run(tx, "DELETE FROM cloud_used WHERE namespace = $1", vec![namespace.into()]).await.map(|_| ())
}

/// Everything, sorted.
pub(crate) async fn export<C: ConnectionTrait>(db: &C) -> Result<Vec<serde_json::Value>> {
    let found: Vec<Row> = query(db, &format!("{COLUMNS} ORDER BY o.kind, o.namespace, o.name, o.uid, o.peer_id"), vec![]).await?;
    let json = |row: Row| {
        let body: serde_json::Value = serde_json::from_str(&row.body).unwrap_or_default();
        json!({"kind": row.kind, "namespace": row.namespace, "name": row.name, "peer_id": row.peer_id, "body": body})
    };
    Ok(found.into_iter().map(json).collect())
}
