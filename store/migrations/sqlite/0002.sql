-- Databases of version 1 differ: the indexes of the first of them are made as those of the last.
DROP INDEX IF EXISTS deliveries_told;
DROP INDEX IF EXISTS deliveries_told_here;
DROP INDEX IF EXISTS deliveries_settled;
CREATE INDEX deliveries_told ON deliveries (last_try) WHERE kind = 'new' AND state = 'sent';
CREATE INDEX deliveries_told_here ON deliveries (room, last_try) WHERE kind = 'new' AND state = 'sent';
CREATE INDEX deliveries_settled ON deliveries (created) WHERE open = 0 AND story = 0;

-- Prints were made in another way, by which every item would seem changed. They are learnt anew from
-- what the feeds show next.
UPDATE identities SET prints = x'';
