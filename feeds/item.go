package feeds

import "time"

// Item is one entry of one feed, cleaned once and never changed afterwards. Its JSON shape is
// public: `tocsin parse` prints it and every other filter of the pipeline reads it.
//
// Every text field holds plain text in NFC, without markup and without control characters other
// than the line breaks of Text. All of it was written by strangers: it is data, never markup,
// never a mention, never a command.
type Item struct {
	// Key is the row of the item in the store, in the order in which items were first seen.
	// Zero until the item is stored.
	Key int64 `json:"-"`

	// Revises is the Key of the item's first version when this is a later one: the feed showed an
	// item that was known with another title, other words or other amounts. Zero otherwise.
	Revises int64 `json:"-"`

	// ID is what the feed calls the item: its guid or Atom id, else its link, else a hash of
	// title and text. It is not unique across feeds.
	ID string `json:"id"`

	// Feed is the name of the feed, or the file or URL that `tocsin parse` was given.
	Feed string `json:"feed,omitempty"`

	// URL is the absolute http(s) link of the item. Empty when the feed gives none.
	URL string `json:"url,omitempty"`

	Title string `json:"title"`

	// Text is the body: paragraphs separated by a blank line. It is the text of the article
	// behind the item where that was fetched, else what the feed carried.
	Text string `json:"text"`

	Authors []string `json:"authors,omitempty"`
	Tags    []string `json:"tags,omitempty"` // the feed's own tags first, then the item's categories

	// Language is a BCP 47 tag such as "en", "ar" or "pt-BR". Empty when it could not be told.
	Language string `json:"language,omitempty"`

	// Published and Updated are in UTC. Zero when the feed does not say; never "now".
	Published time.Time `json:"published,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`

	// Seen is when Tocsin first saw the item, in UTC. Zero for an item that was never polled.
	Seen time.Time `json:"seen,omitzero"`

	Enclosures []Enclosure `json:"enclosures,omitempty"`
}

// Enclosure is a file that an item carries along: a picture, a recording.
type Enclosure struct {
	URL  string `json:"url"`
	Type string `json:"type,omitempty"` // a MIME type, as the feed gives it
}

// Time says when the item happened, for ordering: Published, else Updated, else Seen. A time
// later than Seen is the feed's error and counts as Seen.
func (it *Item) Time() time.Time {
	t := it.Published
	if t.IsZero() {
		t = it.Updated
	}
	if t.IsZero() || (!it.Seen.IsZero() && t.After(it.Seen)) {
		return it.Seen
	}
	return t
}

// Article is what stands on the page behind an item, without the page's furniture.
type Article struct {
	URL       string    `json:"url,omitempty"`
	Title     string    `json:"title"`
	Text      string    `json:"text"` // paragraphs separated by a blank line
	Byline    string    `json:"byline,omitempty"`
	Published time.Time `json:"published,omitzero"`
	Language  string    `json:"language,omitempty"`
	Site      string    `json:"site,omitempty"`
}
