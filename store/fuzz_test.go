package store

import (
	"errors"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
)

// Whatever people search for, it is words to look for or an error that they can read.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{
		`arms deal`, `"arms deal" -cricket pak*`, `"`, `-`, `*`, `NEAR(a b, 2)`, `title : x`, `a" OR "b`, `x) NOT (y`, "\x00", "\xff", "حفتر*", `-"a`, "«ü»", "东京都", "ก็",
	} {
		f.Add(s)
	}
	s, err := Open(f.Context(), filepath.Join(f.TempDir(), "tocsin.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	if _, err := s.SavePolls(f.Context(), []*feeds.Poll{pollOf("a", 3)}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		var user *bot.UserError
		if _, err := s.Search(t.Context(), query, 3); err != nil && !errors.As(err, &user) {
			t.Fatalf("search %q: %v", query, err)
		}
		var fold folder
		words := fold.folded(query)
		if !utf8.ValidString(words) {
			t.Fatalf("%q is folded to %q", query, words)
		}
	})
}
