-- The keys that secrets at rest are sealed with (their ids alone), and which servers know which.
CREATE TABLE secret_keys (id TEXT PRIMARY KEY, proof TEXT NOT NULL, active BOOLEAN NOT NULL, created_at BIGINT NOT NULL);
CREATE TABLE key_holders (server TEXT PRIMARY KEY, key_ids TEXT NOT NULL, seen_at BIGINT NOT NULL);
INSERT INTO locks (name) VALUES ('keys');
