//! How a request is read: who calls, the id in the path, and the parameters, which come in the query string, a JSON body or a form, for
//! every method.

use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use http::request::Parts;
use http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tenantry_domain::name::clip;
use tenantry_domain::{Error, ErrorKind, Result};
use tenantry_http::{Api, caller, lenient};
use tenantry_service::Ctx;
use url::form_urlencoded;

use crate::NAME;
use crate::error::Failure;

/// The caller.
pub(crate) struct Caller(pub(crate) Ctx);

impl FromRequestParts<Api> for Caller {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        Ok(Self(caller::authenticate(api, parts, NAME).await?))
    }
}

fn unknown(text: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is nothing with the id '{}'", clip(text)))
}

/// The id in the path. What is no number is the id of nothing.
pub(crate) struct Id(pub(crate) i64);

impl FromRequestParts<Api> for Id {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        // the only thing that can be wrong with a path that led here: it is no UTF-8
        let Path(text) = Path::<String>::from_request_parts(parts, api).await.map_err(|_| unknown("?"))?;
        Ok(Self(i64::from_str(&text).map_err(|_| unknown(&text))?))
    }
}

impl Id {
    /// The id, which the parameters may repeat.
    ///
    /// # Errors
    /// `InvalidArgument` when they name another one.
    pub(crate) fn confirmed(&self, field: &str, given: Option<i64>) -> Result<i64> {
        match given {
            Some(other) if other != self.0 => {
                Err(Error::invalid(field, format!("'{field}' is {other}, and the path names {}: send the same, or the path alone", self.0)))
            }
            _ => Ok(self.0),
        }
    }
}

/// A word and an id in the path.
pub(crate) struct Named(pub(crate) String, pub(crate) i64);

impl FromRequestParts<Api> for Named {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        let Path((word, id)) = Path::<(String, String)>::from_request_parts(parts, api).await.map_err(|_| unknown("?"))?;
        Ok(Self(word, i64::from_str(&id).map_err(|_| unknown(&id))?))
    }
}

/// The parameters: those of the query string, and over them those of the body. A body that begins as a JSON object is read as one whatever
/// its content type says; null is absent.
pub(crate) struct Given<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for Given<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, _: &Api) -> std::result::Result<Self, Failure> {
        let mut given = form(request.uri().query().unwrap_or_default().as_bytes());
        let is_form = is_form(request.headers());
        let bytes = tenantry_http::body::bytes(request).await?;
        given.extend(body(bytes.trim_ascii(), is_form)?);
        Ok(Self(lenient::object(Value::Object(given))?))
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    kind.get(..33).is_some_and(|k| k.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// A form as an object of texts. What comes several times is a list.
fn form(bytes: &[u8]) -> Map<String, Value> {
    let mut found = Map::new();
    for (name, text) in form_urlencoded::parse(bytes) {
        let text = Value::String(text.into_owned());
        match found.get_mut(name.as_ref()) {
            Some(Value::Array(list)) => list.push(text),
            Some(first) => *first = Value::Array(vec![first.take(), text]),
            None => {
                found.insert(name.into_owned(), text);
            }
        }
    }
    found
}

fn body(bytes: &[u8], is_form: bool) -> Result<Map<String, Value>> {
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    if is_form && !bytes.starts_with(b"{") {
        return Ok(form(bytes));
    }
    let wrong = |e| Error::new(ErrorKind::Malformed, format!("the body is neither JSON nor, by its content type, a form: {e}"));
    let mut read: Map<String, Value> = lenient::object(serde_json::from_slice(bytes).map_err(wrong)?)?;
    read.retain(|_, value| !value.is_null());
    Ok(read)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_read_from_a_form_and_from_json() {
        let read = |text: &str, is_form| body(text.as_bytes(), is_form).map(Value::Object).map_err(|e| e.kind);
        assert_eq!(read("name=%E7%BB%84+1&id=2&id=3&id=4", true), Ok(json!({"name": "组 1", "id": ["2", "3", "4"]})));
        assert_eq!(read(r#"{"name":"x","gone":null,"id":2}"#, false), Ok(json!({"name": "x", "id": 2})));
        assert_eq!(read(r#"{"name":"x"}"#, true), Ok(json!({"name": "x"})), "what curl sends without a content type of its own");
        assert_eq!(read("", false), Ok(json!({})));
        assert_eq!(read("name=x", false), Err(ErrorKind::Malformed));
        assert_eq!(read("{", true), Err(ErrorKind::Malformed));
        assert_eq!(read("[1]", false), Err(ErrorKind::InvalidArgument));
    }

    #[test]
    fn a_form_is_known_by_its_content_type() {
        let with = |kind: &'static str| HeaderMap::from_iter([(header::CONTENT_TYPE, http::HeaderValue::from_static(kind))]);
        assert!(is_form(&with("application/x-www-form-urlencoded")));
        assert!(is_form(&with("Application/X-WWW-Form-Urlencoded; charset=utf-8")));
        assert!(!is_form(&with("application/json")) && !is_form(&HeaderMap::new()));
    }
}
