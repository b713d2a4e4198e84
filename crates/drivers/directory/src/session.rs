//! One connection to a directory: TLS, bind, search. Every step has a time limit; referrals are not followed.

use std::sync::Arc;
use std::time::Duration;

use ldap3::controls::{Control, ControlType, PagedResults};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, Scope, SearchEntry, SearchOptions, StdStream};
use tenantry_driver_api::{DriverError, DriverErrorKind, Purpose, Result};

use crate::Ldap as Directory;

/// How long making a connection may take, without TLS.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// Entries asked for in one page; directories often give no more at once.
const PAGE: usize = 500;
/// Stands for "no attributes" (RFC 4511).
pub(crate) const NO_ATTRIBUTES: &str = "1.1";

/// A connection.
pub(crate) struct Session<'a> {
    directory: &'a Directory,
    ldap: Ldap,
}

/// What a search found.
pub(crate) struct Found {
    /// At most as many as were asked for.
    pub entries: Vec<SearchEntry>,
    /// Whether there are more.
    pub more: bool,
}

impl<'a> Session<'a> {
    /// Connects, with TLS where it is wanted, and logs in as the account that searches.
    pub async fn open(directory: &'a Directory) -> Result<Self> {
        let url = &directory.url;
        let host = url.host_str().unwrap_or_default();
        let port = url.port().unwrap_or(if url.scheme() == "ldaps" { 636 } else { 389 });
        let limit = directory.limit.min(CONNECT_LIMIT);
        let cannot = |e: DriverError| directory.failure(e.kind, &format!("cannot be reached: {}", e.message));
        let stream = directory.guard.connect(host, port, Purpose::Directory, limit).await.map_err(cannot)?;
        let stream = stream.into_std().map_err(|e| directory.unreachable(&e))?;
        let settings = LdapConnSettings::new()
            .set_std_stream(StdStream::Tcp(stream))
            .set_starttls(directory.settings.start_tls)
            .set_config(Arc::clone(&directory.tls))
            .set_conn_timeout(directory.limit);
        let (connection, ldap) = LdapConnAsync::from_url_with_settings(settings, url).await.map_err(|e| directory.broken(e))?;
        tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(%error, "a connection to a directory ended");
            }
        });
        let mut session = Self { directory, ldap };
        session.bind_reader().await?;
        Ok(session)
    }

    /// Logs in as the account that searches.
    pub async fn bind_reader(&mut self) -> Result<()> {
        let settings = &self.directory.settings;
        if settings.bind_dn.is_empty() || self.bind(&settings.bind_dn, &settings.bind_password).await? {
            return Ok(());
        }
        let message = "does not accept the account that searches: check bind_dn and bind_password";
        Err(self.directory.failure(DriverErrorKind::Unauthorized, message))
    }

    /// Whether the directory accepts the name with that password. Empty ones are never sent: a directory takes them for a wish to be
    /// nobody, and accepts (RFC 4513, 5.1.2).
    pub async fn bind(&mut self, name: &str, password: &str) -> Result<bool> {
        if name.is_empty() || password.is_empty() {
            return Ok(false);
        }
        let limit = self.directory.limit;
        let result = self.ldap.with_timeout(limit).simple_bind(name, password).await.map_err(|e| self.directory.broken(e))?;
        match result.rc {
            0 => Ok(true),
            // constraint violation, no such object, a name that is none, no password to compare, wrong password, not enough rights,
            // unwilling: all say of an account that it may not come in
            19 | 32 | 34 | 48 | 49 | 50 | 53 => Ok(false),
            _ => Err(self.directory.refused(&result)),
        }
    }

    /// Whether there is an entry of that name.
    pub async fn exists(&mut self, name: &str) -> Result<bool> {
        match self.page(name, Scope::Base, "(objectClass=*)", &[NO_ATTRIBUTES], 1, Vec::new()).await? {
            (_, result, _) if matches!(result.rc, 32 | 34) => Ok(false),
            (_, result, _) if result.rc != 0 => Err(self.directory.refused(&result)),
            (entries, ..) => Ok(!entries.is_empty()),
        }
    }

    /// Entries below `base`, page by page, at most `most`.
    pub async fn search(&mut self, base: &str, filter: &str, attributes: &[&str], most: usize) -> Result<Found> {
        let (mut entries, mut cookie) = (Vec::new(), Vec::new());
        loop {
            // one more than wanted tells whether there are more
            let wanted = (most - entries.len()).saturating_add(1).min(PAGE);
            let (found, result, next) = self.page(base, Scope::Subtree, filter, attributes, wanted, cookie).await?;
            entries.extend(found);
            let more = entries.len() > most;
            entries.truncate(most);
            match result.rc {
                0 if !more && !next.is_empty() => cookie = next,
                0 => return Ok(Found { entries, more }),
                // the directory gives no more to anybody
                4 => return Ok(Found { entries, more: true }),
                _ => return Err(self.directory.refused(&result)),
            }
        }
    }

    /// One page: its entries, how the search ended, and what to ask for the next page with.
    async fn page(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        size: usize,
        cookie: Vec<u8>,
    ) -> Result<(Vec<SearchEntry>, LdapResult, Vec<u8>)> {
        let directory = self.directory;
        let broken = |e| directory.broken(e);
        let seconds = i32::try_from(directory.limit.as_secs().max(1)).unwrap_or(i32::MAX);
        let control = PagedResults { size: i32::try_from(size).unwrap_or(i32::MAX), cookie };
        self.ldap.with_search_options(SearchOptions::new().timelimit(seconds)).with_timeout(directory.limit);
        if scope == Scope::Subtree {
            self.ldap.with_controls(control);
        }
        let mut stream = self.ldap.streaming_search(base, scope, filter, attributes).await.map_err(broken)?;
        let mut entries = Vec::new();
        while let Some(entry) = stream.next().await.map_err(broken)? {
            if entry.is_ref() || entry.is_intermediate() {
                continue;
            }
            entries.push(SearchEntry::construct(entry));
            if entries.len() > size.max(PAGE) {
                return Err(directory.failure(DriverErrorKind::Server, "gives more entries than it was asked for"));
            }
        }
        let result = stream.finish().await;
        let paged = result.ctrls.iter().find(|Control(kind, _)| matches!(kind, Some(ControlType::PagedResults)));
        let next = paged.map(|Control(_, raw)| raw.parse::<PagedResults>().cookie).unwrap_or_default();
        Ok((entries, result, next))
    }
}

