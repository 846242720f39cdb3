package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync/atomic"
)

// turn is held by whoever writes, in the order in which they asked.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t turn) pass() { <-t }

// writer is the one connection that writes the bot's own tables. Its users take turns in Go, so that
// none of them ever meets SQLITE_BUSY because of another one.
type writer struct {
	db       *sql.DB
	d        *dialect
	turn     turn
	closed   bool
	conn     *sql.Conn   // nil until it is needed, and after a failure that it may not have survived
	lost     atomic.Bool // there was a connection and it is given up: what its last commit did is not known
	stmts    map[string]*sql.Stmt
	feeds    map[string]int64 // rows of feeds by name, as far as they are known
	words    folder
	maxPages int
}

func newWriter(db *sql.DB, d *dialect, maxPages int) *writer {
	db.SetMaxOpenConns(1)
	return &writer{db: db, d: d, turn: newTurn(), maxPages: maxPages}
}

// tx is a transaction that writes. Its context is never cancelled: a transaction is short, and one
// that is half done must be ended properly.
type tx struct {
	ctx   context.Context
	d     *dialect
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	feeds map[string]int64
	words *folder
	queue []queued
	keys  []int64 // of items to be inserted
}

// queued is a statement on which nobody waits, in the database's own form.
type queued struct {
	query string
	args  []any
	then  func(changed int64) error // nil for nothing
}

// update runs f in a transaction. ctx bounds the wait for it.
func (w *writer) update(ctx context.Context, doing string, f func(*tx) error) error {
	if w == nil {
		return fmt.Errorf("%s: the database was opened for reading only", doing)
	}
	if err := w.turn.take(ctx); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	defer w.turn.pass()
	if err := w.run(ctx, f); err != nil {
		return fmt.Errorf("%s: %w", doing, describe(err))
	}
	return nil
}

func (w *writer) run(ctx context.Context, f func(*tx) error) (err error) {
	t, err := w.beginTx(ctx)
	if err != nil {
		return err
	}
	if w.d.patience > 0 {
		var cancel context.CancelFunc
		t.ctx, cancel = context.WithTimeout(t.ctx, w.d.patience)
		defer cancel()
	}
	done := false
	defer func() {
		if done {
			return
		}
		// f failed or panicked, or the commit did. SQLite has rolled back by itself after some
		// errors; after all others it must. A connection that cannot is given up. Rows that were
		// made are gone.
		clear(w.feeds)
		if _, rerr := w.conn.ExecContext(t.ctx, "ROLLBACK"); rerr != nil {
			w.disconnect()
		}
	}()
	if err := f(t); err != nil {
		return err
	}
	if err := t.commit(); err != nil {
		return err
	}
	done = true
	return nil
}

// reconnect makes a lost connection anew, after which everything that was written is settled.
func (w *writer) reconnect(ctx context.Context) error {
	if err := w.turn.take(ctx); err != nil {
		return err
	}
	defer w.turn.pass()
	if w.closed {
		return sql.ErrConnDone
	}
	return w.connect(ctx)
}

// forgetWords gives back the memory of the words that were indexed. The database is not asked.
func (w *writer) forgetWords(ctx context.Context) error {
	if w == nil {
		return nil
	}
	if err := w.turn.take(ctx); err != nil {
		return err
	}
	defer w.turn.pass()
	w.words = folder{}
	return nil
}

// outside runs statements on the connection, outside a transaction.
func (w *writer) outside(ctx context.Context, f func(exec func(query string) error) error) error {
	if err := w.turn.take(ctx); err != nil {
		return err
	}
	defer w.turn.pass()
	if w.conn == nil {
		return ErrAway
	}
	return f(func(query string) error {
		_, err := w.conn.ExecContext(ctx, query)
		return err
	})
}

// beginTx begins a transaction. A connection that was lost while nobody used it is made anew.
func (w *writer) beginTx(ctx context.Context) (*tx, error) {
	for {
		if w.closed {
			return nil, sql.ErrConnDone
		}
		old := w.conn != nil
		if err := w.connect(ctx); err != nil {
			return nil, err
		}
		_, err := w.conn.ExecContext(ctx, w.d.begin)
		if err == nil {
			return &tx{ctx: context.WithoutCancel(ctx), d: w.d, conn: w.conn, stmts: w.stmts, feeds: w.feeds, words: &w.words}, nil
		}
		w.disconnect() // when ctx ended just then, a transaction may have begun
		if !old || !isLost(err) || ctx.Err() != nil {
			return nil, err
		}
	}
}

