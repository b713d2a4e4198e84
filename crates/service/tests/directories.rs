//! People of directories: who becomes a user, with which roles, and who stays out. The directories are the test's own, on both databases.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tenantry_domain::datacenter::{Connection, DatacenterOptions, Health};
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::{Allowed, Scope};
use tenantry_domain::registry::{Image, RegistryConnection};
use tenantry_domain::user::{Role, User};
use tenantry_domain::{DatacenterId, Error, ErrorKind, Result, TenantId, Uid, UserId};
use tenantry_driver_api::{Directory, DirectoryUser, DirectoryUsers, DriverError, DriverErrorKind, GroupRole, Kubeconfig};
use tenantry_service::directory::{self, Configured};
use tenantry_service::{Ctx, Peers, RequestInfo, Services, Settings, auth, role};
use tenantry_store::tenants::NewTenant;
use tenantry_store::users::{NewUser, UserChange, UserFilter};
use tenantry_testkit::TestDatabase;

const PASSWORD: &str = "a-password-of-the-tests";

/// A directory whose people the test changes; it counts how often it is asked for a password, and is down when it is told to.
#[derive(Default)]
struct Fake {
    people: Mutex<BTreeMap<String, DirectoryUser>>,
    down: AtomicBool,
    asked: AtomicUsize,
}

impl Fake {
    fn put(&self, login: &str, groups: &[&str]) {
        self.put_as(login, &format!("subject-of-{login}"), groups);
    }

    fn put_as(&self, login: &str, subject: &str, groups: &[&str]) {
        let person = DirectoryUser {
            subject: subject.to_owned(),
            login: login.to_owned(),
            name: format!("Name of {login}"),
            email: Some(format!("{login}@example.org")),
            phone: Some("+86 10".to_owned()),
            groups: groups.iter().map(|g| (*g).to_owned()).collect(),
        };
        self.people.lock().unwrap().insert(login.to_owned(), person);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn is_up(&self) -> Result<(), DriverError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(DriverError::new(DriverErrorKind::Unreachable, "connection refused by ldap.internal"));
        }
        Ok(())
    }
}

#[async_trait]
impl Directory for Fake {
    async fn check(&self) -> Result<(), DriverError> {
        self.is_up()
    }
    async fn authenticate(&self, login: &str, password: &str) -> Result<Option<DirectoryUser>, DriverError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.is_up()?;
        assert!(!password.is_empty(), "an empty password is never shown to a directory");
        Ok(self.people.lock().unwrap().get(&login.to_lowercase()).filter(|_| password == PASSWORD).cloned())
    }
    async fn find(&self, login: &str) -> Result<Option<DirectoryUser>, DriverError> {
        self.is_up()?;
        Ok(self.people.lock().unwrap().get(login).cloned())
    }
    async fn users(&self, prefix: &str, limit: usize) -> Result<DirectoryUsers, DriverError> {
        self.is_up()?;
        let people = self.people.lock().unwrap();
        let found: Vec<_> = people.values().filter(|p| p.login.starts_with(prefix)).cloned().collect();
        Ok(DirectoryUsers { more: found.len() > limit, users: found.into_iter().take(limit).collect() })
    }
}

/// Peers that no login asks.
struct NoPeers;

fn none<T>() -> Result<T> {
    Err(Error::new(ErrorKind::PeerUnavailable, "there are no peers here"))
}

#[async_trait]
impl Peers for NoPeers {
    fn clouds(&self) -> Option<&dyn tenantry_service::Clouds> {
        None
    }

    async fn check(&self, _: &Connection, _: &DatacenterOptions) -> Result<Health> {
        none()
    }
    async fn kubeconfig(&self, _: DatacenterId, _: &str, _: Uid, _: Role) -> Result<Kubeconfig> {
        none()
    }
    async fn repositories(&self, _: &RegistryConnection, _: usize) -> Result<Vec<String>> {
        none()
    }
    async fn images(&self, _: &RegistryConnection, _: Option<&str>, _: usize) -> Result<Vec<Image>> {
        none()
    }
}

/// A platform with the administrator `admin`, the tenants `shop` and `shop-east` below it, and two directories: `staff`, and `partners`,
/// which makes users also of people without a group.
struct Platform {
    database: TestDatabase,
    services: Services,
    staff: Arc<Fake>,
    partners: Arc<Fake>,
    shop: TenantId,
    east: TenantId,
}

