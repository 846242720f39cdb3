package feeds

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	jsonfeed "github.com/mmcdole/gofeed/json"
)

// maxJSONItem is the size in bytes above which one item of a JSON Feed is left out: honest ones hold
// an article.
const maxJSONItem = 2 << 20

// maxJSONObjects is how many objects are decoded in all items together. gofeed spends a microsecond
// and 200 bytes on each, be it empty.
const maxJSONObjects = 200_000

// readJSON reads a JSON Feed. Items are decoded one by one: an item that is wrong costs itself and
// not the feed, and no item behind the last wanted one is decoded at all.
func readJSON(doc []byte, maxItems int) (*rawFeed, error) {
	head, items, cut, err := splitJSON(withoutControls(doc), maxItems)
	if err != nil {
		return nil, err
	}
	f, err := new(jsonfeed.Parser).Parse(bytes.NewReader(head))
	if err != nil {
		f = &jsonfeed.Feed{} // what the feed says of itself is unusable; its items may be fine
	}
	out := &rawFeed{
		format:   "json",
		title:    prose{raw: f.Title, kind: literalProse, mediaType: "text"},
		link:     f.HomePageURL,
		language: f.Language,
		cut:      cut,
	}
	objects := 0
	for _, raw := range items {
		var it jsonfeed.Item
		objects += bytes.Count(raw, []byte("{"))
		if len(raw) > maxJSONItem || objects > maxJSONObjects || json.Unmarshal(raw, &it) != nil {
			continue
		}
		out.items = append(out.items, jsonItem(&it, f.Authors))
		if t := out.items[len(out.items)-1].updated; t.After(out.updated) {
			out.updated = t
		}
	}
	return out, nil
}

// withoutControls makes control characters spaces. JSON forbids them inside strings, where sloppy
// programs write them all the same, and takes them for spaces elsewhere.
func withoutControls(doc []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, doc)
}

// splitJSON gives the feed object without its items, and the first items each by itself.
func splitJSON(doc []byte, maxItems int) (head []byte, items []json.RawMessage, cut bool, err error) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	if _, err := dec.Token(); err != nil {
		return nil, nil, false, jsonError(err)
	}
	fields := make(map[string]json.RawMessage)
	found := false
	for dec.More() && !cut {
		key, err := dec.Token()
		if err != nil {
			return nil, nil, false, jsonError(err)
		}
		if key == "items" && !found {
			found = true
			if items, cut, err = jsonItems(dec, maxItems); err != nil {
				return nil, nil, false, jsonError(err)
			}
			continue
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, nil, false, jsonError(err)
		}
		if name, ok := key.(string); ok && len(value) <= maxLeaf && len(fields) < maxPerItem {
			fields[name] = value
		}
	}
	if _, err := dec.Token(); err != nil && !cut {
		return nil, nil, false, jsonError(err)
	}
	if !found {
		return nil, nil, false, ErrNotFeed
	}
	head, err = json.Marshal(fields)
	return head, items, cut, err
}

func jsonItems(dec *json.Decoder, maxItems int) (items []json.RawMessage, cut bool, err error) {
	if t, err := dec.Token(); err != nil {
		return nil, false, err
	} else if t != json.Delim('[') {
		return nil, false, fmt.Errorf("items is no list")
	}
	for dec.More() {
		if len(items) == maxItems {
			return items, true, nil
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, false, err
		}
		items = append(items, raw)
	}
	_, err = dec.Token()
	return items, false, err
}

func jsonError(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return ErrTruncated
	}
	return fmt.Errorf("%w: %v", ErrNotFeed, err)
}

func jsonItem(it *jsonfeed.Item, feedAuthors []*jsonfeed.Author) rawItem {
	out := rawItem{
		id:        it.ID,
		link:      firstNonEmpty(it.URL, it.ExternalURL),
		language:  it.Language,
		title:     prose{raw: it.Title, kind: literalProse, mediaType: "text"},
		summary:   prose{raw: it.Summary, kind: literalProse, mediaType: "text"},
		content:   prose{raw: it.ContentHTML},
		published: parseDate(it.DatePublished),
		updated:   parseDate(it.DateModified),
		tags:      it.Tags,
	}
	if out.link == "" && isWebAddress(out.id) {
		out.link = out.id
	}
	if out.content.empty() {
		out.content = prose{raw: it.ContentText, kind: literalProse}
	}
	authors := it.Authors
	if it.Author != nil {
		authors = append(authors, it.Author)
	}
	if len(authors) == 0 {
		authors = feedAuthors
	}
	for _, a := range authors {
		if a != nil {
			out.authors = append(out.authors, a.Name)
		}
	}
	if it.Image != "" {
		out.enclosures = append(out.enclosures, Enclosure{it.Image, "image/*"})
	}
	if it.Attachments != nil {
		for _, a := range *it.Attachments {
			out.enclosures = append(out.enclosures, Enclosure{a.URL, a.MimeType})
		}
	}
	return out
}
