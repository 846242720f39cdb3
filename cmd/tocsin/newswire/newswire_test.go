package newswire_test

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html/charset"

	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
)

// serve returns a wire with all stages up to the one given and its address.
func serve(t *testing.T, stage int) (*newswire.Wire, string) {
	t.Helper()
	w := newswire.New(newswire.Options{})
	w.Publish(stage)
	s := httptest.NewServer(w.Handler())
	t.Cleanup(s.Close)
	return w, s.URL
}

func last(w *newswire.Wire) int { return len(w.Stages()) - 1 }

// get returns an answer and its body as bytes.
func get(t *testing.T, url string, header ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
	return resp, body
}

// getText is get for a page, decoded as a browser would.
func getText(t *testing.T, url string) string {
	t.Helper()
	resp, body := get(t, url)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s", url, resp.Status)
	}
	r, err := charset.NewReader(bytes.NewReader(body), resp.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// inForce keeps of a feed's truth the last version of each item.
func inForce(w *newswire.Wire, feed string, stage int) map[string]newswire.Truth {
	items := map[string]newswire.Truth{}
	for _, it := range w.Truth() {
		if it.Feed == feed && it.Stage <= stage {
			items[it.ID] = it
		}
	}
	return items
}

func TestEveryFeedParsesAndCarriesWhatWasPublished(t *testing.T) {
	t.Parallel()
	w, base := serve(t, 1000)
	want := map[newswire.Format]string{
		newswire.RSS: "rss 2.0", newswire.RDF: "rss 1.0", newswire.Atom: "atom 1.0", newswire.JSON: "json 1.1",
	}
	for _, f := range w.Feeds(base) {
		t.Run(f.Name, func(t *testing.T) {
			_, body := get(t, f.URL)
			parsed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			format := parsed.FeedType + " " + parsed.FeedVersion
			if parsed.FeedType == "json" {
				format = "json " + strings.TrimPrefix(parsed.FeedVersion, "https://jsonfeed.org/version/")
			}
			if format != want[f.Format] {
				t.Errorf("the feed is %s, not %s", format, want[f.Format])
			}
			if parsed.Title != f.Title || parsed.Language != f.Language {
				t.Errorf("the feed is %q in %q, want %q in %q", parsed.Title, parsed.Language, f.Title, f.Language)
			}
			truth := inForce(w, f.Name, last(w))
			if len(parsed.Items) != len(truth) || len(truth) == 0 {
				t.Errorf("the feed carries %d items, want %d", len(parsed.Items), len(truth))
			}
			for i, it := range parsed.Items {
				checkItem(t, f, it, truth[guid(it, truth)])
				if i > 0 && it.PublishedParsed.After(*parsed.Items[i-1].PublishedParsed) {
					t.Errorf("%s is newer than the item before it", it.GUID)
				}
			}
		})
	}
}

// guid is the item's guid; gofeed does not read that of RSS 1.0, where the link has to do.
func guid(it *gofeed.Item, truth map[string]newswire.Truth) string {
	for id, want := range truth {
		if it.GUID == "" && strings.HasSuffix(it.Link, want.Path) {
			return id
		}
	}
	return it.GUID
}

func checkItem(t *testing.T, f newswire.Feed, it *gofeed.Item, want newswire.Truth) {
	t.Helper()
	switch {
	case want.ID == "":
		t.Errorf("nobody knows an item with the guid %q", it.GUID)
		return
	case it.Title != want.Title:
		t.Errorf("%s: title %q, want %q", want.Name(), it.Title, want.Title)
	case !strings.HasPrefix(it.Link, "http://127.0.0.1:"):
		t.Errorf("%s: link %q", want.Name(), it.Link)
	case it.PublishedParsed == nil || !it.PublishedParsed.Equal(want.Published):
		t.Errorf("%s: published %v, want %v", want.Name(), it.PublishedParsed, want.Published)
	}
	paragraphs := strings.Split(want.Text, "\n\n")
	deep := paragraphs[len(paragraphs)-1]
	if full := strings.Contains(html.UnescapeString(it.Content), deep); full != f.FullText {
		t.Errorf("%s: the feed carries the last paragraph: %v, want %v", want.Name(), full, f.FullText)
	}
	if it.Description == "" && it.Content == "" {
		t.Errorf("%s: the feed says nothing of the item", want.Name())
	}
}

func TestPagesCarryTheArticleAmidFurnitureInTheOutletsLanguage(t *testing.T) {
	t.Parallel()
	furniture := map[string][]string{
		"en": {"cookies", "Search this site", "Advertise with us", "All rights reserved", "Copy link"},
		"ar": {"ملفات تعريف الارتباط", "ابحث في الموقع", "أعلن معنا", "جميع الحقوق محفوظة", "انسخ الرابط"},
		"ur": {"کوکیز", "سائٹ پر تلاش کریں", "اشتہار دیں", "جملہ حقوق محفوظ ہیں", "لنک کاپی کریں"},
		"tr": {"çerez", "Sitede ara", "Reklam verin", "Tüm hakları saklıdır", "Bağlantıyı kopyala"},
		"fr": {"cookies", "Rechercher sur le site", "Mentions légales", "Tous droits réservés", "Copier le lien"},
	}
	w, base := serve(t, 1000)
	for _, it := range w.Truth() {
		if latest := inForce(w, it.Feed, 1000)[it.ID]; latest.Stage != it.Stage {
			continue
		}
		page := html.UnescapeString(getText(t, base+"/"+it.Feed+it.Path))
		for p := range strings.SplitSeq(it.Text, "\n\n") {
			if !strings.Contains(page, p) {
				t.Errorf("%s: the page lacks %q", it.Name(), p)
			}
		}
		for _, words := range furniture[it.Language] {
			if !strings.Contains(page, words) {
				t.Errorf("%s: the page lacks the furniture %q", it.Name(), words)
			}
			if strings.Contains(it.Text, words) {
				t.Errorf("%s: the article holds the furniture %q", it.Name(), words)
			}
		}
	}
}

func TestFeedAnswersNotModifiedUntilTheNextStage(t *testing.T) {
	t.Parallel()
	w, base := serve(t, 0)
	validators := func(f newswire.Feed) [][2]string {
		resp, _ := get(t, f.URL)
		return [][2]string{
			{"If-None-Match", resp.Header.Get("ETag")},
			{"If-Modified-Since", resp.Header.Get("Last-Modified")},
		}
	}
	before := map[string][][2]string{}
	for _, f := range w.Feeds(base) {
		before[f.Name] = validators(f)
		for _, v := range before[f.Name] {
			if resp, body := get(t, f.URL, v[0], v[1]); resp.StatusCode != http.StatusNotModified || len(body) > 0 {
				t.Errorf("%s with %s: %q: %s and %d bytes, want 304", f.Name, v[0], v[1], resp.Status, len(body))
			}
		}
	}
	w.Publish(last(w))
	for _, f := range w.Feeds(base) {
		for _, v := range before[f.Name] {
			if resp, _ := get(t, f.URL, v[0], v[1]); resp.StatusCode != http.StatusOK {
				t.Errorf("%s with %s: %q after the last stage: %s, want 200", f.Name, v[0], v[1], resp.Status)
			}
		}
	}
}

func TestOutletIsAHostOfItsOwnToClientsOfTheProxy(t *testing.T) {
	t.Parallel()
	w, base := serve(t, 0)
	proxy, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	defer client.CloseIdleConnections()
	hosts := map[string]bool{}
	for _, f := range w.Feeds("") {
		parser := gofeed.NewParser()
		parser.Client = client
		parsed, err := parser.ParseURLWithContext(f.URL, t.Context())
		if err != nil {
			t.Fatalf("%s: %v", f.URL, err)
		}
		for _, it := range parsed.Items {
			if !strings.HasPrefix(it.Link, f.Home+"/") || strings.Contains(it.Link, "127.0.0.1") {
				t.Errorf("%s: the link %s leaves the outlet's host", f.Name, it.Link)
			}
		}
		resp, err := client.Get(parsed.Items[0].Link)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", parsed.Items[0].Link, resp.Status)
		}
		hosts[f.Home] = true
	}
	if len(hosts) != len(w.Feeds("")) {
		t.Errorf("the outlets share hosts: %v", hosts)
	}
}

