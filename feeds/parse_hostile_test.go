package feeds

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hostileFeeds are documents under MaxDocument that are cheap to write and were seen to cost
// parsers minutes or gigabytes.
var hostileFeeds = map[string]func() string{
	"empty items 7 MB": func() string { return hostileRSS(strings.Repeat("<item/>", scaled(1_000_000))) },
	"open items 12 MB": func() string { return hostileRSS(strings.Repeat("<item>", scaled(2_000_000))) },
	"tiny items 14 MB": func() string { return hostileRSS(strings.Repeat("<item><title>a</title></item>", scaled(480_000))) },
	"items of many elements": func() string {
		return hostileRSS(strings.Repeat("<item>"+strings.Repeat("<a:b/>", 1000)+"</item>", 2000))
	},
	"items of links": func() string {
		return hostileAtom(strings.Repeat("<entry>"+strings.Repeat(`<link href="x"/>`, 400)+"</entry>", 2000))
	},
	"nested xml:base": func() string { return hostileAtom(nest(`<a xml:base="b/" href="c">`, "</a>", scaled(200_000))) },
	"flat xml:base": func() string {
		return `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://e.example/` + strings.Repeat("a/", 400) + `">` +
			strings.Repeat(`<entry xml:base="`+strings.Repeat("b/", 400)+`">`+strings.Repeat(`<link href="x"/>`, 200)+"</entry>", 2000) + "</feed>"
	},
	"nested namespaces": func() string {
		var b strings.Builder
		for i := range scaled(300_000) {
			fmt.Fprintf(&b, `<a xmlns:n%d="u">`, i)
		}
		return hostileRSS(b.String() + strings.Repeat("</a>", scaled(300_000)))
	},
	"flat namespaces": func() string {
		return hostileRSS(strings.Repeat(`<item xmlns:a="1" xmlns:b="2" xmlns:c="3"><a:x xmlns:d="4"/></item>`, scaled(200_000)))
	},
	"nested tags in a description": func() string {
		return hostileRSS("<item><title>t</title><description>" + nest("<div>", "</div>", scaled(600_000)) + "</description></item>")
	},
	"escaped nested tags": func() string {
		return hostileRSS("<item><title>t</title><description>" + nest("&lt;div&gt;", "&lt;/div&gt;", scaled(300_000)) + "</description></item>")
	},
	"nested unknown elements": func() string { return hostileRSS(nest("<q>", "</q>", scaled(900_000))) },
	"many attributes": func() string {
		return hostileRSS("<item " + strings.Repeat(`a="b" `, scaled(1_000_000)) + "><title>t</title></item>")
	},
	"a guid of 1 MB": func() string { return hostileRSS("<item><guid>" + strings.Repeat("g", 1<<20) + "</guid></item>") },
	"a title of 14 MB": func() string {
		return hostileRSS("<item><title>" + strings.Repeat("t &amp; ", scaled(2_000_000)) + "</title></item>")
	},
	"endless comments":     func() string { return hostileRSS(strings.Repeat("<!--", scaled(3_000_000))) },
	"endless instructions": func() string { return hostileRSS(strings.Repeat("<?a ", scaled(3_000_000))) },
	"endless declarations": func() string { return hostileRSS(strings.Repeat("<!a>", scaled(3_000_000))) },
	"comments in a description": func() string {
		return hostileRSS("<item><description>" + strings.Repeat("<!--", scaled(3_000_000)) + "</description></item>")
	},
	"unclosed titles":     func() string { return hostileRSS("<item>" + strings.Repeat("<title ", scaled(2_000_000)) + "</item>") },
	"titles in titles":    func() string { return hostileRSS("<item>" + strings.Repeat("<title>", scaled(2_000_000)) + "</item>") },
	"crossed elements":    func() string { return hostileRSS(strings.Repeat("<a><b></a></b>", scaled(1_000_000))) },
	"end tags of nothing": func() string { return hostileRSS(nest("<a>", "", 40) + strings.Repeat("</zzz>", scaled(2_400_000))) },
	"quotes without end":  func() string { return hostileRSS(strings.Repeat(`<a b="`, scaled(2_400_000))) },
	"ampersands": func() string {
		return hostileRSS("<item><title>" + strings.Repeat("&", scaled(14_000_000)) + "</title></item>")
	},
	"entity bomb": func() string {
		var b strings.Builder
		b.WriteString(`<!DOCTYPE rss [<!ENTITY a0 "` + strings.Repeat("a", 1000) + `">`)
		for i := range 200 {
			fmt.Fprintf(&b, `<!ENTITY a%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&a%d;", i), 10))
		}
		return b.String() + "]>" + hostileRSS("<item><title>"+strings.Repeat("&a0;&a200;", scaled(1_400_000))+"</title></item>")
	},
	"scripts": func() string {
		return hostileRSS("<item><description><![CDATA[" + strings.Repeat("<script>", scaled(1_500_000)) + "]]></description></item>")
	},
	"unclosed objects": func() string {
		return hostileRSS("<item><description><![CDATA[" + strings.Repeat("<object>", scaled(1_500_000)) + "]]></description></item>")
	},
	"categories": func() string {
		return hostileRSS("<item><title>t</title>" + strings.Repeat("<category>c</category>", scaled(600_000)) + "</item>")
	},
	"JSON items": func() string {
		return `{"version":"https://jsonfeed.org/version/1","items":[` + strings.Repeat("{},", scaled(4_900_000)) + "{}]}"
	},
	"JSON depth": func() string { return `{"items":[` + strings.Repeat("[", scaled(5_000_000)) },
	"JSON attachments": func() string {
		return `{"items":[` + strings.Repeat(`{"id":"1","attachments":[`+strings.Repeat("{},", 10_000)+`{}]},`, scaled(480)) + `{}]}`
	},
	"JSON keys": func() string {
		var b strings.Builder
		for i := range scaled(700_000) {
			fmt.Fprintf(&b, `"k%d":{},`, i)
		}
		return "{" + b.String() + `"items":[]}`
	},
	"Latin-1 15 MB": func() string {
		return hostileRSS("<item><title>" + strings.Repeat("\xe9", scaled(14_000_000)) + "</title></item>")
	},
	"junk 15 MB": func() string { return strings.Repeat("junk ", scaled(3_000_000)) },
	"open tags":  func() string { return strings.Repeat("<", scaled(15_000_000)) },
	"NULs":       func() string { return strings.Repeat("\x00", scaled(15_000_000)) },
}

// scaled gives the full size with TOCSIN_HEAVY=1. An eighth of it costs a tenth of the time, and a
// quadratic parser still minutes.
func scaled(n int) int {
	if os.Getenv("TOCSIN_HEAVY") == "1" {
		return n
	}
	return n / 8
}

func hostileRSS(items string) string {
	return `<rss version="2.0"><channel><title>c</title>` + items + "</channel></rss>"
}

func hostileAtom(entries string) string {
	return `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://e.example/"><title>c</title>` + entries + "</feed>"
}

func nest(open, close string, n int) string {
	return strings.Repeat(open, n) + strings.Repeat(close, n)
}

// TestHostileFeedsCostBoundedTimeAndMemory does not run in parallel: it counts what it allocates.
func TestHostileFeedsCostBoundedTimeAndMemory(t *testing.T) {
	const (
		maxTime  = time.Minute // the worst takes a second alone; anything quadratic takes hours
		maxAlloc = 300 << 20   // bytes in sum, most of it garbage at once
	)
	for name, write := range hostileFeeds {
		doc := []byte(write())
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		d, err := Parse(doc, ParseOptions{})
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		alloc := after.TotalAlloc - before.TotalAlloc
		n := 0
		if d != nil {
			n = len(d.Items)
		}
		t.Logf("%-30s %5.1f MB  %8v  %4d MB  %d items, %v", name, float64(len(doc))/1e6, took.Round(time.Millisecond), alloc>>20, n, err)
		if took > maxTime || alloc > maxAlloc {
			t.Errorf("%s: took %v and %d MB", name, took, alloc>>20)
		}
		if len(doc) > MaxDocument && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: a document of %d bytes is read: %v", name, len(doc), err)
		}
	}
}
