//! What is the same for every operation of the document: ids in paths, common parameters, problem documents, tags.

use utoipa::PartialSchema as _;
use utoipa::ToSchema as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, Schema,
};

use crate::ROOT;
use crate::dry_run::DryRun;
use crate::error::Problem;

/// Mutations of what settles: they take `wait`.
const WAITS: [&str; 15] = [
    "/tenants",
    "/namespaces",
    "/disks",
    "/apps",
    "/datacenters",
    "/quotas",
    "/servers",
    "/networks",
    "/routers",
    "/router-interfaces",
    "/security-groups",
    "/volumes",
    "/snapshots",
    "/attachments",
    "/floating-ips",
];
/// Commands and subresources with a version.
const VERSIONED: [&str; 6] = ["update_account", "restart_app", "stop_app", "start_app", "rollback_app", "command_server"];
/// What takes neither a key nor a dry run: nobody is logged in, or nothing can be repeated.
const PLAIN: [&str; 6] =
    ["create_session", "delete_session", "begin_sign_on", "finish_sign_on", "create_password_reset", "confirm_password_reset"];
/// What has no version although its path ends with an id.
const UNVERSIONED: [&str; 7] = [
    "delete_orphan",
    "end_session",
    "delete_token",
    "update_group_member",
    "delete_group_member",
    "update_tenant_role",
    "delete_tenant_role",
];

/// The document without operations.
pub(crate) fn empty() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Tenantry: native API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Everything that Tenantry does, in one consistent form. docs/native-api.md explains it."))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    OpenApiBuilder::new().info(info).build()
}

/// Adds what every operation has.
pub(crate) fn complete(document: &mut OpenApi) {
    let mut components = document.components.take().unwrap_or_else(|| ComponentsBuilder::new().build());
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    let mut inner = Vec::new();
    DryRun::schemas(&mut inner);
    components.schemas.insert(DryRun::name().into_owned(), DryRun::schema());
    components.schemas.extend(inner);
    components.add_security_scheme("session", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    document.components = Some(components);
    document.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("session", [])]);
    for (path, item) in &mut document.paths.paths {
        let PathItem { get, put, post, delete, patch, .. } = item;
        for (operation, mutates) in [(get, false), (put, true), (post, true), (delete, true), (patch, true)] {
            if let Some(operation) = operation {
                describe(path, operation, mutates);
            }
        }
    }
}

fn parameter(name: &str, place: ParameterIn, kind: Type, description: &str) -> RefOr<Parameter> {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    let schema = Schema::Object(ObjectBuilder::new().schema_type(SchemaType::new(kind)).build());
    let description = Some(description).filter(|d| !d.is_empty());
    let built =
        ParameterBuilder::new().name(name).parameter_in(place).required(required).description(description).schema(Some(RefOr::T(schema)));
    RefOr::T(built.build())
}

fn describe(path: &str, operation: &mut Operation, mutates: bool) {
    let id = operation.operation_id.clone().unwrap_or_default();
    let below = path.strip_prefix(ROOT).unwrap_or(path);
    operation.tags = Some(vec![below.split('/').nth(1).unwrap_or_default().to_owned()]);
    let parameters = operation.parameters.get_or_insert_with(Vec::new);
    for name in path.split(['{', '}']).skip(1).step_by(2) {
        let described = |p: &RefOr<Parameter>| matches!(p, RefOr::T(p) if p.parameter_in == ParameterIn::Path && p.name == name);
        if !parameters.iter().any(described) {
            parameters.insert(0, parameter(name, ParameterIn::Path, Type::Integer, ""));
        }
    }
    if mutates && !PLAIN.contains(&id.as_str()) {
        parameters.push(parameter(
            "Idempotency-Key",
            ParameterIn::Header,
            Type::String,
            "The same request again gets the first answer again",
        ));
        parameters.push(parameter("dry_run", ParameterIn::Query, Type::Boolean, "All checks, nothing changed; answers 200 with a DryRun"));
        if WAITS.iter().any(|w| below.starts_with(w)) && !below.contains("/roles/") {
            parameters.push(parameter(
                "wait",
                ParameterIn::Query,
                Type::Integer,
                "Waits up to that many seconds (0 to 60) for it to settle",
            ));
        }
        let versioned = below.ends_with('}') && !UNVERSIONED.contains(&id.as_str()) || VERSIONED.contains(&id.as_str());
        if versioned {
            parameters.push(parameter("If-Match", ParameterIn::Header, Type::String, "Only on the version with this ETag"));
        }
    }
    let document = |schema: &str| ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
    let problem = ResponseBuilder::new().description("a problem").content("application/problem+json", document("Problem")).build();
    operation.responses.responses.insert("default".to_owned(), RefOr::T(problem));
}
