package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Lists are the named lists that queries may use as @name, by name without the @. A list is met
// when one of its queries is. Lists may use lists.
type Lists map[string][]*Query

// UnknownListError says that a query uses a list that does not exist.
type UnknownListError struct {
	Name   string
	In     string   // the list that uses it; empty when the query itself does
	Offset int      // in the source of the query that uses it
	Near   []string // names that look alike
}

func (e *UnknownListError) Error() string {
	s := fmt.Sprintf("no list is called @%s", e.Name)
	if e.In != "" {
		s += fmt.Sprintf(" (used in @%s)", e.In)
	}
	if len(e.Near) > 0 {
		s += "; did you mean @" + strings.Join(e.Near, " or @") + "?"
	}
	return s
}

// CycleError says that lists use each other in a circle.
type CycleError struct{ Path []string } // the first list again at the end

func (e *CycleError) Error() string {
	return "lists use each other in a circle: @" + strings.Join(e.Path, " → @")
}

// Check gives what is wrong among the lists themselves: unknown names and circles, each once, in
// the order of names.
func (l Lists) Check() []error {
	var errs []error
	done := make(map[string]bool, len(l))
	for _, name := range l.names() {
		errs = l.visit(name, nil, done, errs)
	}
	return errs
}

func (l Lists) names() []string {
	names := make([]string, 0, len(l))
	for name := range l {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (l Lists) visit(name string, path []string, done map[string]bool, errs []error) []error {
	if i := slices.Index(path, name); i >= 0 {
		return append(errs, &CycleError{append(slices.Clone(path[i:]), name)})
	}
	if done[name] {
		return errs
	}
	path = append(path, name)
	for _, q := range l[name] {
		for _, ref := range q.References() {
			if _, ok := l[ref.Name]; !ok {
				errs = append(errs, l.unknown(ref, name))
				continue
			}
			errs = l.visit(ref.Name, path, done, errs)
		}
	}
	done[name] = true
	return errs
}

// resolve gives the first thing wrong with the lists that q uses, however deep.
func (l Lists) resolve(q *Query, done map[string]bool) error {
	for _, ref := range q.References() {
		if _, ok := l[ref.Name]; !ok {
			return l.unknown(ref, "")
		}
		if errs := l.visit(ref.Name, nil, done, nil); len(errs) > 0 {
			return errs[0]
		}
	}
	return nil
}

func (l Lists) unknown(ref Reference, in string) error {
	e := &UnknownListError{Name: ref.Name, In: in, Offset: ref.Offset}
	least := 1 + len(ref.Name)/4
	for _, name := range l.names() {
		switch d := text.EditDistance(ref.Name, name, least+1); {
		case d < least:
			least, e.Near = d, []string{name}
		case d == least && len(e.Near) < 3:
			e.Near = append(e.Near, name)
		}
	}
	return e
}
