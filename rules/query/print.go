package query

import (
	"strconv"
	"strings"
	"time"
)

// String gives the query in its canonical form: parsed, it gives an equal query.
func (q *Query) String() string { return Format(q.Root) }

// Format gives a node in the canonical form.
func Format(n Node) string { return string(appendNode(nil, n, false)) }

// appendNode writes n; inner says that an AND or OR needs parentheses where it stands.
func appendNode(b []byte, n Node, inner bool) []byte {
	switch n := n.(type) {
	case *Term:
		return append(append(b, markSigns[n.Mark]...), n.Text...)
	case *Phrase:
		b = append(append(b, markSigns[n.Mark]...), '"')
		b = append(append(b, phraseEscape.Replace(n.Text)...), '"')
		if n.Slop > 0 {
			b = strconv.AppendInt(append(b, '~'), int64(n.Slop), 10)
		}
	case *Pattern:
		return append(b, n.Text...)
	case *Regexp:
		if n.Cased {
			b = append(b, '^')
		}
		return append(append(append(b, '/'), strings.ReplaceAll(n.Source, "/", `\/`)...), '/')
	case *List:
		return append(append(b, '@'), n.Name...)
	case *And:
		return appendJoined(b, n.Nodes, " AND ", inner)
	case *Or:
		return appendJoined(b, n.Nodes, " OR ", inner)
	case *Not:
		return appendNode(append(b, "NOT "...), n.Node, true)
	case *Near:
		return appendCall(b, "near", "", n.Nodes, strconv.Itoa(n.Distance))
	case *Same:
		return appendCall(b, "same:"+n.Unit.String(), "", n.Nodes, "")
	case *AtLeast:
		return appendCall(b, "atleast", strconv.Itoa(n.N), n.Nodes, "")
	case *Scope:
		b = append(append(b, n.Field.String()...), ':')
		if _, not := n.Node.(*Not); not {
			return append(appendNode(append(b, '('), n.Node, false), ')')
		}
		return appendNode(b, n.Node, true)
	case *RoleIs:
		b = appendCall(b, "role", "", []Node{n.Node}, "")
		b = append(append(append(b, ' '), n.Op.String()...), ' ')
		return append(b, n.Role.String()...)
	case *Age:
		return append(b, "age "+n.Op.String()+" "+formatAge(n.Value)...)
	case *Length:
		return append(b, "length "+n.Op.String()+" "+strconv.Itoa(n.Words)+" words"...)
	}
	return b
}

var phraseEscape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

var markSigns = [...]string{"", "=", "^"}

func appendJoined(b []byte, nodes []Node, word string, inner bool) []byte {
	if inner {
		b = append(b, '(')
	}
	for i, n := range nodes {
		if i > 0 {
			b = append(b, word...)
		}
		b = appendNode(b, n, true)
	}
	if inner {
		b = append(b, ')')
	}
	return b
}

func appendCall(b []byte, name, first string, nodes []Node, last string) []byte {
	b = append(append(b, name...), '(')
	sep := ""
	if first != "" {
		b = append(b, first...)
		sep = ", "
	}
	for _, n := range nodes {
		b = appendNode(append(b, sep...), n, false)
		sep = ", "
	}
	if last != "" {
		b = append(append(b, sep...), last...)
	}
	return append(b, ')')
}

// formatAge writes a duration in its largest whole unit.
func formatAge(d time.Duration) string {
	for _, u := range ageUnits {
		if d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return d.String()
}

var ageUnits = []struct {
	name string
	unit time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}
