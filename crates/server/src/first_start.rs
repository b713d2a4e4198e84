//! The first start: the first administrator, and on the embedded database a sandbox datacenter to try things out in.

use std::fmt::Write as _;
use std::io::Write as _;

use tenantry_domain::datacenter::{Connection, DatacenterOptions};
use tenantry_domain::policy::Grant;
use tenantry_domain::quota::Limits;
use tenantry_domain::user::Role;
use tenantry_domain::{Clock, TenantId};
use tenantry_service::{Ctx, RequestInfo, Services, auth, datacenter};

/// Makes what the first start makes; on any later start it does nothing. A password that nobody set is printed, this once.
pub(crate) async fn run(services: &Services, clock: &dyn Clock, given: Option<&str>, with_sandbox: bool) -> anyhow::Result<()> {
    let password = given.map_or_else(|| generated(clock), str::to_owned);
    if !auth::bootstrap(services, &password).await? {
        return Ok(());
    }
    if given.is_none() {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\nThe first administrator is 'admin', with the password: {password}\nIt is not shown again.\n")?;
        out.flush()?;
    }
    if with_sandbox {
        let mut caller = auth::system_caller();
        caller.grants.push(Grant { tenant: TenantId::ROOT, role: Role::PlatformAdmin });
        let request = RequestInfo { dialect: "first start", ..RequestInfo::default() };
        let new = datacenter::Create {
            name: "sandbox".to_owned(),
            comment: "the embedded sandbox: nothing real runs here".to_owned(),
            connection: Connection::Sandbox { name: "sandbox".to_owned() },
            options: DatacenterOptions::default(),
            capacity: Limits::compute(Some(1_000_000), Some(4 << 20), Some(100 << 20)),
            overcommit: None,
        };
        if let Err(error) = datacenter::create(&Ctx::new(services.clone(), caller, request), &new).await {
            // the administrator is made and told: the server must go on, and not begin with half a first start next time
            let later = "connect it with 'tenantry datacenters create sandbox --sandbox sandbox'";
            tracing::warn!("the sandbox datacenter is not connected: {}; {later}", error.message);
        }
    }
    Ok(())
}

/// A password of 96 random bits.
fn generated(clock: &dyn Clock) -> String {
    let mut bytes = [0; 12];
    clock.random(&mut bytes);
    bytes.iter().enumerate().fold(String::new(), |mut text, (i, byte)| {
        let dash = if i > 0 && i % 3 == 0 { "-" } else { "" };
        let _ = write!(text, "{dash}{byte:02x}");
        text
    })
}
