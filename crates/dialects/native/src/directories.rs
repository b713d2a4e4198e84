//! Directories of people: whether each can be asked, and who is in it.

use serde::Serialize;
use tenantry_domain::page::Page;
use tenantry_http::Api;
use tenantry_service::directory::{self, Checked, DirectoryUser};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, list_query, page};
use crate::call::{Call, Name};
use crate::error::Reply;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_directories)).routes(routes!(list_people))
}

/// A directory or a provider of single sign-on, as it was when it was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Directory {
    name: String,
    /// `directory`, or `provider` of single sign-on.
    kind: String,
    /// Whether people can log in.
    healthy: bool,
    /// What is wrong, and which setting would put it right.
    message: String,
}

impl From<Checked> for Directory {
    fn from(checked: Checked) -> Self {
        let Checked { name, kind, healthy, message } = checked;
        Self { name, kind: kind.to_string(), healthy, message }
    }
}

/// Somebody in a directory, who may have logged in here or not.
#[derive(Serialize, ToSchema)]
pub(crate) struct Person {
    /// What the person logs in with.
    username: String,
    name: String,
    email: Option<String>,
    phone: Option<String>,
}

impl From<DirectoryUser> for Person {
    fn from(person: DirectoryUser) -> Self {
        Self { username: person.login, name: person.name, email: person.email, phone: person.phone }
    }
}

list_query!(PeopleQuery {
    /// How the login, the name or the mail address begins.
    prefix: Option<String>,
});

/// List the directories and the providers of single sign-on, each looked at now
#[utoipa::path(get, path = "/directories", responses((status = 200, body = Listed<Directory>)))]
async fn list_directories(call: Call) -> Reply {
    Ok(page(Page { items: directory::list(&call.ctx).await?, next: None }, Directory::from))
}

/// List the people of a directory
#[utoipa::path(get, path = "/directories/{name}/users", params(("name" = String, Path), PeopleQuery),
    responses((status = 200, body = Listed<Person>)))]
async fn list_people(call: Call<PeopleQuery>, Name(name): Name) -> Reply {
    let prefix = call.query.prefix.as_deref().unwrap_or_default();
    Ok(page(directory::users(&call.ctx, &name, prefix, &call.query.page()?).await?, Person::from))
}
