//! A directory over LDAP: people are found by a search and known by a bind.
//!
//! Every call makes a connection of its own, so that a bind as one person never lends its rights to another's search. Values from
//! outside are escaped in filters (RFC 4515); empty passwords are never sent; referrals are not followed.

mod session;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ldap3::{SearchEntry, ldap_escape};
use rustls::ClientConfig;
use session::{NO_ATTRIBUTES, Session};
pub use settings::{Attributes, Groups, Member, Settings};
use tenantry_driver_api::directory::is_below;
use tenantry_driver_api::{Directory, DirectoryUser, DirectoryUsers, DriverError, DriverErrorKind, Guard, Result, tls};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

/// How long one step may take.
const STEP_LIMIT: Duration = Duration::from_secs(10);
/// How many steps' time a call may take: a login has seven.
const STEPS: u32 = 3;
/// The most groups of one person.
const MOST_GROUPS: usize = 2000;
/// Where a person's entry names its groups.
const MEMBER_OF: &str = "memberOf";

/// A directory over LDAP. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ldap {
    settings: Arc<Settings>,
    url: Arc<Url>,
    tls: Arc<ClientConfig>,
    guard: Guard,
    limit: Duration,
}

impl Ldap {
    /// Prepares a directory; nothing is dialled yet.
    ///
    /// # Errors
    /// `Invalid` for settings that cannot be used, which it names.
    pub fn new(settings: Settings, guard: &Guard) -> Result<Self> {
        let url = Arc::new(settings.check()?);
        let wrong = |e: DriverError| DriverError::new(e.kind, format!("directory '{}': {}", settings.name, e.message));
        let tls = Arc::new(tls::config(settings.ca_pem.as_deref()).map_err(wrong)?);
        Ok(Self { settings: Arc::new(settings), url, tls, guard: guard.clone(), limit: STEP_LIMIT })
    }

    /// The same directory, at which no step takes longer than this.
    #[must_use]
    pub const fn with_step_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Does `work` within the time that a call may take. It is a task of its own because the library panics where an answer is not LDAP.
    async fn call<T: Send + 'static>(&self, work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        let task = AbortOnDropHandle::new(tokio::spawn(tokio::time::timeout(self.limit * STEPS, work)));
        match task.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(self.late()),
            Err(_) => Err(self.failure(DriverErrorKind::Server, "does not answer like a directory")),
        }
    }

    /// The filter for people, and `more`.
    fn people(&self, more: &str) -> String {
        format!("(&{}{more})", self.settings.user_filter)
    }

    fn wanted(&self) -> [&str; 6] {
        let Attributes { subject, login, name, email, phone } = &self.settings.attributes;
        // an attribute without a name would mean all of them
        [subject, login, name, email, phone, MEMBER_OF].map(|attribute| if attribute.is_empty() { NO_ATTRIBUTES } else { attribute })
    }

    /// The entry of the person with that login.
    async fn entry(&self, session: &mut Session<'_>, login: &str) -> Result<Option<SearchEntry>> {
        let filter = self.people(&format!("({}={})", self.settings.attributes.login, ldap_escape(login)));
        let mut found = session.search(&self.settings.user_base, &filter, &self.wanted(), 2).await?.entries;
        match (found.pop(), found.len()) {
            (found, 0) => Ok(found),
            _ => {
                let message = format!("has several people with the login '{login}': narrow user_base or user_filter");
                Err(self.failure(DriverErrorKind::Invalid, &message))
            }
        }
    }

    /// The person that the entry describes, with the groups that it names.
    fn person(&self, entry: &SearchEntry) -> Result<DirectoryUser> {
        let attributes = &self.settings.attributes;
        let missing = |attribute: &str| {
            let message = format!("has no {attribute} in the entry '{}': name one that every person has", entry.dn);
            self.failure(DriverErrorKind::Invalid, &message)
        };
        let text = |attribute: &str| values(entry, attribute).first().map(|value| value.trim().to_owned()).filter(|v| !v.is_empty());
        Ok(DirectoryUser {
            subject: subject(entry, &attributes.subject).ok_or_else(|| missing(&attributes.subject))?,
            login: text(&attributes.login).ok_or_else(|| missing(&attributes.login))?,
            name: text(&attributes.name).unwrap_or_default(),
            email: text(&attributes.email),
            phone: text(&attributes.phone),
            groups: values(entry, MEMBER_OF).iter().filter(|group| self.counts(group)).cloned().collect(),
        })
    }

    /// Whether a group is in the place for groups.
    fn counts(&self, group: &str) -> bool {
        self.settings.groups.as_ref().is_none_or(|groups| is_below(group, &groups.base))
    }

    /// The person that the entry describes, with all their groups.
    async fn member(&self, session: &mut Session<'_>, entry: &SearchEntry) -> Result<DirectoryUser> {
        let mut person = self.person(entry)?;
        if let Some(groups) = &self.settings.groups {
            let member = match groups.member_is {
                Member::Name => &entry.dn,
                Member::Login => &person.login,
            };
            let filter = format!("(&{}({}={}))", groups.filter, groups.member, ldap_escape(member.as_str()));
            let found = session.search(&groups.base, &filter, &[NO_ATTRIBUTES], MOST_GROUPS).await?;
            person.groups.extend(found.entries.into_iter().map(|group| group.dn));
        }
        person.groups.sort_unstable();
        person.groups.dedup();
        Ok(person)
    }

    async fn looked_over(self) -> Result<()> {
        let mut session = Session::open(&self).await?;
        let bases = [("user_base", Some(&self.settings.user_base)), ("the base of groups", self.settings.groups.as_ref().map(|g| &g.base))];
        for (setting, base) in bases {
            if let Some(base) = base
                && !session.exists(base).await?
            {
                let message = format!("holds no '{base}', or the account that searches may not see it: check {setting}");
                return Err(self.failure(DriverErrorKind::Invalid, &message));
            }
        }
        let filter = self.people(&format!("({}=*)", self.settings.attributes.login));
        let found = session.search(&self.settings.user_base, &filter, &self.wanted(), 1).await?.entries;
        let Some(entry) = found.first() else {
            let message = format!("holds nobody for {filter} below '{}': check user_filter and attributes", self.settings.user_base);
            return Err(self.failure(DriverErrorKind::Invalid, &message));
        };
        self.person(entry).map(|_| ())
    }

    async fn authenticated(self, login: String, password: String) -> Result<Option<DirectoryUser>> {
        let mut session = Session::open(&self).await?;
        let Some(entry) = self.entry(&mut session, &login).await? else {
            // an unknown login takes as many steps as a wrong password
            session.bind(&format!("cn=nobody,{}", self.settings.user_base), &password).await?;
            return Ok(None);
        };
        if !session.bind(&entry.dn, &password).await? {
            return Ok(None);
        }
        session.bind_reader().await?;
        self.member(&mut session, &entry).await.map(Some)
    }

    async fn found(self, login: String) -> Result<Option<DirectoryUser>> {
        let mut session = Session::open(&self).await?;
        match self.entry(&mut session, &login).await? {
            Some(entry) => self.member(&mut session, &entry).await.map(Some),
            None => Ok(None),
        }
    }

    async fn listed(self, prefix: String, limit: usize) -> Result<DirectoryUsers> {
        let mut session = Session::open(&self).await?;
        let Attributes { login, name, email, .. } = &self.settings.attributes;
        let begins = |attribute: &String| format!("({attribute}={}*)", ldap_escape(prefix.as_str()));
        let asked: String = [login, name, email].into_iter().filter(|attribute| !attribute.is_empty()).map(begins).collect();
        let filter = if prefix.is_empty() { self.people(&format!("({login}=*)")) } else { self.people(&format!("(|{asked})")) };
        let found = session.search(&self.settings.user_base, &filter, &self.wanted(), limit).await?;
        // an entry that is no whole person could not log in either
        let users = found.entries.iter().filter_map(|entry| self.person(entry).ok()).map(|u| DirectoryUser { groups: Vec::new(), ..u });
        Ok(DirectoryUsers { users: users.collect(), more: found.more })
    }
}

