-- v0 -> v1: What is remembered beside the keys
CREATE TABLE matrix_values (name TEXT PRIMARY KEY, value TEXT NOT NULL);

-- A room is encrypted for ever once it was: what is said there later must not become readable
-- because somebody with power, or the server, says otherwise.
CREATE TABLE matrix_rooms (
	room      TEXT PRIMARY KEY,
	encrypted BOOLEAN NOT NULL DEFAULT false,
	direct    BOOLEAN NOT NULL DEFAULT false,
	known     BOOLEAN NOT NULL DEFAULT false, -- we were in it at the end of a sync
	inviter   TEXT NOT NULL DEFAULT '',       -- whose invitation is accepted, and not joined yet
	last      TEXT NOT NULL DEFAULT '',       -- the last event that was taken: a gap begins behind it
	successor TEXT NOT NULL DEFAULT ''        -- the room that replaces it
);

-- Events whose key has not come yet.
CREATE TABLE matrix_locked (
	event   TEXT PRIMARY KEY,
	room    TEXT NOT NULL,
	session TEXT NOT NULL,
	sent    BIGINT NOT NULL, -- Unix time in milliseconds
	content TEXT NOT NULL
);
