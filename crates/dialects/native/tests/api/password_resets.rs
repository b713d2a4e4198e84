//! A new password by a mailed link, and what became of the mail.

use serde_json::{Value, json};

use crate::common::{App, PASSWORD};

const NEW: &str = "a-new-password";

async fn ask(app: &App, username: &str) -> (u16, Value) {
    let answer = app.send("", "POST", "/password-resets", &[], json!({"username": username})).await;
    (answer.status.as_u16(), answer.body)
}

async fn confirm(app: &App, token: &str, password: &str) -> (u16, Value) {
    let body = json!({"token": token, "new_password": password});
    let answer = app.send("", "POST", "/password-resets/confirm", &[], body).await;
    (answer.status.as_u16(), answer.body)
}

async fn login(app: &App, password: &str) -> u16 {
    app.send("", "POST", "/sessions", &[], json!({"username": "carol", "password": password})).await.status.as_u16()
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_a_mailed_link() {
    let app = App::start().await;
    let carol =
        json!({"tenant_id": 1, "username": "carol", "password": PASSWORD, "email": "carol@example.org", "must_change_password": true});
    assert_eq!(app.post("/users", carol).await.status, 201);
    let session = app.login("carol").await;
    assert_eq!(ask(&app, "carol").await, (202, Value::Null));
    assert_eq!(ask(&app, "nobody").await, (202, Value::Null), "nobody learns who is there");
    let text = app.mail().await;
    let link = text.lines().find(|line| line.starts_with("https://cloud.test/reset-password#token=")).unwrap();
    let token = link.split_once('=').unwrap().1;
    let weak = confirm(&app, token, "short").await;
    assert_eq!((weak.0, &weak.1["field"]), (422, &json!("new_password")), "{}", weak.1);
    assert_eq!(confirm(&app, token, NEW).await, (204, Value::Null));
    let again = confirm(&app, token, NEW).await;
    assert_eq!((again.0, &again.1["code"], &again.1["field"]), (422, &json!("invalid_argument"), &json!("token")), "{}", again.1);
    assert_eq!(app.send(&session, "GET", "/sessions/current", &[], Value::Null).await.status, 401);
    assert_eq!((login(&app, PASSWORD).await, login(&app, NEW).await), (401, 201));
    let mails = app.get("/mails").await.body;
    assert_eq!(mails["items"].as_array().unwrap().len(), 1, "{mails}");
    let mail = &mails["items"][0];
    assert_eq!(
        (&mail["recipient"], &mail["state"], &mail["kind"]),
        (&json!("carol@example.org"), &json!("pending"), &json!("password_reset"))
    );
    let told = app.get("/audit?action=reset_password&sort=-at").await.body["items"].clone();
    let details: Vec<&str> = told.as_array().unwrap().iter().map(|r| r["detail"].as_str().unwrap()).collect();
    assert!(details.contains(&"by a mailed link") && details.contains(&"a link is mailed"), "{details:?}");
    assert!(!told.to_string().contains(token) && !mails.to_string().contains(token));
}
