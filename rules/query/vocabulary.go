package query

import (
	"strings"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// vocabulary finds, for a form of a text, the terms of the queries that it meets. A term is a
// word with its mark, or a pattern.
type vocabulary struct {
	terms    []termInfo
	fold     keyTable // inflected and exact terms by their folded form
	cased    keyTable
	stems    [text.NumInflections]keyTable
	prefixes keyTable // patterns by what stands before the first wildcard
	lengths  []int    // of those prefixes, in bytes
	loose    []int32  // patterns that begin with a wildcard: every form is tried
	patterns map[int32]string
}

// termInfo is what is kept of a term once it is filed.
type termInfo struct {
	folded string
	mark   Mark
}

// term gives the number of a word or pattern.
func (p *program) term(word string, mark Mark) int32 {
	if id, ok := p.termIDs[mark][word]; ok {
		return id
	}
	id := int32(len(p.terms))
	word = strings.Clone(word) // not the query that it stands in
	p.termIDs[mark][word] = id
	if isPattern(word) {
		p.addPattern(id, word)
		return id
	}
	probe := text.NewProbe(word)
	p.terms = append(p.terms, termInfo{probe.Folded, mark})
	switch mark {
	case Cased:
		p.cased.add(probe.Cased, id)
	case Exact:
		p.fold.add(probe.Fold, id)
	default:
		p.fold.add(probe.Fold, id)
		for in, keys := range probe.Inflected {
			for _, k := range keys {
				p.stems[in].add(k, id)
			}
		}
	}
	return id
}

func (p *program) addPattern(id int32, pattern string) {
	p.terms = append(p.terms, termInfo{pattern, Inflected})
	if p.patterns == nil {
		p.patterns = make(map[int32]string)
	}
	p.patterns[id] = pattern
	n := strings.IndexAny(pattern, "*?")
	if n == 0 {
		p.loose = append(p.loose, id)
		return
	}
	p.prefixes.add(text.Hash(pattern[:n]), id)
	for _, l := range p.lengths {
		if l == n {
			return
		}
	}
	p.lengths = append(p.lengths, n)
}

// find adds the terms that the form meets to dst, each once.
func (v *vocabulary) find(dst []int32, f *text.Form) []int32 {
	from := len(dst)
	dst = v.fold.find(dst, from, f.Fold)
	dst = v.cased.find(dst, from, f.Cased)
	if stems := &v.stems[f.Inflection]; stems.used > 0 {
		dst = stems.find(dst, from, f.Stem)
		for _, k := range f.More {
			dst = stems.find(dst, from, k)
		}
	}
	for _, n := range v.lengths {
		if n > len(f.Folded) {
			continue
		}
		begin := len(dst)
		dst = v.prefixes.find(dst, begin, text.Hash(f.Folded[:n]))
		kept := dst[:begin]
		for _, id := range dst[begin:] {
			if matchPattern(v.patterns[id], f.Folded) {
				kept = append(kept, id)
			}
		}
		dst = kept
	}
	for _, id := range v.loose {
		if matchPattern(v.patterns[id], f.Folded) {
			dst = append(dst, id)
		}
	}
	return dst
}

// matchPattern says whether s is what the pattern describes, from beginning to end.
func matchPattern(pattern, s string) bool {
	star, mark := -1, 0 // the last * and what of s it has taken so far
	i, j := 0, 0
	for j < len(s) {
		if i < len(pattern) {
			switch r, n := utf8.DecodeRuneInString(pattern[i:]); {
			case r == '*':
				star, mark = i, j
				i++
				continue
			case r == '?':
				_, m := utf8.DecodeRuneInString(s[j:])
				i, j = i+1, j+m
				continue
			case strings.HasPrefix(s[j:], pattern[i:i+n]):
				i, j = i+n, j+n
				continue
			}
		}
		if star < 0 {
			return false
		}
		_, m := utf8.DecodeRuneInString(s[mark:])
		mark += m
		i, j = star+1, mark
	}
	return strings.Trim(pattern[i:], "*") == ""
}

// keyTable maps keys to terms: open addressing, a power of two, at most half full. The keys are
// hashes already.
type keyTable struct {
	keys  []uint64
	terms []int32 // number+1; 0 is free; negative leads into more
	used  int
	more  []moreTerms
}

// moreTerms is one of several terms with one key.
type moreTerms struct{ term, next int32 } // next: index+1; 0 ends

func (t *keyTable) add(key uint64, term int32) {
	if 2*(t.used+1) > len(t.keys) {
		t.grow()
	}
	i := t.slot(key)
	switch v := t.terms[i]; {
	case v == 0:
		t.keys[i], t.terms[i] = key, term+1
		t.used++
	case v > 0:
		t.more = append(t.more, moreTerms{v - 1, 0}, moreTerms{term, int32(len(t.more)) + 1})
		t.terms[i] = -int32(len(t.more))
	default:
		t.more = append(t.more, moreTerms{term, -v})
		t.terms[i] = -int32(len(t.more))
	}
}

func (t *keyTable) slot(key uint64) uint64 {
	mask := uint64(len(t.keys) - 1)
	i := key & mask
	for t.terms[i] != 0 && t.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

func (t *keyTable) grow() {
	old := *t
	t.keys, t.terms = make([]uint64, max(16, 2*len(old.keys))), make([]int32, max(16, 2*len(old.keys)))
	for i, v := range old.terms {
		if v != 0 {
			j := t.slot(old.keys[i])
			t.keys[j], t.terms[j] = old.keys[i], v
		}
	}
}

// find adds the terms of the key that do not stand in dst[from:] yet.
func (t *keyTable) find(dst []int32, from int, key uint64) []int32 {
	if t.used == 0 {
		return dst
	}
	v := t.terms[t.slot(key)]
	if v > 0 {
		return addOnce(dst, from, v-1)
	}
	for v = -v; v != 0; v = t.more[v-1].next {
		dst = addOnce(dst, from, t.more[v-1].term)
	}
	return dst
}

func addOnce(dst []int32, from int, term int32) []int32 {
	for _, t := range dst[from:] {
		if t == term {
			return dst
		}
	}
	return append(dst, term)
}
