//! Tenants, and their quotas in single datacenters.

use reqwest::Method;
use tenantry_domain::{DatacenterId, DatacenterQuotaId, TenantId};

use crate::call::{Call, text};
use crate::client::Client;
use crate::list::List;
use crate::types::{Namespace, NewQuota, NewTenant, NoFilter, Quota, QuotaChange, Tenant, TenantChange, TenantFilter};

impl Client {
    /// Tenants.
    pub fn list_tenants(&self, filter: &TenantFilter) -> List<Tenant> {
        List::new(self, "tenants", filter)
    }

    /// Opens a tenant.
    pub fn create_tenant(&self, new: &NewTenant) -> Call<Tenant> {
        self.post("tenants", new)
    }

    /// One tenant.
    pub fn get_tenant(&self, id: TenantId) -> Call<Tenant> {
        self.get(format!("tenants/{id}"))
    }

    /// Changes a tenant. `cascade` lets a datacenter go that still holds disks or apps.
    pub fn update_tenant(&self, id: TenantId, change: &TenantChange, cascade: bool) -> Call<Tenant> {
        let call = self.patch(format!("tenants/{id}"), change);
        if cascade { call.query("cascade", true) } else { call }
    }

    /// Closes a tenant; with `cascade` all that is in it and below it.
    pub fn delete_tenant(&self, id: TenantId, cascade: bool) -> Call<Option<Tenant>> {
        let call = self.remove(format!("tenants/{id}"));
        if cascade { call.query("cascade", true) } else { call }
    }

    /// Tries now what would be tried later.
    pub fn retry_tenant(&self, id: TenantId) -> Call<Tenant> {
        self.command(format!("tenants/{id}/retry"))
    }

    /// Gives up on what can't be removed at a peer.
    pub fn forget_tenant(&self, id: TenantId) -> Call<Option<Tenant>> {
        Call::new(self, Method::POST, format!("tenants/{id}/forget"), crate::call::remainder)
    }

    /// The tenant's namespaces.
    pub fn list_tenant_namespaces(&self, id: TenantId) -> List<Namespace> {
        List::new(self, format!("tenants/{id}/namespaces"), &NoFilter {})
    }

    /// A kubeconfig limited to the tenant's namespace in a datacenter. It is a secret.
    pub fn get_kubeconfig(&self, id: TenantId, datacenter: DatacenterId) -> Call<String> {
        Call::new(self, Method::GET, format!("tenants/{id}/kubeconfig"), text).query("datacenter_id", datacenter)
    }

    /// The tenant's quotas in its datacenters.
    pub fn list_quotas(&self, tenant: TenantId) -> List<Quota> {
        List::new(self, format!("tenants/{tenant}/quotas"), &NoFilter {})
    }

    /// Overrides the tenant's totals in one datacenter.
    pub fn create_quota(&self, tenant: TenantId, new: &NewQuota) -> Call<Quota> {
        self.post(format!("tenants/{tenant}/quotas"), new)
    }

    /// One datacenter quota.
    pub fn get_quota(&self, tenant: TenantId, id: DatacenterQuotaId) -> Call<Quota> {
        self.get(format!("tenants/{tenant}/quotas/{id}"))
    }

    /// Changes a datacenter quota.
    pub fn update_quota(&self, tenant: TenantId, id: DatacenterQuotaId, change: &QuotaChange) -> Call<Quota> {
        self.patch(format!("tenants/{tenant}/quotas/{id}"), change)
    }

    /// Back to the tenant's totals.
    pub fn delete_quota(&self, tenant: TenantId, id: DatacenterQuotaId) -> Call<()> {
        self.delete(format!("tenants/{tenant}/quotas/{id}"))
    }
}
