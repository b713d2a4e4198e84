-- Clouds of servers: what refers to what, the peer's ids, who sees a resource and where it comes from, and a quota of floating addresses.
ALTER TABLE resources ADD COLUMN peer_id TEXT NOT NULL DEFAULT '';
ALTER TABLE resources ADD COLUMN audience BIGINT;
ALTER TABLE resources ADD COLUMN complete_generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE resources ADD COLUMN origin TEXT NOT NULL DEFAULT 'made';
CREATE INDEX work_lane ON work (lane, next_at);
CREATE INDEX resources_peer_id ON resources (peer_id, datacenter_id) WHERE peer_id <> '';
CREATE INDEX resources_audience ON resources (audience) WHERE audience IS NOT NULL;
ALTER TABLE events ADD COLUMN audience BIGINT;
ALTER TABLE datacenter_quotas ADD COLUMN floating_ips_limit BIGINT;
ALTER TABLE datacenter_quotas ADD COLUMN floating_ips_used BIGINT NOT NULL DEFAULT 0;
ALTER TABLE datacenter_quotas ADD COLUMN floating_ips_granted BIGINT NOT NULL DEFAULT 0;
CREATE TABLE resource_references (
  resource_id BIGINT NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  target_id BIGINT NOT NULL REFERENCES resources (id),
  PRIMARY KEY (resource_id, target_id));
CREATE INDEX resource_references_target ON resource_references (target_id, resource_id);
