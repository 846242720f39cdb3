package rules

import (
	"strings"
	"testing"
)

const design = `# rules/libya.yaml
lists:                                   # named term lists; a list may use another, @country.LY is built in
  arms-deal: ["arms deal", "defence deal"~3, "weapons contract", near(jets, sale, 6)]
  haftar: [Haftar, Hifter]
watches:
  - id: libya-pakistan-arms              # stable name: chat, logs, metrics, tests
    title: Libya–Pakistan arms deal
    match: '(@country.LY OR @haftar) AND @country.PK AND @arms-deal'
    priority: high
    notify: ["slack:#libya-desk", "matrix:!desk:example.org", console]
    tests:
      - {title: "Pakistan wins Libya T20", expect: no match}
`

func TestTheExampleOfTheDesignLoads(t *testing.T) {
	t.Parallel()
	r, err := Parse("rules/libya.yaml", []byte(design), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, q := range r.Lists["arms-deal"] {
		list = append(list, q.String())
	}
	if got, want := strings.Join(list, " | "), `"arms deal" | "defence deal"~3 | "weapons contract" | near(jets, sale, 6)`; got != want {
		t.Errorf("the list is %s", got)
	}
	w := r.Watch("libya-pakistan-arms")
	if w == nil || w.Title != "Libya–Pakistan arms deal" || w.Priority.Default != High || len(w.Notify) != 3 || len(w.Tests) != 1 {
		t.Fatalf("the watch is %+v", w)
	}
	if len(r.Warnings) > 0 {
		t.Error(r.Warnings)
	}
}

func TestTermsOfListsAreReadAsInQueries(t *testing.T) {
	t.Parallel()
	in := `lists:
  flow: [arms, arms deal, "arms deal", 'arms deal', '"arms deal"~3', "arms deal"~3, @block, arms*, ^US, ="arms deals", /ba[dr],?/, Al-Qaeda, N'Djamena, title:jets, يد بيد] # a comment, with "quotes"
  block:
    - near(jets, sale, 6)   # another, comment
    - "weapons contract"~2
    - 'it''s'
    - JF-17
    - (a OR b) AND c
  lines: [one, "two three"~2,
    near(four, five, 3), "six",
    seven]
  single: '@flow OR @lines'
  "NO": [010, 12:30]
  empty: []
watches:
  - {id: x, match: '@flow @block @lines @single @NO'}
`
	r, err := Parse("r.yaml", []byte(in), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"flow": `arms | "arms deal" | "arms deal" | "arms deal" | "arms deal"~3 | "arms deal"~3 | @block | arms* | ^US | ` +
			`="arms deals" | /ba[dr],?/ | "Al-Qaeda" | N'Djamena | title:jets | "يد بيد"`,
		"block":  `near(jets, sale, 6) | "weapons contract"~2 | it's | "JF-17" | (a OR b) AND c`,
		"lines":  `one | "two three"~2 | near(four, five, 3) | six | seven`,
		"single": `@flow OR @lines`,
		"NO":     `010 | 12:30`,
		"empty":  ``,
	} {
		var list []string
		for _, q := range r.Lists[name] {
			list = append(list, q.String())
		}
		if got := strings.Join(list, " | "); got != want {
			t.Errorf("%s is\n%s, want\n%s", name, got, want)
		}
	}
}

func TestQueriesAreReadAsWritten(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		`"arms deal" AND libya`:       `"arms deal" AND libya`,
		`@country.LY AND "x y"~3 # c`: `@country.LY AND "x y"~3`,
		`'@country.LY AND arms'`:      `@country.LY AND arms`,
		`"libya AND arms"`:            `libya AND arms`,
		`"arms" AND (a OR b)`:         `"arms" AND (a OR b)`,
		`libya AND "arms deal"`:       `libya AND "arms deal"`,
		`/a#b/ AND title:x`:           `/a#b/ AND title:x`,
		"@country.LY AND\n    arms":   `@country.LY AND arms`,
		"|\n    \"a b\" AND\n    c":   `"a b" AND c`,
		">-\n    @country.LY\n    c":  `@country.LY AND c`,
		`near(a, b, 3)`:               `near(a, b, 3)`,
	} {
		in := "watches:\n- id: a\n  match: " + written + "\n  description: |\n    match: \"x\" y\n"
		r, err := Parse("r.yaml", []byte(in), Options{})
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		if w := r.Watch("a"); w.Query.String() != want || w.Description != "match: \"x\" y\n" {
			t.Errorf("%s is %s, want %s (%q)", written, w.Query, want, w.Description)
		}
	}
}

