//! A call: what is sent, what may be said about it, and how it is repeated.
//!
//! A mutation gets its `Idempotency-Key` when the call is made and keeps it over every attempt, so that a repeat after a
//! lost answer changes nothing twice. Therefore everything but a login may be repeated when the connection breaks.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, IF_MATCH};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::{Error, Result};
use crate::types::DryRun;

type Read<T> = fn(StatusCode, &[u8]) -> Result<T, serde_json::Error>;

/// A call that answers `T` when it is awaited.
#[must_use = "a call is sent when it is awaited"]
pub struct Call<T> {
    client: Client,
    request: Request,
    read: Read<T>,
}

#[derive(Clone)]
struct Request {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    body: Option<Bytes>,
    if_match: Option<i64>,
    key: Option<String>,
    wait: Duration,
    failed: Option<String>,
}

impl<T> Call<T> {
    pub(crate) fn new(client: &Client, method: Method, path: String, read: Read<T>) -> Self {
        let key = (method != Method::GET).then(|| hex::encode(rand::random::<[u8; 16]>()));
        let request = Request { method, path, query: Vec::new(), body: None, if_match: None, key, wait: Duration::ZERO, failed: None };
        Self { client: client.clone(), request, read }
    }

    pub(crate) fn body(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.request.body = Some(bytes.into()),
            Err(error) => self.request.failed = Some(format!("the request can't be written: {error}")),
        }
        self
    }

    pub(crate) fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.request.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// A login answers a token, which no server stores; it is not repeated once it may have arrived.
    pub(crate) fn never_twice(mut self) -> Self {
        self.request.key = None;
        self
    }

    /// Waits up to that long for the object to settle before it answers.
    pub fn wait(mut self, wait: Duration) -> Self {
        self.request.wait = wait;
        self
    }

    /// Carried out only on this version (`If-Match`).
    pub fn if_version(mut self, version: i64) -> Self {
        self.request.if_match = Some(version);
        self
    }

    /// Sends this `Idempotency-Key` instead of a random one.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.request.key = Some(key.into());
        self
    }

    /// Only asks what would happen.
    pub fn dry_run(self) -> Call<DryRun> {
        Call { client: self.client, request: self.request, read: json }.query("dry_run", true)
    }

    async fn send(self) -> Result<T> {
        let (status, body) = self.client.send(&self.request).await?;
        (self.read)(status, &body).map_err(Error::Decode)
    }
}

impl<T: 'static> IntoFuture for Call<T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Result<T>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // neither body nor query: there may be a secret in them
        write!(f, "Call({} {})", self.request.method, self.request.path)
    }
}

/// An answer that is a document.
pub(crate) fn json<T: DeserializeOwned>(_: StatusCode, body: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(body)
}

/// An answer of which only the status matters.
pub(crate) fn nothing(_: StatusCode, _: &[u8]) -> Result<(), serde_json::Error> {
    Ok(())
}

/// The answer to a delete: the object while it is being removed, none when it is gone.
pub(crate) fn remainder<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<Option<T>, serde_json::Error> {
    if status == StatusCode::NO_CONTENT { Ok(None) } else { serde_json::from_slice(body).map(Some) }
}

/// An answer that is a text.
pub(crate) fn text(_: StatusCode, body: &[u8]) -> Result<String, serde_json::Error> {
    String::from_utf8(body.to_vec()).map_err(serde::de::Error::custom)
}

/// The fields of a filter that are set, as query parameters.
pub(crate) fn pairs(filter: &impl Serialize) -> Result<Vec<(String, String)>, serde_json::Error> {
    let serde_json::Value::Object(fields) = serde_json::to_value(filter)? else {
        return Ok(Vec::new());
    };
    let shown = |value| match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    Ok(fields.into_iter().filter_map(|(name, value)| Some((name, shown(value)?))).collect())
}

enum Attempt {
    Done(StatusCode, Bytes),
    Failed { error: Error, again_after: Option<Duration> },
}

impl Client {
    async fn send(&self, request: &Request) -> Result<(StatusCode, Bytes)> {
        if let Some(failed) = &request.failed {
            return Err(Error::Setup(failed.clone()));
        }
        let retry = self.retry();
        let mut attempt = 1;
        loop {
            match self.attempt(request).await {
                Attempt::Done(status, body) => return Ok((status, body)),
                Attempt::Failed { again_after: Some(least), .. } if attempt < retry.attempts && least <= retry.longest => {
                    let pause = retry.base.saturating_mul(1 << (attempt - 1).min(10)).mul_f64(0.5 + rand::random::<f64>() / 2.0);
                    tokio::time::sleep(pause.max(least)).await;
                    attempt += 1;
                }
                Attempt::Failed { error, .. } => return Err(error),
            }
        }
    }

    async fn attempt(&self, request: &Request) -> Attempt {
        let mut builder = self.request(request.method.clone(), &request.path, &request.query).timeout(self.timeout() + request.wait);
        if !request.wait.is_zero() {
            builder = builder.query(&[("wait", request.wait.as_secs().max(1).to_string())]);
        }
        if let Some(version) = request.if_match {
            builder = builder.header(IF_MATCH, format!("\"{version}\""));
        }
        if let Some(key) = &request.key {
            builder = builder.header("idempotency-key", key);
        }
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let repeatable = request.method == Method::GET || request.key.is_some();
        let broken = |error: reqwest::Error| {
            let again = (repeatable || error.is_connect()) && !error.is_builder() && !error.is_timeout();
            Attempt::Failed { error: Error::Transport(error), again_after: again.then_some(Duration::ZERO) }
        };
        let response = match builder.send().await {
            Ok(response) => response,
            Err(error) => return broken(error),
        };
        let status = response.status();
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) => return broken(error),
        };
        if status.is_success() {
            return Attempt::Done(status, body);
        }
        let error = Error::read(status.as_u16(), &body);
        let again_after = match &error {
            _ if !repeatable => None,
            Error::Problem(problem) if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE => {
                Some(problem.retry_after().unwrap_or_default())
            }
            // a proxy before a server that restarts
            Error::Unexpected { .. } if matches!(status.as_u16(), 502..=504) => Some(Duration::ZERO),
            _ => None,
        };
        Attempt::Failed { error, again_after }
    }
}
