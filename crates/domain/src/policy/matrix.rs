//! The table of permissions for people.

use super::rules::{At, rule};
use super::{Action, ObjectKind};
use crate::user::Role;

/// The whole matrix as a table that people can read; the golden file `generated/permissions.txt`.
#[must_use]
pub fn matrix() -> String {
    let mut table = String::from(
        "# What a role may do, generated from domain::policy. A role holds for the tenant it is granted on and all below.\n\n",
    );
    table += &format!(
        "{:<18}{:<18}{:<16}{:<9}{:<12}{:<14}{:<8}{}\n",
        "object", "action", "platform admin", "telecom", "maintainer", "tenant admin", "member", "remark"
    );
    for kind in ObjectKind::ALL {
        for action in Action::ALL {
            let rule = rule(action, kind);
            if rule.role.is_none() && !rule.own {
                continue;
            }
            let may = |role: Role| {
                let reaches = rule.at != At::Root || role.is_staff();
                if rule.at == At::Anyone || (rule.suits(role) && reaches) { "yes" } else { "-" }
            };
            let mut remarks = Vec::new();
            match rule.at {
                At::Parent => remarks.push("role held on the parent tenant"),
                At::Anyone => remarks.push("anyone logged in"),
                At::Tenant | At::Root => {}
            }
            if rule.group {
                remarks.push("administrators of a group above");
            }
            if rule.own {
                remarks.push("one's own");
            }
            let row = format!(
                "{:<18}{:<18}{:<16}{:<9}{:<12}{:<14}{:<8}{}",
                kind.noun(),
                action.name(),
                may(Role::PlatformAdmin),
                may(Role::Telecom),
                may(Role::Maintainer),
                may(Role::TenantAdmin),
                may(Role::Member),
                remarks.join("; ")
            );
            table += row.trim_end();
            table.push('\n');
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::matrix;

    #[test]
    fn the_matrix_is_the_committed_one() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../generated/permissions.txt");
        if std::env::var_os("TENANTRY_UPDATE_GENERATED").is_some() {
            std::fs::write(&path, matrix()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), matrix(), "run: make generate");
    }
}
