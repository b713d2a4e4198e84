//! The OpenAPI document is whole, and docs/compat/ocmanager.md says of every operation which test proves it.

use tenantry_dialect_ocmanager::operations;
use tenantry_testkit::documents::{Compat, described, is_whole};

use crate::app::{App, BASE};

const COMPAT: Compat = Compat {
    table: include_str!("../../../../../docs/compat/ocmanager.md"),
    base: BASE,
    files: &[
        ("sessions", include_str!("sessions.rs")),
        ("users", include_str!("users.rs")),
        ("access", include_str!("access.rs")),
        ("roles", include_str!("roles.rs")),
        ("tenants", include_str!("tenants.rs")),
        ("links", include_str!("links.rs")),
    ],
    calls: &[],
};

#[test]
fn every_operation_has_a_row_that_names_a_test_which_calls_it() {
    COMPAT.every_operation_is_proven(operations::ALL);
    COMPAT.every_number_has_a_row('D', 1..=48, operations::ALL);
}

#[tokio::test]
async fn the_document_describes_every_field_of_every_operation() {
    let app = App::start().await;
    is_whole(&app.document, operations::ALL, &["login", "get_proxy_user"]);
    assert_eq!(app.document["components"]["securitySchemes"]["session"]["name"], "token");
    for operation in operations::ALL {
        let answer = &described(&app.document, operation)["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(answer["$ref"].is_string() || answer["items"].is_object(), "{}: {answer}", operation.id);
    }
}
