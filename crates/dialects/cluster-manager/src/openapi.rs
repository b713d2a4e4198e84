//! The OpenAPI 3.1 document of the dialect, from the table of its operations.

use tenantry_http::fields::{Kind, list, plain, reference, schema};
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{self, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Components, ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Schema};

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

fn answer(operation: &Operation, parts: &mut Components) -> ResponseBuilder {
    let (data, counted) = match operation.gives {
        Gives::One(object) => (RefOr::Ref(reference(object, parts)), false),
        Gives::Many(object) => (list(reference(object, parts), "the list"), true),
    };
    let content = ContentBuilder::new().schema(Some(success(data, counted))).build();
    let response = ResponseBuilder::new().description("the answer").content("application/json", content);
    if !counted {
        return response;
    }
    let mut count = Header::new(described(Type::Integer, "how long the whole list is"));
    count.description = Some("how long the whole list is, when it was asked for, or is longer than one answer takes".to_owned());
    response.header("X-Object-Count", count)
}

fn describe(operation: &Operation, found: &mut path::Operation, parts: &mut Components) {
    for field in operation.asks {
        let kind = match field.kind {
            Kind::Integer => Type::Integer,
            Kind::Boolean => Type::Boolean,
            _ => Type::String,
        };
        let parameter = ParameterBuilder::new().name(field.name).parameter_in(ParameterIn::Query).required(Required::False);
        let schema = RefOr::T(Schema::Object(plain(kind, false).build()));
        found.parameters.get_or_insert_default().push(RefOr::T(parameter.description(Some(field.about)).schema(Some(schema)).build()));
    }
    if !operation.takes.is_empty() {
        let content = ContentBuilder::new().schema(Some(RefOr::T(schema(operation.takes, operation.required, parts)))).build();
        found.request_body = Some(RefOr::T(RequestBodyBuilder::new().content("application/json", content).build()));
    }
    if operation.id == "create_token" {
        found.security = Some(Vec::new());
    }
    found.tags = Some(vec![operation.path.split('/').nth(2).unwrap_or_default().to_owned()]);
    found.responses.responses.insert("200".to_owned(), RefOr::T(answer(operation, parts).build()));
    found.responses.responses.insert("default".to_owned(), RefOr::Ref(Ref::from_response_name("Refusal")));
}

/// The document.
pub(crate) fn document() -> OpenApi {
    let bare: Vec<_> = ALL.iter().map(|o| tenantry_http::openapi::op(o.group, o.method, o.path, o.id, o.summary, &[])).collect();
    let mut document = tenantry_http::openapi::document("Tenantry: cluster manager dialect", &bare, &[]);
    document.info.description = Some(ABOUT.to_owned());
    let mut parts = document.components.take().unwrap_or_default();
    let content = ContentBuilder::new().schema(Some(failure())).build();
    let refusal = ResponseBuilder::new().description("why it was refused").content("application/json", content).build();
    parts.responses.insert("Refusal".to_owned(), RefOr::T(refusal));
    for item in document.paths.paths.values_mut() {
        for found in [&mut item.get, &mut item.post].into_iter().flatten() {
            if let Some(operation) = ALL.iter().find(|o| Some(o.id) == found.operation_id.as_deref()) {
                describe(operation, found, &mut parts);
            }
        }
    }
    document.components = Some(parts);
    document
}
