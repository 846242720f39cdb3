package feeds

import (
	"strconv"
	"strings"
	"time"
)

// dateLayout is the form in which the guard hands dates to gofeed.
const dateLayout = time.RFC3339

// Dates outside these years are the feed's error: no news is that old or that new, and a database
// may not hold them.
const (
	minYear = 1900
	maxYear = 2200
)

// parseDate reads a date in any of the forms that feeds are seen to use: RFC 822 and its many
// variants, ISO 8601 and W3C dates, Unix time. A date without a zone is in UTC. It gives the zero
// time for what is no date; never now.
func parseDate(s string) time.Time {
	s = strings.Join(strings.Fields(s), " ")
	if s == "" || len(s) > 80 {
		return time.Time{}
	}
	t := parseKnown(s)
	if t.IsZero() {
		t = parseLoose(s)
	}
	t = t.UTC()
	if t.Year() < minYear || t.Year() > maxYear {
		return time.Time{}
	}
	return t
}

// parseKnown tries the three layouts that nine in ten feeds use.
func parseKnown(s string) time.Time {
	if s[0] >= '0' && s[0] <= '9' {
		if t, err := time.Parse(time.RFC3339, s); err == nil {
			return t
		}
		return time.Time{}
	}
	if rest, ok := strings.CutSuffix(s, " GMT"); ok {
		if t, err := time.Parse("Mon, 2 Jan 2006 15:04:05", rest); err == nil {
			return t
		}
	}
	if t, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", s); err == nil {
		return t
	}
	return time.Time{}
}

// parseLoose reads a date from its parts, whatever stands between them.
func parseLoose(s string) time.Time {
	if unix, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 9 {
		switch {
		case len(s) <= 10:
			return time.Unix(unix, 0)
		case len(s) == 13:
			return time.UnixMilli(unix)
		}
	}
	if t := parseISO(s); !t.IsZero() {
		return t
	}
	return parseWords(s)
}

// clock is a date in parts. hour and the rest are zero when the text does not say.
type clock struct {
	year, month, day, hour, minute, second int
	offset                                 int // seconds east of UTC
}

func (c clock) time() time.Time {
	if c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 || c.hour > 24 || c.minute > 59 || c.second > 60 {
		return time.Time{}
	}
	return time.Date(c.year, time.Month(c.month), c.day, c.hour, c.minute, min(c.second, 59), 0, time.UTC).
		Add(-time.Duration(c.offset) * time.Second)
}

// parseISO reads 2006-01-02T15:04:05.999+07:00 and its shorter relatives: a year, a month or a day
// alone, without separators, as an ordinal day, with a space for T, with or without a zone.
func parseISO(s string) time.Time {
	date, rest, timed := s, "", false
	if i := strings.IndexAny(s, "Tt "); i >= 4 {
		date, rest, timed = s[:i], s[i+1:], true
	}
	date = strings.ReplaceAll(date, "/", "-")
	c, ok := isoDate(date)
	if !ok {
		return time.Time{}
	}
	if timed && !c.readTime(rest) {
		return time.Time{}
	}
	return c.time()
}

func isoDate(s string) (c clock, ok bool) {
	c.month, c.day = 1, 1
	parts := strings.Split(strings.TrimPrefix(s, "-"), "-")
	for _, p := range parts {
		if !isDigits(p) {
			return c, false
		}
	}
	whole := strings.Join(parts, "")
	switch {
	case len(parts) == 3 && len(parts[0]) == 4:
		c.year, c.month, c.day = number(parts[0]), number(parts[1]), number(parts[2])
	case len(parts) == 3 && len(parts[0]) == 2 && len(parts[1]) == 2 && len(parts[2]) == 2:
		c.year, c.month, c.day = century(number(parts[0])), number(parts[1]), number(parts[2])
	case len(parts) == 2 && len(parts[0]) == 4 && len(parts[1]) == 3, len(parts) == 1 && len(whole) == 7:
		c.year, c.day = number(whole[:4]), number(whole[4:])
		t := time.Date(c.year, 1, c.day, 0, 0, 0, 0, time.UTC)
		c.month, c.day = int(t.Month()), t.Day()
	case len(parts) == 2 && len(parts[0]) == 4:
		c.year, c.month = number(parts[0]), number(parts[1])
	case len(parts) == 1 && len(whole) == 8:
		c.year, c.month, c.day = number(whole[:4]), number(whole[4:6]), number(whole[6:])
	case len(parts) == 1 && len(whole) == 6:
		c.year, c.month, c.day = century(number(whole[:2])), number(whole[2:4]), number(whole[4:])
	case len(parts) == 1 && len(whole) == 4:
		c.year = number(whole)
	default:
		return c, false
	}
	return c, true
}

