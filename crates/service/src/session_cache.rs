//! Sessions as they were a moment ago, so that not every request asks the database.
//!
//! A session that ended elsewhere is refused within the cache's life; one that ended here, at once: forgetting a user takes the next turn,
//! and what was read in an earlier one no longer holds, also when it was still being read. Nobody else's sessions are read anew for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::future::Cache;
use moka::ops::compute::Op;
use tenantry_domain::{Error, Result, UserId};
use tenantry_store::sessions::Session;

/// How long it is known that a user was forgotten: longer than any reading takes and any entry lives.
const KEPT: Duration = Duration::from_secs(300);

/// The sessions that were looked up, by the hashes of their tokens.
pub(crate) struct SessionCache {
    entries: Cache<String, Seen>,
    forgotten: Cache<UserId, u64>,
    all_forgotten: AtomicU64,
    turn: AtomicU64,
}

#[derive(Clone)]
struct Seen {
    session: Session,
    /// The turn in which it was read, or began to be.
    turn: u64,
}

impl SessionCache {
    /// Entries live that long.
    pub(crate) fn new(life: Duration) -> Self {
        Self {
            entries: Cache::builder().max_capacity(100_000).time_to_live(life).build(),
            forgotten: Cache::builder().max_capacity(100_000).time_to_live(KEPT).build(),
            all_forgotten: AtomicU64::new(0),
            turn: AtomicU64::new(0),
        }
    }

    async fn holds(&self, seen: &Seen) -> bool {
        let forgotten = self.forgotten.get(&seen.session.caller.user).await.unwrap_or(0);
        seen.turn >= forgotten.max(self.all_forgotten.load(Ordering::SeqCst))
    }

    /// A session that was looked up a moment ago, if that still holds.
    pub(crate) async fn get(&self, hash: &str) -> Option<Session> {
        let seen = self.entries.get(hash).await?;
        self.holds(&seen).await.then_some(seen.session)
    }

    /// A session from here, or else as `read` says. Those who ask at the same moment share one reading.
    pub(crate) async fn find<F>(&self, hash: &String, read: impl Fn() -> F) -> Result<Session>
    where
        F: Future<Output = Result<Session>>,
    {
        let shared = self.entries.try_get_with_by_ref(hash, self.read(&read)).await;
        let seen = shared.map_err(|e: Arc<Error>| (*e).clone())?;
        if self.holds(&seen).await {
            return Ok(seen.session);
        }
        self.entries.invalidate(hash).await;
        let seen = self.read(&read).await?;
        self.entries.insert(hash.clone(), seen.clone()).await;
        Ok(seen.session)
    }

    async fn read<F>(&self, read: &impl Fn() -> F) -> Result<Seen>
    where
        F: Future<Output = Result<Session>>,
    {
        let turn = self.turn.load(Ordering::SeqCst);
        Ok(Seen { session: read().await?, turn })
    }

    /// Drops one session.
    pub(crate) async fn drop_one(&self, hash: &str) {
        self.entries.invalidate(hash).await;
    }

    /// Drops a user's sessions.
    pub(crate) async fn forget(&self, user: UserId) {
        let turn = self.next_turn();
        // of two at the same moment the later one counts
        let later = |present: Option<moka::Entry<UserId, u64>>| {
            let op = if present.is_some_and(|p| p.into_value() >= turn) { Op::Nop } else { Op::Put(turn) };
            std::future::ready(op)
        };
        self.forgotten.entry(user).and_compute_with(later).await;
    }

    /// Drops all sessions.
    pub(crate) fn forget_all(&self) {
        self.all_forgotten.fetch_max(self.next_turn(), Ordering::SeqCst);
    }

    fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::SeqCst) + 1
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tenantry_domain::policy::Caller;
    use tenantry_domain::{ErrorKind, SessionId, TenantId, Timestamp};
    use tokio::sync::Notify;

    use super::*;

    fn session(user: i64) -> Session {
        let caller = Caller {
            user: UserId(user),
            name: String::new(),
            home: TenantId::ROOT,
            grants: Vec::new(),
            groups: Vec::new(),
            session: SessionId(1),
            must_change_password: false,
        };
        Session { caller, id: SessionId(1), expires_at: Timestamp(i64::MAX), last_used_at: Timestamp(0), scope: None }
    }

    #[tokio::test]
    async fn who_is_forgotten_is_read_again_and_nobody_else() {
        let cache = SessionCache::new(Duration::from_secs(3600));
        let reads = AtomicUsize::new(0);
        let find = async |hash: &str, user: i64| {
            let read = || async {
                reads.fetch_add(1, Ordering::SeqCst);
                Ok(session(user))
            };
            cache.find(&hash.to_owned(), read).await.unwrap()
        };
        for (hash, user) in [("a1", 1), ("a2", 1), ("b", 2), ("a1", 1), ("a2", 1), ("b", 2)] {
            find(hash, user).await;
        }
        assert_eq!(reads.load(Ordering::SeqCst), 3);
        cache.forget(UserId(1)).await;
        assert!(cache.get("a1").await.is_none() && cache.get("a2").await.is_none() && cache.get("b").await.is_some());
        for (hash, user) in [("a1", 1), ("a2", 1), ("b", 2), ("a1", 1)] {
            find(hash, user).await;
        }
        assert_eq!(reads.load(Ordering::SeqCst), 5);
        cache.forget_all();
        assert!(cache.get("a1").await.is_none() && cache.get("b").await.is_none());
        find("b", 2).await;
        assert!(cache.get("b").await.is_some());
    }

    #[tokio::test]
    async fn what_was_being_read_when_its_user_was_forgotten_is_read_again() {
        let cache = Arc::new(SessionCache::new(Duration::from_secs(3600)));
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let reads = Arc::new(AtomicUsize::new(0));
        let slow = tokio::spawn({
            let (cache, begun, go_on, reads) = (Arc::clone(&cache), Arc::clone(&begun), Arc::clone(&go_on), Arc::clone(&reads));
            async move {
                let read = || async {
                    if reads.fetch_add(1, Ordering::SeqCst) > 0 {
                        return Err(Error::new(ErrorKind::Unauthenticated, "it has ended"));
                    }
                    begun.notify_one();
                    go_on.notified().await;
                    Ok(session(1))
                };
                cache.find(&"a".to_owned(), read).await
            }
        });
        begun.notified().await;
        cache.forget(UserId(1)).await;
        go_on.notify_one();
        assert_eq!(slow.await.unwrap().unwrap_err().kind, ErrorKind::Unauthenticated);
        assert!(cache.get("a").await.is_none());
    }
}
