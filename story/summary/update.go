package summary

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Change is what a later report adds to what is known.
type Change struct {
	// Sentences say it in the report's own words, one or two of them, in its order. There is
	// none when the report adds nothing: then it only raises the count of sources.
	Sentences []Sentence

	New         Facts        // the facts that were not known, where the report gives them weight
	Corrections []Correction // amounts that differ in a claim that is otherwise the same
}

// Empty tells whether the report adds nothing.
func (c Change) Empty() bool { return len(c.Sentences) == 0 && len(c.Corrections) == 0 }

// Correction is a changed amount in a claim.
type Correction struct {
	Old, New       Amount
	OldText, Claim string // the sentences that state them
}

const (
	// Only what stands this early in a report is its news; further down every report adds names
	// and numbers of its own as background.
	newsDepth = 6

	// What a sentence must add to be told: one fact of those that count.
	leastNews = .3

	// Share of common words, numbers left out, from which two sentences make the same claim.
	sameClaim = .4

	// A shorter quotation is a phrase, not a statement.
	longQuote = 7
)

// Update says what a report adds to those already told, the reports of the same story that the
// room has heard of. Index 0 is the source of all its sentences.
func Update(told []Source, report Source, opt Options) Change {
	known := &Facts{}
	var before []*sentence
	var quotes []bag
	for i := range told {
		d := clean(&told[i], i)
		known.add(factsOf(d))
		before = append(before, d.sentences...)
		for _, s := range d.sentences {
			if q := s.quote(); q != nil {
				quotes = append(quotes, *q)
			}
		}
	}
	d := clean(&report, 0)
	rankAll(d, opt)
	var out Change
	for _, s := range d.sentences {
		out.Corrections = append(out.Corrections, correct(before, s, known, d.sentences)...)
	}
	out.Sentences = tellNews(d, known, before, quotes, &out.New, opt)
	return out
}

// tellNews chooses the sentences with most that is new and adds their new facts to found.
func tellNews(d *document, known *Facts, before []*sentence, quotes []bag, found *Facts, opt Options) []Sentence {
	type candidate struct {
		s    *sentence
		news float64
	}
	var all []candidate
	for _, s := range d.sentences[:min(len(d.sentences), newsDepth)] {
		if saidBefore(s, before) {
			continue
		}
		news := known.news(s.weighty(d, known))
		if q := s.quote(); q != nil && !slices.ContainsFunc(quotes, q.repeats) {
			news += .3
		}
		if news >= leastNews {
			all = append(all, candidate{s, news})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.news+b.s.score/2, a.news+a.s.score/2) })
	var chosen []Sentence
	room := opt.maxChars()
	for _, c := range all {
		more := c.s.weighty(d, known)
		if len(chosen) > 0 && found.news(more) < leastNews || len(chosen) == 2 || len(chosen) > 0 && utf8.RuneCountInString(c.s.text) > room {
			continue
		}
		found.addNew(known, more)
		chosen = append(chosen, c.s.export(room))
		room -= utf8.RuneCountInString(c.s.text) + 1
	}
	slices.SortFunc(chosen, func(a, b Sentence) int { return cmp.Compare(a.Start, b.Start) })
	return chosen
}

// saidBefore tells whether a sentence stands, much as it is and with the same numbers, in one of
// the reports already told.
func saidBefore(s *sentence, before []*sentence) bool {
	b := newBag(s.words)
	return slices.ContainsFunc(before, func(o *sentence) bool {
		return b.repeats(newBag(o.words)) && o.facts().news(&Facts{Amounts: s.facts().Amounts, Counts: s.facts().Counts}) == 0
	})
}

// weighty gives the facts of a sentence that count as news: not the day of publication, not things
// counted in passing, no name that only this report's background might hold.
func (s *sentence) weighty(d *document, known *Facts) *Facts {
	f := *s.facts()
	f.Dates = slices.DeleteFunc(slices.Clone(f.Dates), func(x Date) bool {
		return x.Precision != Day || d.source.Published.Sub(x.Day).Abs() <= 3*24*time.Hour
	})
	f.Counts = slices.DeleteFunc(slices.Clone(f.Counts), func(a Amount) bool {
		return !isClass(a.Unit) && !slices.ContainsFunc(known.Counts, func(o Amount) bool { return o.Unit == a.Unit })
	})
	f.Others = nil
	return &f
}

func isClass(unit string) bool {
	switch unit {
	case "killed", "wounded", "arrested", "missing", "displaced":
		return true
	}
	return false
}

