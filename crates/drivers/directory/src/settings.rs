//! How a directory is reached and read.

use tenantry_driver_api::{DriverError, DriverErrorKind, Result};
use url::Url;

/// What an operator says of a directory.
#[derive(Clone)]
pub struct Settings {
    /// What it is called in errors.
    pub name: String,
    /// `ldaps://host[:port]`, or `ldap://host[:port]`.
    pub url: String,
    /// Whether a connection to `ldap://` turns to TLS before anything is said. Without it passwords go over the wire as they are.
    pub start_tls: bool,
    /// Certificate authorities that are believed beside the system's, as PEM.
    pub ca_pem: Option<String>,
    /// The distinguished name of the account that searches; empty when everybody may search.
    pub bind_dn: String,
    /// Its password.
    pub bind_password: String,
    /// The place below which people are.
    pub user_base: String,
    /// Which entries are people, as a filter of RFC 4515.
    pub user_filter: String,
    /// Where an entry has what.
    pub attributes: Attributes,
    /// How groups are searched for. Groups that a person's entry names in `memberOf` count without it.
    pub groups: Option<Groups>,
}

/// Where a person's entry has what.
#[derive(Debug, Clone)]
pub struct Attributes {
    /// What never changes and is never used again for another.
    pub subject: String,
    /// What people log in with.
    pub login: String,
    /// The name to show.
    pub name: String,
    /// The mail address.
    pub email: String,
    /// The telephone number.
    pub phone: String,
}

/// How groups are searched for.
#[derive(Debug, Clone)]
pub struct Groups {
    /// The place below which groups are; others that an entry names in `memberOf` do not count.
    pub base: String,
    /// Which entries are groups, as a filter of RFC 4515.
    pub filter: String,
    /// Where a group has its members. `member:1.2.840.113556.1.4.1941:` makes Active Directory follow groups in groups.
    pub member: String,
    /// What stands there of a member.
    pub member_is: Member,
}

/// What a group has of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// The distinguished name (`groupOfNames`, Active Directory).
    Name,
    /// The login (`posixGroup`).
    Login,
}

impl Default for Attributes {
    fn default() -> Self {
        let [subject, login, name, email, phone] = ["entryUUID", "uid", "cn", "mail", "telephoneNumber"].map(str::to_owned);
        Self { subject, login, name, email, phone }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: String::new(),
            url: String::new(),
            start_tls: true,
            ca_pem: None,
            bind_dn: String::new(),
            bind_password: String::new(),
            user_base: String::new(),
            user_filter: "(objectClass=person)".to_owned(),
            attributes: Attributes::default(),
            groups: None,
        }
    }
}

impl Default for Groups {
    fn default() -> Self {
        Self { base: String::new(), filter: "(objectClass=groupOfNames)".to_owned(), member: "member".to_owned(), member_is: Member::Name }
    }
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settings({}, {})", self.name, self.url)
    }
}

impl Settings {
    /// The URL, when everything else can be used too.
    pub(crate) fn check(&self) -> Result<Url> {
        let wrong = |what: &str| Err(DriverError::new(DriverErrorKind::Invalid, format!("directory '{}': {what}", self.name)));
        let Ok(url) = Url::parse(&self.url) else { return wrong("url must be ldaps://host[:port] or ldap://host[:port]") };
        let bare =
            url.username().is_empty() && url.password().is_none() && url.path().trim_matches('/').is_empty() && url.query().is_none();
        if !matches!(url.scheme(), "ldap" | "ldaps") || url.host_str().is_none_or(str::is_empty) || !bare {
            return wrong("url must be ldaps://host[:port] or ldap://host[:port] and nothing more");
        }
        if !self.bind_dn.is_empty() && self.bind_password.is_empty() {
            return wrong("bind_dn is set and bind_password is not: a directory takes that for nobody");
        }
        if self.user_base.is_empty() {
            return wrong(
                "user_base is missing: the distinguished name of the place below which people are, as ou=people,dc=example,dc=org",
            );
        }
        let attributes = &self.attributes;
        if [&attributes.subject, &attributes.login].iter().any(|name| name.is_empty()) {
            return wrong("the attributes for subject and login must be named");
        }
        let filters = std::iter::once(&self.user_filter).chain(self.groups.as_ref().map(|groups| &groups.filter));
        for filter in filters {
            if !filter.starts_with('(') || ldap3::parse_filter(filter).is_err() {
                return wrong(&format!("the filter '{filter}' cannot be read: it must be as (objectClass=person)"));
            }
        }
        if self.groups.as_ref().is_some_and(|groups| groups.base.is_empty() || groups.member.is_empty()) {
            return wrong("groups need a base, below which they are, and the attribute that has their members");
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Settings {
        Settings { name: "staff".into(), url: "ldaps://ldap.example.org".into(), user_base: "dc=example".into(), ..Settings::default() }
    }

    #[test]
    fn what_cannot_be_used_is_named_and_no_password_is_repeated() {
        assert!(good().check().is_ok());
        let bad: [(Settings, &str); 9] = [
            (Settings { url: "https://ldap.example.org".into(), ..good() }, "url"),
            (Settings { url: "ldap.example.org".into(), ..good() }, "url"),
            (Settings { url: "ldaps://admin:secret-word@ldap.example.org".into(), ..good() }, "url"),
            (Settings { url: "ldaps://ldap.example.org/dc=example?uid".into(), ..good() }, "url"),
            (Settings { bind_dn: "cn=reader".into(), ..good() }, "bind_password"),
            (Settings { user_base: String::new(), ..good() }, "user_base"),
            (Settings { user_filter: "objectClass=person".into(), ..good() }, "filter"),
            (Settings { user_filter: "(objectClass=person".into(), ..good() }, "filter"),
            (Settings { groups: Some(Groups::default()), ..good() }, "base"),
        ];
        for (settings, part) in bad {
            let error = settings.check().unwrap_err();
            assert!(error.kind == DriverErrorKind::Invalid && error.message.contains(part), "{error}");
            assert!(error.message.contains("'staff'") && !error.message.contains("secret-word"), "{error}");
        }
    }
}
