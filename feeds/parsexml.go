package feeds

import (
	"strings"
	"time"

	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"
)

func (s *skeleton) fromRSS(f *rss.Feed) *rawFeed {
	out := &rawFeed{
		format:   "rss",
		title:    s.find(f.Title),
		link:     firstNonEmpty(f.Links...),
		language: firstNonEmpty(f.Language, values(f.Extensions, "dc", "language"), s.lang),
		updated:  firstTime(dated(f.LastBuildDateParsed), extDate(f.Extensions, "atom", "updated"), dated(f.PubDateParsed), extDate(f.Extensions, "dc", "date"), extDate(f.Extensions, "dcterms", "modified")),
		cut:      s.cut,
	}
	if s.root == "rdf" {
		out.format = "rdf"
	}
	if out.title.empty() {
		out.title = s.find(values(f.Extensions, "dc", "title"))
	}
	out.items = make([]rawItem, 0, len(f.Items))
	for _, it := range f.Items {
		out.items = append(out.items, s.rssItem(it))
	}
	return out
}

func (s *skeleton) rssItem(it *rss.Item) rawItem {
	x := it.Extensions
	out := rawItem{
		title:     s.first(it.Title, values(x, "atom", "title"), values(x, "dc", "title"), values(x, "media", "title")),
		summary:   s.first(it.Description, values(x, "atom", "summary"), values(x, "dc", "description"), values(x, "itunes", "summary"), values(x, "media", "description")),
		content:   s.first(it.Content, it.Custom["encoded"], values(x, "atom", "content"), values(x, "xhtml", "body"), it.Custom["body"], it.Custom["fullitem"], it.Custom["content"]),
		published: firstTime(dated(it.PubDateParsed), extDate(x, "dcterms", "issued"), extDate(x, "atom", "published"), extDate(x, "dc", "date"), extDate(x, "dcterms", "created")),
		updated:   firstTime(extDate(x, "atom", "updated"), extDate(x, "dcterms", "modified"), extDate(x, "dc", "date")),
		link:      firstNonEmpty(append(it.Links, links(x["atom"], "alternate"))...),
		language:  firstNonEmpty(values(x, "tocsin", "lang"), values(x, "dc", "language")),
		id:        values(x, "tocsin", "about"),
		authors:   s.rssAuthors(it),
	}
	if short := s.find(it.Custom["summary"]); !short.empty() { // then the description is the long form
		out.summary, out.content = short, s.first(it.Content, it.Description)
	}
	if it.GUID != nil && it.GUID.Value != "" {
		out.id = it.GUID.Value
		if out.link == "" && !strings.EqualFold(it.GUID.IsPermalink, "false") {
			out.link = out.id
		}
	}
	out.id = firstNonEmpty(out.id, s.findID(values(x, "atom", "id")), values(x, "dc", "identifier"))
	if out.link == "" {
		out.link = values(x, "tocsin", "about")
	}
	for _, c := range it.Categories {
		out.tags = append(out.tags, c.Value)
	}
	out.tags = append(out.tags, everyValue(x, "dc", "subject")...)
	for _, c := range x["atom"]["category"] {
		out.tags = append(out.tags, c.Attrs["term"])
	}
	for _, e := range it.Enclosures {
		out.enclosures = append(out.enclosures, Enclosure{e.URL, e.Type})
	}
	out.enclosures = append(out.enclosures, mediaFiles(x["media"])...)
	return out
}

// rssAuthors names who wrote the item, else the publisher that a merged feed names as its source.
func (s *skeleton) rssAuthors(it *rss.Item) []string {
	x := it.Extensions
	var out []string
	for _, name := range append(append([]string{it.Author}, everyValue(x, "dc", "creator")...), everyValue(x, "dc", "author")...) {
		out = append(out, personName(name))
	}
	for _, a := range x["atom"]["author"] {
		out = append(out, childValue(a, "name"))
	}
	if firstNonEmpty(out...) == "" {
		out = append(out, values(x, "itunes", "author"))
	}
	if firstNonEmpty(out...) == "" && it.Source != nil {
		out = append(out, it.Source.Title)
	}
	return out
}

func (s *skeleton) fromAtom(f *atom.Feed) *rawFeed {
	out := &rawFeed{
		format:   "atom",
		title:    s.find(f.Title),
		link:     linkWithRel(f.Links, "alternate"),
		language: firstNonEmpty(s.lang, f.Language, values(f.Extensions, "dc", "language")),
		updated:  firstTime(dated(f.UpdatedParsed), extDate(f.Extensions, "dcterms", "modified")),
		cut:      s.cut,
	}
	out.items = make([]rawItem, 0, len(f.Entries))
	for _, e := range f.Entries {
		out.items = append(out.items, s.atomItem(e))
	}
	return out
}

