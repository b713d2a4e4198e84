//! Secrets at rest: XChaCha20-Poly1305 with a key from a file or the environment. Each secret is bound to the row that it
//! belongs to, so that one cannot be moved to another row.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use tenantry_domain::{Clock, Error, Result};

/// The key, in memory alone.
#[derive(Clone)]
pub struct Vault {
    cipher: XChaCha20Poly1305,
}

impl Vault {
    /// A vault with this key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(key.into()) }
    }

    /// Encrypts `secret` for the row named `row`.
    ///
    /// # Errors
    /// Never in practice.
    pub fn seal(&self, clock: &dyn Clock, row: &str, secret: &str) -> Result<String> {
        let mut nonce = [0; 24];
        clock.random(&mut nonce);
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: secret.as_bytes(), aad: row.as_bytes() })
            .map_err(|_| Error::internal("a secret could not be sealed"))?;
        Ok(BASE64.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Decrypts what [`Vault::seal`] made for the same row.
    ///
    /// # Errors
    /// With another key, for another row, or when it was changed.
    pub fn open(&self, row: &str, sealed: &str) -> Result<String> {
        let wrong = || Error::internal("a stored secret cannot be decrypted: the key is not the one that it was stored with");
        let bytes = BASE64.decode(sealed).map_err(|_| wrong())?;
        let (nonce, sealed) = bytes.split_at_checked(24).ok_or_else(wrong)?;
        let nonce: [u8; 24] = nonce.try_into().map_err(|_| wrong())?;
        let secret = self.cipher.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: row.as_bytes() }).map_err(|_| wrong())?;
        String::from_utf8(secret).map_err(|_| wrong())
    }
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
        let vault = Vault::new(&[1; 32]);
        let sealed = vault.seal(&Still, "datacenter/1", "token").unwrap();
        assert_eq!(vault.open("datacenter/1", &sealed).unwrap(), "token");
        assert!(vault.open("datacenter/2", &sealed).is_err());
        assert!(Vault::new(&[2; 32]).open("datacenter/1", &sealed).is_err());
        assert!(!sealed.contains("token"));
    }
}
