-- When feeds are polled, apart from what is known of them: every poll changes it, and seldom the rest.
CREATE TABLE polls (
	feed      bigint PRIMARY KEY REFERENCES feeds (id),
	next_due  bigint NOT NULL,
	polled    bigint NOT NULL,
	last_good bigint NOT NULL
) WITH (fillfactor = 60); -- a row changes in its own page while there is room
INSERT INTO polls (feed, next_due, polled, last_good) SELECT id, next_due, polled, last_good FROM feeds;
ALTER TABLE feeds DROP COLUMN next_due, DROP COLUMN polled, DROP COLUMN last_good;
