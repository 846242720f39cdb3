package feeds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Trial is what polling an address would come to.
type Trial struct {
	URL      string    // the address that was asked first
	FoundAt  string    // where the feed is, when the address is a web page that names it; else empty
	Document *Document // nil when there is no feed
	Err      error     // why not; nil when there is a feed

	Moved     string // the new address, when the server says that the feed has moved for good
	CanSkip   bool   // the server lets us ask whether anything has changed
	FreshFor  time.Duration
	Teaser    bool     // most items carry a teaser only
	Undated   bool     // no item has a date
	Suggested []string // other feeds that the page names
}

// Try fetches what is at an address as a poll would, and looks for the feed that a web page names.
// It stores nothing.
func (f *Fetcher) Try(ctx context.Context, address string) *Trial {
	t := &Trial{URL: address}
	resp, doc, err := f.tryFeed(ctx, address)
	if errors.Is(err, ErrWebPage) && resp != nil {
		if found := feedLinks(resp.Body, resp.URL); len(found) > 0 {
			t.FoundAt, t.Suggested = found[0], found[1:]
			resp, doc, err = f.tryFeed(ctx, t.FoundAt)
		}
	}
	if err != nil {
		t.Err = err
		return t
	}
	t.Document = doc
	t.Moved, t.FreshFor = resp.Moved, resp.FreshFor
	t.CanSkip = resp.ETag != "" || resp.LastModified != ""
	t.Undated = len(doc.Items) > 0 && allUndated(doc.Items)
	teasers := 0
	for i := range doc.Items {
		if ArticleAuto.wantsArticle(&doc.Items[i]) {
			teasers++
		}
	}
	t.Teaser = 2*teasers > len(doc.Items)
	return t
}

func (f *Fetcher) tryFeed(ctx context.Context, address string) (*Response, *Document, error) {
	resp, err := f.Fetch(ctx, Request{URL: address})
	if err != nil {
		return nil, nil, err
	}
	doc, err := Parse(resp.Body, ParseOptions{URL: resp.URL, ContentType: resp.ContentType})
	if err != nil {
		return resp, nil, parseFailure(err, resp)
	}
	return resp, doc, nil
}

// String says in a few lines of words what polling the address would come to.
func (t *Trial) String() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if t.FoundAt != "" {
		say("%s is a web page; it names the feed %s", Redact(t.URL), t.FoundAt)
	}
	if t.Err != nil {
		say("%s", t.Err)
		var fe *FetchError
		if errors.As(t.Err, &fe) {
			hint := fe.Failure.Hint()
			if fe.Failure == FailHTML { // the hint for others is to try what was just tried
				hint = "the page names no feed: look on it for a link that is called RSS"
			}
			say("hint: %s", hint)
		}
		return b.String()
	}
	say("%s feed %q with %d items", strings.ToUpper(t.Document.Format), oneLine(t.Document.Title), len(t.Document.Items))
	if t.Document.Cut {
		say("it has more; only the first %d are read", len(t.Document.Items))
	}
	if t.Moved != "" {
		say("it has moved for good to %s: use that address", Redact(t.Moved))
	}
	if newest := newestItem(t.Document.Items); newest != nil {
		say("newest: %s  %s", newest.Time().Format("2006-01-02 15:04 UTC"), oneLine(newest.Title))
	}
	if t.Undated {
		say("no item has a date: items count as published when they are first seen")
	}
	if t.Teaser {
		say("it only teases: the page behind each item will be fetched (article: auto)")
	}
	if t.CanSkip {
		say("the server can say that nothing has changed, so frequent polls are cheap")
	} else {
		say("the server cannot say that nothing has changed: each poll transfers the whole document")
	}
	if t.FreshFor > 0 {
		say("the server asks not to come back within %s", t.FreshFor)
	}
	for _, s := range t.Suggested {
		say("the page also names %s", s)
	}
	return b.String()
}

func newestItem(items []Item) *Item {
	var newest *Item
	for i := range items {
		if it := &items[i]; !it.Time().IsZero() && (newest == nil || it.Time().After(newest.Time())) {
			newest = it
		}
	}
	return newest
}

// maxFeedLinks is how many feeds of a page are named.
const maxFeedLinks = 10

// feedLinks gives the feeds that a page names in its head, those for comments last.
func feedLinks(page []byte, pageURL string) []string {
	base, err := url.Parse(pageURL)
	if err != nil {
		return nil
	}
	var main, comments []string
	z := html.NewTokenizer(bytes.NewReader(page))
	for len(main)+len(comments) < maxFeedLinks {
		switch z.Next() {
		case html.ErrorToken:
			return append(main, comments...)
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			href := feedLink(tag)
			u, err := base.Parse(href)
			if href == "" || err != nil || checkURL(u) != nil {
				continue
			}
			if strings.Contains(strings.ToLower(u.Path), "comments") {
				comments = append(comments, u.String())
			} else {
				main = append(main, u.String())
			}
		}
	}
	return append(main, comments...)
}

// feedLink gives the address of a <link rel="alternate"> that leads to a feed.
func feedLink(tag html.Token) string {
	if tag.DataAtom != atom.Link {
		return ""
	}
	attr := map[string]string{}
	for _, a := range tag.Attr {
		attr[a.Key] = strings.TrimSpace(a.Val)
	}
	if !strings.Contains(" "+strings.ToLower(attr["rel"])+" ", " alternate ") {
		return ""
	}
	switch kind, _, _ := strings.Cut(strings.ToLower(attr["type"]), ";"); strings.TrimSpace(kind) {
	case "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/xml", "application/xml":
		return attr["href"]
	}
	return ""
}

// pageTitle gives the title of a web page, to tell which page stands where a feed should be.
func pageTitle(page []byte) string {
	z := html.NewTokenizer(bytes.NewReader(page[:min(len(page), 64<<10)]))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken:
			if name, _ := z.TagName(); string(name) == "title" && z.Next() == html.TextToken {
				return cutBytes(oneLine(html.UnescapeString(string(z.Text()))), 100)
			}
		}
	}
}
