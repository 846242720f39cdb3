package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/console"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/store"
	"github.com/tocsin-bot/tocsin/story/summary/llm"
)

// appOptions are all that the program is made of, whether they come from tocsin.yaml or from the
// demo.
type appOptions struct {
	Log       *slog.Logger
	Store     *store.Store
	Feeds     []feeds.Feed
	Fetch     feeds.FetchOptions
	Workers   int
	Rules     *rules.Set
	Platforms []bot.Platform
	AdminRoom bot.Room
	Role      func(ctx context.Context, in bot.Incoming) bot.Role
	Roles     func(ctx context.Context, in bot.Incoming) (why string, lines []string)
	RoomsOf   func(ctx context.Context, in bot.Incoming) ([]bot.Room, error)
	Reload    func(ctx context.Context) (string, error)
	Keep      time.Duration
	Backlog   time.Duration // see bot.DelivererOptions
	Patience  time.Duration
	Model     *llm.Engine // writes summaries of watches that ask for it; nil for none

	// Now is the clock of decisions and deliveries. Defaults to time.Now.
	Now func() time.Time
}

// app is the program: the loops of the flow, each reading what the one before has committed.
type app struct {
	appOptions
	rules     atomic.Pointer[rules.Set]
	rejected  atomic.Pointer[string] // why the rule files as they are now were not taken; nil when they were
	idle      string                 // for one question from outside: why nothing is polled
	outlets   map[string]string
	fetcher   *feeds.Fetcher
	poller    *feeds.Poller
	planner   *bot.Planner
	deliverer *bot.Deliverer
	desk      *bot.Desk
}

// newApp wires the program in the order in which news flows through it. It starts nothing.
func newApp(o appOptions) (*app, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &app{appOptions: o, outlets: map[string]string{}, fetcher: feeds.NewFetcher(o.Fetch)}
	a.rules.Store(o.Rules)
	for _, f := range o.Feeds {
		a.outlets[f.Name] = f.OutletName()
	}

	editor := &bot.Editor{Archive: o.Store, Outbox: o.Store, Outlet: a.outlet, Interval: a.budgetInterval,
		Summarize: summarizer(o.Model, func(id string) *rules.Watch { return a.rulebook().Watch(id) }, o.Log)}
	a.deliverer = bot.NewDeliverer(bot.DelivererOptions{
		Outbox: o.Store, Composer: editor, Platforms: o.Platforms, Log: o.Log, AdminRoom: o.AdminRoom, Now: o.Now,
		Backlog: o.Backlog, Patience: o.Patience,
	})
	a.planner = bot.NewPlanner(bot.PlannerOptions{
		Ledger: o.Store, Log: o.Log, Rules: a.rulebook, Wake: a.deliverer.Wake, Now: o.Now,
	})
	a.poller = feeds.NewPoller(o.Store, feeds.PollerOptions{
		Fetcher: a.fetcher, Log: o.Log, Workers: o.Workers, OnFresh: a.planner.Poke,
	})
	if err := a.poller.SetFeeds(o.Feeds); err != nil {
		return nil, err
	}
	a.desk = bot.NewDesk(bot.DeskOptions{
		Inbox: o.Store, Archive: o.Store, Log: o.Log, Rules: a.rulebook, Feeds: a.feedStatus, Article: a.article,
		Outlet: a.outlet, Role: o.Role, Roles: o.Roles, RoomsOf: o.RoomsOf, Wake: a.deliverer.Wake, Reload: o.Reload,
		Resume: a.deliverer.Resume, AdminRoom: o.AdminRoom,
		Troubles: a.troubles, Version: buildVersion(), Now: o.Now,
	})
	return a, nil
}

func (a *app) rulebook() *rules.Set      { return a.rules.Load() }
func (a *app) outlet(feed string) string { return or(a.outlets[feed], feed) }
func or(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// troubles are those that only the program as a whole knows.
func (a *app) troubles() []string {
	var list []string
	if a.idle != "" {
		list = append(list, a.idle)
	}
	if r := a.rejected.Load(); r != nil {
		list = append(list, *r)
	}
	return list
}

func (a *app) budgetInterval(watch string) time.Duration {
	if w := a.rulebook().Watch(watch); w != nil {
		return w.Budget.Per
	}
	return 0
}

// run keeps all loops going until ctx ends or one of them fails for good. leave is called when the
// person at the console leaves.
func (a *app) run(ctx context.Context, leave func()) error {
	defer a.fetcher.Close()
	a.compareClock(ctx)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.poller.Run(ctx) })
	g.Go(func() error { return a.planner.Run(ctx) })
	g.Go(func() error { return a.deliverer.Run(ctx) })
	g.Go(func() error { return a.desk.Run(ctx) })
	g.Go(func() error { a.retain(ctx); return nil })
	g.Go(func() error { trimMemory(ctx, a.Store); return nil })
	g.Go(func() error { a.watchClock(ctx); return nil })
	g.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-a.Store.Taken(): // nothing that we remember holds any more
			return store.ErrTaken
		}
	})
	for _, p := range a.Platforms {
		l, ok := p.(bot.Listener)
		if !ok {
			continue
		}
		g.Go(func() error {
			a.listen(ctx, l, leave)
			return nil
		})
	}
	return g.Wait()
}

