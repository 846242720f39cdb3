-- When feeds are polled, apart from what is known of them: every poll changes it, and seldom the rest.
CREATE TABLE polls (
	feed      INTEGER PRIMARY KEY REFERENCES feeds (id),
	next_due  INTEGER NOT NULL,
	polled    INTEGER NOT NULL,
	last_good INTEGER NOT NULL
) STRICT;
INSERT INTO polls (feed, next_due, polled, last_good) SELECT id, next_due, polled, last_good FROM feeds;
ALTER TABLE feeds DROP COLUMN next_due;
ALTER TABLE feeds DROP COLUMN polled;
ALTER TABLE feeds DROP COLUMN last_good;
