//! Apps.

use tenantry_domain::ResourceId;

use crate::call::Call;
use crate::client::Client;
use crate::types::{App, AppChange, AppCommand, NewApp, Rollback};

impl Client {
    /// Makes an app.
    pub fn create_app(&self, new: &NewApp) -> Call<App> {
        self.post("apps", new)
    }

    /// Changes an app.
    pub fn update_app(&self, id: ResourceId, change: &AppChange) -> Call<App> {
        self.patch(format!("apps/{id}"), change)
    }

    /// Replaces every copy of an app.
    pub fn restart_app(&self, id: ResourceId, command: &AppCommand) -> Call<App> {
        self.post(format!("apps/{id}/restart"), command)
    }

    /// Stops every copy of an app.
    pub fn stop_app(&self, id: ResourceId, command: &AppCommand) -> Call<App> {
        self.post(format!("apps/{id}/stop"), command)
    }

    /// Starts an app that was stopped.
    pub fn start_app(&self, id: ResourceId, command: &AppCommand) -> Call<App> {
        self.post(format!("apps/{id}/start"), command)
    }

    /// Goes back to what an earlier release asked for.
    pub fn rollback_app(&self, id: ResourceId, rollback: &Rollback) -> Call<App> {
        self.post(format!("apps/{id}/rollback"), rollback)
    }
}
