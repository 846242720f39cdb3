package feeds

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func articlePage(title, word string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<html lang=en><head><title>%s</title></head><body><nav><a href=/>Home</a> <a href=/world>World</a></nav><article><h1>%s</h1>", title, title)
	for i := range 6 {
		fmt.Fprintf(&b, "<p>Paragraph %d of the %s report says in some detail what the officials told journalists on Monday after the meeting at army headquarters, and why it matters to the region.</p>", i, word)
	}
	b.WriteString("</article><footer>Subscribe to our newsletter</footer></body></html>")
	return b.String()
}

func html200(page string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	}
}

func TestItemsWaitForTheirArticleAndThePollDoesNot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := newNetwork(), newMemStore()
		pages := map[string]http.HandlerFunc{
			"/good":   html200(articlePage("Good", "good")),
			"/shared": html200(articlePage("Shared", "shared")),
			"/hangs":  hang,
			"/gone":   status(404),
			"/pdf": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/pdf")
				fmt.Fprint(w, "%PDF")
			},
			"/no-text":    html200("<html><body><nav>Home</nav></body></html>"),
			"/recovers":   nil,
			"/always-500": status(500),
		}
		var mu sync.Mutex
		tries := 0
		pages["/recovers"] = func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			tries++
			again := tries == 1
			mu.Unlock()
			if again {
				w.WriteHeader(503)
				return
			}
			html200(articlePage("Recovers", "late"))(w, r)
		}
		n.set("pages.test", func(w http.ResponseWriter, r *http.Request) { pages[r.URL.Path](w, r) })
		var items []Item
		for path := range pages {
			items = append(items, Item{ID: path, URL: "http://pages.test" + path, Title: "About " + path[1:], Text: "Only a teaser for " + path + "."})
		}
		items = append(items, Item{ID: "long", URL: "http://pages.test/never-asked", Title: "Long", Text: strings.Repeat("The feed carries the whole text of this one. ", 40)},
			Item{ID: "no-link", Title: "No link", Text: "There is nothing to fetch."},
			Item{ID: "again", URL: "http://pages.test/shared#comments", Title: "The same page again", Text: "Another teaser."})
		n.set("wire.test", feedOf(items))

		fresh := map[string]time.Duration{}
		began := time.Now()
		note := func() {
			store.mu.Lock()
			defer store.mu.Unlock()
			for _, it := range store.items {
				if _, ok := fresh[it.ID]; !ok && it.Stage == StageFresh {
					fresh[it.ID] = time.Since(began)
				}
			}
		}
		feed := Feed{Name: "wire", URL: "http://wire.test/", Schedule: "@every 1m", Baseline: 1000}
		simulate(t, n, store, PollerOptions{OnFresh: note}, []Feed{feed}, func(*Poller) { time.Sleep(5 * time.Minute) })

		for id, want := range map[string]struct {
			within time.Duration
			text   string
		}{
			"long": {time.Second, "whole text"}, "no-link": {time.Second, "nothing to fetch"},
			"/good": {2 * time.Minute, "good report"}, "/shared": {2 * time.Minute, "shared report"}, "again": {2 * time.Minute, "shared report"},
			"/gone": {2 * time.Minute, "teaser"}, "/pdf": {2 * time.Minute, "teaser"}, "/no-text": {2 * time.Minute, "teaser"},
			"/recovers": {2 * time.Minute, "late report"}, "/always-500": {2 * time.Minute, "teaser"}, "/hangs": {2*time.Minute + time.Second, "teaser"},
		} {
			took, ok := fresh[id]
			if !ok || took > want.within {
				t.Errorf("%s became fresh after %v (%v), want %v", id, took, ok, want.within)
			}
			for _, it := range store.items {
				if it.ID == id && !strings.Contains(it.Text, want.text) {
					t.Errorf("%s: text %.60q", id, it.Text)
				}
			}
		}
		count := map[string]int{}
		for _, h := range n.hits {
			count[h.path]++
		}
		if count["/shared"] != 1 || count["/gone"] != 1 || count["/always-500"] != articleTries || count["/recovers"] != 2 || count["/never-asked"] != 0 {
			t.Errorf("requests: %v", count)
		}
		if got := len(n.times("wire.test")); got < 5 {
			t.Errorf("%d polls in five minutes", got)
		}
	})
}

func TestItemsThatWaitedBeforeARestartAreServedAfterIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n, store := newNetwork(), newMemStore()
		n.set("pages.test", html200(articlePage("Good", "good")))
		store.items = append(store.items, storedItem{Item{Key: 1, Feed: "wire", URL: "http://pages.test/a", Title: "A", Seen: time.Now().Add(-time.Hour)}, StageArticle})
		simulate(t, n, store, PollerOptions{}, nil, func(*Poller) { time.Sleep(time.Minute) })
		if it := store.items[0]; it.Stage != StageFresh || !strings.Contains(it.Text, "good report") {
			t.Errorf("%+v", it)
		}
	})
}
