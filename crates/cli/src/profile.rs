//! Profiles: which servers there are, and who is logged in to each. The file holds tokens, so only its owner may read it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tenantry_client::Secret;

use crate::exit::Failure;
use crate::terminal::Terminal;

/// The profile that is used when none is named.
pub(crate) const DEFAULT: &str = "default";

/// The file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Profiles {
    /// The profile in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    /// The profiles by name.
    #[serde(default)]
    pub(crate) profiles: BTreeMap<String, Profile>,
    #[serde(skip)]
    path: PathBuf,
}

/// A server, and the session there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Profile {
    /// The server's URL.
    pub(crate) server: String,
    /// Who logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) username: Option<String>,
    /// The session's token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<Secret>,
    /// A PEM file with the server's certificate authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<PathBuf>,
}

impl Profiles {
    /// Reads the file; without one there are no profiles.
    pub(crate) fn load(terminal: &Terminal) -> Result<Self, Failure> {
        let env = |name: &str| (terminal.env)(name);
        let folder = env("XDG_CONFIG_HOME").map(PathBuf::from).or_else(|| env("HOME").map(|home| Path::new(&home).join(".config")));
        let path = env("TENANTRY_PROFILES").map(PathBuf::from).or_else(|| folder.map(|f| f.join("tenantry/profiles.toml")));
        let Some(path) = path else { return Ok(Self::default()) };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::local(format!("{} can't be read: {error}", path.display()))),
        };
        // the error of the parser would quote the line, and a token with it
        let read: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
            Failure::local(format!("{} is not a file of profiles: {} (line {line})", path.display(), error.message()))
        })?;
        Ok(Self { path, ..read })
    }

    /// Writes the file whole, readable by its owner alone.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::local(format!("{} can't be written: {error}", self.path.display()));
        let folder = self.path.parent().filter(|f| !f.as_os_str().is_empty());
        let Some(folder) = folder else {
            return Err(Failure::local("there is no place for profiles: neither XDG_CONFIG_HOME nor HOME is set"));
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let text = toml::to_string_pretty(self).map_err(|e| Failure::local(e.to_string()))?;
        // a temporary file of this kind is made with mode 0600
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&self.path).map_err(|e| failed(e.error))?;
        Ok(())
    }

    /// The name of the profile to use.
    pub(crate) fn chosen(&self, asked: Option<&str>) -> String {
        asked.or(self.current.as_deref()).unwrap_or(DEFAULT).to_owned()
    }
}

/// Whether two texts name the same server.
pub(crate) fn same_server(one: &str, other: &str) -> bool {
    one.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'))
}
