//! Bodies, as every dialect of JSON reads them.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest as _, Request};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenantry_domain::{Error, ErrorKind, Result};

use crate::lenient;

/// The bytes of a body.
///
/// # Errors
/// `BodyTooLarge`, and `Malformed` when it breaks off.
pub async fn bytes(request: Request) -> Result<Bytes> {
    Bytes::from_request(request, &()).await.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(inner) if inner.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Error::new(ErrorKind::BodyTooLarge, "the body is larger than this server takes")
        }
        _ => Error::new(ErrorKind::Malformed, "the body could not be read to its end"),
    })
}

/// A JSON object. None at all is an empty one: what is required is then said to be missing. The content type is not looked at.
///
/// # Errors
/// As [`bytes`], `Malformed` for what is no JSON, and `InvalidArgument` that names the field with a wrong value.
pub async fn json<T: DeserializeOwned>(request: Request) -> Result<T> {
    let bytes = bytes(request).await?;
    let text: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { &bytes };
    // through a value, in which the last of two equal keys counts: document 2's own example names one twice
    let value: Value = serde_json::from_slice(text).map_err(|e| Error::new(ErrorKind::Malformed, format!("the body is not JSON: {e}")))?;
    lenient::object(value)
}
