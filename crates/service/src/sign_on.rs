//! Single sign-on: a login that a provider of OpenID Connect answers for (the authorization code flow with PKCE; docs/adr/0005).
//!
//! Whoever begins gets a secret, which a browser keeps in a cookie and the command line in memory: the nonce and the verifier are in it. The
//! database has hashes of it and of the state. A login is finished with both, once, within minutes, where it was begun: nobody is logged
//! in as somebody else by a link. Afterwards a person goes to a place of this server, or the command line gets the session.
//! A second factor is the provider's to ask for: a one-time code of here is not.

use std::sync::Arc;
use std::time::Duration;

use tenantry_domain::audit::AuditOutcome;
use tenantry_domain::{Error, ErrorKind, Result, Timestamp, name};
pub use tenantry_driver_api::{PendingSignOn, SignOn, SignedOn};
use tenantry_store::sessions::token_hash;
use tenantry_store::sign_ons::{NewSignOn, SignOn as Taken};
use url::{Host, Url};

use crate::admission::{self, Admission, Origin};
use crate::attempt::{self, Brake, Tried, refused};
use crate::auth::{self, Login};
use crate::{RequestInfo, Services};

/// How long a person may take at the provider.
pub const LIFE: Duration = Duration::from_secs(10 * 60);
/// How many logins may be under way from one address.
const MOST_HERE: i64 = 100;
/// How many logins may be under way in all.
const MOST: i64 = 10_000;
/// The longest code that a provider is shown.
const LONGEST_CODE: usize = 8 * 1024;
/// The longest path that somebody goes to afterwards.
const LONGEST_PATH: usize = 1024;

/// Nobody gives a name here before it is known.
const NOBODY: Tried<'static> = Tried { name: "", whom: None };

/// A provider as it is configured.
pub struct Configured {
    /// What it is called, and what its groups give.
    pub origin: Origin,
    /// What people know it by.
    pub label: String,
    /// Where it leads browsers back to.
    pub redirect_uri: String,
    /// What is asked there.
    pub provider: Arc<dyn SignOn>,
}

/// A way to log in that people choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// The name of the provider.
    pub name: String,
    /// What people know it by.
    pub label: String,
}

/// Where the provider leads back to.
#[derive(Debug, Clone, Copy)]
pub enum Back<'a> {
    /// To this server, and from there to a place of it: a path.
    Here(&'a str),
    /// To the command line on the person's own machine: `http://127.0.0.1:<port>/callback`.
    Loopback(&'a str),
}

/// A login that was begun.
pub struct Begun {
    /// Where the person goes now.
    pub url: String,
    /// What the provider will give back.
    pub state: String,
    /// What only whoever began it may know.
    pub secret: String,
    /// Until when it can be finished.
    pub expires_at: Timestamp,
}

/// How the provider answered.
#[derive(Debug, Clone, Copy)]
pub enum Said<'a> {
    /// With a code, for which it tells who it is.
    Code(&'a str),
    /// With an error.
    Error(&'a str),
}

/// A login that is finished.
pub struct Finished {
    /// The session.
    pub login: Login,
    /// Where the person goes now: a path of this server.
    pub return_to: String,
}

/// The providers that people choose from.
#[must_use]
pub fn methods(services: &Services) -> Vec<Method> {
    services.providers().iter().map(|p| Method { name: p.origin.name.clone(), label: p.label.clone() }).collect()
}

fn find<'a>(services: &'a Services, provider: &str) -> Result<&'a Configured> {
    let unknown = || Error::new(ErrorKind::NotFound, format!("there is no provider of single sign-on '{}'", name::clip(provider)));
    services.providers().iter().find(|p| p.origin.name == provider).ok_or_else(unknown)
}

