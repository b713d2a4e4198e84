//! The work table: which object a controller has to look at, and when. It knows no kind of resource by its rules, only by name.
//!
//! Work is claimed by a lease that expires, so that nothing waits for a worker that died. What is enqueued while it is being
//! worked on is worked on again (`seq`). The outcome of a step, the state of the row and the next time are one transaction.
//!
//! What is at rest and only looked at again ([`Queue::Resting`]) is a queue of its own, so that nobody waits behind it.

use std::time::Duration;

use sea_orm::FromQueryResult;
use tenantry_domain::datacenter::Health;
use tenantry_domain::policy::ObjectKind;
use tenantry_domain::resource::{Kind, Spec, State, Status};
use tenantry_domain::usage::metered;
use tenantry_domain::{DatacenterId, Error, MailId, ResourceId, Result, TenantId, Timestamp};

use crate::events::About;
use crate::mails::Ending;
use crate::sql::{Conn, aggregate, exec, json, number, number_opt, row, rows, to_json, vals};
use crate::tx::Durability;
use crate::usage::Metered;
use crate::{Store, Tx};

aggregate!(
    /// Work for controllers.
    Work,
    work
);

/// What a piece of work is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WorkKind {
    /// A tenant that is being closed.
    Tenant,
    /// A datacenter whose health is watched.
    Datacenter,
    /// A mail that is to be sent.
    Mail,
    /// A resource.
    Resource(Kind),
}

impl WorkKind {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Datacenter => "datacenter",
            Self::Mail => "mail",
            Self::Resource(kind) => kind.name(),
        }
    }

    fn parse(name: &str) -> Result<Self> {
        match name {
            "tenant" => Ok(Self::Tenant),
            "datacenter" => Ok(Self::Datacenter),
            "mail" => Ok(Self::Mail),
            kind => kind.parse().map(Self::Resource).map_err(Error::internal),
        }
    }
}

/// Which work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// What somebody asked for, or waits for.
    Pressing,
    /// What is at rest and looked at again, in case it was changed behind our back.
    Resting,
}

impl Queue {
    const fn number(self) -> i64 {
        match self {
            Self::Pressing => 0,
            Self::Resting => 1,
        }
    }
}

/// How much work there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Pressing pieces that are due.
    pub due: i64,
    /// For how long the oldest of them has been.
    pub lag: Duration,
    /// Resting pieces that are due.
    pub resting_due: i64,
    /// All resting pieces.
    pub resting: i64,
}

/// A claimed piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The row.
    pub id: i64,
    /// What it is about.
    pub kind: WorkKind,
    /// The object's id.
    pub object: i64,
    /// The datacenter that it runs against; 0 for none. Concurrency is bounded for each.
    pub lane: i64,
    /// What was due when: for measuring the lag.
    pub due_at: Timestamp,
    /// From which queue it was claimed.
    pub queue: Queue,
    /// Whether it was never claimed before. What is told by the transaction of the claim, which is over before the step begins: whatever
    /// became of earlier steps, there was none.
    pub first: bool,
    seq: i64,
    owner: String,
}

/// What a step saw, to be written on the object's row.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// Nothing new.
    Nothing,
    /// A resource's state and status, and the generation that they are about.
    Resource {
        /// The state that it is in.
        state: State,
        /// What was seen; none leaves what was.
        status: Option<Status>,
        /// The generation of the spec that was worked on.
        generation: i64,
    },
    /// A datacenter's health.
    Datacenter(Health),
    /// What became of a mail.
    Mail(Ending),
    /// The object is gone, at the peer and so from here.
    Gone,
}

/// When to look again, and what to tell until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// When.
    pub at: Timestamp,
    /// Why it is not at rest; empty when it is.
    pub reason: String,
    /// Whether this was an attempt that failed.
    pub failed: bool,
    /// In which queue it waits for that.
    pub queue: Queue,
}

#[derive(FromQueryResult)]
struct Claimed {
    id: i64,
    kind: String,
    object_id: i64,
    lane: i64,
    seq: i64,
    next_at: i64,
    claims: i64,
}

/// What can be claimed at `$1`.
const DUE: &str = "next_at <= $1 AND (lease_until IS NULL OR lease_until < $1)";

