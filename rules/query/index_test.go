package query

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

func index(t testing.TB, lists Lists, queries ...string) *Index {
	t.Helper()
	b := NewBuilder(lists)
	for _, src := range queries {
		q, err := Parse(src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if err := b.Add(q); err != nil {
			t.Fatalf("%s: %v", src, err)
		}
	}
	return b.Build(nil)
}

func TestQueriesThatCannotBeFiledAreNamed(t *testing.T) {
	t.Parallel()
	x := index(t, Lists{"empty": {}, "free": {New(&Not{&Term{Text: "x"}})}},
		"libya", "-libya", "lang:en", "age < 2d", `/\d+/`, `/jf-?17/`, "libya OR -pakistan", "@empty", "@free", "atleast(1, a, -b)",
		"atleast(2, a, -b)", "tag:/abc/", "role(libya) > body", "*ghazi")
	if got, want := x.Always(), []int{1, 2, 3, 4, 6, 8, 9, 11}; !slices.Equal(got, want) {
		t.Errorf("decided for every item: %v, want %v", got, want)
	}
}

func TestAListIsFiledOnceHoweverManyQueriesUseIt(t *testing.T) {
	t.Parallel()
	var words []string
	for i := range 500 {
		words = append(words, fmt.Sprintf("word%d", i))
	}
	q, err := Parse(strings.Join(words, " OR "))
	if err != nil {
		t.Fatal(err)
	}
	queries := make([]string, 1000)
	for i := range queries {
		queries[i] = "@long -the"
	}
	x := index(t, Lists{"long": {q}}, queries...)
	if n := len(x.signs.all); n != 500 {
		t.Errorf("%d postings of words for a list of 500 words", n)
	}
	if got := x.Match(nil, NewDocument(&feeds.Item{Title: "A word7"})); len(got) != 1000 {
		t.Errorf("%d queries match", len(got))
	}
}

func TestWhatAPostingAsksForIsNotDecidedAgain(t *testing.T) {
	t.Parallel()
	lists := Lists{"list": {New(&Term{Text: "tripoli"}), New(&Term{Text: "haftar"}), New(&Phrase{Text: "arms deal"})}}
	for src, want := range map[string]int{
		"libya": 0, "libya AND pakistan AND title:deal": 0, `"arms deal" libya pakistan`: 0, "the AND (jets OR drones OR missiles)": 0,
		"@list": 0, "@list AND the": 0, "@list AND libya AND pakistan": 1, "libya (drones OR (jets pakistan))": 5, "libya -pakistan": 2, "near(libya, deal, 3)": 3,
		"libya deal near(jets, sale) -pakistan": 6, "libya AND pakistan AND jets AND missiles": 1, "libya AND author:haftar": 3,
	} {
		x := index(t, lists, src)
		for _, p := range slices.Concat(x.signs.all, x.lists.all) {
			left := 0
			if p.root != decided {
				left = int(x.p.after(p.root) - p.root)
			}
			if left != want {
				t.Errorf("%s: %d nodes are left to decide, want %d", src, left, want)
			}
		}
	}
}

func TestALongQueryIsWrittenOnceHoweverOftenItIsFiled(t *testing.T) {
	t.Parallel()
	var branches []string
	for i := range 2000 {
		branches = append(branches, fmt.Sprintf("near(word%d, other%d)", i, i))
	}
	x := index(t, nil, strings.Join(branches, " OR "))
	if n := len(x.p.nodes); n > 7000 {
		t.Errorf("%d nodes for %d of the query", n, x.p.after(x.queries[0].root)-x.queries[0].root)
	}
	if got := x.Match(nil, NewDocument(&feeds.Item{Title: "word7 and other7, word9 and other9"})); len(got) != 1 {
		t.Errorf("matches: %v", got)
	}
}

func TestRegularExpressionsAreLookedForByTheTextTheyNeed(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		`jf-?17`: "JF-17|JF17", `jets`: "JETS", `(jet|drone)s?`: "DRONE|JET", `x*libya[12]`: "LIBYA1|LIBYA2", `(libya){2}`: "LIBYALIBYA",
		`(libya)?`: "", `[a-c]+`: "A|B|C", `süd`: "SÜD", `a.b.c`: "A & B & C", `(?-i)Libya`: "LIBYA", `kilo`: "KILO", `^\bhaftar\b$`: "HAFTAR",
		`(jet|j.)`: "J", `(general|marshal) na?me\d`: "GENERAL NAME|GENERAL NME|MARSHAL NAME|MARSHAL NME", `(jets|[^x]+|.)`: "",
		`\w+ (jet.*|plane|.*tank)s?`: "JET|PLANE|TANK", `.*`: "", `(a|b)(c|d)+e?`: "A|B & C|D",
	} {
		var sets []string
		for _, set := range neededText(src) {
			var texts []string
			for _, n := range set {
				texts = append(texts, string(n.text))
			}
			sets = append(sets, strings.Join(texts, "|"))
		}
		if got := strings.Join(sets, " & "); got != want {
			t.Errorf("/%s/ needs %q, want %q", src, got, want)
		}
	}
	x := index(t, nil, `/kilo/`, `/süd/`, `/STRASSE/`, `/masse/`)
	for title, want := range map[string]int{"1 \u212Ailo": 1, "SÜD": 1, "im süden": 1, "ma\u017fse": 1, "mass": 0} {
		if got := x.Match(nil, NewDocument(&feeds.Item{Title: title})); len(got) != want {
			t.Errorf("%q: %v", title, got)
		}
	}
}

