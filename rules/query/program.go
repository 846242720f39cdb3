package query

import (
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// A program is a query as a flat run of nodes in prefix order: what is below a node follows it.
// All queries of an Index share one run of nodes, one vocabulary and the programs of their lists.
// Eight bytes a node and no pointers: with many queries, waiting for memory is what matching costs.
type node struct {
	op    op
	field Field
	n     uint16 // a distance, a slop, a count, a comparison
	a     int32  // leaves: a term, a list and so on; others: how many nodes they are with all below
}

type op uint8

const (
	opTerm   op = iota // a: term
	opList             // a: list
	opRegexp           // a: regular expression
	opAge              // n: comparison, a: into values
	opLength           // n: comparison, a: words
	opLang             // a: into langs
	opPair             // a: the sign of two words of the phrase above that stand together
	// From here on nodes have nodes below.
	opPhrase // n: how many terms; then their pairs
	opSlop   // terms, n: slop
	opAnd
	opOr
	opNot
	opNear    // n: distance
	opSame    // n: unit
	opAtLeast // n: count
	opRole    // n: comparison, and the role in the upper byte
)

// after gives the node after the one at i and all below.
func (p *program) after(i int32) int32 {
	if n := &p.nodes[i]; n.op >= opPhrase {
		return i + n.a
	}
	return i + 1
}

// program is what is compiled so far, and what a match reads.
type program struct {
	nodes   []node
	values  []time.Duration
	langs   []string
	lists   []listProgram
	regexps []regexpProgram
	vocabulary
	signs
	attributes bool // some node asks for author, tag, source or url

	source  Lists
	termIDs [3]map[string]int32 // by Mark
	listIDs map[listKey]int32
	reIDs   map[string]int32
	checked map[string]bool // lists without unknown names and circles
}

// listProgram is a list as seen in one field.
type listProgram struct {
	name string
	root int32
}

type listKey struct {
	name  string
	field Field
}

type regexpProgram struct {
	re     *regexp.Regexp
	needed []needles // texts that every match has; empty when there are none
}

func newProgram(lists Lists) *program {
	return &program{
		source:  lists,
		termIDs: [3]map[string]int32{make(map[string]int32), make(map[string]int32), make(map[string]int32)},
		listIDs: make(map[listKey]int32),
		reIDs:   make(map[string]int32),
		checked: make(map[string]bool),
	}
}

// add compiles a query and gives where it begins.
func (p *program) add(q *Query) (int32, error) {
	if err := p.source.resolve(q, p.checked); err != nil {
		return 0, err
	}
	if len(q.refs) > 0 {
		if err := p.prepareLists(q.Root, Anywhere); err != nil {
			return 0, err
		}
	}
	return p.emit(q.Root, Anywhere)
}

// prepareLists compiles the lists below n first, since programs do not interleave.
func (p *program) prepareLists(n Node, f Field) (err error) {
	switch n := n.(type) {
	case *List:
		_, err = p.list(n.Name, f)
		return err
	case *Scope:
		return p.prepareLists(n.Node, n.Field)
	}
	for _, c := range n.children() {
		if err = p.prepareLists(c, f); err != nil {
			return err
		}
	}
	return nil
}

// list gives the number of a list, seen in a field.
func (p *program) list(name string, f Field) (int32, error) {
	key := listKey{name, f}
	if id, ok := p.listIDs[key]; ok {
		return id, nil
	}
	queries := p.source[name]
	for _, q := range queries {
		if err := p.prepareLists(q.Root, f); err != nil {
			return 0, err
		}
	}
	root := p.open(opOr, f, 0)
	for _, q := range queries {
		if _, err := p.emit(q.Root, f); err != nil {
			return 0, err
		}
	}
	p.close(root)
	id := int32(len(p.lists))
	p.lists = append(p.lists, listProgram{name, root})
	p.listIDs[key] = id
	return id, nil
}

func (p *program) open(o op, f Field, n uint16) int32 {
	p.nodes = append(p.nodes, node{op: o, field: f, n: n})
	return int32(len(p.nodes) - 1)
}

// close says that nothing more is below the node at i.
func (p *program) close(i int32) { p.nodes[i].a = int32(len(p.nodes)) - i }

// emit writes the program of n as seen in field f, and gives where it begins.
func (p *program) emit(n Node, f Field) (at int32, err error) {
	at = int32(len(p.nodes))
	switch n := n.(type) {
	case *Term:
		if f == Lang {
			p.leaf(opLang, f, 0, p.language(n.Text))
			return at, nil
		}
		p.emitWords(n.Text, n.Mark, f, 0)
	case *Phrase:
		p.emitWords(n.Text, n.Mark, f, n.Slop)
	case *Pattern:
		p.emitTerms(p.termsOf(p.cutPattern(nil, n.Text), Inflected), f, 0)
	case *Regexp:
		id, err := p.regexp(n)
		if err != nil {
			return at, err
		}
		p.leaf(opRegexp, f, 0, id)
	case *And:
		at := p.open(opAnd, f, 0)
		for i := range cheapFirst(n.Nodes) {
			if _, err := p.emit(n.Nodes[i], f); err != nil {
				return at, err
			}
		}
		p.close(at)
	case *Or:
		err = p.emitAll(p.open(opOr, f, 0), n.Nodes, f)
	case *Not:
		err = p.emitAll(p.open(opNot, f, 0), []Node{n.Node}, f)
	case *Near:
		err = p.emitAll(p.open(opNear, f, uint16(n.Distance)), n.Nodes, f)
	case *Same:
		err = p.emitAll(p.open(opSame, f, uint16(n.Unit)), n.Nodes, f)
	case *AtLeast:
		err = p.emitAll(p.open(opAtLeast, f, uint16(n.N)), n.Nodes, f)
	case *Scope:
		return p.emit(n.Node, narrower(f, n.Field))
	case *List:
		id, err := p.list(n.Name, f)
		if err != nil {
			return at, err
		}
		p.leaf(opList, f, 0, id)
	case *RoleIs:
		err = p.emitAll(p.open(opRole, f, uint16(n.Op)|uint16(n.Role)<<8), []Node{n.Node}, f)
	case *Age:
		p.values = append(p.values, n.Value)
		p.leaf(opAge, f, uint16(n.Op), int32(len(p.values)-1))
	case *Length:
		p.leaf(opLength, f, uint16(n.Op), int32(min(n.Words, 1<<30)))
	}
	return at, err
}

// cheapFirst gives the order in which the operands of an AND are decided: words, then what is made
// of words, then what has to look at places.
func cheapFirst(nodes []Node) iter.Seq[int] {
	return func(yield func(int) bool) {
		for rank := range 3 {
			for i, n := range nodes {
				if effort(n) == rank && !yield(i) {
					return
				}
			}
		}
	}
}

func effort(n Node) int {
	switch n := n.(type) {
	case *Term, *Pattern, *Age, *Length:
		return 0
	case *Scope:
		return effort(n.Node)
	case *Phrase:
		return 1 + min(n.Slop, 1)
	case *Near, *Same, *AtLeast, *Regexp, *RoleIs:
		return 2
	}
	return 1
}

// narrower is the field of a scope inside of another, which only a list can bring about. A list
// that names a field keeps it; title:@list looks at the rest of the list in the title.
func narrower(outer, inner Field) Field {
	if inner == Anywhere {
		return outer
	}
	return inner
}

func (p *program) leaf(o op, f Field, n uint16, a int32) {
	p.nodes = append(p.nodes, node{o, f, n, a})
	if f >= Author && f <= URL {
		p.attributes = true
	}
}

func (p *program) emitAll(at int32, nodes []Node, f Field) error {
	for _, n := range nodes {
		if _, err := p.emit(n, f); err != nil {
			return err
		}
	}
	p.close(at)
	return nil
}

func (p *program) language(tag string) int32 {
	tag, _ = languageTag(tag)
	for i, l := range p.langs {
		if l == tag {
			return int32(i)
		}
	}
	p.langs = append(p.langs, tag)
	return int32(len(p.langs) - 1)
}

func (p *program) regexp(n *Regexp) (int32, error) {
	src := "(?i)" + n.Source
	if n.Cased {
		src = n.Source
	}
	if id, ok := p.reIDs[src]; ok {
		return id, nil
	}
	re, err := regexp.Compile(src)
	if err != nil {
		return 0, err
	}
	p.regexps = append(p.regexps, regexpProgram{re, neededText(n.Source)})
	p.reIDs[src] = int32(len(p.regexps) - 1)
	return p.reIDs[src], nil
}

// emitWords writes a word or phrase. Words joined by hyphens are also met when written as one:
// co-operation, cooperation.
func (p *program) emitWords(s string, mark Mark, f Field, slop int) {
	if id, ok := p.termIDs[mark][s]; ok { // one word, met before
		p.leaf(opTerm, f, 0, id)
		return
	}
	parts := p.cut(s)
	ids := p.termsOf(parts, mark)
	if joined := hyphenJoined(s, parts); joined != "" && slop == 0 {
		or := p.open(opOr, f, 0)
		p.emitTerms(ids, f, 0)
		p.leaf(opTerm, f, 0, p.term(joined, mark))
		p.close(or)
		return
	}
	p.emitTerms(ids, f, slop)
}

func (p *program) emitTerms(ids []int32, f Field, slop int) {
	if len(ids) == 1 {
		p.leaf(opTerm, f, 0, ids[0])
		return
	}
	o, n := opPhrase, len(ids)
	if slop > 0 {
		o, n = opSlop, slop
	}
	at := p.open(o, f, uint16(n))
	for _, id := range ids {
		p.leaf(opTerm, f, 0, id)
	}
	for range ids[1:] {
		if o == opPhrase {
			p.leaf(opPair, f, 0, 0) // numbered by assignSigns
		}
	}
	p.close(at)
}

// words gives the terms of the phrase at i.
func (p *program) words(i int32) []node { return p.nodes[i+1 : i+1+int32(p.nodes[i].n)] }

// pairsOf gives the pairs that the words of the phrase at i make.
func (p *program) pairsOf(i int32) []node { return p.nodes[i+1+int32(p.nodes[i].n) : i+p.nodes[i].a] }

func (p *program) termsOf(parts []string, mark Mark) []int32 {
	ids := make([]int32, len(parts))
	for i, part := range parts {
		ids[i] = p.term(part, mark)
	}
	return ids
}

// cut gives the words of a term or phrase. A word with wildcards stays whole; a question mark at
// the end of a word only ends a question.
func (p *program) cut(s string) []string {
	var parts []string
	for piece := range strings.FieldsSeq(s) {
		pattern := strings.TrimRight(strings.TrimLeft(piece, `'"([{`), `'")]},.;:!?`)
		if isPattern(pattern) && literalLetters(pattern) > 0 {
			parts = p.cutPattern(parts, pattern)
			continue
		}
		parts = append(parts, text.Cut(piece)...)
	}
	return parts
}

// cutPattern adds the words that a pattern is made of: arms-deal* is arms and deal*.
func (p *program) cutPattern(parts []string, s string) []string {
	for _, piece := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("-_/.,", r) }) {
		if isPattern(piece) && literalLetters(piece) > 0 {
			parts = append(parts, text.Fold(piece))
			continue
		}
		parts = append(parts, text.Cut(piece)...)
	}
	return parts
}

// hyphenJoined gives the one word that parts make without their hyphen, or nothing when they are
// not two words joined by one.
func hyphenJoined(s string, parts []string) string {
	if len(parts) != 2 || s != parts[0]+"-"+parts[1] {
		return ""
	}
	return parts[0] + parts[1]
}
