//! The OpenAPI 3.1 document of the dialect, from the table of its operations.

use tenantry_http::fields::{list, plain, reference};
use tenantry_http::openapi;
use utoipa::openapi::path;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Components, OpenApi, Ref, RefOr, Response, Schema};

use crate::fields::{AUTHC_FAILURE, DONE};
use crate::operations::{ALL, Gives, Operation};

const ABOUT: &str = "Document 4, but for services, brokers and instances. A success is the bare object or list. A command answers \
    {message, resCodel, status}, below authc {message, resCode, status}, and so does a failure: its code is the HTTP status, but 4004 for a \
    user who was not created by the caller and 4061 for a quota that has no room. Both /x and /x/ work. Numbers and booleans are taken as \
    texts too, and unknown fields are ignored. What is absent is omitted, passwords are empty. The token goes into the header token, with \
    the login name before it or without, or into Authorization, X-Auth-Token, X_Auth_Token or the session cookie.";

fn answer(operation: &Operation, found: &mut path::Operation, parts: &mut Components) -> Response {
    if operation.path.contains("/authc/") {
        found.responses.responses.insert("default".to_owned(), RefOr::Ref(Ref::from_response_name("LoginRefusal")));
    }
    let (schema, about) = match operation.gives {
        Gives::One(object) => (RefOr::Ref(reference(object, parts)), "the object"),
        Gives::Many(object) => (list(reference(object, parts), ""), "the list"),
        Gives::Names => (list(Schema::Object(plain(Type::String, false).build()), ""), "the names"),
    };
    openapi::response(about, schema)
}

/// The document.
pub(crate) fn document() -> OpenApi {
    let about = openapi::About {
        title: "Tenantry: ocmanager dialect",
        text: ABOUT,
        header: "token",
        in_path: Type::String,
        collection: 4,
        open: &["login", "get_proxy_user"],
    };
    let refusal = |parts: &mut Components| {
        let login = RefOr::Ref(reference(&AUTHC_FAILURE, parts));
        parts.responses.insert("LoginRefusal".to_owned(), RefOr::T(openapi::response("why it was refused", login)));
        RefOr::Ref(reference(&DONE, parts))
    };
    openapi::document(&about, ALL, refusal, answer)
}
