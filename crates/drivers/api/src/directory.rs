//! Directories: where an organization keeps its people and their groups. Tenantry reads them, and never writes.

use async_trait::async_trait;

use crate::Result;

/// A person, as the directory or the provider of single sign-on knows them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectoryUser {
    /// What stays the same when everything else about the person changes; the account is found again by it.
    pub subject: String,
    /// What they log in with.
    pub login: String,
    /// The name to show. Empty when there is none.
    pub name: String,
    /// The mail address, if there is one that is known to be theirs.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// Their groups: distinguished names from a directory, plain names from a provider of single sign-on. Sorted.
    pub groups: Vec<String>,
}

/// The people that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DirectoryUsers {
    /// At most as many as were asked for. Their groups are not looked up.
    pub users: Vec<DirectoryUser>,
    /// Whether there are more.
    pub more: bool,
}

/// A directory of users.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Connects, logs in and looks, as a login would.
    ///
    /// # Errors
    /// That say what is wrong and which setting would put it right: name resolution, connection, TLS (`Unreachable`), the account that
    /// searches (`Unauthorized`), the places to search in (`Invalid`).
    async fn check(&self) -> Result<()>;

    /// The person with that login, if the password is theirs; nobody for an unknown login, a wrong or empty password, or an account that
    /// the directory does not let in.
    ///
    /// # Errors
    /// For what is not the person's fault: a directory that cannot be reached or asked, or a login that several people have.
    async fn authenticate(&self, login: &str, password: &str) -> Result<Option<DirectoryUser>>;

    /// The person with that login and their groups, as they are now.
    ///
    /// # Errors
    /// As [`Directory::authenticate`].
    async fn find(&self, login: &str) -> Result<Option<DirectoryUser>>;

    /// People whose login, name or mail address begins with `prefix` (everybody when it is empty), at most `limit`; fetched page by page.
    ///
    /// # Errors
    /// As [`Directory::authenticate`].
    async fn users(&self, prefix: &str, limit: usize) -> Result<DirectoryUsers>;
}

/// What the members of a group may do, by configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRole {
    /// The group: a distinguished name, or a plain name, which is that of every group whose distinguished name begins with it. Where
    /// people may make groups of their own, only a distinguished name is safe.
    pub group: String,
    /// The role's name.
    pub role: String,
    /// The tenant's path, from the root tenant down; the root tenant when empty.
    pub tenant: String,
}

/// The entries of `mapping` that `groups` are given, in the order of `mapping`.
#[must_use]
pub fn granted<'a>(groups: &[String], mapping: &'a [GroupRole]) -> Vec<&'a GroupRole> {
    let known: Vec<Vec<String>> = groups.iter().map(|group| parts(group)).collect();
    let is_in = |entry: &GroupRole| {
        if entry.group.contains('=') {
            return known.contains(&parts(&entry.group));
        }
        let plain = entry.group.trim().to_lowercase();
        groups.iter().any(|group| group.trim().to_lowercase() == plain) || known.iter().any(|parts| common_name(parts) == Some(&plain))
    };
    mapping.iter().filter(|entry| is_in(entry)).collect()
}

/// Whether `name` is below `base`, or is it; both are distinguished names.
#[must_use]
pub fn is_below(name: &str, base: &str) -> bool {
    parts(name).ends_with(&parts(base))
}

/// The value of the first part: `admins` of `cn=admins,dc=example,dc=org`.
fn common_name(parts: &[String]) -> Option<&str> {
    parts.first()?.split_once('=').map(|(_, value)| value)
}

/// The parts of a distinguished name in a form that can be compared: without case, without spaces around them, without escapes.
fn parts(name: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), Vec::new());
    let mut bytes = name.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => part.extend(escaped(&mut bytes)),
            b',' => parts.push(tidy(&std::mem::take(&mut part))),
            byte => part.push(byte),
        }
    }
    parts.push(tidy(&part));
    parts
}

/// What stands after a backslash: two hexadecimal digits, or the byte itself (RFC 4514).
fn escaped(bytes: &mut std::iter::Peekable<std::str::Bytes<'_>>) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let first = bytes.next()?;
    let Some(high) = digit(first) else { return Some(first) };
    let Some(low) = bytes.peek().copied().and_then(digit) else { return Some(first) };
    bytes.next();
    Some(high << 4 | low)
}

fn tidy(part: &[u8]) -> String {
    let text = String::from_utf8_lossy(part).to_lowercase();
    let trimmed = text.split_once('=').map(|(kind, value)| format!("{}={}", kind.trim(), value.trim()));
    trimmed.unwrap_or_else(|| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping() -> Vec<GroupRole> {
        let entry = |group: &str, role: &str| GroupRole { group: group.into(), role: role.into(), tenant: String::new() };
        vec![
            entry("cn=Admins, ou=Groups, dc=example, dc=org", "admin"),
            entry("operators", "operator"),
            entry("R&D, Shanghai", "developer"),
            entry("cn=operators,ou=elsewhere,dc=example,dc=org", "elsewhere"),
        ]
    }

    fn roles(groups: &[&str]) -> Vec<String> {
        let groups: Vec<String> = groups.iter().map(|g| (*g).to_owned()).collect();
        granted(&groups, &mapping()).into_iter().map(|entry| entry.role.clone()).collect()
    }

    #[test]
    fn a_group_is_known_by_its_distinguished_name_however_it_is_written() {
        assert_eq!(roles(&["CN=admins,OU=groups,DC=Example,DC=org"]), ["admin"]);
        assert_eq!(roles(&[r"cn=\61dmins,ou=groups,dc=example,dc=org"]), ["admin"]);
        assert!(roles(&["cn=admins,ou=self-made,dc=example,dc=org"]).is_empty());
        assert!(roles(&["cn=admins,ou=groups,dc=example,dc=org,dc=evil"]).is_empty());
    }

    #[test]
    fn a_group_is_known_by_its_plain_name_in_a_directory_and_from_a_provider() {
        assert_eq!(roles(&["cn=operators,ou=groups,dc=example,dc=org"]), ["operator"]);
        assert_eq!(roles(&["Operators"]), ["operator"]);
        assert_eq!(roles(&[r"cn=R&D\, Shanghai,ou=groups,dc=example,dc=org"]), ["developer"]);
        assert!(roles(&["operators-of-something", "ou=x,cn=operators", ""]).is_empty());
    }

    #[test]
    fn the_order_is_that_of_the_configuration() {
        let groups = ["operators", "cn=operators,ou=elsewhere,dc=example,dc=org", "cn=admins,ou=groups,dc=example,dc=org"];
        assert_eq!(roles(&groups), ["admin", "operator", "elsewhere"]);
    }

    #[test]
    fn below_means_the_end_of_the_name() {
        assert!(is_below("cn=a,ou=groups,dc=example", "OU=Groups, DC=example"));
        assert!(!is_below("cn=a,ou=others,dc=example", "ou=groups,dc=example"));
        assert!(!is_below(r"cn=a\,ou=groups\,dc=example,ou=others", "ou=groups,dc=example"));
    }
}
