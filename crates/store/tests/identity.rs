//! Users, groups, sessions, tokens and second factors, the same on every database.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::time::Duration;

use futures::future::join_all;
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::{self, Allowed, Caller, Grant, ObjectKind, Scope, act, obj};
use tenantry_domain::token::TokenScope;
use tenantry_domain::user::Role;
use tenantry_domain::{ApiTokenId, ErrorKind, GroupId, SessionId, TenantId, UserId};
use tenantry_store::Store;
use tenantry_store::groups::GroupFilter;
use tenantry_store::sessions::Life;
use tenantry_store::tenants::{NewTenant, TenantChange};
use tenantry_store::users::{NewUser, UserChange, UserFilter};
use tenantry_testkit::TestDatabase;

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn root(store: &Store) {
    let tx = store.begin().await.unwrap();
    tx.tenants().insert_root().await.unwrap();
    tx.commit().await.unwrap();
}

async fn tenant(store: &Store, parent: TenantId, name: &str, label: &str) -> TenantId {
    let tx = store.begin().await.unwrap();
    let new = NewTenant { name: name.into(), slug: label.into(), ..NewTenant::default() };
    let id = tx.tenants().insert(&Allowed::system(parent), store.clock().uid(), &new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// A user with a password, who may log in.
fn somebody(username: &str, role: Option<Role>) -> NewUser {
    NewUser { username: username.into(), name: username.into(), password_hash: "hash".into(), role, enabled: true, ..NewUser::default() }
}

async fn user(store: &Store, tenant: TenantId, new: &NewUser) -> UserId {
    let tx = store.begin().await.unwrap();
    let id = tx.users().insert(&Allowed::system(tenant), new).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn grant(store: &Store, tenant: TenantId, user: UserId, role: Role) {
    let tx = store.begin().await.unwrap();
    tx.users().grant(&Allowed::system(tenant), user, role).await.unwrap();
    tx.commit().await.unwrap();
}

async fn group(store: &Store, tenant: TenantId, parent: GroupId, name: &str) -> tenantry_domain::Result<GroupId> {
    let tx = store.begin().await?;
    let id = tx.groups().insert(&Allowed::system(tenant), parent, name, "").await?;
    tx.commit().await?;
    Ok(id)
}

/// What somebody with this role on a tenant may see of users.
fn scope(tenant: TenantId, role: Role) -> Scope {
    let caller = Caller {
        user: UserId(99),
        name: "x".into(),
        home: tenant,
        grants: vec![Grant { tenant, role }],
        groups: Vec::new(),
        session: SessionId(1),
        must_change_password: false,
    };
    policy::scope(&caller, ObjectKind::User).unwrap()
}

fn life(absolute_s: u64, idle_s: u64) -> Life {
    Life { absolute: Duration::from_secs(absolute_s), idle: Duration::from_secs(idle_s) }
}

async fn open(store: &Store, user: UserId, hash: &str, life: Life) -> SessionId {
    let tx = store.begin().await.unwrap();
    let id = tx.sessions().insert(user, hash, "192.0.2.7", "test", life).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn good(store: &Store, hash: &str) -> bool {
    store.sessions().find(hash).await.unwrap().is_some()
}

#[tokio::test]
async fn groups_are_a_tree_whose_names_are_unique_below_each_parent() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        root(store).await;
        let (dev, qa) = (tenant(store, TenantId::ROOT, "dev", "dev").await, tenant(store, TenantId::ROOT, "qa", "qa").await);
        let top = store.groups().root(dev).await.unwrap();
        let design = group(store, dev, top, "Design").await.unwrap();
        let icons = group(store, dev, design, "Icons").await.unwrap();
        let again = group(store, dev, icons, "Design").await.unwrap();
        assert_eq!(group(store, dev, top, "DESIGN").await.unwrap_err().kind, ErrorKind::AlreadyExists, "{}", db.name);
        assert_eq!(group(store, qa, top, "x").await.unwrap_err().kind, ErrorKind::NotFound, "{}: below a group of another tenant", db.name);
        assert_eq!(store.groups().path(again).await.unwrap(), [again, icons, design, top], "{}: the nearest first", db.name);

        let ann = user(store, dev, &NewUser { group: Some(icons), group_admin: true, ..somebody("ann", Some(Role::Member)) }).await;
        let mut above = store.groups().above_user(ann).await.unwrap();
        above.sort_unstable();
        assert_eq!(above, [top, design, icons], "{}", db.name);
        let places = store.groups().memberships(&[ann]).await.unwrap();
        assert_eq!(places.iter().map(|p| (p.group, p.admin)).collect::<Vec<_>>(), [(icons, true)], "{}", db.name);
        let list = async |filter: GroupFilter| {
            let found = store.groups().list(&Scope::system(), &filter, &PageRequest::default()).await.unwrap();
            found.items.into_iter().map(|g| g.id).collect::<Vec<_>>()
        };
        assert_eq!(list(GroupFilter { tenant: Some(dev), ..GroupFilter::default() }).await, [top, design, icons, again]);
        assert_eq!(list(GroupFilter { parent: Some(design), ..GroupFilter::default() }).await, [icons]);
        let called = |name: &str| GroupFilter { tenant: Some(dev), name: Some(name.to_owned()), ..GroupFilter::default() };
        assert_eq!((list(called("ICONS")).await, list(called("icon")).await), (vec![icons], Vec::new()));
        assert_eq!(list(GroupFilter { member: Some(ann), ..GroupFilter::default() }).await, [icons]);
        assert_eq!(store.groups().get(&scope(qa, Role::TenantAdmin), design).await.unwrap_err().kind, ErrorKind::NotFound);

        for full in [design, icons] {
            let tx = store.begin().await.unwrap();
            let error = tx.groups().delete(&Allowed::system(dev), full, None).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Conflict, "{}: {error}", db.name);
        }
        let tx = store.begin().await.unwrap();
        assert!(tx.groups().delete(&Allowed::system(qa), again, None).await.is_err(), "{}: of another tenant", db.name);
        drop(tx);
        let tx = store.begin().await.unwrap();
        assert_eq!(tx.groups().delete(&Allowed::system(dev), again, Some(7)).await.unwrap_err().kind, ErrorKind::StaleVersion);
        drop(tx);
        let tx = store.begin().await.unwrap();
        assert!(tx.groups().take_out(&Allowed::<act::Delete, _>::system(dev), icons, ann).await.unwrap());
        assert!(!tx.groups().take_out(&Allowed::<act::Delete, _>::system(dev), icons, ann).await.unwrap());
        for empty in [again, icons, design] {
            tx.groups().delete(&Allowed::system(dev), empty, None).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(list(GroupFilter { tenant: Some(dev), ..GroupFilter::default() }).await, [top], "{}", db.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_put_into_a_group_that_goes_at_the_same_moment() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        root(store).await;
        let dev = tenant(store, TenantId::ROOT, "dev", "dev").await;
        let top = store.groups().root(dev).await.unwrap();
        let ann = user(store, dev, &somebody("ann", None)).await;
        for round in 0..5 {
            let team = group(store, dev, top, &format!("team{round}")).await.unwrap();
            let put = async {
                let tx = store.begin().await?;
                tx.groups().put(&Allowed::<act::Update, _>::system(dev), team, ann, false).await?;
                tx.commit().await
            };
            let remove = async {
                let tx = store.begin().await?;
                tx.groups().delete(&Allowed::system(dev), team, None).await?;
                tx.commit().await
            };
            let (put, removed) = futures::future::join(put, remove).await;
            assert!(put.is_ok() != removed.is_ok(), "{}: one of them, {put:?} {removed:?}", db.name);
            let there = store.groups().get(&Scope::system(), team).await.is_ok();
            let inside = store.groups().memberships(&[ann]).await.unwrap().iter().any(|p| p.group == team);
            assert_eq!((there, inside), (put.is_ok(), put.is_ok()), "{}", db.name);
        }
    }
}

#[tokio::test]
async fn users_are_seen_with_their_tenant_and_where_they_have_a_role() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        root(store).await;
        let dev = tenant(store, TenantId::ROOT, "dev", "dev").await;
        let below = tenant(store, dev, "below", "below").await;
        let qa = tenant(store, TenantId::ROOT, "qa", "qa").await;
        let ann = user(store, below, &somebody("ann", None)).await;
        let guest = user(store, qa, &somebody("guest", Some(Role::Member))).await;
        let stranger = user(store, qa, &somebody("stranger", Some(Role::TenantAdmin))).await;
        grant(store, below, guest, Role::TenantAdmin).await;
        let seen = async |scope: Scope, filter: UserFilter| {
            let found = store.users().list(&scope, &filter, &PageRequest::default()).await.unwrap();
            assert_eq!(store.users().count(&scope, &filter).await.unwrap(), i64::try_from(found.items.len()).unwrap(), "{}", db.name);
            found.items.into_iter().map(|u| u.id).collect::<Vec<_>>()
        };
        assert_eq!(seen(scope(dev, Role::Member), UserFilter::default()).await, [ann, guest], "{}", db.name);
        assert_eq!(seen(scope(qa, Role::Member), UserFilter::default()).await, [guest, stranger], "{}", db.name);
        assert_eq!(seen(Scope::system(), UserFilter { role_on: Some(below), ..UserFilter::default() }).await, [guest], "{}", db.name);
        assert_eq!(store.users().get(&scope(dev, Role::Member), guest).await.unwrap().role, Some(Role::Member), "the role at home");
        assert_eq!(store.users().get(&scope(dev, Role::Member), stranger).await.unwrap_err().kind, ErrorKind::NotFound);
        let held = store.users().assignments(&scope(dev, Role::Member), &[guest, stranger]).await.unwrap();
        let held: Vec<_> = held.iter().map(|a| (a.user, a.tenant, a.role, a.tenant_name.as_str())).collect();
        assert_eq!(held, [(guest, below, Role::TenantAdmin, "below")], "{}: what the scope does not reach is not told", db.name);
        let tx = store.begin().await.unwrap();
        assert!(tx.users().revoke(&Allowed::system(below), guest).await.unwrap());
        assert!(!tx.users().revoke(&Allowed::system(below), guest).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(seen(scope(dev, Role::Member), UserFilter::default()).await, [ann], "{}", db.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_shut_each_other_out_at_the_same_moment_one_stays_administrator() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        root(store).await;
        let one = user(store, TenantId::ROOT, &somebody("one", Some(Role::PlatformAdmin))).await;
        let two = user(store, TenantId::ROOT, &somebody("two", Some(Role::PlatformAdmin))).await;
        user(store, TenantId::ROOT, &NewUser { password_hash: String::new(), ..somebody("nobody", Some(Role::PlatformAdmin)) }).await;
        let disable = |id: UserId| async move {
            let tx = store.begin().await?;
            let change = UserChange { enabled: Some(false), ..UserChange::default() };
            tx.users().update(&Allowed::system(TenantId::ROOT), id, &change, None).await?;
            tx.users().keep_an_administrator(None).await?;
            tx.commit().await
        };
        let results = join_all([disable(one), disable(two)]).await;
        let refused: Vec<_> = results.iter().filter_map(|r| r.as_ref().err()).collect();
        assert_eq!(refused.len(), 1, "{}: {results:?}", db.name);
        assert_eq!(refused[0].kind, ErrorKind::Conflict, "{}", db.name);
        let left = [one, two].map(|id| async move { store.users().get(&Scope::system(), id).await.unwrap().enabled });
        assert_eq!(join_all(left).await.into_iter().filter(|enabled| *enabled).count(), 1, "{}", db.name);
    }
}

#[tokio::test]
async fn an_administrator_in_a_tenant_that_is_shut_does_not_count() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        root(store).await;
        let dev = tenant(store, TenantId::ROOT, "dev", "dev").await;
        let ann = user(store, dev, &somebody("ann", None)).await;
        grant(store, TenantId::ROOT, ann, Role::PlatformAdmin).await;
        let tx = store.begin().await.unwrap();
        assert!(tx.users().keep_an_administrator(None).await.is_ok(), "{}", db.name);
        assert_eq!(
            tx.users().keep_an_administrator(Some(dev)).await.unwrap_err().kind,
            ErrorKind::Conflict,
            "{}: as if it were closed",
            db.name
        );
        let shut = TenantChange { enabled: Some(false), ..TenantChange::default() };
        tx.tenants().update(&Allowed::<act::Update, obj::Tenant>::system(dev), &shut, None).await.unwrap();
        assert_eq!(tx.users().keep_an_administrator(None).await.unwrap_err().kind, ErrorKind::Conflict, "{}", db.name);
    }
}

#[tokio::test]
async fn who_logs_in_is_found_in_every_form_and_never_mistaken() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        root(store).await;
        let dev = tenant(store, TenantId::ROOT, "Dev Corp", "dev").await;
        let qa = tenant(store, TenantId::ROOT, "qa", "qa").await;
        let admin = user(store, TenantId::ROOT, &somebody("admin", Some(Role::PlatformAdmin))).await;
        let ann = user(store, dev, &NewUser { email: Some("Ann@dev.example".into()), ..somebody("Ann", None) }).await;
        let twin = user(store, qa, &somebody("ann", None)).await;
        let only = user(store, qa, &somebody("only", None)).await;
        user(store, qa, &somebody("admin", None)).await;
        // somebody calls themselves by another's address
        user(store, qa, &somebody("ann@dev.example", None)).await;
        for (login, found) in [
            ("ann#dev", Some(ann)),
            ("ANN#Dev Corp", Some(ann)),
            (" ann#qa ", Some(twin)),
            ("ann#nowhere", None),
            ("ann@DEV.example", Some(ann)),
            ("ann@dev.example", Some(ann)),
            ("admin", Some(admin)),
            ("Only", Some(only)),
            ("ann", None),
            ("nobody", None),
            ("", None),
            ("#", None),
        ] {
            let got = store.users().find_login(login).await.unwrap().map(|c| c.user);
            assert_eq!(got, found, "{}: {login}", db.name);
        }
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_or_old_and_is_purged() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        root(store).await;
        let ann = user(store, TenantId::ROOT, &somebody("ann", None)).await;
        let idle = Duration::from_secs(10);
        open(store, ann, "left", life(25, 10)).await;
        let used = open(store, ann, "used", life(25, 10)).await;
        let step = |s| db.clock.step(Duration::from_secs(s));
        step(9);
        assert!(good(store, "left").await && good(store, "used").await, "{}", db.name);
        store.sessions().used(&[used], idle).await.unwrap();
        step(1);
        assert!(!good(store, "left").await && good(store, "used").await, "{}", db.name);
        step(8);
        store.sessions().used(&[used], idle).await.unwrap();
        let listed = store.sessions().list(ann, 10).await.unwrap();
        assert_eq!(listed.iter().map(|s| s.id).collect::<Vec<_>>(), [used], "{}: what is over is not listed", db.name);
        assert_eq!((listed[0].address.as_str(), listed[0].client.as_str()), ("192.0.2.7", "test"));
        assert_eq!(listed[0].expires_at, listed[0].created_at.plus(Duration::from_secs(25)), "{}: use does not prolong its end", db.name);
        step(7);
        assert!(!good(store, "used").await, "{}: it is old", db.name);
        assert_eq!(store.sessions().user_of(used).await.unwrap(), None, "{}", db.name);
        assert_eq!((store.sessions().purge().await.unwrap(), store.sessions().purge().await.unwrap()), (2, 0), "{}", db.name);
    }
}

