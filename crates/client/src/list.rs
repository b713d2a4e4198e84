//! Lists: a page at a time, or all of it as a stream.

use std::fmt;

use futures::{Stream, TryStreamExt, stream};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::call::{Call, json};
use crate::client::Client;
use crate::error::Result;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; none on the last.
    pub next: Option<String>,
}

/// A list that is asked for page by page.
#[derive(Clone)]
#[must_use = "a list is asked for by page(), next_page() or stream()"]
pub struct List<T> {
    client: Client,
    path: String,
    query: Result<Vec<(String, String)>, String>,
    after: Option<String>,
    limit: Option<u64>,
    done: bool,
    item: std::marker::PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + 'static> List<T> {
    pub(crate) fn new(client: &Client, path: impl Into<String>, filter: &impl Serialize) -> Self {
        Self {
            client: client.clone(),
            path: path.into(),
            query: crate::call::pairs(filter).map_err(|e| format!("the filter can't be written: {e}")),
            after: None,
            limit: None,
            done: false,
            item: std::marker::PhantomData,
        }
    }

    /// At most this many items on a page; it may change from page to page.
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// In the order of this field; `-` before it turns the order round.
    pub fn sort(mut self, field: impl Into<String>) -> Self {
        if let Ok(query) = &mut self.query {
            query.push(("sort".to_owned(), field.into()));
        }
        self
    }

    /// Begins after what an earlier page called its `next`.
    pub fn after(mut self, next: impl Into<String>) -> Self {
        self.after = Some(next.into());
        self
    }

    /// The page where the list stands.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn page(&self) -> Result<Page<T>> {
        let query = self.query.as_ref().map_err(|e| crate::Error::Setup(e.clone()))?;
        let mut call = Call::new(&self.client, Method::GET, self.path.clone(), json);
        for (name, value) in query {
            call = call.query(name, value);
        }
        if let Some(limit) = self.limit {
            call = call.query("limit", limit);
        }
        if let Some(after) = &self.after {
            call = call.query("after", after);
        }
        call.await
    }

    /// The next page's items; none after the last page.
    ///
    /// # Errors
    /// When the call fails; it may be asked again.
    pub async fn next_page(&mut self) -> Result<Option<Vec<T>>> {
        if self.done {
            return Ok(None);
        }
        let page = self.page().await?;
        self.done = page.next.is_none();
        self.after = page.next;
        Ok(Some(page.items))
    }

    /// What to give to [`List::after`] to go on from here; none at the beginning and after the last page.
    #[must_use]
    pub fn next(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// Every item, fetched page by page as it is read.
    pub fn stream(self) -> impl Stream<Item = Result<T>> + Send
    where
        T: Send,
    {
        stream::try_unfold(self, |mut list| async move {
            Ok(list.next_page().await?.map(|items| (stream::iter(items.into_iter().map(Ok)), list)))
        })
        .try_flatten()
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "List({})", self.path)
    }
}
