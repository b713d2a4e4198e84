-- What still shows a resource that was moved away from it is known until the move is done.
CREATE TABLE former_references (
  resource_id BIGINT NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  target_id BIGINT NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
  PRIMARY KEY (resource_id, target_id));
CREATE INDEX former_references_target ON former_references (target_id);
