//! Lenient in: numbers that come as strings, booleans that come as `"true"` or `1`. For `#[serde(deserialize_with = ..)]`
//! on `Option` fields with `#[serde(default)]`; `null` and an empty string are absent.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tenantry_domain::name::clip;
use tenantry_domain::{Error, ErrorKind, Money};

fn absent(value: &Value) -> bool {
    matches!(value, Value::Null) || value.as_str().is_some_and(|s| s.trim().is_empty())
}

/// Reads a request out of a JSON object.
///
/// # Errors
/// `InvalidArgument` that names the field with a wrong value, or says that it is no object.
pub fn object<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    if !value.is_object() {
        return Err(Error::new(ErrorKind::InvalidArgument, "the body must be a JSON object"));
    }
    serde_path_to_error::deserialize(value).map_err(|e| {
        let (field, what): (String, String) = (clip(&e.path().to_string()), e.inner().to_string().chars().take(200).collect());
        Error::invalid(&field, format!("'{field}' has a wrong value: {what}"))
    })
}

/// An integer as a number or a string.
///
/// # Errors
/// For anything else.
pub fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if absent(&value) {
        return Ok(None);
    }
    read_integer(&value).map(Some).ok_or_else(|| serde::de::Error::custom(format!("{value} is not an integer")))
}

/// An integer from a JSON number or string.
#[must_use]
pub fn read_integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(truncate)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked to be whole and below 2^53")]
const fn truncate(number: f64) -> i64 {
    number as i64
}

/// A number as a number or a string.
///
/// # Errors
/// For anything else, and for numbers that are not finite.
pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if absent(&value) {
        return Ok(None);
    }
    let read = match &value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    read.filter(|n| n.is_finite()).map(Some).ok_or_else(|| serde::de::Error::custom(format!("{value} is not a number")))
}

/// An amount of money as a number or a string.
///
/// # Errors
/// For anything else, and for more than two decimals.
pub fn money<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Money>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if absent(&value) {
        return Ok(None);
    }
    let text = match &value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return Err(serde::de::Error::custom(format!("{value} is not an amount of money"))),
    };
    Money::parse(&text).map(Some).map_err(serde::de::Error::custom)
}

/// A boolean as `true`, `"true"`, `1`, `"1"` and their opposites.
///
/// # Errors
/// For anything else.
pub fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if absent(&value) {
        return Ok(None);
    }
    let read = match &value {
        Value::Bool(b) => Some(*b),
        Value::Number(n) => n.as_i64().and_then(|n| (0..=1).contains(&n).then_some(n == 1)),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    };
    read.map(Some).ok_or_else(|| serde::de::Error::custom(format!("{value} is neither true nor false")))
}

/// A text; a number or a boolean counts as its text.
///
/// # Errors
/// For lists and objects.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(b) => Ok(Some(b.to_string())),
        other => Err(serde::de::Error::custom(format!("{other} is not a text"))),
    }
}

/// A list of integers: as a list of numbers or strings, as JSON in a string, or separated by commas.
///
/// # Errors
/// For anything else.
pub fn integers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<i64>>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if absent(&value) {
        return Ok(None);
    }
    let wrong = || serde::de::Error::custom(format!("{value} is not a list of integers"));
    let items = match &value {
        Value::Array(items) => items.clone(),
        Value::Number(_) => vec![value.clone()],
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(Value::Array(items)) => items,
            Ok(number @ Value::Number(_)) => vec![number],
            _ => text.split(',').map(|t| Value::String(t.to_owned())).collect(),
        },
        _ => return Err(wrong()),
    };
    items.iter().map(read_integer).collect::<Option<Vec<_>>>().map(Some).ok_or_else(wrong)
}

/// A list of texts: as a list of texts or numbers, as JSON in a string, or separated by commas. What is empty is left out.
///
/// # Errors
/// For anything else.
pub fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    if absent(&value) {
        return Ok(None);
    }
    let items = match &value {
        Value::Array(items) => items.clone(),
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(Value::Array(items)) => items,
            _ => text.split(',').map(|t| Value::String(t.to_owned())).collect(),
        },
        other => vec![other.clone()],
    };
    let read = |item: &Value| match item {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let all: Option<Vec<String>> = items.iter().map(read).collect();
    let mut all = all.ok_or_else(|| serde::de::Error::custom(format!("{value} is not a list of texts")))?;
    all.retain(|text| !text.is_empty());
    Ok(Some(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug, PartialEq)]
    struct Wire {
        #[serde(default, deserialize_with = "integer")]
        id: Option<i64>,
        #[serde(default, deserialize_with = "boolean")]
        on: Option<bool>,
        #[serde(default, deserialize_with = "integers")]
        list: Option<Vec<i64>>,
        #[serde(default, deserialize_with = "texts")]
        names: Option<Vec<String>>,
    }

    #[test]
    fn lists_of_texts_are_read_in_every_form() {
        let read = |json: &str| serde_json::from_str::<Wire>(json).map(|w| w.names);
        let full = Some(vec!["a".to_owned(), "2".to_owned()]);
        for form in [r#"{"names":["a",2]}"#, r#"{"names":"a, 2"}"#, r#"{"names":"[\"a\",2]"}"#, r#"{"names":["a","2",""]}"#] {
            assert_eq!(read(form).unwrap(), full, "{form}");
        }
        assert_eq!(read(r#"{"names":""}"#).unwrap(), None);
        assert_eq!(read(r#"{"names":[]}"#).unwrap(), Some(Vec::new()));
        for wrong in [r#"{"names":{}}"#, r#"{"names":[{}]}"#, r#"{"names":[["a"]]}"#, r#"{"names":true}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ids_booleans_and_lists_are_read_in_every_form() {
        let read = |json: &str| serde_json::from_str::<Wire>(json).unwrap();
        let full = Wire { id: Some(3), on: Some(true), list: Some(vec![1, 2]), names: None };
        assert_eq!(read(r#"{"id":3,"on":true,"list":[1,2]}"#), full);
        assert_eq!(read(r#"{"id":"3","on":"true","list":["1","2"]}"#), full);
        assert_eq!(read(r#"{"id":3.0,"on":1,"list":"[1,2]"}"#), full);
        assert_eq!(read(r#"{"id":" 3 ","on":"1","list":"1,2"}"#), full);
        assert_eq!(read(r#"{"id":"","on":null}"#), Wire { id: None, on: None, list: None, names: None });
        for wrong in [r#"{"id":"x"}"#, r#"{"id":1.5}"#, r#"{"id":[1]}"#, r#"{"on":2}"#, r#"{"list":{}}"#] {
            assert!(serde_json::from_str::<Wire>(wrong).is_err(), "{wrong}");
        }
    }
}
