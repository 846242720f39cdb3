package rules

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/rules/query"
)

// Suggester looks in an archive for spellings of an entity that its file does not have: words that
// sound like one of its names, in any script, or that stand where a name stands, beside the words
// that stand beside the names it knows. It is used by one goroutine: Learn every item, then Look at
// every item again.
type Suggester struct {
	names     map[string]bool // folded words of the names
	skeletons map[string]bool
	exclude   map[string]bool // words of with and not
	known     map[string]bool // co-terms that the entity file names
	beside    map[string]int  // words beside known names, and how often
	everIn    map[string]int  // items that hold such a word
	terms     map[string]bool // co-terms, once all is learned
	found     map[string]*Suggestion
}

// Suggestion is a spelling that may be one of the entity.
type Suggestion struct {
	Spelling string   `json:"spelling"`
	Count    int      `json:"count"`  // items that hold it
	Beside   []string `json:"beside"` // co-terms that stood beside it
	Example  string   `json:"example"`
	Sounds   bool     `json:"sounds"` // it has the consonants of a known name
}

// NewSuggester makes a suggester for the entity or list with the name. It says false when there is
// none.
func (r *Rules) NewSuggester(name string) (*Suggester, bool) {
	queries, ok := r.Lists[name]
	if !ok {
		return nil, false
	}
	s := &Suggester{names: map[string]bool{}, skeletons: map[string]bool{}, exclude: map[string]bool{}, known: map[string]bool{},
		beside: map[string]int{}, everIn: map[string]int{}, found: map[string]*Suggestion{}}
	for _, q := range queries {
		s.learnNames(q.Root)
	}
	return s, true
}

// learnNames takes in the names of an entity, and the words that stand with them.
func (s *Suggester) learnNames(n query.Node) {
	if and, ok := n.(*query.And); ok { // names, with, not
		s.learnNames(and.Nodes[0])
		for _, other := range and.Nodes[1:] {
			query.Walk(other, func(n query.Node) bool {
				for _, w := range wordsOf(n) {
					s.exclude[w] = true
					if _, not := other.(*query.Not); !not {
						s.known[w] = true
					}
				}
				return true
			})
		}
		return
	}
	query.Walk(n, func(n query.Node) bool {
		for _, w := range wordsOf(n) {
			s.names[w] = true
			if k := skeleton(w); len(k) >= 3 {
				s.skeletons[k] = true
			}
		}
		return true
	})
}

func wordsOf(n query.Node) (words []string) {
	source := ""
	switch n := n.(type) {
	case *query.Term:
		source = n.Text
	case *query.Phrase:
		source = n.Text
	}
	for _, w := range text.Words(source) {
		words = append(words, w.Folded)
	}
	return words
}

// window is how many words before and after a name are beside it.
const window = 2

// Learn notes what stands beside the known names.
func (s *Suggester) Learn(it *feeds.Item) {
	seen := map[string]bool{}
	for _, field := range []string{it.Title, it.Text} {
		words := text.Words(field)
		for i, w := range words {
			if !seen[w.Folded] {
				seen[w.Folded] = true
				s.everIn[w.Folded]++
			}
			if !s.names[w.Folded] {
				continue
			}
			for k := max(0, i-window); k < min(len(words), i+window+1); k++ {
				if !s.names[words[k].Folded] {
					s.beside[words[k].Folded]++
				}
			}
		}
	}
}

// coTerms are the words that stand beside the names far more often than chance has it.
func (s *Suggester) coTerms() map[string]bool {
	terms := map[string]bool{}
	for w := range s.known {
		terms[w] = true
	}
	for w, n := range s.beside {
		if n >= 2 && 3*n >= s.everIn[w] && len([]rune(w)) > 2 {
			terms[w] = true
		}
	}
	return terms
}

