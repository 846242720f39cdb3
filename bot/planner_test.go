package bot_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
)

func TestTheBacklogOfAFeedFillsNoLog(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	set := ruleSet(t, wallWatch)
	var log strings.Builder
	planner := bot.NewPlanner(bot.PlannerOptions{Ledger: s, Log: slog.New(slog.NewTextHandler(&log, nil)), Rules: func() *rules.Set { return set }})
	for _, backlog := range []bool{true, false} {
		it := first
		if !backlog {
			it = reworded
		}
		it.Seen = noon
		_, err := s.SavePolls(t.Context(), []*feeds.Poll{{State: feeds.State{Feed: it.Feed, Polled: noon}, Items: []feeds.Item{it.Item}, First: backlog, Article: feeds.ArticleNever}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := planner.PlanAll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Count(log.String(), "msg=matched") + strings.Count(log.String(), `msg="matched`); got != 1 {
		t.Errorf("one match is news, and %d are logged:\n%s", got, log.String())
	}
}

// noNews is a ledger without fresh items.
type noNews struct{ bot.Ledger }

func (noNews) FreshItems(context.Context, int) ([]bot.Fresh, error) { return nil, nil }

func TestAPlannerThatIdlesGivesBackItsMemoryOnce(t *testing.T) {
	t.Parallel()
	set := ruleSet(t, wallWatch)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		asked := 0
		planner := bot.NewPlanner(bot.PlannerOptions{Ledger: noNews{}, Log: slog.New(slog.DiscardHandler), Rules: func() *rules.Set { asked++; return set }})
		ended := make(chan error)
		go func() { ended <- planner.Run(ctx) }()
		time.Sleep(time.Minute)
		cancel()
		if err := <-ended; err != nil || asked != 1 {
			t.Errorf("the rules were asked for %d times, %v", asked, err)
		}
	})
}
