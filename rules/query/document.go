package query

import (
	"slices"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
)

// Document is an item made ready to be matched: cut into words, each with its forms. One
// goroutine uses it at a time; its Reset reuses what it holds, so that a long-lived Document
// needs no memory for the next item. The zero value is ready for Reset.
type Document struct {
	Item *feeds.Item

	// Now is when conditions on age are judged. NewDocument and Reset set it to when the item was
	// seen, so that a test and a replay say what the live run said. Zero makes every age unknown.
	Now time.Time

	an      text.Analyzer
	epoch   uint32
	tokens  []text.Token // of all fields, in the order of zones, with a gap between paragraphs
	next    []int32      // per linked token: the next one of the same form, or -1
	forms   []int32      // the distinct forms of the linked tokens
	places  []places     // per form of the analyzer
	stamp   uint32       // of this item in places
	paras   []int32      // first token of each paragraph of the text
	ranges  [Lang + 1]tokenRange
	attrs   []attr
	loaded  bool // attributes have been cut into words
	words   int  // in the text
	ordered orderedState
	reading uint64 // counts the calls of Reset
	scratch *scratch
}

// places are where a form stands in the current item.
type places struct {
	stamp       uint32
	first, last int32 // tokens
}

type tokenRange struct{ from, to int32 }

// attr is one value of an attribute: the second author, the first tag.
type attr struct {
	from  int32 // its first token
	field Field
	index int
	value string
}

// gap is the form of a token that is no word: it keeps phrases inside their paragraph.
const gap = -1

// NewDocument makes an item ready to be matched.
func NewDocument(it *feeds.Item) *Document {
	d := new(Document)
	d.Reset(it)
	return d
}

// Reset makes the document one of another item.
func (d *Document) Reset(it *feeds.Item) {
	d.Item, d.Now = it, it.Seen
	d.an.Reset()
	if d.epoch != d.an.Epoch() {
		d.epoch, d.places = d.an.Epoch(), nil
	}
	d.reading++
	d.stamp++
	if d.stamp == 0 { // after 2^32 items old stamps would look new
		d.stamp = 1
		clear(d.places)
	}
	if cap(d.tokens) > maxKeptTokens { // one huge item must not hold memory for ever
		d.tokens, d.next = nil, nil
	}
	d.tokens, d.next, d.forms, d.paras, d.attrs = d.tokens[:0], d.next[:0], d.forms[:0], d.paras[:0], d.attrs[:0]
	d.loaded, d.words = false, 0
	d.ordered.ready = false
	in := text.InflectionOf(it.Language)
	d.tokens = d.an.Append(d.tokens, it.Title, in)
	d.closeRange(Title, 0)
	from := int32(len(d.tokens))
	d.readText(it.Text, in)
	d.closeRange(Body, from)
	d.ranges[Anywhere] = tokenRange{0, int32(len(d.tokens))}
	d.ranges[Lead] = tokenRange{from, d.leadEnd(from)}
}

const maxKeptTokens = 1 << 18

// closeRange says that the tokens since from are those of the field, and leaves a gap.
func (d *Document) closeRange(f Field, from int32) {
	d.ranges[f] = tokenRange{from, int32(len(d.tokens))}
	d.tokens = append(d.tokens, text.Token{Form: gap})
}

// readText cuts the text paragraph by paragraph.
func (d *Document) readText(s string, in text.Inflection) {
	for start := 0; start < len(s); {
		end, after := paragraphEnd(s, start)
		d.paras = append(d.paras, int32(len(d.tokens)))
		before := len(d.tokens)
		d.tokens = d.an.AppendPart(d.tokens, s, start, end, in)
		d.words += len(d.tokens) - before
		if len(d.tokens) == before {
			d.paras = d.paras[:len(d.paras)-1]
		} else if after < len(s) {
			d.tokens = append(d.tokens, text.Token{Start: int32(end), End: int32(end), Form: gap})
		}
		start = after
	}
}

// paragraphEnd finds the blank line after start: where the paragraph ends, and the next begins.
func paragraphEnd(s string, start int) (end, after int) {
	for i := start; ; {
		n := strings.IndexByte(s[i:], '\n')
		if n < 0 {
			return len(s), len(s)
		}
		i += n + 1
		j := i
		for j < len(s) && (s[j] == ' ' || s[j] == '\r' || s[j] == '\t') {
			j++
		}
		if j < len(s) && s[j] == '\n' {
			return i - 1, j + 1
		}
	}
}

