package store

import (
	"context"
	"encoding/binary"
	"time"
)

// Pruned says what Prune removed.
type Pruned struct {
	Stories, Items, Deliveries, Events, Identities int
}

// pruneBatch is how many stories, deliveries, events or identities one transaction removes: a
// writer that waits for it waits some hundredths of a second.
const pruneBatch = 250

// Prune removes what is older than before: stories whose latest item came before then, with their
// items, unless a room is to be told of them, was told since, or a story that is told with them goes
// on; settled answers and notices; answered events; ended mutes. Of a story that was told the
// receipts stay, without the messages: they tell which story a thread is about, and their keys that
// a room was told. The marks by which an item is known again go when its feed has shown other items
// for so long.
//
// It works in small transactions and may be interrupted and repeated.
func (s *Store) Prune(ctx context.Context, before time.Time) (Pruned, error) {
	var done Pruned
	at := micros(before)
	for _, step := range []struct {
		count *int
		batch func(t *tx) (removed int, more bool, err error)
	}{
		{&done.Stories, func() func(*tx) (int, bool, error) {
			var p storyPruner
			return func(t *tx) (int, bool, error) { return p.batch(t, at, &done.Items) }
		}()},
		{&done.Items, func() func(*tx) (int, bool, error) {
			last := int64(0)
			return func(t *tx) (int, bool, error) { return t.pruneUnplaced(at, &last) }
		}()},
		{&done.Deliveries, func(t *tx) (int, bool, error) {
			return t.removeSome(`DELETE FROM deliveries WHERE seq IN (SELECT seq FROM deliveries
				WHERE open = 0 AND created < ? AND story = 0 AND state <> 'parked' LIMIT ?)`, at)
		}},
		{&done.Events, func(t *tx) (int, bool, error) {
			return t.removeSome(`DELETE FROM inbox WHERE seq IN (SELECT seq FROM inbox WHERE answered = 1 AND received < ? LIMIT ?)`, at)
		}},
		{new(int), func(t *tx) (int, bool, error) {
			return t.removeSome(`DELETE FROM mutes WHERE id IN (SELECT id FROM mutes WHERE until_time < ? LIMIT ?)`, at)
		}},
		{&done.Identities, func(t *tx) (int, bool, error) { return t.pruneIdentities(at / dayMicros) }},
	} {
		for more := true; more; {
			var n int
			err := s.write.update(ctx, "prune", func(t *tx) (err error) {
				n, more, err = step.batch(t)
				return err
			})
			if err != nil {
				return done, err
			}
			*step.count += n
		}
	}
	return done, nil
}

func (t *tx) removeSome(query string, at int64) (int, bool, error) {
	n, err := t.exec(query, at, pruneBatch)
	return int(n), n == pruneBatch, err
}

// storyPruner walks over old stories, in the order in which their latest items came.
type storyPruner struct{ at, id int64 }

func (p *storyPruner) batch(t *tx, before int64, items *int) (int, bool, error) {
	rows, err := t.query(`SELECT s.id, s.at, EXISTS (SELECT 1 FROM deliveries AS d WHERE d.story = s.id AND d.story <> 0
				AND (d.open = 1 OR d.state = 'parked' OR d.created >= ?3 OR d.last_try >= ?3))
			OR EXISTS (SELECT 1 FROM alerts AS a CROSS JOIN stories AS o WHERE a.story = s.id AND a.under <> 0 AND o.id = a.under AND o.at >= ?3)
			OR EXISTS (SELECT 1 FROM alerts AS a CROSS JOIN stories AS o WHERE a.under = s.id AND a.under <> 0 AND o.id = a.story AND o.at >= ?3)
		FROM stories AS s WHERE (s.at, s.id) > (?1, ?2) AND s.at < ?3 ORDER BY s.at, s.id LIMIT ?4`, p.at, p.id, before, pruneBatch)
	type old struct {
		id, at int64
		keep   bool
	}
	list, err := collect(rows, err, func(scan func(...any) error) (o old, err error) {
		err = scan(&o.id, &o.at, &o.keep)
		return o, err
	})
	if err != nil {
		return 0, false, err
	}
	removed, gone := 0, 0
	for _, o := range list {
		if o.keep {
			continue
		}
		n, err := t.removeStory(o.id)
		if err != nil {
			return 0, false, err
		}
		removed++
		gone += n
	}
	if len(list) > 0 {
		p.at, p.id = list[len(list)-1].at, list[len(list)-1].id
	}
	*items += gone
	return removed, len(list) == pruneBatch, nil
}