/// Begins a login.
///
/// # Errors
/// `NotFound` for an unknown provider, `InvalidArgument` for a place to go to that is not one of this server's (or of the person's own
/// machine), [`ErrorKind::TooManyRequests`], [`ErrorKind::PeerUnavailable`] with the provider that cannot be asked.
pub async fn begin(services: &Services, request: &RequestInfo, provider: &str, back: Back<'_>) -> Result<Begun> {
    let from = find(services, provider)?;
    let (redirect_uri, return_to) = match back {
        Back::Here(path) => (from.redirect_uri.as_str(), own_path(path)?),
        Back::Loopback(uri) => (loopback(uri)?, "/"),
    };
    Brake::on_sign_on(request).check(services, request, NOBODY, &from.origin.name).await?;
    let store = services.store();
    let under_way = store.sign_ons().under_way(&request.address).await?;
    if under_way.here >= MOST_HERE || under_way.everywhere >= MOST {
        refused(services, request, NOBODY, &from.origin.name, "throttled", "too many logins are under way").await?;
        let message = "too many logins were begun and not finished: try again in a few minutes";
        return Err(Error::new(ErrorKind::TooManyRequests, message).retry_after(Duration::from_secs(60)));
    }
    let pending = match from.provider.begin(redirect_uri).await {
        Ok(pending) => pending,
        Err(error) => return Err(down(services, request, from, &error.message).await),
    };
    let secret = format!("{}.{}", pending.nonce, pending.verifier);
    let new = NewSignOn {
        state_hash: token_hash(&pending.state),
        secret_hash: token_hash(&secret),
        provider: from.origin.name.clone(),
        redirect_uri: redirect_uri.to_owned(),
        return_to: return_to.to_owned(),
        address: request.address.clone(),
    };
    let mut record = attempt::record(request, "", None, AuditOutcome::Allowed, &format!("begun at '{}'", from.origin.name));
    record.action = "sign_on".to_owned();
    let tx = store.begin().await?;
    let expires_at = tx.sign_ons().insert(&new, LIFE).await?;
    tx.audit().record(&record).await?;
    tx.commit().await?;
    request.recorded.set();
    metrics::counter!("tenantry_sign_ons_begun_total", "origin" => from.origin.name.clone()).increment(1);
    Ok(Begun { url: pending.url, state: pending.state, secret, expires_at })
}

/// Finishes a login with what the provider led back with, and the secret of whoever began it.
///
/// # Errors
/// `NotFound` for an unknown provider; [`ErrorKind::WrongCredentials`] when the login is unknown here, is over, or was refused by the
/// provider; `Forbidden` for somebody whom the provider knows and who may not come in here; [`ErrorKind::TooManyRequests`],
/// [`ErrorKind::PeerUnavailable`] with the provider that cannot be asked.
pub async fn finish(
    services: &Services,
    request: &RequestInfo,
    provider: &str,
    state: &str,
    secret: &str,
    said: Said<'_>,
) -> Result<Finished> {
    let from = find(services, provider)?;
    let origin = &from.origin.name;
    let brake = Brake::on_sign_on(request);
    brake.check(services, request, NOBODY, origin).await?;
    let Some((taken, pending)) = take(services, from, state, secret).await? else {
        brake.failed(services).await?;
        refused(services, request, NOBODY, origin, "refused", "a login that is unknown, over, or was begun elsewhere").await?;
        let message =
            "this login is not known: it was finished before, took more than ten minutes, or was begun in another browser; begin again";
        return Err(Error::new(ErrorKind::WrongCredentials, message));
    };
    let again = |why: &str| Error::new(ErrorKind::WrongCredentials, format!("'{}' did not log you in{why}: begin again", from.label));
    let code = match said {
        Said::Code(code) => code,
        Said::Error(error) => {
            let error = known_error(error);
            refused(services, request, NOBODY, origin, "refused", &format!("the provider answered '{error}'")).await?;
            return Err(again(&format!(" ({error})")));
        }
    };
    let answer = if code.len() > LONGEST_CODE { Ok(SignedOn::Refused) } else { from.provider.finish(&pending, code).await };
    let person = match answer {
        Ok(SignedOn::User(person)) => person,
        Ok(SignedOn::Refused) => {
            brake.failed(services).await?;
            refused(services, request, NOBODY, origin, "refused", "the provider does not accept the code").await?;
            return Err(again(""));
        }
        Err(error) => return Err(down(services, request, from, &error.message).await),
    };
    match admission::admit(services, request, &from.origin, &person, None).await? {
        Admission::In(user) => {
            let login = auth::open_session(services, request, user, origin).await?;
            Ok(Finished { login, return_to: taken.return_to })
        }
        Admission::Out(why) => {
            let known = services.store().users().find_subject(origin, &person.subject).await?;
            let tried = Tried { name: &person.login, whom: known.map(|k| (k.user, k.tenant)) };
            refused(services, request, tried, origin, "refused", &why).await?;
            let message =
                format!("'{}' knows you, but you may not log in here: ask an administrator, who finds the reason in the audit", from.label);
            Err(Error::new(ErrorKind::Forbidden, message))
        }
    }
}

