package query

import (
	"slices"
)

// grouper gathers the evidence of one match.
type grouper struct {
	s      *scratch
	groups []Group
	spans  [][]span
	langs  []bool // the group is also met by the item's language
}

// add gathers the evidence of a part: of its lists under their names, of the rest under its own.
func (g *grouper) add(name string, root int32) {
	mark := len(g.s.spans)
	lang := g.gather(root)
	if own := g.s.spans[mark:]; len(own) > 0 || lang {
		g.put(name, own, lang)
	}
	g.s.spans = g.s.spans[:mark]
}

// gather puts the places of the node at i, outside of lists, onto the stack, and those of lists
// into their groups. It says whether the item's language was asked for and met.
func (g *grouper) gather(i int32) (lang bool) {
	s := g.s
	mark := len(s.spans)
	n := &s.p.nodes[i]
	switch n.op {
	case opNot, opAge, opLength:
	case opLang:
		return s.eval(i) == yes
	case opAnd, opOr, opAtLeast, opRole:
		if s.eval(i) != yes {
			return false
		}
		for c := i + 1; c < i+n.a && len(s.spans)-mark < maxSpans; c = s.p.after(c) {
			lang = g.gather(c) || lang
		}
	case opList:
		if s.eval(i) != yes {
			return false
		}
		list := s.p.lists[n.a]
		listLang := s.placeAll(list.root)
		g.put(list.name, s.spans[mark:], listLang)
		s.spans = s.spans[:mark]
	case opNear, opSame:
		g.gatherTogether(i, n)
	default:
		s.place(i, true)
	}
	return lang
}

// gatherTogether gathers the evidence of near and same: what a list among their operands
// contributed goes into the list's group, the rest onto the stack.
func (g *grouper) gatherTogether(i int32, n *node) {
	s := g.s
	mark := len(s.spans)
	s.place(i, true)
	for c := i + 1; c < i+n.a; c = s.p.after(c) {
		if s.p.nodes[c].op != opList {
			continue
		}
		begin := len(s.spans)
		s.place(c, false)
		taken := intersect(s.spans[mark:begin], s.spans[begin:])
		s.spans = s.spans[:begin]
		if len(taken) > 0 {
			g.put(s.p.lists[s.p.nodes[c].a].name, taken, false)
			rest := slices.DeleteFunc(s.spans[mark:], func(p span) bool { return slices.Contains(taken, p) })
			s.spans = s.spans[:mark+len(rest)]
		}
	}
}

func intersect(a, b []span) []span {
	var both []span
	for _, p := range a {
		if _, found := slices.BinarySearchFunc(b, p, compareSpans); found {
			both = append(both, p)
		}
	}
	return both
}

// placeAll is place for a list as a whole, with what is met by the item's language alone.
func (s *scratch) placeAll(i int32) (lang bool) {
	mark := len(s.spans)
	s.place(i, true)
	return len(s.spans) == mark && s.d.Item.Language != "" && s.eval(i) == yes && s.asksLanguage(i)
}

func (s *scratch) asksLanguage(i int32) bool {
	for k := i; k < s.p.after(i); k++ {
		if s.p.nodes[k].op == opLang {
			return true
		}
	}
	return false
}

// put adds places to the group with the name, which is made when it is new.
func (g *grouper) put(name string, spans []span, lang bool) {
	i := slices.IndexFunc(g.groups, func(o Group) bool { return o.Name == name })
	if i < 0 {
		i = len(g.groups)
		g.groups = append(g.groups, Group{Name: name})
		g.spans, g.langs = append(g.spans, nil), append(g.langs, false)
	}
	g.spans[i] = append(g.spans[i], spans...)
	g.langs[i] = g.langs[i] || lang
}

// finish turns places into evidence.
func (g *grouper) finish() []Group {
	d := g.s.d
	for i := range g.groups {
		spans := g.spans[i]
		slices.SortFunc(spans, compareSpans)
		spans = slices.Compact(spans)
		group := &g.groups[i]
		group.Evidence = make([]Evidence, 0, min(len(spans), MaxEvidence))
		for k, p := range spans {
			role := d.role(p.from)
			group.Role = max(group.Role, role)
			if k < MaxEvidence {
				group.Evidence = append(group.Evidence, d.evidence(p, role))
			} else if group.Role == InTitle {
				break
			}
		}
		if g.langs[i] {
			l := d.Item.Language
			group.Evidence = append(group.Evidence, Evidence{Field: Lang.String(), End: len(l), Text: l})
		}
	}
	return g.groups
}

// evidence gives the bytes of a place.
func (d *Document) evidence(p span, role Role) Evidence {
	field, index, value := d.fieldText(p.from)
	start, end := int(d.tokens[p.from].Start), int(d.tokens[p.to].End)
	if p.endByte > 0 {
		start, end = int(p.startByte), int(p.endByte)
	}
	e := Evidence{Field: field.String(), Index: index, Start: start, End: end, Text: value[start:end], Role: role}
	if field == Body {
		e.Field = "text" // as the item calls it
		i, found := slices.BinarySearch(d.paras, p.from)
		if found {
			i++
		}
		e.Paragraph = i
	}
	return e
}
