//! The OpenAPI document is whole, and docs/compat/cluster-manager.md says of every operation whether it is there and which test proves it.

use tenantry_dialect_cluster_manager::operations;
use tenantry_testkit::documents::{Compat, described, is_whole};

use crate::app::App;

const COMPAT: Compat = Compat {
    table: include_str!("../../../../../docs/compat/cluster-manager.md"),
    base: "",
    files: &[("tokens", include_str!("tokens.rs")), ("logs", include_str!("logs.rs"))],
    calls: &["app.logs("],
};

#[test]
fn every_operation_of_the_document_has_a_row() {
    COMPAT.every_number_has_a_row('E', 0..=35, operations::ALL);
}

#[test]
fn every_operation_that_is_there_names_a_test_which_calls_it() {
    COMPAT.every_operation_is_proven(operations::ALL);
}

#[tokio::test]
async fn the_document_describes_every_field_of_every_operation() {
    let app = App::start().await;
    is_whole(&app.document, operations::ALL, &["create_token"]);
    assert_eq!(app.document["paths"].as_object().unwrap().len(), operations::ALL.len());
    for operation in operations::ALL {
        let response = &described(&app.document, operation)["responses"]["200"];
        let envelope = &response["content"]["application/json"]["schema"]["properties"];
        assert!(envelope["success"].is_object() && envelope["data"].is_object(), "{}", operation.id);
    }
}
