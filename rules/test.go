package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/rules/query"
)

// Test is an item and what its watch must make of it.
type Test struct {
	Name  string       // for people; the title of the item when the file gives none
	Watch string       // the ID of the watch
	Items []feeds.Item // in time order; most tests have one

	Match    bool              // whether the watch must match each item
	Evidence []string          // words that the evidence must hold, as they stand in the item
	Roles    map[string]string // the roles that groups must have
	Priority *Priority         // nil when it does not matter
	Stories  int               // how many stories the items make; 0 when it does not matter

	Pos strict.Pos
}

// TestResult is how one test went.
type TestResult struct {
	Test *Test
	// Diff has a line for everything that is not as expected: "- expected" and "+ found". Empty
	// when the test passed.
	Diff []string
}

// RunTests runs the tests of the watches with these ids, or all of them, in the order of the files.
func (r *Rules) RunTests(ids ...string) []TestResult {
	var results []TestResult
	for i := range r.Tests {
		t := &r.Tests[i]
		if len(ids) == 0 || slices.Contains(ids, t.Watch) {
			results = append(results, TestResult{t, t.run(r.set, r.grouper)})
		}
	}
	return results
}

// run gives the lines of what is not as expected.
func (t *Test) run(set *Set, grouper func() Grouper) (diff []string) {
	for i := range t.Items {
		lines := t.runItem(set, &t.Items[i])
		if len(lines) > 0 && len(t.Items) > 1 {
			diff = append(diff, fmt.Sprintf("  item %d: %s", i+1, t.Items[i].Title))
		}
		diff = append(diff, lines...)
	}
	if t.Stories == 0 || grouper == nil {
		return diff
	}
	stories := map[int64]bool{}
	g := grouper()
	for i := range t.Items {
		stories[g.Place(&t.Items[i])] = true
	}
	if len(stories) != t.Stories {
		count := func(n int) string {
			if n == 1 {
				return "1 story"
			}
			return fmt.Sprintf("%d stories", n)
		}
		diff = append(diff, "- "+count(t.Stories), "+ "+count(len(stories)))
	}
	return diff
}

// runItem gives what is not as expected of one item.
func (t *Test) runItem(set *Set, it *feeds.Item) (diff []string) {
	matches := set.Match(nil, it)
	i := slices.IndexFunc(matches, func(m Match) bool { return m.Watch.ID == t.Watch })
	switch {
	case i < 0 && !t.Match:
		return nil
	case i < 0:
		return append([]string{"- match", "+ no match"}, missingParts(set, t.Watch, it)...)
	case !t.Match:
		diff = []string{"- no match", "+ match"}
		for _, g := range matches[i].Groups {
			diff = append(diff, fmt.Sprintf("    %s: %s", g.Name, strings.Join(groupWords(&g), ", ")))
		}
		return diff
	}
	m := &matches[i]
	var words []string
	for i := range m.Groups {
		words = append(words, groupWords(&m.Groups[i])...)
	}
	for _, want := range t.Evidence {
		if !among(words, want) {
			diff = append(diff, "- evidence "+want, "+ evidence "+strings.Join(words, ", "))
		}
	}
	roles := m.Roles()
	for _, group := range slices.Sorted(maps.Keys(t.Roles)) {
		if got := roles[group]; got != t.Roles[group] {
			if got == "" {
				got = "none; the groups are " + strings.Join(slices.Sorted(maps.Keys(roles)), ", ")
			}
			diff = append(diff, fmt.Sprintf("- %s is %s", group, t.Roles[group]), fmt.Sprintf("+ %s is %s", group, got))
		}
	}
	if t.Priority != nil && m.Priority != *t.Priority {
		because := ""
		if m.Reason != "" {
			because = " because " + m.Reason
		}
		diff = append(diff, fmt.Sprintf("- priority %s", *t.Priority), fmt.Sprintf("+ priority %s%s", m.Priority, because))
	}
	return diff
}

// among tells whether the evidence has the words: as they stand, or each of them for words that
// need not stand together.
func among(words []string, want string) bool {
	has := func(word string) bool {
		return slices.ContainsFunc(words, func(got string) bool { return strings.EqualFold(got, word) })
	}
	if has(want) {
		return true
	}
	for word := range strings.FieldsSeq(want) {
		if !has(word) {
			return false
		}
	}
	return true
}

// missingParts tells why a watch does not match: the parts of its query that were not met.
func missingParts(set *Set, id string, it *feeds.Item) (lines []string) {
	e, _ := set.Explain(id, it)
	if e.Matched {
		return []string{"    " + set.Miss(id, it)}
	}
	for _, v := range e.Verdicts {
		if !v.Met {
			lines = append(lines, fmt.Sprintf("    %s: %s", v.Name, notMet(&v)))
		}
	}
	return lines
}

func notMet(v *query.Verdict) string {
	switch {
	case len(v.Group.Evidence) > 0:
		return "excluded by " + strings.Join(groupWords(&v.Group), ", ")
	case v.Unknown:
		return "the item does not tell"
	case v.Closest != nil && text.Fold(v.Closest.Text) == v.Wanted:
		return fmt.Sprintf("not found; only %s is there", v.Closest.Text)
	case v.Closest != nil:
		return fmt.Sprintf("not found; %s comes nearest to %s", v.Closest.Text, v.Wanted)
	}
	return "not found"
}

func groupWords(g *query.Group) (words []string) {
	for _, e := range g.Evidence {
		if !slices.Contains(words, e.Text) {
			words = append(words, e.Text)
		}
	}
	return words
}

// runTests gives a problem for every test that fails, and what is the likely reason.
func (r *Rules) runTests() (problems Problems) {
	failing := map[string]bool{}
	for _, result := range r.RunTests() {
		if len(result.Diff) > 0 {
			failing[result.Test.Watch] = true
			problems = append(problems, result.Test.Pos.At(
				fmt.Sprintf("the test %q of %s fails: %s", result.Test.Name, result.Test.Watch, inOneLine(result.Diff)),
				"`tocsin rules test` shows it in full"))
		}
	}
	for _, w := range r.Watches {
		if failing[w.ID] {
			problems = append(problems, r.lintWords(w)...)
		}
	}
	return problems.Sort()
}

// inOneLine puts a diff into words: expected match, found no match; arms-deal: not found.
func inOneLine(diff []string) string {
	var b strings.Builder
	for _, line := range diff {
		said, sep := strings.TrimSpace(line), "; "
		if want, ok := strings.CutPrefix(said, "- "); ok {
			said = "expected " + want
		} else if got, ok := strings.CutPrefix(said, "+ "); ok {
			said, sep = "found "+got, ", "
		}
		if b.Len() > 0 {
			b.WriteString(sep)
		}
		b.WriteString(said)
	}
	return b.String()
}
