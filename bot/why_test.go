package bot_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
)

// asking gives a function that asks a desk over the paper and gives the answer, or the mistake.
func (p *paper) asking() func(text string) string {
	d := bot.NewDesk(bot.DeskOptions{Inbox: p.store, Archive: p.store, Log: quiet, Now: p.clock.now,
		Outlet: strings.ToUpper, Rules: func() *rules.Set { return p.set }})
	return func(text string) string {
		p.t.Helper()
		reply, _, err := d.Do(p.t.Context(), bot.Incoming{Key: text, Room: "wall:a", User: "U1", Name: "ada", Text: text, Time: p.clock.now()}, bot.Member)
		var user *bot.UserError
		switch {
		case errors.As(err, &user):
			return user.Error()
		case err != nil:
			p.t.Fatal(err)
		}
		return bot.PlainText(reply.Message)
	}
}

func TestWhySaysWhyNothingWasTold(t *testing.T) {
	t.Parallel()
	p := newPaper(t, strings.Replace(wallWatch, "title: Jets,", "title: Jets, min_origins: 2,", 1))
	p.publish(first)
	ask := p.asking()
	const story = "why 2" // the first is what is usual
	if got := ask(story); !strings.Contains(got, "Not told: it waits for 2 independent origins and has 1.") {
		t.Errorf("before the second origin: %s", got)
	}
	p.publish(reworded)
	if got := ask(story); strings.Contains(got, "Not told") {
		t.Errorf("once it was told: %s", got)
	}
}

func TestWhyNamesTheNearestMissesOfWhatNoWatchMatched(t *testing.T) {
	t.Parallel()
	p := newPaper(t, `watches:
  - {id: far, match: "whale AND tide AND reef"}
  - {id: near, match: "council AND mayor AND whale"}
  - {id: also-far, match: "whale AND tide AND atoll"}
  - {id: farthest, match: "whale AND tide AND atoll AND krill"}`)
	got := p.asking()("why 1")
	first, second, _ := strings.Cut(got, "\n✘ ")
	if !strings.Contains(first, "No watch matched it.") || !strings.HasPrefix(second, "near: 2 of 3 parts; missing: whale") {
		t.Errorf("the nearest miss does not lead:\n%s", got)
	}
	if strings.Contains(got, "farthest") || !strings.Contains(got, "1 other watch did not match either.") {
		t.Errorf("more than three are shown:\n%s", got)
	}
}

func TestWhyIsAskedAboutAPage(t *testing.T) {
	t.Parallel()
	p := newPaper(t, wallWatch)
	backlog := report("gazette", "Jets over Libya", "Old jets are seen over Libya.")
	backlog.URL = "https://gazette.example/backlog"
	fresh := report("gazette", "Jets over Libya again", "New jets are seen over Libya.")
	fresh.URL = "https://gazette.example/fresh"
	poll := func(first bool, it bot.Fresh) {
		_, err := p.store.SavePolls(t.Context(), []*feeds.Poll{{State: feeds.State{Feed: "gazette", Polled: p.clock.now()},
			Items: []feeds.Item{it.Item}, First: first, Article: feeds.ArticleNever}})
		if err != nil {
			t.Fatal(err)
		}
	}
	told := first
	told.URL = "https://lantern.example/jets"
	poll(true, backlog)
	p.publish(told)
	poll(false, fresh)
	ask := p.asking()
	if got, want := ask("why "+backlog.URL), "when its feed was first polled, and such items are never told."; !strings.Contains(got, want) {
		t.Errorf("an old item is answered without %q:\n%s", want, got)
	}
	for url, want := range map[string][]string{
		told.URL:                       {"Watch jets (high priority) matched"},
		"<" + told.URL + "?ref=x>":     {"Watch jets (high priority) matched"},
		backlog.URL:                    {"It came in GAZETTE, ", "✔ jets would tell wall:a"},
		fresh.URL:                      {"and waits to be looked at."},
		"https://nowhere.example/page": {"No feed has brought me that page.", "`test https://nowhere.example/page`"},
	} {
		for _, want := range want {
			if got := ask("why " + url); !strings.Contains(got, want) {
				t.Errorf("why %s is answered without %q:\n%s", url, want, got)
			}
		}
	}
}

