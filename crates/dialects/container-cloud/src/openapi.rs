//! The OpenAPI 3.1 document of the dialect, from the table of its operations.

use tenantry_http::fields::{list, plain, reference, schema};
use tenantry_http::openapi;
use utoipa::openapi::header::Header;
use utoipa::openapi::schema::{AllOfBuilder, Type};
use utoipa::openapi::{Components, OpenApi, Ref, RefOr, Response, Schema};

use crate::operations::{ALL, Gives, Operation, counted};

const ABOUT: &str = "The documents 1 and 2. Every answer has the envelope {code, message, msg, data}: code 0 is success, the others are in \
    docs/compat/container-cloud.md; message and msg say the same. Both /x and /x/ work, PUT does what POST does to something that exists. \
    Numbers, ids and booleans are taken as texts too, lists also as JSON in a text or separated by commas, and unknown fields are ignored. \
    CPU is in cores, memory and disks in GiB, money in yuan. The token goes into the header Authorization, bare or after Bearer, or into \
    X-Auth-Token, X_Auth_Token, token or the session cookie.";

const ENVELOPE: &str = "Envelope";

/// What every answer has beside its data.
fn envelope() -> Schema {
    let code = plain(Type::Integer, false).description(Some("0 is success"));
    let text = |about: &str| Schema::Object(plain(Type::String, false).description(Some(about)).build());
    let object = plain(Type::Object, false).property("code", Schema::Object(code.build()));
    let object = object.property("message", text("success, or what was wrong and what would be right")).property("msg", text("the same"));
    Schema::Object(object.required("code").required("message").required("msg").build())
}

/// The envelope around the data of an answer.
fn enveloped(data: RefOr<Schema>) -> RefOr<Schema> {
    let own = Schema::Object(plain(Type::Object, false).property("data", data).required("data").build());
    RefOr::T(Schema::AllOf(AllOfBuilder::new().item(Ref::from_schema_name(ENVELOPE)).item(own).build()))
}

fn null() -> RefOr<Schema> {
    RefOr::T(Schema::Object(plain(Type::Null, false).build()))
}

fn answer(operation: &Operation, parts: &mut Components) -> Response {
    let (data, about) = match operation.gives {
        Gives::Nothing => (null(), "done"),
        Gives::One(object) => (RefOr::Ref(reference(object, parts)), "the object"),
        Gives::Many(object) => (list(reference(object, parts), ""), "the list"),
        Gives::Leaving(object) => {
            let (name, left) = (format!("Leaving{}", object.name), schema(object.fields, &["id", "name", "status"], parts));
            parts.schemas.insert(name.clone(), RefOr::T(left));
            (
                RefOr::Ref(Ref::from_schema_name(name)),
                "the object as it stands when it is not gone yet, else its id, its name and the status deleted",
            )
        }
    };
    let mut response = openapi::response(about, enveloped(data));
    if counted(operation) {
        let mut total = Header::new(Schema::Object(plain(Type::Integer, false).build()));
        total.description = Some("how long the whole list is".to_owned());
        response.headers.insert("X-Total-Count".to_owned(), RefOr::T(total));
    }
    response
}

/// The document.
pub(crate) fn document() -> OpenApi {
    let about = openapi::About {
        title: "Tenantry: container cloud dialect",
        text: ABOUT,
        header: "Authorization",
        in_path: Type::Integer,
        collection: 3,
        open: &["create_session"],
    };
    let refusal = |parts: &mut Components| {
        parts.schemas.insert(ENVELOPE.to_owned(), RefOr::T(envelope()));
        enveloped(null())
    };
    openapi::document(&about, ALL, refusal, |operation, _, parts| answer(operation, parts))
}
