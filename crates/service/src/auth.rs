//! Logging in and out, and who a token belongs to.
//!
//! An unknown user and a wrong password take the same work and get the same answer: one hash here, and where there are directories one
//! question to each. Hashing has threads of its own, so that a flood of logins does not slow anybody else down.

use std::fmt::Write as _;
use std::sync::PoisonError;
use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use tenantry_domain::audit::AuditOutcome;
use tenantry_domain::policy::{Caller, Scope};
use tenantry_domain::user::User;
use tenantry_domain::{Clock, Error, ErrorKind, Result, SessionId, TenantId, Timestamp, UserId};
use tenantry_store::second_factors::SecondFactor;
use tenantry_store::sessions::{Session, token_hash};

use crate::admission::{self, Admission};
use crate::attempt::{self, Brake, FREE_TRIES_ACCOUNT, GUESSED, LOCAL, Tried, refused, unbraked};
use crate::{Ctx, RequestInfo, Services, directory, second_factor};

/// How exactly it is known when a session was used last.
const NOTED_EVERY: Duration = Duration::from_secs(60);
/// The longest password that is hashed.
const LONGEST_PASSWORD: usize = 1024;

/// What everybody is told whose login is refused: not which of the two is wrong, nor whether there is such a user.
const WRONG: &str = "wrong user or password";
const WRONG_CODE: &str = "wrong one-time code";

/// What a login answers.
#[derive(Debug, Clone)]
pub struct Login {
    /// The token: 64 upper-case hex digits. It is shown this once.
    pub token: String,
    /// Who logged in.
    pub user: User,
    /// When the session ends.
    pub expires_at: Timestamp,
}

fn argon2() -> Argon2<'static> {
    // OWASP's second choice: 19 MiB, two passes, one lane
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// The hash of a password, Argon2id in PHC form.
///
/// # Errors
/// When hashing fails.
pub(crate) async fn hash_password(services: &Services, password: &str) -> Result<String> {
    let mut salt = [0; 16];
    services.store().clock().random(&mut salt);
    let password = password.to_owned();
    let work = move || argon2().hash_password_with_salt(password.as_bytes(), &salt).map(|h| h.to_string());
    services.0.hashing.run(work).await?.map_err(|e| Error::internal(e.to_string()))
}

/// What a password of nobody is compared with: an unknown user costs a hash like a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vYm9keQ$Gf6q3eJWXfTdMbKnDzmMTMhQb1lZxk2rK2Jj1f7m1gE";

async fn verify(services: &Services, hash: Option<String>, password: &str) -> Result<bool> {
    let password = password.to_owned();
    let known = hash.is_some();
    let hashing = &services.0.hashing;
    let matches = hashing.run(move || {
        let text = hash.unwrap_or_else(|| NOBODY.to_owned());
        PasswordHash::new(&text).is_ok_and(|parsed| argon2().verify_password(password.as_bytes(), &parsed).is_ok())
    });
    Ok(matches.await? && known)
}

