package text

import (
	"testing"
	"unicode/utf8"
)

func FuzzAnalyzer(f *testing.F) {
	for _, s := range []string{"Libya's l'Arabie U.S. 4.6bn", "وَلِيبيا لـلجيش", "リビアの 리비아와 JF-17战机", "İstanbul’da ﬁ ß Ǆ ǅ", "\u200b\u0301a\u200d", "a.b.c.d'e", "\xff\xfe a"} {
		f.Add(s, "en")
		f.Add(s, "tr")
	}
	f.Fuzz(func(t *testing.T, s, language string) {
		var a Analyzer
		in := InflectionOf(language)
		tokens := a.Append(nil, s, in)
		end := int32(0)
		for _, tok := range tokens {
			if tok.Start < end || tok.End <= tok.Start || int(tok.End) > len(s) {
				t.Fatalf("%q: a word from %d to %d after %d", s, tok.Start, tok.End, end)
			}
			end = tok.End
			word := s[tok.Start:tok.End]
			if utf8.ValidString(s) && !utf8.ValidString(word) {
				t.Fatalf("%q: %q is cut inside a character", s, word)
			}
			form := a.Form(tok.Form)
			if p := NewProbe(word); in == NoInflection && !p.Matches(form) {
				t.Fatalf("%q does not meet itself in %q", word, s)
			}
		}
		if again := a.Append(nil, s, in); len(again) != len(tokens) {
			t.Fatalf("%q: %d words, then %d", s, len(tokens), len(again))
		}
		folded := Fold(s)
		if twice := Fold(folded); utf8.ValidString(s) && twice != folded {
			t.Fatalf("%q is folded to %q and then to %q", s, folded, twice)
		}
	})
}
