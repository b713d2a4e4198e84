//! Keyset paging: a page is asked for by "after this one", so that page 1000 costs what page 1 costs.

use crate::error::{Error, Result};

/// What part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// At most this many items; 1 to [`PageRequest::MAX`].
    pub limit: u64,
    /// Items after this one, in the list's order.
    pub after: Option<Cursor>,
    /// Skip that many (for dialects that page by number); costs what it skips, so it is bounded.
    pub skip: u64,
}

impl PageRequest {
    /// The largest page.
    pub const MAX: u64 = 1000;
    /// The page size when none is asked for.
    pub const DEFAULT: u64 = 100;

    /// The first `limit` items.
    #[must_use]
    pub fn first(limit: u64) -> Self {
        Self { limit: limit.clamp(1, Self::MAX), after: None, skip: 0 }
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::first(Self::DEFAULT)
    }
}

/// Where a page ended: the sort key and the id of its last item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The value of the field sorted by, empty when the id alone is.
    pub key: String,
    /// The id, which makes the order total.
    pub id: i64,
}

impl Cursor {
    /// As text for a URL: hexadecimal, opaque to callers.
    #[must_use]
    pub fn encode(&self) -> String {
        format!("{}.{}", self.key.bytes().map(|b| format!("{b:02x}")).collect::<String>(), self.id)
    }

    /// Reads what [`Cursor::encode`] wrote.
    ///
    /// # Errors
    /// [`crate::ErrorKind::InvalidArgument`] for anything else.
    pub fn decode(text: &str) -> Result<Self> {
        let wrong = || Error::invalid("after", "'after' must be the 'next' of an earlier page, unchanged");
        let (key, id) = text.split_once('.').ok_or_else(wrong)?;
        if key.len() % 2 != 0 || !key.is_ascii() {
            return Err(wrong());
        }
        let bytes = (0..key.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&key[i..i + 2], 16))
            .collect::<std::result::Result<Vec<u8>, _>>()
            .map_err(|_| wrong())?;
        Ok(Self { key: String::from_utf8(bytes).map_err(|_| wrong())?, id: id.parse().map_err(|_| wrong())? })
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Cuts `items`, fetched with a limit one larger than asked for, to the page and its cursor.
    #[must_use]
    pub fn cut(mut items: Vec<T>, limit: u64, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }

    /// The same page with every item translated.
    #[must_use]
    pub fn map<U>(self, translate: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(translate).collect(), next: self.next }
    }

    /// The same, where an item may not be what it should.
    ///
    /// # Errors
    /// That of the first item that is not.
    pub fn try_map<U>(self, translate: impl FnMut(T) -> Result<U>) -> Result<Page<U>> {
        Ok(Page { items: self.items.into_iter().map(translate).collect::<Result<_>>()?, next: self.next })
    }
}
