package text

import (
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/turkish"
)

// Inflection says by which rules a word changes its form. It belongs to one word: a Latin word in
// an Arabic text has none.
type Inflection uint8

const (
	NoInflection  Inflection = iota // no rules are known: words are equal or not
	AnyInflection                   // of a text whose language could not be told: as the script suggests
	English
	French
	German
	Spanish
	Turkish
	Russian
	Arabic
	Korean
	NumInflections
)

var inflections = map[string]Inflection{
	"": AnyInflection, "und": AnyInflection, "en": English, "fr": French, "de": German, "es": Spanish,
	"tr": Turkish, "ru": Russian, "ar": Arabic, "ko": Korean,
}

var stemmers = [NumInflections]func(*snowballstem.Env) bool{
	English: english.Stem, French: french.Stem, German: german.Stem, Spanish: spanish.Stem,
	Turkish: turkish.Stem, Russian: russian.Stem, Arabic: arabic.Stem,
}

// InflectionOf gives the rules for a text in the language with the BCP 47 tag.
func InflectionOf(language string) Inflection {
	base, _, _ := strings.Cut(language, "-")
	if in, ok := inflections[base]; ok {
		return in
	}
	if in, ok := inflections[strings.ToLower(base)]; ok {
		return in
	}
	return NoInflection
}

// Stem gives the stem of a word in the language with the given BCP 47 tag, by the Snowball
// algorithm of that language, in lower case; of an Urdu word, which has none, folded and without
// its common endings. Stemmers need the accents, so give the word as written. A language without a
// stemmer gives the word as it is.
func Stem(word, language string) string {
	if base(language) == "ur" {
		return urduStem(Fold(word))
	}
	in := InflectionOf(language)
	if stemmers[in] == nil {
		return word
	}
	return stem(lower(word, in), in)
}

// stem gives the stem of a word in lower case.
func stem(word string, in Inflection) string {
	f := stemmers[in]
	if f == nil || len(word) > maxStemmed {
		return word
	}
	env := snowballstem.NewEnv(word)
	f(env)
	return env.Current()
}

// urduStem takes off the endings of number and case, and the ending that makes an adjective of a
// name: معاہدہ, معاہدے and معاہدوں are one, پاکستان and پاکستانی too. Three letters stay.
func urduStem(folded string) string {
	for _, e := range []string{"ون", "ين"} {
		if rest, ok := strings.CutSuffix(folded, e); ok && utf8.RuneCountInString(rest) >= 3 {
			folded = rest
			break
		}
	}
	for utf8.RuneCountInString(folded) > 3 {
		last, n := utf8.DecodeLastRuneInString(folded)
		if last != 'ه' && last != 'ي' && last != 'ا' {
			break
		}
		folded = folded[:len(folded)-n]
	}
	return folded
}

// maxStemmed is the longest word, in bytes, that is worth a stemmer; longer ones are not words.
const maxStemmed = 64

// lower gives the lower case, with the two i of Turkish kept apart.
func lower(s string, in Inflection) string {
	if in == Turkish {
		s = turkishCase.Replace(s)
	}
	return strings.ToLower(s)
}

var turkishCase = strings.NewReplacer("I", "ı", "İ", "i")

// of gives the rules for one word of a text that has these rules.
func (in Inflection) of(word string) Inflection {
	var first rune
	for _, r := range word {
		if r >= 'A' && classOf(r) != classMark {
			first = r
			break
		}
	}
	switch {
	case first < 0x0250 || first >= 0x1E00 && first < 0x1F00:
		switch in {
		case AnyInflection:
			return English
		case Russian, Arabic, Korean:
			return NoInflection
		}
		return in
	case first >= 0x0400 && first < 0x0530:
		if in == NoInflection {
			return in
		}
		return Russian
	case first >= 0x0600 && first < 0x0780, first >= 0xFB50 && first < 0xFE00, first >= 0xFE70 && first < 0xFF00:
		if in == NoInflection || strings.ContainsAny(word, "ٹڈڑںےگچپۓہھ") {
			return NoInflection
		}
		return Arabic
	case first >= 0xAC00 && first < 0xD7A4, first >= 0x1100 && first < 0x1200:
		return Korean
	}
	return NoInflection
}
