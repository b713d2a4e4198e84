//! The audit: listed, exported as it comes, and verified piece by piece.

use crate::support::{Machine, answer, page, problem};
use serde_json::{Value, json};
use tenantry_cli::Exit;
use wiremock::matchers::{path, query_param, query_param_is_missing};
use wiremock::{Mock, ResponseTemplate};

const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn verification(complete: bool, verified_to: i64, findings: &[Value]) -> Value {
    json!({"intact": findings.is_empty(), "complete": complete, "checked": verified_to, "removed_to": 0, "verified_to": verified_to,
        "sealed_to": 150, "hash": HASH, "unsealed": 0, "findings": findings})
}

#[tokio::test]
async fn the_list_takes_its_filters_and_its_order() {
    let machine = Machine::new().await;
    Mock::given(path("/api/v2/audit"))
        .and(query_param("user_name", "eve"))
        .and(query_param("object_id", "7"))
        .and(query_param("datacenter_id", "3"))
        .and(query_param("sort", "at"))
        .respond_with(page(&[]))
        .mount(&machine.server)
        .await;
    let ended = machine.run("audit --user-name eve --object-id 7 -d 3 --oldest").await;
    assert_eq!((ended.exit, ended.err.as_str()), (Exit::Ok, ""), "{}", ended.out);
}

#[tokio::test]
async fn an_export_is_written_as_it_came() {
    let machine = Machine::new().await;
    let lines = "{\"seq\":3,\"user_name\":\"\u{e9}ve\"}\n{\"seq\":4}\n";
    Mock::given(path("/api/v2/audit/export"))
        .and(query_param("after", "2"))
        .and(query_param("action", "login"))
        .respond_with(ResponseTemplate::new(200).set_body_string(lines))
        .mount(&machine.server)
        .await;
    let ended = machine.run("audit export --after 2 --action login").await;
    assert_eq!((ended.exit, ended.out.as_str()), (Exit::Ok, lines), "{}", ended.err);
    machine.server.reset().await;
    Mock::given(path("/api/v2/audit/export")).respond_with(problem(403, "forbidden")).mount(&machine.server).await;
    let ended = machine.run("audit export").await;
    assert_eq!((ended.exit, ended.out.as_str()), (Exit::Failure, ""));
    assert!(ended.err.contains("it is forbidden"), "{}", ended.err);
}

#[tokio::test]
async fn a_long_chain_is_verified_to_its_end() {
    let machine = Machine::new().await;
    let verify = || Mock::given(path("/api/v2/audit/verification"));
    let noted = format!("42:{HASH}");
    verify()
        .and(query_param("after", "0"))
        .and(query_param("noted", noted.as_str()))
        .respond_with(answer(200, verification(false, 100, &[])))
        .mount(&machine.server)
        .await;
    verify()
        .and(query_param("after", "100"))
        .and(query_param_is_missing("noted"))
        .respond_with(answer(200, verification(true, 150, &[])))
        .mount(&machine.server)
        .await;
    let ended = machine.run(&format!("audit verify --noted {noted} -o json")).await;
    assert_eq!(ended.exit, Exit::Ok, "{}", ended.err);
    let shown: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&shown["intact"], &shown["checked"], &shown["verified_to"]), (&json!(true), &json!(250), &json!(150)));
}

#[tokio::test]
async fn a_broken_chain_fails_and_names_the_places() {
    let machine = Machine::new().await;
    let finding = json!({"fault": "changed", "seq": 7, "to": 7, "record_id": 9, "detail": "record 7 (id 9) was changed"});
    Mock::given(path("/api/v2/audit/verification"))
        .respond_with(answer(200, verification(false, 100, &[finding])))
        .expect(1)
        .mount(&machine.server)
        .await;
    let ended = machine.run("audit verify").await;
    assert_eq!((ended.exit, ended.out.as_str()), (Exit::Failure, ""));
    assert_eq!(ended.err, "error: the audit is not what was sealed:\n  - record 7 (id 9) was changed\n");
}

#[tokio::test]
async fn a_database_is_not_verified_by_asking_a_server() {
    let machine = Machine::new().await;
    let ended = machine.run("audit verify --data-dir data").await;
    assert_eq!(ended.exit, Exit::Usage, "{}", ended.err);
    let ended = machine.run("audit verify --noted 7").await;
    assert_eq!(ended.exit, Exit::Usage, "{}", ended.err);
}
