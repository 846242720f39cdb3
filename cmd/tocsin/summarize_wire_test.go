package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/story/summary"
)

// Every page of the sample newswire carries furniture, in words that were not written for the
// summariser, and many a caption and dateline. None of it may be in a summary.
func TestSummariesOfTheNewswireHoldNothingButTheArticle(t *testing.T) {
	t.Parallel()
	wire := newswire.New(newswire.Options{})
	last := len(wire.Stages()) - 1
	wire.Publish(last)
	server := httptest.NewServer(wire.Handler())
	t.Cleanup(server.Close)
	sentences, missing := 0, 0
	for _, it := range wire.Truth() {
		page := fetchPage(t, server.URL+"/"+it.Feed+it.Path)
		article, err := feeds.Extract(page, server.URL+"/"+it.Feed+it.Path)
		if err != nil {
			t.Errorf("%s: %v", it.Name(), err)
			continue
		}
		if slices.ContainsFunc(strings.Split(it.Text, "\n\n"), func(p string) bool { return !strings.Contains(article.Text, p) }) {
			continue // the page has a later state of the item
		}
		s := summary.Summarize([]summary.Source{{Title: it.Title, Text: article.Text, Language: it.Language, Published: it.Published}}, summary.Options{})
		if len(s.Sentences) == 0 {
			t.Errorf("%s: no summary of %q", it.Name(), article.Text)
		}
		for _, x := range s.Sentences {
			sentences++
			if !strings.Contains(it.Text, x.Text) {
				missing++
				t.Errorf("%s: %q is not of the article", it.Name(), x.Text)
			}
		}
	}
	t.Logf("%d sentences, %d not of the article", sentences, missing)
}

// The same for what the feeds themselves carry: whole articles with captions, or teasers.
func TestSummariesOfTheFeedsHoldNothingButTheArticle(t *testing.T) {
	t.Parallel()
	wire := newswire.New(newswire.Options{})
	server := httptest.NewServer(wire.Handler())
	t.Cleanup(server.Close)
	texts := map[string]string{} // what may be said, by guid
	for _, stage := range wire.Stages() {
		for _, it := range stage.Items {
			texts[it.Feed+it.ID] += it.Text + "\n" + it.Teaser + "\n"
		}
	}
	items, sentences := 0, 0
	for stage := range wire.Stages() {
		wire.Publish(stage)
		for _, f := range wire.Feeds(server.URL) {
			parsed, err := feeds.Parse(fetchPage(t, f.URL), feeds.ParseOptions{Feed: f.Name, URL: f.URL})
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			for i := range parsed.Items {
				it := &parsed.Items[i]
				items++
				for _, x := range summary.Summarize([]summary.Source{summary.FromItem(it)}, summary.Options{}).Sentences {
					sentences++
					if !strings.Contains(texts[f.Name+it.ID], strings.TrimSuffix(x.Text, "…")) {
						t.Errorf("%s %s: %q is not of the article", f.Name, it.ID, x.Text)
					}
				}
			}
		}
	}
	t.Logf("%d sentences of %d items", sentences, items)
	if sentences < items {
		t.Errorf("%d sentences of %d items: what was there to say?", sentences, items)
	}
}

func fetchPage(t *testing.T, url string) []byte {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
