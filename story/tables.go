package story

import (
	"math"
	"slices"
	"strings"

	"github.com/tocsin-bot/tocsin/feeds"
)

// slots is a table whose rows keep their number until they are given back.
type slots[T any] struct {
	rows []T
	used []bool
	free []uint32
}

func (s *slots[T]) at(i uint32) *T { return &s.rows[i] }
func (s *slots[T]) len() int       { return len(s.rows) - len(s.free) }

func (s *slots[T]) take(v T) uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		s.rows[i], s.used[i] = v, true
		return i
	}
	s.rows, s.used = append(s.rows, v), append(s.used, true)
	return uint32(len(s.rows) - 1)
}

func (s *slots[T]) give(i uint32) {
	var zero T
	s.rows[i], s.used[i] = zero, false
	s.free = append(s.free, i)
}

// each calls do for every row in use, in order.
func (s *slots[T]) each(do func(i uint32, v *T)) {
	for i := range s.rows {
		if s.used[i] {
			do(uint32(i), &s.rows[i])
		}
	}
}

// tally sums up by slot, and remembers which slots are not zero.
type tally[N comparable] struct {
	sums    []N
	touched []uint32
}

func (t *tally[N]) reset(n int) {
	var zero N
	for _, i := range t.touched {
		t.sums[i] = zero
	}
	t.touched = t.touched[:0]
	if n > len(t.sums) {
		t.sums = append(t.sums, make([]N, n-len(t.sums))...)
	}
}

// of gives the sum of a slot, for something above zero to be added.
func (t *tally[N]) of(i uint32) *N {
	n := &t.sums[i]
	if *n == *new(N) {
		t.touched = append(t.touched, i)
	}
	return n
}

// names numbers strings. Zero is the empty one.
type names struct {
	numbers map[string]uint32
	strings []string
}

func (n *names) number(s string) uint32 {
	if s == "" {
		return 0
	}
	i, ok := n.numbers[s]
	if !ok {
		s = strings.Clone(s)
		n.strings = append(n.strings, s)
		i = uint32(len(n.strings))
		n.numbers[s] = i
	}
	return i
}

func (n *names) name(i uint32) string {
	if i == 0 {
		return ""
	}
	return n.strings[i-1]
}

// clock tells the time from the items: the median of the latest nine, so that one feed with a
// date in the year 2099 does not end every story. Their own arrival time counts, where known.
type clock struct {
	times [9]int64
	n     int
}

func (c *clock) tick(at int64) { c.times[c.n%len(c.times)] = at; c.n++ }

func (c *clock) now() int64 {
	t := c.times
	s := t[:min(c.n, len(t))]
	if len(s) == 0 {
		return 0
	}
	slices.Sort(s)
	return s[len(s)/2]
}

// time is the item's time in Unix seconds; that of the items before it when it has none.
func (c *clock) time(it *feeds.Item) int64 {
	if t := it.Time(); !t.IsZero() {
		return t.Unix()
	}
	return c.now()
}

// answers are the latest placements, word for word.
type answers struct {
	byKey  map[int64]Placement
	recent [4096]int64
	n      int
}

func (a *answers) get(key int64) (Placement, bool) {
	p, ok := a.byKey[key]
	return p, ok
}

func (a *answers) put(key int64, p Placement) {
	if key == 0 {
		return
	}
	i := a.n % len(a.recent)
	delete(a.byKey, a.recent[i])
	a.recent[i] = key
	a.byKey[key] = p
	a.n++
}

// minSweep is the least number of items between two sweeps.
const minSweep = 1024

// sweep drops the stories whose last item is older than stories, and the items that are older
// than copies. Both are Unix seconds.
func (x *Index) sweep(stories, copies int64) {
	x.placed = 0
	moved := make([]uint32, len(x.live)) // old slot → new slot, in the same order
	kept := x.live[:0]
	for i := range x.live {
		st := x.live[i]
		if st.last < stories {
			delete(x.stories, st.id)
			moved[i] = noSlot
			continue
		}
		moved[i] = uint32(len(kept))
		x.stories[st.id] = moved[i]
		kept = append(kept, st)
	}
	clear(x.live[len(kept):])
	x.live = kept

	x.docs.each(func(i uint32, d *doc) {
		if d.live {
			d.slot = moved[d.slot]
			d.live = d.slot != noSlot
		}
		if !d.live && d.at < copies || d.at < min(stories, copies) {
			x.forget(i)
		}
	})
	x.docs.each(func(i uint32, d *doc) {
		if !x.docs.used[d.root] {
			d.root = i // what it copied is forgotten: now it is the first with this text
		}
	})
	for _, s := range x.spaces {
		for t, list := range s.postings {
			for i := range list {
				list[i].story = moved[list[i].story]
			}
			s.postings[t] = shrink(list, func(p posting) bool { return p.story == noSlot })
			s.titles[t] = shrink(s.titles[t], func(doc uint32) bool { return !x.docs.at(doc).live })
		}
		if len(s.words) > maxWords {
			x.countLate(math.MaxInt64) // what waits is numbered by the words of now
			s.prune()
		}
	}
}

// noSlot stands for the slot of a story that is over.
const noSlot = ^uint32(0)

// forget takes an item out of every table but the headlines of live stories, which sweep tidies.
// Its words stay in the sum of its story.
func (x *Index) forget(i uint32) {
	d := x.docs.at(i)
	for _, h := range d.sketch.filed() {
		if x.copies[h] == i {
			delete(x.copies, h)
		}
	}
	if x.byURL[d.url] == i {
		delete(x.byURL, d.url)
	}
	delete(x.byKey, d.key)
	x.docs.give(i)
}

// shrink deletes from a list, and gives back memory that it will not need soon.
func shrink[T any](list []T, drop func(T) bool) []T {
	list = slices.DeleteFunc(list, drop)
	if cap(list) > 2*len(list)+8 {
		list = slices.Clone(list)
	}
	return list
}
