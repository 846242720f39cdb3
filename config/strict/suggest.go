package strict

import (
	"fmt"
	"strings"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Closest gives the name that was most likely meant by word: the one with the fewest typing
// errors, when they are few for its length. Empty when none is near.
func Closest(word string, names []string) string {
	best, least := "", 0
	word = strings.ToLower(word)
	for _, name := range names {
		lower := strings.ToLower(name)
		allowed := max(len([]rune(lower)), len([]rune(word)))/3 + 1
		d := text.EditDistance(word, lower, allowed+1)
		if strings.HasPrefix(lower, word) || strings.HasPrefix(word, lower) {
			d = min(d, allowed) // keyword for keywords, tz for tz_name
		}
		if d <= allowed && (best == "" || d < least) && len(word) > 0 {
			best, least = name, d
		}
	}
	return best
}

// DidYouMean is the hint for an unknown name: the nearest one, or all when they are few.
func DidYouMean(word string, names []string) string {
	if c := Closest(word, names); c != "" {
		return fmt.Sprintf("did you mean %s?", c)
	}
	if len(names) > 0 && len(names) <= 24 {
		return "known here: " + strings.Join(names, ", ")
	}
	return ""
}
