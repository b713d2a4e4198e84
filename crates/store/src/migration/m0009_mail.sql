-- Mail that is to be sent, and links that set a new password; groups by their names.
CREATE TABLE mails (id {id}, uid TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  user_id BIGINT REFERENCES users (id) ON DELETE CASCADE, recipient TEXT, content_sealed TEXT, state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '', attempts BIGINT NOT NULL DEFAULT 0, next_attempt_at BIGINT,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, ended_at BIGINT);
CREATE INDEX mails_ended ON mails (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX mails_user ON mails (user_id) WHERE user_id IS NOT NULL;
CREATE TABLE password_resets (token_hash TEXT PRIMARY KEY, user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL);
CREATE INDEX password_resets_user ON password_resets (user_id, expires_at);
CREATE INDEX password_resets_over ON password_resets (expires_at);
CREATE INDEX user_groups_called ON user_groups (name_key, id);
