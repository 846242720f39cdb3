package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/rules/query"
)

// Problem is one thing that is wrong with a rule file, at its place.
type Problem = strict.Problem

// Problems are everything that is wrong with a set of rule files. It is an error.
type Problems = strict.Problems

// Watch is a named rule: a query, where its alerts go, and how loudly. What its file leaves out
// is filled in from the file's defaults and from Options; it is never changed after loading.
type Watch struct {
	ID          string // stable: chat, logs, metrics and tests use it
	Title       string // for people; the ID when the file gives none
	Description string
	Owner       string // who answers for the watch: a person or a team, as the file says it

	Match string       // the query, as written
	Query *query.Query // and as parsed

	Priority PriorityRule

	// Notify are the rooms to tell, as "slack:#desk", "matrix:!id:server" or "console", each once.
	// Empty means that the watch tells nobody; it can still be asked about.
	Notify []string

	// Feeds are the names of the feeds that the watch looks at, or tags as "tag:pakistan".
	// Empty means every feed.
	Feeds []string

	// Languages are the BCP 47 tags of the languages it looks at; "pt" covers "pt-BR". An item of
	// unknown language is not covered. Empty means every language.
	Languages []string

	// Wait is how long to gather sources before the first alert about a story. Zero means to tell
	// at once.
	Wait time.Duration

	Update UpdatePolicy

	// Summary says who writes the summaries of the watch's alerts.
	Summary SummaryEngine

	// Mute are the times in which alerts are held back.
	Mute []MuteTime

	// Budget is how many alerts are told in a while; what goes beyond becomes a roll-up. The zero
	// value is no limit.
	Budget Budget

	// MinOrigins is how many independent origins a story needs before it is told. At least 1.
	MinOrigins int

	Tests []Test

	Pos strict.Pos // where the watch stands
}

// Covers tells whether the watch looks at items of this feed, with these tags, in this language.
// What the item does not say fails a watch that asks for it.
func (w *Watch) Covers(feed string, tags []string, language string) bool {
	return w.coversFeed(feed, tags) && w.coversLanguage(language)
}

func (w *Watch) coversFeed(feed string, tags []string) bool {
	return len(w.Feeds) == 0 || slices.ContainsFunc(w.Feeds, func(f string) bool {
		if tag, ok := strings.CutPrefix(f, "tag:"); ok {
			return slices.Contains(tags, tag)
		}
		return f == feed && feed != ""
	})
}

func (w *Watch) coversLanguage(language string) bool {
	return len(w.Languages) == 0 || slices.ContainsFunc(w.Languages, func(l string) bool {
		return strings.EqualFold(l, language) ||
			len(language) > len(l) && language[len(l)] == '-' && strings.EqualFold(l, language[:len(l)])
	})
}

// Priority is how loudly an alert is told. The zero value is Normal.
type Priority int8

const (
	Low    Priority = -1
	Normal Priority = 0
	High   Priority = 1
	Urgent Priority = 2
)

var priorityNames = []string{"low", "normal", "high", "urgent"}

func (p Priority) String() string {
	if p < Low || p > Urgent {
		return fmt.Sprintf("priority(%d)", int8(p))
	}
	return priorityNames[p-Low]
}

// MarshalText gives the name of the priority.
func (p Priority) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the name of a priority.
func (p *Priority) UnmarshalText(text []byte) error {
	i := slices.Index(priorityNames, strings.ToLower(string(text)))
	if i < 0 {
		return choice("priority", string(text), priorityNames)
	}
	*p = Low + Priority(i)
	return nil
}

// UpdatePolicy says what becomes of later reports about a story that was told.
type UpdatePolicy string

const (
	// UpdateThread raises the source count in the alert, and tells a new fact as a reply in its
	// thread. It is the default.
	UpdateThread UpdatePolicy = "thread"
	// UpdateBroadcast is like UpdateThread, and shows the reply in the room as well.
	UpdateBroadcast UpdatePolicy = "broadcast"
	// UpdateEdit raises the source count in the alert and writes nothing.
	UpdateEdit UpdatePolicy = "edit"
	// UpdateSilent leaves the alert as it is.
	UpdateSilent UpdatePolicy = "silent"
)

var updatePolicies = []string{string(UpdateThread), string(UpdateBroadcast), string(UpdateEdit), string(UpdateSilent)}

// UnmarshalText reads the name of a policy.
func (u *UpdatePolicy) UnmarshalText(text []byte) error {
	if !slices.Contains(updatePolicies, string(text)) {
		return choice("update policy", string(text), updatePolicies)
	}
	*u = UpdatePolicy(text)
	return nil
}

// SummaryEngine says who writes summaries.
type SummaryEngine string

const (
	// Extractive takes sentences of the reports as they stand. It is the default.
	Extractive SummaryEngine = "extractive"
	// LLM asks the language model that the config names, and checks what it says against the
	// reports; where that fails the summary is extractive.
	LLM SummaryEngine = "llm"
)

var summaryEngines = []string{string(Extractive), string(LLM)}

// UnmarshalText reads the name of an engine.
func (e *SummaryEngine) UnmarshalText(text []byte) error {
	if !slices.Contains(summaryEngines, string(text)) {
		return choice("summary engine", string(text), summaryEngines)
	}
	*e = SummaryEngine(text)
	return nil
}

// Budget is a number of alerts in a length of time.
type Budget struct {
	Alerts int
	Per    time.Duration // an hour, a day or a week
}

var budgetUnits = map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour}

// String writes the budget as 12/day. Empty for no limit.
func (b Budget) String() string {
	for unit, per := range budgetUnits {
		if b.Per == per {
			return fmt.Sprintf("%d/%s", b.Alerts, unit)
		}
	}
	return ""
}

// MarshalText is String.
func (b Budget) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads a budget such as 12/day, 3/hour or 50/week.
func (b *Budget) UnmarshalText(text []byte) error {
	count, unit, _ := strings.Cut(strings.TrimSpace(string(text)), "/")
	per, known := budgetUnits[strings.TrimSpace(unit)]
	n, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil || !known || n < 1 || n > 1_000_000 {
		return &valueError{fmt.Sprintf("the budget %q is not a number of alerts in a while", text), "write 12/day, 3/hour or 50/week"}
	}
	*b = Budget{n, per}
	return nil
}

// valueError is an error with a hint, which strict shows beside it.
type valueError struct{ cause, hint string }

func (e *valueError) Error() string { return e.cause }
func (e *valueError) Hint() string  { return e.hint }

func choice(what, got string, names []string) error {
	return &valueError{fmt.Sprintf("no %s is called %q", what, got), strict.DidYouMean(got, names)}
}
