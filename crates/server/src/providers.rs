//! Providers of single sign-on: what an operator says of each (`[[oidc]]`), and the drivers made of it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenantry_domain::{Clock, name};
use tenantry_driver_api::Guard;
use tenantry_driver_oidc::{OpenId, Settings};
use tenantry_service::admission::OriginKind;
use tenantry_service::sign_on::Configured;

use crate::directories::{self, RoleOfGroup};

/// A provider of single sign-on (OpenID Connect). It leads browsers back to `<server.public_url>/api/v2/sign-ons/<name>/callback`, and the
/// command line to `http://127.0.0.1/callback` with any port; both have to be registered there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What it is called in users, addresses, errors, metrics and the audit: lower-case letters, digits and `-`. With another name its users are others.
    pub name: String,
    /// What people read where they log in; the name without it.
    #[serde(default)]
    pub label: String,
    /// The URL that the provider calls itself by, exactly, without `/.well-known`.
    pub issuer: String,
    /// What the provider calls Tenantry.
    pub client_id: String,
    /// The file with the client's secret; none for a public client. The variable `TENANTRY_OIDC_<NAME>_SECRET` holds the secret instead when
    /// it is set (the name in upper case, with `_` for `-`).
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// A PEM file with certificate authorities that are believed beside the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// What is asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Which claim says what of a person.
    #[serde(default)]
    pub claims: Claims,
    /// Which groups give which roles. Of several roles on one tenant the first counts.
    #[serde(default)]
    pub roles: Vec<RoleOfGroup>,
    /// Whether people become users of the root tenant, without a role, when no group gives them one.
    #[serde(default)]
    pub create: bool,
}

/// Which claim says what of a person. A person is known again by `sub` alone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Claims {
    /// What the person is called here.
    pub login: String,
    /// The mail address; it counts only if the provider says `email_verified`.
    pub email: String,
    /// The groups, or the path to them (`realm_access.roles`); empty when groups do not matter.
    pub groups: String,
}

impl Default for Claims {
    fn default() -> Self {
        let Settings { login_claim, email_claim, groups_claim, .. } = Settings::default();
        Self { login: login_claim, email: email_claim, groups: groups_claim }
    }
}

fn scopes() -> Vec<String> {
    Settings::default().scopes
}

/// The variable that may hold the client's secret.
fn variable(name: &str) -> String {
    format!("TENANTRY_OIDC_{}_SECRET", name.to_uppercase().replace('-', "_"))
}

/// The providers of the configuration, in their order. None is asked yet, so that a server starts while one is down.
///
/// # Errors
/// That name the provider and the key that is wrong, and no secret.
pub fn all(configured: &[Provider], public_url: Option<&str>, guard: &Guard, clock: &Arc<dyn Clock>) -> anyhow::Result<Vec<Configured>> {
    let mut made: Vec<Configured> = Vec::new();
    for provider in configured {
        let name = &provider.name;
        directories::check_name("oidc.name", name)?;
        ensure!(made.iter().all(|p| p.origin.name != *name), "oidc.name: two providers are called '{name}'");
        let Some(public_url) = public_url else {
            bail!("server.public_url is missing: provider '{name}' leads browsers back there (https://cloud.example.org)")
        };
        let secret = std::env::var(variable(name)).ok();
        made.push(open(provider, public_url, secret, guard, clock).with_context(|| format!("provider '{name}'"))?);
    }
    Ok(made)
}

