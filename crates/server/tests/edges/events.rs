//! `GET /api/v2/events`: what a watcher sees, how it goes on after an interruption, and when it ends.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tenantry_testkit::TestClock;
use tokio::time::timeout;

use crate::common::{PASSWORD, Server, request};
use crate::{plain_tenant, user};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long an event may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who reads a stream.
struct Watcher {
    body: Body,
    unread: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Event {
    id: String,
    kind: String,
    data: Value,
}

impl Event {
    fn name(&self) -> &str {
        self.data["name"].as_str().unwrap_or_default()
    }
}

impl Watcher {
    /// Watches with this query and, to go on, after the event with this id.
    async fn open(server: &Server, token: &str, query: &str, last: Option<&str>) -> Self {
        let headers: Vec<(&str, &str)> = last.map(|id| ("last-event-id", id)).into_iter().collect();
        let response = server.respond(request(token, "GET", &format!("/api/v2/events{query}"), &headers, None)).await;
        assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &"text/event-stream".parse().unwrap()));
        Self { body: response.into_body(), unread: String::new() }
    }

    /// The next event; none when the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((frame, rest)) = self.unread.split_once("\n\n") {
                let field = |name: &str| frame.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default().trim().to_owned();
                let event =
                    Event { id: field("id:"), kind: field("event:"), data: serde_json::from_str(&field("data:")).unwrap_or_default() };
                self.unread = rest.to_owned();
                if !event.id.is_empty() {
                    return Some(event);
                }
                // a comment, which keeps the connection alive
                continue;
            }
            let frame = timeout(PATIENCE, self.body.frame()).await.unwrap()?;
            self.unread += std::str::from_utf8(frame.unwrap().data_ref().unwrap()).unwrap();
        }
    }

    /// What comes up to the first event of an object of this name.
    async fn until(&mut self, name: &str) -> Vec<Event> {
        let mut seen = Vec::new();
        while let Some(event) = self.next().await {
            let last = event.name() == name;
            seen.push(event);
            if last {
                return seen;
            }
        }
        panic!("the stream ended before '{name}': {seen:?}");
    }
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(Event::name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_interrupted_goes_on_and_misses_none() {
    let server = Server::start().await;
    let mut watcher = Watcher::open(&server, &server.token, "?after=0&object=tenant", None).await;
    plain_tenant(&server, "a", 1).await;
    let mut seen = watcher.until("a").await;
    drop(watcher);
    for name in ["b", "c"] {
        plain_tenant(&server, name, 1).await;
    }
    let last = seen.last().unwrap().id.clone();
    // a client that connects again sends its first query too: the header counts more
    let mut watcher = Watcher::open(&server, &server.token, "?after=0&object=tenant", Some(&last)).await;
    let missed = watcher.until("c").await;
    assert_eq!(names(&missed), ["b", "c"]);
    plain_tenant(&server, "d", 1).await;
    seen.extend(missed);
    seen.extend(watcher.until("d").await);

    let whole = Watcher::open(&server, &server.token, "?after=0&object=tenant", None).await.until("d").await;
    assert_eq!(seen, whole);
    let ids: Vec<i64> = whole.iter().map(|e| e.id.parse().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    let first = whole.iter().find(|e| e.name() == "a").unwrap();
    assert_eq!((first.kind.as_str(), &first.data["change"], &first.data["object"]), ("created", &json!("created"), &json!("tenant")));
    assert_eq!((first.data["id"].to_string(), &first.data["tenant_id"]), (first.id.clone(), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_no_id_watches_from_now_on() {
    let server = Server::start().await;
    plain_tenant(&server, "before", 1).await;
    let mut watcher = Watcher::open(&server, &server.token, "?object=tenant", None).await;
    plain_tenant(&server, "after", 1).await;
    assert_eq!(watcher.next().await.unwrap().name(), "after");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_no_longer_kept_is_answered_with_reset() {
    let clock = Arc::new(TestClock::new(1));
    let mut server = Server::start_with(Arc::clone(&clock) as _, |_| ()).await;
    for name in ["a", "b"] {
        plain_tenant(&server, name, 1).await;
    }
    let old = Watcher::open(&server, &server.token, "?after=0", None).await.until("b").await;
    clock.step(2 * DAY);
    server.token = server.login("admin", PASSWORD).await;
    plain_tenant(&server, "c", 1).await;
    server.store.events().sequence().await.unwrap();
    assert!(server.store.events().purge(DAY).await.unwrap() >= 2);

    let (too_old, newest_gone) = (&old[old.len() - 2].id, &old.last().unwrap().id);
    // nothing is missed after the newest that is gone: what follows it is all there
    let mut watcher = Watcher::open(&server, &server.token, "?object=tenant", Some(newest_gone)).await;
    assert_eq!(watcher.next().await.unwrap().name(), "c");
    for wrong in [too_old.as_str(), "0", "4711", "-1"] {
        let mut watcher = Watcher::open(&server, &server.token, "?object=tenant", Some(wrong)).await;
        let reset = watcher.next().await.unwrap();
        assert_eq!((reset.kind.as_str(), &reset.data), ("reset", &json!({})), "{wrong}");
        let next = format!("after-{}", wrong.trim_start_matches('-'));
        plain_tenant(&server, &next, 1).await;
        assert_eq!(watcher.next().await.unwrap().name(), next, "it watches from now on");
        let mut again = Watcher::open(&server, &server.token, "?object=tenant", Some(&reset.id)).await;
        assert_eq!(again.next().await.unwrap().name(), next, "the id of the reset is one to go on after");
    }

    clock.step(2 * DAY);
    server.token = server.login("admin", PASSWORD).await;
    server.store.events().sequence().await.unwrap();
    let newest = server.store.events().newest().await.unwrap().to_string();
    server.store.events().purge(DAY).await.unwrap();
    assert_eq!(server.store.events().oldest().await.unwrap(), None);
    let mut watcher = Watcher::open(&server, &server.token, "?object=tenant", Some(&newest)).await;
    plain_tenant(&server, "last", 1).await;
    assert_eq!(watcher.next().await.unwrap().name(), "last", "who has seen all goes on although none is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_sees_what_the_caller_may_see() {
    let server = Server::start().await;
    let (one, two) = (plain_tenant(&server, "one", 1).await, plain_tenant(&server, "two", 1).await);
    let token = user(&server, one, "boss", "tenant.admin").await;
    let mut live = Watcher::open(&server, &token, "?object=tenant", None).await;
    for id in [two, one] {
        let answer = server.send(&server.token, "PATCH", &format!("/api/v2/tenants/{id}"), Some(json!({"description": "changed"}))).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let below = plain_tenant(&server, "below", one).await;
    assert_eq!(names(&live.until("below").await), ["one", "below"]);

    let mine = Watcher::open(&server, &token, "?after=0", None).await.until("below").await;
    assert!(mine.iter().all(|e| e.data["tenant_id"] == one || e.data["tenant_id"] == below), "{mine:?}");
    let all = Watcher::open(&server, &server.token, "?after=0", None).await.until("below").await;
    assert!(names(&all).contains(&"two") && names(&all).contains(&"sandbox") && all.len() > mine.len(), "{all:?}");
    let chosen = Watcher::open(&server, &token, &format!("?after=0&tenant_id={below}"), None).await.until("below").await;
    assert!(chosen.iter().all(|e| e.data["tenant_id"] == below), "{chosen:?}");

    for (token, query, last, wanted) in [
        ("", "", "", (401, "unauthenticated")),
        (&token, &*format!("?tenant_id={two}"), "", (404, "not_found")),
        (&token, "?tenant_id=99", "", (404, "not_found")),
        (&token, "", "x", (422, "invalid_argument")),
        (&token, "?after=x", "", (422, "invalid_argument")),
        (&token, "?colour=red", "", (422, "invalid_argument")),
    ] {
        let headers: &[_] = if last.is_empty() { &[] } else { &[("last-event-id", last)] };
        let answer = server.raw(request(token, "GET", &format!("/api/v2/events{query}"), headers, None)).await;
        assert_eq!((answer.status.as_u16(), answer.body["code"].as_str().unwrap()), wanted, "{query} {last}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_its_session() {
    let clock = Arc::new(TestClock::new(1));
    let server = Server::start_with(Arc::clone(&clock) as _, |_| ()).await;
    let other = server.login("admin", PASSWORD).await;
    let mut watcher = Watcher::open(&server, &other, "?object=tenant", None).await;
    assert_eq!(server.send(&other, "DELETE", "/api/v2/sessions/current", None).await.status, 204);
    assert_eq!(watcher.next().await, None);
    let mut watcher = Watcher::open(&server, &server.token, "?object=tenant", None).await;
    clock.step(DAY);
    assert_eq!(watcher.next().await, None);
}
