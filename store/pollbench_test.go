package store_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/store"
)

const (
	benchFeeds = 2000
	benchHosts = 40
)

// BenchmarkPoll compares polling 2,000 feeds of about 31 KB, with the real store and its full-text
// index, to a bare HTTP client and gofeed in a loop over the same documents: on the first fetch, and
// when every server answers 304. The figure to look at is "ratio", of feeds a second: the median of
// rounds in which both took turns, since other users of a machine come and go.
//
//	go test -run '^$' -bench Poll$ -benchtime 1x ./store
func BenchmarkPoll(b *testing.B) {
	w := newBenchWire(b)
	var first, same rounds
	for range b.N {
		for range 3 {
			p := w.poller(b)
			bare := newBareClient(b, w)
			first.add(func() { bare.round(b) }, func() { w.round(b, p, false) })
			for range 20 {
				same.add(func() { bare.round(b) }, func() { w.round(b, p, true) })
			}
		}
	}
	first.report(b, "first")
	same.report(b, "304")
	b.ReportMetric(0, "ns/op")
}

// rounds are what rounds over all feeds took, of a bare client and of ours.
type rounds struct{ bare, ours []cost }

// cost is what one round took. The processor's time includes that of the servers, which are in the
// same process.
type cost struct{ wall, cpu time.Duration }

func (r *rounds) add(bare, ours func()) {
	r.bare, r.ours = append(r.bare, costOf(bare)), append(r.ours, costOf(ours))
}

func costOf(f func()) cost {
	wall, cpu := time.Now(), cpuTime()
	f()
	return cost{time.Since(wall), cpuTime() - cpu}
}

