package feeds

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// newTransport makes the connections of a Fetcher. HTTP/2 stays off: feeds gain nothing from it,
// and its frames are one more thing that a hostile server can play with.
func newTransport(guard *addressGuard, opts *FetchOptions) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, Resolver: opts.resolver}
	if opts.Proxy == nil { // else every connection is to the proxy, which the operator has named
		dialer.Control = guard.control
	}
	open := dialer.DialContext
	if opts.dial != nil {
		open = opts.dial
	}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := open(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &countingConn{Conn: c}, nil
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	t := &http.Transport{
		DialContext:            dial,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  20 * time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableCompression:     true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    2, // as many as a host is asked at once
		IdleConnTimeout:        30 * time.Second,
		Protocols:              protocols,
	}
	if opts.Proxy != nil {
		t.Proxy = http.ProxyURL(opts.Proxy)
	}
	return t
}

// countingConn knows whether an answer was there before its request. A server can put a second
// answer right behind its first; when the connection is used again at once, it would pass as another
// feed's document.
type countingConn struct {
	net.Conn
	received atomic.Int64 // bytes
	before   atomic.Int64 // of them, those that came before the request; -1 while it is not being sent
}

func countingConnOf(c net.Conn) *countingConn {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok { // a tls.Conn
		c = t.NetConn()
	}
	cc, _ := c.(*countingConn)
	return cc
}

func (c *countingConn) Write(p []byte) (int, error) {
	c.before.CompareAndSwap(-1, c.received.Load())
	return c.Conn.Write(p)
}

func (c *countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received.Add(int64(n))
	return n, err
}

// expect is to be called before a request is sent.
func (c *countingConn) expect() { c.before.Store(-1) }

// early tells, when the first byte of an answer has been read and nothing more is being read, whether
// it came before the request.
func (c *countingConn) early() bool {
	before := c.before.Load()
	return before < 0 || c.received.Load() == before
}
