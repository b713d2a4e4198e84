-- The audit's chain, the datacenter of a record, where removed tenants were (their records are still somebody's to read), and indexes
-- that hold the order of time beside each filter.
ALTER TABLE audit ADD COLUMN datacenter_id BIGINT;
ALTER TABLE audit ADD COLUMN seq BIGINT;
ALTER TABLE audit ADD COLUMN hash TEXT;
CREATE UNIQUE INDEX audit_seq ON audit (seq) WHERE seq IS NOT NULL;
CREATE INDEX audit_unsealed ON audit (id) WHERE seq IS NULL;
DROP INDEX audit_tenant;
DROP INDEX audit_user;
CREATE INDEX audit_at ON audit (at, id);
CREATE INDEX audit_tenant_at ON audit (tenant_id, at, id);
CREATE INDEX audit_user_at ON audit (user_id, at, id);
CREATE INDEX audit_user_name_at ON audit (user_name, at, id);
CREATE INDEX audit_action_at ON audit (action, at, id);
CREATE INDEX audit_object_at ON audit (object, at, id);
CREATE INDEX audit_object_id_at ON audit (object_id, at, id);
CREATE INDEX audit_datacenter_at ON audit (datacenter_id, at, id) WHERE datacenter_id IS NOT NULL;
CREATE INDEX audit_refused_at ON audit (at, id) WHERE outcome = 'refused';
CREATE TABLE removed_tenants (tenant_id BIGINT NOT NULL, ancestor_id BIGINT NOT NULL, PRIMARY KEY (tenant_id, ancestor_id));
CREATE INDEX removed_tenants_down ON removed_tenants (ancestor_id, tenant_id);
CREATE TABLE audit_chain (id BIGINT PRIMARY KEY CHECK (id = 1), head_seq BIGINT NOT NULL, head_hash TEXT NOT NULL,
  anchor_seq BIGINT NOT NULL, anchor_hash TEXT NOT NULL);
INSERT INTO audit_chain (id, head_seq, head_hash, anchor_seq, anchor_hash) VALUES (1, 0, '{beginning}', 0, '{beginning}');
