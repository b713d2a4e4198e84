//! Quota: what a tenant may have in a datacenter. Taken and given back by single conditional UPDATEs, so that however
//! many ask at once, exactly as much is admitted as fits, and however deep the tree is, a consumption touches one row.

use std::fmt::Write as _;

use sea_orm::{FromQueryResult, Value};
use tenantry_domain::policy::{Allowed, ObjectKind, Scope, obj};
use tenantry_domain::quota::Limits;
use tenantry_domain::tenant::DatacenterQuota;
use tenantry_domain::{Amounts, DatacenterId, DatacenterQuotaId, Error, ErrorKind, Metric, Result, TenantId, Timestamp};

use crate::Tx;
use crate::sql::{Conn, Where, aggregate, exec, row, rows, vals};

aggregate!(
    /// Shares of datacenters.
    Quotas,
    quotas
);

macro_rules! quota_row {
    ($(($metric:ident, $limit:ident, $used:ident, $granted:ident)),*) => {
        #[derive(FromQueryResult)]
        struct Row {
            id: i64,
            tenant_id: i64,
            datacenter_id: i64,
            datacenter_name: String,
            overridden: bool,
            version: i64,
            updated_at: i64,
            $($limit: Option<i64>, $used: i64, $granted: i64,)*
        }
        impl From<Row> for DatacenterQuota {
            fn from(row: Row) -> Self {
                Self {
                    id: DatacenterQuotaId(row.id),
                    tenant: TenantId(row.tenant_id),
                    datacenter: DatacenterId(row.datacenter_id),
                    datacenter_name: row.datacenter_name,
                    limits: Limits::NONE$(.with(Metric::$metric, row.$limit))*,
                    used: Amounts::ZERO$(.with(Metric::$metric, row.$used))*,
                    granted: Amounts::ZERO$(.with(Metric::$metric, row.$granted))*,
                    overridden: row.overridden,
                    version: row.version,
                    updated_at: Timestamp(row.updated_at),
                }
            }
        }
        const COLUMNS: &str = concat!(
            "SELECT q.id, q.tenant_id, q.datacenter_id, d.name AS datacenter_name, q.overridden, q.version, q.updated_at",
            $(", q.", stringify!($limit), ", q.", stringify!($used), ", q.", stringify!($granted),)*
            " FROM datacenter_quotas q JOIN datacenters d ON d.id = q.datacenter_id"
        );
    };
}
quota_row!(
    (Cpu, cpu_limit, cpu_used, cpu_granted),
    (Memory, memory_limit, memory_used, memory_granted),
    (Storage, storage_limit, storage_used, storage_granted),
    (Servers, servers_limit, servers_used, servers_granted),
    (Volumes, volumes_limit, volumes_used, volumes_granted),
    (Networks, networks_limit, networks_used, networks_granted),
    (Routers, routers_limit, routers_used, routers_granted),
    (Instances, instances_limit, instances_used, instances_granted),
    (FloatingIps, floating_ips_limit, floating_ips_used, floating_ips_granted)
);

/// Which column a change adds to.
#[derive(Clone, Copy)]
enum Column {
    Used,
    Granted,
}

impl<X: Conn> Quotas<'_, X> {
    /// The shares of these tenants.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_tenants(&self, scope: &Scope, tenants: &[TenantId]) -> Result<Vec<DatacenterQuota>> {
        let mut filter = Where::default();
        filter.any("q.tenant_id", tenants.iter().map(|t| t.0)).scope("q.tenant_id", scope);
        let (clause, values) = filter.build();
        let sql = format!("{COLUMNS}{clause} ORDER BY q.tenant_id, q.datacenter_id");
        Ok(rows::<Row, X>(self.0, &sql, values).await?.into_iter().map(Into::into).collect())
    }

    /// A tenant's share of a datacenter.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(&self, scope: &Scope, tenant: TenantId, datacenter: DatacenterId) -> Result<Option<DatacenterQuota>> {
        let mut filter = Where::default();
        filter.and("q.tenant_id = {}", tenant.0).and("q.datacenter_id = {}", datacenter.0).scope("q.tenant_id", scope);
        let (clause, values) = filter.build();
        Ok(row::<Row, X>(self.0, &format!("{COLUMNS}{clause}"), values).await?.map(Into::into))
    }

    /// A share by its id.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when the tenant has no such share, or the scope does not reach it.
    pub async fn get(&self, scope: &Scope, tenant: TenantId, id: DatacenterQuotaId) -> Result<DatacenterQuota> {
        let mut filter = Where::default();
        filter.and("q.id = {}", id.0).and("q.tenant_id = {}", tenant.0).scope("q.tenant_id", scope);
        let (clause, values) = filter.build();
        let found = row::<Row, X>(self.0, &format!("{COLUMNS}{clause}"), values).await?;
        found.map(Into::into).ok_or_else(|| Error::not_found(ObjectKind::DatacenterQuota, id))
    }
}

