-- Groups, second factors, tokens for programs, links; tenants with a label beside their name.
ALTER TABLE tenants ADD COLUMN slug TEXT;
UPDATE tenants SET slug = name;
CREATE UNIQUE INDEX tenants_slug ON tenants (slug);
CREATE INDEX tenants_called ON tenants (LOWER(name));
ALTER TABLE tenants ADD COLUMN enabled BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE tenants ADD COLUMN customer_manager TEXT NOT NULL DEFAULT '';

ALTER TABLE users ADD COLUMN created_by BIGINT;
ALTER TABLE users ADD COLUMN must_change_password BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN totp_sealed TEXT;
ALTER TABLE users ADD COLUMN totp_confirmed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN subject TEXT;
CREATE UNIQUE INDEX users_subject ON users (origin, subject);

CREATE TABLE recovery_codes (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE user_groups (
    id {id},
    uid TEXT NOT NULL UNIQUE,
    tenant_id BIGINT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    parent_id BIGINT REFERENCES user_groups (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (parent_id, name_key)
);
CREATE INDEX user_groups_tenant ON user_groups (tenant_id, id);
CREATE UNIQUE INDEX user_groups_root ON user_groups (tenant_id) WHERE parent_id IS NULL;

CREATE TABLE group_ancestors (
    group_id BIGINT NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
    ancestor_id BIGINT NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
    depth BIGINT NOT NULL,
    PRIMARY KEY (group_id, ancestor_id)
);
CREATE INDEX group_ancestors_down ON group_ancestors (ancestor_id, group_id);

CREATE TABLE group_members (
    group_id BIGINT NOT NULL REFERENCES user_groups (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    admin BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_user ON group_members (user_id, group_id);

INSERT INTO user_groups (uid, tenant_id, name, name_key, created_at, updated_at)
    SELECT uid, id, name, name, created_at, created_at FROM tenants;
INSERT INTO group_ancestors (group_id, ancestor_id, depth) SELECT id, id, 0 FROM user_groups;
INSERT INTO group_members (group_id, user_id, admin)
    SELECT g.id, u.id, FALSE FROM users u JOIN user_groups g ON g.tenant_id = u.tenant_id;

ALTER TABLE sessions ADD COLUMN ends_at BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET ends_at = expires_at;
ALTER TABLE sessions ADD COLUMN last_used_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN client TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN token_name TEXT;
ALTER TABLE sessions ADD COLUMN token_scope TEXT;
CREATE UNIQUE INDEX sessions_token_name ON sessions (user_id, token_name);

CREATE TABLE links (
    id {id},
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    href TEXT NOT NULL,
    image_url TEXT NOT NULL DEFAULT '',
    new_window BOOLEAN NOT NULL DEFAULT FALSE,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
