package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tocsin-bot/tocsin/rules/query"
)

// lint gives what is allowed and probably not meant.
func (r *Rules) lint() (warnings Problems) {
	for _, w := range r.set.Always() {
		if !r.onlyExcludes(w.Query.Root) {
			warnings = append(warnings, w.Pos.At(fmt.Sprintf("%s is tried on every item: nothing in it can be looked up", w.ID),
				"add a word that must be there; a few such watches do no harm"))
		}
	}
	for _, w := range r.Watches {
		warnings = append(warnings, r.lintRoles(w)...)
		warnings = append(warnings, r.lintWords(w)...)
	}
	return append(warnings, r.shadowed()...)
}

// lintWords warns of words that are probably operators or lists.
func (r *Rules) lintWords(w *Watch) (warnings Problems) {
	query.Walk(w.Query.Root, func(n query.Node) bool {
		if t, ok := n.(*query.Term); ok {
			if hint := r.meant(t.Text); hint != "" {
				warnings = append(warnings, w.Pos.At(fmt.Sprintf("%s looks for the word %q", w.ID, t.Text), hint))
			}
		}
		return true
	})
	return warnings
}

var otherNear = regexp.MustCompile(`^(?i:near|w)/[0-9]+$|^NEAR$`)

// meant says what a word of a query was probably meant to be; empty when it is a word like others.
func (r *Rules) meant(word string) string {
	switch {
	case word == "and" || word == "or" || word == "not":
		return "operators are written in capitals: " + strings.ToUpper(word)
	case otherNear.MatchString(word):
		return "nearness is written near(a, b, 5)"
	case strings.ContainsAny(word, "-_") && r.Lists[word] != nil:
		return "the list is written @" + word
	}
	if code, ok := strings.CutPrefix(word, countryPrefix); ok {
		if _, known := Country(code); known {
			return "the country is written @" + word
		}
	}
	return ""
}

// checkBreadth refuses a watch that would tell everything at once without end, and warns of one
// that may.
func (l *loader) checkBreadth(r *Rules) {
	for _, w := range r.Watches {
		capped := w.Budget.Alerts > 0 || w.Wait > 0
		switch what := r.broad(w.Query.Root); {
		case what == "":
		case capped || len(w.Notify) == 0 || !everything(what):
			l.warnings = append(l.warnings, w.Pos.At(fmt.Sprintf("%s %s", w.ID, what), "`tocsin rules backtest` shows how much it would tell"))
		default:
			l.problems = append(l.problems, w.Pos.At(fmt.Sprintf("%s %s and would tell it at once, without a limit", w.ID, what),
				"add words that must be there, or a budget such as 12/day"))
		}
	}
}

// maxRegexps bounds the regular expressions of all queries.
const maxRegexps = 10_000

// checkRegexps refuses more regular expressions than can be tried on every item.
func (l *loader) checkRegexps(r *Rules) {
	n := 0
	for _, w := range r.Watches {
		query.Walk(w.Query.Root, func(node query.Node) bool {
			if _, ok := node.(*query.Regexp); ok {
				n++
			}
			return true
		})
		if n > maxRegexps {
			l.add(w.Pos.At(fmt.Sprintf("there are more than %d regular expressions", maxRegexps), "a list of words is found faster"))
			return
		}
	}
}

// checkAlways refuses more regular expressions that nothing can be looked up for than an item has
// time for.
func (l *loader) checkAlways(r *Rules) {
	n, seen := 0, map[string]bool{}
	var count func(q *query.Query)
	count = func(q *query.Query) {
		query.Walk(q.Root, func(node query.Node) bool {
			if _, ok := node.(*query.Regexp); ok {
				n++
			}
			return true
		})
		for _, ref := range q.References() {
			if !seen[ref.Name] {
				seen[ref.Name] = true
				for _, q := range r.Lists[ref.Name] {
					count(q)
				}
			}
		}
	}
	for _, w := range r.set.Always() {
		if count(w.Query); n > maxAlways {
			l.add(w.Pos.At(fmt.Sprintf("more than %d regular expressions would have to be tried on every item", maxAlways),
				"give them two letters in a row that every match has, or a word beside them that must be there"))
			return
		}
	}
}

// maxAlways bounds them: each takes about 0.2 ms for an item of 5 KB.
const maxAlways = 12

const matchesEverything = "matches almost everything"

func everything(what string) bool { return strings.HasPrefix(what, matchesEverything) }

