package strict

import (
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in a file. Line and Col start at 1 and Col counts characters; zero means that
// the place is the file as a whole.
type Pos struct {
	File      string
	Line, Col int
}

// String gives file:line:col, as editors and terminals understand it.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Problem says what is wrong at one place, and what to do about it. Cause and Hint hold no secret
// and are cut to a length that fits one line of a log.
type Problem struct {
	File  string `json:"file"`
	Line  int    `json:"line,omitempty"`
	Col   int    `json:"col,omitempty"`
	Cause string `json:"cause"`
	Hint  string `json:"hint,omitempty"`
}

// At makes a problem at a place.
func (p Pos) At(cause, hint string) Problem {
	return Problem{p.File, p.Line, p.Col, oneLine(cause, 200), oneLine(hint, 200)}
}

// Pos is the place of the problem.
func (p Problem) Pos() Pos { return Pos{p.File, p.Line, p.Col} }

// Error gives the problem in one line: file:line:col: cause (hint).
func (p Problem) Error() string {
	s := p.Cause
	if at := p.Pos().String(); at != "" {
		s = at + ": " + s
	}
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// Problems are everything that is wrong, by file, line and column. It is an error that prints one
// problem a line.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Err gives the problems as an error: nil when there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Sort orders the problems by file and place and drops repeats.
func (ps Problems) Sort() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
	return slices.Compact(ps)
}

// maxProblems bounds what one file may report: past it a file is of another kind altogether.
const maxProblems = 100

// oneLine makes text from a file fit for one line of a log or a terminal: control characters and
// what reorders text become visible, and what is longer than max runes is cut.
func oneLine(s string, max int) string {
	if s == "" {
		return s
	}
	quoted := []rune(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case r < 0x20, r == 0x7f, r >= 0x80 && r < 0xa0,
			r >= 0x200e && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '\uFFFD'
		}
		return r
	}, s))
	if len(quoted) > max {
		quoted = append(quoted[:max-1], '…')
	}
	return string(quoted)
}
