package text_test

import (
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

func TestEditDistanceCountsTypingSlipsUpToALimit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 65)
	for _, tt := range []struct {
		a, b        string
		limit, want int
	}{
		{"", "", 3, 0},
		{"mute", "mute", 3, 0},
		{"mutee", "mute", 3, 1},
		{"mte", "mute", 3, 1},
		{"mite", "mute", 3, 1},
		{"mtue", "mute", 3, 1},
		{"Mute", "mute", 3, 1},
		{"ca", "abc", 9, 3}, // a swapped pair is not edited again
		{"kitten", "sitting", 9, 3},
		{"kitten", "sitting", 3, 3},
		{"kitten", "sitting", 2, 2},
		{"ab", "abcdef", 3, 3},
		{"", "abc", 9, 3},
		{"ليبيا", "ليبا", 3, 1},
		{long, long, 5, 5},
		{long, "x", 5, 5},
		{long[1:], long[2:], 5, 1},
	} {
		for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
			if got := text.EditDistance(pair[0], pair[1], tt.limit); got != tt.want {
				t.Errorf("EditDistance(%q, %q, %d) = %d, want %d", pair[0], pair[1], tt.limit, got, tt.want)
			}
		}
	}
}
