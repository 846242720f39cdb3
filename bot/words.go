package bot

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// languageName gives the English name of a language by its BCP 47 tag: "Urdu".
func languageName(tag string) string {
	t, err := language.Parse(tag)
	if err != nil || tag == "" {
		return "another language"
	}
	return display.English.Languages().Name(t)
}

// humanDuration gives a duration as people say it: "5 minutes", "2 hours", "3 days".
func humanDuration(d time.Duration) string {
	switch {
	case d < time.Minute:
		return plural(int(d.Seconds()), "second")
	case d < time.Hour:
		return plural(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return plural(int(d.Hours()), "hour")
	}
	return plural(int(d.Hours()/24), "day")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "ry") {
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	if strings.HasSuffix(noun, "ch") {
		return fmt.Sprintf("%d %ses", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// splitWords cuts s at blanks; a part in double quotes stays whole, without them.
func splitWords(s string) []string {
	var out []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if s[0] == '"' {
			if word, rest, ok := strings.Cut(s[1:], `"`); ok {
				out, s = append(out, word), rest
				continue
			}
		}
		word, rest, _ := strings.Cut(s, " ")
		out, s = append(out, word), rest
	}
	return out
}

// parseDuration reads 30m, 2h, 3d or 1w.
func parseDuration(s string) (time.Duration, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if s == "" {
		return 0, false
	}
	unit, ok := units[s[len(s)-1]]
	if !ok {
		return 0, false
	}
	var n int
	if _, err := fmt.Sscanf(s[:len(s)-1], "%d", &n); err != nil || n <= 0 || n > 10000 || fmt.Sprint(n) != s[:len(s)-1] {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// groupName makes the name of a term group readable: "country.PK" is Pakistan, "arms-deal" is
// arms deal.
func groupName(name string) string {
	if code, ok := strings.CutPrefix(name, "country."); ok {
		if r, err := language.ParseRegion(code); err == nil {
			return display.English.Regions().Name(r)
		}
	}
	return strings.ReplaceAll(name, "-", " ")
}

// upperFirst makes the first letter upper case.
func upperFirst(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}
