package feeds

import (
	"strings"
	"testing"
)

func TestTryFindsTheFeedThatAPageNames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serve("/", "text/html", `<html><head><link rel="stylesheet" href="/x.css">
		<link rel="alternate" type="application/rss+xml" href="/comments/feed">
		<link rel="alternate" type="application/rss+xml" title="News" href="news.xml?key=s3cret">
		<link rel=alternate type="application/atom+xml" href="https://other.test/atom">
		<link rel="alternate" type="text/html" hreflang="fr" href="/fr"></head></html>`)
	s.serve("/news.xml", "text/xml", rssOf(entries(3, wireItem)))
	s.serve("/plain", "text/html", "<html><title>Nothing here</title></html>")
	f := newTestFetcher(t)
	trial := f.Try(t.Context(), s.URL+"/")
	text := trial.String()
	if trial.Err != nil || trial.FoundAt != s.URL+"/news.xml?key=s3cret" || len(trial.Document.Items) != 3 {
		t.Errorf("%+v", trial)
	}
	for _, want := range []string{"is a web page; it names the feed", `RSS feed "Wire" with 3 items`, "gives no date", "only teases", "transfers the whole document", "also names https://other.test/atom"} {
		if want = strings.Replace(want, "gives no date", "no item has a date", 1); !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for path, want := range map[string]string{"/plain": "there is a web page instead of a feed (Nothing here)\nhint: the page names no feed", "/nowhere": "there is no document at this address (HTTP 404)"} {
		trial := f.Try(t.Context(), s.URL+path)
		if text := trial.String(); trial.Err == nil || !strings.HasPrefix(text, want) || !strings.Contains(text, "\nhint: ") {
			t.Errorf("%s: %s", path, text)
		}
	}
}

func TestRedactHidesWhatMayBeASecret(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://user:pass@wire.test/feed?token=s3cret&q=libya#s3cret": "https://wire.test/feed?token=…&q=…",
		"https://wire.test/feed?s3cret":                                "https://wire.test/feed?…",
		"https://wire.test/feed":                                       "https://wire.test/feed",
		"http://user:p%zz@wire.test/a?b=s3cret":                        "http://wire.test/a?…",
		"not a url s3cret?":                                            "not a url s3cret?…",
	} {
		if got := Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
	const text = `Get "https://user:pass@wire.test/feed?token=s3cret": EOF`
	if got := redactText(text); strings.Contains(got, "s3cret") || strings.Contains(got, "pass") {
		t.Errorf("redactText: %q", got)
	}
	if got := oneLine("a\nb\x00c\u202ed\u2028e" + strings.Repeat("ü", 400)); len(got) > maxDetail || strings.ContainsAny(got, "\n\x00\u202e\u2028") {
		t.Errorf("oneLine: %q", got)
	}
}
