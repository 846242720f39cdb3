package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

// Grouper says which items report one event. A backtest asks it about every item, in order.
type Grouper interface {
	// Learn is told of an item that no watch wants.
	Learn(it *feeds.Item)
	// Place gives the story of an item that a watch wants.
	Place(it *feeds.Item) int64
}

// alone is the grouper that takes every item for a story of its own.
type alone struct{ n int64 }

func (*alone) Learn(*feeds.Item)         {}
func (a *alone) Place(*feeds.Item) int64 { a.n++; return a.n }

// Backtest runs sets of rules over an archive, item by item, and counts what they would have
// told. It is used by one goroutine.
type Backtest struct {
	sets    []*Set
	grouper Grouper
	good    func(it *feeds.Item) bool

	items       int
	first, last time.Time
	watches     []map[string]*tally // for each set, by watch
	matches     []Match
}

// tally is what one watch of one set would have told.
type tally struct {
	watch    *Watch
	items    int
	priority map[Priority]int // of stories
	stories  map[int64]*Sample
	days     map[string]int // stories by day
}

// Sample is a story that a watch would have told, by the first item that matched.
type Sample struct {
	Story    int64     `json:"story"`
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	URL      string    `json:"url,omitempty"`
	Time     time.Time `json:"time,omitzero"`
	Priority Priority  `json:"priority"` // the highest of its items
	Items    int       `json:"items"`
	Good     bool      `json:"good,omitempty"` // a person called an item of it useful
}

// NewBacktest makes a backtest of one set, or of several over the same items. A nil grouper takes
// every item for a story of its own. good says which items a person called useful; nil is none.
func NewBacktest(g Grouper, good func(it *feeds.Item) bool, sets ...*Set) *Backtest {
	b := &Backtest{sets: sets, grouper: g, good: good}
	if g == nil {
		b.grouper = &alone{}
	}
	if good == nil {
		b.good = func(*feeds.Item) bool { return false }
	}
	for _, set := range sets {
		tallies := map[string]*tally{}
		for _, w := range set.Watches() {
			tallies[w.ID] = &tally{watch: w, priority: map[Priority]int{}, stories: map[int64]*Sample{}, days: map[string]int{}}
		}
		b.watches = append(b.watches, tallies)
	}
	return b
}

// Add runs the rules over one item. It is judged as of its own time.
func (b *Backtest) Add(it *feeds.Item) {
	b.items++
	at := it.Time()
	if !at.IsZero() {
		if b.first.IsZero() || at.Before(b.first) {
			b.first = at
		}
		if at.After(b.last) {
			b.last = at
		}
	}
	if it.Seen.IsZero() {
		it.Seen = at
	}
	story := int64(0)
	for i, set := range b.sets {
		b.matches = set.Match(b.matches[:0], it)
		for k := range b.matches {
			if story == 0 {
				story = b.grouper.Place(it)
			}
			m := &b.matches[k]
			b.watches[i][m.Watch.ID].add(m, it, story, at, b.good(it))
		}
	}
	if story == 0 {
		b.grouper.Learn(it)
	}
}

func (t *tally) add(m *Match, it *feeds.Item, story int64, at time.Time, good bool) {
	t.items++
	s := t.stories[story]
	if s == nil {
		s = &Sample{Story: story, ID: it.ID, Title: it.Title, URL: it.URL, Time: at, Priority: m.Priority}
		t.stories[story] = s
		if !at.IsZero() {
			t.days[at.Format(time.DateOnly)]++
		}
		t.priority[m.Priority]++
	}
	if m.Priority > s.Priority { // a later report may be louder than the first
		if t.priority[s.Priority]--; t.priority[s.Priority] == 0 {
			delete(t.priority, s.Priority)
		}
		s.Priority = m.Priority
		t.priority[m.Priority]++
	}
	s.Items++
	s.Good = s.Good || good
}

