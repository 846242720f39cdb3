package feeds

import (
	"bytes"
	"encoding/base64"
	"html"
	"regexp"
	"strings"

	"golang.org/x/net/html/atom"
)

// prose is a piece of text of a feed in the form in which the feed holds it.
type prose struct {
	raw       string
	kind      proseKind
	mediaType string // the type attribute, lower case: "", "html", "text/plain", …
	mode      string // the mode attribute of Atom 0.3
	entities  *entities
}

type proseKind int

const (
	plainProse    proseKind = iota // XML already decoded: it may be HTML all the same
	markedUpProse                  // the inner XML of an element
	literalProse                   // plain text, by the format's own word
)

func (p prose) empty() bool { return strings.TrimSpace(p.raw) == "" }

// text gives paragraphs of plain text.
func (p prose) text() string {
	if p.empty() {
		return ""
	}
	s, isHTML := p.markup()
	if !isHTML {
		return cleanParagraphs(s)
	}
	return HTMLText(s)
}

// line gives plain text on one line, for a title or a name.
func (p prose) line() string {
	if p.empty() {
		return ""
	}
	s, isHTML := p.markup()
	if !isHTML {
		return cleanLine(s)
	}
	return htmlLine(s)
}

// markup gives what the element means to hold, its XML decoded once, and whether that is HTML.
func (p prose) markup() (s string, isHTML bool) {
	switch p.kind {
	case literalProse:
		return p.raw, p.mediaType == "text" && looksLikeHTML(p.raw)
	case plainProse:
		return p.raw, true
	}
	if strings.Contains(p.mediaType, "xhtml") {
		return unwrapCDATA(p.raw, func(s string) string { return s }, html.EscapeString), true
	}
	s = unwrapCDATA(p.raw, p.entities.decode, func(s string) string { return s })
	if p.mode == "base64" || p.mediaType == "application/octet-stream" {
		if decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s)); err == nil {
			s = string(repairUTF8(decoded))
		}
	}
	if p.mediaType == "text" || p.mediaType == "text/plain" {
		return s, looksLikeHTML(s)
	}
	return s, true
}

// unwrapCDATA gives inner XML with text passed through outside and CDATA sections through inside.
// Comments are left out.
func unwrapCDATA(raw string, outside, inside func(string) string) string {
	if !strings.Contains(raw, "<!") {
		return outside(raw)
	}
	var b strings.Builder
	comments := true // whether a comment can still end
	for raw != "" {
		i := strings.Index(raw, "<!")
		if i < 0 {
			b.WriteString(outside(raw))
			break
		}
		b.WriteString(outside(raw[:i]))
		raw = raw[i:]
		if rest, ok := strings.CutPrefix(raw, "<![CDATA["); ok {
			section, after, _ := strings.Cut(rest, "]]>")
			b.WriteString(inside(section))
			raw = after
			continue
		}
		if rest, ok := strings.CutPrefix(raw, "<!--"); ok && comments {
			var after string
			if _, after, comments = strings.Cut(rest, "-->"); comments {
				raw = after
				continue
			}
		}
		b.WriteString("<!")
		raw = raw[2:]
	}
	return b.String()
}

var (
	anyTag    = regexp.MustCompile(`</?([A-Za-z][A-Za-z0-9]*)[^<>]*>`)
	anyEntity = regexp.MustCompile(`&(?:[A-Za-z]{2,8}|#[0-9]{2,6}|#[xX][0-9A-Fa-f]{2,5});`)
)

// looksLikeHTML tells text that calls itself plain and is HTML all the same: it closes a tag that
// HTML knows, or holds an entity.
func looksLikeHTML(s string) bool {
	if anyEntity.MatchString(s) {
		return true
	}
	for _, m := range anyTag.FindAllStringSubmatch(s, 8) {
		if atom.Lookup([]byte(strings.ToLower(m[1]))) != 0 {
			return true
		}
	}
	return false
}

// entities decodes the entities of one document: those of XML and HTML, and those that its own
// document type names.
type entities struct {
	named map[string]string
	spent int // bytes that named entities have expanded to
}

// The limits of a document's own entities: no chain of them can grow.
const (
	maxEntities    = 256
	maxEntityValue = 1024
	maxExpansion   = 1 << 20
)

var entityDeclaration = regexp.MustCompile(`<!ENTITY\s+([A-Za-z_][\w.-]*)\s+(?:"([^"]*)"|'([^']*)')\s*>`)

// declare reads the entities of a document type's internal subset. Parameter entities and external
// ones are ignored.
func (e *entities) declare(subset []byte) {
	subset = subset[:min(len(subset), 256<<10)]
	for _, m := range entityDeclaration.FindAllSubmatch(subset, maxEntities) {
		value := string(bytes.Join(m[2:], nil))
		if len(value) > maxEntityValue {
			continue
		}
		if value = e.decode(value); len(value) > maxEntityValue {
			continue
		}
		if e.named == nil {
			e.named = make(map[string]string)
		}
		if _, known := e.named[string(m[1])]; !known {
			e.named[string(m[1])] = value
		}
	}
}

// maxEntityName is how far behind an "&" its ";" may be. The longest entity of HTML has 33 bytes.
const maxEntityName = 40

// decode replaces every entity once. What is none, such as a raw "&" in a link, stays.
func (e *entities) decode(s string) string {
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; i >= 0; i = strings.IndexByte(s, '&') {
		b.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexByte(s[:min(len(s), maxEntityName)], ';')
		value, ok := "", false
		if end > 1 {
			value, ok = e.lookUp(s[1:end])
		}
		if !ok {
			b.WriteByte('&')
			s = s[1:]
			continue
		}
		b.WriteString(value)
		s = s[end+1:]
	}
	b.WriteString(s)
	return b.String()
}

// lookUp gives the value of an entity without its "&" and ";".
func (e *entities) lookUp(name string) (string, bool) {
	switch name {
	case "amp":
		return "&", true
	case "lt":
		return "<", true
	case "gt":
		return ">", true
	case "quot":
		return `"`, true
	case "apos":
		return "'", true
	}
	if e != nil {
		if value, ok := e.named[name]; ok && e.spent+len(value) <= maxExpansion {
			e.spent += len(value)
			return value, true
		}
	}
	// A name that HTML knows without its ";" as well, such as "copy" in "&copyright;", is not
	// this entity unless the ";" went with it.
	span := "&" + name + ";"
	value := html.UnescapeString(span)
	if value == span || strings.HasSuffix(value, ";") && name != "semi" && name != "#59" {
		return "", false
	}
	if value == "\uFFFD" && name[0] == '#' { // NUL, a surrogate, or beyond Unicode
		return "", true
	}
	return value, true
}
