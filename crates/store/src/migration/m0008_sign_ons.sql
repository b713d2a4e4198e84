-- Logins at a provider of single sign-on that were begun. What proves them is in the browser; here are hashes.
CREATE TABLE sign_ons (state_hash TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, provider TEXT NOT NULL,
redirect_uri TEXT NOT NULL, return_to TEXT NOT NULL, address TEXT NOT NULL, expires_at BIGINT NOT NULL);
CREATE INDEX sign_ons_expire ON sign_ons (expires_at);
