package query

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Limits of one query. They keep a query that a stranger wrote from costing more than it should.
const (
	MaxSource   = 64 << 10 // bytes
	MaxDepth    = 100      // parentheses in parentheses
	MaxRegexp   = 1 << 10  // bytes of one regular expression
	MaxDistance = 1000     // words, of near and of ~
	MaxTogether = 64       // words of a phrase, operands of near and same
)

// SyntaxError says what is wrong with a query, and where.
type SyntaxError struct {
	Offset   int    // in bytes, into the source
	Got      string // what stands there
	Expected string // what should
	Hint     string // how to put it right; may be empty
}

func (e *SyntaxError) Error() string {
	s := fmt.Sprintf("offset %d: expected %s", e.Offset, e.Expected)
	if e.Got != "" {
		s += ", found " + e.Got
	}
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// Parse reads a query in the language that Grammar describes. The error is a *SyntaxError.
func Parse(src string) (*Query, error) {
	if len(src) > MaxSource {
		return nil, &SyntaxError{Expected: "a query of at most 64 KiB", Got: fmt.Sprintf("%d KiB", len(src)>>10), Hint: "move words into named lists"}
	}
	if i := invalidUTF8(src); i >= 0 {
		return nil, &SyntaxError{Offset: i, Got: fmt.Sprintf("byte 0x%02x", src[i]), Expected: "valid UTF-8"}
	}
	p := &parser{lex: lexer{src: src}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokEnd {
		return nil, &SyntaxError{Offset: 0, Got: "nothing", Expected: "a query", Hint: `a query that is empty would match everything`}
	}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.unexpected("the end of the query or another word", closeHint(p.tok))
	}
	return &Query{Root: root, source: src, refs: p.refs}, nil
}

func invalidUTF8(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

type parser struct {
	lex   lexer
	tok   token // the current one
	depth int
	refs  []Reference
	field Field // of the scope that is being read; Anywhere outside of any
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lex.next()
	return err
}

// accept steps over the current token if it is of the kind.
func (p *parser) accept(kind tokenKind) (bool, error) {
	if p.tok.kind != kind {
		return false, nil
	}
	return true, p.advance()
}

func (p *parser) unexpected(expected, hint string) error {
	return &SyntaxError{Offset: p.tok.start, Got: p.describe(), Expected: expected, Hint: hint}
}

func (p *parser) describe() string {
	if p.tok.kind == tokEnd {
		return "end of query"
	}
	s := p.lex.src[p.tok.start:p.tok.end]
	if utf8.RuneCountInString(s) > 40 {
		s = string([]rune(s)[:40]) + "…"
	}
	return strconv.Quote(s)
}

// notClosed is the error for the parenthesis at open, or the call that begins there.
func (p *parser) notClosed(open int) error {
	begins := []rune(p.lex.src[open:])
	if len(begins) > 30 {
		begins = append(begins[:29], '…')
	}
	return p.unexpected(")", fmt.Sprintf("the parenthesis of %s is not closed", string(begins)))
}

func closeHint(t token) string {
	if t.kind == tokClose {
		return "there is one ) too many, or a ( is missing before it"
	}
	return ""
}

// or reads operands joined by OR.
func (p *parser) or() (Node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > MaxDepth {
		return nil, p.unexpected(fmt.Sprintf("at most %d levels of parentheses", MaxDepth), "move a part into a named list")
	}
	var few [8]Node // most are
	nodes := few[:0]
	for {
		n, err := p.and()
		if err != nil {
			return nil, err
		}
		if inner, ok := n.(*Or); ok {
			nodes = append(nodes, inner.Nodes...)
		} else {
			nodes = append(nodes, n)
		}
		more, err := p.accept(tokOr)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	return &Or{slices.Clone(nodes)}, nil
}

// and reads operands joined by AND or by nothing.
func (p *parser) and() (Node, error) {
	var few [8]Node
	nodes := few[:0]
	for {
		n, err := p.not()
		if err != nil {
			return nil, err
		}
		if inner, ok := n.(*And); ok {
			nodes = append(nodes, inner.Nodes...)
		} else {
			nodes = append(nodes, n)
		}
		more, err := p.accept(tokAnd)
		if err != nil {
			return nil, err
		}
		if !more && !p.startsOperand() {
			break
		}
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	return &And{slices.Clone(nodes)}, nil
}

func (p *parser) startsOperand() bool {
	switch p.tok.kind {
	case tokWord, tokPhrase, tokRegexp, tokList, tokField, tokSame, tokCall, tokCond, tokOpen, tokNot, tokMark:
		return true
	}
	return false
}

func (p *parser) not() (Node, error) {
	negated := false
	for p.tok.kind == tokNot { // NOT NOT x is x
		if err := p.advance(); err != nil {
			return nil, err
		}
		negated = !negated
	}
	n, err := p.operand()
	if err != nil {
		return nil, err
	}
	if inner, ok := n.(*Not); ok && negated {
		return inner.Node, nil
	}
	if negated {
		return &Not{n}, nil
	}
	return n, nil
}

const operandExpected = "a word, a phrase, a list or a parenthesis"

func (p *parser) operand() (Node, error) {
	tok := p.tok
	switch tok.kind {
	case tokWord:
		return p.word(Inflected)
	case tokPhrase:
		return p.phrase(Inflected)
	case tokMark:
		return p.marked()
	case tokRegexp:
		return p.regexp(false)
	case tokList:
		p.refs = append(p.refs, Reference{tok.text, tok.start})
		return &List{tok.text}, p.advance()
	case tokOpen:
		return p.parenthesis()
	case tokField:
		return p.scope()
	case tokSame:
		return p.same()
	case tokCall:
		switch tok.text {
		case "near":
			return p.near()
		case "atleast":
			return p.atLeast()
		}
		return p.role()
	case tokCond:
		return p.condition()
	case tokAnd, tokOr:
		return nil, p.unexpected(operandExpected, tok.text+" needs something on both sides; put it in quotes to look for the word itself")
	case tokOp:
		return nil, p.unexpected(operandExpected, "comparisons are: age < 48h, length > 200 words, role(…) >= lead")
	case tokSlop:
		return nil, p.unexpected(operandExpected, `~ follows a phrase: "arms deal"~5`)
	case tokClose:
		return nil, p.unexpected(operandExpected, "the parentheses hold nothing, or an operator before ) has nothing on its right")
	}
	return nil, p.unexpected(operandExpected, "")
}

func (p *parser) parenthesis() (Node, error) {
	open := p.tok.start
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	return n, p.close(open)
}

// close steps over the ) that belongs to the ( at open.
func (p *parser) close(open int) error {
	if p.tok.kind != tokClose {
		return p.notClosed(open)
	}
	return p.advance()
}

func (p *parser) marked() (Node, error) {
	mark, sign := Exact, p.tok
	if sign.text == "^" {
		mark = Cased
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.start != sign.end {
		return nil, p.unexpected(fmt.Sprintf("a word or phrase directly after %s", sign.text), "")
	}
	switch {
	case p.tok.kind == tokWord:
		return p.word(mark)
	case p.tok.kind == tokPhrase:
		return p.phrase(mark)
	case p.tok.kind == tokRegexp && mark == Cased:
		return p.regexp(true)
	}
	return nil, p.unexpected(fmt.Sprintf("a word or phrase after %s", sign.text), "")
}

func (p *parser) word(mark Mark) (Node, error) {
	tok := p.tok
	if tooManyWords(tok.text) {
		return nil, p.unexpected(fmt.Sprintf("at most %d words joined", MaxTogether), "")
	}
	if isPattern(tok.text) {
		if mark != Inflected {
			return nil, p.unexpected("a word without * or ?", "a pattern is compared as it is; leave the mark away")
		}
		if literalLetters(tok.text) < 2 {
			return nil, p.unexpected("at least two letters beside * and ?", "this would be met by almost every item")
		}
		return &Pattern{tok.text}, p.advance()
	}
	if !text.HasWord(tok.text) {
		return nil, p.unexpected("a word with a letter or a digit in it", "")
	}
	return &Term{tok.text, mark}, p.advance()
}

func tooManyWords(s string) bool {
	return len(s) > 2*MaxTogether && len(text.Cut(s)) > MaxTogether
}

func isPattern(s string) bool {
	return strings.IndexByte(s, '*') >= 0 || strings.IndexByte(s, '?') >= 0
}

func literalLetters(s string) int {
	n := 0
	for _, w := range text.Words(wildcardsToSpaces.Replace(s)) {
		n += utf8.RuneCountInString(w.Folded)
	}
	return n
}

var wildcardsToSpaces = strings.NewReplacer("*", " ", "?", " ")

func (p *parser) phrase(mark Mark) (Node, error) {
	n := &Phrase{Text: p.tok.text, Mark: mark}
	if !text.HasWord(n.Text) {
		return nil, p.unexpected("a phrase with a word in it", "an empty phrase would match everything")
	}
	if tooManyWords(n.Text) {
		return nil, p.unexpected(fmt.Sprintf("a phrase of at most %d words", MaxTogether), "")
	}
	end := p.tok.end
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind != tokSlop || p.tok.start != end {
		return n, nil
	}
	slop, err := strconv.Atoi(p.tok.text[1:])
	if err != nil || slop < 1 || slop > MaxDistance {
		return nil, p.unexpected(fmt.Sprintf("a number of words from 1 to %d after ~", MaxDistance), "")
	}
	n.Slop = slop
	return n, p.advance()
}

func (p *parser) regexp(cased bool) (Node, error) {
	src := p.tok.text
	if src == "" {
		return nil, p.unexpected("a regular expression between the slashes", "")
	}
	if len(src) > MaxRegexp {
		return nil, p.unexpected(fmt.Sprintf("a regular expression of at most %d bytes", MaxRegexp), "a list of words is found faster than a long expression")
	}
	if _, err := syntax.Parse(src, syntax.Perl); err != nil {
		return nil, p.unexpected("a regular expression that RE2 takes", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return &Regexp{src, cased}, p.advance()
}