#[tokio::test]
async fn shutting_a_tenant_ends_the_sessions_of_all_below_it_and_of_nobody_else() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        root(store).await;
        let dev = tenant(store, TenantId::ROOT, "dev", "dev").await;
        let below = tenant(store, dev, "below", "below").await;
        let deep = tenant(store, below, "deep", "deep").await;
        let qa = tenant(store, TenantId::ROOT, "qa", "qa").await;
        for (at, name) in [(dev, "a"), (below, "b"), (deep, "c"), (qa, "d"), (TenantId::ROOT, "e")] {
            let id = user(store, at, &somebody(name, None)).await;
            open(store, id, name, life(60, 60)).await;
        }
        let set = async |enabled| {
            let tx = store.begin().await.unwrap();
            let change = TenantChange { enabled: Some(enabled), ..TenantChange::default() };
            tx.tenants().update(&Allowed::<act::Update, obj::Tenant>::system(below), &change, None).await.unwrap();
            tx.commit().await.unwrap();
        };
        let state = async || {
            let mut found = Vec::new();
            for name in ["a", "b", "c", "d", "e"] {
                let may = store.users().find_login(name).await.unwrap().unwrap().enabled;
                assert_eq!(good(store, name).await, may, "{}: {name} logs in where the session goes on", db.name);
                found.push(may);
            }
            found
        };
        set(false).await;
        assert_eq!(state().await, [true, false, false, true, true], "{}", db.name);
        set(true).await;
        assert_eq!(state().await, [true; 5], "{}", db.name);
    }
}