func TestFrontPageLeadsToTheFeedAndTheArticles(t *testing.T) {
	t.Parallel()
	w, base := serve(t, 0)
	for _, f := range w.Feeds(base) {
		page := getText(t, f.Home+"/")
		if !strings.Contains(page, f.URL) {
			t.Errorf("the front page of %s lacks %s", f.Name, f.URL)
		}
		for _, it := range inForce(w, f.Name, 0) {
			if !strings.Contains(page, f.Home+it.Path) {
				t.Errorf("the front page of %s lacks %s", f.Name, it.Path)
			}
		}
	}
	for path, want := range map[string]int{
		"/meridian/nothing.html": 404, "/nobody/rss.xml": 404, "/": 404, "/meridian/img/x.gif": 200,
	} {
		if resp, _ := get(t, base+path); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
	resp, err := http.Post(w.Feeds(base)[0].URL, "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a POST: %s", resp.Status)
	}
}

func TestNothingIsSeenBeforeItsStage(t *testing.T) {
	t.Parallel()
	w, base := serve(t, -1)
	count := func(stage int) {
		t.Helper()
		for _, f := range w.Feeds(base) {
			_, body := get(t, f.URL)
			parsed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
			if err != nil {
				t.Fatalf("%s at stage %d: %v", f.Name, stage, err)
			}
			if want := len(inForce(w, f.Name, stage)); len(parsed.Items) != want {
				t.Errorf("%s at stage %d carries %d items, want %d", f.Name, stage, len(parsed.Items), want)
			}
		}
	}
	count(-1)
	for stage := range w.Stages() {
		for _, it := range w.Stages()[stage].Items {
			if it.Updated.IsZero() {
				if resp, _ := get(t, base+"/"+it.Feed+it.Path); resp.StatusCode != http.StatusNotFound {
					t.Errorf("%s before its stage: %s", it.Path, resp.Status)
				}
			}
		}
		w.Publish(stage)
		w.Publish(stage - 1)
		count(stage)
	}
	w.Publish(1000)
	count(last(w))
}

