-- Times are microseconds since 1970 in UTC; 0 is a time that is not known.
-- A column "more" holds, as JSON, what no query asks for.

CREATE TABLE feeds (
	id            INTEGER PRIMARY KEY,
	name          TEXT    NOT NULL UNIQUE,
	looked        INTEGER NOT NULL DEFAULT 0, -- the day on which keys of a document were last looked up
	address       TEXT    NOT NULL DEFAULT '',
	etag          TEXT    NOT NULL DEFAULT '',
	last_modified TEXT    NOT NULL DEFAULT '',
	body_hash     TEXT    NOT NULL DEFAULT '',
	title         TEXT    NOT NULL DEFAULT '',
	item_count    INTEGER NOT NULL DEFAULT 0,
	next_due      INTEGER NOT NULL DEFAULT 0,
	polled        INTEGER NOT NULL DEFAULT 0,
	last_good     INTEGER NOT NULL DEFAULT 0,
	last_new      INTEGER NOT NULL DEFAULT 0,
	failure       TEXT    NOT NULL DEFAULT '',
	detail        TEXT    NOT NULL DEFAULT '',
	failures      INTEGER NOT NULL DEFAULT 0,
	failing_since INTEGER NOT NULL DEFAULT 0,
	moved         TEXT    NOT NULL DEFAULT '',
	moved_seen    INTEGER NOT NULL DEFAULT 0,
	stopped       INTEGER NOT NULL DEFAULT 0,
	note          TEXT    NOT NULL DEFAULT ''
) STRICT;

-- AUTOINCREMENT, here and below: a key is never given twice, not even after the last row is gone.
CREATE TABLE items (
	key       INTEGER PRIMARY KEY AUTOINCREMENT,
	feed      INTEGER NOT NULL REFERENCES feeds (id),
	revises   INTEGER NOT NULL, -- the first version of which this is a later one; not a reference, it may be gone
	baseline  INTEGER NOT NULL,
	at        INTEGER NOT NULL, -- when it came: seen, else the item's own time
	page      INTEGER NOT NULL, -- a hash of its URL without scheme, query and fragment; 0 for none
	published INTEGER NOT NULL,
	updated   INTEGER NOT NULL,
	seen      INTEGER NOT NULL,
	id        TEXT    NOT NULL,
	url       TEXT    NOT NULL,
	language  TEXT    NOT NULL,
	title     TEXT    NOT NULL,
	more      TEXT    NOT NULL, -- authors, tags, enclosures
	text      TEXT    NOT NULL
) STRICT;
CREATE INDEX items_at ON items (at);
CREATE INDEX items_page ON items (page) WHERE page <> 0;
CREATE INDEX items_revises ON items (revises, key) WHERE revises <> 0;

-- How far an item has come is told by the list on which it stands, not by a column of items:
-- to change a column would write the whole text again.
CREATE TABLE awaiting (item INTEGER PRIMARY KEY REFERENCES items (key)) STRICT; -- the page behind it
CREATE TABLE fresh    (item INTEGER PRIMARY KEY REFERENCES items (key)) STRICT; -- a plan

-- By what an item is known again. A row outlives its item for as long as the feed shows it.
CREATE TABLE identities (
	item     INTEGER PRIMARY KEY, -- the key of the first version
	feed     INTEGER NOT NULL,
	looked   INTEGER NOT NULL,    -- the last day on which the feed showed it
	baseline INTEGER NOT NULL,
	keys     BLOB    NOT NULL,    -- of all versions, 8 bytes each
	prints   BLOB    NOT NULL     -- of all versions, 24 bytes each
) STRICT;
CREATE INDEX identities_looked ON identities (feed, looked);
CREATE TABLE item_keys (
	feed INTEGER NOT NULL,
	key  INTEGER NOT NULL,
	item INTEGER NOT NULL, -- of identities
	PRIMARY KEY (feed, key)
) STRICT, WITHOUT ROWID;

-- The folded words of items, title and text, under the items' keys. It keeps no text of its own.
CREATE VIRTUAL TABLE words USING fts5 (title, text, content = '', contentless_delete = 1, tokenize = 'ascii');

CREATE TABLE stories (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	at INTEGER NOT NULL -- when its latest item came
) STRICT;
CREATE INDEX stories_at ON stories (at);

CREATE TABLE placements (
	item         INTEGER PRIMARY KEY REFERENCES items (key),
	story        INTEGER NOT NULL REFERENCES stories (id),
	relation     TEXT    NOT NULL,
	duplicate_of INTEGER NOT NULL,
	kind         TEXT    NOT NULL,
	origin       TEXT    NOT NULL,
	outlet       TEXT    NOT NULL,
	score        REAL    NOT NULL,
	time         INTEGER NOT NULL,
	more         TEXT    NOT NULL -- shared words, facts
) STRICT;
CREATE INDEX placements_story ON placements (story, item);

