package query

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// oracle decides queries in the plainest way: it walks the parsed query and looks at every word
// of the item for every word of the query. It shares the cutting of words with the real thing,
// and nothing of programs, vocabulary and index.
type oracle struct {
	d        *Document
	lists    Lists
	probes   map[string]*text.Probe
	patterns map[string]*regexp.Regexp
}

func newOracle(lists Lists) *oracle {
	return &oracle{new(Document), lists, map[string]*text.Probe{}, map[string]*regexp.Regexp{}}
}

func (o *oracle) compiled(src string) *regexp.Regexp {
	if o.patterns[src] == nil {
		o.patterns[src] = regexp.MustCompile(src)
	}
	return o.patterns[src]
}

func (o *oracle) probe(word string) *text.Probe {
	if o.probes[word] == nil {
		p := text.NewProbe(word)
		o.probes[word] = &p
	}
	return o.probes[word]
}

type extent struct{ from, to int }

func (o *oracle) decide(n Node, f Field) (verdict, []extent) {
	switch n := n.(type) {
	case *Term:
		if f == Lang {
			l := strings.ToLower(o.d.Item.Language)
			if l == "" {
				return unknown, nil
			}
			want := strings.ToLower(n.Text)
			return verdictOf(l == want || strings.HasPrefix(l, want+"-")), nil
		}
		v, e := o.row(n.Text, n.Mark, f, 0)
		if a, b, ok := strings.Cut(n.Text, "-"); ok && !strings.Contains(b, "-") && v != yes {
			return o.row(a+b, n.Mark, f, 0)
		} else if ok {
			_, more := o.row(a+b, n.Mark, f, 0)
			e = append(e, more...)
		}
		return v, e
	case *Phrase:
		return o.row(n.Text, n.Mark, f, n.Slop)
	case *Pattern:
		return o.row(n.Text, Inflected, f, 0)
	case *Regexp:
		return o.regexp(n, f)
	case *And:
		v, all := yes, []extent(nil)
		for _, c := range n.Nodes {
			cv, e := o.decide(c, f)
			v, all = min(v, cv), append(all, e...)
		}
		return o.if_(v, all)
	case *Or:
		v, all := no, []extent(nil)
		for _, c := range n.Nodes {
			cv, e := o.decide(c, f)
			v, all = max(v, cv), append(all, e...)
		}
		return v, all
	case *Not:
		v, _ := o.decide(n.Node, f)
		return -v, nil
	case *AtLeast:
		met, open, all := 0, 0, []extent(nil)
		for _, c := range n.Nodes {
			v, e := o.decide(c, f)
			all = append(all, e...)
			if v == yes {
				met++
			} else if v == unknown {
				open++
			}
		}
		switch {
		case met >= n.N:
			return yes, all
		case met+open >= n.N:
			return unknown, nil
		}
		return no, nil
	case *Near:
		var all [][]extent
		for _, c := range n.Nodes {
			_, e := o.decide(c, f)
			all = append(all, e)
		}
		e := o.within(all, n.Distance)
		return o.missing(f, len(e) > 0), e
	case *Same:
		return o.same(n, f)
	case *Scope:
		return o.decide(n.Node, narrower(f, n.Field))
	case *List:
		v, all := no, []extent(nil)
		for _, q := range o.lists[n.Name] {
			cv, e := o.decide(q.Root, f)
			v, all = max(v, cv), append(all, e...)
		}
		return o.if_(v, all)
	case *RoleIs:
		v, e := o.decide(n.Node, f)
		if v != yes {
			return v, nil
		}
		best := NoRole
		for _, x := range e {
			best = max(best, o.d.role(int32(x.from)))
		}
		if best == NoRole {
			return unknown, nil
		}
		return o.if_(verdictOf(compare(best, n.Op, n.Role)), e)
	case *Age:
		t := o.d.Item.Time()
		if t.IsZero() || o.d.Now.IsZero() {
			return unknown, nil
		}
		return verdictOf(compare(o.d.Now.Sub(t), n.Op, n.Value)), nil
	case *Length:
		words := 0
		for i := o.d.ranges[Body].from; i < o.d.ranges[Body].to; i++ {
			if o.d.tokens[i].Form != gap {
				words++
			}
		}
		return verdictOf(compare(words, n.Op, n.Words)), nil
	}
	panic(fmt.Sprintf("%T", n))
}

