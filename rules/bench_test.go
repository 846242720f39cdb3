package rules_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/realdata"
	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/rules"
)

// headlines are the titles of the stream, in the order in which they appeared.
func headlines(t testing.TB) (titles []string) {
	t.Helper()
	for _, item := range realdata.Lines[struct{ T string }](t, "stream/*.jsonl.xz") {
		titles = append(titles, item.T)
	}
	return titles
}

// corpus makes news of the usual length, 135 words at the mean, of headlines: a title, and four
// paragraphs of sentences from the days around it.
func corpus(titles []string, n int, rnd *rand.Rand) []*feeds.Item {
	items := make([]*feeds.Item, n)
	for i := range items {
		at := rnd.IntN(len(titles) - 200)
		var b strings.Builder
		for s := range 11 {
			if s > 0 && s%3 == 0 {
				b.WriteString("\n\n")
			}
			b.WriteString(titles[at+rnd.IntN(200)])
			b.WriteString(". ")
		}
		items[i] = &feeds.Item{Title: titles[at], Text: b.String(), Language: "en", Feed: "stream"}
	}
	return items
}

// generator makes rules as people write them, of the words of one item each.
type generator struct {
	rnd        *rand.Rand
	words      [][]string // of each item
	vocabulary []string   // of many items
}

func (g *generator) rule() string {
	words := g.words[g.rnd.IntN(len(g.words))]
	if len(words) < 8 {
		return g.rule()
	}
	word := func() string {
		if g.rnd.IntN(2) == 0 { // what people watch for seldom stands together
			return g.vocabulary[g.rnd.IntN(len(g.vocabulary))]
		}
		return words[g.rnd.IntN(len(words))]
	}
	pair := func() string { i := g.rnd.IntN(len(words) - 1); return words[i] + " " + words[i+1] }
	part := func() string {
		switch g.rnd.IntN(10) {
		case 0, 1:
			return `"` + pair() + `"`
		case 2:
			return "(" + word() + " OR " + word() + " OR " + word() + ")"
		case 3:
			return fmt.Sprintf("near(%s, %s, %d)", word(), word(), 5+g.rnd.IntN(10))
		case 4:
			return "title:" + word()
		case 5:
			if w := []rune(word()); len(w) > 5 {
				return string(w[:5]) + "*"
			}
			return word()
		}
		return word()
	}
	parts := make([]string, 2+g.rnd.IntN(3))
	for i := range parts {
		parts[i] = part()
	}
	if g.rnd.IntN(5) == 0 {
		parts = append(parts, "NOT "+word())
	}
	return strings.Join(parts, " AND ")
}

// ruleWords are the words of an item that rules are made of.
func ruleWords(it *feeds.Item) (words []string) {
	for _, w := range text.Words(it.Title + " " + it.Text) {
		if len(w.Folded) > 3 && !strings.ContainsAny(w.Folded, ".,") {
			words = append(words, w.Folded)
		}
	}
	return words
}

func newGenerator(rnd *rand.Rand, items []*feeds.Item) *generator {
	g := &generator{rnd: rnd}
	for i, it := range items {
		g.words = append(g.words, ruleWords(it))
		if i < 1000 {
			g.vocabulary = append(g.vocabulary, g.words[i]...)
		}
	}
	slices.Sort(g.vocabulary)
	g.vocabulary = slices.Compact(g.vocabulary)
	return g
}

// generate makes n watches.
func generate(g *generator, n int) *rules.Rules {
	r := &rules.Rules{Watches: make([]*rules.Watch, n)}
	all := make([]rules.Watch, n)
	for i := range all {
		all[i] = rules.Watch{ID: fmt.Sprintf("w%07d", i), Match: g.rule()}
		r.Watches[i] = &all[i]
	}
	return r
}

