-- The tables of the foundation. {id} is the integer primary key of the database at hand.
CREATE TABLE tenants (
    id {id},
    uid TEXT NOT NULL UNIQUE,
    parent_id BIGINT REFERENCES tenants (id),
    level BIGINT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL,
    totals TEXT NOT NULL,
    budget BIGINT NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    since BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_attempt_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX tenants_parent ON tenants (parent_id);
CREATE INDEX tenants_created ON tenants (created_at, id);
CREATE INDEX tenants_state ON tenants (state, name);

CREATE TABLE tenant_ancestors (
    tenant_id BIGINT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    ancestor_id BIGINT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    depth BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, ancestor_id)
);
CREATE INDEX tenant_ancestors_down ON tenant_ancestors (ancestor_id, tenant_id);

CREATE TABLE users (
    id {id},
    uid TEXT NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    email_key TEXT UNIQUE,
    phone TEXT NOT NULL DEFAULT '',
    comment TEXT NOT NULL DEFAULT '',
    password_hash TEXT NOT NULL,
    enabled BOOLEAN NOT NULL DEFAULT TRUE,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (tenant_id, username_key)
);
CREATE INDEX users_username ON users (username_key);

CREATE TABLE grants (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (user_id, tenant_id)
);
CREATE INDEX grants_tenant ON grants (tenant_id);

CREATE TABLE sessions (
    id {id},
    token_hash TEXT NOT NULL UNIQUE,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE login_throttle (
    subject TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE datacenters (
    id {id},
    uid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    comment TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    endpoint TEXT NOT NULL DEFAULT '',
    connection_sealed TEXT NOT NULL,
    options TEXT NOT NULL,
    capacity TEXT NOT NULL,
    overcommit DOUBLE PRECISION NOT NULL DEFAULT 1.0,
    health TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    since BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_attempt_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE datacenter_quotas (
    id {id},
    tenant_id BIGINT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    datacenter_id BIGINT NOT NULL REFERENCES datacenters (id),
    overridden BOOLEAN NOT NULL DEFAULT FALSE,
    version BIGINT NOT NULL DEFAULT 1,
    updated_at BIGINT NOT NULL,
    cpu_limit BIGINT,
    cpu_used BIGINT NOT NULL DEFAULT 0,
    cpu_granted BIGINT NOT NULL DEFAULT 0,
    memory_limit BIGINT,
    memory_used BIGINT NOT NULL DEFAULT 0,
    memory_granted BIGINT NOT NULL DEFAULT 0,
    storage_limit BIGINT,
    storage_used BIGINT NOT NULL DEFAULT 0,
    storage_granted BIGINT NOT NULL DEFAULT 0,
    servers_limit BIGINT,
    servers_used BIGINT NOT NULL DEFAULT 0,
    servers_granted BIGINT NOT NULL DEFAULT 0,
    volumes_limit BIGINT,
    volumes_used BIGINT NOT NULL DEFAULT 0,
    volumes_granted BIGINT NOT NULL DEFAULT 0,
    networks_limit BIGINT,
    networks_used BIGINT NOT NULL DEFAULT 0,
    networks_granted BIGINT NOT NULL DEFAULT 0,
    routers_limit BIGINT,
    routers_used BIGINT NOT NULL DEFAULT 0,
    routers_granted BIGINT NOT NULL DEFAULT 0,
    instances_limit BIGINT,
    instances_used BIGINT NOT NULL DEFAULT 0,
    instances_granted BIGINT NOT NULL DEFAULT 0,
    UNIQUE (tenant_id, datacenter_id)
);
CREATE INDEX datacenter_quotas_datacenter ON datacenter_quotas (datacenter_id, tenant_id);

CREATE TABLE quota_plans (
    id {id},
    name TEXT NOT NULL UNIQUE,
    cpu_millicores BIGINT NOT NULL,
    memory_mib BIGINT NOT NULL,
    storage_mib BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);

CREATE TABLE registries (
    id {id},
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    username TEXT NOT NULL DEFAULT '',
    password_sealed TEXT,
    ca_pem TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL
);

CREATE TABLE resources (
    id {id},
    uid TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id),
    datacenter_id BIGINT NOT NULL REFERENCES datacenters (id),
    parent_id BIGINT REFERENCES resources (id),
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    status TEXT NOT NULL,
    holds TEXT NOT NULL DEFAULT '{}',
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    since BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_attempt_at BIGINT,
    generation BIGINT NOT NULL DEFAULT 1,
    observed_generation BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (tenant_id, kind, datacenter_id, name)
);
CREATE INDEX resources_kind ON resources (kind, id);
CREATE INDEX resources_datacenter ON resources (datacenter_id, kind, id);
CREATE INDEX resources_parent ON resources (parent_id);
CREATE INDEX resources_state ON resources (kind, state, id);

CREATE TABLE releases (
    id {id},
    tenant_id BIGINT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    operation TEXT NOT NULL,
    comment TEXT NOT NULL DEFAULT '',
    datacenter_id BIGINT,
    app_id BIGINT,
    generation BIGINT NOT NULL DEFAULT 0,
    spec TEXT,
    status TEXT NOT NULL,
    message TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX releases_tenant ON releases (tenant_id, user_id, id);
CREATE INDEX releases_app ON releases (app_id, generation);

CREATE TABLE accounts (
    id {id},
    tenant_id BIGINT UNIQUE,
    tenant_uid TEXT NOT NULL UNIQUE,
    balance BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE TABLE ledger_entries (
    id {id},
    kind TEXT NOT NULL,
    memo TEXT NOT NULL DEFAULT '',
    actor BIGINT,
    created_at BIGINT NOT NULL
);
CREATE TABLE ledger_lines (
    id {id},
    entry_id BIGINT NOT NULL REFERENCES ledger_entries (id),
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    amount BIGINT NOT NULL
);
CREATE INDEX ledger_lines_account ON ledger_lines (account_id, id);

CREATE TABLE audit (
    id {id},
    at BIGINT NOT NULL,
    user_id BIGINT,
    user_name TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    dialect TEXT NOT NULL DEFAULT '',
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    object_id TEXT NOT NULL DEFAULT '',
    tenant_id BIGINT,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    request_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_tenant ON audit (tenant_id, id);
CREATE INDEX audit_user ON audit (user_id, id);

CREATE TABLE events (
    id {id},
    seq BIGINT UNIQUE,
    at BIGINT NOT NULL,
    tenant_id BIGINT,
    object TEXT NOT NULL,
    object_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    change TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX events_unsequenced ON events (id) WHERE seq IS NULL;

CREATE TABLE idempotency_keys (
    user_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    location TEXT NOT NULL DEFAULT '',
    status BIGINT NOT NULL DEFAULT 0,
    body TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE orphans (
    id {id},
    kind TEXT NOT NULL,
    uid TEXT NOT NULL,
    datacenter_id BIGINT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE work (
    id {id},
    kind TEXT NOT NULL,
    object_id BIGINT NOT NULL,
    lane BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL,
    seq BIGINT NOT NULL DEFAULT 1,
    lease_until BIGINT,
    lease_owner TEXT,
    UNIQUE (kind, object_id)
);
CREATE INDEX work_due ON work (next_at);

CREATE TABLE locks (
    name TEXT PRIMARY KEY,
    counter BIGINT NOT NULL DEFAULT 0
);
INSERT INTO locks (name) VALUES ('events')
