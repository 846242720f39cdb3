package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Span is a piece of a text: from byte Start up to byte End.
type Span struct{ Start, End int }

// In gives the piece of s that the span stands for.
func (p Span) In(s string) string { return s[p.Start:p.End] }

// Sentences gives the sentences of s in order, without the blanks around them. A line break ends
// a sentence unless the text plainly runs on. The language, a BCP 47 tag, decides which
// abbreviations do not end one; the end marks of all scripts are known in every language.
//
// There is no length limit: a text without end marks and line breaks is one sentence.
func Sentences(s, language string) []Span { return AppendSentences(nil, s, language) }

// AppendSentences adds the sentences of s to dst: see Sentences.
func AppendSentences(dst []Span, s, language string) []Span {
	c := cutter{s: s, language: base(language), out: dst}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			end := skip(s, i, unicode.IsSpace)
			if c.lineEnds(i, end) {
				c.cut(i, end)
			}
			i = end
		case isBullet(r) && (i == 0 || startsWithSpace(s[i+n:])):
			c.cut(i, i+n)
			i += n
		case isEnd(r):
			marks := skip(s, i, isEnd)
			end := closers(s, marks)
			if c.ends(i, marks, end) {
				c.cut(end, end)
			}
			i = end
		default:
			i += n
		}
	}
	c.cut(len(s), len(s))
	return c.out
}

type cutter struct {
	s, language string
	start       int // of the sentence that is being read
	out         []Span
}

// cut closes the sentence at end and starts the next one at next.
func (c *cutter) cut(end, next int) {
	piece := c.s[c.start:end]
	lead := len(piece) - len(strings.TrimLeftFunc(piece, unicode.IsSpace))
	piece = strings.TrimSpace(piece)
	if piece != "" {
		at := c.start + lead
		c.out = append(c.out, Span{at, at + len(piece)})
	}
	c.start = next
}

// lineEnds tells whether the line break s[at:end] ends a sentence: always at a blank line, else
// unless the line ends openly and the next one goes on in lower case, as in hard-wrapped text.
func (c *cutter) lineEnds(at, end int) bool {
	if strings.Count(c.s[at:end], "\n") > 1 || at == c.start {
		return true
	}
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(c.s[c.start:at], unicode.IsSpace))
	next, _ := utf8.DecodeRuneInString(c.s[end:])
	return isEnd(last) || !(unicode.IsLower(next) || last == ',' || last == '،')
}

// ends tells whether the end marks s[at:marks], closed by quotes and brackets up to end, end a
// sentence.
func (c *cutter) ends(at, marks, end int) bool {
	rest := c.s[end:]
	if rest == "" {
		return true
	}
	mark, _ := utf8.DecodeRuneInString(c.s[at:])
	before := c.wordBefore(at)
	if !startsWithSpace(rest) {
		return c.endsGlued(mark, before, rest)
	}
	after := strings.TrimLeftFunc(rest, func(r rune) bool { return unicode.IsSpace(r) && r != '\n' || isOpener(r) })
	next, _ := utf8.DecodeRuneInString(after)
	if unicode.IsLower(next) {
		return false
	}
	if mark != '.' || marks-at > 1 {
		return true
	}
	return !c.abbreviated(before, at, after, next, end > marks)
}

