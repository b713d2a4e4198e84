//! Namespaces: taking over one that existed before, and credentials for a tenant's people.

use tenantry_domain::policy::{Action, Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::resource::{Kind, NamespaceSpec, Origin, Resource, Spec, State, Status};
use tenantry_domain::user::Role;
use tenantry_domain::{DatacenterId, Error, ResourceId, Result, TenantId};
use tenantry_driver_api::Kubeconfig;

use crate::{Ctx, resource, tenant};

/// Takes over a namespace that existed at the peer before and is not ours; or, of one that was taken over, gives or takes back the right to
/// remove it.
///
/// # Errors
/// `Conflict` when it is ours, `Forbidden`, `NotFound`.
pub async fn adopt(ctx: &Ctx, id: ResourceId, may_remove: bool) -> Result<Resource> {
    ctx.audited(Action::Adopt, ObjectKind::Namespace, id, adopt_inner(ctx, id, may_remove)).await
}

async fn adopt_inner(ctx: &Ctx, id: ResourceId, may_remove: bool) -> Result<Resource> {
    let seen = resource::get(ctx, Kind::Namespace, id).await?;
    let allowed: Allowed<act::Adopt, obj::Namespace> = ctx.allow(seen.tenant, &id).await?;
    let tx = ctx.begin().await?;
    let before = resource::locked(&tx, Kind::Namespace, id, None).await?;
    let Spec::Namespace(spec) = &before.spec else { return Err(Error::internal("not a namespace")) };
    let foreign = matches!(&before.status, Status::Namespace(status) if status.foreign);
    if before.origin == Origin::Made && !foreign {
        let message = format!("there is nothing to take over: no namespace '{}' was seen there that is not Tenantry's", before.name);
        return Err(Error::conflict(ObjectKind::Namespace, message));
    }
    let origin = if may_remove { Origin::AdoptedToRemove } else { Origin::Adopted };
    tx.resources().adopt(&allowed, &before, &Spec::Namespace(NamespaceSpec { adopt: true, ..spec.clone() }), origin).await?;
    let after = tx.resources().get(&Scope::system(), Kind::Namespace, id).await?;
    let detail = format!("'{}' ({})", before.name, origin.name());
    ctx.commit(tx, Action::Adopt, ObjectKind::Namespace, id, before.tenant, &detail).await?;
    Ok(after)
}

/// A kubeconfig for the caller in a tenant's namespace: as its administrator for those who are one, else as its member.
///
/// # Errors
/// `Conflict` when the namespace is not there yet, `PeerUnavailable`, `Forbidden`, `NotFound`.
pub async fn kubeconfig(ctx: &Ctx, id: TenantId, datacenter: DatacenterId) -> Result<Kubeconfig> {
    ctx.audited(Action::IssueCredential, ObjectKind::Namespace, id, kubeconfig_inner(ctx, id, datacenter)).await
}

async fn kubeconfig_inner(ctx: &Ctx, id: TenantId, datacenter: DatacenterId) -> Result<Kubeconfig> {
    let owner = tenant::get(ctx, id).await?;
    let _: Allowed<act::IssueCredential, obj::Namespace> = ctx.allow(id, &id).await?;
    let scope = ctx.scope(ObjectKind::Namespace)?;
    let namespace = ctx.store().resources().find(&scope, Kind::Namespace, id, datacenter, &owner.slug).await?;
    let namespace = namespace.ok_or_else(|| {
        Error::invalid("datacenter_id", format!("the tenant '{}' has no namespace in datacenter {datacenter}", owner.name))
    })?;
    if namespace.state != State::Ready {
        let message = format!("the namespace is {}: {}", namespace.state, namespace.progress.reason);
        return Err(Error::conflict(ObjectKind::Namespace, message));
    }
    let path = ctx.path(id).await?;
    let role = if ctx.caller.holds(&path, Role::TenantAdmin) { Role::TenantAdmin } else { Role::Member };
    let issued = ctx.services.peers().kubeconfig(datacenter, &namespace.name, owner.uid, role).await?;
    let tx = ctx.begin().await?;
    tx.audit().record(&ctx.record("issue_credential", ObjectKind::Namespace, namespace.id, Some(id), role.name())).await?;
    tx.commit().await?;
    ctx.request.recorded.set();
    Ok(issued)
}
