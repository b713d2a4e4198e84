//! Commands as a script or a person uses them: what is sent, written, remembered and asked, and how they end.

use crate::support::{Machine, answer, page, problem, resource, tenant, user};
use serde_json::{Value, json};
use tenantry_cli::Exit;
use wiremock::matchers::{any, body_partial_json, header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, ResponseTemplate};

#[tokio::test]
async fn the_exit_code_says_what_went_wrong() {
    let machine = Machine::new().await;
    for (status, code, exit) in [
        (401, "unauthenticated", Exit::NotAuthenticated),
        (401, "wrong_credentials", Exit::NotAuthenticated),
        (403, "forbidden", Exit::Failure),
        (404, "not_found", Exit::NotFound),
        (409, "conflict", Exit::Conflict),
        (409, "already_exists", Exit::Conflict),
        (409, "quota_exceeded", Exit::Conflict),
        (409, "balance_too_low", Exit::Conflict),
        (412, "stale_version", Exit::Conflict),
        (422, "invalid_argument", Exit::Failure),
        (500, "internal", Exit::Failure),
    ] {
        machine.server.reset().await;
        Mock::given(any()).respond_with(problem(status, code)).mount(&machine.server).await;
        let ended = machine.run("tenants show 2").await;
        assert_eq!(ended.exit, exit, "{code}");
        let told = if code == "unauthenticated" { "nobody is logged in there, or the session has ended" } else { &format!("it is {code}") };
        assert!(ended.out.is_empty() && ended.err.starts_with(&format!("error: {told}\n  - app 'web'\n")), "{}", ended.err);
        assert_eq!(ended.err.contains("request r-7"), status == 500, "{}", ended.err);
    }
    let ended = machine.run("tenants fly").await;
    assert_eq!((ended.exit, ended.out.as_str()), (Exit::Usage, ""));
    assert_eq!(machine.run("--help").await.exit, Exit::Ok);
}

#[tokio::test]
async fn names_are_looked_up_and_a_table_is_written() {
    let machine = Machine::new().await;
    Mock::given(path("/api/v2/datacenters")).and(query_param("name", "east")).respond_with(page(&[])).mount(&machine.server).await;
    let ended = machine.run("tenants list --datacenter east").await;
    assert_eq!((ended.exit, ended.err.as_str()), (Exit::NotFound, "error: there is no datacenter 'east'\n"));

    Mock::given(path("/api/v2/tenants"))
        .and(header("authorization", "Bearer TOKEN"))
        .and(query_param("datacenter_id", "7"))
        .and(query_param("limit", "2"))
        .and(query_param("sort", "-name"))
        .respond_with(answer(200, json!({"items": [tenant(2, "dev", "active"), tenant(3, "qa", "closing")], "next": "7161.3"})))
        .mount(&machine.server)
        .await;
    let ended = machine.run("tenants list -d 7 --limit 2 --sort -name").await;
    assert_eq!(
        ended.out,
        "ID  NAME  LABEL  STATE    ENABLED  CPU  MEMORY GiB  STORAGE GiB  BALANCE  DATACENTERS  REASON\n\
         2   dev   dev    active   yes      4    8.5         -            500.25   1            -\n\
         3   qa    qa     closing  yes      4    8.5         -            500.25   1            -\n"
    );
    assert_eq!(ended.err, "there are more: --all, or --after 7161.3\n");
}

#[tokio::test]
async fn all_of_a_list_is_every_page_of_it() {
    let machine = Machine::new().await;
    let list = || Mock::given(path("/api/v2/users")).and(query_param("limit", "1000"));
    list()
        .and(query_param_is_missing("after"))
        .respond_with(answer(200, json!({"items": [user()], "next": ".1"})))
        .mount(&machine.server)
        .await;
    list().and(query_param("after", ".1")).respond_with(page(&[user()])).mount(&machine.server).await;
    let ended = machine.run("users list --all -o json").await;
    let shown: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(shown.as_array().map(Vec::len), Some(2));
    assert_eq!(ended.err, "");
}

