//! The rows of the table of permissions that are about a tenant's servers, networks and volumes.

use serde_json::{Value, json};
use tenantry_testkit::dialect::Answer;

use crate::app::{App, Tenant, User, id};
use crate::cloud::{EXTERNAL, FLAVOR, IMAGE};

/// What a tenant has in its cloud: a private server is assigned to whom the row is about.
pub struct Things {
    tenant: i64,
    network: Value,
    connected: Value,
    router: Value,
    shared: i64,
    private: i64,
    volume: i64,
}

impl Things {
    pub async fn new(app: &App, tenant: Tenant) -> Self {
        let (network, connected) = (app.network(tenant, "devteam-net", 1).await, app.network(tenant, "devteam-inner", 2).await);
        let router = app.router(tenant, "devteam-router").await;
        app.ok("create_router_network", 0, json!({"router_id": router["id"], "network_id": connected["id"]})).await;
        let shared = id(&app.server(tenant, &network, "devteam-shared", true).await);
        let private = id(&app.server(tenant, &network, "devteam-private", false).await);
        let volume = id(&app.volume(tenant, "devteam-volume").await);
        Self {
            tenant: tenant.id,
            network: network["id"].clone(),
            connected: connected["id"].clone(),
            router: router["id"].clone(),
            shared,
            private,
            volume,
        }
    }

    /// Something new for the row to remove or to change; it is not made yet, and need not be.
    async fn new_one(&self, app: &App, create: &str, key: &str, mut body: Value) -> Value {
        body["tenant_id"] = json!(self.tenant);
        app.ok(create, 0, body).await[key]["id"].clone()
    }

    async fn new_server(&self, app: &App, shared: bool) -> i64 {
        let body = json!({"image_id": IMAGE, "network_ids": self.network, "instance_type": FLAVOR, "virtual_server_type": if shared { 2 } else { 1 }});
        self.new_one(app, "create_server", "server", body).await.as_i64().unwrap()
    }

    /// A server that runs, so that it can be stopped.
    async fn running(&self, app: &App, server: i64) -> i64 {
        app.send(&app.admin, "POST", &format!("/nova/command/start/{server}"), Value::Null).await;
        app.settle().await;
        server
    }

    /// A private server, assigned to nobody, or to the caller as far as it can be.
    async fn assigned(&self, app: &App, row: &str, server: i64, caller: &User) -> i64 {
        app.ok("delete_server_assignment", 0, json!({"server_id": server})).await;
        if row.ends_with("one's own") {
            app.call(&app.admin, "create_server_assignment", 0, json!({"server_id": server, "user_id": caller.id})).await;
        }
        server
    }

    /// Which server a row is about.
    async fn server(&self, app: &App, row: &str, caller: &User) -> i64 {
        if row.contains(' ') { self.assigned(app, row, self.private, caller).await } else { self.shared }
    }

