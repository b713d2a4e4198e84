//! What things cost, what tenants used, and their statements.

use axum::response::IntoResponse as _;
use http::{StatusCode, header};
use serde::{Deserialize, Serialize};
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::resource::Kind;
use tenantry_domain::usage::{
    Cost, HOUR_MS, Month, Rate, RateCard as Card, StatementLine as StoredLine, UsageRecord as StoredRecord, WhenEmpty,
};
use tenantry_domain::{DatacenterId, Error, Metric, TenantId, Timestamp};
use tenantry_http::Api;
use tenantry_service::usage::{self, Rates};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Listed, list_query, object, page};
use crate::call::{Body, Call, Id};
use crate::dry_run::DryRun;
use crate::error::Reply;
use crate::wire::Amounts;

pub(crate) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get_rates, update_rates))
        .routes(routes!(list_usage))
        .routes(routes!(get_statement))
        .routes(routes!(get_account_policy, update_account_policy))
}

/// What things cost for an hour. What has no rate costs nothing.
#[derive(Serialize, ToSchema)]
pub(crate) struct RateCard {
    datacenter_id: i64,
    rates: Hourly,
    /// 0 before it was set.
    version: i64,
}

/// Units of money for an hour of each, with at most six decimals.
#[derive(Serialize, Deserialize, ToSchema, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Hourly {
    /// A core.
    #[schema(value_type = f64)]
    cpu: Rate,
    /// A GiB of memory.
    #[schema(value_type = f64)]
    memory: Rate,
    /// A GiB of storage.
    #[schema(value_type = f64)]
    storage: Rate,
    /// A server, beside its cores and memory.
    #[schema(value_type = f64)]
    servers: Rate,
    /// A disk or volume, beside its storage.
    #[schema(value_type = f64)]
    volumes: Rate,
    #[schema(value_type = f64)]
    networks: Rate,
    #[schema(value_type = f64)]
    routers: Rate,
    /// An instance of a service.
    #[schema(value_type = f64)]
    instances: Rate,
    /// A floating address.
    #[schema(value_type = f64)]
    floating_ips: Rate,
}

impl From<&Card> for Hourly {
    fn from(card: &Card) -> Self {
        Self {
            cpu: card.get(Metric::Cpu),
            memory: card.get(Metric::Memory),
            storage: card.get(Metric::Storage),
            servers: card.get(Metric::Servers),
            volumes: card.get(Metric::Volumes),
            networks: card.get(Metric::Networks),
            routers: card.get(Metric::Routers),
            instances: card.get(Metric::Instances),
            floating_ips: card.get(Metric::FloatingIps),
        }
    }
}

impl From<&Hourly> for Card {
    fn from(hourly: &Hourly) -> Self {
        Self::default()
            .with(Metric::Cpu, hourly.cpu)
            .with(Metric::Memory, hourly.memory)
            .with(Metric::Storage, hourly.storage)
            .with(Metric::Servers, hourly.servers)
            .with(Metric::Volumes, hourly.volumes)
            .with(Metric::Networks, hourly.networks)
            .with(Metric::Routers, hourly.routers)
            .with(Metric::Instances, hourly.instances)
            .with(Metric::FloatingIps, hourly.floating_ips)
    }
}

fn card(rates: &Rates) -> RateCard {
    RateCard { datacenter_id: rates.datacenter.0, rates: Hourly::from(&rates.card), version: rates.version }
}

/// Get the rate card of a datacenter
#[utoipa::path(get, path = "/datacenters/{id}/rates", responses((status = 200, body = RateCard)))]
async fn get_rates(call: Call, Id(id): Id) -> Reply {
    let found = usage::rates(&call.ctx, DatacenterId(id)).await?;
    Ok(object(StatusCode::OK, &card(&found), found.version))
}

/// Set the rate card of a datacenter, from now on
#[utoipa::path(put, path = "/datacenters/{id}/rates", request_body = Hourly, responses((status = 200, body = RateCard)))]
async fn update_rates(call: Call, Id(id): Id, Body(rates): Body<Hourly>) -> Reply {
    let after = usage::set_rates(&call.ctx, DatacenterId(id), &Card::from(&rates), call.version).await?;
    let shown = card(&after);
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Update, ObjectKind::RateCard).result(&shown).answer());
    }
    Ok(object(StatusCode::OK, &shown, after.version))
}

/// What was used of a resource, within one hour.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageRecord {
    datacenter_id: i64,
    resource_id: i64,
    #[schema(value_type = String)]
    kind: Kind,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    amounts: Amounts,
    /// Units of money, with at most six decimals.
    #[schema(value_type = f64)]
    cost: Rate,
}

impl From<StoredRecord> for UsageRecord {
    fn from(record: StoredRecord) -> Self {
        Self {
            datacenter_id: record.datacenter.0,
            resource_id: record.resource.0,
            kind: record.kind,
            name: record.name,
            from: record.from,
            to: record.to,
            amounts: Amounts::from(&record.amounts),
            cost: Rate(record.cost.0),
        }
    }
}

