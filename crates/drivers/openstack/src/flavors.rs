//! The size of a server: a flavor of the cloud, or a private one that is made for the tenant's project.
//!
//! A private flavor's id follows from the project and the size, so that making it twice makes one. It goes with the last server that
//! uses it, and with the project.

use serde_json::json;
use tenantry_domain::cloud::ServerSize;
use tenantry_driver_api::{DriverError, DriverErrorKind};

use crate::OpenStack;
use crate::failure::Outcome;
use crate::objects::text;
use crate::service::Service::Compute;

/// What the ids of all private flavors begin with.
pub(crate) const PRIVATE: &str = "tenantry-";

fn private_id(project: &str, size: &ServerSize) -> String {
    format!("{PRIVATE}{project}-{}c-{}m-{}g", size.cpu_millicores / 1000, size.memory_mib, size.disk_gib)
}

fn invalid(message: String) -> DriverError {
    DriverError::new(DriverErrorKind::Invalid, message)
}

impl OpenStack {
    /// The id of the flavor for a size in a project.
    pub(crate) async fn flavor(&self, project: &str, size: &ServerSize) -> Outcome<String> {
        if let Some(id) = &size.flavor_id {
            return Ok(id.clone());
        }
        if !self.options.private_flavors {
            return Err(invalid(format!("no flavor was named for '{}', and this datacenter may not make private ones", size.flavor)).into());
        }
        if size.cpu_millicores < 1000 || size.cpu_millicores % 1000 != 0 {
            return Err(invalid("a server has whole processors: the size must be a multiple of 1000 millicores".to_owned()).into());
        }
        let (account, id) = (self.client.account(), private_id(project, size));
        let flavor = json!({
            "id": id, "name": id, "vcpus": size.cpu_millicores / 1000, "ram": size.memory_mib, "disk": size.disk_gib,
            "os-flavor-access:is_public": false,
        });
        let calls: [(&[&str], _); 2] =
            [(&["flavors"], json!({"flavor": flavor})), (&["flavors", &id, "action"], json!({"addTenantAccess": {"tenant": project}}))];
        for (path, body) in calls {
            match account.post(Compute, path, &body).await {
                // it is so already
                Err(failed) if !failed.conflicts() => return Err(failed),
                _ => {}
            }
        }
        Ok(id)
    }

    /// Removes the private flavors of a project that no server uses any more.
    pub(crate) async fn remove_private_flavors(&self, project: &str) -> Outcome<()> {
        let account = self.client.account();
        let prefix = format!("{PRIVATE}{project}-");
        for flavor in account.list(Compute, &["flavors"], "flavors", &[("is_public", "None")]).await? {
            let id = text(&flavor, "id");
            if !id.starts_with(&prefix) {
                continue;
            }
            let query = [("flavor", id), ("all_tenants", "true"), ("limit", "1")];
            let users = account.get(Compute, &["servers"], &query).await?;
            if users["servers"].as_array().is_some_and(Vec::is_empty) {
                account.delete(Compute, &["flavors", id]).await?;
            }
        }
        Ok(())
    }
}
