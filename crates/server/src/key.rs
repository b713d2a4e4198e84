//! The keys for secrets at rest: 32 random bytes each, as 64 hex digits. They are in a file that only its owner reads, a line each,
//! or in the environment (`TENANTRY_SECRET_KEY`), separated by commas. Usually there is one; while one takes the place of another
//! there are two, the new one first.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tenantry_domain::Clock;

use crate::Config;

/// A key.
pub(crate) type Key = [u8; 32];

/// The variable that holds the keys when no file does.
pub(crate) const VARIABLE: &str = "TENANTRY_SECRET_KEY";

/// Where the keys are.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// In a file.
    File(PathBuf),
    /// In the environment: the value of [`VARIABLE`].
    Environment(String),
}

impl Source {
    /// Where the configuration says that they are. The environment counts more than a file.
    pub(crate) fn of(config: &Config) -> Self {
        match std::env::var(VARIABLE).ok().filter(|value| !value.trim().is_empty()) {
            Some(value) => Self::Environment(value),
            None => Self::File(config.database.key_file.clone().unwrap_or_else(|| config.server.data_dir.join("secret.key"))),
        }
    }

    /// Reads the keys; a file that is not there is made, with a new key.
    pub(crate) fn load(&self, clock: &dyn Clock) -> anyhow::Result<Vec<Key>> {
        if let Self::File(file) = self
            && !file.exists()
        {
            write_new(file, &text(&[random(clock)]))?;
        }
        self.read()
    }

    /// Reads the keys.
    pub(crate) fn read(&self) -> anyhow::Result<Vec<Key>> {
        match self {
            Self::File(file) => {
                let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
                parse(text.lines(), &file.display().to_string())
            }
            Self::Environment(value) => parse(value.split(','), VARIABLE),
        }
    }
}

/// Puts these keys in the place of those that the file holds, at once or not at all. The file keeps its owner, who may be another than
/// who calls this.
pub(crate) fn replace(file: &Path, keys: &[Key]) -> anyhow::Result<()> {
    // not the link that leads to it
    let file = std::fs::canonicalize(file).with_context(|| format!("cannot read {}", file.display()))?;
    let before = std::fs::metadata(&file)?;
    let new = file.with_extension("new");
    // left over by a crash: nothing refers to it
    let _ = std::fs::remove_file(&new);
    write_new(&new, &text(keys))?;
    std::os::unix::fs::chown(&new, Some(before.uid()), Some(before.gid()))
        .with_context(|| format!("cannot give {} to the owner of {}", new.display(), file.display()))?;
    std::fs::rename(&new, &file).with_context(|| format!("cannot write {}", file.display()))?;
    if let Some(folder) = file.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A new key.
pub(crate) fn random(clock: &dyn Clock) -> Key {
    let mut key = [0; 32];
    clock.random(&mut key);
    key
}

fn text(keys: &[Key]) -> String {
    keys.iter().map(|key| hex::encode(key) + "\n").collect()
}

fn write_new(file: &Path, text: &str) -> anyhow::Result<()> {
    let mut new = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .with_context(|| format!("cannot write {}", file.display()))?;
    new.write_all(text.as_bytes())?;
    new.sync_all()?;
    Ok(())
}

fn parse<'t>(texts: impl Iterator<Item = &'t str>, place: &str) -> anyhow::Result<Vec<Key>> {
    let mut keys = Vec::new();
    for text in texts.map(str::trim).filter(|t| !t.is_empty()) {
        let mut key = [0; 32];
        hex::decode_to_slice(text, &mut key)
            .map_err(|_| anyhow::anyhow!("{place} must hold 64 hex digits: the key for secrets at rest"))?;
        keys.push(key);
    }
    anyhow::ensure!(!keys.is_empty(), "{place} must hold 64 hex digits: the key for secrets at rest");
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;

    #[test]
    fn a_file_is_made_once_read_again_and_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret.key");
        let source = Source::File(file.clone());
        let first = source.load(&SystemClock).unwrap();
        assert_eq!((first.len(), &source.load(&SystemClock).unwrap()), (1, &first));
        let two = [random(&SystemClock), first[0]];
        // a crash has left half a file, and the file is named by a link to it
        std::fs::write(folder.path().join("secret.new"), "12").unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, &two).unwrap();
        assert!(link.is_symlink());
        assert_eq!(source.read().unwrap(), two);
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_is_no_key_is_refused_with_its_place_and_not_its_text() {
        let (one, two) = ("ab".repeat(32), "cd".repeat(32));
        let read = |value: &str| Source::Environment(value.to_owned()).read();
        assert_eq!(read(&format!("{one}, {two}")).unwrap(), [[0xab; 32], [0xcd; 32]]);
        for wrong in [",", "abc", &format!("{one}ff"), &format!("{one},x")] {
            let error = read(wrong).unwrap_err().to_string();
            assert_eq!(error, "TENANTRY_SECRET_KEY must hold 64 hex digits: the key for secrets at rest");
        }
    }
}
