//! The OpenAPI document is whole, and docs/compat/openstack-portal.md says of every operation which test proves it.

use tenantry_dialect_openstack_portal::operations;
use tenantry_testkit::documents::{Compat, described, is_whole};

use crate::app::App;

const COMPAT: Compat = Compat {
    table: include_str!("../../../../../docs/compat/openstack-portal.md"),
    base: "",
    files: &[
        ("sessions", include_str!("sessions.rs")),
        ("tenants", include_str!("tenants.rs")),
        ("groups", include_str!("groups.rs")),
        ("users", include_str!("users.rs")),
        ("servers", include_str!("servers.rs")),
        ("commands", include_str!("commands.rs")),
        ("networks", include_str!("networks.rs")),
        ("routers", include_str!("routers.rs")),
        ("volumes", include_str!("volumes.rs")),
        ("offers", include_str!("offers.rs")),
        ("security_groups", include_str!("security_groups.rs")),
        ("addresses", include_str!("addresses.rs")),
    ],
    calls: &[],
};

#[test]
fn every_operation_has_a_row_that_names_a_test_which_calls_it() {
    COMPAT.every_operation_is_proven(operations::ALL);
}

#[test]
fn every_operation_of_the_document_has_a_row() {
    COMPAT.every_number_has_a_row('C', 1..=52, operations::ALL);
}

#[tokio::test]
async fn the_document_describes_every_field_of_every_operation() {
    let app = App::start().await;
    is_whole(&app.document, operations::ALL, &["create_session"]);
    for operation in operations::ALL {
        let described = described(&app.document, operation);
        let answer = described["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
        assert_eq!(answer, format!("#/components/schemas/{}", operation.gives.name), "{}", operation.id);
        assert_eq!(described["responses"]["default"]["$ref"], "#/components/responses/Refusal", "{}", operation.id);
        let contents = &described["requestBody"]["content"];
        assert_eq!(contents["application/x-www-form-urlencoded"], contents["application/json"], "{}", operation.id);
        assert!(!matches!(operation.method, "GET" | "DELETE") || contents.is_null(), "{}", operation.id);
        for field in operation.takes {
            let listed = contents["application/json"]["schema"]["required"].as_array().is_some_and(|r| r.iter().any(|n| n == field.name));
            let mut parameters = described["parameters"].as_array().into_iter().flatten();
            let asked = parameters.any(|p| p["name"] == field.name && p["in"] == "query" && p["required"] == true);
            assert_eq!(listed || asked, operation.required.contains(&field.name), "{} {}", operation.id, field.name);
        }
    }
}
