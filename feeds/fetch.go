package feeds

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Limits on what one request may cost.
const (
	maxRedirects   = 10
	maxHeaderBytes = 256 << 10
	maxFeedBytes   = 15 << 20 // after decompression
	maxPageBytes   = 4 << 20  // an article's page, after decompression
	fetchTimeout   = 40 * time.Second

	// A document larger than usual waits until fewer than maxLarge of its kind are in memory.
	usualBytes = 1 << 20
	maxLarge   = 4
)

// FetchOptions say how pages are fetched.
type FetchOptions struct {
	// UserAgent is what publishers see: a name, a version and a URL. Defaults to "Tocsin".
	UserAgent string

	// AllowNetworks are private networks that may be dialled all the same. They open only what
	// they name, and never a cloud's metadata address. Defaults to none.
	AllowNetworks []netip.Prefix

	// Proxy is an HTTP proxy that all requests go through. The environment's proxy is not used.
	// Defaults to none.
	Proxy *url.URL

	// Timeout bounds one request from the DNS look-up to the last byte. Defaults to 40 seconds.
	Timeout time.Duration

	// For tests of what DNS can do, and of a network in which time is not real.
	resolver *net.Resolver
	dial     func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Fetcher fetches documents from strangers' servers: bounded in time and size, only from public
// addresses, without cookies and without telling a server where we came from. It is safe for
// concurrent use.
type Fetcher struct {
	opts      FetchOptions
	guard     *addressGuard
	transport *http.Transport
	agent     []string
	large     chan struct{} // one for each document in memory that is larger than usual
}

// NewFetcher makes a fetcher with its own connections.
func NewFetcher(opts FetchOptions) *Fetcher {
	if opts.UserAgent == "" {
		opts.UserAgent = "Tocsin"
	}
	if opts.Timeout == 0 {
		opts.Timeout = fetchTimeout
	}
	guard := newAddressGuard(opts.AllowNetworks)
	return &Fetcher{opts: opts, guard: guard, transport: newTransport(guard, &opts),
		agent: []string{opts.UserAgent}, large: make(chan struct{}, maxLarge)}
}

// Close closes idle connections.
func (f *Fetcher) Close() { f.transport.CloseIdleConnections() }

// Request is one document to be fetched.
type Request struct {
	URL     string
	Headers map[string]string // sent to the URL's own host only

	// ETag and LastModified are sent back as the server said them, to be told when nothing changed.
	ETag, LastModified string

	// MaxBytes bounds the document after decompression. Defaults to 15 MiB.
	MaxBytes int64

	page bool // want a web page: anything else is refused before it is read
}

// Response is a document, or the news that it has not changed.
type Response struct {
	NotModified bool   // the rest is as the server said it with its 304, without a body
	URL         string // where the document was found, after redirects
	Moved       string // the same, when every redirect on the way was permanent; else empty
	Body        []byte
	ContentType string

	ETag, LastModified string

	// FreshFor is how long the server says that asking again is of no use.
	FreshFor time.Duration

	large chan struct{} // to be taken from when the document is no longer in memory; or nil
}

func (r *Response) release() {
	if r.large != nil {
		<-r.large
		r.large = nil
	}
}

// Fetch gets one document. An error is a *FetchError.
func (f *Fetcher) Fetch(ctx context.Context, r Request) (*Response, error) {
	resp, err := f.fetch(ctx, r)
	if err != nil {
		return nil, err
	}
	resp.release()
	return resp, nil
}

// fetch is Fetch for callers that release the response when they are done with its body.
func (f *Fetcher) fetch(ctx context.Context, r Request) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, f.opts.Timeout)
	defer cancel()
	trip := &trip{fetcher: f, request: r}
	resp, err := trip.do(ctx)
	if err != nil {
		return nil, classify(ctx, err)
	}
	defer resp.Body.Close()
	out, err := trip.read(ctx, resp)
	if err != nil {
		return nil, classify(ctx, err)
	}
	return out, nil
}

// trip is one request with its redirects.
type trip struct {
	fetcher   *Fetcher
	request   Request
	redirects int
	temporary bool // one of the redirects was not for good
	trace     httptrace.ClientTrace
	conn      *countingConn // of the last request; nil for none of ours
	early     bool          // its answer was there before it
}

func (t *trip) check(u *url.URL) error {
	if err := checkURL(u); err != nil {
		return err
	}
	if t.fetcher.opts.Proxy != nil {
		return t.fetcher.guard.checkLiteral(u)
	}
	return nil
}

