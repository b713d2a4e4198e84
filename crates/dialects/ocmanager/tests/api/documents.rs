//! The OpenAPI document is whole, and docs/compat/ocmanager.md says of every operation which test proves it.

use serde_json::Value;
use tenantry_dialect_ocmanager::operations;

use crate::app::App;

/// The files with the tests of groups of operations.
const FILES: [(&str, &str); 6] = [
    ("sessions", include_str!("sessions.rs")),
    ("users", include_str!("users.rs")),
    ("access", include_str!("access.rs")),
    ("roles", include_str!("roles.rs")),
    ("tenants", include_str!("tenants.rs")),
    ("links", include_str!("links.rs")),
];

#[test]
fn every_operation_has_a_row_that_names_a_test_which_calls_it() {
    let document = include_str!("../../../../../docs/compat/ocmanager.md");
    for operation in operations::ALL {
        let start =
            format!("| {} | `{} {}` | yes |", operation.group, operation.method, operation.path.trim_start_matches("/ocmanager/v1/api"));
        let row = document.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row '{start}'"));
        let proof = row.split('|').nth(4).unwrap();
        let named = proof.split('`').skip(1).step_by(2).collect::<Vec<_>>();
        assert!(!named.is_empty(), "{row}");
        for name in named {
            let (file, test) = name.split_once("::").unwrap();
            let text = FILES.iter().find(|f| f.0 == file).unwrap_or_else(|| panic!("no file {file}: {row}")).1;
            let body = text.split(&format!("async fn {test}()")).nth(1).unwrap_or_else(|| panic!("no test {name}: {row}"));
            let body = body.split("#[tokio::test]").next().unwrap();
            assert!(body.contains(&format!("\"{}\"", operation.id)), "{name} does not call {}", operation.id);
        }
    }
    for number in 1..=48 {
        let start = format!("| D{number:02} | ");
        let row = document.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row D{number:02}"));
        let there = operations::ALL.iter().any(|o| o.group == format!("D{number:02}"));
        assert_eq!(row.contains("| yes |"), there, "{row}");
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
    assert_eq!(document["components"]["securitySchemes"]["session"]["name"], "token");
    for operation in operations::ALL {
        let described = &document["paths"][operation.path][operation.method.to_lowercase()];
        assert_eq!(described["operationId"], operation.id);
        let answer = &described["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(answer["$ref"].is_string() || answer["items"].is_object(), "{}: {answer}", operation.id);
        assert!(described["responses"]["default"]["$ref"].is_string(), "{}", operation.id);
        let open = matches!(operation.id, "login" | "get_proxy_user");
        assert_eq!(described.get("security").is_some(), open, "{}: all others take a token", operation.id);
        let body = &described["requestBody"]["content"]["application/json"]["schema"]["properties"];
        for field in operation.takes {
            let schema = &body[field.name];
            assert!(!schema["type"].is_null(), "{} {}: {schema}", operation.id, field.name);
            assert!(schema["description"].as_str().is_some_and(|d| !d.is_empty()), "{} {}", operation.id, field.name);
        }
        let parameters = described["parameters"].as_array().map_or(0, Vec::len);
        assert_eq!(parameters, operation.path.matches('{').count() + operation.asks.len(), "{}", operation.id);
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (field, described) in schema["properties"].as_object().into_iter().flatten() {
            assert!(described["description"].as_str().is_some_and(|d| !d.is_empty()), "{name}.{field} is not described");
        }
    }
    let mut found = Vec::new();
    references(document, &mut found);
    for reference in found {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference} leads nowhere");
    }
}
