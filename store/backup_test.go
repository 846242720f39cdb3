package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

// query has a database say something to a program other than ours, as an operator's sqlite3 does.
func query(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", fileURI(path, "_pragma=busy_timeout(5000)"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func TestACopyMadeWhileTheBotWritesIsWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "tocsin.db")
	s := mustOpen(t, path)
	saved, stop, stopped := make(chan int), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for n := 1; ; n++ {
			if _, err := s.SavePolls(t.Context(), []*feeds.Poll{pollOf(fmt.Sprint("feed", n), 20)}); err != nil {
				t.Error(err)
				return
			}
			select {
			case saved <- n:
			case <-stop:
				return
			}
		}
	}()
	for i := range 3 {
		least := 0
		for range 5 {
			least = <-saved
		}
		copied := filepath.Join(dir, fmt.Sprintf("copy%d.db", i))
		copying := make(chan struct{})
		go func() {
			defer close(copying)
			query(t, path, fmt.Sprintf("VACUUM INTO '%s'", copied))
		}()
		for done := false; !done; {
			select {
			case <-saved:
			case <-copying:
				done = true
			}
		}
		c := mustOpen(t, copied)
		checkWhole(t, c)
		counts, err := c.Counts(t.Context(), time.Now())
		if err != nil || counts.Items%20 != 0 || counts.Items < least*20 {
			t.Errorf("%d items in the copy of %d polls, %v", counts.Items, least, err)
		}
	}
	close(stop)
	<-stopped
}

// What an operator does who leaves the log of the old database beside the copy of it.
func TestACopyBesideTheLogOfAnotherDatabaseIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "tocsin.db")
	s := mustOpen(t, path)
	for n := range 40 {
		if _, err := s.SavePolls(t.Context(), []*feeds.Poll{pollOf(fmt.Sprint("feed", n), 20)}); err != nil {
			t.Fatal(err)
		}
		if n == 20 {
			query(t, path, fmt.Sprintf("VACUUM INTO '%s'", filepath.Join(dir, "copy.db")))
		}
	}
	place := filepath.Join(dir, "restored.db")
	for from, to := range map[string]string{path + "-wal": place + "-wal", filepath.Join(dir, "copy.db"): place} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(t.Context(), place); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "remove restored.db-wal and restored.db-shm") {
		t.Fatalf("opened with %v", err)
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(place + suffix); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	checkWhole(t, mustOpen(t, place))
}
