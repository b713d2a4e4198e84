//! The stream of events: it connects again by itself and goes on after the last event that it gave.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, stream};
use reqwest::Method;
use reqwest::header::ACCEPT;
use tenantry_domain::EventId;

use crate::call::pairs;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::sse::{Decoder, Frame};
use crate::types::{Event, EventFilter};

/// The server sends a comment every 15 seconds; after this silence the connection counts as lost.
const SILENCE: Duration = Duration::from_secs(45);

/// What the stream gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A change.
    Event(Event),
    /// Events were missed that are no longer kept: read the lists again.
    Reset,
}

struct Watch {
    client: Client,
    query: Vec<(String, String)>,
    after: Option<String>,
    body: Option<BoxStream<'static, reqwest::Result<Bytes>>>,
    decoder: Decoder,
    frames: VecDeque<Frame>,
    failures: u32,
    ended: bool,
}

impl Client {
    /// Changes from `after` on, or from now on. The stream ends only with an error that repeating does not help.
    pub fn events(&self, filter: &EventFilter, after: Option<EventId>) -> impl Stream<Item = Result<Change>> + Send + use<> {
        let watch = Watch {
            client: self.clone(),
            query: pairs(filter).unwrap_or_default(),
            after: after.map(|id| id.to_string()),
            body: None,
            decoder: Decoder::default(),
            frames: VecDeque::new(),
            failures: 0,
            ended: false,
        };
        stream::unfold(watch, |mut watch| async move {
            if watch.ended {
                return None;
            }
            let change = watch.next().await;
            watch.ended = change.is_err();
            Some((change, watch))
        })
    }
}

impl Watch {
    async fn next(&mut self) -> Result<Change> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                if frame.id.is_some() {
                    self.after = frame.id;
                }
                if frame.event == "reset" {
                    return Ok(Change::Reset);
                }
                return serde_json::from_str(&frame.data).map(Change::Event).map_err(Error::Decode);
            }
            let failure = match &mut self.body {
                None => self.connect().await.err(),
                Some(body) => match tokio::time::timeout(SILENCE, body.next()).await {
                    Ok(Some(Ok(piece))) => {
                        self.failures = 0;
                        self.frames.extend(self.decoder.push(&piece));
                        continue;
                    }
                    Ok(Some(Err(error))) => Some(Error::Transport(error)),
                    Ok(None) | Err(_) => {
                        self.body = None;
                        self.pause().await;
                        continue;
                    }
                },
            };
            if let Some(error) = failure {
                self.body = None;
                let passing = match &error {
                    Error::Transport(_) => true,
                    Error::Problem(problem) => matches!(problem.status, 429 | 500..),
                    Error::Unexpected { status, .. } => *status >= 500,
                    _ => false,
                };
                self.failures += 1;
                if !passing || self.failures >= self.client.retry().attempts {
                    return Err(error);
                }
                self.pause().await;
            }
        }
    }

    async fn pause(&mut self) {
        let base = self.client.retry().base.saturating_mul(1 << self.failures.min(10));
        tokio::time::sleep(base.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
    }

    async fn connect(&mut self) -> Result<()> {
        let mut request = self.client.request(Method::GET, "events", &self.query).header(ACCEPT, "text/event-stream");
        if let Some(after) = &self.after {
            request = request.header("last-event-id", after);
        }
        let response = tokio::time::timeout(self.client.timeout(), request.send())
            .await
            .map_err(|_| Error::Setup("the server did not answer in time".to_owned()))?
            .map_err(Error::Transport)?;
        let status = response.status().as_u16();
        let kind = response.headers().get(reqwest::header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !response.status().is_success() || !kind.starts_with("text/event-stream") {
            return Err(Error::read(status, &response.bytes().await.map_err(Error::Transport)?));
        }
        self.decoder = Decoder::default();
        self.body = Some(response.bytes_stream().boxed());
        Ok(())
    }
}
