//! The OpenAPI 3.1 document of the dialect, from the table of its operations.

use tenantry_http::fields::{list, plain, reference, schema};
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{self, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AllOfBuilder, Type};
use utoipa::openapi::{Components, ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Schema};

use crate::operations::{ALL, Gives, Kind, Operation};

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

fn answer(operation: &Operation, parts: &mut Components) -> ResponseBuilder {
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
    let content = ContentBuilder::new().schema(Some(enveloped(data))).build();
    let response = ResponseBuilder::new().description(about).content("application/json", content);
    if !operation.counted {
        return response;
    }
    let mut total = Header::new(Schema::Object(plain(Type::Integer, false).build()));
    total.description = Some("how long the whole list is".to_owned());
    response.header("X-Total-Count", total)
}

fn describe(operation: &Operation, found: &mut path::Operation, parts: &mut Components) {
    for field in operation.asks {
        let parameter = ParameterBuilder::new().name(field.name).parameter_in(ParameterIn::Query).required(Required::False);
        let kind = match field.kind {
            Kind::Integer => Type::Integer,
            Kind::Boolean => Type::Boolean,
            _ => Type::String,
        };
        let schema = RefOr::T(Schema::Object(plain(kind, false).build()));
        let built = parameter.description(Some(field.about)).schema(Some(schema)).build();
        found.parameters.get_or_insert_default().push(RefOr::T(built));
    }
    if !operation.takes.is_empty() {
        let content = ContentBuilder::new().schema(Some(RefOr::T(schema(operation.takes, operation.required, parts)))).build();
        found.request_body = Some(RefOr::T(RequestBodyBuilder::new().content("application/json", content).build()));
    }
    if operation.id == "create_session" {
        found.security = Some(Vec::new());
    }
    found.tags = Some(vec![operation.path.split('/').nth(3).unwrap_or_default().to_owned()]);
    found.responses.responses.insert("200".to_owned(), RefOr::T(answer(operation, parts).build()));
    found.responses.responses.insert("default".to_owned(), RefOr::Ref(Ref::from_response_name("Refusal")));
}

/// The document.
pub(crate) fn document() -> OpenApi {
    let bare: Vec<_> = ALL.iter().map(|o| tenantry_http::openapi::op(o.group, o.method, o.path, o.id, o.summary, &[])).collect();
    let mut document = tenantry_http::openapi::document("Tenantry: container cloud dialect", &bare, &[]);
    document.info.description = Some(ABOUT.to_owned());
    let mut parts = document.components.take().unwrap_or_default();
    parts.schemas.insert(ENVELOPE.to_owned(), RefOr::T(envelope()));
    let content = ContentBuilder::new().schema(Some(enveloped(null()))).build();
    let refusal = ResponseBuilder::new().description("why it was refused").content("application/json", content).build();
    parts.responses.insert("Refusal".to_owned(), RefOr::T(refusal));
    for item in document.paths.paths.values_mut() {
        for found in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
            if let Some(operation) = ALL.iter().find(|o| Some(o.id) == found.operation_id.as_deref()) {
                describe(operation, found, &mut parts);
            }
        }
    }
    document.components = Some(parts);
    document
}
