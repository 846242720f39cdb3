package feeds_test

import (
	"fmt"

	"github.com/tocsin-bot/tocsin/feeds"
)

func ExampleParse() {
	doc := `<rss version="2.0"><channel><title>The Wire</title><link>https://wire.example/</link>
<item><title>Port of Benghazi reopens &amp;amp; ships return</title><link>/news/1</link>
<pubDate>Mon, 24 Nov 2025 10:00:00 EST</pubDate>
<description><![CDATA[<p>The port reopened on Monday.</p><p>Two ships unloaded before noon.</p>]]></description></item>
</channel></rss>`

	d, err := feeds.Parse([]byte(doc), feeds.ParseOptions{Feed: "wire", URL: "https://wire.example/rss"})
	if err != nil {
		fmt.Println(err)
		return
	}
	it := d.Items[0]
	fmt.Println(it.Title)
	fmt.Println(it.URL, it.Language, it.Published)
	fmt.Println(it.Text)
	// Output:
	// Port of Benghazi reopens & ships return
	// https://wire.example/news/1 en 2025-11-24 15:00:00 +0000 UTC
	// The port reopened on Monday.
	//
	// Two ships unloaded before noon.
}

func ExampleHTMLText() {
	fmt.Println(feeds.HTMLText(`<p>Talks &ldquo;will go on&rdquo;<br>until Friday.</p><script>track()</script><p>More <b>soon</b>.</p>`))
	// Output:
	// Talks “will go on”
	// until Friday.
	//
	// More soon.
}
