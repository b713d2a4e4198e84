//! How a request is read: who calls, names of the path, bodies, the query string, and how lists are answered.

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenantry_domain::page::{Cursor, PageRequest};
use tenantry_domain::{Error, ErrorKind, Result};
use tenantry_http::{Api, body, caller, lenient, paging};
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
    async fn from_request(request: Request, _: &Api) -> std::result::Result<Self, Failure> {
        Ok(Self(body::json(request).await?))
    }
}

/// A text that has to be there and not empty.
pub(crate) fn given(field: &str, value: Option<String>) -> Result<String> {
    value.filter(|v| !v.is_empty()).ok_or_else(|| Error::missing(field))
}

/// The names and ids of the path.
pub(crate) struct Names<const N: usize>(pub(crate) [String; N]);

impl<const N: usize> FromRequestParts<Api> for Names<N> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        // the only thing that can be wrong with a path that led here: it is no UTF-8
        let unreadable =
            || Error::new(ErrorKind::NotFound, "there is nothing with that name: a path is UTF-8, with %xx for what is not ASCII");
        let Path(found) = Path::<Vec<String>>::from_request_parts(parts, api).await.map_err(|_| unreadable())?;
        Ok(Self(found.try_into().map_err(|_| unreadable())?))
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    page: Option<i64>,
    #[serde(rename = "pageSize", deserialize_with = "lenient::integer")]
    page_size: Option<i64>,
    #[serde(deserialize_with = "lenient::boolean")]
    all: Option<bool>,
    #[serde(deserialize_with = "lenient::boolean")]
    cascade: Option<bool>,
}

/// The query string.
pub(crate) struct Asked {
    /// The page, when one is asked for.
    pub(crate) page: Option<PageRequest>,
    /// Whether the whole subtree is asked for.
    pub(crate) all: bool,
    /// Whether a delete takes along what is inside.
    pub(crate) cascade: bool,
}

impl FromRequestParts<Api> for Asked {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        let wrong = |e| Error::new(ErrorKind::InvalidArgument, format!("the query string has a wrong value: {e}"));
        let Query(wire) = Query::<Wire>::from_request_parts(parts, api).await.map_err(wrong)?;
        let paged = wire.page.is_some() || wire.page_size.is_some();
        let page = paging::by_number(wire.page, wire.page_size)?;
        Ok(Self { page: paged.then_some(page), all: wire.all.unwrap_or(false), cascade: wire.cascade.unwrap_or(false) })
    }
}

/// A list on its way out. The document has no pages: all of it is answered, read page by page, unless one page is asked for.
pub(crate) struct Listing {
    text: Vec<u8>,
    ask: Option<PageRequest>,
    single: bool,
}

impl Listing {
    pub(crate) fn new(asked: &Asked) -> Self {
        let first = asked.page.clone().unwrap_or_else(|| PageRequest::first(PageRequest::MAX));
        Self { text: Vec::new(), ask: Some(first), single: asked.page.is_some() }
    }

    /// The page to be read next, as long as there is one.
    pub(crate) fn ask(&mut self) -> Option<PageRequest> {
        self.ask.take()
    }

    /// Adds the items of a page, and where the next one begins.
    pub(crate) fn add(&mut self, items: impl IntoIterator<Item = Value>, next: Option<Cursor>) {
        for item in items {
            self.text.push(if self.text.is_empty() { b'[' } else { b',' });
            self.text.extend_from_slice(item.to_string().as_bytes());
        }
        if !self.single {
            self.ask = next.map(|next| PageRequest { after: Some(next), ..PageRequest::first(PageRequest::MAX) });
        }
    }

    pub(crate) fn answer(mut self) -> Answer {
        if self.text.is_empty() {
            self.text.push(b'[');
        }
        self.text.push(b']');
        Answer(self.text)
    }
}
