//! Accounts, purchases and the packages on sale.

use tenantry_domain::{QuotaPlanId, TenantId};

use crate::call::Call;
use crate::client::Client;
use crate::list::List;
use crate::types::{
    Account, AccountChange, LedgerLine, NameFilter, NewPurchase, NewQuotaPlan, NoFilter, Purchase, QuotaPlan, QuotaPlanChange,
};

impl Client {
    /// A tenant's account.
    pub fn get_account(&self, tenant: TenantId) -> Call<Account> {
        self.get(format!("tenants/{tenant}/account"))
    }

    /// Sets a tenant's budget or balance.
    pub fn update_account(&self, tenant: TenantId, change: &AccountChange) -> Call<Account> {
        self.put(format!("tenants/{tenant}/account"), change)
    }

    /// The lines of a tenant's account, newest first.
    pub fn list_account_lines(&self, tenant: TenantId) -> List<LedgerLine> {
        List::new(self, format!("tenants/{tenant}/account/lines"), &NoFilter {})
    }

    /// Buys packages for a tenant.
    pub fn create_purchase(&self, tenant: TenantId, new: &NewPurchase) -> Call<Purchase> {
        self.post(format!("tenants/{tenant}/purchases"), new)
    }

    /// Quota plans.
    pub fn list_quota_plans(&self, filter: &NameFilter) -> List<QuotaPlan> {
        List::new(self, "quota-plans", filter)
    }

    /// Makes a quota plan.
    pub fn create_quota_plan(&self, new: &NewQuotaPlan) -> Call<QuotaPlan> {
        self.post("quota-plans", new)
    }

    /// One quota plan.
    pub fn get_quota_plan(&self, id: QuotaPlanId) -> Call<QuotaPlan> {
        self.get(format!("quota-plans/{id}"))
    }

    /// Changes a quota plan.
    pub fn update_quota_plan(&self, id: QuotaPlanId, change: &QuotaPlanChange) -> Call<QuotaPlan> {
        self.patch(format!("quota-plans/{id}"), change)
    }

    /// Takes a quota plan off sale.
    pub fn delete_quota_plan(&self, id: QuotaPlanId) -> Call<()> {
        self.delete(format!("quota-plans/{id}"))
    }
}