/// Opens a session.
///
/// # Errors
/// [`ErrorKind::WrongCredentials`], [`ErrorKind::SecondFactorRequired`] when the password is right and a code is missing,
/// [`ErrorKind::TooManyRequests`] with when to come back, [`ErrorKind::PeerUnavailable`] with the directory that cannot be asked.
///
/// Local users are known by their password here; for others, and for unknown names, directories are asked. `code` is the one-time code or a recovery code of a user with a second factor. Clients that know nothing of codes put it behind the password.
pub async fn login(services: &Services, request: &RequestInfo, username: &str, password: &str, code: Option<&str>) -> Result<Login> {
    let found = services.store().users().find_login(username).await?;
    // the tenant's administrators see who tries to log in as their people; the caller is told the same in any case
    let tried = Tried { name: username, whom: found.as_ref().map(|f| (f.user, f.tenant)) };
    let brake = Brake::on(request, username, found.as_ref().map(|f| f.user));
    brake.check(services, request, tried, LOCAL).await?;
    let found = found.filter(|_| password.len() <= LONGEST_PASSWORD);
    let factor = match &found {
        Some(found) => factor_of(services, found.user).await?,
        None => None,
    };
    let (password, code) = if factor.is_some() && code.is_none() { second_factor::split(password) } else { (password, code) };
    let password = if password.len() > LONGEST_PASSWORD { "" } else { password };
    let hash = found.as_ref().map(|f| f.password_hash.clone()).filter(|h| !h.is_empty());
    let right = verify(services, hash, password).await?;
    let local = found.as_ref().filter(|f| f.origin.is_empty());
    let proven = if local.is_some_and(|local| right && local.enabled) {
        None
    } else {
        // also where a local user's password is wrong, which is shown to nobody: that is not to be faster than an unknown name
        match directory::ask(services, found.as_ref(), username, password).await? {
            Ok(proven) => proven,
            Err(down) if local.is_some() => {
                brake.failed(services).await?;
                refused(services, request, tried, LOCAL, "refused", WRONG).await?;
                return Err(down.told());
            }
            Err(down) => {
                let why = format!("the directory '{}' cannot be asked: {}", down.origin, down.why);
                refused(services, request, tried, &down.origin, "unavailable", &why).await?;
                return Err(down.told());
            }
        }
    };
    let origin = match (&proven, &found) {
        (Some(proven), _) => proven.origin().name.clone(),
        (None, Some(found)) if !found.origin.is_empty() => found.origin.clone(),
        _ => LOCAL.to_owned(),
    };
    let (known, factor) = match &proven {
        None => (found.filter(|_| right), factor),
        Some(proven) => {
            let known = proven.account(services).await?;
            let factor = match &known {
                Some(known) => factor_of(services, known.user).await?,
                None => None,
            };
            (known, factor)
        }
    };
    let comes_in = known.as_ref().map_or(proven.is_some(), |known| known.enabled);
    let (mut told, mut why) = (WRONG, WRONG.to_owned());
    if comes_in {
        let code_is_right = match (&factor, code, &known) {
            (Some(_), None, _) => {
                refused(services, request, tried, &origin, "refused", "no one-time code").await?;
                let message = "a one-time code is needed: send it as 'code', or right behind the password";
                return Err(Error::new(ErrorKind::SecondFactorRequired, message));
            }
            (Some(factor), Some(code), Some(known)) => second_factor::accept(services, known.user, factor, code).await?,
            _ => true,
        };
        match (code_is_right, &proven, known) {
            (false, ..) => (told, why) = (WRONG_CODE, WRONG_CODE.to_owned()),
            (true, None, Some(known)) => return open_session(services, request, known.user, LOCAL).await,
            (true, None, None) => {}
            (true, Some(proven), _) => {
                let tenant = directory::parted(username).1;
                match admission::admit(services, request, proven.origin(), &proven.person, tenant).await? {
                    Admission::In(user) => return open_session(services, request, user, &origin).await,
                    Admission::Out(reason) => why = reason,
                }
            }
        }
    }
    brake.failed(services).await?;
    refused(services, request, tried, &origin, "refused", &why).await?;
    Err(Error::new(ErrorKind::WrongCredentials, told))
}

async fn factor_of(services: &Services, user: UserId) -> Result<Option<SecondFactor>> {
    Ok(services.store().second_factors().find(user).await?.filter(|f| f.confirmed))
}

/// A new token: 256 random bits as 64 upper-case hex digits.
pub(crate) fn new_token(clock: &dyn Clock) -> String {
    let mut bytes = [0; 32];
    clock.random(&mut bytes);
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// Opens a session for somebody who showed who they are. `origin` is the directory or provider that said so, or [`LOCAL`].
pub(crate) async fn open_session(services: &Services, request: &RequestInfo, user: UserId, origin: &str) -> Result<Login> {
    let store = services.store();
    let token = new_token(store.clock());
    let life = services.settings().session_life;
    let client = tenantry_domain::name::clip(&request.client);
    let user = store.users().get(&Scope::system(), user).await?;
    let tx = store.begin().await?;
    tx.sessions().insert(user.id, &token_hash(&token), &request.address, &client, life).await?;
    tx.sessions().succeeded(&attempt::account(user.id)).await?;
    let by = if origin == LOCAL { String::new() } else { format!("by '{origin}'") };
    tx.audit().record(&attempt::record(request, &user.username, Some((user.id, user.tenant)), AuditOutcome::Allowed, &by)).await?;
    tx.commit().await?;
    request.recorded.set();
    attempt::count("allowed", origin);
    Ok(Login { token, user, expires_at: store.clock().now().plus(life.absolute) })
}

/// Reads a token in any form that a client may send: bare, after `Bearer `, with `<username>_` before it.
#[must_use]
pub fn normalize_token(header: &str) -> Option<String> {
    let text = header.trim();
    let text = text.get(..7).filter(|p| p.eq_ignore_ascii_case("bearer ")).map_or(text, |_| text[7..].trim());
    let token = text.rsplit('_').next().unwrap_or(text);
    (token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit())).then(|| token.to_ascii_uppercase())
}

/// Who a (normalized) token belongs to. A token for programs is good in the dialects of its scope alone.
///
/// # Errors
/// [`ErrorKind::Unauthenticated`] when it is unknown, expired, or its user disabled.
pub async fn authenticate(services: &Services, token: &str, dialect: &str) -> Result<Session> {
    let hash = token_hash(token);
    let now = services.store().clock().now();
    // one that was over when it was looked at may have been used elsewhere meanwhile
    let session = match services.0.sessions.get(&hash).await.filter(|s| s.expires_at > now) {
        Some(session) => session,
        None => look_up(services, &hash, now).await?,
    };
    if session.scope.as_ref().is_some_and(|scope| !scope.takes(dialect)) {
        return Err(Error::new(ErrorKind::Unauthenticated, "this token is limited to other dialects"));
    }
    Ok(session)
}

