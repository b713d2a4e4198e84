-- Namespaces that were adopted before there was a right to remove them: they are let go when they go. One that Tenantry was allowed to take
-- over, and then made itself, cannot be told from them; it stays where it is, too.
UPDATE resources SET origin = 'adopted' WHERE kind = 'namespace' AND origin = 'made' AND spec LIKE '%"adopt":true%';
