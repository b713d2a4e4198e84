//! The mail server: what an operator says of it (`[mail]`), and the driver made of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenantry_driver_api::{Guard, Mailer};
use tenantry_driver_mail::{Settings, Smtp};

use crate::Config;

/// The longest that a mail may take: less than a step of the reconciler.
const LONGEST_S: u64 = 40;
/// The variable that may hold the password.
const PASSWORD: &str = "TENANTRY_MAIL_PASSWORD";

/// The server that takes mail, for links that set a new password.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Its name, which its certificate must be for, or its address. No mail is sent without it.
    pub host: Option<String>,
    /// Its port: 587 as a rule, or 465 with `security = "tls"`.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// A PEM file with certificate authorities that are believed beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The account; empty when the server wants none.
    pub username: String,
    /// The file with its password. The variable `TENANTRY_MAIL_PASSWORD` holds the password instead when it is set.
    pub password_file: Option<PathBuf>,
    /// Who mails are from, as `Cloud <cloud@example.org>`.
    pub from: String,
    /// How long a mail may take, in seconds; 40 at most.
    pub timeout_s: u64,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            host: None,
            port: 587,
            security: Security::Starttls,
            ca_file: None,
            username: String::new(),
            password_file: None,
            from: String::new(),
            timeout_s: 20,
        }
    }
}

/// How the connection to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// It turns to TLS before anything is said; a server that cannot is not talked to.
    Starttls,
    /// The same where the server offers it. Who sits between can take the offer away: then mails go as they are, and no password is sent.
    Opportunistic,
    /// It is TLS from its first byte.
    Tls,
    /// It is not. Passwords and mails go over the wire as they are.
    None,
}

/// The mail server of the configuration, if there is one. Nothing is dialled yet; every connection will go through the guard.
///
/// # Errors
/// That name the key that is wrong, and no password.
pub fn of(config: &Config, guard: &Guard) -> anyhow::Result<Option<Arc<dyn Mailer>>> {
    let Some(host) = &config.mail.host else { return Ok(None) };
    let url = config.public_url()?.context("server.public_url: mail needs it, since the links in mails lead there")?;
    let smtp = open(host, &config.mail, std::env::var(PASSWORD).ok(), &url, guard).context("mail")?;
    Ok(Some(Arc::new(smtp)))
}

fn open(host: &str, mail: &Mail, password: Option<String>, public_url: &str, guard: &Guard) -> anyhow::Result<Smtp> {
    let read = |key: &'static str, file: &PathBuf| {
        std::fs::read_to_string(file).with_context(|| format!("{key}: the file {} cannot be read", file.display()))
    };
    let password = match (password, &mail.password_file) {
        _ if mail.username.is_empty() => String::new(),
        (Some(password), _) => password,
        (None, Some(file)) => read("password_file", file)?.trim_end_matches(['\r', '\n']).to_owned(),
        (None, None) => bail!("password_file: 'username' needs a password, in this file or in {PASSWORD}"),
    };
    let settings = Settings {
        host: host.to_owned(),
        port: mail.port,
        security: match mail.security {
            Security::Starttls => tenantry_driver_mail::Security::StartTls,
            Security::Opportunistic => tenantry_driver_mail::Security::Opportunistic,
            Security::Tls => tenantry_driver_mail::Security::Tls,
            Security::None => tenantry_driver_mail::Security::None,
        },
        ca_pem: mail.ca_file.as_ref().map(|file| read("ca_file", file)).transpose()?,
        username: mail.username.clone(),
        password,
        from: mail.from.clone(),
        hello: own_name(public_url)?,
        limit: Duration::from_secs(mail.timeout_s.clamp(1, LONGEST_S)),
    };
    Smtp::new(settings, guard).map_err(|e| anyhow::anyhow!(e.message))
}

/// What this server is called: the host of the URL that people reach it at.
fn own_name(public_url: &str) -> anyhow::Result<String> {
    let url = url::Url::parse(public_url).context("server.public_url")?;
    Ok(url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"[server]
public_url = "https://cloud.example.org/"

[mail]
host = "smtp.example.org"
username = "cloud"
password_file = "PASSWORD"
from = "Cloud <cloud@example.org>"
"#;

    /// What the server makes of a file, or what it says is wrong.
    fn made(text: &str) -> Result<(Option<String>, bool), String> {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        std::fs::write(&password, "the-mail-password\n").unwrap();
        let file = folder.path().join("t.toml");
        std::fs::write(&file, text.replace("PASSWORD", password.to_str().unwrap())).unwrap();
        let config = Config::load(Some(&file)).map_err(|e| format!("{e:#}"))?;
        let mailer = of(&config, &Guard::new::<&str>(&[]).unwrap()).map_err(|e| format!("{e:#}"))?;
        Ok((config.service().public_url, mailer.is_some()))
    }

    #[test]
    fn a_mail_server_is_made_of_what_the_file_says_and_none_without_a_host() {
        assert_eq!(made(GOOD).unwrap(), (Some("https://cloud.example.org".to_owned()), true));
        assert_eq!(made("").unwrap(), (None, false));
        assert_eq!(own_name("http://10.1.2.3:8080").unwrap(), "10.1.2.3");
        assert_eq!(own_name("http://[::1]:8080").unwrap(), "::1");
    }

    #[test]
    fn what_is_wrong_is_named_and_no_password_is_repeated() {
        for (from, to, part) in [
            ("smtp.example.org", "smtp://smtp.example.org", "host"),
            ("host =", "hots =", "hots"),
            ("PASSWORD", "/nowhere/at-all", "password_file"),
            ("password_file = \"PASSWORD\"\n", "", "password_file"),
            ("Cloud <cloud@example.org>", "nobody", "from"),
            ("from =", "ca_file = \"/nowhere/ca.pem\"\nfrom =", "ca_file"),
            ("from =", "security = \"some\"\nfrom =", "security"),
            ("https://cloud.example.org/", "cloud.example.org", "public_url"),
            ("https://cloud.example.org/", "ftp://cloud.example.org/", "public_url"),
            ("https://cloud.example.org/", "https://admin:secret@cloud.example.org/", "public_url"),
            ("https://cloud.example.org/", "https://cloud.example.org/?a=b", "public_url"),
            ("public_url = \"https://cloud.example.org/\"\n", "", "public_url"),
        ] {
            let text = GOOD.replace(from, to);
            assert_ne!(text, GOOD, "{from}");
            let error = made(&text).err().unwrap_or_else(|| panic!("{to} is taken"));
            assert!(error.contains(part) && !error.contains("the-mail-password"), "{part}: {error}");
        }
    }
}
