//! Files that are generated, and committed so that a change of them is seen.

use std::fs;

/// What is generated is what was committed to this file. `TENANTRY_UPDATE_GENERATED` (`make generate`) writes it anew.
///
/// # Panics
/// When it is not, or cannot be written.
#[track_caller]
pub fn committed(file: &str, present: &str) {
    if std::env::var_os("TENANTRY_UPDATE_GENERATED").is_some() {
        fs::write(file, present).expect("the file is written");
    }
    assert_eq!(fs::read_to_string(file).unwrap_or_default(), present, "{file} is not up to date: run: make generate");
}
