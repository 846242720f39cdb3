package summary

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isCaption tells whether what stands in a paragraph before a credit is the caption that it ends:
// a sentence or two of the length of a caption.
func (d *document) isCaption(before []*sentence, credit string) bool {
	words := 0
	for _, s := range before {
		words += len(s.words)
	}
	ended, _ := hasEnd(credit)
	return !ended && words <= longestCaption/2 && len(splitWords(credit)) <= 2*longestCredit
}

// Longest credit, and longest caption that it marks as one, in words.
const (
	longestCredit  = 5
	longestCaption = 45
)

// dropCredited leaves out the paragraphs that end in a credit ("... in 2003. AFP/Archives"): they
// are captions.
func (d *document) dropCredited(all []*sentence) []*sentence {
	var out []*sentence
	from, words := 0, 0
	for i, s := range all {
		words += len(s.words)
		if !s.last {
			continue
		}
		if i > from && !s.ended && len(s.words) <= longestCredit && d.isCredit(s) && words <= longestCaption {
			from, words = i+1, 0
			continue
		}
		out = append(out, all[from:i+1]...)
		from, words = i+1, 0
	}
	return append(out, all[from:]...)
}

// isCredit tells whether a piece says whose picture it is: it names an agency, or is set off by a
// dash, a slash or brackets.
func (d *document) isCredit(s *sentence) bool {
	if strings.HasPrefix(s.text, "—") || strings.HasPrefix(s.text, "–") || strings.HasPrefix(s.text, "(") || strings.Contains(s.text, "/") {
		return true
	}
	agencies := patterns.get(d.language).agencies
	return slices.ContainsFunc(s.words, func(w word) bool { return agencies[w.Folded] })
}

// isProse tells a sentence from headings, captions, bylines and labels. Without an end mark it must
// have as many words as piece says.
func (s *sentence) isProse(piece int) bool {
	if s.asks() && s.isLabelled() { // "Question of the day: ...?"
		return false
	}
	return len(s.words) >= fewWords && (s.ended || len(s.words) >= piece)
}

// goesWithoutEnds tells whether half of a text's paragraphs end without an end mark and are too
// long for headings.
func goesWithoutEnds(all []*sentence) bool {
	paragraphs, open := 0, 0
	for _, s := range all {
		if s.last {
			paragraphs++
			if !s.ended && len(s.words) >= fairPiece {
				open++
			}
		}
	}
	return 2*open >= paragraphs
}

// hasEnd tells whether a sentence ends in an end mark, and whether that is a full stop after a blank.
func hasEnd(s string) (ended, apart bool) {
	s = strings.TrimRightFunc(s, func(r rune) bool { return strings.ContainsRune(`"'”’»›)] `+"\u00a0\u202f", r) })
	r, n := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".!?…؟۔。！？।:", r), r == '.' && strings.HasSuffix(s[:len(s)-n], " ")
}

// dropFalseEnds takes their end mark from the sentences that end in " ." where most do not: a
// program set it at the end of captions and headings. Where many do, it is the author's habit.
func dropFalseEnds(all []*sentence) {
	apart := 0
	for _, s := range all {
		if s.apart {
			apart++
		}
	}
	if 4*apart > len(all) {
		return
	}
	for _, s := range all {
		if s.apart {
			s.ended = false
		}
	}
}

var (
	address = regexp.MustCompile(`(?i)https?://|www\.|[\w.+-]+@[\w-]+\.\w`)
	clock   = regexp.MustCompile(`^[^\pL\pN]*\d{1,2}[:.h]\d{2}\b.{0,30}$`)
	rights  = regexp.MustCompile(`(?:^|[\s(])(?:©|\(c\))\s?[\p{Lu}\d]`)
)

// isFurniture tells what is not a sentence in any language: rows of signs, mostly numbers, a time,
// an address with a few words around it, tags, a copyright line.
func isFurniture(s string) bool {
	letters, others := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.Is(unicode.Mn, r):
			letters++
		case !unicode.IsSpace(r):
			others++
		}
	}
	if letters < 3 || others > letters || clock.MatchString(s) {
		return true
	}
	words := len(strings.Fields(s))
	if strings.Count(s, "|") > 1 || 2*strings.Count(s, "#") > words || words < 25 && rights.MatchString(s) {
		return true
	}
	return words < 12 && address.MatchString(s)
}
