//! How a request is read: who calls, ids, bodies, pages.

use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenantry_domain::name::clip;
use tenantry_domain::page::PageRequest;
use tenantry_domain::{Error, ErrorKind, Result};
use tenantry_http::{Api, caller, lenient, paging};
use tenantry_service::Ctx;

use crate::NAME;
use crate::error::{Answer, Failure};

/// The caller.
pub(crate) struct Caller(pub(crate) Ctx);

impl FromRequestParts<Api> for Caller {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        Ok(Self(caller::authenticate(api, parts, NAME).await?))
    }
}

/// A JSON body. None at all is an empty object: what is required is then said to be missing. The content type is not looked at.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, api: &Api) -> std::result::Result<Self, Failure> {
        let bytes = Bytes::from_request(request, api).await.map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(inner) if inner.status() == http::StatusCode::PAYLOAD_TOO_LARGE => {
                Error::new(ErrorKind::BodyTooLarge, "the body is larger than this server takes")
            }
            _ => Error::new(ErrorKind::Malformed, "the body could not be read to its end"),
        })?;
        Ok(Self(read(&bytes)?))
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let bytes = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { bytes };
    // through a value, in which the last of two equal keys counts: document 2's own example names one twice
    let value: Value = serde_json::from_slice(bytes).map_err(|e| Error::new(ErrorKind::Malformed, format!("the body is not JSON: {e}")))?;
    lenient::object(value)
}

/// Ids of the path. What is no number is the id of nothing.
pub(crate) struct Ids<const N: usize>(pub(crate) [i64; N]);

impl<const N: usize> FromRequestParts<Api> for Ids<N> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        let unknown = |text: &str| Error::new(ErrorKind::NotFound, format!("there is nothing with the id '{}'", clip(text)));
        // the only thing that can be wrong with a path that led here: it is no UTF-8
        let Path(found) = Path::<Vec<String>>::from_request_parts(parts, api).await.map_err(|_| unknown("?"))?;
        let mut ids = [0; N];
        for (slot, text) in ids.iter_mut().zip(&found) {
            *slot = i64::from_str(text).map_err(|_| unknown(text))?;
        }
        Ok(Self(ids))
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    page: Option<i64>,
    #[serde(rename = "pageSize", deserialize_with = "lenient::integer")]
    page_size: Option<i64>,
    name: Option<String>,
    #[serde(deserialize_with = "lenient::boolean")]
    cascade: Option<bool>,
}

/// The query string.
pub(crate) struct Asked {
    /// The page, when one is asked for, else the first of the largest size.
    pub(crate) page: PageRequest,
    /// Only this name.
    pub(crate) name: Option<String>,
    /// Whether a delete takes along what is inside.
    pub(crate) cascade: bool,
}

impl FromRequestParts<Api> for Asked {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        let wrong = |e| Error::new(ErrorKind::InvalidArgument, format!("the query string has a wrong value: {e}"));
        let Query(wire) = Query::<Wire>::from_request_parts(parts, api).await.map_err(wrong)?;
        Ok(Self {
            page: paging::by_number(wire.page, wire.page_size)?,
            name: wire.name.filter(|n| !n.is_empty()),
            cascade: wire.cascade.unwrap_or(false),
        })
    }
}

impl Asked {
    /// The page of a whole list that was asked for, and how long the list is.
    pub(crate) fn part<T>(&self, all: &[T], render: impl Fn(&T) -> Value) -> Answer {
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let page = all.iter().skip(number(self.page.skip)).take(number(self.page.limit)).map(render).collect();
        Answer::page(page, i64::try_from(all.len()).unwrap_or(i64::MAX))
    }
}
