//! Codes and passwords at the login, and the commands for groups, roles, sessions, tokens, second factors, links and why.

use crate::support::{Machine, THEN, UID, answer, page, problem, tenant, user};
use serde_json::{Value, json};
use tenantry_cli::Exit;
use wiremock::matchers::{body_json, body_partial_json, method, path, query_param};
use wiremock::{Mock, ResponseTemplate};

fn login(body: Value) -> wiremock::MockBuilder {
    Mock::given(method("POST")).and(path("/api/v2/sessions")).and(body_json(body))
}

fn started(user: Value) -> ResponseTemplate {
    answer(201, json!({"token": "FRESH", "user": user, "expires_at": THEN}))
}

async fn session(machine: &Machine) {
    let session = json!({"user": user(), "expires_at": THEN});
    Mock::given(method("GET")).and(path("/api/v2/sessions/current")).respond_with(answer(200, session)).mount(&machine.server).await;
}

fn gone() -> ResponseTemplate {
    ResponseTemplate::new(204)
}

fn token() -> Value {
    json!({"id": 9, "user_id": 1, "name": "ci", "roles": ["team.member"], "tenant_ids": [2], "dialects": [], "created_at": THEN,
        "last_used_at": null, "expires_at": THEN})
}

fn group(id: i64, name: &str) -> Value {
    json!({"id": id, "uid": UID, "tenant_id": 2, "parent_id": 1, "name": name, "description": "", "version": 1, "created_at": THEN, "updated_at": THEN})
}

#[tokio::test]
async fn a_one_time_code_is_asked_for_when_the_server_says_so() {
    let machine = Machine { token: None, ..Machine::new().await };
    login(json!({"username": "admin", "password": "correct horse"}))
        .respond_with(problem(401, "second_factor_required"))
        .expect(3)
        .mount(&machine.server)
        .await;
    login(json!({"username": "admin", "password": "correct horse", "code": "123456"}))
        .respond_with(started(user()))
        .expect(2)
        .mount(&machine.server)
        .await;
    let piped = machine.run_with("login admin --password-stdin", "correct horse\n123456\n").await;
    assert_eq!(piped.exit, Exit::Ok, "{}", piped.err);
    assert!(!piped.err.contains("123456"));
    let missing = machine.run_with("login admin --password-stdin", "correct horse\n").await;
    assert_eq!(
        (missing.exit, missing.err.as_str()),
        (Exit::Usage, "error: a one-time code is needed: give it as the next line of the input\n")
    );
    let at_once = machine.run_with("login admin --password-stdin --code", "correct horse\n 123456 \n").await;
    assert_eq!(at_once.exit, Exit::Ok, "{}", at_once.err);
    // a person is asked for both, and the terminal of these tests answers every such question alike
    let person = Machine { interactive: true, ..machine };
    login(json!({"username": "admin", "password": "correct horse", "code": "correct horse"}))
        .respond_with(problem(401, "wrong_credentials"))
        .expect(1)
        .mount(&person.server)
        .await;
    let asked = person.run("login admin").await;
    assert_eq!((asked.exit, asked.err.as_str()), (Exit::NotAuthenticated, "error: it is wrong_credentials\n  - app 'web'\n"));
}

#[tokio::test]
async fn who_got_a_password_is_told_to_change_it_and_does() {
    let machine = Machine { token: None, ..Machine::new().await };
    let mut given = user();
    given["must_change_password"] = json!(true);
    login(json!({"username": "admin", "password": "given"})).respond_with(started(given)).mount(&machine.server).await;
    let ended = machine.run_with("login admin --password-stdin", "given\n").await;
    assert!(ended.exit == Exit::Ok && ended.err.ends_with("has to be changed first: tenantry password\n"), "{}", ended.err);
    session(&machine).await;
    Mock::given(method("PUT"))
        .and(path("/api/v2/users/1/password"))
        .and(body_json(json!({"old_password": "given", "new_password": "my own password"})))
        .respond_with(gone())
        .expect(2)
        .mount(&machine.server)
        .await;
    for line in ["password --password-stdin", "users password --password-stdin"] {
        let ended = machine.run_anywhere(line, "given\nmy own password\n").await;
        assert_eq!((ended.exit, ended.out.as_str(), ended.err.as_str()), (Exit::Ok, "", "the password is changed\n"));
    }
}

