package bot

import "time"

// Message is what a person reads, without a word of any platform. An adapter renders it: Slack as
// Block Kit, Matrix as HTML, the console as wrapped lines. Every string in it is literal text: the
// adapter escapes it, so that nothing a feed wrote becomes markup, a mention or a command.
//
// It is stored as JSON between composing and posting: fields may be added, none renamed.
type Message struct {
	// Title is the first line. Empty for a message that is all body.
	Title string `json:"title,omitempty"`

	// URL makes the title a link. Http or https only; empty for none.
	URL string `json:"url,omitempty"`

	// Priority colours an alert. Empty for everything that is not an alert.
	Priority string `json:"priority,omitempty"`

	Blocks []Block `json:"blocks,omitempty"`

	// Buttons are offered under the message where the platform has buttons.
	Buttons []Button `json:"buttons,omitempty"`

	// Outcome says what the command did that the message answers, for platforms that mark the
	// question. Empty for a mere answer.
	Outcome Outcome `json:"outcome,omitempty"`
}

// Outcome says what a command did.
type Outcome string

// The outcomes worth a mark.
const (
	Done    Outcome = "done"    // it changed something
	Refused Outcome = "refused" // it was not run, or failed
)

// Block is one part of a message, from top to bottom.
type Block struct {
	Kind BlockKind `json:"kind"`

	// Spans is the text of a Paragraph, Heading, Quote, Note or Code block.
	Spans []Span `json:"spans,omitempty"`

	// Items are the points of a List, or the rows of a Table (then each span is one cell).
	Items [][]Span `json:"items,omitempty"`

	// Header is the first row of a Table. Empty for none.
	Header []string `json:"header,omitempty"`
}

// BlockKind says how a block reads.
type BlockKind string

// The kinds of block.
const (
	Paragraph BlockKind = "paragraph"
	Heading   BlockKind = "heading"
	List      BlockKind = "list"
	Table     BlockKind = "table"
	Quote     BlockKind = "quote" // words of a source, verbatim
	Note      BlockKind = "note"  // small print: why, when, facts
	Code      BlockKind = "code"  // fixed width, line breaks kept
)

// Span is a run of literal text. At most one of URL, Time and User is set.
type Span struct {
	Text string `json:"text"`
	Bold bool   `json:"bold,omitempty"`
	Ital bool   `json:"italic,omitempty"`
	Mono bool   `json:"mono,omitempty"`

	URL  string    `json:"url,omitempty"`  // http(s) link behind the text
	Time time.Time `json:"time,omitzero"`  // shown in the reader's time zone; Text is the fall-back
	User string    `json:"user,omitempty"` // a person of the platform, mentioned on purpose; Text is the name
}

// Button acts like a command typed under the message. With Choices it opens a menu, and the
// chosen Value is appended to Command. With Ask the platform may ask for all that the command takes,
// in the form that FormFor gives; platforms without forms leave out a button that only asks.
type Button struct {
	Label   string   `json:"label"`
	About   string   `json:"about,omitempty"` // what it does, for who cannot see what it stands under. Defaults to Label
	Command string   `json:"command"`         // such as "why" or "mute this"
	Choices []Choice `json:"choices,omitempty"`
	Ask     bool     `json:"ask,omitempty"`
	Danger  bool     `json:"danger,omitempty"`
}

// Choice is one entry of a button's menu.
type Choice struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Text makes a plain span.
func Text(s string) Span { return Span{Text: s} }

// Bold makes a bold span.
func Bold(s string) Span { return Span{Text: s, Bold: true} }

// Link makes a span that leads to url.
func Link(s, url string) Span { return Span{Text: s, URL: url} }

// Para makes a paragraph.
func Para(spans ...Span) Block { return Block{Kind: Paragraph, Spans: spans} }

// Small makes a note.
func Small(spans ...Span) Block { return Block{Kind: Note, Spans: spans} }