async fn look_up(services: &Services, hash: &String, now: Timestamp) -> Result<Session> {
    let sessions = &services.0.sessions;
    let unknown = || Error::new(ErrorKind::Unauthenticated, "the session is unknown or has expired: log in again");
    if sessions.get(hash).await.is_some_and(|s| s.expires_at <= now) {
        sessions.drop_one(hash).await;
    }
    let session = sessions.find(hash, || async { services.store().sessions().find(hash).await?.ok_or_else(unknown) }).await?;
    if session.expires_at <= now {
        return Err(unknown());
    }
    if now.since(session.last_used_at) >= NOTED_EVERY {
        services.0.used.lock().unwrap_or_else(PoisonError::into_inner).insert(session.id);
    }
    Ok(session)
}

/// Writes down which sessions were used since the last time, all in one statement, so that no request waits for it.
///
/// # Errors
/// When the database fails; they are written down the next time.
pub async fn note_use(services: &Services) -> Result<()> {
    let used = std::mem::take(&mut *services.0.used.lock().unwrap_or_else(PoisonError::into_inner));
    if used.is_empty() {
        return Ok(());
    }
    let ids: Vec<SessionId> = used.iter().copied().collect();
    let noted = services.store().sessions().used(&ids, services.settings().session_life.idle).await;
    if noted.is_err() {
        services.0.used.lock().unwrap_or_else(PoisonError::into_inner).extend(used);
    }
    noted
}

/// Ends the caller's session. Doing it again is fine.
///
/// # Errors
/// When the database fails.
pub async fn logout(ctx: &Ctx) -> Result<()> {
    let tx = ctx.begin().await?;
    tx.sessions().delete(ctx.caller.user, ctx.caller.session).await?;
    let mut record = ctx.record("logout", tenantry_domain::policy::ObjectKind::User, ctx.caller.user, Some(ctx.caller.home), "");
    record.object = "session".to_owned();
    tx.audit().record(&record).await?;
    tx.commit().await?;
    ctx.request.recorded.set();
    forget_sessions(&ctx.services, ctx.caller.user).await;
    Ok(())
}

/// Drops what is cached of all sessions, after a tenant was disabled or enabled.
pub(crate) fn forget_all_sessions(services: &Services) {
    services.0.sessions.forget_all();
}

/// Drops what is cached of a user's sessions, after they ended or the user's roles changed.
pub(crate) async fn forget_sessions(services: &Services, user: UserId) {
    services.0.sessions.forget(user).await;
}

/// Whether a user's password is this one. Guessing it with somebody's session is slowed down as it is without one.
pub(crate) async fn check_old_password(services: &Services, user: UserId, password: &str) -> Result<bool> {
    let subject = format!("password:{user}");
    unbraked(services, &subject, GUESSED).await?;
    let credentials = services.store().users().credentials(user).await?;
    let short = if password.len() > LONGEST_PASSWORD { "" } else { password };
    let right = verify(services, Some(credentials.password_hash), short).await?;
    let tx = services.store().begin().await?;
    if right {
        tx.sessions().succeeded(&subject).await?;
    } else {
        tx.sessions().failed(&subject, FREE_TRIES_ACCOUNT, services.settings().longest_throttle).await?;
    }
    tx.commit().await?;
    Ok(right)
}

/// The caller as the server itself, for the first start.
#[must_use]
pub fn system_caller() -> Caller {
    Caller {
        user: UserId(0),
        name: "system".to_owned(),
        home: TenantId::ROOT,
        grants: Vec::new(),
        groups: Vec::new(),
        session: SessionId(0),
        must_change_password: false,
    }
}

