package feeds

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds/realdata"
)

// TestFiguresRealFeeds compares what Parse reads from 123 real documents with what feedparser, the
// reference for tolerance, reads from them.
func TestFiguresRealFeeds(t *testing.T) {
	t.Parallel()
	type expected struct {
		File, Version string
		N             int
		Items         []struct{ Title, Link, ID, Published, Updated string }
	}
	var parsed, total int
	var title, link, id, date tally
	for _, want := range realdata.Lines[expected](t, "feeds/expected.jsonl") {
		total++
		f, err := read(UTF8(realdata.Read(t, "feeds/"+want.File), ""), MaxItems)
		if err != nil {
			t.Logf("%s: %v", want.File, err)
			continue
		}
		parsed++
		if len(f.items) != len(want.Items) {
			t.Logf("%s: %d items, expected %d", want.File, len(f.items), len(want.Items))
		}
		for i, w := range want.Items {
			var it rawItem
			if i < len(f.items) {
				it = f.items[i]
			}
			where := fmt.Sprintf("%s item %d", want.File, i)
			title.count(t, where+" title", plain(it.title.line()) == plain(w.Title), it.title.line(), w.Title)
			link.count(t, where+" link", it.link == w.Link, it.link, w.Link)
			id.count(t, where+" id", w.ID == "" || it.id == w.ID, it.id, w.ID)
			when := w.Published
			got := it.published
			if when == "" || got.IsZero() {
				when, got = w.Updated, it.updated
			}
			date.count(t, where+" date", sameInstant(got, when), got.Format(time.RFC3339), when)
		}
	}
	t.Logf("%d of %d documents parse; agreement: title %s, link %s, id %s, date %s", parsed, total, title, link, id, date)
	if parsed < total-2 {
		t.Errorf("%d documents do not parse, at most 2 may", total-parsed)
	}
	for _, x := range []struct {
		what string
		tally
	}{{"title", title}, {"link", link}, {"id", id}, {"date", date}} {
		if x.share() < .99 {
			t.Errorf("%s agreement %s is below 99 %%", x.what, x.tally)
		}
	}
}

type tally struct{ good, all int }

func (c *tally) count(t *testing.T, where string, good bool, got, want string) {
	c.all++
	if good {
		c.good++
		return
	}
	t.Logf("%s: got %.120q, expected %.120q", where, got, want)
}

func (c tally) share() float64 { return float64(c.good) / float64(max(1, c.all)) }
func (c tally) String() string {
	return fmt.Sprintf("%.2f %% (%d of %d)", 100*c.share(), c.good, c.all)
}

func sameInstant(got time.Time, want string) bool {
	if want == "" {
		return true // what another parser could not read is no truth
	}
	w, err := time.Parse(time.RFC3339, want)
	return err == nil && got.Equal(w)
}

// TestFiguresConformance runs feedparser's own tests: that everything parses, and the core fields
// of items.
func TestFiguresConformance(t *testing.T) {
	t.Parallel()
	type expectation struct {
		File, Scope, Field, Kind, Tier string
		Index                          int
		Expected                       any
		ContentType                    string `json:"content_type"`
	}
	type result struct {
		feed *rawFeed
		err  error
	}
	docs := make(map[string][]byte)
	realdata.Files(t, "feed-conformance/feedparser-tests.tar.xz", func(name string, data []byte) {
		docs[strings.TrimPrefix(name, "feedparser-tests/tests/")] = data
	})
	results := make(map[string]result)
	tiers := make(map[string]*tally)
	for _, e := range realdata.Lines[expectation](t, "feed-conformance/feedparser-expect.jsonl") {
		if e.Kind == "encoding" || e.Scope == "feed" && e.Field == "description" { // a Document has neither
			continue
		}
		r, done := results[e.File]
		if !done {
			doc, ok := docs[e.File]
			if !ok {
				t.Fatalf("no document %s", e.File)
			}
			r.feed, r.err = read(UTF8(doc, e.ContentType), MaxItems)
			results[e.File] = r
		}
		tier := e.Tier
		if e.Kind == "parse_ok" {
			tier = e.Kind
		}
		if tiers[tier] == nil {
			tiers[tier] = &tally{}
		}
		if tier == "parse_ok" {
			tiers[tier].count(t, e.File, r.err == nil, fmt.Sprint(r.err), "no error")
			continue
		}
		got := r.feed.conformanceField(e.Scope, e.Index, e.Field)
		want := fmt.Sprint(e.Expected)
		good := meansTheSame(e.Kind, got, want)
		if tier != "core" && tier != "feed" {
			if tiers[tier].all++; good {
				tiers[tier].good++
			}
			continue
		}
		tiers[tier].count(t, e.File+" "+e.Scope+" "+e.Field, good, got, want)
	}
	for _, tier := range []string{"parse_ok", "core", "feed", "html", "base"} {
		t.Logf("%-9s %s", tier, tiers[tier])
	}
	if got := tiers["parse_ok"].share(); got < .995 {
		t.Errorf("parse_ok %.2f %% is below 99.5 %%", 100*got)
	}
	if got := tiers["core"].share(); got < .95 {
		t.Errorf("core item fields %.2f %% are below 95 %%", 100*got)
	}
}

