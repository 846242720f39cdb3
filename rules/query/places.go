package query

import (
	"slices"
)

// span is a run of tokens that a node is met by; bytes are set where it does not begin and end
// with its words.
type span struct {
	from, to           int32 // the first token and the last
	startByte, endByte int32 // in the field; both 0 when the tokens tell
}

func compareSpans(a, b span) int {
	if a.from != b.from {
		return int(a.from) - int(b.from)
	}
	if a.to != b.to {
		return int(a.to) - int(b.to)
	}
	if a.startByte != b.startByte {
		return int(a.startByte) - int(b.startByte)
	}
	return int(a.endByte) - int(b.endByte)
}

// maxSpans bounds the places that are looked at for one node, the first ones. Only in items that
// are hardly news does a word stand in more.
const maxSpans = 1 << 12

// place adds the places of the node at i to s.spans, in order. With words, the words that make up
// a near or a loose phrase are places; without, their whole extent is one.
func (s *scratch) place(i int32, words bool) {
	mark := len(s.spans)
	n := &s.p.nodes[i]
	switch n.op {
	case opTerm:
		s.placeTerm(n.a, n.field)
	case opPhrase:
		s.placePhrase(i, n)
	case opSlop:
		s.placeSlop(i, n, words)
	case opRegexp:
		s.placeRegexp(n)
	case opNear:
		s.placeNear(i, n, words)
	case opSame:
		s.placeSame(i, n, words)
	case opOr:
		for c := i + 1; c < i+n.a && len(s.spans)-mark < 2*maxSpans; c = s.p.after(c) {
			s.place(c, words)
		}
	case opAnd, opAtLeast, opRole:
		if s.eval(i) == yes {
			for c := i + 1; c < i+n.a && len(s.spans)-mark < 2*maxSpans; c = s.p.after(c) {
				s.place(c, words)
			}
		}
	case opList:
		if s.eval(i) == yes {
			s.place(s.p.lists[n.a].root, words)
		}
	}
	added := s.spans[mark:]
	if !slices.IsSortedFunc(added, compareSpans) {
		slices.SortFunc(added, compareSpans)
	}
	added = slices.Compact(added)
	s.spans = s.spans[:mark+min(len(added), maxSpans)]
}

func (s *scratch) placeTerm(term int32, f Field) {
	enough := len(s.spans) + 2*maxSpans
	s.tokens(term, s.d.ranges[f], func(t int32) bool {
		s.spans = append(s.spans, span{from: t, to: t})
		return len(s.spans) < enough
	})
}

func (s *scratch) placePhrase(i int32, n *node) {
	if !s.hasPairs(i) {
		return
	}
	words, r := s.p.words(i), s.d.ranges[n.field]
	enough := len(s.spans) + 2*maxSpans
	s.tokens(words[0].a, r, func(t int32) bool {
		if s.phraseAt(words, t, r.to) {
			s.spans = append(s.spans, span{from: t, to: t + int32(len(words)) - 1})
		}
		return len(s.spans) < enough
	})
}

// placeChildren places the children of a node one after the other on s.spans and notes on
// s.bounds where each begins, and where the last ends. It says false when one has no place.
func (s *scratch) placeChildren(i int32, n *node) bool {
	s.bounds = append(s.bounds, int32(len(s.spans)))
	for c := i + 1; c < i+n.a; c = s.p.after(c) {
		mark := len(s.spans)
		s.place(c, false)
		if len(s.spans) == mark {
			return false
		}
		s.bounds = append(s.bounds, int32(len(s.spans)))
	}
	return true
}

// keep moves the spans from results on down to mark, in place of what lay there, and takes the
// bounds since base away.
func (s *scratch) keep(mark, results, base int) {
	s.spans = append(s.spans[:mark], s.spans[results:]...)
	s.bounds = s.bounds[:base]
}

// placeNear finds places of one child that all others follow within the distance, in one field.
func (s *scratch) placeNear(i int32, n *node, words bool) {
	mark, base := len(s.spans), len(s.bounds)
	ok := s.placeChildren(i, n)
	results := len(s.spans)
	if ok {
		s.together(base, int32(n.n), words)
	}
	s.keep(mark, results, base)
}

// placeSlop is the same for single words, all within the slop and their own number.
func (s *scratch) placeSlop(i int32, n *node, words bool) {
	mark, base := len(s.spans), len(s.bounds)
	s.bounds = append(s.bounds, int32(mark))
	ok := true
	for _, w := range s.p.nodes[i+1 : i+n.a] {
		begin := len(s.spans)
		s.placeTerm(w.a, n.field)
		slices.SortFunc(s.spans[begin:], compareSpans)
		s.bounds = append(s.bounds, int32(len(s.spans)))
		if ok = len(s.spans) > begin; !ok {
			break
		}
	}
	results := len(s.spans)
	if ok {
		s.together(base, n.a-2+int32(n.n), words)
	}
	s.keep(mark, results, base)
}

