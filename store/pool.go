package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"time"
	"unicode"
)

// DB gives a pool for parts of the program that keep tables of their own in this database, and the
// name of its dialect, "sqlite3" or "postgres". The tables must not have names that could become
// ours: matrix_…, say. The pool lives as long as the store; that of a store opened ReadOnly cannot
// write.
//
// A transaction that is open in the pool holds up every other write, so that none may span a
// request over the network.
func (s *Store) DB() (db *sql.DB, dialect string) { return s.shared, s.read.d.name }

// openShared opens a pool whose writes take turns with those of w. Without that either side could
// wait in vain: SQLite looks at a lock that is held again after a while, up to a tenth of a second,
// and may find it held by somebody else each time.
func openShared(path string, o options, w *writer) *sql.DB {
	db := sql.OpenDB(&sharedConnector{uri: poolURI(path, o, false), driver: w.db.Driver(), turn: w.turn})
	db.SetMaxIdleConns(4)
	db.SetConnMaxIdleTime(20 * time.Second)
	return db
}

type sharedConnector struct {
	uri    string
	driver driver.Driver
	turn   turn
}

func (c *sharedConnector) Driver() driver.Driver { return c.driver }

func (c *sharedConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.uri)
	if err != nil {
		return nil, err
	}
	return &sharedConn{sqliteConn: conn.(sqliteConn), turn: c.turn}, nil
}

// sqliteConn is what a connection of the driver can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sharedConn takes the turn for each transaction, and for each statement outside of one that may
// write.
type sharedConn struct {
	sqliteConn
	turn turn
	open bool // a transaction is, which has the turn
}

// longestTurn bounds the wait for the turn: who waits longer waits for themselves, with a second
// connection beside a transaction of their own.
const longestTurn = 30 * time.Second

func (c *sharedConn) take(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, longestTurn, ErrBusy)
	defer cancel()
	return c.turn.take(ctx)
}

// reads says whether a statement only reads.
func reads(query string) bool {
	query = strings.TrimSpace(query)
	if end := strings.IndexFunc(query, func(r rune) bool { return !unicode.IsLetter(r) }); end >= 0 {
		query = query[:end]
	}
	return strings.EqualFold(query, "SELECT") || strings.EqualFold(query, "PRAGMA")
}

func (c *sharedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if opts.ReadOnly {
		return c.sqliteConn.BeginTx(ctx, opts)
	}
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	tx, err := c.sqliteConn.BeginTx(ctx, opts)
	if err != nil {
		c.turn.pass()
		return nil, err
	}
	c.open = true
	return &sharedTx{tx, c}, nil
}

// ended passes the turn on when a transaction has it.
func (c *sharedConn) ended() {
	if c.open {
		c.open = false
		c.turn.pass()
	}
}

func (c *sharedConn) Close() error {
	defer c.ended()
	return c.sqliteConn.Close()
}

func (c *sharedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if !c.open && !reads(query) {
		if err := c.take(ctx); err != nil {
			return nil, err
		}
		defer c.turn.pass()
	}
	return c.sqliteConn.ExecContext(ctx, query, args)
}

func (c *sharedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if c.open || reads(query) {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	if err := c.take(ctx); err != nil {
		return nil, err
	}
	rows, err := c.sqliteConn.QueryContext(ctx, query, args)
	if err != nil {
		c.turn.pass()
		return nil, err
	}
	return &sharedRows{Rows: rows, turn: c.turn}, nil
}

// PrepareContext refuses: a prepared statement would pass by the turn.
func (c *sharedConn) PrepareContext(context.Context, string) (driver.Stmt, error) {
	return nil, errPrepared
}

func (c *sharedConn) Prepare(string) (driver.Stmt, error) { return nil, errPrepared }

var errPrepared = errors.New("prepared statements are not offered here: run the statement as a whole")

type sharedTx struct {
	driver.Tx
	conn *sharedConn
}

func (t *sharedTx) Commit() error {
	defer t.conn.ended()
	return t.Tx.Commit()
}

func (t *sharedTx) Rollback() error {
	defer t.conn.ended()
	return t.Tx.Rollback()
}

// sharedRows are rows of a statement that writes: it has the turn until they are read.
type sharedRows struct {
	driver.Rows
	turn   turn
	closed bool
}

func (r *sharedRows) Close() error {
	if !r.closed {
		r.closed = true
		defer r.turn.pass()
	}
	return r.Rows.Close()
}
