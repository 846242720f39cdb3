package feeds

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"

	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Why a document cannot be read. Parse wraps these; match them with errors.Is.
var (
	ErrEmpty     = errors.New("the document is empty")
	ErrWebPage   = errors.New("this is a web page, not a feed")
	ErrNotFeed   = errors.New("this is neither RSS, Atom, RDF nor JSON Feed")
	ErrTruncated = errors.New("the document ends in the middle")
	ErrTooLarge  = fmt.Errorf("the document is larger than %d MiB", MaxDocument>>20)
	ErrCrash     = errors.New("the parser failed on the document")
)

// Document is a feed document as read: what the feed says of itself, and its items in the order of
// the document.
type Document struct {
	Format   string    // "rss", "rdf", "atom" or "json"
	Title    string    // plain text on one line
	Link     string    // absolute http(s) URL of the site; empty when the feed does not say
	Language string    // BCP 47 tag as the feed gives it; empty when it does not say
	Updated  time.Time // UTC; zero when the feed does not say
	Items    []Item

	// Cut is true when the document holds more items than were read.
	Cut bool
}

// ParseOptions says what is known about a document besides its bytes. The zero value is fine.
type ParseOptions struct {
	Feed        string   // becomes Feed of every item
	Tags        []string // the feed's own tags; they go before the item's categories
	Language    string   // language of the feed where the document does not say. Defaults to ""
	URL         string   // where the document comes from; relative links are resolved against it
	ContentType string   // the Content-Type header of the response, for its charset
	MaxItems    int      // items beyond are left out. Defaults to MaxItems
}

// Parse reads an RSS, RDF, Atom or JSON Feed document in any encoding. It forgives what real feeds
// get wrong and is bounded in time and memory for every input; of a document longer than
// MaxDocument nothing is read. A document that breaks off is an error and gives no item, so that
// half a feed never passes for the whole. Items without any title, text, link and id are left out.
func Parse(doc []byte, opt ParseOptions) (*Document, error) {
	d, err := parse(doc, opt)
	if err != nil {
		return nil, fmt.Errorf("parse feed: %w", err)
	}
	return d, nil
}

func parse(doc []byte, opt ParseOptions) (d *Document, err error) {
	defer func() {
		if r := recover(); r != nil { // other people's code reads strangers' documents
			d, err = nil, fmt.Errorf("%w: %v", ErrCrash, r)
		}
	}()
	if len(doc) > MaxDocument {
		return nil, ErrTooLarge
	}
	if opt.MaxItems <= 0 {
		opt.MaxItems = MaxItems
	}
	raw, err := read(UTF8(doc, opt.ContentType), opt.MaxItems)
	if err != nil {
		return nil, err
	}
	return raw.document(opt), nil
}

// read gives the document in the fields of its own format, not yet cleaned. doc is valid UTF-8.
func read(doc []byte, maxItems int) (*rawFeed, error) {
	body := bytes.TrimLeft(doc, " \t\r\n\x00\ufeff")
	switch {
	case len(body) == 0:
		return nil, ErrEmpty
	case body[0] == '{':
		return readJSON(body, maxItems)
	}
	s, err := guardXML(doc, maxItems)
	if err != nil {
		return nil, err
	}
	if s.root == "feed" {
		f, err := new(atom.Parser).Parse(bytes.NewReader(s.xml))
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrNotFeed, err)
		}
		return s.fromAtom(f), nil
	}
	f, err := new(rss.Parser).Parse(bytes.NewReader(s.xml))
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNotFeed, err)
	}
	return s.fromRSS(f), nil
}

// rawFeed is a document in the words of all formats, not yet cleaned.
type rawFeed struct {
	format, link, language string
	title                  prose
	updated                time.Time
	items                  []rawItem
	cut                    bool
}

// rawItem is an item in the words of all formats, not yet cleaned.
type rawItem struct {
	id, link, language string
	title              prose
	summary, content   prose
	published, updated time.Time
	authors, tags      []string
	enclosures         []Enclosure
}

// document cleans what was read.
func (f *rawFeed) document(opt ParseOptions) *Document {
	base, _ := url.Parse(opt.URL)
	d := &Document{
		Format:   f.format,
		Title:    f.title.line(),
		Link:     absolute(base, f.link),
		Language: cleanLanguage(f.language),
		Updated:  f.updated,
		Cut:      f.cut,
	}
	if base == nil || base.Host == "" {
		base, _ = url.Parse(d.Link)
	}
	hint := d.Language
	if hint == "" {
		hint = opt.Language
	}
	d.Items = make([]Item, 0, len(f.items))
	for i := range f.items {
		if it, ok := f.items[i].item(base, hint, opt); ok {
			d.Items = append(d.Items, it)
		}
	}
	return d
}