impl Platform {
    async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for database in TestDatabase::all().await {
            all.push(Self::on(database).await);
        }
        all
    }

    async fn on(database: TestDatabase) -> Self {
        let (staff, partners) = (Arc::new(Fake::default()), Arc::new(Fake::default()));
        let entry = |group: &str, role: &str, tenant: &str| GroupRole { group: group.into(), role: role.into(), tenant: tenant.into() };
        let roles = vec![
            entry("admins", "system.admin", ""),
            entry("shop-admins", "tenant.admin", "/root/shop"),
            entry("shop-people", "team.member", "/root/shop"),
            entry("east", "team.member", "/root/shop/shop-east"),
            entry("lost", "team.member", "/root/nowhere"),
        ];
        let configured = |name: &str, fake: &Arc<Fake>, create| Configured {
            name: name.to_owned(),
            directory: Arc::clone(fake) as Arc<dyn Directory>,
            roles: roles.clone(),
            create,
        };
        let directories = vec![configured("staff", &staff, false), configured("partners", &partners, true)];
        let services = Services::with_directories(database.store.clone(), Settings::default(), Arc::new(NoPeers), directories);
        auth::bootstrap(&services, PASSWORD).await.unwrap();
        let shop = tenant(&database, TenantId::ROOT, "shop").await;
        let east = tenant(&database, shop, "shop-east").await;
        Self { database, services, staff, partners, shop, east }
    }

    async fn login(&self, login: &str, password: &str) -> Result<User> {
        auth::login(&self.services, &RequestInfo::default(), login, password, None).await.map(|login| login.user)
    }

    async fn roles(&self, user: UserId) -> Vec<(TenantId, Role)> {
        let mut roles: Vec<_> = self.database.store.users().grants(user).await.unwrap().iter().map(|g| (g.tenant, g.role)).collect();
        roles.sort_by_key(|(tenant, _)| tenant.0);
        roles
    }

    async fn users(&self) -> i64 {
        self.database.store.users().count(&Scope::system(), &UserFilter::default()).await.unwrap()
    }

    /// The latest record of the audit: outcome, name and detail.
    async fn recorded(&self) -> String {
        let sql = "SELECT action || ' ' || outcome || ' ' || user_name || ': ' || detail FROM audit ORDER BY id DESC LIMIT 1";
        self.database.texts(sql).await.pop().unwrap()
    }

    async fn admin(&self) -> Ctx {
        self.ctx("admin").await
    }

    async fn ctx(&self, login: &str) -> Ctx {
        let login = auth::login(&self.services, &RequestInfo::default(), login, PASSWORD, None).await.unwrap();
        let session = auth::authenticate(&self.services, &login.token, "native").await.unwrap();
        Ctx::new(self.services.clone(), session.caller, RequestInfo { dialect: "native", ..RequestInfo::default() })
    }

    /// A user of our own, with the password of the tests' other people and no way in.
    async fn local(&self, tenant: TenantId, username: &str, email: Option<&str>) -> UserId {
        let new =
            NewUser { username: username.into(), name: username.into(), email: email.map(Into::into), enabled: true, ..NewUser::default() };
        let tx = self.database.store.begin().await.unwrap();
        let id = tx.users().insert(&Allowed::system(tenant), &new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }
}

async fn tenant(database: &TestDatabase, parent: TenantId, name: &str) -> TenantId {
    let tx = database.store.begin().await.unwrap();
    let new = NewTenant { name: name.into(), slug: name.into(), ..NewTenant::default() };
    let id = tx.tenants().insert(&Allowed::system(parent), database.store.clock().uid(), &new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn is_wrong(answer: Result<User>) {
    let error = answer.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::WrongCredentials, "wrong user or password"));
}

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
        assert_eq!(platform.staff.asked(), 0);
        // two users of one name are meant by neither: the directory's person finds the name taken
        platform.local(platform.east, "carol", None).await;
        is_wrong(platform.login("carol", PASSWORD).await);
        assert_eq!(platform.staff.asked(), 1);
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
        assert_eq!(platform.partners.asked(), 0);
        is_wrong(platform.login("nobody", PASSWORD).await);
        is_wrong(platform.login("alice", "").await);
        assert_eq!((platform.staff.asked(), platform.partners.asked()), (3, 1));
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
        assert_eq!(found.iter().map(|d| (d.name.as_str(), d.healthy)).collect::<Vec<_>>(), [("staff", true), ("partners", false)]);
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
