//! How an answer is written: status, `ETag`, `Location`, pages.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::{Error, Result};
use utoipa::ToSchema;

/// The release that a change of an app was recorded as.
pub(crate) const RELEASE_ID: HeaderName = HeaderName::from_static("x-release-id");

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// Give it back as `after` for the next page; null on the last.
    pub(crate) next: Option<String>,
}

/// A page, every item translated.
pub(crate) fn page<T, U: Serialize>(page: Page<T>, translate: impl FnMut(T) -> U) -> Response {
    let next = page.next.as_ref().map(Cursor::encode);
    Json(Listed { items: page.items.into_iter().map(translate).collect(), next }).into_response()
}

/// What part of a list is asked for.
pub(crate) fn request(limit: Option<i64>, after: Option<&str>) -> Result<PageRequest> {
    let limit = match limit {
        None => PageRequest::DEFAULT,
        Some(limit) => u64::try_from(limit)
            .ok()
            .filter(|l| (1..=PageRequest::MAX).contains(l))
            .ok_or_else(|| Error::invalid("limit", format!("'limit' must be between 1 and {}", PageRequest::MAX)))?,
    };
    Ok(PageRequest { limit, after: after.map(Cursor::decode).transpose()?, skip: 0 })
}

/// A page of a list that is short enough to be read whole.
pub(crate) fn cut<T>(mut all: Vec<T>, asked: &PageRequest, id: impl Fn(&T) -> i64) -> Page<T> {
    all.sort_by_key(&id);
    if let Some(after) = &asked.after {
        all.retain(|item| id(item) > after.id);
    }
    Page::cut(all, asked.limit, |item| Cursor { key: String::new(), id: id(item) })
}

/// An object with its version.
pub(crate) fn object<T: Serialize>(status: StatusCode, object: &T, version: i64) -> Response {
    let mut response = (status, Json(object)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// What is shown this once: nobody on the way keeps it, nor does this server for a repeat of the request.
pub(crate) fn secret<T: Serialize>(status: StatusCode, shown: &T) -> Response {
    let mut response = (status, Json(shown)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What was made, and where it is.
pub(crate) fn created<T: Serialize>(made: &T, version: i64, location: &str) -> Response {
    located(object(StatusCode::CREATED, made, version), location)
}

/// Adds where the object is.
pub(crate) fn located(mut response: Response, location: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("{}{location}", crate::ROOT)) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// It is gone.
pub(crate) fn gone() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// A query of a list: its filters, and what part of it is asked for.
macro_rules! list_query {
    ($name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(serde::Deserialize, Default, utoipa::IntoParams)]
        #[serde(default, deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $name {
            /// At most that many items; 1 to 1000, 100 without it.
            #[serde(deserialize_with = "tenantry_http::lenient::integer")]
            limit: Option<i64>,
            /// The `next` of the page before.
            after: Option<String>,
            $($(#[$attribute])* $field: $type,)*
        }
        impl $name {
            fn page(&self) -> tenantry_domain::Result<tenantry_domain::page::PageRequest> {
                crate::answer::request(self.limit, self.after.as_deref())
            }
        }
    };
}
pub(crate) use list_query;

/// The field that a list is sorted by, and whether from its end.
pub(crate) fn sort<'a>(asked: Option<&'a str>, known: &[&'a str]) -> Result<(&'a str, bool)> {
    let Some(asked) = asked else { return Ok(("id", false)) };
    let (field, descending) = asked.strip_prefix('-').map_or((asked, false), |f| (f, true));
    let found = known.iter().find(|k| **k == field);
    let wrong = || Error::invalid("sort", format!("'sort' must be one of {}, or one of them after '-'", known.join(", ")));
    found.map(|f| (*f, descending)).ok_or_else(wrong)
}
