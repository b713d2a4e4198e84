//! Answers as tables, JSON or YAML. A table is a list of headings and where their values are; nothing else knows the types.
//!
//! The values are kept as YAML's, because those keep the order of their fields.

use std::io::Write;

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use serde_norway::Value;

use crate::exit::Failure;
use crate::global::Format;
use crate::terminal::printable;

/// Headings, and dotted paths to their values.
pub(crate) type Columns = &'static [(&'static str, &'static str)];

/// What a command answers.
#[derive(Debug)]
pub(crate) enum Output {
    /// Objects of one kind.
    List(Vec<Value>, Columns),
    /// One object.
    One(Value),
    /// Text as it is: a kubeconfig, a completion.
    Text(String),
    /// Nothing but what was done, which goes where progress goes.
    Done(String),
}

impl Output {
    /// One object.
    pub(crate) fn one(value: &impl Serialize) -> Result<Self, Failure> {
        to_value(value).map(Self::One)
    }
}

/// As a value that any table can look into.
pub(crate) fn to_value(value: &impl Serialize) -> Result<Value, Failure> {
    serde_norway::to_value(value).map_err(|e| Failure::local(format!("the answer can't be shown: {e}")))
}

/// Writes an answer.
pub(crate) fn write(out: &mut dyn Write, format: Format, output: &Output) -> Result<(), Failure> {
    let text = match (output, format) {
        (Output::Done(_), _) => return Ok(()),
        (Output::Text(text), _) => text.clone(),
        (Output::List(items, columns), Format::Table) => table(items, columns),
        (Output::One(value), Format::Table) => card(value),
        (Output::List(items, _), format) => document(&Value::Sequence(items.clone()), format)?,
        (Output::One(value), format) => document(value, format)?,
    };
    out.write_all(text.as_bytes())?;
    if !text.is_empty() && !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

fn document(value: &Value, format: Format) -> Result<String, Failure> {
    match format {
        Format::Yaml => serde_norway::to_string(value).map_err(|e| Failure::local(e.to_string())),
        Format::Json | Format::Table => serde_json::to_string_pretty(value).map_err(|e| Failure::local(e.to_string())),
    }
}

fn table(items: &[Value], columns: Columns) -> String {
    let rows = items.iter().map(|item| columns.iter().map(|(_, path)| cell(find(item, path))).collect());
    lay_out(std::iter::once(columns.iter().map(|(heading, _)| (*heading).to_owned()).collect()).chain(rows))
}

/// One object: a line for each field, those of inner objects under their path.
fn card(value: &Value) -> String {
    let mut lines = Vec::new();
    flatten("", value, &mut lines);
    lay_out(lines.into_iter())
}

fn flatten(path: &str, value: &Value, lines: &mut Vec<Vec<String>>) {
    match value {
        Value::Mapping(fields) if !fields.is_empty() || path.is_empty() => {
            for (name, value) in fields {
                let name = cell(Some(name));
                let path = if path.is_empty() { name } else { format!("{path}.{name}") };
                flatten(&path, value, lines);
            }
        }
        other => lines.push(vec![path.to_owned(), cell(Some(other))]),
    }
}

fn lay_out(rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn find<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, name| value.get(name))
}

fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(yes)) => (if *yes { "yes" } else { "no" }).to_owned(),
        Some(Value::Number(number)) => number.as_f64().filter(|_| number.is_f64()).map_or_else(|| number.to_string(), |n| n.to_string()),
        Some(Value::Tagged(tagged)) => cell(Some(&tagged.value)),
        Some(Value::Sequence(items)) if items.is_empty() => "-".to_owned(),
        Some(Value::Sequence(items)) => items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(","),
        Some(Value::Mapping(fields)) if fields.is_empty() => "-".to_owned(),
        Some(Value::Mapping(fields)) => match (fields.get("kind"), fields.get("name")) {
            (Some(kind), Some(name)) => format!("{} '{}'", cell(Some(kind)), cell(Some(name))),
            (None, Some(name)) => cell(Some(name)),
            (None, None) if fields.contains_key("address") => cell(fields.get("address")),
            _ => fields.iter().map(|(k, v)| format!("{}={}", cell(Some(k)), cell(Some(v)))).collect::<Vec<_>>().join(" "),
        },
    };
    printable(&text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn yaml(text: &str) -> Value {
        serde_norway::from_str(text).unwrap()
    }

    fn shown(output: &Output, format: Format) -> String {
        let mut out = Vec::new();
        write(&mut out, format, output).unwrap();
        String::from_utf8(out).unwrap()
    }

    const COLUMNS: Columns = &[("ID", "id"), ("NAME", "name"), ("CPU", "quota.cpu"), ("TAGS", "tags"), ("WHY", "reason")];

    fn list() -> Output {
        Output::List(
            vec![
                yaml(r#"{id: 2, name: dev, quota: {cpu: 4.0}, tags: [{name: a}, {name: b}], reason: ""}"#),
                yaml(r#"{id: 10, name: 测试, quota: {cpu: 0.25}, tags: [], reason: "no\e[2J\nroom"}"#),
            ],
            COLUMNS,
        )
    }

    #[test]
    fn a_table_has_its_columns_aligned_and_nothing_that_steers_the_terminal() {
        let expected = "ID  NAME  CPU   TAGS  WHY\n2   dev   4     a,b   -\n10  测试  0.25  -     no\u{fffd}[2J room\n";
        assert_eq!(shown(&list(), Format::Table), expected);
    }

    #[test]
    fn json_and_yaml_keep_everything() {
        let json: serde_json::Value = serde_json::from_str(&shown(&list(), Format::Json)).unwrap();
        assert_eq!(json[1]["reason"], json!("no\u{1b}[2J\nroom"));
        let yaml: serde_json::Value = serde_norway::from_str(&shown(&list(), Format::Yaml)).unwrap();
        assert_eq!(json, yaml);
    }

    #[test]
    fn one_object_is_a_line_for_each_field() {
        let output = Output::One(yaml("{id: 2, quota: {cpu: 4.0, memory_gib: null}, ports: [80, 443], enabled: true}"));
        assert_eq!(
            shown(&output, Format::Table),
            "id                2\nquota.cpu         4\nquota.memory_gib  -\nports             80,443\nenabled           yes\n"
        );
    }

    #[test]
    fn an_empty_list_still_has_its_headings() {
        assert_eq!(shown(&Output::List(vec![], COLUMNS), Format::Table), "ID  NAME  CPU  TAGS  WHY\n");
        assert_eq!(shown(&Output::List(vec![], COLUMNS), Format::Json), "[]\n");
    }
}
