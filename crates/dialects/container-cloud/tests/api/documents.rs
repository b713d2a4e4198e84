//! The OpenAPI document is whole, and docs/compat/container-cloud.md says of every operation which test proves it.

use tenantry_dialect_container_cloud::{Options, operations};
use tenantry_testkit::documents::{Compat, described, is_whole};

use crate::app::App;

const COMPAT: Compat = Compat {
    table: include_str!("../../../../../docs/compat/container-cloud.md"),
    base: "",
    files: &[
        ("organizations", include_str!("organizations.rs")),
        ("users", include_str!("users.rs")),
        ("datacenters", include_str!("datacenters.rs")),
        ("quotas", include_str!("quotas.rs")),
        ("dcquotas", include_str!("dcquotas.rs")),
        ("rbds", include_str!("rbds.rs")),
        ("deployments", include_str!("deployments.rs")),
        ("images", include_str!("images.rs")),
        ("namespace_admin", include_str!("namespace_admin.rs")),
    ],
    calls: &[],
};

#[test]
fn every_operation_has_a_row_that_names_a_test_which_calls_it() {
    COMPAT.every_operation_is_proven(operations::ALL);
}

#[tokio::test]
async fn the_document_describes_every_field_of_every_operation() {
    let app = App::empty(Options::default()).await;
    is_whole(&app.document, operations::ALL, &["create_session"]);
    for operation in operations::ALL {
        let envelope = &described(&app.document, operation)["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(envelope["allOf"][0]["$ref"], "#/components/schemas/Envelope", "{}", operation.id);
        assert!(envelope["allOf"][1]["properties"]["data"].is_object(), "{}", operation.id);
    }
}
