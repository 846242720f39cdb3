package query

import (
	"runtime"
	"slices"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

// Index holds many queries and finds those that an item satisfies without looking at the others.
// It is never changed, and several goroutines may use it, each with a Document of its own.
//
// Every query is filed under something that an item must have to satisfy it: its rarest word, the
// rarest two adjacent words of a phrase, each branch of an OR, a named list, or text that a
// regular expression cannot do without. An item looks up what it has, and only the queries filed
// there are decided. A query without anything of the kind is decided for every item: see Always.
type Index struct {
	p       *program
	queries []entry
	parts   []int32 // where each part of each query begins
	nameEnd []int32 // where the name of each part ends in names; the next one begins there
	names   string

	signs   postings // by sign
	lists   postings // by list
	regexps []filedRegexp
	always  []int32
}

// entry is one query.
type entry struct {
	root  int32
	parts int32 // the first; the last is before those of the next entry
}

// posting files a query under something that it needs.
type posting struct {
	query int32 // a number beyond the queries is a list
	root  int32 // where the program of what is left to decide begins, or decided
	// second and third are further signs that the query needs; one that is always there for none.
	second, third int32
}

const (
	decided = -1      // the query is met by every item that has the signs of its posting
	several = 1 << 30 // flag of posting.query: it is filed in several places
)

// postings are rows of postings one after the other.
type postings struct {
	start []int32
	all   []posting
}

func (p *postings) row(i int32) []posting { return p.all[p.start[i]:p.start[i+1]] }

// Len is the number of queries.
func (x *Index) Len() int { return len(x.queries) }

// Always gives the queries that are decided for every item because nothing that an item must have
// to satisfy them can be looked up: they only exclude, compare, or ask for a language, or their
// regular expressions hold no two letters in a row that every match has. Of those, one whose single
// letters the item lacks is not run.
func (x *Index) Always() []int { return toInts(x.always) }

func toInts(s []int32) []int {
	out := make([]int, len(s))
	for i, v := range s {
		out[i] = int(v)
	}
	return out
}

// Match adds to dst the numbers of the queries that the item satisfies, in no particular order.
func (x *Index) Match(dst []int32, d *Document) []int32 {
	s := d.scratchFor(x.p)
	if len(s.tried) < len(x.queries)+len(x.p.lists) {
		s.tried = make([]uint32, len(x.queries)+len(x.p.lists))
	}
	s.candidates = s.candidates[:0]
	x.fetchRows(s)
	for _, sign := range s.found {
		x.collect(s, x.signs.row(sign))
	}
	x.collectRegexps(s)
	dst = x.decide(dst, s)
	for _, q := range x.always {
		if s.eval(x.queries[q].root) == yes {
			dst = append(dst, q)
		}
	}
	return dst
}

// fetchRows has the beginnings of all rows on their way from memory at once, when there are more
// than the caches hold.
func (x *Index) fetchRows(s *scratch) {
	if len(x.signs.all) < cachedPostings {
		return
	}
	for _, sign := range s.found {
		s.touched += x.signs.all[x.signs.start[sign]].query
	}
}

const cachedPostings = 1 << 15

// candidate is a query, or a list, whose signs the item has.
type candidate struct{ query, root int32 }

// collect adds the queries of a row whose further signs the item has, too. It is the innermost
// loop: it reads postings in a row and bits that stay in the nearest cache, and whether a query is
// added, which no processor can guess, is no branch.
func (x *Index) collect(s *scratch, row []posting) {
	bits, n := s.bits, len(s.candidates)
	s.candidates = slices.Grow(s.candidates, len(row))
	added := s.candidates[n : n+len(row)]
	k := 0
	for i := range row {
		p := &row[i]
		added[k] = candidate{p.query, p.root}
		k += int(bits[p.second>>6] >> (p.second & 63) & (bits[p.third>>6] >> (p.third & 63)) & 1)
	}
	s.candidates = s.candidates[:n+k]
}

// decide runs the programs of the candidates. Lists that are met bring further candidates.
func (x *Index) decide(dst []int32, s *scratch) []int32 {
	const ahead = 16
	for i := 0; i < len(s.candidates); i++ {
		if i%ahead == 0 { // have the next programs on their way from memory all at once
			for k := i; k < min(i+ahead, len(s.candidates)); k++ {
				if r := s.candidates[k].root; r >= 0 {
					s.touched += s.p.nodes[r].a
				}
			}
		}
		c := s.candidates[i]
		q := c.query &^ several
		if c.query != q {
			if s.tried[q] == s.stamp {
				continue
			}
			s.tried[q] = s.stamp
		}
		met := c.root == decided || s.eval(c.root) == yes
		switch list := q - int32(len(x.queries)); {
		case !met:
		case list >= 0:
			s.lists[list] = verdictAt{s.stamp, yes}
			x.collect(s, x.lists.row(list))
		default:
			dst = append(dst, q)
		}
	}
	return dst
}

// Result says by what the item satisfies query number i. It is called for a query that Match
// gave for the document.
func (x *Index) Result(i int, d *Document) Result {
	g := grouper{s: d.scratchFor(x.p)}
	x.eachPart(i, func(name string, root int32) { g.add(name, root) })
	return Result{g.finish()}
}

// Explain says why the item satisfies query number i or does not.
func (x *Index) Explain(i int, d *Document) Explanation {
	var parts []part
	x.eachPart(i, func(name string, root int32) { parts = append(parts, part{name, root}) })
	return explain(d.scratchFor(x.p), x.queries[i].root, parts)
}

func (x *Index) eachPart(i int, f func(name string, root int32)) {
	last := int32(len(x.parts))
	if i+1 < len(x.queries) {
		last = x.queries[i+1].parts
	}
	for k := x.queries[i].parts; k < last; k++ {
		begin := int32(0)
		if k > 0 {
			begin = x.nameEnd[k-1]
		}
		f(x.names[begin:x.nameEnd[k]], x.parts[k])
	}
}

// Builder makes an Index.
type Builder struct {
	p     *program
	x     *Index
	names []byte
	pace  pace
}

// NewBuilder makes an empty builder; the queries may use these lists.
func NewBuilder(lists Lists) *Builder {
	return &Builder{p: newProgram(lists), x: &Index{}}
}

// Add gives the query the next number, from 0. The error is an *UnknownListError or a
// *CycleError, and the builder stays as it was.
func (b *Builder) Add(q *Query) error {
	root, err := b.p.add(q)
	if err != nil {
		return err
	}
	b.pace.breathe(len(b.x.queries))
	b.x.queries = append(b.x.queries, entry{root, int32(len(b.x.parts))})
	b.x.parts = b.p.conjuncts(b.x.parts, q.Root, root)
	for _, n := range conjuncts(q.Root) {
		b.names = appendNode(b.names, n, false)
		b.x.nameEnd = append(b.x.nameEnd, int32(len(b.names)))
	}
	return nil
}

// pace lets others run while an index is built.
type pace struct{ began time.Time }

// breathe lets whoever waits for a processor have it, every millisecond of building; it
// is called with the number of each query in turn. Otherwise an item that is matched meanwhile may
// wait for the scheduler's 10 ms: on two processors the longest of several thousand items took 5 to
// 13 ms, and takes 2 to 4 (BenchmarkReload).
func (p *pace) breathe(n int) {
	if n%16 == 0 && time.Since(p.began) > time.Millisecond {
		runtime.Gosched()
		p.began = time.Now()
	}
}

// Build files the queries. The items of the sample, if there are any, tell which words are rare;
// without them words are judged by themselves. The builder is used up.
func (b *Builder) Build(sample []*feeds.Item) *Index {
	x := b.x
	x.names = string(b.names)
	b.p.seal()
	x.p = b.p
	f := newFiler(x, sample)
	for i := range x.queries {
		f.pace.breathe(i)
		f.file(int32(i), x.queries[i].root)
	}
	f.finish()
	x.queries, x.parts, x.nameEnd, x.always = slices.Clip(x.queries), slices.Clip(x.parts), slices.Clip(x.nameEnd), slices.Clip(x.always)
	return x
}
