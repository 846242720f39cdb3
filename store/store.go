package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	name   string    // for people: an absolute path, or an address without its password
	lock   *fileLock // of SQLite; nil when read-only
	tenure *tenure   // of PostgreSQL; nil when read-only
	write  *writer   // nil when read-only
	read   *reader
	shared *sql.DB // that of DB; when read-only the same as read's
	log    *slog.Logger
}

var (
	_ feeds.Store = (*Store)(nil)
	_ bot.Ledger  = (*Store)(nil)
	_ bot.Outbox  = (*Store)(nil)
	_ bot.Inbox   = (*Store)(nil)
	_ bot.Archive = (*Store)(nil)
)

// Option changes how a database is opened.
type Option func(*options)

type options struct {
	readOnly bool
	log      *slog.Logger
	busy     time.Duration
	maxPages int
}

// ReadOnly opens a database beside the process that writes to it, for a backtest or a status
// report. Every method that writes fails.
func ReadOnly() Option { return func(o *options) { o.readOnly = true } }

// Log hears of what the store does by itself, such as a migration. Defaults to nothing.
func Log(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// BusyTimeout says how long a write waits for another program that holds the database, and Open for
// PostgreSQL to see that the last process is gone. Defaults to 5 seconds.
func BusyTimeout(d time.Duration) Option { return func(o *options) { o.busy = d } }

// MaxPages bounds the size of the database, in pages of 4 KiB: a write beyond it fails like one
// on a full disk. Defaults to no bound; PostgreSQL has none.
func MaxPages(n int) Option { return func(o *options) { o.maxPages = n } }

// Open opens the database at dsn: the path of an SQLite file, which is made when there is none, or
// the address of a PostgreSQL database, postgres://USER:PASSWORD@HOST/NAME, in which tables are made.
// They are in the schema that its parameter search_path names, or in "tocsin". One process at a time
// may have a database open for writing; any number may have it open ReadOnly.
//
// It refuses what is not its own, is damaged, or was written by a later version, with an error that
// names the database and the next step. It never replaces a file that is there, and no error holds
// a password.
func Open(ctx context.Context, dsn string, opts ...Option) (*Store, error) {
	o := options{busy: 5 * time.Second, log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt(&o)
	}
	s := &Store{log: o.log}
	open := s.openFile
	if isAddress(dsn) {
		open = s.openServer
	}
	if err := open(ctx, dsn, o); err != nil {
		s.Close()
		if s.name == "" {
			return nil, fmt.Errorf("open database: %w", err)
		}
		return nil, fmt.Errorf("open database %s: %w", s.name, describe(err))
	}
	return s, nil
}

// readFrom makes db the place to read from.
func (s *Store) readFrom(db *sql.DB, d *dialect) {
	s.read = &reader{db: db, d: d}
	readers := max(4, runtime.NumCPU())
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)             // to open one costs more than most queries
	db.SetConnMaxIdleTime(20 * time.Second) // and its cache is worth nothing when nobody asks
}

// releaseClaims ends the leases of deliveries that were being sent when the last process died,
// when nobody sends them any more. Their next claim says Repeat.
func (s *Store) releaseClaims(ctx context.Context) error {
	return s.write.update(ctx, "release claims", func(t *tx) error {
		n, err := t.exec(`UPDATE deliveries SET lease = 0, wake = 0 WHERE state = 'sending'`)
		if n > 0 {
			s.log.Info("deliveries taken up that were being sent when the program died", "deliveries", n)
		}
		return err
	})
}

// Trim gives back the memory that the last writes needed, for a process that idles.
func (s *Store) Trim(ctx context.Context) error {
	if err := s.write.forgetWords(ctx); err != nil || s.read.d.trim == "" {
		return err
	}
	return s.write.update(ctx, "give back memory", func(t *tx) error { return t.do(t.d.trim) })
}

// Taken is closed when another process has taken the database over, which can happen while a
// PostgreSQL server cannot be reached. What this process remembers is out of date then, and every
// method fails with ErrTaken. It is never closed with SQLite.
func (s *Store) Taken() <-chan struct{} {
	if s.tenure == nil {
		return nil
	}
	return s.tenure.taken
}

// Close waits for the write under way and ends all use of the database. It may be repeated.
func (s *Store) Close() error {
	var errs []error
	if s.shared != nil {
		errs = append(errs, s.shared.Close())
	}
	if s.read != nil {
		errs = append(errs, s.read.db.Close())
	}
	if s.tenure != nil {
		errs = append(errs, s.tenure.end(s.write))
	}
	if s.write != nil {
		errs = append(errs, s.write.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.close())
	}
	return errors.Join(errs...)
}
