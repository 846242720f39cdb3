package query

// Result says by what a query was met.
type Result struct {
	// Groups are the parts of the query that the item satisfied, in the order of the query: each
	// list that the query names, by its name, and beside lists each operand of the outermost AND,
	// as written. A part that only excludes or only compares age or length is no group.
	Groups []Group
}

// Group is a part of a query that an item satisfied.
type Group struct {
	Name     string     // without the @ of a list
	Role     Role       // the best of its evidence; NoRole when that stands in attributes only
	Evidence []Evidence // in the order of the item; at most MaxEvidence, the first ones
}

// MaxEvidence bounds the evidence of one group.
const MaxEvidence = 16

// Evidence is a place in an item that satisfies a part of a query.
type Evidence struct {
	Field      string // title, text, author, tag, source (the item's feed), url or lang
	Index      int    // which author or which tag
	Start, End int    // byte offsets into the field as given
	Text       string // what stands there
	Role       Role   // NoRole in an attribute
	Paragraph  int    // of the text, from 1; 0 outside of it
}

// Roles gives the role of each group that has one, by the group's name.
func (r *Result) Roles() map[string]string {
	roles := make(map[string]string, len(r.Groups))
	for _, g := range r.Groups {
		if g.Role != NoRole {
			roles[g.Name] = g.Role.String()
		}
	}
	return roles
}
