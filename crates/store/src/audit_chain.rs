//! The chain of the audit's records: sealing, recomputing, and removing what is older than the log is kept.
//!
//! A sealed record has a number and a hash over the hash before it and all of the record. The order of the chain is the order of
//! sealing, and not that of ids: on PostgreSQL a lower id may be committed later. Who seals or removes holds the chain's one row
//! until the commit, so that any number of replicas makes one chain without a gap; who writes a record never looks at it.

use std::fmt::Write as _;
use std::time::Duration;

use sea_orm::{FromQueryResult, Value};
use sha2::{Digest as _, Sha256};
use tenantry_domain::audit::{Fault, Finding, Verdict};
use tenantry_domain::{AuditId, Error, Result};

use crate::audit::{Audit, COLUMNS, Row};
use crate::sql::{Conn, exec, number, row, rows, vals};
use crate::{Store, Tx};

/// What stands for the hash before the first record.
pub(crate) const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// How many records are read, sealed or removed at once.
const BATCH: i64 = 500;

/// Both ends of the chain: the last record that was removed from its front, and the last that was sealed.
#[derive(FromQueryResult, Clone, PartialEq, Eq)]
struct Ends {
    head_seq: i64,
    head_hash: String,
    anchor_seq: i64,
    anchor_hash: String,
}

async fn ends<X: Conn>(conn: &X) -> Result<Ends> {
    let sql = "SELECT head_seq, head_hash, anchor_seq, anchor_hash FROM audit_chain WHERE id = 1";
    row(conn, sql, vals![]).await?.ok_or_else(|| Error::internal("the row that notes both ends of the audit's chain is gone"))
}

/// The same, and nobody else moves them until the transaction ends.
async fn locked(tx: &Tx) -> Result<Ends> {
    exec(tx, "UPDATE audit_chain SET head_seq = head_seq WHERE id = 1", vals![]).await?;
    ends(tx).await
}