#[tokio::test]
async fn a_tenant_is_made_with_its_administrator_and_is_shut_and_opened() {
    let machine = Machine::new().await;
    Mock::given(method("POST"))
        .and(path("/api/v2/tenants"))
        .and(body_partial_json(json!({"name": "Acme", "label": "acme", "customer_manager": "Li", "administrator":
            {"username": "boss", "password": "a-good-password", "email": "boss@acme.example"}})))
        .respond_with(answer(201, tenant(2, "Acme", "active")))
        .expect(1)
        .mount(&machine.server)
        .await;
    let line = "tenants create Acme --label acme --customer-manager Li --administrator boss --administrator-email boss@acme.example \
        --password-stdin --cpu 1 --memory 1 --no-wait";
    let made = machine.run_with(line, "a-good-password\n").await;
    assert_eq!(made.exit, Exit::Ok, "{}", made.err);
    for (verb, enabled) in [("disable", false), ("enable", true)] {
        Mock::given(method("PATCH"))
            .and(path("/api/v2/tenants/2"))
            .and(body_json(json!({"enabled": enabled})))
            .respond_with(answer(200, tenant(2, "Acme", "active")))
            .expect(1)
            .mount(&machine.server)
            .await;
        assert_eq!(machine.run(&format!("tenants {verb} 2")).await.exit, Exit::Ok, "{verb}");
    }
}

#[tokio::test]
async fn a_user_may_be_made_without_a_role_and_into_a_group() {
    let machine = Machine::new().await;
    Mock::given(method("GET"))
        .and(path("/api/v2/groups"))
        .and(query_param("tenant_id", "2"))
        .and(query_param("name", "design"))
        .respond_with(page(&[group(7, "Design")]))
        .mount(&machine.server)
        .await;
    let mut roleless = user();
    roleless["role"] = Value::Null;
    Mock::given(method("POST"))
        .and(path("/api/v2/users"))
        .and(body_json(
            json!({"tenant_id": 2, "username": "ann", "password": "a-good-password", "role": null, "must_change_password": true,
            "group_id": 7, "group_admin": true}),
        ))
        .respond_with(answer(201, roleless))
        .expect(1)
        .mount(&machine.server)
        .await;
    let line = "users create ann -t 2 --role none --must-change-password --group design --group-admin --password-stdin";
    let made = machine.run_with(line, "a-good-password\n").await;
    assert!(made.exit == Exit::Ok && made.out.contains("role                  -\n"), "{}{}", made.out, made.err);
}

#[tokio::test]
async fn groups_are_found_by_name_and_people_put_into_them() {
    let machine = Machine::new().await;
    let groups = [group(7, "Design"), group(8, "Sales"), group(9, "sales")];
    let named = |name: &str| Mock::given(method("GET")).and(path("/api/v2/groups")).and(query_param("name", name));
    named("Design").respond_with(page(&groups[..1])).mount(&machine.server).await;
    named("Sales").respond_with(page(&groups[1..])).mount(&machine.server).await;
    named("Nobody").respond_with(page(&[])).mount(&machine.server).await;
    assert_eq!(machine.run("groups list --name Design").await.out.lines().count(), 2);
    Mock::given(method("GET")).and(path("/api/v2/groups")).respond_with(page(&groups)).mount(&machine.server).await;
    let listed = machine.run("groups list").await;
    assert!(listed.out.starts_with("ID  NAME    TENANT  PARENT  DESCRIPTION\n7   Design  2       1       -\n"), "{}", listed.out);
    let member = json!({"group_id": 7, "user": user(), "admin": true});
    Mock::given(method("PUT"))
        .and(path("/api/v2/groups/7/members/1"))
        .and(body_json(json!({"admin": true})))
        .respond_with(answer(200, member.clone()))
        .expect(1)
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run("groups add Design 1 --admin").await.exit, Exit::Ok);
    Mock::given(method("GET")).and(path("/api/v2/groups/7/members")).respond_with(page(&[member])).mount(&machine.server).await;
    assert_eq!(
        machine.run("groups members 7").await.out,
        "ID  USERNAME  NAME  ROLE          ADMIN\n1   admin     -     system.admin  yes\n"
    );
    Mock::given(method("DELETE")).and(path("/api/v2/groups/7/members/1")).respond_with(gone()).expect(1).mount(&machine.server).await;
    assert_eq!(machine.run("groups remove 7 1").await.err, "'1' is not in the group '7' any more\n");
    let several = machine.run("groups show Sales").await;
    assert!(several.exit == Exit::Usage && several.err.contains("several of the name 'Sales'"), "{}", several.err);
    assert_eq!(machine.run("groups show Nobody").await.exit, Exit::NotFound);
}

