package store

import (
	"context"

	"github.com/tocsin-bot/tocsin/feeds"
)

// States implements feeds.Store.
func (s *Store) States(ctx context.Context) (map[string]feeds.State, error) {
	rows, err := s.read.query(ctx, `SELECT name, address, etag, last_modified, body_hash, title, item_count,
		coalesce(next_due, 0), coalesce(polled, 0), coalesce(last_good, 0), last_new, failure, detail, failures, failing_since,
		moved, moved_seen, stopped, note
		FROM feeds LEFT JOIN polls ON feed = id`)
	list, err := collect(rows, err, func(scan func(...any) error) (st feeds.State, err error) {
		err = scan(&st.Feed, &st.Address, &st.ETag, &st.LastModified, &st.BodyHash, &st.Title, &st.ItemCount,
			instant{&st.NextDue}, instant{&st.Polled}, instant{&st.LastGood}, instant{&st.LastNew},
			&st.Failure, &st.Detail, &st.Failures, instant{&st.FailingSince}, &st.Moved, &st.MovedSeen, &st.Stopped, &st.Note)
		return st, err
	})
	if err != nil {
		return nil, doing("read feed states", err)
	}
	states := make(map[string]feeds.State, len(list))
	for _, st := range list {
		states[st.Feed] = st
	}
	return states, nil
}

// saveState replaces what is known of a feed.
func (t *tx) saveState(st *feeds.State, looked int64) error {
	if err := t.do(`INSERT INTO feeds (name, looked, address, etag, last_modified, body_hash, title, item_count,
		last_new, failure, detail, failures, failing_since, moved, moved_seen, stopped, note)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET looked = CASE WHEN excluded.looked > feeds.looked THEN excluded.looked ELSE feeds.looked END, address = excluded.address,
		etag = excluded.etag, last_modified = excluded.last_modified, body_hash = excluded.body_hash, title = excluded.title,
		item_count = excluded.item_count, last_new = excluded.last_new, failure = excluded.failure, detail = excluded.detail,
		failures = excluded.failures, failing_since = excluded.failing_since, moved = excluded.moved,
		moved_seen = excluded.moved_seen, stopped = excluded.stopped, note = excluded.note`,
		st.Feed, looked, st.Address, st.ETag, st.LastModified, st.BodyHash, st.Title, st.ItemCount,
		micros(st.LastNew), string(st.Failure), st.Detail, st.Failures, micros(st.FailingSince), st.Moved, st.MovedSeen, st.Stopped, st.Note); err != nil {
		return err
	}
	return t.do(`INSERT INTO polls (feed, next_due, polled, last_good) SELECT id, ?, ?, ? FROM feeds WHERE name = ? `+newTimes,
		micros(st.NextDue), micros(st.Polled), micros(st.LastGood), st.Feed)
}

const newTimes = `ON CONFLICT (feed) DO UPDATE SET next_due = excluded.next_due, polled = excluded.polled, last_good = excluded.last_good`

var writeTimes = newBulk(4, `INSERT INTO polls (feed, next_due, polled, last_good)`, newTimes)

// touchStates replaces the times of states in which nothing else has changed, which is most of what
// is ever written. A feed that is not there is saved.
func (t *tx) touchStates(states map[string]*feeds.State) error {
	args := make([]any, 0, 4*len(states))
	for _, st := range states {
		id, err := t.feedID(st.Feed)
		if err != nil {
			return err
		}
		if id == 0 {
			if err := t.saveState(st, 0); err != nil {
				return err
			}
			continue
		}
		args = append(args, id, micros(st.NextDue), micros(st.Polled), micros(st.LastGood))
	}
	return writeTimes.write(t, args)
}

// feedID gives the row of a feed, or 0. Rows of feeds are never deleted, so it can be remembered.
func (t *tx) feedID(name string) (int64, error) {
	id, known := t.feeds[name]
	if known {
		return id, nil
	}
	found, err := t.row(`SELECT id FROM feeds WHERE name = ?`, []any{name}, &id)
	if found {
		t.feeds[name] = id
	}
	return id, err
}

// feedRow gives the row of a feed, which is made when there is none, and the day on which keys of
// a document of the feed were last looked up.
func (t *tx) feedRow(name string) (id, looked int64, err error) {
	found, err := t.row(`SELECT id, looked FROM feeds WHERE name = ?`, []any{name}, &id, &looked)
	if err == nil && !found {
		id, err = t.insert(`INSERT INTO feeds (name) VALUES (?)`, "id", name)
	}
	return id, looked, err
}
