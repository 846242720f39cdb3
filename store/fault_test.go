package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
)

func TestAMigrationThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tocsin.db")
	mustOpen(t, path).Close()
	files, _ := andThen(sqliteDialect, `CREATE TABLE second (n INTEGER); INSERT INTO nowhere VALUES (1)`)
	w := newWriter(openPool(path, options{}, false), sqliteDialect, 0)
	if err := migrate(t.Context(), w, files, slog.New(slog.DiscardHandler)); err == nil {
		t.Fatal("no error")
	}
	w.close()
	s := mustOpen(t, path)
	var tables int
	if err := s.read.db.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE name = 'second'`).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("half of the migration is there: %d, %v", tables, err)
	}
}

func TestAnotherProgramThatHoldsTheDatabaseIsWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tocsin.db")
	s := mustOpen(t, path, BusyTimeout(50*time.Millisecond))
	other, err := sql.Open("sqlite", fileURI(path))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SavePolls(t.Context(), []*feeds.Poll{pollOf("a", 1)}); !errors.Is(err, ErrBusy) {
		t.Errorf("while it is held: %v", err)
	}
	if _, err := s.States(t.Context()); err != nil {
		t.Errorf("reading while it is held: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.SavePolls(ctx, []*feeds.Poll{pollOf("a", 1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("when nobody waits any more: %v", err)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if d, err := s.SavePolls(t.Context(), []*feeds.Poll{pollOf("a", 1)}); err != nil || d[0].Fresh != 1 {
		t.Errorf("afterwards: %v, %v", d, err)
	}
}

func TestAFullDiskLosesNothingAndIsSurvived(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tocsin.db")
	s := mustOpen(t, path, MaxPages(200))
	saved := 0
	var err error
	for range 200 {
		if _, err = s.SavePolls(t.Context(), []*feeds.Poll{pollOf(fmt.Sprint("feed", saved), 20)}); err != nil {
			break
		}
		saved++
	}
	if !errors.Is(err, ErrFull) || saved == 0 {
		t.Fatalf("after %d polls: %v", saved, err)
	}
	c, err := s.Counts(t.Context(), time.Now())
	if err != nil || c.Items != saved*20 {
		t.Errorf("%d items of %d polls, %v", c.Items, saved, err)
	}
	s.write.maxPages = 100_000 // somebody made room
	if s.write.conn != nil {
		s.write.disconnect()
	}
	if d, err := s.SavePolls(t.Context(), []*feeds.Poll{pollOf(fmt.Sprint("feed", saved), 20)}); err != nil || d[0].Fresh != 20 {
		t.Errorf("afterwards: %v, %v", d, err)
	}
	checkWhole(t, s)
}

func TestAPanicInATransactionUndoesIt(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, filepath.Join(t.TempDir(), "tocsin.db"))
	func() {
		defer func() { recover() }()
		s.write.update(t.Context(), "panic", func(tx *tx) error {
			tx.exec(`INSERT INTO blobs (name, value) VALUES ('a', x'00')`)
			panic("a bug")
		})
	}()
	if err := s.SaveBlob(t.Context(), "b", nil); err != nil {
		t.Fatal(err)
	}
	if v, err := s.LoadBlob(t.Context(), "a"); err != nil || v != nil {
		t.Errorf("the first half is there: %v, %v", v, err)
	}
}

func TestADeliveryThatWasBeingSentWhenItsProcessDiedIsTakenUpAtOnce(t *testing.T) {
	t.Parallel()
	path, now := filepath.Join(t.TempDir(), "tocsin.db"), time.Unix(1e9, 0)
	s := mustOpen(t, path)
	d := bot.Delivery{Key: "k", Room: "chat:a", Kind: bot.KindNotice, State: bot.StateReady, Message: &bot.Message{}}
	if err := s.Owe(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if claimed, err := s.ClaimDelivery(t.Context(), "k", now, now.Add(time.Hour)); err != nil || claimed == nil {
		t.Fatal(claimed, err)
	}
	s.Close()
	s = mustOpen(t, path)
	next, err := s.NextDelivery(t.Context(), "chat:a", now)
	if err != nil || next == nil {
		t.Fatal(next, err)
	}
	claimed, err := s.ClaimDelivery(t.Context(), "k", now, now.Add(time.Hour))
	if err != nil || claimed == nil || !claimed.Repeat || claimed.Attempt != 2 {
		t.Errorf("claimed again: %+v, %v", claimed, err)
	}
}