// endsGlued decides where no blank follows: "signed.The minister" ends, "3.5", "U.S.-led",
// "example.Com" and "J.Smith" do not.
func (c *cutter) endsGlued(mark rune, before, rest string) bool {
	next, n := utf8.DecodeRuneInString(rest)
	if mark == '۔' || mark == '؟' || mark == '。' || mark == '！' || mark == '？' {
		return unicode.IsLetter(next)
	}
	if utf8.RuneCountInString(before) < 3 || strings.ContainsAny(before, "@/.:") || strings.HasPrefix(before, "www") {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(before)
	if unicode.Is(unicode.Arabic, next) && unicode.IsLetter(next) {
		return unicode.IsLetter(last)
	}
	second, _ := utf8.DecodeRuneInString(rest[n:])
	return unicode.IsLower(last) && unicode.IsUpper(next) && (unicode.IsLower(second) || second == ' ' || second == '\'')
}

// abbreviated tells whether a full stop at byte at belongs to the word before it.
func (c *cutter) abbreviated(before string, at int, after string, next rune, closed bool) bool {
	if before == "" || closed && !strings.ContainsRune(before, '.') {
		return false
	}
	folded := strings.ToLower(before)
	if isNumber(before) {
		if at-len(before) == c.start || strings.TrimSpace(c.s[c.start:at-len(before)]) == "" {
			return true // "1. Libya": the number of a list
		}
		// Ordinals: "3. Ordu", "2. Liga"; a longer number is a year or an amount.
		return ordinalDot[c.language] && len(before) <= 2 && unicode.IsUpper(next) && !c.opens(after)
	}
	if lists := abbreviations(); c.language != "" && lists[c.language] != nil {
		if known, sure := listed(lists[c.language], folded); known {
			return sure || !c.opens(after)
		}
	} else if known, _ := listed(lists["en"], folded); known {
		return !c.opens(after)
	}
	r, n := utf8.DecodeRuneInString(before)
	switch {
	case n == len(before) && (unicode.IsUpper(r) || unicode.Is(unicode.Arabic, r)):
		return true // an initial
	case strings.ContainsRune(before, '.') && initials(before):
		return !c.opens(after)
	}
	return false
}

var ordinalDot = map[string]bool{"tr": true, "de": true}

// opens tells whether a text starts with a common opener of a sentence: a stop word in upper case.
func (c *cutter) opens(after string) bool {
	end := strings.IndexFunc(after, func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		end = len(after)
	}
	language := c.language
	if language == "" {
		language = "en"
	}
	return Stop(Fold(after[:min(end, 40)]), language)
}

func listed(list map[string]bool, word string) (known, sure bool) {
	if list[word] {
		return true, true
	}
	return list[word+"?"], false
}

var abbreviations = sync.OnceValue(func() map[string]map[string]bool {
	return wordLists("data/abbreviations", strings.ToLower)
})

// wordBefore gives the word that ends at byte at: back to a blank, a bracket or a quote, at most
// 40 bytes, since no abbreviation is longer.
func (c *cutter) wordBefore(at int) string {
	from := max(c.start, at-40)
	for from < at && !utf8.RuneStart(c.s[from]) {
		from++
	}
	w := c.s[from:at]
	if i := strings.LastIndexFunc(w, func(r rune) bool {
		return unicode.IsSpace(r) || isOpener(r) || r == ')' || r == ']'
	}); i >= 0 {
		_, n := utf8.DecodeRuneInString(w[i:])
		w = w[i+n:]
	}
	return w
}

// initials tells whether a word is letters set apart by full stops: "U.S", "J.-P", "أ.د".
func initials(w string) bool {
	letters := 0
	for _, r := range w {
		switch {
		case unicode.IsLetter(r):
			if letters++; letters > 1 {
				return false
			}
		case r == '.' || r == '-':
			letters = 0
		default:
			return false
		}
	}
	return true
}

func isNumber(w string) bool {
	return strings.IndexFunc(w, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
}

// closers gives the end of the quotes and brackets that close right after a sentence's end mark.
// French sets a blank before its closing quote.
func closers(s string, at int) int {
	for at < len(s) {
		r, n := utf8.DecodeRuneInString(s[at:])
		switch {
		case strings.ContainsRune(`"'”’»›)]}“`, r):
			at += n
		case r == ' ' || r == '\u00a0' || r == '\u202f':
			if !strings.HasPrefix(s[at+n:], "»") {
				return at
			}
			at += n
		default:
			return at
		}
	}
	return at
}

func isEnd(r rune) bool {
	switch r {
	case '.', '!', '?', '…', '؟', '۔', '。', '！', '？', '॥', '।', '‽':
		return true
	}
	return false
}

func isBullet(r rune) bool { return r == '•' || r == '●' || r == '▪' || r == '■' || r == '◆' }

func isOpener(r rune) bool { return strings.ContainsRune(`"'“‘«‹([{—–-„`, r) }

func startsWithSpace(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && unicode.IsSpace(r)
}

func skip(s string, at int, is func(rune) bool) int {
	for at < len(s) {
		r, n := utf8.DecodeRuneInString(s[at:])
		if !is(r) {
			break
		}
		at += n
	}
	return at
}
