//! Which certificates are believed: the system's, and a private authority's when one is given.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};

use crate::{DriverError, DriverErrorKind, Result};

/// What a TLS client needs: the system's authorities, and those of `ca_pem`.
///
/// # Errors
/// `Invalid` for a PEM document that cannot be read or holds no certificate.
pub fn config(ca_pem: Option<&str>) -> Result<ClientConfig> {
    let invalid = |message: String| DriverError::new(DriverErrorKind::Invalid, message);
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = ca_pem {
        let mut found = 0;
        for certificate in rustls_pemfile::certs(&mut pem.as_bytes()) {
            let certificate = certificate.map_err(|e| invalid(format!("the CA certificate cannot be read: {e}")))?;
            roots.add(certificate).map_err(|e| invalid(format!("the CA certificate cannot be used: {e}")))?;
            found += 1;
        }
        if found == 0 {
            return Err(invalid("the CA certificate must be a PEM document".to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(|e| invalid(e.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