// BenchmarkMatch measures what an item costs by the number of rules: "µs/item" in all,
// "analysis-µs" of cutting, folding, stemming and hashing its words alone, "ratio" of the two,
// "plain-ratio" of that analysis to a plain split into ASCII words in lower case, and of the set
// "B/rule" and "build-s".
func BenchmarkMatch(b *testing.B) {
	titles := headlines(b)
	rnd := rand.New(rand.NewPCG(2025, 11))
	half := len(titles) / 2
	sample := corpus(titles[:half], 2000, rnd)
	gen := newGenerator(rnd, corpus(titles[:half], 20_000, rnd))
	items := corpus(titles[half:], 2000, rnd)
	for _, n := range []int{100, 1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			r := generate(gen, n)
			before := heap()
			start := time.Now()
			set, err := rules.Compile(r, sample)
			if err != nil {
				b.Fatal(err)
			}
			build := time.Since(start)
			size := heap() - before
			matches := 0
			for _, it := range items { // so that the words are known, as in a program that has run for a while
				matches += set.Count(it)
			}
			var words analysis
			words.of(items)
			b.ReportAllocs()
			i := 0
			var match, alone, plain []time.Duration
			for b.Loop() {
				if i++; i%turn != 0 {
					continue
				}
				batch := items[(i-turn)%len(items):][:turn]
				start := cpuTime()
				words.of(batch)
				middle := cpuTime()
				for _, it := range batch {
					set.Count(it)
				}
				end := cpuTime()
				words.split(batch)
				alone, match, plain = append(alone, middle-start), append(match, end-middle), append(plain, cpuTime()-end)
			}
			b.ReportMetric(0, "ns/op")
			if len(match) > 0 {
				b.ReportMetric(undisturbed(match)/turn, "µs/item")
				b.ReportMetric(undisturbed(alone)/turn, "analysis-µs")
				b.ReportMetric(undisturbed(match)/undisturbed(alone), "ratio")
				b.ReportMetric(undisturbed(alone)/undisturbed(plain), "plain-ratio")
			}
			b.ReportMetric(float64(matches)/float64(len(items)), "matches/item")
			b.ReportMetric(build.Seconds(), "build-s")
			b.ReportMetric(float64(size)/float64(n), "B/rule")
			runtime.KeepAlive(r)
		})
	}
}

// turn is how many items are matched, and analysed alone, by turns, so that the machine's moods fall
// on both: few enough that most turns end before the system gives the processor to somebody else.
const turn = 20

