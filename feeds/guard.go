package feeds

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of the guard. Each is far above what honest feeds hold and low enough that no document
// under MaxDocument costs the parser behind it more than about a second or 100 MB.
const (
	// MaxDocument is the size in bytes above which a document is refused unread.
	MaxDocument = 15 << 20

	// MaxItems is how many items of a document are read. Feeds list the newest first; the longest
	// honest ones, podcasts with every episode since 2008, have about 1,000.
	MaxItems = 2000

	maxDepth     = 48      // open elements; deeper ones are left out
	maxPerItem   = 128     // elements of one item; further ones are left out
	maxOutside   = 4096    // elements outside items
	maxElements  = 60000   // elements from which on no further item is read
	maxAttrs     = 32      // attributes of one element
	maxAttrValue = 4096    // bytes; longer attributes are left out
	maxBindings  = 64      // namespace declarations in scope
	maxBases     = 3       // xml:base attributes in scope
	maxBaseValue = 512     // bytes
	maxProse     = 4 << 20 // bytes of one piece of prose, markup included
	maxLeaf      = 65536   // bytes of text of one element that is not prose, such as a guid
)

// skeleton is a feed document as the guard hands it to the parser: the same elements in the same
// order, well-formed, in UTF-8, within the limits, dates in RFC 3339; and in place of each piece of
// prose (titles, descriptions, contents) a mark. The parser decides which element means what and
// works on a tenth of the bytes; the prose is cleaned in one pass of our own.
type skeleton struct {
	xml   []byte
	prose []prose
	root  string // local name of the root, lower case: "rss", "rdf" or "feed"
	lang  string // xml:lang of the root
	cut   bool   // the document holds more items than were read
}

// guard reads a document once, byte by byte, and writes its skeleton. It forgives what people get
// wrong (junk around the root, raw "&", unknown entities, unclosed or crossed elements, control
// characters) and takes out what is hostile (depth, attribute floods, entity bombs).
type guard struct {
	src      []byte
	pos      int
	maxItems int
	out      bytes.Buffer
	skeleton
	entities entities
	stack    []element
	drop     int    // open elements that are being left out; 0 when copying
	items    int    // items begun
	itemName string // qualified name of the first item
	inItem   int    // stack height at which the current item opened; 0 outside
	elements int
	perItem  int
	outside  int
	leaf     int // bytes of text written for the innermost element
	bindings int
	bases    int
	started  bool            // the root has begun
	ended    bool            // the root has ended
	invented int             // elements opened that the document lacks
	web      bool            // what stands before any root is a web page
	endless  map[string]bool // closers such as "-->" that do not come again
}

type element struct {
	name            string // qualified, as written
	local           string // lower case
	bindings, bases int    // declarations on this element
	date            int    // offset into out of the text, when the element is a date; else 0
	link            int    // offset into out of the ">", when the element is an Atom link without href; else 0
}

// guardXML gives the skeleton of an XML feed. doc is valid UTF-8.
func guardXML(doc []byte, maxItems int) (*skeleton, error) {
	g := &guard{src: doc, maxItems: maxItems}
	g.out.Grow(min(len(doc), 64<<10))
	for g.pos < len(g.src) && !g.ended && !g.cut {
		if g.src[g.pos] != '<' {
			g.text()
			continue
		}
		if !g.markup() {
			break
		}
	}
	switch {
	case !g.started && g.web:
		return nil, ErrWebPage
	case !g.started:
		return nil, ErrNotFeed
	case !g.ended && !g.cut:
		return nil, ErrTruncated
	}
	for len(g.stack) > 0 {
		g.pop()
	}
	g.skeleton.xml = g.out.Bytes()
	return &g.skeleton, nil
}

// text copies character data up to the next "<".
func (g *guard) text() {
	end := bytes.IndexByte(g.src[g.pos:], '<')
	if end < 0 {
		end = len(g.src) - g.pos
	}
	raw := g.src[g.pos : g.pos+end]
	g.pos += end
	g.write(raw, true)
}

// write copies text of the innermost element, decoding entities when it is not CDATA.
func (g *guard) write(raw []byte, escaped bool) {
	if !g.started || g.drop > 0 || g.leaf >= maxLeaf {
		return
	}
	raw = raw[:min(len(raw), maxLeaf-g.leaf)]
	g.leaf += len(raw)
	if len(bytes.TrimSpace(raw)) == 0 {
		g.out.WriteByte(' ')
		return
	}
	s := strings.ToValidUTF8(string(raw), "") // the cut may go through a letter
	if escaped {
		s = g.entities.decode(s)
	}
	writeEscaped(&g.out, s)
}

