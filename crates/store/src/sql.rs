//! The few functions through which every statement goes.

use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, FromQueryResult, SqlErr, Statement, Value};
use tenantry_domain::policy::{ObjectKind, Scope};
use tenantry_domain::{Clock, Error, ErrorKind, Result, TenantId};

use crate::{Store, Tx};

/// What statements can be run on: the store (reading) or a transaction.
pub trait Conn: Sync {
    /// The connection type of sea-orm.
    type Db: ConnectionTrait;
    /// The connection.
    fn db(&self) -> &Self::Db;
    /// The clock.
    fn clock(&self) -> &dyn Clock;
    /// The store.
    fn store(&self) -> &Store;
}

impl Conn for Store {
    type Db = DatabaseConnection;
    fn db(&self) -> &DatabaseConnection {
        &self.0.readers
    }
    fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }
    fn store(&self) -> &Store {
        self
    }
}

impl Conn for Tx {
    type Db = DatabaseTransaction;
    fn db(&self) -> &DatabaseTransaction {
        &self.tx
    }
    fn clock(&self) -> &dyn Clock {
        &*self.store.0.clock
    }
    fn store(&self) -> &Store {
        &self.store
    }
}

/// `vals![a, b]`: parameters of a statement.
macro_rules! vals {
    ($($value:expr),* $(,)?) => { vec![$(sea_orm::Value::from($value)),*] };
}
pub(crate) use vals;

fn statement<X: Conn>(conn: &X, sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(conn.db().get_database_backend(), sql, values)
}

/// All rows.
pub(crate) async fn rows<T: FromQueryResult, X: Conn>(conn: &X, sql: &str, values: Vec<Value>) -> Result<Vec<T>> {
    T::find_by_statement(statement(conn, sql, values)).all(conn.db()).await.map_err(failure)
}

/// The first row, if there is one.
pub(crate) async fn row<T: FromQueryResult, X: Conn>(conn: &X, sql: &str, values: Vec<Value>) -> Result<Option<T>> {
    T::find_by_statement(statement(conn, sql, values)).one(conn.db()).await.map_err(failure)
}

/// Runs a change; answers how many rows it touched.
pub(crate) async fn exec<X: Conn>(conn: &X, sql: &str, values: Vec<Value>) -> Result<u64> {
    conn.db().execute_raw(statement(conn, sql, values)).await.map(|r| r.rows_affected()).map_err(failure)
}

#[derive(FromQueryResult)]
struct Number {
    n: i64,
}

/// The single number of a query that names it `n`.
pub(crate) async fn number<X: Conn>(conn: &X, sql: &str, values: Vec<Value>) -> Result<i64> {
    row::<Number, X>(conn, sql, values).await?.map(|r| r.n).ok_or_else(|| Error::internal("a statement answered no row"))
}

/// The single number of a query that may have no row.
pub(crate) async fn number_opt<X: Conn>(conn: &X, sql: &str, values: Vec<Value>) -> Result<Option<i64>> {
    Ok(row::<Number, X>(conn, sql, values).await?.map(|r| r.n))
}

/// Translates a failure: a broken unique rule is the caller's, everything else is ours.
pub(crate) fn failure(error: DbErr) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::new(ErrorKind::AlreadyExists, "the name is taken").with_source(error),
        Some(SqlErr::ForeignKeyConstraintViolation(_)) => {
            Error::new(ErrorKind::Conflict, "something that it refers to was removed at the same moment, or still refers to it")
                .with_source(error)
        }
        _ => Error::internal(error),
    }
}

/// Names the object of a unique rule's failure.
pub(crate) fn taken(kind: ObjectKind, message: impl Into<String>) -> impl FnOnce(Error) -> Error {
    let message = message.into();
    move |error| if error.kind == ErrorKind::AlreadyExists { Error::already_exists(kind, message) } else { error }
}

/// Builds a WHERE clause with its parameters.
#[derive(Default)]
pub(crate) struct Where {
    clauses: Vec<String>,
    values: Vec<Value>,
}

impl Where {
    /// Adds a condition; `{}` stands for the parameter.
    pub(crate) fn and(&mut self, clause: &str, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        self.clauses.push(clause.replace("{}", &format!("${}", self.values.len())));
        self
    }

    /// Adds a condition when there is a value.
    pub(crate) fn and_if<V: Into<Value>>(&mut self, clause: &str, value: Option<V>) -> &mut Self {
        if let Some(value) = value {
            self.and(clause, value);
        }
        self
    }

    /// Adds a condition without a parameter.
    pub(crate) fn raw(&mut self, clause: &str) -> &mut Self {
        self.clauses.push(clause.to_owned());
        self
    }

