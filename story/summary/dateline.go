package summary

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Longest dateline, in bytes: "NEW DELHI/ISLAMABAD, Pakistan, Dec 22 (Xinhua) -- ".
const longestDateline = 90

var (
	// The end of a dateline: a dash between blanks, a double dash, or a colon.
	datelineEnd = regexp.MustCompile(`^\s*(?:[-–—]{1,2}\s|[—–]|:\s)\s*`)
	datelineTry = regexp.MustCompile(`\s(?:[-–—]{1,2})\s|\s?[—–]\s?|\s?:\s`)
	bracketed   = regexp.MustCompile(`^([^()\n]{0,60}?)(?:\([^()\n]{2,30}\)\s*)?\(([^()\n]{2,40})\)\s*`) // "place (country) (agency)"
)

// dateline gives the length of the dateline that a sentence starts with, 0 without one: "ISTANBUL
// (AP) — ", "طرابلس - رويترز - ", "اسلام آباد (ویب ڈیسک) ", "PARIS, 3 mars (Reuters) - ".
func (d *document) dateline(s string) int {
	total := 0
	for range 3 { // place - agency - or (agency): after the place
		n := d.datelinePart(s[total:], total > 0)
		if n == 0 {
			break
		}
		total += n
	}
	if total > 0 && len(splitWords(s[total:])) < fewWords {
		return 0
	}
	return total
}

func (d *document) datelinePart(s string, again bool) int {
	head := s[:min(len(s), longestDateline)]
	if m := bracketed.FindStringSubmatchIndex(head); m != nil {
		place, agency := head[m[2]:m[3]], head[m[4]:m[5]]
		end := m[1]
		if dash := datelineEnd.FindString(s[end:]); dash != "" && d.isDateline(place+" "+agency, true) {
			return end + len(dash)
		}
		if d.isAgency(agency) && (place == "" || d.isDateline(place, false)) || d.isUrduDesk(place, agency) {
			return end
		}
	}
	at := datelineTry.FindStringIndex(head)
	if at == nil || at[0] == 0 {
		return 0
	}
	prefix := head[:at[0]]
	colon := strings.Contains(head[at[0]:at[1]], ":")
	switch {
	case d.isAgency(prefix) && (again || d.isArabicScript()):
		return at[1]
	case d.isOutlet(prefix):
		return at[1]
	case d.isArabicScript() && !colon && len(splitWords(prefix)) <= 3 && !strings.ContainsFunc(prefix, unicode.IsDigit):
		return at[1] // a name before a dash is the agency's or the place's, known or not
	case !d.isDateline(prefix, false):
		return 0
	case colon && !shouts(prefix) && !(d.isArabicScript() && d.isPlace(prefix)):
		return 0 // "Macron: ..." is a speaker
	}
	return at[1]
}

// isDateline tells whether all of a text can be a place, a date or an agency.
func (d *document) isDateline(s string, hasAgency bool) bool {
	words := splitWords(s)
	if len(words) == 0 || len(words) > 9 {
		return false
	}
	if shouts(firstName(s)) || d.isPlace(s) {
		return true
	}
	if !hasAgency {
		return false
	}
	lower := 0
	for _, w := range words {
		r := []rune(s[w.Start:w.End])[0]
		if unicode.IsLower(r) {
			lower++ // the month in "3 mars"
		}
	}
	return lower <= 1 && len(words) <= 7
}

// firstName is what stands before the first comma, bracket or slash.
func firstName(s string) string {
	if i := strings.IndexAny(s, ",(/"); i >= 0 {
		s = s[:i]
	}
	return strings.TrimSpace(s)
}

// shouts tells whether a text is set in capital letters: "ISLAMABAD", "NEW YORK".
func shouts(s string) bool {
	letters := 0
	for _, r := range s {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	return letters >= 3
}

func (d *document) isArabicScript() bool {
	return d.language == "ar" || d.language == "ur" || d.language == "fa"
}

// isAgency tells whether a text consists of words of an agency, a desk or the source's own name.
func (d *document) isAgency(s string) bool {
	words := splitWords(s)
	if len(words) == 0 || len(words) > 6 {
		return false
	}
	agencies := patterns.get(d.language).agencies
	for _, w := range words {
		if !agencies[w.Folded] {
			return d.isOutlet(s)
		}
	}
	return true
}

// isUrduDesk tells a dateline of the Urdu press, a place and whose report it is, by its form alone:
// "اوکاڑہ (نامہ نگار)".
func (d *document) isUrduDesk(place, desk string) bool {
	n := len(splitWords(place))
	return d.language == "ur" && n >= 1 && n <= 3 && len(splitWords(desk)) <= 4 && !strings.ContainsFunc(place+desk, unicode.IsDigit)
}

func (d *document) isOutlet(s string) bool {
	return d.source.Outlet != "" && text.Fold(strings.TrimSpace(s)) == text.Fold(d.source.Outlet)
}
