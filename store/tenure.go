package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// tenure is the time of a process as the one that writes to a PostgreSQL database. A lock of the
// server takes the place of the lock file of SQLite, but it ends with the connection that took it,
// not with the process. So that no two processes ever write, and none writes on by what it
// remembers from before another one wrote:
//
//   - The connection that writes is the one that has the lock "writer". Whatever is committed was
//     committed by the process that had it, without a moment in between to look.
//   - A connection that was lost may have left a transaction that the server still ends. The lock is
//     free only when the server has let go of that connection, so that the next one that has it sees
//     what became of the transaction; until then nothing is read either (Store.settled).
//   - Each process that begins counts up the epoch of the table about. One that gets the lock back
//     and finds another epoch than its own was away while another process wrote: it ends
//     (ErrTaken).
//   - Connections that other parts of the program write by (Store.DB) share the lock "side", which a
//     process that begins must have had for itself. So none of an earlier process is left.
//   - A process that has lost its lock may still be sending what it had claimed. The next one takes
//     claims up before their leases end only when it is certain that the last one is dead.
type tenure struct {
	*address
	busy time.Duration // to wait for a lock

	epoch atomic.Int64 // 0 before it has begun
	taken chan struct{}
	once  sync.Once

	last backend // of the connection that writes, or wrote; used by one goroutine at a time
}

// backend is the server's process behind a connection.
type backend struct {
	pid   uint32
	start string // pids are used again
}

// The two locks, with the number of the schema as their second half: "TOCS" and "TOCT".
const (
	lockWriter = 0x544F4353
	lockSide   = 0x544F4354
)

// writeSession prepares the connection that writes: when it returns nil, the lock is ours.
func (t *tenure) writeSession(ctx context.Context, c *pgx.Conn) error {
	if err := t.stillOurs(); err != nil {
		return err
	}
	self, err := greet(ctx, c)
	if err != nil {
		return err
	}
	if err := t.settings(ctx, c); err != nil {
		return err
	}
	schema, err := t.makeSchema(ctx, c)
	if err != nil {
		return err
	}
	if err := t.lock(ctx, c, "pg_try_advisory_lock", lockWriter, schema); err != nil {
		return err
	}
	if t.epoch.Load() == 0 {
		err = t.lock(ctx, c, "pg_try_advisory_lock", lockSide, schema)
	} else {
		err = t.checkEpoch(ctx, c)
	}
	if err == nil {
		t.last = self
	}
	return err
}

// sideSession prepares a connection of Store.DB.
func (t *tenure) sideSession(ctx context.Context, c *pgx.Conn) error {
	if err := t.stillOurs(); err != nil {
		return err
	}
	if err := t.settings(ctx, c); err != nil {
		return err
	}
	schema, err := t.schemaNumber(ctx, c)
	if err != nil {
		return err
	}
	if err := t.lock(ctx, c, "pg_try_advisory_lock_shared", lockSide, schema); err != nil {
		return err
	}
	return t.checkEpoch(ctx, c)
}

func (t *tenure) stillOurs() error {
	select {
	case <-t.taken:
		return ErrTaken
	default:
		return nil
	}
}

// greet looks at who answers. Behind a pooler a connection is not always the same session, and the
// lock would be somebody's.
func greet(ctx context.Context, c *pgx.Conn) (self backend, err error) {
	var standby bool
	var version int
	err = c.QueryRow(ctx, `SELECT pg_backend_pid(), pg_is_in_recovery(), current_setting('server_version_num')::int,
		coalesce((SELECT backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()), '')`).Scan(&self.pid, &standby, &version, &self.start)
	switch {
	case err != nil:
		return self, err
	case checkAge(version) != nil:
		return self, checkAge(version)
	case standby:
		return self, fmt.Errorf("%w (this server is a standby)", ErrAway)
	case self.pid != c.PgConn().PID():
		return self, errors.New("this is the address of a connection pooler: give that of the PostgreSQL server itself")
	case c.PgConn().ParameterStatus("server_encoding") != "UTF8":
		return self, errors.New("the encoding of this database is not UTF-8: make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0")
	}
	return self, nil
}

