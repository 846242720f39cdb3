package query

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
)

// filer decides where each query of an index is filed.
type filer struct {
	x     *Index
	p     *program
	often []float32 // per sign: in how many of a thousand items it is expected

	listCover []*cover // per list, worked out when first asked for
	listFiled []bool

	signs, lists, regexps []filed

	needed []int32 // used again by needs
	rest   []node  // what is left to decide of the queries filed so far
	pace   pace
}

// filed is a posting with what it is filed under, until rests are known. Its root is that of the
// whole program.
type filed struct {
	key fileKey
	posting
}

// cover is a set of things of which an item must have one to satisfy a node.
type cover struct {
	cost float32 // items in a thousand that have one
	keys []fileKey
}

type fileKey struct {
	kind keyKind
	id   int32
	met  int32 // a node that is met by every item that has the key: -1 for none
}

type keyKind uint8

const (
	keySign keyKind = iota
	keyList
	keyRegexp
)

var noCover = &cover{cost: float32(math.Inf(1))}

func newFiler(x *Index, sample []*feeds.Item) *filer {
	p := x.p
	f := &filer{x: x, p: p, often: make([]float32, p.count), listCover: make([]*cover, len(p.lists)),
		listFiled: make([]bool, len(p.lists))}
	f.guess()
	if len(sample) > 0 {
		f.count(sample)
	}
	return f
}

// guess judges words by themselves: the shorter, the more often, and the words of all news most.
func (f *filer) guess() {
	for i, t := range f.p.terms {
		n := utf8.RuneCountInString(t.folded)
		f.often[i] = 400 / float32(n*n)
		if commonWords[t.folded] {
			f.often[i] = 300
		}
		if isPattern(t.folded) {
			f.often[i] *= 4
		}
		if v := f.p.inTitle[i]; v != 0 {
			f.often[v] = f.often[i] / 8
		}
	}
	for _, s := range f.p.pairs {
		if s.sign != 0 {
			f.often[s.sign] = min(f.often[s.a], f.often[s.b]) / 10
		}
	}
}

// count lets a sample tell how often a term is met; what it never met keeps a part of its guess,
// in order.
func (f *filer) count(sample []*feeds.Item) {
	counts := make([]int32, f.p.count)
	for i := range f.p.leads { // every sign is wanted here
		f.p.leads[i] = math.MaxUint64
	}
	d := new(Document)
	for _, it := range sample {
		d.Reset(it)
		for _, t := range d.scratchFor(f.p).found {
			counts[t]++
		}
	}
	clear(f.p.leads)
	unit := 1000 / float32(len(sample))
	for i, c := range counts {
		f.often[i] = float32(c)*unit + min(f.often[i], 300)/300*unit
	}
}

// file files one query.
func (f *filer) file(q, root int32) {
	c := f.cover(root)
	if math.IsInf(float64(c.cost), 1) {
		f.x.always = append(f.x.always, q)
		return
	}
	f.put(c, q, root)
}

// put files a query, or a list, under every key of its cover.
func (f *filer) put(c *cover, q, root int32) {
	p := posting{query: q, root: root, second: f.always(), third: f.always()}
	if len(c.keys) > 1 {
		p.query |= several
	}
	for _, k := range c.keys {
		p := p
		need := f.needs(root, k)
		if len(need) > 0 {
			p.second = need[0]
		}
		if len(need) > 1 {
			p.third = need[1]
		}
		switch k.kind {
		case keySign:
			f.signs = append(f.signs, filed{k, p})
		case keyRegexp:
			f.regexps = append(f.regexps, filed{k, p})
		case keyList:
			f.lists = append(f.lists, filed{k, p})
			f.putList(k.id)
		}
	}
}

// always is the sign that every item has.
func (f *filer) always() int32 { return f.p.count }

// putList files a list under which a query is filed, once.
func (f *filer) putList(list int32) {
	if f.listFiled[list] {
		return
	}
	f.listFiled[list] = true
	f.put(f.coverList(list), int32(len(f.x.queries))+list, f.p.lists[list].root)
}

