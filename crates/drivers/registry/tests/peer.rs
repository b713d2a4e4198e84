//! A real registry: TLS with a private CA, a user and a password, paged. `make test-peers` starts it.

#![expect(clippy::unwrap_used, reason = "a failure here is a failed test")]

use tenantry_domain::registry::RegistryConnection;
use tenantry_driver_api::{DriverErrorKind, Guard, Images as _};
use tenantry_driver_registry::Registry;

fn connection() -> Option<RegistryConnection> {
    let Ok(url) = std::env::var("TENANTRY_TEST_REGISTRY") else {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: TENANTRY_TEST_REGISTRY names no registry\n");
        return None;
    };
    let ca = std::fs::read_to_string(std::env::var("TENANTRY_TEST_REGISTRY_CA").unwrap()).unwrap();
    Some(RegistryConnection { name: "test".into(), url, username: "reader".into(), password: "registry-password".into(), ca_pem: Some(ca) })
}

fn loopback() -> Guard {
    Guard::new(&["127.0.0.0/8", "::1"]).unwrap()
}

#[tokio::test]
async fn repositories_are_listed_with_tags_sizes_and_digests_page_by_page() {
    let Some(connection) = connection() else { return };
    let registry = Registry::new(&connection, &loopback()).unwrap();
    let all = registry.images(None, 100).await.unwrap();
    assert_eq!(all.iter().map(|i| i.name.as_str()).collect::<Vec<_>>(), ["base", "tools/web"]);
    assert_eq!(registry.repositories(100).await.unwrap(), ["base", "tools/web"]);
    assert_eq!(registry.repositories(1).await.unwrap(), ["base"]);
    let mut tags: Vec<&str> = all[1].tags.iter().map(|t| t.name.as_str()).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["1.0", "2.0"]);
    assert!(all[1].tags.iter().all(|t| t.size > 30 && t.digest.starts_with("sha256:")), "{all:?}");
    let first = registry.images(None, 1).await.unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(registry.images(Some(&first[0].name), 100).await.unwrap()[0].name, "tools/web");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_authority_are_told_apart() {
    let Some(connection) = connection() else { return };
    let wrong = RegistryConnection { password: "wrong".into(), ..connection.clone() };
    let error = Registry::new(&wrong, &loopback()).unwrap().images(None, 10).await.unwrap_err();
    assert_eq!(error.kind, DriverErrorKind::Unauthorized, "{error}");
    let unknown = RegistryConnection { ca_pem: None, ..connection };
    let error = Registry::new(&unknown, &loopback()).unwrap().images(None, 10).await.unwrap_err();
    assert_eq!(error.kind, DriverErrorKind::Unreachable, "{error}");
    assert!(!error.message.contains("registry-password"));
}
