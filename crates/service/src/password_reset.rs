//! A new password by a link in a mail, for who has forgotten the old one.
//!
//! Who asks is told the same, after the same work, whether there is such a user or not: where nobody is to get a link, a link that is good
//! for nothing and a mail without an address are written. Nobody gets one who may not log in, who has no mail address, or whose password
//! was never set; a user who comes from elsewhere is told by mail where the password is. A link is good once, for half an hour, until the password
//! or the mail address changes; it opens no session and takes no second factor away.

use std::time::Duration;

use tenantry_domain::audit::{AuditOutcome, AuditRecord};
use tenantry_domain::policy::{Allowed, Scope};
use tenantry_domain::user::{User, check_password};
use tenantry_domain::{Error, ErrorKind, Result, UserId};
use tenantry_store::Tx;
use tenantry_store::mails::{Content, NewMail};
use tenantry_store::sessions::token_hash;
use tenantry_store::users::Credentials;

use crate::{RequestInfo, Services, attempt, auth, letters};

/// How long a link is good.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// How many good links a user has at most, so that nobody's mailbox is filled from many addresses.
const MOST_LINKS: i64 = 5;
/// Requests for one account that cost nothing but the asking.
const FREE_ACCOUNT: i64 = 3;
/// Requests from one address that cost nothing but the asking.
const FREE_ADDRESS: i64 = 20;
/// The longest login that is looked for.
const LONGEST_LOGIN: usize = 320;
/// What the mails are for.
const KIND: &str = "password_reset";
/// The place of the page that a link leads to; the token is behind `#`, which browsers send nowhere.
const PAGE: &str = "/reset-password";

/// Where mail leads to.
fn public_url(services: &Services) -> Result<&str> {
    let url = services.settings().public_url.as_deref();
    url.ok_or_else(|| {
        let message = "this server sends no mail: ask an administrator to set a new password (an operator configures [mail])";
        Error::new(ErrorKind::Conflict, message)
    })
}

/// What the user that a login means gets.
enum Means {
    /// A link.
    Link(User, String),
    /// Word of where the password is.
    Elsewhere(User, String),
    /// Nothing; the sentence is for the audit.
    Nothing(Option<User>, &'static str),
}

impl Means {
    fn user(&self) -> Option<&User> {
        match self {
            Self::Link(user, _) | Self::Elsewhere(user, _) => Some(user),
            Self::Nothing(user, _) => user.as_ref(),
        }
    }

