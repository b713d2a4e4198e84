//! Image registries and what is in them.

use tenantry_domain::policy::{Action, Allowed, ObjectKind, act, obj};
use tenantry_domain::registry::{Image, Registry, RegistryConnection};
use tenantry_domain::{Error, ErrorKind, RegistryId, Result, TenantId, name};
pub use tenantry_store::registries::RegistryDraft;
use url::Url;

use crate::Ctx;

/// What dialects show instead of a stored password; sending it back leaves the password alone.
pub const MASK: &str = "******";

/// The most repositories that are listed by name.
const MOST_LISTED: usize = 100_000;

fn check(draft: &RegistryDraft) -> Result<()> {
    name::check_label("name", &draft.name)?;
    let url = Url::parse(&draft.url).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.host().is_some());
    let Some(url) = url else {
        return Err(Error::invalid("url", "'url' must be an http or https URL such as 'https://registry.example:5000'"));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::invalid("url", "user name and password go into their own fields, not into 'url'"));
    }
    Ok(())
}

/// Every registry.
///
/// # Errors
/// When the database fails.
pub async fn list(ctx: &Ctx) -> Result<Vec<Registry>> {
    ctx.scope(ObjectKind::Registry)?;
    ctx.store().registries().list().await
}

/// A registry.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, id: RegistryId) -> Result<Registry> {
    ctx.scope(ObjectKind::Registry)?;
    ctx.store().registries().get(id).await
}

/// Records a registry.
///
/// # Errors
/// `AlreadyExists`, `InvalidArgument`, `Forbidden`.
pub async fn create(ctx: &Ctx, draft: &RegistryDraft) -> Result<Registry> {
    ctx.audited(Action::Create, ObjectKind::Registry, &draft.name, async {
        let allowed: Allowed<act::Create, obj::Registry> = ctx.allow(TenantId::ROOT, &"new").await?;
        check(draft)?;
        let tx = ctx.begin().await?;
        let id = tx.registries().insert(&allowed, draft).await?;
        let made = tx.registries().get(id).await?;
        ctx.commit(tx, Action::Create, ObjectKind::Registry, id, TenantId::ROOT, &format!("'{}'", draft.name)).await?;
        Ok(made)
    })
    .await
}

/// Changes a registry; its name stays.
///
/// # Errors
/// `InvalidArgument`, `StaleVersion`, `Forbidden`, `NotFound`.
pub async fn update(ctx: &Ctx, id: RegistryId, draft: &RegistryDraft, version: Option<i64>) -> Result<Registry> {
    ctx.audited(Action::Update, ObjectKind::Registry, id, async {
        let before = get(ctx, id).await?;
        let allowed: Allowed<act::Update, obj::Registry> = ctx.allow(TenantId::ROOT, &id).await?;
        if let Some(asked) = version.filter(|v| *v != before.version) {
            return Err(tenantry_store::resources::stale(ObjectKind::Registry, before.version, Some(asked)));
        }
        if draft.name != before.name {
            return Err(Error::invalid("name", "a registry keeps its name; remove it and make another"));
        }
        let draft = RegistryDraft { password: draft.password.clone().filter(|p| p != MASK), ..draft.clone() };
        check(&draft)?;
        let tx = ctx.begin().await?;
        tx.registries().update(&allowed, &before, &draft).await?;
        let after = tx.registries().get(id).await?;
        ctx.commit(tx, Action::Update, ObjectKind::Registry, id, TenantId::ROOT, "").await?;
        Ok(after)
    })
    .await
}

/// Removes a registry from the list; nothing is removed there.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, id: RegistryId, version: Option<i64>) -> Result<Registry> {
    ctx.audited(Action::Delete, ObjectKind::Registry, id, async {
        let before = get(ctx, id).await?;
        let allowed: Allowed<act::Delete, obj::Registry> = ctx.allow(TenantId::ROOT, &id).await?;
        let tx = ctx.begin().await?;
        tx.registries().delete(&allowed, id, version).await?;
        ctx.commit(tx, Action::Delete, ObjectKind::Registry, id, TenantId::ROOT, &format!("'{}'", before.name)).await?;
        Ok(before)
    })
    .await
}

/// The registries to be read: all of them in the order of their names, or the one named.
async fn connections(ctx: &Ctx, registry: Option<&str>) -> Result<Vec<RegistryConnection>> {
    ctx.scope(ObjectKind::Registry)?;
    let mut connections = ctx.store().registries().connections().await?;
    if let Some(wanted) = registry {
        connections.retain(|c| c.name == wanted);
        if connections.is_empty() {
            return Err(Error::invalid("registry", format!("there is no registry '{}'", name::clip(wanted))));
        }
    }
    Ok(connections)
}

fn unreadable(error: Error) -> Error {
    Error::new(ErrorKind::PeerUnavailable, error.message.clone()).about(ObjectKind::Registry).with_source(error)
}

/// The repositories of every registry (or of the one named), each as `registry/repository`, in the order of [`images`]: the first 100,000.
///
/// # Errors
/// As [`images`].
pub async fn repositories(ctx: &Ctx, registry: Option<&str>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for connection in connections(ctx, registry).await? {
        let names = ctx.services.peers().repositories(&connection, MOST_LISTED - found.len()).await.map_err(unreadable)?;
        found.extend(names.iter().map(|name| format!("{}/{name}", connection.name)));
    }
    Ok(found)
}

/// Images of every registry (or the one named), in the order of registry and repository, after `after` (`registry/repository`), at most `limit`.
///
/// # Errors
/// `PeerUnavailable` that names the registry that cannot be read; `InvalidArgument` for an unknown registry.
pub async fn images(ctx: &Ctx, registry: Option<&str>, after: Option<&str>, limit: usize) -> Result<Vec<Image>> {
    let connections = connections(ctx, registry).await?;
    let (after_registry, after_repository) = match after.map(|a| a.split_once('/')) {
        None => (None, None),
        Some(Some((registry, repository))) => (Some(registry), Some(repository)),
        Some(None) => return Err(Error::invalid("after", "'after' must be 'registry/repository'")),
    };
    let mut found = Vec::new();
    for connection in connections.iter().filter(|c| after_registry.is_none_or(|a| c.name.as_str() >= a)) {
        let room = limit.saturating_sub(found.len());
        if room == 0 {
            break;
        }
        let from = after_repository.filter(|_| after_registry == Some(connection.name.as_str()));
        found.extend(ctx.services.peers().images(connection, from, room).await.map_err(unreadable)?);
    }
    Ok(found)
}
