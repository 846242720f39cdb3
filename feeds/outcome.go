package feeds

import (
	"fmt"
	"strings"
	"time"
)

// Outcome is what one poll of one feed came to.
type Outcome struct {
	Feed  string
	Took  time.Duration // from the request to the stored result
	State State         // as stored

	Unchanged bool // the document is the one of the last good poll

	// New items by what becomes of them, and those that were known; see Decision.
	Fresh, Waiting, Baseline, Revised, Known int

	// Recovered is how long the feed had failed before this poll. Zero when it had not.
	Recovered time.Duration

	outage bool // it failed while nothing can be reached
}

// New is how many items the poll brought that may become news.
func (o *Outcome) New() int { return o.Fresh + o.Waiting + o.Revised }

// String says the outcome in one line of words, at most 300 bytes, without secrets.
func (o *Outcome) String() string {
	switch {
	case o.State.Failure != "":
		return o.State.Detail
	case o.Unchanged:
		return "unchanged"
	}
	var parts []string
	add := func(n int, one, many string) {
		if n == 1 {
			parts = append(parts, "1 "+one)
		} else if n > 1 {
			parts = append(parts, fmt.Sprint(n, " ", many))
		}
	}
	add(o.Fresh+o.Waiting, "new item", "new items")
	add(o.Revised, "item changed", "items changed")
	add(o.Baseline, "item stored as the silent baseline", "items stored as the silent baseline")
	add(o.Known, "known item", "known items")
	if len(parts) == 0 {
		return "no items"
	}
	return strings.Join(parts, ", ")
}
