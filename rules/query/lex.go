package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd    tokenKind = iota
	tokWord             // a word, which may hold wildcards
	tokPhrase           // "…"; text is without quotes and escapes
	tokRegexp           // /…/; text is without slashes
	tokList             // @name
	tokField            // title: and the like
	tokSame             // same:sentence( or same:paragraph(
	tokCall             // near( atleast( role(
	tokCond             // age or length, an operator following
	tokOpen
	tokClose
	tokComma
	tokAnd
	tokOr
	tokNot
	tokMark // = or ^ before a word, phrase or regexp
	tokSlop // ~5
	tokOp   // < <= = != >= >
)

type token struct {
	kind       tokenKind
	text       string
	start, end int
}

// lexer cuts the source into tokens. It holds one token of look-ahead.
type lexer struct {
	src string
	pos int
}

func (l *lexer) skipSpace() {
	for l.pos < len(l.src) {
		r, n := utf8.DecodeRuneInString(l.src[l.pos:])
		if !unicode.IsSpace(r) && r != '\ufeff' && r != '\u200b' {
			return
		}
		l.pos += n
	}
}

// next gives the token at the current place.
func (l *lexer) next() (token, error) {
	l.skipSpace()
	start := l.pos
	if start == len(l.src) {
		return token{kind: tokEnd, start: start, end: start}, nil
	}
	rest := l.src[start:]
	make := func(kind tokenKind, n int) (token, error) {
		l.pos += n
		return token{kind, rest[:n], start, l.pos}, nil
	}
	switch c := rest[0]; c {
	case '(':
		return make(tokOpen, 1)
	case ')':
		return make(tokClose, 1)
	case ',':
		return make(tokComma, 1)
	case '=', '^':
		return make(tokMark, 1)
	case '-':
		return make(tokNot, 1)
	case '/':
		return l.regexp(start)
	case '@':
		n := 1 + strings.IndexFunc(rest[1:]+" ", func(r rune) bool { return !isNameRune(r) })
		if name := strings.TrimRight(rest[1:n], ".-"); name != "" {
			t, err := make(tokList, n) // a full stop at the end is no part of the name
			t.text = name
			return t, err
		}
		return token{}, &SyntaxError{Offset: start, Got: "@", Expected: "the name of a list after @", Hint: "names are made of letters, digits, - _ and ."}
	case '~':
		n := 1
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		return make(tokSlop, n)
	case '<', '>', '!':
		if len(rest) > 1 && rest[1] == '=' {
			return make(tokOp, 2)
		}
		if c != '!' {
			return make(tokOp, 1)
		}
	}
	for _, q := range quotes {
		if strings.HasPrefix(rest, q.open) {
			return l.phrase(start, q)
		}
	}
	return l.word(start)
}

// op reads a comparison where one is due; = is a mark everywhere else.
func (l *lexer) op() (Op, bool) {
	l.skipSpace()
	for _, o := range []Op{LessEqual, GreaterEqual, NotEqual, Less, Greater, Equals} {
		if strings.HasPrefix(l.src[l.pos:], o.String()) {
			l.pos += len(o.String())
			return o, true
		}
	}
	return 0, false
}

func isNameRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '-' || r == '_' || r == '.'
}

// quotes are what people paste: straight, curly, low-high and angle quotation marks.
var quotes = []quote{{`"`, `"`}, {"“", "”"}, {"„", "”“"}, {"«", "»"}, {"＂", "＂"}}

type quote struct{ open, close string }

func (l *lexer) phrase(start int, q quote) (token, error) {
	begin := start + len(q.open)
	if i := strings.IndexAny(l.src[begin:], q.close+`\\`); i >= 0 && l.src[begin+i] != '\\' {
		_, n := utf8.DecodeRuneInString(l.src[begin+i:])
		l.pos = begin + i + n
		return token{tokPhrase, l.src[begin : begin+i], start, l.pos}, nil
	}
	var b strings.Builder
	for i := begin; i < len(l.src); {
		r, n := utf8.DecodeRuneInString(l.src[i:])
		switch {
		case r == '\\' && i+1 < len(l.src) && (l.src[i+1] == '"' || l.src[i+1] == '\\'):
			b.WriteByte(l.src[i+1])
			i += 2
			continue
		case strings.ContainsRune(q.close, r):
			l.pos = i + n
			return token{tokPhrase, b.String(), start, l.pos}, nil
		}
		b.WriteString(l.src[i : i+n])
		i += n
	}
	return token{}, &SyntaxError{Offset: start, Got: "end of query", Expected: "a closing quotation mark", Hint: "the phrase that begins here is never closed"}
}