// The most that is kept of the small fields.
const (
	maxID    = 512 // bytes; a longer id is replaced by its hash, which serves as well
	maxTitle = 1000
	maxNames = 32  // authors, tags and enclosures of an item
	maxName  = 200 // bytes
)

func (r *rawItem) item(base *url.URL, hint string, opt ParseOptions) (Item, bool) {
	it := Item{
		Feed:      opt.Feed,
		URL:       absolute(base, r.link),
		Title:     shorten(r.title.line(), maxTitle),
		Text:      r.content.text(),
		Published: r.published,
		Updated:   r.updated,
		Authors:   cleanNames(r.authors),
		Tags:      cleanNames(append(append([]string(nil), opt.Tags...), r.tags...)),
	}
	if it.Text == "" {
		it.Text = r.summary.text()
	}
	it.ID = itemID(r.id, it)
	for _, e := range r.enclosures[:min(len(r.enclosures), maxNames)] {
		if e.URL = absolute(base, e.URL); e.URL != "" {
			it.Enclosures = append(it.Enclosures, Enclosure{e.URL, shorten(cleanLine(e.Type), maxName)})
		}
	}
	if lang := cleanLanguage(r.language); lang != "" {
		hint = lang
	}
	it.Language = text.Language(it.Title+"\n"+it.Text[:min(len(it.Text), maxTitle)], hint)
	return it, it.ID != ""
}

// itemID gives what the feed calls the item, else its link, else a hash of title and text. It is
// empty for an item that holds nothing at all.
func itemID(id string, it Item) string {
	id = cleanLine(id)
	switch {
	case id == "" && it.URL != "":
		return it.URL
	case id == "" && it.Title == "" && it.Text == "":
		return ""
	case id == "":
		return hash(it.Title + "\x00" + it.Text)
	case len(id) > maxID:
		return hash(id)
	}
	return id
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:16])
}

// absolute gives link as an absolute http or https URL, resolved against base, or "".
func absolute(base *url.URL, link string) string {
	link = strings.TrimSpace(link)
	if link == "" || len(link) > maxURL {
		return ""
	}
	link = strings.Map(func(r rune) rune {
		if r < 0x20 || isUnwanted(r) {
			return -1
		}
		return r
	}, link)
	if isWebAddress(link) {
		if strings.ContainsAny(link, " <>\"") {
			link = strings.NewReplacer(" ", "%20", "<", "%3C", ">", "%3E", `"`, "%22").Replace(link)
		}
		return link
	}
	u, err := url.Parse(link)
	if err != nil || base == nil {
		return ""
	}
	u = base.ResolveReference(u)
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.String()
}

func isWebAddress(s string) bool {
	lower := strings.ToLower(s[:min(len(s), len("https://"))])
	return strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://")
}

// cleanNames gives names without repeats and blanks, on one line each.
func cleanNames(names []string) []string {
	var out []string
	for _, n := range names {
		if len(out) == maxNames {
			break
		}
		if n = shorten(cleanLine(HTMLText(n)), maxName); n != "" && !containsFold(out, n) {
			out = append(out, n)
		}
	}
	return out
}

func containsFold(list []string, s string) bool {
	for _, x := range list {
		if strings.EqualFold(x, s) {
			return true
		}
	}
	return false
}

// shorten cuts s to at most max bytes at a rune's edge.
func shorten(s string, max int) string {
	if len(s) <= max {
		return s
	}
	return strings.ToValidUTF8(s[:max-len("…")], "") + "…"
}

// cleanLanguage gives a language code in the form of BCP 47: "en_us" is "en-US". What is no code
// gives "".
func cleanLanguage(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "_", "-")
	if len(s) < 2 || len(s) > 20 {
		return ""
	}
	parts := strings.Split(s, "-")
	for i, p := range parts {
		if p == "" || len(p) > 8 || strings.TrimFunc(p, isASCIIWord) != "" {
			return ""
		}
		switch {
		case i > 0 && len(p) == 2:
			parts[i] = strings.ToUpper(p)
		case i > 0 && len(p) == 4:
			parts[i] = strings.ToUpper(p[:1]) + strings.ToLower(p[1:])
		default:
			parts[i] = strings.ToLower(p)
		}
	}
	if len(parts[0]) > 3 || parts[0] == "und" {
		return ""
	}
	return strings.Join(parts, "-")
}

func isASCIIWord(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
