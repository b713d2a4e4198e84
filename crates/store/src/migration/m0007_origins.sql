-- Which roles a directory or a provider of single sign-on manages.
ALTER TABLE grants ADD COLUMN origin TEXT NOT NULL DEFAULT '';
