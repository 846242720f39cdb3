package feeds

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func TestOnlyPublicAddressesMayBeDialled(t *testing.T) {
	t.Parallel()
	g := newAddressGuard(nil)
	for addr := range strings.FieldsSeq(`
		10.0.0.1 10.255.255.254 172.16.0.1 172.31.255.254 192.168.0.1 127.0.0.1 127.0.0.66 127.255.255.254
		169.254.1.1 169.254.169.254 100.64.0.1 100.127.255.254 224.0.0.1 239.255.255.250
		0.0.0.0 0.1.2.3 192.0.0.8 192.0.2.1 198.51.100.7 203.0.113.9 198.18.0.1 240.0.0.1 255.255.255.255 168.63.129.16
		::1 :: ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 ::ffff:0:127.0.0.1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1
		64:ff9b::7f00:1 64:ff9b:1::7f00:1 2002:7f00:1:: 2001:0:7f00:1:: 2001:db8::1 100::1 100:0:0:1::1 3fff::1 5f00::1 2620:4f:8000::1`) {
		err := g.check(netip.MustParseAddr(addr))
		var fe *FetchError
		if !errors.As(err, &fe) || fe.Failure != FailPrivate {
			t.Errorf("%s: %v", addr, err)
		}
	}
	for addr := range strings.FieldsSeq("1.1.1.1 8.8.8.8 151.101.0.81 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 11.0.0.1 2606:4700::1111 2a00:1450::1") {
		if err := g.check(netip.MustParseAddr(addr)); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestAnAllowedNetworkOpensOnlyWhatItNames(t *testing.T) {
	t.Parallel()
	one := newAddressGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
	if err := one.check(netip.MustParseAddr("127.0.0.1")); err != nil {
		t.Error(err)
	}
	for _, addr := range []string{"127.0.0.2", "127.0.0.66", "10.0.0.1", "::1"} {
		if one.check(netip.MustParseAddr(addr)) == nil {
			t.Errorf("127.0.0.1/32 opened %s", addr)
		}
	}
	var all []netip.Prefix
	for _, p := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10", "64:ff9b::/96", "0.0.0.0/0", "::/0"} {
		all = append(all, netip.MustParsePrefix(p))
	}
	open := newAddressGuard(all)
	for _, addr := range []string{"169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "168.63.129.16", "100.100.100.200", "169.254.170.2", "fd00:ec2::254", "fd20:ce::254", "fe80::a9fe:a9fe%eth0"} {
		if open.check(netip.MustParseAddr(addr)) == nil {
			t.Errorf("%s is open", addr)
		}
	}
	for _, addr := range []string{"10.1.2.3", "fd12::1", "169.254.3.4"} {
		if err := open.check(netip.MustParseAddr(addr)); err != nil {
			t.Error(err)
		}
	}
}

// canary counts who reaches a server on loopback.
func canary(t *testing.T, addr string) (hits *atomic.Int64, port string) {
	t.Helper()
	hits = new(atomic.Int64)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Skipf("cannot listen on %s: %v", addr, err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return hits, port
}

func TestNoSpellingOfAPrivateAddressIsReached(t *testing.T) {
	t.Parallel()
	hits, port := canary(t, "127.0.0.1:0")
	s := newSite(t)
	s.handle("/to", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("u"))
		w.WriteHeader(http.StatusFound)
	})
	// the redirecting server is on the one address that is allowed
	allowed, err := net.Listen("tcp", "127.0.0.77:0")
	if err != nil {
		t.Skipf("cannot listen on 127.0.0.77: %v", err)
	}
	front := httptest.NewUnstartedServer(s.Config.Handler)
	front.Listener.Close()
	front.Listener = allowed
	front.Start()
	defer front.Close()
	f := NewFetcher(FetchOptions{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.77/32")}})
	defer f.Close()

	for _, name := range []string{"127.0.0.1", "localhost", "LOCALHOST.", "①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
		"[0:0:0:0:0:ffff:7f00:1]", "0.0.0.0", "[::]", "[::1]", "[::1%25lo]", "0", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "user@127.0.0.1", "127.0.0.77@127.0.0.1"} {
		target := "http://" + name + ":" + port + "/"
		for _, address := range []string{target, front.URL + "/to?u=" + url.QueryEscape(target)} {
			if _, err := f.Fetch(t.Context(), Request{URL: address}); err == nil {
				t.Errorf("%s was fetched", address)
			}
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the server on loopback was reached %d times", n)
	}
}

func TestAProxyIsNotAWayAround(t *testing.T) {
	t.Parallel()
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Host)
		fmt.Fprint(w, rssOf(nil))
	}))
	defer proxy.Close()
	proxyURL, _ := url.Parse(proxy.URL)
	f := NewFetcher(FetchOptions{Proxy: proxyURL})
	defer f.Close()
	for _, name := range []string{"127.0.0.1", "10.0.0.1", "[::1]", "[fe80::1%25eth0]", "169.254.169.254", "①②⑦.⓪.⓪.①", "localhost", "127.1", "0x7f000001", "2130706433"} {
		_, err := f.Fetch(t.Context(), Request{URL: "http://" + name + "/"})
		if fe := failureOf(err); fe.Failure != FailPrivate {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.Fetch(t.Context(), Request{URL: "http://wire.test/feed"}); err != nil {
		t.Error(err)
	}
	if len(asked) != 1 || asked[0] != "wire.test" {
		t.Errorf("the proxy was asked for %q", asked)
	}
}

// dnsServer answers every question for an address with what answer gives.
func dnsServer(t *testing.T, answer func() []string) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			var q dnsmessage.Message
			if q.Unpack(buf[:n]) != nil || len(q.Questions) == 0 {
				continue
			}
			q.Response, q.Additionals = true, nil
			if q.Questions[0].Type == dnsmessage.TypeA {
				for _, a := range answer() {
					q.Answers = append(q.Answers, dnsmessage.Resource{
						Header: dnsmessage.ResourceHeader{Name: q.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
						Body:   &dnsmessage.AResource{A: netip.MustParseAddr(a).As4()},
					})
				}
			}
			out, err := q.Pack()
			if err == nil {
				pc.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

func TestANameThatChangesItsAddressReachesNothingInside(t *testing.T) {
	t.Parallel()
	hits, port := canary(t, "127.0.0.1:0")
	outside, err := net.Listen("tcp", "127.0.0.88:"+port)
	if err != nil {
		t.Skipf("cannot listen on 127.0.0.88: %v", err)
	}
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, rssOf(nil)) }))
	front.Listener.Close()
	front.Listener = outside
	front.Start()
	defer front.Close()

	for name, answers := range map[string][][]string{
		"rebinding": {{"127.0.0.88"}, {"127.0.0.1"}},
		"mixed":     {{"127.0.0.1", "127.0.0.88"}, {"127.0.0.88", "127.0.0.1"}},
		"inside":    {{"127.0.0.1"}},
	} {
		var n atomic.Int64
		f := NewFetcher(FetchOptions{
			AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.88/32")},
			resolver:      dnsServer(t, func() []string { return answers[int(n.Add(1)-1)%len(answers)] }),
		})
		good := 0
		for range 50 {
			if _, err := f.Fetch(t.Context(), Request{URL: "http://rebind.test:" + port + "/"}); err == nil {
				good++
			}
			f.Close() // the next one looks the name up again
		}
		if name != "inside" && good == 0 {
			t.Errorf("%s: the server outside was never reached", name)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the server inside was reached %d times", n)
	}
}
