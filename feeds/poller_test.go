package feeds

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheFirstPollIsSilentAndLaterItemsAreFresh(t *testing.T) {
	t.Parallel()
	s, store := newSite(t), newMemStore()
	p := newTestPoller(t, store, Feed{Name: "wire", URL: s.URL + "/feed", Article: ArticleNever})
	items := entries(500, wireItem)
	s.serve("/feed", "application/rss+xml", rssOf(items[:499]))
	if o := pollOnce(t, p)["wire"]; o.New() != 0 || o.Baseline != 499 {
		t.Errorf("first poll of 499 items: %v", o.String())
	}
	for name, again := range map[string][]Item{
		"re-dated":  changed(items[:499], func(i int, it *Item) { it.Published = time.Date(2026, 1, 2, 0, 0, i, 0, time.UTC) }),
		"re-guided": changed(items[:499], func(i int, it *Item) { it.ID = fmt.Sprint("b", i) }),
		"on https":  changed(items[:499], func(i int, it *Item) { it.URL = "https" + it.URL[4:]; it.ID = it.URL }),
	} {
		s.serve("/feed", "application/rss+xml", rssOf(again))
		if o := pollOnce(t, p)["wire"]; o.New() != 0 || o.Known != 499 {
			t.Errorf("%s: %v", name, o.String())
		}
	}
	s.serve("/feed", "application/rss+xml", rssOf(items[1:]))
	if o := pollOnce(t, p)["wire"]; o.Fresh != 1 || o.Known != 498 {
		t.Errorf("one more item: %v", o.String())
	}
	if got := store.titles("wire", StageFresh); !slices.Equal(got, []string{items[499].Title}) {
		t.Errorf("fresh: %q", got)
	}
}

func TestBaselineLastLetsTheNewestThrough(t *testing.T) {
	t.Parallel()
	s, store := newSite(t), newMemStore()
	p := newTestPoller(t, store, Feed{Name: "wire", URL: s.URL + "/feed", Article: ArticleNever, Baseline: 2})
	items := changed(entries(5, wireItem), func(i int, it *Item) { it.Published = time.Date(2026, 1, 9-i, 0, 0, 0, 0, time.UTC) })
	s.serve("/feed", "application/rss+xml", rssOf(items))
	pollOnce(t, p)
	if got := store.titles("wire", StageFresh); !slices.Equal(got, []string{items[1].Title, items[0].Title}) {
		t.Errorf("fresh: %q", got)
	}
}

func TestValidatorsGoBackByteForByteAndUnchangedDocumentsAreNotParsed(t *testing.T) {
	t.Parallel()
	s, store := newSite(t), newMemStore()
	const etag, modified = `W/"a b'c\"é--gzip"`, "Tue, 24 Nov 2026 10:00:00 GMT;foo"
	s.handle("/feed", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == etag && r.Header.Get("If-Modified-Since") == modified {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", etag)
		w.Header().Set("Last-Modified", modified)
		fmt.Fprint(w, rssOf(entries(3, wireItem)))
	})
	s.serve("/plain", "text/xml", rssOf(entries(3, wireItem)))
	p := newTestPoller(t, store, Feed{Name: "with", URL: s.URL + "/feed"}, Feed{Name: "without", URL: s.URL + "/plain"})
	for range 3 {
		pollOnce(t, p)
	}
	for name, o := range pollOnce(t, p) {
		if !o.Unchanged || o.State.Failure != "" || o.State.ItemCount != 3 || o.State.Title != "Wire" {
			t.Errorf("%s: %v, %+v", name, o.String(), o.State)
		}
	}
	if st := store.states["with"]; st.ETag != etag || st.LastModified != modified {
		t.Errorf("validators became %q, %q", st.ETag, st.LastModified)
	}
}

// Each feed goes bad and comes back. Its failure has words, the feeds beside it go on, and the first
// good poll finds all that was published in the meantime.
func TestABadFeedIsNamedDisturbsNobodyAndLosesNothing(t *testing.T) {
	t.Parallel()
	doc := rssOf(entries(10, wireItem))
	page := "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Hello</body></html>"
	login := "<html><title>Sign in</title><form><input type=\"password\"></form></html>"
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, s) }
	}
	bad := map[string]struct {
		serve http.HandlerFunc
		want  Failure
	}{
		"html":  {text(page), FailHTML},
		"login": {text(login), FailLogin},
		"login-301": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/login", http.StatusMovedPermanently)
		}, FailLogin},
		"empty":      {text(""), FailEmpty},
		"blank":      {text(" \n\n "), FailEmpty},
		"cut":        {text(doc[:len(doc)*2/3]), FailCut},
		"json":       {text(`{"error":"no such feed"}`), FailNotFeed},
		"not-xml":    {text("Service temporarily overloaded"), FailNotFeed},
		"large":      {func(w http.ResponseWriter, _ *http.Request) { io.CopyN(w, zeros{}, 16<<20) }, FailTooLarge},
		"gone":       {status(410), FailGone},
		"busy":       {status(429), FailRateLimited},
		"error":      {status(500), FailServer},
		"no-content": {status(204), FailEmpty},
	}
	s, store := newSite(t), newMemStore()
	s.serve("/login", "text/html", login)
	list := []Feed{{Name: "good", URL: s.URL + "/good", Article: ArticleNever}}
	s.serve("/good", "text/xml", doc)
	for name := range bad {
		s.serve("/"+name, "text/xml", rssOf(entries(5, wireItem)))
		list = append(list, Feed{Name: name, URL: s.URL + "/" + name + "?key=s3cret", Article: ArticleNever})
	}
	p := newTestPoller(t, store, list...)
	pollOnce(t, p)
	for name, b := range bad {
		s.handle("/"+name, b.serve)
	}
	outcomes := pollOnce(t, p)
	if o := outcomes["good"]; o.State.Failure != "" {
		t.Errorf("good: %v", o.String())
	}
	for name, b := range bad {
		o := outcomes[name]
		if o.State.Failure != b.want || o.State.Failures != 1 || o.State.BodyHash == "" || o.State.ItemCount != 5 {
			t.Errorf("%s: %s, want %s; %+v", name, o.State.Failure, b.want, o.State)
		}
		if line := o.String(); line == "" || len(line) > 300 || strings.ContainsAny(line, "\n\r") || strings.Contains(line, "s3cret") {
			t.Errorf("%s: %q", name, line)
		}
		s.serve("/"+name, "text/xml", doc)
		o, err := p.PollNow(t.Context(), name)
		if err != nil || o.State.Failure != "" || o.Fresh != 5 || o.Known != 5 || o.Recovered <= 0 {
			t.Errorf("%s, good again: %v, %v, recovered after %v", name, o.String(), err, o.Recovered)
		}
	}
}

