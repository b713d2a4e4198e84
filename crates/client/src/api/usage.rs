//! Rate cards, usage and statements.

use reqwest::Method;
use tenantry_domain::usage::RateCard;
use tenantry_domain::{DatacenterId, TenantId};

use crate::call::{Call, text};
use crate::client::Client;
use crate::list::List;
use crate::types::{AccountPolicy, DatacenterRates, MonthFilter, Statement, UsageRecord};

impl Client {
    /// What things cost in a datacenter.
    pub fn get_rates(&self, datacenter: DatacenterId) -> Call<DatacenterRates> {
        self.get(format!("datacenters/{datacenter}/rates"))
    }

    /// Sets what things cost in a datacenter, from now on.
    pub fn update_rates(&self, datacenter: DatacenterId, rates: &RateCard) -> Call<DatacenterRates> {
        self.put(format!("datacenters/{datacenter}/rates"), rates)
    }

    /// What a tenant used in a month, hour by hour.
    pub fn list_usage(&self, tenant: TenantId, month: &MonthFilter) -> List<UsageRecord> {
        List::new(self, format!("tenants/{tenant}/usage"), month)
    }

    /// The first thousand lines of a tenant's statement of a month, like `2026-11`, and what all of it cost.
    pub fn get_statement(&self, tenant: TenantId, month: &str) -> Call<Statement> {
        self.get(format!("tenants/{tenant}/statement")).query("month", month).query("limit", 1000)
    }

    /// The same as CSV.
    pub fn get_statement_csv(&self, tenant: TenantId, month: &str) -> Call<String> {
        let call = Call::new(self, Method::GET, format!("tenants/{tenant}/statement"), text);
        call.query("month", month).query("limit", 1000).query("format", "csv")
    }

    /// What happens when a tenant's account is empty.
    pub fn get_account_policy(&self, tenant: TenantId) -> Call<AccountPolicy> {
        self.get(format!("tenants/{tenant}/account/policy"))
    }

    /// Sets what happens when a tenant's account is empty.
    pub fn update_account_policy(&self, tenant: TenantId, policy: &AccountPolicy) -> Call<AccountPolicy> {
        self.put(format!("tenants/{tenant}/account/policy"), policy)
    }
}
