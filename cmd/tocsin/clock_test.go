package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/store"
)

// The clock is set back by two hours while an alert waits a quarter of an hour for more sources, and
// forward by a day while another one does.
func TestAClockThatIsSetChangesNotHowLongAnAlertWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "t.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var shift atomic.Int64
		a := &app{appOptions: appOptions{Store: db, Log: slog.New(slog.DiscardHandler),
			Now: func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); a.watchClock(ctx) }()
		defer func() { cancel(); <-done }()

		due := func(key string) bool {
			t.Helper()
			d, err := db.NextDelivery(t.Context(), bot.Room("chat:"+key), a.Now())
			if err != nil {
				t.Fatal(err)
			}
			return d != nil
		}
		waits := func(key string) {
			t.Helper()
			now := a.Now()
			d := bot.Delivery{Key: key, Room: bot.Room("chat:" + key), Kind: bot.KindNew, State: bot.StateDue, Story: 1, Created: now, NextTry: now.Add(15 * time.Minute)}
			if err := db.Owe(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		mute := bot.Effects{Now: a.Now(), Mutes: []bot.Mute{{Watch: "w", By: "chat:u", From: a.Now(), Until: a.Now().Add(4 * time.Hour)}}}
		if _, err := db.Receive(t.Context(), bot.Incoming{Key: "e", Room: "chat:a"}); err != nil {
			t.Fatal(err)
		}
		if err := db.Answer(t.Context(), "e", mute); err != nil {
			t.Fatal(err)
		}

		waits("back")
		time.Sleep(5 * time.Minute)
		shift.Store(int64(-2 * time.Hour))
		time.Sleep(time.Minute)
		if due("back") {
			t.Error("told before it had waited")
		}
		if mutes, err := db.ActiveMutes(t.Context(), a.Now()); err != nil || len(mutes) != 1 {
			t.Errorf("after the clock was set back there are %d mutes, %v", len(mutes), err)
		}
		time.Sleep(9*time.Minute + time.Second)
		if !due("back") {
			t.Error("late by what the clock lost")
		}

		waits("forward")
		time.Sleep(time.Minute)
		shift.Store(int64(22 * time.Hour))
		time.Sleep(time.Minute)
		if !due("forward") {
			t.Error("not told when the clock says that its time has come")
		}
		if mutes, err := db.ActiveMutes(t.Context(), a.Now()); err != nil || len(mutes) != 0 {
			t.Errorf("a day later there are %d mutes, %v", len(mutes), err)
		}
	})
}

// The clock was two hours ahead when the last run ended, ten minutes before an alert was due.
func TestAClockThatWasAheadInTheLastRunHoldsNothingBack(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "t.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := monday.Add(12 * time.Hour)
	then := now.Add(2 * time.Hour)
	if _, err := db.SavePolls(t.Context(), []*feeds.Poll{{State: feeds.State{Feed: "wire", Polled: then}}}); err != nil {
		t.Fatal(err)
	}
	d := bot.Delivery{Key: "k", Room: "chat:a", Kind: bot.KindNew, State: bot.StateDue, Story: 1, Created: then, NextTry: then.Add(10 * time.Minute)}
	if err := db.Owe(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	a := &app{appOptions: appOptions{Store: db, Log: slog.New(slog.DiscardHandler), Feeds: []feeds.Feed{{Name: "wire"}}, Now: func() time.Time { return now }}}
	for range 2 { // a second start finds nothing more to do
		a.compareClock(t.Context())
		if d, err := db.NextDelivery(t.Context(), "chat:a", now.Add(9*time.Minute)); err != nil || d != nil {
			t.Fatalf("told before it had waited: %v, %v", d, err)
		}
		if d, err := db.NextDelivery(t.Context(), "chat:a", now.Add(10*time.Minute)); err != nil || d == nil {
			t.Fatalf("late by what the clock lost: %v", err)
		}
		if _, err := db.SavePolls(t.Context(), []*feeds.Poll{{State: feeds.State{Feed: "wire", Polled: now}}}); err != nil {
			t.Fatal(err)
		}
	}
}

// A machine begins with a clock that is ten years ahead, until it has asked for the time.
func TestAClockThatIsWrongForAWhileDeletesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "t.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		seen := time.Now().Add(-time.Hour)
		poll := &feeds.Poll{State: feeds.State{Feed: "wire", Polled: seen}, Article: feeds.ArticleNever,
			Items: []feeds.Item{{ID: "1", Feed: "wire", Title: "A headline", Seen: seen, Published: seen}}}
		if _, err := db.SavePolls(t.Context(), []*feeds.Poll{poll}); err != nil {
			t.Fatal(err)
		}
		var ahead atomic.Int64
		ahead.Store(int64(10 * 365 * 24 * time.Hour))
		a, err := newApp(appOptions{Store: db, Log: slog.New(slog.DiscardHandler), Rules: someRules(t).Set(), Keep: 24 * time.Hour,
			Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
		if err != nil {
			t.Fatal(err)
		}
		defer a.fetcher.Close()
		if _, err := a.planner.PlanAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); a.retain(ctx) }()
		defer func() { cancel(); <-done }()

		kept := func() int {
			t.Helper()
			c, err := db.Counts(t.Context(), a.Now())
			if err != nil {
				t.Fatal(err)
			}
			return c.Items
		}
		time.Sleep(20 * time.Minute)
		ahead.Store(0)
		time.Sleep(5 * time.Hour)
		if kept() != 1 {
			t.Error("an item of this day was deleted")
		}
		time.Sleep(20 * time.Hour)
		if kept() != 0 {
			t.Error("an old item was kept")
		}
	})
}
