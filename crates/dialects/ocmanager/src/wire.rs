//! Values that several objects share.

use serde_json::{Value, json};
use tenantry_domain::Timestamp;

/// A time as the document writes it: `2017-07-27 14:03:29.0`, in UTC.
pub(crate) fn time(at: Timestamp) -> String {
    format!("{}.0", seconds(at).replace('T', " "))
}

/// A time as objects of Kubernetes and OpenShift have it: `2017-06-15T14:20:45Z`.
pub(crate) fn kubernetes_time(at: Timestamp) -> String {
    format!("{}Z", seconds(at))
}

fn seconds(at: Timestamp) -> String {
    at.to_string().chars().take(19).collect()
}

/// What a command answers.
pub(crate) fn done(message: &str, status: &str) -> Value {
    json!({"message": message, "resCodel": 200, "status": status})
}

/// Puts a field into an object, when there is a value: the document omits what is absent.
pub(crate) fn put(object: &mut Value, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        object[name] = json!(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_document_does() {
        let at = Timestamp::parse("2017-07-27T14:03:29.123Z").unwrap();
        assert_eq!(time(at), "2017-07-27 14:03:29.0");
        assert_eq!(kubernetes_time(at), "2017-07-27T14:03:29Z");
    }
}
