package bot

import (
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

// Alert is a watch telling its rooms about a story. There is one for each watch and story,
// however many items match; every room hears of a story once, in one message, however many
// watches want it told.
type Alert struct {
	Watch    string `json:"watch"`
	Story    int64  `json:"story"`
	Priority string `json:"priority"`
	Reason   Reason `json:"reason"` // of the best match so far
	Rooms    []Room `json:"rooms"`

	// Under is the story in whose thread this one is told: the same event in another language.
	// Zero for a story with messages of its own.
	Under int64 `json:"under,omitempty"`

	Created time.Time `json:"created"`
}

// Reason says why a watch wants an item told. It travels as a value from the plan to the log, the
// message and the command `why`.
type Reason struct {
	Watch    string  `json:"watch"`
	Title    string  `json:"title"` // of the watch
	Priority string  `json:"priority"`
	Item     int64   `json:"item"`             // the item that matched
	Rules    string  `json:"rules,omitempty"`  // the version of the rule set that decided
	Groups   []Group `json:"groups,omitempty"` // the term groups that were satisfied
	Silent   string  `json:"silent,omitempty"` // why nothing was told: "muted by U12 until …"; empty when it was
}

// Group is a term group of a watch that an item satisfied.
type Group struct {
	Name     string     `json:"name"`
	Role     string     `json:"role"` // title, lead, body or background: the best of its evidence
	Evidence []Evidence `json:"evidence,omitempty"`
}

// Evidence is one place in an item that satisfied a term group. Start and End are byte offsets
// into the field as the item has it.
type Evidence struct {
	Field string `json:"field"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text"`
	Role  string `json:"role,omitempty"`
}

// Fresh is a stored item that no plan has looked at yet.
type Fresh struct {
	feeds.Item

	// Baseline items were there before the feed was first polled: they teach what is usual, belong
	// to no story, and are never told.
	Baseline bool

	// Revises is the item that this one replaces: the publisher changed it. Nil for a new item.
	Revises *feeds.Item
}

// Placed says where a plan put an item.
type Placed struct {
	Item        int64     `json:"item"`
	Story       int64     `json:"story"`                  // zero for an item of a baseline: it belongs to none
	Relation    string    `json:"relation"`               // new, update or duplicate
	DuplicateOf int64     `json:"duplicate_of,omitempty"` // the item of which this is a copy
	Kind        string    `json:"kind,omitempty"`         // "correction"; empty for a plain report
	Origin      string    `json:"origin,omitempty"`       // the agency, or else the outlet, that wrote it
	Outlet      string    `json:"outlet,omitempty"`       // the site that published it
	Score       float64   `json:"score,omitempty"`        // likeness to the story, 0 to 1
	Shared      []string  `json:"shared,omitempty"`       // the words that decided
	Facts       []string  `json:"facts,omitempty"`        // what it adds to the story, in words
	Time        time.Time `json:"time"`                   // feeds.Item.Time
	Matches     []Reason  `json:"matches,omitempty"`
}

// Batch is what a plan decided about some fresh items. CommitPlan stores all of it in one
// transaction, or nothing.
type Batch struct {
	Placed     []Placed   // one for each fresh item, in their order
	Alerts     []Alert    // new, or with a better reason, a higher priority or more rooms
	Deliveries []Delivery // owed from now on; a key that exists already is left as it is
}

// Mute keeps alerts of a story or a watch out of a room.
type Mute struct {
	ID    int64     `json:"id"`
	Story int64     `json:"story,omitempty"` // zero: not one story
	Watch string    `json:"watch,omitempty"` // empty: not one watch
	Room  Room      `json:"room,omitempty"`  // empty: every room
	By    string    `json:"by"`              // the person, as platform:id
	Why   string    `json:"why,omitempty"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Active says whether the mute holds at now.
func (m *Mute) Active(now time.Time) bool { return !now.Before(m.From) && now.Before(m.Until) }

// Mark is what a person said of a story: noise, useful, claimed, handled.
type Mark struct {
	Story int64     `json:"story"`
	Room  Room      `json:"room"`
	User  string    `json:"user"` // as platform:id
	Kind  string    `json:"kind"`
	Note  string    `json:"note,omitempty"`
	Time  time.Time `json:"time"`
}
