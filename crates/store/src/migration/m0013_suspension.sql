-- Tenants that are suspended because the account that pays for them is empty.
ALTER TABLE tenants ADD COLUMN suspended_at BIGINT;
CREATE INDEX tenants_suspended ON tenants (suspended_at) WHERE suspended_at IS NOT NULL;
