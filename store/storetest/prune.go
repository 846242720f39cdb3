package storetest

import (
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/store"
)

var pruneCases = []testCase{
	{"old stories go, of told ones all but the receipts", func(f *fixture) {
		f.tell(1, "w", t0, "Alpha one", "Alpha two")
		f.tell(2, "w", t0, "Beta one", "Beta two")
		f.tell(3, "w", t0, "Gamma one") // to be told
		f.tell(4, "", t0, "Delta one")
		f.send(owed(room, 2, bot.KindNew, "new"), t0, "r2")
		f.send(owed(room, 2, bot.KindUpdate, "update 9"), t0, "r3")
		f.ok(f.Owe(f.ctx, owed(room, 3, bot.KindNew, "new")))
		fresh := f.seed(item("z", 1, "Alpha fresh", ""))[0]
		done := must[store.Pruned](f)(f.Prune(f.ctx, t0.Add(310*time.Minute)))
		equal(f, "pruned", done, store.Pruned{Stories: 2, Items: 4})
		c := must[bot.Counts](f)(f.Counts(f.ctx, t0))
		equal(f, "items", c.Items, 3)
		equal(f, "stories", c.Stories, 2)
		equal(f, "alerts", c.Alerts, 1)
		for _, id := range []int64{1, 2} {
			if s := must[*bot.StoryFile](f)(f.Story(f.ctx, id)); s != nil {
				f.Errorf("story %d: %v", id, s)
			}
		}
		equal(f, "told", len(must[[]bot.StoryLine](f)(f.Told(f.ctx, room, 10))), 0)
		found := must[[]bot.Found](f)(f.Search(f.ctx, "alpha", 10))
		equal(f, "found", len(found), 1)
		equal(f, "which", found[0].Key, fresh.Key)
		equal(f, "story at", must[int64](f)(f.StoryAt(f.ctx, room, "r2")), 2)
		equal(f, "story at an update", must[int64](f)(f.StoryAt(f.ctx, room, "r3")), 0)
		parent := must[*bot.Delivery](f)(f.Parent(f.ctx, room, 2))
		equal(f, "receipt", parent.Receipt, "r2")
		if parent.Message != nil || parent.Told != nil {
			f.Errorf("the alert keeps its message: %v %v", parent.Message, parent.Told)
		}
		f.ok(f.Owe(f.ctx, owed(room, 2, bot.KindNew, "new"))) // a repeat
		equal(f, "to be told", f.next(room, t0), "chat:a|3|new")
		again := must[store.Pruned](f)(f.Prune(f.ctx, t0.Add(310*time.Minute)))
		equal(f, "pruned again", again, store.Pruned{})
	}},
	{"a told story stays while anything is told of it", func(f *fixture) {
		late := t0.AddDate(1, 0, 0)
		for id, title := range []string{1: "Parked", 2: "Told late", 3: "To be edited", 4: "Above", 5: "Under an open one", 6: "Ended", 7: "Under an ended one"} {
			if id > 0 {
				f.tell(int64(id), "w", t0, title)
				f.send(owed("chat:b", int64(id), bot.KindNew, "new"), t0, "r"+title)
			}
		}
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new")))
		f.settle("chat:a|1|new", t0, func(d *bot.Delivery) { d.State = bot.StateParked })
		f.send(owed(room, 2, bot.KindNew, "new"), late, "r2")
		f.ok(f.Owe(f.ctx, owed("chat:b", 3, bot.KindEdit, "edit 1")))
		goesOn := item("z", 1, "Report of a story that goes on", "")
		goesOn.Seen = late
		it := f.seed(goesOn)[0]
		under := func(story, parent int64) bot.Alert {
			a := alert("w", story, t0)
			a.Under = parent
			return a
		}
		f.ok(f.CommitPlan(f.ctx, bot.Batch{Placed: []bot.Placed{place(it, 8, "new")},
			Alerts: []bot.Alert{under(8, 4), under(5, 8), under(7, 6)}}))
		must[store.Pruned](f)(f.Prune(f.ctx, late))
		var kept []int64
		for id := int64(1); id <= 8; id++ {
			if must[*bot.StoryFile](f)(f.Story(f.ctx, id)) != nil {
				kept = append(kept, id)
			}
		}
		same(f, "kept", kept, []int64{1, 2, 3, 4, 5, 8})
	}},
	{"a key is never given twice", func(f *fixture) {
		items := f.tell(1, "", t0, "Alpha one")
		must[store.Pruned](f)(f.Prune(f.ctx, t0.AddDate(1, 0, 0)))
		if it := f.seed(item("a", 5, "Beta", ""))[0]; it.Key <= items[0].Key {
			f.Errorf("key %d was given again", it.Key)
		}
	}},
	{"an item is known for as long as its feed shows it, though it is gone", func(f *fixture) {
		day := func(n int) time.Time { return t0.AddDate(0, 0, n) }
		show := func(n int, items ...feeds.Item) feeds.Decision {
			p := poll("a", items...)
			p.State.Polled = day(n)
			d := must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{p}))
			var b bot.Batch
			for _, fr := range must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 100)) {
				b.Placed = append(b.Placed, place(fr.Item, fr.Key, "new"))
			}
			f.ok(f.CommitPlan(f.ctx, b))
			return d[0]
		}
		stays, leaves, late := item("a", 1, "It stays", ""), item("a", 2, "It leaves", ""), item("a", 3, "It is late", "")
		equal(f, "new on day 0", show(0, stays, leaves).Fresh, 2)
		// The document does not change for 60 days, so that nobody looks anything up.
		must[store.Pruned](f)(f.Prune(f.ctx, day(30)))
		equal(f, "items", must[bot.Counts](f)(f.Counts(f.ctx, day(60))).Items, 0)
		equal(f, "new on day 60", show(60, stays, late).Fresh, 1)
		must[store.Pruned](f)(f.Prune(f.ctx, day(31)))
		equal(f, "new on day 61, shown until day 59", show(61, stays, leaves, late).Fresh, 0)
		equal(f, "new on day 62", show(62, stays).Fresh, 0)
		equal(f, "new on day 120", show(120, stays).Fresh, 0)
		must[store.Pruned](f)(f.Prune(f.ctx, day(100)))
		equal(f, "forgotten on day 121", show(121, stays, leaves, late).Fresh, 2)
	}},
	{"settled answers, answered events and ended mutes go", func(f *fixture) {
		for _, key := range []string{"e1", "e2"} {
			must[bool](f)(f.Receive(f.ctx, event(key)))
		}
		m := bot.Mute{Watch: "w", By: "chat:U1", From: t0, Until: t0.Add(time.Hour)}
		f.ok(f.Answer(f.ctx, "e1", bot.Effects{Mutes: []bot.Mute{m}, Now: t0}))
		f.send(owed(room, 0, bot.KindAnswer, "one"), t0, "r1")
		f.ok(f.Owe(f.ctx, owed(room, 0, bot.KindAnswer, "two"), ready("chat:b", 0, bot.KindAnswer, "three")))
		f.settle("chat:b|0|three", t0, func(d *bot.Delivery) { d.State = bot.StateParked })
		done := must[store.Pruned](f)(f.Prune(f.ctx, t0.Add(2*time.Hour)))
		equal(f, "pruned", done, store.Pruned{Deliveries: 1, Events: 1})
		equal(f, "received again", must[bool](f)(f.Receive(f.ctx, event("e1"))), true)
		equal(f, "unanswered", len(must[[]bot.Incoming](f)(f.Unanswered(f.ctx, 10))), 2)
		equal(f, "open answer", f.next(room, t0), "chat:a|0|two")
		equal(f, "parked", must[int](f)(f.Unpark(f.ctx, "chat:b", t0)), 1)
	}},
	{"it removes any number", func(f *fixture) {
		var items []feeds.Item
		for i := range 700 {
			items = append(items, item("a", i, "Report "+time.Duration(i).String(), ""))
		}
		var b bot.Batch
		for _, it := range f.seed(items...) {
			b.Placed = append(b.Placed, place(it, it.Key, "new"))
		}
		f.ok(f.CommitPlan(f.ctx, b))
		must[store.Pruned](f)(f.Prune(f.ctx, t0.AddDate(1, 0, 0)))
		c := must[bot.Counts](f)(f.Counts(f.ctx, t0))
		equal(f, "items", c.Items, 0)
		equal(f, "stories", c.Stories, 0)
	}},
}
