package strict

import (
	"fmt"
	"iter"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// A Decodable reads itself from a node and reports what is wrong with Node.Fail.
type Decodable interface{ DecodeStrict(n *Node) }

// Node is one value in a file, with its place.
type Node struct {
	doc    *document
	yaml   *yaml.Node // never an alias; nil for a value that was not given
	parent *Node
	path   []string // the keys from the root, for the names of environment variables
	behind bool     // an alias was followed on the way here
}

// document is what all nodes of one decoding share.
type document struct {
	*Decoder
	file     string
	lines    []string
	problems Problems
	aliased  int // nodes reached through an alias
}

// Limits of one file: deeper nesting or more nodes behind aliases is an attack, not a setting.
const (
	maxDepth   = 64
	maxAliased = 10_000
)

// Kind is the shape of a value.
type Kind int

const (
	Missing Kind = iota // not given, or given without a value
	Scalar              // text, a number, true or false
	List
	Mapping
)

func (k Kind) String() string {
	return [...]string{"nothing", "a single value", "a list", "a map"}[k]
}

// Kind tells the shape of the value.
func (n *Node) Kind() Kind {
	switch {
	case n.yaml == nil:
		return Missing
	case n.yaml.Kind == yaml.SequenceNode:
		return List
	case n.yaml.Kind == yaml.MappingNode:
		return Mapping
	case n.yaml.Tag == "!!null" && (n.yaml.Value == "" || n.yaml.Value == "~"):
		return Missing
	}
	return Scalar
}

// Text is a scalar as it is written, without its quotes: NO and 010 stay NO and 010.
func (n *Node) Text() string {
	if n.Kind() != Scalar {
		return ""
	}
	return n.yaml.Value
}

// Quoted tells whether a scalar stands in quotes or in a block, so that it can only be text.
func (n *Node) Quoted() bool {
	const text = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	return n.yaml != nil && n.yaml.Style&text != 0
}

// Pos is where the value begins; for a value that was not given, where its map begins.
func (n *Node) Pos() Pos {
	for ; n != nil; n = n.parent {
		if n.yaml != nil {
			return Pos{n.doc.file, n.yaml.Line, n.yaml.Column}
		}
		if n.parent == nil {
			return Pos{File: n.doc.file}
		}
	}
	return Pos{}
}

// alone is the node without the tree around it, for values that outlive the reading of their file:
// one name would hold all of a large file in memory.
func (n *Node) alone() *Node {
	c := *n
	c.parent = nil
	if at := n.Pos(); c.yaml == nil && at.Line > 0 {
		c.parent = &Node{doc: n.doc, yaml: &yaml.Node{Line: at.Line, Column: at.Col}}
	}
	return &c
}

// Fail reports that the value is not what was asked for.
func (n *Node) Fail(cause, hint string) { n.doc.add(n.Pos().At(cause, hint)) }

// FailAt reports a problem at a byte offset into Text.
func (n *Node) FailAt(offset int, cause, hint string) { n.doc.add(n.At(offset).At(cause, hint)) }

// Warn reports what is allowed and probably not meant.
func (n *Node) Warn(cause, hint string) {
	if n.doc.Decoder.Warn != nil {
		n.doc.Decoder.Warn(n.Pos().At(cause, hint))
	}
}

func (d *document) add(p Problem) {
	if len(d.problems) < maxProblems {
		d.problems = append(d.problems, p)
	}
}

// Items are the values of a list.
func (n *Node) Items() iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		if n.Kind() != List {
			return
		}
		for _, y := range n.yaml.Content {
			if c := n.child(y, "*"); c != nil && !yield(c) {
				return
			}
		}
	}
}

// Entries are the keys and values of a map in the order of the file. A key given twice is
// reported, and comes once.
func (n *Node) Entries() iter.Seq2[*Node, *Node] {
	return func(yield func(key, value *Node) bool) {
		if n.Kind() != Mapping {
			return
		}
		seen := map[string]int{}
		for key, value := range n.entries() {
			name := key.Text()
			if line, twice := seen[name]; twice {
				key.Fail(fmt.Sprintf("the key %s is given twice", quote(name)), fmt.Sprintf("first on line %d", line))
				continue
			}
			seen[name] = key.yaml.Line
			if !yield(key, value) {
				return
			}
		}
		for _, value := range n.merged() {
			for key, value := range value.Entries() {
				if _, own := seen[key.Text()]; own {
					continue
				}
				seen[key.Text()] = key.yaml.Line
				if !yield(key, value) {
					return
				}
			}
		}
	}
}

// entries are the map's own entries as they stand, repeats included, merges left out.
func (n *Node) entries() iter.Seq2[*Node, *Node] {
	return func(yield func(key, value *Node) bool) {
		for i := 0; i+1 < len(n.yaml.Content); i += 2 {
			if n.yaml.Content[i].Tag == "!!merge" {
				continue
			}
			key := n.child(n.yaml.Content[i], "")
			if key == nil {
				continue
			}
			if key.Kind() != Scalar {
				key.Fail("a key must be a single word", "")
				continue
			}
			value := n.child(n.yaml.Content[i+1], key.Text())
			if value != nil && !yield(key, value) {
				return
			}
		}
	}
}

// merged are the maps that the map takes over with <<.
func (n *Node) merged() (maps []*Node) {
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		if n.yaml.Content[i].Tag != "!!merge" {
			continue
		}
		value := n.child(n.yaml.Content[i+1], "")
		switch {
		case value == nil:
		case value.Kind() == Mapping:
			maps = append(maps, value)
		case value.Kind() == List:
			for item := range value.Items() {
				if item.Kind() == Mapping {
					maps = append(maps, item)
				} else {
					item.Fail("<< takes maps", "")
				}
			}
		default:
			value.Fail("<< takes a map", "")
		}
	}
	return maps
}

// child gives the node of y below n, behind an alias where y is one; nil when it goes too far.
func (n *Node) child(y *yaml.Node, key string) *Node {
	c := &Node{doc: n.doc, yaml: y, parent: n, behind: n.behind, path: append(n.path[:len(n.path):len(n.path)], key)}
	if y.Kind == yaml.AliasNode {
		for up := n; up != nil; up = up.parent {
			if up.yaml == y.Alias {
				c.Fail(fmt.Sprintf("the anchor %s contains itself", quote(y.Value)), "")
				return nil
			}
		}
		c.yaml, c.behind = y.Alias, true
	}
	if c.behind {
		if n.doc.aliased++; n.doc.aliased > maxAliased {
			if n.doc.aliased == maxAliased+1 {
				c.Fail("excessive aliasing", "write the values out")
			}
			return nil
		}
	}
	if len(c.path) > maxDepth {
		c.Fail(fmt.Sprintf("nested deeper than %d levels", maxDepth), "")
		return nil
	}
	if c.yaml.Style&yaml.TaggedStyle != 0 && c.yaml.Tag != "!!str" {
		c.Fail(fmt.Sprintf("the tag %s has no meaning here", quote(c.yaml.Tag)), "leave it out")
		return nil
	}
	return c
}

// quote shows a value in a problem, unless it looks like a token that stands in the wrong place.
func quote(s string) string {
	if token.MatchString(s) {
		return "[secret]"
	}
	return `"` + oneLine(s, 60) + `"`
}

var token = regexp.MustCompile(`(?i)xox[a-z]-|xapp-|syt_|mat_|sk-[a-z0-9]|bearer |://[^/@\s]*:[^/@\s]*@`)
