package bot_test

import (
	"log/slog"
	"strings"
	"testing"

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