// link notes where each form stands, for the tokens that are not linked yet. Most items need it for
// no query.
func (d *Document) link() {
	from := len(d.next)
	if from == len(d.tokens) {
		return
	}
	if n := d.an.Forms(); n > len(d.places) {
		d.places = slices.Grow(d.places, n-len(d.places))[:n]
	}
	d.next = slices.Grow(d.next, len(d.tokens)-len(d.next))[:len(d.tokens)]
	for i := from; i < len(d.tokens); i++ {
		form := d.tokens[i].Form
		if form == gap {
			continue
		}
		d.next[i] = -1
		p := &d.places[form]
		if p.stamp != d.stamp {
			*p = places{d.stamp, int32(i), int32(i)}
			d.forms = append(d.forms, form)
			continue
		}
		d.next[p.last] = int32(i)
		p.last = int32(i)
	}
}

// loadAttributes cuts authors, tags, feed and URL into words; most sets of watches never ask.
func (d *Document) loadAttributes() {
	if d.loaded {
		return
	}
	d.loaded = true
	d.loadList(Author, d.Item.Authors)
	d.loadList(Tag, d.Item.Tags)
	start := int32(len(d.tokens))
	d.loadValue(Source, 0, d.Item.Feed)
	u := d.Item.URL
	host, path := urlHost(u)
	url := int32(len(d.tokens))
	d.attrs = append(d.attrs, attr{from: url, field: URL, value: u})
	d.tokens = d.an.AppendPart(d.tokens, u, host, path, text.NoInflection)
	d.ranges[Source] = tokenRange{start, int32(len(d.tokens))}
	d.tokens = d.an.AppendPart(d.tokens, u, path, len(u), text.NoInflection)
	d.closeRange(URL, url)
}

// urlHost gives where the host of a URL begins and ends.
func urlHost(u string) (host, path int) {
	if i := strings.Index(u, "://"); i >= 0 {
		host = i + len("://")
	}
	if i := strings.IndexByte(u[host:], '/'); i >= 0 {
		return host, host + i
	}
	return host, len(u)
}

func (d *Document) loadList(f Field, values []string) {
	from := int32(len(d.tokens))
	for i, v := range values {
		d.loadValue(f, i, v)
	}
	d.ranges[f] = tokenRange{from, int32(len(d.tokens))}
}

func (d *Document) loadValue(f Field, index int, value string) {
	d.attrs = append(d.attrs, attr{from: int32(len(d.tokens)), field: f, index: index, value: value})
	d.tokens = d.an.AppendPart(d.tokens, value, 0, len(value), text.NoInflection)
	d.tokens = append(d.tokens, text.Token{Start: int32(len(value)), End: int32(len(value)), Form: gap})
}

// missing says whether the item does not tell the attribute at all, so that neither a condition
// on it nor its opposite can be said to hold. An item without authors or tags tells that it has
// none; an item without a text has an empty one.
func (d *Document) missing(f Field) bool {
	switch f {
	case Source:
		return d.Item.Feed == "" && d.Item.URL == ""
	case URL:
		return d.Item.URL == ""
	case Lang:
		return d.Item.Language == ""
	}
	return false
}

// fieldText gives the field in which a token stands: its name, which value of it, and the value.
func (d *Document) fieldText(tok int32) (Field, int, string) {
	switch {
	case tok < d.ranges[Title].to:
		return Title, 0, d.Item.Title
	case tok < d.ranges[Body].to:
		return Body, 0, d.Item.Text
	}
	i, found := slices.BinarySearchFunc(d.attrs, tok, func(a attr, t int32) int { return int(a.from) - int(t) })
	if !found {
		i--
	}
	a := d.attrs[i]
	return a.field, a.index, a.value
}

// values calls f for every text that a field is made of, as long as it says true.
func (d *Document) values(field Field, f func(field Field, index int, value string) bool) {
	all := func(field Field, values []string) {
		for i, v := range values {
			if !f(field, i, v) {
				return
			}
		}
	}
	switch field {
	case Anywhere:
		if f(Title, 0, d.Item.Title) {
			f(Body, 0, d.Item.Text)
		}
	case Title:
		f(Title, 0, d.Item.Title)
	case Body:
		f(Body, 0, d.Item.Text)
	case Lead:
		f(Body, 0, d.leadText())
	case Author:
		all(Author, d.Item.Authors)
	case Tag:
		all(Tag, d.Item.Tags)
	case Source:
		if f(Source, 0, d.Item.Feed) {
			_, path := urlHost(d.Item.URL)
			f(URL, 0, d.Item.URL[:path])
		}
	case URL:
		f(URL, 0, d.Item.URL)
	}
}

// leadText is the text as far as the lead goes.
func (d *Document) leadText() string {
	lead := d.ranges[Lead]
	switch {
	case lead.to >= d.ranges[Body].to:
		return d.Item.Text
	case lead.to == lead.from:
		return ""
	}
	return d.Item.Text[:d.tokens[lead.to-1].End]
}