    /// The id in the path and the parameters of a row's request.
    pub async fn request(&self, app: &App, row: &str, turn: usize, caller: &User) -> (i64, Value) {
        app.settle().await;
        let tenant = self.tenant;
        let body = match row.split(' ').next().unwrap() {
            "create_server" => json!({"tenant_id": tenant, "image_id": IMAGE, "network_ids": self.network, "instance_type": FLAVOR}),
            "delete_server" => {
                let private = row.contains(' ');
                let victim = self.new_server(app, !private).await;
                if private {
                    self.assigned(app, row, victim, caller).await;
                }
                json!({"tenant_id": tenant, "virtual_server_id": victim})
            }
            "run_server_command" => {
                let server = self.server(app, row, caller).await;
                return (self.running(app, server).await, Value::Null);
            }
            "list_servers" if row.contains(' ') => json!({"virtual_server_id": self.server(app, row, caller).await}),
            "update_server" => json!({"virtual_server_id": self.server(app, row, caller).await, "security_groups": "default"}),
            "get_console" | "get_console_log" => {
                let server = self.server(app, row, caller).await;
                json!({"server_id": self.running(app, server).await})
            }
            "create_server_assignment" => json!({"server_id": self.private, "user_id": app.login("devteam-other#devteam").await.id}),
            "delete_server_assignment" => json!({"server_id": self.private}),
            "create_network" => {
                json!({"tenant_id": tenant, "network_name": format!("new-{turn}"), "cidr": "10.99.0.0/24", "gateway": "10.99.0.1"})
            }
            "delete_network" => {
                let new = json!({"network_name": format!("devteam-gone-{turn}"), "cidr": "10.98.0.0/24", "gateway": "10.98.0.1"});
                json!({"network_id": self.new_one(app, "create_network", "network", new).await})
            }
            "create_router" => json!({"tenant_id": tenant, "name": format!("new-{turn}"), "external_network_id": EXTERNAL}),
            "delete_router" => {
                let new = json!({"name": format!("devteam-gone-{turn}"), "external_network_id": EXTERNAL});
                json!({"router_id": self.new_one(app, "create_router", "router", new).await})
            }
            "list_router_networks" => json!({"router_id": self.router}),
            "create_router_network" => json!({"router_id": self.router, "network_id": self.network}),
            "delete_router_network" => {
                app.call(&app.admin, "create_router_network", 0, json!({"router_id": self.router, "network_id": self.connected})).await;
                json!({"router_id": self.router, "network_id": self.connected})
            }
            "create_volume" | "create_floating_ip" => json!({"tenant_id": tenant}),
            "update_volume" => json!({"volume_id": self.volume, "volume_size": 1}),
            "delete_volume" => {
                json!({"tenant_id": tenant, "volume_id": self.new_one(app, "create_volume", "volume", json!({"volume_size": 1})).await})
            }
            "create_attachment" => {
                json!({"tenant_id": tenant, "virtual_server_id": self.server(app, row, caller).await, "volume_id": self.volume})
            }
            "delete_attachment" => {
                let volume = self.new_one(app, "create_volume", "volume", json!({"volume_size": 1})).await;
                let both = json!({"virtual_server_id": self.shared, "volume_id": volume});
                let attachment = self.new_one(app, "create_attachment", "attachement", both).await;
                json!({"tenant_id": tenant, "virtual_server_id": self.shared, "attach_id": attachment})
            }
            "create_snapshot" => json!({"volume_id": self.volume}),
            "delete_snapshot" => {
                json!({"snapshot_id": self.new_one(app, "create_snapshot", "snapshot", json!({"volume_id": self.volume})).await})
            }
            "create_security_group" => json!({"tenant_id": tenant, "name": format!("new-{turn}")}),
            operation @ ("delete_security_group" | "create_security_group_rule" | "delete_security_group_rule") => {
                let new = json!({"name": format!("devteam-{operation}-{turn}")});
                let group = self.new_one(app, "create_security_group", "security_group", new).await;
                if operation == "delete_security_group_rule" {
                    app.ok("create_security_group_rule", 0, json!({"security_group_id": group})).await;
                }
                json!({"security_group_id": group})
            }
            "update_floating_ip" | "delete_floating_ip" => {
                json!({"floating_ip_id": self.new_one(app, "create_floating_ip", "floating_ip", json!({})).await})
            }
            _ => json!({"tenant_id": tenant}),
        };
        (0, body)
    }

    /// Removes what was made for a row or by it, so that the quota has room for the next.
    pub async fn clear(&self, app: &App, row: &str, sent: &Value, answer: &Answer) {
        let operation = row.split(' ').next().unwrap();
        if answer.status == 200 {
            self.clear_made(app, operation, &answer.body).await;
        } else if MADE_FOR.contains(&operation) {
            let mut body = sent.clone();
            body["tenant_id"] = json!(self.tenant);
            app.ok(if operation == "update_floating_ip" { "delete_floating_ip" } else { operation }, 0, body).await;
        }
    }

    async fn clear_made(&self, app: &App, operation: &str, answer: &Value) {
        let (delete, mut body) = match operation {
            "create_server" => ("delete_server", json!({"virtual_server_id": answer["server"]["id"]})),
            "create_network" => ("delete_network", json!({"network_id": answer["network"]["id"]})),
            "create_router" => ("delete_router", json!({"router_id": answer["router"]["id"]})),
            "create_router_network" => ("delete_router_network", json!({"router_id": self.router, "network_id": self.network})),
            "create_volume" => ("delete_volume", json!({"volume_id": answer["volume"]["id"]})),
            "create_attachment" => {
                let attachment = &answer["attachement"];
                let both = json!({"virtual_server_id": attachment["virtual_server_id"], "attach_id": attachment["id"]});
                ("delete_attachment", both)
            }
            "create_snapshot" => ("delete_snapshot", json!({"snapshot_id": answer["snapshot"]["id"]})),
            "create_floating_ip" | "update_floating_ip" => ("delete_floating_ip", json!({"floating_ip_id": answer["floating_ip"]["id"]})),
            _ => return,
        };
        body["tenant_id"] = json!(self.tenant);
        app.ok(delete, 0, body).await;
    }
}

/// What is called with something that was made for it.
const MADE_FOR: [&str; 8] = [
    "delete_server",
    "delete_network",
    "delete_router",
    "delete_volume",
    "delete_attachment",
    "delete_snapshot",
    "update_floating_ip",
    "delete_floating_ip",
];

/// Rows about a private server beside those about a shared one.
pub const VARIANTS: [&str; 14] = [
    "list_servers of nobody's",
    "list_servers of one's own",
    "run_server_command of nobody's",
    "run_server_command of one's own",
    "update_server of nobody's",
    "update_server of one's own",
    "get_console of nobody's",
    "get_console of one's own",
    "get_console_log of nobody's",
    "get_console_log of one's own",
    "create_attachment to nobody's",
    "create_attachment to one's own",
    "delete_server of nobody's",
    "delete_server of one's own",
];
