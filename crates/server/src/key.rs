//! The key for secrets at rest: 32 random bytes in a file that only its owner reads, as 64 hex digits.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;
use tenantry_domain::Clock;
use tenantry_store::Vault;

/// Reads the key, or makes it when the file is not there.
pub(crate) fn load(file: &Path, clock: &dyn Clock) -> anyhow::Result<Vault> {
    if !file.exists() {
        let mut key = [0; 32];
        clock.random(&mut key);
        let mut new = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(file)
            .with_context(|| format!("cannot write {}", file.display()))?;
        new.write_all(hex::encode(key).as_bytes())?;
        new.sync_all()?;
    }
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut key = [0; 32];
    hex::decode_to_slice(text.trim(), &mut key)
        .map_err(|_| anyhow::anyhow!("{} must hold 64 hex digits: the key for secrets at rest", file.display()))?;
    Ok(Vault::new(&key))
}