/// The first piece of a queue that is due at `$1` in each lane that is not `full`, up to `$2` of them. However much is due in a full lane, it is passed over in
/// one step: the lanes are read one by one from their index.
fn of_lanes_with_room(queue: i64, full: &[i64], skip_locked: &str) -> String {
    let full = full.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    format!(
        "WITH RECURSIVE lanes (lane) AS (SELECT MIN(lane) FROM work WHERE queue = {queue} UNION ALL \
         SELECT (SELECT MIN(w.lane) FROM work w WHERE w.queue = {queue} AND w.lane > lanes.lane) FROM lanes WHERE lanes.lane IS NOT NULL) \
         SELECT id FROM (SELECT (SELECT w.id FROM work w WHERE w.queue = {queue} AND w.lane = lanes.lane AND {DUE} \
         ORDER BY w.next_at LIMIT 1{skip_locked}) AS id \
         FROM lanes WHERE lane NOT IN ({full})) first_of_each WHERE id IS NOT NULL LIMIT $2"
    )
}

/// Up to `$2` pieces of a queue that are due at `$1`, in lanes that are not `full`.
fn due(queue: Queue, full: &[i64], skip_locked: &str) -> String {
    let queue = queue.number();
    if full.is_empty() {
        format!("SELECT id FROM work WHERE queue = {queue} AND {DUE} ORDER BY next_at LIMIT $2{skip_locked}")
    } else {
        of_lanes_with_room(queue, full, skip_locked)
    }
}

impl Work<'_, Store> {
    /// Claims up to `limit` pieces of a queue that are due, of lanes that are not `full`, until now + `term`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn claim(&self, queue: Queue, owner: &str, term: Duration, limit: i64, full: &[i64]) -> Result<Vec<Lease>> {
        let now = self.0.clock().now();
        let values = vals![now.0, limit, now.plus(term).0, owner];
        // no other server takes what this one claimed and forgot with the power; the first claim of a piece of work is for pressing
        let durability = if queue == Queue::Resting && !self.0.is_shared() { Durability::System } else { Durability::Disk };
        let tx = self.0.begin_for(durability).await?;
        let skip = self.0.skip_locked();
        let due = due(queue, full, skip);
        let sql = format!(
            "UPDATE work SET lease_until = $3, lease_owner = $4, claims = claims + 1 WHERE id IN ({due}) AND {DUE} \
             RETURNING id, kind, object_id, lane, seq, next_at, claims"
        );
        let claimed = rows::<Claimed, Tx>(&tx, &sql, values).await?;
        tx.commit().await?;
        claimed
            .into_iter()
            .map(|c| {
                Ok(Lease {
                    id: c.id,
                    kind: WorkKind::parse(&c.kind)?,
                    object: c.object_id,
                    lane: c.lane,
                    due_at: Timestamp(c.next_at),
                    queue,
                    first: c.claims == 1,
                    seq: c.seq,
                    owner: owner.to_owned(),
                })
            })
            .collect()
    }

    /// Whether anything of a queue is due now in a lane that is not `full`, without claiming it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn any_due(&self, queue: Queue, full: &[i64]) -> Result<bool> {
        let now = self.0.clock().now().0;
        let sql = format!("SELECT COUNT(*) AS n FROM ({}) due", due(queue, full, ""));
        Ok(number(self.0, &sql, vals![now, 1]).await? > 0)
    }

    /// When the next piece can be claimed: when it is due, or its lease has expired.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_due(&self) -> Result<Option<Timestamp>> {
        #[derive(FromQueryResult)]
        struct Due {
            n: Option<i64>,
        }
        let sql =
            "SELECT MIN(CASE WHEN lease_until IS NOT NULL AND lease_until >= next_at THEN lease_until + 1 ELSE next_at END) AS n FROM work";
        Ok(row::<Due, Store>(self.0, sql, vals![]).await?.and_then(|d| d.n).map(Timestamp))
    }

    /// When the first pressing piece comes due of those that were not at `then`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_pressing(&self, then: Timestamp) -> Result<Option<Timestamp>> {
        let sql = "SELECT next_at AS n FROM work WHERE queue = $1 AND next_at > $2 ORDER BY next_at LIMIT 1";
        let found = number_opt(self.0, sql, vals![Queue::Pressing.number(), then.0]).await?;
        Ok(found.map(Timestamp))
    }

    /// How many attempts in a row failed on the object of a piece of work, as its row tells.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn attempts(&self, lease: &Lease) -> Result<i64> {
        let table = match lease.kind {
            WorkKind::Tenant => "tenants",
            WorkKind::Datacenter => "datacenters",
            WorkKind::Mail => "mails",
            WorkKind::Resource(_) => "resources",
        };
        let sql = format!("SELECT attempts AS n FROM {table} WHERE id = $1");
        Ok(number_opt(self.0, &sql, vals![lease.object]).await?.unwrap_or(0))
    }

    /// How much work there is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn backlog(&self) -> Result<Backlog> {
        #[derive(FromQueryResult)]
        struct Row {
            due: i64,
            oldest: Option<i64>,
            resting_due: i64,
            resting: i64,
        }
        let now = self.0.clock().now();
        let sql = "SELECT p.due, p.oldest, r.resting_due, r.resting FROM \
            (SELECT COUNT(*) AS due, MIN(next_at) AS oldest FROM work WHERE queue = 0 AND next_at <= $1) p, \
            (SELECT COUNT(*) AS resting, CAST(COALESCE(SUM(CASE WHEN next_at <= $1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS resting_due \
            FROM work WHERE queue = 1) r";
        let found = row::<Row, Store>(self.0, sql, vals![now.0]).await?;
        Ok(found.map_or_else(Backlog::default, |row| {
            let lag = row.oldest.map_or(Duration::ZERO, |oldest| now.since(Timestamp(oldest)));
            Backlog { due: row.due, lag, resting_due: row.resting_due, resting: row.resting }
        }))
    }

    /// Ends every lease, so that what a dead process was at is worked on now. Only where no other process works.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_all(&self) -> Result<()> {
        let tx = self.0.begin().await?;
        exec(&tx, "UPDATE work SET lease_until = NULL, lease_owner = NULL WHERE lease_until IS NOT NULL", vals![]).await?;
        tx.touch_work();
        tx.commit().await
    }

    /// Writes what a step saw and when to look again, and gives the lease back. A step whose lease had expired writes nothing: somebody else does it.
    ///
    /// # Errors
    /// When the database fails; then the lease expires by itself and the step is done again.
    pub async fn finish(&self, lease: &Lease, seen: &Seen, next: &Next) -> Result<bool> {
        // what is forgotten of a look at what is at rest is seen again
        let durability = if lease.queue == Queue::Resting { Durability::System } else { Durability::Disk };
        let tx = self.0.begin_for(durability).await?;
        let now = self.0.clock().now().0;
        let sql = "UPDATE work SET lease_until = NULL, lease_owner = NULL, next_at = CASE WHEN seq = $1 THEN $2 ELSE $3 END, \
            queue = CASE WHEN seq = $1 THEN $6 ELSE 0 END WHERE id = $4 AND lease_owner = $5 RETURNING seq AS n";
        let values = vals![lease.seq, next.at.0, now, lease.id, lease.owner.as_str(), next.queue.number()];
        let Some(seq) = number_opt(&tx, sql, values).await? else {
            return Ok(false);
        };
        let due = if seq == lease.seq { next.at.0 } else { now };
        match lease.kind {
            WorkKind::Tenant => tx.work().finish_tenant(lease, seen, next, due).await?,
            WorkKind::Datacenter => tx.work().finish_datacenter(lease, seen, next, due).await?,
            WorkKind::Mail => tx.work().finish_mail(lease, seen, next, due).await?,
            WorkKind::Resource(_) => tx.work().finish_resource(lease, seen, next, due).await?,
        }
        if seq != lease.seq {
            tx.touch_work();
        }
        tx.commit().await?;
        Ok(true)
    }
}