#[tokio::test]
async fn roles_are_given_listed_and_taken() {
    let machine = Machine::new().await;
    session(&machine).await;
    let held = json!({"tenant_id": 2, "tenant_name": "dev", "user_id": 5, "username": "ann", "role": "tenant.admin"});
    Mock::given(method("PUT"))
        .and(path("/api/v2/tenants/2/roles/5"))
        .and(body_json(json!({"role": "tenant.admin"})))
        .respond_with(answer(200, held.clone()))
        .expect(1)
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run("roles grant 5 tenant.admin").await.exit, Exit::Ok);
    let table = "USER ID  USERNAME  TENANT ID  TENANT  ROLE\n5        ann       2          dev     tenant.admin\n";
    for (place, line) in [("tenants/2/roles", "roles list"), ("users/5/roles", "roles list --user 5")] {
        Mock::given(method("GET"))
            .and(path(format!("/api/v2/{place}")))
            .respond_with(page(std::slice::from_ref(&held)))
            .mount(&machine.server)
            .await;
        assert_eq!(machine.run(line).await.out, table, "{line}");
    }
    Mock::given(method("DELETE")).and(path("/api/v2/tenants/2/roles/5")).respond_with(gone()).expect(1).mount(&machine.server).await;
    assert_eq!(machine.run("roles revoke 5 -t 2").await.err, "the role of '5' on tenant 2 is gone\n");
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let machine = Machine::new().await;
    let open = json!({"id": 3, "user_id": 1, "current": true, "address": "192.0.2.7", "client": "tenantry/1", "created_at": THEN,
        "last_used_at": THEN, "expires_at": THEN});
    Mock::given(method("GET"))
        .and(path("/api/v2/sessions"))
        .and(query_param("user_id", "1"))
        .respond_with(page(&[open]))
        .mount(&machine.server)
        .await;
    let listed = machine.run("sessions list --user 1").await;
    assert!(listed.out.contains("3   yes      192.0.2.7  tenantry/1"), "{}{}", listed.out, listed.err);
    Mock::given(method("DELETE")).and(path("/api/v2/sessions/3")).respond_with(gone()).expect(1).mount(&machine.server).await;
    assert_eq!(machine.run("sessions end 3").await.err, "session 3 is gone\n");
    Mock::given(method("DELETE"))
        .and(path("/api/v2/sessions"))
        .and(query_param("user_id", "1"))
        .respond_with(gone())
        .up_to_n_times(1)
        .expect(1)
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run("sessions end-all --user 1").await.exit, Exit::Ok);
    Mock::given(method("DELETE")).and(path("/api/v2/sessions")).respond_with(gone()).expect(1).mount(&machine.server).await;
    assert_eq!(machine.run("sessions end-all").await.err, "every other session of yours is gone\n");
}

