package query

import (
	"strings"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Verdict is how one part of a query fared with an item that was to be explained.
type Verdict struct {
	Name string // as in Group, or the part as written
	Met  bool
	// Unknown says that the item does not tell what the part asks for.
	Unknown bool
	// Group is the evidence when the part is met and has any; of a part that excludes, what it
	// found.
	Group Group
	// Closest is the word of the item that comes nearest to what the part looks for, when the
	// part is not met and a word comes near.
	Closest *Evidence
	// Wanted is the word of the query that Closest comes near to.
	Wanted string
}

// Explanation says part by part why a query matches an item or does not.
type Explanation struct {
	Matched  bool
	Verdicts []Verdict // one for each operand of the outermost AND
}

// Explain says why the item satisfies the query or does not.
func (c *Compiled) Explain(d *Document) Explanation {
	return explain(d.scratchFor(c.p), c.root, c.parts)
}

func explain(s *scratch, root int32, parts []part) Explanation {
	e := Explanation{Matched: s.eval(root) == yes}
	for _, p := range parts {
		v := s.eval(p.root)
		verdict := Verdict{Name: strings.TrimPrefix(p.name, "@"), Met: v == yes, Unknown: v == unknown}
		found := p.root
		if n := s.p.nodes[p.root]; n.op == opNot {
			found++
		}
		g := grouper{s: s}
		if s.eval(found) == yes {
			g.add(verdict.Name, found)
		}
		if groups := g.finish(); len(groups) > 0 {
			verdict.Group = groups[0]
		}
		if v == no && found == p.root {
			verdict.Wanted, verdict.Closest = s.closest(p.root)
		}
		e.Verdicts = append(e.Verdicts, verdict)
	}
	return e
}

// closest finds the word of title and text that comes nearest to a word below the node at i: one
// that is spelled almost alike, or that begins or ends with it.
func (s *scratch) closest(i int32) (wanted string, at *Evidence) {
	s.d.link()
	best := 4
	s.eachTerm(i, func(term int32) {
		w := s.p.terms[term].folded
		if isPattern(w) || len(w) < 4 {
			return
		}
		for _, form := range s.d.forms {
			first := s.d.places[form].first
			folded := s.d.an.Form(form).Folded
			if first >= s.d.ranges[Body].to || len(folded) < 4 {
				continue
			}
			distance := text.EditDistance(w, folded, min(best, 1+len(w)/3))
			if strings.HasPrefix(folded, w) || strings.HasPrefix(w, folded) {
				distance = 1
			}
			if distance < best && distance < 1+len(w)/3 {
				e := s.d.evidence(span{from: first, to: first}, s.d.role(first))
				best, wanted, at = distance, w, &e
			}
		}
	})
	return wanted, at
}

// eachTerm calls f for every term below the node at i, lists included.
func (s *scratch) eachTerm(i int32, f func(term int32)) {
	for k := i; k < s.p.after(i); k++ {
		switch n := &s.p.nodes[k]; n.op {
		case opTerm:
			f(n.a)
		case opList:
			s.eachTerm(s.p.lists[n.a].root, f)
		}
	}
}
