// Package storetest answers the question: does a backend keep every promise of the storage
// interfaces? Every backend of package store runs the same suite.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/store"
)

// Backend is all that storage does.
type Backend interface {
	feeds.Store
	bot.Ledger
	bot.Outbox
	bot.Inbox
	bot.Archive
	Prune(ctx context.Context, before time.Time) (store.Pruned, error)
	Close() error
}

// Run holds a backend to every sentence of the interfaces. open gives a new, empty one, and closes
// it at the end of the test.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	for _, group := range []struct {
		name  string
		cases []testCase
	}{
		{"polls", pollCases}, {"ledger", ledgerCases}, {"outbox", outboxCases}, {"inbox", inboxCases},
		{"archive", archiveCases}, {"search", searchCases}, {"prune", pruneCases},
	} {
		for _, c := range group.cases {
			t.Run(group.name+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				c.run(&fixture{T: t, Backend: open(t), ctx: t.Context()})
			})
		}
	}
}

type testCase struct {
	name string
	run  func(*fixture)
}

// fixture is a test with a backend.
type fixture struct {
	*testing.T
	Backend
	ctx context.Context
}

// t0 is when the tests begin.
var t0 = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// must gives the value of a call that may not fail.
func must[T any](f *fixture) func(v T, err error) T {
	return func(v T, err error) T {
		f.Helper()
		f.ok(err)
		return v
	}
}

func equal[T comparable](f *fixture, what string, got, want T) {
	f.Helper()
	if got != want {
		f.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// same compares values of any shape by what they print.
func same(f *fixture, what string, got, want any) {
	f.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		f.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// item makes an item of a feed that differs from all with another n.
func item(feed string, n int, title, text string) feeds.Item {
	return feeds.Item{
		ID: fmt.Sprintf("tag:%s,%d", feed, n), Feed: feed, URL: fmt.Sprintf("https://%s.test/news/report-%d", feed, n),
		Title: title, Text: text, Language: "en", Published: t0.Add(time.Duration(n) * time.Minute), Seen: t0.Add(time.Duration(n)*time.Minute + 30*time.Second),
	}
}

// poll makes a good poll of a feed in which no article is waited for.
func poll(feed string, items ...feeds.Item) *feeds.Poll {
	p := &feeds.Poll{Items: items, Article: feeds.ArticleNever}
	p.State = feeds.State{Feed: feed, Address: "hash of " + feed, Polled: t0, LastGood: t0, NextDue: t0.Add(10 * time.Minute)}
	if len(items) > 0 {
		p.State.Polled = items[len(items)-1].Seen
	}
	return p
}

// seed stores items in one poll of their feed and gives them with their keys.
func (f *fixture) seed(items ...feeds.Item) []feeds.Item {
	f.Helper()
	must[[]feeds.Decision](f)(f.SavePolls(f.ctx, []*feeds.Poll{poll(items[0].Feed, items...)}))
	fresh := must[[]bot.Fresh](f)(f.FreshItems(f.ctx, 1000))
	if len(fresh) < len(items) {
		f.Fatalf("seeded %d items, %d are fresh", len(items), len(fresh))
	}
	var out []feeds.Item
	for _, fr := range fresh[len(fresh)-len(items):] {
		out = append(out, fr.Item)
	}
	return out
}

// place makes a placement of an item.
func place(it feeds.Item, story int64, relation string) bot.Placed {
	return bot.Placed{Item: it.Key, Story: story, Relation: relation, Outlet: it.Feed, Origin: it.Feed, Time: it.Time()}
}

func alert(watch string, story int64, created time.Time) bot.Alert {
	return bot.Alert{Watch: watch, Story: story, Priority: "high", Created: created, Rooms: []bot.Room{"chat:a"},
		Reason: bot.Reason{Watch: watch, Title: "Title of " + watch, Priority: "high"}}
}

// owed makes a delivery that is due at once.
func owed(room bot.Room, story int64, kind bot.DeliveryKind, telling string) bot.Delivery {
	return bot.Delivery{Key: bot.MakeKey(room, story, telling), Room: room, Kind: kind, State: bot.StateDue, Story: story, Created: t0, NextTry: t0}
}

func message(text string) *bot.Message {
	return &bot.Message{Title: text, Blocks: []bot.Block{bot.Para(bot.Text(text))}}
}

// send takes a delivery all the way to sent.
func (f *fixture) send(d bot.Delivery, at time.Time, receipt string) bot.Delivery {
	f.Helper()
	f.ok(f.Owe(f.ctx, d))
	d.Message = message(d.Key)
	f.ok(f.SaveMessage(f.ctx, &d))
	claimed := must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, d.Key, at, at.Add(time.Minute)))
	if claimed == nil {
		f.Fatalf("delivery %s was not there to be claimed", d.Key)
	}
	claimed.State, claimed.Receipt = bot.StateSent, receipt
	f.ok(f.Settle(f.ctx, claimed))
	return *claimed
}
