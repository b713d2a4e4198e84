//! A real mail server, over STARTTLS and TLS with a private CA, with a login. `make test-peers` starts it.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::time::Duration;

use tenantry_driver_api::{DriverErrorKind, Guard, Mailer as _, Message};
use tenantry_driver_mail::{Security, Settings, Smtp};

/// The settings for the server that the environment names, over STARTTLS; none, said on standard error, when it names none.
fn settings() -> Option<Settings> {
    let Ok(port) = std::env::var("TENANTRY_TEST_MAIL_PORT") else {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: TENANTRY_TEST_MAIL_PORT names no mail server\n");
        return None;
    };
    Some(Settings {
        host: "localhost".into(),
        port: port.parse().unwrap(),
        security: Security::StartTls,
        ca_pem: Some(std::fs::read_to_string(std::env::var("TENANTRY_TEST_MAIL_CA").unwrap()).unwrap()),
        username: "cloud".into(),
        password: "mail-password".into(),
        from: "Cloud <cloud@example.org>".into(),
        hello: "cloud.example.org".into(),
        limit: Duration::from_secs(20),
    })
}

fn open(settings: Settings) -> Smtp {
    Smtp::new(settings, &Guard::new(&["127.0.0.0/8", "::1"]).unwrap()).unwrap()
}

/// The mails that arrived for an address, as they came.
fn arrived(to: &str) -> Vec<String> {
    let folder = std::env::var("TENANTRY_TEST_MAIL_FOLDER").unwrap();
    let all = std::fs::read_dir(format!("{folder}/new")).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    all.filter(|mail| mail.contains(&format!("X-RcptTo: {to}"))).collect()
}

#[tokio::test]
async fn a_mail_arrives_over_starttls_and_tls_as_it_was_written() {
    let Some(starttls) = settings() else { return };
    let tls_port = std::env::var("TENANTRY_TEST_MAIL_TLS_PORT").unwrap().parse().unwrap();
    let tls = Settings { port: tls_port, security: Security::Tls, ..starttls.clone() };
    let opportunistic = Settings { security: Security::Opportunistic, ..starttls.clone() };
    for (n, settings) in [starttls, tls, opportunistic].into_iter().enumerate() {
        let to = format!("driver-{}-{n}@example.org", std::process::id());
        let smtp = open(settings);
        smtp.check().await.unwrap();
        let text = "A line of its own:\n.\nand 设置新密码\n".to_owned();
        let message = Message { id: format!("driver-{n}"), to: to.clone(), subject: "Hello / 你好".into(), text };
        smtp.send(&message).await.unwrap();
        let found = arrived(&to);
        assert_eq!(found.len(), 1, "{to}");
        assert!(found[0].contains(&format!("Message-ID: <driver-{n}@example.org>")), "{}", found[0]);
        assert!(found[0].contains("Auto-Submitted: auto-generated"), "{}", found[0]);
    }
}

#[tokio::test]
async fn who_does_not_log_in_or_has_the_wrong_password_hands_over_nothing() {
    let Some(settings) = settings() else { return };
    let message =
        Message { id: "refused".into(), to: format!("refused-{}@example.org", std::process::id()), subject: "x".into(), text: "x".into() };
    for (settings, part) in [
        (Settings { password: "another".into(), ..settings.clone() }, "mail.username"),
        (Settings { username: String::new(), ..settings.clone() }, "530"),
        (Settings { username: String::new(), security: Security::None, ..settings }, "530"),
    ] {
        let error = open(settings).send(&message).await.unwrap_err();
        assert!(error.kind == DriverErrorKind::Unauthorized && error.message.contains(part), "{error}");
    }
    assert!(arrived(&message.to).is_empty());
}
