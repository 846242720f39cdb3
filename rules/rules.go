package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/rules/query"
)

// Rules are all watches with the lists that they use, as loaded from files. They are never changed
// and may be used by any number of goroutines.
type Rules struct {
	Watches  []*Watch // in the order of their ids
	Lists    query.Lists
	Tests    []Test
	Warnings Problems // what is allowed and probably not meant
	Files    []string // that were read

	// Sum is the same as long as the files are.
	Sum [sha256.Size]byte

	set     *Set
	grouper func() Grouper
}

// Set is the rules ready to match.
func (r *Rules) Set() *Set { return r.set }

// Watch gives the watch with the id, nil when there is none.
func (r *Rules) Watch(id string) *Watch {
	i, found := slices.BinarySearchFunc(r.Watches, id, func(w *Watch, id string) int { return strings.Compare(w.ID, id) })
	if !found {
		return nil
	}
	return r.Watches[i]
}

// Revision is a short name for this state of the files, for people: a1b2c3d.
func (r *Rules) Revision() string { return hex.EncodeToString(r.Sum[:])[:7] }

// Changes gives the ids of the watches that differ from those of before: new, gone or defined
// otherwise, if only by a list that they use.
func (r *Rules) Changes(before *Rules) (changed []string) {
	is, was := r.meanings(), before.meanings()
	for id, meaning := range is {
		if was[id] != meaning {
			changed = append(changed, id)
		}
	}
	for id := range was {
		if _, still := is[id]; !still {
			changed = append(changed, id)
		}
	}
	slices.Sort(changed)
	return changed
}

// meanings gives for each watch a text that is the same as long as it does the same.
func (r *Rules) meanings() map[string]string {
	m := map[string]string{}
	if r == nil {
		return m
	}
	lists := map[string]string{}
	for _, w := range r.Watches {
		c := *w
		c.Pos, c.Query, c.Tests, c.Match, c.Mute = strict.Pos{}, nil, nil, "", nil
		var b strings.Builder
		fmt.Fprintf(&b, "%+v %s", c, w.Query)
		for _, mute := range w.Mute { // a zone is a pointer
			fmt.Fprintf(&b, "%v %v %v %v %v %s", mute.Days, mute.From, mute.To, mute.Zone, mute.Until, mute.Reason)
		}
		for _, ref := range w.Query.References() {
			b.WriteString(r.listMeaning(ref.Name, lists))
		}
		m[w.ID] = b.String()
	}
	return m
}

// listMeaning is the same for a list as long as it and the lists that it uses are.
func (r *Rules) listMeaning(name string, known map[string]string) string {
	if m, ok := known[name]; ok {
		return m
	}
	h := sha256.New()
	for _, q := range r.Lists[name] {
		fmt.Fprintln(h, q)
		for _, ref := range q.References() {
			fmt.Fprintln(h, r.listMeaning(ref.Name, known))
		}
	}
	known[name] = fmt.Sprintf(" @%s %x", name, h.Sum(nil))
	return known[name]
}
