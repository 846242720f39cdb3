package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLintTellsWhatIsProbablyNotMeant(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"fine", "watches:\n- {id: a, match: libya AND arms, notify: [console]}\n", ""},
		{"nearness as elsewhere", "watches:\n- {id: a, match: jets NEAR/5 sale}\n", "r.yaml:2:3: a looks for the word \"NEAR/5\" (nearness is written near(a, b, 5))"},
		{"list without @", "lists: {arms-deal: [jets]}\nwatches:\n- {id: a, match: arms-deal country.LY}\n",
			"r.yaml:3:3: a looks for the word \"arms-deal\" (the list is written @arms-deal)\nr.yaml:3:3: a looks for the word \"country.LY\" (the country is written @country.LY)"},
		{"several terms in one", "lists:\n  a: jets, arms deal\nwatches:\n- {id: a, match: '@a'}\n", "r.yaml:2:6: one entry that holds a comma (for several: [jets, arms deal])"},
		{"operator in small letters", "watches:\n- {id: a, match: libya and arms}\n", "r.yaml:2:3: a looks for the word \"and\" (operators are written in capitals: AND)"},
		{"quotes that are YAML's", "watches:\n- {id: a, match: \"arms deal\"}\n", "r.yaml:2:18: a looks for these words anywhere in an item: the quotes are YAML's (for the words in a row: match: '\"arms deal\"')"},
		{"only excludes", "watches:\n- {id: a, match: NOT cricket, budget: 5/day, notify: [console]}\n", "r.yaml:2:3: a matches almost everything: it only excludes (`tocsin rules backtest` shows how much it would tell)"},
		{"common word", "watches:\n- {id: a, match: minister OR libya, notify: [console]}\n", "r.yaml:2:3: a is met by the word minister alone, which is in a great part of the news (`tocsin rules backtest` shows how much it would tell)"},
		{"common word in a list", "lists: {l: [police]}\nwatches:\n- {id: a, match: '@l'}\n", "r.yaml:3:3: a is met by the word police alone, which is in a great part of the news (`tocsin rules backtest` shows how much it would tell)"},
		{"regex without text", "watches:\n- {id: a, match: '/[0-9]+-[0-9]+/'}\n", "r.yaml:2:3: a is tried on every item: nothing in it can be looked up (add a word that must be there; a few such watches do no harm)"},
		{"twice", "watches:\n- {id: a, match: libya AND arms}\n- {id: b, match: (arms libya)}\n", "r.yaml:3:3: a and b look for the same and tell the same rooms (delete one of them)"},
		{"shadowed", "watches:\n- {id: a, match: libya AND arms AND jets}\n- {id: b, match: arms AND libya}\n", "r.yaml:2:3: a is shadowed: b tells the same rooms of all that it matches (narrow the other, or notify other rooms)"},
		{"other rooms", "watches:\n- {id: a, match: libya AND arms, notify: ['slack:#a']}\n- {id: b, match: libya, notify: ['slack:#b']}\n", ""},
		{"role of no group", "watches:\n- {id: a, match: '@country.LY AND arms', priority: {when: [{role: libya == title, priority: high}, {role: country.LY == title and arms == lead, priority: low}]}}\n",
			`r.yaml:2:3: a: no group of the query is called libya, so "libya == title" never holds (its groups are country.LY, arms)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := Parse("r.yaml", []byte(tt.in), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Warnings.Error(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestEverythingAtOnceWithoutALimitIsRefused(t *testing.T) {
	t.Parallel()
	for _, match := range []string{"NOT cricket", "/.*/", "libya OR /a?/", "age < 1d"} {
		in := fmt.Sprintf("watches:\n- {id: a, match: '%s', notify: [console]}\n", match)
		_, err := Parse("r.yaml", []byte(in), Options{})
		if err == nil || !strings.Contains(err.Error(), "r.yaml:2:3: a matches almost everything") || !strings.Contains(err.Error(), "at once, without a limit") {
			t.Errorf("%s: %v", match, err)
		}
		for _, limit := range []string{"budget: 3/day", "wait: 10m", "notify: []"} {
			in := strings.Replace(strings.Replace(in, "notify: [console]", "notify: [console], "+limit, 1), "notify: [console], notify", "notify", 1)
			r, err := Parse("r.yaml", []byte(in), Options{})
			if err != nil || !strings.Contains(r.Warnings.Error(), "almost everything") {
				t.Errorf("%s: %v", in, err)
			}
		}
	}
}

func TestThousandsOfWatchesLoadQuickly(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("watches:\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "- {id: w%d, match: '@country.LY AND word%d AND other%d'}\n", i, i, i/2)
	}
	begin := time.Now()
	r, err := Parse("r.yaml", []byte(b.String()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Warnings) > 0 {
		t.Error(r.Warnings[0])
	}
	t.Logf("5000 watches in %v", time.Since(begin))
}
