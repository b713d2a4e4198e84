//! The keys for secrets at rest, by their ids: which one seals, who knows which, and the change from one to another.
//!
//! Which key seals is a row of the database, so that all servers seal with the same one. Who seals holds that row until its commit,
//! so that a change of key waits for it: when the change is committed, nothing more comes under the old key. Then every secret is
//! sealed anew in batches, and at last the old key is forgotten. Each of these steps may be the last one before a crash: doing all of
//! them again goes on where it stopped.

use std::time::Duration;

use sea_orm::FromQueryResult;
use tenantry_domain::{Error, ErrorKind, Result, Timestamp};

use crate::sql::{Conn, aggregate, exec, number, row, rows, vals};
use crate::{Store, Tx};

aggregate!(
    /// The keys for secrets at rest.
    Keys,
    keys
);

/// A column with sealed secrets.
struct Secrets {
    table: &'static str,
    column: &'static str,
    /// The column whose value, after `prefix`, names the row that a secret is bound to.
    name: &'static str,
    prefix: &'static str,
}

/// Every column with sealed secrets; a test compares this with the schema.
const SECRETS: [Secrets; 4] = [
    Secrets { table: "datacenters", column: "connection_sealed", name: "uid", prefix: "datacenter/" },
    Secrets { table: "mails", column: "content_sealed", name: "uid", prefix: "mail/" },
    Secrets { table: "registries", column: "password_sealed", name: "name", prefix: "registry/" },
    Secrets { table: "users", column: "totp_sealed", name: "id", prefix: "second_factor/" },
];

/// What is sealed under every key, to see at the start whether a key is the right one.
const PROOF: &str = "tenantry";

/// How many secrets are sealed anew in one transaction.
const BATCH: i64 = 50;

/// How long a server counts as running after it was heard of.
pub const HEARD: Duration = Duration::from_secs(30);

/// A key as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    /// The key's id.
    pub id: String,
    /// Whether secrets are sealed with it now.
    pub active: bool,
    /// Since when the database knows it.
    pub created_at: Timestamp,
    /// How many secrets are sealed with it.
    pub secrets: i64,
}

#[derive(FromQueryResult)]
struct Row {
    id: String,
    proof: String,
    active: bool,
    created_at: i64,
}

fn proof_row(id: &str) -> String {
    format!("key/{id}")
}

async fn known<X: Conn>(conn: &X) -> Result<Vec<Row>> {
    rows(conn, "SELECT id, proof, active, created_at FROM secret_keys ORDER BY created_at, id", vals![]).await
}

/// Nobody else adds, changes or removes keys until the transaction ends.
async fn lock(tx: &Tx) -> Result<()> {
    exec(tx, "UPDATE locks SET counter = counter WHERE name = 'keys'", vals![]).await.map(|_| ())
}

impl Tx {
    /// Seals a secret for the row named `row`, with the key that all servers seal with now.
    pub(crate) async fn seal(&self, row_name: &str, secret: &str) -> Result<String> {
        #[derive(FromQueryResult)]
        struct Active {
            id: String,
        }
        // twice: who waited for a change of key finds the old one no longer active
        for _ in 0..2 {
            let sql = "UPDATE secret_keys SET active = active WHERE active RETURNING id";
            if let Some(Active { id }) = row::<Active, Self>(self, sql, vals![]).await? {
                return self.store.vault().seal(&id, self.clock(), row_name, secret);
            }
        }
        Err(Error::internal("the database has no key for secrets: run 'tenantry migrate'"))
    }
}

impl Store {
    /// Every column with secrets that a rotation seals anew, as `table.column`, sorted.
    #[must_use]
    pub fn sealed_columns() -> Vec<String> {
        SECRETS.iter().map(|s| format!("{}.{}", s.table, s.column)).collect()
    }
}

