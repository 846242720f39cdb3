package main

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/console"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/realdata"
	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/store"
)

// streamItems reads the real headlines of 90 feeds over six weeks.
func streamItems(t testing.TB) []feeds.Item {
	t.Helper()
	var items []feeds.Item
	for _, l := range realdata.Lines[struct{ F, T, U, P, S string }](t, "stream/*.jsonl.xz") {
		it := feeds.Item{ID: l.U, Feed: l.S, URL: l.U, Title: l.T, Language: text.Language(l.T, "")}
		it.Seen, _ = time.Parse(time.RFC3339, l.F)
		it.Published, _ = time.Parse(time.RFC1123, l.P)
		items = append(items, it)
	}
	return items
}

// TestSixWeeksOfHeadlinesRaiseNoFalseAlarm sends 52,786 real headlines, from before the event that
// the reference watch is about, through match, story and store.
func TestSixWeeksOfHeadlinesRaiseNoFalseAlarm(t *testing.T) {
	t.Parallel()
	heavy(t)
	items := streamItems(t)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "stream.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	loaded, err := demoRules(0)
	if err != nil {
		t.Fatal(err)
	}
	var now time.Time
	planner := bot.NewPlanner(bot.PlannerOptions{Ledger: db, Log: slog.New(slog.DiscardHandler),
		Rules: func() *rules.Set { return loaded.Set() }, Now: func() time.Time { return now }})
	start := time.Now()
	const batch = 500
	planned := 0
	for len(items) > 0 {
		n := min(batch, len(items))
		polls := map[string]*feeds.Poll{}
		for _, it := range items[:n] {
			p := polls[it.Feed]
			if p == nil {
				p = &feeds.Poll{State: feeds.State{Feed: it.Feed}, Article: feeds.ArticleNever}
				polls[it.Feed] = p
			}
			p.Items = append(p.Items, it)
			now = it.Seen
		}
		var list []*feeds.Poll
		for _, p := range polls {
			list = append(list, p)
		}
		if _, err := db.SavePolls(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		k, err := planner.PlanAll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		planned += k
		items = items[n:]
	}
	took := time.Since(start)
	told, err := db.Told(t.Context(), console.Name, 50)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := db.Counts(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d items planned in %.1f s (%.0f a second), %d stories, %d alerts", planned, took.Seconds(), float64(planned)/took.Seconds(), counts.Stories, counts.Alerts)
	if counts.Alerts != 0 || len(told) != 0 {
		t.Errorf("%d false alarms", counts.Alerts)
	}
}
