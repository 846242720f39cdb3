package feeds

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// rawServer answers each request of each connection with what serve writes, until serve says that
// the connection is over. It gives the address.
func rawServer(t *testing.T, serve func(c net.Conn, request int) (more bool)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var requests atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				br := bufio.NewReader(c)
				for {
					r, err := http.ReadRequest(br)
					if err != nil {
						return
					}
					io.Copy(io.Discard, r.Body)
					if !serve(c, int(requests.Add(1))) {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/feed"
}

func once(answer string) func(net.Conn, int) bool {
	return func(c net.Conn, _ int) bool {
		io.WriteString(c, answer)
		return false
	}
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

// bomb is size bytes of zeros behind gzip.
func bomb(size int64) string {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	io.CopyN(w, zeros{}, size)
	w.Close()
	return b.String()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestEveryBadAnswerHasItsFailure(t *testing.T) {
	t.Parallel()
	doc := rssOf(entries(5, wireItem))
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n", n) }
	zipped := gzipped(doc)
	damaged := []byte(zipped)
	damaged[len(damaged)-6] ^= 0xff // in the checksum
	cases := []struct {
		name, answer string
		want         Failure
		detail       string
	}{
		{"good", head + length(len(doc)) + doc, "", ""},
		{"good until close", head + "\r\n" + doc, "", ""},
		{"good gzip", head + "Content-Encoding: gzip\r\n" + length(len(zipped)) + zipped, "", ""},
		{"gzip with padding", head + "Content-Encoding: gzip\r\n" + length(len(zipped)+40) + zipped + strings.Repeat("\x01", 40), "", ""},
		{"content-length short", head + length(len(doc)+1) + doc, FailCut, ""},
		{"chunk cut", head + "Transfer-Encoding: chunked\r\n\r\n100\r\nshort", FailCut, ""},
		{"chunk garbage", head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nshort", FailProtocol, "chunk"},
		{"gzip cut", head + "Content-Encoding: gzip\r\n" + length(len(zipped)/2) + zipped[:len(zipped)/2], FailCut, ""},
		{"gzip checksum", head + "Content-Encoding: gzip\r\n" + length(len(damaged)) + string(damaged), FailCut, "damaged"},
		{"gzip that is none", head + "Content-Encoding: gzip\r\n" + length(len(doc)) + doc, FailCut, "damaged"},
		{"gzip of nothing", head + "Content-Encoding: gzip\r\n" + length(0), FailEmpty, ""},
		{"gzip in gzip", head + "Content-Encoding: gzip, gzip\r\n\r\n" + gzipped(zipped), FailEncoding, "gzip, gzip"},
		{"brotli", head + "Content-Encoding: br\r\n\r\n\x8b\x02\x80", FailEncoding, "br"},
		{"bomb", head + "Content-Encoding: gzip\r\n\r\n" + bomb(40<<20), FailTooLarge, "15 MiB"},
		{"announced 15 MB and more", head + length(16<<20), FailTooLarge, "16777216"},
		{"no answer", "", FailReset, ""},
		{"half a status line", "HTTP/1.1 2", FailProtocol, "malformed HTTP"},
		{"not HTTP", "220 mail.example.org ESMTP\r\n", FailProtocol, "malformed HTTP"},
		{"header without end", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 300<<10) + "\r\n\r\n", FailProtocol, "headers exceeded"},
		{"204", "HTTP/1.1 204 No Content\r\n\r\n", FailEmpty, "HTTP 204"},
		{"206", "HTTP/1.1 206 Partial Content\r\n" + length(3) + "abc", FailCut, "HTTP 206"},
		{"304 unasked", "HTTP/1.1 304 Not Modified\r\n\r\n", FailProtocol, "never had it"},
		{"301 to nowhere", "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n", FailRedirect, "HTTP 301"},
		{"redirect to a file", "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", FailURL, "scheme"},
		{"redirect to gopher", "HTTP/1.1 302 Found\r\nLocation: gopher://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", FailURL, "scheme"},
		{"redirect without end", "HTTP/1.1 302 Found\r\nLocation: /feed?again\r\nContent-Length: 0\r\n\r\n", FailRedirect, "10 redirects"},
		{"redirect to a long address", "HTTP/1.1 302 Found\r\nLocation: /" + strings.Repeat("a", 5000) + "\r\nContent-Length: 0\r\n\r\n", FailURL, "longer"},
		{"401", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", FailForbidden, "HTTP 401"},
		{"403", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", FailForbidden, "HTTP 403"},
		{"404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", FailNotFound, "HTTP 404"},
		{"410", "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", FailGone, "HTTP 410"},
		{"418", "HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n", FailClient, "HTTP 418"},
		{"429", "HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n", FailRateLimited, "HTTP 429"},
		{"500", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", FailServer, "HTTP 500"},
		{"999", "HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n", FailServer, "HTTP 999"},
	}
	f := newTestFetcher(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			resp, err := f.Fetch(t.Context(), Request{URL: rawServer(t, once(c.answer)) + "?token=s3cret"})
			if c.want == "" {
				if err != nil || string(resp.Body) != doc {
					t.Errorf("got %v, want the document", err)
				}
				return
			}
			var fe *FetchError
			if !errors.As(err, &fe) || fe.Failure != c.want || !strings.Contains(fe.Detail, c.detail) {
				t.Fatalf("got %#v (%v), want %s with %q", fe, err, c.want, c.detail)
			}
			if fe.Failure.Sentence() == "" || fe.Failure.Hint() == "" || strings.Contains(err.Error(), "s3cret") || len(err.Error()) > 300 {
				t.Errorf("text for people: %q, hint %q", err, fe.Failure.Hint())
			}
		})
	}
}

func TestAConnectionThatBreaksOrCannotBeMadeHasItsFailure(t *testing.T) {
	t.Parallel()
	f := newTestFetcher(t)
	reset := rawServer(t, func(c net.Conn, _ int) bool {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<rss>")
		c.(*net.TCPConn).SetLinger(0)
		return false
	})
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	closed := "http://" + l.Addr().String()
	l.Close()
	secure := newSite(t)
	tlsSite := strings.Replace(secure.URL, "http:", "https:", 1)
	for url, want := range map[string]Failure{
		reset: FailReset, closed: FailRefused, tlsSite: FailProtocol,
		"http://no-such-host.invalid/": FailDNS, "http://": FailURL, "feed": FailURL, "ftp://127.0.0.1/": FailURL,
		"http://127.0.0.1:99999/": FailURL, "http://[::1": FailURL, "http://a b/": FailURL,
		"http://127.0.0.1/\x00": FailURL, "javascript:alert(1)": FailURL, "": FailURL,
	} {
		_, err := f.Fetch(t.Context(), Request{URL: url})
		var fe *FetchError
		if !errors.As(err, &fe) || fe.Failure != want {
			t.Errorf("%q: got %#v, want %s", url, fe, want)
		}
	}
}

func TestATrickleEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	f := NewFetcher(FetchOptions{AllowNetworks: loopback, Timeout: 300 * time.Millisecond})
	defer f.Close()
	drip := func(first string) string {
		return rawServer(t, func(c net.Conn, _ int) bool {
			io.WriteString(c, first)
			for {
				if _, err := io.WriteString(c, "x"); err != nil {
					return false
				}
				<-time.After(10 * time.Millisecond)
			}
		})
	}
	for name, url := range map[string]string{
		"body":   drip("HTTP/1.1 200 OK\r\n\r\n"),
		"header": drip("HTTP/1.1 200 OK\r\nX: "),
	} {
		began := time.Now()
		_, err := f.Fetch(t.Context(), Request{URL: url})
		if fe := failureOf(err); fe.Failure != FailTimeout {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestAnEndlessDocumentIsCutOffInBoundedMemory(t *testing.T) {
	t.Parallel()
	f := newTestFetcher(t)
	item := []byte("<item><title>again and again</title></item>\n")
	url := rawServer(t, func(c net.Conn, _ int) bool {
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n<rss><channel>")
		for {
			if _, err := c.Write(bytes.Repeat(item, 1000)); err != nil {
				return false
			}
		}
	})
	_, err := f.Fetch(t.Context(), Request{URL: url})
	if fe := failureOf(err); fe.Failure != FailTooLarge {
		t.Error(err)
	}
}

// A second answer right behind the first is there before the second request is.
func TestAnAnswerThatNobodyAskedForIsNeverUsed(t *testing.T) {
	t.Parallel()
	f := newTestFetcher(t)
	answer := func(body string) string {
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	var connections atomic.Int64
	url := rawServer(t, func(c net.Conn, n int) bool {
		connections.Add(1)
		io.WriteString(c, answer(fmt.Sprint("good ", n))+answer("poison"))
		return true
	})
	for range 200 {
		resp, err := f.Fetch(t.Context(), Request{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(resp.Body, []byte("good")) {
			t.Fatalf("got %q", resp.Body)
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serve("/feed", "text/xml", rssOf(entries(30, wireItem)))
	f := newTestFetcher(t)
	for range 20 {
		if _, err := f.Fetch(t.Context(), Request{URL: s.URL + "/feed"}); err != nil {
			t.Fatal(err)
		}
	}
	connections := map[string]bool{}
	for _, r := range s.seen("/feed") {
		connections[r.RemoteAddr] = true
	}
	// net/http gives a connection up when it takes 50 ms to notice that its request was written.
	if len(connections) > 5 {
		t.Errorf("%d connections for 20 requests one after another", len(connections))
	}
}

func TestSecretsStayOnTheHostTheyAreFor(t *testing.T) {
	t.Parallel()
	home, other := newSite(t), newSite(t)
	doc := rssOf(entries(1, wireItem))
	other.serve("/feed", "text/xml", doc)
	home.serve("/moved", "text/xml", doc)
	home.handle("/feed", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	headers := map[string]string{"X-Api-Key": "s3cret", "Authorization": "Bearer s3cret", "Cookie": "id=s3cret"}
	f := newTestFetcher(t)
	for _, to := range []string{other.URL + "/feed", "/moved"} {
		address := strings.Replace(home.URL, "http://", "http://user:s3cret@", 1) + "/feed?token=s3cret&to=" + url.QueryEscape(to)
		if _, err := f.Fetch(t.Context(), Request{URL: address, Headers: headers}); err != nil {
			t.Fatal(err)
		}
	}
	dump := func(r *http.Request) string { return fmt.Sprint(r.URL, r.Header) }
	if got := dump(other.seen("/feed")[0]); strings.Contains(got, "s3cret") || strings.Contains(got, "Referer") || strings.Contains(got, "Cookie") {
		t.Errorf("the other host got %s", got)
	}
	first, then := home.seen("/feed")[0], home.seen("/moved")[0]
	for _, r := range []*http.Request{first, then} {
		if r.Header.Get("X-Api-Key") != "s3cret" || r.Header.Get("Authorization") == "" {
			t.Errorf("the feed's own host got %s", dump(r))
		}
		if r.Header.Get("User-Agent") != "Tocsin-test" || r.Header.Get("Accept-Encoding") != "gzip" || r.Header.Get("Referer") != "" {
			t.Errorf("the feed's own host got %s", dump(r))
		}
	}
	if strings.Contains(then.Header.Get("Cookie"), "session") {
		t.Errorf("a cookie was kept: %s", dump(then))
	}
}

func TestARedirectKeepsThePasswordAtHomeAndTheUserAgentEverywhere(t *testing.T) {
	t.Parallel()
	home, other := newSite(t), newSite(t)
	other.serve("/feed", "text/xml", rssOf(nil))
	home.handle("/feed", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, home.URL+"/then", http.StatusFound) // names no user
	})
	home.handle("/then", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/feed", http.StatusFound)
	})
	address := strings.Replace(home.URL, "http://", "http://user:s3cret@", 1) + "/feed"
	if _, err := newTestFetcher(t).Fetch(t.Context(), Request{URL: address, Headers: map[string]string{"User-Agent": "Desk"}}); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*http.Request{home.seen("/feed")[0], home.seen("/then")[0]} {
		if _, password, _ := r.BasicAuth(); password != "s3cret" {
			t.Errorf("%s was asked for without the password", r.URL.Path)
		}
	}
	if r := other.seen("/feed")[0]; r.Header.Get("Authorization") != "" || r.Header.Get("User-Agent") != "Desk" {
		t.Errorf("the other host got %v", r.Header)
	}
}

func TestMovedIsSaidOnlyWhenEveryRedirectIsPermanent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.serve("/new", "text/xml", rssOf(nil))
	for path, hop := range map[string]struct {
		code int
		to   string
	}{"/a": {301, "/new"}, "/b": {308, "/a"}, "/c": {302, "/a"}, "/d": {301, "/c"}, "/e": {307, "/new"}} {
		s.handle(path, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, hop.to, hop.code) })
	}
	f := newTestFetcher(t)
	for path, want := range map[string]string{"/new": "", "/a": "/new", "/b": "/new", "/c": "", "/d": "", "/e": ""} {
		resp, err := f.Fetch(t.Context(), Request{URL: s.URL + path})
		if err != nil {
			t.Fatal(err)
		}
		if want != "" {
			want = s.URL + want
		}
		if resp.Moved != want {
			t.Errorf("%s: moved to %q, want %q", path, resp.Moved, want)
		}
	}
}

func TestACancelledFetchEndsAtOnce(t *testing.T) {
	t.Parallel()
	f := newTestFetcher(t)
	ctx, cancel := context.WithCancel(t.Context())
	url := rawServer(t, func(c net.Conn, _ int) bool {
		cancel()
		io.Copy(io.Discard, c)
		return false
	})
	if _, err := f.Fetch(ctx, Request{URL: url}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
