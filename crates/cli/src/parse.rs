//! Values of arguments.

use std::time::Duration;

use tenantry_client::types::{Mount, Pool, Ports, SecurityRule};
use tenantry_domain::{Money, Timestamp};

/// A limit: a number, or `none`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit(pub(crate) Option<f64>);

/// A number that is not negative; never `NaN`, which JSON would turn into "no limit".
pub(crate) fn amount(text: &str) -> Result<f64, String> {
    let wrong = || format!("'{text}' is not an amount: a number from 0 on is");
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.parse::<f64>().ok().filter(|n| plain && n.is_finite()).ok_or_else(wrong)
}

/// A limit of what is counted: a whole number, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) Option<i64>);

/// A limit of what is counted.
pub(crate) fn count(text: &str) -> Result<Count, String> {
    let number =
        || text.parse().ok().filter(|n| *n >= 0).ok_or_else(|| format!("'{text}' is not a number of things: a whole number is, or none"));
    if text == "none" { Ok(Count(None)) } else { number().map(|n| Count(Some(n))) }
}

/// `FIRST-LAST`.
pub(crate) fn pool(text: &str) -> Result<Pool, String> {
    let parts = text.split_once('-').filter(|(first, last)| !first.is_empty() && !last.is_empty());
    let (first, last) = parts.ok_or_else(|| format!("'{text}' is not FIRST-LAST"))?;
    Ok(Pool { first: first.to_owned(), last: last.to_owned() })
}

/// `DIRECTION[:PROTOCOL[:PORTS[:REMOTE]]]`; the server says what of it makes no sense.
pub(crate) fn rule(text: &str) -> Result<SecurityRule, String> {
    let mut parts = text.splitn(4, ':').map(|part| Some(part.to_owned()).filter(|p| !p.is_empty()));
    let direction = parts.next().flatten().ok_or_else(|| format!("'{text}' is no rule: ingress:tcp:22 is"))?;
    let mut next = || parts.next().flatten();
    let (protocol, ports, remote) = (next(), next(), next());
    let ports = ports.map(|ports| {
        let (first, last) = ports.split_once('-').unwrap_or((&ports, &ports));
        let number = |text: &str| text.parse().map_err(|_| format!("'{ports}' are no ports: 22 and 5000-5010 are"));
        Ok::<_, String>(Ports { first: number(first)?, last: number(last)? })
    });
    Ok(SecurityRule { direction, protocol, ports: ports.transpose()?, remote })
}

/// A limit.
pub(crate) fn limit(text: &str) -> Result<Limit, String> {
    if text == "none" { Ok(Limit(None)) } else { amount(text).map(|n| Limit(Some(n))).map_err(|e| format!("{e}, or none")) }
}

/// Money.
pub(crate) fn money(text: &str) -> Result<Money, String> {
    Money::parse(text)
}

/// `90`, `90s`, `5m` or `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.as_bytes().last() {
        Some(b's') => (&text[..text.len() - 1], 1),
        Some(b'm') => (&text[..text.len() - 1], 60),
        Some(b'h') => (&text[..text.len() - 1], 3600),
        _ => (text, 1),
    };
    let seconds = number.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)).filter(|s| *s <= 7 * 24 * 3600);
    seconds.map(Duration::from_secs).ok_or_else(|| format!("'{text}' is not a time: 90s, 5m and 1h are"))
}

/// A point in time.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|_| format!("'{text}' is not a time: 2026-01-31T08:00:00Z is"))
}

/// `NAME=VALUE`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| format!("'{text}' is not NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// `DISK:/PATH`.
pub(crate) fn mount(text: &str) -> Result<Mount, String> {
    let parts = text.split_once(':').filter(|(disk, path)| !disk.is_empty() && path.starts_with('/'));
    let (disk, path) = parts.ok_or_else(|| format!("'{text}' is not DISK:/PATH"))?;
    Ok(Mount { disk: disk.to_owned(), path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_plain_numbers() {
        assert_eq!(amount("0.25"), Ok(0.25));
        for wrong in ["", "-1", "NaN", "inf", "1e3", "4Gi", "+1"] {
            assert!(amount(wrong).is_err(), "{wrong}");
        }
        assert_eq!(limit("none"), Ok(Limit(None)));
    }

    #[test]
    fn things_are_counted_in_whole_numbers() {
        assert_eq!((count("3"), count("none")), (Ok(Count(Some(3))), Ok(Count(None))));
        assert!(["", "-1", "1.5", "many"].iter().all(|wrong| count(wrong).is_err()));
    }

    #[test]
    fn rules_and_pools_are_read_from_left_to_right() {
        let whole = rule("ingress:tcp:80-90:fd00::/8").unwrap();
        assert_eq!((whole.direction.as_str(), whole.protocol.as_deref()), ("ingress", Some("tcp")));
        assert_eq!((whole.ports, whole.remote.as_deref()), (Some(Ports { first: 80, last: 90 }), Some("fd00::/8")));
        let open = rule("egress").unwrap();
        assert_eq!((open.protocol, open.ports, open.remote), (None, None, None));
        assert_eq!(rule("ingress:udp:53").unwrap().ports, Some(Ports { first: 53, last: 53 }));
        assert_eq!(rule("ingress:::10.0.0.0/8").unwrap().remote.as_deref(), Some("10.0.0.0/8"));
        assert!(rule("").is_err() && rule("ingress:tcp:ssh").is_err());
        assert_eq!(pool("10.0.0.5-10.0.0.9"), Ok(Pool { first: "10.0.0.5".into(), last: "10.0.0.9".into() }));
        assert!(pool("10.0.0.5").is_err() && pool("-x").is_err());
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        for wrong in ["", "m", "-1s", "1d", "99999999999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn pairs_and_mounts_need_both_halves() {
        assert_eq!(pair("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert!(pair("=x").is_err() && pair("x").is_err());
        assert_eq!(mount("data:/srv"), Ok(Mount { disk: "data".into(), path: "/srv".into() }));
        assert!(mount("data:srv").is_err() && mount(":/srv").is_err() && mount("data").is_err());
    }
}
