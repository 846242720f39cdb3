package summary

import (
	"maps"
	"math"
	"slices"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// query is the watch's words with their weights.
type query struct {
	weights map[string]float64 // by stem
	exact   map[string]bool    // the words as the watch has them, folded
	total   float64
}

// terms gives the watch's words for a document: stemmed, weighted by rarity.
func (o Options) terms(d *document) query {
	q := query{weights: map[string]float64{}, exact: map[string]bool{}}
	for _, term := range o.Query {
		for _, w := range splitWords(term) {
			if text.Stop(w.Folded, d.language) {
				continue
			}
			q.weights[stem(w.Folded, d.language)] = 1
			q.exact[w.Folded] = true
		}
	}
	holding := map[string]int{}
	for _, s := range d.sentences {
		for _, t := range stems(s.words) {
			if q.weights[t] > 0 {
				holding[t]++
			}
		}
	}
	for t := range q.weights {
		if o.IDF != nil {
			q.weights[t] = max(o.IDF(t, d.language), .1)
		} else {
			q.weights[t] = math.Log(1 + float64(len(d.sentences))/float64(max(holding[t], 1)))
		}
		if holding[t] == 0 {
			delete(q.weights, t) // no sentence can have it
			continue
		}
	}
	for _, t := range slices.Sorted(maps.Keys(q.weights)) {
		q.total += q.weights[t]
	}
	return q
}

// share gives the weighted share of the watch's words that a sentence holds.
func (q query) share(s *sentence) float64 {
	if q.total == 0 {
		return 0
	}
	sum := 0.0
	for _, t := range stems(s.words) {
		sum += q.weights[t]
	}
	return sum / q.total
}

// exactly counts the words of a sentence that the watch has in the same form.
func (q query) exactly(s *sentence) int {
	seen := map[string]bool{}
	for _, w := range s.words {
		if q.exact[w.Folded] {
			seen[w.Folded] = true
		}
	}
	return len(seen)
}

// theWatchs gives the sentence that carries the watch's terms best: the one with most of the
// evidence, else with the greatest share of the query; by score where two are alike. It is nil
// when no sentence carries any.
func theWatchs(d *document, opt Options) *sentence {
	query := opt.terms(d)
	var best *sentence
	most := 0.0
	for _, s := range d.sentences {
		n := float64(s.evidence())*10 + query.share(s)
		if n > 0 {
			n += .01 * float64(query.exactly(s)) // the very word rather than another form of it
		}
		if n > most+1e-9 || n > 0 && n > most-1e-9 && s.score > best.score {
			best, most = s, max(n, most)
		}
	}
	return best
}

// evidence counts the different words of the watch's evidence that stand in a sentence.
func (s *sentence) evidence() int {
	seen := map[string]bool{}
	src := s.doc.source.Text
	for _, e := range s.doc.source.Evidence {
		if e.Start >= s.start && e.End <= s.end && e.Start < e.End {
			seen[text.Fold(src[e.Start:e.End])] = true
		}
	}
	return len(seen)
}

// covers tells whether any sentence of a document carries the watch's terms.
func covers(d *document, opt Options) bool {
	if len(opt.Query) == 0 && len(d.source.Evidence) == 0 {
		return false
	}
	return theWatchs(d, opt) != nil
}
