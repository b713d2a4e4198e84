//! Who somebody is, from the claims of an ID token and of the userinfo endpoint.

use openidconnect::AdditionalClaims;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenantry_driver_api::DirectoryUser;

/// The standard claim of what a person is called.
pub(crate) const LOGIN: &str = "preferred_username";
/// The standard claim of a person's mail address.
pub(crate) const EMAIL: &str = "email";

/// The claims beyond those of the standard; groups are among them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct MoreClaims {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for MoreClaims {}

impl MoreClaims {
    /// The claim of that name, or, when there is none, at that path.
    fn at(&self, name: &str) -> Option<&Value> {
        let at_path = || {
            let mut steps = name.split('.');
            let first = self.all.get(steps.next()?)?;
            steps.try_fold(first, |found, step| found.get(step))
        };
        self.all.get(name).or_else(at_path)
    }
}

/// What an ID token and a userinfo answer say alike of a person.
#[derive(Default)]
pub(crate) struct Said {
    pub login: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub email_verified: Option<bool>,
    pub phone: Option<String>,
}

impl Said {
    /// The same with login and mail address by the claims of these names.
    pub(crate) fn by(mut self, login: &str, email: &str, more: &MoreClaims) -> Self {
        let verified = self.email.clone().filter(|_| self.email_verified == Some(true));
        match login {
            LOGIN => {}
            // somebody could write another person's address there
            EMAIL => self.login = verified,
            other => self.login = text(more, other),
        }
        if email != EMAIL {
            self.email = text(more, email);
        }
        self
    }
}

/// The text in the claim of that name, or at that path.
fn text(claims: &MoreClaims, name: &str) -> Option<String> {
    claims.at(name)?.as_str().map(str::to_owned)
}

/// Reads it from either, which have the same methods and no trait in common.
macro_rules! said {
    ($claims:expr) => {
        $crate::claims::Said {
            login: $claims.preferred_username().map(|login| login.to_string()),
            name: $claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
            email: $claims.email().map(|email| email.to_string()),
            email_verified: $claims.email_verified(),
            phone: $claims.phone_number().map(|phone| phone.to_string()),
        }
    };
}
pub(crate) use said;

/// Fills in what `person` lacks. A mail address counts only if the provider says that it is theirs.
pub(crate) fn fill(person: &mut DirectoryUser, said: Said) {
    let set = |field: &mut String, value: Option<String>| {
        if field.is_empty() {
            *field = value.unwrap_or_default();
        }
    };
    set(&mut person.login, said.login);
    set(&mut person.name, said.name);
    let email = said.email.filter(|_| said.email_verified == Some(true));
    person.email = person.email.take().or(email);
    person.phone = person.phone.take().or(said.phone);
}

/// The groups in the claim of that name, or, when there is none, at that path (`realm_access.roles`); none without such a claim.
pub(crate) fn groups(claims: &MoreClaims, name: &str) -> Option<Vec<String>> {
    let mut groups: Vec<String> = match claims.at(name)? {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(|group| group.as_str().map(str::to_owned)).collect(),
        _ => return None,
    };
    groups.sort_unstable();
    groups.dedup();
    Some(groups)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_are_found_by_name_and_by_path() {
        let claims: MoreClaims = serde_json::from_value(json!({
            "groups": ["b", "a", "b", 7], "one": "solo", "realm_access": {"roles": ["r"]}, "https://example.net/groups": ["dotted"], "wrong": 7,
        }))
        .unwrap();
        for (name, expected) in [
            ("groups", Some(vec!["a", "b"])),
            ("one", Some(vec!["solo"])),
            ("realm_access.roles", Some(vec!["r"])),
            ("https://example.net/groups", Some(vec!["dotted"])),
            ("wrong", None),
            ("realm_access.none", None),
            ("absent", None),
            ("", None),
        ] {
            assert_eq!(groups(&claims, name), expected.map(|e| e.into_iter().map(str::to_owned).collect()), "{name}");
        }
    }

    #[test]
    fn login_and_mail_address_are_those_of_the_claims_that_are_named() {
        let more: MoreClaims = serde_json::from_value(json!({"upn": "ann@corp", "work": {"mail": "ann@corp.example"}, "age": 7})).unwrap();
        let said = |verified| Said {
            login: Some("ann".into()),
            email: Some("ann@home.example".into()),
            email_verified: Some(verified),
            ..Said::default()
        };
        let by = |login: &str, email: &str, verified| {
            let said = said(verified).by(login, email, &more);
            (said.login.unwrap_or_default(), said.email.unwrap_or_default())
        };
        assert_eq!(by(LOGIN, EMAIL, false), ("ann".into(), "ann@home.example".into()));
        assert_eq!(by("upn", "work.mail", true), ("ann@corp".into(), "ann@corp.example".into()));
        assert_eq!(by("age", "none", true), (String::new(), String::new()));
        assert_eq!(by(EMAIL, EMAIL, true).0, "ann@home.example");
        assert_eq!(by(EMAIL, EMAIL, false).0, "", "an address that is not known to be theirs is nobody's name");
    }
}
