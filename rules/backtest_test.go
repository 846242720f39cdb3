package rules

import (
	"fmt"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

// byTag groups items by their first tag.
type byTag struct {
	learned int
	stories map[string]int64
}

func (g *byTag) Learn(*feeds.Item) { g.learned++ }
func (g *byTag) Place(it *feeds.Item) int64 {
	if g.stories[it.Tags[0]] == 0 {
		g.stories[it.Tags[0]] = int64(len(g.stories) + 1)
	}
	return g.stories[it.Tags[0]]
}

func mustParse(t *testing.T, in string) *Rules {
	t.Helper()
	r, err := Parse("r.yaml", []byte(in), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAStoryIsAsLoudAsItsLoudestItem(t *testing.T) {
	t.Parallel()
	r := mustParse(t, "watches:\n- {id: a, match: libya, priority: {when: [{role: libya == title, priority: high}]}}\n")
	b := NewBacktest(&byTag{stories: map[string]int64{}}, nil, r.Set())
	for _, it := range []feeds.Item{{Title: "x", Text: "Libya.", Tags: []string{"s"}}, {Title: "Libya", Tags: []string{"s"}}, {Title: "y", Text: "Libya.", Tags: []string{"s"}}} {
		b.Add(&it)
	}
	if got := b.Reports(0, 1)[0]; got.Samples[0].Priority != High || got.Priorities[High] != 1 || len(got.Priorities) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestBacktestCountsStoriesNotItems(t *testing.T) {
	t.Parallel()
	before := mustParse(t, "watches:\n- {id: arms, match: libya arms, budget: 1/day}\n- {id: gone, match: nothing here}\n- {id: same, match: cricket}\n")
	after := mustParse(t, "watches:\n- {id: arms, match: libya jets, budget: 1/day}\n- {id: new, match: pakistan, priority: {when: [{role: pakistan == title, priority: high}]}}\n- {id: same, match: cricket}\n")
	g := &byTag{stories: map[string]int64{}}
	b := NewBacktest(g, func(it *feeds.Item) bool { return it.ID == "1" }, before.Set(), after.Set())
	day := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for i, it := range []feeds.Item{
		{Title: "Libya buys arms", Tags: []string{"s1"}},
		{Title: "Libya and arms again", Tags: []string{"s1"}},
		{Title: "Jets and arms for Libya", Tags: []string{"s2"}},
		{Title: "Libya gets jets", Tags: []string{"s3"}},
		{Title: "Pakistan cricket", Tags: []string{"s4"}},
		{Title: "Weather", Tags: []string{"s5"}},
	} {
		it.ID, it.Published = fmt.Sprint(i), day.Add(time.Duration(i)*12*time.Hour)
		b.Add(&it)
	}
	if b.Items() != 6 || b.Days() != 2.5 || g.learned != 1 {
		t.Errorf("%d items over %v days, %d learned", b.Items(), b.Days(), g.learned)
	}
	was := b.Reports(0, 5)
	if r := was[0]; r.Watch != "arms" || r.Items != 3 || r.Stories != 2 || r.PerDay != 0.8 || r.MostADay != 1 || r.OverBudget != 0 ||
		len(r.Samples) != 2 || r.Samples[0].Items != 2 || r.Samples[0].Title != "Libya buys arms" || !r.Samples[0].Good {
		t.Errorf("before: %+v", r)
	}
	if r := was[1]; r.Watch != "gone" || r.Items != 0 || len(r.Samples) != 0 {
		t.Errorf("before: %+v", r)
	}
	is := b.Reports(1, 5)
	if r := is[0]; r.Stories != 2 || r.MostADay != 2 || r.OverBudget != 1 {
		t.Errorf("after: %+v", r)
	}
	if r := is[1]; r.Watch != "new" || r.Priorities[High] != 1 {
		t.Errorf("after: %+v", r)
	}
	diffs := b.Diffs(5)
	if len(diffs) != 3 {
		t.Fatalf("%d differences: %+v", len(diffs), diffs)
	}
	if d := diffs[0]; d.Watch != "arms" || d.GainedN != 1 || d.Gained[0].ID != "3" || d.LostN != 1 || d.Lost[0].ID != "0" || len(d.LostGood) != 1 || !d.OverBudget {
		t.Errorf("arms: %+v", d)
	}
	if d := diffs[1]; d.Watch != "gone" || d.After != nil {
		t.Errorf("gone: %+v", d)
	}
	if d := diffs[2]; d.Watch != "new" || d.Before != nil || d.GainedN != 1 {
		t.Errorf("new: %+v", d)
	}
}
