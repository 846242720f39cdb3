package rules

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/rules/query"
)

// Set is all watches, compiled: it finds those that an item satisfies at a cost that hardly
// depends on how many there are. It is never changed and safe for concurrent use; a reload makes
// another one, and whoever matches takes the one that is current.
type Set struct {
	rules  *Rules
	index  *query.Index
	scoped []uint64 // a bit for each watch that does not cover every item
	idle   []atomic.Pointer[matcher]
}

// matcher is what one goroutine needs to match, used again and again.
type matcher struct {
	doc   query.Document
	found []int32
}

// Match is a watch that an item satisfies.
type Match struct {
	Watch    *Watch
	Priority Priority
	Reason   string // the condition on roles that decided the priority; empty for the default
	Groups   []query.Group
}

// Roles gives the role of each group that has one, by the group's name.
func (m *Match) Roles() map[string]string { return (&query.Result{Groups: m.Groups}).Roles() }

// Compile makes a Set of rules. The items of the sample, if there are any, tell which words are
// rare, which makes a large set faster. The error is about the first query that cannot be
// compiled; rules that were loaded have none.
func Compile(r *Rules, sample []*feeds.Item) (*Set, error) {
	b := query.NewBuilder(r.Lists)
	for _, w := range r.Watches {
		q := w.Query
		if q == nil {
			var err error
			if q, err = query.Parse(w.Match); err != nil {
				return nil, fmt.Errorf("watch %q: %w", w.ID, err)
			}
		}
		if err := b.Add(q); err != nil {
			return nil, fmt.Errorf("watch %q: %w", w.ID, err)
		}
	}
	s := &Set{rules: r, index: b.Build(sample), scoped: make([]uint64, len(r.Watches)/64+1),
		idle: make([]atomic.Pointer[matcher], 2*runtime.GOMAXPROCS(0))}
	for i, w := range r.Watches {
		if len(w.Feeds)+len(w.Languages) > 0 {
			s.scoped[i/64] |= 1 << (i % 64)
		}
	}
	return s, nil
}

// Rules are what was compiled.
func (s *Set) Rules() *Rules { return s.rules }

// Watches are the watches in the order of their ids.
func (s *Set) Watches() []*Watch { return s.rules.Watches }

// Watch gives the watch with the id, nil when there is none.
func (s *Set) Watch(id string) *Watch { return s.rules.Watch(id) }

// Version is a short name for the state of the rule files.
func (s *Set) Version() string { return s.rules.Revision() }

// Always gives the watches that are decided for every item, because there is no word that an item
// must have to satisfy them. A few do no harm.
func (s *Set) Always() []*Watch {
	var out []*Watch
	for _, i := range s.index.Always() {
		out = append(out, s.rules.Watches[i])
	}
	return out
}

// Match adds to dst the watches that the item satisfies, in the order of the watches. Conditions
// on age are judged as of when the item was seen.
func (s *Set) Match(dst []Match, it *feeds.Item) []Match {
	m := s.matcher()
	defer s.release(m)
	found := s.find(m, it)
	slices.Sort(found)
	for _, i := range found {
		w := s.rules.Watches[i]
		match := Match{Watch: w, Priority: w.Priority.Default, Groups: s.index.Result(int(i), &m.doc).Groups}
		if len(w.Priority.When) > 0 {
			match.Priority, match.Reason = w.Priority.Of(match.Roles())
		}
		dst = append(dst, match)
	}
	return dst
}

// Count says how many watches the item satisfies, without gathering evidence. It makes no garbage.
func (s *Set) Count(it *feeds.Item) int {
	m := s.matcher()
	defer s.release(m)
	return len(s.find(m, it))
}

// find gives the numbers of the watches that the item satisfies.
func (s *Set) find(m *matcher, it *feeds.Item) []int32 {
	m.doc.Reset(it)
	m.found = s.index.Match(m.found[:0], &m.doc)
	covered := m.found[:0]
	for _, i := range m.found {
		if s.scoped[i>>6]>>(i&63)&1 == 0 || s.rules.Watches[i].Covers(it.Feed, it.Tags, it.Language) {
			covered = append(covered, i)
		}
	}
	return covered
}

func (s *Set) matcher() *matcher {
	for i := range s.idle {
		if m := s.idle[i].Swap(nil); m != nil {
			return m
		}
	}
	return new(matcher)
}

func (s *Set) release(m *matcher) {
	for i := range s.idle {
		if s.idle[i].CompareAndSwap(nil, m) {
			return
		}
	}
}

// Trim gives back what matching needed, which the next match makes anew.
func (s *Set) Trim() {
	for i := range s.idle {
		s.idle[i].Store(nil)
	}
}

// Explain says part by part why the watch with the id matches an item or does not. It says false
// when there is no such watch.
func (s *Set) Explain(id string, it *feeds.Item) (query.Explanation, bool) {
	for i, w := range s.rules.Watches {
		if w.ID == id {
			return s.index.Explain(i, query.NewDocument(it)), true
		}
	}
	return query.Explanation{}, false
}

// Miss says in a sentence, for people, why the watch with the id does not match an item. It is
// empty when it does.
func (s *Set) Miss(id string, it *feeds.Item) string {
	w := s.Watch(id)
	if w == nil {
		return fmt.Sprintf("There is no watch %s.", id)
	}
	if !w.coversFeed(it.Feed, it.Tags) {
		if it.Feed == "" {
			return "It looks at certain feeds, and this item comes from none."
		}
		return fmt.Sprintf("It does not look at the feed %s.", it.Feed)
	}
	if !w.coversLanguage(it.Language) {
		if it.Language == "" {
			return "It looks at certain languages, and the language of this item is not known."
		}
		return fmt.Sprintf("It does not look at items in the language %q.", it.Language)
	}
	e, _ := s.Explain(id, it)
	if e.Matched {
		return ""
	}
	return missed(e)
}

// missed puts an explanation of a query that was not satisfied into sentences.
func missed(e query.Explanation) string {
	met, missing := 0, []string(nil)
	for _, v := range e.Verdicts {
		switch {
		case v.Met:
			met++
		case v.Unknown:
			missing = append(missing, v.Name+" (the item does not say)")
		case len(v.Group.Evidence) > 0:
			missing = append(missing, fmt.Sprintf("%s (found “%s” in the %s)", v.Name, v.Group.Evidence[0].Text, v.Group.Evidence[0].Field))
		case v.Closest != nil && text.Fold(v.Closest.Text) == v.Wanted:
			missing = append(missing, fmt.Sprintf("%s (only “%s” is there)", v.Name, v.Closest.Text))
		case v.Closest != nil:
			missing = append(missing, fmt.Sprintf("%s (closest: “%s” in the %s)", v.Name, v.Closest.Text, v.Closest.Field))
		default:
			missing = append(missing, v.Name)
		}
	}
	return fmt.Sprintf("%d of %d parts; missing: %s.", met, len(e.Verdicts), strings.Join(missing, "; "))
}
