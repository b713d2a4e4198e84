//! The OpenAPI 3.1 document of the dialect, from the table of its operations.

use tenantry_http::fields::{list, plain, reference};
use tenantry_http::openapi;
use utoipa::openapi::header::Header;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Components, OpenApi, RefOr, Response, Schema};

use crate::operations::{ALL, Gives, Operation};

const ABOUT: &str = "Document 5: the login and the logs. A success is {success: true, data, count}, with count where it is asked for; a failure \
    is {success: false, error: {code, errormsg}}: E12001 something else is at fault, E12002 the request is not valid, E12003 an internal error, \
    E12004 not authorized. Both /x and /x/ work. Numbers and booleans are taken as texts too, and unknown fields are ignored. Ids are 24 hex \
    digits: 4 bytes of creation time (unix seconds) and 8 bytes of integer id. The token goes into the header X-Auth-Token or X_Auth_Token, \
    into Authorization (bare or after Bearer), token or the session cookie.";

fn described(kind: Type, about: &str) -> Schema {
    Schema::Object(plain(kind, false).description(Some(about)).build())
}

/// What every success has beside its data.
fn success(data: RefOr<Schema>, counted: bool) -> RefOr<Schema> {
    let object = plain(Type::Object, false).property("success", described(Type::Boolean, "true")).property("data", data);
    let object = if counted {
        object.property("count", described(Type::Integer, "how long the whole list is, when it was asked for"))
    } else {
        object
    };
    RefOr::T(Schema::Object(object.required("success").required("data").build()))
}

fn failure() -> RefOr<Schema> {
    let error = plain(Type::Object, false)
        .description(Some("why it was refused"))
        .property("code", described(Type::String, "E12001, E12002, E12003 or E12004"))
        .property("errormsg", described(Type::String, "what was wrong and what would be right"));
    let error = Schema::Object(error.required("code").required("errormsg").build());
    let object = plain(Type::Object, false).property("success", described(Type::Boolean, "false")).property("error", error);
    RefOr::T(Schema::Object(object.required("success").required("error").build()))
}

fn answer(operation: &Operation, parts: &mut Components) -> Response {
    let (data, counted) = match operation.gives {
        Gives::One(object) => (RefOr::Ref(reference(object, parts)), false),
        Gives::Many(object) => (list(reference(object, parts), "the list"), true),
    };
    let mut response = openapi::response("the answer", success(data, counted));
    if counted {
        let mut count = Header::new(described(Type::Integer, "how long the whole list is"));
        count.description = Some("how long the whole list is, when it was asked for, or is longer than one answer takes".to_owned());
        response.headers.insert("X-Object-Count".to_owned(), RefOr::T(count));
    }
    response
}

/// The document.
pub(crate) fn document() -> OpenApi {
    let about = openapi::About {
        title: "Tenantry: cluster manager dialect",
        text: ABOUT,
        header: "Authorization",
        in_path: Type::Integer,
        collection: 2,
        open: &["create_token"],
    };
    openapi::document(&about, ALL, |_| failure(), |operation, _, parts| answer(operation, parts))
}
