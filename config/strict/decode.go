package strict

import (
	"encoding"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Decoder holds what a decoding may use besides the file. The zero value reads no environment.
type Decoder struct {
	// Env looks up environment variables, which override secrets. Defaults to none; commands give
	// os.LookupEnv.
	Env func(name string) (string, bool)

	// EnvPrefix begins the names of those variables. Defaults to "TOCSIN": the secret bot_token in
	// the section slack is TOCSIN_SLACK_BOT_TOKEN.
	EnvPrefix string

	// Warn hears of what is allowed and probably not meant. Defaults to silence.
	Warn func(Problem)
}

// Decode decodes one YAML document into dst, a pointer to a struct, and reports every problem.
// What could be read is in dst even when there are problems.
func Decode(file string, data []byte, dst any) Problems {
	return new(Decoder).Decode(file, data, dst)
}

// Decode is like the function Decode.
func (d *Decoder) Decode(file string, data []byte, dst any) Problems {
	text, problem := clean(file, data)
	if problem != nil {
		return Problems{*problem}
	}
	root, problem := parse(file, text)
	if problem != nil {
		return Problems{*problem}
	}
	doc := &document{Decoder: d, file: file, lines: strings.Split(text, "\n")}
	n := &Node{doc: doc, yaml: root}
	if root.Kind == yaml.AliasNode {
		n.Fail("an alias alone says nothing", "")
	} else {
		n.Decode(dst)
	}
	return doc.problems.Sort()
}

// parse gives the root of the only document in the text.
func parse(file, text string) (*yaml.Node, *Problem) {
	dec := yaml.NewDecoder(strings.NewReader(text))
	var first, second yaml.Node
	if err := dec.Decode(&first); err != nil {
		p := syntaxProblem(file, text, err)
		return nil, &p
	}
	root := first.Content[0]
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
		return root, nil
	case err != nil:
		p := syntaxProblem(file, text, err)
		return nil, &p
	}
	p := Pos{file, second.Line, second.Column}.At("a second document begins here", "one file holds one document: take the line --- out or use two files")
	return nil, &p
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line \d+: )?(.*)$`)

// syntaxProblem names a failure of the YAML parser, and its usual reason where that can be seen.
func syntaxProblem(file, text string, err error) Problem {
	for i, line := range strings.Split(text, "\n") {
		if indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]; strings.Contains(indent, "\t") {
			return Pos{file, i + 1, strings.IndexByte(line, '\t') + 1}.At("a tab in the indentation", "YAML indents with blanks only")
		}
	}
	if errors.Is(err, io.EOF) {
		return Pos{File: file}.At("the file holds nothing but comments", "delete it if that is what you want")
	}
	m := yamlLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
	if m == nil {
		return Pos{File: file, Line: 1}.At(err.Error(), "")
	}
	line := firstFailing(text, err.Error())
	hint := ""
	switch {
	case strings.Contains(m[1], "did not find expected ',' or ']'"):
		hint = "a [ without its ]?"
	case strings.Contains(m[1], "did not find expected ',' or '}'"):
		hint = "a { without its }?"
	case strings.Contains(m[1], "mapping values are not allowed"):
		hint = "put text that holds a colon in quotes, and check the indentation"
	case strings.Contains(m[1], "found character that cannot start any token"):
		hint = "text that begins with @, ` or % needs quotes"
	case strings.Contains(m[1], "did not find expected"), strings.Contains(m[1], "could not find expected"):
		hint = "check quotes and indentation here and on the line before"
	case strings.Contains(m[1], "unknown anchor"):
		hint = "text that begins with * needs quotes"
	}
	return Pos{File: file, Line: line}.At("not YAML: "+m[1], hint)
}

