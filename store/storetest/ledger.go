package storetest

import (
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/store"
)

// remember gives all that Remember gives.
func (f *fixture) remember(since time.Time) []bot.Remembered {
	f.Helper()
	var out []bot.Remembered
	for r, err := range f.Remember(f.ctx, since) {
		f.ok(err)
		out = append(out, r)
	}
	return out
}

var ledgerCases = []testCase{
	{"fresh items come oldest first and as many as asked for", func(f *fixture) {
		items := f.seed(item("dawn", 1, "One", ""), item("dawn", 2, "Two", ""), item("dawn", 3, "Three", ""))
		fresh := must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 2))
		equal(f, "fresh", len(fresh), 2)
		equal(f, "first", fresh[0].Key, items[0].Key)
		equal(f, "second", fresh[1].Key, items[1].Key)
	}},
	{"a plan is stored and takes its items out of the fresh ones", func(f *fixture) {
		items := f.seed(item("dawn", 1, "One", ""), item("dawn", 2, "Two", ""), item("dawn", 3, "Three", ""))
		p := bot.Placed{
			Item: items[0].Key, Story: 7, Relation: "update", DuplicateOf: 3, Kind: "correction", Origin: "Reuters", Outlet: "Dawn",
			Score: 0.75, Shared: []string{"haftar", "munir"}, Facts: []string{"12 aircraft"}, Time: t0,
			Matches: []bot.Reason{{
				Watch: "z-first", Title: "Z", Priority: "high", Item: items[0].Key, Rules: "v1", Silent: "muted",
				Groups: []bot.Group{{Name: "@libya", Role: "title", Evidence: []bot.Evidence{{Field: "title", Start: 1, End: 5, Text: "Liby", Role: "title"}}}},
			}, {Watch: "a-second"}},
		}
		a := alert("w", 7, t0)
		d := owed("chat:a", 7, bot.KindNew, "new")
		f.ok(f.CommitPlan(f.ctx, bot.Batch{Placed: []bot.Placed{p, place(items[1], 8, "new")}, Alerts: []bot.Alert{a}, Deliveries: []bot.Delivery{d}}))
		equal(f, "fresh", len(must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 10))), 1)
		r := f.remember(time.Time{})
		equal(f, "remembered", len(r), 2)
		same(f, "placed", r[0].Placed, p)
		same(f, "item", r[0].Item, items[0])
		same(f, "alerts", must[[]bot.Alert](f)(f.Alerts(f.ctx, time.Time{})), []bot.Alert{a})
		same(f, "tellings", must[[]bot.Delivery](f)(f.Tellings(f.ctx, time.Time{})), []bot.Delivery{d})
	}},
	{"a plan may be repeated", func(f *fixture) {
		items := f.seed(item("dawn", 1, "One", ""))
		placed := place(items[0], 1, "new")
		placed.Matches = []bot.Reason{{Watch: "w"}}
		b := bot.Batch{Placed: []bot.Placed{placed}, Alerts: []bot.Alert{alert("w", 1, t0)}, Deliveries: []bot.Delivery{owed("chat:a", 1, bot.KindNew, "new")}}
		f.ok(f.CommitPlan(f.ctx, b))
		b.Placed[0].Story = 2
		b.Placed[0].Matches = append(b.Placed[0].Matches, bot.Reason{Watch: "another"})
		b.Deliveries[0].News = "changed"
		f.ok(f.CommitPlan(f.ctx, b))
		r := f.remember(time.Time{})
		equal(f, "remembered", len(r), 1)
		equal(f, "story", r[0].Placed.Story, int64(1))
		equal(f, "matches", len(r[0].Placed.Matches), 1)
		equal(f, "alerts", len(must[[]bot.Alert](f)(f.Alerts(f.ctx, time.Time{}))), 1)
		tellings := must[[]bot.Delivery](f)(f.Tellings(f.ctx, time.Time{}))
		equal(f, "tellings", len(tellings), 1)
		equal(f, "news", tellings[0].News, "")
	}},
	{"a plan is stored whole or not at all", func(f *fixture) {
		items := f.seed(item("dawn", 1, "One", ""))
		bad := owed("chat:a", 1, bot.KindNew, "new")
		bad.Key = ""
		b := bot.Batch{Placed: []bot.Placed{place(items[0], 1, "new")}, Alerts: []bot.Alert{alert("w", 1, t0)}, Deliveries: []bot.Delivery{owed("chat:b", 1, bot.KindNew, "new"), bad}}
		if err := f.CommitPlan(f.ctx, b); err == nil {
			f.Fatal("a delivery without a key was stored")
		}
		equal(f, "fresh", len(must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 10))), 1)
		equal(f, "remembered", len(f.remember(time.Time{})), 0)
		equal(f, "alerts", len(must[[]bot.Alert](f)(f.Alerts(f.ctx, time.Time{}))), 0)
		equal(f, "due rooms", len(must[[]bot.Room](f)(f.DueRooms(f.ctx, t0))), 0)
		equal(f, "last story", must[int64](f)(f.LastStory(f.ctx)), 0)
	}},
	{"an alert takes a better reason, a priority and rooms, and keeps its birth", func(f *fixture) {
		items := f.seed(item("dawn", 1, "One", ""))
		f.ok(f.CommitPlan(f.ctx, bot.Batch{Placed: []bot.Placed{place(items[0], 1, "new")}, Alerts: []bot.Alert{alert("w", 1, t0)}}))
		better := alert("w", 1, t0.Add(time.Hour))
		better.Priority, better.Reason.Item, better.Rooms, better.Under = "urgent", 9, []bot.Room{"chat:a", "chat:b"}, 5
		f.ok(f.CommitPlan(f.ctx, bot.Batch{Alerts: []bot.Alert{better, alert("v", 1, t0)}}))
		better.Created = t0
		same(f, "alerts", must[[]bot.Alert](f)(f.Alerts(f.ctx, time.Time{})), []bot.Alert{alert("v", 1, t0), better})
	}},
	{"memory reaches back to a time", func(f *fixture) {
		items := f.seed(item("dawn", 1, "One", ""), item("dawn", 60, "Two", ""), item("dawn", 120, "Three", ""))
		f.ok(f.CommitPlan(f.ctx, bot.Batch{
			Placed: []bot.Placed{place(items[0], 1, "new"), place(items[1], 2, "new"), place(items[2], 2, "update")},
			Alerts: []bot.Alert{alert("w", 1, t0), alert("w", 2, t0)},
			Deliveries: []bot.Delivery{owed("chat:a", 1, bot.KindNew, "new"), owed("chat:a", 2, bot.KindNew, "new"),
				owed("chat:a", 2, bot.KindEdit, "edit 3"), owed("chat:b", 2, bot.KindNew, "new")},
		}))
		since := t0.Add(90 * time.Minute)
		r := f.remember(since)
		equal(f, "remembered", len(r), 1)
		equal(f, "which", r[0].Title, "Three")
		alerts := must[[]bot.Alert](f)(f.Alerts(f.ctx, since))
		equal(f, "alerts", len(alerts), 1)
		equal(f, "of story", alerts[0].Story, int64(2))
		tellings := must[[]bot.Delivery](f)(f.Tellings(f.ctx, since))
		equal(f, "tellings", len(tellings), 2)
		equal(f, "in room", tellings[1].Room, "chat:b")
	}},
	{"memory comes in key order, however much there is", func(f *fixture) {
		const n = 1203
		var items []feeds.Item
		for i := range n {
			items = append(items, item("dawn", i, "Report "+string(rune('A'+i%26))+time.Duration(i).String(), "text"))
		}
		p := poll("dawn", items...)
		must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{p}))
		var b bot.Batch
		for _, fr := range must[[]bot.Fresh](f)(f.FreshItems(f.ctx, n)) {
			b.Placed = append(b.Placed, place(fr.Item, fr.Key, "new"))
		}
		f.ok(f.CommitPlan(f.ctx, b))
		var last int64
		got := 0
		for r, err := range f.Remember(f.ctx, time.Time{}) {
			f.ok(err)
			if r.Key <= last {
				f.Fatalf("key %d after %d", r.Key, last)
			}
			last = r.Key
			got++
		}
		equal(f, "remembered", got, n)
		got = 0
		for range f.Remember(f.ctx, time.Time{}) {
			if got++; got == 700 {
				break
			}
		}
		equal(f, "until the reader had enough", got, 700)
	}},
	{"memory knows what a revision replaced", func(f *fixture) {
		first := f.seed(item("dawn", 1, "Deal worth 4 billion", "Text"))[0]
		second := f.seed(item("dawn", 1, "Deal worth 5 billion", "Text"))[0]
		f.ok(f.CommitPlan(f.ctx, bot.Batch{Placed: []bot.Placed{place(first, 1, "new"), place(second, 1, "update")}}))
		r := f.remember(time.Time{})
		equal(f, "remembered", len(r), 2)
		same(f, "replaced", r[1].Revises.Title, first.Title)
	}},
	{"the last story is remembered for ever", func(f *fixture) {
		equal(f, "before any", must[int64](f)(f.LastStory(f.ctx)), 0)
		items := f.seed(item("dawn", 1, "One", ""), item("dawn", 2, "Two", ""))
		f.ok(f.CommitPlan(f.ctx, bot.Batch{Placed: []bot.Placed{place(items[0], 12, "new"), place(items[1], 5, "new")}}))
		equal(f, "last", must[int64](f)(f.LastStory(f.ctx)), 12)
		must[store.Pruned](f)(f.Prune(f.ctx, t0.AddDate(1, 0, 0)))
		equal(f, "remembered", len(f.remember(time.Time{})), 0)
		equal(f, "last, after pruning", must[int64](f)(f.LastStory(f.ctx)), 12)
	}},
	{"a blob is kept under its name", func(f *fixture) {
		if v := must[[]byte](f)(f.LoadBlob(f.ctx, "words")); v != nil {
			f.Errorf("a blob that nobody saved: %q", v)
		}
		f.ok(f.SaveBlob(f.ctx, "words", []byte("one\x00")))
		f.ok(f.SaveBlob(f.ctx, "other", nil))
		f.ok(f.SaveBlob(f.ctx, "words", []byte("two\x00")))
		equal(f, "blob", string(must[[]byte](f)(f.LoadBlob(f.ctx, "words"))), "two\x00")
		if v := must[[]byte](f)(f.LoadBlob(f.ctx, "other")); v == nil || len(v) > 0 {
			f.Errorf("an empty blob came back as %#v", v)
		}
	}},
}
