package query

// Compiled is one query with its lists. It is never changed and may be used by several
// goroutines, each with a Document of its own. For many queries see Index.
type Compiled struct {
	query *Query
	p     *program
	root  int32
	parts []part
}

// part is an operand of the outermost AND.
type part struct {
	name string
	root int32
}

// Compile resolves the lists that a query uses. The error is an *UnknownListError or a
// *CycleError.
func Compile(q *Query, lists Lists) (*Compiled, error) {
	p := newProgram(lists)
	root, err := p.add(q)
	if err != nil {
		return nil, err
	}
	p.seal()
	c := &Compiled{query: q, p: p, root: root}
	starts := p.conjuncts(nil, q.Root, root)
	for i, n := range conjuncts(q.Root) {
		c.parts = append(c.parts, part{Format(n), starts[i]})
	}
	return c, nil
}

// seal numbers the signs and lets go of what only compiling needs.
func (p *program) seal() {
	p.assignSigns()
	p.source, p.listIDs, p.reIDs, p.checked = nil, nil, nil, nil
	p.termIDs = [3]map[string]int32{}
}

// conjuncts gives the operands of the outermost AND, or the node itself.
func conjuncts(n Node) []Node {
	if and, ok := n.(*And); ok {
		return and.Nodes
	}
	return []Node{n}
}

// conjuncts adds to dst where each operand of the outermost AND of n, compiled at root, begins.
func (p *program) conjuncts(dst []int32, n Node, root int32) []int32 {
	and, ok := n.(*And)
	if !ok {
		return append(dst, root)
	}
	from := len(dst)
	dst = append(dst, make([]int32, len(and.Nodes))...)
	c := root + 1
	for k := range cheapFirst(and.Nodes) {
		dst[from+k] = c
		c = p.after(c)
	}
	return dst
}

// Query is what was compiled.
func (c *Compiled) Query() *Query { return c.query }

// Match says whether the item satisfies the query, and by what.
func (c *Compiled) Match(d *Document) (Result, bool) {
	s := d.scratchFor(c.p)
	if s.eval(c.root) != yes {
		return Result{}, false
	}
	g := grouper{s: s}
	for _, p := range c.parts {
		g.add(p.name, p.root)
	}
	return Result{g.finish()}, true
}
