package feeds

import (
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// rssOf gives the RSS document of these items.
func rssOf(items []Item) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Wire</title><link>http://wire.test/</link>`)
	for _, it := range items {
		fmt.Fprintf(&b, "<item><guid isPermaLink=\"false\">%s</guid><link>%s</link><title>%s</title><description>%s</description>",
			html.EscapeString(it.ID), html.EscapeString(it.URL), html.EscapeString(it.Title), html.EscapeString(it.Text))
		if !it.Published.IsZero() {
			fmt.Fprintf(&b, "<pubDate>%s</pubDate>", it.Published.Format(time.RFC1123Z))
		}
		b.WriteString("</item>")
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

// site is an HTTP server on loopback whose pages a test can change while it runs.
type site struct {
	*httptest.Server
	mu       sync.Mutex
	handlers map[string]http.HandlerFunc
	requests []*http.Request
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{handlers: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r)
		h := s.handlers[r.URL.Path]
		s.mu.Unlock()
		if h == nil {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(s.Close)
	return s
}

func (s *site) handle(path string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers[path] = h
}

func (s *site) serve(path, contentType, doc string) {
	s.handle(path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, doc)
	})
}

// seen gives the requests for a path so far.
func (s *site) seen(path string) []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*http.Request
	for _, r := range s.requests {
		if r.URL.Path == path {
			out = append(out, r)
		}
	}
	return out
}

func newTestFetcher(t *testing.T) *Fetcher {
	t.Helper()
	f := NewFetcher(FetchOptions{UserAgent: "Tocsin-test", AllowNetworks: loopback, Timeout: 10 * time.Second})
	t.Cleanup(f.Close)
	return f
}

func newTestPoller(t *testing.T, store Store, feeds ...Feed) *Poller {
	t.Helper()
	p := NewPoller(store, PollerOptions{Fetcher: newTestFetcher(t), Log: slog.New(slog.DiscardHandler)})
	if err := p.SetFeeds(feeds); err != nil {
		t.Fatal(err)
	}
	return p
}

// pollOnce polls every feed and gives the outcomes by name.
func pollOnce(t *testing.T, p *Poller) map[string]Outcome {
	t.Helper()
	list, err := p.PollAll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Outcome{}
	for _, o := range list {
		out[o.Feed] = o
	}
	return out
}
