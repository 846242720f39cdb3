package query

// scratch is what one program notes about one document: which terms it has, and where. It keeps
// its memory from item to item and remembers which terms a form meets, so that a word that was
// met before costs one look into a slice.
type scratch struct {
	p *program
	d *Document

	at         uint64 // which reading of the document this is about
	attributes bool   // whether they were read then

	epoch uint32      // of the forms in memo
	memo  []memoEntry // per form, from 1; 0 is the gap
	hits  []int32     // the terms of the forms in memo

	stamp   uint32
	bits    []uint64    // a bit per sign that the item has, and one that is always set
	found   []int32     // those of its signs that lead to queries
	lists   []verdictAt // per list
	regexps []verdictAt // per regular expression and field
	tried   []uint32    // per query and list of an index: the stamp of the item they were decided for

	located bool        // terms and links are those of the item: see locate
	terms   []termState // per term
	links   []formLink

	candidates []candidate
	adjacent   []adjacentTerms
	touched    int32 // keeps loads ahead of time from being left out

	hay    *haystack // for the regular expressions of an index
	spans  []span    // a stack
	bounds []int32   // the same, see placeChildren
}

// memoEntry leads to the terms that a form meets: hits[from:from+terms]. It is small, since every
// word of an item asks for one.
type memoEntry struct {
	sign  int32 // of the only term, if no query is filed under it; else the one that is always set
	from  int32
	terms int32
	kinds uint32 // 0 when they were not looked up yet
}

// What is to be done about a form.
const (
	known      = 1 << iota
	beginsPair // one of its terms does
	endsPair
	inTitle // one of its terms is asked for in the title
	busy    // there is more to note than one bit
)

// termState says by which forms of the item a term is met: nearly always by one.
type termState struct {
	stamp uint32
	form  int32
	next  int32 // into links, for further ones; -1 ends
}

type formLink struct{ form, next int32 }

type verdictAt struct {
	stamp uint32
	v     verdict
}

// scratchFor gives the notes of the program about the document as it is now.
func (d *Document) scratchFor(p *program) *scratch {
	s := d.scratch
	if s == nil || s.p != p {
		s = &scratch{p: p, d: d, terms: make([]termState, len(p.terms)), lists: make([]verdictAt, len(p.lists)),
			regexps: make([]verdictAt, len(p.regexps)*int(Lang)), bits: make([]uint64, p.count/64+1)}
		d.scratch = s
	}
	if p.attributes {
		d.loadAttributes()
	}
	if s.at != d.reading || s.attributes != d.loaded {
		s.begin()
	}
	return s
}

// begin notes which signs the item has.
func (s *scratch) begin() {
	d := s.d
	s.at, s.attributes, s.located = d.reading, d.loaded, false
	if s.epoch != d.an.Epoch() || len(s.hits) > maxHits {
		s.epoch, s.memo, s.hits = d.an.Epoch(), nil, nil
	}
	if n := d.an.Forms() + 1; n > len(s.memo) {
		s.memo = append(s.memo, make([]memoEntry, n-len(s.memo))...)
		s.memo[0] = memoEntry{sign: s.p.count, kinds: known}
	}
	s.stamp++
	if s.stamp == 0 {
		clear(s.terms)
		clear(s.lists)
		clear(s.regexps)
		clear(s.tried)
		s.hay = nil
		s.stamp = 1
	}
	clear(s.bits)
	s.bits[s.p.count/64] |= 1 << (s.p.count % 64)
	s.found, s.adjacent = s.found[:0], s.adjacent[:0]
	s.read()
	s.findPairs()
}

// read goes through the words of the item. Half of them are in no query, or only in queries that are
// filed under something else, and no branch tells which: with one, whose outcome no processor can
// guess, an item costs 1.5 times its analysis at 1,000 rules, without it 1.2 times.
func (s *scratch) read() {
	const block = 64
	var more, pairs [block]int32 // the forms that are more than a bit, and the tokens that may end a pair
	memo, bits := s.memo, s.bits
	before := uint32(0) // the kinds of the token before
	for from := 0; from < len(s.d.tokens); from += block {
		tokens := s.d.tokens[from:min(from+block, len(s.d.tokens))]
		m, p := 0, 0
		for i := range tokens {
			e := &memo[tokens[i].Form+1]
			if e.kinds == 0 {
				s.lookUp(tokens[i].Form)
			}
			bits[e.sign>>6] |= 1 << (e.sign & 63)
			more[m&(block-1)], pairs[p&(block-1)] = tokens[i].Form, int32(from+i) // masks spare a check of bounds
			m += int(e.kinds / busy & 1)
			p += int(before / beginsPair & (e.kinds / endsPair) & 1)
			before = e.kinds
		}
		for _, form := range more[:m] {
			for _, t := range s.termsAt(memo[form+1]) {
				s.find(t)
			}
		}
		for _, t := range pairs[:p] {
			s.notePairs(memo[s.d.tokens[t-1].Form+1], memo[s.d.tokens[t].Form+1])
		}
	}
	for _, t := range s.d.tokens[:s.d.ranges[Title].to] {
		if m := memo[t.Form+1]; m.kinds&inTitle != 0 {
			s.findInTitle(m)
		}
	}
}

