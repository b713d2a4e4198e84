//! People of a provider of single sign-on, who bring a code.

use std::sync::atomic::Ordering;

use tenantry_domain::policy::{Allowed, Scope};
use tenantry_domain::user::{Role, User};
use tenantry_domain::{ErrorKind, Result, TenantId};
use tenantry_service::sign_on::{self, Back, Said};
use tenantry_service::{RequestInfo, auth, user};
use tenantry_store::users::UserChange;

use crate::{PASSWORD, Platform, is_wrong};

impl Platform {
    /// A whole login of somebody whom the provider knows.
    async fn sign_on(&self, login: &str) -> Result<User> {
        let request = RequestInfo::default();
        let begun = sign_on::begin(&self.services, &request, "company", Back::Here("/console")).await?;
        let finished = sign_on::finish(&self.services, &request, "company", &begun.state, &begun.secret, Said::Code(login)).await?;
        assert_eq!(finished.return_to, "/console");
        auth::authenticate(&self.services, &finished.login.token, "native").await?;
        Ok(finished.login.user)
    }
}

/// The refusal of somebody whom the provider knows.
fn stays_out(answer: Result<User>) {
    let error = answer.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden, "{}", error.message);
    assert!(error.message.contains("'The company' knows you") && error.message.contains("audit"), "{}", error.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_becomes_a_user_at_the_first_login_and_has_the_roles_of_their_groups_at_each() {
    for platform in Platform::all().await {
        platform.company.put("ann", &["east", "shop-admins"]);
        let ann = platform.sign_on("ann").await.unwrap();
        assert_eq!((ann.tenant, ann.origin.as_str(), ann.username.as_str()), (platform.shop, "company", "ann"));
        assert_eq!(ann.email.as_deref(), Some("ann@example.org"));
        assert_eq!(platform.roles(ann.id).await, [(platform.shop, Role::TenantAdmin), (platform.east, Role::Member)]);
        assert_eq!(platform.recorded().await, "login allowed ann: by 'company'");
        let created = platform.database.texts("SELECT detail FROM audit WHERE action = 'create' AND object = 'user'").await;
        assert_eq!(created, ["'ann' of the provider 'company'"]);
        platform.company.put("ann", &["shop-people"]);
        assert_eq!(platform.sign_on("ann").await.unwrap().id, ann.id);
        assert_eq!(platform.roles(ann.id).await, [(platform.shop, Role::Member)]);
        // she has no password here, and no directory is asked for her by name
        is_wrong(platform.login("ann", PASSWORD).await);
        assert_eq!((platform.staff.asked_for("ann"), platform.partners.asked_for("ann")), (0, 0));
        let admin = platform.admin().await;
        let told = user::set_password(&admin, ann.id, None, "a-new-password").await.unwrap_err();
        assert!(told.kind == ErrorKind::Conflict && told.message.contains("'company'"), "{}", told.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_first_logins_at_the_same_moment_make_one_user() {
    for platform in Platform::all().await {
        platform.company.put("ann", &["shop-people"]);
        let before = platform.users().await;
        let logins = tokio::join!(platform.sign_on("ann"), platform.sign_on("ann"), platform.sign_on("ann"), platform.sign_on("ann"));
        let ids = [logins.0, logins.1, logins.2, logins.3].map(|login| login.unwrap().id);
        assert!(ids.iter().all(|id| *id == ids[0]), "{}: {ids:?}", platform.database.name);
        assert_eq!(platform.users().await, before + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_come_in_is_told_so_and_the_audit_says_why() {
    for platform in Platform::all().await {
        platform.company.put("guest", &["others"]);
        stays_out(platform.sign_on("guest").await);
        let why = "no group gives a role here, and the provider 'company' is not set to 'create' users";
        assert_eq!(platform.recorded().await, format!("login refused guest: {why}"));
        // a name of ours, and one of a directory's, is never taken over; a mail address stays whose it is
        platform.local(platform.shop, "carol", Some("dave@example.org")).await;
        platform.company.put("carol", &["shop-people"]);
        stays_out(platform.sign_on("carol").await);
        assert!(platform.recorded().await.contains("'carol' belongs to another user"), "{}", platform.recorded().await);
        platform.staff.put("alice", &["shop-people"]);
        let alice = platform.login("alice", PASSWORD).await.unwrap();
        platform.company.put_as("alice", "subject-of-alice", &["shop-people"]);
        stays_out(platform.sign_on("alice").await);
        platform.company.put("dave", &["shop-people"]);
        let dave = platform.sign_on("dave").await.unwrap();
        assert_eq!(dave.email, None);
        assert_ne!(dave.id, alice.id);
        // one who is disabled gains nothing
        let tx = platform.database.store.begin().await.unwrap();
        let change = UserChange { enabled: Some(false), ..UserChange::default() };
        tx.users().update(&Allowed::system(platform.shop), dave.id, &change, None).await.unwrap();
        tx.commit().await.unwrap();
        platform.company.put("dave", &["admins"]);
        stays_out(platform.sign_on("dave").await);
        assert_eq!(platform.recorded().await, "login refused dave: the user, or the tenant, is disabled");
        assert_eq!(platform.roles(dave.id).await, [(platform.shop, Role::Member)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_the_providers_to_ask_for() {
    for platform in Platform::all().await {
        platform.company.put("ann", &["shop-people"]);
        let ann = platform.sign_on("ann").await.unwrap();
        let sql = format!("UPDATE users SET totp_confirmed = TRUE, totp_sealed = 'x' WHERE id = {}", ann.id);
        assert_eq!(platform.database.tamper(&sql).await, 1);
        assert_eq!(platform.sign_on("ann").await.unwrap().id, ann.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_keeps_out_its_own_people_alone() {
    for platform in Platform::all().await {
        platform.company.put("ann", &["shop-people"]);
        platform.company.down.store(true, Ordering::SeqCst);
        let error = platform.sign_on("ann").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::PeerUnavailable);
        assert!(error.message.contains("'company'") && !error.message.contains("ldap.internal"), "{}", error.message);
        assert_eq!(platform.login("admin", PASSWORD).await.unwrap().tenant, TenantId::ROOT);
        platform.company.down.store(false, Ordering::SeqCst);
        let ann = platform.sign_on("ann").await.unwrap();
        let unknown = sign_on::begin(&platform.services, &RequestInfo::default(), "nobody", Back::Here("/")).await;
        assert_eq!(unknown.err().unwrap().kind, ErrorKind::NotFound);
        assert!(platform.database.store.users().get(&Scope::system(), ann.id).await.unwrap().enabled);
    }
}