impl Keys<'_, Store> {
    /// Compares the keys of this process with the database's. A database without a key takes the first of these, if it opens what is
    /// stored already.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] that says which key the database wants, when it is none of these.
    pub async fn check(&self) -> Result<()> {
        if let Some(active) = known(self.0).await?.into_iter().find(|k| k.active) {
            return self.prove(&active);
        }
        let tx = self.0.begin().await?;
        lock(&tx).await?;
        match known(&tx).await?.into_iter().find(|k| k.active) {
            // another server began with its key a moment ago
            Some(active) => self.prove(&active),
            None => {
                self.open_all(&tx).await?;
                let first = self.0.vault().ids().into_iter().next().ok_or_else(|| Error::internal("there is no key for secrets"))?;
                self.insert(&tx, &first, true).await?;
                tx.commit().await
            }
        }
    }

    fn prove(&self, active: &Row) -> Result<()> {
        let ours = self.0.vault().ids();
        if ours.contains(&active.id) && self.0.vault().open(&proof_row(&active.id), &active.proof)? == PROOF {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Conflict, wrong_key(&ours, &active.id)))
    }

    /// On a database of before keys were noted, the key is right when it opens what is there.
    async fn open_all(&self, tx: &Tx) -> Result<()> {
        for secrets in &SECRETS {
            let found = sealed(tx, secrets, "", 0, i64::MAX).await?;
            for secret in found {
                self.0.vault().open(&format!("{}{}", secrets.prefix, secret.name), &secret.sealed).map_err(|_| {
                    let message = format!(
                        "the key for secrets is not this database's: it does not open the secret of '{}{}'. {REMEDY}",
                        secrets.prefix, secret.name
                    );
                    Error::new(ErrorKind::Conflict, message)
                })?;
            }
        }
        Ok(())
    }

    async fn insert(&self, tx: &Tx, id: &str, active: bool) -> Result<()> {
        let proof = self.0.vault().seal(id, self.0.clock(), &proof_row(id), PROOF)?;
        let sql = "INSERT INTO secret_keys (id, proof, active, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING";
        exec(tx, sql, vals![id, proof, active, self.0.clock().now().0]).await.map(|_| ())
    }

    /// Adds keys to those that this process knows.
    pub fn learn(&self, keys: &[[u8; 32]]) {
        self.0.vault().learn(keys);
    }

    /// Every key that the database knows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self) -> Result<Vec<KeyState>> {
        let mut list = Vec::new();
        for key in known(self.0).await? {
            let mut secrets = 0;
            for Secrets { table, column, .. } in &SECRETS {
                let sql = format!("SELECT COUNT(*) AS n FROM {table} WHERE {column} LIKE $1");
                secrets += number(self.0, &sql, vals![format!("{}:%", key.id)]).await?;
            }
            list.push(KeyState { id: key.id, active: key.active, created_at: Timestamp(key.created_at), secrets });
        }
        Ok(list)
    }

    /// Says that this server runs, and which keys it knows, so that no key becomes active that it does not know.
    ///
    /// # Errors
    /// As [`Keys::check`].
    pub async fn hold(&self, server: &str) -> Result<()> {
        let tx = self.0.begin().await?;
        lock(&tx).await?;
        let active = known(&tx).await?.into_iter().find(|k| k.active);
        self.prove(&active.ok_or_else(|| Error::internal("the database has no key for secrets: run 'tenantry migrate'"))?)?;
        let sql = "INSERT INTO key_holders (server, key_ids, seen_at) VALUES ($1, $2, $3) \
            ON CONFLICT (server) DO UPDATE SET key_ids = excluded.key_ids, seen_at = excluded.seen_at";
        let now = self.0.clock().now().0;
        exec(&tx, sql, vals![server, self.0.vault().ids().join(" "), now]).await?;
        exec(&tx, "DELETE FROM key_holders WHERE seen_at < $1", vals![now - 10 * millis(HEARD)]).await?;
        tx.commit().await
    }

    /// Says that this server has stopped.
    ///
    /// # Errors
    /// When the database fails; then the server is forgotten after [`HEARD`].
    pub async fn release(&self, server: &str) -> Result<()> {
        let tx = self.0.begin().await?;
        exec(&tx, "DELETE FROM key_holders WHERE server = $1", vals![server]).await?;
        tx.commit().await
    }

    /// The servers that run and do not know a key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lacking(&self, key: &str) -> Result<Vec<String>> {
        lacking(self.0, key).await
    }

    /// From here on every server seals with this key, which this process must know. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] that names the running servers which do not know it.
    pub async fn activate(&self, key: &str) -> Result<()> {
        let tx = self.0.begin().await?;
        lock(&tx).await?;
        let servers = lacking(&tx, key).await?;
        if !servers.is_empty() {
            let message = format!("these servers run and do not know the key {key} yet: {}", servers.join(", "));
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        self.insert(&tx, key, false).await?;
        // first the old one: who seals at this moment is waited for
        exec(&tx, "UPDATE secret_keys SET active = FALSE WHERE active AND id <> $1", vals![key]).await?;
        exec(&tx, "UPDATE secret_keys SET active = TRUE WHERE id = $1", vals![key]).await?;
        tx.commit().await
    }

    /// Seals every secret that is not under this key anew with it, in batches; answers how many. What somebody changes meanwhile is
    /// sealed by whoever changes it.
    ///
    /// # Errors
    /// When a secret cannot be opened: it is named, and stays as it is.
    pub async fn reseal(&self, key: &str) -> Result<u64> {
        let mut count = 0;
        for secrets in &SECRETS {
            let mut after = 0;
            loop {
                let tx = self.0.begin().await?;
                let found = sealed(&tx, secrets, key, after, BATCH).await?;
                let Some(last) = found.last() else { break };
                after = last.id;
                for secret in &found {
                    let name = format!("{}{}", secrets.prefix, secret.name);
                    let opened = self.0.vault().open(&name, &secret.sealed).map_err(|_| {
                        let message =
                            format!("the secret of '{name}' cannot be opened with any key that is known here: set it anew, or add its key");
                        Error::new(ErrorKind::Conflict, message)
                    })?;
                    let anew = self.0.vault().seal(key, self.0.clock(), &name, &opened)?;
                    let Secrets { table, column, .. } = secrets;
                    let sql = format!("UPDATE {table} SET {column} = $1 WHERE id = $2 AND {column} = $3");
                    count += exec(&tx, &sql, vals![anew, secret.id, secret.sealed.as_str()]).await?;
                }
                tx.commit().await?;
            }
        }
        Ok(count)
    }

    /// Forgets every key but this one, under which everything is sealed by now.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when something is not, or another key seals.
    pub async fn retire_others(&self, key: &str) -> Result<()> {
        let tx = self.0.begin().await?;
        lock(&tx).await?;
        for secrets in &SECRETS {
            if !sealed(&tx, secrets, key, 0, 1).await?.is_empty() {
                let message =
                    format!("not everything in {} is sealed with the key {key} yet: run 'tenantry keys rotate' again", secrets.table);
                return Err(Error::new(ErrorKind::Conflict, message));
            }
        }
        if exec(&tx, "UPDATE secret_keys SET active = active WHERE id = $1 AND active", vals![key]).await? == 0 {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("secrets are not sealed with the key {key}: run 'tenantry keys rotate' again"),
            ));
        }
        exec(&tx, "DELETE FROM secret_keys WHERE id <> $1", vals![key]).await?;
        tx.commit().await
    }
}

