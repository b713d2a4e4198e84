//! The OpenAPI document is whole, and docs/compat/openstack-portal.md says of every operation which test proves it.

use serde_json::Value;
use tenantry_dialect_openstack_portal::operations;

use crate::app::App;

/// The files with the tests of groups of operations.
const FILES: [(&str, &str); 4] = [
    ("sessions", include_str!("sessions.rs")),
    ("tenants", include_str!("tenants.rs")),
    ("groups", include_str!("groups.rs")),
    ("users", include_str!("users.rs")),
];

const TABLE: &str = include_str!("../../../../../docs/compat/openstack-portal.md");

#[test]
fn every_operation_has_a_row_that_names_a_test_which_calls_it() {
    for operation in operations::ALL {
        let start = format!("| {} | `{} {}` |", operation.group, operation.method, operation.path);
        let row = TABLE.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row '{start}'"));
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[3], "yes", "{row}");
        let named = cells[4].split('`').skip(1).step_by(2).collect::<Vec<_>>();
        assert!(!named.is_empty(), "{row}");
        for name in named {
            let (file, test) = name.split_once("::").unwrap();
            let text = FILES.iter().find(|f| f.0 == file).unwrap_or_else(|| panic!("no file {file}: {row}")).1;
            let body = text.split(&format!("async fn {test}()")).nth(1).unwrap_or_else(|| panic!("no test {name}: {row}"));
            let body = body.split("#[tokio::test]").next().unwrap();
            let called = body.contains(&format!("\"{}\"", operation.id)) || body.contains(operation.path);
            assert!(called, "{name} does not call {}", operation.id);
        }
    }
}

#[test]
fn every_operation_of_the_document_has_a_row() {
    for number in 1..=52 {
        let start = format!("| C{number:02} | ");
        let row = TABLE.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row '{start}'"));
        let there = operations::ALL.iter().any(|o| start.contains(o.group));
        let done = row.split('|').nth(3).unwrap().trim();
        assert_eq!(done, if there { "yes" } else { "not yet" }, "{row}");
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
    let app = App::start().await;
    let document = &app.document;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for operation in operations::ALL {
        let described = &document["paths"][operation.path][operation.method.to_lowercase()];
        assert_eq!(described["operationId"], operation.id);
        let answer = described["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].as_str().unwrap();
        assert_eq!(answer, format!("#/components/schemas/{}", operation.gives.name), "{}", operation.id);
        assert_eq!(described["responses"]["default"]["$ref"], "#/components/responses/Refusal", "{}", operation.id);
        let open = described.get("security").is_some();
        assert_eq!(open, operation.id == "create_session", "{}: all but the login take a token", operation.id);
        let parameters = described["parameters"].as_array().cloned().unwrap_or_default();
        let in_body = matches!(operation.method, "POST" | "PUT");
        let queried = if in_body { 0 } else { operation.takes.len() };
        assert_eq!(parameters.len(), operation.path.matches('{').count() + queried, "{}", operation.id);
        for field in operation.takes {
            let required = operation.required.contains(&field.name);
            if in_body {
                for kind in ["application/json", "application/x-www-form-urlencoded"] {
                    let schema = &described["requestBody"]["content"][kind]["schema"];
                    assert!(!schema["properties"][field.name]["description"].as_str().unwrap().is_empty(), "{}", field.name);
                    let listed = schema["required"].as_array().is_some_and(|r| r.iter().any(|name| name == field.name));
                    assert_eq!(listed, required, "{} {}", operation.id, field.name);
                }
            } else {
                let parameter = parameters.iter().find(|p| p["name"] == field.name).unwrap();
                assert_eq!((&parameter["in"], &parameter["required"]), (&"query".into(), &required.into()), "{}", field.name);
                assert!(!parameter["description"].as_str().unwrap().is_empty(), "{}", field.name);
            }
        }
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