fn open(
    provider: &Provider,
    public_url: &str,
    secret: Option<String>,
    guard: &Guard,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Configured> {
    let Provider { name, label, claims, .. } = provider;
    name::check_display("label", if label.is_empty() { name } else { label }, 64).map_err(|e| anyhow::anyhow!(e.message))?;
    ensure!(!claims.login.is_empty() && !claims.email.is_empty(), "claims: 'login' and 'email' must name a claim");
    ensure!(!claims.groups.is_empty() || provider.roles.is_empty(), "claims.groups: 'roles' needs the claim that has the groups");
    let client_secret = match (secret, &provider.client_secret_file) {
        (Some(secret), _) => secret,
        (None, Some(file)) => directories::read("client_secret_file", file)?.trim_end_matches(['\r', '\n']).to_owned(),
        (None, None) => String::new(),
    };
    let settings = Settings {
        name: name.clone(),
        issuer: provider.issuer.clone(),
        client_id: provider.client_id.clone(),
        client_secret,
        ca_pem: provider.ca_file.as_ref().map(|file| directories::read("ca_file", file)).transpose()?,
        scopes: provider.scopes.clone(),
        login_claim: claims.login.clone(),
        email_claim: claims.email.clone(),
        groups_claim: claims.groups.clone(),
    };
    let openid = OpenId::new(settings, guard, Arc::clone(clock)).map_err(|e| anyhow::anyhow!(e.message))?;
    Ok(Configured {
        origin: directories::origin(OriginKind::Provider, name, &provider.roles, provider.create)?,
        label: if label.is_empty() { name.clone() } else { label.clone() },
        redirect_uri: format!("{public_url}/api/v2/sign-ons/{name}/callback"),
        provider: Arc::new(openid),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, SystemClock};

    const GOOD: &str = r#"[server]
public_url = "https://cloud.example.org/"
[[oidc]]
name = "company"
issuer = "https://login.example.org"
client_id = "tenantry"
client_secret_file = "SECRET"
roles = [{ group = "cloud-admins", role = "system.admin" }]
"#;

    /// What the server makes of a file, or what it says is wrong.
    fn made(text: &str) -> Result<Vec<Configured>, String> {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "the-clients-secret\n").unwrap();
        let file = folder.path().join("t.toml");
        std::fs::write(&file, text.replace("SECRET", secret.to_str().unwrap())).unwrap();
        let config = Config::load(Some(&file)).map_err(|e| format!("{e:#}"))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let public_url = config.public_url().map_err(|e| format!("{e:#}"))?;
        all(&config.oidc, public_url.as_deref(), &Guard::new::<&str>(&[]).unwrap(), &clock).map_err(|e| format!("{e:#}"))
    }

    #[test]
    fn a_provider_is_made_of_what_the_file_says() {
        let labelled = GOOD.replace("issuer", "label = \"Company login\"\ncreate = true\nissuer");
        let second = &GOOD[GOOD.find("[[oidc]]").unwrap()..].replace("company", "partners");
        let made = made(&format!("{labelled}{second}")).unwrap();
        let told: Vec<_> = made.iter().map(|p| (p.origin.name.as_str(), p.label.as_str(), p.origin.create)).collect();
        assert_eq!(told, [("company", "Company login", true), ("partners", "partners", false)]);
        assert_eq!(made[0].redirect_uri, "https://cloud.example.org/api/v2/sign-ons/company/callback");
    }

    #[test]
    fn what_is_wrong_is_named_and_no_secret_is_repeated() {
        for (from, to, part) in [
            ("\"company\"", "\"The Company\"", "oidc.name"),
            ("\"company\"", "\"local\"", "oidc.name"),
            ("client_id =", "client =", "client"),
            ("client_id = \"tenantry\"", "client_id = \"\"", "client_id"),
            ("https://login", "ldap://login", "issuer"),
            ("SECRET", "/nowhere/at-all", "client_secret_file"),
            ("system.admin", "owner", "roles.role"),
            ("roles =", "claims = { groups = \"\" }\nroles =", "claims.groups"),
            ("public_url = \"https://cloud.example.org/\"", "", "server.public_url"),
            ("https://cloud.example.org/", "cloud.example.org", "server.public_url"),
            ("https://cloud.example.org/", "https://cloud.example.org/?a", "server.public_url"),
            ("client_secret_file", "ca_file = \"/nowhere/ca.pem\"\nclient_secret_file", "ca_file"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD, "{from}");
            let error = made(&text).err().unwrap_or_else(|| panic!("{to} is taken"));
            assert!(error.contains(part) && !error.contains("the-clients-secret"), "{part}: {error}");
        }
        let twice = made(&format!("{GOOD}{}", &GOOD[GOOD.find("[[oidc]]").unwrap()..])).err().unwrap_or_default();
        assert!(twice.contains("two providers are called 'company'"), "{twice}");
    }

    #[test]
    fn the_variable_of_a_secret_has_the_providers_name() {
        assert_eq!(variable("company-eu"), "TENANTRY_OIDC_COMPANY_EU_SECRET");
    }
}
