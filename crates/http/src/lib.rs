//! What the dialects share: who calls, lenient reading, paging, request ids and logging, and what stands around
//! their operations. Each dialect has an envelope of its own.

pub mod body;
pub mod caller;
pub mod cookies;
pub mod failure;
pub mod fields;
pub mod frame;
pub mod lenient;
pub mod limits;
pub mod observe;
pub mod openapi;
pub mod paging;
pub mod proxy;
pub mod refusals;

use std::time::Duration;

use tenantry_service::Services;

use crate::proxy::Proxies;

/// The state of every dialect's router. It offers no way to the data but through a [`tenantry_service::Ctx`].
#[derive(Debug, Clone)]
pub struct Api {
    /// The use cases.
    pub services: Services,
    /// The longest that a request may take.
    pub time_limit: Duration,
    /// The proxies that are believed.
    pub proxies: Proxies,
    /// Whether cookies are for TLS alone.
    pub secure_cookies: bool,
}

impl Api {
    /// The state for these use cases.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Self { services, time_limit: Duration::from_secs(75), proxies: Proxies::default(), secure_cookies: false }
    }

    /// With another time limit.
    #[must_use]
    pub fn within(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }
}