impl Quotas<'_, Tx> {
    /// Takes `amounts` of the tenant's share, or nothing at all.
    ///
    /// # Errors
    /// [`ErrorKind::QuotaExceeded`] with what is missing; [`ErrorKind::InvalidArgument`] when the tenant has no share there.
    pub async fn take(&self, tenant: TenantId, datacenter: DatacenterId, amounts: Amounts) -> Result<()> {
        self.add(Column::Used, tenant, datacenter, amounts).await
    }

    /// Gives back what was taken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_back(&self, tenant: TenantId, datacenter: DatacenterId, amounts: Amounts) -> Result<()> {
        self.add(Column::Used, tenant, datacenter, -amounts).await
    }

    async fn add(&self, column: Column, tenant: TenantId, datacenter: DatacenterId, amounts: Amounts) -> Result<()> {
        if amounts.is_zero() {
            return Ok(());
        }
        let suffix = match column {
            Column::Used => "used",
            Column::Granted => "granted",
        };
        let (mut set, mut check) = (String::new(), String::new());
        let mut values: Vec<Value> = vals![tenant.0, datacenter.0];
        for (metric, amount) in amounts.iter().filter(|(_, a)| *a != 0) {
            values.push(amount.into());
            let n = values.len();
            let comma = if set.is_empty() { "" } else { ", " };
            let _ = write!(set, "{comma}{metric}_{suffix} = {metric}_{suffix} + ${n}");
            if amount > 0 {
                let _ = write!(check, " AND ({metric}_limit IS NULL OR {metric}_used + {metric}_granted + ${n} <= {metric}_limit)");
            }
        }
        let sql = format!("UPDATE datacenter_quotas SET {set} WHERE tenant_id = $1 AND datacenter_id = $2{check}");
        if exec(self.0, &sql, values).await? == 1 {
            return Ok(());
        }
        let Some(share) = self.find(&Scope::system(), tenant, datacenter).await? else {
            return Err(Error::invalid("datacenter_id", format!("the tenant has no share of datacenter {datacenter}")));
        };
        Err(exceeded(&share, amounts, column))
    }

    /// Gives a tenant a share of a datacenter, out of its parent's (none: the root's share, out of the capacity).
    ///
    /// # Errors
    /// [`ErrorKind::QuotaExceeded`] when the parent has not that much; [`ErrorKind::AlreadyExists`] when there is one.
    pub async fn grant(
        &self,
        tenant: TenantId,
        parent: Option<TenantId>,
        datacenter: DatacenterId,
        limits: &Limits,
        overridden: bool,
    ) -> Result<()> {
        if let Some(parent) = parent {
            self.check_bounded(parent, datacenter, limits).await?;
            self.add(Column::Granted, parent, datacenter, limits.granted()).await.map_err(|e| no_share_above(e, datacenter))?;
        }
        let mut values: Vec<Value> = vals![tenant.0, datacenter.0, overridden, self.0.clock().now().0];
        let (mut columns, mut places) = (String::new(), String::new());
        for (metric, limit) in limits.iter() {
            values.push(limit.into());
            let _ = write!(columns, ", {metric}_limit");
            let _ = write!(places, ", ${}", values.len());
        }
        let sql = format!(
            "INSERT INTO datacenter_quotas (tenant_id, datacenter_id, overridden, updated_at{columns}) VALUES ($1, $2, $3, $4{places})"
        );
        exec(self.0, &sql, values).await.map_err(crate::sql::taken(
            ObjectKind::DatacenterQuota,
            format!("the tenant has a share of datacenter {datacenter} already"),
        ))?;
        self.0.touch(ObjectKind::Tenant, tenant.0);
        Ok(())
    }

    /// Changes a tenant's share; the difference is taken out of its parent's, or given back.
    ///
    /// # Errors
    /// [`ErrorKind::QuotaExceeded`] when the parent has not that much, or the tenant holds more than the new limits.
    pub async fn resize<A, T>(
        &self,
        allowed: &Allowed<A, T>,
        parent: Option<TenantId>,
        datacenter: DatacenterId,
        limits: &Limits,
        overridden: bool,
    ) -> Result<()>
    where
        T: QuotaOwner,
    {
        self.resize_unchecked(allowed.tenant(), parent, datacenter, limits, overridden).await
    }

    pub(crate) async fn resize_unchecked(
        &self,
        tenant: TenantId,
        parent: Option<TenantId>,
        datacenter: DatacenterId,
        limits: &Limits,
        overridden: bool,
    ) -> Result<()> {
        let share = self
            .find(&Scope::system(), tenant, datacenter)
            .await?
            .ok_or_else(|| Error::invalid("datacenter_id", format!("the tenant has no share of datacenter {datacenter}")))?;
        if let Some(parent) = parent {
            self.check_bounded(parent, datacenter, limits).await?;
            let difference = limits.granted() - share.limits.granted();
            self.add(Column::Granted, parent, datacenter, difference).await.map_err(|e| no_share_above(e, datacenter))?;
        }
        let mut values: Vec<Value> = vals![tenant.0, datacenter.0, overridden, self.0.clock().now().0, share.version];
        let (mut set, mut check) = (String::new(), String::new());
        for (metric, limit) in limits.iter() {
            values.push(limit.into());
            let n = values.len();
            let _ = write!(set, ", {metric}_limit = ${n}");
            if limit.is_some() {
                let _ = write!(check, " AND {metric}_used + {metric}_granted <= ${n}");
            }
        }
        let sql = format!(
            "UPDATE datacenter_quotas SET overridden = $3, updated_at = $4, version = version + 1{set} \
             WHERE tenant_id = $1 AND datacenter_id = $2 AND version = $5{check}"
        );
        if exec(self.0, &sql, values).await? == 1 {
            self.0.touch(ObjectKind::Tenant, tenant.0);
            return Ok(());
        }
        let now = self.find(&Scope::system(), tenant, datacenter).await?.unwrap_or(share);
        let held = now.used + now.granted;
        let over = limits.iter().find(|(m, l)| l.is_some_and(|l| held[*m] > l));
        Err(over.map_or_else(
            || {
                Error::new(ErrorKind::Conflict, "the quota was changed by somebody else at the same moment; try again")
                    .about(ObjectKind::DatacenterQuota)
            },
            |(metric, limit)| {
                Error::new(
                    ErrorKind::QuotaExceeded,
                    format!(
                        "the {metric} quota in datacenter '{}' cannot become {}: {} are in use or granted to tenants below",
                        now.datacenter_name,
                        metric.show(limit.unwrap_or(0)),
                        metric.show(held[metric])
                    ),
                )
            },
        ))
    }

    /// A limit that the parent has, its children must have too: else they would escape it.
    async fn check_bounded(&self, parent: TenantId, datacenter: DatacenterId, limits: &Limits) -> Result<()> {
        let Some(above) = self.find(&Scope::system(), parent, datacenter).await? else {
            return Err(Error::invalid("datacenter_id", format!("the tenant above has no share of datacenter {datacenter}")));
        };
        match limits.iter().find(|(m, l)| l.is_none() && above.limits.get(*m).is_some()) {
            Some((metric, _)) => Err(Error::invalid(
                metric.name(),
                format!("a {metric} quota is required: the tenant above has one in datacenter '{}'", above.datacenter_name),
            )),
            None => Ok(()),
        }
    }

    /// Takes a tenant's share of a datacenter away; what it was goes back to the parent.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] when something of it is still held.
    pub async fn revoke(&self, tenant: TenantId, parent: Option<TenantId>, datacenter: DatacenterId) -> Result<()> {
        let Some(share) = self.find(&Scope::system(), tenant, datacenter).await? else { return Ok(()) };
        let zero: String = Metric::ALL.iter().map(|m| format!(" AND {m}_used = 0 AND {m}_granted = 0")).collect();
        let sql = format!("DELETE FROM datacenter_quotas WHERE tenant_id = $1 AND datacenter_id = $2 AND version = $3{zero}");
        if exec(self.0, &sql, vals![tenant.0, datacenter.0, share.version]).await? == 0 {
            return Err(Error::conflict(
                ObjectKind::DatacenterQuota,
                format!("the share of datacenter '{}' is still in use by resources or tenants below", share.datacenter_name),
            ));
        }
        if let Some(parent) = parent {
            self.add(Column::Granted, parent, datacenter, -share.limits.granted()).await?;
        }
        self.0.touch(ObjectKind::Tenant, tenant.0);
        Ok(())
    }

    /// Gives all shares of a closed tenant back.
    pub(crate) async fn give_back_all(&self, tenant: TenantId, parent: TenantId) -> Result<()> {
        for share in self.of_tenants(&Scope::system(), &[tenant]).await? {
            self.revoke(tenant, Some(parent), share.datacenter).await?;
        }
        Ok(())
    }
}