func (l *lexer) regexp(start int) (token, error) {
	var b strings.Builder
	for i := start + 1; i < len(l.src); i++ {
		switch c := l.src[i]; {
		case c == '\\' && i+1 < len(l.src):
			if l.src[i+1] != '/' {
				b.WriteByte('\\')
			}
			i++
			b.WriteByte(l.src[i])
			continue
		case c == '/':
			l.pos = i + 1
			return token{tokRegexp, b.String(), start, l.pos}, nil
		default:
			b.WriteByte(c)
		}
	}
	return token{}, &SyntaxError{Offset: start, Got: "end of query", Expected: "a closing /", Hint: `the regular expression that begins here is never closed; write \/ for a slash inside it`}
}

// word reads a word, or what looks like one: a keyword, a field, the name of an operator.
func (l *lexer) word(start int) (token, error) {
	end := start
	for end < len(l.src) {
		r, n := utf8.DecodeRuneInString(l.src[end:])
		if r == ',' && commaInNumber(l.src, end) {
			end += n
			continue
		}
		if unicode.IsSpace(r) || endsWord(r) || (r == ':' && isKeyword(l.src[start:end])) {
			break
		}
		if r == '!' && strings.HasPrefix(l.src[end:], "!=") {
			break
		}
		if (r == '=' || r == '!') && isCondition(l.src[start:end]) {
			break
		}
		end += n
	}
	text := l.src[start:end]
	tok := token{tokWord, text, start, end}
	rest := l.src[end:]
	switch {
	case text == "same" && strings.HasPrefix(rest, ":"):
		return l.same(start, end+1)
	case strings.HasPrefix(rest, ":") && isKeyword(text):
		tok.kind, tok.end = tokField, end+1
	case strings.HasPrefix(rest, "(") && isCall(text):
		tok.kind, tok.end = tokCall, end+1
	case isCondition(text) && l.opFollows(end):
		tok.kind = tokCond
	case text == "AND" || text == "&&":
		tok.kind = tokAnd
	case text == "OR" || text == "||":
		tok.kind = tokOr
	case text == "NOT":
		tok.kind = tokNot
	case text == "":
		_, n := utf8.DecodeRuneInString(rest)
		return token{}, &SyntaxError{Offset: start, Got: rest[:n], Expected: "a word, a phrase, a list or a parenthesis"}
	}
	l.pos = tok.end
	return tok, nil
}

func endsWord(r rune) bool {
	switch r {
	case '(', ')', ',', '"', '“', '”', '„', '«', '»', '＂', '~', '<', '>':
		return true
	}
	return false
}

func (l *lexer) same(start, end int) (token, error) {
	for _, u := range []Unit{Sentence, Paragraph} {
		if name := u.String() + "("; strings.HasPrefix(l.src[end:], name) {
			l.pos = end + len(name)
			return token{tokSame, u.String(), start, l.pos}, nil
		}
	}
	return token{}, &SyntaxError{Offset: start, Got: "same:", Expected: "same:sentence(…) or same:paragraph(…)"}
}

func (l *lexer) opFollows(pos int) bool {
	probe := lexer{src: l.src, pos: pos}
	_, ok := probe.op()
	return ok
}

// commaInNumber tells the comma of 10,000 from the one between two operands.
func commaInNumber(s string, i int) bool {
	digits := 0
	for j := i + 1; j < len(s) && s[j] >= '0' && s[j] <= '9'; j++ {
		digits++
	}
	return i > 0 && s[i-1] >= '0' && s[i-1] <= '9' && digits == 3
}

func isCondition(s string) bool { return s == "age" || s == "length" }

func isCall(s string) bool { return s == "near" || s == "atleast" || s == "role" }

// isKeyword says whether s, followed by a colon, is meant as a field: any name of plain letters,
// so that a mistyped field is an error and not two words.
func isKeyword(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return s != ""
}