// broad says in what way a query is too broad; empty when it is not.
func (r *Rules) broad(n query.Node) string {
	if r.onlyExcludes(n) {
		return matchesEverything + ": it only excludes"
	}
	var found string
	branches := []query.Node{n}
	if or, ok := n.(*query.Or); ok {
		branches = or.Nodes
	}
	for _, b := range branches {
		switch b := b.(type) {
		case *query.Regexp:
			if re, err := regexp.Compile("(?i)" + b.Source); err == nil && re.MatchString("") {
				return matchesEverything + fmt.Sprintf(": /%s/ is met by any text", b.Source)
			}
		case *query.Term:
			if commonWords[strings.ToLower(b.Text)] {
				found = fmt.Sprintf("is met by the word %s alone, which is in a great part of the news", b.Text)
			}
		case *query.List:
			for _, q := range r.Lists[b.Name] {
				if what := r.broad(q.Root); what != "" {
					found = what
				}
			}
		}
	}
	return found
}

// onlyExcludes tells whether nothing needs to be there for the query to be met.
func (r *Rules) onlyExcludes(n query.Node) bool {
	switch n := n.(type) {
	case *query.Not, *query.Age, *query.Length:
		return true
	case *query.And:
		return !slices.ContainsFunc(n.Nodes, func(c query.Node) bool { return !r.onlyExcludes(c) })
	case *query.Or:
		return slices.ContainsFunc(n.Nodes, r.onlyExcludes)
	case *query.Scope:
		return r.onlyExcludes(n.Node)
	case *query.List:
		return slices.ContainsFunc(r.Lists[n.Name], func(q *query.Query) bool { return r.onlyExcludes(q.Root) })
	}
	return false
}

// commonWords are in more than a twentieth of all news.
var commonWords = func() map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(`the a an and of to in on for with at by from is was are were be been has have had it its
		that this he she they said says say new news government president minister police people year years day week
		world country state us first two more after before over about report reports officials`) {
		m[word] = true
	}
	return m
}()

// lintRoles warns of cases of a priority that can never hold, because their group is none of the
// watch's.
func (r *Rules) lintRoles(w *Watch) (warnings Problems) {
	groups := r.groups(w)
	for _, c := range w.Priority.When {
		for _, cond := range c.Conds {
			if !slices.Contains(groups, cond.Group) {
				warnings = append(warnings, w.Pos.At(fmt.Sprintf("%s: no group of the query is called %s, so %q never holds", w.ID, cond.Group, c.Role),
					"its groups are "+strings.Join(groups, ", ")))
			}
		}
	}
	return warnings
}

// groups gives the names that the term groups of a watch's matches may have: its lists, and the
// operands of its outermost AND as written.
func (r *Rules) groups(w *Watch) (names []string) {
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	query.Walk(w.Query.Root, func(n query.Node) bool {
		if l, ok := n.(*query.List); ok {
			add(l.Name)
		}
		_, not := n.(*query.Not)
		return !not
	})
	operands := []query.Node{w.Query.Root}
	if and, ok := w.Query.Root.(*query.And); ok {
		operands = and.Nodes
	}
	for _, n := range operands {
		switch n.(type) {
		case *query.List, *query.Not, *query.Age, *query.Length:
		default:
			add(query.Format(n))
		}
	}
	return names
}

// shadowed tells of watches that tell the same rooms the same: equal queries, or one that asks for
// all that another asks for, and more. Every watch is compared only with those whose rarest operand
// it has, so that thousands of watches are compared in a moment.
func (r *Rules) shadowed() (warnings Problems) {
	parts := make([][]string, len(r.Watches))
	count := map[string]int{}
	for i, w := range r.Watches {
		parts[i] = operands(w.Query)
		for _, p := range parts[i] {
			count[p]++
		}
	}
	byRarest := map[string][]int{}
	for i := range r.Watches {
		rarest := slices.MinFunc(parts[i], func(a, b string) int { return count[a] - count[b] })
		byRarest[rarest] = append(byRarest[rarest], i)
	}
	for i, w := range r.Watches {
		for _, p := range parts[i] {
			for _, k := range byRarest[p] {
				other := r.Watches[k]
				if i == k || !contains(parts[i], parts[k]) || !sameScope(w, other) {
					continue
				}
				if !contains(parts[k], parts[i]) {
					warnings = append(warnings, w.Pos.At(fmt.Sprintf("%s is shadowed: %s tells the same rooms of all that it matches", w.ID, other.ID),
						"narrow the other, or notify other rooms"))
				} else if k < i {
					warnings = append(warnings, w.Pos.At(fmt.Sprintf("%s and %s look for the same and tell the same rooms", other.ID, w.ID), "delete one of them"))
				}
			}
		}
	}
	return warnings
}

func operands(q *query.Query) (parts []string) {
	nodes := []query.Node{q.Root}
	if and, ok := q.Root.(*query.And); ok {
		nodes = and.Nodes
	}
	for _, n := range nodes {
		parts = append(parts, query.Format(n))
	}
	return parts
}

func contains(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

func sameScope(a, b *Watch) bool {
	return slices.Equal(a.Notify, b.Notify) && slices.Equal(a.Feeds, b.Feeds) && slices.Equal(a.Languages, b.Languages)
}