/// Which proofs are good for changing a share.
pub trait QuotaOwner {}
impl QuotaOwner for obj::Tenant {}
impl QuotaOwner for obj::DatacenterQuota {}
impl QuotaOwner for obj::Account {}
impl QuotaOwner for obj::Datacenter {}

fn no_share_above(error: Error, datacenter: DatacenterId) -> Error {
    if error.kind == ErrorKind::InvalidArgument {
        Error::invalid("datacenter_id", format!("the tenant above has no share of datacenter {datacenter}"))
    } else {
        error
    }
}

fn exceeded(share: &DatacenterQuota, amounts: Amounts, column: Column) -> Error {
    let held = share.used + share.granted;
    let over = amounts.iter().find(|(m, a)| *a > 0 && share.limits.get(*m).is_some_and(|l| held[*m] + a > l));
    let Some((metric, asked)) = over else {
        return Error::new(ErrorKind::QuotaExceeded, "the quota was used up at the same moment; try again");
    };
    let limit = share.limits.get(metric).unwrap_or(0);
    let whose = match column {
        Column::Used => "the tenant's quota",
        Column::Granted => "what the tenant above (or the datacenter) can grant",
    };
    Error::new(
        ErrorKind::QuotaExceeded,
        format!(
            "{whose} of {metric} in datacenter '{}' is {}, {} of it are taken, and {} more were asked for",
            share.datacenter_name,
            metric.show(limit),
            metric.show(held[metric]),
            metric.show(asked)
        ),
    )
}
