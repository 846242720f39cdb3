package store

import (
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
)

// proxy stands between a store and its server, and breaks connections.
type proxy struct {
	t        testing.TB
	server   string // host:port
	listener net.Listener

	mu    sync.Mutex
	conns []*proxied
	away  bool // connections are refused

	// judge is asked about everything that a client sends. Nil forwards it all.
	judge func(sent []byte) verdict
}

type verdict int

const (
	forward verdict = iota
	loseRequest
	loseAnswer
)

type proxied struct {
	client, server net.Conn
	mute           bool // the next answer ends the connection; guarded by proxy.mu
}

// newProxy gives a proxy to the server, and dsn with the proxy as its host.
func newProxy(t testing.TB, dsn string) (*proxy, string) {
	t.Helper()
	a, err := parseAddress(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(a.config.Host, "/") {
		t.Skip("needs a server that listens on TCP: name its host in TOCSIN_POSTGRES")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, listener: l, server: net.JoinHostPort(a.config.Host, portOf(a))}
	u.Host = l.Addr().String()
	q := u.Query()
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	go p.serve()
	t.Cleanup(func() { l.Close(); p.cut() })
	return p, u.String()
}

func portOf(a *address) string {
	u, _ := url.Parse(a.name)
	return u.Port()
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		away := p.away
		p.mu.Unlock()
		if away {
			client.Close()
			continue
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			continue
		}
		c := &proxied{client: client, server: server}
		p.mu.Lock()
		p.conns = append(p.conns, c)
		p.mu.Unlock()
		go p.up(c)
		go p.down(c)
	}
}

func (p *proxy) up(c *proxied) {
	defer c.close()
	buf := make([]byte, 64<<10)
	for {
		n, err := c.client.Read(buf)
		if err != nil {
			return
		}
		p.mu.Lock()
		v := forward
		if p.judge != nil {
			v = p.judge(buf[:n])
		}
		c.mute = c.mute || v == loseAnswer
		p.mu.Unlock()
		if v == loseRequest {
			return
		}
		if _, err := c.server.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) down(c *proxied) {
	defer c.close()
	buf := make([]byte, 64<<10)
	for {
		n, err := c.server.Read(buf)
		if err != nil {
			return
		}
		p.mu.Lock()
		mute := c.mute
		p.mu.Unlock()
		if mute {
			return
		}
		if _, err := c.client.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (c *proxied) close() {
	c.client.Close()
	c.server.Close()
}

// cut breaks all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.close()
	}
	p.conns = nil
}

// leave makes the server unreachable, or reachable again.
func (p *proxy) leave(away bool) {
	p.mu.Lock()
	p.away = away
	p.mu.Unlock()
	if away {
		p.cut()
	}
}

func (p *proxy) judgeBy(f func(sent []byte) verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.judge = f
}

func needPostgres(t testing.TB) {
	t.Helper()
	if os.Getenv("TOCSIN_POSTGRES") == "" {
		postgresSchema(t)
	}
}
