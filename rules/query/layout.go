package query

import "slices"

// finish lays the postings out, and with them what is left to decide of their queries.
func (f *filer) finish() {
	x := f.x
	x.signs = f.layOut(f.signs, int(f.p.count))
	for _, s := range f.signs {
		f.p.leads[s.key.id/64] |= 1 << (s.key.id % 64)
	}
	x.lists = f.layOut(f.lists, len(f.p.lists))
	regexps := f.layOut(f.regexps, len(f.p.regexps))
	for id, re := range f.p.regexps {
		if row := regexps.row(int32(id)); len(row) > 0 {
			x.regexps = append(x.regexps, filedRegexp{re.needed, row})
		}
	}
	f.p.nodes = slices.Concat(f.p.nodes, f.rest)
}

// layOut sorts postings into rows by counting.
func (f *filer) layOut(all []filed, rows int) postings {
	p := postings{make([]int32, rows+2), make([]posting, len(all))}
	for i := range all {
		p.start[all[i].key.id+2]++
	}
	for i := 2; i < len(p.start); i++ {
		p.start[i] += p.start[i-1]
	}
	order := make([]int32, len(all))
	for i := range all {
		at := &p.start[all[i].key.id+1]
		order[*at] = int32(i)
		*at++
	}
	p.start = p.start[:rows+1]
	for at, i := range order {
		f.pace.breathe(at)
		p.all[at] = all[i].posting
		p.all[at].root = f.addRest(&all[i])
	}
	return p
}

// maxRest bounds the nodes of a rest: a long OR may be filed under each of its thousands of words.
const maxRest = 64

// addRest writes the program of what is left to decide of a query, or list, when an item has what
// the posting asks for, and gives where it begins. Programs of one row follow each other, so that an
// item which comes to one of them has the next ones at hand. What is long stays where it is.
func (f *filer) addRest(p *filed) int32 {
	begin := len(f.rest)
	f.rest = append(f.rest, node{op: opAnd})
	count, ok := f.addOpen(p.root, p, begin+maxRest)
	root := int32(len(f.p.nodes) + begin)
	switch {
	case !ok:
		root = p.root
	case count == 0:
		root = decided
	case count == 1:
		return root + 1 // a node without an AND to hold it
	default:
		f.rest[begin].a = int32(len(f.rest) - begin)
		return root
	}
	f.rest = f.rest[:begin]
	return root
}

// addOpen adds what is left of the node at i, as operands of an AND, and says how many they are, or
// that there is no room for it.
func (f *filer) addOpen(i int32, p *filed, limit int) (count int, ok bool) {
	if i == p.key.met || p.asksFor(f.only(i)) {
		return 0, true
	}
	n, after := &f.p.nodes[i], f.p.after(i)
	if n.op != opAnd {
		if len(f.rest)+int(after-i) > limit {
			return 0, false
		}
		f.rest = append(f.rest, f.p.nodes[i:after]...)
		return 1, true
	}
	for c := i + 1; c < after; c = f.p.after(c) {
		k, ok := f.addOpen(c, p, limit)
		if !ok {
			return 0, false
		}
		count += k
	}
	return count, true
}

// asksFor says whether an item needs the sign to have what the posting asks for.
func (p *posting) asksFor(sign int32) bool { return p.second == sign || p.third == sign }
