package story

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

// The likeness from which an item joins a story. .30 was the best threshold for texts on ECB+ and
// holds on four other sets. For headlines the constants were chosen together, on UCI's headlines
// (many reports of few events) and six weeks of 90 feeds (few reports of many events): centroid
// similarity alone, at any threshold, is either blind in the first or swallows half of the
// stories of the second.
const (
	alikeText     = 0.30
	alikeHeadline = 0.22
	headlineShare = 0.7 // of an item without a body, that the nearest single headline decides
	headlineFade  = 36 * 60 * 60
	sameHeadline  = 0.8 // share of the headline's content words, of at least three
	maxReasons    = 5   // words given as a reason
)

// The longer a story goes on, the more it is a topic, and the more alike a report must be: the
// threshold rises with the logarithm of the days since its first item. Texts get a day first.
const (
	ageHeadline = 0.3
	ageText     = 0.2
	day         = 24 * 60 * 60
)

// decide finds the story of an item.
func (x *Index) decide(d *doc, r *reading, it *feeds.Item) Placement {
	p := x.placement(d)
	if o := x.sameURL(d); o != nil {
		p.join(o.story, ByURL, 1)
		if root := x.docs.at(o.root); sameArticle(d, r, root) {
			p.duplicate(root)
		}
	} else if o, share := x.copyOf(d, r); o != nil {
		p.join(o.story, ByCopy, share)
		p.duplicate(o)
	} else if o, share, next := x.sameHeadline(d, r); o != nil {
		p.join(o.story, ByHeadline, share)
		if d.body < minBody && sameTitle(d, o) {
			p.duplicate(x.docs.at(o.root))
		}
	} else if st, score := x.mostAlike(d, r); st != nil && score >= threshold(d) && !next {
		p.join(st.id, ByWords, score)
	} else {
		p.Story, p.Relation, p.Score = x.next, New, score
	}
	if p.Relation != New {
		p.Shared = x.reasons(p.Story, d, r)
	}
	if p.Relation == Update {
		if correctionLabel.MatchString(it.Title) {
			p.Kind = Correction
		}
		p.fresh = x.fresh(d, r, p.Story)
	}
	p.Origin = x.origin(d, &p)
	return p
}

// placement is what is known of an item before it is decided where it belongs.
func (x *Index) placement(d *doc) Placement {
	return Placement{Outlet: x.names.name(d.outlet), Time: time.Unix(d.at, 0).UTC()}
}

func (p *Placement) join(story int64, by Rule, score float64) {
	p.Story, p.Rule, p.Score, p.Relation = story, by, score, Update
}

// duplicate makes an update a copy of an item that can be named; a copy of a copy is one of the
// first item with the text.
func (p *Placement) duplicate(of *doc) {
	if key := cmp.Or(of.copyOf, of.key); key != 0 {
		p.Relation, p.DuplicateOf = Duplicate, key
	}
}

func threshold(d *doc) float64 {
	if d.body < minBody {
		return alikeHeadline
	}
	return alikeText
}

// sameURL finds the item with the same address, as two feeds of one site carry it.
func (x *Index) sameURL(d *doc) *doc {
	slot, ok := x.byURL[d.url]
	if d.url == 0 || !ok {
		return nil
	}
	if o := x.docs.at(slot); abs(d.at-o.at) <= x.window {
		return o
	}
	return nil
}

// copyOf finds the first item of whose text this one's is a copy.
func (x *Index) copyOf(d *doc, r *reading) (*doc, float64) {
	x.shared.reset(len(x.docs.rows))
	for _, h := range r.sketch.hashes {
		if slot, ok := x.copies[h]; ok {
			*x.shared.of(slot)++
		}
	}
	slices.SortFunc(x.shared.touched, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(x.shared.sums[b], x.shared.sums[a]), cmp.Compare(x.docs.at(a).at, x.docs.at(b).at), cmp.Compare(a, b))
	})
	var best *doc
	var most float64
	for _, slot := range x.shared.touched[:min(maxCandidates, len(x.shared.touched))] {
		o := x.docs.at(slot)
		if abs(d.at-o.at) > x.copyWindow {
			continue
		}
		c := r.sketch.in(o.sketch)
		if d.hosted && o.hosted && d.outlet == o.outlet && (c < 1 || d.body != o.body) {
			continue // an outlet repeats itself in its own follow-ups
		}
		if c >= minShared && c > most && !r.sketch.sameForm(o.sketch) {
			best, most = o, c
		}
	}
	return best, most
}

// titleSum is what two headlines share.
type titleSum struct {
	terms int32
	dot   float32
}

