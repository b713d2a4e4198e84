//! Login (`POST /v1/token`).

use axum::extract::{Request, State};
use serde::Deserialize;
use serde_json::json;
use tenantry_domain::Error;
use tenantry_http::{Api, body, caller, lenient};
use tenantry_service::{Ctx, auth, session};

use crate::error::Reply;
use crate::logs::time;
use crate::{NAME, ObjectId};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Login {
    #[serde(deserialize_with = "lenient::text")]
    username: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    password: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    tenantname: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    code: Option<String>,
}

/// Opens a session. `tenantname` says whose user it is, by the tenant's name or its label; without it the user name says it (`user#tenant`),
/// or is unique.
pub(crate) async fn create(State(api): State<Api>, request: Request) -> Reply {
    let (parts, body) = request.into_parts();
    let info = caller::request_info(&api, &parts, NAME);
    let login: Login = body::json(Request::from_parts(parts, body)).await?;
    let some = |value: Option<String>| value.filter(|v| !v.trim().is_empty());
    let username = some(login.username).ok_or_else(|| Error::missing("username"))?;
    let password = login.password.filter(|p| !p.is_empty()).ok_or_else(|| Error::missing("password"))?;
    let identification = match some(login.tenantname) {
        Some(tenant) => format!("{}#{}", username.trim(), tenant.trim()),
        None => username,
    };
    let code = some(login.code);
    let opened = auth::login(&api.services, &info, &identification, &password, code.as_deref()).await?;
    let opener = auth::authenticate(&api.services, &opened.token, NAME).await?;
    let home = session::home(&Ctx::new(api.services.clone(), opener.caller, info)).await?;
    let user = opened.user;
    let data = json!({
        "id": opened.token,
        "userid": ObjectId::new(user.created_at, user.id.0).to_string(),
        "username": user.username,
        "tenantid": ObjectId::new(home.created_at, home.id.0).to_string(),
        "tenantname": home.name,
        "time_expire": time(opened.expires_at),
    });
    Ok(data.into())
}
