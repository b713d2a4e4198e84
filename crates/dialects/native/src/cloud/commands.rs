//! What is done to a server: commands, who it is assigned to, and looking at it.

use axum::Json;
use axum::response::IntoResponse as _;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tenantry_domain::cloud::{Console as StoredConsole, ServerCommand as StoredCommand};
use tenantry_domain::policy::Action;
use tenantry_domain::resource::Kind;
use tenantry_domain::{Error, ResourceId, Result, UserId};
use tenantry_http::{Api, lenient};
use tenantry_service::cloud::{catalog, server};
use tenantry_service::resource;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::servers::Server;
use crate::answer::secret;
use crate::call::{Body, Call, Id};
use crate::dry_run::DryRun;
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(command_server))
        .routes(routes!(assign_server, unassign_server))
        .routes(routes!(open_console))
        .routes(routes!(get_console_log))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerCommand {
    /// `start`, `stop`, `pause`, `unpause`, `suspend`, `resume` or `reboot`
    command: String,
    /// Whether a reboot does not ask the server; no without it.
    hard: Option<bool>,
}

impl ServerCommand {
    fn read(&self) -> Result<StoredCommand> {
        match (self.command.parse()?, self.hard) {
            (StoredCommand::Reboot { .. }, hard) => Ok(StoredCommand::Reboot { hard: hard.unwrap_or(false) }),
            (_, Some(true)) => Err(Error::invalid("hard", "'hard' is for reboot alone")),
            (command, _) => Ok(command),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Assignment {
    /// Somebody with a role on the server's tenant.
    user_id: i64,
}

/// Where a server's screen is looked at.
#[derive(Serialize, ToSchema)]
pub(crate) struct Console {
    /// For example `novnc`.
    kind: String,
    /// It holds a token: whoever has it sees the screen.
    url: String,
}

impl From<StoredConsole> for Console {
    fn from(c: StoredConsole) -> Self {
        Self { kind: c.kind, url: c.url }
    }
}

/// The last lines that a server wrote to its console.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConsoleLog {
    text: String,
}

/// How much of a console.
#[derive(Deserialize, Default, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogQuery {
    /// At most that many lines, 1 to 10000; 100 without it.
    #[serde(deserialize_with = "lenient::integer")]
    lines: Option<i64>,
}

impl LogQuery {
    fn lines(&self) -> Result<usize> {
        let lines = usize::try_from(self.lines.unwrap_or(100)).ok().filter(|l| (1..=catalog::MOST_LINES).contains(l));
        lines.ok_or_else(|| Error::invalid("lines", format!("'lines' must be between 1 and {}", catalog::MOST_LINES)))
    }
}

/// Start, stop, pause, suspend or reboot a server
#[utoipa::path(post, path = "/servers/{id}/commands", request_body = ServerCommand, responses((status = 200, body = Server)))]
async fn command_server(call: Call, Id(id): Id, Body(command): Body<ServerCommand>) -> Reply {
    let command = command.read()?;
    let before = resource::get(&call.ctx, Kind::Server, ResourceId(id)).await?;
    let after = server::command(&call.ctx, before.id, command, call.version).await?;
    super::changed(&call, Action::Update, &before, after).await
}

async fn assigned(call: &Call, id: i64, to: Option<UserId>) -> Reply {
    let before = resource::get(&call.ctx, Kind::Server, ResourceId(id)).await?;
    let after = server::assign(&call.ctx, before.id, to).await?;
    if call.ctx.dry_run {
        return super::changed(call, Action::Grant, &before, after).await;
    }
    // nothing has to settle: who sees it is ours alone
    Ok(crate::resources::shown(StatusCode::OK, &after))
}

/// Assign a private server to a user
///
/// Who it is assigned to sees it and commands it from then on.
#[utoipa::path(put, path = "/servers/{id}/assignment", request_body = Assignment, responses((status = 200, body = Server)))]
async fn assign_server(call: Call, Id(id): Id, Body(to): Body<Assignment>) -> Reply {
    assigned(&call, id, Some(UserId(to.user_id))).await
}

/// Take a private server away from its user
#[utoipa::path(delete, path = "/servers/{id}/assignment", responses((status = 200, body = Server)))]
async fn unassign_server(call: Call, Id(id): Id) -> Reply {
    assigned(&call, id, None).await
}

/// Get an address where a server's screen is looked at
#[utoipa::path(post, path = "/servers/{id}/console", responses((status = 200, body = Console)))]
async fn open_console(call: Call, Id(id): Id) -> Reply {
    if call.ctx.dry_run {
        catalog::may_look_into(&call.ctx, ResourceId(id)).await?;
        return Ok(DryRun::new(Action::IssueCredential, Kind::Server.object()).answer());
    }
    Ok(secret(StatusCode::OK, &Console::from(catalog::console(&call.ctx, ResourceId(id)).await?)))
}

/// Get the last lines that a server wrote to its console
#[utoipa::path(get, path = "/servers/{id}/console-log", params(LogQuery), responses((status = 200, body = ConsoleLog)))]
async fn get_console_log(call: Call<LogQuery>, Id(id): Id) -> Reply {
    let text = catalog::console_log(&call.ctx, ResourceId(id), call.query.lines()?).await?;
    Ok(Json(ConsoleLog { text }).into_response())
}
