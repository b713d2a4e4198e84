//! An HTTP client that goes only where the guard lets it. It follows no redirect and uses no proxy: the answer is that of the address
//! that was looked at.
//!
//! The messages of its errors say what the other side did, for a sentence that begins with its name.

use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt as _;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use url::{Host, Url};

use crate::{DriverError, DriverErrorKind, Guard, Purpose, Result, tls};

/// How long making a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// An HTTP client for one purpose. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    guard: Guard,
    purpose: Purpose,
}

/// Names are resolved by the guard.
struct Guarded(Guard, Purpose);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, purpose) = (self.0.clone(), self.1);
        Box::pin(async move {
            let found = guard.addresses(name.as_str(), purpose).await?;
            Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

impl Http {
    /// A client that believes the system's certificate authorities, and those of `ca_pem`.
    ///
    /// # Errors
    /// `Invalid` for a certificate that cannot be read.
    pub fn new(guard: &Guard, purpose: Purpose, ca_pem: Option<&str>) -> Result<Self> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls::config(ca_pem)?)
            .dns_resolver(Guarded(guard.clone(), purpose))
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_LIMIT)
            .build()
            .map_err(|e| DriverError::new(DriverErrorKind::Invalid, e.to_string()))?;
        Ok(Self { client, guard: guard.clone(), purpose })
    }

    /// Sends a request, to which `with` adds headers and body; the whole answer must be there within `limit`.
    ///
    /// # Errors
    /// `Invalid` for an address that the guard refuses, `Timeout`, or `Unreachable` with the innermost cause. None holds the URL.
    pub async fn send(
        &self,
        method: Method,
        url: Url,
        limit: Duration,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response> {
        // an address in the URL is dialled as it is, and no resolver is asked
        let written = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) | None => None,
        };
        if let (Some(address), Some(host)) = (written, url.host_str()) {
            self.guard.permit(host, address, self.purpose).map_err(|e| refused(&e))?;
        }
        let request = with(self.client.request(method, url).timeout(limit));
        request.send().await.map_err(|error| failure(error, limit))
    }

    /// Reads an answer of at most `most` bytes.
    ///
    /// # Errors
    /// As [`Http::send`], and `Server` for an answer that is larger.
    pub async fn read(response: Response, most: usize, limit: Duration) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            bytes.extend_from_slice(&chunk.map_err(|error| failure(error, limit))?);
            if bytes.len() > most {
                return Err(DriverError::new(DriverErrorKind::Server, "gives an answer that is larger than it should be"));
            }
        }
        Ok(bytes)
    }
}

/// What the guard says, as what the other side is.
fn refused(error: &DriverError) -> DriverError {
    DriverError::new(error.kind, format!("cannot be reached: {error}"))
}

/// The innermost cause says what is wrong: a name, a refused connection, a certificate.
fn failure(error: reqwest::Error, limit: Duration) -> DriverError {
    if error.is_timeout() && !error.is_connect() {
        return DriverError::new(DriverErrorKind::Timeout, format!("did not answer within {limit:?}"));
    }
    let error = error.without_url();
    let mut innermost: &(dyn std::error::Error + 'static) = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
        .downcast_ref::<DriverError>()
        .map_or_else(|| DriverError::new(DriverErrorKind::Unreachable, format!("cannot be reached: {innermost}")), refused)
}
