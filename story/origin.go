package story

import (
	"net/url"
	"slices"
	"strings"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Outlet is the site that published an item: the host of its address without www and the like,
// else the name of its feed. Several feeds of one site are one outlet.
func Outlet(it *feeds.Item) string {
	if u, err := url.Parse(it.URL); err == nil && u.Hostname() != "" {
		return site(u)
	}
	return it.Feed
}

// site is a host without the prefixes that sites put before the same pages.
func site(u *url.URL) string {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	for _, prefix := range []string{"www.", "m.", "amp.", "mobile.", "rss.", "feeds."} {
		if rest, ok := strings.CutPrefix(host, prefix); ok && strings.Contains(rest, ".") {
			host = rest
		}
	}
	return host
}

// addressHash is the same for two addresses of one page: without scheme, fragment, the prefixes
// of mobile pages and the parameters that only count visitors. Zero for none.
func addressHash(address string) uint64 {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || (u.Path == "" || u.Path == "/") && u.RawQuery == "" {
		return 0
	}
	query := strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' })
	query = slices.DeleteFunc(query, func(p string) bool {
		name, _, _ := strings.Cut(strings.ToLower(p), "=")
		return strings.HasPrefix(name, "utm_") || strings.HasPrefix(name, "at_") || slices.Contains(visitorParams, name)
	})
	slices.Sort(query)
	path := strings.TrimSuffix(strings.TrimSuffix(u.EscapedPath(), "/"), "/amp")
	return hashString(site(u) + path + "?" + strings.Join(query, "&"))
}

var visitorParams = []string{"fbclid", "gclid", "cmp", "cmpid", "ref", "rss", "source", "src", "traffic_source", "ns_mchannel", "ns_source", "ns_campaign", "ocid", "smid", "taid", "xtor"}

// headline is a headline as it is compared: its words, folded.
func headline(title string) string {
	var b strings.Builder
	for _, w := range text.Words(title) {
		b.WriteString(w.Folded)
		b.WriteByte(' ')
	}
	return b.String()
}
