package store

import (
	"context"
	"fmt"
	"strings"
)

// sqliteDialect is the one in which the queries are written.
var sqliteDialect = &dialect{
	name:      "sqlite3",
	files:     "migrations/sqlite",
	begin:     "BEGIN IMMEDIATE",
	lastStory: `SELECT seq FROM sqlite_sequence WHERE name = 'stories'`,
	size:      `(SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)`,
	trim:      `PRAGMA shrink_memory`,

	version: func(t *tx) (version int, err error) {
		_, err = t.row("PRAGMA user_version", nil, &version)
		return version, err
	},
	setVersion: fmt.Sprintf("PRAGMA user_version = %%d; PRAGMA application_id = %d;", applicationID),

	index: func(t *tx, key int64, title, body string) error {
		return t.do(`INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)`, key, t.words.folded(title), t.words.folded(body))
	},
	hits: func(_ context.Context, _ *reader, want, not []phrase, limit int) (string, []any, error) {
		return `(SELECT rowid AS item FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?)`, []any{ftsQuery(want, not), limit}, nil
	},
}

// ftsQuery makes a full-text query. Only folded words between quotation marks get into it, so that
// nothing in the words is an operator.
func ftsQuery(want, not []phrase) string {
	quoted := func(list []phrase, between string) string {
		var out []string
		for _, p := range list {
			q := `"` + strings.ReplaceAll(strings.Join(p.words, " "), `"`, `""`) + `"`
			if p.prefix {
				q += "*"
			}
			out = append(out, q)
		}
		return strings.Join(out, between)
	}
	q := quoted(want, " AND ")
	if len(not) > 0 {
		q = "(" + q + ") NOT (" + quoted(not, " OR ") + ")"
	}
	return q
}
