//! The OpenAPI 3.1 document of the dialect, from the table of its operations.

use tenantry_http::fields::{list, plain, reference, schema};
use utoipa::openapi::path::{self, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{Components, Content, ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Schema};

use crate::fields::{AUTHC_FAILURE, DONE};
use crate::operations::{ALL, Field, Gives, Kind, Operation};

const ABOUT: &str = "Document 4, but for services, brokers and instances. A success is the bare object or list. A command answers \
    {message, resCodel, status}, below authc {message, resCode, status}, and so does a failure: its code is the HTTP status, but 4004 for a \
    user who was not created by the caller and 4061 for a quota that has no room. Both /x and /x/ work. Numbers and booleans are taken as \
    texts too, and unknown fields are ignored. What is absent is omitted, passwords are empty. The token goes into the header token, with \
    the login name before it or without, or into Authorization, X-Auth-Token, X_Auth_Token or the session cookie.";

fn json(schema: RefOr<Schema>) -> Content {
    ContentBuilder::new().schema(Some(schema)).build()
}

fn scalar(kind: Type) -> RefOr<Schema> {
    RefOr::T(Schema::Object(plain(kind, false).build()))
}

fn in_path(name: &str) -> path::Parameter {
    ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True).schema(Some(scalar(Type::String))).build()
}

fn in_query(field: &Field) -> path::Parameter {
    let kind = match field.kind {
        Kind::Integer => Type::Integer,
        Kind::Boolean => Type::Boolean,
        _ => Type::String,
    };
    let parameter = ParameterBuilder::new().name(field.name).parameter_in(ParameterIn::Query).required(Required::False);
    parameter.description(Some(field.about)).schema(Some(scalar(kind))).build()
}

fn describe(operation: &Operation, found: &mut path::Operation, parts: &mut Components) {
    let names = operation.path.split(['{', '}']).skip(1).step_by(2).map(in_path);
    let parameters: Vec<_> = names.chain(operation.asks.iter().map(in_query)).map(RefOr::T).collect();
    found.parameters = Some(parameters).filter(|p| !p.is_empty());
    if !operation.takes.is_empty() {
        let body = json(RefOr::T(schema(operation.takes, operation.required, parts)));
        found.request_body = Some(RefOr::T(RequestBodyBuilder::new().content("application/json", body).build()));
    }
    if matches!(operation.id, "login" | "get_proxy_user") {
        found.security = Some(Vec::new());
    }
    found.tags = Some(vec![operation.path.split('/').nth(4).unwrap_or_default().to_owned()]);
    let (answer, about) = match operation.gives {
        Gives::One(object) => (RefOr::Ref(reference(object, parts)), "the object"),
        Gives::Many(object) => (list(reference(object, parts), ""), "the list"),
        Gives::Names => (list(scalar(Type::String), ""), "the names"),
    };
    let answer = ResponseBuilder::new().description(about).content("application/json", json(answer)).build();
    let refusal = if operation.path.contains("/authc/") { "LoginRefusal" } else { "Refusal" };
    found.responses.responses.insert("200".to_owned(), RefOr::T(answer));
    found.responses.responses.insert("default".to_owned(), RefOr::Ref(Ref::from_response_name(refusal)));
}

/// The document.
pub(crate) fn document() -> OpenApi {
    let bare: Vec<_> = ALL.iter().map(|o| tenantry_http::openapi::op(o.group, o.method, o.path, o.id, o.summary, &[])).collect();
    let mut document = tenantry_http::openapi::document("Tenantry: ocmanager dialect", &bare, &[]);
    document.info.description = Some(ABOUT.to_owned());
    let mut parts = document.components.take().unwrap_or_default();
    let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("token")));
    parts.security_schemes.insert("session".to_owned(), RefOr::T(header));
    for (name, object) in [("Refusal", &DONE), ("LoginRefusal", &AUTHC_FAILURE)] {
        let content = json(RefOr::Ref(reference(object, &mut parts)));
        let refusal = ResponseBuilder::new().description("why it was refused").content("application/json", content).build();
        parts.responses.insert(name.to_owned(), RefOr::T(refusal));
    }
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
