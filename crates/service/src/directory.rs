//! Directories, and who shows the right password there. What becomes of them is [`crate::admission`]'s.

use std::fmt::Write as _;
use std::sync::Arc;

use tenantry_domain::page::{Cursor, Page, PageRequest};
use tenantry_domain::policy::{ObjectKind, Scope};
use tenantry_domain::{Error, ErrorKind, Result, name};
pub use tenantry_driver_api::{Directory, DirectoryUser};
use tenantry_store::users::Credentials;

use crate::admission::{Origin, OriginKind};
use crate::{Ctx, Services};

/// The longest login that a directory is asked for.
const LONGEST_LOGIN: usize = 256;

/// A directory as it is configured.
pub struct Configured {
    /// What it is called, and what its groups give.
    pub origin: Origin,
    /// Where people are looked for.
    pub directory: Arc<dyn Directory>,
}

/// A directory or a provider of single sign-on, and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What it is called.
    pub name: String,
    /// Which of the two it is.
    pub kind: OriginKind,
    /// Whether people can log in.
    pub healthy: bool,
    /// What is wrong, and which setting would put it right; empty when nothing is.
    pub message: String,
}

/// A person who showed the right password.
pub(crate) struct Proven<'a> {
    from: &'a Configured,
    pub(crate) person: DirectoryUser,
}

impl Proven<'_> {
    /// The directory that says so.
    pub(crate) fn origin(&self) -> &Origin {
        &self.from.origin
    }

    /// The user that they are, if they have logged in before.
    pub(crate) async fn account(&self, services: &Services) -> Result<Option<Credentials>> {
        services.store().users().find_subject(&self.from.origin.name, &self.person.subject).await
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
        let message =
            format!("the directory '{}' cannot be asked now: try again later; local users whose password is right log in", self.origin);
        Error::new(ErrorKind::PeerUnavailable, message)
    }
}

/// Parts `name#tenant`.
pub(crate) fn parted(login: &str) -> (&str, Option<&str>) {
    login.trim().split_once('#').map_or((login.trim(), None), |(name, tenant)| (name, Some(tenant)))
}

/// Who shows this login and password: asks the directory that the user comes from, or for an unknown login all of them in order. A
/// directory that has nothing to do with it is asked for nobody, so that a refusal tells by its time neither who is known here, nor
/// where from.
pub(crate) async fn ask<'a>(
    services: &'a Services,
    known: Option<&Credentials>,
    login: &str,
    password: &str,
) -> Result<Result<Option<Proven<'a>>, Down>> {
    if services.directories().is_empty() {
        return Ok(Ok(None));
    }
    let login = match known {
        Some(known) => services.store().users().get(&Scope::system(), known.user).await?.username,
        None => parted(login).0.to_owned(),
    };
    let sendable = !login.is_empty() && login.len() <= LONGEST_LOGIN && !password.is_empty();
    let (nobody, nothing) = (made_up(services), made_up(services));
    let mut down = None;
    for from in services.directories() {
        let concerned = sendable && known.is_none_or(|k| k.origin == from.origin.name);
        let (login, password) = if concerned { (login.as_str(), password) } else { (nobody.as_str(), nothing.as_str()) };
        match from.directory.authenticate(login, password).await {
            Ok(Some(person)) if concerned => return Ok(Ok(Some(Proven { from, person }))),
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(directory = from.origin.name, error = error.message, "a directory cannot be asked");
                down.get_or_insert(Down { origin: from.origin.name.clone(), why: error.message });
            }
        }
    }
    Ok(down.map_or(Ok(None), Err))
}

/// A login or password that nobody has.
fn made_up(services: &Services) -> String {
    let mut bytes = [0; 12];
    services.store().clock().random(&mut bytes);
    bytes.iter().fold("nobody-".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn administrator(ctx: &Ctx) -> Result<()> {
    ctx.scope(ObjectKind::User)?;
    if ctx.caller.is_platform_admin() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Forbidden, "only a platform administrator (system.admin on the root tenant) looks at directories"))
}

/// The directories in the order in which they are asked, then the providers of single sign-on, each looked at now.
///
/// # Errors
/// `Forbidden` for all but platform administrators.
pub async fn list(ctx: &Ctx) -> Result<Vec<Checked>> {
    administrator(ctx)?;
    let checked = |origin: &Origin, found: tenantry_driver_api::Result<()>| {
        let message = found.err().map(|e| e.message);
        Checked { name: origin.name.clone(), kind: origin.kind, healthy: message.is_none(), message: message.unwrap_or_default() }
    };
    let mut all = Vec::new();
    for from in ctx.services.directories() {
        all.push(checked(&from.origin, from.directory.check().await));
    }
    for from in ctx.services.providers() {
        all.push(checked(&from.origin, from.provider.check().await));
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
            tracing::warn!(directory = from.origin.name, error = error.message, "a directory cannot be asked");
            Error::new(ErrorKind::PeerUnavailable, format!("the directory '{}' cannot be read now: {}", from.origin.name, error.message))
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
    let from = ctx.services.directories().iter().find(|d| d.origin.name == directory).ok_or_else(unknown)?;
    let skip = page.after.as_ref().map_or(page.skip, |c| u64::try_from(c.id).unwrap_or(0));
    let upto = usize::try_from(skip.saturating_add(page.limit)).unwrap_or(usize::MAX);
    let found = from.directory.users(prefix, upto).await;
    let found = found.map_err(|e| Error::new(ErrorKind::PeerUnavailable, format!("the directory cannot be read: {}", e.message)))?;
    let next = found.more.then(|| Cursor { key: String::new(), id: i64::try_from(upto).unwrap_or(i64::MAX) });
    Ok(Page { items: found.users.into_iter().skip(usize::try_from(skip).unwrap_or(usize::MAX)).collect(), next })
}