/// The hash of a record with this number: SHA-256 over the hash before it, and every field as a netstring (`3:abc,`, or `~,` for none).
fn hash(previous: &str, seq: i64, record: &Row) -> String {
    let number = |n: Option<i64>| n.map(|n| n.to_string());
    let text = |t: &String| Some(t.clone());
    let fields = [
        number(Some(seq)),
        number(Some(record.id)),
        number(Some(record.at)),
        number(record.user_id),
        text(&record.user_name),
        text(&record.address),
        text(&record.dialect),
        text(&record.action),
        text(&record.object),
        text(&record.object_id),
        number(record.tenant_id),
        number(record.datacenter_id),
        text(&record.outcome),
        text(&record.detail),
        text(&record.request_id),
    ];
    let mut hash = Sha256::new_with_prefix(previous);
    for field in fields {
        match field {
            Some(text) => hash.update(format!("{}:{text},", text.len())),
            None => hash.update("~,"),
        }
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Audit<'_, Store> {
    /// Seals what was committed since the last time; answers how many records. Any replica may call it at any time.
    ///
    /// # Errors
    /// When the database fails; what was sealed before stays sealed.
    pub async fn seal(&self) -> Result<u64> {
        let mut sealed = 0;
        while number(self.0, "SELECT COUNT(*) AS n FROM (SELECT 1 FROM audit WHERE seq IS NULL LIMIT 1) a", vals![]).await? > 0 {
            let count = self.seal_batch().await?;
            sealed += u64::try_from(count).unwrap_or(0);
            if count < BATCH {
                break;
            }
        }
        Ok(sealed)
    }

    async fn seal_batch(&self) -> Result<i64> {
        let tx = self.0.begin().await?;
        let Ends { head_seq, head_hash, .. } = locked(&tx).await?;
        let found = rows::<Row, Tx>(&tx, &format!("{COLUMNS} WHERE seq IS NULL ORDER BY id LIMIT $1"), vals![BATCH]).await?;
        if found.is_empty() {
            return Ok(0);
        }
        let (mut seq, mut last, mut places, mut values) = (head_seq, head_hash.clone(), Vec::new(), Vec::<Value>::new());
        for record in &found {
            seq += 1;
            last = hash(&last, seq, record);
            let n = values.len();
            places.push(format!("(${}, ${}, ${})", n + 1, n + 2, n + 3));
            values.extend(vals![record.id, seq, last.as_str()]);
        }
        let sql = format!(
            "WITH sealed (id, seq, hash) AS (VALUES {}) UPDATE audit SET seq = sealed.seq, hash = sealed.hash FROM sealed \
             WHERE audit.id = sealed.id AND audit.seq IS NULL",
            places.join(", ")
        );
        let count = exec(&tx, &sql, values).await?;
        let moved = "UPDATE audit_chain SET head_seq = $1, head_hash = $2 WHERE id = 1 AND head_seq = $3 AND head_hash = $4";
        let moved = exec(&tx, moved, vals![seq, last, head_seq, head_hash]).await?;
        if moved != 1 || usize::try_from(count).ok() != Some(found.len()) {
            return Err(Error::internal("somebody else sealed the audit at the same moment; it is done again"));
        }
        tx.commit().await?;
        Ok(seq - head_seq)
    }

    /// Removes sealed records older than `age` from the front of the chain and notes the number and hash of the last of them; answers how
    /// many. A record that is not what was sealed stays, and everything after it: what was tampered with is not swept away.
    ///
    /// # Errors
    /// When the database fails; what was removed before stays removed.
    pub async fn purge(&self, age: Duration) -> Result<u64> {
        let before = self.0.clock().now().0.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let mut removed = 0;
        loop {
            let count = self.purge_batch(before).await?;
            removed += count;
            if count < BATCH.unsigned_abs() {
                return Ok(removed);
            }
        }
    }

    async fn purge_batch(&self, before: i64) -> Result<u64> {
        let old = "SELECT COUNT(*) AS n FROM (SELECT 1 FROM audit a, audit_chain c WHERE a.seq = c.anchor_seq + 1 AND a.at < $1) a";
        if number(self.0, old, vals![before]).await? == 0 {
            return Ok(0);
        }
        let tx = self.0.begin().await?;
        let Ends { anchor_seq, anchor_hash, .. } = locked(&tx).await?;
        let found = format!("{COLUMNS} WHERE seq > $1 ORDER BY seq LIMIT $2");
        let found = rows::<Row, Tx>(&tx, &found, vals![anchor_seq, BATCH]).await?;
        let (mut last, mut last_hash) = (anchor_seq, anchor_hash);
        for record in found.iter().take_while(|r| r.at < before) {
            let expected = hash(&last_hash, last + 1, record);
            if record.seq != Some(last + 1) || record.hash.as_ref() != Some(&expected) {
                tracing::error!(
                    number = last + 1,
                    "the audit is not what was sealed and is kept from there on: run 'tenantry audit verify'"
                );
                break;
            }
            (last, last_hash) = (last + 1, expected);
        }
        let count = exec(&tx, "DELETE FROM audit WHERE seq > $1 AND seq <= $2", vals![anchor_seq, last]).await?;
        exec(&tx, "UPDATE audit_chain SET anchor_seq = $1, anchor_hash = $2 WHERE id = 1", vals![last, last_hash]).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// Recomputes the chain after the number `after` (0: from its front), at most about `limit` records of it, while others go on writing,
    /// sealing and removing. `noted` is the number and hash of a record as somebody wrote them down elsewhere.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify(&self, after: i64, limit: i64, noted: Option<(i64, &str)>) -> Result<Verdict> {
        // counted first: what is sealed in between belongs to what is looked at
        let unsealed = number(self.0, "SELECT COUNT(*) AS n FROM audit WHERE seq IS NULL", vals![]).await?;
        let first = ends(self.0).await?;
        let verdict = Verdict {
            removed_to: first.anchor_seq,
            sealed_to: first.head_seq,
            hash: first.head_hash.clone(),
            unsealed,
            ..Verdict::default()
        };
        let mut walk = Walk { store: self.0, ends: first, last: after, hash: None, verdict };
        walk.begin().await?;
        walk.go(limit).await?;
        walk.ends().await?;
        if let Some((number, hash)) = noted {
            walk.compare(number, hash).await?;
        }
        Ok(walk.verdict)
    }
}

/// A walk along the chain.
struct Walk<'s> {
    store: &'s Store,
    /// Both ends as they were at the beginning.
    ends: Ends,
    /// The number of the record that was looked at last.
    last: i64,
    /// Its hash; none when it is missing, so that there is nothing to check the next with.
    hash: Option<String>,
    verdict: Verdict,
}

