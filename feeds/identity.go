package feeds

import (
	"crypto/sha256"
	"encoding/binary"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Key is a hash of two of the three marks of an item: its guid, its link, its title. Two items of
// one feed are the same when they share a Key.
//
// One mark alone will not do. Feeds change every guid when they change their software, put
// tracking into links, move to https, and correct titles; other feeds give all items one guid, one
// link, or every day the same title. Two marks that agree on the same stored item have been right
// in every case that we know of.
type Key int64

// identity is what is needed to tell whether an item is known, and whether it has changed.
type identity struct {
	keys  []Key
	print Print
}

// identify gives the identity of each item of one document. It needs the whole document, because
// marks that items of one document share do not tell them apart.
func identify(items []Item) []identity {
	marks := make([]itemMarks, len(items))
	for i := range items {
		marks[i] = marksOf(&items[i])
	}
	shared := map[Key]ambiguity{}
	for i := range marks {
		for pair, k := range marks[i].pairs() {
			if k == noKey {
				continue
			}
			a, seen := shared[k]
			if !seen {
				a = ambiguity{third: marks[i].third(pair), content: marks[i].content}
			}
			a.found = a.found || a.third != marks[i].third(pair) && a.content != marks[i].content
			shared[k] = a
		}
	}
	out := make([]identity, len(items))
	for i := range marks {
		for _, k := range marks[i].pairs() {
			if k != noKey && !shared[k].found && !slices.Contains(out[i].keys, k) {
				out[i].keys = append(out[i].keys, k)
			}
		}
		if len(out[i].keys) == 0 { // no marks, or all of them shared: only its content is left
			out[i].keys = []Key{keyOf("content", marks[i].content, "content")}
		}
		out[i].print = printOf(&items[i], &marks[i])
	}
	return out
}

// ambiguity notes whether items of one document that share a pair of marks differ in the third
// mark and in what they say: then the pair tells nothing. Items that say the same are one item
// listed twice.
type ambiguity struct {
	third, content string
	found          bool
}

// itemMarks are the three marks of an item, each with something else in its place when it is
// missing, and its words.
type itemMarks struct {
	guid, link, titleOrBody string

	title, body string // folded
	content     string // both
}

func marksOf(it *Item) itemMarks {
	m := itemMarks{
		guid: guidMark(it.ID), link: linkMark(it.URL),
		title: foldedWords(it.Title), body: foldedWords(cutBytes(it.Text, 2000)),
	}
	start := cutBytes(m.body, 1000)
	m.content = m.title + "\n" + start
	m.titleOrBody = m.title
	if m.title == "" {
		m.titleOrBody = start
	}
	if m.link == "" {
		m.link = start
	}
	if m.guid == "" {
		m.guid = m.link
	}
	return m
}

// pairs gives the three keys in the order guid+link, guid+title, link+title.
func (m *itemMarks) pairs() [3]Key {
	return [3]Key{
		keyOf("guid+link", m.guid, m.link),
		keyOf("guid+title", m.guid, m.titleOrBody),
		keyOf("link+title", m.link, m.titleOrBody),
	}
}

// third gives the mark that the pair of that index leaves out.
func (m *itemMarks) third(pair int) string {
	return [3]string{m.titleOrBody, m.link, m.guid}[pair]
}

// noKey is the key of a pair of which both marks are missing.
const noKey Key = 0

func keyOf(kind, a, b string) Key {
	if a == "" && b == "" {
		return noKey
	}
	var buf [1024]byte
	s := append(buf[:0], kind...)
	s = append(append(s, 0), a...)
	s = append(append(s, 0), b...)
	sum := sha256.Sum256(s)
	return Key(binary.BigEndian.Uint64(sum[:]))
}

// guidMark is the guid without what a move to https or a tracker changes in a guid that is a URL.
func guidMark(guid string) string {
	guid = strings.TrimSpace(guid)
	u, ok := webURL(guid)
	if !ok {
		return guid
	}
	return hostMark(u) + strings.TrimSuffix(u.EscapedPath(), "/") + queryMark(u)
}

// linkMark is the link without scheme, fragment, trailing slash and query. The query stays, but
// for its trackers, where the path alone does not name a page: /story.php?id=7, /?p=7, /watch?v=7.
// It is empty for a link to a site's front page, which names no item.
func linkMark(link string) string {
	u, ok := webURL(strings.TrimSpace(link))
	if !ok {
		return strings.TrimSpace(link)
	}
	p := strings.TrimSuffix(u.EscapedPath(), "/")
	q := queryMark(u)
	if p == "" && q == "" {
		return ""
	}
	if namesPage(p) {
		return hostMark(u) + p
	}
	return hostMark(u) + p + q
}

func webURL(s string) (*url.URL, bool) {
	if len(s) < 8 || !strings.EqualFold(s[:4], "http") {
		return nil, false
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return nil, false
	}
	return u, true
}

func hostMark(u *url.URL) string {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	return strings.TrimPrefix(host, "www.")
}

// scripts are endings of paths behind which the query names the page.
var scripts = []string{".php", ".asp", ".aspx", ".jsp", ".cgi", ".do", ".dll", ".cfm", ".pl"}

// namesPage tells whether the last part of a path looks like the name of one page: a number or a
// slug.
func namesPage(p string) bool {
	last := path.Base(p)
	if slices.Contains(scripts, strings.ToLower(path.Ext(last))) {
		return false
	}
	return strings.ContainsAny(last, "0123456789") || strings.Count(last, "-")+strings.Count(last, "_") >= 2 || len(last) >= 24
}

// queryMark is the query in a fixed order and without trackers, with its "?".
func queryMark(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	parts := slices.DeleteFunc(strings.Split(u.RawQuery, "&"), func(p string) bool {
		name, _, _ := strings.Cut(p, "=")
		return name == "" || isTracker(strings.ToLower(name))
	})
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return "?" + strings.Join(parts, "&")
}

func isTracker(name string) bool {
	for _, prefix := range []string{"utm_", "at_", "mc_", "ns_", "pk_", "mtm_", "hsa_", "_ga"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case "fbclid", "gclid", "dclid", "msclkid", "yclid", "igshid", "ocid", "oc", "cmp", "cmpid", "ref", "ref_src", "referrer",
		"source", "src", "smid", "partner", "ftag", "feature", "xtor", "traffic_source", "sid", "sessionid", "phpsessid", "jsessionid":
		return true
	}
	return false
}

// foldedWords is s folded, with everything but letters, digits and combining signs as one space.
func foldedWords(s string) string {
	s = text.Fold(s)
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		if !isMarkRune(r) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(r)
	}
	return b.String()
}

func isMarkRune(r rune) bool {
	if r < 0x80 {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// cutBytes cuts s after at most n bytes, at the border of a character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