// parseWords reads a date with the month as a word: "Mon, 2 Jan 2006 15:04:05 MST",
// "January 2, 2006 3:04 PM", "Mon Jan 2 15:04:05 2006", in any order; and 2.1.2006 15:04.
func parseWords(s string) time.Time {
	var c clock
	var numbers []string
	timed := false
	fields := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '(' || r == ')' })
	for i, f := range fields {
		switch {
		case strings.Contains(f, ":") && !timed:
			rest := strings.Join(fields[i:], " ")
			if i+1 < len(fields) && isDigits(fields[len(fields)-1]) && len(fields[len(fields)-1]) == 4 && len(numbers) < 2 {
				numbers = append(numbers, fields[len(fields)-1]) // the year stands last
				rest = strings.Join(fields[i:len(fields)-1], " ")
			}
			if !c.readTime(rest) {
				return time.Time{}
			}
			timed = true
		case timed:
		case isDigits(f):
			numbers = append(numbers, f)
		case monthOf(f) > 0:
			c.month = monthOf(f)
		default:
			numbers = append(numbers, c.readJoined(f)...)
		}
	}
	return c.withNumbers(numbers).time()
}

// readJoined reads "02-Jan-06" or "2.1.2006" and gives its numbers.
func (c *clock) readJoined(f string) (numbers []string) {
	parts := strings.FieldsFunc(f, func(r rune) bool { return r == '-' || r == '.' || r == '/' })
	if len(parts) < 2 {
		if n := strings.TrimRight(f, "stndrh"); isDigits(n) { // 1st, 2nd
			return []string{n}
		}
		return nil
	}
	for _, p := range parts {
		if m := monthOf(p); m > 0 {
			c.month = m
		} else if isDigits(p) {
			numbers = append(numbers, p)
		}
	}
	return numbers
}

// withNumbers fills day, month and year from the numbers of the text.
func (c clock) withNumbers(n []string) clock {
	switch {
	case c.month > 0 && len(n) >= 2:
		c.day, c.year = number(n[0]), number(n[1])
		if len(n[0]) == 4 {
			c.day, c.year = c.year, c.day
		}
		if len(n[0]) <= 2 && len(n[1]) <= 2 {
			c.year = century(c.year)
		}
	case c.month == 0 && len(n) == 3 && len(n[2]) == 4:
		c.day, c.month, c.year = number(n[0]), number(n[1]), number(n[2])
		if c.month > 12 { // the American order
			c.day, c.month = c.month, c.day
		}
	}
	return c
}

// readTime reads "15:04:05.999 PM +0700 (MST)" behind a date. It reports false for what is no time.
func (c *clock) readTime(s string) bool {
	s = strings.TrimSpace(s)
	if s == "" {
		return true
	}
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == ':' || s[end] == '.' || s[end] == ',') {
		end++
	}
	parts := strings.Split(s[:end], ":")
	if len(parts) > 4 || len(parts[0]) == 0 || len(parts[0]) > 2 {
		return false
	}
	for i, dst := range []*int{&c.hour, &c.minute, &c.second} {
		if i < len(parts) {
			digits, _, _ := strings.Cut(strings.ReplaceAll(parts[i], ",", "."), ".")
			if *dst = number(digits); len(digits) > 2 {
				return false
			}
		}
	}
	return c.readZone(strings.TrimSpace(s[end:]))
}

