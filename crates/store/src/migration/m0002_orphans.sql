-- When an orphan was looked for last.
ALTER TABLE orphans ADD COLUMN looked_at BIGINT NOT NULL DEFAULT 0;