/// What to do about a wrong key.
const REMEDY: &str =
    "Give this server the key that the others have: database.key_file names its file, TENANTRY_SECRET_KEY holds it otherwise";

fn wrong_key(ours: &[String], wanted: &str) -> String {
    format!(
        "the key for secrets is not this database's: its id is {}, and the database's secrets are sealed with {wanted}. {REMEDY}",
        ours.join(", ")
    )
}

async fn lacking<X: Conn>(conn: &X, key: &str) -> Result<Vec<String>> {
    #[derive(FromQueryResult)]
    struct Holder {
        server: String,
        key_ids: String,
    }
    let since = conn.clock().now().0 - millis(HEARD);
    let running: Vec<Holder> =
        rows(conn, "SELECT server, key_ids FROM key_holders WHERE seen_at >= $1 ORDER BY server", vals![since]).await?;
    Ok(running.into_iter().filter(|h| !h.key_ids.split(' ').any(|id| id == key)).map(|h| h.server).collect())
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[derive(FromQueryResult)]
struct Sealed {
    id: i64,
    name: String,
    sealed: String,
}

/// Secrets that are not under this key.
async fn sealed(tx: &Tx, secrets: &Secrets, key: &str, after: i64, limit: i64) -> Result<Vec<Sealed>> {
    let Secrets { table, column, name, .. } = secrets;
    let sql = format!(
        "SELECT id, CAST({name} AS TEXT) AS name, {column} AS sealed FROM {table} \
         WHERE {column} IS NOT NULL AND {column} NOT LIKE $1 AND id > $2 ORDER BY id LIMIT $3"
    );
    rows(tx, &sql, vals![format!("{key}:%"), after, limit]).await
}
