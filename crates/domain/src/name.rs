//! Rules for names.

use crate::error::{Error, Result};

/// Checks an RFC 1123 label: 1 to 63 of `a-z`, `0-9` and `-`, beginning and ending with a letter or digit.
/// `field` is named in the error.
///
/// # Errors
/// [`crate::ErrorKind::InvalidArgument`] with the rule, or [`crate::ErrorKind::MissingArgument`] when it is empty.
pub fn check_label(field: &str, name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::missing(field));
    }
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = name.as_bytes();
    if name.len() <= 63 && bytes.iter().all(|b| inner(*b)) && edge(bytes.first()) && edge(bytes.last()) {
        return Ok(());
    }
    Err(Error::invalid(
        field,
        format!(
            "'{}' is not a valid name: it must be an RFC 1123 label, that is 1 to 63 lower-case letters, digits and '-', beginning and ending with a letter or digit",
            clip(name)
        ),
    ))
}

/// Checks a display name: 1 to `max` characters, no control characters, not only blanks.
///
/// # Errors
/// [`crate::ErrorKind::InvalidArgument`] or [`crate::ErrorKind::MissingArgument`].
pub fn check_display(field: &str, name: &str, max: usize) -> Result<()> {
    if name.trim().is_empty() {
        return Err(Error::missing(field));
    }
    if name.chars().count() > max || name.chars().any(char::is_control) {
        return Err(Error::invalid(field, format!("'{field}' must have 1 to {max} characters and no control characters")));
    }
    Ok(())
}

/// Checks that free text is at most `max` characters long and has no control characters but tabs and line ends.
///
/// # Errors
/// [`crate::ErrorKind::InvalidArgument`].
pub fn check_text(field: &str, text: &str, max: usize) -> Result<()> {
    if text.chars().count() > max || text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Error::invalid(field, format!("'{field}' must have at most {max} characters and no control characters")));
    }
    Ok(())
}

/// The first 80 characters of hostile input, for repeating it in an error.
#[must_use]
pub fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_follow_rfc_1123() {
        for right in ["a", "0", "dev", "a-b", "x1-2y", &"a".repeat(63)] {
            assert!(check_label("name", right).is_ok(), "{right}");
        }
        for wrong in ["", "-a", "a-", "A", "a_b", "a.b", "ü", "a b", &"a".repeat(64), "a\n"] {
            assert!(check_label("name", wrong).is_err(), "{wrong}");
        }
    }
}
