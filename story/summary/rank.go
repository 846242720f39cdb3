package summary

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a sentence's features are worth. Chosen in the middle of what serves four sets: more of
// worthForward and worthNames helps CNN/DM and the Turkish summaries, less the Arabic and Turkish
// headlines, by at most half a point either way.
const (
	worthPosition = 1.0 // e^(-place/3)
	worthForward  = .8  // how much of what follows it is about, the best sentence having 1
	worthCentral  = .25 // cosine to the whole text
	worthNames    = .5  // capitalised words, 6 of them counting fully
	worthNumber   = .3  // holds a number
	worthMoney    = .1  // holds an amount of money
	lossShort     = .6  // fewer than 7 words
	lossLong      = .15 // for each 20 words beyond 35
	lossQuote     = .3  // opens with a quotation mark
	lossCaption   = .4  // opens with a label and a colon
	lossWeak      = .6  // speaks to the reader ("your app"), or says that nobody answered
	lossQuestion  = .3  // asks
	worthQuery    = 3.0 // share of the watch's words that it holds
	likeChosen    = .3  // loss for the cosine to what is chosen already
)

// choose gives the sentences of a document's summary in text order: the best by score, each judged
// against those already chosen, the watch's sentence always among them.
func choose(d *document, opt Options) []*sentence {
	rankAll(d, opt)
	k, room := opt.sentences(len(d.sentences)), opt.maxChars()
	must := theWatchs(d, opt)
	var chosen []*sentence
	if must != nil {
		must.must = true
		chosen = append(chosen, must)
		room -= utf8.RuneCountInString(must.text)
	}
	left := slices.Clone(d.sentences)
	for len(chosen) < k {
		best, at, bestScore := (*sentence)(nil), -1, math.Inf(-1)
		for i, s := range left {
			if s == nil || s == must || utf8.RuneCountInString(s.text)+1 > room && len(chosen) > 0 {
				continue
			}
			like := 0.0
			for _, c := range chosen {
				like = max(like, cosine(s.vector, c.vector))
			}
			if score := s.score - likeChosen*like; score > bestScore {
				best, at, bestScore = s, i, score
			}
		}
		if best == nil {
			break
		}
		chosen, left[at] = append(chosen, best), nil
		room -= utf8.RuneCountInString(best.text) + 1
	}
	slices.SortFunc(chosen, byPlace)
	return chosen
}

// rankAll gives every sentence of a document its score, once.
func rankAll(d *document, opt Options) {
	if d.ranked {
		return
	}
	d.ranked = true
	weigh(d, opt)
	forward, central := centrality(d.sentences)
	query := opt.terms(d)
	for i, s := range d.sentences {
		s.score = worthPosition*math.Exp(-float64(s.order)/3) + worthForward*forward[i] +
			worthCentral*central[i] + s.manner() + worthQuery*query.share(s)
	}
}

// manner is what a sentence's form is worth.
func (s *sentence) manner() float64 {
	names, numbers := 0, false
	for i, w := range s.words {
		if w.upper && i > 0 && w.stem != "" {
			names++
		}
		r, _ := utf8.DecodeRuneInString(w.Folded)
		numbers = numbers || unicode.IsDigit(r)
	}
	score := worthNames * float64(min(names, 6)) / 6
	if numbers {
		score += worthNumber
	}
	if s.hasMoney() {
		score += worthMoney
	}
	if len(s.words) < 7 {
		score -= lossShort
	}
	if n := len(s.words); n > 35 {
		score -= lossLong * float64(n-35) / 20
	}
	if opensWithQuote(s.text) {
		score -= lossQuote
	}
	if s.isLabelled() {
		score -= lossCaption
	}
	if s.weak {
		score -= lossWeak
	}
	if s.asks() {
		score -= lossQuestion
	}
	return score
}

func opensWithQuote(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return strings.ContainsRune(`"'“”‘’«„`, r)
}

// isLabelled tells a caption's opening: "Damaged: The bridge after the storm". Where there are no
// capitals a word of saying before the colon tells a speaker from a label.
func (s *sentence) isLabelled() bool {
	head, rest, ok := strings.Cut(s.text, ": ")
	if !ok || len(strings.Fields(head)) > 3 {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(rest); usesCapitals(s.doc.language) {
		return unicode.IsUpper(r)
	}
	r := reader{facts: factLists.get(s.doc.language), words: s.words}
	for i := range len(strings.Fields(head)) {
		if r.said(i) {
			return false
		}
	}
	return true
}

func (s *sentence) asks() bool {
	return strings.HasSuffix(s.text, "?") || strings.HasSuffix(s.text, "؟")
}

// repeats tells whether a sentence says much the same as one of those chosen.
func repeats(s *sentence, chosen []*sentence) bool {
	b := newBag(s.words)
	return slices.ContainsFunc(chosen, func(c *sentence) bool { return jaccard(b.stems, newBag(c.words).stems) > .5 })
}
