//! What the dialects share: who calls, lenient reading, paging, request ids and logging. Each dialect renders errors itself.

pub mod caller;
pub mod lenient;
pub mod limits;
pub mod observe;
pub mod openapi;
pub mod paging;
pub mod refusals;

use std::time::Duration;

use tenantry_service::Services;

/// The state of every dialect's router. It offers no way to the data but through a [`tenantry_service::Ctx`].
#[derive(Debug, Clone)]
pub struct Api {
    /// The use cases.
    pub services: Services,
    /// The longest that a request may take.
    pub time_limit: Duration,
}

impl Api {
    /// The state for these use cases.
    #[must_use]
    pub const fn new(services: Services) -> Self {
        Self { services, time_limit: Duration::from_secs(75) }
    }

    /// With another time limit.
    #[must_use]
    pub fn within(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }
}
