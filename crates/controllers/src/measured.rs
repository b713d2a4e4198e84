//! Counting and timing a driver's calls.

use std::time::Instant;

use tenantry_domain::datacenter::Health;
use tenantry_driver_api::Result;

use crate::watched::Around;

/// Counts and times calls; the text names the kind of driver in the metrics.
pub struct Measure(pub &'static str);

impl Measure {
    fn done(&self, call: &'static str, outcome: String, begun: Instant) {
        metrics::counter!("tenantry_driver_calls_total", "driver" => self.0, "call" => call, "outcome" => outcome).increment(1);
        metrics::histogram!("tenantry_driver_call_seconds", "driver" => self.0, "call" => call).record(begun.elapsed().as_secs_f64());
    }
}

impl Around for Measure {
    async fn call<R: Send>(&self, name: &'static str, call: impl Future<Output = Result<R>> + Send) -> Result<R> {
        let begun = Instant::now();
        let result = call.await;
        self.done(name, result.as_ref().map_or_else(|e| format!("{:?}", e.kind), |_| "ok".to_owned()), begun);
        result
    }

    async fn check(&self, check: impl Future<Output = Health> + Send) -> Health {
        let begun = Instant::now();
        let health = check.await;
        self.done("check", if health.healthy { "ok" } else { "unhealthy" }.to_owned(), begun);
        health
    }
}
