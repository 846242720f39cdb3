package story

import (
	"maps"
	"slices"
	"strings"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/story/summary"
)

const (
	newsDepth = 900 // bytes of a body: what stands further down is background, new to the story or not
	maxFacts  = 5
)

// News gives in words the facts that an item adds to its story: amounts and counts first, then
// people, places, organisations, weapons and the like, dates; at most five. A fact is new when no
// item of the story had its number, or one of the words of its name, when the item was placed. It
// is empty for an item that starts a story and for a copy; for a changed item it is what changed.
//
// Finding facts takes much longer than placing an item, so it is left to those who want to know.
func (p *Placement) News(it *feeds.Item) []string {
	if p.Relation != Update || len(p.Facts) > 0 {
		return p.Facts
	}
	src := summary.FromItem(it)
	src.Text = firstSentences(src.Text, it.Language)
	f := summary.Extract(src)
	if p.Kind == Correction {
		if old, now, ok := corrected(f, it.Language); ok {
			return []string{now + ", was " + old}
		}
	}
	check := novelty{fresh: p.fresh, inflection: text.InflectionOf(it.Language)}
	for _, a := range slices.Concat(f.Amounts, f.Counts) {
		check.add(a.Text)
	}
	for _, n := range slices.Concat(f.People, f.Places, f.Organisations) {
		check.add(n.Text)
	}
	for _, class := range slices.Sorted(maps.Keys(f.Classes)) {
		for _, n := range f.Classes[class] {
			check.add(n.Text)
		}
	}
	for _, date := range f.Dates {
		check.add(date.Text)
	}
	return check.facts
}

// corrected gives the two amounts of a report that takes one back: the first two of one unit.
// "4 billion, not 4.6" comes with the new one first, but for languages whose verb comes last.
func corrected(f summary.Facts, language string) (old, now string, ok bool) {
	amounts := slices.Concat(f.Amounts, f.Counts)
	for i, a := range amounts {
		for _, b := range amounts[i+1:] {
			if a.Unit != b.Unit || a.Value == b.Value {
				continue
			}
			if base, _, _ := strings.Cut(language, "-"); base == "tr" || base == "ur" {
				return a.Text, b.Text, true
			}
			return b.Text, a.Text, true
		}
	}
	return "", "", false
}

// novelty collects the facts that hold a fresh word.
type novelty struct {
	fresh      []string // sorted
	inflection text.Inflection
	words      text.Analyzer
	tokens     []text.Token
	facts      []string
}

// add takes a fact when it is new. Of a number the words around it do not count; of a name one
// word may be known: Saddam Haftar is not Khalifa Haftar.
func (n *novelty) add(fact string) {
	if len(n.facts) == maxFacts || slices.Contains(n.facts, fact) {
		return
	}
	n.tokens = n.words.Append(n.tokens[:0], fact, n.inflection)
	number, fresh := false, false
	for _, w := range n.tokens {
		folded := n.words.Form(w.Form).Folded
		_, is := slices.BinarySearch(n.fresh, folded)
		switch digits := strings.ContainsAny(folded, "0123456789"); {
		case digits && !number:
			number, fresh = true, is
		case digits || !number:
			fresh = fresh || is
		}
	}
	if fresh {
		n.facts = append(n.facts, strings.Clone(fact))
	}
}

// fresh gives the words of an item that its story has not, folded and sorted.
func (x *Index) fresh(d *doc, r *reading, story int64) []string {
	slot, ok := x.stories[story]
	if !ok || x.live[slot].space != d.space {
		return nil
	}
	var out []string
	for _, w := range r.words[:r.kept] {
		if d.space.weight(w.term, slot) == 0 {
			out = append(out, w.folded)
		}
	}
	slices.Sort(out)
	return out
}

// firstSentences is the beginning of a body, up to the end of a sentence where there is one.
func firstSentences(body, language string) string {
	if len(body) <= newsDepth {
		return body
	}
	head := cut(body, newsDepth)
	if spans := text.Sentences(head, language); len(spans) > 1 {
		return head[:spans[len(spans)-2].End]
	}
	return head
}
