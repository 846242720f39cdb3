package feeds

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

const (
	rssHead  = `<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Wire</title><link>https://wire.example/</link>`
	rssTail  = `</channel></rss>`
	atomHead = `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-gb"><title>Wire</title><link href="https://wire.example/"/>`
	rdfHead  = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://wire.example/"><title>Wire</title><link>https://wire.example/</link></channel>`
)

// TestItemsAreReadAsTheFeedMeansThem holds one feed for each thing that feeds do, well or badly.
// Each want is the JSON of the first item; keys that it lacks are not compared.
func TestItemsAreReadAsTheFeedMeansThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, doc, want string }{
		{"plain RSS", rssHead + `<item><title>A &amp; B</title><link>https://wire.example/1</link><guid isPermaLink="false">w-1</guid>
			<pubDate>Mon, 24 Nov 2025 10:00:00 EST</pubDate><description>Text.</description><author>jane@wire.example (Jane Doe)</author>
			<category>World</category><category>world</category><enclosure url="/a.mp3" type="audio/mpeg" length="1"/></item>` + rssTail,
			`{"id":"w-1","url":"https://wire.example/1","title":"A & B","text":"Text.","authors":["Jane Doe"],"tags":["World"],"language":"en",
			"published":"2025-11-24T15:00:00Z","enclosures":[{"url":"https://wire.example/a.mp3","type":"audio/mpeg"}]}`},
		{"the long text wins", rssHead + `<item><title>t</title><description>short</description><content:encoded><![CDATA[<p>One.</p><p>Two.</p>]]></content:encoded></item>` + rssTail,
			`{"text":"One.\n\nTwo."}`},
		{"a guid is the link where there is none", rssHead + `<item><title>t</title><guid>https://wire.example/g</guid></item>` + rssTail,
			`{"id":"https://wire.example/g","url":"https://wire.example/g"}`},
		{"a guid that says it is no link is none", rssHead + `<item><title>t</title><guid isPermaLink="false">https://wire.example/g</guid></item>` + rssTail,
			`{"id":"https://wire.example/g","url":null}`},
		{"a link is the id where there is no guid", rssHead + `<item><title>t</title><link>https://wire.example/l</link></item>` + rssTail,
			`{"id":"https://wire.example/l"}`},
		{"no date is no date", rssHead + `<item><title>t</title><pubDate>soon</pubDate></item>` + rssTail, `{"published":null,"updated":null}`},
		{"a year that no database takes", rssHead + `<item><title>t</title><pubDate>Fri, 31 Dec 9999 23:59:59 GMT</pubDate></item>` + rssTail, `{"title":"t","published":null}`},
		{"raw ampersands in a link", rssHead + `<item><title>t</title><link>https://wire.example/?a=1&b=2&copy=3</link></item>` + rssTail,
			`{"url":"https://wire.example/?a=1&b=2&copy=3"}`},
		{"HTML entities that XML does not know", rssHead + `<item><title>Caf&eacute;&nbsp;&ndash; open</title></item>` + rssTail, `{"title":"Café – open"}`},
		{"HTML escaped twice", rssHead + `<item><title>AT&amp;amp;T &amp;#8217;s</title></item>` + rssTail, `{"title":"AT&T ’s"}`},
		{"a tag that HTML does not know is text", rssHead + `<item><title>Vec&lt;T&gt; in &lt;b&gt;Rust&lt;/b&gt;</title></item>` + rssTail, `{"title":"Vec<T> in Rust"}`},
		{"HTML that was not escaped", rssHead + `<item><title>t</title><description>One<br>two <b>three</b><p>four</description></item>` + rssTail,
			`{"text":"One\ntwo three\n\nfour"}`},
		{"control characters, written and raw", rssHead + "<item><title>a\x01b&#0;&#x1F;c\u0000</title><guid isPermaLink=\"false\">g\x00&#0;1</guid></item>" + rssTail,
			`{"id":"g1","title":"abc"}`},
		{"bidirectional overrides go, joiners stay", rssHead + "<item><title>\u202eevil\u202c می\u200cخواهد</title></item>" + rssTail, `{"title":"evil می` + "\u200c" + `خواهد"}`},
		{"decomposed letters", rssHead + "<item><title>Cafe\u0301</title></item>" + rssTail, `{"title":"Café"}`},
		{"no id, link, title: the text is hashed", rssHead + `<item><description>Text.</description></item>` + rssTail,
			`{"id":"sha256:` + strings.TrimPrefix(hash("\x00Text."), "sha256:") + `","text":"Text."}`},
		{"a long guid is hashed", rssHead + `<item><guid>` + strings.Repeat("g", 1000) + `</guid></item>` + rssTail, `{"id":"` + hash(strings.Repeat("g", 1000)) + `"}`},
		{"end tags forgotten", rssHead + `<item><title>One</title><link>https://wire.example/1<item><title>Two</item>` + rssTail, `{"title":"One","url":"https://wire.example/1"}`},
		{"tags crossed and in the wrong case", rssHead + `<Item><Title>One</title><a><b></a></b><LINK>https://wire.example/1</link></ITEM>` + rssTail, `{"title":"One","url":"https://wire.example/1"}`},
		{"attributes without quotes", rssHead + `<item><title>t</title><guid isPermaLink=false>g</guid></item>` + rssTail, `{"id":"g","url":null}`},
		{"junk before the root", "\n<br />\n<b>Warning</b>: cannot modify header in <b>a.php</b>\n" + strings.Repeat("<!-- c -->", 1000) + rssHead + `<item><title>t</title></item>` + rssTail, `{"title":"t"}`},
		{"junk behind the root", rssHead + `<item><title>t</title></item>` + rssTail + `<script>x</script`, `{"title":"t"}`},
		{"a channel without its rss", `<channel><title>c</title><item><title>t</title></item></channel>`, `{"title":"t"}`},
		{"the last > is missing", rssHead + `<item><title>t</title></item></channel></rss`, `{"title":"t"}`},
		{"entities of its own", `<!DOCTYPE rss [<!ENTITY who "Jane &#38; Joe"> <!ENTITY % p SYSTEM "http://evil.example/"> <!ENTITY x SYSTEM "file:///etc/passwd">]>` + rssHead + `<item><title>&who; &x;</title></item>` + rssTail,
			`{"title":"Jane & Joe &x;"}`},
		{"several authors and dates of Dublin Core", rssHead + `<item><title>t</title><dc:creator>Jane</dc:creator><dc:creator>Joe</dc:creator><dc:date>2025-11-24</dc:date><dcterms:modified>2025-11-25T01:00:00+01:00</dcterms:modified></item>` + rssTail,
			`{"authors":["Jane","Joe"],"published":"2025-11-24T00:00:00Z","updated":"2025-11-25T00:00:00Z"}`},
		{"the publisher of a merged feed", rssHead + `<item><title>t - The Post</title><source url="https://post.example">The Post</source></item>` + rssTail, `{"authors":["The Post"]}`},
		{"a title where none belongs", rssHead + `<item><title>t</title><author><title>x</title>Jane</author><category><description>y</description></category></item>` + rssTail, `{"title":"t","authors":["x Jane"],"tags":["y"]}`},
		{"items of a module inside an item", rssHead + `<item><title>t</title><content:items><content:item/></content:items><guid>g</guid></item>` + rssTail, `{"id":"g","title":"t"}`},
		{"an abstract beside the description", rssHead + `<item><title>t</title><description>d</description><dcterms:abstract>a</dcterms:abstract></item>` + rssTail, `{"text":"d"}`},
		{"a namespace declared where it is used", `<rss><channel><item><e:encoded xmlns:e="http://purl.org/rss/1.0/modules/content/">long</e:encoded><description>d</description></item></channel></rss>`, `{"text":"long"}`},
		{"CDF", `<CHANNEL HREF="https://wire.example/"><ITEM HREF="https://wire.example/1" LASTMOD="2025-11-24T10:00:00Z"><TITLE>t</TITLE><ABSTRACT>a</ABSTRACT></ITEM></CHANNEL>`,
			`{"title":"t","text":"a","url":"https://wire.example/1","published":"2025-11-24T10:00:00Z"}`},
		{"a long guid beyond ASCII", rssHead + `<item><title>t</title><guid>x` + strings.Repeat("é", 40_000) + `</guid></item>` + rssTail, `{"title":"t"}`},
		{"media files", rssHead + `<item><title>t</title><media:group><media:content url="https://wire.example/v.mp4" medium="video"/></media:group><media:thumbnail url="https://wire.example/t.jpg"/></item>` + rssTail,
			`{"enclosures":[{"url":"https://wire.example/v.mp4","type":"video/*"},{"url":"https://wire.example/t.jpg","type":"image/*"}]}`},
		{"a link that is no address", rssHead + `<item><title>t</title><link>javascript:alert(1)</link></item>` + rssTail, `{"url":null}`},
		{"a relative link", rssHead + `<item><title>t</title><link>/news/1</link></item>` + rssTail, `{"url":"https://wire.example/news/1"}`},
		{"RDF", rdfHead + `<item rdf:about="https://wire.example/1"><title>t</title><description>d</description><dc:date>2025-11-24T10:00:00Z</dc:date></item></rdf:RDF>`,
			`{"id":"https://wire.example/1","url":"https://wire.example/1","title":"t","text":"d","published":"2025-11-24T10:00:00Z"}`},
		{"Atom", atomHead + `<entry><id>tag:wire.example,2025:1</id><title type="html">&lt;b&gt;A&lt;/b&gt; &amp;amp; B</title><link rel="self" href="https://wire.example/1.atom"/><link href="https://wire.example/1"/>
			<published>2025-11-24T10:00:00+02:00</published><updated>2025-11-24T11:00:00Z</updated><author><name>Jane</name></author><category term="w" label="World"/><summary>s</summary></entry></feed>`,
			`{"id":"tag:wire.example,2025:1","title":"A & B","url":"https://wire.example/1","published":"2025-11-24T08:00:00Z","updated":"2025-11-24T11:00:00Z","authors":["Jane"],"tags":["World"],"text":"s","language":"en-GB"}`},
		{"Atom ids are no addresses", atomHead + `<entry><id>HTTP://Wire.Example/a b</id><title>t</title></entry></feed>`, `{"id":"HTTP://Wire.Example/a b"}`},
		{"an Atom id that is an address is the link where there is none", atomHead + `<entry><id>https://wire.example/1</id></entry></feed>`, `{"id":"https://wire.example/1","url":"https://wire.example/1"}`},
		{"Atom XHTML", atomHead + `<entry><id>1</id><title>t</title><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>1 &lt; 2</p><p>Two.</p></div></content></entry></feed>`, `{"text":"1 < 2\n\nTwo."}`},
		{"Atom text that is HTML all the same", atomHead + `<entry><id>1</id><title type="text">A &amp;amp; B</title></entry></feed>`, `{"title":"A & B"}`},
		{"Atom text with an angle", atomHead + `<entry><id>1</id><title type="text">1 &lt; 2 and x &lt;y&gt; z</title></entry></feed>`, `{"title":"1 < 2 and x <y> z"}`},
		{"Atom in base64", atomHead + `<entry><id>1</id><title type="text" mode="base64">VGhlIHRpdGxl</title></entry></feed>`, `{"title":"The title"}`},
		{"Atom 0.3", `<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><id>1</id><title mode="escaped" type="text/html">&lt;i&gt;t&lt;/i&gt;</title><issued>2004-01-02T03:04:05Z</issued><modified>2005-01-02T03:04:05Z</modified></entry></feed>`,
			`{"title":"t","published":"2004-01-02T03:04:05Z","updated":"2005-01-02T03:04:05Z"}`},
		{"Atom with its namespace misspelt", `<feed xmlns="http://www.w3.org/2005/atom/"><entry><id>1</id><title>t</title></entry></feed>`, `{"title":"t"}`},
		{"Atom with a prefix", `<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:id>1</a:id><a:title>t</a:title></a:entry></a:feed>`, `{"id":"1","title":"t"}`},
		{"Atom link as text", atomHead + `<entry><id>1</id><link>https://wire.example/?a=1&amp;b=2</link></entry></feed>`, `{"url":"https://wire.example/?a=1&b=2"}`},
		{"an entry by itself", `<entry xmlns="http://www.w3.org/2005/Atom"><id>1</id><title>t</title></entry>`, `{"id":"1","title":"t"}`},
		{"xml:base", `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example/x/"><entry xml:base="y/"><id>1</id><link href="z"/></entry></feed>`, `{"url":"https://base.example/x/y/z"}`},
		{"an entry in another language", atomHead + `<entry xml:lang="fr-ca"><id>1</id><title>Benghazi</title></entry></feed>`, `{"language":"fr-CA"}`},
		{"JSON Feed", `{"version":"https://jsonfeed.org/version/1.1","title":"Wire","home_page_url":"https://wire.example/","language":"en","authors":[{"name":"Jane"}],"items":[{"id":7,"url":"https://wire.example/7","title":"A < B","content_html":"<p>One.</p><p>Two.</p>","date_published":"2025-11-24T10:00:00+01:00","tags":["World"],"attachments":[{"url":"https://wire.example/a.mp3","mime_type":"audio/mpeg"}]}]}`,
			`{"id":"7","url":"https://wire.example/7","title":"A < B","text":"One.\n\nTwo.","published":"2025-11-24T09:00:00Z","authors":["Jane"],"tags":["World"],"enclosures":[{"url":"https://wire.example/a.mp3","type":"audio/mpeg"}]}`},
		{"JSON Feed with one bad item", `{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","title":{}},{"id":"2","content_text":"a\n\nb < c"}]}`, `{"id":"2","text":"a\n\nb < c"}`},
		{"JSON Feed with raw line breaks in a string", "{\"items\":[{\"id\":\"1\",\"title\":\"a\nb\tc\"}]}", `{"title":"a b c"}`},
		{"JSON Feed with entities in a title", `{"items":[{"id":"1","title":"Blog &#8211; A &amp; B","content_text":"&amp; stays"}]}`, `{"title":"Blog – A & B","text":"&amp; stays"}`},
		{"JSON Feed with a bad head", `{"version":1,"title":[],"items":[{"id":"1"}]}`, `{"id":"1"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d, err := Parse([]byte(c.doc), ParseOptions{})
			if err != nil || len(d.Items) == 0 {
				t.Fatalf("no item: %v", err)
			}
			compareJSON(t, d.Items[0], c.want)
		})
	}
}

// compareJSON compares the keys that want has; null wants the key absent.
func compareJSON(t *testing.T, got any, want string) {
	t.Helper()
	data, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var g, w map[string]any
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%v in %s", err, want)
	}
	for key := range w {
		gotValue, _ := json.Marshal(g[key])
		wantValue, _ := json.Marshal(w[key])
		if string(gotValue) != string(wantValue) {
			t.Errorf("%s is %s, want %s", key, gotValue, wantValue)
		}
	}
}

func TestADocumentThatIsNoWholeFeedIsAnErrorThatSaysWhy(t *testing.T) {
	t.Parallel()
	whole := rssHead + `<item><title>t</title><description>long</description></item>` + rssTail
	for _, c := range []struct {
		name, doc string
		want      error
	}{
		{"nothing", "", ErrEmpty},
		{"white space", "\ufeff \n", ErrEmpty},
		{"a page", "<!DOCTYPE html><html><head><title>x</title></head><body><p>Not found</p></body></html>", ErrWebPage},
		{"a page without a declaration", "<html><body>x</body></html>", ErrWebPage},
		{"text", "Forbidden", ErrNotFeed},
		{"other XML", `<?xml version="1.0"?><opml><outline/></opml>`, ErrNotFeed},
		{"a sitemap", `<?xml version="1.0"?><urlset><url/></urlset>`, ErrNotFeed},
		{"other JSON", `{"error":"no"}`, ErrNotFeed},
		{"cut in an item", whole[:len(whole)-40], ErrTruncated},
		{"cut between items", strings.TrimSuffix(whole, rssTail), ErrTruncated},
		{"cut in a tag", whole[:strings.Index(whole, "<description")+5], ErrTruncated},
		{"cut in CDATA", rssHead + "<item><description><![CDATA[ab", ErrTruncated},
		{"cut JSON", `{"version":"https://jsonfeed.org/version/1","items":[{"id":"1"},{"id`, ErrTruncated},
		{"too large", strings.Repeat(" ", MaxDocument+1), ErrTooLarge},
	} {
		d, err := Parse([]byte(c.doc), ParseOptions{})
		if !errors.Is(err, c.want) || d != nil {
			t.Errorf("%s: got %v, %v, want %v", c.name, d, err, c.want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "parse feed: ") {
			t.Errorf("%s: the error %q does not say what was being done", c.name, err)
		}
	}
}

// TestNoCutOfAFeedPassesForTheWhole cuts a document at every byte.
func TestNoCutOfAFeedPassesForTheWhole(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		rssHead + `<item><title>é &amp; t</title><link>https://wire.example/1</link></item><item><title><![CDATA[u]]></title></item>` + rssTail,
		atomHead + `<entry><id>1</id><content type="xhtml"><div>x</div></content></entry></feed>`,
		`{"version":"https://jsonfeed.org/version/1","items":[{"id":"1"},{"id":"2"}]}`,
	} {
		want, err := Parse([]byte(doc), ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(doc) {
			got, err := Parse([]byte(doc[:i]), ParseOptions{})
			if err == nil && len(got.Items) != len(want.Items) {
				t.Errorf("%q: %d of %d items and no error", doc[:i], len(got.Items), len(want.Items))
			}
		}
	}
}

func TestFeedsInAnyEncodingAreRead(t *testing.T) {
	t.Parallel()
	const title = "Größe – Café"
	feed := func(encoding, title string) string {
		return `<?xml version="1.0" encoding="` + encoding + `"?><rss><channel><item><title>` + title + `</title></item></channel></rss>`
	}
	wide := func(order int, s string) string {
		var b strings.Builder
		for _, u := range utf16.Encode([]rune(s)) {
			pair := [2]byte{byte(u >> 8), byte(u)}
			b.WriteByte(pair[order])
			b.WriteByte(pair[1-order])
		}
		return b.String()
	}
	wide32 := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteString(string([]byte{0, 0, byte(r >> 8), byte(r)}))
		}
		return b.String()
	}
	for _, c := range []struct{ name, doc, contentType, want string }{
		{"UTF-8", feed("utf-8", title), "", title},
		{"UTF-8 with a mark", "\xef\xbb\xbf" + feed("utf-8", title), "", title},
		{"no declaration", `<rss><channel><item><title>` + title + `</title></item></channel></rss>`, "", title},
		{"UTF-16 little endian with a mark", "\xff\xfe" + wide(1, feed("utf-16", title)), "", title},
		{"UTF-16 big endian with a mark", "\xfe\xff" + wide(0, feed("utf-16", title)), "", title},
		{"UTF-16 without a mark", wide(1, feed("utf-16", title)), "", title},
		{"UTF-32 big endian", wide32(feed("utf-32", title)), "", title},
		{"Latin-1 declared", feed("iso-8859-1", "Gr\xf6\xdfe \x96 Caf\xe9"), "", title},
		{"windows-1251 from the header", feed("", "\xcc\xe8\xed\xe8\xf1\xf2\xf0"), "text/xml; charset=windows-1251", "Министр"},
		{"windows-1256 declared", feed("windows-1256", "\xcd\xdd\xca\xd1"), "", "حفتر"},
		{"Big5 declared", feed("big5", "\xa4\xa4\xa4\xe5"), "", "中文"},
		{"Shift JIS declared", feed("Shift_JIS", "\x93\xfa\x96\x7b"), "", "日本"},
		{"UTF-8 that says Latin-1", feed("iso-8859-1", title), "", title},
		{"UTF-8 that says GBK", feed("gbk", title+" und noch mehr Ärger über Übergrößen in Köln, äußerst üble Sätze"), "", title + " und noch mehr Ärger über Übergrößen in Köln, äußerst üble Sätze"},
		{"UTF-8 that says UTF-16", feed("utf-16", title), "", title},
		{"one Latin-1 byte in UTF-8", feed("utf-8", title+" Jos\xe9"), "", title + " José"},
		{"an unknown encoding", feed("x-nonsense", title), "", title},
		{"Windows-1252 taken for Unicode", feed("utf-8", "don\u0092t"), "", "don’t"},
	} {
		d, err := Parse([]byte(c.doc), ParseOptions{ContentType: c.contentType})
		if err != nil || len(d.Items) != 1 || d.Items[0].Title != c.want {
			t.Errorf("%s: got %+v, %v, want %q", c.name, d, err, c.want)
		}
	}
}

func TestALongFeedIsCutAtItsEnd(t *testing.T) {
	t.Parallel()
	doc := []byte(rssHead + strings.Repeat("<item><title>t</title></item>", 10) + rssTail)
	d, err := Parse(doc, ParseOptions{MaxItems: 7})
	if err != nil || len(d.Items) != 7 || !d.Cut {
		t.Errorf("got %+v, %v", d, err)
	}
	if d, err = Parse(doc, ParseOptions{MaxItems: 10}); err != nil || len(d.Items) != 10 || d.Cut {
		t.Errorf("got %+v, %v", d, err)
	}
	d, err = Parse([]byte(`{"items":[{"id":"1"},{"id":"2"}]}`), ParseOptions{MaxItems: 1})
	if err != nil || len(d.Items) != 1 || !d.Cut {
		t.Errorf("got %+v, %v", d, err)
	}
}

func TestWhatTheCallerKnowsGoesIntoTheItems(t *testing.T) {
	t.Parallel()
	doc := `<rss><channel><title> The
		Wire </title><language>English (US)</language><item><title>Benghazi</title><link>n/1</link><category>World</category><category>desk</category></item></channel></rss>`
	d, err := Parse([]byte(doc), ParseOptions{Feed: "wire", Tags: []string{"Desk"}, Language: "ar", URL: "https://wire.example/feed/rss.xml"})
	if err != nil {
		t.Fatal(err)
	}
	it := d.Items[0]
	if it.Feed != "wire" || !slices.Equal(it.Tags, []string{"Desk", "World"}) || it.URL != "https://wire.example/feed/n/1" {
		t.Errorf("got %+v", it)
	}
	if d.Title != "The Wire" || d.Format != "rss" || d.Language != "" {
		t.Errorf("got %+v", d)
	}
}

func TestTheDocumentTellsOfTheFeed(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 11, 24, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		doc  string
		want Document
	}{
		{`<rss><channel><title>W</title><link>https://wire.example/</link><language>en_us</language><lastBuildDate>Mon, 24 Nov 2025 10:00:00 GMT</lastBuildDate></channel></rss>`,
			Document{Format: "rss", Title: "W", Link: "https://wire.example/", Language: "en-US", Updated: at}},
		{atomHead + `<updated>2025-11-24T10:00:00Z</updated></feed>`,
			Document{Format: "atom", Title: "Wire", Link: "https://wire.example/", Language: "en-GB", Updated: at}},
		{rdfHead + `</rdf:RDF>`, Document{Format: "rdf", Title: "Wire", Link: "https://wire.example/"}},
		{`{"title":"W","home_page_url":"https://wire.example/","language":"ur","items":[]}`, Document{Format: "json", Title: "W", Link: "https://wire.example/", Language: "ur"}},
	} {
		d, err := Parse([]byte(c.doc), ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Items) != 0 || d.Format != c.want.Format || d.Title != c.want.Title || d.Link != c.want.Link || d.Language != c.want.Language || !d.Updated.Equal(c.want.Updated) {
			t.Errorf("got %+v, want %+v", d, c.want)
		}
	}
}
