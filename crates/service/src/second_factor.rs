//! One-time codes as a second factor (RFC 6238: SHA-1, six digits, 30 seconds), with recovery codes for a lost device.
//!
//! A code is good once, and one step early or late. A recovery code is good once. Ten of them are shown when the factor is confirmed.

use tenantry_domain::policy::{Action, ObjectKind};
use tenantry_domain::{Error, ErrorKind, Result, UserId};
use tenantry_store::second_factors::SecondFactor;
use tenantry_store::sessions::token_hash;
use totp_rs::{Algorithm, Builder, Secret};

use crate::{Ctx, Services, auth, user};

const STEP_S: u64 = 30;
const DIGITS: u8 = 6;
const RECOVERY_CODES: usize = 10;

/// A second factor that waits for its first code.
#[derive(Clone)]
pub struct Offer {
    /// The secret in base 32, for typing in.
    pub secret: String,
    /// The same as a URL, for a QR code (`otpauth://totp/...`).
    pub url: String,
}

impl std::fmt::Debug for Offer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Offer")
    }
}

/// What a user is told of the own second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// Whether it is asked for.
    pub enabled: bool,
    /// How many recovery codes are left.
    pub recovery_codes_left: i64,
}

/// Splits a code off a password, for clients that have one field for both.
pub(crate) fn split(password: &str) -> (&str, Option<&str>) {
    match password.len().checked_sub(DIGITS.into()).and_then(|at| password.split_at_checked(at)) {
        Some((rest, code)) if !rest.is_empty() && code.bytes().all(|b| b.is_ascii_digit()) => (rest, Some(code)),
        _ => (password, None),
    }
}

/// The time step that a code belongs to: the present one, or the one before or after it.
fn step(secret: &str, code: &str, now_s: u64) -> Option<i64> {
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(DIGITS).with_step_duration(STEP_S).with_skew(1);
    let totp = builder.with_secret(Secret::try_from_base32(secret).ok()?).build().ok()?;
    totp.check(code, now_s).and_then(|step| i64::try_from(step).ok())
}

fn recovery_hash(user: UserId, code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    token_hash(&format!("recovery/{user}/{plain}"))
}

/// Whether a code is right, and uses it up.
pub(crate) async fn accept(services: &Services, user: UserId, factor: &SecondFactor, code: &str) -> Result<bool> {
    let code = code.trim();
    let now = u64::try_from(services.store().clock().now().0 / 1000).unwrap_or(0);
    let tx = services.store().begin().await?;
    let good = match step(&factor.secret, code, now) {
        Some(step) => tx.second_factors().use_step(user, step).await?,
        None => tx.second_factors().use_recovery_code(user, &recovery_hash(user, code)).await?,
    };
    tx.commit().await?;
    Ok(good)
}

/// Whether the caller has a second factor.
///
/// # Errors
/// When the database fails.
pub async fn status(ctx: &Ctx) -> Result<Status> {
    ctx.password_is_own()?;
    let enabled = ctx.store().second_factors().find(ctx.caller.user).await?.is_some_and(|f| f.confirmed);
    Ok(Status { enabled, recovery_codes_left: ctx.store().second_factors().recovery_codes_left(ctx.caller.user).await? })
}

async fn check_password(ctx: &Ctx, password: &str) -> Result<()> {
    ctx.password_is_own()?;
    ctx.logged_in()?;
    if auth::check_old_password(&ctx.services, ctx.caller.user, password).await? {
        return Ok(());
    }
    Err(Error::new(ErrorKind::WrongOldPassword, "the password is wrong"))
}

/// Offers the caller a second factor. It is asked for only after [`confirm`]; offering again replaces what was not confirmed.
///
/// # Errors
/// `WrongOldPassword`, `Conflict` when there is one, `Forbidden` for a token.
pub async fn begin(ctx: &Ctx, password: &str) -> Result<Offer> {
    ctx.audited(Action::Update, ObjectKind::User, ctx.caller.user, async {
        check_password(ctx, password).await?;
        let mut bytes = [0; 20];
        ctx.store().clock().random(&mut bytes);
        let secret = Secret::from(bytes).to_base32();
        let tx = ctx.begin().await?;
        if !tx.second_factors().offer(ctx.caller.user, &secret).await? {
            return Err(Error::conflict(ObjectKind::User, "there is a second factor already: remove it first"));
        }
        ctx.commit(tx, Action::Update, ObjectKind::User, ctx.caller.user, ctx.caller.home, "second factor offered").await?;
        let label: String = url::form_urlencoded::byte_serialize(ctx.caller.name.as_bytes()).collect();
        let url = format!("otpauth://totp/Tenantry:{label}?secret={secret}&issuer=Tenantry&algorithm=SHA1&digits={DIGITS}&period={STEP_S}");
        Ok(Offer { secret, url })
    })
    .await
}

