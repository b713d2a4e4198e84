//! The OpenAPI 3.1 document of the dialect, from the table of its operations.

use tenantry_http::fields::reference;
use tenantry_http::openapi;
use utoipa::openapi::path;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Components, OpenApi, RefOr, Response};

use crate::fields::REFUSAL;
use crate::operations::{ALL, Operation};

const ABOUT: &str = "Document 3: login, tenants, groups, users, servers, networks and volumes; what is numbered + is beside the document. An object is answered under its name, a list under its plural, an error as \
    {error: {code, message}} with the HTTP status as its code. Parameters are taken from a JSON body, a form or the query string, for every \
    method; ids and booleans as texts too; unknown ones are ignored. Both /x and /x/ work. Where PUT or POST changes what the path names, \
    the other does too. The token goes into the header Authorization, bare or after Bearer, or into X-Auth-Token, X_Auth_Token, token or \
    the session cookie.";

/// Parameters of methods that have no body by custom are described as the query string's, those of the others as a form's too.
fn answer(operation: &Operation, found: &mut path::Operation, parts: &mut Components) -> Response {
    let body = found.request_body.take_if(|_| matches!(operation.method, "GET" | "DELETE"));
    if body.is_some() {
        let parameters = operation.takes.iter().map(|f| RefOr::T(openapi::in_query(f, operation.required.contains(&f.name))));
        found.parameters.get_or_insert_default().extend(parameters);
    }
    if let Some(RefOr::T(body)) = &mut found.request_body {
        let forms: Vec<_> =
            body.content.values().cloned().map(|content| ("application/x-www-form-urlencoded".to_owned(), content)).collect();
        body.content.extend(forms);
    }
    openapi::response("the answer", RefOr::Ref(reference(operation.gives, parts)))
}

/// The document.
pub(crate) fn document() -> OpenApi {
    let about = openapi::About {
        title: "Tenantry: OpenStack portal dialect",
        text: ABOUT,
        header: "Authorization",
        in_path: Type::Integer,
        collection: 1,
        open: &["create_session"],
    };
    openapi::document(&about, ALL, |parts| RefOr::Ref(reference(&REFUSAL, parts)), answer)
}
