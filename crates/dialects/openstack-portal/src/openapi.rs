//! The OpenAPI 3.1 document of the dialect, from the table of its operations.

use tenantry_http::fields::{Kind, plain, reference, schema};
use utoipa::openapi::path::{self, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Components, ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Schema};

use crate::fields::REFUSAL;
use crate::operations::{ALL, Operation};

const ABOUT: &str = "Document 3: login, tenants, groups and users. An object is answered under its name, a list under its plural, an error as \
    {error: {code, message}} with the HTTP status as its code. Parameters are taken from a JSON body, a form or the query string, for every \
    method; ids and booleans as texts too; unknown ones are ignored. Both /x and /x/ work. Where PUT or POST changes what the path names, \
    the other does too. The token goes into the header Authorization, bare or after Bearer, or into X-Auth-Token, X_Auth_Token, token or \
    the session cookie.";

/// Parameters of methods that have no body by custom are described as the query string's.
fn describe_query(operation: &Operation, found: &mut path::Operation) {
    for field in operation.takes {
        let kind = match field.kind {
            Kind::Integer => Type::Integer,
            Kind::Boolean => Type::Boolean,
            _ => Type::String,
        };
        let required = if operation.required.contains(&field.name) { Required::True } else { Required::False };
        let parameter = ParameterBuilder::new().name(field.name).parameter_in(ParameterIn::Query).required(required);
        let schema = RefOr::T(Schema::Object(plain(kind, false).build()));
        found.parameters.get_or_insert_default().push(RefOr::T(parameter.description(Some(field.about)).schema(Some(schema)).build()));
    }
}

fn describe_body(operation: &Operation, found: &mut path::Operation, parts: &mut Components) {
    if operation.takes.is_empty() {
        return;
    }
    let content = ContentBuilder::new().schema(Some(RefOr::T(schema(operation.takes, operation.required, parts)))).build();
    let body = RequestBodyBuilder::new().content("application/json", content.clone()).content("application/x-www-form-urlencoded", content);
    found.request_body = Some(RefOr::T(body.build()));
}

fn describe(operation: &Operation, found: &mut path::Operation, parts: &mut Components) {
    match operation.method {
        "GET" | "DELETE" => describe_query(operation, found),
        _ => describe_body(operation, found, parts),
    }
    if operation.id == "create_session" {
        found.security = Some(Vec::new());
    }
    found.tags = Some(vec![operation.path.split('/').nth(1).unwrap_or_default().to_owned()]);
    let content = ContentBuilder::new().schema(Some(RefOr::Ref(reference(operation.gives, parts)))).build();
    let answer = ResponseBuilder::new().description("the answer").content("application/json", content).build();
    found.responses.responses.insert("200".to_owned(), RefOr::T(answer));
    found.responses.responses.insert("default".to_owned(), RefOr::Ref(Ref::from_response_name("Refusal")));
}

/// The document.
pub(crate) fn document() -> OpenApi {
    let bare: Vec<_> = ALL.iter().map(|o| tenantry_http::openapi::op(o.group, o.method, o.path, o.id, o.summary, &[])).collect();
    let mut document = tenantry_http::openapi::document("Tenantry: OpenStack portal dialect", &bare, &[]);
    document.info.description = Some(ABOUT.to_owned());
    let mut parts = document.components.take().unwrap_or_default();
    let content = ContentBuilder::new().schema(Some(RefOr::Ref(reference(&REFUSAL, &mut parts)))).build();
    let refusal = ResponseBuilder::new().description("why it was refused").content("application/json", content).build();
    parts.responses.insert("Refusal".to_owned(), RefOr::T(refusal));
    for item in document.paths.paths.values_mut() {
        for found in [&mut item.get, &mut item.post, &mut item.put, &mut item.delete].into_iter().flatten() {
            if let Some(operation) = ALL.iter().find(|o| Some(o.id) == found.operation_id.as_deref()) {
                describe(operation, found, &mut parts);
            }
        }
    }
    document.components = Some(parts);
    document
}
