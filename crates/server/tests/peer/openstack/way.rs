//! A way to the real cloud on which a test lets answers wait, get lost or be others, and at each change of which it can kill who asked.
//! Every service is reached by it, since it is put into the catalog that comes with a token.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

/// What happens on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Nothing.
    Well,
    /// Every answer comes so much later.
    Slow(Duration),
    /// Nothing is carried out: the cloud says that it failed.
    Failing,
    /// Nothing is carried out: the cloud asks to be left alone for a second.
    Busy,
    /// What is asked for is carried out, and the connection breaks in the middle of the answer.
    Broken,
    /// Who asks for a change is killed when it was carried out, before the answer; for each change once.
    Deadly,
}

/// Which of the servers that follow one another on the same data asks, and what it is killed by.
type Life = (u64, Option<u32>);

/// The way.
pub struct Way {
    pub auth_url: String,
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    /// What the URLs of the cloud's services begin with, and what instead: `http://127.0.0.1:5000` is `http://127.0.0.1:1234/5000` then.
    there: String,
    here: String,
    mood: watch::Sender<Mood>,
    life: watch::Sender<Life>,
    /// Whoever changes something in the deadly mood waits for its turn.
    turn: tokio::sync::Mutex<()>,
    changes: Mutex<BTreeSet<String>>,
}

struct Carried {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Way {
    /// A way to the cloud whose Keystone has this URL.
    pub async fn to(auth_url: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let keystone: url::Url = auth_url.parse().unwrap();
        let there = format!("{}://{}:", keystone.scheme(), keystone.host_str().unwrap());
        let here = format!("http://{}/", listener.local_addr().unwrap());
        // each connection of the cloud's services ends with its answer
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let inner = Arc::new(Inner {
            http,
            there: there.clone(),
            here: here.clone(),
            mood: watch::Sender::new(Mood::Well),
            life: watch::Sender::new((0, None)),
            turn: tokio::sync::Mutex::default(),
            changes: Mutex::default(),
        });
        let routes = Router::new().fallback(pass).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { auth_url: auth_url.replace(&there, &here), inner }
    }

    pub fn becomes(&self, mood: Mood) {
        self.inner.mood.send_replace(mood);
    }

    /// Who asks from now on lives, and has no number that could be killed by yet: its changes wait for that.
    pub fn next_life(&self) {
        self.inner.life.send_modify(|life| *life = (life.0 + 1, None));
    }

    /// The number by which who asks is killed.
    pub fn lives_as(&self, process: u32) {
        self.inner.life.send_modify(|life| life.1 = Some(process));
    }

    /// The changes that killed.
    pub fn changes(&self) -> BTreeSet<String> {
        self.inner.changes.lock().unwrap().clone()
    }
}

/// What a call changes, in one line; nothing when it only looks, or logs in.
fn change(head: &Parts, body: &[u8]) -> Option<String> {
    let path = head.uri.path();
    if matches!(head.method, Method::GET | Method::HEAD) || path.ends_with("/auth/tokens") {
        return None;
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let what = body.as_object().and_then(|fields| fields.keys().next().cloned()).unwrap_or_default();
    // a project's own group is made anew, with another id, whenever somebody asks for the project's groups
    let path = path.split_inclusive("/security-groups/").next().unwrap_or(path);
    Some(format!("{} {path} {what}", head.method).trim_end().to_owned())
}

async fn pass(State(way): State<Arc<Inner>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let life = way.life.borrow().0;
    let mood = *way.mood.borrow();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return StatusCode::BAD_REQUEST.into_response() };
    match mood {
        Mood::Failing => {
            let told = json!({"computeFault": {"code": 500, "message": "Unexpected API Error."}});
            return (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(told)).into_response();
        }
        Mood::Busy => {
            let told = json!({"overLimit": {"code": 429, "message": "Too many requests."}});
            return (StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, "1")], axum::Json(told)).into_response();
        }
        _ => {}
    }
    let change = change(&head, &body);
    // it is carried out also when who asked is gone by then
    let carried = {
        let way = Arc::clone(&way);
        tokio::spawn(async move {
            match change {
                Some(change) if mood == Mood::Deadly => way.carry_out_and_kill(life, change, head, body).await,
                _ => Some(way.carry_out(head, body).await),
            }
        })
    };
    let Some(carried) = carried.await.unwrap() else { return StatusCode::BAD_GATEWAY.into_response() };
    if let Mood::Slow(late) = mood {
        let mut moods = way.mood.subscribe();
        let _ = tokio::time::timeout(late, moods.wait_for(|now| *now != mood)).await;
    }
    carried.answer(mood == Mood::Broken)
}

impl Inner {
    async fn carry_out(&self, head: Parts, body: Bytes) -> Carried {
        let path = head.uri.path_and_query().unwrap().as_str().trim_start_matches('/');
        let mut request = self.http.request(head.method, format!("{}{path}", self.there)).body(body);
        for name in ["accept", "content-type", "x-auth-token", "openstack-api-version"] {
            if let Some(value) = head.headers.get(name) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.unwrap();
        let (status, all) = (answer.status(), answer.headers().clone());
        let mut headers = HeaderMap::new();
        for name in [CONTENT_TYPE.as_str(), "x-subject-token"] {
            if let Some(value) = all.get(name) {
                headers.insert(http::HeaderName::from_static(name), value.clone());
            }
        }
        let mut body = answer.bytes().await.unwrap();
        if path.ends_with("/auth/tokens") {
            body = String::from_utf8(body.to_vec()).unwrap().replace(&self.there, &self.here).into();
        }
        Carried { status, headers, body }
    }

    /// Nothing when who asked was killed before its turn.
    async fn carry_out_and_kill(&self, life: u64, change: String, head: Parts, body: Bytes) -> Option<Carried> {
        let _turn = self.turn.lock().await;
        let mut lives = self.life.subscribe();
        let (now, process) = *lives.wait_for(|(now, process)| *now != life || process.is_some()).await.unwrap();
        if now != life {
            return None;
        }
        let carried = self.carry_out(head, body).await;
        if self.changes.lock().unwrap().insert(change) {
            let killed = Command::new("kill").args(["-9", &process.unwrap().to_string()]).status().unwrap();
            assert!(killed.success());
            self.life.send_modify(|life| *life = (life.0 + 1, None));
            return None;
        }
        Some(carried)
    }
}

impl Carried {
    fn answer(self, broken: bool) -> Response {
        let Self { status, mut headers, body } = self;
        if !broken {
            return (status, headers, body).into_response();
        }
        headers.insert(CONTENT_LENGTH, (body.len() + 8).into());
        let half = std::io::Cursor::new(body.slice(..body.len() / 2));
        (status, headers, Body::from_stream(tokio_util::io::ReaderStream::new(half))).into_response()
    }
}