#[tokio::test]
async fn a_token_is_as_narrow_as_its_scope_and_outlives_logins_until_it_ends() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        root(store).await;
        let dev = tenant(store, TenantId::ROOT, "dev", "dev").await;
        let below = tenant(store, dev, "below", "below").await;
        let qa = tenant(store, TenantId::ROOT, "qa", "qa").await;
        let new = NewUser { must_change_password: true, group_admin: true, ..somebody("ann", Some(Role::TenantAdmin)) };
        let ann = user(store, dev, &new).await;
        grant(store, qa, ann, Role::Member).await;
        let end = store.clock().now().plus(DAY);
        let make = async |name: &str, scope: TokenScope| -> tenantry_domain::Result<ApiTokenId> {
            let tx = store.begin().await?;
            let id = tx.sessions().insert_token(&Allowed::system(dev), ann, name, name, &scope, end).await?;
            tx.commit().await?;
            Ok(id)
        };
        let narrow = TokenScope { roles: vec![Role::Member], tenants: vec![below], dialects: Vec::new() };
        make("narrow", narrow.clone()).await.unwrap();
        make("above", TokenScope { tenants: vec![TenantId::ROOT], ..TokenScope::default() }).await.unwrap();
        make("never", TokenScope { roles: vec![Role::PlatformAdmin], ..TokenScope::default() }).await.unwrap();
        let whole = make("whole", TokenScope::default()).await.unwrap();
        assert_eq!(make("whole", TokenScope::default()).await.unwrap_err().kind, ErrorKind::AlreadyExists, "{}", db.name);
        let found = async |name: &str| store.sessions().find(name).await.unwrap().unwrap();
        let on = |tenant, role| Grant { tenant, role };
        let session = found("narrow").await;
        assert_eq!(session.caller.grants, [on(below, Role::Member)], "{}", db.name);
        assert_eq!((session.scope, session.caller.groups.len(), session.caller.session), (Some(narrow), 0, SessionId(0)));
        let mut above = found("above").await.caller.grants;
        above.sort_by_key(|g| g.tenant);
        assert_eq!(above, [on(dev, Role::TenantAdmin), on(qa, Role::Member)], "{}: no more than its user has", db.name);
        assert_eq!(found("never").await.caller.grants, [], "{}", db.name);
        let all = found("whole").await.caller;
        assert_eq!((all.grants.len(), all.groups.len(), all.must_change_password), (2, 1, false), "{}", db.name);

        open(store, ann, "session", life(60, 60)).await;
        assert!(found("session").await.caller.must_change_password, "{}", db.name);
        assert_eq!(store.sessions().list(ann, 10).await.unwrap().len(), 1, "{}: a token is no session", db.name);
        let tx = store.begin().await.unwrap();
        tx.sessions().delete_of_user(ann, None).await.unwrap();
        tx.sessions().rotate_token(&Allowed::system(dev), whole, "fresh", end.plus(DAY)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(good(store, "narrow").await && good(store, "fresh").await && !good(store, "whole").await && !good(store, "session").await);
        let used = found("narrow").await.id;
        store.sessions().used(&[used], DAY * 30).await.unwrap();
        let named = store.sessions().tokens(ann).await.unwrap();
        assert_eq!(named.iter().filter(|t| t.last_used_at.is_some()).map(|t| t.name.as_str()).collect::<Vec<_>>(), ["narrow"]);
        db.clock.step(DAY);
        assert!(!good(store, "narrow").await && good(store, "fresh").await, "{}: use does not prolong a token", db.name);
        assert_eq!(store.sessions().purge().await.unwrap(), 3, "{}", db.name);
        let change = UserChange { enabled: Some(false), ..UserChange::default() };
        let tx = store.begin().await.unwrap();
        tx.users().update(&Allowed::system(dev), ann, &change, None).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!good(store, "fresh").await, "{}: a token is good as long as its user is", db.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_used_by_many_at_the_same_moment_is_good_for_one() {
    for db in TestDatabase::all().await {
        let store = &db.store;
        root(store).await;
        let ann = user(store, TenantId::ROOT, &somebody("ann", None)).await;
        let tx = store.begin().await.unwrap();
        assert!(tx.second_factors().offer(ann, "FIRST").await.unwrap());
        assert!(tx.second_factors().offer(ann, "SECRET").await.unwrap(), "what was not confirmed is replaced");
        tx.second_factors().confirm(ann, &["one".to_owned(), "two".to_owned()]).await.unwrap();
        tx.commit().await.unwrap();
        let factor = store.second_factors().find(ann).await.unwrap().unwrap();
        assert_eq!((factor.secret.as_str(), factor.confirmed), ("SECRET", true), "{}", db.name);
        let step = |step: i64| async move {
            let tx = store.begin().await.unwrap();
            let good = tx.second_factors().use_step(ann, step).await.unwrap();
            tx.commit().await.unwrap();
            good
        };
        let recovery = |_: i64| async move {
            let tx = store.begin().await.unwrap();
            let good = tx.second_factors().use_recovery_code(ann, "one").await.unwrap();
            tx.commit().await.unwrap();
            good
        };
        let times = |results: Vec<bool>| results.into_iter().filter(|good| *good).count();
        assert_eq!(times(join_all((0..8).map(|_| step(7))).await), 1, "{}", db.name);
        assert!(!step(6).await && step(8).await, "{}: an older code is good no longer, a newer one is", db.name);
        assert_eq!(times(join_all((0..8).map(recovery)).await), 1, "{}", db.name);
        assert_eq!(store.second_factors().recovery_codes_left(ann).await.unwrap(), 1, "{}", db.name);
        let tx = store.begin().await.unwrap();
        assert!(!tx.second_factors().offer(ann, "OTHER").await.unwrap(), "{}: a confirmed one is replaced by nobody", db.name);
        tx.second_factors().remove(ann).await.unwrap();
        tx.commit().await.unwrap();
        assert!(store.second_factors().find(ann).await.unwrap().is_none(), "{}", db.name);
        assert_eq!(store.second_factors().recovery_codes_left(ann).await.unwrap(), 0, "{}", db.name);
    }
}
