//! People from elsewhere: who becomes a user, with which roles, and who stays out. Directories and provider are the test's own, on both databases.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod directories;
mod sign_on;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tenantry_domain::policy::{Allowed, Scope};
use tenantry_domain::user::{Role, User};
use tenantry_domain::{ErrorKind, Result, TenantId, UserId};
use tenantry_driver_api::{
    Directory, DirectoryUser, DirectoryUsers, DriverError, DriverErrorKind, GroupRole, PendingSignOn, SignOn, SignedOn,
};
use tenantry_service::admission::{Origin, OriginKind};
use tenantry_service::directory::Configured;
use tenantry_service::sign_on as sign_on_service;
use tenantry_service::{Ctx, People, RequestInfo, Services, Settings, auth};
use tenantry_store::tenants::NewTenant;
use tenantry_store::users::{NewUser, UserFilter};
use tenantry_testkit::{TestDatabase, Well};

const PASSWORD: &str = "a-password-of-the-tests";

/// A directory, or a provider, whose people the test changes; it notes whom it is asked for, and is down when it is told to.
#[derive(Default)]
struct Fake {
    people: Mutex<BTreeMap<String, DirectoryUser>>,
    down: AtomicBool,
    asked: Mutex<Vec<String>>,
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

    /// How often it was asked for anybody.
    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// How often it was asked for somebody.
    fn asked_for(&self, login: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|l| l.eq_ignore_ascii_case(login)).count()
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
        self.asked.lock().unwrap().push(login.to_owned());
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

#[async_trait]
impl SignOn for Fake {
    async fn check(&self) -> Result<(), DriverError> {
        self.is_up()
    }
    async fn begin(&self, redirect_uri: &str) -> Result<PendingSignOn, DriverError> {
        self.is_up()?;
        let mut asked = self.asked.lock().unwrap();
        asked.push(String::new());
        let [state, nonce, verifier] = ["state", "nonce", "verifier"].map(|kind| format!("{kind}-{}", asked.len()));
        Ok(PendingSignOn { url: "https://login.example".to_owned(), state, nonce, verifier, redirect_uri: redirect_uri.to_owned() })
    }
    async fn finish(&self, pending: &PendingSignOn, code: &str) -> Result<SignedOn, DriverError> {
        self.is_up()?;
        assert_eq!(pending.redirect_uri, "https://cloud.example/callback");
        Ok(self.people.lock().unwrap().get(code).cloned().map_or(SignedOn::Refused, SignedOn::User))
    }
}

/// A platform with the administrator `admin`, the tenants `shop` and `shop-east` below it, and two directories: `staff`, and `partners`,
/// which makes users also of people without a group. The provider `company` has the same groups.
struct Platform {
    database: TestDatabase,
    services: Services,
    staff: Arc<Fake>,
    partners: Arc<Fake>,
    company: Arc<Fake>,
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
        let [staff, partners, company] = [(); 3].map(|()| Arc::new(Fake::default()));
        let entry = |group: &str, role: &str, tenant: &str| GroupRole { group: group.into(), role: role.into(), tenant: tenant.into() };
        let roles = vec![
            entry("admins", "system.admin", ""),
            entry("shop-admins", "tenant.admin", "/root/shop"),
            entry("shop-people", "team.member", "/root/shop"),
            entry("east", "team.member", "/root/shop/shop-east"),
            entry("lost", "team.member", "/root/nowhere"),
        ];
        let configured = |name: &str, fake: &Arc<Fake>, create| Configured {
            origin: Origin { name: name.to_owned(), kind: OriginKind::Directory, roles: roles.clone(), create },
            directory: Arc::clone(fake) as Arc<dyn Directory>,
        };
        let directories = vec![configured("staff", &staff, false), configured("partners", &partners, true)];
        let company_login = sign_on_service::Configured {
            origin: Origin { name: "company".to_owned(), kind: OriginKind::Provider, roles: roles.clone(), create: false },
            label: "The company".to_owned(),
            redirect_uri: "https://cloud.example/callback".to_owned(),
            provider: Arc::clone(&company) as Arc<dyn SignOn>,
        };
        let people = People { directories, providers: vec![company_login] };
        let services = Services::with_people(database.store.clone(), Settings::default(), Arc::new(Well), people);
        auth::bootstrap(&services, PASSWORD).await.unwrap();
        let shop = tenant(&database, TenantId::ROOT, "shop").await;
        let east = tenant(&database, shop, "shop-east").await;
        Self { database, services, staff, partners, company, shop, east }
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
