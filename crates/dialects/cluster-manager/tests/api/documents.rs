//! The OpenAPI document is whole, and docs/compat/cluster-manager.md says of every operation whether it is there and which test proves it.

use serde_json::Value;
use tenantry_dialect_cluster_manager::operations;

use crate::app::App;

const COMPAT: &str = include_str!("../../../../../docs/compat/cluster-manager.md");
/// The files with the tests of groups of operations.
const FILES: [(&str, &str); 2] = [("tokens", include_str!("tokens.rs")), ("logs", include_str!("logs.rs"))];

#[test]
fn every_operation_of_the_document_has_a_row() {
    let rows: Vec<&str> = COMPAT.lines().filter(|l| l.starts_with("| E")).collect();
    for number in 0..=35 {
        let rows: Vec<&&str> = rows.iter().filter(|r| r.starts_with(&format!("| E{number:02} |"))).collect();
        assert_eq!(rows.len(), 1, "E{number:02}");
        let done = operations::ALL.iter().any(|o| o.group == format!("E{number:02}"));
        assert_eq!(rows[0].split('|').nth(3).unwrap().trim(), if done { "yes" } else { "not yet" }, "{}", rows[0]);
    }
}

#[test]
fn every_operation_that_is_there_names_a_test_which_calls_it() {
    for operation in operations::ALL {
        let start = format!("| {} | `{} {}` |", operation.group, operation.method, operation.path);
        let row = COMPAT.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row '{start}'"));
        let named = row.split('|').nth(4).unwrap().split('`').skip(1).step_by(2).collect::<Vec<_>>();
        assert!(!named.is_empty(), "{row}");
        for name in named {
            let (file, test) = name.split_once("::").unwrap();
            let text = FILES.iter().find(|f| f.0 == file).unwrap_or_else(|| panic!("no file {file}: {row}")).1;
            let body = text.split(&format!("async fn {test}()")).nth(1).unwrap_or_else(|| panic!("no test {name}: {row}"));
            let body = body.split("#[tokio::test]").next().unwrap();
            assert!(body.contains(operation.path) || body.contains("app.logs("), "{name} does not call {}", operation.id);
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
    let app = App::start().await;
    let document = &app.document;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["paths"].as_object().unwrap().len(), operations::ALL.len());
    for operation in operations::ALL {
        let described = &document["paths"][operation.path][operation.method.to_lowercase()];
        assert_eq!(described["operationId"], operation.id);
        let envelope = &described["responses"]["200"]["content"]["application/json"]["schema"]["properties"];
        assert!(envelope["success"].is_object() && envelope["data"].is_object(), "{}", operation.id);
        assert_eq!(described.get("security").is_some(), operation.id == "create_token", "{}: all but the login take a token", operation.id);
        for field in operation.takes {
            let schema = &described["requestBody"]["content"]["application/json"]["schema"]["properties"][field.name];
            assert!(schema["description"].as_str().is_some_and(|d| !d.is_empty()), "{} {}", operation.id, field.name);
        }
        assert_eq!(described["parameters"].as_array().map_or(0, Vec::len), operation.asks.len(), "{}", operation.id);
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
