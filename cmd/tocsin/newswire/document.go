package newswire

import (
	"cmp"
	"strings"
	"time"
)

// document is what a feed says, whatever its format.
type document struct {
	*outlet
	home     string // the front page, with a slash at the end
	self     string
	modified time.Time
	entries  []entry
}

// entry is an item in a feed.
type entry struct {
	Item
	url     string
	picture string // empty when it has none
	html    markup // the teaser or the whole article; as a string, text that a feed escapes once more
}

func (o *outlet) renderFeed(home string, items []Item, modified time.Time) []byte {
	d := document{outlet: o, home: home + "/", self: o.feed(home).URL, modified: modified}
	for _, it := range items {
		e := entry{Item: it, url: home + it.Path, picture: it.picture(home)}
		e.html = d.carried(e)
		d.entries = append(d.entries, e)
	}
	var w writer
	switch o.Format {
	case JSON:
		d.json(&w)
	case Atom:
		d.atom(&w)
	case RDF:
		d.rdf(&w)
	default:
		d.rss(&w)
	}
	return o.encode(w.Bytes())
}

// carried is the item as the outlet's feed carries it, with what publishing systems add to it.
func (d document) carried(e entry) markup {
	var w writer
	if !d.FullText {
		w.add("<p>%s</p>\n", e.Teaser)
		w.add(`<p><a href="%s">%s</a></p>`, e.url, d.words.Continue[0])
		return w.markup()
	}
	if e.picture != "" {
		w.add(`<figure><img src="%s" alt=""><figcaption>%s</figcaption></figure>
`, e.picture, e.Caption)
	}
	first, rest := opening(e.Item)
	w.add("<p>%s</p>\n%s", first, each("<p>%s</p>\n", rest))
	if d.Layout == "classic" {
		link := func(url, text string) string {
			return string(fill(`<a href="%s">%s</a>`, url, text))
		}
		w.add("<p>%s</p>\n", markup(strings.NewReplacer(
			"{title}", link(e.url, e.Title), "{outlet}", link(d.home, d.Title)).Replace(d.words.Appeared)))
	}
	return w.markup()
}

func (d document) rss(w *writer) {
	w.add(`<?xml version="1.0" encoding="%s"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>%s</title>
<link>%s</link>
<atom:link href="%s" rel="self" type="application/rss+xml"/>
<description>%s</description>
<language>%s</language>
<lastBuildDate>%s</lastBuildDate>
<ttl>5</ttl>
`, d.Charset, d.Title, d.home, d.self, d.Tagline, d.Language, d.rfc822(d.modified))
	for _, e := range d.entries {
		w.add(`<item>
<title>%s</title>
<link>%s</link>
<guid isPermaLink="false">%s</guid>
<pubDate>%s</pubDate>
`, e.Title, e.url, e.ID, d.rfc822(e.Published))
		if !e.Updated.IsZero() {
			w.add("<atom:updated>%s</atom:updated>\n", d.stamp(e.Updated))
		}
		if e.Byline != "" {
			w.add("<dc:creator>%s</dc:creator>\n", e.Byline)
		}
		w.add("%s", each("<category>%s</category>\n", e.Tags))
		if d.FullText {
			w.add(`<description>%s</description>
<content:encoded>%s</content:encoded>
`, e.Teaser, d.wrapped(e.html))
		} else {
			w.add("<description>%s</description>\n", string(e.html))
		}
		if e.picture != "" {
			w.add("<enclosure url=\"%s\" length=\"43\" type=\"image/gif\"/>\n", e.picture)
		}
		w.add("</item>\n")
	}
	w.add("</channel>\n</rss>\n")
}

// wrapped puts HTML into XML the way most publishing systems do, in a CDATA section; those so old
// that they have a charset of their own escape it.
func (d document) wrapped(html markup) markup {
	if d.Charset != "utf-8" {
		return fill("%s", string(html))
	}
	return "<![CDATA[" + markup(strings.ReplaceAll(string(html), "]]>", "]]]]><![CDATA[>")) + "]]>"
}

func (d document) rdf(w *writer) {
	w.add(`<?xml version="1.0" encoding="%s"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="%s">
<title>%s</title>
<link>%s</link>
<description>%s</description>
<dc:language>%s</dc:language>
<dc:date>%s</dc:date>
<items><rdf:Seq>`, d.Charset, d.self, d.Title, d.home, d.Tagline, d.Language, d.stamp(d.modified))
	for _, e := range d.entries {
		w.add(`<rdf:li rdf:resource="%s"/>`, e.ID)
	}
	w.add("</rdf:Seq></items>\n</channel>\n")
	for _, e := range d.entries {
		w.add(`<item rdf:about="%s">
<title>%s</title>
<link>%s</link>
<description>%s</description>
`, e.ID, e.Title, e.url, e.Teaser)
		if e.Byline != "" {
			w.add("<dc:creator>%s</dc:creator>\n", e.Byline)
		}
		w.add(`%s<dc:date>%s</dc:date>
</item>
`, each("<dc:subject>%s</dc:subject>\n", e.Tags), d.stamp(e.Last()))
	}
	w.add("</rdf:RDF>\n")
}

func (d document) atom(w *writer) {
	w.add(`<?xml version="1.0" encoding="%s"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="%s">
<title>%s</title>
<subtitle>%s</subtitle>
<id>tag:%s.example,2026:feed</id>
<link rel="alternate" type="text/html" href="%s"/>
<link rel="self" type="application/atom+xml" href="%s"/>
<updated>%s</updated>
`, d.Charset, d.Language, d.Title, d.Tagline, d.Name, d.home, d.self, d.stamp(d.modified))
	for _, e := range d.entries {
		w.add(`<entry>
<title type="text">%s</title>
<id>%s</id>
<link rel="alternate" type="text/html" href="%s"/>
<published>%s</published>
<updated>%s</updated>
<author><name>%s</name></author>
%s`, e.Title, e.ID, e.url, d.stamp(e.Published), d.stamp(e.Last()), cmp.Or(e.Byline, d.Title),
			each("<category term=\"%s\"/>\n", e.Tags))
		if d.FullText {
			w.add(`<summary type="text">%s</summary>
<content type="html">%s</content>
`, e.Teaser, string(e.html))
		} else {
			w.add("<summary type=\"html\">%s</summary>\n", string(e.html))
		}
		w.add("</entry>\n")
	}
	w.add("</feed>\n")
}
