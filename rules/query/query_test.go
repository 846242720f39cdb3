package query_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules/query"
)

func mustParse(t testing.TB, src string) *query.Query {
	t.Helper()
	q, err := query.Parse(src)
	if err != nil {
		t.Fatalf("parse %s: %v", src, err)
	}
	return q
}

func mustCompile(t testing.TB, src string, lists query.Lists) *query.Compiled {
	t.Helper()
	c, err := query.Compile(mustParse(t, src), lists)
	if err != nil {
		t.Fatalf("compile %s: %v", src, err)
	}
	return c
}

func TestQueriesArePrintedAsTheyAreRead(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`libya`:                                 `libya`,
		`libya pakistan`:                        `libya AND pakistan`,
		`libya AND (pakistan OR "arms deal"~3)`: `libya AND (pakistan OR "arms deal"~3)`,
		`a b OR c`:                              `(a AND b) OR c`,
		`-cricket libya`:                        `NOT cricket AND libya`,
		`NOT NOT x`:                             `x`,
		`near(jets,sale,6)`:                     `near(jets, sale, 6)`,
		`near(boeing, "737")`:                   `near(boeing, "737", 10)`,
		`near("a b", @c)`:                       `near("a b", @c, 10)`,
		`same:sentence(a, b OR c)`:              `same:sentence(a, b OR c)`,
		`same:paragraph(a,b)`:                   `same:paragraph(a, b)`,
		`atleast(2, a, b, c)`:                   `atleast(2, a, b, c)`,
		`arm* Ben?hazi`:                         `arm* AND Ben?hazi`,
		`/jf-?17/ ^/JF/`:                        `/jf-?17/ AND ^/JF/`,
		`/a\/b/`:                                `/a\/b/`,
		`title:libya lead:(a OR b)`:             `title:libya AND lead:(a OR b)`,
		`text:"x y" lang:en`:                    `body:"x y" AND lang:en`,
		`age<48h length>200`:                    `age < 2d AND length > 200 words`,
		`role(@libya)>=lead`:                    `role(@libya) >= lead`,
		`=deals ="arms deals" ^US`:              `=deals AND ="arms deals" AND ^US`,
		`“curly quotes” „low“ «angle»`:          `"curly quotes" AND "low" AND "angle"`,
		`"say \"x\""`:                           `"say \"x\""`,
		`10,000 troops`:                         `10,000 AND troops`,
		`near(10,000, troops)`:                  `near(10,000, troops, 10)`,
		`age old length`:                        `age AND old AND length`,
		`(((a)))`:                               `a`,
		`-(a b)`:                                `NOT (a AND b)`,
		`@country.LY.`:                          `@country.LY`,
		`Libya–Pakistan O'Brien`:                `Libya–Pakistan AND O'Brien`,
	} {
		q, err := query.Parse(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := q.String(); got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
		again, err := query.Parse(q.String())
		if err != nil || !again.Equal(q) {
			t.Errorf("%s does not come back from %s: %v", src, q, err)
		}
	}
}

