package strict

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// field is one key of a struct.
type field struct {
	key   string
	index []int
	lim   limits
}

// limits are what the tag strict:"…" asks of a value.
type limits struct {
	required bool
	min, max string
}

func parseLimits(tag string) (lim limits) {
	for part := range strings.SplitSeq(tag, ",") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "required":
			lim.required = true
		case "min":
			lim.min = value
		case "max":
			lim.max = value
		}
	}
	return lim
}

// fieldsOf gives the keys of a struct type, those of inlined structs included.
func fieldsOf(t reflect.Type) (fields []field) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
		case f.IsExported() && name != "" && name != "-":
			fields = append(fields, field{name, []int{i}, parseLimits(f.Tag.Get("strict"))})
		}
	}
	return fields
}

func (n *Node) decodeStruct(v reflect.Value) {
	fields := fieldsOf(v.Type())
	given := map[string]*Node{}
	for key, value := range n.Entries() {
		name := key.Text()
		if known(fields, v, name) {
			given[name] = value
			continue
		}
		key.Fail(fmt.Sprintf("unknown key %s", quote(name)), DidYouMean(name, keysOf(fields)))
	}
	for _, f := range fields {
		fv := v.FieldByIndex(f.index)
		value := given[f.key]
		if value == nil {
			value = n.missing(f.key)
		}
		switch fv.Type() {
		case secretType:
			fv.Set(reflect.ValueOf(n.secret(f, value, given[f.key+"_file"])))
			continue
		case rawType:
			fv.Set(reflect.ValueOf(Raw{value.alone()}))
		default:
			if value.yaml != nil {
				value.decode(fv, f.lim)
			}
		}
		if f.lim.required && (value.Kind() == Missing || value.Kind() == Scalar && strings.TrimSpace(value.Text()) == "") {
			value.Fail(fmt.Sprintf("%s is missing", f.key), "")
		}
	}
}

// missing stands for a key that the map does not have.
func (n *Node) missing(key string) *Node {
	return &Node{doc: n.doc, parent: n, path: append(n.path[:len(n.path):len(n.path)], key)}
}

func known(fields []field, v reflect.Value, key string) bool {
	return slices.ContainsFunc(fields, func(f field) bool {
		return f.key == key || f.key+"_file" == key && v.FieldByIndex(f.index).Type() == secretType
	})
}

func keysOf(fields []field) []string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return keys
}

// Map is a map that keeps the order of the file and the places of its keys.
type Map[T any] []Entry[T]

// Entry is one key of a Map with its value.
type Entry[T any] struct {
	Key   Located[string]
	Value T
}

// DecodeStrict reads the map.
func (m *Map[T]) DecodeStrict(n *Node) {
	if n.Kind() == Missing || !n.want(Mapping) {
		return
	}
	for key, value := range n.Entries() {
		e := Entry[T]{Key: Located[string]{key.Text(), key}}
		value.Decode(&e.Value)
		*m = append(*m, e)
	}
}

// JSONSchemaAlias tells generators of JSON Schema that the map is one of names to values.
func (Map[T]) JSONSchemaAlias() any { return map[string]T{} }

// Located is a value that knows its place, for problems that show only later: a name that no file
// defines, a query that does not parse. The zero value was not given and has no place.
type Located[T any] struct {
	Value T
	node  *Node
}

// DecodeStrict reads the value.
func (l *Located[T]) DecodeStrict(n *Node) {
	l.node = n.alone()
	n.Decode(&l.Value)
}

// JSONSchemaAlias tells generators of JSON Schema what the value is.
func (Located[T]) JSONSchemaAlias() any {
	var value T
	return value
}

// Given tells whether the file has the value.
func (l Located[T]) Given() bool { return l.node != nil && l.node.Kind() != Missing }

// Pos is where the value begins.
func (l Located[T]) Pos() Pos {
	if l.node == nil {
		return Pos{}
	}
	return l.node.Pos()
}

// At is the place of a byte offset into a text.
func (l Located[T]) At(offset int) Pos {
	if l.node == nil {
		return Pos{}
	}
	return l.node.At(offset)
}

// Quoted tells whether a text stands in quotes or in a block.
func (l Located[T]) Quoted() bool { return l.node != nil && l.node.Quoted() }

// Problem is a problem with the value.
func (l Located[T]) Problem(cause, hint string) Problem { return l.Pos().At(cause, hint) }

// Raw is a section that its owner decodes later, with its own struct.
type Raw struct{ node *Node }

// Given tells whether the file has the section.
func (r Raw) Given() bool { return r.node != nil && r.node.Kind() != Missing }

// Pos is where the section begins.
func (r Raw) Pos() Pos {
	if r.node == nil {
		return Pos{}
	}
	return r.node.Pos()
}

// Decode decodes the section into dst, a pointer to a struct. A section that was not given is an
// empty one, so that secrets from the environment are still found.
func (r Raw) Decode(dst any) Problems {
	if r.node == nil {
		return nil
	}
	doc := *r.node.doc
	doc.problems, doc.aliased = nil, 0
	n := *r.node
	n.doc = &doc
	if n.Kind() == Missing {
		n.decodeStruct(reflect.ValueOf(dst).Elem())
	} else {
		n.Decode(dst)
	}
	return doc.problems.Sort()
}

// Fail reports an error about the value while its file is being decoded, with the hint that the
// error may carry in a method Hint.
func (l Located[T]) Fail(err error) {
	if l.node != nil {
		l.node.Fail(err.Error(), hintOf(err))
	}
}
