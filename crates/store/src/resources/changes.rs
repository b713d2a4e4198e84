//! What is written of resources, each in the caller's transaction, with its event and its work.

use sea_orm::{FromQueryResult, Value};
use tenantry_domain::policy::{Allowed, ObjectKind, act, obj};
use tenantry_domain::resource::{Audience, Kind, Origin, Resource, Spec, State, Status};
use tenantry_domain::{Amounts, DatacenterId, Error, ResourceId, Result, TenantId, UserId};

use super::{NewResource, Resources, SHOWN, about, audience_column, stale};
use crate::Tx;
use crate::events::About;
use crate::sql::{Conn as _, Where, exec, json, number, number_opt, row, taken, to_json, vals};
use crate::usage::Metered;
use crate::work::WorkKind;

impl Resources<'_, Tx> {
    /// Records a new resource in the tenant that the proof names, and enqueues its work.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] when the name is taken, [`ErrorKind::Conflict`] when something that it needs is being removed.
    pub async fn insert<A, T>(
        &self,
        allowed: &Allowed<A, T>,
        datacenter: DatacenterId,
        parent: Option<ResourceId>,
        name: &str,
        spec: &Spec,
    ) -> Result<ResourceId> {
        self.insert_as(allowed, &NewResource::new(datacenter, parent, name, spec)).await
    }

    /// The same with an audience, an origin and what was seen before.
    ///
    /// # Errors
    /// Those of [`Self::insert`].
    pub async fn insert_as<A, T>(&self, allowed: &Allowed<A, T>, new: &NewResource<'_>) -> Result<ResourceId> {
        let NewResource { datacenter, parent, name, spec, .. } = *new;
        let kind = spec.kind();
        let now = self.0.clock().now().0;
        if let Some(parent) = parent {
            // locks the namespace's row, so that it is not removed at the same moment
            let sql = "UPDATE resources SET version = version WHERE id = $1 AND state <> 'deleting'";
            if exec(self.0, sql, vals![parent.0]).await? == 0 {
                return Err(Error::conflict(ObjectKind::Namespace, "the tenant's namespace there is being removed"));
            }
        }
        let status = if new.peer_id.is_empty() { Status::empty(kind) } else { Status::adopted(kind, new.peer_id) };
        let audience = audience_column(new.audience);
        let sql = "INSERT INTO resources (uid, kind, tenant_id, datacenter_id, parent_id, name, spec, status, holds, state, since, created_by, \
            created_at, updated_at, audience, origin, peer_id) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending', $10, $11, $10, $10, $12, $13, $14) RETURNING id AS n";
        let values = vals![
            self.0.clock().uid().to_string(),
            kind.name(),
            allowed.tenant().0,
            datacenter.0,
            parent.map(|p| p.0),
            name,
            spec.to_json().map_err(Error::internal)?,
            status.to_json().map_err(Error::internal)?,
            to_json(&spec.holds())?,
            now,
            allowed.actor().0,
            audience,
            new.origin.name(),
            new.peer_id,
        ];
        let id = number(self.0, sql, values)
            .await
            .map_err(taken(kind.object(), format!("the tenant has a {kind} '{name}' in datacenter {datacenter} already")))?;
        self.refer(ResourceId(id), allowed.tenant(), datacenter, &spec.references()).await?;
        let about = About { kind, id, tenant: allowed.tenant().0, audience, name };
        self.0.events().record_state(&about, "created", State::Pending, "").await?;
        self.0.work().enqueue(WorkKind::Resource(kind), id, datacenter.0).await?;
        Ok(ResourceId(id))
    }

    /// Locks a resource's row until the commit, so that who asks at the same moment waits.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock(&self, id: ResourceId) -> Result<()> {
        exec(self.0, "UPDATE resources SET version = version WHERE id = $1", vals![id.0]).await.map(|_| ())
    }

    /// Lets everything in these tenants go in any order: what is given up on waits for nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_references(&self, allowed: &Allowed<act::Forget, obj::Tenant>, tenants: &[TenantId]) -> Result<()> {
        let _ = allowed;
        let mut filter = Where::default();
        filter.any("tenant_id", tenants.iter().map(|t| t.0));
        let (clause, values) = filter.build();
        let sql = format!("DELETE FROM resource_references WHERE resource_id IN (SELECT id FROM resources{clause})");
        exec(self.0, &sql, values).await.map(|_| ())
    }

    /// Writes what a resource refers to. The targets are locked, so that none is removed at the same moment, and are of the same tenant
    /// and datacenter.
    async fn refer(&self, resource: ResourceId, tenant: TenantId, datacenter: DatacenterId, targets: &[ResourceId]) -> Result<()> {
        exec(self.0, "DELETE FROM resource_references WHERE resource_id = $1", vals![resource.0]).await?;
        let mut targets: Vec<i64> = targets.iter().map(|t| t.0).collect();
        targets.sort_unstable();
        targets.dedup();
        if targets.is_empty() {
            return Ok(());
        }
        let mut filter = Where::default();
        filter.any("id", targets.iter().copied());
        filter.and("tenant_id = {}", tenant.0).and("datacenter_id = {}", datacenter.0).raw("state <> 'deleting'");
        let (clause, values) = filter.build();
        let locked = exec(self.0, &format!("UPDATE resources SET version = version{clause}"), values).await?;
        if usize::try_from(locked).ok() != Some(targets.len()) {
            let message = "something that it refers to was removed, is being removed, or is in another datacenter";
            return Err(Error::conflict(ObjectKind::Namespace, message));
        }
        let mut places = Vec::new();
        let mut values = vals![resource.0];
        for target in targets {
            values.push(target.into());
            places.push(format!("($1, ${})", values.len()));
        }
        exec(self.0, &format!("INSERT INTO resource_references (resource_id, target_id) VALUES {}", places.join(", ")), values).await?;
        Ok(())
    }

    /// Keeps in mind what a resource refers to until what is asked for now is there: what it was at is then looked at once more.
    async fn remember_references(&self, resource: ResourceId) -> Result<()> {
        let sql = "INSERT INTO former_references (resource_id, target_id) \
            SELECT resource_id, target_id FROM resource_references WHERE resource_id = $1 ON CONFLICT DO NOTHING";
        exec(self.0, sql, vals![resource.0]).await.map(|_| ())
    }

    /// Changes what is asked for. Quota is the caller's business, in the same transaction.
    ///
    /// # Errors
    /// [`ErrorKind::StaleVersion`] when `resource` is not the newest version, [`ErrorKind::Conflict`] when it is being removed.
    pub async fn update_spec<A, T>(&self, allowed: &Allowed<A, T>, resource: &Resource, spec: &Spec) -> Result<i64> {
        let now = self.0.clock().now().0;
        let sql = "UPDATE resources SET spec = $1, holds = $2, generation = generation + 1, version = version + 1, updated_at = $3, \
            state = CASE WHEN state = 'pending' THEN 'pending' ELSE 'updating' END, \
            since = CASE WHEN state IN ('pending', 'updating') THEN since ELSE $3 END, reason = '', attempts = 0 \
            WHERE id = $4 AND tenant_id = $5 AND version = $6 AND state <> 'deleting' RETURNING generation AS n";
        let values = vals![
            spec.to_json().map_err(Error::internal)?,
            to_json(&spec.holds())?,
            now,
            resource.id.0,
            allowed.tenant().0,
            resource.version
        ];
        let kind = resource.kind();
        if !kind.refers_only_until_made() {
            let (before, after) = (resource.spec.references(), spec.references());
            if before != after {
                if kind.shows_on().is_some() {
                    self.remember_references(resource.id).await?;
                }
                self.refer(resource.id, resource.tenant, resource.datacenter, &after).await?;
            }
        }
        let Some(generation) = number_opt(self.0, sql, values).await? else {
            return Err(Error::conflict(
                kind.object(),
                format!(
                    "the {kind} '{}' is being removed, or was changed by somebody else at the same moment; read it again",
                    resource.name
                ),
            ));
        };
        self.0.events().record_state(&about(resource), "updated", State::Updating, "").await?;
        self.0.work().enqueue(WorkKind::Resource(kind), resource.id.0, resource.datacenter.0).await?;
        Ok(generation)
    }

    /// Marks a resource for removal and enqueues its work. Doing it again changes nothing but wakes the work.
    ///
    /// # Errors
    /// [`ErrorKind::StaleVersion`] when another version is asked for.
    pub async fn delete<A, T>(&self, allowed: &Allowed<A, T>, resource: &Resource, version: Option<i64>) -> Result<()> {
        let _ = allowed;
        if let Some(asked) = version.filter(|v| *v != resource.version) {
            return Err(stale(resource.kind().object(), resource.version, Some(asked)));
        }
        let now = self.0.clock().now().0;
        let sql = "UPDATE resources SET state = 'deleting', since = $1, reason = '', attempts = 0, version = version + 1, updated_at = $1 \
            WHERE id = $2 AND state <> 'deleting'";
        let kind = resource.kind();
        if exec(self.0, sql, vals![now, resource.id.0]).await? == 1 {
            self.0.events().record_state(&about(resource), "state", State::Deleting, "").await?;
        }
        self.0.work().enqueue(WorkKind::Resource(kind), resource.id.0, resource.datacenter.0).await
    }

    /// Marks everything in these tenants for removal, in three statements however much it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_all<A>(
        &self,
        allowed: &Allowed<A, obj::Tenant>,
        tenants: &[TenantId],
        datacenter: Option<DatacenterId>,
    ) -> Result<()> {
        let _ = allowed;
        let now = self.0.clock().now().0;
        let mut filter = Where::default();
        let stamp = filter.value(now);
        filter
            .any("tenant_id", tenants.iter().map(|t| t.0))
            .and_if("datacenter_id = {}", datacenter.map(|d| d.0))
            .raw("state <> 'deleting'");
        let (clause, values) = (filter.clause(), filter.into_values());
        self.announce(&clause, &values, &stamp, ("state", State::Deleting)).await?;
        let rows = format!(
            "UPDATE resources SET state = 'deleting', since = {stamp}, reason = '', attempts = 0, version = version + 1, updated_at = {stamp}{clause}"
        );
        exec(self.0, &rows, values).await.map(|_| ())
    }

    /// Lets controllers work on everything of these kinds in these tenants as after a change of its spec, in four statements however much
    /// it is: what is wanted of it depends on its tenant, and that has changed.
    pub(crate) async fn renew_all(&self, tenants: &[TenantId], kinds: &[Kind]) -> Result<()> {
        let within = |filter: &mut Where| {
            filter.any("tenant_id", tenants.iter().map(|t| t.0)).any("kind", kinds.iter().map(|k| k.name())).raw("state <> 'deleting'");
        };
        // what was being released goes on in the new generation
        let mut filter = Where::default();
        within(&mut filter);
        let (clause, values) = filter.build();
        let releases = format!(
            "UPDATE releases SET generation = generation + 1 WHERE status IN ('running', 'failed') AND app_id IN (SELECT id FROM resources{clause}) \
             AND generation = (SELECT r.generation FROM resources r WHERE r.id = releases.app_id)"
        );
        exec(self.0, &releases, values).await?;
        let mut filter = Where::default();
        let stamp = filter.value(self.0.clock().now().0);
        within(&mut filter);
        let (clause, values) = (filter.clause(), filter.into_values());
        self.announce(&clause, &values, &stamp, ("updated", State::Updating)).await?;
        let rows = format!(
            "UPDATE resources SET generation = generation + 1, version = version + 1, updated_at = {stamp}, \
             state = CASE WHEN state = 'pending' THEN 'pending' ELSE 'updating' END, \
             since = CASE WHEN state IN ('pending', 'updating') THEN since ELSE {stamp} END, reason = '', attempts = 0{clause}"
        );
        exec(self.0, &rows, values).await.map(|_| ())
    }

    /// Writes events and work for every resource that a clause means. Work comes before the rows, in the order in which steps end.
    async fn announce(&self, clause: &str, values: &[Value], stamp: &str, (change, state): (&str, State)) -> Result<()> {
        let events = format!(
            "INSERT INTO events (at, tenant_id, audience, object, object_id, name, change, state) \
             SELECT {stamp}, tenant_id, audience, kind, id, name, '{change}', '{state}' FROM resources{clause}"
        );
        exec(self.0, &events, values.to_vec()).await?;
        self.enqueue_all(clause, values, stamp).await
    }

    async fn enqueue_all(&self, clause: &str, values: &[Value], stamp: &str) -> Result<()> {
        let work = format!(
            "INSERT INTO work (kind, object_id, lane, next_at) SELECT kind, id, datacenter_id, {stamp} FROM resources{clause} \
             ON CONFLICT (kind, object_id) DO UPDATE SET next_at = excluded.next_at, queue = 0, seq = work.seq + 1"
        );
        exec(self.0, &work, values.to_vec()).await?;
        self.0.touch_work();
        Ok(())
    }

    /// Lets a controller try again now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry<A, T>(&self, allowed: &Allowed<A, T>, resource: &Resource) -> Result<()> {
        let _ = allowed;
        exec(self.0, "UPDATE resources SET attempts = 0 WHERE id = $1", vals![resource.id.0]).await?;
        self.0.touch(resource.kind().object(), resource.id.0);
        self.0.work().enqueue(WorkKind::Resource(resource.kind()), resource.id.0, resource.datacenter.0).await
    }

    /// Lets controllers try again now what is not at rest in these tenants, in two statements however much it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn retry_all(&self, allowed: &Allowed<act::Retry, obj::Tenant>, tenants: &[TenantId]) -> Result<()> {
        let _ = allowed;
        let mut filter = Where::default();
        let stamp = filter.value(self.0.clock().now().0);
        filter.any("tenant_id", tenants.iter().map(|t| t.0)).raw("(state <> 'ready' OR observed_generation < generation)");
        let (clause, values) = (filter.clause(), filter.into_values());
        self.enqueue_all(&clause, &values, &stamp).await?;
        exec(self.0, &format!("UPDATE resources SET attempts = 0, next_attempt_at = {stamp}{clause}"), values).await.map(|_| ())
    }

    /// Gives up on a resource that cannot be removed at its peer: the row goes, an orphan is recorded.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when it is not being removed.
    pub async fn forget<A, T>(&self, allowed: &Allowed<A, T>, resource: &Resource) -> Result<()> {
        let _ = allowed;
        let kind = resource.kind();
        if resource.state != State::Deleting {
            return Err(Error::conflict(
                kind.object(),
                format!("only what is being removed can be forgotten: delete the {kind} '{}' first", resource.name),
            ));
        }
        if self.children(resource.id).await? > 0 {
            return Err(Error::conflict(kind.object(), "resources that live in this namespace have to go first"));
        }
        let referrers = self.referrers(resource.id, SHOWN).await?;
        if !referrers.is_empty() {
            let message = format!("what refers to the {kind} '{}' has to go first", resource.name);
            return Err(Error::conflict(kind.object(), message).blocked_by(referrers.iter().map(Resource::called).collect()));
        }
        self.0.orphans().insert(resource).await?;
        self.remove(resource.id).await
    }

    /// Changes who sees a resource.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when it is being removed.
    pub async fn set_audience<A, T>(&self, allowed: &Allowed<A, T>, resource: &Resource, audience: Audience) -> Result<()> {
        let sql = "UPDATE resources SET audience = $1, version = version + 1, updated_at = $2 \
            WHERE id = $3 AND tenant_id = $4 AND state <> 'deleting'";
        let values = vals![audience_column(audience), self.0.clock().now().0, resource.id.0, allowed.tenant().0];
        let kind = resource.kind();
        if exec(self.0, sql, values).await? == 0 {
            return Err(Error::conflict(kind.object(), format!("the {kind} '{}' is being removed", resource.name)));
        }
        let after = Resource { audience, ..resource.clone() };
        self.0.events().record_state(&about(&after), "updated", resource.state, "").await
    }

    /// Writes down that a namespace that somebody else made is taken over, and whether it may be removed.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when it is being removed, or was changed at the same moment.
    pub async fn adopt(
        &self,
        allowed: &Allowed<act::Adopt, obj::Namespace>,
        resource: &Resource,
        spec: &Spec,
        origin: Origin,
    ) -> Result<()> {
        self.update_spec(allowed, resource, spec).await?;
        exec(self.0, "UPDATE resources SET origin = $1 WHERE id = $2", vals![origin.name(), resource.id.0]).await.map(|_| ())
    }

    /// Takes everything that is assigned to a user from them: they are removed, or left the tenant.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unassign_all<A, T>(&self, allowed: &Allowed<A, T>, user: UserId) -> Result<()> {
        let _ = allowed;
        exec(self.0, "UPDATE resources SET audience = 0, version = version + 1 WHERE audience = $1", vals![user.0]).await.map(|_| ())
    }

    /// Removes the row of a resource that is gone: quota goes back, releases end, whoever waits for it is woken.
    pub(crate) async fn remove(&self, id: ResourceId) -> Result<()> {
        #[derive(FromQueryResult)]
        struct Gone {
            kind: String,
            tenant_id: i64,
            datacenter_id: i64,
            parent_id: Option<i64>,
            audience: Option<i64>,
            name: String,
            holds: String,
        }
        // what waits for it to go, if it waits for nothing else: a network with thousands of servers is looked at when the last has gone
        let last = "f.resource_id = $2 AND r.state = 'deleting' \
            AND NOT EXISTS (SELECT 1 FROM resource_references o WHERE o.target_id = r.id AND o.resource_id <> $2)";
        self.0.work().wake("resource_references", "f.target_id", last, id.0).await?;
        let sql = "DELETE FROM resources WHERE id = $1 AND state = 'deleting' \
            RETURNING kind, tenant_id, datacenter_id, parent_id, audience, name, holds";
        let Some(gone) = row::<Gone, Tx>(self.0, sql, vals![id.0]).await? else { return Ok(()) };
        let kind: Kind = gone.kind.parse().map_err(Error::internal)?;
        let tenant = TenantId(gone.tenant_id);
        let datacenter = DatacenterId(gone.datacenter_id);
        let holds: Amounts = json(&gone.holds)?;
        self.0.quotas().give_back(tenant, datacenter, holds).await?;
        let of = Metered { resource: id.0, tenant: tenant.0, datacenter: datacenter.0, kind: kind.name(), name: &gone.name };
        self.0.usage().meter(&of, &Amounts::ZERO).await?;
        self.0.releases().app_gone(id).await?;
        self.0.work().remove(WorkKind::Resource(kind), id.0).await?;
        let about = About { kind, id: id.0, tenant: tenant.0, audience: gone.audience, name: &gone.name };
        self.0.events().record_gone(&about).await?;
        if let Some(parent) = gone.parent_id {
            let sql = "SELECT COUNT(*) AS n FROM resources WHERE id = $1 AND state = 'deleting' \
                AND NOT EXISTS (SELECT 1 FROM resources c WHERE c.parent_id = $1)";
            let waiting = number(self.0, sql, vals![parent]).await?;
            if waiting > 0 {
                self.0.work().enqueue(WorkKind::Resource(Kind::Namespace), parent, datacenter.0).await?;
            }
        }
        if kind == Kind::Namespace {
            self.namespace_gone(tenant, datacenter).await?;
        }
        Ok(())
    }

    /// A namespace is gone: the share of its datacenter goes back if the tenant lives on, else the closing goes on.
    async fn namespace_gone(&self, tenant: TenantId, datacenter: DatacenterId) -> Result<()> {
        #[derive(FromQueryResult)]
        struct Owner {
            state: String,
            parent_id: Option<i64>,
        }
        let owner = row::<Owner, Tx>(self.0, "SELECT state, parent_id FROM tenants WHERE id = $1", vals![tenant.0]).await?;
        match owner {
            Some(owner) if owner.state == "closing" => self.0.work().enqueue(WorkKind::Tenant, tenant.0, 0).await,
            Some(owner) => self.0.quotas().revoke(tenant, owner.parent_id.map(TenantId), datacenter).await,
            None => Ok(()),
        }
    }
}
