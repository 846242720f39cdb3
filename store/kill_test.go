package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
)

// TestMain lets the test binary be the process that a test kills.
func TestMain(m *testing.M) {
	if path := os.Getenv("STORE_TEST_VICTIM"); path != "" {
		if err := victims[os.Getenv("STORE_TEST_ROLE")](context.Background(), path); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// victims are what a killed process does. Each prints a line for what has been acknowledged.
var victims = map[string]func(ctx context.Context, path string) error{
	"create": func(ctx context.Context, path string) error {
		fmt.Println("begun")
		s, err := Open(ctx, path, BusyTimeout(20*time.Millisecond))
		if err != nil {
			return err
		}
		return s.Close()
	},
	"claim": func(ctx context.Context, path string) error {
		s, err := Open(ctx, path)
		if err != nil {
			return err
		}
		if err := s.Owe(ctx, bot.Delivery{Key: "k", Room: "chat:a", Kind: bot.KindAnswer, State: bot.StateReady, Message: &bot.Message{}}); err != nil {
			return err
		}
		if _, err := s.ClaimDelivery(ctx, "k", time.Now(), time.Now().Add(time.Hour)); err != nil {
			return err
		}
		fmt.Println("claimed")
		select {}
	},
	"write": func(ctx context.Context, path string) error {
		s, err := Open(ctx, path)
		if err != nil {
			return err
		}
		for n := time.Now().UnixNano(); ; n++ {
			feed := fmt.Sprint("feed", n)
			if _, err := s.SavePolls(ctx, []*feeds.Poll{pollOf(feed, 20)}); err != nil {
				return err
			}
			fmt.Println("poll", feed)
			d := bot.Delivery{Key: feed, Room: "chat:a", Kind: bot.KindAnswer, State: bot.StateReady, Message: &bot.Message{}}
			if err := s.Owe(ctx, d); err != nil {
				return err
			}
			claimed, err := s.ClaimDelivery(ctx, feed, time.Unix(1, 0), time.Unix(2, 0))
			if err != nil {
				return err
			}
			claimed.State, claimed.Receipt = bot.StateSent, "r"
			if err := s.Settle(ctx, claimed); err != nil {
				return err
			}
			fmt.Println("sent", feed)
		}
	},
	"migrate": func(ctx context.Context, path string) error {
		w := newWriter(openPool(path, options{}, false), sqliteDialect, 0)
		fmt.Println("begun")
		files, _ := andThen(sqliteDialect, longMigration)
		return migrate(ctx, w, files, slog.New(slog.DiscardHandler))
	},
}

func pollOf(feed string, items int) *feeds.Poll {
	p := &feeds.Poll{Article: feeds.ArticleNever, State: feeds.State{Feed: feed, Polled: time.Unix(1e9, 0)}}
	for i := range items {
		p.Items = append(p.Items, feeds.Item{
			ID: fmt.Sprint(feed, i), URL: fmt.Sprintf("https://%s.test/%d", feed, i), Feed: feed, Title: fmt.Sprint("Report number ", i, " of ", feed),
			Text: strings.Repeat("some words of the report ", 20), Seen: time.Unix(1e9, 0).UTC(),
		})
	}
	return p
}

// killAfter runs a victim, kills it a while after it printed the first line that begins with word,
// and gives all lines it printed.
func killAfter(t *testing.T, role, path, word string, after time.Duration) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_VICTIM="+path, "STORE_TEST_ROLE="+role)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	var kill sync.Once
	in := bufio.NewScanner(out)
	for in.Scan() {
		if strings.HasPrefix(in.Text(), word) {
			kill.Do(func() { time.AfterFunc(after, func() { cmd.Process.Kill() }) })
		}
		lines = append(lines, in.Text())
		if strings.HasPrefix(in.Text(), "error") {
			t.Error(in.Text())
		}
	}
	cmd.Wait()
	return lines
}

func rounds(few int) int {
	if os.Getenv("TOCSIN_HEAVY") != "" {
		return 100
	}
	return few
}

func mustOpen(t testing.TB, path string, opts ...Option) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// killWriters kills writers one after the other, each so long after its first message was sent as
// pause says. It gives the database that they leave, in which all is that they were told is stored.
// TOCSIN_HEAVY=1 kills a hundred of them.
func killWriters(t *testing.T, dsn string, pause func(round int) time.Duration) *Store {
	t.Helper()
	polls, sent := map[string]bool{}, map[string]bool{}
	for i := range rounds(3) {
		for _, line := range killAfter(t, "write", dsn, "sent", pause(i)) {
			switch what, feed, _ := strings.Cut(line, " "); what {
			case "poll":
				polls[feed] = true
			case "sent":
				sent[feed] = true
			}
		}
	}
	if len(sent) == 0 {
		t.Fatal("nothing was written before the kills")
	}
	s := mustOpen(t, dsn)
	items := map[string]int{}
	for it, err := range s.Items(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		items[it.Feed]++
	}
	for feed := range polls {
		if items[feed] == 0 {
			t.Errorf("%s is lost", feed)
		}
	}
	for feed, n := range items { // acknowledged or not: whole
		if n != 20 {
			t.Errorf("%s has %d of 20 items", feed, n)
		}
	}
	for feed := range sent {
		var state string
		if _, err := s.read.row(t.Context(), `SELECT state FROM deliveries WHERE key = ?`, []any{feed}, &state); err != nil || state != "sent" {
			t.Errorf("%s is %q, %v", feed, state, err)
		}
	}
	return s
}

func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	t.Parallel()
	rand := rand.New(rand.NewPCG(1, 1))
	s := killWriters(t, filepath.Join(t.TempDir(), "tocsin.db"), func(int) time.Duration { return time.Duration(rand.IntN(150)) * time.Millisecond })
	c, err := s.Counts(t.Context(), time.Unix(3, 0))
	if err != nil {
		t.Fatal(err)
	}
	if left := c.Due + c.Sending; left > rounds(3) {
		t.Errorf("%d deliveries are open after %d kills", left, rounds(3))
	}
	checkWhole(t, s)
}

