-- Indexes that hold the order of a list of tenants beside its filter: a page is read from where it begins, however many tenants there are.
CREATE INDEX tenants_parent_created ON tenants (parent_id, created_at, id);
CREATE INDEX tenants_parent_name ON tenants (parent_id, name);
CREATE INDEX tenants_state_created ON tenants (state, created_at, id);
CREATE INDEX tenants_state_id ON tenants (state, id);
