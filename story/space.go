package story

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

const (
	noTerm      = ^uint32(0)     // a word that carries no news: a stop word, a lone letter
	unknownForm = ^uint32(0) - 1 // a word form that was not met yet
)

const (
	emptyTexts = 10      // texts that count from the start
	maxWords   = 300_000 // of a language, from which on the rarest are forgotten
	wordBits   = 40      // of a word's hash: one clash among a million words
)

// A space holds what is known of the words of one language: in how many texts each occurs, and
// which live items hold it. Words of different languages are never compared.
type space struct {
	language   string
	inflection text.Inflection
	texts      uint32            // how many texts taught the counts
	terms      map[uint64]uint32 // hash of a stem → term
	words      []uint64          // term → hash of its stem
	counts     []uint32          // term → number of texts that hold it
	postings   [][]posting       // term → live stories that hold it, by slot
	titles     [][]uint32        // term → items of live stories with it in the headline
	forms      []uint32          // word form → term
	epoch      uint32            // of the analyzer that numbered the forms
}

// A posting says that a live story holds a term, and with what weight in all of its items.
type posting struct {
	story  uint32 // slot
	weight float32
}

func newSpace(language string) *space {
	return &space{language: language, inflection: text.InflectionOf(language), terms: make(map[uint64]uint32)}
}

// term gives the term of a word form that stands in a text as surface.
func (s *space) term(words *text.Analyzer, form int32, surface string) uint32 {
	if s.epoch != words.Epoch() {
		s.epoch, s.forms = words.Epoch(), s.forms[:0]
	}
	for int(form) >= len(s.forms) {
		s.forms = append(s.forms, unknownForm)
	}
	t := s.forms[form]
	if t == unknownForm {
		t = noTerm
		if w := words.Form(form).Folded; carriesNews(w, s.language) {
			t = s.intern(hashString(stem(surface, w, s.language)) >> (64 - wordBits))
		}
		s.forms[form] = t
	}
	return t
}

// stem gives the stem of a word, folded. Stemmers need the accents and the last letters as they
// are written, which folding has taken, but not what is written on behind an apostrophe.
func stem(surface, folded, language string) string {
	if i := strings.IndexAny(surface, "'’ʼ"); i > 0 && text.Fold(surface[:i]) == folded {
		surface = surface[:i]
	} else if text.Fold(surface) != folded {
		surface = folded
	}
	return text.Fold(text.Stem(surface, language))
}

// carriesNews says whether a folded word can tell one event from another.
func carriesNews(w, language string) bool {
	if utf8.RuneCountInString(w) < 2 && !strings.ContainsAny(w, "0123456789") {
		return false
	}
	return !text.Stop(w, language)
}

func (s *space) intern(hash uint64) uint32 {
	t, ok := s.terms[hash]
	if !ok {
		t = uint32(len(s.words))
		s.terms[hash] = t
		s.words = append(s.words, hash)
		s.counts = append(s.counts, 0)
		s.postings = append(s.postings, nil)
		s.titles = append(s.titles, nil)
	}
	return t
}

// rarity is the inverse document frequency of a term of a text that is about to be counted;
// never below zero. The texts start from a few that held nothing: a word is not common because
// both of the first two texts have it.
func (s *space) rarity(t uint32) float64 {
	return max(0, math.Log((float64(s.texts)+emptyTexts)/(float64(s.counts[t])+1.5)))
}

// learn counts one text.
func (s *space) learn(words []weighted) {
	s.texts++
	for _, w := range words {
		s.counts[w.term]++
	}
}

// prune halves all counts and forgets the words that are left with none and that no live story
// holds: most words of a language are seen once, as are all that a hostile feed makes up. What is
// left keeps its rarity, and follows the language of the year.
func (s *space) prune() {
	old := *s
	s.terms = make(map[uint64]uint32)
	s.words, s.counts, s.postings, s.titles, s.forms = nil, nil, nil, nil, nil
	s.texts /= 2
	for t, hash := range old.words {
		n := old.counts[t] / 2
		if n == 0 && len(old.postings[t]) == 0 && len(old.titles[t]) == 0 {
			continue
		}
		now := s.intern(hash)
		s.counts[now], s.postings[now], s.titles[now] = n, old.postings[t], old.titles[t]
	}
}

// hashString is FNV-1a: the hash of a word must be the same after a restart.
func hashString(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// weight is that of a term in a story; zero when the story does not hold it.
func (s *space) weight(t, story uint32) float32 {
	list := s.postings[t]
	if i, found := slices.BinarySearchFunc(list, story, byStory); found {
		return list[i].weight
	}
	return 0
}

// enter adds to the weight of a term in a story, and gives what it was.
func (s *space) enter(t, story uint32, weight float32) (before float32) {
	list := s.postings[t]
	i, found := slices.BinarySearchFunc(list, story, byStory)
	if found {
		before = list[i].weight
		list[i].weight += weight
		return before
	}
	s.postings[t] = slices.Insert(list, i, posting{story, weight})
	return 0
}

func byStory(p posting, story uint32) int { return cmp.Compare(p.story, story) }
