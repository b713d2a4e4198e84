//! OpenAPI 3.1 documents, made from the table of a dialect's operations, which its tests are made from too.

use utoipa::openapi::path::{self, HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{Schema, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, ComponentsBuilder, Content, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response,
    ResponseBuilder,
};

use crate::fields::{Field, Kind, plain, schema};

/// An operation. `G` is how its dialect says what it gives.
#[derive(Debug, Clone, Copy)]
pub struct Operation<G> {
    /// Its number in the checklist of the documents.
    pub group: &'static str,
    /// The method; where a dialect takes PUT for POST or the other way round, the one that is documented.
    pub method: &'static str,
    /// The path, with `{...}` for names and ids.
    pub path: &'static str,
    /// The operation id, `<verb>_<resource>`.
    pub id: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// What it answers.
    pub gives: G,
    /// The fields of its body.
    pub takes: &'static [Field],
    /// Those that it cannot do without.
    pub required: &'static [&'static str],
    /// The fields of its query string.
    pub asks: &'static [Field],
}

/// An entry of the table.
#[must_use]
pub const fn op<G: Copy>(
    group: &'static str,
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    gives: G,
) -> Operation<G> {
    Operation { group, method, path, id, summary, gives, takes: &[], required: &[], asks: &[] }
}

impl<G: Copy> Operation<G> {
    /// With these fields in its body.
    #[must_use]
    pub const fn takes(self, takes: &'static [Field], required: &'static [&'static str]) -> Self {
        Self { takes, required, ..self }
    }

    /// With these fields in its query string.
    #[must_use]
    pub const fn asks(self, asks: &'static [Field]) -> Self {
        Self { asks, ..self }
    }

    fn http_method(&self) -> HttpMethod {
        match self.method {
            "POST" => HttpMethod::Post,
            "PUT" => HttpMethod::Put,
            "PATCH" => HttpMethod::Patch,
            "DELETE" => HttpMethod::Delete,
            _ => HttpMethod::Get,
        }
    }
}

/// What a dialect's document says beside its operations.
pub struct About<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its conventions.
    pub text: &'a str,
    /// The header that its own clients send the token in.
    pub header: &'a str,
    /// What the names and ids in its paths are.
    pub in_path: Type,
    /// Which part of a path, from 1, is the collection that its operations are listed below.
    pub collection: usize,
    /// The operations that take no token.
    pub open: &'a [&'a str],
}

fn scalar(kind: Type) -> RefOr<Schema> {
    RefOr::T(Schema::Object(plain(kind, false).build()))
}

/// A parameter of the query string.
#[must_use]
pub fn in_query(field: &Field, required: bool) -> Parameter {
    let kind = match field.kind {
        Kind::Integer => Type::Integer,
        Kind::Boolean => Type::Boolean,
        _ => Type::String,
    };
    let required = if required { Required::True } else { Required::False };
    let parameter = ParameterBuilder::new().name(field.name).parameter_in(ParameterIn::Query).required(required);
    parameter.description(Some(field.about)).schema(Some(scalar(kind))).build()
}

/// JSON of this schema.
#[must_use]
pub fn json(schema: RefOr<Schema>) -> Content {
    ContentBuilder::new().schema(Some(schema)).build()
}

/// An answer of this schema.
#[must_use]
pub fn response(about: &str, schema: RefOr<Schema>) -> Response {
    ResponseBuilder::new().description(about).content("application/json", json(schema)).build()
}

/// The document of a dialect. `refusal` is what a failure looks like; `answer` is what an operation gives, and may change what is said of it.
pub fn document<G: Copy>(
    about: &About<'_>,
    operations: &[Operation<G>],
    refusal: impl FnOnce(&mut Components) -> RefOr<Schema>,
    mut answer: impl FnMut(&Operation<G>, &mut path::Operation, &mut Components) -> Response,
) -> OpenApi {
    let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(about.header)));
    let mut parts = ComponentsBuilder::new().security_scheme("session", header).build();
    let refused = refusal(&mut parts);
    parts.responses.insert("Refusal".to_owned(), RefOr::T(response("why it was refused", refused)));
    let mut paths = PathsBuilder::new();
    for operation in operations {
        let mut built = OperationBuilder::new()
            .operation_id(Some(operation.id))
            .summary(Some(format!("{} ({})", operation.summary, operation.group)))
            .tag(operation.path.split('/').nth(about.collection).unwrap_or_default())
            .securities(about.open.contains(&operation.id).then(Vec::new))
            .response("default", Ref::from_response_name("Refusal"));
        for name in operation.path.split(['{', '}']).skip(1).step_by(2) {
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
            built = built.parameter(parameter.schema(Some(scalar(about.in_path.clone()))).build());
        }
        built = operation.asks.iter().fold(built, |built, field| built.parameter(in_query(field, false)));
        if !operation.takes.is_empty() {
            let body = json(RefOr::T(schema(operation.takes, operation.required, &mut parts)));
            built = built.request_body(Some(RequestBodyBuilder::new().content("application/json", body).build()));
        }
        let mut built = built.build();
        let given = answer(operation, &mut built, &mut parts);
        built.responses.responses.insert("200".to_owned(), RefOr::T(given));
        paths = paths.path(operation.path, PathItem::new(operation.http_method(), built));
    }
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title(about.title).version(env!("CARGO_PKG_VERSION")).description(Some(about.text)).build())
        .paths(paths.build())
        .components(Some(parts))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("session", [])]))
        .build()
}
