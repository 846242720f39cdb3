package feeds

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxText is the most that is kept of one text, in bytes. A novel of 300 pages has about 600 KB.
const maxText = 1 << 20

// HTMLText gives the text that a reader of the HTML would see, in NFC: paragraphs separated by a
// blank line, without markup, scripts, styles and control characters. It reads tags one after the
// other and builds no tree, so that the cost is linear in the input whatever the nesting.
func HTMLText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, '<') < 0 {
		return cleanParagraphs(unescape(s))
	}
	var w textWriter
	writeHTML(&w, s, false)
	return w.String()
}

// htmlLine gives the text of a title or a name on one line. Since titles are written by hand as
// often as by programs, a tag that HTML does not know, as in "Vec<T>", is text.
func htmlLine(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, '<') < 0 {
		return cleanLine(unescape(s))
	}
	w := textWriter{oneLine: true}
	writeHTML(&w, s, true)
	return w.String()
}

func unescape(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	return html.UnescapeString(s)
}

// writeHTML writes the visible text of a fragment.
func writeHTML(w *textWriter, s string, keepUnknown bool) {
	z := html.NewTokenizer(strings.NewReader(s))
	var hidden atom.Atom // the element whose content is being left out
	nested := 0
	open := make(map[atom.Atom]bool) // elements that are never closed
	for !w.full() {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken:
			if hidden == 0 {
				w.write(string(z.Text()))
			}
		case html.StartTagToken:
			raw := z.Raw()
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			switch {
			case hidden != 0 && tag == hidden:
				nested++
			case hidden != 0:
			case isHidden(tag) && !open[tag]:
				if !closes(s, name) {
					open[tag] = true
					continue
				}
				hidden, nested = tag, 1
			case tag == 0 && keepUnknown:
				w.write(string(raw))
			default:
				w.breakFor(tag)
			}
		case html.EndTagToken:
			raw := z.Raw()
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			switch {
			case hidden != 0 && tag == hidden:
				if nested--; nested == 0 {
					hidden = 0
				}
			case hidden != 0:
			case tag == 0 && keepUnknown:
				w.write(string(raw))
			default:
				w.breakFor(tag)
			}
		case html.SelfClosingTagToken:
			name, _ := z.TagName()
			if hidden == 0 {
				w.breakFor(atom.Lookup(name))
			}
		}
	}
}

// isHidden tells the elements whose content is not text for a reader.
func isHidden(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Template, atom.Iframe, atom.Noscript, atom.Noframes, atom.Noembed,
		atom.Object, atom.Svg, atom.Math, atom.Select, atom.Button, atom.Audio, atom.Video, atom.Canvas:
		return true
	}
	return false
}

// closes tells whether the element is ever closed: one that is not must not hide the rest.
func closes(s string, name []byte) bool {
	for {
		i := strings.Index(s, "</")
		if i < 0 {
			return false
		}
		s = s[i+2:]
		if len(s) >= len(name) && strings.EqualFold(s[:len(name)], string(name)) {
			return true
		}
	}
}

type gap int

const (
	noGap gap = iota
	spaceGap
	lineGap
	paragraphGap
)

// gapOf tells what a tag is to the text around it.
func gapOf(tag atom.Atom) gap {
	switch tag {
	case atom.P, atom.Div, atom.Li, atom.Ul, atom.Ol, atom.Dl, atom.Dt, atom.Dd, atom.Table, atom.Tr, atom.Caption,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Hr, atom.Section,
		atom.Article, atom.Header, atom.Footer, atom.Aside, atom.Nav, atom.Main, atom.Address, atom.Form,
		atom.Figure, atom.Figcaption, atom.Fieldset, atom.Center, atom.Details, atom.Summary, atom.Body, atom.Title:
		return paragraphGap
	case atom.Br:
		return lineGap
	case atom.Td, atom.Th, atom.Img, atom.Input, atom.Textarea:
		return spaceGap
	}
	return noGap
}
