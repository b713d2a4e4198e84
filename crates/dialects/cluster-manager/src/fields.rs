//! What requests take and answers give, field by field: the OpenAPI document is made from these tables, and the tests compare every answer with them.

use Kind::{Boolean, Integer, Text, Time};
use tenantry_http::fields::{Field, Kind, Object, field};

const USER_ID: &str = "24 hex digits; empty when there is none, or the user is gone";

/// What a login answers.
pub(crate) static TOKEN: Object = Object {
    name: "Token",
    fields: &[
        field("id", Text, "the token: 64 hex digits"),
        field("userid", Text, "the user's id: 24 hex digits"),
        field("username", Text, "the user's name"),
        field("tenantid", Text, "the id of the user's tenant: 24 hex digits"),
        field("tenantname", Text, "the name of the user's tenant"),
        field("time_expire", Time, "when the session ends at the latest"),
    ],
};

/// A record of the audit.
pub(crate) static LOG: Object = Object {
    name: "Log",
    fields: &[
        field("_id", Text, "24 hex digits"),
        field("clusterName", Text, "the name of the datacenter; empty when there is none"),
        field("clusterId", Text, "the datacenter's id: 24 hex digits; empty when there is none, or it is gone"),
        field(
            "operateType",
            Text,
            "what was done, <action>_<object>: create_service is a release, create_cluster a datacenter, others have their own names; login, logout",
        ),
        field(
            "queryType",
            Text,
            "the kind of object: service for apps and releases, cluster for datacenters, others have their own names (tenant, user, session, ...)",
        ),
        field("userName", Text, "who, or as whom somebody tried to log in"),
        field("user_id", Text, USER_ID),
        field("tenant_id", Text, "24 hex digits; empty when there is none, or the tenant is gone"),
        field("status", Text, "success, or fail for what was refused"),
        field("comments", Text, "details; why it was refused"),
        field("time_create", Time, "when"),
        field("time_update", Time, "the same: a record is not changed"),
    ],
};

/// What operations take.
pub(crate) mod takes {
    use super::{Boolean, Field, Integer, Text, field};

    pub(crate) static LOGIN: &[Field] = &[
        field("username", Text, "the user's name or email address; user#tenant too"),
        field("password", Text, "the password; a one-time code may be right behind it"),
        field("tenantname", Text, "the name or the label of the user's tenant"),
        field("code", Text, "the one-time code or a recovery code of a user with a second factor"),
    ];

    pub(crate) static LOGS: &[Field] = &[
        field("count", Boolean, "whether the envelope says how many there are"),
        field("skip", Integer, "how many are left out at the beginning; at most 100000"),
        field(
            "limit",
            Integer,
            "how many at most; 0 for all. An answer has 10000 at most: when it is not all, X-Object-Count says how many there are",
        ),
        field("sort", Text, "time_update, oldest first; -time_update, newest first"),
        field("user_name", Text, "only of this user name"),
        field("queryType", Text, "only of this kind of object"),
        field("user_id", Text, "only of this user"),
        field("cluster_id", Text, "only of this datacenter"),
    ];
}
