//! How a request is read: who calls, ids, query, headers and body. What can't be read is said with the name of the argument.

use std::str::FromStr;
use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use http::header;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tenantry_domain::{Error, ErrorKind, Result, name};
use tenantry_http::refusals::mutates;
use tenantry_http::{Api, body, caller, lenient};
use tenantry_service::Ctx;
use utoipa::IntoParams;

use crate::NAME;
use crate::error::Failure;

/// The longest that a request waits for an object to settle.
const LONGEST_WAIT: i64 = 60;

/// A query without parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plain {}

/// The query of a read that can wait.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Waiting {
    /// Waits up to that many seconds (0 to 60) for the object to settle.
    #[serde(deserialize_with = "lenient::integer")]
    wait: Option<i64>,
}

impl Waiting {
    /// How long to wait.
    pub(crate) fn time(&self) -> Result<Duration> {
        wait(self.wait)
    }
}

/// The query of a change that can take more along.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Cascade {
    /// Takes along what is inside.
    #[serde(deserialize_with = "lenient::boolean")]
    cascade: Option<bool>,
}

impl Cascade {
    /// Whether more is taken along.
    pub(crate) fn yes(&self) -> bool {
        self.cascade.unwrap_or(false)
    }
}

fn wait(seconds: Option<i64>) -> Result<Duration> {
    let seconds = seconds.unwrap_or(0);
    let within = u64::try_from(seconds).ok().filter(|_| seconds <= LONGEST_WAIT);
    within.map(Duration::from_secs).ok_or_else(|| Error::invalid("wait", format!("'wait' must be between 0 and {LONGEST_WAIT} seconds")))
}

/// What every mutation takes in its query.
#[derive(Deserialize, Default, Clone, Copy)]
#[serde(default)]
pub(crate) struct Common {
    #[serde(deserialize_with = "lenient::integer")]
    wait: Option<i64>,
    #[serde(deserialize_with = "lenient::boolean")]
    dry_run: Option<bool>,
}

impl Common {
    /// Whether only to say what would happen.
    pub(crate) fn dry_run(self) -> bool {
        self.dry_run.unwrap_or(false)
    }

    pub(crate) async fn of(parts: &mut Parts) -> Result<Self> {
        let mut query = pairs(parts).await?;
        query.retain(|name, _| is_common(name));
        from_query(query)
    }
}

fn is_common(name: &str) -> bool {
    matches!(name, "wait" | "dry_run")
}

async fn pairs(parts: &mut Parts) -> Result<Map<String, Value>> {
    let query = axum::extract::Query::<Vec<(String, String)>>::from_request_parts(parts, &()).await;
    let axum::extract::Query(found) = query.map_err(|e| Error::new(ErrorKind::Malformed, format!("the query can't be read: {e}")))?;
    let mut map = Map::new();
    for (name, value) in found {
        if map.insert(name.clone(), Value::String(value)).is_some() {
            return Err(Error::invalid(&name::clip(&name), format!("'{}' is given twice", name::clip(&name))));
        }
    }
    Ok(map)
}

fn from_query<Q: DeserializeOwned>(query: Map<String, Value>) -> Result<Q> {
    serde_path_to_error::deserialize(Value::Object(query)).map_err(|e| wrong(&e))
}

/// What serde did not like, as our error with the argument's name.
fn wrong(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let message = error.inner().to_string();
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let path = error.path().to_string();
    let within = path.rsplit_once('.').map_or("", |(outer, _)| outer);
    let join = |outer: &str, inner: &str| if matches!(outer, "." | "" | "?") { inner.to_owned() } else { format!("{outer}.{inner}") };
    if message.starts_with("missing field") {
        return Error::missing(&join(&path, quoted));
    }
    if message.starts_with("unknown field") {
        let field = name::clip(&if path.ends_with(quoted) { join(within, quoted) } else { join(&path, quoted) });
        let known = message.split_once("expected").map_or_else(|| "there are none here".to_owned(), |(_, e)| format!("expected{e}"));
        return Error::invalid(&field, format!("there is no argument '{field}': {}", known.replace('`', "'")));
    }
    let field = name::clip(if path == "." { "body" } else { &path });
    Error::invalid(&field, format!("'{field}' has a wrong value: {message}"))
}

