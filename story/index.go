package story

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Options tune an index.
type Options struct {
	// Window is how long a story waits for its next report; likeness fades on the way there.
	// Defaults to 72 hours.
	Window time.Duration

	// CopyWindow is how long a text is remembered to tell its copies. Defaults to 7 days.
	CopyWindow time.Duration
}

// An Index knows the live stories and the words of every language that was fetched. It lives in
// memory; after a restart it is rebuilt with [Index.LoadSnapshot], [Index.Learn] and
// [Index.Restore].
//
// The same calls in the same order give the same answers. An Index is not safe for concurrent
// use: one loop owns it.
type Index struct {
	window, copyWindow int64 // seconds

	next    int64             // the id of the next story
	spaces  map[string]*space // by language
	live    []live            // by slot; a later story has a higher one
	docs    slots[doc]
	stories map[int64]uint32  // id → live
	byKey   map[int64]uint32  // item key → doc
	byURL   map[uint64]uint32 // hash of the address → the first doc with it
	copies  map[uint32]uint32 // hash of a shingle → the doc with it
	late    []late            // words to be counted when their story is a day older
	names   names             // outlets and origins
	clock   clock
	placed  int // items since the last sweep
	answers answers

	// Room for one placement, kept from one to the next.
	words   *text.Analyzer
	tokens  []text.Token
	hashes  []uint64 // word form → hash of the folded word
	epoch   uint32   // of the analyzer that numbered the forms
	reading reading
	at      map[uint32]int  // term → place in reading.words
	scores  tally[float32]  // by live: likeness to the sum of its items
	nearest tally[float32]  // by live: likeness to its most similar headline
	titles  tally[titleSum] // by doc: what its headline shares
	shared  tally[uint16]   // by doc: shingles shared with its text
}

// live is a story that still waits for reports.
type live struct {
	id          int64
	space       *space
	norm        float64 // squared length of the sum of its items' vectors
	first, last int64   // Unix seconds
}

// doc is an item that the index remembers.
type doc struct {
	key      int64
	space    *space
	story    int64
	slot     uint32 // of the story while it is live
	live     bool   // postings lead here
	at       int64  // Unix seconds
	relation Relation
	title    string
	terms    int     // terms of the headline
	length   float32 // of the headline's vector
	body     int     // words of the body
	outlet   uint32
	hosted   bool // the outlet is a site, not the name of a feed, which may carry many
	origin   uint32
	copyOf   int64  // the key of the item of which this is a copy, also when that is forgotten; else 0
	root     uint32 // the doc of which this is a copy; itself when it is none
	url      uint64
	sketch   sketch
}

// NewIndex gives an empty index.
func NewIndex(o Options) *Index {
	if o.Window <= 0 {
		o.Window = 72 * time.Hour
	}
	if o.CopyWindow <= 0 {
		o.CopyWindow = 7 * 24 * time.Hour
	}
	return &Index{
		window:     int64(o.Window / time.Second),
		copyWindow: int64(o.CopyWindow / time.Second),
		next:       1,
		spaces:     make(map[string]*space),
		stories:    make(map[int64]uint32),
		byKey:      make(map[int64]uint32),
		byURL:      make(map[uint64]uint32),
		copies:     make(map[uint32]uint32),
		names:      names{numbers: make(map[string]uint32)},
		answers:    answers{byKey: make(map[int64]Placement)},
		words:      new(text.Analyzer),
		at:         make(map[uint32]int),
	}
}

// Trim gives back what reading items needed, which the next item makes anew.
func (x *Index) Trim() { x.words.Forget() }

// Place decides to which story an item belongs, and remembers the item and its words. Items
// come in the order in which they were stored, each with a key of its own. For one that replaces
// an earlier version of itself there is [Index.Revise].
//
// Asked again with the same key, it gives the same answer and changes nothing: a caller whose
// transaction failed just asks again. Of an item that is not among the last 4,096 placed, the
// answer lacks the reasons.
func (x *Index) Place(it *feeds.Item) Placement {
	if p, ok := x.again(it.Key); ok {
		return p
	}
	d, r := x.prepare(it)
	p := x.decide(d, r, it)
	x.settle(d, r, &p)
	return p
}

// again gives the answer to a question that was asked before.
func (x *Index) again(key int64) (Placement, bool) {
	if p, ok := x.answers.get(key); ok {
		return p, true
	}
	slot, ok := x.byKey[key]
	if !ok {
		return Placement{}, false
	}
	d := x.docs.at(slot)
	p := x.placement(d)
	p.Story, p.Relation, p.Origin = d.story, d.relation, x.names.name(d.origin)
	if d.relation == Duplicate {
		p.DuplicateOf = x.docs.at(d.root).key
	}
	return p, true
}

// settle makes a decision part of what the index knows.
func (x *Index) settle(d *doc, r *reading, p *Placement) {
	x.teach(d, r, p)
	x.add(d, r, p)
	x.answers.put(d.key, *p)
}

// Learn counts the words of an item without placing it: of texts that only show what is usual.
func (x *Index) Learn(it *feeds.Item) {
	s := x.space(it.Language)
	s.learn(x.read(s, it).words)
}

// Restore puts an item back where p placed it before a restart. It decides nothing, and counts
// no words: the snapshot has them. Items come in the order in which they were placed; of p it
// uses Story, Relation, DuplicateOf and Origin.
func (x *Index) Restore(it *feeds.Item, p Placement) { x.restore(it, p, false) }

// Replay is Restore for an item that was placed after the snapshot was taken: its words are
// counted as they were then.
func (x *Index) Replay(it *feeds.Item, p Placement) { x.restore(it, p, true) }