func (s *skeleton) atomItem(e *atom.Entry) rawItem {
	x := e.Extensions
	out := rawItem{
		id:        firstNonEmpty(s.findID(e.ID), values(x, "dc", "identifier")),
		title:     s.first(e.Title, values(x, "dc", "title"), values(x, "media", "title")),
		summary:   s.first(e.Summary, values(x, "dc", "description"), values(x, "media", "description")),
		published: firstTime(dated(e.PublishedParsed), extDate(x, "dcterms", "issued"), extDate(x, "dc", "date"), extDate(x, "dcterms", "created")),
		updated:   firstTime(dated(e.UpdatedParsed), extDate(x, "dcterms", "modified")),
		link:      linkWithRel(e.Links, "alternate"),
		language:  values(x, "tocsin", "lang"),
	}
	if out.link == "" && isWebAddress(out.id) {
		out.link = out.id
	}
	if e.Content != nil {
		out.content = s.find(e.Content.Value)
	}
	for _, a := range e.Authors {
		out.authors = append(out.authors, a.Name)
	}
	out.authors = append(out.authors, everyValue(x, "dc", "creator")...)
	for _, c := range e.Categories {
		out.tags = append(out.tags, firstNonEmpty(c.Label, c.Term))
	}
	out.tags = append(out.tags, everyValue(x, "dc", "subject")...)
	for _, l := range e.Links {
		if l.Rel == "enclosure" {
			out.enclosures = append(out.enclosures, Enclosure{l.Href, l.Type})
		}
	}
	out.enclosures = append(out.enclosures, mediaFiles(x["media"])...)
	return out
}

// first finds the first text that holds anything.
func (s *skeleton) first(texts ...string) prose {
	for _, t := range texts {
		if t == "" {
			continue
		}
		if p := s.find(t); !p.empty() {
			return p
		}
	}
	return prose{}
}

// linkWithRel gives the first link with the relation, preferring a page to other media types.
func linkWithRel(links []*atom.Link, rel string) string {
	var first string
	for _, l := range links {
		if l.Rel != rel || l.Href == "" {
			continue
		}
		if l.Type == "" || strings.Contains(l.Type, "html") {
			return l.Href
		}
		if first == "" {
			first = l.Href
		}
	}
	return first
}

// links gives the first link of the relation among the Atom elements of an RSS item.
func links(atomElements map[string][]ext.Extension, rel string) string {
	for _, l := range atomElements["link"] {
		if r := l.Attrs["rel"]; r == rel || r == "" {
			return l.Attrs["href"]
		}
	}
	return ""
}

// mediaFiles gives the files of Media RSS, those inside groups and contents too.
func mediaFiles(media map[string][]ext.Extension) []Enclosure {
	var out []Enclosure
	for _, group := range media["group"] {
		out = append(out, mediaFiles(group.Children)...)
	}
	for _, c := range media["content"] {
		out = append(out, Enclosure{c.Attrs["url"], firstNonEmpty(c.Attrs["type"], mediumType(c.Attrs["medium"]))})
	}
	for _, t := range media["thumbnail"] {
		out = append(out, Enclosure{t.Attrs["url"], "image/*"})
	}
	return out
}

func mediumType(medium string) string {
	switch medium {
	case "image", "audio", "video":
		return medium + "/*"
	}
	return ""
}

// personName takes the name out of "mail@example.org (Jane Doe)" and "Jane Doe <mail@example.org>".
func personName(s string) string {
	if open := strings.IndexByte(s, '('); open >= 0 && strings.Contains(s[:open], "@") {
		return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s[open+1:]), ")"))
	}
	if open := strings.LastIndexAny(s, "(<"); open > 0 && strings.Contains(s[open:], "@") {
		return strings.TrimSpace(s[:open])
	}
	return s
}

func values(x ext.Extensions, prefix, name string) string {
	for _, e := range x[prefix][name] {
		if e.Value != "" {
			return e.Value
		}
	}
	return ""
}

func everyValue(x ext.Extensions, prefix, name string) []string {
	var out []string
	for _, e := range x[prefix][name] {
		out = append(out, e.Value)
	}
	return out
}

func childValue(e ext.Extension, name string) string {
	for _, c := range e.Children[name] {
		if c.Value != "" {
			return c.Value
		}
	}
	return e.Value
}

// extDate reads a date that the guard has written in dateLayout.
func extDate(x ext.Extensions, prefix, name string) time.Time {
	t, _ := time.Parse(dateLayout, values(x, prefix, name))
	return t.UTC()
}

func dated(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

func firstNonEmpty(list ...string) string {
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}
