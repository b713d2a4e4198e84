//! People of directories, who show a name and a password.

use std::sync::atomic::Ordering;

use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::{Allowed, Scope};
use tenantry_domain::user::Role;
use tenantry_domain::{ErrorKind, Result, TenantId};
use tenantry_driver_api::DirectoryUser;
use tenantry_service::{directory, role};
use tenantry_store::users::UserChange;

use crate::{PASSWORD, Platform, is_wrong};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_becomes_a_user_of_the_tenant_that_the_first_of_their_groups_names() {
    for platform in Platform::all().await {
        platform.staff.put("alice", &["east", "shop-admins", "shop-people", "lost"]);
        let alice = platform.login("Alice", PASSWORD).await.unwrap();
        assert_eq!((alice.tenant, alice.origin.as_str(), alice.username.as_str()), (platform.shop, "staff", "alice"));
        assert_eq!((alice.name.as_str(), alice.phone.as_str()), ("Name of alice", "+86 10"));
        assert_eq!(alice.email.as_deref(), Some("alice@example.org"));
        // of two roles on one tenant the first counts; what leads nowhere is left out
        assert_eq!(platform.roles(alice.id).await, [(platform.shop, Role::TenantAdmin), (platform.east, Role::Member)]);
        assert_eq!(platform.recorded().await, "login allowed alice: by 'staff'");
        let created =
            platform.database.texts("SELECT user_name || ': ' || detail FROM audit WHERE action = 'create' AND object = 'user'").await;
        assert_eq!(created, ["alice: 'alice' of the directory 'staff'"]);
        assert_eq!(platform.login("alice", PASSWORD).await.unwrap().id, alice.id);
        assert_eq!(platform.login("alice@example.org", PASSWORD).await.unwrap().id, alice.id);
        assert_eq!(platform.login("alice#shop", PASSWORD).await.unwrap().id, alice.id);
        is_wrong(platform.login("alice#shop-east", PASSWORD).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_follow_the_groups_and_one_that_was_given_by_hand_stays() {
    for platform in Platform::all().await {
        platform.staff.put("alice", &["shop-people"]);
        let alice = platform.login("alice", PASSWORD).await.unwrap();
        let version = alice.version;
        assert_eq!(platform.login("alice", PASSWORD).await.unwrap().version, version, "nothing changed");
        platform.staff.put("alice", &["shop-admins", "admins"]);
        platform.login("alice", PASSWORD).await.unwrap();
        assert_eq!(platform.roles(alice.id).await, [(TenantId::ROOT, Role::PlatformAdmin), (platform.shop, Role::TenantAdmin)]);
        let granted = platform.database.texts("SELECT detail FROM audit WHERE action = 'grant' ORDER BY id DESC LIMIT 1").await;
        let wanted = format!("by groups of 'staff': system.admin on tenant 1, tenant.admin on tenant {}", platform.shop);
        assert_eq!(granted, [wanted]);
        // by hand: on another tenant, and on one that a group leads to
        let admin = platform.admin().await;
        role::grant(&admin, platform.east, alice.id, Role::TenantAdmin).await.unwrap();
        role::grant(&admin, platform.shop, alice.id, Role::Member).await.unwrap();
        platform.login("alice", PASSWORD).await.unwrap();
        let by_hand = [(platform.shop, Role::Member), (platform.east, Role::TenantAdmin)];
        assert_eq!(platform.roles(alice.id).await[1..], by_hand);
        // without any group the person still comes in, with what was given by hand
        platform.staff.put("alice", &[]);
        platform.login("alice", PASSWORD).await.unwrap();
        assert_eq!(platform.roles(alice.id).await, by_hand);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_of_a_directory_loses_the_role_and_logs_in_all_the_same() {
    for platform in Platform::all().await {
        platform.staff.put("boss", &["admins"]);
        let boss = platform.login("boss", PASSWORD).await.unwrap();
        let sql = "UPDATE users SET enabled = FALSE WHERE username = 'admin'";
        assert_eq!(platform.database.tamper(sql).await, 1);
        platform.staff.put("boss", &[]);
        assert_eq!(platform.login("boss", PASSWORD).await.unwrap().id, boss.id);
        assert!(platform.roles(boss.id).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_group_here_is_told_what_a_wrong_password_is_told_unless_users_are_made() {
    for platform in Platform::all().await {
        platform.staff.put("guest", &["others"]);
        let before = platform.users().await;
        is_wrong(platform.login("guest", PASSWORD).await);
        assert!(platform.recorded().await.starts_with("login refused guest: no group gives a role here"), "{}", platform.recorded().await);
        is_wrong(platform.login("guest", "another-password").await);
        assert_eq!(platform.recorded().await, "login refused guest: wrong user or password");
        assert_eq!(platform.users().await, before);
        platform.partners.put("partner", &[]);
        let partner = platform.login("partner", PASSWORD).await.unwrap();
        assert_eq!((partner.tenant, partner.origin.as_str()), (TenantId::ROOT, "partners"));
        assert!(platform.roles(partner.id).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_directory_says_is_taken_over_at_every_login_and_the_subject_says_who_it_is() {
    for platform in Platform::all().await {
        platform.staff.put("alice", &["shop-people"]);
        let alice = platform.login("alice", PASSWORD).await.unwrap();
        // she marries: another login, the same subject
        platform.staff.people.lock().unwrap().clear();
        platform.staff.put_as("alice.b", "subject-of-alice", &["shop-people"]);
        let renamed = platform.login("alice.b", PASSWORD).await.unwrap();
        assert_eq!((renamed.id, renamed.username.as_str(), renamed.name.as_str()), (alice.id, "alice.b", "Name of alice.b"));
        assert_eq!(renamed.email.as_deref(), Some("alice.b@example.org"));
        // somebody new has her login: nobody becomes somebody else
        platform.staff.people.lock().unwrap().clear();
        platform.staff.put_as("alice.b", "subject-of-another", &["shop-people"]);
        is_wrong(platform.login("alice.b", PASSWORD).await);
        assert!(platform.recorded().await.contains("belongs to another user of tenant"), "{}", platform.recorded().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_user_is_never_taken_over_by_name_or_mail_address() {
    for platform in Platform::all().await {
        // who is known here is not asked for elsewhere, whatever the password
        platform.staff.put("admin", &["admins"]);
        is_wrong(platform.login("admin", "another-password").await);
        platform.local(platform.shop, "carol", None).await;
        platform.staff.put("carol", &["shop-people"]);
        is_wrong(platform.login("carol", PASSWORD).await);
        assert_eq!((platform.staff.asked_for("admin"), platform.staff.asked_for("carol")), (0, 0));
        // two users of one name are meant by neither: the directory's person finds the name taken
        platform.local(platform.east, "carol", None).await;
        is_wrong(platform.login("carol", PASSWORD).await);
        assert_eq!(platform.staff.asked_for("carol"), 1);
        assert!(platform.recorded().await.contains("'carol' belongs to another user"), "{}", platform.recorded().await);
        // a mail address stays whose it is
        let dave = platform.local(platform.east, "dave", Some("erin@example.org")).await;
        platform.staff.put("erin", &["shop-people"]);
        assert_eq!(platform.login("erin", PASSWORD).await.unwrap().email, None);
        let dave = platform.database.store.users().get(&Scope::system(), dave).await.unwrap();
        assert_eq!((dave.email.as_deref(), dave.origin.as_str()), (Some("erin@example.org"), ""));
        // a login that can be nobody's name
        platform.staff.put("a b", &["shop-people"]);
        is_wrong(platform.login("a b", PASSWORD).await);
        assert!(platform.recorded().await.contains("cannot be a user's name"), "{}", platform.recorded().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_a_directory_is_asked_for_there_alone_and_unknown_names_in_order() {
    for platform in Platform::all().await {
        platform.staff.put("alice", &["shop-people"]);
        platform.partners.put("alice", &["admins"]);
        let alice = platform.login("alice", PASSWORD).await.unwrap();
        assert_eq!((alice.origin.as_str(), platform.partners.asked()), ("staff", 0));
        is_wrong(platform.login("alice", "another-password").await);
        assert_eq!((platform.staff.asked_for("alice"), platform.partners.asked_for("alice")), (2, 0));
        is_wrong(platform.login("nobody", PASSWORD).await);
        is_wrong(platform.login("alice", "").await);
        assert_eq!(
            (platform.staff.asked_for("alice"), platform.staff.asked_for("nobody"), platform.partners.asked_for("nobody")),
            (2, 1, 1)
        );
        // five wrong passwords are free; after some more the account has to wait, and the directory is not asked
        for _ in 0..10 {
            let _ = platform.login("alice", "another-password").await.unwrap_err();
        }
        let asked = platform.staff.asked();
        assert_eq!(platform.login("alice", PASSWORD).await.unwrap_err().kind, ErrorKind::TooManyRequests);
        assert_eq!(platform.staff.asked(), asked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_asks_every_directory_once_whoever_it_is() {
    for platform in Platform::all().await {
        platform.staff.put("alice", &["shop-people"]);
        platform.login("alice", PASSWORD).await.unwrap();
        platform.local(platform.shop, "carol", None).await;
        for (login, password) in [
            ("admin", "another-password"),
            ("carol", PASSWORD),
            ("alice", "another-password"),
            ("nobody", PASSWORD),
            ("nobody", ""),
            ("admin", ""),
        ] {
            let before = (platform.staff.asked(), platform.partners.asked());
            is_wrong(platform.login(login, password).await);
            assert_eq!((platform.staff.asked(), platform.partners.asked()), (before.0 + 1, before.1 + 1), "{login}");
        }
        // who comes in with a password of here is asked for nowhere
        let before = platform.staff.asked();
        platform.login("admin", PASSWORD).await.unwrap();
        assert_eq!(platform.staff.asked(), before);
        // while one is down, a wrong password of here is told as little as a name that is nobody's, and counts all the same
        platform.staff.down.store(true, Ordering::SeqCst);
        let told = platform.login("nobody", "another-password").await.unwrap_err().message;
        for _ in 0..6 {
            let error = platform.login("admin", "another-password").await.unwrap_err();
            assert_eq!((error.kind, &error.message), (ErrorKind::PeerUnavailable, &told));
        }
        assert_eq!(platform.recorded().await, "login refused admin: wrong user or password");
        assert_eq!(platform.login("admin", PASSWORD).await.unwrap_err().kind, ErrorKind::TooManyRequests);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_braked_under_all_of_its_names_and_its_right_password_takes_the_brake_off() {
    for platform in Platform::all().await {
        platform.staff.put("alice", &["shop-people"]);
        platform.login("alice", PASSWORD).await.unwrap();
        let names = ["alice", "alice#shop", "ALICE@example.org", " Alice "];
        for login in names.into_iter().cycle().take(6) {
            is_wrong(platform.login(login, "another-password").await);
        }
        for login in names {
            assert_eq!(platform.login(login, PASSWORD).await.unwrap_err().kind, ErrorKind::TooManyRequests, "{login}");
        }
        platform.database.clock.step(std::time::Duration::from_secs(2));
        platform.login("alice#shop", PASSWORD).await.unwrap();
        for login in names {
            is_wrong(platform.login(login, "another-password").await);
        }
        // a name that is nobody's is braked by itself, as fast
        for _ in 0..6 {
            is_wrong(platform.login("nobody", "another-password").await);
        }
        assert_eq!(platform.login(" NOBODY", PASSWORD).await.unwrap_err().kind, ErrorKind::TooManyRequests);
        is_wrong(platform.login("somebody", PASSWORD).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_and_a_user_of_a_disabled_tenant_stay_out() {
    for platform in Platform::all().await {
        platform.staff.put("alice", &["shop-people"]);
        let alice = platform.login("alice", PASSWORD).await.unwrap();
        let tx = platform.database.store.begin().await.unwrap();
        let change = UserChange { enabled: Some(false), ..UserChange::default() };
        tx.users().update(&Allowed::system(platform.shop), alice.id, &change, None).await.unwrap();
        tx.commit().await.unwrap();
        platform.staff.put("alice", &["admins"]);
        is_wrong(platform.login("alice", PASSWORD).await);
        assert_eq!(platform.roles(alice.id).await, [(platform.shop, Role::Member)], "who stays out gains nothing");
        let sql = format!("UPDATE tenants SET enabled = FALSE WHERE id = {}", platform.shop);
        assert_eq!(platform.database.tamper(&sql).await, 1);
        platform.staff.put("bob", &["east"]);
        let before = platform.users().await;
        is_wrong(platform.login("bob", PASSWORD).await);
        assert_eq!(platform.users().await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_down_is_named_throttles_nobody_and_local_administrators_log_in() {
    for platform in Platform::all().await {
        platform.staff.put("alice", &["shop-people"]);
        platform.login("alice", PASSWORD).await.unwrap();
        platform.staff.down.store(true, Ordering::SeqCst);
        for _ in 0..12 {
            let error = platform.login("alice", PASSWORD).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::PeerUnavailable);
            assert!(error.message.contains("'staff'") && !error.message.contains("ldap.internal"), "{}", error.message);
        }
        let recorded = platform.recorded().await;
        assert_eq!(recorded, "login refused alice: the directory 'staff' cannot be asked: connection refused by ldap.internal");
        assert_eq!(platform.login("admin", PASSWORD).await.unwrap().username, "admin");
        // another directory still knows its own people; who is nobody's may be somebody of the one that is down
        platform.partners.put("partner", &[]);
        assert_eq!(platform.login("partner", PASSWORD).await.unwrap().origin, "partners");
        assert_eq!(platform.login("nobody", PASSWORD).await.unwrap_err().kind, ErrorKind::PeerUnavailable);
        platform.staff.down.store(false, Ordering::SeqCst);
        assert_eq!(platform.login("alice", PASSWORD).await.unwrap().origin, "staff");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn platform_administrators_look_at_directories_and_page_through_their_people() {
    for platform in Platform::all().await {
        for n in 0..5 {
            platform.staff.put(&format!("user{n}"), &["shop-admins"]);
        }
        platform.partners.down.store(true, Ordering::SeqCst);
        let admin = platform.admin().await;
        let found = directory::list(&admin).await.unwrap();
        let healthy: Vec<_> = found.iter().map(|d| (d.name.as_str(), d.healthy)).collect();
        assert_eq!(healthy, [("staff", true), ("partners", false), ("company", true)]);
        assert_eq!(found[1].message, "connection refused by ldap.internal");
        let mut page = PageRequest { limit: 2, after: None, skip: 0 };
        let mut logins = Vec::new();
        loop {
            let found = directory::users(&admin, "staff", "user", &page).await.unwrap();
            logins.extend(found.items.into_iter().map(|u| u.login));
            page.after = found.next;
            if page.after.is_none() {
                break;
            }
        }
        assert_eq!(logins, ["user0", "user1", "user2", "user3", "user4"]);
        let error = |result: Result<_>| result.map(|_: tenantry_domain::page::Page<DirectoryUser>| ()).unwrap_err().kind;
        assert_eq!(error(directory::users(&admin, "nobody", "", &page).await), ErrorKind::NotFound);
        assert_eq!(error(directory::users(&admin, "partners", "", &page).await), ErrorKind::PeerUnavailable);
        let tenant_admin = platform.ctx("user0").await;
        assert_eq!(error(directory::users(&tenant_admin, "staff", "", &page).await), ErrorKind::Forbidden);
        assert_eq!(directory::list(&tenant_admin).await.unwrap_err().kind, ErrorKind::Forbidden);
    }
}
