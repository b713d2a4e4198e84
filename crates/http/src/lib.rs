//! What the dialects share: who calls, lenient reading, paging, request ids and logging. Each dialect renders errors itself.

pub mod caller;
pub mod lenient;
pub mod observe;
pub mod openapi;
pub mod paging;

use tenantry_service::Services;

/// The state of every dialect's router. It offers no way to the data but through a [`tenantry_service::Ctx`].
#[derive(Debug, Clone)]
pub struct Api {
    /// The use cases.
    pub services: Services,
}

impl Api {
    /// The state for these use cases.
    #[must_use]
    pub const fn new(services: Services) -> Self {
        Self { services }
    }
}
