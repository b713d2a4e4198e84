//! The client: where the server is, who calls, and how often it is tried.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::tls;

/// How often and how fast a call is repeated that may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all; 1 repeats nothing.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles from there, with jitter.
    pub base: Duration,
    /// The longest pause that a server's `Retry-After` is obeyed with; beyond it the error is returned.
    pub longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 4, base: Duration::from_millis(200), longest: Duration::from_secs(10) }
    }
}

/// Sets a [`Client`] up.
#[derive(Debug, Clone)]
pub struct Builder {
    server: String,
    token: Option<Secret>,
    ca_pem: Option<String>,
    timeout: Duration,
    retry: Retry,
}

impl Builder {
    /// Calls are made with this token.
    #[must_use]
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// The certificate authorities in this PEM are trusted beside the system's.
    #[must_use]
    pub fn ca_pem(mut self, pem: impl Into<String>) -> Self {
        self.ca_pem = Some(pem.into());
        self
    }

    /// How long a call may take, what it waits for not counted; 30 seconds without it.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often and how fast calls are repeated.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Makes the client; nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Setup`] for a URL that is none, a token that can't be one, or unreadable certificates.
    pub fn build(self) -> Result<Client> {
        let wrong = || Error::Setup(format!("'{}' is not the URL of a server: http://host:port or https://host:port is", self.server));
        let mut base = Url::parse(&self.server).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(wrong());
        }
        base.set_query(None);
        base.set_fragment(None);
        let path = format!("{}/api/v2/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        if self.token.as_ref().is_some_and(|t| t.expose().is_empty() || !t.expose().bytes().all(|b| b.is_ascii_graphic())) {
            return Err(Error::Setup("the token has characters that no token has".to_owned()));
        }
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config(base.scheme() == "https", self.ca_pem.as_deref())?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10).min(self.timeout))
            .user_agent(concat!("tenantry/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(Error::Transport)?;
        Ok(Client { inner: Arc::new(Inner { http, base, token: self.token, timeout: self.timeout, retry: self.retry }) })
    }
}

/// A client of the native API. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    base: Url,
    token: Option<Secret>,
    timeout: Duration,
    retry: Retry,
}

impl Client {
    /// Begins a client of the server at this URL (`https://cloud.example`).
    #[must_use]
    pub fn builder(server: impl Into<String>) -> Builder {
        Builder { server: server.into(), token: None, ca_pem: None, timeout: Duration::from_secs(30), retry: Retry::default() }
    }

    /// A client of the same server, on the same connections, with another token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<Secret>) -> Self {
        let Inner { http, base, timeout, retry, .. } = &*self.inner;
        Self {
            inner: Arc::new(Inner { http: http.clone(), base: base.clone(), token: Some(token.into()), timeout: *timeout, retry: *retry }),
        }
    }

    pub(crate) fn retry(&self) -> Retry {
        self.inner.retry
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.inner.timeout
    }

    /// A request to `path` (already encoded) below the API, with the token.
    pub(crate) fn request(&self, method: reqwest::Method, path: &str, query: &[(String, String)]) -> reqwest::RequestBuilder {
        let mut url = self.inner.base.clone();
        url.set_path(&format!("{}{path}", self.inner.base.path()));
        let request = self.inner.http.request(method, url).query(query);
        match &self.inner.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.inner.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_an_http_url() {
        for wrong in ["", "cloud.example", "ftp://cloud.example", "unix:/run/x", "http://"] {
            assert!(matches!(Client::builder(wrong).build(), Err(Error::Setup(_))), "{wrong}");
        }
    }

    #[test]
    fn a_server_may_live_below_a_path_and_its_token_is_not_printed() {
        let client = Client::builder("https://cloud.example/tenantry/?x#y").token("SECRET").build().unwrap();
        assert_eq!(format!("{client:?}"), "Client(https://cloud.example/tenantry/api/v2/)");
    }

    #[test]
    fn a_token_with_a_line_end_is_refused() {
        assert!(Client::builder("http://localhost").token("abc\r\nx: y").build().is_err());
    }
}