// Every row is a rule file and everything that is wrong with it.
var brokenRules = []struct{ name, in, want string }{
	{"no watches", "lists: {a: [b]}\n", "r.yaml: there is no watch (rules without a watch would silence everything; `tocsin init` writes an example)"},
	{"empty watches", "watches: []\n", "r.yaml: there is no watch (rules without a watch would silence everything; `tocsin init` writes an example)"},
	{"missing keys", "watches:\n- title: x\n", "r.yaml:2:3: id is missing\nr.yaml:2:3: match is missing"},
	{"unknown key", "watches:\n- {id: a, match: b, notfy: [console]}\n", `r.yaml:2:21: unknown key "notfy" (did you mean notify?)`},
	{"bad id", "watches:\n- {id: Libya Arms, match: b}\n", `r.yaml:2:8: "Libya Arms" cannot be the id of a watch (ids are made of a-z, 0-9, - . and _, at most 64: libya-arms)`},
	{"twice", "watches:\n- {id: a, match: b}\n- {id: a, match: '@c'}\n", "r.yaml:3:8: the watch a is defined twice (first at r.yaml:2:8)\nr.yaml:3:19: no list is called @c (define it under lists:, or as an entity)"},
	{"control character", "watches:\n- id: a\n  match: -arms\x00\n", "r.yaml:3:15: the file holds a NUL byte (is it UTF-16 or no text at all? save it as UTF-8)"},
	{"control character in a list", "lists:\n  a: [\"b\"~3\x10]\nwatches:\n- {id: a, match: '@a'}\n", "r.yaml:2:12: the control character U+0010 has no place in a text file (delete it)"},
	{"query", "watches:\n- id: a\n  match: 'libya AND (arms OR'\n", `r.yaml:3:29: expected a word, a phrase, a list or a parenthesis, found end of query`},
	{"query in a block", "watches:\n- id: a\n  match: |\n    libya AND\n    foo:bar\n", "r.yaml:5:5: expected a field: title, lead, body, author, tag, source, url or lang, found \"foo:\" (put the word in quotes if the colon belongs to it)"},
	{"unknown list", "lists: {arms-deal: [x]}\nwatches:\n- {id: a, match: 'libya @arms-dael'}\n", `r.yaml:3:25: no list is called @arms-dael (did you mean @arms-deal?)`},
	{"unknown list in a list", "lists: {a: [b, @c]}\nwatches:\n- {id: a, match: '@a'}\n", `r.yaml:1:16: no list is called @c (did you mean @a?)`},
	{"unknown country", "watches:\n- {id: a, match: '@country.ly @country.XX @country.Libya'}\n",
		"r.yaml:2:19: no country has the code \"ly\" (write @country.LY)\nr.yaml:2:31: no country has the code \"XX\" (codes are those of ISO 3166: LY, PK, TR)\nr.yaml:2:43: no country has the code \"Libya\" (write @country.LY)"},
	{"circle", "lists: {a: [@b], b: [@c], c: [@a]}\nwatches:\n- {id: a, match: '@a'}\n", `r.yaml:1:9: lists use each other in a circle: @a → @b → @c → @a (take one of them out of the other)`},
	{"list defined twice", "lists: {a: [b]}\nentities: {a: {names: [b]}}\nwatches:\n- {id: a, match: '@a'}\n", `r.yaml:2:12: @a is defined twice (first at r.yaml:1:9)`},
	{"list name", "lists: {'a b': [b], country.LY: [x]}\nwatches:\n- {id: a, match: b}\n", "r.yaml:1:9: \"a b\" cannot be the name of a list (names are made of letters, digits, - and _)\nr.yaml:1:21: @country.LY is built in (give the list another name)"},
	{"empty term", "lists: {a: ['', x]}\nwatches:\n- {id: a, match: '@a'}\n", `r.yaml:1:13: an empty term would match everything (write a word or delete the entry)`},
	{"query as written", "watches:\n- id: a\n  match: \"ليبيا\" AND @nosuch AND \"x y\"~3 # why\n", "r.yaml:3:22: no list is called @nosuch (define it under lists:, or as an entity)"},
	{"query as written that does not parse", "watches:\n- id: a\n  match: \"ليبيا\" AND \"x\"~0 # why\n", "r.yaml:3:25: expected a number of words from 1 to 1000 after ~, found \"~0\""},
	{"term that does not parse", "lists: {a: [b, near(x), \"c d\"~0]}\nwatches:\n- {id: a, match: '@a'}\n",
		"r.yaml:1:16: expected near(a, b, 10): at least two words, phrases or lists, found one operand\nr.yaml:1:30: expected a number of words from 1 to 1000 after ~, found \"~0\""},
	{"entity without names", "entities: {a: {with: [x]}}\nwatches:\n- {id: a, match: b}\n", `r.yaml:1:12: the entity a has no names (names: [Haftar, Hifter, حفتر])`},
	{"room", "watches:\n- {id: a, match: b, notify: ['#desk', console]}\n", `r.yaml:2:30: "#desk" is not a room (write "slack:#desk", "matrix:!id:server" or console)`},
	{"language", "watches:\n- {id: a, match: b, languages: [english!]}\n", `r.yaml:2:33: "english!" is not a language tag (write en, ar or pt-BR)`},
	{"regex", "watches:\n- {id: a, match: '/(x{1000}){1000}/'}\n- {id: b, match: '/a(/'}\n",
		"r.yaml:2:19: expected a regular expression that RE2 takes, found \"/(x{1000}){1000}/\" (invalid repeat count: `{1000}`)\nr.yaml:3:19: expected a regular expression that RE2 takes, found \"/a(/\" (missing closing ): `a(`)"},
	{"single quote not closed", "watches:\n- id: a\n  match: '@country.LY AND arms\n- id: b\n  match: 'arms deal' AND libya\n",
		"r.yaml:3:10: the query begins with a single quote that does not end with it (close the ' at the end of the line, or leave it out; a phrase stands in double quotes: \"arms deal\")\n" +
			"r.yaml:5:10: the query begins with a single quote that does not end with it (close the ' at the end of the line, or leave it out; a phrase stands in double quotes: \"arms deal\")"},
	{"room that is a comment", "watches:\n- id: a\n  match: b\n  notify:\n  - slack: #desk\n", `r.yaml:5:5: expected a single value, found a map (text that holds ": " or " #" stands in quotes)`},
	{"watch without id", "watches:\n- match: b\n  tests:\n  - {title: b, expect: match}\n", "r.yaml:2:3: id is missing"},
	{"test that fails", "watches:\n- id: a\n  match: libya and \"arms deal\"\n  tests:\n  - {title: Libya and arms, expect: match}\n  - {title: Libya, expect: match}\n",
		"r.yaml:2:3: a looks for the word \"and\" (operators are written in capitals: AND)\n" +
			"r.yaml:5:5: the test \"Libya and arms\" of a fails: expected match, found no match; \"arms deal\": not found; only arms is there (`tocsin rules test` shows it in full)\n" +
			"r.yaml:6:5: the test \"Libya\" of a fails: expected match, found no match; and: not found; \"arms deal\": not found (`tocsin rules test` shows it in full)"},
	{"wait without unit", "watches:\n- {id: a, match: b, wait: 10}\n", `r.yaml:2:27: the duration "10" has no unit (write 10m for minutes, 10s for seconds, 10h for hours, 10d for days)`},
	{"tests", `watches:
- id: a
  match: b
  tests:
  - {title: b}
  - {title: b, expect: maybe}
  - {expect: match}
  - {title: b, expect: no match, evidence: [b]}
  - {title: b, roles: {b: headline}}
  - {title: b, expect: match, watch: c}
  - {file: nowhere.jsonl, expect: match}
  - {title: b, expect: match, now: yesterday}
  - {title: b, items: [{title: c}], expect: match}
tests:
- {title: b, expect: match}
- {title: b, expect: match, watch: aa}
`, `r.yaml:5:5: the test expects nothing (expect: match, or expect: no match)
r.yaml:6:24: "maybe" cannot be expected (write match or no match)
r.yaml:7:5: the test has no item (title: …, text: …)
r.yaml:8:5: what does not match has no evidence, roles or priority (leave them out)
r.yaml:9:5: b: no role is called "headline" (title, lead, body or background)
r.yaml:10:38: the test stands beside another watch (leave the key watch out)
r.yaml:11:12: stat nowhere.jsonl: no such file or directory (a file of items has one JSON object a line, as ` + "`tocsin parse`" + ` prints them)
r.yaml:12:36: "yesterday" is not a date or time (write 2026-03-31 or 2026-03-31T09:00:00Z)
r.yaml:13:5: the test has an item in more than one place (keep one of title and text, items, file)
r.yaml:15:3: the test names no watch (watch: ID)
r.yaml:16:36: no watch is called "aa" (did you mean a?)`},
	{"failing test", "watches:\n- id: a\n  match: libya AND arms\n  tests:\n  - {title: Libya, expect: match}\n  - {title: Libyan arm, expect: no match}\n",
		"r.yaml:5:5: the test \"Libya\" of a fails: expected match, found no match; arms: not found (`tocsin rules test` shows it in full)"},
}

func TestEveryProblemOfARuleFileIsNamedAtItsPlace(t *testing.T) {
	t.Parallel()
	for _, tt := range brokenRules {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := Parse("r.yaml", []byte(tt.in), Options{})
			if err == nil {
				t.Fatal("it loads")
			}
			if r != nil {
				t.Error("rules in spite of problems")
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}
