package bot

import (
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/story"
)

const sourcesShown = 6

// tail is the part of an alert that an edit replaces: corrections, sources, and the last line.
func (e *Editor) tail(c *coverage, lead Alert) []Block {
	var blocks []Block
	said := map[string]bool{} // an outlet may mend its report and publish the correction as well
	for _, r := range c.all {
		if r.Placed.Kind != story.Correction {
			continue
		}
		if text := strings.Join(r.Placed.Facts, "; ") + " (" + e.outlet(&r.Item) + ")"; !said[text] {
			said[text] = true
			blocks = append(blocks, Para(Bold("Corrected: "), Text(text)))
		}
	}
	sources := e.sources(c.all)
	list := Block{Kind: List}
	for _, s := range sources[:min(len(sources), sourcesShown)] {
		list.Items = append(list.Items, s.spans(lead.Reason.language(c)))
	}
	blocks = append(blocks, Block{Kind: Heading, Spans: []Span{Text(countSources(c.all))}}, list)
	last := []Span{}
	if n := len(sources) - sourcesShown; n > 0 {
		last = append(last, Text(fmt.Sprintf("and %d more: ", n)), Span{Text: "sources", Mono: true}, Text(" · "))
	}
	last = append(last, Text(fmt.Sprintf("story %d · last report ", c.ID)), timeSpan(lastReport(c.all)))
	return append(blocks, Small(last...))
}

func (r *Reason) language(c *coverage) string {
	if it := c.item(r.Item); it != nil {
		return baseLanguage(it.Language)
	}
	return ""
}

// source is one outlet's latest word on a story.
type source struct {
	outlet, origin string
	item           *Remembered
	copyOf         string // the outlet whose text it prints
}

// sources gives one line for each outlet, in the order in which they came.
func (e *Editor) sources(items []Remembered) []source {
	first := map[int64]string{} // who published a text first, by the item that stands for it
	for i := range items {
		if text := items[i].text(); first[text] == "" {
			first[text] = e.outlet(&items[i].Item)
		}
	}
	var out []source
	at := map[string]bool{}
	for i := range items {
		r := &items[i]
		name := e.outlet(&r.Item)
		if at[name] {
			continue
		}
		at[name] = true
		s := source{outlet: name, origin: r.Placed.Origin, item: r}
		if original := first[r.text()]; original != name {
			s.copyOf = original
		}
		out = append(out, s)
	}
	return out
}

// text names the text of an item: the item of which it is a copy, or itself.
func (r *Remembered) text() int64 {
	if r.Placed.DuplicateOf != 0 {
		return r.Placed.DuplicateOf
	}
	return r.Key
}

func (s *source) spans(leadLanguage string) []Span {
	name := Link(s.outlet, s.item.URL)
	spans := []Span{name, Text(" "), timeSpan(s.item.Placed.Time)}
	if l := baseLanguage(s.item.Language); l != "" && l != leadLanguage {
		spans = append(spans, Text(" ("+languageName(l)+")"))
	}
	if s.copyOf != "" {
		spans = append(spans, Text(", same text as "+s.copyOf))
	}
	return spans
}

func timeSpan(t time.Time) Span { return Span{Text: t.UTC().Format("2 Jan 15:04 UTC"), Time: t} }

func lastReport(items []Remembered) time.Time {
	var last time.Time
	for _, r := range items {
		if r.Placed.Time.After(last) {
			last = r.Placed.Time
		}
	}
	return last
}

// countSources says "4 sources, 2 origins": how many outlets, and how many of them report
// themselves. The second is left out when it is the first.
func countSources(items []Remembered) string {
	outlets, origins := map[string]bool{}, map[string]bool{}
	for _, r := range items {
		if r.Placed.Outlet != "" {
			outlets[r.Placed.Outlet] = true
		}
		if r.Placed.Origin != "" {
			origins[r.Placed.Origin] = true
		}
	}
	s := plural(max(len(outlets), 1), "source")
	if n := len(origins); n > 0 && n < len(outlets) {
		s += ", " + plural(n, "origin")
	}
	return s
}
