//! Groups and who is in them; roles on tenants.

use tenantry_domain::{GroupId, TenantId, UserId};

use crate::call::Call;
use crate::client::Client;
use crate::list::List;
use crate::types::{Group, GroupChange, GroupFilter, GroupMember, HeldRole, Membership, NewGroup, NoFilter, WantedRole};

impl Client {
    /// Groups.
    pub fn list_groups(&self, filter: &GroupFilter) -> List<Group> {
        List::new(self, "groups", filter)
    }

    /// Makes a group.
    pub fn create_group(&self, new: &NewGroup) -> Call<Group> {
        self.post("groups", new)
    }

    /// One group.
    pub fn get_group(&self, id: GroupId) -> Call<Group> {
        self.get(format!("groups/{id}"))
    }

    /// Changes a group.
    pub fn update_group(&self, id: GroupId, change: &GroupChange) -> Call<Group> {
        self.patch(format!("groups/{id}"), change)
    }

    /// Removes a group that is empty.
    pub fn delete_group(&self, id: GroupId) -> Call<()> {
        self.delete(format!("groups/{id}"))
    }

    /// Who is in a group.
    pub fn list_group_members(&self, id: GroupId) -> List<GroupMember> {
        List::new(self, format!("groups/{id}/members"), &NoFilter {})
    }

    /// Puts somebody into a group, or changes whether they administer it.
    pub fn update_group_member(&self, id: GroupId, user: UserId, wanted: Membership) -> Call<GroupMember> {
        self.put(format!("groups/{id}/members/{user}"), &wanted)
    }

    /// Takes somebody out of a group.
    pub fn delete_group_member(&self, id: GroupId, user: UserId) -> Call<()> {
        self.delete(format!("groups/{id}/members/{user}"))
    }

    /// Who has a role on a tenant itself.
    pub fn list_tenant_roles(&self, tenant: TenantId) -> List<HeldRole> {
        List::new(self, format!("tenants/{tenant}/roles"), &NoFilter {})
    }

    /// The roles of somebody, on the tenants that one may see.
    pub fn list_user_roles(&self, user: UserId) -> List<HeldRole> {
        List::new(self, format!("users/{user}/roles"), &NoFilter {})
    }

    /// Gives somebody a role on a tenant, instead of the one held there.
    pub fn update_tenant_role(&self, tenant: TenantId, user: UserId, wanted: &WantedRole) -> Call<HeldRole> {
        self.put(format!("tenants/{tenant}/roles/{user}"), wanted)
    }

    /// Takes somebody's role on a tenant away.
    pub fn delete_tenant_role(&self, tenant: TenantId, user: UserId) -> Call<()> {
        self.delete(format!("tenants/{tenant}/roles/{user}"))
    }
}