/// Makes the root tenant and the first administrator `admin` when there is no root tenant yet. Answers whether it did.
///
/// # Errors
/// When the database fails.
pub async fn bootstrap(services: &Services, password: &str) -> Result<bool> {
    use tenantry_domain::policy::Allowed;
    use tenantry_domain::user::Role;
    let store = services.store();
    if store.tenants().name_taken("root").await? {
        return Ok(false);
    }
    let password_hash = hash_password(services, password).await?;
    let tx = store.begin().await?;
    tx.tenants().insert_root().await?;
    let admin = tenantry_store::users::NewUser {
        username: "admin".to_owned(),
        name: "Administrator".to_owned(),
        email: None,
        phone: String::new(),
        comment: "the first administrator".to_owned(),
        password_hash,
        role: Some(Role::PlatformAdmin),
        enabled: true,
        must_change_password: false,
        group: None,
        group_admin: true,
        origin: None,
    };
    tx.users().insert(&Allowed::system(TenantId::ROOT), &admin).await?;
    tx.commit().await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
    use tenantry_domain::policy::Allowed;
    use tenantry_domain::registry::{Image, RegistryConnection};
    use tenantry_domain::user::Role;
    use tenantry_domain::{Amounts, DatacenterId};
    use tenantry_driver_api::{FoundPlace, Kubeconfig, PlacePage, PlaceQuery};
    use tenantry_store::users::NewUser;
    use tenantry_testkit::TestDatabase;

    use super::*;
    use crate::{Peers, Settings};

    /// Peers that no login asks.
    struct NoPeers;

    #[async_trait::async_trait]
    impl Peers for NoPeers {
        async fn places(&self, _: DatacenterId, _: &PlaceQuery) -> Result<PlacePage> {
            Err(Error::internal("no peers"))
        }
        async fn place(&self, _: DatacenterId, _: &str) -> Result<Option<(FoundPlace, Amounts)>> {
            Err(Error::internal("no peers"))
        }
        fn clouds(&self) -> Option<&dyn crate::Clouds> {
            None
        }
        async fn check(&self, _: &Connection, _: &DatacenterOptions) -> Result<Health> {
            Err(Error::internal("no peers"))
        }
        async fn kubeconfig(&self, _: DatacenterId, _: &str, _: tenantry_domain::Uid, _: Role) -> Result<Kubeconfig> {
            Err(Error::internal("no peers"))
        }
        async fn repositories(&self, _: &RegistryConnection, _: usize) -> Result<Vec<String>> {
            Err(Error::internal("no peers"))
        }
        async fn images(&self, _: &RegistryConnection, _: Option<&str>, _: usize) -> Result<Vec<Image>> {
            Err(Error::internal("no peers"))
        }
    }

    #[tokio::test]
    async fn every_login_that_is_refused_takes_the_same_work() {
        let database = TestDatabase::sqlite().await;
        let services = Services::new(database.store.clone(), Settings::default(), Arc::new(NoPeers));
        bootstrap(&services, "the-right-password").await.unwrap();
        let hash = database.store.users().credentials(UserId(1)).await.unwrap().password_hash;
        let tx = database.store.begin().await.unwrap();
        for (username, password_hash, enabled, origin) in [
            ("shut", hash.as_str(), false, None),
            ("blank", "", true, None),
            ("elsewhere", "", true, Some(("company".to_owned(), "s-1".to_owned()))),
        ] {
            let new = NewUser { username: username.into(), password_hash: password_hash.into(), enabled, origin, ..NewUser::default() };
            tx.users().insert(&Allowed::system(TenantId::ROOT), &new).await.unwrap();
        }
        tx.commit().await.unwrap();
        let long = "x".repeat(LONGEST_PASSWORD + 1);
        for name in ["admin", "nobody", "nobody#nowhere", "", "shut", "blank", "elsewhere"] {
            for password in ["wrong-password", "", long.as_str()] {
                let before = services.0.hashing.begun();
                let error = login(&services, &RequestInfo::default(), name, password, None).await.unwrap_err();
                assert_eq!((error.kind, error.message.as_str()), (ErrorKind::WrongCredentials, WRONG), "{name}");
                assert_eq!(services.0.hashing.begun() - before, 1, "{name}");
            }
        }
        let before = services.0.hashing.begun();
        login(&services, &RequestInfo::default(), "admin", "the-right-password", None).await.unwrap();
        assert_eq!(services.0.hashing.begun() - before, 1);
    }

    #[test]
    fn an_unknown_user_costs_what_a_known_one_costs() {
        let costs = |text: &str| {
            let hash = PasswordHash::new(text).unwrap();
            (hash.algorithm.to_string(), hash.version, hash.params.to_string(), hash.hash.map(|h| h.as_bytes().len()))
        };
        let known = argon2().hash_password_with_salt(b"a-good-password", b"sixteen-bytes-is").unwrap().to_string();
        assert_eq!(costs(NOBODY), costs(&known));
    }

    #[test]
    fn a_token_is_read_in_every_form() {
        let token = "0123456789ABCDEF".repeat(4);
        for form in [
            token.clone(),
            format!("Bearer {token}"),
            format!("bearer  {token}"),
            format!("admin_{token}"),
            format!("a_b_{token}"),
            token.to_lowercase(),
        ] {
            assert_eq!(normalize_token(&form).as_ref(), Some(&token), "{form}");
        }
        for wrong in ["", "Bearer", "xyz", &token[1..], &format!("{token}0"), "ééééééé"] {
            assert_eq!(normalize_token(wrong), None, "{wrong}");
        }
    }
}
