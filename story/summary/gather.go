package summary

import (
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// factsOf gives the facts of a document's title and sentences.
func factsOf(d *document) *Facts {
	if d.known == nil {
		d.known = &Facts{}
		for _, s := range d.sentences {
			d.known.add(s.facts())
		}
		d.known.add(d.headlineFacts())
		d.known.promote()
		d.known.add(d.placeline())
	}
	return d.known
}

// promote takes for people the names of two or three words that no list knows and whose last word
// stands alone elsewhere: "Wayne Rooney", and "Rooney" further down.
func (f *Facts) promote() {
	var rest []Name
	for _, n := range f.Others {
		parts := strings.Fields(n.Key)
		surname := parts[len(parts)-1]
		alone := slices.ContainsFunc(f.Others, func(o Name) bool { return o.Key == surname })
		if len(parts) < 2 || len(parts) > 3 || !alone || shouts(n.Text) {
			rest = append(rest, n)
			continue
		}
		f.People = addPeople(f.People, []Name{n})
	}
	f.Others = slices.DeleteFunc(rest, func(n Name) bool {
		return slices.ContainsFunc(f.People, func(p Name) bool { return isSurname(n.Key, p.Key) })
	})
}

// headlineFacts gives the facts of the title. A weekday there is the one that the text explains:
// "jeudi" is "jeudi prochain".
func (d *document) headlineFacts() *Facts {
	f := extract(d, d.source.Title, d.title)
	f.Dates = slices.DeleteFunc(f.Dates, func(t Date) bool {
		return slices.ContainsFunc(d.known.Dates, func(o Date) bool {
			return strings.HasPrefix(text.Fold(o.Text), text.Fold(t.Text))
		})
	})
	return f
}

// placeline gives the places of the dateline, which is often set in capitals. What stands first in
// capitals is one, whether a list knows it or not: "KISUMU, Kenya (AP) —".
func (d *document) placeline() *Facts {
	places := extract(d, d.from, read(d.from, d.language)).Places
	first := Name{Text: firstName(d.from), Key: text.Fold(firstName(d.from))}
	listed := slices.ContainsFunc(places, func(p Name) bool {
		return strings.HasPrefix(text.Fold(p.Text), first.Key) || strings.HasPrefix(first.Key, text.Fold(p.Text))
	})
	if len(first.Text) > 3 && shouts(first.Text) && !listed && !d.isAgency(first.Text) && !strings.ContainsAny(first.Text, ".:-–—") {
		places = append([]Name{first}, places...)
	}
	for i, p := range places {
		if len(p.Text) > 3 && shouts(p.Text) {
			places[i].Text = titleCase(p.Text, d.language)
		}
	}
	return &Facts{Places: places}
}

// titleCase writes "NEW DELHI" as "New Delhi".
func titleCase(s, tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		t = language.Und
	}
	return cases.Title(t).String(s)
}

func (s *sentence) facts() *Facts {
	if s.known == nil {
		s.known = extract(s.doc, s.doc.source.Text, s.words)
	}
	return s.known
}

func (s *sentence) hasMoney() bool {
	return slices.ContainsFunc(s.facts().Amounts, Amount.Money)
}

// storyFacts gives the facts of all documents: those of the chosen sentences first, then those of
// the leading document, then the others'.
func storyFacts(docs []*document, lead int, chosen []*sentence) Facts {
	var out Facts
	for _, s := range chosen {
		out.add(s.facts())
	}
	out.add(factsOf(docs[lead]))
	for _, d := range docs {
		if d.language == docs[lead].language {
			out.add(factsOf(d))
		}
	}
	return out
}

// add takes over the facts that are not known yet.
func (f *Facts) add(o *Facts) {
	f.People = addPeople(f.People, o.People)
	f.Places = addNames(f.Places, o.Places)
	f.Organisations = addNames(f.Organisations, o.Organisations)
	f.Others = addNames(f.Others, o.Others)
	f.Others = slices.DeleteFunc(f.Others, func(n Name) bool {
		return slices.ContainsFunc(f.People, func(p Name) bool { return p.Key == n.Key || isSurname(n.Key, p.Key) })
	})
	f.Amounts = addAmounts(f.Amounts, o.Amounts)
	f.Counts = addAmounts(f.Counts, o.Counts)
	for _, d := range o.Dates {
		if !slices.ContainsFunc(f.Dates, d.same) {
			f.Dates = append(f.Dates, d)
		}
	}
	for class, names := range o.Classes {
		if f.Classes == nil {
			f.Classes = map[string][]Name{}
		}
		f.Classes[class] = addNames(f.Classes[class], names)
	}
}

func addNames(list, more []Name) []Name {
	for _, n := range more {
		if !slices.ContainsFunc(list, n.same) {
			list = append(list, n)
		}
	}
	return list
}

func addAmounts(list, more []Amount) []Amount {
	for _, a := range more {
		if !slices.ContainsFunc(list, a.Same) {
			list = append(list, a)
		}
	}
	return list
}

// news is what the facts of a sentence add to what is known: 0 when nothing. An amount or a count
// is the strongest sign of something new, a name that only the class is unknown of the weakest.
func (f *Facts) news(o *Facts) float64 {
	n := .5*float64(unknown(f.Amounts, o.Amounts, Amount.Same)) + .4*float64(unknown(f.Counts, o.Counts, Amount.Same))
	n += .3 * float64(unknown(f.Dates, o.Dates, Date.same))
	known := f.allNames()
	n += .3*float64(unknown(known, o.People, Name.same)) + .3*float64(unknown(known, o.Organisations, Name.same))
	n += .3 * float64(unknown(known, o.Places, Name.same))
	n += .1 * float64(unknown(known, o.Others, Name.same))
	for class, names := range o.Classes {
		n += .3 * float64(unknown(f.Classes[class], names, Name.same))
	}
	return n
}

func unknown[T any](known, found []T, same func(T, T) bool) int {
	n := 0
	for _, x := range found {
		if !slices.ContainsFunc(known, func(k T) bool { return same(k, x) }) {
			n++
		}
	}
	return n
}

func (f *Facts) allNames() []Name {
	return slices.Concat(f.People, f.Places, f.Organisations, f.Others)
}
