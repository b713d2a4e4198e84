//! What requests take and answers give, as tables of fields: the OpenAPI documents of dialects without annotations are made from them, and
//! their tests compare every answer with them.

use serde_json::Value;
use tenantry_domain::Timestamp;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Components, Ref, RefOr, Schema};

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A text.
    Text,
    /// A point in time, RFC 3339 in UTC.
    Time,
    /// A whole number.
    Integer,
    /// A whole number, or a text with one: the documents show ids in both forms.
    Id,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// Texts.
    Texts,
    /// Whole numbers.
    Integers,
    /// Texts under names that the caller chose.
    Map,
    /// An object.
    One(&'static Object),
    /// Objects.
    Many(&'static Object),
}

/// An object of the document.
#[derive(Debug)]
pub struct Object {
    /// What the document calls it.
    pub name: &'static str,
    /// What it holds.
    pub fields: &'static [Field],
}

/// A field of a request or an answer.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The name on the wire.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means.
    pub about: &'static str,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether an answer may be without it.
    pub sometimes: bool,
}

/// A field that is always there and never null.
#[must_use]
pub const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, about, nullable: false, sometimes: false }
}

impl Field {
    /// The same, when it may be null.
    #[must_use]
    pub const fn or_null(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// The same, when an answer may be without it.
    #[must_use]
    pub const fn sometimes(self) -> Self {
        Self { sometimes: true, ..self }
    }
}

impl Object {
    /// How an answer differs from what is documented, a line for each field that is missing, unknown or of another type. For tests.
    #[must_use]
    pub fn differences(&self, place: &str, answer: &Value) -> Vec<String> {
        let Some(found) = answer.as_object() else { return vec![format!("{place} is no {}: {answer}", self.name)] };
        let unknown = found.keys().filter(|name| !self.fields.iter().any(|f| f.name == *name));
        let mut lines: Vec<String> = unknown.map(|name| format!("{place}.{name} is not documented")).collect();
        for field in self.fields {
            match found.get(field.name) {
                Some(value) => lines.extend(field.differences(place, value)),
                None if field.sometimes => {}
                None => lines.push(format!("{place}.{} is missing in {answer}", field.name)),
            }
        }
        lines
    }
}

impl Field {
    fn differences(&self, place: &str, value: &Value) -> Vec<String> {
        let place = format!("{place}.{}", self.name);
        let all = |fits: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(fits));
        let fits = match self.kind {
            _ if value.is_null() => self.nullable,
            Kind::Text => value.is_string(),
            Kind::Time => value.as_str().is_some_and(|t| Timestamp::parse(t).is_ok() && t.ends_with('Z')),
            Kind::Integer | Kind::Id => value.is_i64(),
            Kind::Number => value.is_number(),
            Kind::Boolean => value.is_boolean(),
            Kind::Texts => all(Value::is_string),
            Kind::Integers => all(Value::is_i64),
            Kind::Map => value.as_object().is_some_and(|map| map.values().all(Value::is_string)),
            Kind::One(object) => return object.differences(&place, value),
            Kind::Many(object) => match value.as_array() {
                Some(items) => return items.iter().flat_map(|item| object.differences(&place, item)).collect(),
                None => false,
            },
        };
        if fits { Vec::new() } else { vec![format!("{place} is not of the documented type: {value}")] }
    }
}

/// The schema of a JSON type.
#[must_use]
pub fn plain(kind: Type, nullable: bool) -> ObjectBuilder {
    let types = if nullable { SchemaType::from_iter([kind, Type::Null]) } else { SchemaType::new(kind) };
    ObjectBuilder::new().schema_type(types)
}

/// A reference to an object's schema, which is put among the document's parts.
pub fn reference(object: &'static Object, parts: &mut Components) -> Ref {
    if !parts.schemas.contains_key(object.name) {
        let schema = schema(object.fields, &needed(object.fields), parts);
        parts.schemas.insert(object.name.to_owned(), RefOr::T(schema));
    }
    Ref::from_schema_name(object.name)
}

fn needed(fields: &[Field]) -> Vec<&'static str> {
    fields.iter().filter(|f| !f.sometimes).map(|f| f.name).collect()
}

/// The schema of a list.
pub fn list(items: impl Into<RefOr<Schema>>, about: &str) -> RefOr<Schema> {
    let items: RefOr<Schema> = items.into();
    RefOr::T(Schema::Array(ArrayBuilder::new().items(items).description(Some(about).filter(|a| !a.is_empty())).build()))
}

fn value(field: &Field, parts: &mut Components) -> RefOr<Schema> {
    let object = |builder: ObjectBuilder| RefOr::T(Schema::Object(builder.description(Some(field.about)).build()));
    let item = |kind| RefOr::T(Schema::Object(plain(kind, false).build()));
    match field.kind {
        Kind::Text => object(plain(Type::String, field.nullable)),
        Kind::Time => object(plain(Type::String, field.nullable).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))),
        Kind::Integer => object(plain(Type::Integer, field.nullable).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))),
        Kind::Id => object(ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Integer, Type::String]))),
        Kind::Number => object(plain(Type::Number, field.nullable)),
        Kind::Boolean => object(plain(Type::Boolean, field.nullable)),
        Kind::Texts => list(item(Type::String), field.about),
        Kind::Integers => list(item(Type::Integer), field.about),
        Kind::Map => object(plain(Type::Object, false).additional_properties(Some(item(Type::String)))),
        Kind::One(inner) => {
            let mut inner = reference(inner, parts);
            field.about.clone_into(&mut inner.description);
            RefOr::Ref(inner)
        }
        Kind::Many(inner) => list(reference(inner, parts), field.about),
    }
}

/// The schema of an object with these fields.
pub fn schema(fields: &[Field], required: &[&str], parts: &mut Components) -> Schema {
    let object = fields.iter().fold(plain(Type::Object, false), |o, f| o.property(f.name, value(f, parts)));
    Schema::Object(required.iter().fold(object, |o, name| o.required(*name)).build())
}
