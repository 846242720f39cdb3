package feeds

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// Redact gives a URL as it may be shown: without user, password and fragment, and with the values
// of its query left out. The names in the query stay, so that two feeds of a site can be told apart.
func Redact(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return oneLine(redactBroken(rawURL))
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	u.RawQuery = redactQuery(u.RawQuery)
	return oneLine(strings.ReplaceAll(u.String(), hiddenEscaped, hidden))
}

const (
	hidden        = "…"
	hiddenEscaped = "%E2%80%A6"
)

func redactQuery(q string) string {
	if q == "" {
		return ""
	}
	parts := strings.Split(q, "&")
	for i, p := range parts {
		name, _, hasValue := strings.Cut(p, "=")
		if !hasValue { // the whole part may be the token: ?s3cr3t
			parts[i] = hidden
			continue
		}
		parts[i] = name + "=" + hidden
	}
	return strings.Join(parts, "&")
}

// redactBroken is for addresses that cannot be parsed, and so may hide a secret anywhere: it keeps
// what comes before the query and after an @.
func redactBroken(s string) string {
	s, _, cut := strings.Cut(s, "?")
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		scheme, _, ok := strings.Cut(s, "://")
		s = s[i+1:]
		if ok && len(scheme) <= 5 {
			s = scheme + "://" + s
		}
	}
	if cut {
		s += "?" + hidden
	}
	return s
}

var urlInText = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]{1,9}://[^\s"'<>]+`)

// redactText redacts every URL of a text, such as that of an error.
func redactText(s string) string { return urlInText.ReplaceAllStringFunc(s, Redact) }

// printable drops what can break or reorder a line of a log.
func printable(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return ' '
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029':
		return -1
	}
	return r
}
