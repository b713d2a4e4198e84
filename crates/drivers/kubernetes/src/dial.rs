//! Connections to the API server. Each goes through the guard, also the hundredth: it is made to the address that was looked at.

use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::Uri;
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::client::ConfigExt as _;
use kube::{Client, Config};
use tenantry_driver_api::{DriverError, DriverErrorKind, Guard, Purpose, Result};
use tokio::net::TcpStream;
use tower::{BoxError, Service, ServiceBuilder};

/// How long making a connection may take, without TLS.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// Makes connections.
#[derive(Clone)]
struct Dial(Guard);

impl Service<Uri> for Dial {
    type Response = TokioIo<TcpStream>;
    type Error = DriverError;
    type Future = BoxFuture<'static, Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let guard = self.0.clone();
        Box::pin(async move {
            let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("http") { 80 } else { 443 });
            guard.connect(uri.host().unwrap_or_default(), port, Purpose::Datacenter, CONNECT_LIMIT).await.map(TokioIo::new)
        })
    }
}

/// A client as kube makes it, but for who dials, and without retries: the engine waits and tries again, for as long as the API server
/// asks, and the row says so.
pub(crate) fn client(config: &Config, guard: &Guard) -> Result<Client> {
    let wrong = |e: kube::Error| DriverError::new(DriverErrorKind::Invalid, format!("the connection cannot be set up: {e}"));
    let https = config.rustls_https_connector_with_connector(Dial(guard.clone())).map_err(wrong)?;
    let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(https);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer().map_err(wrong)?)
        .layer(config.extra_headers_layer().map_err(wrong)?)
        .map_err(BoxError::from)
        .service(http);
    Ok(Client::new(service, config.default_namespace.clone()))
}
