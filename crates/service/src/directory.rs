//! People of directories: who they are, how they become users, and which roles their groups give them.
//!
//! A person is found again by the directory's name and the `subject` there, and never by a name or a mail address, which somebody else may
//! have. They become a user at their first login, in the tenant of the first role that their groups give; without any, in the root
//! tenant and without a role, where the directory is configured to `create` such users. Name, mail address, telephone number and roles
//! are brought up to date at every login. A role that an administrator gave by hand is kept, also against the groups.

use std::sync::Arc;

use tenantry_domain::audit::{AuditOutcome, AuditRecord};
use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{Allowed, Grant, ObjectKind, Scope};
use tenantry_domain::user::{Role, User, check_email, check_username};
use tenantry_domain::{Error, ErrorKind, Result, TenantId, UserId, name};
use tenantry_driver_api::directory::granted;
pub use tenantry_driver_api::{Directory, DirectoryUser, GroupRole};
use tenantry_store::Tx;
use tenantry_store::users::{Credentials, NewUser, UserChange, UserFilter};

use crate::{Ctx, RequestInfo, Services, auth};

/// The longest login that a directory is asked for.
const LONGEST_LOGIN: usize = 256;

/// A directory as it is configured.
pub struct Configured {
    /// What it is called: in the origin of its users, in errors, metrics and the audit.
    pub name: String,
    /// Where people are looked for.
    pub directory: Arc<dyn Directory>,
    /// What its groups give. Of several roles on one tenant the first counts.
    pub roles: Vec<GroupRole>,
    /// Whether people become users whom no group gives a role.
    pub create: bool,
}

/// A directory, and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What it is called.
    pub name: String,
    /// Whether people can log in.
    pub healthy: bool,
    /// What is wrong, and which setting would put it right; empty when nothing is.
    pub message: String,
}

/// A person who showed the right password.
pub(crate) struct Proven<'a> {
    from: &'a Configured,
    person: DirectoryUser,
}

impl Proven<'_> {
    /// The name of the directory.
    pub(crate) fn origin(&self) -> &str {
        &self.from.name
    }

    /// The user that they are, if they have logged in before.
    pub(crate) async fn account(&self, services: &Services) -> Result<Option<Credentials>> {
        services.store().users().find_subject(&self.from.name, &self.person.subject).await
    }
}

/// Why the directories could not say whether a password is right.
pub(crate) struct Down {
    /// The directory's name.
    pub(crate) origin: String,
    /// What it is like, for the audit.
    pub(crate) why: String,
}

impl Down {
    /// What somebody is told who has not logged in.
    pub(crate) fn told(&self) -> Error {
        let message = format!("the directory '{}' cannot be asked now: try again later; local users can log in", self.origin);
        Error::new(ErrorKind::PeerUnavailable, message)
    }
}

/// Whether somebody who showed the right password comes in.
pub(crate) enum Admission {
    /// As this user.
    In(UserId),
    /// They do not. The reason is for the audit alone.
    Out(String),
}

/// Parts `name#tenant`.
fn parted(login: &str) -> (&str, Option<&str>) {
    login.trim().split_once('#').map_or((login.trim(), None), |(name, tenant)| (name, Some(tenant)))
}

/// Who shows this login and password: asks the directory that the user comes from, or for an unknown login all of them in order.
pub(crate) async fn ask<'a>(
    services: &'a Services,
    known: Option<&Credentials>,
    login: &str,
    password: &str,
) -> Result<Result<Option<Proven<'a>>, Down>> {
    let login = match known {
        Some(known) => services.store().users().get(&Scope::system(), known.user).await?.username,
        None => parted(login).0.to_owned(),
    };
    if login.is_empty() || login.len() > LONGEST_LOGIN || password.is_empty() {
        return Ok(Ok(None));
    }
    let mut down = None;
    for from in services.directories().iter().filter(|d| known.is_none_or(|k| k.origin == d.name)) {
        match from.directory.authenticate(&login, password).await {
            Ok(Some(person)) => return Ok(Ok(Some(Proven { from, person }))),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(directory = from.name, error = error.message, "a directory cannot be asked");
                down.get_or_insert(Down { origin: from.name.clone(), why: error.message });
            }
        }
    }
    Ok(down.map_or(Ok(None), Err))
}

/// The roles that groups give now, at most one for each tenant.
async fn roles(services: &Services, from: &Configured, groups: &[String]) -> Result<Vec<Grant>> {
    let mut found: Vec<Grant> = Vec::new();
    for entry in granted(groups, &from.roles) {
        let role: Role = entry.role.parse()?;
        match services.store().tenants().at_path(&entry.tenant).await? {
            Some(tenant) if role.is_staff() && tenant != TenantId::ROOT => {
                tracing::warn!(
                    directory = from.name,
                    group = entry.group,
                    "{role} is given on the root tenant only: the entry is left out"
                );
            }
            Some(tenant) if found.iter().any(|g| g.tenant == tenant) => {}
            Some(tenant) => found.push(Grant { tenant, role }),
            None => {
                tracing::warn!(directory = from.name, tenant = entry.tenant, "a role leads to a tenant that is not there: it is left out");
            }
        }
    }
    Ok(found)
}

/// Lets somebody in who showed the right password: makes the user at the first login, and brings the user up to date.
pub(crate) async fn admit(services: &Services, request: &RequestInfo, proven: &Proven<'_>, login: &str) -> Result<Admission> {
    let wanted = roles(services, proven.from, &proven.person.groups).await?;
    let first = admit_once(services, request, proven, login, &wanted).await;
    match first {
        // somebody else took the name, or the same person logged in elsewhere, at the same moment
        Err(error) if error.kind == ErrorKind::AlreadyExists => admit_once(services, request, proven, login, &wanted).await,
        other => other,
    }
}