// compareHeadlines sums up what the item's headline shares with every other one, and finds the
// most similar one of every story, faded by the time between the two.
func (x *Index) compareHeadlines(d *doc, r *reading) {
	x.titles.reset(len(x.docs.rows))
	x.nearest.reset(len(x.live))
	for _, w := range r.words {
		if !w.title {
			continue
		}
		for _, slot := range d.space.titles[w.term] {
			t := x.titles.of(slot)
			t.terms++
			t.dot += w.inTitle * w.inTitle
		}
	}
	for _, slot := range x.titles.touched {
		o := x.docs.at(slot)
		dot := x.titles.sums[slot].dot
		if !o.live || dot == 0 || o.length == 0 {
			continue
		}
		v := min(1, dot/d.length/o.length)
		if v <= x.nearest.sums[o.slot] {
			continue // fading makes it only less
		}
		if v *= fade(abs(d.at-o.at), headlineFade); v > x.nearest.sums[o.slot] {
			*x.nearest.of(o.slot) = v
		}
	}
}

// sameHeadline compares the headlines, and finds the latest item with the same one, give or take a
// word. Next says that the item is another number of a series and so a story of its own.
func (x *Index) sameHeadline(d *doc, r *reading) (best *doc, most float64, next bool) {
	x.compareHeadlines(d, r)
	if d.terms < 3 {
		return nil, 0, false
	}
	for _, slot := range x.titles.touched {
		o := x.docs.at(slot)
		share := float64(x.titles.sums[slot].terms) / float64(max(d.terms, o.terms))
		if share < sameHeadline || abs(d.at-o.at) > x.window || column(d, o) {
			continue
		}
		if numbered(d, o) {
			next = true
			continue
		}
		if best == nil || share > most || (share == most && o.at > best.at) {
			best, most = o, share
		}
	}
	return best, most, next
}

// mostAlike is the live story that is most like the item, and how like it is. The words are taken
// from the heaviest; when what is left of them could no longer lift a story from nothing over
// half the threshold (by Cauchy and Schwarz), the remaining ones, which many stories hold, are
// only looked up for the stories that have come that far.
func (x *Index) mostAlike(d *doc, r *reading) (best *live, most float64) {
	x.scores.reset(len(x.live))
	half, share, free := alikeText/2, 0.0, int64(day)
	age := ageText
	if d.body < minBody {
		half, share, free, age = 0, headlineShare, 0, ageHeadline
	}
	left, n := r.norm, 0
	for ; n < r.kept && left > half*half; n++ {
		w := &r.words[n]
		for _, p := range d.space.postings[w.term] {
			*x.scores.of(p.story) += p.weight * w.weight
		}
		left -= float64(w.weight) * float64(w.weight)
	}
	for _, slot := range x.scores.touched {
		st := &x.live[slot]
		length := math.Sqrt(st.norm)
		score := float64(x.scores.sums[slot])
		gap := max(0, d.at-st.last, st.first-d.at)
		if score < half*length || gap > x.window {
			continue
		}
		for _, w := range r.words[n:r.kept] {
			score += float64(w.weight * d.space.weight(w.term, slot))
		}
		score = (1-share)*min(1, score/length) + share*float64(x.nearest.sums[slot])
		if score <= most {
			continue // what follows makes it only less
		}
		score *= float64(fade(gap, x.window))
		score /= 1 + age*math.Log2(1+float64(max(0, d.at-st.first-free))/day)
		if score > most || (score == most && best != nil && st.id < best.id) {
			best, most = st, score
		}
	}
	return best, most
}

// fade is the Gaussian by which likeness weakens with time. Recurring articles (the daily market
// report) cannot be told apart by their words, only by their time.
func fade(gap, width int64) float32 {
	t := float64(gap) / float64(width)
	return float32(math.Exp(-t * t / 2))
}

// reasons gives the words of the item that weighed most in what it shares with a story.
func (x *Index) reasons(story int64, d *doc, r *reading) []string {
	slot, ok := x.stories[story]
	if !ok {
		return nil
	}
	type reason struct {
		word   string
		weight float32
	}
	var all []reason
	for _, w := range r.words[:r.kept] {
		if v := w.weight * d.space.weight(w.term, slot); v > 0 {
			all = append(all, reason{w.surface, v})
		}
	}
	slices.SortStableFunc(all, func(a, b reason) int { return cmp.Compare(b.weight, a.weight) })
	var out []string
	for _, a := range all[:min(maxReasons, len(all))] {
		out = append(out, strings.Clone(a.word))
	}
	return out
}

// origin is the agency that the item names, else that of the text it copies, else its outlet.
func (x *Index) origin(d *doc, p *Placement) string {
	if d.origin != 0 {
		return x.names.name(d.origin)
	}
	if slot, ok := x.byKey[p.DuplicateOf]; ok && p.Relation == Duplicate {
		return x.names.name(x.docs.at(slot).origin)
	}
	return p.Outlet
}

func sameTitle(a, b *doc) bool { return headline(a.title) == headline(b.title) }

func abs(n int64) int64 { return max(n, -n) }
