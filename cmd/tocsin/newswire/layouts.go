package newswire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"strings"
	texttemplate "text/template"
	"time"
)

// layouts are the templates of layout/: pages as HTML, feeds as XML.
type layouts struct {
	pages *template.Template
	feeds *texttemplate.Template
}

func loadLayouts(fsys fs.FS) layouts {
	return layouts{
		pages: template.Must(template.New("").Funcs(template.FuncMap{
			"first": func(list []string) string { return list[0] },
		}).ParseFS(fsys, "layout/*.html")),
		feeds: texttemplate.Must(texttemplate.New("").Funcs(texttemplate.FuncMap{
			"x":     escapeXML,
			"cdata": cdata,
		}).ParseFS(fsys, "layout/*.xml")),
	}
}

// page is what a layout may show of an article, or of an outlet's front page.
type page struct {
	Outlet   *outlet
	Words    words
	Home     string // where the outlet's pages are, without a slash at the end
	Item     Item   // zero on the front page
	First    string // the first paragraph, with its dateline
	Rest     []string
	Others   []link // what else the outlet has published, newest first
	Modified time.Time
}

type link struct {
	Title, URL string
}

func (w *Wire) renderPage(o *outlet, home string, it Item, items []Item, modified time.Time) []byte {
	p := page{Outlet: o, Words: o.words, Home: home, Item: it, Modified: modified}
	for _, other := range items {
		if other.ID != it.ID {
			p.Others = append(p.Others, link{other.Title, home + other.Path})
		}
	}
	name := "front.html"
	if it.ID != "" {
		name = o.Layout + ".html"
		p.First, p.Rest = opening(it)
	}
	var b bytes.Buffer
	if err := w.layouts.pages.ExecuteTemplate(&b, name, p); err != nil {
		panic(fmt.Sprintf("newswire: %s: %v", name, err))
	}
	return o.encode(b.Bytes())
}

// opening cuts an article into its first paragraph, behind the dateline, and the rest.
func opening(it Item) (first string, rest []string) {
	paragraphs := strings.Split(it.Text, "\n\n")
	first = paragraphs[0]
	if it.Dateline != "" {
		first = it.Dateline + " " + first
	}
	return first, paragraphs[1:]
}

// URL is the address of the page's article.
func (p page) URL() string { return p.Home + p.Item.Path }

// FeedURL is the address of the outlet's feed.
func (p page) FeedURL() string { return p.Outlet.feed(p.Home).URL }

// Picture is the address of the article's picture; empty when it has none.
func (p page) Picture() string { return p.Item.picture(p.Home) }

// Up to n of what else there is, for a box beside the article.
func (p page) Up(n int) []link { return p.Others[:min(n, len(p.Others))] }

// Clock writes a time as the outlet's readers see it.
func (p page) Clock(t time.Time) string { return t.In(p.Outlet.zone).Format("02/01/2006 15:04") }

// Stamp writes a time for machines.
func (p page) Stamp(t time.Time) string { return t.In(p.Outlet.zone).Format(time.RFC3339) }

// document is what a feed's template may show.
type document struct {
	Outlet   *outlet
	Home     string
	Self     string
	Modified time.Time
	Entries  []entry
}

// entry is an item in a feed.
type entry struct {
	Item
	URL     string
	Picture string
	HTML    string // the teaser or the whole article, as markup
}

func (w *Wire) renderFeed(o *outlet, home string, items []Item, modified time.Time) []byte {
	d := document{Outlet: o, Home: home + "/", Self: o.feed(home).URL, Modified: modified}
	for _, it := range items {
		e := entry{Item: it, URL: home + it.Path, Picture: it.picture(home)}
		e.HTML = o.markup(it, d.Home, e.URL, e.Picture)
		d.Entries = append(d.Entries, e)
	}
	if o.Format == JSON {
		return o.encode(d.json())
	}
	var b bytes.Buffer
	if err := w.layouts.feeds.ExecuteTemplate(&b, string(o.Format)+".xml", d); err != nil {
		panic(fmt.Sprintf("newswire: %s: %v", o.Format, err))
	}
	return o.encode(b.Bytes())
}

// markup is the item as the outlet's feed carries it, with what publishing systems add to it.
func (o *outlet) markup(it Item, home, url, picture string) string {
	var b strings.Builder
	if !o.FullText {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(it.Teaser))
		fmt.Fprintf(&b, `<p><a href="%s">%s</a></p>`, url, html.EscapeString(o.words.Continue[0]))
		return b.String()
	}
	if picture != "" {
		fmt.Fprintf(&b, "<figure><img src=%q alt=\"\"><figcaption>%s</figcaption></figure>\n",
			picture, html.EscapeString(it.Caption))
	}
	first, rest := opening(it)
	for _, p := range append([]string{first}, rest...) {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(p))
	}
	if o.Layout == "classic" {
		link := func(url, text string) string {
			return fmt.Sprintf(`<a href="%s">%s</a>`, url, html.EscapeString(text))
		}
		fmt.Fprintf(&b, "<p>%s</p>\n", strings.NewReplacer(
			"{title}", link(url, it.Title), "{outlet}", link(home, o.Title)).Replace(o.words.Appeared))
	}
	return b.String()
}

// RFC822 and RFC3339 write a time as the feed formats want it, by the outlet's clock.
func (d document) RFC822(t time.Time) string  { return t.In(d.Outlet.zone).Format(time.RFC1123Z) }
func (d document) RFC3339(t time.Time) string { return t.In(d.Outlet.zone).Format(time.RFC3339) }

func (it Item) picture(home string) string {
	if it.Caption == "" {
		return ""
	}
	return home + "/img/" + it.Slug + ".gif"
}

func escapeXML(s string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(s))
	return b.String(), err
}

// cdata wraps markup the way most publishing systems do.
func cdata(s string) string {
	return "<![CDATA[" + strings.ReplaceAll(s, "]]>", "]]]]><![CDATA[>") + "]]>"
}
