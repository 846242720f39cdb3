package newswire

import (
	"bytes"
	"fmt"
	"html"
)

// markup is HTML or XML, as opposed to text, which is escaped where it goes into markup.
//
// The package writes its documents with this and not with html/template: while a program holds
// code that calls methods by name, as templates do, the linker keeps every exported method of
// every type, and this one grows by a sixth.
type markup string

// fill gives the format, which is markup, with its verbs filled. All are %s; an argument that is
// not markup is text.
func fill(format string, args ...any) markup {
	escapeText(args)
	return markup(fmt.Sprintf(format, args...))
}

// each fills the format with one text of the list after the other.
func each(format string, texts []string) markup {
	var w writer
	for _, text := range texts {
		w.add(format, text)
	}
	return w.markup()
}

// writer collects a document piece by piece.
type writer struct{ bytes.Buffer }

// add appends what fill gives.
func (w *writer) add(format string, args ...any) {
	escapeText(args)
	fmt.Fprintf(w, format, args...)
}

func (w *writer) markup() markup { return markup(w.String()) }

// escapeText makes every argument markup, by the five references that HTML and XML share.
func escapeText(args []any) {
	for i, arg := range args {
		if _, ok := arg.(markup); !ok {
			args[i] = markup(html.EscapeString(fmt.Sprint(arg)))
		}
	}
}