/// The login that state and secret belong to, which is used up by it.
async fn take(services: &Services, from: &Configured, state: &str, secret: &str) -> Result<Option<(Taken, PendingSignOn)>> {
    let Some((nonce, verifier)) = secret.split_once('.') else { return Ok(None) };
    let tx = services.store().begin().await?;
    let taken = tx.sign_ons().take(&from.origin.name, &token_hash(state), &token_hash(secret)).await?;
    tx.commit().await?;
    Ok(taken.map(|taken| {
        let pending = PendingSignOn {
            url: String::new(),
            state: state.to_owned(),
            nonce: nonce.to_owned(),
            verifier: verifier.to_owned(),
            redirect_uri: taken.redirect_uri.clone(),
        };
        (taken, pending)
    }))
}

/// Records that a provider cannot be asked, and tells which one it is.
async fn down(services: &Services, request: &RequestInfo, from: &Configured, why: &str) -> Error {
    let origin = &from.origin.name;
    tracing::warn!(provider = origin, error = why, "a provider cannot be asked");
    let recorded = refused(services, request, NOBODY, origin, "unavailable", &format!("{} cannot be asked: {why}", from.origin)).await;
    let message = format!("the provider '{origin}' cannot be asked now: try again later; local users log in with their passwords");
    recorded.err().unwrap_or_else(|| Error::new(ErrorKind::PeerUnavailable, message))
}

/// The errors of OAuth 2.0 and OpenID Connect that people are told; what else is sent is nobody's word.
fn known_error(error: &str) -> &'static str {
    const KNOWN: [&str; 14] = [
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_request",
        "invalid_request_object",
        "invalid_request_uri",
        "invalid_scope",
        "login_required",
        "request_not_supported",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    ];
    KNOWN.into_iter().find(|known| *known == error).unwrap_or("another error")
}

/// A path of this server, with query and fragment: nothing that a browser takes for another host.
fn own_path(path: &str) -> Result<&str> {
    let wrong = || Error::invalid("return_to", "'return_to' must be a path of this server that begins with one '/', such as /console");
    let plain = path.len() <= LONGEST_PATH && path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let home = Url::parse("http://own.invalid/").map_err(Error::internal)?;
    let lands = home.join(path).map_err(|_| wrong())?;
    if !plain || path[1..].starts_with('/') || lands.path().starts_with("//") || lands.origin() != home.origin() {
        return Err(wrong());
    }
    Ok(path)
}

/// Where the command line listens: a port of this very machine, by its address, which no name server can change.
fn loopback(uri: &str) -> Result<&str> {
    let wrong =
        || Error::invalid("redirect_uri", "'redirect_uri' must be http://127.0.0.1:<port>/callback or http://[::1]:<port>/callback");
    let url = Url::parse(uri).map_err(|_| wrong())?;
    let here = match url.host() {
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        _ => false,
    };
    // written as a URL is written, so that both sides see the same
    let whole = url.scheme() == "http" && url.port().is_some() && url.path() == "/callback" && url.as_str() == uri;
    let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if here && whole && bare { Ok(uri) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_of_this_server_are_gone_to() {
        for good in ["/", "/console", "/console/tenants?sort=-name&x=%2F%2Fy#apps", "/a//b", "/@home"] {
            assert_eq!(own_path(good).unwrap(), good);
        }
        let long = format!("/{}", "a".repeat(LONGEST_PATH));
        for bad in [
            "",
            "console",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "https://evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "/a\\b",
            "/./\\evil.example",
            "/x/..//evil.example",
            "/.//evil.example",
            "/é",
            long.as_str(),
        ] {
            assert_eq!(own_path(bad).unwrap_err().field.as_deref(), Some("return_to"), "{bad}");
        }
    }

    #[test]
    fn the_command_line_listens_on_this_machine_alone() {
        for good in ["http://127.0.0.1:40001/callback", "http://[::1]:40001/callback"] {
            assert_eq!(loopback(good).unwrap(), good);
        }
        for bad in [
            "",
            "/callback",
            "https://127.0.0.1:1/callback",
            "http://127.0.0.1/callback",
            "http://127.0.0.1:1/",
            "http://127.0.0.1:1/callback?x",
            "http://127.0.0.1:1/callback#x",
            "http://localhost:1/callback",
            "http://127.0.0.2:1/callback",
            "http://127.1:1/callback",
            "http://a@127.0.0.1:1/callback",
            "http://127.0.0.1:1@evil.example/callback",
            "http://127.0.0.1.evil.example:1/callback",
            "http://10.0.0.1:1/callback",
        ] {
            assert_eq!(loopback(bad).unwrap_err().field.as_deref(), Some("redirect_uri"), "{bad}");
        }
    }

    #[test]
    fn an_error_that_no_standard_knows_is_not_repeated() {
        assert_eq!(known_error("access_denied"), "access_denied");
        assert_eq!(known_error("<b>call 555</b>"), "another error");
    }
}