impl Work<'_, Tx> {
    /// Enqueues work on an object, now. If it is being worked on, it is worked on again afterwards.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn enqueue(&self, kind: WorkKind, object: i64, lane: i64) -> Result<()> {
        let sql = "INSERT INTO work (kind, object_id, lane, next_at) VALUES ($1, $2, $3, $4) \
            ON CONFLICT (kind, object_id) DO UPDATE SET next_at = excluded.next_at, queue = 0, seq = work.seq + 1";
        exec(self.0, sql, vals![kind.name(), object, lane, self.0.clock().now().0]).await?;
        self.0.touch_work();
        Ok(())
    }

    /// Enqueues work on every tenant below one, now.
    pub(crate) async fn enqueue_below(&self, above: TenantId) -> Result<()> {
        let sql = "INSERT INTO work (kind, object_id, lane, next_at) \
            SELECT $1, tenant_id, 0, $2 FROM tenant_ancestors WHERE ancestor_id = $3 AND depth > 0 \
            ON CONFLICT (kind, object_id) DO UPDATE SET next_at = excluded.next_at, queue = 0, seq = work.seq + 1";
        exec(self.0, sql, vals![WorkKind::Tenant.name(), self.0.clock().now().0, above.0]).await?;
        self.0.touch_work();
        Ok(())
    }

    /// Removes the work on an object that is gone.
    pub(crate) async fn remove(&self, kind: WorkKind, object: i64) -> Result<()> {
        exec(self.0, "DELETE FROM work WHERE kind = $1 AND object_id = $2", vals![kind.name(), object]).await.map(|_| ())
    }

    async fn finish_resource(&self, lease: &Lease, seen: &Seen, next: &Next, due: i64) -> Result<()> {
        #[derive(FromQueryResult)]
        struct Before {
            kind: String,
            state: String,
            reason: String,
            generation: i64,
            tenant_id: i64,
            name: String,
            audience: Option<i64>,
            datacenter_id: i64,
            spec: String,
            metered: String,
        }
        if *seen == Seen::Gone {
            self.wake_targets(lease).await?;
            self.0.resources().remove(ResourceId(lease.object)).await?;
        }
        let sql =
            "SELECT kind, state, reason, generation, tenant_id, name, audience, datacenter_id, spec, metered FROM resources WHERE id = $1";
        let Some(before) = row::<Before, Tx>(self.0, sql, vals![lease.object]).await? else {
            return self.remove(lease.kind, lease.object).await;
        };
        let now = self.0.clock().now().0;
        let (state, status, peer_id, generation) = match seen {
            Seen::Resource { state, status, generation } => {
                let peer_id = status.as_ref().map(|s| s.peer_id().to_owned());
                let status = status.as_ref().map(Status::to_json).transpose().map_err(Error::internal)?;
                (Some(*state), status, peer_id, Some(*generation))
            }
            _ => (None, None, None, None),
        };
        // what was asked for meanwhile outranks what was seen
        let kept: State = before.state.parse().map_err(Error::internal)?;
        let state = match state {
            _ if kept == State::Deleting => State::Deleting,
            Some(State::Ready | State::Failed) if generation.is_some_and(|g| g < before.generation) => kept,
            Some(state) => state,
            None => kept,
        };
        let moved = state != kept;
        let sql = "UPDATE resources SET state = $1, since = CASE WHEN $2 THEN $3 ELSE since END, reason = $4, \
            attempts = CASE WHEN $5 THEN attempts + 1 ELSE 0 END, next_attempt_at = $6, status = COALESCE($7, status), \
            observed_generation = COALESCE($8, observed_generation), version = CASE WHEN $9 THEN version + 1 ELSE version END, \
            updated_at = CASE WHEN $9 THEN $3 ELSE updated_at END, peer_id = COALESCE($11, peer_id), \
            complete_generation = CASE WHEN $1 = 'ready' THEN COALESCE($8, complete_generation) ELSE complete_generation END WHERE id = $10";
        let told = moved || before.reason != next.reason;
        let values =
            vals![state.name(), moved, now, next.reason.as_str(), next.failed, due, status, generation, told, lease.object, peer_id];
        exec(self.0, sql, values).await?;
        let kind: Kind = before.kind.parse().map_err(Error::internal)?;
        if told {
            let about = About { kind, id: lease.object, tenant: before.tenant_id, audience: before.audience, name: &before.name };
            self.0.events().record_state(&about, "state", state, &next.reason).await?;
        } else {
            self.0.touch(kind.object(), lease.object);
        }
        if let Seen::Resource { status: Some(status), .. } = seen {
            let spec = Spec::from_json(kind, &before.spec).map_err(Error::internal)?;
            let amounts = metered(&spec, status);
            let written = to_json(&amounts)?;
            if written != before.metered {
                let (tenant, datacenter) = (before.tenant_id, before.datacenter_id);
                let of = Metered { resource: lease.object, tenant, datacenter, kind: kind.name(), name: &before.name };
                self.0.usage().meter(&of, &amounts).await?;
                exec(self.0, "UPDATE resources SET metered = $1 WHERE id = $2", vals![written, lease.object]).await?;
            }
        }
        if moved {
            self.wake_referrers(lease.object).await?;
        }
        if moved && state == State::Ready {
            self.wake_targets(lease).await?;
        }
        if state == State::Ready && kind.refers_only_until_made() {
            exec(self.0, "DELETE FROM resource_references WHERE resource_id = $1", vals![lease.object]).await?;
        }
        if let (Kind::App, Some(generation)) = (kind, generation) {
            self.0.releases().observed(ResourceId(lease.object), generation, state, &next.reason).await?;
        }
        Ok(())
    }

    /// What waits for a resource is worked on when that has changed, and not when its wait is over.
    pub(crate) async fn wake_referrers(&self, resource: i64) -> Result<()> {
        self.wake("resource_references", "f.resource_id", "f.target_id = $2 AND r.state <> 'ready' AND w.next_at > $1", resource).await
    }

    /// Lets the resources at one end (`end`) of references in `table` be worked on now; which of them, `which` says of the resource `$2`
    /// at the other.
    pub(crate) async fn wake(&self, table: &str, end: &str, which: &str, resource: i64) -> Result<()> {
        let sql = format!(
            "UPDATE work SET next_at = $1, queue = 0, seq = seq + 1 WHERE id IN (SELECT w.id FROM {table} f \
             JOIN resources r ON r.id = {end} JOIN work w ON w.object_id = r.id AND w.kind = r.kind WHERE {which})"
        );
        if exec(self.0, &sql, vals![self.0.clock().now().0, resource]).await? > 0 {
            self.0.touch_work();
        }
        Ok(())
    }

    /// What is seen otherwise since this was made, was moved or is gone (a volume is in use, a server has an address more) is looked at
    /// now, and not at its next resync.
    async fn wake_targets(&self, lease: &Lease) -> Result<()> {
        let WorkKind::Resource(kind) = lease.kind else { return Ok(()) };
        let Some(shows_on) = kind.shows_on() else { return Ok(()) };
        let which = format!("f.resource_id = $2 AND r.kind = '{}' AND w.next_at > $1", shows_on.name());
        for table in ["resource_references", "former_references"] {
            self.wake(table, "f.target_id", &which, lease.object).await?;
        }
        exec(self.0, "DELETE FROM former_references WHERE resource_id = $1", vals![lease.object]).await.map(|_| ())
    }

    async fn finish_tenant(&self, lease: &Lease, seen: &Seen, next: &Next, due: i64) -> Result<()> {
        if *seen == Seen::Gone {
            self.remove(lease.kind, lease.object).await?;
            return self.0.tenants().remove(TenantId(lease.object)).await;
        }
        let sql =
            "UPDATE tenants SET reason = $1, attempts = CASE WHEN $2 THEN attempts + 1 ELSE 0 END, next_attempt_at = $3 WHERE id = $4";
        exec(self.0, sql, vals![next.reason.as_str(), next.failed, due, lease.object]).await?;
        self.0.touch(ObjectKind::Tenant, lease.object);
        Ok(())
    }

    async fn finish_mail(&self, lease: &Lease, seen: &Seen, next: &Next, due: i64) -> Result<()> {
        let id = MailId(lease.object);
        if let Seen::Mail(ending) = seen {
            self.0.mails().end(id, ending).await?;
        } else if *seen == Seen::Nothing && self.0.mails().waits(id, next, due).await? {
            return Ok(());
        }
        self.remove(lease.kind, lease.object).await
    }

    async fn finish_datacenter(&self, lease: &Lease, seen: &Seen, next: &Next, due: i64) -> Result<()> {
        #[derive(FromQueryResult)]
        struct Before {
            health: String,
            name: String,
        }
        let Some(before) = row::<Before, Tx>(self.0, "SELECT health, name FROM datacenters WHERE id = $1", vals![lease.object]).await?
        else {
            return self.remove(lease.kind, lease.object).await;
        };
        let health = if let Seen::Datacenter(health) = seen { to_json(health)? } else { before.health.clone() };
        let changed = health != before.health;
        let sql = "UPDATE datacenters SET health = $1, reason = $2, attempts = CASE WHEN $3 THEN attempts + 1 ELSE 0 END, next_attempt_at = $4, \
            since = CASE WHEN $5 THEN $6 ELSE since END WHERE id = $7";
        let now = self.0.clock().now().0;
        exec(self.0, sql, vals![health, next.reason.as_str(), next.failed, due, changed, now, lease.object]).await?;
        if changed {
            self.0.events().record(ObjectKind::Datacenter, lease.object, None, "state", &before.name, &next.reason).await?;
        }
        let was: Health = json(&before.health)?;
        if let Seen::Datacenter(now_seen) = seen
            && now_seen.healthy
            && !was.healthy
        {
            self.wake_lane(lease.object).await?;
        }
        self.0.touch(ObjectKind::Datacenter, DatacenterId(lease.object).0);
        Ok(())
    }

    /// A datacenter is well again: what is not at rest there is worked on now, and not when its long wait is over.
    async fn wake_lane(&self, datacenter: i64) -> Result<()> {
        let sql = "UPDATE work SET next_at = $1, queue = 0 WHERE lane = $2 AND next_at > $1 AND kind <> 'datacenter' \
            AND object_id IN (SELECT id FROM resources WHERE datacenter_id = $2 AND (state <> 'ready' OR attempts > 0))";
        exec(self.0, sql, vals![self.0.clock().now().0, datacenter]).await?;
        self.0.touch_work();
        Ok(())
    }
}
