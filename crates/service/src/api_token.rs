//! Tokens for programs: application credentials that act as their user within a scope, until they expire.

use std::collections::BTreeSet;
use std::time::Duration;

use tenantry_domain::policy::{Action, Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::token::{ApiToken, TokenScope};
use tenantry_domain::{ApiTokenId, Error, ErrorKind, Result, Timestamp, UserId, name};
use tenantry_store::sessions::token_hash;

use crate::{Ctx, auth, tenant, user};

/// How many tokens a user may have.
const MOST: usize = 100;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A token to be made.
#[derive(Debug, Clone, Default)]
pub struct Create {
    /// The name, unique among the user's.
    pub name: String,
    /// What it may be used for.
    pub scope: TokenScope,
    /// For how many days it is good; 90 without it.
    pub days: Option<u32>,
}

/// A token with its secret, which is shown this once.
#[derive(Clone)]
pub struct Issued {
    /// The token.
    pub token: ApiToken,
    /// The secret: 64 upper-case hex digits, accepted wherever a session's token is.
    pub secret: String,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("token", &self.token).finish_non_exhaustive()
    }
}

/// Makes a token for the caller. It takes a login: a token makes no other tokens.
///
/// # Errors
/// `AlreadyExists`, `InvalidArgument`, `Conflict` when there are too many, `Forbidden`, `NotFound` for a tenant that the caller does not see.
pub async fn create(ctx: &Ctx, new: &Create) -> Result<Issued> {
    ctx.audited(Action::Create, ObjectKind::ApiToken, &new.name, async {
        ctx.logged_in()?;
        let user = ctx.caller.user;
        let allowed: Allowed<act::Create, obj::ApiToken> = ctx.allow_owned(ctx.caller.home, Some(user), &new.name).await?;
        name::check_display("name", &new.name, 128)?;
        let scope = checked(ctx, &new.scope).await?;
        let ends = end(ctx, new.days)?;
        let secret = auth::new_token(ctx.store().clock());
        let tx = ctx.begin().await?;
        if tx.sessions().tokens(user).await?.len() >= MOST {
            return Err(Error::conflict(ObjectKind::ApiToken, format!("you have {MOST} tokens already: remove one first")));
        }
        let id = tx.sessions().insert_token(&allowed, user, &new.name, &token_hash(&secret), &scope, ends).await?;
        let token = tx.sessions().token(id).await?;
        ctx.commit(tx, Action::Create, ObjectKind::ApiToken, id, ctx.caller.home, &format!("'{}'", new.name)).await?;
        Ok(Issued { token, secret })
    })
    .await
}

/// The scope without repetitions, and of tenants and dialects that there are.
async fn checked(ctx: &Ctx, scope: &TokenScope) -> Result<TokenScope> {
    let known = &ctx.settings().dialects;
    if let Some(unknown) = scope.dialects.iter().find(|d| !known.contains(&d.as_str())) {
        let message = format!("'{}' is not a dialect: {} are", name::clip(unknown), known.join(", "));
        return Err(Error::invalid("dialects", message));
    }
    let tenants: BTreeSet<_> = scope.tenants.iter().copied().collect();
    if tenants.len() > 50 {
        return Err(Error::invalid("tenants", "a token is limited to 50 tenants at most: name one above them"));
    }
    for id in &tenants {
        tenant::get(ctx, *id).await?;
    }
    let mut roles = scope.roles.clone();
    roles.dedup();
    Ok(TokenScope { roles, tenants: tenants.into_iter().collect(), dialects: scope.dialects.clone() })
}

fn end(ctx: &Ctx, days: Option<u32>) -> Result<Timestamp> {
    let days = days.unwrap_or(90);
    let most = ctx.settings().longest_token_days;
    if !(1..=most).contains(&days) {
        return Err(Error::invalid("days", format!("a token is good for 1 to {most} days")));
    }
    Ok(ctx.store().clock().now().plus(DAY * days))
}

/// The tokens of a user: one's own, or those of somebody whom the caller administers.
///
/// # Errors
/// `Forbidden`, also for a token; `NotFound`.
pub async fn list(ctx: &Ctx, of: UserId) -> Result<Vec<ApiToken>> {
    readable(ctx, of).await?;
    ctx.store().sessions().tokens(of).await
}

async fn readable(ctx: &Ctx, of: UserId) -> Result<()> {
    ctx.password_is_own()?;
    ctx.logged_in()?;
    if of != ctx.caller.user {
        let owner = user::get(ctx, None, of).await?;
        let _: Allowed<act::Delete, obj::ApiToken> = ctx.allow_owned(owner.tenant, Some(of), &of).await?;
    }
    Ok(())
}

/// A token, as its user or somebody who administers them sees it.
///
/// # Errors
/// `NotFound`.
pub async fn get(ctx: &Ctx, id: ApiTokenId) -> Result<ApiToken> {
    ctx.password_is_own()?;
    ctx.logged_in()?;
    let token = ctx.store().sessions().token(id).await?;
    let unknown = |e: Error| {
        if matches!(e.kind, ErrorKind::Forbidden | ErrorKind::NotFound) { Error::not_found(ObjectKind::ApiToken, id) } else { e }
    };
    readable(ctx, token.user).await.map_err(unknown)?;
    Ok(token)
}

/// Gives one's token another secret; the old one is good no longer.
///
/// # Errors
/// `InvalidArgument`, `Forbidden`, `NotFound`.
pub async fn rotate(ctx: &Ctx, id: ApiTokenId, days: Option<u32>) -> Result<Issued> {
    ctx.audited(Action::Update, ObjectKind::ApiToken, id, async {
        ctx.logged_in()?;
        let token = get(ctx, id).await?;
        let owner = ctx.store().users().get(&Scope::system(), token.user).await?;
        let allowed: Allowed<act::Update, obj::ApiToken> = ctx.allow_owned(owner.tenant, Some(token.user), &id).await?;
        let ends = end(ctx, days)?;
        let secret = auth::new_token(ctx.store().clock());
        let tx = ctx.begin().await?;
        tx.sessions().rotate_token(&allowed, id, &token_hash(&secret), ends).await?;
        let token = tx.sessions().token(id).await?;
        ctx.commit(tx, Action::Update, ObjectKind::ApiToken, id, owner.tenant, &format!("'{}' rotated", token.name)).await?;
        auth::forget_sessions(&ctx.services, token.user).await;
        Ok(Issued { token, secret })
    })
    .await
}

/// Removes a token: one's own, or that of somebody whom the caller administers.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn delete(ctx: &Ctx, id: ApiTokenId) -> Result<ApiToken> {
    ctx.audited(Action::Delete, ObjectKind::ApiToken, id, async {
        let token = get(ctx, id).await?;
        let owner = ctx.store().users().get(&Scope::system(), token.user).await?;
        let allowed: Allowed<act::Delete, obj::ApiToken> = ctx.allow_owned(owner.tenant, Some(token.user), &id).await?;
        let tx = ctx.begin().await?;
        tx.sessions().delete_token(&allowed, id).await?;
        ctx.commit(tx, Action::Delete, ObjectKind::ApiToken, id, owner.tenant, &format!("'{}'", token.name)).await?;
        auth::forget_sessions(&ctx.services, token.user).await;
        Ok(token)
    })
    .await
}
