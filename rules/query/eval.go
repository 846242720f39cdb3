package query

import "strings"

// verdict is what a node says of an item. Unknown is what a condition says of an attribute that
// the item does not tell, and it stays unknown under NOT, so that nothing is let through that
// could not be judged: AND is the least of its nodes, OR the greatest.
type verdict int8

const (
	no      verdict = -1
	unknown verdict = 0
	yes     verdict = 1
)

func verdictOf(b bool) verdict {
	if b {
		return yes
	}
	return no
}

// eval decides the node at i.
func (s *scratch) eval(i int32) verdict {
	n := &s.p.nodes[i]
	switch n.op {
	case opTerm:
		return s.orMissing(n.field, s.hasTerm(n.a, n.field))
	case opPhrase:
		return s.orMissing(n.field, s.hasPhrase(i, n))
	case opAnd:
		v := yes
		for c := i + 1; c < i+n.a && v != no; c = s.p.after(c) {
			v = min(v, s.eval(c))
		}
		return v
	case opOr:
		v := no
		for c := i + 1; c < i+n.a && v != yes; c = s.p.after(c) {
			v = max(v, s.eval(c))
		}
		return v
	case opNot:
		return -s.eval(i + 1)
	case opAtLeast:
		return s.evalAtLeast(i, n)
	case opList:
		return s.evalList(n.a)
	case opSlop, opNear, opSame:
		if !s.possible(i) {
			return s.orMissing(n.field, false)
		}
		mark := len(s.spans)
		s.place(i, false)
		found := len(s.spans) > mark
		s.spans = s.spans[:mark]
		return s.orMissing(n.field, found)
	case opRegexp:
		return s.evalRegexp(n)
	case opRole:
		v := s.eval(i + 1)
		if v != yes {
			return v
		}
		role := s.bestRole(i + 1)
		if role == NoRole {
			return unknown
		}
		return verdictOf(compare(role, Op(n.n&0xff), Role(n.n>>8)))
	case opAge:
		t := s.d.Item.Time()
		if t.IsZero() || s.d.Now.IsZero() {
			return unknown
		}
		return verdictOf(compare(s.d.Now.Sub(t), Op(n.n), s.p.values[n.a]))
	case opLength:
		return verdictOf(compare(s.d.words, Op(n.n), int(n.a)))
	default: // opLang
		return s.orMissing(Lang, speaks(s.d.Item.Language, s.p.langs[n.a]))
	}
}

// evalList decides a list once for each item.
func (s *scratch) evalList(list int32) verdict {
	if l := s.lists[list]; l.stamp == s.stamp {
		return l.v
	}
	v := s.eval(s.p.lists[list].root)
	s.lists[list] = verdictAt{s.stamp, v}
	return v
}

// speaks says whether a language tag is the wanted one or narrower: pt-BR is pt.
func speaks(tag, wanted string) bool {
	return len(tag) >= len(wanted) && strings.EqualFold(tag[:len(wanted)], wanted) &&
		(len(tag) == len(wanted) || tag[len(wanted)] == '-' || tag[len(wanted)] == '_')
}

func (s *scratch) orMissing(f Field, found bool) verdict {
	if found {
		return yes
	}
	if f >= Source && s.d.missing(f) {
		return unknown
	}
	return no
}

func (s *scratch) evalAtLeast(i int32, n *node) verdict {
	met, open := 0, 0
	for c := i + 1; c < i+n.a; c = s.p.after(c) {
		switch s.eval(c) {
		case yes:
			met++
		case unknown:
			open++
		}
	}
	switch {
	case met >= int(n.n):
		return yes
	case met+open >= int(n.n):
		return unknown
	}
	return no
}

// hasTerm says whether a term stands in a field.
func (s *scratch) hasTerm(term int32, f Field) (found bool) {
	switch {
	case f == Title:
		return s.has(s.p.inTitle[term])
	case f == Anywhere && !s.attributes || !s.has(term):
		return s.has(term)
	}
	r := s.d.ranges[f]
	s.forms(term, func(form int32) bool {
		at := s.d.places[form]
		for t := at.first; t >= 0 && t < r.to && at.last >= r.from; t = s.d.next[t] {
			if t >= r.from {
				found = true
				return false
			}
		}
		return true
	})
	return found
}

// hasPhrase says whether the words of the phrase at i stand in a row in a field.
func (s *scratch) hasPhrase(i int32, n *node) (found bool) {
	if !s.hasPairs(i) {
		return false
	}
	if n.n == 2 && n.field == Anywhere && !s.attributes {
		return true
	}
	words, r := s.p.words(i), s.d.ranges[n.field]
	s.tokens(words[0].a, r, func(t int32) bool {
		found = s.phraseAt(words, t, r.to)
		return !found
	})
	return found
}

// hasPairs says whether any two neighbours among the words of the phrase at i stand together
// somewhere.
func (s *scratch) hasPairs(i int32) bool {
	for _, pair := range s.p.pairsOf(i) {
		if !s.has(pair.a) {
			return false
		}
	}
	return true
}

// possible says whether the node at i may have a place, by what the item has and not where.
func (s *scratch) possible(i int32) bool {
	n := &s.p.nodes[i]
	switch n.op {
	case opTerm:
		return s.has(s.p.sign(n))
	case opPhrase:
		return s.hasPairs(i)
	case opList:
		return s.evalList(n.a) == yes
	case opOr:
		for c := i + 1; c < i+n.a; c = s.p.after(c) {
			if s.possible(c) {
				return true
			}
		}
		return false
	case opSlop, opAnd, opNear, opSame:
		for c := i + 1; c < i+n.a; c = s.p.after(c) {
			if !s.possible(c) {
				return false
			}
		}
	}
	return true
}

// phraseAt says whether the words but the first, which is there, follow from token t.
func (s *scratch) phraseAt(words []node, t, to int32) bool {
	if t+int32(len(words)) > to {
		return false
	}
	for k := 1; k < len(words); k++ {
		if !s.isAt(words[k].a, t+int32(k)) {
			return false
		}
	}
	return true
}
