package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// dialect is what the two databases do not share. All else is one code, whose SQL is written for
// SQLite and translated.
type dialect struct {
	name  string // as go.mau.fi/util/dbutil writes it
	files string // the folder of its migrations
	begin string // begins a transaction that writes

	// patience bounds a transaction, whose server may be far away or gone. Zero for no bound.
	patience time.Duration

	// translate gives the database's own form of a query, and encode that of its arguments. Nil for
	// no other form. decode undoes encode in what was read.
	translate func(query string) string
	encode    func(args []any) []any
	decode    func(dest []any)

	// queues says that statements whose results nobody waits for travel together.
	queues bool

	lastStory string // a query: the highest id of a story ever
	size      string // an expression: the bytes of the database
	trim      string // a statement that gives back memory; empty for none

	version    func(t *tx) (int, error)
	setVersion string // with %d

	// index makes an item findable, and hits is a subquery of the newest items that are found:
	// their keys, as column item.
	index func(t *tx, key int64, title, body string) error
	hits  func(ctx context.Context, r *reader, want, not []phrase, limit int) (from string, args []any, err error)
}

// translated remembers translations: there are some hundred queries.
type translated struct {
	known sync.Map
	by    func(string) string
}

func (t *translated) query(query string) string {
	if known, ok := t.known.Load(query); ok {
		return known.(string)
	}
	own := t.by(query)
	t.known.Store(query, own)
	return own
}

// reader reads what is committed, from many connections.
type reader struct {
	db *sql.DB
	d  *dialect

	// ready is called before each query. Defaults to nothing.
	ready func(ctx context.Context) error
}

func (r *reader) query(ctx context.Context, query string, args ...any) (*rows, error) {
	if r.ready != nil {
		if err := r.ready(ctx); err != nil {
			return nil, err
		}
	}
	if r.d.translate != nil {
		query, args = r.d.translate(query), r.d.encode(args)
	}
	list, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return &rows{list, r.d}, nil
}

// row reads the first row of a result; found says whether there was one.
func (r *reader) row(ctx context.Context, query string, args []any, dest ...any) (found bool, err error) {
	list, err := r.query(ctx, query, args...)
	if err != nil {
		return false, err
	}
	return list.one(dest...)
}

// rows are a result.
type rows struct {
	*sql.Rows
	d *dialect
}

// Scan reads a row.
func (r *rows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	if err == nil && r.d.decode != nil {
		r.d.decode(dest)
	}
	return err
}

// one reads the first row, if there is one, and closes the result.
func (r *rows) one(dest ...any) (found bool, err error) {
	defer r.Close()
	if !r.Next() {
		return false, r.Err()
	}
	if err := r.Scan(dest...); err != nil {
		return false, err
	}
	return true, r.Close()
}

// collect reads all rows of a result.
func collect[T any](list *rows, err error, scan func(func(dest ...any) error) (T, error)) ([]T, error) {
	if err != nil {
		return nil, describe(err)
	}
	defer list.Close()
	var out []T
	for list.Next() {
		v, err := scan(list.Scan)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, describe(list.Err())
}

// first reads the first row of a result.
func first[T any](list *rows, err error, scan func(func(dest ...any) error) (T, error)) (v T, found bool, _ error) {
	if err != nil {
		return v, false, describe(err)
	}
	defer list.Close()
	if !list.Next() {
		return v, false, describe(list.Err())
	}
	v, err = scan(list.Scan)
	return v, err == nil, err
}