list_query!(UsageQuery {
    /// The month, like `2026-11` (UTC).
    month: Option<String>,
});

fn month(text: Option<&str>) -> Result<Month, Error> {
    text.ok_or_else(|| Error::missing("month"))?.parse()
}

/// List what a tenant used in a month, hour by hour
#[utoipa::path(get, path = "/tenants/{id}/usage", params(UsageQuery), responses((status = 200, body = Listed<UsageRecord>)))]
async fn list_usage(call: Call<UsageQuery>, Id(id): Id) -> Reply {
    let asked = month(call.query.month.as_deref())?;
    Ok(page(usage::records(&call.ctx, TenantId(id), asked, &call.query.page()?).await?, UsageRecord::from))
}

/// A line of a statement: one resource in one month.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatementLine {
    datacenter_id: i64,
    resource_id: i64,
    #[schema(value_type = String)]
    kind: Kind,
    name: String,
    hours: f64,
    /// Units of money, with at most six decimals.
    #[schema(value_type = f64)]
    cost: Rate,
}

impl From<&StoredLine> for StatementLine {
    fn from(line: &StoredLine) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a month has few milliseconds")]
        let hours = line.milliseconds as f64 / HOUR_MS as f64;
        Self {
            datacenter_id: line.datacenter.0,
            resource_id: line.resource.0,
            kind: line.kind,
            name: line.name.clone(),
            hours: (hours * 1e4).round() / 1e4,
            cost: Rate(line.cost.0),
        }
    }
}

/// A page of a tenant's statement.
#[derive(Serialize, ToSchema)]
pub(crate) struct Statement {
    tenant_id: i64,
    month: String,
    /// What the whole month cost, also the lines of other pages. Hours that are not over yet are not in it.
    #[schema(value_type = f64)]
    total: Rate,
    items: Vec<StatementLine>,
    next: Option<String>,
}

list_query!(StatementQuery {
    /// The month, like `2026-11` (UTC).
    month: Option<String>,
    /// `json` (the default) or `csv`
    format: Option<String>,
});

/// Get a tenant's statement of a month
#[utoipa::path(get, path = "/tenants/{id}/statement", params(StatementQuery), responses((status = 200, body = Statement,
    description = "As CSV with format=csv: datacenter_id, kind, resource_id, name, hours, cost; the header Link has the next page")))]
async fn get_statement(call: Call<StatementQuery>, Id(id): Id) -> Reply {
    let asked = month(call.query.month.as_deref())?;
    let (lines, Cost(total)) = usage::statement(&call.ctx, TenantId(id), asked, &call.query.page()?).await?;
    let next = lines.next.as_ref().map(tenantry_domain::page::Cursor::encode);
    match call.query.format.as_deref().unwrap_or("json") {
        "json" => {
            let items = lines.items.iter().map(StatementLine::from).collect();
            let statement = Statement { tenant_id: id, month: asked.to_string(), total: Rate(total), items, next };
            Ok(axum::Json(statement).into_response())
        }
        "csv" => {
            let mut response = ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], usage::csv(&lines.items)).into_response();
            let link = next.map(|n| format!("<{}/tenants/{id}/statement?month={asked}&format=csv&after={n}>; rel=\"next\"", crate::ROOT));
            if let Some(link) = link.and_then(|l| l.parse().ok()) {
                response.headers_mut().insert(header::LINK, link);
            }
            Ok(response)
        }
        other => {
            let message = format!("'format' must be json or csv, not '{}'", tenantry_domain::name::clip(other));
            Err(Error::invalid("format", message).into())
        }
    }
}

/// What happens, to all whom it pays for, when a tenant's account is empty, beside the event that tells it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountPolicy {
    /// `nothing`, `stop_creating`, or `suspend`: servers and apps do not run until it is recharged
    when_empty: String,
}

/// Get what happens when a tenant's account is empty
#[utoipa::path(get, path = "/tenants/{id}/account/policy", responses((status = 200, body = AccountPolicy)))]
async fn get_account_policy(call: Call, Id(id): Id) -> Reply {
    let when_empty = usage::when_empty(&call.ctx, TenantId(id)).await?.name().to_owned();
    Ok(axum::Json(AccountPolicy { when_empty }).into_response())
}

/// Set what happens when a tenant's account is empty
#[utoipa::path(put, path = "/tenants/{id}/account/policy", request_body = AccountPolicy, responses((status = 200, body = AccountPolicy)))]
async fn update_account_policy(call: Call, Id(id): Id, Body(policy): Body<AccountPolicy>) -> Reply {
    let when: WhenEmpty = policy.when_empty.parse()?;
    usage::set_when_empty(&call.ctx, TenantId(id), when).await?;
    let shown = AccountPolicy { when_empty: when.name().to_owned() };
    if call.ctx.dry_run {
        return Ok(DryRun::new(Action::Update, ObjectKind::Account).result(&shown).answer());
    }
    Ok(axum::Json(shown).into_response())
}
