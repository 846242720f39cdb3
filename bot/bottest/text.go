package bottest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/bot"
)

func titled(s string) bot.Message { return bot.Message{Title: s} }

// flat makes one line of a text, with single blanks.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// allowedLink is the only address that hostile messages declare.
const allowedLink = "https://news.example.org/report?id=1&page=2"

// Hostile are titles and texts that try to become more than text on some platform. Each holds the
// word MARKER, which people must still be able to read.
var Hostile = []string{
	"MARKER <!channel> <!here> <!everyone>",
	"MARKER @here @channel @everyone @room",
	"MARKER <@U0ADMIN> <#C0GENERAL|general> <!subteam^S0TEAM>",
	"MARKER <https://evil.example.com|https://bank.example.org>",
	"MARKER [bank](https://evil.example.com) ![x](https://evil.example.com/p.png)",
	"MARKER <a href=\"https://evil.example.com\">bank</a> <img src=x onerror=alert(1)><script>alert(1)</script>",
	"MARKER <a href='javascript:alert(1)'>x</a> javascript:alert(1)",
	"MARKER https://evil.example.com/path evil.example.com",
	"MARKER mailto:x@evil.example.com <mailto:x@evil.example.com|mail>",
	"MARKER <!date^0^{date}^https://evil.example.com|today>",
	"MARKER @desk:example.org !room:example.org #room:example.org https://matrix.to/#/@desk:example.org",
	"MARKER *bold* _italic_ ~struck~ `code` ```block``` > quote",
	"MARKER &lt;!channel&gt; &amp;lt;!here&amp;gt; &#60;!channel&#62;",
	"MARKER \x00\x07\x1b[31m\x1b]8;;https://evil.example.com\x1b\\link\x1b]8;;\x1b\\ \x7f",
	"MARKER \u202eevil\u202c \u2066x\u2069 \u200bzero \ufeffwidth",
	"MARKER\r\n\r\nsecond line\n\tthird",
	"MARKER \xff\xfe broken utf-8 \xc3",
	"/tocsin reload MARKER",
	"!tocsin reload MARKER",
	"MARKER " + strings.Repeat("&", 2900),
	"MARKER " + strings.Repeat("<", 4000) + strings.Repeat("@here ", 500),
	"MARKER " + strings.Repeat("🇱🇾", 2000),
	"MARKER e" + strings.Repeat("\u0301", 3000),
}

// hostileURLs may be linked to where they are harmless, and must be left out where they are not.
var hostileURLs = []string{
	"javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "file:///etc/passwd", "ftp://example.org/x",
	"//evil.example.com/x", "https://", "http://[::1", "slack://open", "mailto:x@example.org", "https://evil.example.com\n/x", "",
}

func testHostile(t *testing.T, h *Harness) {
	var messages []bot.Message
	for _, s := range Hostile {
		messages = append(messages, everywhere(s, allowedLink))
	}
	for _, u := range hostileURLs {
		messages = append(messages, everywhere("MARKER", u))
	}
	for i, m := range messages {
		h.post(t, bot.Post{Key: fmt.Sprintf("hostile %d", i), Message: m})
	}
	seen := h.Messages()
	if len(seen) != len(messages) {
		t.Fatalf("%d messages in the room, want %d", len(seen), len(messages))
	}
	for i, m := range seen {
		if !strings.Contains(m.Text, "MARKER") {
			t.Errorf("message %d lost its words: %.200q", i, m.Text)
		}
		if len(m.Mentions) > 0 {
			t.Errorf("message %d mentions %q, from %.80q", i, m.Mentions, messages[i].Title)
		}
		for _, link := range m.Links {
			if link != allowedLink && !slices.Contains(allowedHTTP, link) {
				t.Errorf("message %d leads to %q, from %.80q", i, link, messages[i].Title)
			}
		}
	}
}

// allowedHTTP are hostile-looking addresses that are harmless when they are encoded.
var allowedHTTP = []string{"https://evil.example.com%0A/x", "https://evil.example.com/x"}

// everywhere puts s into every place of a message that may hold a feed's words.
func everywhere(s, url string) bot.Message {
	return bot.Message{
		Title: s, URL: url, Priority: "high",
		Blocks: []bot.Block{
			bot.Para(bot.Text(s), bot.Bold(s), bot.Link(s, url), bot.Span{Text: s, Ital: true}),
			{Kind: bot.Heading, Spans: []bot.Span{bot.Text(s)}},
			{Kind: bot.Quote, Spans: []bot.Span{bot.Text(s)}},
			{Kind: bot.Code, Spans: []bot.Span{bot.Text(s)}},
			{Kind: bot.List, Items: [][]bot.Span{{bot.Text(s)}, {bot.Link(s, url), bot.Span{Text: s, Mono: true}}}},
			{Kind: bot.Table, Header: []string{s, s}, Items: [][]bot.Span{{bot.Text(s), bot.Link(s, url)}}},
			bot.Small(bot.Text(s), bot.Link(s, url)),
		},
		Buttons: []bot.Button{{Label: "Why", Command: "why"}},
	}
}

// longMessages are beyond every limit that a platform has. The first word of each is Begins.
func longMessages() []bot.Message {
	sentence := "Begins here & goes <on> for a while. "
	huge := strings.Repeat(sentence, (1<<20)/len(sentence))
	text := huge[:100_000]
	word := "Begins" + strings.Repeat("x", 100_000)
	amps := "Begins " + strings.Repeat("&", 20_000)
	many := bot.Message{Title: "Begins with many parts"}
	for i := range 300 {
		many.Blocks = append(many.Blocks, bot.Para(bot.Text(fmt.Sprintf("Paragraph %d. ", i)), bot.Link("link", fmt.Sprintf("https://example.org/%d", i))))
	}
	list := bot.Block{Kind: bot.List}
	table := bot.Block{Kind: bot.Table, Header: make([]string, 30)}
	for i := range 300 {
		list.Items = append(list.Items, []bot.Span{bot.Text(fmt.Sprintf("Begins %d: ", i)), bot.Link(sentence, fmt.Sprintf("https://example.org/%d", i))})
		row := make([]bot.Span, 30)
		for j := range row {
			row[j] = bot.Text(fmt.Sprintf("Begins %d.%d", i, j))
		}
		table.Items = append(table.Items, row)
	}
	buttons := titled("Begins with many buttons")
	for i := range 60 {
		b := bot.Button{Label: strings.Repeat("Label ", 40), Command: fmt.Sprintf("search %d %s", i, strings.Repeat("x", 4000))}
		for j := range 150 * (i % 2) {
			b.Choices = append(b.Choices, bot.Choice{Label: fmt.Sprintf("choice %d %s", j, strings.Repeat("x", 100)), Value: fmt.Sprint(j)})
		}
		buttons.Buttons = append(buttons.Buttons, b)
	}
	link := bot.Message{Title: "Begins with a long link", URL: "https://example.org/?" + strings.Repeat("q", 10_000),
		Blocks: []bot.Block{bot.Para(bot.Link("x", "https://example.org/?"+strings.Repeat("<>|", 3000)))}}
	return []bot.Message{
		{Title: huge}, {Title: word}, {Title: amps},
		{Blocks: []bot.Block{bot.Para(bot.Text(text))}},
		{Blocks: []bot.Block{bot.Small(bot.Text(amps))}},
		{Blocks: []bot.Block{{Kind: bot.Code, Spans: []bot.Span{bot.Text(text)}}}},
		everywhere(text[:20_000], allowedLink), everywhere(amps, allowedLink), many, buttons, link,
		{Blocks: []bot.Block{list}}, {Blocks: []bot.Block{table}},
	}
}
