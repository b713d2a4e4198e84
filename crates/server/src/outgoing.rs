//! Where Tenantry may connect to on a caller's word: the guard, with what the configuration allows beyond the default.

use anyhow::Context as _;
use tenantry_driver_api::Guard;

use crate::config::Outgoing;

/// The guard that every connection to a peer goes through.
///
/// # Errors
/// That name the entry of `outgoing.allow` that is no network.
pub fn guard(config: &Outgoing) -> anyhow::Result<Guard> {
    Guard::new(&config.allow).context("outgoing.allow")
}

#[cfg(test)]
mod tests {
    use tenantry_driver_api::Purpose;

    use super::*;

    #[test]
    fn what_the_configuration_lists_is_allowed_and_what_is_no_network_is_named() {
        let loopback = "127.0.0.1".parse().unwrap();
        assert!(guard(&Outgoing::default()).unwrap().permit("peer", loopback, Purpose::Datacenter).is_err());
        let open = guard(&Outgoing { allow: vec!["127.0.0.0/8".to_owned()] }).unwrap();
        assert!(open.permit("peer", loopback, Purpose::Datacenter).is_ok());
        let error = format!("{:#}", guard(&Outgoing { allow: vec!["10.0.0.0/99".to_owned()] }).unwrap_err());
        assert!(error.contains("outgoing.allow") && error.contains("10.0.0.0/99"), "{error}");
    }
}