impl Directory {
    /// What this directory did wrong.
    pub(crate) fn failure(&self, kind: DriverErrorKind, did: &str) -> DriverError {
        DriverError::new(kind, format!("directory '{}' {did}", self.settings.name))
    }

    /// The innermost cause says what is wrong: a refused connection, a certificate.
    pub(crate) fn unreachable(&self, error: &(dyn std::error::Error + 'static)) -> DriverError {
        let mut innermost = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        self.failure(DriverErrorKind::Unreachable, &format!("cannot be reached: {innermost}"))
    }

    /// The conversation did not come to its end.
    pub(crate) fn broken(&self, error: LdapError) -> DriverError {
        match error {
            LdapError::Timeout { .. } => self.late(),
            LdapError::LdapResult { result } => {
                let message = format!("does not turn to TLS ({}): use ldaps://, or set start_tls to false", words(&result));
                self.failure(DriverErrorKind::Invalid, &message)
            }
            LdapError::OpSend { .. } | LdapError::ResultRecv { .. } | LdapError::IdScrubSend { .. } | LdapError::EndOfStream => {
                self.failure(DriverErrorKind::Unreachable, "closed the connection in the middle")
            }
            LdapError::FilterParsing => self.failure(DriverErrorKind::Invalid, "cannot be asked: a filter cannot be read"),
            other => self.unreachable(&other),
        }
    }

    /// No answer in time.
    pub(crate) fn late(&self) -> DriverError {
        self.failure(DriverErrorKind::Timeout, &format!("did not answer within {:?}", self.limit))
    }

    /// The directory answered that it does not do it.
    pub(crate) fn refused(&self, result: &LdapResult) -> DriverError {
        let (kind, advice) = match result.rc {
            // it wants a login, or TLS
            1 => (DriverErrorKind::Unauthorized, ": it may want an account that searches (bind_dn)"),
            8 | 13 => (DriverErrorKind::Invalid, ": it wants TLS; use ldaps:// or start_tls"),
            10 => (DriverErrorKind::Invalid, ": referrals are not followed; name a place that it holds itself"),
            32 | 34 => (DriverErrorKind::Invalid, ": check user_base and the base of groups"),
            3 | 85 => (DriverErrorKind::Timeout, ""),
            50 => (DriverErrorKind::Forbidden, ": the account that searches needs to read people and groups"),
            51 => (DriverErrorKind::Throttled, ""),
            _ => (DriverErrorKind::Server, ""),
        };
        self.failure(kind, &format!("answered {}{advice}", words(result)))
    }
}

/// The directory's answer in its own words, as far as they are fit to be repeated.
fn words(result: &LdapResult) -> String {
    let text: String = result.text.chars().filter(|c| !c.is_control()).take(200).collect();
    let name = match result.rc {
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        8 => "strongerAuthRequired",
        10 => "referral",
        11 => "adminLimitExceeded",
        13 => "confidentialityRequired",
        32 => "noSuchObject",
        34 => "invalidDNSyntax",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        _ => "",
    };
    [result.rc.to_string().as_str(), name, &text].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}