func TestSyntaxErrorsSayWhereAndWhatWasExpected(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		``:                  `offset 0: expected a query, found nothing (a query that is empty would match everything)`,
		`a AND`:             `offset 5: expected a word, a phrase, a list or a parenthesis, found end of query`,
		`(a`:                `offset 2: expected ), found end of query (the parenthesis of (a is not closed)`,
		`a)`:                `offset 1: expected the end of the query or another word, found ")" (there is one ) too many, or a ( is missing before it)`,
		`"a`:                `offset 0: expected a closing quotation mark, found end of query (the phrase that begins here is never closed)`,
		`""`:                `offset 0: expected a phrase with a word in it, found "\"\"" (an empty phrase would match everything)`,
		`x titel:y`:         `offset 2: expected a field: title, lead, body, author, tag, source, url or lang, found "titel:" (did you mean title:?)`,
		`language:en`:       `offset 0: expected a field: title, lead, body, author, tag, source, url or lang, found "language:" (did you mean lang:?)`,
		`/(/`:               `offset 0: expected a regular expression that RE2 takes, found "/(/" (missing closing ): ` + "`(`)",
		`/(x{1000}){1000}/`: `offset 0: expected a regular expression that RE2 takes, found "/(x{1000}){1000}/" (invalid repeat count: ` + "`{1000}`)",
		`*`:                 `offset 0: expected at least two letters beside * and ?, found "*" (this would be met by almost every item)`,
		`near(a)`:           `offset 0: expected near(a, b, 10): at least two words, phrases or lists, found one operand`,
		`near(a, lang:en)`:  `offset 8: expected words, phrases and lists in near(…), found lang:en (join the condition with AND outside of near)`,
		`near(a, 5)`:        `offset 8: expected a second word, phrase or list before the distance, found 5 (near(a, b, 5); the number itself is "5", in quotes)`,
		`near(a, b, 5000)`:  `offset 11: expected a distance of 1 to 1000 words, found 5000`,
		`atleast(4, a, b)`:  `offset 8: expected a number from 1 to 2, as many as there are operands, found 4`,
		`atleast(a, b)`:     `offset 8: expected a number first: atleast(2, a, b, c), found a`,
		`role(a)`:           `offset 7: expected a comparison after role(…) (role(@libya) >= lead)`,
		`role(a) >= middle`: `offset 11: expected title, lead, body or background, found "middle"`,
		`role(-a) = lead`:   `offset 5: expected words, phrases and lists in role(…), found NOT a (join the condition with AND outside of role)`,
		`age < 48`:          `offset 6: expected a duration such as 30m, 48h or 7d, found "48" (a number needs its unit: m, h, d or w)`,
		`lang:"english !"`:  `offset 0: expected a language tag such as en or pt-BR, found "\"english !\"" (lang:(en OR fr) takes several)`,
		"a \xff":            `offset 2: expected valid UTF-8, found byte 0xff`,
		`OR a`:              `offset 0: expected a word, a phrase, a list or a parenthesis, found "OR" (OR needs something on both sides; put it in quotes to look for the word itself)`,
		`@`:                 `offset 0: expected the name of a list after @, found @ (names are made of letters, digits, - _ and .)`,
		`… —`:               `offset 0: expected a word with a letter or a digit in it, found "…"`,
	} {
		_, err := query.Parse(src)
		var syntax *query.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if syntax.Error() != want {
			t.Errorf("%s\n got %s\nwant %s", src, syntax, want)
		}
	}
}

func TestAQueryIsBoundedInSizeAndDepth(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"size":   strings.Repeat("word ", query.MaxSource/5+1),
		"depth":  strings.Repeat("(", 1000) + "a" + strings.Repeat(")", 1000),
		"nots":   strings.Repeat("title:(-", 1000),
		"hyphen": strings.Repeat("a-", 100) + "a",
		"phrase": `"` + strings.Repeat("a-b ", 100) + `"`,
		"near":   "near(" + strings.Repeat("a,", 100) + "a)",
		"regexp": "/" + strings.Repeat("a", query.MaxRegexp+1) + "/",
	} {
		if _, err := query.Parse(src); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := query.Parse(strings.Repeat("word ", query.MaxSource/5)); err != nil {
		t.Errorf("a query of 64 KiB: %v", err)
	}
}

var day = time.Date(2025, 12, 22, 9, 0, 0, 0, time.UTC)

// sample is the item that most queries of these tests look at.
func sample() *feeds.Item {
	return &feeds.Item{
		Feed: "dawn-world", URL: "https://www.dawn.com/news/1234/libya-deal", Language: "en",
		Title:   "Pakistan to sell Libya fighter jets in $4.6bn arms deal",
		Authors: []string{"Ann O'Brien", "Reuters"}, Tags: []string{"Defence", "pakistan"},
		Text: "ISLAMABAD: Pakistan has agreed to sell JF-17 jets to Libya’s eastern forces, officials said. The U.S. was not told.\n\n" +
			"The arms deals were signed in Benghazi by Saddam Hifter.\n\n" +
			"A third paragraph speaks of pilots and of training. Egypt said nothing about it.\n\n" +
			"Previously, Turkey had sold drones to Tripoli.",
		Published: day, Seen: day.Add(time.Hour),
	}
}

