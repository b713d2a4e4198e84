//! Groups of users: a tree inside each tenant. Who administers a group manages the people of its subtree.

use crate::clock::Timestamp;
use crate::id::{GroupId, TenantId, Uid};

/// The longest chain of groups, the root group included.
pub const MAX_DEPTH: usize = 16;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The integer id.
    pub id: GroupId,
    /// The id for the outside.
    pub uid: Uid,
    /// The tenant that it is in.
    pub tenant: TenantId,
    /// The group above; none for a tenant's root group.
    pub parent: Option<GroupId>,
    /// The name, unique below its parent.
    pub name: String,
    /// Free text.
    pub description: String,
    /// For compare-and-swap.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