// readZone reads AM or PM and a zone. An unknown zone counts as UTC.
func (c *clock) readZone(s string) bool {
	upper := strings.ToUpper(s)
	for _, half := range []struct {
		mark string
		add  int
	}{{"AM", 0}, {"PM", 12}, {"A.M.", 0}, {"P.M.", 12}} {
		if rest, ok := strings.CutPrefix(upper, half.mark); ok && (rest == "" || rest[0] == ' ') {
			c.hour = c.hour%12 + half.add
			upper = strings.TrimSpace(rest)
			break
		}
	}
	name := upper
	if i := strings.IndexAny(upper, "+-"); i >= 0 {
		if offset, ok := numericOffset(upper[i:]); ok {
			c.offset = offset
			return true
		}
		name = upper[:i]
	}
	name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
	c.offset = zones[name]
	return true
}

func numericOffset(s string) (seconds int, ok bool) {
	sign := 1
	if s[0] == '-' {
		sign = -1
	}
	s, _, _ = strings.Cut(strings.TrimLeft(s, "+-"), " ")
	digits := strings.ReplaceAll(s, ":", "")
	if !isDigits(digits) || len(digits) > 6 {
		return 0, false
	}
	var hours, minutes int
	switch {
	case len(digits) <= 2:
		hours = number(digits)
	case len(digits) == 3:
		hours, minutes = number(digits[:1]), number(digits[1:])
	default:
		hours, minutes = number(digits[:2]), number(digits[2:4])
	}
	if hours > 23 || minutes > 59 {
		return 0, false
	}
	return sign * (hours*3600 + minutes*60), true
}

// zones are the zone names of feeds in seconds east of UTC. CST, IST and BST mean more than one
// zone; they are read as most feeds that use them mean them.
var zones = map[string]int{
	"EST": -5 * 3600, "EDT": -4 * 3600, "ET": -5 * 3600, "CST": -6 * 3600, "CDT": -5 * 3600, "CT": -6 * 3600,
	"MST": -7 * 3600, "MDT": -6 * 3600, "MT": -7 * 3600, "PST": -8 * 3600, "PDT": -7 * 3600, "PT": -8 * 3600,
	"AST": -4 * 3600, "ADT": -3 * 3600, "BST": 3600, "WEST": 3600, "CET": 3600, "MEZ": 3600, "CEST": 2 * 3600,
	"MESZ": 2 * 3600, "EET": 2 * 3600, "EEST": 3 * 3600, "MSK": 3 * 3600, "TRT": 3 * 3600, "PKT": 5 * 3600,
	"IST": 5*3600 + 1800, "HKT": 8 * 3600, "SGT": 8 * 3600, "JST": 9 * 3600, "KST": 9 * 3600,
	"AEST": 10 * 3600, "AEDT": 11 * 3600,
}

// months are the month names of feeds by their first letters, lower case.
var months = map[string]int{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
	"dec": 12, "mär": 3, "mai": 5, "okt": 10, "dez": 12, "janv": 1, "fév": 2, "févr": 2, "mars": 3, "avr": 4,
	"juin": 6, "juil": 7, "août": 8, "déc": 12, "ene": 1, "abr": 4, "ago": 8, "dic": 12, "oca": 1, "şub": 2,
	"nis": 4, "haz": 6, "tem": 7, "ağu": 8, "eyl": 9, "eki": 10, "kas": 11, "ara": 12, "янв": 1, "фев": 2, "мар": 3,
	"апр": 4, "май": 5, "мая": 5, "июн": 6, "июл": 7, "авг": 8, "сен": 9, "окт": 10, "ноя": 11, "дек": 12,
}

func monthOf(s string) int {
	r := []rune(strings.ToLower(strings.TrimRight(s, ".")))
	if len(r) > 12 {
		return 0
	}
	for n := min(len(r), 4); n >= 3; n-- {
		if m, ok := months[string(r[:n])]; ok {
			return m
		}
	}
	return 0
}

func century(year int) int {
	if year < 69 {
		return year + 2000
	}
	return year + 1900
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// number reads digits that isDigits has passed; what is none counts as 0.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