// BenchmarkEvidence measures a match with its evidence and priority, as the bot needs it: one
// watch of a thousand matches every item.
func BenchmarkEvidence(b *testing.B) {
	titles := headlines(b)
	rnd := rand.New(rand.NewPCG(2025, 11))
	items := corpus(titles, 500, rnd)
	r := generate(newGenerator(rnd, items), 1000)
	r.Watches = append(r.Watches, &rules.Watch{ID: "z", Match: "said OR the OR in OR to OR of"})
	set, err := rules.Compile(r, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var matches []rules.Match
	i := 0
	for b.Loop() {
		matches = set.Match(matches[:0], items[i%len(items)])
		i++
	}
}

// BenchmarkRegexps measures the worst case: what an item of 5 KB costs that matches next to nothing,
// with 3,000 regular expressions ("ms/item"): of the kinds that people write, and as many as may be
// tried on every item among them, which take "always-ms" of it. CPU time.
func BenchmarkRegexps(b *testing.B) {
	rnd := rand.New(rand.NewPCG(2025, 12))
	titles := headlines(b)
	words := newGenerator(rnd, corpus(titles, 500, rnd)).vocabulary
	word := func() string { return words[rnd.IntN(len(words))] }
	shapes := []func() string{
		func() string { return fmt.Sprintf(`\b%s-?%d\b`, word(), rnd.IntN(100)) },
		func() string { return fmt.Sprintf(`(%s|%s)s? \w+ %s`, word(), word(), word()) },
		func() string { return fmt.Sprintf(`%s.{0,40}%s`, word(), word()) },
		func() string { return fmt.Sprintf(`[A-Z]{2,4}-%d\d?`, rnd.IntN(1000)) },
		func() string { return fmt.Sprintf(`\$\d+(\.\d+)? ?(bn|billion) %s`, word()) },
	}
	set := func(n int, shape func(i int) string) *rules.Set {
		r := &rules.Rules{}
		for i := range n {
			r.Watches = append(r.Watches, &rules.Watch{ID: fmt.Sprint(i), Match: "/" + shape(i) + "/"})
		}
		s, err := rules.Compile(r, nil)
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	always := func(i int) string { return fmt.Sprintf(`\b[a-z]+\d{%d}[a-z]\b`, 2+i) }
	few, many := set(12, always), set(3000, func(i int) string {
		if i < 12 {
			return always(i)
		}
		return shapes[i%len(shapes)]()
	})
	items := make([]*feeds.Item, 40)
	for i := range items {
		var text strings.Builder
		for text.Len() < 5<<10 {
			text.WriteString(titles[rnd.IntN(len(titles))] + ".\n\n")
		}
		items[i] = &feeds.Item{Title: titles[i], Text: text.String(), Language: "en"}
	}
	var one, other []time.Duration
	for i := 0; b.Loop(); i++ {
		it := items[i%len(items)]
		start := cpuTime()
		many.Count(it)
		middle := cpuTime()
		few.Count(it)
		one, other = append(one, middle-start), append(other, cpuTime()-middle)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(undisturbed(one)/1000, "ms/item")
	b.ReportMetric(undisturbed(other)/1000, "always-ms")
}

// BenchmarkReload measures how long items wait while 10,000 rules are compiled beside them again and
// again, and without that, by turns: "max-ms" and "p99.9-ms" beside, "alone-max-ms" and
// "alone-p99.9-ms" without.
func BenchmarkReload(b *testing.B) {
	titles := headlines(b)
	rnd := rand.New(rand.NewPCG(2025, 11))
	items := corpus(titles, 500, rnd)
	r := generate(newGenerator(rnd, items), 10_000)
	set, err := rules.Compile(r, nil)
	if err != nil {
		b.Fatal(err)
	}
	matches := func(dst []time.Duration, n int, done <-chan struct{}) []time.Duration {
		for i := 0; n == 0 || i < n; i++ {
			select {
			case <-done:
				return dst
			default:
			}
			start := time.Now()
			set.Count(items[i%len(items)])
			dst = append(dst, time.Since(start))
		}
		return dst
	}
	var beside, alone []time.Duration
	for b.Loop() {
		from, done := len(beside), make(chan struct{})
		go func() {
			defer close(done)
			if _, err := rules.Compile(r, items[:100]); err != nil {
				b.Error(err)
			}
		}()
		beside = matches(beside, 0, done)
		alone = matches(alone, len(beside)-from, nil)
	}
	for name, all := range map[string][]time.Duration{"": beside, "alone-": alone} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)-1].Microseconds())/1000, name+"max-ms")
		b.ReportMetric(float64(all[len(all)*999/1000].Microseconds())/1000, name+"p99.9-ms")
	}
}

// cpuTime is what this process has taken of the processors so far: what others do meanwhile hardly
// counts.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// undisturbed gives the microseconds of the lower quartile: on a machine that others use as well,
// half of the rounds may have had to wait.
func undisturbed(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/4].Nanoseconds()) / 1000
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// analysis cuts, folds, stems and hashes the words of items, and does nothing with them.
type analysis struct {
	text.Analyzer
	tokens []text.Token
	lower  []byte
	plain  [][]byte
}

func (a *analysis) of(items []*feeds.Item) {
	for _, it := range items {
		a.Reset()
		in := text.InflectionOf(it.Language)
		a.tokens = a.Append(a.tokens[:0], it.Title, in)
		a.tokens = a.Append(a.tokens, it.Text, in)
	}
}

// split cuts the plainest way: ASCII letters made lower case, words ended by everything else.
func (a *analysis) split(items []*feeds.Item) {
	for _, it := range items {
		a.plain = a.plain[:0]
		a.splitText(it.Title)
		a.splitText(it.Text)
	}
}

func (a *analysis) splitText(s string) {
	a.lower = a.lower[:0]
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		a.lower = append(a.lower, c)
		if c < '0' || c > '9' && c < 'a' || c > 'z' {
			if i > start {
				a.plain = append(a.plain, a.lower[start:i])
			}
			start = i + 1
		}
	}
	if len(s) > start {
		a.plain = append(a.plain, a.lower[start:])
	}
}
