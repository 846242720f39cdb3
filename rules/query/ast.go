package query

import (
	"reflect"
	"time"
)

// A Query is one parsed query. It is never changed after it was made and may be shared.
type Query struct {
	Root   Node
	source string
	refs   []Reference
}

// A Reference is a use of a named list, as "@arms-deal", and where it stands.
type Reference struct {
	Name   string // without the @
	Offset int    // in bytes, into the source of the query
}

// New makes a query of nodes that were not parsed: the query of an entity, of a country.
func New(root Node) *Query {
	q := &Query{Root: root}
	Walk(root, func(n Node) bool {
		if l, ok := n.(*List); ok {
			q.refs = append(q.refs, Reference{Name: l.Name})
		}
		return true
	})
	return q
}

// Source is the text that was parsed, or what String gives for a query that was not.
func (q *Query) Source() string {
	if q.source == "" {
		return q.String()
	}
	return q.source
}

// References are the lists that the query itself names, in order, once for each use.
func (q *Query) References() []Reference { return q.refs }

// Equal says whether two queries mean the same by being built alike; spaces and superfluous
// parentheses do not count.
func (q *Query) Equal(other *Query) bool { return reflect.DeepEqual(q.Root, other.Root) }

// Node is a part of a query: one of *Term, *Phrase, *Pattern, *Regexp, *And, *Or, *Not, *Near,
// *Same, *AtLeast, *Scope, *List, *RoleIs, *Age and *Length.
type Node interface{ children() []Node }

// Term is one word, or several joined by hyphens.
type Term struct {
	Text string // as written
	Mark Mark
}

// Phrase is words in a row: "arms deal". With Slop the words may stand in any order with at most
// that many other words between the first and the last of them.
type Phrase struct {
	Text string // as written, without the quotes; a word of it may be a pattern
	Slop int
	Mark Mark
}

// Mark says how exactly a word must be met.
type Mark uint8

const (
	Inflected Mark = iota // deal, deals: any form of the word in the item's language
	Exact                 // =deals: this form only; case and accents do not count
	Cased                 // ^US: this form only, in these capitals
)

// Pattern is a word with wildcards: * is any run of characters, ? is one. It is met within one
// word, and case and accents do not count.
type Pattern struct{ Text string }

// Regexp is a regular expression (RE2) over the text of a field as given. Case does not count
// unless Cased.
type Regexp struct {
	Source string
	Cased  bool
}

// And is met when all of its nodes are.
type And struct{ Nodes []Node }

// Or is met when one of its nodes is.
type Or struct{ Nodes []Node }

// Not is met when its node is not.
type Not struct{ Node Node }

// Near is met when all of its nodes stand within Distance words of the first of them to end.
type Near struct {
	Nodes    []Node
	Distance int
}

// Same is met when all of its nodes stand in one sentence or one paragraph.
type Same struct {
	Unit  Unit
	Nodes []Node
}

// Unit is what Same looks at.
type Unit uint8

const (
	Sentence Unit = iota
	Paragraph
)

func (u Unit) String() string { return [...]string{"sentence", "paragraph"}[u] }

// AtLeast is met when N of its nodes are.
type AtLeast struct {
	N     int
	Nodes []Node
}

// Scope looks for its node in one field only.
type Scope struct {
	Field Field
	Node  Node
}

// List stands for a named list of queries and is met when one of them is.
type List struct{ Name string } // without the @

// RoleIs is met when its node is, and its role compares as asked: role(@libya) >= lead.
type RoleIs struct {
	Node Node
	Op   Op
	Role Role
}

// Age compares how long before now the item happened. It fails for an item without a time.
type Age struct {
	Op    Op
	Value time.Duration
}

// Length compares the number of words in the item's text; the title does not count.
type Length struct {
	Op    Op
	Words int
}

func (*Term) children() []Node      { return nil }
func (*Phrase) children() []Node    { return nil }
func (*Pattern) children() []Node   { return nil }
func (*Regexp) children() []Node    { return nil }
func (*List) children() []Node      { return nil }
func (*Age) children() []Node       { return nil }
func (*Length) children() []Node    { return nil }
func (n *And) children() []Node     { return n.Nodes }
func (n *Or) children() []Node      { return n.Nodes }
func (n *Not) children() []Node     { return []Node{n.Node} }
func (n *Near) children() []Node    { return n.Nodes }
func (n *Same) children() []Node    { return n.Nodes }
func (n *AtLeast) children() []Node { return n.Nodes }
func (n *Scope) children() []Node   { return []Node{n.Node} }
func (n *RoleIs) children() []Node  { return []Node{n.Node} }

// Walk calls f for the node and, where f says true, for everything below it, in order.
func Walk(n Node, f func(Node) bool) {
	if !f(n) {
		return
	}
	for _, c := range n.children() {
		Walk(c, f)
	}
}

// Field is a part of an item that a query can be limited to.
type Field uint8

const (
	Anywhere Field = iota // title and text
	Title
	Lead // the beginning of the text: see Document.Role
	Body // the whole text
	Author
	Tag
	Source // the name of the feed, or the host of the item's URL
	URL
	Lang // a BCP 47 tag: pt is met by pt and pt-BR
)

var fieldNames = [...]string{"", "title", "lead", "body", "author", "tag", "source", "url", "lang"}

func (f Field) String() string { return fieldNames[f] }

// Role is how prominent a place in an item is.
type Role uint8

const (
	NoRole Role = iota
	Background
	InBody
	InLead
	InTitle
)

var roleNames = [...]string{"", "background", "body", "lead", "title"}

func (r Role) String() string { return roleNames[r] }

// ParseRole gives the role with the name, and false when there is none.
func ParseRole(name string) (Role, bool) {
	for i := Background; i <= InTitle; i++ {
		if roleNames[i] == name {
			return i, true
		}
	}
	return NoRole, false
}

// MarshalText gives the name of the role.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Op is a comparison.
type Op uint8

const (
	Less Op = iota
	LessEqual
	Equals
	NotEqual
	GreaterEqual
	Greater
)

var opNames = [...]string{"<", "<=", "=", "!=", ">=", ">"}

func (o Op) String() string { return opNames[o] }

func compare[T ~uint8 | ~int | ~int64](a T, op Op, b T) bool {
	switch op {
	case Less:
		return a < b
	case LessEqual:
		return a <= b
	case Equals:
		return a == b
	case NotEqual:
		return a != b
	case GreaterEqual:
		return a >= b
	}
	return a > b
}