// settings makes the server end a session whose other end is gone, within a minute, so that its
// lock is free for the next. A commit survives the loss of power.
func (t *tenure) settings(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, fmt.Sprintf(`SET search_path = %s; SET lock_timeout = %d; SET statement_timeout = '50s';
		SET idle_in_transaction_session_timeout = '1min'; SET client_min_messages = warning;
		SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
		SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
		DO $$ BEGIN PERFORM set_config('client_connection_check_interval', '10s', false); EXCEPTION WHEN OTHERS THEN NULL; END $$`,
		pgx.Identifier{t.schema}.Sanitize(), max(t.busy.Milliseconds(), 1)))
	return err
}

// makeSchema makes the schema when there is none, and gives its number.
func (t *tenure) makeSchema(ctx context.Context, c *pgx.Conn) (number int32, err error) {
	number, err = t.schemaNumber(ctx, c)
	if errors.Is(err, pgx.ErrNoRows) {
		// Two processes that begin at the same time both try.
		if _, err := c.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{t.schema}.Sanitize()); err != nil {
			return 0, err
		}
		return t.schemaNumber(ctx, c)
	}
	return number, err
}

func (t *tenure) schemaNumber(ctx context.Context, c *pgx.Conn) (number int32, err error) {
	err = c.QueryRow(ctx, `SELECT oid::bigint::bit(32)::int FROM pg_namespace WHERE nspname = $1`, t.schema).Scan(&number)
	return number, err
}

// lock takes a lock, for which it waits a while: the server takes a moment to see that a process is
// gone.
func (t *tenure) lock(ctx context.Context, c *pgx.Conn, try string, class, schema int32) error {
	end := time.Now().Add(t.busy)
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		var got bool
		if err := c.QueryRow(ctx, "SELECT "+try+"($1, $2)", class, schema).Scan(&got); err != nil || got {
			return err
		}
		if t.epoch.Load() != 0 {
			if err := t.checkEpoch(ctx, c); err != nil {
				return err
			}
			if err := t.endLast(ctx, c); err != nil {
				return err
			}
		}
		if time.Now().After(end) {
			if t.epoch.Load() != 0 { // another process that begins, and will see that we are alive
				return fmt.Errorf("%w (the lock is not free)", ErrBusy)
			}
			return errLocked
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// endLast ends our own lost connection, when the server does not know yet that it is lost.
func (t *tenure) endLast(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2`, t.last.pid, t.last.start)
	return err
}

// checkEpoch finds out whether another process has written since we had the lock last.
func (t *tenure) checkEpoch(ctx context.Context, c *pgx.Conn) error {
	var now int64
	if err := c.QueryRow(ctx, `SELECT epoch FROM about`).Scan(&now); err != nil {
		return err
	}
	if now != t.epoch.Load() {
		t.once.Do(func() { close(t.taken) })
		return ErrTaken
	}
	return nil
}

// begin makes the tenure known. alone says that the last process closed the database or is dead, so
// that nothing it claimed is being sent.
func (t *tenure) begin(ctx context.Context, w *writer) (alone bool, err error) {
	self := processName()
	var epoch int64
	err = w.update(ctx, "take the database over", func(x *tx) error {
		var owner string
		if _, err := x.row(`SELECT owner FROM about`, nil, &owner); err != nil {
			return err
		}
		alone = owner == "" || isDead(owner)
		_, err := x.row(`UPDATE about SET epoch = epoch + 1, owner = ? RETURNING epoch`, []any{self}, &epoch)
		return err
	})
	if err != nil {
		return false, err
	}
	t.epoch.Store(epoch)
	// From here on our own side connections may have that lock.
	return alone, w.outside(ctx, func(exec func(query string) error) error {
		return exec(fmt.Sprintf(`SELECT pg_advisory_unlock(%d, oid::bigint::bit(32)::int) FROM pg_namespace WHERE nspname = current_schema()`, lockSide))
	})
}

// end says that nothing more is sent, and gives the locks back at once.
func (t *tenure) end(w *writer) error {
	if t.epoch.Load() == 0 || w.lost.Load() || t.stillOurs() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), t.busy)
	defer cancel()
	if err := w.update(ctx, "close the database", func(x *tx) error { return x.do(`UPDATE about SET owner = ''`) }); err != nil {
		return nil // the next process waits for leases to end
	}
	return w.outside(ctx, func(exec func(query string) error) error { return exec(`SELECT pg_advisory_unlock_all()`) })
}
