package query

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

// Words of the made-up items and queries: few, so that they meet, in several languages.
var words = strings.Fields(`libya Libya's libyan deal deals arms arms-deal jets jet US us U.S. Türkiye'nin turkiye İstanbul
	ليبيا وليبيا حفتر لیبیا 利比亚 武器 리비아와 리비아 Ливией Ливия armes l'arme in December previously has been 2019 4.6 F-16
	co-operation cooperation Straße strasse said the of news`)

var separators = []string{" ", " ", " ", " ", " ", " ", ", ", ". ", "! ", "\n", "\n\n", " - "}

func randomText(r *rand.Rand, n int) string {
	var b strings.Builder
	for range r.IntN(n) {
		b.WriteString(words[r.IntN(len(words))])
		b.WriteString(separators[r.IntN(len(separators))])
	}
	return b.String()
}

func randomItem(r *rand.Rand) *feeds.Item {
	it := &feeds.Item{Title: strings.ReplaceAll(randomText(r, 8), "\n", " "), Text: randomText(r, []int{50, 50, 50, 150}[r.IntN(4)])}
	it.Language = []string{"", "en", "en-GB", "fr", "tr", "ar", "ru", "pt"}[r.IntN(8)]
	if r.IntN(3) > 0 {
		it.Feed = words[r.IntN(len(words))]
	}
	if r.IntN(3) > 0 {
		it.URL = "https://www." + []string{"dawn.com", "libya.org/"}[r.IntN(2)] + []string{"", "/news/arms-deal"}[r.IntN(2)]
	}
	for range r.IntN(3) {
		it.Authors = append(it.Authors, randomText(r, 3))
		it.Tags = append(it.Tags, randomText(r, 3))
	}
	if r.IntN(2) == 0 {
		it.Published = time.Date(2025, 12, 1, r.IntN(72), 0, 0, 0, time.UTC)
		it.Seen = time.Date(2025, 12, 3, 0, 0, 0, 0, time.UTC)
	}
	return it
}

// randomQuery writes a query; placed asks for one that may stand in near and the like.
func randomQuery(r *rand.Rand, depth int, placed, scoped bool) string {
	word := func() string { return words[r.IntN(len(words))] }
	many := func(n int, placed bool) []string {
		var all []string
		for range 2 + r.IntN(n) {
			all = append(all, randomQuery(r, depth-1, placed, scoped))
		}
		return all
	}
	kind := r.IntN(24)
	if depth == 0 {
		kind = r.IntN(9)
	}
	if placed && kind >= 15 {
		kind = r.IntN(15)
	}
	switch kind {
	case 0, 1, 2:
		return word()
	case 3:
		return []string{"=", "^"}[r.IntN(2)] + word()
	case 4:
		return `"` + word() + " " + word() + `"`
	case 5:
		return fmt.Sprintf(`"%s %s"~%d`, word(), word(), 1+r.IntN(4))
	case 6:
		return []string{"lib*", "*ya", "d?al", "ليب*", "ar*s", "тест*", `"lib* de*"`}[r.IntN(7)]
	case 7:
		return []string{`/lib\w+/`, `^/Lib/`, `/d.al/`, `/ar(ms|me)/`, `/\d\d/`, `/jets? (us|the)/`, `/STRASSE|straße/`}[r.IntN(7)]
	case 8:
		return []string{"@one", "@two", "@deep"}[r.IntN(3)]
	case 9, 10:
		return "(" + strings.Join(many(3, placed), " OR ") + ")"
	case 11:
		return fmt.Sprintf("near(%s, %d)", strings.Join(many(2, true), ", "), 1+r.IntN(8))
	case 12:
		return fmt.Sprintf("same:%s(%s)", []string{"sentence", "paragraph"}[r.IntN(2)], strings.Join(many(2, true), ", "))
	case 13:
		all := many(3, placed)
		return fmt.Sprintf("atleast(%d, %s)", 1+r.IntN(len(all)), strings.Join(all, ", "))
	case 14:
		if scoped {
			return word()
		}
		return []string{"title:", "lead:", "body:"}[r.IntN(3)] + "(" + randomQuery(r, depth-1, placed, true) + ")"
	case 15, 16, 17:
		return "(" + strings.Join(many(3, false), " AND ") + ")"
	case 18, 19:
		return "NOT (" + randomQuery(r, depth-1, false, scoped) + ")"
	case 20:
		if scoped {
			return word()
		}
		return []string{"author:", "tag:", "source:", "url:"}[r.IntN(4)] + "(" + randomQuery(r, depth-1, false, true) + ")"
	case 21:
		if scoped {
			return word()
		}
		return []string{"lang:en", "lang:(fr OR tr)", "age < 1d", "length > 12 words", "source:dawn.com"}[r.IntN(5)]
	case 22:
		return fmt.Sprintf("role(%s) %s %s", randomQuery(r, depth-1, true, scoped), opNames[r.IntN(6)], roleNames[1+r.IntN(4)])
	}
	return strings.Join(many(2, false), " ")
}
