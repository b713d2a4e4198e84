//! What running things cost: rates by the hour, and how much of what was used when.
//!
//! Costs are whole millionths of a unit of money ([`Rate`], [`Cost`]), so that the share of a minute of a small volume is not lost; an
//! account is charged whole minor units, and what is left over is carried on.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::Timestamp;
use crate::cloud::Power;
use crate::error::{Error, Result};
use crate::id::{DatacenterId, ResourceId, TenantId};
use crate::money::Money;
use crate::quota::{Amounts, Metric};
use crate::resource::{Kind, Spec, Status};

/// What people are told of what does not run because its tenant is suspended.
pub const SUSPENDED: &str = "the tenant is suspended: the account that pays for it is empty, and has to be recharged before anything runs";

/// Millionths of a unit of money in a minor unit of it.
const MILLIONTHS_PER_MINOR: i64 = 10_000;
/// The milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;

/// What a unit of something costs for an hour, in millionths of a unit of money. On the wire it is a number with at most six decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Rate(pub i64);

impl Rate {
    /// The highest that is accepted: a thousand units of money for an hour.
    pub const LIMIT: Self = Self(1_000_000_000);

    /// Reads `0.05`, `12` or `0.000125`.
    ///
    /// # Errors
    /// A sentence that says what would be right.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let wrong = || format!("'{text}' is not a rate: a number from 0 to {} with at most six decimals is", Self::LIMIT);
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let number = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let decimals = fraction.trim_end_matches('0');
        if whole.is_empty() || whole.len() > 6 || !number(whole) || !number(decimals) || decimals.len() > 6 {
            return Err(wrong());
        }
        let whole: i64 = whole.parse().map_err(|_| wrong())?;
        let decimals: i64 = format!("{decimals:0<6}").parse().map_err(|_| wrong())?;
        Some(Self(whole * 1_000_000 + decimals)).filter(|r| *r <= Self::LIMIT).ok_or_else(wrong)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.0 / 1_000_000, self.0 % 1_000_000);
        if decimals == 0 { write!(f, "{whole}") } else { write!(f, "{whole}.{}", format!("{decimals:06}").trim_end_matches('0')) }
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[expect(clippy::cast_precision_loss, reason = "LIMIT keeps rates within the 53 bits of a double")]
        serializer.serialize_f64(self.0 as f64 / 1_000_000.0)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = match &value {
            serde_json::Value::String(text) => text.clone(),
            // small numbers are printed with an exponent otherwise
            other => other.as_f64().map_or_else(|| other.to_string(), |n| format!("{n}")),
        };
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// What was used costs, in millionths of a unit of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Cost(pub i64);

impl Cost {
    /// The whole minor units in it, and what is left over.
    #[must_use]
    pub const fn split(self) -> (Money, Self) {
        (Money(self.0.div_euclid(MILLIONTHS_PER_MINOR)), Self(self.0.rem_euclid(MILLIONTHS_PER_MINOR)))
    }
}

impl Add for Cost {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Rate(self.0).fmt(f)
    }
}

/// The unit that a rate is for: a core, a GiB, one.
const fn unit(metric: Metric) -> i64 {
    match metric {
        Metric::Cpu => 1000,
        Metric::Memory | Metric::Storage => 1024,
        _ => 1,
    }
}

/// What things cost in a datacenter, by what they hold: a core, a GiB of memory or storage, a server, ... for an hour. What has no rate
/// costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateCard([Rate; Metric::ALL.len()]);

impl RateCard {
    /// The rate of a metric.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Rate {
        self.0[metric as usize]
    }

    /// The same with the rate of `metric` set.
    #[must_use]
    pub fn with(mut self, metric: Metric, rate: Rate) -> Self {
        self.0[metric as usize] = rate;
        self
    }

    /// What holding `amounts` for so long costs, rounded to the nearest millionth.
    #[must_use]
    pub fn cost(&self, amounts: &Amounts, milliseconds: i64) -> Cost {
        let exact: i128 = amounts
            .iter()
            .map(|(metric, amount)| {
                let hours = i128::from(amount.max(0)) * i128::from(milliseconds.max(0)) * i128::from(self.get(metric).0);
                // a common denominator, so that it is rounded once
                hours * i128::from(1024 * 1000 / unit(metric))
            })
            .sum();
        let denominator = i128::from(1024 * 1000 * HOUR_MS);
        Cost(i64::try_from((exact + denominator / 2) / denominator).unwrap_or(i64::MAX))
    }
}