func TestWordsThatNameNoStoryAreAMistake(t *testing.T) {
	t.Parallel()
	p := newPaper(t, wallWatch)
	p.publish(first)
	ask := p.asking()
	for text, want := range map[string]string{
		"why jets":        "“jets” is no story. `watch jets` tells about the watch.",
		"more please":     "“please” is no story. `more 12` asks about story 12",
		"why #2?":         "Watch jets",
		"why this":        "Watch jets",
		"sources story 2": "Story 2: 1 source",
	} {
		if got := ask(text); !strings.Contains(got, want) {
			t.Errorf("%q is answered without %q:\n%s", text, want, got)
		}
	}
}

func TestMarksReadAsASentence(t *testing.T) {
	t.Parallel()
	p := newPaper(t, wallWatch)
	p.publish(first)
	ask := p.asking()
	for text, want := range map[string]string{
		"noise old news":                  "ada calls story 2 (" + first.Title + ") noise: old news",
		"useful 2":                        "ada calls story 2 (" + first.Title + ") useful",
		"claim":                           "ada is on story 2 (" + first.Title + ")",
		"handled":                         "ada has dealt with story 2 (" + first.Title + ")",
		"mute this 2h because of the tea": ": because of the tea. unmute 2",
		"mute this for 1d because known":  ": known. unmute 2 ends it.",
	} {
		if got := ask(text); !strings.Contains(got, want) {
			t.Errorf("%q is answered %q, without %q", text, got, want)
		}
	}
	if got := ask("latest"); !strings.Contains(got, "`why 2`") && !strings.Contains(got, "why 2") {
		t.Errorf("latest does not say how to ask on:\n%s", got)
	}
}

func TestSourcesListsAReportOnceHoweverOftenItsPublisherChangesIt(t *testing.T) {
	t.Parallel()
	p := newPaper(t, wallWatch)
	p.publish(first)
	p.publish(newFact)
	changed := newFact
	changed.Title = "Libya jets deal worth $700 million, Pakistan says"
	changed.Text = strings.Replace(newFact.Text, "$900 million", "$700 million", 1)
	changed.Published = p.clock.now().Add(-10 * time.Minute)
	p.publish(changed)
	got := p.asking()("sources")
	if n := strings.Count(got, "COURIER"); n != 1 {
		t.Errorf("the changed report is listed %d times:\n%s", n, got)
	}
	for _, want := range []string{"2 sources", changed.Title, "(changed ", "was $900 million"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "$900 million"); n != 2 { // of the headline and of the amount: "was"
		t.Errorf("what was corrected is named %d times:\n%s", n, got)
	}
}

func TestUnderAnAlertOfAStoryThatIsNoLongerKeptNoOtherStoryIsAnswered(t *testing.T) {
	t.Parallel()
	p := newPaper(t, wallWatch)
	p.publish(first)
	old := "id " + p.last().Key
	p.clock.add(100 * 24 * time.Hour)
	p.publish(report("ledger", "Libya shows its new jets", "The jets that Libya showed in Misrata on Friday are trainers of an older make, an officer said. Nobody flew them."))
	if _, err := p.store.Prune(t.Context(), p.clock.now().Add(-90*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	d := bot.NewDesk(bot.DeskOptions{Inbox: p.store, Archive: p.store, Log: quiet, Now: p.clock.now, Rules: func() *rules.Set { return p.set }})
	for _, text := range []string{"why", "sources", "more", "noise"} {
		_, _, err := d.Do(t.Context(), bot.Incoming{Key: text, Room: "wall:a", Thread: old, Text: text, Kind: bot.ByReply, Time: p.clock.now()}, bot.Member)
		if err == nil || !strings.Contains(err.Error(), "is too long ago") {
			t.Errorf("%s gave %v", text, err)
		}
	}
	if got := p.asking()("why"); !strings.Contains(got, "jets") {
		t.Errorf("the newer story gave %s", got)
	}
}