async fn admit_once(services: &Services, request: &RequestInfo, proven: &Proven<'_>, login: &str, wanted: &[Grant]) -> Result<Admission> {
    let Proven { from, person } = proven;
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
    if let (_, Some(tenant)) = parted(login) {
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
    auth::forget_sessions(services, id);
    Ok(Admission::In(id))
}

/// Makes the user of a person; or says why not.
async fn make(
    tx: &Tx,
    request: &RequestInfo,
    from: &Configured,
    person: &DirectoryUser,
    wanted: &[Grant],
) -> Result<Result<UserId, String>> {
    let home = match wanted.first() {
        Some(first) => first.tenant,
        None if from.create => TenantId::ROOT,
        None => return Ok(Err(format!("no group gives a role here, and the directory '{}' is not set to 'create' users", from.name))),
    };
    if let Err(error) = check_username("login", &person.login) {
        return Ok(Err(format!("the login in the directory '{}' cannot be a user's name: {}", from.name, error.message)));
    }
    if taken(tx, home, &person.login).await? {
        let clash = format!("the name '{}' belongs to another user of tenant {home}: rename one of them", name::clip(&person.login));
        tracing::warn!(directory = from.name, "{clash}");
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
    tx.audit().record(&record(request, &user, "create", &format!("'{}' of the directory '{}'", user.username, from.name))).await?;
    Ok(Ok(id))
}

/// Takes over what the directory says now.
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

/// The name to show: the directory's, or the login where it has none that can be shown.
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
        tracing::warn!(login = name::clip(&person.login), "the mail address in the directory belongs to another user here: it is left out");
        return Ok(present);
    }
    Ok(Some(email))
}

fn record(request: &RequestInfo, user: &User, action: &str, detail: &str) -> AuditRecord {
    AuditRecord {
        action: action.to_owned(),
        object: "user".to_owned(),
        object_id: user.id.to_string(),
        ..auth::attempt(request, &user.username, Some((user.id, user.tenant)), AuditOutcome::Allowed, detail)
    }
}

fn administrator(ctx: &Ctx) -> Result<()> {
    ctx.scope(ObjectKind::User)?;
    if ctx.caller.is_platform_admin() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Forbidden, "only a platform administrator (system.admin on the root tenant) looks at directories"))
}

/// The directories in the order in which they are asked, each looked at now.
///
/// # Errors
/// `Forbidden` for all but platform administrators.
pub async fn list(ctx: &Ctx) -> Result<Vec<Checked>> {
    administrator(ctx)?;
    let mut all = Vec::new();
    for from in ctx.services.directories() {
        let message = from.directory.check().await.err().map(|e| e.message);
        all.push(Checked { name: from.name.clone(), healthy: message.is_none(), message: message.unwrap_or_default() });
    }
    Ok(all)
}

/// The most people that [`logins`] answers.
const MOST_PEOPLE: u64 = 20_000;

/// The logins of everybody in the directories, in the directories' order and theirs, whether they have logged in here or not; of as many
/// as a directory gives, each directory is asked for no more than are still wanted. At most twenty thousand.
///
/// # Errors
/// `Forbidden` for all but platform administrators, `InvalidArgument` for a page behind the most, `PeerUnavailable` with the directory.
pub async fn logins(ctx: &Ctx, page: Option<&PageRequest>) -> Result<Vec<String>> {
    administrator(ctx)?;
    let (skip, limit) = page.map_or((0, MOST_PEOPLE), |page| (page.skip, page.limit));
    let upto = skip.saturating_add(limit);
    if skip >= MOST_PEOPLE {
        return Err(Error::invalid("page", format!("the people of directories are listed up to the {MOST_PEOPLE}th")));
    }
    let as_size = |n: u64| usize::try_from(n.min(MOST_PEOPLE)).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    for from in ctx.services.directories() {
        let wanted = as_size(upto).saturating_sub(found.len());
        if wanted == 0 {
            break;
        }
        let people = from.directory.users("", wanted).await.map_err(|error| {
            tracing::warn!(directory = from.name, error = error.message, "a directory cannot be asked");
            Error::new(ErrorKind::PeerUnavailable, format!("the directory '{}' cannot be read now: {}", from.name, error.message))
        })?;
        found.extend(people.users.into_iter().map(|person| person.login));
    }
    Ok(found.into_iter().skip(as_size(skip)).collect())
}

/// A page of a directory's people whose login, name or mail address begins with `prefix`, in the directory's order. Their groups are not
/// looked up.
///
/// # Errors
/// `Forbidden` for all but platform administrators, `NotFound` for an unknown directory, `PeerUnavailable`.
pub async fn users(ctx: &Ctx, directory: &str, prefix: &str, page: &PageRequest) -> Result<Page<DirectoryUser>> {
    administrator(ctx)?;
    let unknown = || Error::new(ErrorKind::NotFound, format!("there is no directory '{}'", name::clip(directory)));
    let from = ctx.services.directories().iter().find(|d| d.name == directory).ok_or_else(unknown)?;
    let skip = page.after.as_ref().map_or(page.skip, |c| u64::try_from(c.id).unwrap_or(0));
    let upto = usize::try_from(skip.saturating_add(page.limit)).unwrap_or(usize::MAX);
    let found = from.directory.users(prefix, upto).await;
    let found = found.map_err(|e| Error::new(ErrorKind::PeerUnavailable, format!("the directory cannot be read: {}", e.message)))?;
    let next = found.more.then(|| Cursor { key: String::new(), id: i64::try_from(upto).unwrap_or(i64::MAX) });
    Ok(Page { items: found.users.into_iter().skip(usize::try_from(skip).unwrap_or(usize::MAX)).collect(), next })
}
