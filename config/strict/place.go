package strict

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// At is the place of a byte offset into Text, as far as quotes, escapes and line breaks let it be
// told.
func (n *Node) At(offset int) Pos {
	at := n.Pos()
	if n.yaml == nil || at.Line < 1 || at.Line > len(n.doc.lines) {
		return at
	}
	if n.yaml.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return n.atBlock(at, offset)
	}
	return n.atFlow(at, offset)
}

// atBlock finds an offset inside a block scalar, whose text begins on the line after its mark.
func (n *Node) atBlock(at Pos, offset int) Pos {
	rest, line, indent := n.yaml.Value, at.Line, -1
	for line < len(n.doc.lines) {
		raw := n.doc.lines[line]
		trimmed := strings.TrimLeft(raw, " ")
		if indent < 0 && trimmed != "" {
			indent = len(raw) - len(trimmed)
		}
		body := raw[min(max(indent, 0), len(raw)):]
		if offset <= len(body) || !strings.HasPrefix(rest, body) {
			return Pos{at.File, line + 1, max(indent, 0) + utf8.RuneCountInString(body[:min(max(offset, 0), len(body))]) + 1}
		}
		used := min(len(body)+1, len(rest)) // the line and its break, or the blank it was folded to
		rest, offset, line = rest[used:], offset-used, line+1
	}
	return at
}

// atFlow finds an offset inside a plain or quoted scalar by reading source and value side by side.
func (n *Node) atFlow(at Pos, offset int) Pos {
	line, col := at.Line-1, 0
	src := []rune(n.doc.lines[line])
	col = min(at.Col-1, len(src))
	quoteMark := rune(0)
	if n.yaml.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		for col < len(src) && src[col] != '"' && src[col] != '\'' {
			col++ // past an anchor or a tag
		}
		if col < len(src) {
			quoteMark = src[col]
			col++
		}
	}
	for i, r := range n.yaml.Value {
		for col >= len(src) && line+1 < len(n.doc.lines) { // folded: the next line stands for a blank
			line++
			src = []rune(n.doc.lines[line])
			col = 0
			for col < len(src) && (src[col] == ' ' || src[col] == '\t') {
				col++
			}
			if r == ' ' || r == '\n' {
				col-- // the blank itself has no place: the next letter stands at col
			}
		}
		if i >= offset || col >= len(src) {
			break
		}
		col += width(src[max(col, 0):], quoteMark)
	}
	return Pos{at.File, line + 1, max(col, 0) + 1}
}

// width is how many characters of the source stand for the next one of the value.
func width(src []rune, quoteMark rune) int {
	switch {
	case len(src) > 1 && quoteMark == '\'' && src[0] == '\'' && src[1] == '\'':
		return 2
	case len(src) > 1 && quoteMark == '"' && src[0] == '\\':
		return map[rune]int{'x': 4, 'u': 6, 'U': 10}[src[1]] + map[bool]int{true: 2}[!strings.ContainsRune("xuU", src[1])]
	}
	return 1
}
