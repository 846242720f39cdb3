package query

import "slices"

// signs number what an item can be said to have and queries can be filed under: terms have their
// own numbers; then follow terms in the title, where a query asks for that, and two terms that
// stand together, where a phrase has them so.
type signs struct {
	count   int32
	inTitle []int32  // per term: the sign of having it in the title; 0 for none
	leads   []uint64 // a bit for each sign under which queries are filed

	// Two adjacent terms lead to a sign by open addressing, a power of two.
	pairs  []pairSlot
	hashes []uint64 // a bit for what the hash of each pair ends in
	first  []uint64 // a bit for each term that begins a pair
	last   []uint64 // the same for those that end one
}

type pairSlot struct{ a, b, sign int32 } // sign 0 is free

// leadsOn says whether queries are filed under the sign.
func (g *signs) leadsOn(sign int32) bool { return g.leads[sign>>6]>>(sign&63)&1 != 0 }

// assignSigns numbers the signs of all programs.
func (p *program) assignSigns() {
	terms := len(p.terms)
	p.count = int32(terms)
	p.inTitle = make([]int32, terms)
	p.first, p.last = make([]uint64, terms/64+1), make([]uint64, terms/64+1)
	pairs := 0
	p.pairs = make([]pairSlot, 16)
	for i := range p.nodes {
		switch n := &p.nodes[i]; {
		case n.op == opTerm && n.field == Title && p.inTitle[n.a] == 0:
			p.inTitle[n.a] = p.count
			p.count++
		case n.op == opPhrase:
			words := p.words(int32(i))
			for k := range words[1:] {
				sign, isNew := p.addPair(words[k].a, words[k+1].a)
				p.pairsOf(int32(i))[k].a = sign
				if isNew {
					pairs++
				}
				if 2*pairs > len(p.pairs) {
					p.growPairs()
				}
			}
		}
	}
	p.leads = make([]uint64, p.count/64+1)
	p.hashes = make([]uint64, bitsPerSlot*len(p.pairs)/64)
	for _, s := range p.pairs {
		if s.sign != 0 {
			h := pairHash(s.a, s.b) & p.hashMask()
			p.hashes[h/64] |= 1 << (h % 64)
		}
	}
}

// bitsPerSlot makes one bit in eight or less be set: of words that stand together most are known to
// be no pair without going to its slot, which is far away when there are many.
const bitsPerSlot = 4

func (g *signs) hashMask() uint64 { return bitsPerSlot*uint64(len(g.pairs)) - 1 }

// addPair gives the sign of two adjacent terms, and says whether it had to be made.
func (p *program) addPair(a, b int32) (sign int32, isNew bool) {
	slot := p.pairSlot(a, b)
	if slot.sign != 0 {
		return slot.sign, false
	}
	*slot = pairSlot{a, b, p.count}
	p.count++
	p.first[a/64] |= 1 << (a % 64)
	p.last[b/64] |= 1 << (b % 64)
	return slot.sign, true
}

func (p *program) growPairs() {
	old := p.pairs
	p.pairs = make([]pairSlot, 2*len(old))
	for _, s := range old {
		if s.sign != 0 {
			*p.pairSlot(s.a, s.b) = s
		}
	}
}

func pairHash(a, b int32) uint64 {
	return (uint64(uint32(a))<<32 | uint64(uint32(b))) * 0x9e3779b97f4a7c15 >> 24
}

// pairHome gives where a pair is looked for first.
func (g *signs) pairHome(a, b int32) uint64 { return pairHash(a, b) & uint64(len(g.pairs)-1) }

func (g *signs) pairSlot(a, b int32) *pairSlot {
	mask := uint64(len(g.pairs) - 1)
	for i := g.pairHome(a, b); ; i = (i + 1) & mask {
		if s := &g.pairs[i]; s.sign == 0 || s.a == a && s.b == b {
			return s
		}
	}
}

func (g *signs) beginsPair(term int32) bool { return g.first[term>>6]>>(term&63)&1 != 0 }

func (g *signs) endsPair(term int32) bool { return g.last[term>>6]>>(term&63)&1 != 0 }

// sign gives what an item must have to meet the term of a node.
func (p *program) sign(n *node) int32 {
	if n.field == Title {
		return p.inTitle[n.a]
	}
	return n.a
}

// adjacentTerms are two terms that stand together in the item and may have a sign.
type adjacentTerms struct{ first, second int32 }

// notePairs notes the pairs that two words next to each other may be.
func (s *scratch) notePairs(before, m memoEntry) {
	hashes, mask := s.p.hashes, s.p.hashMask()
	n := len(s.adjacent)
	for _, first := range s.termsAt(before) {
		if !s.p.beginsPair(first) {
			continue
		}
		seconds := s.termsAt(m)
		s.adjacent = slices.Grow(s.adjacent[:n], len(seconds))[:n+len(seconds)]
		for _, second := range seconds {
			s.adjacent[n] = adjacentTerms{first, second}
			h := pairHash(first, second) & mask
			n += int(hashes[h>>6] >> (h & 63) & 1)
		}
	}
	s.adjacent = s.adjacent[:n]
}

// findPairs notes which of them there are.
func (s *scratch) findPairs() {
	for _, a := range s.adjacent { // have the slots on their way from memory all at once
		s.touched += s.p.pairs[s.p.pairHome(a.first, a.second)].sign
	}
	for _, a := range s.adjacent {
		if sign := s.p.pairSlot(a.first, a.second).sign; sign != 0 {
			s.find(sign)
		}
	}
}
