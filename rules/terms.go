package rules

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/rules/query"
)

// rawTerm is one entry of a list as it stands in the file.
type rawTerm struct {
	text  string
	start int // in bytes
}

// splitTerms cuts the inside of a list at the commas that stand outside of quotes, parentheses and
// regular expressions: near(jets, sale, 6) is one entry.
func splitTerms(s string) (terms []rawTerm) {
	start := 0
	add := func(end int) {
		text := strings.TrimSpace(s[start:end])
		if text != "" {
			terms = append(terms, rawTerm{text, start + strings.Index(s[start:end], text)})
		}
	}
	for i := 0; i < len(s); {
		switch n := skipTerm(s[i:], strings.TrimSpace(s[start:i]) == ""); {
		case n > 0:
			i += n
		case s[i] == ',':
			add(i)
			start = i + 1
			i++
		default:
			i++
		}
	}
	add(len(s))
	return terms
}

// skipTerm gives the length of the quoted text, the parentheses or the regular expression with
// which s begins, and 0 when it begins with none. first tells that it may begin an entry.
func skipTerm(s string, first bool) int {
	switch {
	case s[0] == '"':
		return closing(s, '"', '\\')
	case s[0] == '\'' && first:
		return closing(s, '\'', '\'')
	case s[0] == '/' && first:
		return closing(s, '/', '\\')
	case s[0] == '(':
		for i := 1; i < len(s); {
			if s[i] == ')' {
				return i + 1
			}
			if n := skipTerm(s[i:], false); n > 0 {
				i += n
			} else {
				i++
			}
		}
		return len(s)
	}
	return 0
}

// closing finds the end of a quotation. With an escape of its own kind the mark is doubled.
func closing(s string, mark, escape byte) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == escape && escape != mark:
			i++
		case s[i] == mark && escape == mark && i+1 < len(s) && s[i+1] == mark:
			i++
		case s[i] == mark:
			return i + 1
		}
	}
	return len(s)
}

// Terms of lists, and queries that stand alone on their line, may be written as they are:
// "defence deal"~3 or near(jets, sale, 6) or @other AND arms, although YAML has other plans for
// such text. Before YAML sees a file, each of them is replaced by a stand-in of the same width, so
// that all places stay right.
type standIns map[string]string

// original gives what was written where a stand-in stands, and other text as it is. What YAML
// folded onto a stand-in from the next line stays.
func (t standIns) original(text string) string {
	key, rest, _ := strings.Cut(text, " ")
	if was, ok := t[key]; ok {
		return strings.TrimSpace(was + " " + rest)
	}
	return text
}

// placeIn gives the place of a byte offset into what was written at a value.
func placeIn(l strict.Located[string], written string) func(offset int) strict.Pos {
	return func(offset int) strict.Pos {
		if strings.HasPrefix(l.Value, string(standIn)) && offset > 0 {
			// One character of a stand-in for one of the text, and all but the first are one byte.
			offset = utf8.RuneCountInString(written[:min(offset, len(written))]) - 1 + utf8.RuneLen(standIn)
		}
		return l.At(offset)
	}
}

const standIn = '\uE000' // for private use: no rule file has it

// replaceTerms puts stand-ins for the terms of lists and the queries that YAML would not read as
// they are meant.
func replaceTerms(data []byte) ([]byte, standIns) {
	text := string(data)
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r == standIn || !strict.Allowed(r) }) {
		return data, nil
	}
	terms := standIns{}
	var b strings.Builder
	inLists, depth := false, 0
	block, indent := false, 0 // inside a block of text, below a line of that indent
	for line := range strings.Lines(text) {
		blank := strings.TrimSpace(line) == ""
		margin := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case block && (blank || margin > indent):
			b.WriteString(line)
			continue
		case depth == 0 && margin == 0 && !blank && line[0] != '#':
			inLists = listsKey.MatchString(line)
		}
		block, indent = depth == 0 && blockStart.MatchString(strings.TrimRight(line, " \r\n")), margin
		if inLists {
			line, depth = terms.replaceLine(line, depth)
		} else if m := matchKey.FindString(line); m != "" {
			end := commentAt(line)
			line = m + terms.replace(line[len(m):end], true) + line[end:]
		}
		b.WriteString(line)
	}
	return []byte(b.String()), terms
}