func TestQueriesMatchWordsAsReadersReadThem(t *testing.T) {
	t.Parallel()
	lists := query.Lists{
		"arms":   {mustParse(t, `"arms deal"`), mustParse(t, `near(jets, sale, 6)`)},
		"libya":  {mustParse(t, `libya`), mustParse(t, `benghazi`), mustParse(t, `@haftar`)},
		"haftar": {mustParse(t, `(haftar OR hifter) AND (saddam OR khalifa) -cricket`)},
		"empty":  {},
		"tagged": {mustParse(t, `tag:defence`)},
	}
	for src, want := range map[string]bool{
		`libya`: true, `LIBYA`: true, `Líbya`: true, `lib`: false, `lib*`: true, `*ghazi`: true, `ben?hazi`: true, `be?hazi`: false,
		`libyan`: false, `deal`: true, `=deals`: true, `=deal`: true, `title:=deals`: false, `=dealing`: false,
		`body:deal`: true, `body:=deal`: false,
		`^US`: true, `^Us`: false, `us`: true, `U.S.`: true, `^"The US"`: true, `^"the US"`: false,
		`"arms deal"`: true, `arms-deal`: true, `"deal arms"`: false, `"deal arms"~1`: true, `"pakistan jets"~3`: false, `"pakistan jets"~5`: true,
		`"told the arms"`: false, `"arms d*"`: true, `"fighter jets in"`: true,
		`near(pakistan, jets, 6)`: true, `near(pakistan, jets, 4)`: false, `near(jets, pakistan, 6)`: true,
		`near(deal, islamabad, 10)`: false, `near("fighter jets", libya OR egypt, 1)`: true,
		`same:sentence(jets, libya)`: true, `same:sentence(hifter, egypt)`: false, `same:sentence(egypt, training)`: false, `same:paragraph(egypt, training)`: true,
		`same:paragraph(egypt, hifter)`:  false,
		`atleast(2, libya, egypt, peru)`: true,
		`atleast(3, libya, egypt, peru)`: false,
		`libya -cricket`:                 true,
		`libya NOT pakistan`:             false,
		`peru OR (libya AND egypt)`:      true,
		`/jf-?17/`:                       true,
		`^/jf-?17/`:                      false,
		`title:/\$4\.\dbn/`:              true,
		`body:/\$4/`:                     false,
		`title:pakistan`:                 true,
		`title:benghazi`:                 false,
		`lead:benghazi`:                  true,
		`lead:drones`:                    false,
		`author:"o'brien"`:               true,
		`author:reuters`:                 true,
		`author:"brien reuters"`:         false,
		`author:smith`:                   false,
		`-author:smith`:                  true,
		`tag:defence`:                    true,
		`defence`:                        false,
		`tag:sport`:                      false,
		`-tag:sport`:                     true,
		`source:dawn-world`:              true,
		`source:dawn.com`:                true,
		`source:news`:                    false,
		`url:libya-deal`:                 true,
		`url:/\/news\//`:                 true,
		`lang:en`:                        true,
		`lang:(fr OR en)`:                true,
		`lang:fr`:                        false,
		`-lang:fr`:                       true,
		`age < 2h`:                       true,
		`age < 30m`:                      false,
		`length > 10 words`:              true,
		`length > 200 words`:             false,
		`@libya @arms`:                   true,
		`title:@libya`:                   true,
		`title:@haftar`:                  false,
		`@haftar`:                        true,
		`@empty`:                         false,
		`near(@libya, pakistan, 3)`:      true,
		`role(libya) = title`:            true,
		`role(benghazi) = lead`:          true,
		`role(egypt) >= lead`:            false,
		`role(egypt) = body`:             true,
		`role(drones) = background`:      true,
		`role(@tagged) >= background`:    false,
		`role(peru) < lead`:              false,
	} {
		c := mustCompile(t, src, lists)
		if _, got := c.Match(query.NewDocument(sample())); got != want {
			t.Errorf("%s: %v, want %v", src, got, want)
		}
	}
}

func TestWhatAnItemDoesNotTellIsNoMatchNorIsItsOpposite(t *testing.T) {
	t.Parallel()
	bare := &feeds.Item{Title: "Libya"}
	for src, want := range map[string]bool{
		`libya lang:en`: false, `libya -lang:tr`: false, `libya source:dawn`: false, `libya -source:rt`: false,
		`libya -url:blog`: false, `libya age < 48h`: false, `libya -(age > 48h)`: false, `libya OR lang:en`: true,
		`libya -(lang:tr peru)`: true, `libya -author:smith`: true, `libya -tag:sport`: true, `libya -body:cricket`: true,
		`libya length < 10`: true, `atleast(1, lang:en, libya)`: true, `atleast(2, lang:en, libya)`: false,
		`-atleast(2, lang:en, libya)`: false,
	} {
		if _, got := mustCompile(t, src, nil).Match(query.NewDocument(bare)); got != want {
			t.Errorf("%s: %v, want %v", src, got, want)
		}
	}
}