impl Serialize for RateCard {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(Metric::ALL.into_iter().map(|m| (m.name(), self.get(m))).filter(|(_, r)| r.0 != 0))
    }
}

impl<'de> Deserialize<'de> for RateCard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let map = std::collections::BTreeMap::<String, Rate>::deserialize(deserializer)?;
        if let Some(unknown) = map.keys().find(|k| !Metric::ALL.iter().any(|m| m.name() == *k)) {
            let names: Vec<&str> = Metric::ALL.iter().map(|m| m.name()).collect();
            return Err(serde::de::Error::custom(format!("'{unknown}' has no rate: {} have", names.join(", "))));
        }
        Ok(Metric::ALL.into_iter().fold(Self::default(), |card, m| card.with(m, map.get(m.name()).copied().unwrap_or_default())))
    }
}

/// What of a resource is charged for: what it holds while it is there. A server that is stopped is not; one that is paused or suspended
/// still has its place. An app is charged as part of its namespace, by what the cluster counts there.
#[must_use]
pub fn metered(spec: &Spec, status: &Status) -> Amounts {
    match (spec, status) {
        (Spec::Namespace(_), Status::Namespace(seen)) => {
            Amounts::ZERO.with(Metric::Cpu, seen.used[Metric::Cpu]).with(Metric::Memory, seen.used[Metric::Memory])
        }
        (Spec::Disk(_), Status::Disk(seen)) if seen.size_gib > 0 => spec.holds(),
        (Spec::Server(_), Status::Server(seen)) => match seen.power {
            Some(Power::Running | Power::Paused | Power::Suspended) => spec.holds(),
            Some(Power::Stopped) | None => Amounts::ZERO,
        },
        (Spec::App(_) | Spec::Namespace(_) | Spec::Disk(_) | Spec::Server(_), _) => Amounts::ZERO,
        (other, seen) if !seen.peer_id().is_empty() => other.holds(),
        _ => Amounts::ZERO,
    }
}

/// What was used of a resource, within one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRecord {
    /// Whose.
    pub tenant: TenantId,
    /// Where.
    pub datacenter: DatacenterId,
    /// Of which resource; it may be gone.
    pub resource: ResourceId,
    /// Its kind.
    pub kind: Kind,
    /// What it was called.
    pub name: String,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// What it held.
    pub amounts: Amounts,
    /// What that cost, by the rate card of that hour.
    pub cost: Cost,
}

/// A line of a statement: one resource in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// Where.
    pub datacenter: DatacenterId,
    /// Of which resource.
    pub resource: ResourceId,
    /// Its kind.
    pub kind: Kind,
    /// What it was called last.
    pub name: String,
    /// For how long it was used, in milliseconds.
    pub milliseconds: i64,
    /// What that cost.
    pub cost: Cost,
}

/// A month of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    year: i32,
    month: u32,
}

impl Month {
    /// Its first moment, and that of the next.
    #[must_use]
    pub fn span(self) -> (Timestamp, Timestamp) {
        let first = |year, month| {
            let day = chrono::NaiveDate::from_ymd_opt(year, month, 1).and_then(|d| d.and_hms_opt(0, 0, 0));
            Timestamp(day.map_or(0, |d| d.and_utc().timestamp_millis()))
        };
        let (next_year, next_month) = if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
        (first(self.year, self.month), first(next_year, next_month))
    }
}

