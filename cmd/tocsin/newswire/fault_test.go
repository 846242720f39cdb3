package newswire_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"

	"github.com/mmcdole/gofeed"

	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
)

func TestFeedMisbehavesAsToldAndRecovers(t *testing.T) {
	t.Parallel()
	w, base := serve(t, 0)
	url := w.Feeds(base)[0].URL
	good, whole := get(t, url)

	for _, tc := range []struct {
		fault      newswire.Fault
		status     int
		retryAfter string
		parses     bool
	}{
		{newswire.NotAFeed, 200, "", false},
		{newswire.Empty, 200, "", false},
		{newswire.Truncated, 200, "", false},
		{newswire.ServerError, 500, "", false},
		{newswire.Throttled, 429, "120", false},
		{newswire.Gone, 410, "", false},
		{newswire.Huge, 200, "", true},
		{newswire.WrongType, 200, "", true},
		{newswire.Redated, 200, "", true},
		{newswire.Reguided, 200, "", true},
	} {
		w.Misbehave("meridian", tc.fault)
		resp, body := get(t, url, "If-None-Match", good.Header.Get("ETag"))
		if resp.StatusCode != tc.status || resp.Header.Get("Retry-After") != tc.retryAfter {
			t.Errorf("%s: %s, Retry-After %q", tc.fault, resp.Status, resp.Header.Get("Retry-After"))
		}
		if _, err := gofeed.NewParser().ParseString(string(body)); (err == nil) != tc.parses {
			t.Errorf("%s: parsing gives %v", tc.fault, err)
		}
		other, _ := get(t, w.Feeds(base)[1].URL)
		if other.StatusCode != http.StatusOK {
			t.Errorf("%s: another feed answers %s", tc.fault, other.Status)
		}
	}
	w.Misbehave("meridian", newswire.Moved)
	if resp, _ := get(t, url); resp.Request.URL.Path != "/meridian/new/rss.xml" {
		t.Errorf("the feed that moved is found at %s", resp.Request.URL)
	}
	w.Misbehave("meridian", newswire.Huge)
	if _, body := get(t, url); len(body) <= 16<<20 {
		t.Errorf("the huge feed has %d bytes", len(body))
	}
	w.Misbehave("meridian", newswire.Mislabelled)
	if resp, body := get(t, url); !strings.Contains(resp.Header.Get("Content-Type"), "utf-16") || string(body) != string(whole) {
		t.Error("the mislabelled feed is not the same under another label")
	}
	w.Misbehave("meridian", newswire.NoFault)
	if _, body := get(t, url); string(body) != string(whole) {
		t.Error("the feed does not recover")
	}
}

func TestEndlessFeedSendsMoreThanAnyoneWants(t *testing.T) {
	t.Parallel()
	w, base := serve(t, 0)
	w.Misbehave("meridian", newswire.Endless)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Feeds(base)[0].URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.CopyN(io.Discard, resp.Body, 8<<20); err != nil {
		t.Errorf("after %d bytes: %v", n, err)
	}
}

func TestCloseEndsAFeedThatHangs(t *testing.T) {
	t.Parallel()
	w := newswire.New(newswire.Options{})
	w.Misbehave("meridian", newswire.Hang)
	server, err := w.Listen()
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) },
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.Feeds(server.URL)[0].URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
			err = errors.New("the feed answered " + resp.Status)
		}
		answered <- err
	}()
	<-sent
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-answered; err == nil || strings.Contains(err.Error(), "answered") {
		t.Errorf("the request ended with %v", err)
	}
	if err := server.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
	if _, err := http.Get(w.Feeds(server.URL)[1].URL); err == nil {
		t.Error("the server still answers after Close")
	}
}

func TestRedatedOrReguidedFeedHasTheSameItems(t *testing.T) {
	t.Parallel()
	for _, f := range []newswire.Fault{newswire.Redated, newswire.Reguided} {
		w, base := serve(t, 0)
		for _, feed := range w.Feeds(base) {
			read := func() *gofeed.Feed {
				_, body := get(t, feed.URL)
				parsed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
				if err != nil {
					t.Fatalf("%s %s: %v", feed.Name, f, err)
				}
				return parsed
			}
			before := read()
			w.Misbehave(feed.Name, f)
			after := read()
			if len(before.Items) != len(after.Items) {
				t.Fatalf("%s %s: %d items become %d", feed.Name, f, len(before.Items), len(after.Items))
			}
			for i, it := range after.Items {
				old := before.Items[i]
				if it.Title != old.Title || it.Link != old.Link {
					t.Errorf("%s %s: %q at %s becomes %q at %s", feed.Name, f, old.Title, old.Link, it.Title, it.Link)
				}
				if moved := !it.PublishedParsed.Equal(*old.PublishedParsed); moved != (f == newswire.Redated) {
					t.Errorf("%s %s: the date changes: %v", feed.Name, f, moved)
				}
				if changed := it.GUID != old.GUID; changed != (f == newswire.Reguided) && feed.Format != newswire.RDF {
					t.Errorf("%s %s: the guid changes: %v", feed.Name, f, changed)
				}
			}
		}
	}
}
