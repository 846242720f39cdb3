package story

import "time"

// Relation says what an item is to its story.
type Relation string

// The relations. They are part of the output of `tocsin group`.
const (
	New       Relation = "new"       // the first report of an event
	Update    Relation = "update"    // a report in its own words that joins a story
	Duplicate Relation = "duplicate" // a copy of a text or a headline that the story holds
)

// Correction is the Kind of an update that takes back what was said: a changed version of an item
// whose headline or numbers are others, or a report that its headline calls a correction.
const Correction = "correction"

// Placement is what the index decided about one item, and why.
type Placement struct {
	Story    int64
	Relation Relation

	// DuplicateOf is the key of the first item with this text. Zero unless Relation is
	// Duplicate.
	DuplicateOf int64

	// Kind is Correction, or empty for a plain report.
	Kind string

	// Facts says in words what the item adds to its story. The index fills it in for a
	// correction, with the old and the new; for other updates see [Placement.News]. An update
	// without facts tells the same in other words: it only raises the count of outlets.
	Facts []string

	// Rule names what joined the item to its story. Score is how near it is by that rule, from 0
	// to 1, and Shared are the words that weighed most, in the item's spelling. An item that
	// starts a story has no rule, the score of the nearest other story, and no words.
	Rule   Rule
	Score  float64
	Shared []string

	// Outlet is the site that published the item. Origin is whose report it is: an agency, or
	// the outlet where the text was first seen. Empty when the item does not tell.
	Outlet, Origin string

	// Time is the item's time as the index understood it: see feeds.Item.Time. It is that of
	// the items around it when the feed does not say.
	Time time.Time

	fresh []string // words of an update that its story had not, folded and sorted
}

// Rule names the rule that joined an item to its story.
type Rule string

// The rules, surest first.
const (
	ByURL      Rule = "same address"
	ByCopy     Rule = "same text"
	ByHeadline Rule = "same headline"
	ByWords    Rule = "same words"
)