// writeEscaped writes text that any XML parser reads: control characters, noncharacters and the
// rune of our marks are left out.
func writeEscaped(out *bytes.Buffer, s string) {
	from := 0
	for i, r := range s {
		var esc string
		switch {
		case r == '&':
			esc = "&amp;"
		case r == '<':
			esc = "&lt;"
		case r == '>':
			esc = "&gt;"
		case r == '"':
			esc = "&#34;"
		case r >= 0x20 && r < 0xFDD0, r == '\n', r == '\t', r > 0xFDEF && r < 0xFFFE, r > 0xFFFF:
			continue
		}
		out.WriteString(s[from:i])
		out.WriteString(esc)
		from = i + utf8.RuneLen(r)
	}
	out.WriteString(s[from:])
}

// skipPast skips to behind end, or behind the next ">" when end never comes.
func (g *guard) skipPast(rest []byte, end string, from int) bool {
	i := g.index(rest[min(from, len(rest)):], end)
	if i >= 0 {
		g.pos += from + i + len(end)
		return true
	}
	if i = bytes.IndexByte(rest, '>'); i < 0 {
		return false
	}
	g.pos += i + 1
	return true
}

// index finds a closer in what is left of the document. One that was not found is not looked for
// again: a megabyte of "<!--" must not cost a search to the end each.
func (g *guard) index(rest []byte, closer string) int {
	if g.endless[closer] {
		return -1
	}
	i := bytes.Index(rest, []byte(closer))
	if i < 0 {
		if g.endless == nil {
			g.endless = make(map[string]bool)
		}
		g.endless[closer] = true
	}
	return i
}

// declaration reads <!DOCTYPE …>, whose internal subset may name entities, and skips any other.
func (g *guard) declaration(rest []byte) bool {
	if !g.started && len(rest) > 14 && strings.EqualFold(string(rest[2:9]), "doctype") &&
		strings.EqualFold(string(bytes.TrimSpace(rest[9:14])), "html") {
		g.web = true
	}
	gt := bytes.IndexByte(rest, '>')
	if gt < 0 {
		return false
	}
	open := bytes.IndexByte(rest[:gt], '[')
	if open < 0 || g.started {
		g.pos += gt + 1
		return true
	}
	end := bytes.IndexByte(rest[open:], ']')
	if end < 0 {
		return false
	}
	g.entities.declare(rest[open : open+end])
	g.pos += open + end
	return g.skipPast(g.src[g.pos:], ">", 0)
}

// endTag closes the element that it names, and those inside it that were left open. A tag that
// closes nothing is left out.
func (g *guard) endTag(rest []byte) bool {
	gt := bytes.IndexByte(rest, '>')
	if gt < 0 {
		gt = len(rest) // only the last end tag of the document may lack its ">"
	}
	g.pos += min(gt+1, len(rest))
	if !g.started {
		return true
	}
	if g.drop > 0 && !g.closesAround(rest) {
		g.drop--
		return true
	}
	g.drop = 0
	name := string(bytes.TrimSpace(rest[2:gt]))
	if gt == len(rest) && !strings.EqualFold(name, g.stack[0].name) {
		return false
	}
	for i := len(g.stack) - 1; i >= 0; i-- {
		if !strings.EqualFold(g.stack[i].name, name) {
			continue
		}
		for len(g.stack) > i {
			g.pop()
		}
		break
	}
	return true
}

// pop closes the innermost element.
func (g *guard) pop() {
	e := g.stack[len(g.stack)-1]
	switch {
	case e.date > 0:
		g.rewriteDate(e.date)
	case e.link > 0:
		g.rewriteLink(e.link)
	}
	g.out.WriteString("</")
	g.out.WriteString(e.name)
	g.out.WriteByte('>')
	g.stack = g.stack[:len(g.stack)-1]
	g.bindings -= e.bindings
	g.bases -= e.bases
	if len(g.stack) < g.inItem {
		g.inItem = 0
	}
	g.ended = len(g.stack) == g.invented
}

// rewriteDate replaces the text of a date element, written from offset at on, by RFC 3339, which
// gofeed tries among its first of 160 layouts, or by nothing when the text is no date.
func (g *guard) rewriteDate(at int) {
	raw := string(g.out.Bytes()[at:])
	g.out.Truncate(at)
	if t := parseDate(raw); !t.IsZero() {
		g.out.WriteString(t.Format(dateLayout))
	}
}

// rewriteLink makes the text of an Atom link, whose start tag ends at offset at, its href.
func (g *guard) rewriteLink(at int) {
	text := bytes.Clone(bytes.TrimSpace(g.out.Bytes()[at+1:]))
	g.out.Truncate(at)
	if bytes.IndexByte(text, '<') < 0 {
		g.out.WriteString(` href="`)
		g.out.Write(text)
		g.out.WriteByte('"')
	}
	g.out.WriteByte('>')
}

// mark writes the mark that stands for the n-th piece of prose.
func (g *guard) mark(n int) {
	g.out.WriteRune(markRune)
	g.out.WriteString(strconv.Itoa(n))
	g.out.WriteRune(markRune)
}
