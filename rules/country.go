package rules

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/rules/query"
)

// countryPrefix begins the names of the lists that are built in: @country.LY.
const countryPrefix = "country."

// Country gives what the built-in list of a country means, by its ISO 3166 code: its name in
// English, French, Arabic, Urdu, Turkish, Spanish, German and Russian, its demonyms and its capital.
// What means something else more often is left out or asks for company: Georgia, Jordan and Chad
// count only beside a word that makes them a country. A name inside a phrase that means something
// else does not count: Mexico in New Mexico.
func Country(code string) (*query.Query, bool) {
	words := countryWords(code)
	if len(words) == 0 {
		return nil, false
	}
	q, err := query.Parse(strings.Join(words, " OR "))
	if err != nil {
		panic(fmt.Sprintf("rules: the words of %s: %v", code, err)) // data of ours, tested whole
	}
	return q, true
}

// Countries gives the codes of all countries that have a built-in list, in order.
func Countries() []string {
	var codes []string
	for code := range countryLines {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

//go:embed data/countries.txt
var countriesFile string

var countryLanguages = []string{"en", "fr", "ar", "ur", "tr", "es", "de", "ru"}

// countryLines gives the code and the rest of each line of countriesFile.
func countryLines(yield func(code, rest string) bool) {
	for line := range strings.Lines(countriesFile) {
		code, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && code != "#" && !yield(code, rest) {
			return
		}
	}
}

// countryWords gives the words of a country, each a query. They are worked out when they are asked
// for: rules use a few countries, and all of them would stay in memory for ever.
func countryWords(code string) (words []string) {
	var without []string // names that CLDR must not give
	var others []string  // phrases that have a name in them and mean something else
	known := false
	for c, line := range countryLines {
		if c != code {
			continue
		}
		known = true
		fields := strings.Split(line, "|")
		lang := strings.TrimSpace(fields[0])
		for i, field := range fields[1:] {
			for _, word := range splitTerms(field) {
				switch {
				case i == 3:
					others = append(others, word.text)
				case word.text == "-":
					without = append(without, cldrNames(code, lang)...)
				default:
					words = append(words, forms(word.text, lang, i == 1)...)
				}
			}
		}
	}
	if !known {
		return nil
	}
	for _, lang := range countryLanguages {
		for _, name := range cldrNames(code, lang) {
			if !slices.ContainsFunc(without, func(w string) bool { return text.Fold(w) == text.Fold(name) }) {
				words = append(words, forms(name, lang, false)...)
			}
		}
	}
	for i, word := range words {
		words[i] = apart(word, others)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// apart gives a query for a word where it is not a part of one of the phrases: Mexico, not New
// Mexico. A title that has such a phrase leaves the word to the text, and a text to the title.
func apart(word string, phrases []string) string {
	if strings.HasPrefix(word, "(") {
		return word
	}
	name := foldedWords(word)
	var of []string
	for _, p := range phrases {
		if hasRun(foldedWords(p), name) {
			of = append(of, p)
		}
	}
	if len(of) == 0 {
		return word
	}
	alone := "(" + word + " NOT (" + strings.Join(of, " OR ") + "))"
	return "(title:" + alone + " OR body:" + alone + ")"
}

func foldedWords(s string) (folded []string) {
	for _, w := range text.Words(s) {
		folded = append(folded, w.Folded)
	}
	return folded
}

// hasRun says whether the words of run stand in words, in a row.
func hasRun(words, run []string) bool {
	for i := range words {
		if len(run) > 0 && len(words)-i >= len(run) && slices.Equal(words[i:i+len(run)], run) {
			return true
		}
	}
	return false
}

// cldrNames gives the names of a country in a language. What stands in parentheses is another
// name, unless it is a remark or the country that another one belongs to.
func cldrNames(code, lang string) (names []string) {
	region, err := language.ParseRegion(code)
	if err != nil {
		return nil
	}
	regions := display.Regions(language.Make(lang))
	name := strings.ReplaceAll(regions.Name(region), "&", "and")
	main, rest, _ := strings.Cut(name, "(")
	for _, n := range []string{main, strings.TrimSuffix(strings.TrimSpace(rest), ")")} {
		n = strings.TrimSpace(n)
		remark := n == "" || strings.Contains(n, " - ") || strings.Contains(n, `"`) || n == "САР" || n == "منطقة إدارية خاصة"
		if !remark && (code == "CN" || n != regions.Name(language.MustParseRegion("CN"))) {
			names = append(names, n)
		}
	}
	return names
}

// countryHint helps with a country code that does not exist.
func countryHint(name string) string {
	code := strings.TrimPrefix(name, countryPrefix)
	if upper := strings.ToUpper(code); upper != code {
		if slices.Contains(Countries(), upper) {
			return fmt.Sprintf("write @%s%s", countryPrefix, upper)
		}
	}
	for _, lang := range countryLanguages {
		regions := display.Regions(language.Make(lang))
		for _, c := range Countries() {
			if r, err := language.ParseRegion(c); err == nil && strings.EqualFold(regions.Name(r), code) {
				return fmt.Sprintf("write @%s%s", countryPrefix, c)
			}
		}
	}
	return "codes are those of ISO 3166: LY, PK, TR"
}
