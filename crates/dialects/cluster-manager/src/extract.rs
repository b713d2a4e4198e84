//! How a request is read: who calls, and the query string.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::{Api, caller, lenient};
use tenantry_service::Ctx;

use crate::NAME;
use crate::error::Failure;

/// The caller.
pub(crate) struct Caller(pub(crate) Ctx);

impl FromRequestParts<Api> for Caller {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        Ok(Self(caller::authenticate(api, parts, NAME).await?))
    }
}

/// The query string. Of what comes several times the last counts.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Asked<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let wrong = |e| Error::new(ErrorKind::Malformed, format!("the query string cannot be read: {e}"));
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, api).await.map_err(wrong)?;
        let given: Map<String, Value> = pairs.into_iter().map(|(name, text)| (name, Value::String(text))).collect();
        Ok(Self(lenient::object(Value::Object(given))?))
    }
}
