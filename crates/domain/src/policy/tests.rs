//! Who may do what, by example.

use super::rules::rule;
use super::*;
use crate::id::{GroupId, SessionId, TenantId, UserId};
use crate::user::Role;

fn caller(tenant: i64, role: Role) -> Caller {
    Caller {
        user: UserId(7),
        name: "x".into(),
        home: TenantId(tenant),
        grants: vec![Grant { tenant: TenantId(tenant), role }],
        groups: Vec::new(),
        session: SessionId(1),
        must_change_password: false,
    }
}

fn path(ids: &[i64]) -> TenantPath {
    TenantPath(ids.iter().map(|i| TenantId(*i)).collect())
}

#[test]
fn another_tenants_things_do_not_exist() {
    let stranger = caller(9, Role::TenantAdmin);
    assert_eq!(decide(&stranger, Action::Update, ObjectKind::Tenant, &Target::in_tenant(&path(&[1, 5]))), Decision::Hidden);
    assert_eq!(decide(&stranger, Action::Create, ObjectKind::Disk, &Target::in_tenant(&path(&[1, 5]))), Decision::Hidden);
}

#[test]
fn nobody_enlarges_their_own_share() {
    let admin = caller(5, Role::TenantAdmin);
    assert!(matches!(decide(&admin, Action::Resize, ObjectKind::Tenant, &Target::in_tenant(&path(&[1, 5]))), Decision::Refused(_)));
    assert!(matches!(decide(&admin, Action::Resize, ObjectKind::Tenant, &Target::in_tenant(&path(&[1, 5, 6]))), Decision::Allowed(_)));
    let root_admin = caller(1, Role::TenantAdmin);
    assert!(matches!(decide(&root_admin, Action::Resize, ObjectKind::Tenant, &Target::in_tenant(&path(&[1]))), Decision::Refused(_)));
}

#[test]
fn a_role_holds_for_the_subtree_and_not_above() {
    let admin = caller(5, Role::TenantAdmin);
    assert!(matches!(decide(&admin, Action::Update, ObjectKind::Tenant, &Target::in_tenant(&path(&[1, 5, 6, 7]))), Decision::Allowed(_)));
    assert_eq!(decide(&admin, Action::Update, ObjectKind::Tenant, &Target::in_tenant(&path(&[1]))), Decision::Hidden);
}

#[test]
fn the_platform_administrator_reads_everything() {
    let admin = caller(1, Role::PlatformAdmin);
    for kind in ObjectKind::ALL.into_iter().filter(|k| rule(Action::Read, *k).role.is_some()) {
        assert_eq!(scope(&admin, kind).map(|s| s.subtrees().is_none()).ok(), Some(true), "{kind}");
    }
}

#[test]
fn staff_see_everything_and_change_what_is_theirs_to_change() {
    let telecom = caller(1, Role::Telecom);
    let maintainer = caller(1, Role::Maintainer);
    let deep = path(&[1, 5, 6]);
    let may = |who: &Caller, action, kind| matches!(decide(who, action, kind, &Target::in_tenant(&deep)), Decision::Allowed(_));
    assert!(may(&telecom, Action::Create, ObjectKind::Tenant) && !may(&maintainer, Action::Create, ObjectKind::Tenant));
    assert!(may(&maintainer, Action::Forget, ObjectKind::Disk) && !may(&telecom, Action::Forget, ObjectKind::Disk));
    for who in [&telecom, &maintainer] {
        assert!(scope(who, ObjectKind::Disk).unwrap().subtrees().is_none());
        assert!(!may(who, Action::Create, ObjectKind::Disk) && !may(who, Action::Update, ObjectKind::Account));
    }
}

#[test]
fn a_groups_administrator_manages_what_is_below_it_and_nothing_beside_it() {
    let lead = Caller { groups: vec![GroupId(3)], ..caller(5, Role::Member) };
    let path = path(&[1, 5]);
    let with = |groups: &'static [GroupId]| Target { groups, ..Target::in_tenant(&path) };
    assert!(matches!(decide(&lead, Action::Create, ObjectKind::User, &with(&[GroupId(3), GroupId(8)])), Decision::Allowed(_)));
    assert!(matches!(decide(&lead, Action::Create, ObjectKind::User, &with(&[GroupId(4)])), Decision::Refused(_)));
    assert!(matches!(decide(&lead, Action::Update, ObjectKind::Tenant, &with(&[GroupId(3)])), Decision::Refused(_)));
}

#[test]
fn it_is_explained_what_a_decision_rests_on() {
    let admin = caller(5, Role::TenantAdmin);
    let (own, other) = (path(&[1, 5, 6]), path(&[1, 7]));
    assert!(explain(&admin, Action::Update, ObjectKind::Tenant, &Target::in_tenant(&own)).contains("tenant.admin on tenant 5"));
    assert!(explain(&admin, Action::Update, ObjectKind::Tenant, &Target::in_tenant(&other)).contains("not told that it exists"));
}
