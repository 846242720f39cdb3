package store

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"net/url"
	"strings"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
)

// itemMore is what of an item no query asks for. Fields may be added, none renamed.
type itemMore struct {
	Authors    []string          `json:"authors,omitempty"`
	Tags       []string          `json:"tags,omitempty"`
	Enclosures []feeds.Enclosure `json:"enclosures,omitempty"`
}

func encodeMore(it *feeds.Item) (string, error) {
	if len(it.Authors)+len(it.Tags)+len(it.Enclosures) == 0 {
		return "", nil
	}
	return encode(itemMore{it.Authors, it.Tags, it.Enclosures})
}

// itemColumns are the columns that scanItem reads, of items AS i joined with feeds AS f.
const itemColumns = `i.key, i.revises, i.baseline, f.name, i.published, i.updated, i.seen, i.id, i.url, i.language, i.title, i.more, i.text`

const itemTables = ` items AS i JOIN feeds AS f ON f.id = i.feed `

type storedItem struct {
	bot.Fresh
	more itemMore
}

func (r *storedItem) dest() []any {
	it := &r.Item
	return []any{&it.Key, &it.Revises, &r.Baseline, &it.Feed, instant{&it.Published}, instant{&it.Updated},
		instant{&it.Seen}, &it.ID, &it.URL, &it.Language, &it.Title, document{&r.more}, &it.Text}
}

func (r *storedItem) fresh() bot.Fresh {
	r.Authors, r.Tags, r.Enclosures = r.more.Authors, r.more.Tags, r.more.Enclosures
	return r.Fresh
}

func scanFresh(scan func(...any) error) (bot.Fresh, error) {
	var r storedItem
	err := scan(r.dest()...)
	return r.fresh(), err
}

func scanItem(scan func(...any) error) (feeds.Item, error) {
	f, err := scanFresh(scan)
	return f.Item, err
}

// insertItem stores a new item and sets its key. It is findable, or on the list of those whose page
// is still to be read.
func (t *tx) insertItem(feed int64, n *feeds.NewItem) error {
	it := &n.Item
	more, err := encodeMore(it)
	if err != nil {
		return err
	}
	it.Key, err = t.insertItemRow(`INSERT INTO items (key, feed, revises, baseline, at, page, published, updated, seen, id, url, language, title, more, text)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		feed, it.Revises, n.Stage == feeds.StageBaseline, cameAt(it), pageHash(it.URL),
		micros(it.Published), micros(it.Updated), micros(it.Seen), it.ID, it.URL, it.Language, it.Title, more, it.Text)
	if err != nil {
		return err
	}
	if n.Stage == feeds.StageArticle {
		return t.do(`INSERT INTO awaiting (item) VALUES (?)`, it.Key)
	}
	return t.indexWords(it.Key, it)
}

// writeFresh puts items, whose text is final, on the list of those that no plan has seen.
var writeFresh = newBulk(1, `INSERT INTO fresh (item)`, ``)

// cameAt is when an item came, in stored form.
func cameAt(it *feeds.Item) int64 {
	if !it.Seen.IsZero() {
		return micros(it.Seen)
	}
	return micros(it.Time())
}

// AwaitingArticle implements feeds.Store.
func (s *Store) AwaitingArticle(ctx context.Context, after int64, limit int) ([]feeds.Item, error) {
	rows, err := s.read.query(ctx, `SELECT `+itemColumns+` FROM awaiting AS a CROSS JOIN `+itemTables+`
		WHERE i.key = a.item AND a.item > ? ORDER BY a.item LIMIT ?`, after, limit)
	items, err := collect(rows, err, scanItem)
	return items, doing("read items that wait for their article", err)
}

// SaveArticles implements feeds.Store.
func (s *Store) SaveArticles(ctx context.Context, items []feeds.Item) error {
	return s.write.update(ctx, "save articles", func(t *tx) error {
		for i := range items {
			if err := t.saveArticle(&items[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) saveArticle(it *feeds.Item) error {
	waits, err := t.exec(`DELETE FROM awaiting WHERE item = ?`, it.Key)
	if err != nil || waits == 0 {
		return err
	}
	more, err := encodeMore(it)
	if err != nil {
		return err
	}
	if err := t.do(`UPDATE items SET published = ?, updated = ?, language = ?, more = ?, text = ? WHERE key = ?`,
		micros(it.Published), micros(it.Updated), it.Language, more, it.Text, it.Key); err != nil {
		return err
	}
	if err := writeFresh.write(t, []any{it.Key}); err != nil {
		return err
	}
	return t.indexWords(it.Key, it)
}

// previous fills in Revises: the version that stood before, which is the latest earlier one that
// is still there.
func (s *Store) previous(ctx context.Context, items []bot.Fresh) error {
	for i := range items {
		f := &items[i]
		if f.Item.Revises == 0 {
			continue
		}
		list, err := s.read.query(ctx, `SELECT `+itemColumns+` FROM `+itemTables+`
			WHERE i.key = coalesce((SELECT max(key) FROM items WHERE revises = ?1 AND revises <> 0 AND key < ?2), ?1)`,
			f.Item.Revises, f.Key)
		old, found, err := first(list, err, scanItem)
		if err != nil {
			return err
		}
		if found {
			f.Revises = &old
		}
	}
	return nil
}

// ItemByURL implements bot.Archive. When several items have this page the one with the very same
// URL is given, else the latest.
func (s *Store) ItemByURL(ctx context.Context, url string) (*bot.Remembered, error) {
	page := pageOf(url)
	if page == "" {
		return nil, nil
	}
	list, err := s.remembered(ctx, `WHERE i.page = ? AND i.page <> 0 ORDER BY i.key DESC LIMIT 100`, pageHash(url))
	if err != nil {
		return nil, doing("look up item", err)
	}
	var best *bot.Remembered
	for i := range list {
		r := &list[i]
		if r.URL == url {
			return r, nil
		}
		if best == nil && pageOf(r.URL) == page {
			best = r
		}
	}
	return best, nil
}

// pageOf names the page behind a URL: host and path. Empty for what is not a URL.
func pageOf(s string) string {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Host), "www.") + strings.TrimSuffix(u.EscapedPath(), "/")
}

// pageHash is what items are found by; 0 for none.
func pageHash(s string) int64 {
	if s == "" {
		return 0
	}
	h := fnv.New64a()
	h.Write([]byte(pageOf(s)))
	return int64(h.Sum64())
}

// doing says once what failed.
func doing(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, describe(err))
}

var _ sql.Scanner = instant{}