// cover gives the cheapest cover of the node at i.
func (f *filer) cover(i int32) *cover {
	n := &f.p.nodes[i]
	switch n.op {
	case opTerm:
		return f.coverSign(i, f.p.sign(n))
	case opPhrase:
		best := noCover
		for _, pair := range f.p.pairsOf(i) {
			best = cheaper(best, f.coverSign(i, pair.a))
		}
		return best
	case opSlop, opAnd, opNear, opSame, opRole:
		best := noCover
		for c := i + 1; c < i+n.a; c = f.p.after(c) {
			best = cheaper(best, f.cover(c))
		}
		return best
	case opOr:
		return f.coverAll(i, n, math.MaxInt)
	case opAtLeast:
		children := 0
		for c := i + 1; c < i+n.a; c = f.p.after(c) {
			children++
		}
		return f.coverAll(i, n, children-int(n.n)+1)
	case opList:
		// An empty list is met by nothing; filed under itself, it is never tried.
		return &cover{f.coverList(n.a).cost, []fileKey{{keyList, n.a, i}}}
	case opRegexp:
		if needed := f.p.regexps[n.a].needed; n.field <= Body && len(needed) > 0 && needed[0].shortest() > 1 {
			return &cover{regexpCost, []fileKey{{keyRegexp, n.a, -1}}}
		}
	}
	return noCover
}

// regexpCost makes a regular expression the last choice: its text is looked for in every item.
const regexpCost = 500

func cheaper(a, b *cover) *cover {
	if b.cost < a.cost {
		return b
	}
	return a
}

// coverSign gives the cover of the node at i by a sign.
func (f *filer) coverSign(i, sign int32) *cover {
	k := fileKey{keySign, sign, -1}
	if f.only(i) == sign {
		k.met = i
	}
	return &cover{f.often[sign], []fileKey{k}}
}

// only gives the sign that is all that the node at i asks for, -1 when it is something else.
func (f *filer) only(i int32) int32 {
	switch n := &f.p.nodes[i]; {
	case n.op == opTerm && (n.field == Title || n.field == Anywhere && !f.p.attributes):
		return f.p.sign(n)
	case n.op == opPhrase && n.n == 2 && n.field == Anywhere && !f.p.attributes:
		return f.p.pairsOf(i)[0].a
	}
	return -1
}

// coverAll joins the cheapest covers of the children, as many as count.
func (f *filer) coverAll(i int32, n *node, count int) *cover {
	var all []*cover
	for c := i + 1; c < i+n.a; c = f.p.after(c) {
		of := f.cover(c)
		for k := range of.keys {
			if n.op == opOr && of.keys[k].met == c {
				of.keys[k].met = i
			}
		}
		all = append(all, of)
	}
	if count < len(all) {
		slices.SortFunc(all, func(a, b *cover) int { return cmp.Compare(a.cost, b.cost) })
		all = all[:count]
	}
	joined := &cover{}
	for _, c := range all {
		joined.cost += c.cost
		joined.keys = append(joined.keys, c.keys...)
	}
	return joined
}

func (f *filer) coverList(list int32) *cover {
	if f.listCover[list] == nil {
		f.listCover[list] = f.cover(f.p.lists[list].root)
	}
	return f.listCover[list]
}

// needs gives the rarest signs that the query cannot do without, beside the one of its key.
func (f *filer) needs(root int32, k fileKey) []int32 {
	f.needed = f.required(f.needed[:0], root)
	slices.SortFunc(f.needed, func(a, b int32) int {
		return cmp.Or(cmp.Compare(f.often[a], f.often[b]), cmp.Compare(a, b))
	})
	signs := slices.Compact(f.needed)
	if k.kind == keySign {
		signs = slices.DeleteFunc(signs, func(s int32) bool { return s == k.id })
	}
	return signs
}

// required adds the signs without which the node at i is not met.
func (f *filer) required(dst []int32, i int32) []int32 {
	switch n := &f.p.nodes[i]; n.op {
	case opTerm:
		return append(dst, f.p.sign(n))
	case opPhrase:
		for _, pair := range f.p.pairsOf(i) {
			dst = append(dst, pair.a)
		}
	case opSlop, opAnd, opNear, opSame, opRole:
		for c := i + 1; c < i+n.a; c = f.p.after(c) {
			dst = f.required(dst, c)
		}
	}
	return dst
}

// commonWords are words that a good part of all English news has, beside those that are short.
var commonWords = func() map[string]bool {
	m := make(map[string]bool)
	for _, w := range text.Words(`the and for that with from this have has had were was are been will would could said says
		say after before over under more than about into they their there which when where while also other first last new
		news year years week month day days time people government president minister prime country countries state states
		national international world official officials report reports reported according told police security military
		war against between during since against two three million billion percent company market group public political
		party leader leaders foreign united nations president trump what how why who your you can all out may some most`) {
		m[w.Folded] = true
	}
	return m
}()
