package feeds

import (
	"bytes"
	"strconv"
	"strings"
)

// markRune begins and ends a mark. It is a noncharacter, which the guard drops from what it copies,
// so that no feed can write a mark of its own.
const markRune = '\uFDD0'

// isProse tells the elements whose content is lifted out as prose. Those of Media RSS keep their
// place: media:content holds elements, not text.
func isProse(name, local string) bool {
	switch local {
	case "title", "description", "encoded", "content", "summary", "subtitle", "tagline", "info", "body",
		"fullitem", "id":
		return !strings.HasPrefix(name, "media:")
	}
	return false
}

// holdsProse tells whether the innermost element is one whose children gofeed reads one by one. The
// text of any other, such as an author, it takes as it stands, marks included.
func (g *guard) holdsProse() bool {
	if len(g.stack) == 0 {
		return false
	}
	switch g.stack[len(g.stack)-1].local {
	case "rss", "rdf", "feed", "channel", "item", "entry":
		return true
	}
	return false
}

// lift takes the content of the element that has just begun as prose and writes the element under
// the name as, with a mark in it. Its end is its own end tag, or the end of the item or feed around.
func (g *guard) lift(name, as string, attrs []attribute) bool {
	start := g.pos
	end, after := g.proseEnd(name)
	if end < 0 {
		return false
	}
	p := prose{raw: string(g.src[start:min(end, start+maxProse)]), kind: markedUpProse, entities: &g.entities}
	g.out.WriteString("<" + as)
	for i, a := range attrs {
		switch {
		case a.name == "type":
			p.mediaType = strings.ToLower(strings.TrimSpace(string(a.value)))
		case a.name == "mode":
			p.mode = strings.ToLower(string(a.value))
		case strings.HasPrefix(a.name, "xmlns") && i < maxAttrs && isName(a.name) && len(a.value) <= maxBaseValue:
			g.attribute(a) // the element may be in a namespace that it declares itself
		}
	}
	g.out.WriteByte('>')
	g.mark(len(g.prose))
	g.out.WriteString("</" + as + ">")
	g.prose = append(g.prose, p)
	g.pos = after
	return true
}

// proseEnd finds where the content of the element ends and where to go on.
func (g *guard) proseEnd(name string) (end, after int) {
	nested := 0
	for i := g.pos; ; {
		lt := bytes.IndexByte(g.src[i:], '<')
		if lt < 0 {
			return -1, -1
		}
		i += lt
		rest := g.src[i:]
		switch {
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			close := bytes.Index(rest, []byte("]]>"))
			if close < 0 {
				return -1, -1
			}
			i += close + 3
		case bytes.HasPrefix(rest, []byte("<!--")):
			if close := g.index(rest, "-->"); close >= 0 {
				i += close + 3
			} else {
				i++
			}
		case hasTag(rest, "</", name):
			if nested == 0 {
				gt := bytes.IndexByte(rest, '>')
				if gt < 0 {
					return -1, -1
				}
				return i, i + gt + 1
			}
			nested--
			i++
		case hasTag(rest, "<", name):
			if !selfClosing(rest) {
				nested++
			}
			i++
		case len(rest) > 1 && rest[1] == '/' && g.closesAround(rest):
			return i, i
		default:
			i++
		}
	}
}

// selfClosing tells whether the tag that begins here ends in "/>". It looks no further than the
// next "<", so that unclosed tags cost no more than their length.
func selfClosing(rest []byte) bool {
	if next := bytes.IndexByte(rest[1:], '<'); next >= 0 {
		rest = rest[:next+1]
	}
	gt := bytes.IndexByte(rest, '>')
	return gt > 0 && rest[gt-1] == '/'
}

// closesAround tells whether the end tag closes the item, or what is around it.
func (g *guard) closesAround(rest []byte) bool {
	for i, e := range g.stack {
		if (i < 2 || strings.EqualFold(e.name, g.itemName)) && hasTag(rest, "</", e.name) {
			return true
		}
	}
	return false
}

// hasTag tells whether a tag of this name begins here, ignoring case.
func hasTag(rest []byte, open, name string) bool {
	n := len(open) + len(name)
	if len(rest) <= n || string(rest[:len(open)]) != open || !strings.EqualFold(string(rest[len(open):n]), name) {
		return false
	}
	switch rest[n] {
	case '>', '/', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

// markup reads one construct that begins with "<". It reports whether there is more to read: a
// construct that never ends is the end of a truncated document.
func (g *guard) markup() bool {
	rest := g.src[g.pos:]
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		return g.skipPast(rest, "-->", 4)
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		end := bytes.Index(rest, []byte("]]>"))
		if end < 0 {
			return false
		}
		g.write(rest[len("<![CDATA["):end], false)
		g.pos += end + 3
		return true
	case bytes.HasPrefix(rest, []byte("<?")):
		return g.skipPast(rest, "?>", 2)
	case bytes.HasPrefix(rest, []byte("<!")):
		return g.declaration(rest)
	case len(rest) > 2 && rest[1] == '/' && isNameStart(rest[2]):
		return g.endTag(rest)
	case len(rest) > 1 && isNameStart(rest[1]):
		return g.startTag()
	}
	g.pos++ // a "<" that begins nothing is text
	g.write([]byte("&lt;"), true)
	return true
}

// find gives the prose that a mark stands for, or the text itself when it is none.
func (s *skeleton) find(text string) prose {
	inner, ok := strings.CutPrefix(text, string(markRune))
	if !ok {
		return prose{raw: text, kind: plainProse}
	}
	n, err := strconv.Atoi(strings.TrimSuffix(inner, string(markRune)))
	if err != nil || n < 0 || n >= len(s.prose) {
		return prose{}
	}
	return s.prose[n]
}

// findID gives the id that a mark stands for. gofeed takes Atom ids for relative URLs, and writes
// the mark accordingly.
func (s *skeleton) findID(text string) string {
	const escaped = "%EF%B7%90"
	if i := strings.Index(text, escaped); i >= 0 && strings.HasSuffix(text, escaped) {
		text = strings.ReplaceAll(text[i:], escaped, string(markRune))
	}
	id, _ := s.find(text).markup()
	return strings.TrimSpace(id)
}