// listen hears people until ctx ends. A platform that is lost for good, with a token that was
// revoked say, is tried again less and less often; alerts for the others go on. At the console the
// end of the input is the person who leaves.
func (a *app) listen(ctx context.Context, l bot.Listener, leave func()) {
	for wait := 10 * time.Second; ; wait = min(2*wait, 10*time.Minute) {
		err := l.Listen(ctx, a.desk.Handle)
		switch {
		case ctx.Err() != nil:
			return
		case l.Name() == console.Name:
			if err != nil {
				a.Log.Error("the console is not readable", "err", err)
			}
			leave()
			return
		}
		a.Log.Error("nobody is heard on this platform, trying again", "platform", l.Name(), "next", wait, "err", err)
		a.tellAdmins(bot.Room(l.Name()), fmt.Sprintf("I hear nobody on %s: %v. Alerts go on where they can; `tocsin doctor` says what to do.", l.Name(), err))
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// tellAdmins owes the admins' room a word about a place, once a day.
func (a *app) tellAdmins(about bot.Room, text string) {
	if a.AdminRoom == "" {
		return
	}
	now := a.Now()
	err := a.Store.Owe(context.Background(), bot.Delivery{
		Key:  fmt.Sprintf("notice|%s|unheard|%s", about, now.UTC().Format(time.DateOnly)),
		Room: a.AdminRoom, Kind: bot.KindNotice, State: bot.StateReady, Created: now, NextTry: now,
		Message: &bot.Message{Title: "Tocsin needs a hand", Blocks: []bot.Block{bot.Para(bot.Text(text))}},
	})
	if err != nil {
		a.Log.Error("admins not told", "err", err)
	}
	a.deliverer.Wake()
}

// once polls every feed, plans what is fresh, delivers what is due now, and deletes what is old.
func (a *app) once(ctx context.Context) ([]feeds.Outcome, error) {
	defer a.fetcher.Close()
	a.compareClock(ctx)
	outcomes, err := a.poller.PollAll(ctx)
	if err != nil {
		return outcomes, err
	}
	if err := a.settle(ctx); err != nil {
		return outcomes, err
	}
	return outcomes, a.prune(ctx)
}

// settle plans and delivers until nothing is due.
func (a *app) settle(ctx context.Context) error {
	if _, err := a.planner.PlanAll(ctx); err != nil {
		return err
	}
	if err := a.desk.AnswerAll(ctx); err != nil {
		return err
	}
	if err := a.deliverer.Drain(ctx); err != nil {
		return err
	}
	return a.planner.Close(ctx)
}

// retain prunes after every hour in which the clock went as it should: one that was wrong, as it is on
// some machines until they have asked for the time, would make everything old.
func (a *app) retain(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	clock := a.newDrift()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if clock.look() != 0 {
			clock = a.newDrift()
			continue
		}
		if err := a.prune(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error("old items not deleted", "err", err)
		}
	}
}

// prune deletes what is older than Keep.
func (a *app) prune(ctx context.Context) error {
	if a.Keep <= 0 {
		return nil
	}
	gone, err := a.Store.Prune(ctx, a.Now().Add(-a.Keep))
	if gone.Items > 0 {
		a.Log.Info("old items deleted", "items", gone.Items, "stories", gone.Stories)
	}
	return err
}

func (a *app) feedStatus(ctx context.Context) ([]bot.FeedStatus, error) {
	states, err := a.Store.States(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]bot.FeedStatus, len(a.Feeds))
	for i, f := range a.Feeds {
		out[i] = bot.FeedStatus{Feed: f, State: states[f.Name]}
	}
	return out, nil
}

// article fetches a page for the command `test`.
func (a *app) article(ctx context.Context, url string) (*feeds.Item, error) {
	resp, err := a.fetcher.Fetch(ctx, feeds.Request{URL: url, MaxBytes: 4 << 20})
	if err != nil {
		return nil, err
	}
	article, err := feeds.Extract(feeds.UTF8(resp.Body, resp.ContentType), resp.URL)
	if err != nil {
		return nil, err
	}
	return &feeds.Item{ID: url, URL: url, Title: article.Title, Text: article.Text, Language: article.Language,
		Published: article.Published, Seen: a.Now().UTC()}, nil
}