#[tokio::test]
async fn a_tokens_secret_is_shown_when_it_is_made_and_never_asked_for_twice() {
    let machine = Machine::new().await;
    let mut issued = token();
    issued["secret"] = json!("SECRET");
    Mock::given(method("POST"))
        .and(path("/api/v2/tokens"))
        .and(body_json(json!({"name": "ci", "roles": ["team.member"], "tenant_ids": [2], "dialects": [], "days": 30})))
        .respond_with(answer(201, issued.clone()))
        .expect(1)
        .mount(&machine.server)
        .await;
    let made = machine.run("tokens create ci --role team.member -t 2 --days 30 -o json").await;
    assert_eq!(serde_json::from_str::<Value>(&made.out).unwrap()["secret"], "SECRET", "{}", made.err);
    let sent = machine.server.received_requests().await.unwrap();
    assert!(!sent[0].headers.contains_key("idempotency-key"), "no server keeps the answer for a repeat");
    Mock::given(method("GET")).and(path("/api/v2/tokens")).respond_with(page(&[token()])).mount(&machine.server).await;
    let listed = machine.run("tokens list").await;
    assert!(listed.out.contains("9   ci    team.member  2        -         -"), "{}", listed.out);
    Mock::given(method("POST"))
        .and(path("/api/v2/tokens/9/rotate"))
        .and(body_json(json!({})))
        .respond_with(answer(200, issued))
        .expect(1)
        .mount(&machine.server)
        .await;
    assert!(machine.run("tokens rotate ci").await.out.contains("SECRET"));
    Mock::given(method("DELETE")).and(path("/api/v2/tokens/9")).respond_with(gone()).expect(1).mount(&machine.server).await;
    assert_eq!(machine.run("tokens delete ci").await.err, "token 'ci' is gone\n");
}

#[tokio::test]
async fn a_second_factor_is_set_up_with_secrets_from_the_input_alone() {
    let machine = Machine::new().await;
    session(&machine).await;
    let own = "/api/v2/users/me/second-factor";
    let own_password = || body_json(json!({"password": "correct horse"}));
    Mock::given(method("POST"))
        .and(path(own))
        .and(own_password())
        .respond_with(answer(200, json!({"secret": "BASE32", "url": "otpauth://totp/x"})))
        .expect(1)
        .mount(&machine.server)
        .await;
    let begun = machine.run_with("second-factor begin --password-stdin", "correct horse\n").await;
    assert!(begun.out.contains("BASE32") && begun.out.contains("otpauth://totp/x") && !begun.err.contains("BASE32"), "{}", begun.err);
    Mock::given(method("POST"))
        .and(path(format!("{own}/confirm")))
        .and(body_json(json!({"code": "123456"})))
        .respond_with(answer(200, json!({"recovery_codes": ["AAAAA-BBBBB", "CCCCC-DDDDD"]})))
        .expect(1)
        .mount(&machine.server)
        .await;
    let confirmed = machine.run_with("second-factor confirm --code-stdin", "123456\n").await;
    assert_eq!(confirmed.out, "recovery_codes  AAAAA-BBBBB,CCCCC-DDDDD\n", "{}", confirmed.err);
    Mock::given(method("GET"))
        .and(path(own))
        .respond_with(answer(200, json!({"enabled": true, "recovery_codes_left": 2})))
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run("second-factor show").await.out, "enabled              yes\nrecovery_codes_left  2\n");
    Mock::given(method("DELETE")).and(path(own)).and(own_password()).respond_with(gone()).expect(1).mount(&machine.server).await;
    let removed = machine.run_with("second-factor remove --password-stdin", "correct horse\n").await;
    assert_eq!((removed.exit, removed.err.as_str()), (Exit::Ok, "your second factor is gone\n"));
    Mock::given(method("DELETE")).and(path("/api/v2/users/5/second-factor")).respond_with(gone()).expect(1).mount(&machine.server).await;
    assert_eq!(machine.run("second-factor remove 5").await.err, "the second factor of '5' is gone\n");
    let nobody = machine.run("second-factor begin").await;
    assert_eq!(nobody.exit, Exit::Usage, "{}", nobody.err);
}