// conformanceField gives a field under feedparser's name. Like any reader it takes the update for
// the publication, and the other way round, where a feed says only one.
func (f *rawFeed) conformanceField(scope string, index int, field string) string {
	if f == nil {
		return ""
	}
	stamp := func(times ...time.Time) string {
		if t := firstTime(times...); !t.IsZero() {
			return t.Format(time.RFC3339)
		}
		return ""
	}
	if scope == "feed" {
		switch field {
		case "title":
			return f.title.line()
		case "link":
			return f.link
		case "updated":
			return stamp(f.updated)
		case "language":
			return f.language
		}
		return ""
	}
	if index < 0 {
		index += len(f.items)
	}
	if index < 0 || index >= len(f.items) {
		return ""
	}
	it := f.items[index]
	switch field {
	case "title":
		return it.title.line()
	case "link":
		return it.link
	case "id":
		return it.id
	case "summary":
		if it.summary.empty() {
			it.summary = it.content
		}
		return it.summary.text()
	case "content":
		return it.content.text()
	case "published":
		return stamp(it.published, it.updated)
	case "updated":
		return stamp(it.updated, it.published)
	}
	return ""
}

var anyTagAtAll = regexp.MustCompile(`<[^>]*>`)

// plain gives the words of a text: entities decoded, tags taken out, white space made one.
func plain(s string) string {
	for range 3 {
		s = html.UnescapeString(s)
	}
	return strings.Join(strings.Fields(anyTagAtAll.ReplaceAllString(s, "")), " ")
}

func meansTheSame(kind, got, want string) bool {
	switch kind {
	case "date":
		w := parseDate(want)
		return got == want || !w.IsZero() && got == w.Format(time.RFC3339)
	case "html":
		return plain(got) == plain(want)
	}
	return strings.Join(strings.Fields(got), " ") == strings.Join(strings.Fields(want), " ")
}

// TestFiguresOtherTestDocuments reads the test documents of three other projects: none may crash the
// parser, and what feedvalidator holds to be a good feed must parse.
func TestFiguresOtherTestDocuments(t *testing.T) {
	t.Parallel()
	for _, archive := range []string{"feedvalidator-testcases", "gofeed-testdata", "miniflux-testdata"} {
		var read tally
		all := 0
		realdata.Files(t, "feed-conformance/"+archive+".tar.xz", func(name string, doc []byte) {
			all++
			_, err := Parse(doc, ParseOptions{})
			if errors.Is(err, ErrCrash) {
				t.Errorf("%s: %v", name, err)
			}
			if isGoodFeed(name, doc) {
				read.count(t, name, err == nil, fmt.Sprint(err), "no error")
			}
		})
		t.Logf("%s: %d documents without a crash; of the good feeds %s parse", archive, all, read)
		if read.good < read.all {
			t.Errorf("%s: a good feed does not parse", archive)
		}
	}
}

// isGoodFeed tells feedvalidator's documents that are feeds without an error, as their comment says.
func isGoodFeed(name string, doc []byte) bool {
	for _, other := range []string{"/kml/", "/opensearch/", "/opml/", "/ext/app/"} {
		if strings.Contains(name, other) {
			return false
		}
	}
	return strings.HasSuffix(name, ".xml") && (bytes.Contains(doc, []byte("!Error")) || bytes.Contains(doc, []byte("Expect:      Valid")))
}
