//! Commands to servers (C17), and looking into one: its console and what it wrote there.

use axum::Json;
use axum::http::{HeaderName, Method, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tenantry_domain::cloud::ServerCommand;
use tenantry_domain::resource::Kind;
use tenantry_domain::{Error, ErrorKind, ResourceId};
use tenantry_http::lenient;
use tenantry_service::cloud::{catalog, server};

use crate::error::{Failure, Reply};
use crate::extract::{Caller, Given, Named};
use crate::resources::{required, settled};
use crate::servers::answer;

/// How many lines of a console are shown when nothing is said.
const LINES: i64 = 100;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Wire {
    #[serde(deserialize_with = "lenient::boolean")]
    hard: Option<bool>,
    #[serde(deserialize_with = "lenient::integer")]
    tenant_id: Option<i64>,
    #[serde(alias = "virtual_server_id", deserialize_with = "lenient::integer")]
    server_id: Option<i64>,
    #[serde(deserialize_with = "lenient::integer")]
    lines: Option<i64>,
}

/// C17, by GET as the document says and by POST. A HEAD, which a client may send to see whether something is there, does nothing.
pub(crate) async fn run(method: Method, Caller(ctx): Caller, Named(command, id): Named, Given(wire): Given<Wire>) -> Reply {
    if method == Method::HEAD {
        return Err(Error::new(ErrorKind::MethodNotAllowed, "a command is sent by GET or POST").into());
    }
    let command = match command.parse()? {
        ServerCommand::Reboot { .. } => ServerCommand::Reboot { hard: wire.hard.unwrap_or(false) },
        other => other,
    };
    let changed = server::command(&ctx, ResourceId(id), command, None).await?;
    answer(&ctx, &settled(&ctx, changed).await?).await
}

/// Beside the document: where a server's screen is looked at. The address holds a token, so that no cache keeps it.
pub(crate) async fn console(
    Caller(ctx): Caller,
    Given(wire): Given<Wire>,
) -> Result<([(HeaderName, &'static str); 1], Json<Value>), Failure> {
    let row = required(&ctx, Kind::Server, wire.tenant_id, "server_id", wire.server_id).await?;
    let console = catalog::console(&ctx, row.id).await?;
    let answer = json!({"console": {"server_id": row.id, "type": console.kind, "url": console.url}});
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)))
}

/// Beside the document: the last lines that a server wrote to its console.
pub(crate) async fn console_log(Caller(ctx): Caller, Given(wire): Given<Wire>) -> Reply {
    let row = required(&ctx, Kind::Server, wire.tenant_id, "server_id", wire.server_id).await?;
    let lines = wire.lines.unwrap_or(LINES);
    let most = i64::try_from(catalog::MOST_LINES).unwrap_or(i64::MAX);
    let count = usize::try_from(lines).ok().filter(|_| (1..=most).contains(&lines));
    let count = count.ok_or_else(|| Error::invalid("lines", format!("'lines' must be between 1 and {most}")))?;
    let text = catalog::console_log(&ctx, row.id, count).await?;
    Ok(Json(json!({"console_log": {"server_id": row.id, "output": text}})))
}
