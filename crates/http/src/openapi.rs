//! OpenAPI 3.1 documents, made from the table of a dialect's operations, which its tests are made from too.

use utoipa::openapi::path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, Required, ResponseBuilder};

/// An operation.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// Where it is documented: its number in the checklist, or the collection.
    pub group: &'static str,
    /// The method.
    pub method: &'static str,
    /// The path, with `{...}` for ids.
    pub path: &'static str,
    /// The operation id, `<verb>_<resource>`.
    pub id: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// The fields of its body.
    pub fields: &'static [&'static str],
}

/// An entry of the table.
#[must_use]
pub const fn op(
    group: &'static str,
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    fields: &'static [&'static str],
) -> Operation {
    Operation { group, method, path, id, summary, fields }
}

fn object(fields: &[&str]) -> Schema {
    let object = ObjectBuilder::new().schema_type(SchemaType::new(Type::Object));
    let any = || RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(SchemaType::AnyValue).build()));
    Schema::Object(fields.iter().fold(object, |o, field| o.property(*field, any())).build())
}

/// The document of a dialect. `answer` are the fields of its envelope; none where answers are bare objects.
#[must_use]
pub fn document(title: &str, operations: &[Operation], answer: &[&str]) -> OpenApi {
    let content = |fields: &[&str]| ContentBuilder::new().schema(Some(RefOr::T(object(fields)))).build();
    let mut paths = PathsBuilder::new();
    for operation in operations {
        let answered = ResponseBuilder::new().description("the answer").content("application/json", content(answer)).build();
        let mut built = OperationBuilder::new()
            .operation_id(Some(operation.id))
            .summary(Some(format!("{} ({})", operation.summary, operation.group)))
            .tag(operation.group)
            .response("200", answered.clone())
            .response("default", answered);
        for name in operation.path.split(['{', '}']).skip(1).step_by(2) {
            let integer = Schema::Object(ObjectBuilder::new().schema_type(SchemaType::new(Type::Integer)).build());
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
            built = built.parameter(parameter.schema(Some(RefOr::T(integer))).build());
        }
        if !operation.fields.is_empty() {
            built = built.request_body(Some(RequestBodyBuilder::new().content("application/json", content(operation.fields)).build()));
        }
        let method = match operation.method {
            "POST" => HttpMethod::Post,
            "PUT" => HttpMethod::Put,
            "PATCH" => HttpMethod::Patch,
            "DELETE" => HttpMethod::Delete,
            _ => HttpMethod::Get,
        };
        paths = paths.path(operation.path, PathItem::new(method, built.build()));
    }
    let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("Authorization")));
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title(title).version(env!("CARGO_PKG_VERSION")).build())
        .paths(paths.build())
        .components(Some(ComponentsBuilder::new().security_scheme("session", header).build()))
        .security(Some([SecurityRequirement::new::<_, [&str; 0], &str>("session", [])]))
        .build()
}
