package matrix

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"github.com/tocsin-bot/tocsin/bot"
)

// clean makes s safe to show as a literal text. A word joiner, which nobody sees, breaks what a client
// would turn into a call of the whole room or into a pill.
func clean(s string, lines bool) string {
	return calls.ReplaceAllString(bot.Literal(s, lines), "$1\u2060$2")
}

// calls are the words that some clients act upon wherever they stand.
var calls = regexp.MustCompile(`(?i)(@|\bmatrix|\bmatrix:)(room|\.to/|(?:u|r|roomid|user|room)/)`)

// tailOf gives the last bytes of s, at least n of them where it has so many, from the beginning of a
// character on.
func tailOf(s string, n int) string {
	at := max(len(s)-n, 0)
	for at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	return s[at:]
}

// cutText cuts s to at most most runes: after a sentence where one ends late enough, else after a
// word, else between two whole characters. A cut is marked by '…'.
func cutText(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	head := headOf(s, max(most-2, 0))
	sentence, word := 0, 0
	for i, r := range head {
		after := s[i+utf8.RuneLen(r):]
		switch {
		case strings.ContainsRune("。！？", r), strings.ContainsRune(".!?؟۔।", r) && after != "" && (after[0] == ' ' || after[0] == '\n'):
			sentence = i + utf8.RuneLen(r)
		case unicode.IsSpace(r):
			word = i
		}
	}
	switch {
	case sentence > len(head)*6/10:
		return head[:sentence] + " …"
	case word > len(head)/2:
		return strings.TrimSpace(head[:word]) + "…"
	}
	return head + "…"
}

// headOf gives the first characters of s that make at most most runes. A letter keeps its marks and
// a joined sign its parts, but for the one at the beginning that is longer than that.
func headOf(s string, most int) string {
	at, runes := 0, 0
	for g := graphemes.FromString(s); g.Next(); {
		n := utf8.RuneCountInString(g.Value())
		if runes+n > most {
			break
		}
		at, runes = at+len(g.Value()), runes+n
	}
	if at == 0 {
		for i := range s {
			if runes == most {
				return s[:i]
			}
			runes++
		}
	}
	return s[:at]
}

const maxURL = 2000

// safeURL gives an address as it may stand behind a link: http or https with a host, and none that
// a client would turn into a pill. It is empty for every other address.
func safeURL(raw string) string {
	if len(raw) > maxURL || !utf8.ValidString(raw) {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return ""
	}
	if host := strings.ToLower(strings.TrimRight(u.Hostname(), ".")); host == "matrix.to" || strings.HasSuffix(host, ".matrix.to") {
		return ""
	}
	for _, r := range raw {
		if r <= ' ' || unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return ""
		}
	}
	return raw
}