func (r *rounds) report(b *testing.B, name string) {
	median := func(of func(bare, ours cost) float64) float64 {
		var all []float64
		for i := range r.ours {
			all = append(all, of(r.bare[i], r.ours[i]))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	b.ReportMetric(median(func(_, ours cost) float64 { return benchFeeds / ours.wall.Seconds() }), name+"-feeds/s")
	b.ReportMetric(median(func(bare, ours cost) float64 { return bare.wall.Seconds() / ours.wall.Seconds() }), name+"-ratio")
	b.ReportMetric(median(func(bare, ours cost) float64 { return bare.cpu.Seconds() / ours.cpu.Seconds() }), name+"-cpu-ratio")
	b.ReportMetric(median(func(_, ours cost) float64 { return float64(ours.cpu.Microseconds()) / benchFeeds }), name+"-cpu-us/feed")
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchWire serves the documents from 40 loopback addresses, half of them with gzip.
type benchWire struct {
	docs   [][]byte // as sent
	zipped []bool
	kinds  []string
	urls   []string
}

func newBenchWire(b *testing.B) *benchWire {
	w := &benchWire{}
	for i := range benchFeeds {
		doc, kind := benchDocument(i)
		if i%2 == 0 {
			var z bytes.Buffer
			zw := gzip.NewWriter(&z)
			zw.Write(doc)
			zw.Close()
			doc = z.Bytes()
		}
		w.docs, w.zipped, w.kinds = append(w.docs, doc), append(w.zipped, i%2 == 0), append(w.kinds, kind)
	}
	hosts := make([]string, benchHosts)
	for i := range hosts {
		l, err := net.Listen("tcp", fmt.Sprintf("127.9.0.%d:0", i+1))
		if err != nil {
			b.Skipf("cannot listen on many loopback addresses: %v", err)
		}
		s := httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
		s.Listener.Close()
		s.Listener = l
		s.Start()
		b.Cleanup(s.Close)
		hosts[i] = s.URL
	}
	for i := range benchFeeds {
		w.urls = append(w.urls, fmt.Sprintf("%s/%d", hosts[i%benchHosts], i))
	}
	return w
}

func (w *benchWire) serve(rw http.ResponseWriter, r *http.Request) {
	var i int
	fmt.Sscanf(r.URL.Path, "/%d", &i)
	etag := fmt.Sprintf(`"v%d"`, i)
	h := rw.Header()
	h.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		rw.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", w.kinds[i])
	if w.zipped[i] {
		h.Set("Content-Encoding", "gzip")
	}
	rw.Write(w.docs[i])
}

func (w *benchWire) poller(b *testing.B) *feeds.Poller {
	s, err := store.Open(b.Context(), benchDatabase(b))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	f := feeds.NewFetcher(feeds.FetchOptions{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	b.Cleanup(f.Close)
	p := feeds.NewPoller(s, feeds.PollerOptions{Fetcher: f, Workers: 64, Log: slog.New(slog.DiscardHandler)})
	list := make([]feeds.Feed, benchFeeds)
	for i := range list {
		list[i] = feeds.Feed{Name: fmt.Sprint("feed", i), URL: w.urls[i], Article: feeds.ArticleNever}
	}
	if err := p.SetFeeds(list); err != nil {
		b.Fatal(err)
	}
	return p
}

func (w *benchWire) round(b *testing.B, p *feeds.Poller, unchanged bool) {
	outcomes, err := p.PollAll(b.Context())
	if err != nil || len(outcomes) != benchFeeds {
		b.Fatalf("%d outcomes, %v", len(outcomes), err)
	}
	for _, o := range outcomes {
		if o.State.Failure != "" || o.Unchanged != unchanged || !unchanged && o.Baseline != 30 {
			b.Fatalf("%s: %v", o.Feed, o.String())
		}
	}
}

// bareClient is what anybody would write first: net/http as it comes, gofeed, 64 goroutines,
// nothing stored.
type bareClient struct {
	wire  *benchWire
	etags []string
	http  http.Client
}

func newBareClient(b *testing.B, w *benchWire) *bareClient {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	b.Cleanup(transport.CloseIdleConnections)
	return &bareClient{wire: w, etags: make([]string, benchFeeds), http: http.Client{Transport: transport}}
}

func (c *bareClient) round(b *testing.B) {
	next := make(chan int)
	var work sync.WaitGroup
	for range 64 {
		work.Go(func() {
			for i := range next {
				if err := c.get(b.Context(), i); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range benchFeeds {
		next <- i
	}
	close(next)
	work.Wait()
}

func (c *bareClient) get(ctx context.Context, i int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.wire.urls[i], nil)
	if err != nil {
		return err
	}
	if c.etags[i] != "" {
		req.Header.Set("If-None-Match", c.etags[i])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return nil
	}
	c.etags[i] = resp.Header.Get("ETag")
	_, err = gofeed.NewParser().Parse(resp.Body)
	return err
}

var benchStart = time.Now().UTC().Truncate(time.Second)

// benchDocument is a feed of 30 items of about 1 KB: 70 % RSS, 25 % Atom, 5 % JSON Feed.
func benchDocument(n int) (doc []byte, kind string) {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	type piece struct{ id, link, title, text string }
	var items []piece
	for i := range 30 {
		var paragraphs []string
		for range 4 {
			paragraphs = append(paragraphs, "<p>"+benchWords(r, 33)+".</p>")
		}
		id := fmt.Sprintf("%d-%d", n, i)
		items = append(items, piece{"tag:wire.test,2026:" + id, "https://wire.test/news/" + id, benchWords(r, 9), strings.Join(paragraphs, "\n")})
	}
	at := func(i int) time.Time { return benchStart.Add(-time.Duration(i) * time.Hour) }
	var b bytes.Buffer
	switch {
	case n%20 < 14:
		b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Wire</title><link>https://wire.test/</link>`)
		for i, it := range items {
			fmt.Fprintf(&b, "<item><title>%s</title><link>%s</link><guid isPermaLink=\"false\">%s</guid><pubDate>%s</pubDate><category>world</category><description><![CDATA[%s]]></description></item>\n",
				it.title, it.link, it.id, at(i).Format(time.RFC1123Z), it.text)
		}
		b.WriteString(`</channel></rss>`)
		return b.Bytes(), "application/rss+xml"
	case n%20 < 19:
		b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><id>tag:wire.test</id>`)
		for i, it := range items {
			fmt.Fprintf(&b, "<entry><title>%s</title><link href=\"%s\"/><id>%s</id><updated>%s</updated><content type=\"html\"><![CDATA[%s]]></content></entry>\n",
				it.title, it.link, it.id, at(i).Format(time.RFC3339), it.text)
		}
		b.WriteString(`</feed>`)
		return b.Bytes(), "application/atom+xml"
	}
	b.WriteString(`{"version":"https://jsonfeed.org/version/1.1","title":"Wire","items":[`)
	for i, it := range items {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `{"id":%q,"url":%q,"title":%q,"content_html":%q,"date_published":%q}`, it.id, it.link, it.title, it.text, at(i).Format(time.RFC3339))
	}
	b.WriteString(`]}`)
	return b.Bytes(), "application/feed+json"
}

// benchWords gives words of a vocabulary in which few are frequent and most are rare, as in news.
func benchWords(r *rand.Rand, n int) string {
	const syllables = "ba be bi bo da de di do ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se si so ta te ti to"
	parts := strings.Fields(syllables)
	out := make([]string, n)
	for i := range out {
		rank := int(1 / (r.Float64() + 0.00005)) // Zipf: up to 20,000 words
		word := ""
		for k := rank; k > 0 || word == ""; k /= len(parts) {
			word += parts[k%len(parts)]
		}
		out[i] = word
	}
	return strings.Join(out, " ")
}