// checkWhole runs SQLite's own check, the full-text index included.
func checkWhole(t *testing.T, s *Store) {
	t.Helper()
	var verdict string
	if err := s.read.db.QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check: %s, %v", verdict, err)
	}
}

func TestADatabaseWhoseMakerWasKilledIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	rand := rand.New(rand.NewPCG(2, 2))
	for range rounds(3) {
		path := filepath.Join(t.TempDir(), "tocsin.db")
		killAfter(t, "create", path, "begun", time.Duration(rand.IntN(20_000))*time.Microsecond)
		checkWhole(t, mustOpen(t, path))
	}
}

// andThen gives the migrations of a dialect and one more, which leads to the version given.
func andThen(d *dialect, script string) (files fstest.MapFS, version int) {
	files, version = fstest.MapFS{}, d.versionOf(migrations)
	for n := range version {
		name := fmt.Sprintf("%s/%04d.sql", d.files, n+1)
		text, err := migrations.ReadFile(name)
		if err != nil {
			panic(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	version++
	files[fmt.Sprintf("%s/%04d.sql", d.files, version)] = &fstest.MapFile{Data: []byte(script)}
	return files, version
}

// longMigration is two statements, the second of which takes long.
const longMigration = `CREATE TABLE second (n INTEGER);
	INSERT INTO second WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 50000) SELECT n FROM r`

func TestAKilledMigrationIsDoneWhollyAtTheNextStart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tocsin.db")
	mustOpen(t, path).Close()
	rand := rand.New(rand.NewPCG(3, 3))
	for range rounds(3) {
		killAfter(t, "migrate", path, "begun", time.Duration(rand.IntN(100))*time.Millisecond)
	}
	w := newWriter(openPool(path, options{}, false), sqliteDialect, 0)
	defer w.close()
	files, want := andThen(sqliteDialect, longMigration)
	if err := migrate(t.Context(), w, files, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	var version, rows int
	err := w.update(t.Context(), "look", func(tx *tx) error {
		_, err1 := tx.row(`PRAGMA user_version`, nil, &version)
		_, err2 := tx.row(`SELECT count(*) FROM second`, nil, &rows)
		return errors.Join(err1, err2)
	})
	if err != nil || version != want || rows != 50000 {
		t.Errorf("version %d with %d rows, %v", version, rows, err)
	}
}
