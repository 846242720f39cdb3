package storetest

import (
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
)

// tell seeds a story of some items of feeds a, b, … and an alert.
func (f *fixture) tell(story int64, watch string, created time.Time, titles ...string) []feeds.Item {
	f.Helper()
	var b bot.Batch
	var all []feeds.Item
	for i, title := range titles {
		it := f.seed(item(string(rune('a'+i)), int(story)*100+i, title, "Text of "+title))[0]
		relation := "new"
		if i > 0 {
			relation = "update"
		}
		b.Placed = append(b.Placed, place(it, story, relation))
		all = append(all, it)
	}
	if watch != "" {
		for i := range b.Placed {
			b.Placed[i].Matches = []bot.Reason{{Watch: watch, Item: b.Placed[i].Item}}
		}
		b.Alerts = []bot.Alert{alert(watch, story, created)}
	}
	f.ok(f.CommitPlan(f.ctx, b))
	return all
}

func storyIDs(lines []bot.StoryLine) []int64 {
	ids := []int64{}
	for _, l := range lines {
		ids = append(ids, l.ID)
	}
	return ids
}

var archiveCases = []testCase{
	{"a message leads to its story", func(f *fixture) {
		f.send(owed(room, 12, bot.KindNew, "new"), t0, "ts1")
		f.send(owed("chat:b", 13, bot.KindNew, "new"), t0, "ts1")
		f.send(owed(room, 12, bot.KindUpdate, "update 2"), t0, "ts2")
		f.send(owed(room, 0, bot.KindAnswer, "answer"), t0, "ts3")
		f.ok(f.Owe(f.ctx, owed(room, 14, bot.KindNew, "new")))
		for receipt, want := range map[string]int64{"ts1": 12, "ts2": 12, "ts3": 0, "": 0, "other": 0} {
			equal(f, "story at "+receipt, must[int64](f)(f.StoryAt(f.ctx, room, receipt)), want)
		}
		equal(f, "story in the other room", must[int64](f)(f.StoryAt(f.ctx, "chat:b", "ts1")), 13)
	}},
	{"a story has all that hangs on it", func(f *fixture) {
		items := f.tell(1, "w", t0, "Haftar meets Munir", "Munir receives Haftar")
		f.tell(2, "v", t0, "Another story")
		f.send(owed(room, 1, bot.KindNew, "new"), t0.Add(2*time.Hour), "r1")
		f.send(owed("chat:b", 1, bot.KindNew, "new"), t0.Add(3*time.Hour), "r2")
		must[bool](f)(f.Receive(f.ctx, event("e")))
		mark := bot.Mark{Story: 1, Room: room, User: "chat:U1", Kind: "handled", Note: "done", Time: t0}
		f.ok(f.Answer(f.ctx, "e", bot.Effects{Marks: []bot.Mark{mark}, Now: t0}))
		s := must[*bot.StoryFile](f)(f.Story(f.ctx, 1))
		same(f, "line", s.StoryLine, bot.StoryLine{ID: 1, Title: "chat:a|1|new", // of the first message that told it
			First: items[0].Time(), Last: items[1].Time(),
			Items: 2, Outlets: 2, Origins: 2, Watches: []string{"w"}, Told: t0.Add(3 * time.Hour)})
		equal(f, "items", len(s.Items), 2)
		same(f, "second item", s.Items[1].Item, items[1])
		same(f, "its place", s.Items[1].Placed.Relation, "update")
		equal(f, "its matches", len(s.Items[1].Placed.Matches), 1)
		same(f, "alerts", s.Alerts, []bot.Alert{alert("w", 1, t0)})
		same(f, "marks", s.Marks, []bot.Mark{mark})
		if s := must[*bot.StoryFile](f)(f.Story(f.ctx, 99)); s != nil {
			f.Errorf("story 99: %v", s)
		}
	}},
	{"outlets and origins are counted once, and those without a name not at all", func(f *fixture) {
		items := f.seed(item("a", 1, "One", ""), item("a", 2, "Two", ""), item("a", 3, "Three", ""))
		var b bot.Batch
		for i, it := range items {
			p := place(it, 1, "new")
			p.Origin = []string{"Reuters", "Reuters", ""}[i]
			b.Placed = append(b.Placed, p)
		}
		f.ok(f.CommitPlan(f.ctx, b))
		s := must[*bot.StoryFile](f)(f.Story(f.ctx, 1))
		equal(f, "outlets", s.Outlets, 1)
		equal(f, "origins", s.Origins, 1)
		equal(f, "items", s.StoryLine.Items, 3)
	}},
	{"stories are told under another", func(f *fixture) {
		for id := int64(1); id <= 3; id++ {
			f.tell(id, "", t0, "Report "+string(rune('A'+id)))
		}
		b := bot.Batch{Alerts: []bot.Alert{alert("w", 3, t0), alert("w", 2, t0), alert("v", 2, t0), alert("w", 1, t0)}}
		for i := range 3 {
			b.Alerts[i].Under = 1
		}
		f.ok(f.CommitPlan(f.ctx, b))
		same(f, "under 1", must[[]int64](f)(f.Under(f.ctx, 1)), []int64{2, 3})
		equal(f, "under 2", len(must[[]int64](f)(f.Under(f.ctx, 2))), 0)
		equal(f, "under none", len(must[[]int64](f)(f.Under(f.ctx, 0))), 0)
		equal(f, "items of story 1 and those under it", must[*bot.StoryFile](f)(f.Story(f.ctx, 1)).StoryLine.Items, 3)
		equal(f, "items of story 2", must[*bot.StoryFile](f)(f.Story(f.ctx, 2)).StoryLine.Items, 1)
	}},
	{"untold stories of a watch", func(f *fixture) {
		for id := int64(1); id <= 8; id++ {
			watch := "w"
			if id == 8 {
				watch = "other"
			}
			f.tell(id, watch, t0.Add(time.Duration(10-id)*time.Hour), "Report "+string(rune('A'+id)))
		}
		f.send(owed(room, 1, bot.KindNew, "new"), t0, "r1")
		f.send(owed("chat:b", 2, bot.KindNew, "new"), t0, "r2") // told elsewhere
		f.ok(f.Owe(f.ctx, owed(room, 3, bot.KindNew, "new")))   // to be told
		skipped := owed(room, 4, bot.KindNew, "new")
		f.ok(f.Owe(f.ctx, skipped))
		skipped.State = bot.StateSkipped
		f.ok(f.Settle(f.ctx, &skipped))
		under := alert("w", 5, t0) // told in the thread of 1
		under.Under = 1
		f.ok(f.CommitPlan(f.ctx, bot.Batch{Alerts: []bot.Alert{under}}))
		lines := must[[]bot.StoryLine](f)(f.Untold(f.ctx, "w", room, t0.Add(4*time.Hour), t0.Add(9*time.Hour)))
		same(f, "untold, oldest first", storyIDs(lines), []int64{6, 4, 2}) // 7 came before, 1 at the end
		equal(f, "told", lines[0].Told.IsZero(), true)
		same(f, "in the other room", storyIDs(must[[]bot.StoryLine](f)(f.Untold(f.ctx, "w", "chat:b", t0, t0.AddDate(1, 0, 0)))), []int64{7, 6, 5, 4, 3, 1})
	}},
	{"told stories, latest first", func(f *fixture) {
		for id := int64(1); id <= 4; id++ {
			f.tell(id, "w", t0, "Report "+string(rune('A'+id)))
		}
		f.send(owed(room, 2, bot.KindNew, "new"), t0.Add(time.Hour), "r2")
		f.send(owed(room, 1, bot.KindNew, "new"), t0.Add(2*time.Hour), "r1")
		f.send(owed("chat:b", 3, bot.KindNew, "new"), t0.Add(3*time.Hour), "r3")
		f.send(owed("chat:b", 2, bot.KindNew, "new"), t0.Add(4*time.Hour), "r4")
		f.ok(f.Owe(f.ctx, owed(room, 4, bot.KindNew, "new")))
		lines := must[[]bot.StoryLine](f)(f.Told(f.ctx, room, 10))
		same(f, "in the room", storyIDs(lines), []int64{1, 2})
		equal(f, "told", lines[0].Told, t0.Add(2*time.Hour))
		equal(f, "told", lines[1].Told, t0.Add(time.Hour))
		same(f, "anywhere", storyIDs(must[[]bot.StoryLine](f)(f.Told(f.ctx, "", 10))), []int64{2, 3, 1})
		same(f, "limited", storyIDs(must[[]bot.StoryLine](f)(f.Told(f.ctx, "", 1))), []int64{2})
	}},
	{"a message without a receipt that may stand in its room", func(f *fixture) {
		unsettled := func(want bool, when string) {
			f.Helper()
			equal(f, when, must[bool](f)(f.Unsettled(f.ctx, room)), want)
		}
		unsettled(false, "nothing owed")
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new"), ready(room, 0, bot.KindAnswer, "answer"), ready("chat:b", 1, bot.KindNew, "new")))
		unsettled(false, "owed")
		claim := func(key string) *bot.Delivery {
			f.Helper()
			return must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, key, t0, t0.Add(time.Minute)))
		}
		claim("chat:a|0|answer")
		claim("chat:b|1|new")
		unsettled(false, "only an answer is being sent here")
		d := claim("chat:a|1|new")
		unsettled(true, "being sent")
		d.State, d.Repeat, d.NextTry = bot.StateReady, true, t0.Add(time.Hour)
		f.ok(f.Settle(f.ctx, d))
		unsettled(true, "ambiguous")
		d = must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, d.Key, t0.Add(time.Hour), t0.Add(2*time.Hour)))
		d.State, d.Receipt = bot.StateSent, "r1"
		f.ok(f.Settle(f.ctx, d))
		unsettled(false, "sent")
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindEdit, "edit")))
		claim("chat:a|1|edit")
		unsettled(false, "an edit of what has a receipt")
		f.ok(f.Owe(f.ctx, ready(room, 0, bot.KindRollup, "rollup")))
		claim("chat:a|0|rollup")
		unsettled(true, "a roll-up is being sent")
	}},
	{"an item by its URL, with its place", func(f *fixture) {
		items := f.tell(1, "w", t0, "One")
		r := must[*bot.Remembered](f)(f.ItemByURL(f.ctx, items[0].URL))
		same(f, "item", r.Item, items[0])
		equal(f, "story", r.Placed.Story, 1)
		equal(f, "matches", len(r.Placed.Matches), 1)
		unplaced := f.seed(item("z", 1, "Unplaced", ""))[0]
		r = must[*bot.Remembered](f)(f.ItemByURL(f.ctx, unplaced.URL))
		same(f, "no place", r.Placed, bot.Placed{})
	}},
	{"an item by its URL", func(f *fixture) {
		one, two := item("a", 1, "One", ""), item("a", 2, "Two", "")
		one.URL, two.URL = "https://www.a.test/story.php?id=1", "https://www.a.test/story.php?id=2"
		three := item("a", 3, "Three", "")
		three.URL = "http://a.test/2026/Haftar-meets-munir/"
		f.seed(one, two, three, item("a", 4, "Four", ""))
		for url, want := range map[string]string{
			"https://www.a.test/story.php?id=1": "One", "https://www.a.test/story.php?id=2": "Two",
			"https://a.test/2026/Haftar-meets-munir?utm_source=x#top": "Three", "http://A.test/2026/Haftar-meets-munir": "Three",
			"a.test/2026/Haftar-meets-munir/": "Three", "https://b.test/2026/Haftar-meets-munir": "", "": "", "://": "", "%zz": "", "https://a.test/": "",
		} {
			r := must[*bot.Remembered](f)(f.ItemByURL(f.ctx, url))
			got := ""
			if r != nil {
				got = r.Title
			}
			equal(f, "item at "+url, got, want)
		}
	}},
	{"items since a time in key order", func(f *fixture) {
		f.seed(item("a", 1, "One", ""), item("a", 60, "Two", ""), item("a", 120, "Three", ""))
		var got []string
		for it, err := range f.Items(f.ctx, t0.Add(time.Hour)) {
			f.ok(err)
			got = append(got, it.Title)
		}
		same(f, "items", got, []string{"Two", "Three"})
	}},
	{"counts by watch", func(f *fixture) {
		f.tell(1, "w", t0, "One", "Two")
		f.tell(2, "w", t0.Add(5*time.Hour), "Three")
		f.tell(3, "v", t0.Add(-time.Hour), "Four")
		counts := must[map[string]bot.WatchCount](f)(f.WatchCounts(f.ctx, t0))
		same(f, "counts", counts, map[string]bot.WatchCount{
			"w": {Items: 3, Stories: 2, Last: t0.Add(5 * time.Hour)},
			"v": {Items: 1, Stories: 0, Last: counts["v"].Last},
		})
		equal(f, "counts in the future", len(must[map[string]bot.WatchCount](f)(f.WatchCounts(f.ctx, t0.AddDate(1, 0, 0)))), 0)
	}},
	{"the figures of status", func(f *fixture) {
		c := must[bot.Counts](f)(f.Counts(f.ctx, t0))
		equal(f, "size is known", c.SizeBytes > 0, true)
		c.SizeBytes = 0
		same(f, "counts of nothing", c, bot.Counts{})
		f.tell(1, "w", t0, "One", "Two")
		f.seed(item("z", 5, "Fresh", ""))
		p := poll("y", item("y", 1, "Waits", ""))
		p.Article = feeds.ArticleAlways
		must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{p}))
		later := owed(room, 2, bot.KindNew, "new")
		later.NextTry = t0.Add(time.Hour)
		f.ok(f.Owe(f.ctx, owed(room, 1, bot.KindNew, "new"), later, ready(room, 3, bot.KindNew, "new"), ready(room, 4, bot.KindNew, "new"), ready(room, 5, bot.KindNew, "new")))
		must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, "chat:a|3|new", t0, t0.Add(time.Minute)))
		f.settle("chat:a|4|new", t0, func(d *bot.Delivery) { d.State = bot.StateParked })
		f.settle("chat:a|5|new", t0, func(d *bot.Delivery) { d.State = bot.StateFailed })
		c = must[bot.Counts](f)(f.Counts(f.ctx, t0))
		c.SizeBytes = 0
		same(f, "counts", c, bot.Counts{Items: 4, Stories: 1, Alerts: 1, Fresh: 1, AwaitingArticle: 1, Due: 1, Sending: 1, Parked: 1, Failed: 1,
			LastItem: c.LastItem, LastAlert: t0, OldestDue: t0})
	}},
}
