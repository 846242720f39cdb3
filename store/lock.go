package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// fileLock keeps other processes, and other stores of this process, from opening a database for
// writing. It is an exclusive transaction on an empty SQLite file beside the database: SQLite
// knows how to lock a file on every system, and the system ends the lock when a process dies.
type fileLock struct {
	db   *sql.DB
	conn *sql.Conn
}

var errLocked = errors.New("another process has it open: stop that one first, or give this one a database of its own")

func lockFile(ctx context.Context, path string) (*fileLock, error) {
	db, err := sql.Open("sqlite", fileURI(path, "_pragma=journal_mode(memory)"))
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, lockError(path, err)
	}
	if _, err := conn.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		conn.Close()
		db.Close()
		return nil, lockError(path, err)
	}
	return &fileLock{db, conn}, nil
}

func lockError(path string, err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY {
		return errLocked
	}
	return fmt.Errorf("lock file %s: %w", path, describe(err))
}

func (l *fileLock) close() error {
	if err := l.conn.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
		return err
	}
	return l.db.Close()
}
