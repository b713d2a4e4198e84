//! Directories: what an operator says of each (`[[directory]]`), and the drivers made of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenantry_domain::user::Role;
use tenantry_driver_api::{GroupRole, Guard};
use tenantry_driver_directory::{Attributes, Groups, Ldap, Member, Settings};
use tenantry_service::admission::{Origin, OriginKind};
use tenantry_service::directory::Configured;

/// A directory (LDAP) whose people may log in. Local users come first, then the directories in the order of the file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// What it is called in users, errors, metrics and the audit: lower-case letters, digits and `-`. With another name its users are others.
    pub name: String,
    /// `ldaps://host[:port]`, or `ldap://host[:port]`.
    pub url: String,
    /// Whether a connection to `ldap://` turns to TLS before anything is said. Without it passwords go over the wire as they are.
    #[serde(default = "yes")]
    pub start_tls: bool,
    /// A PEM file with certificate authorities that are believed beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The distinguished name of the account that searches; empty when everybody may search.
    #[serde(default)]
    pub bind_dn: String,
    /// The file with its password. The variable `TENANTRY_DIRECTORY_<NAME>_PASSWORD` holds the password instead when it is set (the name in
    /// upper case, with `_` for `-`).
    #[serde(default)]
    pub bind_password_file: Option<PathBuf>,
    /// The place below which people are.
    pub user_base: String,
    /// Which entries are people, as a filter of RFC 4515.
    #[serde(default = "person")]
    pub user_filter: String,
    /// Where a person's entry has what.
    #[serde(default)]
    pub attributes: EntryAttributes,
    /// How groups are searched for. Groups that a person's entry names in `memberOf` count without it.
    #[serde(default)]
    pub groups: Option<GroupSearch>,
    /// Which groups give which roles. Of several roles on one tenant the first counts.
    #[serde(default)]
    pub roles: Vec<RoleOfGroup>,
    /// Whether people become users of the root tenant, without a role, when no group gives them one.
    #[serde(default)]
    pub create: bool,
}

/// Where a person's entry has what.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EntryAttributes {
    /// What never changes and is never used again for another: `entryUUID`, or `objectGUID` in Active Directory.
    pub subject: String,
    /// What people log in with: `uid`, or `sAMAccountName` in Active Directory.
    pub login: String,
    /// The name to show.
    pub name: String,
    /// The mail address.
    pub email: String,
    /// The telephone number.
    pub phone: String,
}

impl Default for EntryAttributes {
    fn default() -> Self {
        let Attributes { subject, login, name, email, phone } = Attributes::default();
        Self { subject, login, name, email, phone }
    }
}

/// How groups are searched for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GroupSearch {
    /// The place below which groups are.
    pub base: String,
    /// Which entries are groups, as a filter of RFC 4515.
    pub filter: String,
    /// Where a group has its members.
    pub member: String,
    /// What stands there of a member.
    pub member_is: MemberIs,
}

impl Default for GroupSearch {
    fn default() -> Self {
        let Groups { base, filter, member, .. } = Groups::default();
        Self { base, filter, member, member_is: MemberIs::Name }
    }
}

/// What a group has of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberIs {
    /// The distinguished name (`groupOfNames`, Active Directory).
    Name,
    /// The login (`posixGroup`).
    Login,
}

/// What the members of a group may do.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleOfGroup {
    /// The group: a distinguished name, or a plain name. Where people may make groups of their own, only a distinguished name is safe.
    pub group: String,
    /// The role's name, as `tenant.admin`. Those of platform staff are given on the root tenant only.
    pub role: String,
    /// The tenant's path of names or labels, as `/root/shop`; the root tenant without it.
    #[serde(default)]
    pub tenant: String,
}

const fn yes() -> bool {
    true
}

fn person() -> String {
    Settings::default().user_filter
}

/// The variable that may hold the password of a directory's reading account.
fn variable(name: &str) -> String {
    format!("TENANTRY_DIRECTORY_{}_PASSWORD", name.to_uppercase().replace('-', "_"))
}

/// The directories of the configuration, in their order. Nothing is dialled yet; every connection will go through the guard.
///
/// # Errors
/// That name the directory and the key that is wrong, and no password.
pub fn all(configured: &[Directory], guard: &Guard) -> anyhow::Result<Vec<Configured>> {
    let mut made: Vec<Configured> = Vec::new();
    for directory in configured {
        let name = &directory.name;
        check_name("directory.name", name)?;
        ensure!(made.iter().all(|d| d.origin.name != *name), "directory.name: two directories are called '{name}'");
        let password = std::env::var(variable(name)).ok();
        made.push(open(directory, password, guard).with_context(|| format!("directory '{name}'"))?);
    }
    Ok(made)
}

/// Whether people's origin can be called so.
pub(crate) fn check_name(key: &str, name: &str) -> anyhow::Result<()> {
    let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    ensure!(
        (1..=63).contains(&name.len()) && name.chars().all(ok) && name != "local",
        "{key}: '{name}' must be 1 to 63 lower-case letters, digits or '-', and not 'local'"
    );
    Ok(())
}

/// What a directory or a provider is called, and what its groups give.
pub(crate) fn origin(kind: OriginKind, name: &str, roles: &[RoleOfGroup], create: bool) -> anyhow::Result<Origin> {
    let roles = roles.iter().map(role).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Origin { name: name.to_owned(), kind, roles, create })
}

/// The text of a file that a key names.
pub(crate) fn read(key: &'static str, file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{key}: the file {} cannot be read", file.display()))
}

