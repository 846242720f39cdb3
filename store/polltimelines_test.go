package store_test

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/realdata"
	"github.com/tocsin-bot/tocsin/store"
)

// timelines gives the successive snapshots of one merged feed of some 90 real ones.
func timelines(t *testing.T) (docs [][]byte) {
	t.Helper()
	realdata.Files(t, "timelines/*.tar.xz", func(_ string, doc []byte) { docs = append(docs, doc) })
	return docs
}

// poll gives a poller of one feed on loopback whose document is whatever serve holds.
func poll(t *testing.T, path string, feed feeds.Feed, serve *atomic.Pointer[[]byte]) (*feeds.Poller, *store.Store) {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(*serve.Load()) }))
	t.Cleanup(server.Close)
	fetcher := feeds.NewFetcher(feeds.FetchOptions{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(fetcher.Close)
	p := feeds.NewPoller(s, feeds.PollerOptions{Fetcher: fetcher, Log: slog.New(slog.DiscardHandler)})
	feed.URL, feed.Article = server.URL, feeds.ArticleNever
	if err := p.SetFeeds([]feeds.Feed{feed}); err != nil {
		t.Fatal(err)
	}
	return p, s
}

func pollOnce(t *testing.T, p *feeds.Poller) feeds.Outcome {
	t.Helper()
	out, err := p.PollAll(t.Context())
	if err != nil || len(out) != 1 {
		t.Fatalf("%v, %v", out, err)
	}
	return out[0]
}

func TestEveryItemOfARealTimelineIsNewExactlyOnce(t *testing.T) {
	t.Parallel()
	docs := timelines(t)
	var serve atomic.Pointer[[]byte]
	p, s := poll(t, filepath.Join(t.TempDir(), "tocsin.db"), feeds.Feed{Name: "world", Baseline: 1 << 20}, &serve)
	links := map[string]bool{}
	fresh, revised := 0, 0
	for i, doc := range docs {
		d, err := feeds.Parse(doc, feeds.ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, it := range d.Items {
			if !links[it.URL] {
				links[it.URL] = true
				want++
			}
		}
		serve.Store(&doc)
		o := pollOnce(t, p)
		fresh, revised = fresh+o.Fresh, revised+o.Revised
		if o.Fresh != want {
			t.Errorf("snapshot %d: %d new items, %d new links", i+1, o.Fresh, want)
		}
		if i%6 > 0 {
			continue
		}
		again := append(doc[:len(doc):len(doc)], '\n') // the same items in other bytes
		serve.Store(&again)
		if o := pollOnce(t, p); o.New() != 0 || o.Unchanged {
			t.Errorf("snapshot %d again: %v", i+1, o.String())
		}
	}
	seen := map[string]int{}
	for it, err := range s.Items(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if it.Revises == 0 {
			seen[it.URL]++
		}
	}
	for link, n := range seen {
		if n != 1 {
			t.Errorf("%s stored %d times", link, n)
		}
	}
	if len(seen) != len(links) {
		t.Errorf("%d links stored of %d", len(seen), len(links))
	}
	t.Logf("%d snapshots, %d items, each new once; %d changed titles", len(docs), fresh, revised)
}

// rssOf gives an RSS document of n items with what a case needs changed.
func rssOf(n int, format func(i int) (guid, link, date string)) []byte {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Wire</title>`)
	for i := range n {
		guid, link, date := format(i)
		fmt.Fprintf(&b, "<item><guid isPermaLink=\"false\">%s</guid><link>%s</link><pubDate>%s</pubDate><title>Report %d of the day</title><description>What report %d says.</description></item>",
			guid, link, date, i, i)
	}
	b.WriteString(`</channel></rss>`)
	return []byte(b.String())
}

func TestTheFirstPollOfAnOldFeedIsSilentHoweverItChanges(t *testing.T) {
	t.Parallel()
	const n = 500
	date := func(year int) func(i int) string {
		return func(i int) string {
			return time.Date(year, 1, 1, 0, i, 0, 0, time.UTC).Format(time.RFC1123Z)
		}
	}
	old, now := date(2016), date(2026)
	var serve atomic.Pointer[[]byte]
	path := filepath.Join(t.TempDir(), "tocsin.db")
	p, s := poll(t, path, feeds.Feed{Name: "wire"}, &serve)
	versions := []struct {
		name string
		doc  []byte
	}{
		{"old", rssOf(n, func(i int) (string, string, string) {
			return fmt.Sprint("a", i), fmt.Sprintf("http://wire.test/%d", i), old(i)
		})},
		{"re-dated", rssOf(n, func(i int) (string, string, string) {
			return fmt.Sprint("a", i), fmt.Sprintf("http://wire.test/%d", i), now(i)
		})},
		{"re-guided", rssOf(n, func(i int) (string, string, string) {
			return fmt.Sprint("b", i), fmt.Sprintf("http://wire.test/%d", i), old(i)
		})},
		{"on https", rssOf(n, func(i int) (string, string, string) {
			return fmt.Sprintf("https://wire.test/%d", i), fmt.Sprintf("https://wire.test/%d?utm_source=rss", i), old(i)
		})},
	}
	for i, v := range versions {
		serve.Store(&v.doc)
		o := pollOnce(t, p)
		if o.New() != 0 || i == 0 && o.Baseline != n || i > 0 && o.Known != n {
			t.Errorf("%s: %v", v.name, o.String())
		}
	}
	more := rssOf(n+1, func(i int) (string, string, string) {
		return fmt.Sprint("a", i), fmt.Sprintf("http://wire.test/%d", i), now(i)
	})
	serve.Store(&more)
	if o := pollOnce(t, p); o.Fresh != 1 {
		t.Errorf("one more item: %v", o.String())
	}
	fresh, err := s.FreshItems(t.Context(), 2*n)
	if err != nil || len(fresh) != n+1 {
		t.Fatalf("%d items to be planned, %v", len(fresh), err)
	}
	for i, f := range fresh {
		if f.Baseline != (i < n) {
			t.Errorf("%q: baseline %v", f.Title, f.Baseline)
		}
	}
}

func TestPollsOfWhichOnlyTheTimesAreNewAreStored(t *testing.T) {
	t.Parallel()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "tocsin.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	st := feeds.State{Feed: "wire", Address: "ab", ETag: `"1"`, Polled: at, LastGood: at, NextDue: at.Add(time.Hour), Title: "Wire"}
	for _, same := range []bool{true, false, true, true} { // the first has no row to touch
		st.Polled, st.LastGood, st.NextDue = st.Polled.Add(time.Hour), st.LastGood.Add(time.Hour), st.NextDue.Add(time.Hour)
		var polls []*feeds.Poll
		want := map[string]feeds.State{}
		for i := range 120 { // many at once and some alone
			st.Feed, st.ItemCount = fmt.Sprint("wire ", i), i
			polls, want[st.Feed] = append(polls, &feeds.Poll{State: st, Same: same}), st
		}
		if _, err := s.SavePolls(t.Context(), polls); err != nil {
			t.Fatal(err)
		}
		states, err := s.States(t.Context())
		if err != nil || !maps.Equal(states, want) {
			t.Errorf("stored %+v, want %+v, %v", states["wire 7"], want["wire 7"], err)
		}
	}
}
