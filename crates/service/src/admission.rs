//! People from elsewhere, out of a directory or from a provider of single sign-on: how they become users, and which roles their groups give.
//!
//! A person is found again by the origin's name and the `subject` there, and never by a name or a mail address, which somebody else may
//! have. They become a user at their first login, in the tenant of the first role that their groups give; without any, in the root
//! tenant and without a role, where the origin is configured to `create` such users. Name, mail address, telephone number and roles
//! are brought up to date at every login. A role that an administrator gave by hand is kept, also against the groups.

use std::fmt;

use tenantry_domain::audit::{AuditOutcome, AuditRecord};
use tenantry_domain::policy::{Allowed, Grant, Scope};
use tenantry_domain::user::{Role, User, check_email, check_username};
use tenantry_domain::{ErrorKind, Result, TenantId, UserId, name};
use tenantry_driver_api::directory::granted;
pub use tenantry_driver_api::{DirectoryUser, GroupRole};
use tenantry_store::Tx;
use tenantry_store::users::{NewUser, UserChange, UserFilter};

use crate::{RequestInfo, Services, attempt, auth};

/// Where people come from, and what their groups give them here.
#[derive(Debug, Clone)]
pub struct Origin {
    /// What it is called: in users, in errors, metrics and the audit.
    pub name: String,
    /// What it is.
    pub kind: OriginKind,
    /// What its groups give. Of several roles on one tenant the first counts.
    pub roles: Vec<GroupRole>,
    /// Whether people become users whom no group gives a role.
    pub create: bool,
}

/// What people come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginKind {
    /// A directory, which is shown a password.
    Directory,
    /// A provider of single sign-on.
    Provider,
}

impl fmt::Display for OriginKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory => "directory",
            Self::Provider => "provider",
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} '{}'", self.kind, self.name)
    }
}

/// Whether somebody who showed who they are comes in.
pub(crate) enum Admission {
    /// As this user.
    In(UserId),
    /// They do not. The reason is for the audit.
    Out(String),
}

/// The roles that groups give now, at most one for each tenant.
async fn roles(services: &Services, from: &Origin, groups: &[String]) -> Result<Vec<Grant>> {
    let mut found: Vec<Grant> = Vec::new();
    for entry in granted(groups, &from.roles) {
        let role: Role = entry.role.parse()?;
        match services.store().tenants().at_path(&entry.tenant).await? {
            Some(tenant) if role.is_staff() && tenant != TenantId::ROOT => {
                let group = &entry.group;
                tracing::warn!(origin = from.name, group, "{role} is given on the root tenant only: the entry is left out");
            }
            Some(tenant) if found.iter().any(|g| g.tenant == tenant) => {}
            Some(tenant) => found.push(Grant { tenant, role }),
            None => {
                tracing::warn!(origin = from.name, tenant = entry.tenant, "a role leads to a tenant that is not there: it is left out");
            }
        }
    }
    Ok(found)
}

/// Lets somebody in who showed who they are: makes the user at the first login, and brings the user up to date. `tenant` is the one that
/// they say they belong to, if they say so.
pub(crate) async fn admit(
    services: &Services,
    request: &RequestInfo,
    from: &Origin,
    person: &DirectoryUser,
    tenant: Option<&str>,
) -> Result<Admission> {
    let wanted = roles(services, from, &person.groups).await?;
    match admit_once(services, request, from, person, tenant, &wanted).await {
        // somebody else took the name, or the same person logged in elsewhere, at the same moment
        Err(error) if error.kind == ErrorKind::AlreadyExists => admit_once(services, request, from, person, tenant, &wanted).await,
        other => other,
    }
}

async fn admit_once(
    services: &Services,
    request: &RequestInfo,
    from: &Origin,
    person: &DirectoryUser,
    tenant: Option<&str>,
    wanted: &[Grant],
) -> Result<Admission> {
    let tx = services.store().begin().await?;
    let known = tx.users().find_subject(&from.name, &person.subject).await?;
    let id = match &known {
        Some(known) => {
            refresh(&tx, known.user, person).await?;
            known.user
        }
        None => match make(&tx, request, from, person, wanted).await? {
            Ok(id) => id,
            Err(why) => return Ok(Admission::Out(why)),
        },
    };
    if !tx.users().credentials(id).await?.enabled {
        return Ok(Admission::Out("the user, or the tenant, is disabled".to_owned()));
    }
    let user = tx.users().get(&Scope::system(), id).await?;
    if let Some(tenant) = tenant {
        let home = tx.tenants().get(&Scope::system(), user.tenant).await?;
        if !home.name.eq_ignore_ascii_case(tenant) && !home.slug.eq_ignore_ascii_case(tenant) {
            return Ok(Admission::Out(format!("the user belongs to the tenant '{}'", home.name)));
        }
    }
    let changes = tx.users().map_roles(id, &from.name, wanted).await?;
    if !changes.is_empty() {
        tx.audit().record(&record(request, &user, "grant", &format!("by groups of '{}': {changes}", from.name))).await?;
    }
    tx.commit().await?;
    auth::forget_sessions(services, id).await;
    Ok(Admission::In(id))
}

