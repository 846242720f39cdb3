package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/store"
)

// sharedPool gives the pool of a store with a table in it.
func sharedPool(t testing.TB, s *store.Store) *sql.DB {
	t.Helper()
	db, dialect := s.DB()
	if dialect != "sqlite3" {
		t.Errorf("the dialect is %q", dialect)
	}
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE IF NOT EXISTS matrix_test (id INTEGER PRIMARY KEY, value TEXT)`); err != nil {
		t.Fatal(err)
	}
	return db
}

func owed(key string) bot.Delivery {
	return bot.Delivery{Key: key, Room: "chat:a", Kind: bot.KindAnswer, State: bot.StateReady, Created: time.Unix(1, 0), Message: &bot.Message{}}
}

func TestTablesOfOthersLiveInTheSameDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tocsin.db")
	s := open(t, path)
	if _, err := sharedPool(t, s).ExecContext(t.Context(), `INSERT INTO matrix_test (value) VALUES ('kept')`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	if _, err := s.Prune(t.Context(), time.Now()); err != nil {
		t.Error(err)
	}
	beside := open(t, path, store.ReadOnly())
	if c, err := beside.Counts(t.Context(), time.Now()); err != nil || c.SizeBytes == 0 {
		t.Errorf("the counts beside are %+v, %v", c, err)
	}
	db, _ := beside.DB()
	var value string
	if err := db.QueryRowContext(t.Context(), `SELECT value FROM matrix_test`).Scan(&value); err != nil || value != "kept" {
		t.Errorf("found %q, %v", value, err)
	}
	if _, err := db.ExecContext(t.Context(), `DELETE FROM matrix_test`); err == nil {
		t.Error("a store that may only be read let its pool write")
	}
}

// With a busy timeout of a millisecond nobody could wait for SQLite's own lock: what holds is the turn.
func TestBothSidesWriteAndNeitherFindsTheDatabaseBusy(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "tocsin.db"), store.BusyTimeout(time.Millisecond))
	db := sharedPool(t, s)
	const each, rounds = 4, 25
	var running sync.WaitGroup
	many := func(doing string, write func(ctx context.Context, n int) error) {
		for i := range each {
			running.Go(func() {
				for n := range rounds {
					if err := write(t.Context(), i*rounds+n); err != nil {
						t.Errorf("%s: %v", doing, err)
						return
					}
				}
			})
		}
	}
	many("owe", func(ctx context.Context, n int) error { return s.Owe(ctx, owed(fmt.Sprint("answer ", n))) })
	many("a statement", func(ctx context.Context, n int) error {
		_, err := db.ExecContext(ctx, `INSERT INTO matrix_test (value) VALUES (?)`, n)
		return err
	})
	many("a statement that gives rows", func(ctx context.Context, n int) error {
		var id int
		return db.QueryRowContext(ctx, "\n\tINSERT INTO matrix_test (value) VALUES (?) RETURNING id", n).Scan(&id)
	})
	many("a transaction", func(ctx context.Context, n int) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		var rows int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM matrix_test`).Scan(&rows); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO matrix_test (value) VALUES (?)`, rows); err != nil {
			return err
		}
		if n%3 == 0 {
			return tx.Rollback()
		}
		return tx.Commit()
	})
	running.Wait()
	var rows int
	if err := db.QueryRowContext(t.Context(), "SELECT\n\tcount(*) FROM matrix_test").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	rolledBack := 0
	for n := range each * rounds {
		if n%3 == 0 {
			rolledBack++
		}
	}
	if want := 3*each*rounds - rolledBack; rows != want {
		t.Errorf("there are %d rows, want %d", rows, want)
	}
}

func TestATransactionInThePoolHoldsUpWritesUntilItEnds(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "tocsin.db"))
	db := sharedPool(t, s)
	for name, end := range map[string]func(tx *sql.Tx, cancel func()){
		"commit":       func(tx *sql.Tx, _ func()) { tx.Commit() },
		"rollback":     func(tx *sql.Tx, _ func()) { tx.Rollback() },
		"cancellation": func(_ *sql.Tx, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer stop()
			if err := s.Owe(short, owed("early "+name)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a write beside a transaction gave %v", err)
			}
			// Reading goes on.
			if _, err := s.Counts(t.Context(), time.Now()); err != nil {
				t.Error(err)
			}
			var rows int
			if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM matrix_test`).Scan(&rows); err != nil {
				t.Error(err)
			}
			done := make(chan error, 1)
			go func() { done <- s.Owe(t.Context(), owed("late "+name)) }()
			end(tx, cancel)
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := db.PrepareContext(t.Context(), `DELETE FROM matrix_test`); err == nil {
		t.Error("a prepared statement, which would pass by the turn, was given")
	}
}

func TestADatabaseThatOthersCouldReadIsTakenFromThem(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tocsin.db")
	open(t, path).Close()
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	sharedPool(t, s)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if info, err := os.Stat(path + suffix); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("tocsin.db%s has the rights %v, %v", suffix, info.Mode(), err)
		}
	}
}
