package feeds

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
	"golang.org/x/net/idna"
)

// addressGuard decides which addresses may be dialled. It is asked at dial time, after every DNS
// look-up and redirect: text says too little about where a name leads.
type addressGuard struct {
	public *ssrf.Guardian
}

// metadata are addresses at which clouds hand out credentials. They stay shut even when the
// network around them is allowed.
var metadata = []netip.Prefix{
	netip.MustParsePrefix("169.254.169.254/32"),  // most clouds
	netip.MustParsePrefix("169.254.170.0/24"),    // AWS ECS and EKS
	netip.MustParsePrefix("168.63.129.16/32"),    // Azure; looks public
	netip.MustParsePrefix("100.100.100.200/32"),  // Alibaba
	netip.MustParsePrefix("192.0.0.192/32"),      // Oracle
	netip.MustParsePrefix("fd00:ec2::/32"),       // AWS
	netip.MustParsePrefix("fd20:ce::254/128"),    // Google
	netip.MustParsePrefix("fd00:42::42/128"),     // Scaleway
	netip.MustParsePrefix("fe80::a9fe:a9fe/128"), // OpenStack
}

var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func newAddressGuard(allowed []netip.Prefix) *addressGuard {
	var v4, v6 []netip.Prefix
	for _, p := range allowed {
		if p.Addr().Is4() {
			v4 = append(v4, p.Masked())
		} else {
			v6 = append(v6, p.Masked())
		}
	}
	return &addressGuard{ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))}
}

// control is for net.Dialer.Control.
func (g *addressGuard) control(network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fail(FailPrivate, "network %s", network)
	}
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fail(FailPrivate, "not an address")
	}
	return g.check(ap.Addr())
}

func (g *addressGuard) check(addr netip.Addr) error {
	addr = addr.WithZone("").Unmap()
	inner := addr
	if nat64.Contains(addr) {
		b := addr.As16()
		inner = netip.AddrFrom4([4]byte(b[12:]))
	}
	for _, p := range metadata {
		if p.Contains(addr) || p.Contains(inner) {
			return fail(FailPrivate, "%s", addr)
		}
	}
	if err := g.public.SafeAddr(addr); err != nil {
		return &FetchError{Failure: FailPrivate, Detail: addr.String(), Err: err}
	}
	return nil
}

// maxURL is longer than any address of a feed or page that we have seen, and short enough to log.
const maxURL = 4096

// checkURL refuses what is not a plain web address. It looks at the text alone: where the name
// leads is decided when it is dialled.
func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fail(FailURL, "scheme %q", cutBytes(u.Scheme, 20))
	case u.Opaque != "" || u.Hostname() == "":
		return fail(FailURL, "no host")
	case len(u.Host)+len(u.Path)+len(u.RawQuery) > maxURL:
		return fail(FailURL, "longer than %d bytes", maxURL)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return fail(FailURL, "port %s", cutBytes(port, 20))
		}
	}
	return nil
}

// checkLiteral refuses a target that a proxy would dial for us, as far as it is written as an
// address. Names are the proxy's to judge.
func (g *addressGuard) checkLiteral(u *url.URL) error {
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil {
		host = u.Hostname()
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return g.check(addr)
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if _, err := strconv.ParseUint(last, 0, 64); err == nil || host == "localhost" || last == "localhost" {
		return fail(FailPrivate, "%s", host) // 127.1, 0x7f000001 and their kin
	}
	return nil
}

// isPrivate tells whether a dial failed because the guard forbade the address.
func isPrivate(err error) bool { return errors.Is(err, ssrf.ErrProhibitedIP) }

var errTooManyRedirects = fmt.Errorf("more than %d redirects", maxRedirects)
