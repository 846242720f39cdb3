package store

import (
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/tocsin-bot/tocsin/feeds"
)

// SavePolls implements feeds.Store.
func (s *Store) SavePolls(ctx context.Context, polls []*feeds.Poll) ([]feeds.Decision, error) {
	decisions, keys := make([]feeds.Decision, len(polls)), make([][]feeds.Key, len(polls))
	for i, p := range polls {
		keys[i] = p.Keys() // identities take a while: not in the transaction
	}
	err := s.write.update(ctx, "save polls", func(t *tx) error {
		same := map[string]*feeds.State{} // the later of two polls of a feed is what counts
		for i, p := range polls {
			if p.State.Feed == "" {
				return errors.New("a poll names no feed")
			}
			if p.Same {
				decisions[i].State, same[p.State.Feed] = p.State, &p.State
				continue
			}
			delete(same, p.State.Feed)
			d, err := t.savePoll(p, keys[i])
			if err != nil {
				return err
			}
			decisions[i] = d
		}
		return t.touchStates(same)
	})
	if err != nil {
		return nil, err
	}
	return decisions, nil
}

func (t *tx) savePoll(p *feeds.Poll, keys []feeds.Key) (feeds.Decision, error) {
	if len(p.Items) == 0 {
		d := p.Decide(nil)
		return d, t.saveState(&d.State, 0)
	}
	feed, looked, err := t.feedRow(p.State.Feed)
	if err != nil {
		return feeds.Decision{}, err
	}
	day := dayOf(p)
	if err := t.keepShown(feed, looked, day); err != nil {
		return feeds.Decision{}, err
	}
	known, idents, err := t.lookUp(feed, keys)
	if err != nil {
		return feeds.Decision{}, err
	}
	if err := t.markShown(idents, day); err != nil {
		return feeds.Decision{}, err
	}
	d := p.Decide(known)
	if err := t.reserveKeys(len(d.New)); err != nil {
		return feeds.Decision{}, err
	}
	fresh, links, changed := []any{}, []any{}, map[int64]*identity{}
	for i := range d.New {
		n := &d.New[i]
		if err := t.insertItem(feed, n); err != nil {
			return feeds.Decision{}, err
		}
		if n.Stage != feeds.StageArticle {
			fresh = append(fresh, n.Item.Key)
		}
		id := idents[n.Item.Revises]
		if id == nil {
			id = &identity{item: n.Item.Key, looked: day, baseline: n.Stage == feeds.StageBaseline}
			idents[id.item] = id
		}
		links = id.add(links, feed, n, known)
		changed[id.item] = id
	}
	if err := writeFresh.write(t, fresh); err != nil {
		return feeds.Decision{}, err
	}
	if err := writeKeys.write(t, links); err != nil {
		return feeds.Decision{}, err
	}
	if err := t.saveIdentities(feed, day, changed); err != nil {
		return feeds.Decision{}, err
	}
	for item, print := range d.Learnt {
		if err := t.do(`UPDATE identities SET prints = ? WHERE item = ?`, appendPrint(nil, print), item); err != nil {
			return feeds.Decision{}, err
		}
	}
	return d, t.saveState(&d.State, day)
}

// dayOf gives the day of a poll, in days since 1970.
func dayOf(p *feeds.Poll) int64 {
	at := p.State.Polled
	if at.IsZero() {
		at = p.Items[0].Seen
	}
	return max(micros(at), 0) / dayMicros
}

const dayMicros = 24 * 60 * 60 * 1_000_000

// identity is a row of identities.
type identity struct {
	item     int64
	looked   int64
	baseline bool
	keys     []byte
	prints   []byte
}

// lookUp finds the identities that the keys lead to.
func (t *tx) lookUp(feed int64, keys []feeds.Key) (map[feeds.Key]feeds.Known, map[int64]*identity, error) {
	list, err := encode(keys)
	if err != nil {
		return nil, nil, err
	}
	rows, err := t.query(`SELECT k.key, k.item, i.looked, i.baseline, i.keys, i.prints
		FROM json_each(?) AS wanted
		CROSS JOIN item_keys AS k
		CROSS JOIN identities AS i
		WHERE k.feed = ? AND k.key = wanted.value AND i.item = k.item`, list, feed)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	known, idents := map[feeds.Key]feeds.Known{}, map[int64]*identity{}
	for rows.Next() {
		var key feeds.Key
		var id identity
		if err := rows.Scan(&key, &id.item, &id.looked, &id.baseline, &id.keys, &id.prints); err != nil {
			return nil, nil, err
		}
		idents[id.item] = &id
		known[key] = feeds.Known{Item: id.item, Baseline: id.baseline, Prints: decodePrints(id.prints)}
	}
	return known, idents, rows.Err()
}

// keepShown is for a feed whose document had not changed for days: what the last document held was
// shown until yesterday, though nobody looked it up.
func (t *tx) keepShown(feed, looked, day int64) error {
	if looked == 0 || looked >= day-1 {
		return nil
	}
	return t.do(`UPDATE identities SET looked = ? WHERE feed = ? AND looked = ?`, day-1, feed, looked)
}

// markShown notes, once a day, that the feed shows these items.
func (t *tx) markShown(idents map[int64]*identity, day int64) error {
	for _, id := range idents {
		if id.looked < day {
			if err := t.do(`UPDATE identities SET looked = ? WHERE item = ?`, day, id.item); err != nil {
				return err
			}
		}
	}
	return nil
}

var (
	writeKeys       = newBulk(3, `INSERT INTO item_keys (feed, key, item)`, `ON CONFLICT DO NOTHING`)
	writeIdentities = newBulk(6, `INSERT INTO identities (item, feed, looked, baseline, keys, prints)`,
		`ON CONFLICT (item) DO UPDATE SET keys = excluded.keys, prints = excluded.prints`)
)

// add adds a version to the identity, and appends the rows that lead to it from its new keys.
func (id *identity) add(rows []any, feed int64, n *feeds.NewItem, known map[feeds.Key]feeds.Known) []any {
	for _, k := range n.Keys {
		if _, there := known[k]; there {
			continue
		}
		known[k] = feeds.Known{Item: id.item}
		rows = append(rows, feed, int64(k), id.item)
		id.keys = binary.LittleEndian.AppendUint64(id.keys, uint64(k))
	}
	id.prints = appendPrint(id.prints, n.Print)
	return rows
}

func (t *tx) saveIdentities(feed, day int64, changed map[int64]*identity) error {
	rows := make([]any, 0, 6*len(changed))
	for _, item := range slices.Sorted(maps.Keys(changed)) {
		id := changed[item]
		rows = append(rows, id.item, feed, day, id.baseline, id.keys, id.prints)
	}
	return writeIdentities.write(t, rows)
}

const printSize = 24

func appendPrint(b []byte, p feeds.Print) []byte {
	for _, v := range [3]int64{p.Title, p.Amounts, p.Text} {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func decodePrints(b []byte) []feeds.Print {
	out := make([]feeds.Print, 0, len(b)/printSize)
	for ; len(b) >= printSize; b = b[printSize:] {
		at := func(i int) int64 { return int64(binary.LittleEndian.Uint64(b[i:])) }
		out = append(out, feeds.Print{Title: at(0), Amounts: at(8), Text: at(16)})
	}
	return out
}