    fn of(known: Option<(Credentials, User)>, links: i64) -> Self {
        let Some((credentials, user)) = known else { return Self::Nothing(None, "there is no such user") };
        let Some(email) = user.email.clone() else { return Self::Nothing(Some(user), "the user has no mail address") };
        match () {
            () if !credentials.enabled => Self::Nothing(Some(user), "the user, or the tenant, is disabled"),
            () if links >= MOST_LINKS => Self::Nothing(Some(user), "enough links are on their way"),
            () if !user.origin.is_empty() => Self::Elsewhere(user, email),
            () if credentials.password_hash.is_empty() => Self::Nothing(Some(user), "an administrator has to set the first password"),
            () => Self::Link(user, email),
        }
    }
}

/// Asks for a mail with a link that sets a new password.
///
/// # Errors
/// `MissingArgument`; `Conflict` where no mail is sent; `TooManyRequests` with when to come back. None tells whether there is such a user.
pub async fn request(services: &Services, request: &RequestInfo, login: &str) -> Result<()> {
    let login = login.trim();
    if login.is_empty() {
        return Err(Error::missing("username"));
    }
    let public_url = public_url(services)?;
    let store = services.store();
    let asked = if login.len() > LONGEST_LOGIN { "" } else { login };
    let (account, address) = (format!("reset:{}", token_hash(&asked.to_lowercase())), format!("reset-address:{}", request.address));
    for subject in [&account, &address] {
        attempt::unbraked(services, subject, "too many requests for a new password").await?;
    }
    let means = meant(services, asked).await?;
    let token = auth::new_token(store.clock());
    let expires_at = store.clock().now().plus(LIFE);
    let nobody = || Content { subject: String::new(), text: String::new() };
    let (receiver, content) = match &means {
        Means::Link(user, email) => {
            let link = format!("{public_url}{PAGE}#token={token}");
            (Some(email.as_str()), letters::reset(&user.username, &link, LIFE.as_secs() / 60))
        }
        Means::Elsewhere(user, email) => (Some(email.as_str()), letters::elsewhere(&user.username, &user.origin)),
        Means::Nothing(..) => (None, nobody()),
    };
    let (whose, outcome, detail) = match &means {
        Means::Link(user, _) => (Some(user.id), AuditOutcome::Allowed, "a link is mailed"),
        Means::Elsewhere(..) => (None, AuditOutcome::Refused, "the password is elsewhere, as a mail says"),
        Means::Nothing(_, why) => (None, AuditOutcome::Refused, *why),
    };
    let user = means.user();
    let tx = store.begin().await?;
    let longest = services.settings().longest_throttle;
    tx.sessions().failed(&account, FREE_ACCOUNT, longest).await?;
    tx.sessions().failed(&address, FREE_ADDRESS, longest).await?;
    tx.password_resets().insert(whose, &token_hash(&token), expires_at).await?;
    let mail = NewMail { kind: KIND, user: user.map(|u| u.id), recipient: receiver, content, expires_at };
    tx.mails().insert(&mail).await?;
    tx.audit().record(&record(request, login, user, outcome, detail)).await?;
    tx.commit().await?;
    request.recorded.set();
    Ok(())
}

/// What the user gets. For nobody the same is looked up.
async fn meant(services: &Services, login: &str) -> Result<Means> {
    let store = services.store();
    let credentials = store.users().find_login(login).await?;
    let id = credentials.as_ref().map_or(UserId(0), |c| c.user);
    let user = match store.users().get(&Scope::system(), id).await {
        Err(error) if error.kind == ErrorKind::NotFound => None,
        other => Some(other?),
    };
    Ok(Means::of(credentials.zip(user), store.password_resets().count(id).await?))
}

/// Sets the password of whom a link was mailed to. All their sessions end.
///
/// # Errors
/// `MissingArgument`; `InvalidArgument` that names `token` for a link that is unknown, used or over, and `new_password` for one that breaks the
/// rules, after which the link is as good as before.
pub async fn confirm(services: &Services, request: &RequestInfo, token: &str, new: &str) -> Result<()> {
    for (field, value) in [("token", token), ("new_password", new)] {
        if value.is_empty() {
            return Err(Error::missing(field));
        }
    }
    let store = services.store();
    let over = || Error::invalid("token", "the link is unknown, was used, or is over: ask for another one");
    let hash = token_hash(&token.trim().to_uppercase());
    let id = store.password_resets().find(&hash).await?.ok_or_else(over)?;
    let user = store.users().get(&Scope::system(), id).await?;
    check_password("new_password", new, &user.username, services.settings().shortest_password)?;
    let password = auth::hash_password(services, new).await?;
    let tx = store.begin().await?;
    // whoever comes second finds it used
    let id = tx.password_resets().take(&hash).await?.ok_or_else(over)?;
    let credentials = tx.users().credentials(id).await?;
    let user = tx.users().get(&Scope::system(), id).await?;
    if !credentials.enabled || !credentials.origin.is_empty() {
        let why = "the user, or the tenant, is disabled";
        tx.audit().record(&record(request, &user.username, Some(&user), AuditOutcome::Refused, why)).await?;
        tx.commit().await?;
        request.recorded.set();
        return Err(over());
    }
    set(&tx, &user, &password).await?;
    tx.audit().record(&record(request, &user.username, Some(&user), AuditOutcome::Allowed, "by a mailed link")).await?;
    tx.commit().await?;
    request.recorded.set();
    auth::forget_sessions(services, id).await;
    Ok(())
}

async fn set(tx: &Tx, user: &User, hash: &str) -> Result<()> {
    tx.users().set_password::<tenantry_domain::policy::act::ResetPassword>(&Allowed::system(user.tenant), user.id, hash, false).await?;
    tx.sessions().delete_of_user(user.id, None).await?;
    // wrong guesses of the old password do not keep the new one out
    tx.sessions().succeeded(&attempt::account(user.id)).await
}

fn record(request: &RequestInfo, login: &str, user: Option<&User>, outcome: AuditOutcome, detail: &str) -> AuditRecord {
    AuditRecord {
        action: "reset_password".to_owned(),
        object: "user".to_owned(),
        object_id: user.map_or_else(String::new, |u| u.id.to_string()),
        ..attempt::record(request, login, user.map(|u| (u.id, u.tenant)), outcome, detail)
    }
}
