//! How long a request may take. Each dialect says it in its own form when it takes longer.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tenantry_domain::{Error, ErrorKind};

use crate::Api;

/// The middleware; `E` is the dialect's error. What was committed by then stays: the row says how it goes on.
///
/// # Errors
/// [`ErrorKind::Timeout`] when time is up.
pub async fn time<E: From<Error>>(State(api): State<Api>, request: Request, next: Next) -> Result<Response, E> {
    tokio::time::timeout(api.time_limit, next.run(request)).await.map_err(|_| {
        let message = format!(
            "the request took longer than {} seconds: what it asked for may still be done; read the object to see how it stands",
            api.time_limit.as_secs()
        );
        Error::new(ErrorKind::Timeout, message).into()
    })
}
