//! What is said of a dialect is true of it: its OpenAPI document is whole, and its table in `docs/compat` names tests that prove each row.

use std::ops::RangeInclusive;

use serde_json::Value;
use tenantry_http::openapi::Operation;

/// A table of `docs/compat`, and the tests that it names.
pub struct Compat {
    /// The text.
    pub table: &'static str,
    /// What its paths leave out.
    pub base: &'static str,
    /// The files of tests, by the names that the table has for them.
    pub files: &'static [(&'static str, &'static str)],
    /// What a test may call instead of an operation's id or path.
    pub calls: &'static [&'static str],
}

impl Compat {
    /// Every operation has a row that says yes, and names tests that call it.
    ///
    /// # Panics
    /// When one has not.
    pub fn every_operation_is_proven<G>(&self, operations: &[Operation<G>]) {
        for operation in operations {
            let path = operation.path.strip_prefix(self.base).expect("the path begins with the base");
            let start = format!("| {} | `{} {path}` | yes |", operation.group, operation.method);
            let row = self.table.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no row '{start}'"));
            let named: Vec<&str> = row.split('|').nth(4).unwrap_or_default().split('`').skip(1).step_by(2).collect();
            assert!(!named.is_empty(), "{row}");
            for name in named {
                let body = self.test(name).unwrap_or_else(|| panic!("no test {name}: {row}"));
                let called = body.contains(&format!("\"{}\"", operation.id)) || body.contains(operation.path);
                assert!(called || self.calls.iter().any(|call| body.contains(call)), "{name} does not call {}", operation.id);
            }
        }
    }

    /// The text of the test `file::name`.
    fn test(&self, name: &str) -> Option<&str> {
        let (file, test) = name.split_once("::")?;
        let text = self.files.iter().find(|f| f.0 == file)?.1;
        text.split(&format!("async fn {test}()")).nth(1)?.split("#[tokio::test]").next()
    }

    /// Every number of the document has one row, which says yes of the operations that are there and of no other.
    ///
    /// # Panics
    /// When one has not.
    pub fn every_number_has_a_row<G>(&self, letter: char, numbers: RangeInclusive<u32>, operations: &[Operation<G>]) {
        for group in numbers.map(|number| format!("{letter}{number:02}")) {
            let start = format!("| {group} |");
            let rows: Vec<&str> = self.table.lines().filter(|line| line.starts_with(&start)).collect();
            assert_eq!(rows.len(), 1, "{group}");
            let there = operations.iter().any(|o| o.group == group);
            assert_eq!(rows[0].split('|').nth(3).map(str::trim) == Some("yes"), there, "{}", rows[0]);
        }
    }
}

/// The document describes every operation, what it takes and what everything holds; all but the `open` ones take a token.
///
/// # Panics
/// When something is missing.
pub fn is_whole<G>(document: &Value, operations: &[Operation<G>], open: &[&str]) {
    let told = |described: &Value| described["description"].as_str().is_some_and(|text| !text.is_empty());
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", document["openapi"]);
    for operation in operations {
        let described = described(document, operation);
        assert_eq!(described["operationId"], operation.id);
        assert_eq!(described.get("security").is_some(), open.contains(&operation.id), "{}: all others take a token", operation.id);
        assert!(described["responses"]["default"]["$ref"].is_string(), "{}", operation.id);
        let body = &described["requestBody"]["content"]["application/json"]["schema"]["properties"];
        let parameters = described["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        let in_query = if body.is_null() { operation.takes.len() } else { 0 } + operation.asks.len();
        assert_eq!(parameters.len(), operation.path.matches('{').count() + in_query, "{}", operation.id);
        let parameter = |name: &str| parameters.iter().find(|p| p["name"] == name && p["in"] == "query");
        for field in operation.takes {
            let found = if body.is_null() { parameter(field.name) } else { body.get(field.name) };
            assert!(found.is_some_and(told), "{} {}", operation.id, field.name);
        }
        for field in operation.asks {
            assert!(parameter(field.name).is_some_and(told), "{} {}", operation.id, field.name);
        }
    }
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    for (name, schema) in schemas {
        for (field, described) in schema["properties"].as_object().into_iter().flatten() {
            assert!(told(described), "{name}.{field} is not described");
        }
    }
    let mut found = Vec::new();
    references(document, &mut found);
    for reference in found {
        assert!(reference.strip_prefix('#').and_then(|place| document.pointer(place)).is_some(), "{reference} leads nowhere");
    }
}

/// What the document says of an operation.
pub fn described<'a, G>(document: &'a Value, operation: &Operation<G>) -> &'a Value {
    &document["paths"][operation.path][operation.method.to_lowercase()]
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
