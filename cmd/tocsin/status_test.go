package main

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
)

func TestStatusTellsThatNothingIsPolledAnyMore(t *testing.T) {
	t.Parallel()
	now := monday.Add(12 * time.Hour)
	polled := func(ago, due time.Duration) bot.FeedStatus {
		return bot.FeedStatus{State: feeds.State{Polled: now.Add(-ago), NextDue: now.Add(due)}}
	}
	gone := polled(48*time.Hour, -47*time.Hour)
	gone.State.Stopped = true
	for name, c := range map[string]struct {
		feeds []bot.FeedStatus
		want  string
	}{
		"a new database":     {[]bot.FeedStatus{{}}, ""},
		"one feed is polled": {[]bot.FeedStatus{polled(3*time.Hour, -2*time.Hour), polled(time.Minute, 9*time.Minute)}, ""},
		"every hour by cron": {[]bot.FeedStatus{polled(50*time.Minute, -40*time.Minute)}, ""},
		"all feeds are gone": {[]bot.FeedStatus{gone}, ""},
		"nothing is polled":  {[]bot.FeedStatus{polled(3*time.Hour, -170*time.Minute), polled(4*time.Hour, -3*time.Hour), gone, {}}, "since 23 Nov 09:00 UTC"},
		"one that backs off": {[]bot.FeedStatus{polled(3*time.Hour, 3*time.Hour), polled(4*time.Hour, -3*time.Hour)}, ""},
	} {
		if got := idle(c.feeds, now); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