/// A request: who calls, with what query, on which version, and how long it may wait.
pub(crate) struct Call<Q = Plain> {
    /// The caller, with the use cases.
    pub(crate) ctx: Ctx,
    /// How long to wait for what was changed to settle.
    pub(crate) wait: Duration,
    /// The version of `If-Match`.
    pub(crate) version: Option<i64>,
    /// The rest of the query.
    pub(crate) query: Q,
}

impl<Q: DeserializeOwned> FromRequestParts<Api> for Call<Q> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        let ctx = match parts.extensions.get::<Ctx>() {
            Some(ctx) => ctx.clone(),
            None => caller::authenticate(api, parts, NAME).await?,
        };
        let mut query = pairs(parts).await?;
        let mut waits = Duration::ZERO;
        if mutates(&parts.method) {
            waits = wait(Common::of(parts).await?.wait)?;
            query.retain(|name, _| !is_common(name));
        }
        Ok(Self { ctx, wait: waits, version: if_match(parts)?, query: from_query(query)? })
    }
}

/// The query of somebody who need not be logged in.
pub(crate) async fn query<Q: DeserializeOwned>(parts: &mut Parts) -> Result<Q> {
    from_query(pairs(parts).await?)
}

fn if_match(parts: &Parts) -> Result<Option<i64>> {
    let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
    version.map(Some).ok_or_else(|| Error::invalid("If-Match", "'If-Match' must be the ETag of an earlier answer, such as \"3\""))
}

async fn path_ids<const N: usize>(parts: &mut Parts, api: &Api) -> Result<[i64; N]> {
    let Path(found) = Path::<Vec<String>>::from_request_parts(parts, api).await.map_err(Error::internal)?;
    let mut ids = [0; N];
    for (slot, text) in ids.iter_mut().zip(&found) {
        // what is no number is the id of nothing
        let unknown = || Error::new(ErrorKind::NotFound, format!("there is nothing with the id '{}'", name::clip(text)));
        *slot = i64::from_str(text).map_err(|_| unknown())?;
    }
    Ok(ids)
}

/// The id of the path.
pub(crate) struct Id(pub(crate) i64);

impl FromRequestParts<Api> for Id {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        let [id] = path_ids(parts, api).await?;
        Ok(Self(id))
    }
}

/// The name of the path.
pub(crate) struct Name(pub(crate) String);

impl FromRequestParts<Api> for Name {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        let unreadable = |_| Error::new(ErrorKind::Malformed, "the name in the path is not text");
        let Path(name) = Path::<String>::from_request_parts(parts, api).await.map_err(unreadable)?;
        Ok(Self(name))
    }
}

/// The two ids of the path.
pub(crate) struct Ids(pub(crate) (i64, i64));

impl FromRequestParts<Api> for Ids {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> std::result::Result<Self, Failure> {
        let [outer, inner] = path_ids(parts, api).await?;
        Ok(Self((outer, inner)))
    }
}

/// A JSON body. None at all is an empty object: what is required is then said to be missing.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, _: &Api) -> std::result::Result<Self, Failure> {
        let bytes = body::bytes(request).await?;
        let text: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { &bytes };
        let value: Value =
            serde_json::from_slice(text).map_err(|e| Error::new(ErrorKind::Malformed, format!("the body is not JSON: {e}")))?;
        if !value.is_object() {
            return Err(Error::new(ErrorKind::InvalidArgument, "the body must be a JSON object").into());
        }
        Ok(Self(serde_path_to_error::deserialize(value).map_err(|e| wrong(&e))?))
    }
}

/// For merge patches: absent is `None`, `null` is `Some(None)`.
pub(crate) fn patch<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}