func TestHalfAFeedIsNoBaseline(t *testing.T) {
	t.Parallel()
	doc := rssOf(entries(40, wireItem))
	s, store := newSite(t), newMemStore()
	s.serve("/feed", "text/xml", doc[:len(doc)/2])
	p := newTestPoller(t, store, Feed{Name: "wire", URL: s.URL + "/feed", Article: ArticleNever})
	if o := pollOnce(t, p)["wire"]; o.State.Failure != FailCut || len(store.items) != 0 {
		t.Errorf("half: %v, %d items", o.String(), len(store.items))
	}
	s.serve("/feed", "text/xml", doc)
	if o, err := p.PollNow(t.Context(), "wire"); err != nil || o.Baseline != 40 || o.New() != 0 {
		t.Errorf("whole: %v, %v", o.String(), err)
	}
}

func TestABugInAParserCostsOneFeed(t *testing.T) {
	t.Parallel()
	s, store := newSite(t), newMemStore()
	s.serve("/poison", "text/xml", "poison")
	s.serve("/good", "text/xml", rssOf(entries(3, wireItem)))
	p := NewPoller(store, PollerOptions{Fetcher: newTestFetcher(t), Log: slog.New(slog.DiscardHandler),
		parse: func(doc []byte, opt ParseOptions) (*Document, error) {
			if string(doc) == "poison" {
				panic("index out of range [7]")
			}
			return Parse(doc, opt)
		}})
	if err := p.SetFeeds([]Feed{{Name: "poison", URL: s.URL + "/poison"}, {Name: "good", URL: s.URL + "/good"}}); err != nil {
		t.Fatal(err)
	}
	out := pollOnce(t, p)
	if out["poison"].State.Failure != FailCrash || out["good"].Baseline != 3 {
		t.Errorf("%v", out)
	}
}

func TestOnePollThatCannotBeStoredHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := newNetwork(), newMemStore()
		var list []Feed
		for i := range 30 {
			host := fmt.Sprintf("h%d.test", i)
			n.set(host, feedOf(entries(2, wireItem)))
			list = append(list, Feed{Name: host, URL: "http://" + host + "/", Schedule: "@every 5m"})
		}
		store.refuse = func(p *Poll) bool { return p.State.Feed == "h7.test" }
		simulate(t, n, store, PollerOptions{}, list, func(*Poller) {
			time.Sleep(time.Minute)
			store.mu.Lock()
			stored := len(store.states)
			store.refuse = nil
			store.mu.Unlock()
			if stored != 29 {
				t.Errorf("%d of 30 feeds stored, one is refused", stored)
			}
			time.Sleep(time.Minute)
		})
		if len(store.states) != 30 || len(store.titles("h7.test", StageBaseline)) != 2 {
			t.Errorf("%d feeds stored once the store takes all", len(store.states))
		}
	})
}

func TestFeedsOfOneURLAreFetchedOnce(t *testing.T) {
	t.Parallel()
	s, store := newSite(t), newMemStore()
	s.handle("/feed", feedOf(entries(3, wireItem)))
	p := newTestPoller(t, store,
		Feed{Name: "a", URL: s.URL + "/feed", Tags: []string{"libya"}, Article: ArticleNever},
		Feed{Name: "b", URL: s.URL + "/feed#top", Tags: []string{"desk"}, Article: ArticleNever},
		Feed{Name: "c", URL: s.URL + "/feed", Headers: map[string]string{"X-Key": "1"}, Article: ArticleNever})
	pollOnce(t, p)
	if got := len(s.seen("/feed")); got != 2 {
		t.Errorf("%d requests for three feeds of one URL, one of them with another header", got)
	}
	for _, it := range store.items {
		if want := map[string]string{"a": "libya", "b": "desk"}[it.Feed]; want != "" && !slices.Contains(it.Tags, want) {
			t.Errorf("%s: tags %q", it.Feed, it.Tags)
		}
	}
	if len(store.items) != 9 {
		t.Errorf("%d items", len(store.items))
	}
}

func TestAFeedThatIsGoneHasNoNextPollInTheLog(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.handle("/gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	var log bytes.Buffer
	p := NewPoller(newMemStore(), PollerOptions{Fetcher: newTestFetcher(t), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err := p.SetFeeds([]Feed{{Name: "gone", URL: s.URL + "/gone"}}); err != nil {
		t.Fatal(err)
	}
	pollOnce(t, p)
	if got := log.String(); !strings.Contains(got, "feed=gone") || strings.Contains(got, "next=") {
		t.Errorf("the log says\n%s", got)
	}
}
