//! Paging by number, as older dialects do it: `?page=&pageSize=`, or `?skip=&limit=`.

use tenantry_domain::page::{Page, PageRequest};
use tenantry_domain::{Error, Result};

/// The farthest that a page by number may begin: each costs what it skips. Whoever needs more pages by key.
pub const FARTHEST: u64 = 100_000;

/// The page numbered `page` (from 1) of `size` items. None for both is the first page of the largest size.
///
/// # Errors
/// `InvalidArgument` for numbers out of range.
pub fn by_number(page: Option<i64>, size: Option<i64>) -> Result<PageRequest> {
    if page.is_none() && size.is_none() {
        return Ok(PageRequest::first(PageRequest::MAX));
    }
    let size = size.unwrap_or(20);
    let limit = u64::try_from(size).ok().filter(|s| (1..=PageRequest::MAX).contains(s));
    let limit = limit.ok_or_else(|| Error::invalid("pageSize", format!("'pageSize' must be between 1 and {}", PageRequest::MAX)))?;
    let number = u64::try_from(page.unwrap_or(1)).ok().filter(|p| *p >= 1);
    let skip = number.and_then(|n| (n - 1).checked_mul(limit)).filter(|s| *s <= FARTHEST);
    let skip = skip.ok_or_else(|| Error::invalid("page", "'page' must be 1 or more, and not beyond the first 100,000 items"))?;
    Ok(PageRequest { limit, after: None, skip })
}

/// The whole of a list, page by page, for the short ones that nothing counts.
#[derive(Debug)]
pub struct Whole<T> {
    /// What was read.
    pub items: Vec<T>,
    ask: Option<PageRequest>,
}

impl<T> Default for Whole<T> {
    fn default() -> Self {
        Self { items: Vec::new(), ask: Some(PageRequest::first(PageRequest::MAX)) }
    }
}

impl<T> Whole<T> {
    /// Nothing is read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The page to be read next, as long as there is one.
    pub fn ask(&mut self) -> Option<PageRequest> {
        self.ask.take()
    }

    /// Takes a page that was read.
    pub fn add(&mut self, page: Page<T>) {
        self.items.extend(page.items);
        self.ask = page.next.map(|next| PageRequest { after: Some(next), ..PageRequest::first(PageRequest::MAX) });
    }
}
