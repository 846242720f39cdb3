package summary

import (
	"slices"
	"strings"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// A pattern is a run of words that marks a sentence as not the article; boilerplate/en.txt says
// how it is written.
type pattern struct {
	line           string // as written
	parts          []part
	atStart, atEnd bool
}

// part is one element of a pattern: one of some words, or a gap of up to gap words.
type part struct {
	words []string
	gap   int
}

// Longest sentence, in words, to which a pattern applies that is not bound at both ends: an
// article may well mention newsletters in a long one.
const longestLoose = 30

// patternSet is what boilerplate/xx.txt says of a language.
type patternSet struct {
	drop, note, weak finder
	agencies         map[string]bool
}

var patterns = &perLanguage[*patternSet]{load: loadPatterns}

func loadPatterns(language string) *patternSet {
	files := sections("boilerplate/" + language + ".txt")
	return &patternSet{newFinder(files["drop"]), newFinder(files["note"]), newFinder(files["weak"]), set(files["agency"])}
}

// finder finds patterns, filed under each word that they can start with.
type finder struct {
	byWord   map[string][]*pattern
	anyStart []*pattern // patterns that start with a gap
}

func newFinder(lines []string) finder {
	f := finder{byWord: map[string][]*pattern{}}
	for _, line := range lines {
		p := parsePattern(line)
		switch {
		case len(p.parts) == 0:
		case p.parts[0].gap > 0:
			f.anyStart = append(f.anyStart, p)
		default:
			for _, w := range p.parts[0].words {
				f.byWord[w] = append(f.byWord[w], p)
			}
		}
	}
	return f
}

func parsePattern(line string) *pattern {
	p := &pattern{line: line}
	for _, f := range strings.Fields(line) {
		switch f {
		case "^":
			p.atStart = true
		case "$":
			p.atEnd = true
		case "*":
			p.parts = append(p.parts, part{gap: 4})
		case "**":
			p.parts = append(p.parts, part{gap: 10})
		default:
			var words []string
			for _, w := range strings.Split(f, "|") {
				if w != ":" {
					w = text.Fold(w)
				}
				if w != "" && !slices.Contains(words, w) {
					words = append(words, w)
				}
			}
			p.parts = append(p.parts, part{words: words})
		}
	}
	if n := len(p.parts); n > 0 && p.parts[n-1].gap > 0 {
		p.atEnd = true
	}
	return p
}

// match gives the pattern that a sentence, as signs gives it, holds; nil when it holds none.
func (f *finder) match(words []string) *pattern {
	for _, p := range f.anyStart {
		if p.fits(words) && p.from(p.parts, words) {
			return p
		}
	}
	for i, w := range words {
		for _, p := range f.byWord[w] {
			if (i == 0 || !p.atStart) && p.fits(words) && p.from(p.parts, words[i:]) {
				return p
			}
		}
	}
	return nil
}

func (p *pattern) fits(words []string) bool {
	return len(words) <= longestLoose || p.atStart && p.atEnd
}

// from tells whether the parts match at the start of words.
func (p *pattern) from(parts []part, words []string) bool {
	for i, el := range parts {
		if el.gap > 0 {
			rest := parts[i+1:]
			if len(rest) == 0 {
				return len(words) <= el.gap
			}
			for n := 0; n <= el.gap && n < len(words); n++ {
				if p.from(rest, words[n:]) {
					return true
				}
			}
			return false
		}
		if len(words) == 0 || !slices.Contains(el.words, words[0]) {
			return false
		}
		words = words[1:]
	}
	return !p.atEnd || len(words) == 0
}

// signs gives the folded words of a sentence for matching patterns: apart at apostrophes, and each
// colon as a word.
func signs(s string) []string {
	var out []string
	at := 0
	colons := func(gap string) {
		for range strings.Count(gap, ":") {
			out = append(out, ":")
		}
	}
	for _, w := range splitWords(s) {
		colons(s[at:w.Start])
		out = append(out, w.Folded)
		at = w.End
	}
	colons(s[at:])
	return out
}