// Report is what a watch would have told over an archive.
type Report struct {
	Watch      string           `json:"watch"`
	Items      int              `json:"items"`   // that matched
	Stories    int              `json:"stories"` // each of them one alert
	PerDay     float64          `json:"alerts_per_day"`
	MostADay   int              `json:"most_alerts_a_day"`
	OverBudget int              `json:"days_over_budget"`
	Priorities map[Priority]int `json:"priorities"` // of stories
	Samples    []Sample         `json:"samples"`    // the stories with the most items
}

// Items is how many items were looked at.
func (b *Backtest) Items() int { return b.items }

// Days is how long the archive is, in days; zero when its items do not tell their times.
func (b *Backtest) Days() float64 { return b.last.Sub(b.first).Hours() / 24 }

// Reports gives a report for each watch of set number i, in the order of ids, with at most so many
// samples.
func (b *Backtest) Reports(i, samples int) []Report {
	var reports []Report
	for _, w := range b.sets[i].Watches() {
		t := b.watches[i][w.ID]
		r := Report{Watch: w.ID, Items: t.items, Stories: len(t.stories), Priorities: t.priority, Samples: t.samples(nil, samples)}
		r.PerDay = float64(r.Stories) / max(b.Days(), 1)
		for _, n := range t.days {
			r.MostADay = max(r.MostADay, n)
			if budget := w.Budget; budget.Per > 0 && float64(n) > float64(budget.Alerts)*max(1, 24/budget.Per.Hours()) {
				r.OverBudget++
			}
		}
		reports = append(reports, r)
	}
	return reports
}

// samples gives the stories that are not among others, those with the most items first.
func (t *tally) samples(others map[int64]*Sample, most int) []Sample {
	samples := []Sample{}
	for story, s := range t.stories {
		if others[story] == nil {
			samples = append(samples, *s)
		}
	}
	slices.SortFunc(samples, func(a, b Sample) int {
		return cmp.Or(cmp.Compare(b.Items, a.Items), a.Time.Compare(b.Time), cmp.Compare(a.Story, b.Story))
	})
	return samples[:min(most, len(samples))]
}

// Diff is what a change of a watch would change.
type Diff struct {
	Watch      string   `json:"watch"`
	Before     *Report  `json:"before"` // nil for a new watch
	After      *Report  `json:"after"`  // nil for one that is gone
	GainedN    int      `json:"stories_gained"`
	LostN      int      `json:"stories_lost"`
	Gained     []Sample `json:"gained"`
	Lost       []Sample `json:"lost"`
	LostGood   []Sample `json:"lost_good"`   // lost although a person called it useful
	OverBudget bool     `json:"over_budget"` // more alerts on a day than the budget allows, and more such days than before
}

// Diffs compares set 1 with set 0, for each watch that tells something else, in the order of ids.
func (b *Backtest) Diffs(samples int) []Diff {
	before, after := reportsByID(b.Reports(0, 0)), reportsByID(b.Reports(1, 0))
	ids := map[string]bool{}
	for id := range before {
		ids[id] = true
	}
	for id := range after {
		ids[id] = true
	}
	var diffs []Diff
	none := &tally{}
	for _, id := range sortedKeys(ids) {
		d := Diff{Watch: id, Before: before[id], After: after[id]}
		was, is := none, none
		if d.Before != nil {
			was = b.watches[0][id]
		}
		if d.After != nil {
			is = b.watches[1][id]
		}
		gained, lost := is.samples(was.stories, len(is.stories)), was.samples(is.stories, len(was.stories))
		for _, s := range lost {
			if s.Good {
				d.LostGood = append(d.LostGood, s)
			}
		}
		d.GainedN, d.LostN = len(gained), len(lost)
		d.Gained, d.Lost = gained[:min(samples, len(gained))], lost[:min(samples, len(lost))]
		d.OverBudget = d.After != nil && d.After.OverBudget > 0 && (d.Before == nil || d.After.OverBudget > d.Before.OverBudget)
		if d.Before == nil || d.After == nil || d.GainedN+d.LostN > 0 || d.Before.Items != d.After.Items || d.OverBudget {
			diffs = append(diffs, d)
		}
	}
	return diffs
}

func reportsByID(reports []Report) map[string]*Report {
	m := map[string]*Report{}
	for i := range reports {
		m[reports[i].Watch] = &reports[i]
	}
	return m
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