#[tokio::test]
async fn opening_a_tenant_shows_progress_until_its_namespaces_are_ready() {
    let machine = Machine::new().await;
    Mock::given(method("POST"))
        .and(path("/api/v2/tenants"))
        .and(body_partial_json(
            json!({"name": "dev", "datacenter_ids": [1], "quota": {"cpu": 4.0, "memory_gib": 8.0, "storage_gib": null}}),
        ))
        .respond_with(answer(201, tenant(2, "dev", "active")))
        .expect(1)
        .mount(&machine.server)
        .await;
    Mock::given(method("GET"))
        .and(path("/api/v2/tenants/2"))
        .respond_with(answer(200, tenant(2, "dev", "active")))
        .mount(&machine.server)
        .await;
    let namespaces = || Mock::given(path("/api/v2/tenants/2/namespaces"));
    let waiting = resource("namespace", 5, "dev", "provisioning", "the cluster is slow");
    namespaces().respond_with(page(&[waiting])).up_to_n_times(3).mount(&machine.server).await;
    namespaces().respond_with(page(&[resource("namespace", 5, "dev", "ready", "")])).mount(&machine.server).await;
    let ended = machine.run("tenants create dev -d 1 --cpu 4 --memory 8 -o yaml").await;
    assert_eq!(ended.exit, Exit::Ok, "{}", ended.err);
    assert_eq!(
        ended.err,
        "tenant 'dev': active, 0 of 1 namespaces ready (datacenter 1: the cluster is slow)\ntenant 'dev': active, 1 of 1 namespaces ready\n"
    );
    assert!(ended.out.contains("name: dev\n"), "{}", ended.out);
}

#[tokio::test]
async fn what_fails_or_takes_too_long_has_an_exit_code_of_its_own() {
    let machine = Machine::new().await;
    Mock::given(method("POST"))
        .and(path("/api/v2/disks"))
        .respond_with(answer(201, resource("disk", 7, "data", "pending", "")))
        .mount(&machine.server)
        .await;
    let look = || Mock::given(method("GET")).and(path("/api/v2/disks/7"));
    look()
        .respond_with(answer(200, resource("disk", 7, "data", "provisioning", "no storage")))
        .up_to_n_times(1)
        .mount(&machine.server)
        .await;
    look().respond_with(answer(200, resource("disk", 7, "data", "failed", "no such StorageClass"))).mount(&machine.server).await;
    let line = "disks create data --size 10 -t 2 -d 1";
    let late = machine.run(&format!("{line} --timeout 0s")).await;
    assert_eq!((late.exit, late.out.as_str()), (Exit::NotSettled, ""));
    assert!(late.err.ends_with("error: disk 'data' did not settle in time: no storage\n"), "{}", late.err);
    let failed = machine.run(line).await;
    assert_eq!(failed.exit, Exit::NotSettled);
    assert!(failed.err.ends_with("error: disk 'data' failed: no such StorageClass\n"), "{}", failed.err);
    let quick = machine.run(&format!("{line} --no-wait")).await;
    assert_eq!((quick.exit, quick.err.as_str()), (Exit::Ok, ""));
}

#[tokio::test]
async fn a_person_is_asked_before_something_goes_and_a_script_is_not() {
    let mut machine = Machine::new().await;
    Mock::given(method("DELETE"))
        .and(path("/api/v2/disks/7"))
        .respond_with(answer(202, resource("disk", 7, "data", "deleting", "")))
        .expect(2)
        .mount(&machine.server)
        .await;
    let look = || Mock::given(method("GET")).and(path("/api/v2/disks/7"));
    look().respond_with(answer(200, resource("disk", 7, "data", "deleting", "detaching"))).up_to_n_times(1).mount(&machine.server).await;
    look().respond_with(problem(404, "not_found")).mount(&machine.server).await;
    let script = machine.run("disks delete 7").await;
    assert_eq!((script.exit, script.out.as_str()), (Exit::Ok, ""));
    assert_eq!(script.err, "disk 'data': deleting (detaching)\ndisk '7' and all that is on it is gone\n");
    machine.interactive = true;
    let no = machine.run_with("disks delete 7", "no\n").await;
    assert_eq!((no.exit, no.err.as_str()), (Exit::Failure, "remove disk '7' and all that is on it? [y/N] error: nothing was changed\n"));
    assert_eq!(machine.run_with("disks delete 7", "y\n").await.exit, Exit::Ok);
}

#[tokio::test]
async fn a_dry_run_shows_what_would_go_and_asks_nobody() {
    let mut machine = Machine::new().await;
    machine.interactive = true;
    let plan = json!({"action": "delete", "object": "tenant", "quota": [], "removes": [{"kind": "disk", "id": 7, "name": "data", "datacenter_id": 1}]});
    Mock::given(method("DELETE"))
        .and(path("/api/v2/tenants/2"))
        .and(query_param("dry_run", "true"))
        .and(query_param("cascade", "true"))
        .and(header("if-match", "\"3\""))
        .respond_with(answer(200, plan))
        .expect(1)
        .mount(&machine.server)
        .await;
    let ended = machine.run("tenants delete 2 --cascade --dry-run --if-version 3").await;
    assert_eq!(ended.exit, Exit::Ok, "{}", ended.err);
    assert!(ended.out.contains("removes  disk 'data'\n"), "{}", ended.out);
}

