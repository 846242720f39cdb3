package summary

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// word is one word of a source.
type word struct {
	text.Word        // offsets into the text that it was read from
	stem      string // "" for a stop word
	upper     bool   // starts with a capital letter
}

// splitWords gives the words of s as package text does, but with every piece between apostrophes as
// a word of its own: "l'eau" is l and eau, "Türkiye'nin" is türkiye and nin. Facts need the pieces:
// the second tells that the first is a place, or joins two names.
func splitWords(s string) []text.Word {
	words := text.Words(s)
	if !strings.ContainsAny(s, apostrophes) {
		return words
	}
	out := make([]text.Word, 0, len(words)+8)
	end := 0
	for _, w := range words {
		if elided := elision(s[end:w.Start]); elided != "" {
			at := end + strings.LastIndex(s[end:w.Start], elided)
			out = append(out, text.Word{Start: at, End: at + len(elided), Folded: text.Fold(elided)})
		}
		end = w.End
		if !strings.ContainsAny(s[w.Start:w.End], apostrophes) {
			out = append(out, w)
			continue
		}
		for at := w.Start; at < w.End; {
			piece, next := s[at:w.End], w.End
			if i := strings.IndexAny(piece, apostrophes); i >= 0 {
				_, n := utf8.DecodeRuneInString(piece[i:])
				piece, next = piece[:i], at+i+n
			}
			if f := text.Fold(piece); f != "" {
				out = append(out, text.Word{Start: at, End: at + len(piece), Folded: f})
			}
			at = next
		}
	}
	return out
}

const apostrophes = "'’＇ʼ"

// elision gives the article that lost its vowel at the end of what stands before a word: "d" in
// "milliards d'euros".
func elision(gap string) string {
	bare := strings.TrimRight(gap, apostrophes)
	if len(bare) == len(gap) {
		return ""
	}
	return bare[strings.LastIndexFunc(bare, func(r rune) bool { return !unicode.IsLetter(r) })+1:]
}

// read gives the words of s with their stems.
func read(s, language string) []word {
	plain := splitWords(s)
	out := make([]word, len(plain))
	for i, w := range plain {
		r, _ := utf8.DecodeRuneInString(s[w.Start:])
		out[i] = word{Word: w, upper: unicode.IsUpper(r)}
		if !text.Stop(w.Folded, language) {
			out[i].stem = stem(w.Folded, language)
		}
	}
	return out
}

// stem gives the stem of a folded word.
func stem(folded, language string) string {
	if startsWithDigit(folded) {
		return folded
	}
	return text.Stem(folded, language)
}

func startsWithDigit(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsDigit(r)
}
