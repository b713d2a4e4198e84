//! Images of the registries (A38). Without any registry the list is empty; one that cannot be read is an error that names it.

use axum::extract::Query;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::registry::Image;
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::{lenient, paging};
use tenantry_service::registry;

use crate::error::{Failure, Reply};
use crate::extract::Caller;

/// The most repositories that a page by number reads past.
const MOST: u64 = 5000;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::integer")]
    page: Option<i64>,
    #[serde(rename = "pageSize", deserialize_with = "lenient::integer")]
    page_size: Option<i64>,
    registry: Option<String>,
    after: Option<String>,
}

fn render(image: &Image) -> Value {
    json!({"name": image.name, "registry": image.registry, "tags": image.tags})
}

/// A38
pub(crate) async fn list(Caller(ctx): Caller, query: Result<Query<Wire>, axum::extract::rejection::QueryRejection>) -> Reply {
    let Query(asked) = query.map_err(|e| Error::new(ErrorKind::InvalidArgument, format!("the query string has a wrong value: {e}")))?;
    let page = paging::by_number(asked.page, asked.page_size)?;
    if page.skip > MOST {
        return Err(Failure(Error::invalid("page", "pages of images go to the first 5000 by number; beyond, use 'after'")));
    }
    let wanted = usize::try_from(page.skip + page.limit).unwrap_or(usize::MAX);
    let some = |t: &Option<String>| t.clone().filter(|t| !t.is_empty());
    let found = registry::images(&ctx, some(&asked.registry).as_deref(), some(&asked.after).as_deref(), wanted).await?;
    Ok(found.iter().skip(usize::try_from(page.skip).unwrap_or(0)).map(render).collect::<Value>().into())
}
