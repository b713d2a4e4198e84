//! What a dry run answers: what would be taken, booked, made and removed.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::Value;
use tenantry_domain::page::PageRequest;
use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::quota::Amounts as Stored;
use tenantry_domain::resource::{Kind, Resource, Spec};
use tenantry_domain::{DatacenterId, Money, Result, TenantId};
use tenantry_service::resource::ResourceFilter;
use tenantry_service::tenant::TenantFilter;
use tenantry_service::{Ctx, resource, tenant};
use utoipa::ToSchema;

use crate::wire::Amounts;

/// What would happen.
#[derive(Serialize, ToSchema)]
pub(crate) struct DryRun {
    /// Always true: nothing was done.
    dry_run: bool,
    /// What would be done.
    action: &'static str,
    /// To what kind.
    object: String,
    /// What quota would be taken, and from whom.
    quota: Vec<Booking>,
    /// What would be booked; null where no money moves.
    #[schema(value_type = Option<f64>)]
    cost: Option<Money>,
    /// What would be left; null where no money moves.
    #[schema(value_type = Option<f64>)]
    balance: Option<Money>,
    /// What else would come into being.
    creates: Vec<Named>,
    /// What would be removed.
    removes: Vec<Named>,
    /// The object as it would be; null when it would be gone.
    #[schema(value_type = Object)]
    result: Value,
}

/// Quota taken, or given back when negative.
#[derive(Serialize, ToSchema)]
pub(crate) struct Booking {
    datacenter_id: i64,
    tenant_id: i64,
    #[serde(flatten)]
    amounts: Amounts,
}

/// An object by name.
#[derive(Serialize, ToSchema)]
pub(crate) struct Named {
    kind: &'static str,
    /// Null for what is yet to be.
    id: Option<i64>,
    name: String,
    datacenter_id: Option<i64>,
}

impl DryRun {
    /// Nothing but the action, yet.
    pub(crate) fn new(action: Action, object: ObjectKind) -> Self {
        Self {
            dry_run: true,
            action: action.name(),
            object: object.noun().replace(' ', "_"),
            quota: Vec::new(),
            cost: None,
            balance: None,
            creates: Vec::new(),
            removes: Vec::new(),
            result: Value::Null,
        }
    }

    /// With the object as it would be.
    pub(crate) fn result(mut self, object: &impl Serialize) -> Self {
        self.result = serde_json::to_value(object).unwrap_or_default();
        self
    }

    /// With quota taken from a tenant; nothing of it is not mentioned.
    pub(crate) fn takes(mut self, datacenter: DatacenterId, from: TenantId, amounts: Stored) -> Self {
        if !amounts.is_zero() {
            self.quota.push(Booking { datacenter_id: datacenter.0, tenant_id: from.0, amounts: Amounts::from(&amounts) });
        }
        self
    }

    /// With money booked.
    pub(crate) fn books(mut self, cost: Money, balance: Money) -> Self {
        self.cost = Some(cost);
        self.balance = Some(balance);
        self
    }

    /// With something else that would come into being.
    pub(crate) fn creates(mut self, kind: Kind, name: &str, datacenter: DatacenterId) -> Self {
        self.creates.push(Named { kind: kind.name(), id: None, name: name.to_owned(), datacenter_id: Some(datacenter.0) });
        self
    }

    /// With a resource that would be removed, and the quota that it holds.
    pub(crate) fn removes(mut self, found: &Resource) -> Self {
        let (kind, id) = (found.kind().name(), Some(found.id.0));
        self.removes.push(Named { kind, id, name: found.name.clone(), datacenter_id: Some(found.datacenter.0) });
        self.takes(found.datacenter, found.tenant, -found.spec.holds())
    }

    /// With a tenant that would be removed.
    pub(crate) fn removes_tenant(mut self, id: TenantId, name: &str) -> Self {
        self.removes.push(Named { kind: "tenant", id: Some(id.0), name: name.to_owned(), datacenter_id: None });
        self
    }

    /// The answer.
    pub(crate) fn answer(self) -> Response {
        Json(self).into_response()
    }
}

/// What a resource would hold more (or less).
pub(crate) fn difference(before: Option<&Spec>, after: &Spec) -> Stored {
    after.holds() - before.map_or(Stored::ZERO, Spec::holds)
}

/// All that is in a tenant, optionally in one datacenter.
pub(crate) async fn inside(ctx: &Ctx, id: TenantId, datacenter: Option<DatacenterId>) -> Result<Vec<Resource>> {
    let mut found = Vec::new();
    for kind in Kind::ALL.iter().copied() {
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let filter = ResourceFilter { tenant: Some(id), datacenter, ..ResourceFilter::default() };
            let part = resource::list(ctx, kind, filter, &page).await?;
            found.extend(part.items);
            let Some(next) = part.next else { break };
            page.after = Some(next);
        }
    }
    Ok(found)
}

/// A tenant's children, theirs, and so on: names and ids.
pub(crate) async fn below(ctx: &Ctx, id: TenantId) -> Result<Vec<(TenantId, String)>> {
    let (mut found, mut open) = (Vec::new(), vec![id]);
    while let Some(parent) = open.pop() {
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let filter = TenantFilter { parent: Some(parent), ..TenantFilter::default() };
            let part = tenant::list(ctx, &filter, &page).await?;
            open.extend(part.items.iter().map(|t| t.id));
            found.extend(part.items.into_iter().map(|t| (t.id, t.name)));
            let Some(next) = part.next else { break };
            page.after = Some(next);
        }
    }
    Ok(found)
}
