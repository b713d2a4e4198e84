//! A38, against a registry on the loopback.

use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::app::{App, Envelope as _, has};

async fn registry() -> MockServer {
    let server = MockServer::start().await;
    let answers = [
        ("/v2/_catalog", json!({"repositories": ["base/nginx", "web"]})),
        ("/v2/base/nginx/tags/list", json!({"name": "base/nginx", "tags": ["1", "2"]})),
        ("/v2/web/tags/list", json!({"name": "web", "tags": null})),
        ("/v2/base/nginx/manifests/1", json!({"config": {"size": 5}, "layers": [{"size": 10}, {"size": 20}]})),
        ("/v2/base/nginx/manifests/2", json!({"config": {"size": 1}, "layers": []})),
    ];
    for (place, body) in answers {
        let answer = ResponseTemplate::new(200).set_body_json(body).insert_header("docker-content-digest", "sha256:0123");
        Mock::given(method("GET")).and(path(place)).respond_with(answer).mount(&server).await;
    }
    server
}

#[tokio::test]
async fn the_images_of_every_registry_are_listed_with_their_tags() {
    let app = App::start().await;
    assert_eq!(app.ok("list_images", &[], Value::Null).await, json!([]), "no registry, no images");
    let server = registry().await;
    app.registry("one", &server.uri()).await;
    app.registry("two", &server.uri()).await;
    let org = app.organization("dev").await;
    let member = app.user(org, "a@dev.example", "team.member").await;
    let all = app.ok_as(&member.token, "list_images", &[], Value::Null).await;
    has(&all[0], "name:s tags:l registry:s");
    let named: Vec<_> = all.as_array().unwrap().iter().map(|i| (i["registry"].as_str().unwrap(), i["name"].as_str().unwrap())).collect();
    assert_eq!(named, [("one", "base/nginx"), ("one", "web"), ("two", "base/nginx"), ("two", "web")]);
    assert_eq!(
        all[0]["tags"],
        json!([{"name": "1", "digest": "sha256:0123", "size": 35}, {"name": "2", "digest": "sha256:0123", "size": 1}])
    );
    for (query, wanted, count) in [
        ("?registry=two&page=2&pageSize=1", vec!["two/web"], "2"),
        ("?page=2&pageSize=1", vec!["one/web"], "4"),
        ("?page=2&pageSize=3", vec!["two/web"], "4"),
        ("?page=3&pageSize=2", vec![], "4"),
        ("?after=one/web&pageSize=1", vec!["two/base/nginx"], "4"),
    ] {
        let (page, total) = app.list("list_images", &[], query).await;
        let named = |i: &Value| format!("{}/{}", i["registry"].as_str().unwrap(), i["name"].as_str().unwrap());
        assert_eq!(
            (page.as_array().unwrap().iter().map(named).collect::<Vec<_>>(), total.as_str()),
            (wanted.iter().map(ToString::to_string).collect(), count),
            "{query}"
        );
    }
    for wrong in ["?registry=three", "?page=0", "?pageSize=1001", "?page=x", "?after=x", "?page=2&after=one/web"] {
        app.send(&app.admin, "GET", &format!("/api/v1/registry/images{wrong}"), Value::Null).await.refused((422, 1605));
    }
}

#[tokio::test]
async fn a_registry_that_cannot_be_read_is_named() {
    let app = App::start().await;
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    app.registry("broken", &server.uri()).await;
    let answer = app.call(&app.admin, "list_images", &[], Value::Null).await;
    answer.refused((502, 1501));
    assert!(answer.message().contains("'broken'"), "{}", answer.message());
}
