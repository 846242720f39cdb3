package starter_test

import (
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/realdata"
	"github.com/tocsin-bot/tocsin/rules"
)

const watch = "libya-pakistan-arms"

func load(t *testing.T) *rules.Rules {
	t.Helper()
	r, err := rules.Load([]string{"rules"}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Warnings) > 0 {
		t.Error(r.Warnings)
	}
	return r
}

func TestTheStarterLoadsAndItsTestsPass(t *testing.T) {
	t.Parallel()
	r := load(t)
	if n := len(r.Watch(watch).Tests); n < 20 {
		t.Errorf("%d tests", n)
	}
}

// The sample newswire knows of each item whether it is about the watch.
func TestTheWatchTellsTheReferenceEventFromItsNearMisses(t *testing.T) {
	t.Parallel()
	set := load(t).Set()
	fires := map[string]int{}
	for _, stage := range newswire.New(newswire.Options{}).Stages() {
		for _, it := range stage.Items {
			item := feeds.Item{ID: it.ID, Feed: it.Feed, Title: it.Title, Text: it.Text, Language: it.Language,
				Published: it.Published, Seen: it.Published}
			matches := set.Match(nil, &item)
			if got := len(matches) > 0; got != it.Match {
				t.Errorf("%s: match is %v, want %v\n%s\n%s", it.Name(), got, it.Match, it.Title, set.Miss(watch, &item))
			}
			if it.Match {
				fires[it.Language]++
			}
			// A feed that only teases, whose page could not be had.
			if item.Text = it.Teaser; item.Text == "" {
				item.Text, _, _ = strings.Cut(it.Text, "\n\n")
			}
			for _, language := range []string{it.Language, ""} {
				item.Language = language
				if got := len(set.Match(nil, &item)) > 0; got != it.Match {
					t.Errorf("%s, teaser in %q: match is %v, want %v\n%s\n%s\n%s", it.Name(), language, got, it.Match, item.Title, item.Text, set.Miss(watch, &item))
				}
			}
		}
	}
	for _, language := range []string{"en", "ar", "ur", "tr", "fr"} {
		if fires[language] == 0 {
			t.Errorf("no telling in %s", language)
		}
	}
}

func TestTheWatchIsSilentOnRealNewsOfBeforeTheEvent(t *testing.T) {
	t.Parallel()
	set := load(t).Set()
	for _, name := range []string{"watch/items.jsonl", "watch/historic-negatives.jsonl"} {
		items := realdata.Lines[struct{ ID, Title, Text string }](t, name)
		for _, it := range items {
			item := feeds.Item{ID: it.ID, Title: it.Title, Text: it.Text, Language: "en"}
			if len(set.Match(nil, &item)) > 0 {
				t.Errorf("%s fires on %s: %s", name, it.ID, it.Title)
			}
		}
		if len(items) < 90 {
			t.Errorf("%s has %d items", name, len(items))
		}
	}
}

func TestTheWatchIsSilentOnSixWeeksOfHeadlines(t *testing.T) {
	t.Parallel()
	set := load(t).Set()
	headlines := realdata.Lines[struct{ T string }](t, "stream/*.jsonl.xz")
	for _, it := range headlines {
		if item := (feeds.Item{Title: it.T}); len(set.Match(nil, &item)) > 0 {
			t.Errorf("fires on %s", it.T)
		}
	}
	if len(headlines) < 50_000 {
		t.Errorf("%d headlines", len(headlines))
	}
}
