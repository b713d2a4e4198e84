//! Money in integer minor units (fen), so that sums are exact.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount of money in minor units (1/100). On the wire it is a number of whole units with at most two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(pub i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that is accepted from a caller, either way: sums of many of them stay far from overflow.
    pub const LIMIT: Self = Self(100_000_000_000_000);

    /// `units` whole units (yuan).
    #[must_use]
    pub const fn whole(units: i64) -> Self {
        Self(units * 100)
    }

    /// Reads `12`, `-3.5` or `0.25`.
    ///
    /// # Errors
    /// A sentence that says what is wrong: not a number, more than two decimals, too large.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is not an amount of money: a number with at most two decimals is");
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let number = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !number(whole) || !number(fraction) || (digits.contains('.') && fraction.is_empty()) {
            return Err(wrong());
        }
        if fraction.trim_end_matches('0').len() > 2 {
            return Err(wrong());
        }
        let cents: i64 = format!("{fraction:0<2}")[..2].parse().map_err(|_| wrong())?;
        let minor = whole
            .parse::<i64>()
            .ok()
            .and_then(|w| w.checked_mul(100)?.checked_add(cents))
            .filter(|m| *m <= Self::LIMIT.0)
            .ok_or_else(|| format!("{text} is too large: at most {} is possible", Self::LIMIT))?;
        Ok(Self(if negative { -minor } else { minor }))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, cents) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        if cents == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{cents:02}") }
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 100 == 0 {
            serializer.serialize_i64(self.0 / 100)
        } else {
            #[expect(clippy::cast_precision_loss, reason = "LIMIT keeps amounts within the 53 bits of a double")]
            serializer.serialize_f64(self.0 as f64 / 100.0)
        }
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            Number(serde_json::Number),
            Text(String),
        }
        let text = match Wire::deserialize(deserializer)? {
            Wire::Number(number) => number.to_string(),
            Wire::Text(text) => text,
        };
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn more_than_two_decimals_are_refused() {
        for wrong in ["1.001", "", "-", ".5", "1.", "1e3", "0x1", "NaN", "99999999999999999999"] {
            assert!(Money::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Money::parse("1.100"), Ok(Money(110)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(minor in -Money::LIMIT.0..=Money::LIMIT.0) {
            let money = Money(minor);
            prop_assert_eq!(Money::parse(&money.to_string()), Ok(money));
            let json = serde_json::to_string(&money).unwrap_or_default();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).ok(), Some(money));
        }
    }
}
