//! Refusals that no use case saw. A use case records what it did or refused; what is refused before one begins (a body, a version or
//! an id that cannot be understood, an object that is not to be seen) is recorded here, around all operations of a dialect, so that
//! every attempt of somebody who is logged in to change something has its record. Who is not logged in is in the request log alone:
//! nobody is to fill the audit from outside. Logins have records of their own.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use tenantry_domain::{Error, ErrorKind};
use tenantry_service::Recorded;

use crate::{Api, caller};

/// What the middleware knows: the use cases, and the name of the dialect in the audit.
pub type Around = (Api, &'static str);

/// Whether a method changes something.
#[must_use]
pub fn mutates(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// The middleware around the operations of a dialect, whose failures leave their [`Error`] among the extensions of the response.
pub async fn record(State(around): State<Around>, request: Request, next: Next) -> Response {
    if mutates(request.method()) { observed(around, request, next).await } else { next.run(request).await }
}

/// The same around operations that change something whatever the method, such as the commands of document 3, which come by GET. What
/// [`record`] sees anyway is left to it.
pub async fn record_commands(State(around): State<Around>, request: Request, next: Next) -> Response {
    if mutates(request.method()) { next.run(request).await } else { observed(around, request, next).await }
}

async fn observed((api, dialect): Around, request: Request, next: Next) -> Response {
    let recorded = Recorded::default();
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(recorded.clone());
    let response = next.run(Request::from_parts(parts.clone(), body)).await;
    let Some(error) = response.extensions().get::<Error>().filter(|e| e.kind != ErrorKind::Internal && !recorded.get()) else {
        return response;
    };
    // the path without its query: a query may hold what nobody should read
    let called = format!("{} {}", parts.method, parts.uri.path());
    if let Ok(ctx) = caller::authenticate(&api, &parts, dialect).await
        && let Err(error) = ctx.refused_request(&called, &error.message).await
    {
        tracing::error!(?error, called, "a refusal is not in the audit");
    }
    response
}
