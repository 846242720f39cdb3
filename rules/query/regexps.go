package query

import (
	"slices"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// evalRegexp runs a regular expression over a field once for each item.
func (s *scratch) evalRegexp(n *node) verdict {
	memo := &s.regexps[int(n.a)*int(Lang)+int(n.field)]
	if memo.stamp == s.stamp {
		return memo.v
	}
	re := &s.p.regexps[n.a]
	if n.field <= Body && !s.haystack().hasAll(re.needed) {
		*memo = verdictAt{s.stamp, no}
		return no
	}
	found := false
	s.d.values(n.field, func(_ Field, _ int, value string) bool {
		found = re.re.MatchString(value)
		return !found
	})
	*memo = verdictAt{s.stamp, s.orMissing(n.field, found)}
	return memo.v
}

// placeRegexp finds what the expression matches, and the words around it.
func (s *scratch) placeRegexp(n *node) {
	if s.evalRegexp(n) != yes {
		return
	}
	s.d.values(n.field, func(f Field, index int, value string) bool {
		for _, m := range s.p.regexps[n.a].re.FindAllStringIndex(value, maxRegexpSpans) {
			if from, to, ok := s.d.tokensIn(f, index, m[0], m[1]); ok {
				s.spans = append(s.spans, span{from, to, int32(m[0]), int32(m[1])})
			}
		}
		return true
	})
}

const maxRegexpSpans = 256

// tokensIn gives the tokens of a value that the bytes from start to end touch: where they touch
// none, the one before.
func (d *Document) tokensIn(f Field, index, start, end int) (from, to int32, ok bool) {
	r := tokenRange{}
	switch f {
	case Title, Body:
		r = d.ranges[f]
	default:
		for _, a := range d.attrs {
			if a.field == f && a.index == index {
				r.from = a.from
				for r.to = a.from; d.tokens[r.to].Form != gap; r.to++ {
				}
			}
		}
	}
	tokens := d.tokens[r.from:r.to]
	i, _ := slices.BinarySearchFunc(tokens, start, func(t text.Token, b int) int {
		if int(t.End) <= b {
			return -1
		}
		return 1
	})
	j, _ := slices.BinarySearchFunc(tokens, end, func(t text.Token, b int) int {
		if int(t.Start) < b {
			return -1
		}
		return 1
	})
	if len(tokens) == 0 {
		return 0, 0, false
	}
	i = min(i, len(tokens)-1)
	return r.from + int32(i), r.from + int32(max(i, j-1)), true
}