#[tokio::test]
async fn links_are_kept_and_decisions_explained() {
    let machine = Machine::new().await;
    let link = json!({"id": 4, "name": "Manual", "description": "", "href": "/docs", "image_url": "", "new_window": true, "version": 1,
        "created_at": THEN, "updated_at": THEN});
    Mock::given(method("POST"))
        .and(path("/api/v2/links"))
        .and(body_json(json!({"name": "Manual", "href": "/docs", "new_window": true})))
        .respond_with(answer(201, link.clone()))
        .expect(1)
        .mount(&machine.server)
        .await;
    assert_eq!(machine.run("links create Manual /docs --new-window").await.exit, Exit::Ok);
    Mock::given(method("GET")).and(path("/api/v2/links")).respond_with(page(std::slice::from_ref(&link))).mount(&machine.server).await;
    assert_eq!(machine.run("links list").await.out, "ID  NAME    HREF   NEW WINDOW  DESCRIPTION\n4   Manual  /docs  yes         -\n");
    Mock::given(method("PATCH"))
        .and(path("/api/v2/links/4"))
        .and(body_json(json!({"image_url": "", "new_window": false})))
        .respond_with(answer(200, link))
        .expect(1)
        .mount(&machine.server)
        .await;
    let update = ["links", "update", "Manual", "--new-window", "false", "--image="].join(" ");
    assert_eq!(machine.run(&update).await.exit, Exit::Ok);
    Mock::given(method("DELETE")).and(path("/api/v2/links/4")).respond_with(gone()).expect(1).mount(&machine.server).await;
    assert_eq!(machine.run("links delete Manual").await.err, "link 'Manual' is gone\n");
    Mock::given(method("GET"))
        .and(path("/api/v2/why"))
        .and(query_param("action", "create"))
        .and(query_param("kind", "disk"))
        .and(query_param("tenant_id", "2"))
        .and(query_param("user_id", "5"))
        .respond_with(answer(200, json!({"allowed": false, "because": "it takes a role"})))
        .expect(1)
        .mount(&machine.server)
        .await;
    let told = machine.run("why create disk -t 2 --user 5").await;
    assert_eq!(told.out, "allowed  no\nbecause  it takes a role\n", "{}", told.err);
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_without_anybody_logged_in() {
    let machine = Machine { token: None, ..Machine::new().await };
    Mock::given(method("POST"))
        .and(path("/api/v2/password-resets"))
        .and(body_json(json!({"username": "alice"})))
        .respond_with(ResponseTemplate::new(202))
        .expect(1)
        .mount(&machine.server)
        .await;
    let asked = machine.run("password-reset request alice").await;
    assert!(asked.exit == Exit::Ok && asked.err.contains("if there is such a user"), "{}", asked.err);
    Mock::given(method("POST"))
        .and(path("/api/v2/password-resets/confirm"))
        .and(body_json(json!({"token": "ABC123", "new_password": "my own password"})))
        .respond_with(gone())
        .expect(1)
        .mount(&machine.server)
        .await;
    let set = machine.run_with("password-reset confirm --password-stdin", "ABC123\nmy own password\n").await;
    assert_eq!((set.exit, set.err.as_str()), (Exit::Ok, "the password is set: log in with it\n"));
    assert!(!set.out.contains("ABC123"));
}

#[tokio::test]
async fn administrators_see_what_became_of_mails_and_how_directories_are() {
    let machine = Machine::new().await;
    let mail = json!({"id": 3, "kind": "password_reset", "user_id": 5, "recipient": "a@example.org", "state": "given_up", "reason": "no such user",
        "attempts": 2, "next_attempt_at": null, "created_at": THEN, "ended_at": THEN});
    Mock::given(method("GET")).and(path("/api/v2/mails")).respond_with(page(&[mail])).mount(&machine.server).await;
    let listed = machine.run("mails list").await;
    assert!(listed.out.contains("a@example.org") && listed.out.contains("no such user"), "{}", listed.out);
    let directory = |name: &str, healthy: bool, message: &str| json!({"name": name, "healthy": healthy, "message": message});
    let found = [directory("staff", true, ""), directory("partners", false, "cannot be reached")];
    Mock::given(method("GET")).and(path("/api/v2/directories")).respond_with(page(&found)).mount(&machine.server).await;
    assert_eq!(machine.run("directories list").await.out.lines().count(), 3);
    assert_eq!(machine.run("directories check staff").await.err, "people can log in\n");
    let sick = machine.run("directories check").await;
    assert_eq!((sick.exit, sick.err.as_str()), (Exit::Failure, "error: the directory 'partners': cannot be reached\n"));
    assert_eq!(machine.run("directories check elsewhere").await.exit, Exit::NotFound);
    let person = json!({"username": "ann", "name": "Ann", "email": null, "phone": null});
    Mock::given(method("GET"))
        .and(path("/api/v2/directories/staff/users"))
        .and(query_param("prefix", "an"))
        .respond_with(page(&[person]))
        .expect(1)
        .mount(&machine.server)
        .await;
    assert!(machine.run("directories search staff an").await.out.contains("Ann"));
}
