package summary

import (
	"slices"
	"strings"
	"testing"
)

// A section whose name nobody reads would be a list that does nothing.
func TestEverySectionOfTheListsIsRead(t *testing.T) {
	t.Parallel()
	known := map[string][]string{
		"boilerplate": {"drop", "note", "weak", "agency"},
		"facts": {
			"scale", "numbers", "currency", "currency before", "filler", "percent", "percent before", "and",
			"months", "month first", "weekdays", "relative", "next", "last", "date filler",
			"titles", "speech", "given", "joins", "organisation joins", "organisation words", "organisation first",
			"organisations", "in", "place after", "places", "ignore", "not names", "postpositions", "negations",
		},
	}
	for dir, sectionsOf := range known {
		files, err := data.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			for name, lines := range sections(dir + "/" + f.Name()) {
				open := strings.HasPrefix(name, "count:") || strings.HasPrefix(name, "class:")
				if !open && !slices.Contains(sectionsOf, name) {
					t.Errorf("%s/%s: nobody reads section %q", dir, f.Name(), name)
				}
				if len(lines) == 0 {
					t.Errorf("%s/%s: section %q is empty", dir, f.Name(), name)
				}
			}
		}
	}
}

// A single word that is not bound would drop every sentence that mentions it. In Turkish one word
// may say "your subscription".
func TestNoPatternIsASingleLooseWord(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "fr", "ar", "ur"} {
		for _, line := range sections("boilerplate/" + language + ".txt")["drop"] {
			p := parsePattern(line)
			words := 0
			for _, el := range p.parts {
				if len(el.words) > 0 && !slices.Equal(el.words, []string{":"}) {
					words++
				}
			}
			if words == 0 || words == 1 && !p.atStart && !p.atEnd {
				t.Errorf("%s: %q", language, line)
			}
		}
	}
}

func TestPatternsAreMetAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"^ read more", "Read more about it", true},
		{"^ read more", "They read more", false},
		{"read more $", "They read more", true},
		{"sign up|on for * newsletter", "Please sign on for our best daily newsletter now", true},
		{"sign up for * newsletter", "Sign up for one two three four five newsletter", false},
		{"^ source :", "Source: Reuters", true},
		{"^ source :", "Source Reuters", false},
		{"^ tags *", "Tags Libya Pakistan", true},
		{"^ tags *", "Tags on the collars of six dogs were found", false},
		{"^ l|le article", "L’ARTICLE est réservé", true},
		{"^ اقرأ ايضا", "إقرأ أيضاً", true},
		{"appeared first on", strings.Repeat("word ", 30) + "appeared first on", false},
		{"^ one ** two $", "One a b c d e f g h i j two", true},
	} {
		f := newFinder([]string{c.pattern})
		if got := f.match(signs(c.text)) != nil; got != c.want {
			t.Errorf("%q in %q: %v, want %v", c.pattern, c.text, got, c.want)
		}
	}
}
