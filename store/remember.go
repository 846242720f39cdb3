package store

import (
	"context"
	"iter"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
)

// pageSize is how many items one query reads. Whoever walks over many items takes their time: a
// query that stayed open for so long would keep SQLite from ever shortening its log.
const pageSize = 500

const placementColumns = `coalesce(p.item, 0), coalesce(p.story, 0), coalesce(p.relation, ''), coalesce(p.duplicate_of, 0),
	coalesce(p.kind, ''), coalesce(p.origin, ''), coalesce(p.outlet, ''), coalesce(p.score, 0), coalesce(p.time, 0), coalesce(p.more, '')`

// remembered gives items with their places; the zero Placed for those that have none. where may
// name i, f and p.
func (s *Store) remembered(ctx context.Context, where string, args ...any) ([]bot.Remembered, error) {
	rows, err := s.read.query(ctx, `SELECT `+itemColumns+`, `+placementColumns+`
		FROM items AS i JOIN feeds AS f ON f.id = i.feed LEFT JOIN placements AS p ON p.item = i.key `+where, args...)
	list, err := collect(rows, err, func(scan func(...any) error) (bot.Remembered, error) {
		var r storedItem
		var p bot.Placed
		var more placedMore
		err := scan(append(r.dest(), &p.Item, &p.Story, &p.Relation, &p.DuplicateOf, &p.Kind, &p.Origin, &p.Outlet,
			&p.Score, instant{&p.Time}, document{&more})...)
		p.Shared, p.Facts = more.Shared, more.Facts
		return bot.Remembered{Fresh: r.fresh(), Placed: p}, err
	})
	if err != nil {
		return nil, err
	}
	fresh := make([]bot.Fresh, len(list))
	for i := range list {
		fresh[i] = list[i].Fresh
	}
	if err := s.previous(ctx, fresh); err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Fresh = fresh[i]
	}
	return list, s.addMatches(ctx, list)
}

// addMatches fills in the matches of items.
func (s *Store) addMatches(ctx context.Context, list []bot.Remembered) error {
	keys, place := make([]int64, len(list)), make(map[int64]*bot.Placed, len(list))
	for i := range list {
		keys[i], place[list[i].Key] = list[i].Key, &list[i].Placed
	}
	wanted, err := encode(keys)
	if err != nil {
		return err
	}
	type match struct {
		item   int64
		reason bot.Reason
	}
	rows, err := s.read.query(ctx, `SELECT m.item, m.reason FROM json_each(?) AS wanted
		CROSS JOIN matches AS m WHERE m.item = wanted.value ORDER BY m.item, m.place`, wanted)
	matches, err := collect(rows, err, func(scan func(...any) error) (m match, err error) {
		err = scan(&m.item, document{&m.reason})
		return m, err
	})
	for _, m := range matches {
		p := place[m.item]
		p.Matches = append(p.Matches, m.reason)
	}
	return err
}

// Remember implements bot.Ledger. An item was placed at the time when it came.
func (s *Store) Remember(ctx context.Context, since time.Time) iter.Seq2[bot.Remembered, error] {
	return walk(ctx, s, "remember items", since, func(after int64) ([]bot.Remembered, error) {
		return s.remembered(ctx, `WHERE i.key > ? AND i.at >= ? AND p.item IS NOT NULL ORDER BY i.key LIMIT ?`, after, micros(since), pageSize)
	}, func(r bot.Remembered) int64 { return r.Key })
}

// Items implements bot.Archive.
func (s *Store) Items(ctx context.Context, since time.Time) iter.Seq2[feeds.Item, error] {
	return walk(ctx, s, "read items", since, func(after int64) ([]feeds.Item, error) {
		rows, err := s.read.query(ctx, `SELECT `+itemColumns+` FROM `+itemTables+`
			WHERE i.key > ? AND i.at >= ? ORDER BY i.key LIMIT ?`, after, micros(since), pageSize)
		return collect(rows, err, scanItem)
	}, func(it feeds.Item) int64 { return it.Key })
}

// walk gives all that page gives, page after page.
func walk[T any](ctx context.Context, s *Store, what string, since time.Time, page func(after int64) ([]T, error), key func(T) int64) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		var after int64 // the key before the first item since then: keys follow time but for little
		if _, err := s.read.row(ctx, `SELECT coalesce(min(key + 0), 1) - 1 FROM items INDEXED BY items_at WHERE at >= ?`, []any{micros(since)}, &after); err != nil {
			yield(zero, doing(what, err))
			return
		}
		for {
			list, err := page(after)
			if err != nil {
				yield(zero, doing(what, err))
				return
			}
			for _, v := range list {
				if !yield(v, nil) {
					return
				}
				after = key(v)
			}
			if len(list) < pageSize {
				return
			}
		}
	}
}
