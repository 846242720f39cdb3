package rules_test

import (
	"sync"
	"testing"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/rules/query"
)

func compile(t testing.TB, lists query.Lists, watches ...*rules.Watch) *rules.Set {
	t.Helper()
	s, err := rules.Compile(&rules.Rules{Watches: watches, Lists: lists}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func deal() *feeds.Item {
	return &feeds.Item{Feed: "dawn", Language: "en", Title: "Pakistan sells jets to Libya",
		Text: "The arms deal was announced.\n\nIt is large.\n\nIn 2019, Turkey sent drones."}
}

func TestASetFindsItsWatchesWithEvidenceAndPriority(t *testing.T) {
	t.Parallel()
	s := compile(t, query.Lists{"arms": {query.New(&query.Phrase{Text: "arms deal"})}},
		&rules.Watch{ID: "a", Match: "libya pakistan @arms", Priority: rules.PriorityRule{Default: rules.High, When: []rules.PriorityCase{
			{Role: "arms < title", Conds: []rules.RoleCond{{Group: "arms", Op: "<", Role: "title"}}, Priority: rules.Low}}}},
		&rules.Watch{ID: "b", Match: "egypt"},
		&rules.Watch{ID: "c", Match: "-cricket", Feeds: []string{"dawn"}},
		&rules.Watch{ID: "d", Match: "libya", Feeds: []string{"reuters"}},
		&rules.Watch{ID: "e", Match: "libya", Languages: []string{"fr"}},
	)
	got := s.Match(nil, deal())
	if len(got) != 2 || got[0].Watch.ID != "a" || got[1].Watch.ID != "c" {
		t.Fatalf("matches: %+v", got)
	}
	if got[0].Priority != rules.Low || got[0].Reason != "arms < title" || got[0].Roles()["arms"] != "lead" || len(got[0].Groups) != 3 {
		t.Errorf("match: %+v", got[0])
	}
	if n := s.Count(deal()); n != 2 {
		t.Errorf("count: %d", n)
	}
	if always := s.Always(); len(always) != 1 || always[0].ID != "c" {
		t.Errorf("always: %v", always)
	}
}

func TestANearMissIsExplainedInASentence(t *testing.T) {
	t.Parallel()
	s := compile(t, nil,
		&rules.Watch{ID: "a", Match: "libya pakistanis peru"}, &rules.Watch{ID: "b", Match: "libya -jets"},
		&rules.Watch{ID: "c", Match: "libya tag:x source:y", Feeds: []string{"reuters"}}, &rules.Watch{ID: "d", Match: "libya lang:fr"},
		&rules.Watch{ID: "e", Match: "libya", Languages: []string{"fr"}}, &rules.Watch{ID: "f", Match: "libya age < 2h"},
		&rules.Watch{ID: "g", Match: `libya "pakistan river"`})
	for id, want := range map[string]string{
		"a": `1 of 3 parts; missing: pakistanis (closest: “Pakistan” in the title); peru.`,
		"b": `1 of 2 parts; missing: NOT jets (found “jets” in the title).`,
		"c": `It does not look at the feed dawn.`,
		"d": `1 of 2 parts; missing: lang:fr.`,
		"e": `It does not look at items in the language "en".`,
		"f": `1 of 2 parts; missing: age < 2h (the item does not say).`,
		"g": `1 of 2 parts; missing: "pakistan river" (only “Pakistan” is there).`,
		"x": `There is no watch x.`,
	} {
		if got := s.Miss(id, deal()); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

func TestASetIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := compile(t, nil, &rules.Watch{ID: "a", Match: "near(libya, jets, 5) role(libya) = title"}, &rules.Watch{ID: "b", Match: "/dro?nes/"})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if got := s.Match(nil, deal()); len(got) != 2 {
					t.Errorf("%d matches", len(got))
				}
			}
		})
	}
	wg.Wait()
}

func TestMatchingMakesNoGarbage(t *testing.T) {
	s := compile(t, query.Lists{"jets": {query.New(&query.Term{Text: "jets"})}},
		&rules.Watch{ID: "a", Match: `near(libya, @jets, 2) OR "arms deal drones"~9 OR same:sentence(libya, turkey)`},
		&rules.Watch{ID: "b", Match: `atleast(3, libya, pak*, peru) /ruma?nia/`}, &rules.Watch{ID: "c", Match: `lib* -jets -(age < 2d)`})
	it := deal()
	s.Count(it)
	if n := testing.AllocsPerRun(100, func() { s.Count(it) }); n != 0 {
		t.Errorf("%v allocations an item", n)
	}
}

// Not parallel: it counts allocations.
func TestATrimmedSetMatchesAsBefore(t *testing.T) {
	set := compile(t, nil, &rules.Watch{ID: "a", Match: "drones AND NOT cricket"})
	for _, title := range []string{"Drone seized", "Drone stops cricket match", "Drones seen"} {
		it := &feeds.Item{Title: title, Language: "en"}
		before := set.Count(it)
		set.Trim()
		if after := set.Count(it); after != before {
			t.Errorf("%q matches %d watches, then %d", title, before, after)
		}
		if kept, made := testing.AllocsPerRun(10, func() { set.Count(it) }), testing.AllocsPerRun(10, func() { set.Trim(); set.Count(it) }); kept >= 1 || made < 1 {
			t.Errorf("%v allocations are made, and %v after a trim: nothing was given back", kept, made)
		}
	}
}