#[tokio::test]
async fn deploy_makes_an_app_or_changes_the_one_that_is_there() {
    let machine = Machine::new().await;
    let apps = || Mock::given(method("GET")).and(path("/api/v2/apps")).and(query_param("name", "web"));
    apps().respond_with(page(&[])).up_to_n_times(2).mount(&machine.server).await;
    apps().respond_with(page(&[resource("app", 9, "web", "ready", "")])).mount(&machine.server).await;
    Mock::given(path("/api/v2/sessions/current"))
        .respond_with(answer(200, json!({"user": user(), "expires_at": crate::support::THEN})))
        .mount(&machine.server)
        .await;
    Mock::given(path("/api/v2/tenants/2")).respond_with(answer(200, tenant(2, "dev", "active"))).mount(&machine.server).await;
    Mock::given(method("POST"))
        .and(path("/api/v2/apps"))
        .and(body_partial_json(json!({"tenant_id": 2, "datacenter_id": 1, "name": "web", "image": "nginx:1", "ports": [80, 443],
            "environment": {"A": "b=c"}, "disks": [{"disk": "data", "path": "/srv"}]})))
        .respond_with(answer(201, resource("app", 9, "web", "pending", "")))
        .expect(1)
        .mount(&machine.server)
        .await;
    Mock::given(method("PATCH"))
        .and(path("/api/v2/apps/9"))
        .and(wiremock::matchers::body_json(json!({"replicas": 3, "environment": {"A": null}})))
        .respond_with(answer(200, resource("app", 9, "web", "updating", "")))
        .expect(1)
        .mount(&machine.server)
        .await;
    let imageless = machine.run("apps deploy web").await;
    assert_eq!((imageless.exit, imageless.err.as_str()), (Exit::Usage, "error: there is no app 'web' yet: a new one needs --image\n"));
    let made = machine.run("apps deploy web --image nginx:1 --port 80 --port 443 --env A=b=c --disk data:/srv --no-wait").await;
    assert_eq!(made.exit, Exit::Ok, "{}", made.err);
    let changed = machine.run("apps deploy web --replicas 3 --unset-env A --no-wait").await;
    assert_eq!(changed.exit, Exit::Ok, "{}", changed.err);
}

#[tokio::test]
async fn events_are_a_line_each() {
    let machine = Machine::new().await;
    let event = |id: i64| {
        let data = json!({"id": id, "at": crate::support::THEN, "tenant_id": 2, "object": "app", "object_id": 9, "name": "web", "change": "state",
            "state": "failed", "reason": "no\u{1b}[2Jroom"});
        format!("id: {id}\nevent: state\ndata: {data}\n\n")
    };
    let body = format!("{}{}", event(5), event(6));
    Mock::given(path("/api/v2/events"))
        .and(header("last-event-id", "4"))
        .and(query_param("object", "app"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "text/event-stream"))
        .mount(&machine.server)
        .await;
    let ended = machine.run("events --object app --after 4 --count 1").await;
    assert_eq!(ended.out, "5 2026-01-31T08:00:00.000Z app 'web' state failed (no\u{fffd}[2Jroom)\n");
    let ended = machine.run("events --object app --after 4 --count 2 -o json").await;
    assert_eq!(
        ended.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone()).collect::<Vec<_>>(),
        [json!(5), json!(6)]
    );
}

#[tokio::test]
async fn a_kubeconfig_in_a_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let machine = Machine::new().await;
    Mock::given(path("/api/v2/tenants/2/kubeconfig"))
        .and(query_param("datacenter_id", "1"))
        .respond_with(ResponseTemplate::new(200).set_body_string("apiVersion: v1\n"))
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run("kubeconfig 2 -d 1").await.out, "apiVersion: v1\n");
    let file = machine.home.path().join("config");
    let ended = machine.run(&format!("kubeconfig 2 -d 1 --file {}", file.display())).await;
    assert_eq!((ended.exit, ended.out.as_str()), (Exit::Ok, ""));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "apiVersion: v1\n");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}