var (
	listsKey  = regexp.MustCompile(`^lists\s*:`)
	matchKey  = regexp.MustCompile(`^\s*(?:- )?match:[ \t]+`)
	listEntry = regexp.MustCompile(`^\s+-\s+`)
	// plainStart is how text begins that may be plain in YAML.
	plainStart = regexp.MustCompile(`^[\p{L}\p{N}(]`)
	// plainTerm is what YAML reads as it is meant.
	plainTerm = regexp.MustCompile(`^(?:'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[\p{L}\p{N}\p{M}^=][\p{L}\p{N}\p{M} .*?'’"=^-]*)$`)
)

// replaceLine replaces terms of one line inside lists. depth counts the brackets that are open.
func (t standIns) replaceLine(line string, depth int) (string, int) {
	body := line[:commentAt(line)]
	tail := line[len(body):]
	if m := listEntry.FindString(body); m != "" && depth == 0 {
		return m + t.replace(body[len(m):], true) + tail, 0
	}
	var b strings.Builder
	for body != "" {
		if depth == 0 {
			i := strings.IndexByte(body, '[')
			if i < 0 {
				break
			}
			b.WriteString(body[:i+1])
			body, depth = body[i+1:], 1
		}
		end := bracketAt(body)
		for _, term := range splitTerms(body[:end]) {
			i := strings.Index(body, term.text)
			b.WriteString(body[:i] + t.replace(term.text, false))
			body, end = body[i+len(term.text):], end-i-len(term.text)
		}
		b.WriteString(body[:end])
		body = body[end:]
		if body == "" {
			break
		}
		b.WriteByte(body[0])
		body, depth = body[1:], 0
	}
	b.WriteString(body)
	return b.String() + tail, depth
}

// replace gives the stand-in for one term, or the term where YAML reads it right.
func (t standIns) replace(term string, alone bool) string {
	text := strings.TrimRight(term, " \r\n")
	calls := alone && strings.HasSuffix(text, ")") && plainStart.MatchString(text) && !strings.Contains(text, ": ")
	if text == "" || plainTerm.MatchString(text) || calls || strings.ContainsAny(text[:1], "&*!|>[]{}") {
		return term
	}
	width := utf8.RuneCountInString(text)
	number := strconv.FormatInt(int64(len(t)), 32) // has no x, which fills up
	if len(number) > width-1 {
		return term
	}
	key := string(standIn) + number + strings.Repeat("x", width-1-len(number))
	t[key] = text
	return key + term[len(text):]
}

// commentAt is where the comment of a line begins, or its end.
func commentAt(line string) int {
	for i := 0; i < len(line); {
		first := i == 0 || strings.ContainsRune(" [,:-", rune(line[i-1]))
		if n := skipTerm(line[i:], first); n > 0 && (line[i] != '(') {
			i += n
			continue
		}
		if line[i] == '#' && (i == 0 || line[i-1] == ' ') {
			return i
		}
		i++
	}
	return len(line)
}

// bracketAt is where the ] stands that ends a list, or the end of the line.
func bracketAt(s string) int {
	start := true
	for i := 0; i < len(s); {
		if n := skipTerm(s[i:], start); n > 0 {
			i, start = i+n, false
			continue
		}
		switch s[i] {
		case ']':
			return i
		case ',':
			start = true
		case ' ':
		default:
			start = false
		}
		i++
	}
	return len(s)
}

// querySyntax is what makes an entry of a list a query rather than words that stand together.
var querySyntax = regexp.MustCompile(`["()~@]|^\^|^=|^/|(?:^|\s)(?:AND|OR|NOT)(?:\s|$)|(?:^|\s)-\S|^(?:title|lead|body|author|tag|source|url|lang|same|age|length):`)

// parseTerm reads one entry of a list: words that stand together, or a query. shift is how much
// later the offsets of an error are than the text is.
func parseTerm(text string) (q *query.Query, shift int, err error) {
	if querySyntax.MatchString(text) || !strings.ContainsAny(text, " -") {
		q, err = query.Parse(text)
		return q, 0, err
	}
	q, err = query.Parse(`"` + text + `"`)
	return q, 1, err
}
