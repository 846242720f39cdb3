package storetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
)

var pollCases = []testCase{
	{"a feed's state is replaced by each poll", func(f *fixture) {
		want := feeds.State{
			Feed: "dawn", Address: "5f2a", ETag: `W/"1"`, LastModified: "Mon, 02 Mar 2026 09:00:00 GMT",
			BodyHash: "abc", Title: "Dawn", ItemCount: 30, NextDue: t0.Add(time.Minute), Polled: t0, LastGood: t0.Add(-time.Minute),
			LastNew: t0.Add(-time.Hour), Failure: feeds.FailServer, Detail: "the server failed (503)", Failures: 3,
			FailingSince: t0.Add(-time.Second), Moved: "https://new.test/", MovedSeen: 2, Stopped: true, Note: "no item has a date",
		}
		must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{{State: want}, {State: feeds.State{Feed: "bbc", Polled: t0}}}))
		states := must[map[string]feeds.State](f)(f.States(f.ctx))
		equal(f, "states", len(states), 2)
		equal(f, "state", states["dawn"], want)
		want = feeds.State{Feed: "dawn", Address: "77aa", Polled: t0.Add(time.Hour)}
		must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{{State: want}}))
		equal(f, "state", must[map[string]feeds.State](f)(f.States(f.ctx))["dawn"], want)
	}},
	{"of two polls of a feed in one batch the later counts", func(f *fixture) {
		at := func(minute int, etag string) feeds.State {
			now := t0.Add(time.Duration(minute) * time.Minute)
			return feeds.State{Feed: "dawn", ETag: etag, NextDue: now.Add(time.Hour), Polled: now, LastGood: now}
		}
		save := func(want feeds.State, polls ...*feeds.Poll) {
			must[[]feeds.Decision](f)(f.SavePolls(f.ctx, polls))
			equal(f, "state", must[map[string]feeds.State](f)(f.States(f.ctx))["dawn"], want)
		}
		same := func(st feeds.State) *feeds.Poll { return &feeds.Poll{Same: true, State: st} }
		save(at(1, "b"), same(at(0, "a")), &feeds.Poll{State: at(1, "b")})
		save(at(3, "c"), &feeds.Poll{State: at(2, "c")}, same(at(3, "c")))
		save(at(5, "c"), same(at(4, "c")), same(at(5, "c")))
	}},
	{"a batch of any size is stored whole", func(f *fixture) {
		for _, n := range []int{1, 3, 85, 170} {
			var polls []*feeds.Poll
			for i := range n {
				polls = append(polls, &feeds.Poll{Same: true, State: feeds.State{Feed: fmt.Sprint("feed", i), Polled: t0.Add(time.Duration(1000*n+i) * time.Second)}})
			}
			must[[]feeds.Decision](f)(f.SavePolls(f.ctx, polls))
			states := must[map[string]feeds.State](f)(f.States(f.ctx))
			equal(f, "states", len(states), n)
			for _, p := range polls {
				equal(f, p.State.Feed, states[p.State.Feed], p.State)
			}
		}
	}},
	{"no feed was polled", func(f *fixture) {
		equal(f, "states", len(must[map[string]feeds.State](f)(f.States(f.ctx))), 0)
	}},
	{"an item comes back as it was stored", func(f *fixture) {
		it := item("dawn", 1, "Title", "First.\n\nSecond \x00 ü حفتر 🛩.")
		it.Authors, it.Tags = []string{"A. Author"}, []string{"pakistan", "defence"}
		it.Updated = t0.Add(123456 * time.Microsecond)
		it.Enclosures = []feeds.Enclosure{{URL: "https://dawn.test/p.jpg", Type: "image/jpeg"}}
		got := f.seed(it)[0]
		it.Key = got.Key
		same(f, "item", got, it)
	}},
	{"texts come back byte for byte, whatever they hold", func(f *fixture) {
		for i, s := range []string{"a\x00b", "\x00", "bad \xff\xfe utf-8", "\xed\xa0\x80", "\uE0FF", "\uE0FF\"quoted\"", "back\\slash 'quote' \"double\" ? ?1 $1", "\u2028\ufeff\ufffe 🛩"} {
			it := item("feed "+s, i, "Title "+s, s)
			it.ID, it.URL, it.Language = s+"id", "https://a.test/"+s, s
			got := f.seed(it)[0]
			it.Key = got.Key
			if got.Title != it.Title || got.Text != it.Text || got.ID != it.ID || got.URL != it.URL || got.Language != it.Language || got.Feed != it.Feed {
				f.Errorf("got %+v, want %+v", got, it)
			}
			if st := must[map[string]feeds.State](f)(f.States(f.ctx)); st["feed "+s].Feed != "feed "+s {
				f.Errorf("the state of feed %q is gone", s)
			}
			again := must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{poll(it.Feed, it)}))
			equal(f, "known again", again[0].Known, 1)
			room := bot.Room("chat:" + s)
			d := ready(room, int64(1000+i), bot.KindNew, "key "+s)
			d.News, d.Watch, d.Thread, d.To = s, s, s, s
			f.ok(f.Owe(f.ctx, d, d))
			next := must[*bot.Delivery](f)(f.NextDelivery(f.ctx, room, t0))
			if next == nil || next.Key != d.Key || next.Room != d.Room || next.News != s || next.Watch != s || next.Thread != s || next.To != s {
				f.Errorf("got %+v, want %+v", next, d)
			}
			e := event("event " + s)
			must[bool](f)(f.Receive(f.ctx, e))
			equal(f, "received again", must[bool](f)(f.Receive(f.ctx, e)), false)
			m := bot.Mute{Watch: s, Room: room, By: s, Why: s, From: t0, Until: t0.Add(time.Hour)}
			f.ok(f.Answer(f.ctx, e.Key, bot.Effects{Mutes: []bot.Mute{m}, Now: t0}))
			mutes := must[[]bot.Mute](f)(f.ActiveMutes(f.ctx, t0))
			if got := mutes[len(mutes)-1]; got.Watch != s || got.Room != room || got.By != s || got.Why != s {
				f.Errorf("got %+v, want %+v", got, m)
			}
			f.ok(f.SaveBlob(f.ctx, "blob "+s, []byte(s)))
			equal(f, "blob", string(must[[]byte](f)(f.LoadBlob(f.ctx, "blob "+s))), s)
		}
	}},
	{"an item without dates keeps none", func(f *fixture) {
		it := item("dawn", 1, "Title", "Text")
		it.Published, it.Updated = time.Time{}, time.Time{}
		got := f.seed(it)[0]
		if !got.Published.IsZero() || !got.Updated.IsZero() {
			f.Errorf("dates appeared: %v, %v", got.Published, got.Updated)
		}
	}},
	{"the years 1 to 9999 can be stored", func(f *fixture) {
		for i, at := range []time.Time{time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Unix(0, 0).UTC(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)} {
			it := item("dawn", i, fmt.Sprint("Title ", i), "Text")
			it.Published = at
			if got := f.seed(it)[0].Published; got.Sub(at).Abs() > time.Microsecond {
				f.Errorf("published %v came back as %v", at, got)
			}
		}
	}},
	{"keys follow the order of the document", func(f *fixture) {
		items := f.seed(item("dawn", 1, "One", ""), item("dawn", 2, "Two", ""), item("dawn", 3, "Three", ""))
		for i, it := range items {
			if i > 0 && it.Key <= items[i-1].Key {
				f.Errorf("key %d after %d", it.Key, items[i-1].Key)
			}
		}
		equal(f, "last title", items[2].Title, "Three")
	}},
	{"a repeat saves nothing twice", func(f *fixture) {
		p := func() []*feeds.Poll {
			return []*feeds.Poll{poll("dawn", item("dawn", 1, "One", ""), item("dawn", 2, "Two", ""))}
		}
		first := must[[]feeds.Decision](f)(f.SavePolls(f.ctx, p()))
		again := must[[]feeds.Decision](f)(f.SavePolls(f.ctx, p()))
		equal(f, "new at first", first[0].Fresh, 2)
		equal(f, "known then", again[0].Known, 2)
		equal(f, "fresh", len(must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 10))), 2)
	}},
	{"an item is known by two of its three marks", func(f *fixture) {
		f.seed(item("dawn", 1, "One", "Text"))
		for what, change := range map[string]func(*feeds.Item){
			"guid": func(it *feeds.Item) { it.ID = "other" }, "link": func(it *feeds.Item) { it.URL = "https://dawn.test/other-page-1" },
			"date": func(it *feeds.Item) { it.Published = it.Published.AddDate(0, 1, 0) },
		} {
			it := item("dawn", 1, "One", "Text")
			change(&it)
			d := must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{poll("dawn", it)}))
			equal(f, "known with another "+what, d[0].Known, 1)
		}
	}},
	{"feeds do not know each other's items", func(f *fixture) {
		f.seed(item("dawn", 1, "One", "Text"))
		it := item("dawn", 1, "One", "Text")
		it.Feed = "bbc"
		d := must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{poll("bbc", it)}))
		equal(f, "fresh in the other feed", d[0].Fresh, 1)
	}},
	{"the first poll is the baseline", func(f *fixture) {
		p := poll("dawn", item("dawn", 1, "One", ""), item("dawn", 2, "Two", ""))
		p.First, p.Baseline = true, 1
		d := must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{p}))
		equal(f, "baseline", d[0].Baseline, 1)
		fresh := must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 10))
		equal(f, "fresh", len(fresh), 2)
		equal(f, "the older is baseline", fresh[0].Baseline, true)
		equal(f, "the newer is baseline", fresh[1].Baseline, false)
	}},
	{"a changed item is a revision of the version before", func(f *fixture) {
		first := f.seed(item("dawn", 1, "Deal worth 4 billion", "Text"))[0]
		second := f.seed(item("dawn", 1, "Deal worth 5 billion", "Text"))[0]
		equal(f, "second revises", second.Revises, first.Key)
		third := f.seed(item("dawn", 1, "Deal worth 6 billion", "Text"))[0]
		equal(f, "third revises", third.Revises, first.Key)
		fresh := must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 10))
		equal(f, "fresh", len(fresh), 3)
		if fresh[0].Revises != nil {
			f.Error("the first version replaces something")
		}
		same(f, "what the second replaces", fresh[1].Revises.Title, first.Title)
		same(f, "what the third replaces", fresh[2].Revises.Title, second.Title)
		d := must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{poll("dawn", item("dawn", 1, "Deal worth 5 billion", "Text"))}))
		equal(f, "an earlier version again is known", d[0].Known, 1)
	}},
	{"a revision of a baseline item is baseline", func(f *fixture) {
		p := poll("dawn", item("dawn", 1, "Deal worth 4 billion", "Text"))
		p.First = true
		must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{p}))
		f.seed(item("dawn", 1, "Deal worth 5 billion", "Text"))
		for _, fr := range must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 10)) {
			equal(f, fr.Title, fr.Baseline, true)
		}
	}},
	{"an item that waits for its article is read by nobody", func(f *fixture) {
		p := poll("dawn", item("dawn", 1, "One", "teaser"), item("dawn", 2, "Two", "teaser"))
		p.Article = feeds.ArticleAlways
		d := must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{p}))
		equal(f, "waiting", d[0].Waiting, 2)
		equal(f, "fresh", len(must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 10))), 0)
		equal(f, "found", len(must[[]bot.Found](f)(f.Search(f.ctx, "teaser", 10))), 0)
		waiting := must[[]feeds.Item](f)(f.AwaitingArticle(f.ctx, 0, 10))
		equal(f, "awaiting", len(waiting), 2)
		equal(f, "awaiting, limited", len(must[[]feeds.Item](f)(f.AwaitingArticle(f.ctx, 0, 1))), 1)
		after := must[[]feeds.Item](f)(f.AwaitingArticle(f.ctx, waiting[0].Key, 10))
		equal(f, "awaiting after the first", len(after), 1)
		equal(f, "awaiting after the first", after[0].Key, waiting[1].Key)
	}},
	{"an article makes its item fresh, once", func(f *fixture) {
		p := poll("dawn", item("dawn", 1, "One", "teaser"), item("dawn", 2, "Two", "teaser"))
		p.Article = feeds.ArticleAlways
		must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{p}))
		waiting := must[[]feeds.Item](f)(f.AwaitingArticle(f.ctx, 0, 10))
		it := waiting[1]
		it.Text, it.Language, it.Authors, it.Published = "The whole article on helicopters.", "fr", []string{"B"}, t0.Add(-time.Hour)
		f.ok(f.SaveArticles(f.ctx, []feeds.Item{it}))
		late := it
		late.Text = "too late"
		f.ok(f.SaveArticles(f.ctx, []feeds.Item{late}))
		fresh := must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 10))
		equal(f, "fresh", len(fresh), 1)
		same(f, "item", fresh[0].Item, it)
		equal(f, "still awaiting", len(must[[]feeds.Item](f)(f.AwaitingArticle(f.ctx, 0, 10))), 1)
		equal(f, "found", len(must[[]bot.Found](f)(f.Search(f.ctx, "helicopters", 10))), 1)
		f.ok(f.SaveArticles(f.ctx, []feeds.Item{{Key: 4711, Text: "nobody's"}}))
	}},
	{"all polls are saved, or none", func(f *fixture) {
		polls := []*feeds.Poll{poll("dawn", item("dawn", 1, "One", "")), {}} // the second names no feed
		if _, err := f.SavePolls(f.ctx, polls); err == nil {
			f.Fatal("a poll without a feed was saved")
		}
		equal(f, "states", len(must[map[string]feeds.State](f)(f.States(f.ctx))), 0)
		equal(f, "fresh", len(must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 10))), 0)
		f.seed(item("dawn", 1, "One", ""))
	}},
	{"many feeds are saved at the same time", func(f *fixture) {
		var wg sync.WaitGroup
		for n := range 16 {
			wg.Go(func() {
				feed := fmt.Sprint("feed", n)
				for i := range 5 {
					if _, err := f.SavePolls(f.ctx, []*feeds.Poll{poll(feed, item(feed, i, fmt.Sprint("Report ", i), "text"))}); err != nil {
						f.Error(err)
					}
				}
			})
		}
		wg.Wait()
		equal(f, "fresh", len(must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 1000))), 80)
		equal(f, "states", len(must[map[string]feeds.State](f)(f.States(f.ctx))), 16)
	}},
}
