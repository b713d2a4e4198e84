//! A real directory of 10,000 people: OpenLDAP, over StartTLS and LDAPS with a private CA. `make test-peers` starts it.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use tenantry_driver_api::directory::granted;
use tenantry_driver_api::{Directory as _, DriverErrorKind, GroupRole, Guard};
use tenantry_driver_directory::{Attributes, Groups, Ldap, Settings};

/// The settings for the directory that the environment names, over StartTLS; none, said on standard error, when it names none.
fn settings() -> Option<Settings> {
    let Ok(url) = std::env::var("TENANTRY_TEST_LDAP") else {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: TENANTRY_TEST_LDAP names no directory\n");
        return None;
    };
    let ca = std::fs::read_to_string(std::env::var("TENANTRY_TEST_LDAP_CA").unwrap()).unwrap();
    Some(Settings {
        name: "staff".into(),
        url,
        ca_pem: Some(ca),
        bind_dn: "cn=reader,dc=example,dc=org".into(),
        bind_password: "reader-password".into(),
        user_base: "ou=people,dc=example,dc=org".into(),
        user_filter: "(objectClass=inetOrgPerson)".into(),
        groups: Some(Groups { base: "ou=groups,dc=example,dc=org".into(), ..Groups::default() }),
        ..Settings::default()
    })
}

fn number_of_people() -> usize {
    std::env::var("TENANTRY_TEST_LDAP_USERS").unwrap().parse().unwrap()
}

fn open(settings: Settings) -> Ldap {
    Ldap::new(settings, &Guard::new(&["127.0.0.0/8", "::1"]).unwrap()).unwrap()
}

#[tokio::test]
async fn a_person_logs_in_over_starttls_and_ldaps_and_brings_their_groups() {
    let Some(settings) = settings() else { return };
    let ldaps = Settings { url: std::env::var("TENANTRY_TEST_LDAPS").unwrap(), ..settings.clone() };
    let plain = Settings { start_tls: false, ..settings.clone() };
    for settings in [settings, ldaps, plain] {
        let directory = open(settings);
        directory.check().await.unwrap();
        let person = directory.authenticate("user00001", "password-00001").await.unwrap().unwrap();
        assert_eq!((person.login.as_str(), person.name.as_str()), ("user00001", "User 00001"));
        assert_eq!((person.email.as_deref(), person.phone.as_deref()), (Some("user00001@example.org"), Some("+86 10 00000001")));
        assert_eq!(person.groups, ["cn=admins,ou=groups,dc=example,dc=org"]);
        assert_eq!(person.subject.len(), 36, "an entryUUID: {}", person.subject);
        // the same person, whenever they are asked for
        assert_eq!(directory.find("user00001").await.unwrap().as_ref(), Some(&person));
        assert_eq!(directory.find("USER00001").await.unwrap().as_ref(), Some(&person));
    }
}

#[tokio::test]
async fn a_wrong_password_an_unknown_login_and_what_is_a_filter_elsewhere_are_nobody() {
    let Some(settings) = settings() else { return };
    let directory = open(settings);
    for (login, password) in [
        ("user00001", "password-00002"),
        ("user00001", ""),
        ("nobody", "password-00001"),
        ("*", "password-00001"),
        ("user0000*", "password-00001"),
        ("user00001)(uid=*", "password-00001"),
        ("", "password-00001"),
        ("user00001\0", "password-00001"),
    ] {
        assert_eq!(directory.authenticate(login, password).await.unwrap(), None, "{login:?}");
    }
}

#[tokio::test]
async fn groups_give_the_roles_of_the_configuration() {
    let Some(settings) = settings() else { return };
    let directory = open(settings);
    let entry = |group: &str, role: &str| GroupRole { group: group.into(), role: role.into(), tenant: "/shop".into() };
    let mapping = [entry("cn=admins,ou=groups,dc=example,dc=org", "tenant.admin"), entry("developers", "team.member")];
    for (login, expected) in
        [("user00002", vec!["tenant.admin"]), ("user00003", vec![]), ("user00011", vec!["team.member"]), ("user09500", vec![])]
    {
        let person = directory.find(login).await.unwrap().unwrap();
        let roles: Vec<_> = granted(&person.groups, &mapping).into_iter().map(|g| g.role.as_str()).collect();
        assert_eq!(roles, expected, "{login} {:?}", person.groups);
    }
}

#[tokio::test]
async fn everybody_is_listed_although_the_directory_gives_five_hundred_at_once() {
    let Some(settings) = settings() else { return };
    let directory = open(settings);
    let people = number_of_people();
    let all = directory.users("", people).await.unwrap();
    assert_eq!((all.users.len(), all.more), (people, false));
    let mut subjects: Vec<_> = all.users.iter().map(|u| &u.subject).collect();
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), people);
    let most = directory.users("", people - 1).await.unwrap();
    assert_eq!((most.users.len(), most.more), (people - 1, true));
    let few = directory.users("", 3).await.unwrap();
    assert_eq!((few.users.len(), few.more), (3, true));
    let found = directory.users("user0000", 100).await.unwrap();
    assert_eq!((found.users.len(), found.more), (9, false));
    assert!(directory.users("user0000*", 100).await.unwrap().users.is_empty());
}

#[tokio::test]
async fn the_check_says_which_setting_is_wrong() {
    let Some(settings) = settings() else { return };
    use DriverErrorKind::{Invalid, Unauthorized, Unreachable};
    let uid_elsewhere = Attributes { login: "roomNumber".into(), ..Attributes::default() };
    let no_subject = Attributes { subject: "employeeNumber".into(), ..Attributes::default() };
    let groups = Groups { base: "ou=nowhere,dc=example,dc=org".into(), ..Groups::default() };
    let wrong = [
        (Settings { ca_pem: None, ..settings.clone() }, Unreachable, "certificate"),
        (Settings { url: settings.url.replace("127.0.0.1", "127.0.0.2"), ..settings.clone() }, Unreachable, "127.0.0.2"),
        (Settings { bind_password: "not-it".into(), ..settings.clone() }, Unauthorized, "bind_password"),
        (Settings { bind_dn: "cn=nobody,dc=example,dc=org".into(), ..settings.clone() }, Unauthorized, "bind_dn"),
        (Settings { user_base: "ou=nowhere,dc=example,dc=org".into(), ..settings.clone() }, Invalid, "user_base"),
        (Settings { user_filter: "(objectClass=device)".into(), ..settings.clone() }, Invalid, "user_filter"),
        (Settings { attributes: uid_elsewhere, ..settings.clone() }, Invalid, "roomNumber"),
        (Settings { attributes: no_subject, ..settings.clone() }, Invalid, "employeeNumber"),
        (Settings { groups: Some(groups), ..settings.clone() }, Invalid, "groups"),
    ];
    for (settings, kind, part) in wrong {
        let error = open(settings).check().await.unwrap_err();
        assert!(error.kind == kind && error.message.contains(part), "{:?} {error}", error.kind);
        assert!(!error.message.contains("not-it") && !error.message.contains("reader-password"), "{error}");
    }
}

#[tokio::test]
async fn groups_in_another_place_do_not_count() {
    let Some(settings) = settings() else { return };
    let elsewhere = Groups { base: "ou=people,dc=example,dc=org".into(), ..Groups::default() };
    let person = open(Settings { groups: Some(elsewhere), ..settings.clone() }).find("user00001").await.unwrap().unwrap();
    assert!(person.groups.is_empty(), "{:?}", person.groups);
    let none = open(Settings { groups: None, ..settings }).find("user00001").await.unwrap().unwrap();
    assert!(none.groups.is_empty(), "{:?}", none.groups);
}
