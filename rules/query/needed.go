package query

import (
	"bytes"
	"cmp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// filedRegexp is a regular expression under which queries are filed.
type filedRegexp struct {
	needed  []needles
	queries []posting
}

// needles are texts of which every match of a regular expression has one.
type needles []needle

// needle is text in the capitals of canon, with the numbers of any four bytes in a row, or of its
// three.
type needle struct {
	text  []byte
	grams []gram
}

// neededText gives what every match of the expression has: one text of each of the sets, the longest
// first. It is nil when there is nothing of the kind.
func neededText(src string) []needles {
	re, err := syntax.Parse(src, syntax.Perl|syntax.FoldCase)
	if err != nil {
		return nil
	}
	var sets []needles
	for _, texts := range neededIn(re.Simplify()).all() {
		var set needles
		for i, t := range texts {
			if slices.ContainsFunc(texts, func(o string) bool { return o != texts[i] && strings.Contains(t, o) }) {
				continue // whoever has it has the other
			}
			n := needle{text: []byte(t)}
			if len(t) == 3 {
				n.grams = append(n.grams, gramOf(0, t[0], t[1], t[2]))
			}
			for i := 0; i+4 <= len(t); i++ {
				n.grams = append(n.grams, gramOf(t[i], t[i+1], t[i+2], t[i+3]))
			}
			set = append(set, n)
		}
		sets = append(sets, set)
	}
	slices.SortStableFunc(sets, func(a, b needles) int { return cmp.Compare(b.shortest(), a.shortest()) })
	if len(sets) > 0 && sets[0].shortest() > 1 { // letters that stand everywhere tell nothing more
		sets = slices.DeleteFunc(sets, func(n needles) bool { return n.shortest() == 1 })
	}
	return sets
}

const (
	maxNeeded = 64 // texts of one set
	maxJoined = 16 // texts that come of joining sets: (jet|plane)s? [12] has eight
)

// shortest gives the length of the shortest text: the longer it is, the rarer.
func (n needles) shortest() int {
	least := len(n[0].text)
	for i := range n {
		least = min(least, len(n[i].text))
	}
	return least
}

// need is what every match of one node has. Exact are all the texts that match it; where they are not
// known, or too many, it is nil, and sets hold one text of each set beside anything else.
type need struct {
	exact []string
	sets  [][]string
}

// all gives the sets, and the exact texts as one of them when they tell anything.
func (n need) all() [][]string {
	if len(n.exact) > 0 && shortest(n.exact) > 0 {
		return append(n.sets, n.exact)
	}
	return n.sets
}

func neededIn(re *syntax.Regexp) need {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return need{exact: []string{""}}
	case syntax.OpLiteral:
		var b []byte
		for _, r := range re.Rune {
			b = utf8.AppendRune(b, canon(r))
		}
		return need{exact: []string{string(b)}}
	case syntax.OpCharClass:
		return need{exact: neededOfClass(re.Rune)}
	case syntax.OpCapture:
		return neededIn(re.Sub[0])
	case syntax.OpPlus:
		return need{sets: neededIn(re.Sub[0]).all()}
	case syntax.OpQuest:
		if exact := neededIn(re.Sub[0]).exact; len(exact) > 0 && len(exact) < maxJoined {
			return need{exact: union(exact, []string{""})}
		}
	case syntax.OpAlternate:
		return neededOfOne(re.Sub)
	case syntax.OpConcat:
		return neededOfAll(re.Sub)
	}
	return need{}
}

// neededOfClass gives the characters of a class, nothing when they are too many.
func neededOfClass(ranges []rune) (texts []string) {
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i+1]-ranges[i] >= 2*maxNeeded {
			return nil
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			texts = append(texts, string(canon(r)))
		}
	}
	slices.Sort(texts)
	if texts = slices.Compact(texts); len(texts) > maxNeeded {
		return nil
	}
	return texts
}

// neededOfOne joins the branches of an alternative: all their texts, or the best set of each.
func neededOfOne(branches []*syntax.Regexp) need {
	needs, exact := make([]need, len(branches)), []string(nil)
	isExact := true
	for i, b := range branches {
		needs[i] = neededIn(b)
		isExact = isExact && len(needs[i].exact) > 0 && len(exact) <= maxNeeded
		exact = union(exact, needs[i].exact)
	}
	if isExact && len(exact) <= maxNeeded {
		return need{exact: exact}
	}
	var best []string
	for _, n := range needs {
		sets := n.all()
		if len(sets) == 0 || len(best) > maxNeeded {
			return need{}
		}
		best = union(best, slices.MaxFunc(sets, func(a, b []string) int { return cmp.Compare(shortest(a), shortest(b)) }))
	}
	if len(best) > maxNeeded {
		return need{}
	}
	return need{sets: [][]string{best}}
}

