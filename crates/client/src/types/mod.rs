//! What the native API speaks, field by field as `docs/native-api.md` writes it; a file for each resource.
//!
//! What a server may say more of some day (kinds, roles, actions) is text here, so that an older client
//! reads a newer server. What is changed by a PATCH is `Option`: none stays as it is.

mod account;
mod app;
mod audit;
mod cloud;
mod datacenter;
mod directory;
mod dry_run;
mod event;
mod group;
mod link;
mod mail;
mod place;
mod quantity;
mod quota;
mod quota_plan;
mod registry;
mod release;
mod resource;
mod session;
mod sign_on;
mod tenant;
mod token;
mod usage;
mod user;

pub use account::{Account, AccountChange, LedgerLine, NewPurchase, Purchase};
pub use app::{App, AppChange, AppCommand, AppSpec, AppStatus, Mount, NewApp, Rollback};
pub use audit::{AuditFilter, AuditRecord, Finding, Orphan, Verification};
pub use cloud::*;
pub use datacenter::{Datacenter, DatacenterChange, DatacenterFilter, DatacenterOptions, Health, NewDatacenter, OpenstackConnection};
pub use directory::{Directory, Person, PersonFilter};
pub use dry_run::{Booking, DryRun, Named};
pub use event::{Event, EventFilter};
pub use group::{Group, GroupChange, GroupFilter, GroupMember, HeldRole, Membership, NewGroup, WantedRole};
pub use link::{Link, LinkChange, NewLink};
pub use mail::{Mail, NewPasswordReset, PasswordResetConfirmation};
pub use place::{NewPlaceAdoption, PlaceFilter, UnmanagedPlace};
pub use quantity::{Amounts, Counts, CountsChange, Limits, LimitsChange};
pub use quota::{NewQuota, Quota, QuotaChange};
pub use quota_plan::{NewQuotaPlan, QuotaPlan, QuotaPlanChange};
pub use registry::{Image, ImageFilter, ImageTag, NewRegistry, Registry, RegistryChange};
pub use release::{Release, ReleaseFilter};
pub use resource::{
    Disk, DiskChange, DiskSpec, DiskStatus, Managed, Namespace, NamespaceAdoption, NamespaceSpec, NamespaceStatus, NewDisk, Resource,
    ResourceFilter,
};
pub use session::{NewSession, OpenSession, OwnerFilter, Session, StartedSession};
pub use sign_on::{FinishedSignOn, LoginMethods, NewSignOn, SignOn, SignOnMethod};
pub use tenant::{NewAdministrator, NewTenant, Tenant, TenantChange, TenantFilter};
pub use token::{
    FirstCode, IssuedToken, NewToken, OfferedFactor, OwnPassword, Question, RecoveryCodes, Rotation, SecondFactor, Token, Why,
};
pub use usage::{AccountPolicy, DatacenterRates, MonthFilter, Statement, StatementLine, UsageRecord};
pub use user::{NewUser, PasswordChange, User, UserChange, UserFilter};

pub use crate::secret::Secret;

use serde::{Deserialize, Serialize};

/// A filter for a list that has only names to look for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NameFilter {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A filter for a list of one datacenter.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Place {
    /// The datacenter; the only one without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datacenter_id: Option<tenantry_domain::DatacenterId>,
}

/// No filter at all.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct NoFilter {}
