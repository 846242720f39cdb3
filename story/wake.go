package story

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Silence is how long a story that was told must have been quiet for any report in its own
// words to be worth telling again.
const Silence = 24 * time.Hour

// Told is what a room knows of a story.
type Told struct {
	Terms []string  // the words of the watch that were found so far
	Last  time.Time // the time of the latest item that the room heard of
}

// Wakes says whether an item that joined a story is worth telling to a room that was told of the
// story, and why in words; empty when it is not. Terms are the words of the watch that the item
// holds. A report that only resembles an old story (one in ten is of another event) is seen
// because it brings new terms or facts, or comes after a day of silence. A copy never is.
func Wakes(p Placement, terms []string, told Told) string {
	if p.Relation == Duplicate {
		return ""
	}
	if p.Kind == Correction {
		return strings.TrimSuffix("corrected: "+strings.Join(p.Facts, "; "), ": ")
	}
	var fresh []string
	for _, t := range terms {
		if !slices.Contains(told.Terms, t) && !slices.Contains(fresh, t) {
			fresh = append(fresh, t)
		}
	}
	switch {
	case len(p.Facts) > 0:
		return firstMention(p.Facts)
	case len(fresh) > 0:
		return firstMention(fresh)
	case !told.Last.IsZero() && p.Time.Sub(told.Last) >= Silence:
		return fmt.Sprintf("after %d hours of silence", int(p.Time.Sub(told.Last).Hours()))
	}
	return ""
}

// firstMention says in words that a story had none of what is named: "first mention of $4.6 billion
// and Risalpur".
func firstMention(named []string) string {
	said, last := "first mention of ", len(named)-1
	if last > 0 {
		said += strings.Join(named[:last], ", ") + " and "
	}
	return said + named[last]
}
