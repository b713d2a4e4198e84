//! Why something is allowed, or not.

use clap::Args;
use tenantry_client::types::Question;

use crate::context::Context;
use crate::exit::Failure;
use crate::lookup;
use crate::render::Output;

/// Ask why.
#[derive(Debug, Args)]
pub struct Why {
    /// To do what: create, read, update, resize, delete, grant, retry, forget, adopt, purchase, reset_password, issue_credential
    action: String,
    /// To what: tenant, user, group, api_token, link, datacenter, quota_plan, datacenter_quota, namespace, disk, app, release, account, registry, audit, orphan
    kind: String,
    /// The tenant that it is, or that it belongs to [default: your own]
    #[arg(short, long)]
    tenant: Option<String>,
    /// Who would do it [default: you]
    #[arg(long)]
    user: Option<String>,
    /// The user that it is, or who made it
    #[arg(long)]
    owner: Option<String>,
}

impl Why {
    pub(crate) async fn run(self, cx: &mut Context) -> Result<Output, Failure> {
        let client = &cx.client;
        let tenant_id = match &self.tenant {
            Some(said) => Some(lookup::tenant(client, said).await?),
            None => None,
        };
        let user_id = lookup::maybe_user(client, self.user.as_deref()).await?;
        let owner_id = lookup::maybe_user(client, self.owner.as_deref()).await?;
        cx.show(client.get_why(&Question { action: self.action, kind: self.kind, tenant_id, user_id, owner_id })).await
    }
}
