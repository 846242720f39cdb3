package feeds

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzParse checks what Parse promises of any document. Its corpus in testdata has the documents
// that once went wrong, under the name of what went wrong.
func FuzzParse(f *testing.F) {
	for _, doc := range []string{
		rssHead + `<item><title>t &amp; &eacute; &#0;</title><link>/1?a=1&b=2</link><guid>g</guid><pubDate>Mon, 24 Nov 2025 10:00:00 GMT</pubDate><description><![CDATA[<p>a<br>b]]></description></item>` + rssTail,
		atomHead + `<entry xml:lang="fr" xml:base="x/"><id>1</id><title type="xhtml"><div>a</div></title><link>z</link><content src="y"/></entry></feed>`,
		rdfHead + `<item rdf:about="a"><dc:date>2025</dc:date></item></rdf:RDF>`,
		`{"version":"https://jsonfeed.org/version/1","items":[{"id":1,"content_html":"<p>a"}]}`,
		`<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel><item><title>&a;</title>`,
		"\xff\xfe<\x00r\x00s\x00s\x00>\x00",
		`<CHANNEL HREF="a" LASTMOD="2025-01-01"><ITEM HREF="b"><ABSTRACT>c</ABSTRACT></ITEM></CHANNEL>`,
	} {
		f.Add([]byte(doc), "")
	}
	f.Add([]byte("<rss><item><title>\xcc\xe8</title></item></rss>"), "text/xml; charset=windows-1251")
	f.Fuzz(func(t *testing.T, doc []byte, contentType string) {
		start := time.Now()
		d, err := Parse(doc, ParseOptions{URL: "https://wire.example/feed", ContentType: contentType})
		if took := time.Since(start); took > time.Minute {
			t.Errorf("%d bytes took %v", len(doc), took)
		}
		if err != nil {
			if d != nil {
				t.Error("a document and an error")
			}
			return
		}
		for _, it := range d.Items {
			if it.ID == "" || len(it.ID) > maxID || !utf8.ValidString(it.ID) || strings.ContainsRune(it.ID, 0) {
				t.Errorf("id %q", it.ID)
			}
			if strings.Contains(it.Title, "\n") {
				t.Errorf("title %q has lines", it.Title)
			}
			checkText(t, it.Title)
			checkText(t, it.Text)
			for _, link := range []string{it.URL, d.Link} {
				if link != "" && !strings.HasPrefix(strings.ToLower(link), "http") {
					t.Errorf("link %q", link)
				}
			}
			for _, at := range []time.Time{it.Published, it.Updated} {
				if !at.IsZero() && (at.Year() < minYear || at.Year() > maxYear) {
					t.Errorf("time %v", at)
				}
			}
			for _, name := range append(it.Authors, it.Tags...) {
				checkText(t, name)
			}
			if strings.ContainsRune(it.Title+it.Text+it.ID, markRune) {
				t.Errorf("a mark is left in %+v", it)
			}
		}
	})
}