impl FromStr for Month {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::invalid("month", "'month' must be like 2026-11");
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        let (year, month): (i32, u32) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
        if (2000..=2999).contains(&year) && (1..=12).contains(&month) { Ok(Self { year, month }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// What happens when a tenant's account is empty, beside the event that tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenEmpty {
    /// Nothing: the account is in debt.
    #[default]
    Nothing,
    /// Nothing new is made, and nothing is enlarged or started.
    StopCreating,
    /// The same, and whom the account pays for is suspended: servers and apps are stopped until it is recharged.
    Suspend,
}

impl WhenEmpty {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::StopCreating => "stop_creating",
            Self::Suspend => "suspend",
        }
    }
}

impl FromStr for WhenEmpty {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        [Self::Nothing, Self::StopCreating, Self::Suspend]
            .into_iter()
            .find(|w| w.name() == text)
            .ok_or_else(|| Error::invalid("when_empty", "'when_empty' must be nothing, stop_creating or suspend"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cloud::{ServerSize, ServerSpec, ServerStatus};

    fn card() -> RateCard {
        RateCard::default()
            .with(Metric::Cpu, Rate::parse("0.05").unwrap())
            .with(Metric::Memory, Rate::parse("0.02").unwrap())
            .with(Metric::Storage, Rate::parse("0.0004").unwrap())
    }

    #[test]
    fn a_rate_is_read_and_shown_to_the_sixth_decimal() {
        for text in ["0", "12", "0.05", "0.000125", "1000"] {
            assert_eq!(Rate::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "-1", "1e-3", "0.0000001", "1000.000001", "x", "1000000000"] {
            assert!(Rate::parse(wrong).is_err(), "{wrong}");
        }
        let json: RateCard = serde_json::from_str(r#"{"cpu":0.05,"memory":"0.02","storage":0.0004}"#).unwrap();
        assert_eq!(json, card());
        assert!(serde_json::from_str::<RateCard>(r#"{"gold":1}"#).is_err());
    }

    #[test]
    fn an_hour_of_a_server_costs_its_cores_and_memory() {
        let holds = Amounts::ZERO.with(Metric::Cpu, 2000).with(Metric::Memory, 4096);
        assert_eq!(card().cost(&holds, HOUR_MS), Cost(180_000));
        assert_eq!(card().cost(&holds, HOUR_MS / 2), Cost(90_000));
        assert_eq!(Cost(180_000).split(), (Money(18), Cost(0)));
        assert_eq!(Cost(12_345).split(), (Money(1), Cost(2_345)));
    }

    #[test]
    fn a_server_is_charged_unless_it_is_stopped_or_not_there() {
        let spec = ServerSpec {
            image_id: "i".to_owned(),
            image: "i".to_owned(),
            size: ServerSize { flavor_id: None, flavor: "f".to_owned(), cpu_millicores: 1000, memory_mib: 512, disk_gib: 0 },
            networks: Vec::new(),
            security_groups: Vec::new(),
            availability_zone: None,
            user_data: None,
            power: Power::Running,
            reboots: 0,
            hard_reboot: false,
        };
        let charged = |power| {
            let status = ServerStatus { peer_id: "s".to_owned(), power, ..ServerStatus::default() };
            !metered(&Spec::Server(spec.clone()), &Status::Server(status)).is_zero()
        };
        assert!(charged(Some(Power::Running)) && charged(Some(Power::Paused)) && charged(Some(Power::Suspended)));
        assert!(!charged(Some(Power::Stopped)) && !charged(None));
    }

    #[test]
    fn a_month_spans_to_the_first_of_the_next() {
        let (from, to) = "2026-12".parse::<Month>().unwrap().span();
        assert_eq!((to.0 - from.0) / HOUR_MS, 31 * 24);
        for wrong in ["2026", "2026-13", "26-1", "2026-00", "x-y"] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_of_a_time_cost_what_the_whole_costs(cpu in 0i64..1_000_000, cut in 0i64..HOUR_MS) {
            let holds = Amounts::ZERO.with(Metric::Cpu, cpu).with(Metric::Storage, cpu / 3);
            let parts = card().cost(&holds, cut) + card().cost(&holds, HOUR_MS - cut);
            prop_assert!((parts.0 - card().cost(&holds, HOUR_MS).0).abs() <= 1);
        }
    }
}