/// Confirms the offered factor with its first code; from now on logging in takes one. Answers the recovery codes, which are shown this once.
///
/// # Errors
/// `WrongCredentials` for a wrong code, `Conflict` when nothing was offered, `Forbidden` for a token.
pub async fn confirm(ctx: &Ctx, code: &str) -> Result<Vec<String>> {
    ctx.audited(Action::Update, ObjectKind::User, ctx.caller.user, async {
        ctx.password_is_own()?;
        ctx.logged_in()?;
        let id = ctx.caller.user;
        let factor = ctx.store().second_factors().find(id).await?.filter(|f| !f.confirmed);
        let factor =
            factor.ok_or_else(|| Error::conflict(ObjectKind::User, "no second factor waits for its first code: begin with one"))?;
        let now = u64::try_from(ctx.store().clock().now().0 / 1000).unwrap_or(0);
        let step = step(&factor.secret, code.trim(), now)
            .ok_or_else(|| Error::new(ErrorKind::WrongCredentials, "the code is wrong: look whether the device's clock is right"))?;
        let codes = new_codes(ctx);
        let hashes: Vec<String> = codes.iter().map(|c| recovery_hash(id, c)).collect();
        let tx = ctx.begin().await?;
        if !tx.second_factors().use_step(id, step).await? {
            return Err(Error::new(ErrorKind::WrongCredentials, "the code was used already: wait for the next one"));
        }
        tx.second_factors().confirm(id, &hashes).await?;
        ctx.commit(tx, Action::Update, ObjectKind::User, id, ctx.caller.home, "second factor confirmed").await?;
        Ok(codes)
    })
    .await
}

/// New recovery codes instead of those that are left.
///
/// # Errors
/// `WrongOldPassword`, `Conflict` when there is no second factor, `Forbidden` for a token.
pub async fn new_recovery_codes(ctx: &Ctx, password: &str) -> Result<Vec<String>> {
    ctx.audited(Action::Update, ObjectKind::User, ctx.caller.user, async {
        check_password(ctx, password).await?;
        let id = ctx.caller.user;
        if !ctx.store().second_factors().find(id).await?.is_some_and(|f| f.confirmed) {
            return Err(Error::conflict(ObjectKind::User, "there is no second factor"));
        }
        let codes = new_codes(ctx);
        let hashes: Vec<String> = codes.iter().map(|c| recovery_hash(id, c)).collect();
        let tx = ctx.begin().await?;
        tx.second_factors().renew_recovery_codes(id, &hashes).await?;
        ctx.commit(tx, Action::Update, ObjectKind::User, id, ctx.caller.home, "new recovery codes").await?;
        Ok(codes)
    })
    .await
}

fn new_codes(ctx: &Ctx) -> Vec<String> {
    // without 0, O, 1 and I, which people confuse
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let code = |_| {
        let mut bytes = [0; 10];
        ctx.store().clock().random(&mut bytes);
        let text: String = bytes.iter().map(|b| char::from(LETTERS[usize::from(b % 32)])).collect();
        format!("{}-{}", &text[..5], &text[5..])
    };
    (0..RECOVERY_CODES).map(code).collect()
}

/// Removes a second factor: one's own with the password; somebody else's, who lost the device, as their administrator without it.
///
/// # Errors
/// `WrongOldPassword`, `Forbidden`, `NotFound`.
pub async fn remove(ctx: &Ctx, of: UserId, password: Option<&str>) -> Result<()> {
    ctx.audited(Action::ResetPassword, ObjectKind::User, of, async {
        let tenant = if of == ctx.caller.user {
            check_password(ctx, password.ok_or_else(|| Error::missing("password"))?).await?;
            ctx.caller.home
        } else {
            ctx.logged_in()?;
            let owner = user::get(ctx, None, of).await?;
            let _ = ctx.allow_user::<tenantry_domain::policy::act::ResetPassword>(owner.tenant, of).await?;
            user::protect_stronger(ctx, &owner).await?;
            owner.tenant
        };
        let tx = ctx.begin().await?;
        tx.second_factors().remove(of).await?;
        ctx.commit(tx, Action::ResetPassword, ObjectKind::User, of, tenant, "second factor removed").await
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, with six digits of the eight.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = Secret::from(*b"12345678901234567890").to_base32();
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")] {
            assert_eq!(step(&secret, code, seconds), i64::try_from(seconds / STEP_S).ok(), "{seconds}");
            assert!(step(&secret, code, seconds + STEP_S).is_some(), "one step late");
            assert!(step(&secret, code, seconds + 2 * STEP_S + 1).is_none(), "two steps late");
        }
    }

    #[test]
    fn a_code_is_split_off_a_password() {
        assert_eq!(split("secret-pass123456"), ("secret-pass", Some("123456")));
        assert_eq!(split("secret-pass"), ("secret-pass", None));
        assert_eq!(split("123456"), ("123456", None));
        assert_eq!(split("päss世界12345"), ("päss世界12345", None));
    }
}