func TestCorrectedItemKeepsItsIDAndChangesItsPage(t *testing.T) {
	t.Parallel()
	var versions []newswire.Truth
	w := newswire.New(newswire.Options{})
	for _, it := range w.Truth() {
		if it.Name() == "karachi-ledger/trainer-aircraft-benghazi" {
			versions = append(versions, it)
		}
	}
	if len(versions) != 2 || versions[0].ID != versions[1].ID || versions[1].Kind != newswire.KindCorrection {
		t.Fatalf("the versions are %+v", versions)
	}
	s := httptest.NewServer(w.Handler())
	t.Cleanup(s.Close)
	page := s.URL + "/karachi-ledger" + versions[0].Path

	w.Publish(versions[0].Stage)
	if text := getText(t, page); !strings.Contains(text, "package at $4.6 billion") {
		t.Error("before the correction the page lacks the wrong amount")
	}
	w.Publish(versions[1].Stage)
	if text := getText(t, page); !strings.Contains(text, "package at $4 billion") || strings.Contains(text, "package at $4.6 billion") {
		t.Error("after the correction the page still has the wrong amount")
	}
}

func TestDayMovesEveryTime(t *testing.T) {
	t.Parallel()
	karachi := time.FixedZone("", 5*3600)
	day := time.Date(2027, 3, 1, 15, 4, 5, 0, karachi)
	for _, s := range newswire.New(newswire.Options{Day: day}).Stages() {
		if s.At.Location() != karachi || s.At.Day() != 1 || s.At.Month() != 3 {
			t.Errorf("stage %q is at %v", s.Name, s.At)
		}
		for _, it := range s.Items {
			if it.Published.After(s.At) || day.Sub(it.Published) > 48*time.Hour {
				t.Errorf("%s is published at %v, in the stage of %v", it.Name(), it.Published, s.At)
			}
		}
	}
	for now, want := range map[string]string{ // Karachi is five hours ahead
		"2026-11-22T23:00:00+05:00": "2026-11-16T00:00:00+05:00",
		"2026-11-23T23:00:00+05:00": "2026-11-16T00:00:00+05:00",
		"2026-11-24T00:00:00+05:00": "2026-11-23T00:00:00+05:00",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := newswire.Monday(at.In(karachi)).Format(time.RFC3339); got != want {
			t.Errorf("the last Monday over at %s is %s, want %s", now, got, want)
		}
	}
}
