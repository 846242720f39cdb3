package slack

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/bot"
)

// clean makes s safe to show as a literal text. A word joiner, which nobody sees, breaks the words that
// call a whole channel.
func clean(s string, lines bool) string {
	return callsAll.ReplaceAllString(bot.Literal(s, lines), "@\u2060$1")
}

// callsAll are the words that notify everybody where Slack parses text by itself.
var callsAll = regexp.MustCompile(`(?i)@(here|channel|everyone|group)`)

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape makes a cleaned text literal in mrkdwn: the three characters that Slack escapes, once, and
// a word joiner before each mark that would format, so that it does not stand at a word's edge.
func escape(s string) string {
	return escaper.Replace(formatting.ReplaceAllString(s, "\u2060$0\u2060"))
}

var formatting = regexp.MustCompile("[*_~`]+")

// cutText cuts s to at most most runes: after a sentence where one ends late enough, else after a
// word, else between two whole characters. A cut is marked by '…'.
func cutText(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	runes := []rune(s)[:max(most-2, 0)]
	if end := lastEnd(runes, isSentenceEnd); end > len(runes)*6/10 {
		return string(runes[:end]) + " …"
	}
	if end := lastEnd(runes, unicode.IsSpace); end > len(runes)/2 {
		return strings.TrimRightFunc(string(runes[:end]), unicode.IsSpace) + "…"
	}
	return string(wholeCharacters([]rune(s), len(runes))) + "…"
}

// lastEnd gives the number of runes up to the last one that ends something and is followed by a
// blank; a blank ends a word itself.
func lastEnd(runes []rune, ends func(rune) bool) int {
	for i := len(runes) - 1; i > 0; i-- {
		if ends(runes[i]) && (unicode.IsSpace(runes[i]) || i+1 < len(runes) && (unicode.IsSpace(runes[i+1]) || runes[i] == '。')) {
			return i + 1
		}
	}
	return 0
}

func isSentenceEnd(r rune) bool { return strings.ContainsRune(".!?。！？؟۔।", r) }

// wholeCharacters gives the first n runes, or a few less, so that no letter loses its marks and no
// joined sign its parts.
func wholeCharacters(runes []rune, n int) []rune {
	const farthest = 16
	for back := 0; back < farthest && n > 0 && n < len(runes); back++ {
		if !unicode.Is(unicode.M, runes[n]) && runes[n] != '\u200d' && runes[n-1] != '\u200d' {
			break
		}
		n--
	}
	return runes[:n]
}

const maxURL = 3000 // runes of a link, as buttons have it; rich text publishes no limit

// safeURL gives an address as it may stand behind a link: http or https with a host, with nothing
// in it that ends a link early. It is empty for every other address.
func safeURL(raw string) string {
	if len(raw) > maxURL || !utf8.ValidString(raw) {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return ""
	}
	var b strings.Builder
	for _, r := range raw {
		switch {
		case r <= ' ', r == '<', r == '>', r == '|', r == '"', r == '`', r == '\\', r == '^', r == '{', r == '}', r == 0x7f,
			unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.IsSpace(r):
			for _, c := range []byte(string(r)) {
				b.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
			}
		default:
			b.WriteRune(r)
		}
	}
	if b.Len() > maxURL {
		return ""
	}
	return b.String()
}

// label is the visible text of a link.
func label(s string) string { return strings.ReplaceAll(s, "|", "¦") }
