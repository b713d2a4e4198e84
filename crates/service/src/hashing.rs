//! Hashing passwords: slow on purpose, so it has threads of its own, as many as processors, and of low priority. However many people
//! log in at once, every other request goes first.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::{ThreadPool, ThreadPoolBuilder};
use tenantry_domain::{Error, Result};
use tokio::sync::{OnceCell, oneshot};

/// How nice the threads are to all others (0 to 19).
const NICE: i32 = 15;

/// The threads, started when the first password is hashed.
pub(crate) struct Hashing {
    count: usize,
    threads: OnceCell<ThreadPool>,
    begun: AtomicU64,
}

impl Hashing {
    /// That many threads; as many as there are processors for 0.
    pub(crate) fn new(count: usize) -> Self {
        Self { count, threads: OnceCell::new(), begun: AtomicU64::new(0) }
    }

    /// How many pieces of work there were.
    #[cfg(test)]
    pub(crate) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Does the work on one of the threads, when its turn comes. What nobody waits for any more is left out.
    pub(crate) async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (tell, told) = oneshot::channel();
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.threads.get_or_try_init(|| async { start(self.count) }).await?.spawn_fifo(move || {
            if !tell.is_closed() {
                let _ = tell.send(work());
            }
        });
        told.await.map_err(Error::internal)
    }
}

fn start(count: usize) -> Result<ThreadPool> {
    let kind = |_| {
        // on Linux this is the calling thread alone; where it is refused, hashing is as important as everything else
        let _ = rustix::process::setpriority_process(None, NICE);
    };
    let threads = ThreadPoolBuilder::new().num_threads(count).thread_name(|n| format!("hashing-{n}")).start_handler(kind).build();
    threads.map_err(Error::internal)
}