func TestEveryGroupShowsItsEvidence(t *testing.T) {
	t.Parallel()
	lists := query.Lists{
		"libya": {mustParse(t, "libya"), mustParse(t, "hifter")},
		"arms":  {mustParse(t, `"arms deal"`)},
	}
	it := sample()
	r, ok := mustCompile(t, `(@libya OR tripoli) AND pakistan AND @arms AND near(jets, egypt OR libya, 3) lang:en tag:defence drones -cricket age < 7d`, lists).Match(query.NewDocument(it))
	if !ok {
		t.Fatal("no match")
	}
	var b strings.Builder
	for _, g := range r.Groups {
		fmt.Fprintf(&b, "%s: %s\n", g.Name, g.Role)
		for _, e := range g.Evidence {
			fmt.Fprintf(&b, "  %s[%d:%d] %s %s ¶%d\n", e.Field, e.Start, e.End, e.Text, e.Role, e.Paragraph)
		}
	}
	want := `libya: title
  title[17:22] Libya title ¶0
  text[53:62] Libya’s lead ¶1
  text[168:174] Hifter lead ¶2
@libya OR tripoli: background
  text[297:304] Tripoli background ¶4
pakistan: title
  title[0:8] Pakistan title ¶0
  text[11:19] Pakistan lead ¶1
arms: title
  title[46:55] arms deal title ¶0
  text[123:133] arms deals lead ¶2
near(jets, egypt OR libya, 3): title
  title[17:22] Libya title ¶0
  title[31:35] jets title ¶0
  text[45:49] jets lead ¶1
  text[53:62] Libya’s lead ¶1
lang:en: 
  lang[0:2] en  ¶0
tag:defence: 
  tag[0:7] Defence  ¶0
drones: background
  text[287:293] drones background ¶4
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
	for _, g := range r.Groups {
		for _, e := range g.Evidence {
			field := map[string]string{"title": it.Title, "text": it.Text, "lang": it.Language, "tag": it.Tags[0]}[e.Field]
			if field[e.Start:e.End] != e.Text {
				t.Errorf("%v is not at its offsets", e)
			}
		}
	}
}

func TestUnknownListsAndCirclesAreErrors(t *testing.T) {
	t.Parallel()
	lists := query.Lists{
		"a": {mustParse(t, "@b")}, "b": {mustParse(t, "x OR @c")}, "c": {mustParse(t, "@a")},
		"libya": {mustParse(t, "libya")}, "uses": {mustParse(t, "@libia")},
	}
	for src, want := range map[string]string{
		`x @libyaa`: `no list is called @libyaa; did you mean @libya?`,
		`@a`:        `lists use each other in a circle: @a → @b → @c → @a`,
		`@uses`:     `no list is called @libia (used in @uses); did you mean @libya?`,
	} {
		_, err := query.Compile(mustParse(t, src), lists)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", src, err, want)
		}
	}
	if errs := lists.Check(); len(errs) != 2 {
		t.Errorf("problems of the lists: %v", errs)
	}
}

func TestAnExplanationNamesTheNearestMiss(t *testing.T) {
	t.Parallel()
	e := mustCompile(t, `libya AND benghasi AND tag:sport AND -pakistan AND peru`, nil).Explain(query.NewDocument(sample()))
	var b strings.Builder
	fmt.Fprintln(&b, e.Matched)
	for _, v := range e.Verdicts {
		fmt.Fprintf(&b, "%s met=%v evidence=%d", v.Name, v.Met, len(v.Group.Evidence))
		if v.Closest != nil {
			fmt.Fprintf(&b, " closest=%s to %s in %s", v.Closest.Text, v.Wanted, v.Closest.Field)
		}
		b.WriteByte('\n')
	}
	want := "false\nlibya met=true evidence=2\nbenghasi met=false evidence=0 closest=Benghazi to benghasi in text\n" +
		"tag:sport met=false evidence=0\nNOT pakistan met=false evidence=2\nperu met=false evidence=0\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
}

func TestTheExamplesOfTheHelpParse(t *testing.T) {
	t.Parallel()
	_, examples, _ := strings.Cut(query.Grammar, "\nEXAMPLES\n")
	examples, _, _ = strings.Cut(examples, "\n\n")
	n := 0
	for line := range strings.Lines(examples) {
		if strings.HasPrefix(line, "   ") {
			continue // what the query above it is for
		}
		n++
		if _, err := query.Parse(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if n != 3 {
		t.Errorf("%d examples", n)
	}
}
