-- Metering: what runs since when, what was used in which hour, what it costs, and what happens when an account is empty.
CREATE TABLE usage_meters (
  resource_id BIGINT PRIMARY KEY,
  tenant_id BIGINT NOT NULL,
  datacenter_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  amounts TEXT NOT NULL,
  since BIGINT NOT NULL);
CREATE INDEX usage_meters_since ON usage_meters (since, resource_id);
CREATE TABLE usage_records (
  id {id},
  tenant_id BIGINT NOT NULL,
  datacenter_id BIGINT NOT NULL,
  resource_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  to_at BIGINT NOT NULL,
  amounts TEXT NOT NULL,
  cost BIGINT NOT NULL,
  UNIQUE (resource_id, from_at));
CREATE INDEX usage_records_tenant ON usage_records (tenant_id, from_at, id);
CREATE TABLE usage_owed (tenant_id BIGINT PRIMARY KEY, cost BIGINT NOT NULL, last_hour BIGINT NOT NULL DEFAULT 0);
CREATE TABLE rate_cards (
  datacenter_id BIGINT PRIMARY KEY REFERENCES datacenters (id) ON DELETE CASCADE,
  rates TEXT NOT NULL,
  version BIGINT NOT NULL DEFAULT 1,
  updated_at BIGINT NOT NULL);
ALTER TABLE resources ADD COLUMN metered TEXT NOT NULL DEFAULT '{}';
ALTER TABLE tenants ADD COLUMN when_empty TEXT NOT NULL DEFAULT 'nothing';
ALTER TABLE accounts ADD COLUMN warned TEXT NOT NULL DEFAULT '';