// Look looks for unknown spellings in an item, after every item was learned.
func (s *Suggester) Look(it *feeds.Item) {
	if s.terms == nil {
		s.terms = s.coTerms()
	}
	terms := s.terms
	seen := map[string]bool{}
	for _, field := range []string{it.Title, it.Text} {
		words := text.Words(field)
		for i, w := range words {
			spelling := field[w.Start:w.End]
			if s.names[w.Folded] || s.exclude[w.Folded] || terms[w.Folded] || len([]rune(w.Folded)) < 3 || !isName(spelling) {
				continue
			}
			sounds := s.skeletons[skeleton(w.Folded)]
			var beside []string
			for k := max(0, i-window); k < min(len(words), i+window+1); k++ {
				if terms[words[k].Folded] && !slices.Contains(beside, words[k].Folded) {
					beside = append(beside, words[k].Folded)
				}
			}
			if !sounds && !(len(beside) > 0 && s.near(w.Folded)) {
				continue
			}
			f := s.found[w.Folded]
			if f == nil {
				f = &Suggestion{Spelling: spelling, Example: it.Title, Sounds: sounds}
				s.found[w.Folded] = f
			}
			if !seen[w.Folded] {
				seen[w.Folded] = true
				f.Count++
			}
			for _, b := range beside {
				if !slices.Contains(f.Beside, b) && len(f.Beside) < 5 {
					f.Beside = append(f.Beside, b)
				}
			}
		}
	}
}

// near tells whether a word is spelled almost like a name.
func (s *Suggester) near(word string) bool {
	for name := range s.names {
		if len([]rune(name)) > 3 && likeness(word, name) >= 0.6 {
			return true
		}
	}
	return false
}

// likeness is the share of letter pairs that two words have in common.
func likeness(a, b string) float64 {
	pairs := func(s string) map[string]int {
		m, r := map[string]int{}, []rune(" "+s+" ")
		for i := range len(r) - 1 {
			m[string(r[i:i+2])]++
		}
		return m
	}
	x, y := pairs(a), pairs(b)
	common, all := 0, 0
	for p, n := range x {
		common += min(n, y[p])
		all += n
	}
	for _, n := range y {
		all += n
	}
	return 2 * float64(common) / float64(all)
}

// isName tells whether a word may be a name: capital first, in scripts that have capitals.
func isName(word string) bool {
	for _, r := range word {
		return !unicode.IsLower(r) && !unicode.IsDigit(r)
	}
	return false
}

// Suggestions gives what was found, those that sound like a name first, then by count.
func (s *Suggester) Suggestions() []Suggestion {
	var out []Suggestion
	for _, f := range s.found {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Suggestion) int {
		return cmp.Or(-cmp.Compare(b2i(a.Sounds)+min(len(a.Beside), 1), b2i(b.Sounds)+min(len(b.Beside), 1)),
			-cmp.Compare(a.Count, b.Count), strings.Compare(a.Spelling, b.Spelling))
	})
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// consonants maps the consonants of Arabic, Urdu, Cyrillic and Greek to Latin ones, and Latin ones
// that spell one sound to one. What is not here is a vowel and falls away.
var consonants = func() map[rune]rune {
	m := map[rune]rune{}
	for sound, letters := range map[rune]string{
		'b': "bبБбβ", 'p': "pپПпπ", 't': "tتطٹТтτ", 'd': "dدضڈДдδ", 'k': "kcqقكخКкХхκχ", 'g': "gjجغگГгЖжγ",
		'f': "fvwفВвФфφ", 's': "sسصثشСсШшЩщσς", 'z': "zxزذظЗзζ", 'h': "hحه", 'r': "rرڑРрρ", 'l': "lلЛлλ",
		'm': "mمМмμ", 'n': "nنںНнν",
	} {
		for _, r := range letters {
			m[r] = sound
		}
	}
	m['х'], m['Х'] = 'h', 'h'
	return m
}()

// skeleton gives the consonants of a folded word, in Latin letters, doubles once: haftar, hifter,
// حفتر and хафтар are all hftr.
func skeleton(word string) string {
	word = strings.NewReplacer("kh", "h", "sh", "s", "ch", "s", "gh", "g", "th", "t", "dh", "d", "ph", "f").Replace(word)
	var b strings.Builder
	last := rune(0)
	for _, r := range word {
		if c, ok := consonants[r]; ok && c != last {
			b.WriteRune(c)
			last = c
		} else if !ok {
			last = 0
		}
	}
	return b.String()
}
