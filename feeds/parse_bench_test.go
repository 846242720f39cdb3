package feeds

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/mmcdole/gofeed"
)

// sampleFeed writes an RSS feed of 30 items and about 31 KB, as a news site has it.
func sampleFeed() []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>Wire</title><link>https://wire.example/</link><description>News</description><language>en</language>
`)
	for i := range 30 {
		fmt.Fprintf(&b, `<item><title>Minister number %d opens talks &amp; visits the port of Benghazi</title>
<link>https://wire.example/news/%d?utm_source=rss&amp;utm_medium=feed</link><guid isPermaLink="false">wire-%d</guid>
<pubDate>Mon, 24 Nov 2025 10:%02d:00 GMT</pubDate><dc:creator>Jane Doe</dc:creator><category>World</category>
<description>&lt;p&gt;&lt;img src="https://wire.example/%d.jpg" alt=""/&gt;`, i, i, i, i, i)
		for w := range 9 {
			fmt.Fprintf(&b, "The ministry said that the %d ships would stay in the harbour until the talks end. ", w*i)
		}
		b.WriteString("&lt;/p&gt;</description></item>\n")
	}
	b.WriteString(`</channel></rss>`)
	return []byte(b.String())
}

// BenchmarkParse measures what a poll pays for a document: gofeed as it comes, and Parse, which
// guards, cleans and tells languages as well.
func BenchmarkParse(b *testing.B) {
	doc := sampleFeed()
	b.Run("gofeed", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := gofeed.NewParser().Parse(bytes.NewReader(doc)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("guard", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := guardXML(UTF8(doc, ""), MaxItems); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Parse", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			if d, err := Parse(doc, ParseOptions{}); err != nil || len(d.Items) != 30 {
				b.Fatal(err)
			}
		}
	})
}