// firstFailing gives the line at which the parser first fails with this message. The parser itself
// names the line where the broken construct began, and is off by one for some of them.
func firstFailing(text, message string) int {
	ends := []int{}
	for i := range len(text) {
		if text[i] == '\n' {
			ends = append(ends, i+1)
		}
	}
	return 1 + sort.Search(len(ends), func(i int) bool {
		var n yaml.Node
		err := yaml.Unmarshal([]byte(text[:ends[i]]), &n)
		return err != nil && err.Error() == message
	})
}

var (
	decodableType = reflect.TypeFor[Decodable]()
	textType      = reflect.TypeFor[encoding.TextUnmarshaler]()
	durationType  = reflect.TypeFor[time.Duration]()
	prefixType    = reflect.TypeFor[netip.Prefix]()
	secretType    = reflect.TypeFor[Secret]()
	rawType       = reflect.TypeFor[Raw]()
)

// Decode decodes the node into dst, a pointer. It tells whether there was no problem.
func (n *Node) Decode(dst any) bool {
	before := len(n.doc.problems)
	n.decode(reflect.ValueOf(dst).Elem(), limits{})
	return len(n.doc.problems) == before
}

func (n *Node) decode(v reflect.Value, lim limits) {
	if v.Addr().Type().Implements(decodableType) {
		v.Addr().Interface().(Decodable).DecodeStrict(n)
		return
	}
	if n.Kind() == Missing {
		return
	}
	switch {
	case v.Type() == durationType:
		n.decodeDuration(v, lim)
	case v.Addr().Type().Implements(textType):
		if !n.want(Scalar) {
			return
		}
		err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Text()))
		switch {
		case err != nil && v.Type() == prefixType:
			n.Fail(quote(n.Text())+" is no network", "write an address and how many bits of it count: 192.168.7.0/24")
		case err != nil:
			n.Fail(err.Error(), hintOf(err))
		}
	default:
		n.decodeKind(v, lim)
	}
}

func (n *Node) decodeKind(v reflect.Value, lim limits) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		n.decode(v.Elem(), lim)
	case reflect.Struct:
		if n.want(Mapping) {
			n.decodeStruct(v)
		}
	case reflect.Slice:
		if !n.want(List) {
			return
		}
		out := reflect.MakeSlice(v.Type(), 0, len(n.yaml.Content))
		for item := range n.Items() {
			e := reflect.New(v.Type().Elem()).Elem()
			if item.Kind() == Missing {
				item.Fail("an empty entry in a list", "write the value or delete the line")
				continue
			}
			item.decode(e, lim)
			out = reflect.Append(out, e)
		}
		v.Set(out)
	case reflect.Map:
		if !n.want(Mapping) {
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for key, value := range n.Entries() {
			e := reflect.New(v.Type().Elem()).Elem()
			value.decode(e, lim)
			v.SetMapIndex(reflect.ValueOf(key.Text()).Convert(v.Type().Key()), e)
		}
	default:
		if n.want(Scalar) {
			n.decodeScalar(v, lim)
		}
	}
}

// want reports a value of another shape than asked for.
func (n *Node) want(k Kind) bool {
	got := n.Kind()
	if got == k {
		return true
	}
	found, hint := got.String(), ""
	if got == Scalar {
		found = quote(n.Text())
		switch k {
		case List:
			if !token.MatchString(n.Text()) {
				hint = fmt.Sprintf("write [%s]", n.Text())
			}
		case Mapping:
			hint = "write key: value, one a line, indented"
		}
	}
	switch {
	case k == List && got == Mapping:
		hint = `begin each entry with "- "`
	case k == Mapping && got == List && n.parent == nil:
		hint = "write the list under a key"
	case k == Scalar && got == Mapping:
		hint = `text that holds ": " or " #" stands in quotes`
	}
	n.Fail(fmt.Sprintf("expected %s, found %s", k, found), hint)
	return false
}

// A hinted error carries what to do about it apart from what is wrong.
type hinted interface{ Hint() string }

func hintOf(err error) string {
	var h hinted
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
