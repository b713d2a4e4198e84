//! What tenants have in clouds of virtual servers. What is the same for every kind is in `resources`.

use tenantry_domain::{DatacenterId, ResourceId, TenantId, UserId};

use crate::call::Call;
use crate::client::Client;
use crate::list::List;
use crate::types::{
    Assignment, Attachment, Catalog, Console, ConsoleLog, FloatingIp, FloatingIpChange, Managed, Network, NetworkChange, NewAdoption,
    NewAttachment, NewFloatingIp, NewNetwork, NewRouter, NewRouterInterface, NewSecurityGroup, NewServer, NewSnapshot, NewVolume, Place,
    Router, RouterChange, RouterInterface, SecurityGroup, SecurityGroupChange, Server, ServerChange, ServerCommand, Snapshot, Unmanaged,
    Volume, VolumeChange,
};

impl Client {
    /// Removes a network, a router or a volume with what only connects it to something.
    pub fn delete_with_connections<R: Managed>(&self, id: ResourceId) -> Call<Option<R>> {
        self.delete_resource(id).query("cascade", true)
    }

    /// Makes a server.
    pub fn create_server(&self, new: &NewServer) -> Call<Server> {
        self.post("servers", new)
    }

    /// Changes a server.
    pub fn update_server(&self, id: ResourceId, change: &ServerChange) -> Call<Server> {
        self.patch(format!("servers/{id}"), change)
    }

    /// Starts, stops, pauses, suspends or reboots a server.
    pub fn command_server(&self, id: ResourceId, command: &ServerCommand) -> Call<Server> {
        self.post(format!("servers/{id}/commands"), command)
    }

    /// Assigns a private server to a user.
    pub fn assign_server(&self, id: ResourceId, user_id: UserId) -> Call<Server> {
        self.put(format!("servers/{id}/assignment"), &Assignment { user_id })
    }

    /// Takes a private server away from its user.
    pub fn unassign_server(&self, id: ResourceId) -> Call<Server> {
        Call::new(self, reqwest::Method::DELETE, format!("servers/{id}/assignment"), crate::call::json)
    }

    /// An address where a server's screen is looked at. It is a secret.
    pub fn open_console(&self, id: ResourceId) -> Call<Console> {
        self.command(format!("servers/{id}/console"))
    }

    /// The last lines that a server wrote to its console.
    pub fn get_console_log(&self, id: ResourceId, lines: u32) -> Call<ConsoleLog> {
        self.get(format!("servers/{id}/console-log")).query("lines", lines)
    }

    /// Makes a network.
    pub fn create_network(&self, new: &NewNetwork) -> Call<Network> {
        self.post("networks", new)
    }

    /// Changes a network.
    pub fn update_network(&self, id: ResourceId, change: &NetworkChange) -> Call<Network> {
        self.patch(format!("networks/{id}"), change)
    }

    /// Makes a router.
    pub fn create_router(&self, new: &NewRouter) -> Call<Router> {
        self.post("routers", new)
    }

    /// Changes a router.
    pub fn update_router(&self, id: ResourceId, change: &RouterChange) -> Call<Router> {
        self.patch(format!("routers/{id}"), change)
    }

    /// Connects a network to a router.
    pub fn create_router_interface(&self, new: &NewRouterInterface) -> Call<RouterInterface> {
        self.post("router-interfaces", new)
    }

    /// Makes a security group.
    pub fn create_security_group(&self, new: &NewSecurityGroup) -> Call<SecurityGroup> {
        self.post("security-groups", new)
    }

    /// Changes a security group.
    pub fn update_security_group(&self, id: ResourceId, change: &SecurityGroupChange) -> Call<SecurityGroup> {
        self.patch(format!("security-groups/{id}"), change)
    }

    /// Makes a volume.
    pub fn create_volume(&self, new: &NewVolume) -> Call<Volume> {
        self.post("volumes", new)
    }

    /// Grows a volume.
    pub fn update_volume(&self, id: ResourceId, change: &VolumeChange) -> Call<Volume> {
        self.patch(format!("volumes/{id}"), change)
    }

    /// Attaches a volume to a server.
    pub fn create_attachment(&self, new: &NewAttachment) -> Call<Attachment> {
        self.post("attachments", new)
    }

    /// Makes a snapshot of a volume.
    pub fn create_snapshot(&self, new: &NewSnapshot) -> Call<Snapshot> {
        self.post("snapshots", new)
    }

    /// Takes a floating address.
    pub fn create_floating_ip(&self, new: &NewFloatingIp) -> Call<FloatingIp> {
        self.post("floating-ips", new)
    }

    /// Leads a floating address to a server, or to none.
    pub fn update_floating_ip(&self, id: ResourceId, change: &FloatingIpChange) -> Call<FloatingIp> {
        self.patch(format!("floating-ips/{id}"), change)
    }

    /// What a cloud offers to a tenant.
    pub fn get_catalog(&self, tenant: TenantId, datacenter: Option<DatacenterId>) -> Call<Catalog> {
        let call = self.get(format!("tenants/{tenant}/catalog"));
        match datacenter {
            Some(datacenter) => call.query("datacenter_id", datacenter),
            None => call,
        }
    }

    /// What is in a tenant's project and not managed.
    pub fn list_unmanaged(&self, tenant: TenantId, place: &Place) -> List<Unmanaged> {
        List::new(self, format!("tenants/{tenant}/unmanaged"), place)
    }

    /// Takes something over that is in a tenant's project; `R` is what it is.
    pub fn adopt_resource<R: Managed>(&self, tenant: TenantId, new: &NewAdoption) -> Call<R> {
        self.post(format!("tenants/{tenant}/adopt"), new)
    }
}