    /// Adds "is one of".
    pub(crate) fn any<V: Into<Value>>(&mut self, column: &str, values: impl IntoIterator<Item = V>) -> &mut Self {
        let mut places = Vec::new();
        for value in values {
            self.values.push(value.into());
            places.push(format!("${}", self.values.len()));
        }
        self.clauses.push(if places.is_empty() { "1 = 0".to_owned() } else { format!("{column} IN ({})", places.join(", ")) });
        self
    }

    /// Adds "is one of" for one column or another.
    pub(crate) fn either(&mut self, one: (&str, &[i64]), other: (&str, &[i64])) -> &mut Self {
        self.any(one.0, one.1.iter().copied()).any(other.0, other.1.iter().copied());
        let last = self.clauses.split_off(self.clauses.len() - 2).join(" OR ");
        self.clauses.push(format!("({last})"));
        self
    }

    /// Limits a tenant column to the scope.
    pub(crate) fn scope(&mut self, column: &str, scope: &Scope) -> &mut Self {
        if let Some(tops) = scope.subtrees() {
            let below = self.below(column, tops);
            self.clauses.push(below);
        }
        self
    }

    /// Limits what is assigned to somebody to them, and to those whom the scope lets see what is not theirs.
    pub(crate) fn audience(&mut self, tenant: &str, audience: &str, scope: &Scope) -> &mut Self {
        if let Some((viewer, tops)) = scope.viewer() {
            let viewer = self.value(viewer.0);
            let below = self.below(tenant, tops);
            self.clauses.push(format!("({audience} IS NULL OR {audience} = {viewer} OR {below})"));
        }
        self
    }

    fn below(&mut self, column: &str, tops: &[TenantId]) -> String {
        let places: Vec<String> = tops.iter().map(|t| self.value(t.0)).collect();
        let list = if places.is_empty() { "NULL".to_owned() } else { places.join(", ") };
        format!("{column} IN (SELECT tenant_id FROM tenant_ancestors WHERE ancestor_id IN ({list}))")
    }

    /// Adds a condition that is a subquery: `opening`, its own WHERE clause, and the closing bracket.
    pub(crate) fn nested(&mut self, opening: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let mut inner = Self { clauses: Vec::new(), values: std::mem::take(&mut self.values) };
        fill(&mut inner);
        self.clauses.push(format!("{opening}{})", inner.clause()));
        self.values = inner.values;
        self
    }

    /// Widens the last condition by another subquery: `(last OR opening ...)`; the last one must have opened the outer bracket.
    pub(crate) fn or_nested(&mut self, opening: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.nested(opening, fill);
        let other = self.clauses.pop().unwrap_or_default();
        if let Some(last) = self.clauses.last_mut() {
            *last = format!("{last} OR {other})");
        }
        self
    }

    /// Adds a parameter for use elsewhere in the statement; answers its placeholder.
    pub(crate) fn value(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// The clause, ` WHERE ...` or nothing, and all parameters.
    pub(crate) fn build(self) -> (String, Vec<Value>) {
        let clause = if self.clauses.is_empty() { String::new() } else { format!(" WHERE {}", self.clauses.join(" AND ")) };
        (clause, self.values)
    }

    /// The clause alone.
    pub(crate) fn clause(&self) -> String {
        if self.clauses.is_empty() { String::new() } else { format!(" WHERE {}", self.clauses.join(" AND ")) }
    }

    /// The parameters alone.
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.values
    }
}

/// What one INSERT writes, row by row.
#[derive(Default)]
pub(crate) struct Rows {
    places: Vec<String>,
    values: Vec<Value>,
}

impl Rows {
    /// Adds a row.
    pub(crate) fn push(&mut self, row: Vec<Value>) {
        let first = self.values.len();
        self.values.extend(row);
        let places: Vec<String> = (first + 1..=self.values.len()).map(|n| format!("${n}")).collect();
        self.places.push(format!("({})", places.join(", ")));
    }

    /// Whether there is none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The rows as a statement has them, `($1, $2), ($3, $4)`, and all parameters.
    pub(crate) fn build(self) -> (String, Vec<Value>) {
        (self.places.join(", "), self.values)
    }
}

/// Reads JSON that we wrote.
pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

/// Writes JSON.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

/// Declares the functions of an aggregate: a type over "store or transaction", and `store.name()`, `tx.name()`.
macro_rules! aggregate {
    ($(#[$doc:meta])* $name:ident, $accessor:ident) => {
        $(#[$doc])*
        pub struct $name<'c, X>(pub(crate) &'c X);

        impl $crate::Store {
            #[doc = concat!("Reads of [`", stringify!($name), "`].")]
            #[must_use]
            pub fn $accessor(&self) -> $name<'_, $crate::Store> {
                $name(self)
            }
        }

        impl $crate::Tx {
            #[doc = concat!("Reads and changes of [`", stringify!($name), "`].")]
            #[must_use]
            pub fn $accessor(&self) -> $name<'_, $crate::Tx> {
                $name(self)
            }
        }
    };
}
pub(crate) use aggregate;