func (w *writer) connect(ctx context.Context) error {
	if w.conn != nil {
		return nil
	}
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	if w.maxPages > 0 {
		if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", w.maxPages)); err != nil {
			conn.Close()
			return err
		}
	}
	w.conn, w.stmts, w.feeds = conn, map[string]*sql.Stmt{}, map[string]int64{}
	w.lost.Store(false)
	return nil
}

func (w *writer) disconnect() {
	w.lost.Store(true)
	for _, s := range w.stmts {
		s.Close()
	}
	// This error makes the pool close the connection instead of handing it out again.
	_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
	w.conn.Close()
	w.conn, w.stmts, w.feeds = nil, nil, nil
}

func (w *writer) close() error {
	w.turn <- struct{}{}
	defer w.turn.pass()
	if w.closed {
		return nil
	}
	w.closed = true
	for _, s := range w.stmts {
		s.Close()
	}
	if w.conn != nil {
		w.conn.Close()
	}
	return w.db.Close()
}

// stmt gives the prepared statement of a query, which the connection keeps.
func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if s := t.stmts[query]; s != nil {
		return s, nil
	}
	own := query
	if t.d.translate != nil {
		own = t.d.translate(query)
	}
	s, err := t.conn.PrepareContext(t.ctx, own)
	if err == nil {
		t.stmts[query] = s
	}
	return s, err
}

// ready gives the statement of a query and its arguments, when all that is queued has run.
func (t *tx) ready(query string, args []any) (*sql.Stmt, []any, error) {
	if err := t.flush(); err != nil {
		return nil, nil, err
	}
	if t.d.encode != nil {
		args = t.d.encode(args)
	}
	s, err := t.stmt(query)
	return s, args, err
}

// exec runs a statement and says how many rows it changed.
func (t *tx) exec(query string, args ...any) (changed int64, err error) {
	s, args, err := t.ready(query, args)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// insert inserts a row and gives the id that it got.
func (t *tx) insert(query, id string, args ...any) (last int64, err error) {
	if t.d.queues {
		_, err = t.row(query+" RETURNING "+id, args, &last)
		return last, err
	}
	s, args, err := t.ready(query, args)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// do runs a statement on which nothing that follows depends but what is in the database: where the
// server is far away, together with others and before the next that is waited for.
func (t *tx) do(query string, args ...any) error { return t.then(nil, query, args...) }

// then is do, and calls f with the number of rows changed.
func (t *tx) then(f func(changed int64) error, query string, args ...any) error {
	if !t.d.queues {
		changed, err := t.exec(query, args...)
		if err == nil && f != nil {
			err = f(changed)
		}
		return err
	}
	t.queue = append(t.queue, queued{t.d.translate(query), t.d.encode(args), f})
	if len(t.queue) >= maxQueue {
		return t.flush()
	}
	return nil
}

// maxQueue bounds what is queued, whose texts stay in memory.
const maxQueue = 1000

// flush runs what is queued.
func (t *tx) flush() error {
	for len(t.queue) > 0 {
		queue := t.queue
		t.queue = nil
		if err := sendBatch(t.ctx, t.conn, queue); err != nil {
			return err
		}
	}
	return nil
}

// commit runs what is queued and ends the transaction.
func (t *tx) commit() error {
	if err := t.flush(); err != nil {
		return err
	}
	if t.d.queues {
		return commit(t.ctx, t.conn)
	}
	_, err := t.conn.ExecContext(t.ctx, "COMMIT")
	return err
}

// script runs statements that take no arguments: many at once cannot be prepared.
func (t *tx) script(statements string) error {
	_, err := t.conn.ExecContext(t.ctx, statements)
	return err
}

func (t *tx) query(query string, args ...any) (*rows, error) {
	s, args, err := t.ready(query, args)
	if err != nil {
		return nil, err
	}
	list, err := s.QueryContext(t.ctx, args...)
	if err != nil {
		return nil, err
	}
	return &rows{list, t.d}, nil
}

// row reads the first row of a result; found says whether there was one.
func (t *tx) row(query string, args []any, dest ...any) (found bool, err error) {
	list, err := t.query(query, args...)
	if err != nil {
		return false, err
	}
	return list.one(dest...)
}
