//! Images of the registries (A38). Without any registry the list is empty; one that cannot be read is an error that names it.

use axum::extract::Query;
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::registry::Image;
use tenantry_domain::{Error, ErrorKind};
use tenantry_http::{lenient, paging};
use tenantry_service::registry;

use crate::error::{Answer, Reply};
use crate::extract::Caller;

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
    let some = |t: &Option<String>| t.clone().filter(|t| !t.is_empty());
    let (registry, after) = (some(&asked.registry), some(&asked.after));
    if page.skip > 0 && after.is_some() {
        return Err(Error::invalid("after", "'after' and 'page' are two ways of saying where a page begins: send one of them").into());
    }
    // names are cheap: tags, digests and sizes are read of this page alone
    let all = registry::repositories(&ctx, registry.as_deref()).await?;
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let skip = usize::try_from(page.skip).unwrap_or(usize::MAX);
    if skip > 0 && skip >= all.len() {
        return Ok(Answer::page(json!([]), total));
    }
    let after = after.as_ref().or_else(|| all.get(skip.checked_sub(1)?)).map(String::as_str);
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let found = registry::images(&ctx, registry.as_deref(), after, limit).await?;
    Ok(Answer::page(found.iter().map(render).collect(), total))
}
