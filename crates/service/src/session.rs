//! Sessions as their users see them: what is open, from where, and ending it.

use tenantry_domain::policy::{Action, Allowed, ObjectKind, Scope, act, obj};
use tenantry_domain::tenant::Tenant;
use tenantry_domain::user::User;
use tenantry_domain::{Error, ErrorKind, Result, SessionId, UserId};
pub use tenantry_store::sessions::SessionInfo;

use crate::{Ctx, auth, user};

/// How many sessions a list shows.
const MOST: i64 = 200;

/// The caller as a user. It is answered also to who has to change the password first.
///
/// # Errors
/// When the database fails.
pub async fn me(ctx: &Ctx) -> Result<User> {
    ctx.store().users().get(&Scope::system(), ctx.caller.user).await
}

/// The tenant that the caller belongs to. It is answered also to who has no role there.
///
/// # Errors
/// When the database fails.
pub async fn home(ctx: &Ctx) -> Result<Tenant> {
    ctx.store().tenants().get(&Scope::system(), ctx.caller.home).await
}

/// The sessions of a user, the latest used first: one's own, or those of somebody whom the caller administers.
///
/// # Errors
/// `Forbidden`, also for a token; `NotFound`.
pub async fn list(ctx: &Ctx, of: UserId) -> Result<Vec<SessionInfo>> {
    may(ctx, of).await?;
    ctx.store().sessions().list(of, MOST).await
}

async fn may(ctx: &Ctx, of: UserId) -> Result<()> {
    ctx.password_is_own()?;
    ctx.logged_in()?;
    if of != ctx.caller.user {
        let owner = user::get(ctx, None, of).await?;
        let _: Allowed<act::ResetPassword, obj::User> = ctx.allow_user(owner.tenant, of).await?;
        user::protect_stronger(ctx, &owner).await?;
    }
    Ok(())
}

/// Ends a session, whoever's it is: one's own, or that of somebody whom the caller administers.
///
/// # Errors
/// `NotFound`, also when the caller may not end it; `Forbidden` for a token.
pub async fn end_one(ctx: &Ctx, id: SessionId) -> Result<()> {
    ctx.password_is_own()?;
    ctx.logged_in()?;
    let unknown = || Error::new(ErrorKind::NotFound, format!("there is no session {id}"));
    let of = ctx.store().sessions().user_of(id).await?.ok_or_else(unknown)?;
    end(ctx, of, Some(id)).await.map_err(|e| if matches!(e.kind, ErrorKind::Forbidden | ErrorKind::NotFound) { unknown() } else { e })
}

/// Ends a session of a user, or with `None` all of them but the caller's present one.
///
/// # Errors
/// `Forbidden`, `NotFound`.
pub async fn end(ctx: &Ctx, of: UserId, id: Option<SessionId>) -> Result<()> {
    ctx.audited(Action::Delete, ObjectKind::User, of, async {
        may(ctx, of).await?;
        let owner = ctx.store().users().get(&Scope::system(), of).await?;
        let tx = ctx.begin().await?;
        match id {
            Some(id) => {
                if !tx.sessions().delete(of, id).await? {
                    return Err(Error::new(ErrorKind::NotFound, format!("there is no session {id} of this user")));
                }
            }
            None => tx.sessions().delete_of_user(of, (of == ctx.caller.user).then_some(ctx.caller.session)).await?,
        }
        let mut record = ctx.record("logout", ObjectKind::User, of, Some(owner.tenant), &format!("sessions of '{}'", owner.username));
        record.object = "session".to_owned();
        ctx.commit_as(tx, &record, "/api/v2/sessions").await?;
        auth::forget_sessions(&ctx.services, of).await;
        Ok(())
    })
    .await
}
