//! Attempts to log in: what the audit and the metrics hear of them, and the brake on those that fail.

use tenantry_domain::audit::{AuditOutcome, AuditRecord};
use tenantry_domain::{Error, ErrorKind, Result, TenantId, UserId};
use tenantry_store::sessions::token_hash;

use crate::{RequestInfo, Services};

/// Wrong passwords for one account that cost nothing but the try.
pub(crate) const FREE_TRIES_ACCOUNT: i64 = 5;
/// Failures from one address that cost nothing but the try.
const FREE_TRIES_ADDRESS: i64 = 50;

/// The origin of those whose password is here.
pub(crate) const LOCAL: &str = "local";

/// Whom somebody tries to log in as: the name as it was given, and the user and tenant that it means, if it means one.
#[derive(Clone, Copy)]
pub(crate) struct Tried<'a> {
    pub(crate) name: &'a str,
    pub(crate) whom: Option<(UserId, TenantId)>,
}

/// Who has to wait after failures: an account, under whichever of its names it is tried, or else a name that is nobody's; and an address,
/// for passwords and for single sign-on apart, so that who guesses passwords keeps nobody from the latter.
pub(crate) struct Brake {
    account: Option<String>,
    address: String,
}

impl Brake {
    /// For somebody who gives a name, which may be that of a user.
    pub(crate) fn on(request: &RequestInfo, name: &str, user: Option<UserId>) -> Self {
        let account = user.map_or_else(|| format!("name:{}", token_hash(&name.trim().to_lowercase())), account);
        Self { account: Some(account), address: format!("address:{}", request.address) }
    }

    /// For somebody who gives no name, but comes from a provider.
    pub(crate) fn on_sign_on(request: &RequestInfo) -> Self {
        Self { account: None, address: format!("sign_on:{}", request.address) }
    }

    /// Refuses who failed too often, until some time has gone by.
    pub(crate) async fn check(&self, services: &Services, request: &RequestInfo, tried: Tried<'_>, origin: &str) -> Result<()> {
        for subject in self.account.iter().chain([&self.address]) {
            if let Err(error) = unbraked(services, subject, GUESSED).await {
                refused(services, request, tried, origin, "throttled", "throttled").await?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Counts a failure.
    pub(crate) async fn failed(&self, services: &Services) -> Result<()> {
        let longest = services.settings().longest_throttle;
        let tx = services.store().begin().await?;
        if let Some(account) = &self.account {
            tx.sessions().failed(account, FREE_TRIES_ACCOUNT, longest).await?;
        }
        tx.sessions().failed(&self.address, FREE_TRIES_ADDRESS, longest).await?;
        tx.commit().await
    }
}

/// What the brake calls an account.
pub(crate) fn account(user: UserId) -> String {
    format!("account:{user}")
}

/// What somebody is told who guessed too often.
pub(crate) const GUESSED: &str = "too many failed logins";

/// Refuses who did something too often a moment ago; `what` says what.
pub(crate) async fn unbraked(services: &Services, subject: &str, what: &str) -> Result<()> {
    let store = services.store();
    let Some(until) = store.sessions().blocked_until(subject).await? else { return Ok(()) };
    let wait = until.since(store.clock().now());
    let message = format!("{what}: try again in {} seconds", wait.as_secs() + 1);
    Err(Error::new(ErrorKind::TooManyRequests, message).retry_after(wait))
}

/// Counts an attempt; `origin` is who said who it is, or [`LOCAL`].
pub(crate) fn count(outcome: &'static str, origin: &str) {
    metrics::counter!("tenantry_logins_total", "outcome" => outcome, "origin" => origin.to_owned()).increment(1);
}

/// Counts and records an attempt that was refused.
pub(crate) async fn refused(
    services: &Services,
    request: &RequestInfo,
    tried: Tried<'_>,
    origin: &str,
    outcome: &'static str,
    why: &str,
) -> Result<()> {
    count(outcome, origin);
    let tx = services.store().begin().await?;
    tx.audit().record(&record(request, tried.name, tried.whom, AuditOutcome::Refused, why)).await?;
    tx.commit().await?;
    request.recorded.set();
    Ok(())
}

/// The audit's record of a login.
pub(crate) fn record(
    request: &RequestInfo,
    name: &str,
    user: Option<(UserId, TenantId)>,
    outcome: AuditOutcome,
    detail: &str,
) -> AuditRecord {
    let (user, tenant) = user.unzip();
    let user_name = tenantry_domain::name::clip(name);
    let outcome = outcome.name().to_owned();
    request.stamp(AuditRecord { user, user_name, outcome, ..AuditRecord::new("login", "session", "", tenant, detail) })
}
