//! The ids of document 5: 24 hex digits, which are not stored but made of what a row has.

use std::fmt;
use std::str::FromStr;

use tenantry_domain::{Error, Timestamp};

/// 4 bytes with the second in which a row was made, and 8 bytes with its integer id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectId {
    seconds: u32,
    /// The integer id of the row, if it is one's at all: see [`ObjectId::is_of`].
    pub id: i64,
}

impl ObjectId {
    /// The id of the row that was made then.
    #[must_use]
    pub fn new(created_at: Timestamp, id: i64) -> Self {
        let seconds = created_at.0.div_euclid(1000).clamp(0, i64::from(u32::MAX));
        Self { seconds: u32::try_from(seconds).unwrap_or(u32::MAX), id }
    }

    /// Whether it is the id of the row with the same integer id that was made then. One that is not is nobody's.
    #[must_use]
    pub fn is_of(self, created_at: Timestamp) -> bool {
        self == Self::new(created_at, self.id)
    }

    /// Reads the value of `field`.
    ///
    /// # Errors
    /// `InvalidArgument` that says what an id looks like.
    pub fn read(field: &str, text: &str) -> Result<Self, Error> {
        text.trim().parse().map_err(|()| Error::invalid(field, format!("'{field}' must be an id of 24 hex digits")))
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}{:016x}", self.seconds, self.id)
    }
}

impl FromStr for ObjectId {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        // the number parser would take a sign too
        if text.len() != 24 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(());
        }
        let seconds = u32::from_str_radix(&text[..8], 16).map_err(|_| ())?;
        let id = u64::from_str_radix(&text[8..], 16).map_err(|_| ())?;
        Ok(Self { seconds, id: id.cast_signed() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_is_the_time_and_the_number() {
        let made = Timestamp::parse("2017-09-15T03:07:36.789Z").unwrap();
        let id = ObjectId::new(made, 10);
        assert_eq!(id.to_string(), "59bb43f8000000000000000a", "the document's cluster was made in this second");
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
        assert!(id.is_of(made) && !id.is_of(Timestamp(made.0 + 1000)) && !id.is_of(Timestamp(made.0 - 1000)));
    }

    #[test]
    fn what_is_no_id_is_refused_by_the_name_of_its_field() {
        let id = "59bb43f8284ae3000bf663ea";
        for wrong in [
            "",
            "7",
            &id[1..],
            &format!("{id}0"),
            "59bb43f8284ae3000bf663eg",
            "+9bb43f8284ae3000bf663ea",
            "59bb43f8+84ae3000bf663ea",
            "éééééééééééé",
        ] {
            let error = ObjectId::read("user_id", wrong).unwrap_err();
            assert_eq!(error.message, "'user_id' must be an id of 24 hex digits", "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_id_is_read_as_it_was_written(seconds in any::<u32>(), millis in 0..1000_i64, id in any::<i64>()) {
            let made = Timestamp(i64::from(seconds) * 1000 + millis);
            let written = ObjectId::new(made, id).to_string();
            prop_assert_eq!(written.len(), 24);
            let read: ObjectId = written.parse().unwrap();
            prop_assert_eq!(read.id, id);
            prop_assert!(read.is_of(made));
            prop_assert_eq!(read.to_string(), written);
        }

        #[test]
        fn an_id_with_another_time_is_not_the_rows(seconds in any::<u32>(), other in any::<u32>(), id in any::<i64>()) {
            let made = |s: u32| Timestamp(i64::from(s) * 1000);
            prop_assert_eq!(ObjectId::new(made(seconds), id).is_of(made(other)), seconds == other);
        }

        #[test]
        fn reading_takes_24_hex_digits_and_nothing_else(text in "[0-9a-fA-F]{24}|\\PC{0,30}") {
            let right = text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit());
            prop_assert_eq!(text.parse::<ObjectId>().is_ok(), right);
        }

        #[test]
        fn no_time_is_too_early_or_too_late(at in any::<i64>(), id in any::<i64>()) {
            prop_assert_eq!(ObjectId::new(Timestamp(at), id).to_string().len(), 24);
        }
    }
}
