package store

import (
	"context"
	"slices"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// StoryAt implements bot.Archive.
func (s *Store) StoryAt(ctx context.Context, room bot.Room, receipt string) (int64, error) {
	var story int64
	_, err := s.read.row(ctx, `SELECT story FROM deliveries
		WHERE room = ? AND receipt = ? AND receipt <> '' ORDER BY story = 0, seq LIMIT 1`, []any{string(room), receipt}, &story)
	return story, doing("find the story of a message", err)
}

// Listed implements bot.Archive.
func (s *Store) Listed(ctx context.Context, room bot.Room, receipt string) (stories []int64, err error) {
	_, err = s.read.row(ctx, `SELECT told FROM deliveries
		WHERE room = ? AND receipt = ? AND receipt <> '' AND kind = 'rollup' ORDER BY seq LIMIT 1`, []any{string(room), receipt}, document{&stories})
	return stories, doing("find the stories of a roll-up", err)
}

// Unsettled implements bot.Archive.
func (s *Store) Unsettled(ctx context.Context, room bot.Room) (bool, error) {
	var one int
	found, err := s.read.row(ctx, `SELECT 1 FROM deliveries WHERE open = 1 AND room = ? AND (state = 'sending' OR repeat = 1)
		AND kind IN ('new', 'update', 'rollup') LIMIT 1`, []any{string(room)}, &one)
	return found, doing("look for messages that are being posted", err)
}

// Story implements bot.Archive. Its Told is when the latest room was told.
func (s *Store) Story(ctx context.Context, id int64) (*bot.StoryFile, error) {
	const what = "read story"
	lines, err := s.lines(ctx, "", []int64{id})
	if err != nil || len(lines) == 0 {
		return nil, doing(what, err)
	}
	f := &bot.StoryFile{StoryLine: lines[0]}
	if f.Items, err = s.remembered(ctx, `WHERE p.story = ? ORDER BY i.key`, id); err != nil {
		return nil, doing(what, err)
	}
	rows, err := s.read.query(ctx, `SELECT `+alertColumns+` FROM alerts AS a WHERE a.story = ? ORDER BY a.watch`, id)
	if f.Alerts, err = collect(rows, err, scanAlert); err != nil {
		return nil, doing(what, err)
	}
	rows, err = s.read.query(ctx, `SELECT story, room, "user", kind, note, time FROM marks WHERE story = ? ORDER BY id`, id)
	f.Marks, err = collect(rows, err, func(scan func(...any) error) (m bot.Mark, err error) {
		err = scan(&m.Story, &m.Room, &m.User, &m.Kind, &m.Note, instant{&m.Time})
		return m, err
	})
	return f, doing(what, err)
}

// Under implements bot.Archive.
func (s *Store) Under(ctx context.Context, story int64) ([]int64, error) {
	rows, err := s.read.query(ctx, `SELECT DISTINCT story FROM alerts WHERE under = ? AND under <> 0 ORDER BY story`, story)
	ids, err := collect(rows, err, scanID)
	return ids, doing("read stories under a story", err)
}

func scanID(scan func(...any) error) (id int64, err error) {
	err = scan(&id)
	return id, err
}

// Untold implements bot.Archive. A room that is going to be told counts as told, and so does one
// that was told of the story under which this one is.
func (s *Store) Untold(ctx context.Context, watch string, room bot.Room, since, until time.Time) ([]bot.StoryLine, error) {
	const what = "read untold stories"
	rows, err := s.read.query(ctx, `SELECT a.story FROM alerts AS a
		WHERE a.watch = ? AND a.created >= ? AND a.created < ?
		AND NOT EXISTS (SELECT 1 FROM deliveries AS d WHERE d.story IN (a.story, a.under) AND d.story <> 0
			AND d.room = ? AND d.kind = 'new' AND d.state NOT IN ('skipped', 'failed'))
		ORDER BY a.created, a.story`, watch, micros(since), micros(until), string(room))
	ids, err := collect(rows, err, scanID)
	if err != nil {
		return nil, doing(what, err)
	}
	lines, err := s.lines(ctx, room, ids)
	return lines, doing(what, err)
}

// Told implements bot.Archive.
func (s *Store) Told(ctx context.Context, room bot.Room, limit int) ([]bot.StoryLine, error) {
	const what = "read told stories"
	ids, err := s.told(ctx, room, limit)
	if err != nil {
		return nil, doing(what, err)
	}
	lines, err := s.lines(ctx, room, ids)
	return lines, doing(what, err)
}

// told gives the stories of which room, or any room, was told, latest first and each once.
func (s *Store) told(ctx context.Context, room bot.Room, limit int) ([]int64, error) {
	query, args := `SELECT story FROM deliveries WHERE kind = 'new' AND state = 'sent' ORDER BY last_try DESC, seq DESC`, []any{}
	if room != "" {
		query, args = `SELECT story FROM deliveries WHERE kind = 'new' AND state = 'sent' AND room = ? ORDER BY last_try DESC, seq DESC`, []any{string(room)}
	}
	rows, err := s.read.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for len(ids) < limit && rows.Next() {
		id, err := scanID(rows.Scan)
		if err != nil {
			return nil, err
		}
		if id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, rows.Err()
}

// lines gives stories in the order of ids, without those that are no longer there. Title and Told are
// about room, or about any room when it is empty.
func (s *Store) lines(ctx context.Context, room bot.Room, ids []int64) ([]bot.StoryLine, error) {
	wanted, err := encode(ids)
	if err != nil {
		return nil, err
	}
	rows, err := s.read.query(ctx, `WITH member (root, story) AS (
			SELECT value, value FROM json_each(?1) AS wanted
			UNION SELECT a.under, a.story FROM json_each(?1) AS wanted CROSS JOIN alerts AS a WHERE a.under = wanted.value AND a.under <> 0)
		SELECT g.story,
			coalesce((SELECT d.message FROM deliveries AS d WHERE d.story = g.story AND d.story <> 0 AND d.kind = 'new'
				AND d.state = 'sent' AND (?2 = '' OR d.room = ?2) ORDER BY d.seq LIMIT 1), ''), i.title,
			g.first, g.last, g.items, g.outlets, g.origins,
			coalesce((SELECT max(last_try) FROM deliveries AS d WHERE d.story = g.story AND d.story <> 0 AND d.kind = 'new'
				AND d.state = 'sent' AND (?2 = '' OR d.room = ?2)), 0)
		FROM (SELECT m.root AS story, min(CASE WHEN m.story = m.root THEN p.item END) AS lead, min(p.time) AS first, max(p.time) AS last,
				count(*) AS items, count(DISTINCT nullif(p.outlet, '')) AS outlets, count(DISTINCT nullif(p.origin, '')) AS origins
			FROM member AS m CROSS JOIN placements AS p WHERE p.story = m.story GROUP BY m.root) AS g
		CROSS JOIN items AS i WHERE i.key = g.lead`, wanted, string(room))
	lines, err := collect(rows, err, func(scan func(...any) error) (l bot.StoryLine, err error) {
		var told struct{ Title string }
		err = scan(&l.ID, document{&told}, &l.Title, instant{&l.First}, instant{&l.Last}, &l.Items, &l.Outlets, &l.Origins, instant{&l.Told})
		if told.Title != "" {
			l.Title = told.Title
		}
		return l, err
	})
	if err != nil {
		return nil, err
	}
	place := make(map[int64]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(lines, func(a, b bot.StoryLine) int { return place[a.ID] - place[b.ID] })
	return lines, s.addWatches(ctx, wanted, lines)
}

// addWatches fills in the watches that wanted the stories told.
func (s *Store) addWatches(ctx context.Context, wanted string, lines []bot.StoryLine) error {
	rows, err := s.read.query(ctx, `SELECT `+alertColumns+` FROM json_each(?) AS wanted
		CROSS JOIN alerts AS a WHERE a.story = wanted.value ORDER BY a.watch`, wanted)
	alerts, err := collect(rows, err, scanAlert)
	for i := range lines {
		for _, a := range alerts {
			if a.Story == lines[i].ID {
				lines[i].Watches = append(lines[i].Watches, a.Watch)
			}
		}
	}
	return err
}

// WatchCounts implements bot.Archive.
func (s *Store) WatchCounts(ctx context.Context, since time.Time) (map[string]bot.WatchCount, error) {
	rows, err := s.read.query(ctx, `SELECT watch, sum(items), sum(stories), max(last) FROM (
		SELECT watch, count(*) AS items, 0 AS stories, 0 AS last FROM matches WHERE at >= ?1 GROUP BY watch
		UNION ALL
		SELECT watch, 0, count(*), max(created) FROM alerts WHERE created >= ?1 AND under = 0 GROUP BY watch) AS c GROUP BY watch`, micros(since))
	type row struct {
		watch string
		bot.WatchCount
	}
	list, err := collect(rows, err, func(scan func(...any) error) (r row, err error) {
		err = scan(&r.watch, &r.Items, &r.Stories, instant{&r.Last})
		return r, err
	})
	if err != nil {
		return nil, doing("count by watch", err)
	}
	counts := make(map[string]bot.WatchCount, len(list))
	for _, r := range list {
		counts[r.watch] = r.WatchCount
	}
	return counts, nil
}

// Counts implements bot.Archive.
func (s *Store) Counts(ctx context.Context, now time.Time) (bot.Counts, error) {
	var c bot.Counts
	_, err := s.read.row(ctx, `SELECT
		(SELECT count(*) FROM items), (SELECT count(*) FROM stories), (SELECT count(*) FROM alerts WHERE under = 0),
		(SELECT count(*) FROM fresh), (SELECT count(*) FROM awaiting),
		(SELECT count(*) FROM deliveries WHERE open = 1 AND state <> 'sending' AND wake <= ?1),
		(SELECT count(*) FROM deliveries WHERE open = 1 AND state = 'sending'),
		(SELECT count(*) FROM deliveries WHERE state = 'parked'),
		(SELECT count(*) FROM deliveries WHERE state = 'failed'),
		coalesce((SELECT max(at) FROM items), 0), coalesce((SELECT max(created) FROM alerts), 0),
		coalesce((SELECT min(wake) FROM deliveries WHERE open = 1 AND state <> 'sending' AND wake <= ?1), 0),
		`+s.read.d.size, []any{micros(now)},
		&c.Items, &c.Stories, &c.Alerts, &c.Fresh, &c.AwaitingArticle, &c.Due, &c.Sending, &c.Parked, &c.Failed,
		instant{&c.LastItem}, instant{&c.LastAlert}, instant{&c.OldestDue}, &c.SizeBytes)
	return c, doing("count", err)
}