impl Walk<'_> {
    async fn begin(&mut self) -> Result<()> {
        if self.last <= self.ends.anchor_seq {
            self.last = self.ends.anchor_seq;
            self.hash = Some(self.ends.anchor_hash.clone());
        } else {
            self.hash = self.hash_of(self.last).await?;
        }
        Ok(())
    }

    async fn hash_of(&self, seq: i64) -> Result<Option<String>> {
        Ok(row::<Row, Store>(self.store, &format!("{COLUMNS} WHERE seq = $1"), vals![seq]).await?.and_then(|r| r.hash))
    }

    async fn go(&mut self, limit: i64) -> Result<()> {
        let sql = format!("{COLUMNS} WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3");
        while self.last < self.ends.head_seq && self.verdict.checked < limit && self.verdict.findings.len() < Verdict::MOST_FINDINGS {
            let found = rows::<Row, Store>(self.store, &sql, vals![self.last, self.ends.head_seq, BATCH]).await?;
            if found.is_empty() {
                self.missing(self.ends.head_seq).await?;
            }
            for record in found {
                self.look(record).await?;
            }
        }
        self.verdict.verified_to = self.last;
        Ok(())
    }

    async fn look(&mut self, record: Row) -> Result<()> {
        let seq = record.seq.unwrap_or_default();
        if seq > self.last + 1 {
            self.missing(seq - 1).await?;
        }
        let expected = self.hash.as_ref().map(|previous| hash(previous, seq, &record));
        if expected.is_some() && expected != record.hash {
            self.find(Fault::Changed, seq, seq, Some(record.id));
        }
        self.verdict.checked += 1;
        (self.last, self.hash) = (seq, record.hash);
        Ok(())
    }

    /// Nothing is there up to `to`: retention was there first, or somebody removed it.
    async fn missing(&mut self, to: i64) -> Result<()> {
        let now = ends(self.store).await?;
        if now.anchor_seq > self.last {
            self.last = now.anchor_seq.min(to);
            self.hash = (self.last == now.anchor_seq).then_some(now.anchor_hash);
            self.verdict.removed_to = now.anchor_seq;
        }
        if self.last < to {
            self.find(Fault::Missing, self.last + 1, to, None);
            (self.last, self.hash) = (to, None);
        }
        Ok(())
    }

    /// What is noted of both ends, and what lies beyond them.
    async fn ends(&mut self) -> Result<()> {
        #[derive(FromQueryResult)]
        struct Beyond {
            id: i64,
            seq: i64,
        }
        let Ends { head_seq, head_hash, .. } = self.ends.clone();
        if self.last == head_seq && self.hash.as_ref().is_some_and(|hash| *hash != head_hash) {
            self.find(Fault::End, head_seq, head_seq, None);
        }
        if self.last > head_seq {
            self.find(Fault::End, self.last, self.last, None);
        }
        let sql = "SELECT id, seq FROM audit WHERE seq > (SELECT head_seq FROM audit_chain) \
            UNION ALL SELECT id, seq FROM audit WHERE seq <= (SELECT anchor_seq FROM audit_chain) ORDER BY seq LIMIT $1";
        let most = i64::try_from(Verdict::MOST_FINDINGS).unwrap_or(i64::MAX);
        for beyond in rows::<Beyond, Store>(self.store, sql, vals![most]).await? {
            self.find(Fault::Inserted, beyond.seq, beyond.seq, Some(beyond.id));
        }
        Ok(())
    }

    async fn compare(&mut self, seq: i64, noted: &str) -> Result<()> {
        if seq < self.ends.anchor_seq {
            // retention removed it: what is left cannot say
            return Ok(());
        }
        let found = if seq == self.ends.anchor_seq { Some(self.ends.anchor_hash.clone()) } else { self.hash_of(seq).await? };
        if found.as_deref() != Some(noted) {
            self.find(Fault::Rewritten, seq, seq, None);
        }
        Ok(())
    }

    fn find(&mut self, fault: Fault, number: i64, to: i64, record: Option<i64>) {
        if self.verdict.findings.len() < Verdict::MOST_FINDINGS {
            self.verdict.findings.push(Finding { fault, number, to, record: record.map(AuditId) });
        }
    }
}
