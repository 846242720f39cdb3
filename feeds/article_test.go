package feeds

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// newsPage is a page as news sites build them: much furniture, an article in the middle.
const newsPage = `<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Port of Benghazi reopens after three years | The Harbour Post</title>
<meta property="og:site_name" content="The Harbour Post"><meta property="article:published_time" content="2025-11-24T10:30:00+02:00">
<meta name="author" content="Jane Doe"><meta property="og:title" content="Port of Benghazi reopens after three years">
<script>var x = "<p>not text</p>";</script><style>p { color: red }</style></head><body>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li><li><a href="/sport">Sport</a></li></ul></nav></header>
<div class="cookie-banner"><p>We use cookies to improve your experience. Accept all cookies?</p><button>Accept</button></div>
<article><h1>Port of Benghazi reopens after three years</h1><p class="byline">By Jane Doe</p>
<p>The port of Benghazi reopened to commercial shipping on Monday, three years after fighting in the city closed its last working quay.</p>
<p>Two container ships from Mersin and Valletta unloaded before noon, the harbour master said, and eleven more are expected before the end of the month.</p>
<div class="advertisement"><p>Advertisement</p></div>
<p>Traders in the city said that the price of flour had already fallen by a fifth, because lorries no longer have to come by the coast road from Misrata.</p>
<blockquote>&ldquo;We counted the days,&rdquo; said Salem, who runs a bakery beside the old lighthouse.</blockquote>
<p>The quay was cleared of mines by a company from Ankara under a contract whose value was not made public.</p></article>
<aside><h2>Most read</h2><ul><li><a href="/1">Ten recipes for pumpkin soup</a></li><li><a href="/2">Local team loses again</a></li></ul></aside>
<section class="comments"><h2>Comments</h2><p>Please read our comment policy before you write.</p></section>
<footer><p>Copyright The Harbour Post. All rights reserved.</p></footer></body></html>`

func TestTheArticleIsTakenOutOfItsPage(t *testing.T) {
	t.Parallel()
	a, err := Extract([]byte(newsPage), "https://post.example/port")
	if err != nil {
		t.Fatal(err)
	}
	compareJSON(t, a, `{"url":"https://post.example/port","title":"Port of Benghazi reopens after three years","byline":"Jane Doe",
		"published":"2025-11-24T08:30:00Z","language":"en-GB","site":"The Harbour Post"}`)
	for _, want := range []string{
		"on Monday, three years after fighting in the city closed its last working quay.\n\nTwo container ships",
		"“We counted the days,” said Salem",
		"whose value was not made public.",
	} {
		if !strings.Contains(a.Text, want) {
			t.Errorf("%q is missing in:\n%s", want, a.Text)
		}
	}
	for _, furniture := range []string{"cookies", "Sport", "pumpkin", "comment policy", "Copyright", "not text", "color"} {
		if strings.Contains(a.Text, furniture) {
			t.Errorf("%q is left in:\n%s", furniture, a.Text)
		}
	}
	checkText(t, a.Text)
}

func TestAPageInAnotherCharsetIsRead(t *testing.T) {
	t.Parallel()
	page := strings.NewReplacer("“", "\"", `charset="utf-8"`, `charset="windows-1252"`, "the harbour master said", "sagte Hafenmeister Jürgen Groß").Replace(newsPage)
	encoded, err := charmap.Windows1252.NewEncoder().String(page)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Extract([]byte(encoded), "")
	if err != nil || !strings.Contains(a.Text, "sagte Hafenmeister Jürgen Groß") {
		t.Errorf("got %+v, %v", a, err)
	}
	cyrillic := "<html><body><article><p>" + strings.Repeat("\xcf\xee\xf0\xf2 \xee\xf2\xea\xf0\xfb\xe2\xf1\xff \xef\xee\xf1\xeb\xe5 \xf2\xf0\xe5\xf5 \xeb\xe5\xf2. ", 20) + "</p></article></body></html>"
	a, err = Extract(UTF8([]byte(cyrillic), "text/html; charset=windows-1251"), "")
	if err != nil || !strings.Contains(a.Text, "Порт открывся после трех лет.") || a.Language != "ru" {
		t.Errorf("got %+v, %v", a, err)
	}
}

// TestHostilePagesAreBounded does not run in parallel: it counts what it allocates.
func TestHostilePagesAreBounded(t *testing.T) {
	const (
		maxTime  = 2 * time.Minute // the worst takes three seconds alone; anything quadratic takes hours
		maxAlloc = 2 << 30         // bytes in sum, most of it garbage at once
	)
	words := strings.Repeat("word ", 30)
	for name, page := range map[string]string{
		"nothing":             "",
		"text":                strings.Repeat("just words ", 1000),
		"deep divs":           nest("<div>", "</div>", scaled(200_000)) + "text",
		"deep divs below 512": nest("<div>", "</div>", 500) + "text",
		"deep formatting":     nest("<b><i><font>", "", scaled(100_000)) + "text",
		"formatting crossed":  strings.Repeat("<b><p><i></b></p>", scaled(80_000)),
		"many paragraphs":     "<article>" + strings.Repeat("<p>"+words+"</p>", scaled(4900)) + "</article>",
		"many spans":          "<article><p>" + strings.Repeat("<span>a</span>", scaled(200_000)) + "</p></article>",
		"many links":          "<article>" + strings.Repeat(`<a href="x">`+words+"</a>", scaled(4900)) + "</article>",
		"many tables":         strings.Repeat("<table><tr><td>", scaled(100_000)),
		"many attributes":     "<p " + strings.Repeat("a=b ", scaled(400_000)) + ">" + words,
		"one long word":       "<article><p>" + strings.Repeat("w", scaled(2_000_000)) + "</p></article>",
		"script in pieces":    strings.Repeat("<script><!--", scaled(160_000)),
		"NULs":                strings.Repeat("<p>\x00", scaled(500_000)),
		"dates":               "<article>" + strings.Repeat("<time datetime='2025-01-01'>2025-01-01</time>", scaled(40_000)) + "</article>",
		"metadata":            strings.Repeat(`<script type="application/ld+json">{"@type":"Article","a":`, scaled(30_000)),
		"nested metadata":     `<script type="application/ld+json">` + strings.Repeat(`{"a":`, scaled(400_000)) + "</script>",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		a, err := Extract([]byte(page), "https://post.example/1")
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		alloc := after.TotalAlloc - before.TotalAlloc
		t.Logf("%-20s %5.1f MB  %8v  %5d MB  %v", name, float64(len(page))/1e6, took.Round(time.Millisecond), alloc>>20, err)
		if took > maxTime || alloc > maxAlloc {
			t.Errorf("%s: took %v and %d MB", name, took, alloc>>20)
		}
		if err != nil && !errors.Is(err, ErrNoArticle) {
			t.Errorf("%s: %v", name, err)
		}
		if a != nil {
			checkText(t, a.Text)
		}
	}
}

func FuzzExtract(f *testing.F) {
	f.Add([]byte(newsPage))
	f.Add([]byte("<article><p>a<table><td><p>b</article>"))
	f.Fuzz(func(t *testing.T, page []byte) {
		a, err := Extract(page, "https://post.example/1")
		if err != nil {
			if a != nil || !errors.Is(err, ErrNoArticle) {
				t.Errorf("got %v, %v", a, err)
			}
			return
		}
		checkText(t, a.Text)
		checkText(t, a.Title)
	})
}
