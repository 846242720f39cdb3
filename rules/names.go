package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/rules/query"
)

var listName = regexp.MustCompile(`^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.-]{0,62}[\p{L}\p{M}\p{N}])?$`)

// define takes a list or an entity into the names that queries may use.
func (l *loader) define(name string, at strict.Pos, queries []*query.Query) {
	if !listName.MatchString(name) {
		l.add(at.At(fmt.Sprintf("%q cannot be the name of a list", name), "names are made of letters, digits, - and _"))
		return
	}
	if strings.HasPrefix(name, countryPrefix) {
		l.add(at.At(fmt.Sprintf("@%s is built in", name), "give the list another name"))
		return
	}
	if first, twice := l.names[name]; twice {
		l.add(at.At(fmt.Sprintf("@%s is defined twice", name), "first at "+first.String()))
		return
	}
	l.names[name] = at
	l.lists[name] = queries
}

// parseTerms parses the entries of a list.
func (l *loader) parseTerms(entries listTerms, terms standIns) (queries []*query.Query) {
	for _, e := range entries {
		text := terms.original(strings.TrimSpace(e.Value))
		if text == "" {
			l.add(e.Problem("an empty term would match everything", "write a word or delete the entry"))
			continue
		}
		q, shift, err := parseTerm(text)
		at := placeIn(e, text)
		if err != nil {
			l.add(queryProblem(err, func(offset int) strict.Pos { return at(max(offset-shift, 0)) }))
			continue
		}
		queries = append(queries, q)
		for _, ref := range q.References() {
			l.listRefs = append(l.listRefs, reference{ref.Name, at(max(ref.Offset-shift, 0))})
		}
	}
	return queries
}

// queryProblem puts an error of the query parser at its place in the file.
func queryProblem(err error, at func(offset int) strict.Pos) Problem {
	syntax, ok := err.(*query.SyntaxError)
	if !ok {
		return at(0).At(err.Error(), "")
	}
	cause := "expected " + syntax.Expected
	if syntax.Got != "" {
		cause += ", found " + syntax.Got
	}
	return at(syntax.Offset).At(cause, syntax.Hint)
}

// entity defines the list of an entity: one of its names, with one of the words that make it this
// one, and none of those that make it another.
func (l *loader) entity(name string, at strict.Pos, spec *entitySpec, terms standIns) {
	names, with, not := l.parseTerms(spec.Names, terms), l.parseTerms(spec.With, terms), l.parseTerms(spec.Not, terms)
	if len(spec.Names) == 0 {
		l.add(at.At(fmt.Sprintf("the entity %s has no names", name), "names: [Haftar, Hifter, حفتر]"))
	}
	if len(names) == 0 {
		return
	}
	if len(with) == 0 && len(not) == 0 {
		l.define(name, at, names)
		return
	}
	and := &query.And{Nodes: []query.Node{anyOf(names)}}
	if len(with) > 0 {
		and.Nodes = append(and.Nodes, anyOf(with))
	}
	if len(not) > 0 {
		and.Nodes = append(and.Nodes, &query.Not{Node: anyOf(not)})
	}
	l.define(name, at, []*query.Query{query.New(and)})
}

func anyOf(queries []*query.Query) query.Node {
	if len(queries) == 1 {
		return queries[0].Root
	}
	or := &query.Or{}
	for _, q := range queries {
		or.Nodes = append(or.Nodes, q.Root)
	}
	return or
}

// checkNames reports the lists that queries use and nobody defines, and adds the built-in ones.
func (l *loader) checkNames() {
	refs := slices.Clone(l.listRefs)
	for _, w := range l.order {
		refs = append(refs, w.refs...)
	}
	for _, ref := range refs {
		if _, ok := l.lists[ref.name]; ok {
			continue
		}
		if code, ok := strings.CutPrefix(ref.name, countryPrefix); ok {
			if q, known := Country(code); known {
				l.lists[ref.name] = []*query.Query{q}
			} else {
				l.add(ref.at.At(fmt.Sprintf("no country has the code %q", code), countryHint(ref.name)))
			}
			continue
		}
		if _, broken := l.names[ref.name]; broken {
			continue
		}
		hint := "define it under lists:, or as an entity"
		if near := strict.Closest(ref.name, listNames(l.names)); near != "" {
			hint = fmt.Sprintf("did you mean @%s?", near)
		}
		l.add(ref.at.At(fmt.Sprintf("no list is called @%s", ref.name), hint))
	}
	for _, err := range l.lists.Check() {
		if cycle, ok := err.(*query.CycleError); ok {
			l.add(l.names[cycle.Path[0]].At(cycle.Error(), "take one of them out of the other"))
		}
	}
}

func listNames(names map[string]strict.Pos) []string {
	out := make([]string, 0, len(names))
	for name := range names {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
