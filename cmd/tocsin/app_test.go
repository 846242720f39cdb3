package main

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/store"
)

// An operator who runs `run --once` from crontab has no hourly loop that prunes.
func TestRoundOfRunOnceDeletesWhatIsOld(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "t.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	old := time.Now().Add(-100 * 24 * time.Hour)
	poll := &feeds.Poll{State: feeds.State{Feed: "a", Polled: old}, Article: feeds.ArticleNever,
		Items: []feeds.Item{{ID: "1", Feed: "a", Title: "An old headline", Seen: old, Published: old}}}
	if _, err := db.SavePolls(t.Context(), []*feeds.Poll{poll}); err != nil {
		t.Fatal(err)
	}
	r := someRules(t)
	a, err := newApp(appOptions{Log: slog.New(slog.DiscardHandler), Store: db, Rules: r.Set(), Keep: 90 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err := db.Counts(t.Context(), time.Now()); err != nil || c.Items != 0 {
		t.Errorf("%d items of 100 days ago are kept, %v", c.Items, err)
	}
}

func someRules(t *testing.T) *rules.Rules {
	t.Helper()
	r, err := rules.Parse("w.yaml", []byte(`watches: [{id: jets, match: jets}]`), rules.Options{Notify: []string{"console"}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStatusTellsOfRejectedRulesUntilTheyAreMended(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "t.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r := someRules(t)
	a, err := newApp(appOptions{Log: slog.New(slog.DiscardHandler), Store: db, Rules: r.Set(), AdminRoom: "console"})
	if err != nil {
		t.Fatal(err)
	}
	status := func() string {
		t.Helper()
		reply, _, err := a.desk.Do(t.Context(), bot.Incoming{Key: "k", Room: "console", Text: "status", Time: time.Now()}, bot.Admin)
		if err != nil {
			t.Fatal(err)
		}
		return bot.PlainText(reply.Message)
	}
	a.useRules(rules.Reload{Rules: r, Version: 1, Problems: rules.Problems{{File: "w.yaml", Line: 7, Col: 3, Cause: "no such list"}}})
	if got := status(); !strings.HasPrefix(got, bot.TroubleTitle) || !strings.Contains(got, "rules rejected, v1 stays active: w.yaml:7:3: no such list") {
		t.Errorf("with rejected rules: %s", got)
	}
	a.useRules(rules.Reload{Rules: r, Version: 2})
	if got := status(); !strings.HasPrefix(got, bot.WellTitle) {
		t.Errorf("with mended rules: %s", got)
	}
}

func TestRunThatIsStoppedWhileItStartsHasNotFailed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := writeStarter(dir); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var said strings.Builder
	if status := execute(ctx, []string{"run", "--config", filepath.Join(dir, "tocsin.yaml")}, strings.NewReader(""), io.Discard, &said); status != exitFine {
		t.Errorf("status %d, %q", status, said.String())
	}
}

func TestInterruptEndsAFilterThatWaitsForInput(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"group"}, {"parse", "-"}, {"extract", "-"}, {"summarize"}} {
		in, feed := io.Pipe() // nobody ever writes
		defer feed.Close()
		ctx, interrupt := context.WithCancel(t.Context())
		interrupt()
		var said strings.Builder
		if status := execute(ctx, args, in, io.Discard, &said); status != exitProblem || said.String() != "tocsin: interrupted\n" {
			t.Errorf("%v: status %d, %q", args, status, said.String())
		}
	}
}