fn open(directory: &Directory, password: Option<String>, guard: &Guard) -> anyhow::Result<Configured> {
    let origin = origin(OriginKind::Directory, &directory.name, &directory.roles, directory.create)?;
    let bind_password = match (password, &directory.bind_password_file) {
        (Some(password), _) => password,
        (None, Some(file)) => read("bind_password_file", file)?.trim_end_matches(['\r', '\n']).to_owned(),
        (None, None) if directory.bind_dn.is_empty() => String::new(),
        (None, None) => {
            bail!("bind_password_file: 'bind_dn' needs a password, in this file or in {}", variable(&directory.name))
        }
    };
    let EntryAttributes { subject, login, name, email, phone } = directory.attributes.clone();
    let groups = directory.groups.clone().map(|groups| Groups {
        base: groups.base,
        filter: groups.filter,
        member: groups.member,
        member_is: match groups.member_is {
            MemberIs::Name => Member::Name,
            MemberIs::Login => Member::Login,
        },
    });
    let settings = Settings {
        name: directory.name.clone(),
        url: directory.url.clone(),
        start_tls: directory.start_tls,
        ca_pem: directory.ca_file.as_ref().map(|file| read("ca_file", file)).transpose()?,
        bind_dn: directory.bind_dn.clone(),
        bind_password,
        user_base: directory.user_base.clone(),
        user_filter: directory.user_filter.clone(),
        attributes: Attributes { subject, login, name, email, phone },
        groups,
    };
    let ldap = Ldap::new(settings, guard).map_err(|e| anyhow::anyhow!(e.message))?;
    Ok(Configured { origin, directory: Arc::new(ldap) })
}

fn role(entry: &RoleOfGroup) -> anyhow::Result<GroupRole> {
    let role: Role = entry.role.parse().map_err(|e: tenantry_domain::Error| anyhow::anyhow!("roles.role: {}", e.message))?;
    ensure!(!entry.group.trim().is_empty(), "roles.group: a group must be named");
    let path: Vec<&str> = entry.tenant.split('/').filter(|part| !part.is_empty()).collect();
    ensure!(
        path.first().is_none_or(|first| *first == "root"),
        "roles.tenant: '{}' must be a path from the root tenant down, as /root/shop",
        entry.tenant
    );
    ensure!(
        !role.is_staff() || path.len() <= 1,
        "roles.role: {role} is given on the root tenant only: leave roles.tenant out, or take tenant.admin or team.member"
    );
    Ok(GroupRole { group: entry.group.clone(), role: entry.role.clone(), tenant: entry.tenant.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    const GOOD: &str = r#"[[directory]]
name = "staff"
url = "ldaps://ldap.example.org"
bind_dn = "cn=reader,dc=example,dc=org"
bind_password_file = "PASSWORD"
user_base = "ou=people,dc=example,dc=org"
groups = { base = "ou=groups,dc=example,dc=org" }
roles = [{ group = "cn=admins,ou=groups,dc=example,dc=org", role = "system.admin" }]
"#;

    /// What the server makes of a file, or what it says is wrong.
    fn made(text: &str) -> Result<Vec<Configured>, String> {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        std::fs::write(&password, "the-readers-password\n").unwrap();
        let file = folder.path().join("t.toml");
        std::fs::write(&file, text.replace("PASSWORD", password.to_str().unwrap())).unwrap();
        let config = Config::load(Some(&file)).map_err(|e| format!("{e:#}"))?;
        all(&config.directory, &Guard::new::<&str>(&[]).unwrap()).map_err(|e| format!("{e:#}"))
    }

    #[test]
    fn a_directory_is_made_of_what_the_file_says() {
        let made = made(&format!("{GOOD}create = true\n{}", GOOD.replace("staff", "partners"))).unwrap();
        assert_eq!(
            made.iter().map(|d| (d.origin.name.as_str(), d.origin.create)).collect::<Vec<_>>(),
            [("staff", true), ("partners", false)]
        );
        assert_eq!(made[0].origin.roles[0].role, "system.admin");
    }

    #[test]
    fn what_is_wrong_is_named_and_no_password_is_repeated() {
        for (from, to, part) in [
            ("\"staff\"", "\"Staff\"", "directory.name"),
            ("\"staff\"", "\"local\"", "directory.name"),
            ("user_base =", "user_bas =", "user_bas"),
            ("ldaps://ldap", "https://ldap", "url"),
            ("PASSWORD", "/nowhere/at-all", "bind_password_file"),
            ("bind_password_file = \"PASSWORD\"\n", "", "bind_password_file"),
            ("system.admin", "owner", "roles.role"),
            ("role = \"system.admin\"", "role = \"system.admin\", tenant = \"/root/shop\"", "roles.role"),
            ("role = \"system.admin\"", "role = \"tenant.admin\", tenant = \"shop\"", "roles.tenant"),
            ("group = \"cn=admins,ou=groups,dc=example,dc=org\"", "group = \" \"", "roles.group"),
            ("bind_dn", "ca_file = \"/nowhere/ca.pem\"\nbind_dn", "ca_file"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD, "{from}");
            let error = made(&text).err().unwrap_or_else(|| panic!("{to} is taken"));
            assert!(error.contains(part) && !error.contains("the-readers-password"), "{part}: {error}");
        }
        let twice = made(&format!("{GOOD}{GOOD}")).err().unwrap_or_default();
        assert!(twice.contains("two directories are called 'staff'"), "{twice}");
    }

    #[test]
    fn the_variable_of_a_password_has_the_directorys_name() {
        assert_eq!(variable("staff-eu"), "TENANTRY_DIRECTORY_STAFF_EU_PASSWORD");
    }
}