func TestARegularExpressionIsRunOnlyOverItemsWithItsLetters(t *testing.T) {
	t.Parallel()
	x := index(t, nil, `/\d+ ?%/`, `libya /x[a-z]+\d/`, `NOT /q.*w/`)
	for text, want := range map[string][]int32{
		"inflation at 4 %": {0, 2}, "inflation at four": {2}, "Libya buys xyz7": {1, 2}, "Libya buys jets": {2}, "q and w": nil,
	} {
		got := x.Match(nil, NewDocument(&feeds.Item{Text: text}))
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestThousandsOfRegularExpressionsCostFarLessThanRunningThem(t *testing.T) {
	t.Parallel()
	var queries []string
	var plain []*regexp.Regexp
	for i := range 3000 {
		src := fmt.Sprintf(`(general|marshal) na?me%d\w*`, i)
		queries = append(queries, "/"+src+"/")
		if i < 60 {
			plain = append(plain, regexp.MustCompile("(?i)"+src))
		}
	}
	x := index(t, nil, queries...)
	it := &feeds.Item{Text: strings.Repeat("The marshals and generals of a small country met to talk about names. ", 70)}
	d := NewDocument(it)
	x.Match(nil, d)
	fast := time.Hour // the best of several: another process may take its turn in the middle of one
	for range 10 {
		start := time.Now()
		d.Reset(it)
		x.Match(nil, d)
		fast = min(fast, time.Since(start))
	}
	start := time.Now()
	for _, re := range plain {
		re.MatchString(it.Text)
	}
	slow := time.Since(start) * 3000 / 60
	if fast*10 > slow {
		t.Errorf("3000 regular expressions cost %v an item of 5 KB, one by one %v", fast, slow)
	}
}

func TestWordsAndPhrasesAreFoundWhereverTheyStand(t *testing.T) {
	t.Parallel()
	x := index(t, nil, `"arms deal"`, "libya", "arms jets", `title:"deal libya"`)
	d := new(Document)
	for before := range 200 {
		fill := strings.Repeat("word ", before)
		for text, want := range map[string][]int32{
			"arms deal": {0}, "libya": {1}, "arms. Jets": {2}, "deal arms": nil, "deal libya": {1}, "arms libya arms deal": {0, 1},
		} {
			d.Reset(&feeds.Item{Title: "A word", Text: fill + text + " " + fill})
			got := x.Match(nil, d)
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Fatalf("%q after %d words: %v, want %v", text, before, got, want)
			}
		}
	}
}

func TestHugeItemsAndQueriesAreBounded(t *testing.T) {
	t.Parallel()
	phrase := `"` + strings.Repeat("a ", MaxTogether-1) + `b"`
	long := strings.Repeat(`near(a, b) OR same:sentence(a, c) OR "a b"~9 OR `, 60<<10/50) + "zz"
	x := index(t, Lists{"a": {New(&Term{Text: "a"})}}, phrase, long, "near(@a, b, c, 1000)", "same:paragraph(a, a, b)", "/a+b+c+/ role(a) > body")
	for _, piece := range []string{"a ", "a b ", "a. b! ", "a\n\n", "xyz "} {
		it := &feeds.Item{Text: strings.Repeat(piece, 1<<20/len(piece)), Language: "en"}
		start := time.Now()
		d := NewDocument(it)
		for _, q := range x.Match(nil, d) {
			x.Result(int(q), d)
		}
		if took := time.Since(start); took > 2*time.Minute {
			t.Errorf("1 MB of %q took %v", piece, took)
		}
	}
}
