package bot_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/bot"
)

func TestLiteralTextHasNothingThatActs(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"Haftar meets Munir":                "Haftar meets Munir",
		"حفتر يلتقي منير":                   "حفتر يلتقي منير",
		"a\tb\r\nc\u2028d\x0be":             "a b/c/d/e",
		"\x1b[2Ja\x07\u009bb\x00":           "[2Jab",
		"\u202edrow\u2066x\ufeff":           "drowx",
		"a\U000E0041\U000E007Fb":            "ab", // a text in invisible letters
		"family \U0001F469\u200d\U0001F467": "family \U0001F469\u200d\U0001F467",
		"half \xe2\x82":                     "half \uFFFD",
	} {
		if got := bot.Literal(s, true); got != strings.ReplaceAll(want, "/", "\n") {
			t.Errorf("%q in lines is %q", s, got)
		}
		if got := bot.Literal(s, false); got != strings.ReplaceAll(want, "/", " ") {
			t.Errorf("%q in a line is %q", s, got)
		}
	}
	if got := bot.Literal(strings.Repeat("€", 1<<20), false); len(got) > 64<<10+2 || !utf8.ValidString(got) {
		t.Errorf("a long text has %d bytes", len(got))
	}
}
