package newswire

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"
)

// hostile is text that ends whatever it stands in, unless it is escaped.
const hostile = `Q&A: "5 < 6"]]></title></script><b>bold</b>'`

func TestTextStaysTextInPages(t *testing.T) {
	t.Parallel()
	for _, layout := range []string{"classic", "modern", "plain"} {
		o := outletOf(t, layout)
		o.Title = hostile
		doc, err := html.Parse(strings.NewReader(string(o.renderPage("http://x.example", item(), []Item{item()}, time.Time{}))))
		if err != nil {
			t.Fatal(err)
		}
		whole := 0
		for n := range doc.Descendants() {
			if n.Type == html.ElementNode && n.Data == "b" {
				t.Errorf("%s: text has become an element", layout)
			}
			if n.Type == html.TextNode {
				whole += strings.Count(n.Data, hostile)
			}
		}
		if whole < 5 { // titles, headline, caption, paragraph, copyright
			t.Errorf("%s: the text stands whole in %d places", layout, whole)
		}
	}
}

func TestTextStaysTextInFeeds(t *testing.T) {
	t.Parallel()
	for _, format := range []Format{RSS, RDF, Atom, JSON} {
		for _, full := range []bool{false, true} {
			o := outletOf(t, "classic")
			o.Format, o.FullText, o.Title = format, full, hostile
			doc := string(o.renderFeed("http://x.example", []Item{item()}, time.Time{}))
			feed, err := gofeed.NewParser().ParseString(doc)
			if err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			it := feed.Items[0]
			if feed.Title != hostile || it.Title != hostile {
				t.Errorf("%s: the titles are %q and %q", format, feed.Title, it.Title)
			}
			if text := it.Description + it.Content; !strings.Contains(html.UnescapeString(text), hostile) {
				t.Errorf("%s: the text is %q", format, text)
			}
			if format != JSON {
				wellFormed(t, doc)
			}
		}
	}
}

func outletOf(t *testing.T, layout string) *outlet {
	t.Helper()
	for _, o := range loadOutlets(files) {
		if o.Layout == layout && o.Charset == "utf-8" {
			return o
		}
	}
	t.Fatalf("no outlet has the layout %s", layout)
	return nil
}

func item() Item {
	return Item{
		Truth:  Truth{ID: "1", Slug: "a", Path: "/a.html", Title: hostile, Text: hostile},
		Teaser: hostile, Byline: hostile, Caption: hostile, Tags: []string{hostile},
	}
}

func wellFormed(t *testing.T, doc string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(doc))
	for {
		if _, err := dec.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
	}
}
