package storetest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tocsin-bot/tocsin/bot"
)

// isForPeople says whether an error is a sentence with a hint for the person who asked.
func isForPeople(err error) bool {
	var search *bot.UserError
	return errors.As(err, &search) && search.Text != "" && search.Hint != ""
}

// numbers gives n different words.
func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "n%d ", i)
	}
	return b.String()
}

var searchCases = []testCase{
	{"words, phrases, prefixes, exclusions", func(f *fixture) {
		f.seed(
			item("a", 1, "Pakistan signs arms deal with Libya", "The deal is worth 4.5 billion dollars."),
			item("a", 2, "Cricket: Pakistan tour of Libya", "A deal over arms and legs, said the captain."),
			item("a", 3, "Türkiye'nin İHA satışı", "Ankara'da anlaşma: IŞIK şirketi."),
			item("a", 4, "المشير خليفة حفتر يلتقي منير", "في مقرّ القيادة العامة للجيش الباكستاني"),
			item("a", 5, "جنرل عاصم منیر سے ملاقات", "پاکستان کی فوج"),
			item("a", 6, "Libya's U.S. envoy visits", "JF-17 fighters"),
		)
		for query, want := range map[string][]int{
			"pakistan": {2, 1}, "PAKISTAN libya": {2, 1}, `"arms deal"`: {1}, "arms-deal": {1}, "“arms deal”": {1}, "pakistan -cricket": {1},
			`pakistan -"arms deal"`: {2}, "crick*": {2}, "pak* crick*": {2}, `"arms dea"*`: {1}, "4.5": {1}, "nothing": {}, "pakistan nothing": {},
			"turkiye": {3}, "iha": {3}, "ISIK": {3}, "ışık": {3}, "ankara": {3}, "حَفتر": {4}, "منير": {5, 4}, "منیر": {5, 4}, "پاكستان": {5},
			"libya": {6, 2, 1}, "us envoy": {6}, "jf-17": {6}, "libya - cricket": {2}, `"pakistan`: {2, 1}, "pakistan AND cricket": {2}, "pakistan OR libya": {}, "title:pakistan": {},
		} {
			found := must[[]bot.Found](f)(f.Search(f.ctx, query, 10))
			got := []int{}
			for _, it := range found {
				got = append(got, int(it.Published.Sub(t0).Minutes()))
			}
			same(f, "search "+query, got, want)
		}
	}},
	{"hostile searches are words like any other, or an error for people", func(f *fixture) {
		f.seed(item("a", 1, `He said "no" OR 1=1`, "near sql"))
		for _, query := range []string{
			`"`, `""`, `"""`, `'`, `*`, `-`, `^`, `a"b`, `NEAR(a b)`, `NEAR/2`, `a NOT`, `NOT`, `AND`, `OR OR OR`, `title:`, `title : x`, `{title text} : x`,
			`- - -`, `-"`, `"*`, `*"`, `+x`, `x + y`, `(`, `)`, `((((`, "\x00", "a\x00b", "\xff\xfe", `x); DROP TABLE items; --`, `\`, `%_`, `a*b*c*`, "\u202e", "🛩", "rowid:1",
		} {
			if _, err := f.Search(f.ctx, query, 10); err != nil && !isForPeople(err) {
				f.Errorf("search %q: %v", query, err)
			}
		}
		equal(f, "quoted", len(must[[]bot.Found](f)(f.Search(f.ctx, `said "no or 1"`, 10))), 1)
	}},
	{"long texts are searched to their end", func(f *fixture) {
		long := strings.Repeat("x", 3000)
		f.seed(
			item("a", 1, "Common words", strings.Repeat("the cat ", 400)+"the last word of the many"),       // one word, many times
			item("a", 2, "Many words", strings.Repeat("a b c d ", 5000)+"signed the treaty"),                // more words than places
			item("a", 3, "Different words", numbers(6000)+" arms deal"),                                     // many words
			item("a", 4, "Long words "+long, long+" "+strings.Repeat("y", 2200)+" after it"),                // words longer than others store
			item("a", 5, "Many words again", strings.Repeat("a b c d ", 5000)+"treaty the signed of peace"), // the same words, another order
			item("a", 6, "Wide words", strings.Repeat("\uFDFA ", 12000)+"widest"),                           // letters that become many
			item("a", 7, "The end", "begins here"),                                                          // a title and a text that make no phrase
		)
		for query, want := range map[string][]int{
			`"last word of"`: {1}, `"word last"`: {}, "treaty": {5, 2}, `"signed the treaty"`: {2}, `"signed the trea"*`: {2}, `"signed the tre" d`: {},
			`treaty -"signed the treaty"`: {5}, `"the treaty" d`: {2}, `"arms deal"`: {3}, "n5999": {3}, `"n5998 n5999"`: {3}, `"after it"`: {4},
			`"end begins"`: {}, `"the end"`: {7}, `"the treaty" -peace`: {2},
		} {
			got := []int{}
			for _, it := range must[[]bot.Found](f)(f.Search(f.ctx, query, 10)) {
				got = append(got, int(it.Published.Sub(t0).Minutes()))
			}
			same(f, "search "+query, got, want)
		}
	}},
	{"words with signs in them", func(f *fixture) {
		f.seed(item("a", 1, "AT&T's F-16s at 4.5", "C++ & C# cost $5'000; mail me@x.test"), item("a", 2, "ATT F16", "4 5"))
		for query, want := range map[string]int{"f-16s": 1, "4.5": 2, "5": 2, "me@x.test": 1, "16*": 1, "c#": 1, "x'y": 0, `"4 5"`: 2} {
			equal(f, "found with "+query, len(must[[]bot.Found](f)(f.Search(f.ctx, query, 10))), want)
		}
	}},
	{"an empty or unusable query is an error for people", func(f *fixture) {
		long := make([]byte, 10000)
		for i := range long {
			long[i] = "ab "[i%3]
		}
		for _, query := range []string{"", "  ", `""`, "-cricket", "-a -b", "...", string(long), string(long[:300])} {
			_, err := f.Search(f.ctx, query, 10)
			if !isForPeople(err) {
				f.Errorf("search %.20q: %v", query, err)
			}
		}
	}},
	{"newest first, as many as asked for, with their stories", func(f *fixture) {
		items := f.tell(7, "", t0, "Haftar one", "Haftar two", "Haftar three")
		f.seed(item("z", 900, "Haftar four", ""))
		found := must[[]bot.Found](f)(f.Search(f.ctx, "haftar", 2))
		equal(f, "found", len(found), 2)
		equal(f, "newest", found[0].Title, "Haftar four")
		equal(f, "its story", found[0].Story, 0)
		same(f, "second", found[1].Item, items[2])
		equal(f, "its story", found[1].Story, 7)
		equal(f, "none", len(must[[]bot.Found](f)(f.Search(f.ctx, "haftar", 0))), 0)
	}},
}
