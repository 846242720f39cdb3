package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// call reads near( and its like, and what stands between the parentheses.
func (p *parser) call() (name token, nodes []Node, starts []token, err error) {
	name = p.tok
	if err = p.advance(); err == nil {
		nodes, starts, err = p.operands(name.start)
	}
	return name, nodes, starts, err
}

// operands reads what stands between ( and ), the ( being read already.
func (p *parser) operands(open int) ([]Node, []token, error) {
	var nodes []Node
	var starts []token
	for {
		starts = append(starts, p.tok)
		n, err := p.or()
		if err != nil {
			return nil, nil, err
		}
		nodes = append(nodes, n)
		more, err := p.accept(tokComma)
		if err != nil {
			return nil, nil, err
		}
		if !more {
			return nodes, starts, p.close(open)
		}
	}
}

func (p *parser) near() (Node, error) {
	call, nodes, starts, err := p.call()
	if err != nil {
		return nil, err
	}
	n := &Near{Nodes: nodes, Distance: 10}
	if last, ok := nodes[len(nodes)-1].(*Term); ok && len(nodes) > 1 {
		at := starts[len(starts)-1].start
		switch d, err := strconv.Atoi(last.Text); {
		case err != nil: // a word like the others
		case len(nodes) == 2:
			return nil, &SyntaxError{Offset: at, Got: last.Text, Expected: "a second word, phrase or list before the distance", Hint: fmt.Sprintf(`near(a, b, %s); the number itself is "%[1]s", in quotes`, last.Text)}
		case d < 1 || d > MaxDistance:
			return nil, &SyntaxError{Offset: at, Got: last.Text, Expected: fmt.Sprintf("a distance of 1 to %d words", MaxDistance)}
		default:
			n.Nodes, n.Distance = nodes[:len(nodes)-1], d
		}
	}
	if len(n.Nodes) < 2 {
		return nil, &SyntaxError{Offset: call.start, Got: "one operand", Expected: "near(a, b, 10): at least two words, phrases or lists"}
	}
	return n, placed(n.Nodes, starts, "near")
}

func (p *parser) same() (Node, error) {
	call, nodes, starts, err := p.call()
	if err != nil {
		return nil, err
	}
	if len(nodes) < 2 {
		return nil, &SyntaxError{Offset: call.start, Got: "one operand", Expected: "at least two words, phrases or lists in same:" + call.text + "(a, b)"}
	}
	n := &Same{Nodes: nodes}
	if call.text == Paragraph.String() {
		n.Unit = Paragraph
	}
	return n, placed(nodes, starts, "same:"+call.text)
}

// placed reports an operand that has no place in the text, so that it is near to nothing.
func placed(nodes []Node, starts []token, what string) error {
	if len(nodes) > MaxTogether {
		return &SyntaxError{Offset: starts[MaxTogether].start, Got: "more", Expected: fmt.Sprintf("at most %d operands in %s(…)", MaxTogether, what)}
	}
	for i, n := range nodes {
		if !hasPlace(n) {
			return &SyntaxError{Offset: starts[i].start, Got: Format(n), Expected: "words, phrases and lists in " + what + "(…)", Hint: "join the condition with AND outside of " + what}
		}
	}
	return nil
}

func hasPlace(n Node) bool {
	switch n := n.(type) {
	case *Not, *Age, *Length:
		return false
	case *Scope:
		return n.Field <= Body && hasPlace(n.Node)
	case *Or:
		for _, c := range n.Nodes {
			if !hasPlace(c) {
				return false
			}
		}
	case *And:
		for _, c := range n.Nodes {
			if hasPlace(c) {
				return true
			}
		}
		return false
	}
	return true
}

func (p *parser) atLeast() (Node, error) {
	_, nodes, starts, err := p.call()
	if err != nil {
		return nil, err
	}
	count, ok := nodes[0].(*Term)
	k, convErr := 0, error(nil)
	if ok {
		k, convErr = strconv.Atoi(count.Text)
	}
	if !ok || convErr != nil {
		return nil, &SyntaxError{Offset: starts[0].start, Got: Format(nodes[0]), Expected: "a number first: atleast(2, a, b, c)"}
	}
	if k < 1 || k > len(nodes)-1 {
		return nil, &SyntaxError{Offset: starts[0].start, Got: count.Text, Expected: fmt.Sprintf("a number from 1 to %d, as many as there are operands", len(nodes)-1)}
	}
	return &AtLeast{k, nodes[1:]}, nil
}

func (p *parser) role() (Node, error) {
	open := p.tok.start
	if err := p.advance(); err != nil {
		return nil, err
	}
	start := p.tok
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokClose {
		return nil, p.notClosed(open)
	}
	if err := placed([]Node{n}, []token{start}, "role"); err != nil {
		return nil, err
	}
	op, ok := p.lex.op()
	if !ok {
		p.lex.skipSpace()
		return nil, &SyntaxError{Offset: p.lex.pos, Expected: "a comparison after role(…)", Hint: "role(@libya) >= lead"}
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	role, ok := ParseRole(p.tok.text)
	if p.tok.kind != tokWord || !ok {
		return nil, p.unexpected("title, lead, body or background", "")
	}
	return &RoleIs{n, op, role}, p.advance()
}

// condition reads age < 48h and length > 200 words.
func (p *parser) condition() (Node, error) {
	name := p.tok.text
	op, _ := p.lex.op()
	if err := p.advance(); err != nil {
		return nil, err
	}
	if name == "age" {
		d, ok := parseAge(p.tok.text)
		if p.tok.kind != tokWord || !ok {
			return nil, p.unexpected("a duration such as 30m, 48h or 7d", "a number needs its unit: m, h, d or w")
		}
		return &Age{op, d}, p.advance()
	}
	words, err := strconv.Atoi(strings.ReplaceAll(p.tok.text, ",", ""))
	if p.tok.kind != tokWord || err != nil || words < 0 {
		return nil, p.unexpected("a number of words", "length > 200 words")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokWord && (p.tok.text == "words" || p.tok.text == "word") {
		return &Length{op, words}, p.advance()
	}
	return &Length{op, words}, nil
}

// parseAge reads a duration with one unit, days and weeks included.
func parseAge(s string) (time.Duration, bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, err := strconv.Atoi(s[:i])
	if err != nil || n > 1e5 {
		return 0, false
	}
	if s[i:] == "w" {
		return time.Duration(n) * 7 * 24 * time.Hour, true
	}
	for _, u := range ageUnits {
		if u.name == s[i:] {
			return time.Duration(n) * u.unit, true
		}
	}
	return 0, false
}
