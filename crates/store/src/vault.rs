//! Secrets at rest: XChaCha20-Poly1305 with keys from a file or the environment. Each secret is bound to the row that it
//! belongs to, so that one cannot be moved to another row, and names its key: `<id of the key>:<base64>`.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};
use tenantry_domain::{Clock, Error, Result};

/// The keys, in memory alone. Clones share them. Any of them opens; which of them seals, the database says ([`crate::keys`]).
#[derive(Clone)]
pub struct Vault(Arc<RwLock<Vec<Key>>>);

#[derive(Clone)]
struct Key {
    id: String,
    cipher: XChaCha20Poly1305,
}

/// The id of a key: 16 hex digits of a hash of it, so that it says which key it is and nothing of the key.
#[must_use]
pub fn key_id(key: &[u8; 32]) -> String {
    let hash = Sha256::new_with_prefix(b"tenantry key id").chain_update(key).finalize();
    hash.iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Vault {
    /// A vault with this key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self::of(&[*key])
    }

    /// A vault with these keys. The first is the one that a database without any begins with.
    #[must_use]
    pub fn of(keys: &[[u8; 32]]) -> Self {
        let vault = Self(Arc::default());
        vault.learn(keys);
        vault
    }

    /// Adds those of the keys that are not known yet.
    pub fn learn(&self, keys: &[[u8; 32]]) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            let id = key_id(key);
            if known.iter().all(|k| k.id != id) {
                known.push(Key { id, cipher: XChaCha20Poly1305::new(key.into()) });
            }
        }
    }

    /// The ids of the keys.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.keys().into_iter().map(|k| k.id).collect()
    }

    fn keys(&self) -> Vec<Key> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Encrypts `secret` for the row named `row`.
    ///
    /// # Errors
    /// When the key is not one of these.
    pub fn seal(&self, key: &str, clock: &dyn Clock, row: &str, secret: &str) -> Result<String> {
        let unknown = || Error::internal(format!("secrets are sealed with the key {key}, which this server does not have"));
        let key = self.keys().into_iter().find(|k| k.id == key).ok_or_else(unknown)?;
        let mut nonce = [0; 24];
        clock.random(&mut nonce);
        let sealed = key
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: secret.as_bytes(), aad: row.as_bytes() })
            .map_err(|_| Error::internal("a secret could not be sealed"))?;
        Ok(format!("{}:{}", key.id, BASE64.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// Decrypts what [`Vault::seal`] made for the same row.
    ///
    /// # Errors
    /// With another key, for another row, or when it was changed.
    pub fn open(&self, row: &str, sealed: &str) -> Result<String> {
        let keys = self.keys();
        // what was sealed before keys had ids names none: any may be its key
        let Some((id, sealed)) = sealed.split_once(':') else {
            return keys.iter().find_map(|key| open(key, row, sealed)).ok_or_else(|| wrong(row));
        };
        let key = keys.iter().find(|k| k.id == id);
        let key = key
            .ok_or_else(|| Error::internal(format!("the secret of {row} is sealed with the key {id}, which this server does not have")))?;
        open(key, row, sealed).ok_or_else(|| wrong(row))
    }
}

fn wrong(row: &str) -> Error {
    Error::internal(format!("the stored secret of {row} cannot be decrypted: it was changed, or is not the one of this row"))
}

fn open(key: &Key, row: &str, sealed: &str) -> Option<String> {
    let bytes = BASE64.decode(sealed).ok()?;
    let (nonce, sealed) = bytes.split_at_checked(24)?;
    let nonce: [u8; 24] = nonce.try_into().ok()?;
    let secret = key.cipher.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: row.as_bytes() }).ok()?;
    String::from_utf8(secret).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenantry_domain::{Timestamp, Uid};

    struct Still;
    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp(0)
        }
        fn uid(&self) -> Uid {
            Uid("00000000-0000-7000-8000-000000000000".parse().unwrap())
        }
        fn random(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn a_secret_opens_only_with_its_key_and_in_its_row() {
        let (key, other) = ([1; 32], [2; 32]);
        let vault = Vault::new(&key);
        let sealed = vault.seal(&key_id(&key), &Still, "datacenter/1", "token").unwrap();
        assert_eq!(vault.open("datacenter/1", &sealed).unwrap(), "token");
        assert!(vault.open("datacenter/2", &sealed).is_err());
        assert!(Vault::new(&other).open("datacenter/1", &sealed).is_err());
        assert!(!sealed.contains("token"));
        let moved = sealed.replace(&key_id(&key), &key_id(&other));
        assert!(Vault::of(&[key, other]).open("datacenter/1", &moved).is_err());
    }

    #[test]
    fn a_secret_names_its_key_and_one_of_before_is_opened_by_any() {
        let (key, other) = ([1; 32], [2; 32]);
        let vault = Vault::of(&[other, key]);
        let sealed = vault.seal(&key_id(&key), &Still, "r", "token").unwrap();
        let (named, rest) = sealed.split_once(':').unwrap();
        assert_eq!(named, key_id(&key));
        assert_eq!(vault.open("r", rest).unwrap(), "token");
        assert!(Vault::new(&other).open("r", rest).is_err());
        assert!(Vault::new(&other).seal(&key_id(&key), &Still, "r", "token").is_err(), "with a key that it does not have");
    }

    #[test]
    fn clones_share_what_is_learnt() {
        let vault = Vault::new(&[1; 32]);
        vault.clone().learn(&[[1; 32], [2; 32]]);
        assert_eq!(vault.ids(), [key_id(&[1; 32]), key_id(&[2; 32])]);
        assert_ne!(key_id(&[1; 32]), key_id(&[2; 32]));
    }
}