// addNew takes over those facts of o that are not known.
func (f *Facts) addNew(known, o *Facts) {
	names := known.allNames()
	fresh := func(list []Name, known []Name) []Name {
		return slices.DeleteFunc(slices.Clone(list), func(n Name) bool { return slices.ContainsFunc(known, n.same) })
	}
	more := &Facts{People: fresh(o.People, names), Places: fresh(o.Places, names), Organisations: fresh(o.Organisations, names)}
	for _, a := range o.Amounts {
		if !slices.ContainsFunc(known.Amounts, a.Same) {
			more.Amounts = append(more.Amounts, a)
		}
	}
	for _, a := range o.Counts {
		if !slices.ContainsFunc(known.Counts, a.Same) {
			more.Counts = append(more.Counts, a)
		}
	}
	for _, x := range o.Dates {
		if !slices.ContainsFunc(known.Dates, x.same) {
			more.Dates = append(more.Dates, x)
		}
	}
	for class, list := range o.Classes {
		if list = fresh(list, known.Classes[class]); len(list) > 0 {
			if more.Classes == nil {
				more.Classes = map[string][]Name{}
			}
			more.Classes[class] = list
		}
	}
	f.add(more)
}

// quote gives the words of the longest quotation in a sentence, nil without one of any length.
func (s *sentence) quote() *bag {
	best := ""
	for _, marks := range [][2]string{{"“", "”"}, {"«", "»"}, {`"`, `"`}, {"‘", "’"}, {"”", "”"}} {
		_, rest, ok := strings.Cut(s.text, marks[0])
		if !ok {
			continue
		}
		if inside, _, _ := strings.Cut(rest, marks[1]); len(inside) > len(best) {
			best = inside
		}
	}
	if best == "" {
		return nil
	}
	words := read(best, s.doc.language)
	if len(words) < longQuote {
		return nil
	}
	b := newBag(words)
	return &b
}

// Corrections compares two states of one report: amounts and counts that changed in a claim that
// is otherwise the same.
func Corrections(old, changed Source) []Correction {
	a, b := clean(&old, 0), clean(&changed, 0)
	var out []Correction
	for _, s := range append(slices.Clone(b.sentences), b.headline()) {
		out = append(out, correct(append(slices.Clone(a.sentences), a.headline()), s, factsOf(a), b.sentences)...)
	}
	return out
}

// headline gives a document's title as a sentence of it.
func (d *document) headline() *sentence {
	return &sentence{doc: d, source: d.index, text: d.source.Title, words: d.title, known: extract(d, d.source.Title, d.title)}
}

// correct gives the amounts of sentence s that stand in place of others in the sentences before:
// the new number was nowhere in the old report, and the new report, whose sentences now holds, no
// longer makes the claim with the old one. It may still name the old number: corrections do.
func correct(before []*sentence, s *sentence, known *Facts, now []*sentence) []Correction {
	var out []Correction
	mine := slices.Concat(s.facts().Amounts, s.facts().Counts)
	for _, a := range mine {
		if slices.ContainsFunc(known.Amounts, a.Same) || slices.ContainsFunc(known.Counts, a.Same) {
			continue
		}
		best, like := Correction{}, 0.0
		for _, o := range before {
			for _, b := range slices.Concat(o.facts().Amounts, o.facts().Counts) {
				if b.Unit != a.Unit || stillClaimed(b, o, now) {
					continue
				}
				if l := claimLike(s, o); l >= sameClaim && l > like {
					best, like = Correction{Old: b, New: a, OldText: o.text, Claim: s.text}, l
				}
			}
		}
		if like > 0 {
			out = append(out, best)
		}
	}
	return out
}

// stillClaimed tells whether one of the sentences makes the claim of sentence o with its amount.
func stillClaimed(amount Amount, o *sentence, sentences []*sentence) bool {
	return slices.ContainsFunc(sentences, func(n *sentence) bool {
		f := n.facts()
		return (slices.ContainsFunc(f.Amounts, amount.Same) || slices.ContainsFunc(f.Counts, amount.Same)) && claimLike(n, o) >= sameClaim
	})
}

// claimLike gives the share of words that two sentences have in common, numbers left out.
func claimLike(a, b *sentence) float64 {
	return jaccard(withoutNumbers(stems(a.words)), withoutNumbers(stems(b.words)))
}

func withoutNumbers(list []string) []string {
	return slices.DeleteFunc(list, func(w string) bool { return startsWithDigit(w) })
}