CREATE TABLE matches (
	item   INTEGER NOT NULL REFERENCES items (key),
	watch  TEXT    NOT NULL,
	place  INTEGER NOT NULL, -- among the item's matches
	at     INTEGER NOT NULL, -- when the item came
	reason TEXT    NOT NULL, -- bot.Reason as JSON
	PRIMARY KEY (item, watch)
) STRICT, WITHOUT ROWID;
CREATE INDEX matches_watch ON matches (watch, at);

CREATE TABLE alerts (
	story    INTEGER NOT NULL,
	watch    TEXT    NOT NULL,
	priority TEXT    NOT NULL,
	under    INTEGER NOT NULL,
	created  INTEGER NOT NULL,
	reason   TEXT    NOT NULL, -- bot.Reason as JSON
	rooms    TEXT    NOT NULL, -- a JSON list
	PRIMARY KEY (story, watch)
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_watch ON alerts (watch, created);
CREATE INDEX alerts_under ON alerts (under) WHERE under <> 0;

CREATE TABLE deliveries (
	seq       INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they were owed
	key       TEXT    NOT NULL UNIQUE,
	room      TEXT    NOT NULL,
	lane      INTEGER NOT NULL, -- 0 for answers, 1 for the rest
	kind      TEXT    NOT NULL,
	state     TEXT    NOT NULL,
	open      INTEGER NOT NULL, -- 1 while due, ready or sending
	wake      INTEGER NOT NULL, -- when there is something to do: next_try, or the end of the lease
	story     INTEGER NOT NULL,
	item      INTEGER NOT NULL,
	news      TEXT    NOT NULL,
	watch     TEXT    NOT NULL,
	thread    TEXT    NOT NULL,
	to_user   TEXT    NOT NULL,
	message   TEXT    NOT NULL, -- bot.Message as JSON; empty for none
	told      TEXT    NOT NULL, -- a JSON list; empty for none
	broadcast INTEGER NOT NULL,
	created   INTEGER NOT NULL,
	next_try  INTEGER NOT NULL,
	first_try INTEGER NOT NULL,
	last_try  INTEGER NOT NULL, -- when it was last claimed
	attempt   INTEGER NOT NULL,
	lease     INTEGER NOT NULL,
	repeat    INTEGER NOT NULL,
	receipt   TEXT    NOT NULL,
	cause     TEXT    NOT NULL
) STRICT;
CREATE INDEX deliveries_order ON deliveries (room, lane, seq) WHERE open = 1;
CREATE INDEX deliveries_wake ON deliveries (wake, room) WHERE open = 1;
CREATE INDEX deliveries_parked ON deliveries (room) WHERE state = 'parked';
CREATE INDEX deliveries_failed ON deliveries (room) WHERE state = 'failed';
CREATE INDEX deliveries_told ON deliveries (last_try) WHERE kind = 'new' AND state = 'sent';
CREATE INDEX deliveries_told_here ON deliveries (room, last_try) WHERE kind = 'new' AND state = 'sent';
CREATE INDEX deliveries_receipt ON deliveries (room, receipt) WHERE receipt <> '';
CREATE INDEX deliveries_story ON deliveries (story, room) WHERE story <> 0;
CREATE INDEX deliveries_settled ON deliveries (created) WHERE open = 0 AND story = 0;

CREATE TABLE inbox (
	seq      INTEGER PRIMARY KEY AUTOINCREMENT,
	key      TEXT    NOT NULL UNIQUE,
	received INTEGER NOT NULL,
	answered INTEGER NOT NULL, -- 1 when its effects are stored
	body     TEXT    NOT NULL  -- bot.Incoming as JSON
) STRICT;
CREATE INDEX inbox_unanswered ON inbox (seq) WHERE answered = 0;

CREATE TABLE mutes (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	story      INTEGER NOT NULL,
	watch      TEXT    NOT NULL,
	room       TEXT    NOT NULL,
	by_user    TEXT    NOT NULL,
	why        TEXT    NOT NULL,
	from_time  INTEGER NOT NULL,
	until_time INTEGER NOT NULL
) STRICT;
CREATE INDEX mutes_until ON mutes (until_time);

CREATE TABLE marks (
	id    INTEGER PRIMARY KEY,
	story INTEGER NOT NULL,
	room  TEXT    NOT NULL,
	user  TEXT    NOT NULL,
	kind  TEXT    NOT NULL,
	note  TEXT    NOT NULL,
	time  INTEGER NOT NULL
) STRICT;
CREATE INDEX marks_story ON marks (story);

CREATE TABLE blobs (
	name  TEXT NOT NULL PRIMARY KEY,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
