//! The OpenAPI document is whole, and docs/compat/container-cloud.md says of every operation which test proves it.

use serde_json::Value;
use tenantry_dialect_container_cloud::{Options, operations};

use crate::app::App;

/// The files with the tests of groups of operations.
const FILES: [(&str, &str); 9] = [
    ("organizations", include_str!("organizations.rs")),
    ("users", include_str!("users.rs")),
    ("datacenters", include_str!("datacenters.rs")),
    ("quotas", include_str!("quotas.rs")),
    ("dcquotas", include_str!("dcquotas.rs")),
    ("rbds", include_str!("rbds.rs")),
    ("deployments", include_str!("deployments.rs")),
    ("images", include_str!("images.rs")),
    ("namespace_admin", include_str!("namespace_admin.rs")),
];

#[test]
fn every_operation_has_a_row_that_names_a_test_which_calls_it() {
    let document = include_str!("../../../../../docs/compat/container-cloud.md");
    for operation in operations::ALL {
        let start = format!("| {} | `{} {}` |", operation.group, operation.method, operation.path);
        let row = document.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row '{start}'"));
        let proof = row.split('|').nth(4).unwrap();
        let named = proof.split('`').skip(1).step_by(2).collect::<Vec<_>>();
        assert!(!named.is_empty(), "{row}");
        for name in named {
            let (file, test) = name.split_once("::").unwrap();
            let text = FILES.iter().find(|f| f.0 == file).unwrap_or_else(|| panic!("no file {file}: {row}")).1;
            let body = text.split(&format!("async fn {test}()")).nth(1).unwrap_or_else(|| panic!("no test {name}: {row}"));
            let body = body.split("#[tokio::test]").next().unwrap();
            assert!(
                body.contains(&format!("\"{}\"", operation.id)) || body.contains(operation.path),
                "{name} does not call {}",
                operation.id
            );
        }
    }
}

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|v| references(v, found));
        }
        Value::Array(items) => items.iter().for_each(|v| references(v, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_describes_every_field_of_every_operation() {
    let app = App::empty(Options::default()).await;
    let document = &app.document;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for operation in operations::ALL {
        let described = &document["paths"][operation.path][operation.method.to_lowercase()];
        assert_eq!(described["operationId"], operation.id);
        let envelope = &described["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(envelope["allOf"][0]["$ref"], "#/components/schemas/Envelope", "{}", operation.id);
        assert!(envelope["allOf"][1]["properties"]["data"].is_object(), "{}", operation.id);
        assert_eq!(
            described.get("security").is_some(),
            operation.id == "create_session",
            "{}: all but the login take a token",
            operation.id
        );
        let body = &described["requestBody"]["content"]["application/json"]["schema"]["properties"];
        for field in operation.takes {
            let schema = &body[field.name];
            assert!(!schema["type"].is_null() || schema["$ref"].is_string(), "{} {}: {schema}", operation.id, field.name);
            assert!(schema["description"].as_str().is_some_and(|d| !d.is_empty()), "{} {}", operation.id, field.name);
        }
        let parameters = described["parameters"].as_array().map_or(0, Vec::len);
        assert_eq!(parameters, operation.path.matches('{').count() + operation.asks.len(), "{}", operation.id);
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (field, described) in schema["properties"].as_object().unwrap() {
            assert!(described["description"].as_str().is_some_and(|d| !d.is_empty()), "{name}.{field} is not described");
        }
    }
    let mut found = Vec::new();
    references(document, &mut found);
    for reference in found {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference} leads nowhere");
    }
}