// removeStory removes a story with all that hangs on it but the receipts of its alerts, and says how
// many items it had.
func (t *tx) removeStory(id int64) (int, error) {
	rows, err := t.query(`SELECT item FROM placements WHERE story = ?`, id)
	items, err := collect(rows, err, scanID)
	if err != nil {
		return 0, err
	}
	for _, item := range items {
		if err := t.removeItem(item); err != nil {
			return 0, err
		}
	}
	for _, q := range []string{
		`DELETE FROM alerts WHERE story = ?`,
		`DELETE FROM marks WHERE story = ?`,
		`DELETE FROM deliveries WHERE story = ? AND story <> 0 AND NOT (kind = 'new' AND state = 'sent')`,
		`UPDATE deliveries SET message = '', told = '' WHERE story = ? AND story <> 0`,
		`DELETE FROM stories WHERE id = ?`,
	} {
		if err := t.do(q, id); err != nil {
			return 0, err
		}
	}
	return len(items), nil
}

func (t *tx) removeItem(item int64) error {
	for _, q := range []string{
		`DELETE FROM matches WHERE item = ?`,
		`DELETE FROM placements WHERE item = ?`,
		`DELETE FROM words WHERE rowid = ?`,
		`DELETE FROM items WHERE key = ?`,
	} {
		if err := t.do(q, item); err != nil {
			return err
		}
	}
	return nil
}

// pruneUnplaced removes some old items that belong to no story, those of a baseline, whose keys
// come after last, and moves last on.
func (t *tx) pruneUnplaced(before int64, last *int64) (int, bool, error) {
	rows, err := t.query(`SELECT key FROM items AS i WHERE key > ? AND at < ?
		AND NOT EXISTS (SELECT 1 FROM placements WHERE item = i.key) AND NOT EXISTS (SELECT 1 FROM fresh WHERE item = i.key)
		AND NOT EXISTS (SELECT 1 FROM awaiting WHERE item = i.key) ORDER BY key LIMIT ?`, *last, before, pruneBatch)
	items, err := collect(rows, err, scanID)
	if err != nil {
		return 0, false, err
	}
	for _, item := range items {
		if err := t.removeItem(item); err != nil {
			return 0, false, err
		}
		*last = item
	}
	return len(items), len(items) == pruneBatch, nil
}

// pruneIdentities forgets by what items were known that their feeds have not shown since before
// day. What was in a feed's last document is kept: it is shown still, however old it is.
func (t *tx) pruneIdentities(day int64) (int, bool, error) {
	rows, err := t.query(`SELECT i.item, i.feed, i.keys FROM feeds AS f CROSS JOIN identities AS i
		WHERE i.feed = f.id AND i.looked < f.looked AND i.looked < ? LIMIT ?`, day, pruneBatch)
	type old struct {
		item, feed int64
		keys       []byte
	}
	list, err := collect(rows, err, func(scan func(...any) error) (o old, err error) {
		err = scan(&o.item, &o.feed, &o.keys)
		return o, err
	})
	if err != nil {
		return 0, false, err
	}
	for _, o := range list {
		for k := o.keys; len(k) >= 8; k = k[8:] {
			if err := t.do(`DELETE FROM item_keys WHERE feed = ? AND key = ?`, o.feed, int64(binary.LittleEndian.Uint64(k))); err != nil {
				return 0, false, err
			}
		}
		if err := t.do(`DELETE FROM identities WHERE item = ?`, o.item); err != nil {
			return 0, false, err
		}
	}
	return len(list), len(list) == pruneBatch, nil
}
