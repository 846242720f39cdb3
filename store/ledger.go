package store

import (
	"context"
	"fmt"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// placedMore is what of a placement no query asks for. Fields may be added, none renamed.
type placedMore struct {
	Shared []string `json:"shared,omitempty"`
	Facts  []string `json:"facts,omitempty"`
}

// FreshItems implements bot.Ledger.
func (s *Store) FreshItems(ctx context.Context, limit int) ([]bot.Fresh, error) {
	rows, err := s.read.query(ctx, `SELECT `+itemColumns+` FROM fresh AS q CROSS JOIN `+itemTables+`
		WHERE i.key = q.item ORDER BY q.item LIMIT ?`, limit)
	items, err := collect(rows, err, scanFresh)
	if err == nil {
		err = s.previous(ctx, items)
	}
	return items, doing("read fresh items", err)
}

// CommitPlan implements bot.Ledger.
func (s *Store) CommitPlan(ctx context.Context, b bot.Batch) error {
	return s.write.update(ctx, "commit plan", func(t *tx) error {
		came, err := t.whenCame(b.Placed)
		if err != nil {
			return err
		}
		for i := range b.Placed {
			if err := t.place(&b.Placed[i], came); err != nil {
				return err
			}
		}
		for i := range b.Alerts {
			if err := t.saveAlert(&b.Alerts[i]); err != nil {
				return err
			}
		}
		return t.owe(b.Deliveries)
	})
}

// whenCame gives when items came, by their keys.
func (t *tx) whenCame(placed []bot.Placed) (map[int64]int64, error) {
	keys := make([]int64, len(placed))
	for i := range placed {
		keys[i] = placed[i].Item
	}
	wanted, err := encode(keys)
	if err != nil {
		return nil, err
	}
	list, err := t.query(`SELECT i.key, i.at FROM json_each(?) AS wanted CROSS JOIN items AS i WHERE i.key = wanted.value`, wanted)
	if err != nil {
		return nil, err
	}
	defer list.Close()
	came := make(map[int64]int64, len(placed))
	for list.Next() {
		var key, at int64
		if err := list.Scan(&key, &at); err != nil {
			return nil, err
		}
		came[key] = at
	}
	return came, list.Err()
}

// place puts an item into its story, if it has one, and takes it off the list of fresh ones. An
// item that has a place keeps it.
func (t *tx) place(p *bot.Placed, came map[int64]int64) error {
	at, found := came[p.Item]
	if !found {
		return fmt.Errorf("there is no item %d", p.Item)
	}
	if err := t.do(`DELETE FROM fresh WHERE item = ?`, p.Item); err != nil {
		return err
	}
	if p.Story == 0 {
		return t.saveMatches(p, at)
	}
	if err := t.do(`INSERT INTO stories (id, at) VALUES (?, ?)
		ON CONFLICT (id) DO UPDATE SET at = excluded.at WHERE excluded.at > stories.at`, p.Story, at); err != nil {
		return err
	}
	more := ""
	if len(p.Shared)+len(p.Facts) > 0 {
		var err error
		if more, err = encode(placedMore{p.Shared, p.Facts}); err != nil {
			return err
		}
	}
	return t.then(func(placed int64) error {
		if placed == 0 {
			return nil
		}
		return t.saveMatches(p, at)
	}, `INSERT INTO placements (item, story, relation, duplicate_of, kind, origin, outlet, score, time, more)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		p.Item, p.Story, p.Relation, p.DuplicateOf, p.Kind, p.Origin, p.Outlet, p.Score, micros(p.Time), more)
}

func (t *tx) saveMatches(p *bot.Placed, at int64) error {
	for i := range p.Matches {
		reason, err := encode(&p.Matches[i])
		if err != nil {
			return err
		}
		if err := t.do(`INSERT INTO matches (item, watch, place, at, reason) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, p.Item, p.Matches[i].Watch, i, at, reason); err != nil {
			return err
		}
	}
	return nil
}

// saveAlert inserts an alert, or gives one that is there its new reason, priority and rooms.
func (t *tx) saveAlert(a *bot.Alert) error {
	reason, err := encode(&a.Reason)
	if err != nil {
		return err
	}
	rooms, err := encode(a.Rooms)
	if err != nil {
		return err
	}
	return t.do(`INSERT INTO alerts (story, watch, priority, under, created, reason, rooms) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (story, watch) DO UPDATE SET priority = excluded.priority, under = excluded.under,
		reason = excluded.reason, rooms = excluded.rooms`,
		a.Story, a.Watch, a.Priority, a.Under, micros(a.Created), reason, rooms)
}

// LastStory implements bot.Ledger.
func (s *Store) LastStory(ctx context.Context) (int64, error) {
	var id int64
	_, err := s.read.row(ctx, s.read.d.lastStory, nil, &id)
	return id, doing("read last story", err)
}

const alertColumns = `a.watch, a.story, a.priority, a.under, a.created, a.reason, a.rooms`

func scanAlert(scan func(...any) error) (a bot.Alert, err error) {
	err = scan(&a.Watch, &a.Story, &a.Priority, &a.Under, instant{&a.Created}, document{&a.Reason}, document{&a.Rooms})
	return a, err
}

// Alerts implements bot.Ledger.
func (s *Store) Alerts(ctx context.Context, since time.Time) ([]bot.Alert, error) {
	rows, err := s.read.query(ctx, `SELECT `+alertColumns+` FROM stories AS s CROSS JOIN alerts AS a
		WHERE s.at >= ? AND a.story = s.id ORDER BY a.story, a.watch`, micros(since))
	alerts, err := collect(rows, err, scanAlert)
	return alerts, doing("read alerts", err)
}

// Tellings implements bot.Ledger.
func (s *Store) Tellings(ctx context.Context, since time.Time) ([]bot.Delivery, error) {
	rows, err := s.read.query(ctx, `SELECT `+deliveryColumns+` FROM stories AS s CROSS JOIN deliveries AS d
		WHERE s.at >= ? AND d.story = s.id AND d.story <> 0 AND d.kind = 'new' ORDER BY d.seq`, micros(since))
	ds, err := collect(rows, err, scanDelivery)
	return ds, doing("read tellings", err)
}

const muteColumns = `id, story, watch, room, by_user, why, from_time, until_time`

func scanMute(scan func(...any) error) (m bot.Mute, err error) {
	err = scan(&m.ID, &m.Story, &m.Watch, &m.Room, &m.By, &m.Why, instant{&m.From}, instant{&m.Until})
	return m, err
}

// ActiveMutes implements bot.Ledger and bot.Archive.
func (s *Store) ActiveMutes(ctx context.Context, now time.Time) ([]bot.Mute, error) {
	rows, err := s.read.query(ctx, `SELECT `+muteColumns+` FROM mutes WHERE from_time <= ?1 AND until_time > ?1 ORDER BY id`, micros(now))
	mutes, err := collect(rows, err, scanMute)
	return mutes, doing("read mutes", err)
}

// LoadBlob implements bot.Ledger.
func (s *Store) LoadBlob(ctx context.Context, name string) ([]byte, error) {
	var value []byte
	found, err := s.read.row(ctx, `SELECT value FROM blobs WHERE name = ?`, []any{name}, &value)
	if found && value == nil {
		value = []byte{}
	}
	return value, doing("load "+name, err)
}

// SaveBlob implements bot.Ledger.
func (s *Store) SaveBlob(ctx context.Context, name string, value []byte) error {
	return s.write.update(ctx, "save "+name, func(t *tx) error {
		return t.do(`INSERT INTO blobs (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
			name, append([]byte{}, value...))
	})
}
