//! The tenant's limits, set in Nova, Cinder and Neutron. What Tenantry does not count has no limit there either: a second, hidden
//! limit helps nobody.

use serde_json::{Value, json};
use tenantry_domain::quota::Limits;
use tenantry_domain::{Amounts, Metric};

use crate::OpenStack;
use crate::failure::Outcome;
use crate::service::Service::{self, Compute, Network, Volumes};

const NO_LIMIT: i64 = -1;

/// One line of a service's quota: its name there, the metric that it is of, and how much of the metric one of it is.
type Line = (&'static str, Option<Metric>, i64);

const COMPUTE: &[Line] = &[("cores", Some(Metric::Cpu), 1000), ("ram", Some(Metric::Memory), 1), ("instances", Some(Metric::Servers), 1)];
const VOLUMES: &[Line] = &[("gigabytes", Some(Metric::Storage), 1024), ("volumes", Some(Metric::Volumes), 1), ("snapshots", None, 1)];
const NETWORK: &[Line] = &[
    ("network", Some(Metric::Networks), 1),
    ("router", Some(Metric::Routers), 1),
    ("floatingip", Some(Metric::FloatingIps), 1),
    ("subnet", None, 1),
    ("port", None, 1),
    ("security_group", None, 1),
    ("security_group_rule", None, 1),
];

/// What a line's limit should be.
fn wanted((_, metric, unit): &Line, limits: &Limits) -> i64 {
    metric.and_then(|metric| limits.get(metric)).map_or(NO_LIMIT, |limit| limit.max(0) / unit)
}

/// What a service says of a project's quota: the lines that count, the answer, and how it calls what is used.
type Part = (Service, &'static [Line], Value, &'static str);

fn used(parts: &[Part]) -> Amounts {
    let mut used = Amounts::ZERO;
    for (_, lines, found, in_use) in parts {
        for (key, metric, unit) in *lines {
            if let Some(metric) = metric {
                used[*metric] = found[*key][*in_use].as_i64().unwrap_or(0).saturating_mul(*unit);
            }
        }
    }
    used
}

impl OpenStack {
    async fn quotas(&self, project: &str) -> Outcome<[Part; 3]> {
        let account = self.client.account();
        let mut compute = account.get(Compute, &["os-quota-sets", project, "detail"], &[]).await?;
        let mut volumes = account.get(Volumes, &["os-quota-sets", project], &[("usage", "True")]).await?;
        let mut network = account.get(Network, &["quotas", project, "details.json"], &[]).await?;
        Ok([
            (Compute, COMPUTE, compute["quota_set"].take(), "in_use"),
            (Volumes, VOLUMES, volumes["quota_set"].take(), "in_use"),
            (Network, NETWORK, network["quota"].take(), "used"),
        ])
    }

    /// What is used in a project.
    pub(crate) async fn used(&self, project: &str) -> Outcome<Amounts> {
        Ok(used(&self.quotas(project).await?))
    }

    /// Takes the limits away that were set for a project: those hold that the cloud has for all.
    pub(crate) async fn reset_quota(&self, project: &str) -> Outcome<()> {
        let account = self.client.account();
        account.delete(Network, &["quotas", project]).await?;
        account.delete(Compute, &["os-quota-sets", project]).await?;
        account.delete(Volumes, &["os-quota-sets", project]).await.map(|_| ())
    }

    /// Sets what is not as it should be; answers with what is used, and with what was set.
    pub(crate) async fn ensure_quota(&self, project: &str, limits: &Limits) -> Outcome<(Amounts, Vec<String>)> {
        let account = self.client.account();
        let parts = self.quotas(project).await?;
        let (used, mut repaired) = (used(&parts), Vec::new());
        for (service, lines, found, _) in parts {
            let mut change = serde_json::Map::new();
            for line in lines {
                let key = line.0;
                let limit = wanted(line, limits);
                if found[key]["limit"].as_i64() != Some(limit) {
                    change.insert(key.to_owned(), json!(limit));
                }
            }
            if change.is_empty() {
                continue;
            }
            repaired.push(format!("quota of {}", service.name()));
            if service == Network {
                account.put(service, &["quotas", project], Some(&json!({"quota": change}))).await?;
                continue;
            }
            if service == Compute {
                // below what is used, too: then nothing more is given out
                change.insert("force".to_owned(), json!(true));
            }
            account.put(service, &["os-quota-sets", project], Some(&json!({"quota_set": change}))).await?;
        }
        Ok((used, repaired))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_in_the_units_of_its_service_and_none_is_minus_one() {
        let limits = Limits::compute(Some(2500), None, Some(10 * 1024 + 5)).with(Metric::Servers, Some(0));
        let of = |lines: &[Line]| lines.iter().map(|line| (line.0, wanted(line, &limits))).collect::<Vec<_>>();
        assert_eq!(of(COMPUTE), [("cores", 2), ("ram", -1), ("instances", 0)]);
        assert_eq!(of(VOLUMES), [("gigabytes", 10), ("volumes", -1), ("snapshots", -1)]);
        assert!(of(NETWORK).iter().all(|(_, limit)| *limit == -1));
    }
}
