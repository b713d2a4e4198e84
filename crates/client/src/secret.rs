//! Text that is sent and received, and never printed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A password, token or key. `Debug` hides it; who needs it says so with [`Secret::expose`].
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_sent_but_not_printed() {
        let secret = Secret::from("hunter22");
        assert!(!format!("{secret:?}").contains("hunter22"));
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"hunter22\"");
    }
}
