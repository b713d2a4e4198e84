-- What is at rest waits in a queue of its own, and what was never claimed is known as such.
ALTER TABLE work ADD COLUMN queue BIGINT NOT NULL DEFAULT 0;
ALTER TABLE work ADD COLUMN claims BIGINT NOT NULL DEFAULT 0;
UPDATE work SET claims = 1;
DROP INDEX work_due;
DROP INDEX work_lane;
CREATE INDEX work_due ON work (queue, next_at);
CREATE INDEX work_lane ON work (queue, lane, next_at);