// neededOfAll joins what follows each other: texts while all of them are known, then sets.
func neededOfAll(parts []*syntax.Regexp) need {
	all, whole := need{exact: []string{""}}, true
	end := func() {
		all.sets, whole = all.all(), false
		all.exact = []string{""}
	}
	for _, p := range parts {
		n := neededIn(p)
		switch {
		case len(n.exact) == 0:
			end()
			all.sets = append(all.sets, n.sets...)
			continue
		case len(all.exact)*len(n.exact) > maxJoined:
			end()
			all.exact = n.exact
			continue
		}
		var joined []string
		for _, a := range all.exact {
			for _, b := range n.exact {
				joined = append(joined, a+b)
			}
		}
		all.exact = union(joined, nil)
	}
	if !whole {
		end()
		all.exact = nil
	}
	return all
}

func union(a, b []string) []string {
	both := append(slices.Clone(a), b...)
	slices.Sort(both)
	return slices.Compact(both)
}

func shortest(texts []string) int {
	n := len(texts[0])
	for _, t := range texts {
		n = min(n, len(t))
	}
	return n
}

// canon gives one character for all that differ in case only, as regular expressions see it.
func canon(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r // the least of its orbit
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// gram is a number for three bytes, after a zero, or four.
type gram uint32

const gramBits = 17

func gramOf(a, b, c, d byte) gram {
	return gram((uint32(a)<<24 | uint32(b)<<16 | uint32(c)<<8 | uint32(d)) * 0x9e3779b1 >> (32 - gramBits))
}

// haystack is the title and text of an item in which needles are looked for.
type haystack struct {
	stamp uint32 // of the item
	text  []byte
	pairs [1 << 16 / 64]uint64       // a bit for any two bytes that stand together
	grams [1 << gramBits / 64]uint64 // the same for three and for four, hashed
}

// haystack gives that of the item, which is made when first asked for.
func (s *scratch) haystack() *haystack {
	if s.hay == nil {
		s.hay = new(haystack)
	}
	if s.hay.stamp != s.stamp {
		s.hay.stamp = s.stamp
		s.hay.fill(s.d)
	}
	return s.hay
}

func (h *haystack) fill(d *Document) {
	h.text = h.text[:0]
	for _, s := range [...]string{d.Item.Title, d.Item.Text} {
		for i := 0; i < len(s); {
			c := s[i]
			if c < utf8.RuneSelf {
				if c >= 'a' && c <= 'z' {
					c -= 'a' - 'A'
				}
				h.text = append(h.text, c)
				i++
				continue
			}
			r, n := utf8.DecodeRuneInString(s[i:])
			h.text = utf8.AppendRune(h.text, canon(r))
			i += n
		}
		h.text = append(h.text, 0)
	}
	clear(h.pairs[:])
	clear(h.grams[:])
	before := byte(0)
	for i := 0; i+3 <= len(h.text); i++ { // the last byte is no text
		p := uint16(h.text[i])<<8 | uint16(h.text[i+1])
		h.pairs[p/64] |= 1 << (p % 64)
		for _, g := range [...]gram{gramOf(0, h.text[i], h.text[i+1], h.text[i+2]), gramOf(before, h.text[i], h.text[i+1], h.text[i+2])} {
			h.grams[g/64] |= 1 << (g % 64)
		}
		before = h.text[i]
	}
}

// hasAll says whether the item has one text of each set.
func (h *haystack) hasAll(sets []needles) bool {
	for _, set := range sets {
		if !h.hasAny(set) {
			return false
		}
	}
	return true
}

func (h *haystack) hasAny(set needles) bool {
	for i := range set {
		if h.has(&set[i]) {
			return true
		}
	}
	return false
}

func (h *haystack) has(n *needle) bool {
	if len(n.text) == 2 {
		p := uint16(n.text[0])<<8 | uint16(n.text[1])
		return h.pairs[p/64]&(1<<(p%64)) != 0
	}
	for _, g := range n.grams {
		if h.grams[g/64]&(1<<(g%64)) == 0 {
			return false
		}
	}
	return bytes.Contains(h.text, n.text)
}

// collectRegexps adds the queries filed under regular expressions whose text the item has.
func (x *Index) collectRegexps(s *scratch) {
	if len(x.regexps) == 0 {
		return
	}
	hay := s.haystack()
	for i := range x.regexps {
		if r := &x.regexps[i]; hay.hasAll(r.needed) {
			x.collect(s, r.queries)
		}
	}
}