/// The values of an attribute, whose name is without case. Values that are no text are left out.
fn values<'a>(entry: &'a SearchEntry, attribute: &str) -> &'a [String] {
    let found = entry.attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute));
    found.map_or(&[], |(_, values)| values.as_slice())
}

/// What never changes. Active Directory's `objectGUID` is sixteen bytes, which may or may not look like text.
fn subject(entry: &SearchEntry, attribute: &str) -> Option<String> {
    let text = values(entry, attribute).first();
    let binary = || Some(&entry.bin_attrs.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute))?.1).and_then(|v| v.first());
    let found = if attribute.eq_ignore_ascii_case("objectGUID") {
        text.map(hex::encode).or_else(|| binary().map(hex::encode))
    } else {
        text.cloned().or_else(|| binary().map(hex::encode))
    };
    found.filter(|subject| !subject.is_empty())
}

#[async_trait]
impl Directory for Ldap {
    async fn check(&self) -> Result<()> {
        self.call(self.clone().looked_over()).await
    }

    async fn authenticate(&self, login: &str, password: &str) -> Result<Option<DirectoryUser>> {
        if login.is_empty() || password.is_empty() {
            return Ok(None);
        }
        self.call(self.clone().authenticated(login.to_owned(), password.to_owned())).await
    }

    async fn find(&self, login: &str) -> Result<Option<DirectoryUser>> {
        if login.is_empty() {
            return Ok(None);
        }
        self.call(self.clone().found(login.to_owned())).await
    }

    async fn users(&self, prefix: &str, limit: usize) -> Result<DirectoryUsers> {
        self.call(self.clone().listed(prefix.to_owned(), limit)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &[(&str, &str)], binary: &[(&str, &[u8])]) -> SearchEntry {
        SearchEntry {
            dn: "uid=a".to_owned(),
            attrs: text.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect(),
            bin_attrs: binary.iter().map(|(name, value)| ((*name).to_owned(), vec![value.to_vec()])).collect(),
        }
    }

    #[test]
    fn the_subject_is_the_same_whether_its_bytes_look_like_text_or_not() {
        assert_eq!(subject(&entry(&[("entryUUID", "7f-1")], &[]), "entryuuid").as_deref(), Some("7f-1"));
        assert_eq!(subject(&entry(&[("objectGUID", "abc")], &[]), "objectGUID").as_deref(), Some("616263"));
        assert_eq!(subject(&entry(&[], &[("objectGUID", &[0xff, 0x01])]), "objectguid").as_deref(), Some("ff01"));
        assert_eq!(subject(&entry(&[("entryUUID", "")], &[]), "entryUUID"), None);
        assert_eq!(subject(&entry(&[], &[]), "entryUUID"), None);
    }
}