// together adds to s.spans, for each place of one child, the nearest later places of all others
// that begin within the distance.
func (s *scratch) together(base int, distance int32, words bool) {
	children := len(s.bounds) - base - 1
	for c := range children {
		for a := s.bounds[base+c]; a < s.bounds[base+c+1]; a++ {
			mark := len(s.spans)
			if !s.nearest(base, c, s.spans[a], distance) || words {
				continue
			}
			whole := s.spans[a]
			for _, o := range s.spans[mark:] {
				whole.from, whole.to = min(whole.from, o.from), max(whole.to, o.to)
			}
			whole.startByte, whole.endByte = 0, 0
			s.spans = append(s.spans[:mark], whole)
		}
	}
}

// nearest adds the anchor, a place of child c, and the first place after it of every other child;
// nothing when one of them is too far away.
func (s *scratch) nearest(base, c int, anchor span, distance int32) bool {
	mark := len(s.spans)
	limit := min(anchor.to+distance, s.d.fieldEnd(anchor.to)-1)
	for o := range len(s.bounds) - base - 1 {
		if o == c {
			s.spans = append(s.spans, anchor)
			continue
		}
		spans := s.spans[s.bounds[base+o]:s.bounds[base+o+1]]
		k, _ := slices.BinarySearchFunc(spans, anchor.to+1, beginsAt)
		if k == len(spans) || spans[k].from > limit {
			s.spans = s.spans[:mark]
			return false
		}
		s.spans = append(s.spans, spans[k])
	}
	return true
}

func beginsAt(p span, t int32) int { return int(p.from) - int(t) }

// fieldEnd gives the token after the field in which t stands.
func (d *Document) fieldEnd(t int32) int32 {
	switch {
	case t < d.ranges[Title].to:
		return d.ranges[Title].to
	case t < d.ranges[Body].to:
		return d.ranges[Body].to
	}
	for t < int32(len(d.tokens)) && d.tokens[t].Form != gap {
		t++
	}
	return t
}

// placeSame finds the sentences or paragraphs in which every child has a place.
func (s *scratch) placeSame(i int32, n *node, words bool) {
	mark, base := len(s.spans), len(s.bounds)
	ok := s.placeChildren(i, n)
	results := len(s.spans)
	if ok {
		done := int32(-1)
		for a := s.bounds[base]; a < s.bounds[base+1]; a++ {
			from, to := s.d.unit(Unit(n.n), s.spans[a].from)
			if from > done {
				done = from
				s.inUnit(base, from, to, words)
			}
		}
	}
	s.keep(mark, results, base)
}

// inUnit adds the places of all children between two tokens; nothing when a child has none.
func (s *scratch) inUnit(base int, from, to int32, words bool) {
	mark := len(s.spans)
	for c := range len(s.bounds) - base - 1 {
		spans := s.spans[s.bounds[base+c]:s.bounds[base+c+1]]
		before := len(s.spans)
		k, _ := slices.BinarySearchFunc(spans, from, beginsAt)
		for ; k < len(spans) && spans[k].from < to; k++ {
			if spans[k].to < to {
				s.spans = append(s.spans, spans[k])
			}
		}
		if len(s.spans) == before {
			s.spans = s.spans[:mark]
			return
		}
	}
	if words {
		return
	}
	whole := span{from: s.spans[mark].from, to: s.spans[mark].to}
	for _, p := range s.spans[mark:] {
		whole.from, whole.to = min(whole.from, p.from), max(whole.to, p.to)
	}
	s.spans = append(s.spans[:mark], whole)
}

// unit gives the bounds of the sentence or paragraph in which t stands. A title is one of each,
// and so is every value of an attribute.
func (d *Document) unit(u Unit, t int32) (from, to int32) {
	body := d.ranges[Body]
	switch {
	case t < d.ranges[Title].to:
		return 0, d.ranges[Title].to
	case t >= body.to:
		from, to = t, t
		for from > 0 && d.tokens[from-1].Form != gap {
			from--
		}
		for int(to) < len(d.tokens) && d.tokens[to].Form != gap {
			to++
		}
		return from, to
	case u == Paragraph:
		i, found := slices.BinarySearch(d.paras, t)
		if !found {
			i--
		}
		if i+1 < len(d.paras) {
			return d.paras[i], d.paras[i+1]
		}
		return d.paras[i], body.to
	}
	d.order()
	s := d.ordered.sentences[d.ordered.sentence(t)]
	return s.from, s.to
}

// bestRole gives the most prominent role among the places of the node at i.
func (s *scratch) bestRole(i int32) Role {
	mark := len(s.spans)
	s.place(i, false)
	best := NoRole
	for _, p := range s.spans[mark:] {
		if best = max(best, s.d.role(p.from)); best == InTitle {
			break
		}
	}
	s.spans = s.spans[:mark]
	return best
}