// do follows redirects until there is a document. net/http's client would take our headers and the
// address that we came from along to strangers.
func (t *trip) do(ctx context.Context) (*http.Response, error) {
	t.trace.GotConn = func(info httptrace.GotConnInfo) {
		if t.conn = countingConnOf(info.Conn); t.conn != nil {
			t.conn.expect()
		}
	}
	t.trace.GotFirstResponseByte = func() { t.early = t.conn != nil && t.conn.early() }
	ctx = httptrace.WithClientTrace(ctx, &t.trace)
	first, err := url.Parse(t.request.URL)
	if err != nil {
		return nil, &FetchError{Failure: FailURL, Err: err}
	}
	for at := first; ; t.redirects++ {
		if t.redirects > maxRedirects {
			return nil, errTooManyRedirects
		}
		if err := t.check(at); err != nil {
			return nil, failureOf(err)
		}
		resp, err := t.send(ctx, at, first)
		if err != nil {
			return nil, err
		}
		location := resp.Header.Get("Location")
		switch resp.StatusCode {
		case http.StatusMovedPermanently, http.StatusPermanentRedirect:
		case http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect:
			t.temporary = t.temporary || location != ""
		default:
			return resp, nil
		}
		if location == "" {
			return resp, nil
		}
		discard(resp)
		if at, err = at.Parse(location); err != nil {
			return nil, fail(FailProtocol, "failed to parse Location")
		}
	}
}

// discard throws a body away, so that its connection can be used again.
func discard(resp *http.Response) {
	io.CopyN(io.Discard, resp.Body, 4<<10)
	resp.Body.Close()
}

// send asks for one address. A response that was on its way before the request was is thrown away
// and the request sent again: it answers a request that nobody made.
func (t *trip) send(ctx context.Context, at, first *url.URL) (*http.Response, error) {
	for range 3 {
		req := plainGet.WithContext(ctx)
		req.URL, req.Host, req.Header = at, strings.TrimSuffix(at.Host, ":"), make(http.Header, 8)
		t.setHeaders(req, first)
		t.conn, t.early = nil, false
		resp, err := t.fetcher.transport.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		if !t.early {
			return resp, nil
		}
		t.conn.Close()
		resp.Body.Close()
	}
	return nil, fail(FailProtocol, "an answer that nobody asked for")
}

// plainGet is what all requests have in common.
var plainGet = &http.Request{Method: http.MethodGet}

// Values of headers, which all requests share.
var (
	acceptFeed     = []string{"application/rss+xml, application/atom+xml, application/feed+json, application/xml, text/xml, */*;q=0.5"}
	acceptPage     = []string{"text/html, application/xhtml+xml, */*;q=0.1"}
	acceptEncoding = []string{"gzip"}
)

// setHeaders sets what is sent with every request, and what only the first address's own host may know.
func (t *trip) setHeaders(req *http.Request, first *url.URL) {
	h := req.Header
	h["User-Agent"], h["Accept"], h["Accept-Encoding"] = t.fetcher.agent, acceptFeed, acceptEncoding
	if t.request.page {
		h["Accept"] = acceptPage
	}
	if t.request.ETag != "" {
		h.Set("If-None-Match", t.request.ETag)
	}
	if t.request.LastModified != "" {
		h.Set("If-Modified-Since", t.request.LastModified)
	}
	user := req.URL.User
	own := strings.EqualFold(req.URL.Host, first.Host) && (first.Scheme != "https" || req.URL.Scheme == "https")
	if own && user == nil {
		user = first.User
	}
	for k, v := range t.request.Headers {
		switch http.CanonicalHeaderKey(k) {
		case "User-Agent", "Accept":
			h.Set(k, v)
		case "Host":
			if own {
				req.Host = v
			}
		default:
			if own {
				h.Set(k, v)
			}
		}
	}
	if user != nil && h.Get("Authorization") == "" {
		password, _ := user.Password()
		req.SetBasicAuth(user.Username(), password)
	}
}

func (t *trip) read(ctx context.Context, resp *http.Response) (*Response, error) {
	out := &Response{
		URL: t.request.URL, ContentType: resp.Header.Get("Content-Type"),
		ETag: validator(resp.Header.Get("Etag")), LastModified: validator(resp.Header.Get("Last-Modified")),
		FreshFor: freshFor(resp.Header),
	}
	if t.redirects > 0 {
		out.URL = resp.Request.URL.String()
		if !t.temporary {
			out.Moved = out.URL
		}
	}
	if resp.StatusCode == http.StatusNotModified {
		if t.request.ETag == "" && t.request.LastModified == "" {
			return nil, fail(FailProtocol, "not modified, though we never had it")
		}
		out.NotModified = true
		return out, nil
	}
	if err := statusError(resp); err != nil {
		discard(resp)
		return nil, err
	}
	if t.request.page && !isPage(out.ContentType) {
		return nil, fail(FailNotPage, "%s", cutBytes(out.ContentType, 60))
	}
	b := body{resp: resp, limit: t.request.MaxBytes, grow: func() error {
		if err := take(ctx, t.fetcher.large); err != nil {
			return err
		}
		out.large = t.fetcher.large
		return nil
	}}
	if b.limit == 0 {
		b.limit = maxFeedBytes
	}
	var err error
	if out.Body, err = b.read(); err != nil {
		out.release()
		return nil, err
	}
	return out, nil
}

func isPage(contentType string) bool {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch strings.TrimSpace(kind) {
	case "", "text/html", "application/xhtml+xml", "text/plain", "application/xml", "text/xml":
		return true
	}
	return false
}

// validator gives an ETag or date as it is to be sent back, or nothing when it cannot be sent.
func validator(s string) string {
	if len(s) > 1024 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ""
	}
	return s
}
