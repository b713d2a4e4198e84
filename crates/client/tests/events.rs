//! The stream of events goes on after what it gave, and ends with an error that repeating does not help.

use std::time::Duration;

use futures::StreamExt;
use serde_json::json;
use tenantry_client::types::EventFilter;
use tenantry_client::{Change, Client, Retry};
use tenantry_domain::ErrorKind;
use tenantry_domain::{EventId, TenantId};
use wiremock::matchers::{header, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn event(id: i64) -> String {
    let data = json!({"id": id, "at": "2026-01-31T08:00:00.000Z", "tenant_id": 2, "object": "app", "object_id": 9, "name": "web",
        "change": "state", "state": "ready", "reason": ""});
    format!("id: {id}\nevent: state\ndata: {data}\n\n")
}

fn stream(body: String) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, "text/event-stream")
}

#[tokio::test]
async fn a_broken_stream_goes_on_after_the_last_event() {
    let server = MockServer::start().await;
    let after = |id: &str| Mock::given(path("/api/v2/events")).and(query_param("tenant_id", "2")).and(header("last-event-id", id));
    // the first connection breaks in the middle of an event
    after("4")
        .respond_with(stream(format!(": hello\n\n{}{}id: 6\ndata: {{\"id", event(4 + 1), "event: reset\ndata:\n\n")))
        .mount(&server)
        .await;
    after("5").respond_with(stream(event(6))).mount(&server).await;
    let refused = json!({"status": 401, "code": "unauthenticated", "detail": "the session is over"});
    after("6").respond_with(ResponseTemplate::new(401).set_body_json(refused)).mount(&server).await;
    let retry = Retry { base: Duration::from_millis(1), ..Retry::default() };
    let client = Client::builder(server.uri()).retry(retry).build().unwrap();
    let filter = EventFilter { tenant_id: Some(TenantId(2)), ..EventFilter::default() };
    let all: Vec<_> = client.events(&filter, Some(EventId(4))).collect().await;
    let shown: Vec<String> = all
        .into_iter()
        .map(|change| match change {
            Ok(Change::Event(event)) => format!("event {}", event.id),
            Ok(Change::Reset) => "reset".to_owned(),
            Err(error) => format!("{:?}", error.kind() == Some(ErrorKind::Unauthenticated)),
        })
        .collect();
    assert_eq!(shown, ["event 5", "reset", "event 6", "true"]);
}
