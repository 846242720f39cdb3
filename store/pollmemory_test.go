package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/store"
)

// TestAThousandIdleFeedsFitIntoLittleMemory polls a thousand feeds of about 31 KB once and looks at
// what the process, servers included, holds while it waits for the next poll.
func TestAThousandIdleFeedsFitIntoLittleMemory(t *testing.T) {
	if os.Getenv("TOCSIN_HEAVY") == "" {
		t.Skip("takes a minute: TOCSIN_HEAVY=1 go test -run ThousandIdle ./store")
	}
	const n = 1000
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i, _ := strconv.Atoi(r.URL.Path[1:])
		doc, kind := benchDocument(i)
		w.Header().Set("Content-Type", kind)
		w.Write(doc)
	}))
	defer server.Close()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "tocsin.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	fetcher := feeds.NewFetcher(feeds.FetchOptions{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	defer fetcher.Close()
	var polled atomic.Int64
	all := make(chan struct{})
	p := feeds.NewPoller(s, feeds.PollerOptions{Fetcher: fetcher, Log: slog.New(slog.DiscardHandler), OnPoll: func(o feeds.Outcome) {
		if o.Baseline != 30 {
			t.Errorf("%s: %v", o.Feed, o.String())
		}
		if polled.Add(1) == n {
			close(all)
		}
	}})
	// After the first poll the next is half a day away, at whatever time of the day this runs.
	later := fmt.Sprintf("0 %d * * *", time.Now().UTC().Add(12*time.Hour).Hour())
	var list []feeds.Feed
	for i := range n {
		list = append(list, feeds.Feed{Name: fmt.Sprint("feed", i), URL: fmt.Sprint(server.URL, "/", i), Schedule: later, Article: feeds.ArticleNever})
	}
	if err := p.SetFeeds(list); err != nil {
		t.Fatal(err)
	}
	debug.FreeOSMemory()
	before := resident(t, "VmRSS")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.Run(ctx) }()
	<-all
	peak := resident(t, "VmHWM")
	<-time.After(10 * time.Second) // idle; the runtime gives memory back by itself
	idle := resident(t, "VmRSS")
	debug.FreeOSMemory() // what the runtime does by itself within some minutes
	settled := resident(t, "VmRSS")
	t.Logf("%d MB before the first poll, %d MB at the most, %d MB ten seconds after, %d MB settled (%d MB of it files)",
		before>>20, peak>>20, idle>>20, settled>>20, resident(t, "RssFile")>>20)
	if grown := settled - before; grown > 40<<20 {
		t.Errorf("a thousand idle feeds hold %d MB", grown>>20)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// resident reads a size out of the process's status.
func resident(t *testing.T, name string) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skipf("no /proc: %v", err)
	}
	m := regexp.MustCompile(name + `:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		t.Skipf("no %s in /proc/self/status", name)
	}
	kb, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return kb << 10
}