func (x *Index) restore(it *feeds.Item, p Placement, teach bool) {
	if _, known := x.byKey[it.Key]; known || p.Story <= 0 {
		return
	}
	d, r := x.prepare(it)
	if teach {
		x.teach(d, r, &p)
	}
	x.add(d, r, &p)
}

// StartAfter makes new stories take ids above id. Restore does so for the stories it sees; a
// store whose latest story is too old to be restored says it here.
func (x *Index) StartAfter(id int64) { x.next = max(x.next, id+1) }

// Forget drops the stories whose last item is older than before, and the texts that are older.
// The index forgets by itself what its windows no longer reach; Forget is for forgetting more.
func (x *Index) Forget(before time.Time) { x.sweep(before.Unix(), before.Unix()) }

// prepare reads an item and fills in what the index remembers of it.
func (x *Index) prepare(it *feeds.Item) (*doc, *reading) {
	s := x.space(it.Language)
	r := x.read(s, it)
	r.weigh(s)
	return &doc{
		key: it.Key, space: s, at: x.clock.time(it),
		title: strings.Clone(cut(it.Title, maxTitle)), terms: r.title, length: r.length, body: r.body,
		outlet: x.names.number(Outlet(it)), hosted: it.URL != "", origin: x.names.number(Agency(it)),
		url: addressHash(it.URL),
	}, r
}

// maxLanguages bounds what a feed with made-up language tags can fill; further ones are one.
const maxLanguages = 128

func (x *Index) space(language string) *space {
	base, _, _ := strings.Cut(language, "-")
	s, ok := x.spaces[base]
	if !ok && len(x.spaces) >= maxLanguages {
		base = ""
		s, ok = x.spaces[base]
	}
	if !ok {
		base = strings.Clone(base)
		s = newSpace(base)
		x.spaces[base] = s
	}
	return s
}

// add enters an item into its story and into the tables by which it can be found.
func (x *Index) add(d *doc, r *reading, p *Placement) {
	d.story, d.relation = p.Story, p.Relation
	if p.Relation == Duplicate {
		d.copyOf = p.DuplicateOf
	}
	x.StartAfter(p.Story)
	slot, known := x.stories[p.Story]
	if !known && p.Relation != Duplicate {
		slot, known = uint32(len(x.live)), true
		x.live = append(x.live, live{id: p.Story, space: d.space, first: d.at, last: d.at})
		x.stories[p.Story] = slot
	}
	if known { // else a late copy, which does not wake a story that is over
		d.slot = slot
		st := &x.live[slot]
		st.first, st.last = min(st.first, d.at), max(st.last, d.at)
	}
	if p.Origin != "" {
		d.origin = x.names.number(p.Origin)
	}

	self := x.docs.take(*d)
	stored := x.docs.at(self)
	stored.root = self
	if root, ok := x.byKey[p.DuplicateOf]; ok && p.Relation == Duplicate {
		stored.root = root
	} else {
		stored.sketch = r.sketch.clone()
		for _, h := range stored.sketch.filed() {
			x.copies[h] = self
		}
		if known && x.live[slot].space == d.space {
			x.enter(self, r)
		}
	}
	if d.key != 0 {
		x.byKey[d.key] = self
	}
	if _, taken := x.byURL[d.url]; d.url != 0 && !taken {
		x.byURL[d.url] = self
	}
	x.clock.tick(d.at)
	if x.placed++; x.placed >= max(minSweep, x.docs.len()/4) {
		x.sweep(x.clock.now()-x.window, x.clock.now()-x.copyWindow)
	}
}

// teach counts the item's words. Those that its story holds already wait for a day: a word that
// two hundred reports of one earthquake repeat within hours is still a rare word, and the more
// there are of them the more it binds; but a story that goes on for weeks turns into a topic, and
// its words must become common. Counting all at once costs .014 BCubed on ECB+ and .08 on
// headlines; never counting them joins every report on Ukraine to the first one.
func (x *Index) teach(d *doc, r *reading, p *Placement) {
	x.countLate(x.clock.now() - burst)
	slot, known := x.stories[p.Story]
	switch {
	case p.Relation == Duplicate:
		return
	case !known:
		d.space.learn(r.words)
		return
	}
	wait := late{at: d.at, space: d.space}
	for _, w := range r.words {
		if d.space.weight(w.term, slot) == 0 {
			d.space.counts[w.term]++
		} else {
			wait.terms = append(wait.terms, w.term)
		}
	}
	x.late = append(x.late, wait)
}

// burst is how long a story's own words stay uncounted, in seconds.
const burst = 24 * 60 * 60

// late are terms of an item that are not counted yet.
type late struct {
	at    int64
	space *space
	terms []uint32
}

// countLate counts the terms that have waited since before the given time.
func (x *Index) countLate(before int64) {
	n := 0
	for ; n < len(x.late) && x.late[n].at < before; n++ {
		l := &x.late[n]
		l.space.texts++
		for _, t := range l.terms {
			l.space.counts[t]++
		}
	}
	x.late = slices.Delete(x.late, 0, n)
}

// enter adds the item's vector to that of its story, and its headline to the headlines.
func (x *Index) enter(self uint32, r *reading) {
	d := x.docs.at(self)
	d.live = true
	st := &x.live[d.slot]
	var dot float64
	for _, w := range r.words[:r.kept] {
		dot += float64(w.weight * d.space.enter(w.term, d.slot, w.weight))
	}
	for _, w := range r.words {
		if w.title {
			d.space.titles[w.term] = append(d.space.titles[w.term], self)
		}
	}
	st.norm += 2*dot + r.norm
}