// if_ gives places to what is met only.
func (o *oracle) if_(v verdict, e []extent) (verdict, []extent) {
	if v != yes {
		return v, nil
	}
	return v, e
}

func (o *oracle) missing(f Field, found bool) verdict {
	if !found && f >= Source && o.d.missing(f) {
		return unknown
	}
	return verdictOf(found)
}

// is says whether the token is the word or pattern of a query.
func (o *oracle) is(tok int, word string, mark Mark) bool {
	form := o.d.tokens[tok].Form
	if form == gap {
		return false
	}
	fm := o.d.an.Form(form)
	if strings.ContainsAny(word, "*?") {
		re := regexp.QuoteMeta(text.Fold(word))
		re = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(re)
		return o.compiled(`^` + re + `$`).MatchString(fm.Folded)
	}
	p := o.probe(word)
	switch mark {
	case Exact:
		return fm.Fold == p.Fold
	case Cased:
		return fm.Cased == p.Cased
	}
	return p.Matches(fm)
}

func (o *oracle) row(s string, mark Mark, f Field, slop int) (verdict, []extent) {
	var words []string
	for _, piece := range strings.Fields(s) {
		if strings.ContainsAny(piece, "*?") {
			words = append(words, piece)
		} else {
			words = append(words, text.Cut(piece)...)
		}
	}
	r := o.d.ranges[f]
	if slop > 0 && len(words) > 1 {
		var all [][]extent
		for _, w := range words {
			_, e := o.row(w, mark, f, 0)
			all = append(all, e)
		}
		e := o.within(all, len(words)-1+slop)
		return o.missing(f, len(e) > 0), e
	}
	var found []extent
	for i := int(r.from); i+len(words) <= int(r.to); i++ {
		ok := true
		for k, w := range words {
			ok = ok && o.is(i+k, w, mark)
		}
		if ok {
			found = append(found, extent{i, i + len(words) - 1})
		}
	}
	return o.missing(f, len(found) > 0), found
}

func (o *oracle) fieldOf(tok int) int {
	switch {
	case tok < int(o.d.ranges[Title].to):
		return -1
	case tok < int(o.d.ranges[Body].to):
		return -2
	}
	for o.d.tokens[tok].Form != gap {
		tok++
	}
	return tok
}

// within gives the extents in which one place of every child stands, all beginning after one of
// them and at most so many words after its end, the nearest ones.
func (o *oracle) within(all [][]extent, distance int) (found []extent) {
	for c := range all {
	anchors:
		for _, a := range all[c] {
			whole := a
			for k := range all {
				if k == c {
					continue
				}
				best := extent{from: 1 << 30}
				for _, e := range all[k] {
					if e.from > a.to && e.from-a.to <= distance && o.fieldOf(e.from) == o.fieldOf(a.to) &&
						(e.from < best.from || e.from == best.from && e.to < best.to) {
						best = e
					}
				}
				if best.from == 1<<30 {
					continue anchors
				}
				whole.to = max(whole.to, best.to)
			}
			found = append(found, whole)
		}
	}
	return found
}

func (o *oracle) same(n *Same, f Field) (verdict, []extent) {
	units := map[extent]*extent{}
	count := map[extent]int{}
	for _, c := range n.Nodes {
		_, e := o.decide(c, f)
		seen := map[extent]bool{}
		for _, x := range e {
			from, to := o.d.unit(n.Unit, int32(x.from))
			u := extent{int(from), int(to)}
			if x.to >= u.to {
				continue
			}
			if !seen[u] {
				seen[u] = true
				count[u]++
			}
			if units[u] == nil {
				units[u] = &extent{x.from, x.to}
			}
			units[u].from, units[u].to = min(units[u].from, x.from), max(units[u].to, x.to)
		}
	}
	var found []extent
	for u, k := range count {
		if k == len(n.Nodes) {
			found = append(found, *units[u])
		}
	}
	return o.missing(f, len(found) > 0), found
}

func (o *oracle) regexp(n *Regexp, f Field) (verdict, []extent) {
	src := "(?i)" + n.Source
	if n.Cased {
		src = n.Source
	}
	re := o.compiled(src)
	var found []extent
	met := false
	o.d.values(f, func(field Field, index int, value string) bool {
		for _, m := range re.FindAllStringIndex(value, -1) {
			met = true
			if from, to, ok := o.d.tokensIn(field, index, m[0], m[1]); ok {
				found = append(found, extent{int(from), int(to)})
			}
		}
		return true
	})
	return o.missing(f, met), found
}
