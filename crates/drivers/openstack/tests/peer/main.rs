//! A real OpenStack: Keystone, Nova, Neutron, Cinder and Glance. `make test-peers` starts it (peers/openstack).

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod account;
mod cloud;
mod conformance;
mod drift;
mod import;
mod life;
mod project;
mod server;
