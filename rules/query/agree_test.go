package query

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

func TestIndexAndCompiledQueryAgreeWithPlainEvaluation(t *testing.T) {
	t.Parallel()
	rounds, queries, items := 2, 100, 40
	if os.Getenv("TOCSIN_HEAVY") != "" {
		rounds, queries, items = 17, 400, 150
	}
	r := rand.New(rand.NewPCG(7, uint64(time.Now().UnixNano())))
	seed := r.Uint64()
	r = rand.New(rand.NewPCG(seed, 1))
	pairs, met := 0, 0
	for range rounds {
		p, m := compareWithOracle(t, r, queries, items)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		pairs, met = pairs+p, met+m
	}
	t.Logf("%d pairs, %d met", pairs, met)
	if met*100 < pairs || met*100 > 70*pairs {
		t.Errorf("%d of %d pairs are met: the test has lost its teeth", met, pairs)
	}
}

func compareWithOracle(t *testing.T, r *rand.Rand, queries, items int) (pairs, met int) {
	parse := func(src string) *Query {
		q, err := Parse(src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		return q
	}
	plain := r.IntN(2) == 0 // without attributes the index takes shorter ways
	lists := Lists{
		"one": {parse("libya"), parse(`"arms deal"`)}, "two": {parse(`(us OR jets) AND (deal OR "libya us"~3) NOT news`)},
		"deep": {parse("@one"), parse("title:jets"), parse("ليبيا")},
	}
	b := NewBuilder(lists)
	var parsed []*Query
	var compiled []*Compiled
	for len(parsed) < queries {
		src := randomQuery(r, 1+r.IntN(3), false, false)
		if plain && (strings.Contains(src, "author:") || strings.Contains(src, "tag:") || strings.Contains(src, "source:") || strings.Contains(src, "url:")) {
			continue
		}
		q, err := Parse(src)
		if err != nil {
			if s := err.Error(); strings.Contains(s, "words, phrases and lists in") {
				continue // a condition in near
			}
			t.Fatalf("%s: %v", src, err)
		}
		if again, err := Parse(q.String()); err != nil || !again.Equal(q) {
			t.Fatalf("%s is printed as %s: %v", src, q, err)
		}
		if err := b.Add(q); err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		c, err := Compile(q, lists)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		parsed, compiled = append(parsed, q), append(compiled, c)
	}
	var sample []*feeds.Item
	if r.IntN(2) == 0 {
		sample = []*feeds.Item{randomItem(r), randomItem(r), randomItem(r)}
	}
	x := b.Build(sample)
	d, single, o := new(Document), new(Document), newOracle(lists)
	for range items {
		it := randomItem(r)
		d.Reset(it)
		single.Reset(it)
		got := map[int32]bool{}
		for _, q := range x.Match(nil, d) {
			if got[q] {
				t.Errorf("%s is given twice", parsed[q])
			}
			got[q] = true
		}
		o.d.Reset(it)
		o.d.loadAttributes()
		for i, q := range parsed {
			v, _ := o.decide(q.Root, Anywhere)
			result, one := compiled[i].Match(single)
			pairs++
			if v == yes {
				met++
			}
			if want := v == yes; got[int32(i)] != want || one != want {
				t.Errorf("%s\nplain evaluation says %v, the index %v, alone %v\nof %+v", q, want, got[int32(i)], one, it)
				return pairs, met
			}
			if one {
				checkResult(t, q, it, result, x.Result(i, d))
			}
		}
	}
	return pairs, met
}

// checkResult compares what the compiled query and the index say, and looks the evidence up.
func checkResult(t *testing.T, q *Query, it *feeds.Item, alone, indexed Result) {
	if fmt.Sprint(alone) != fmt.Sprint(indexed) {
		t.Errorf("%s: evidence differs:\n%v\n%v", q, alone, indexed)
	}
	for _, g := range alone.Groups {
		if len(g.Evidence) == 0 {
			t.Errorf("%s: group %s has no evidence", q, g.Name)
		}
		best := NoRole
		for _, e := range g.Evidence {
			value := map[string]func() string{
				"title": func() string { return it.Title }, "text": func() string { return it.Text },
				"author": func() string { return it.Authors[e.Index] }, "tag": func() string { return it.Tags[e.Index] },
				"source": func() string { return it.Feed }, "url": func() string { return it.URL }, "lang": func() string { return it.Language },
			}[e.Field]()
			if value[e.Start:e.End] != e.Text || e.Text == "" {
				t.Errorf("%s: evidence %+v is not at its place", q, e)
			}
			best = max(best, e.Role)
		}
		if len(g.Evidence) < MaxEvidence && best != g.Role {
			t.Errorf("%s: group %s plays %s, its evidence %s", q, g.Name, g.Role, best)
		}
	}
}