/// Makes the user of a person; or says why not.
async fn make(tx: &Tx, request: &RequestInfo, from: &Origin, person: &DirectoryUser, wanted: &[Grant]) -> Result<Result<UserId, String>> {
    let home = match wanted.first() {
        Some(first) => first.tenant,
        None if from.create => TenantId::ROOT,
        None => return Ok(Err(format!("no group gives a role here, and {from} is not set to 'create' users"))),
    };
    if let Err(error) = check_username("login", &person.login) {
        return Ok(Err(format!("the login in {from} cannot be a user's name: {}", error.message)));
    }
    if taken(tx, home, &person.login).await? {
        let clash = format!("the name '{}' belongs to another user of tenant {home}: rename one of them", name::clip(&person.login));
        tracing::warn!(origin = from.name, "{clash}");
        return Ok(Err(clash));
    }
    let draft = NewUser {
        username: person.login.clone(),
        name: shown(person),
        email: email(tx, person, None).await?,
        phone: phone(person),
        enabled: true,
        origin: Some((from.name.clone(), person.subject.clone())),
        ..NewUser::default()
    };
    let id = tx.users().insert(&Allowed::system(home), &draft).await?;
    let user = tx.users().get(&Scope::system(), id).await?;
    tx.audit().record(&record(request, &user, "create", &format!("'{}' of {from}", user.username))).await?;
    Ok(Ok(id))
}

/// Takes over what is said of a person now.
async fn refresh(tx: &Tx, id: UserId, person: &DirectoryUser) -> Result<()> {
    let user = tx.users().get(&Scope::system(), id).await?;
    let renamed = person.login != user.username
        && check_username("login", &person.login).is_ok()
        && (person.login.eq_ignore_ascii_case(&user.username) || !taken(tx, user.tenant, &person.login).await?);
    let email = email(tx, person, Some(&user)).await?;
    let change = UserChange {
        username: renamed.then(|| person.login.clone()),
        name: Some(shown(person)).filter(|n| *n != user.name),
        phone: Some(phone(person)).filter(|p| *p != user.phone),
        email: (email != user.email).then_some(email),
        ..UserChange::default()
    };
    if change.username.is_some() || change.name.is_some() || change.phone.is_some() || change.email.is_some() {
        tx.users().update(&Allowed::system(user.tenant), id, &change, None).await?;
    }
    Ok(())
}

async fn taken(tx: &Tx, tenant: TenantId, username: &str) -> Result<bool> {
    let filter = UserFilter { tenant: Some(tenant), username: Some(username.to_owned()), ..UserFilter::default() };
    Ok(tx.users().count(&Scope::system(), &filter).await? > 0)
}

/// The name to show: the one over there, or the login where there is none that can be shown.
fn shown(person: &DirectoryUser) -> String {
    let usable = !person.name.is_empty() && name::check_display("name", &person.name, 128).is_ok();
    if usable { person.name.clone() } else { person.login.clone() }
}

fn phone(person: &DirectoryUser) -> String {
    person.phone.clone().filter(|phone| name::check_text("phone", phone, 64).is_ok()).unwrap_or_default()
}

/// The person's mail address, if it is one and nobody else's here; what the user has already otherwise.
async fn email(tx: &Tx, person: &DirectoryUser, user: Option<&User>) -> Result<Option<String>> {
    let present = user.and_then(|u| u.email.clone());
    let Some(email) = person.email.clone().filter(|e| check_email("email", e).is_ok()) else { return Ok(None) };
    if present.as_ref().is_some_and(|p| p.eq_ignore_ascii_case(&email)) {
        return Ok(Some(email));
    }
    let filter = UserFilter { email: Some(email.clone()), ..UserFilter::default() };
    if tx.users().count(&Scope::system(), &filter).await? > 0 {
        tracing::warn!(login = name::clip(&person.login), "the person's mail address belongs to another user here: it is left out");
        return Ok(present);
    }
    Ok(Some(email))
}

fn record(request: &RequestInfo, user: &User, action: &str, detail: &str) -> AuditRecord {
    AuditRecord {
        action: action.to_owned(),
        object: "user".to_owned(),
        object_id: user.id.to_string(),
        ..attempt::record(request, &user.username, Some((user.id, user.tenant)), AuditOutcome::Allowed, detail)
    }
}