// find notes a sign of the item.
func (s *scratch) find(sign int32) {
	if w := &s.bits[sign>>6]; *w>>(sign&63)&1 == 0 {
		*w |= 1 << (sign & 63)
		if s.p.leadsOn(sign) {
			s.found = append(s.found, sign)
		}
	}
}

func (s *scratch) findInTitle(m memoEntry) {
	for _, t := range s.termsAt(m) {
		if t = s.p.inTitle[t]; t != 0 {
			s.find(t)
		}
	}
}

// lookUp finds the terms that a form meets, for this item and all later ones.
func (s *scratch) lookUp(form int32) {
	from := len(s.hits)
	s.hits = s.p.find(s.hits, s.d.an.Form(form))
	m := memoEntry{s.p.count, int32(from), int32(len(s.hits) - from), known}
	terms := s.termsAt(m)
	for _, t := range terms {
		if s.p.beginsPair(t) {
			m.kinds |= beginsPair
		}
		if s.p.endsPair(t) {
			m.kinds |= endsPair
		}
		if s.p.inTitle[t] != 0 {
			m.kinds |= inTitle
		}
	}
	switch {
	case len(terms) == 1 && !s.p.leadsOn(terms[0]):
		m.sign = terms[0]
	case len(terms) > 0:
		m.kinds |= busy
	}
	s.memo[form+1] = m
}

// termsAt gives the terms that a form meets.
func (s *scratch) termsAt(m memoEntry) []int32 { return s.hits[m.from : m.from+m.terms] }

// locate notes by which forms the terms of the item are met. Most queries can be told not to be met
// without it, and most items satisfy none.
func (s *scratch) locate() {
	if s.located {
		return
	}
	s.located = true
	s.d.link()
	s.links = s.links[:0]
	for _, form := range s.d.forms {
		for _, t := range s.termsAt(s.memo[form+1]) {
			state := &s.terms[t]
			if state.stamp == s.stamp {
				s.links = append(s.links, formLink{form, state.next})
				state.next = int32(len(s.links) - 1)
				continue
			}
			*state = termState{s.stamp, form, -1}
		}
	}
}

// maxHits bounds the memo; many patterns may be met by many words.
const maxHits = 1 << 20

// has says whether the item has the sign.
func (s *scratch) has(sign int32) bool { return s.bits[sign>>6]>>(sign&63)&1 != 0 }

// forms calls f for each form by which the term is met, as long as it says true.
func (s *scratch) forms(term int32, f func(form int32) bool) {
	s.locate()
	t := s.terms[term]
	if t.stamp != s.stamp || !f(t.form) {
		return
	}
	for l := t.next; l >= 0; l = s.links[l].next {
		if !f(s.links[l].form) {
			return
		}
	}
}

// tokens calls f for each token in a range that is the term, as long as it says true: in order
// for one form after the other.
func (s *scratch) tokens(term int32, r tokenRange, f func(tok int32) bool) {
	d := s.d
	s.forms(term, func(form int32) bool {
		for t := d.places[form].first; t >= 0 && t < r.to; t = d.next[t] {
			if t >= r.from && !f(t) {
				return false
			}
		}
		return true
	})
}

// isAt says whether the word at the token is the term. It asks for locate.
func (s *scratch) isAt(term, tok int32) bool {
	form, t := s.d.tokens[tok].Form, s.terms[term]
	if t.stamp != s.stamp || form == gap {
		return false
	}
	if t.form == form {
		return true
	}
	for l := t.next; l >= 0; l = s.links[l].next {
		if s.links[l].form == form {
			return true
		}
	}
	return false
}
