//! The places that a peer has, whoever's they are: what an operator can put Tenantry over.

use async_trait::async_trait;
use tenantry_domain::Amounts;
pub use tenantry_domain::place::FoundPlace;

use crate::Result;

/// Which places are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceQuery {
    /// Only names that begin so.
    pub prefix: String,
    /// Where the page before ended; the peer's own words.
    pub after: Option<String>,
    /// At most that many.
    pub limit: usize,
}

/// A page of places. It may be shorter than was asked for, even empty, with more behind it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlacePage {
    /// The places, each with the mark that it carries.
    pub items: Vec<FoundPlace>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<String>,
}

/// Looking for places. What runs the peer itself (`kube-system`, the project that Tenantry logs in with, ...) is none.
#[async_trait]
pub trait Places: Send + Sync {
    /// A page of the places there.
    async fn list_places(&self, query: &PlaceQuery) -> Result<PlacePage>;
    /// The place of this name, with what of a quota lives in it.
    async fn get_place(&self, name: &str) -> Result<Option<(FoundPlace, Amounts)>>;
}
