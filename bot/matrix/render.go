package matrix

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

// maxContent bounds the JSON of what is said. An event takes 65,536 bytes; encryption makes it a
// third larger, and relations, ids and signatures need room as well.
const maxContent = 42_000

// Limits of parts, in runes.
const (
	maxTitle     = 300
	maxParagraph = 6000
	maxNote      = 1500
	maxItem      = 600
	maxCell      = 200
	maxButtons   = 6
)

// rendered is a message in the two ways in which Matrix says it: for clients without markup, and as
// HTML. Mentions are the people that it calls on purpose.
type rendered struct {
	body, html string
	mentions   []id.UserID
}

// content makes the event content. Mentions are always set: without the field clients and old push
// rules look for names in the text.
func (r rendered) content() *event.MessageEventContent {
	return &event.MessageEventContent{
		MsgType: event.MsgNotice, Body: r.body, Format: event.FormatHTML, FormattedBody: r.html,
		Mentions: &event.Mentions{UserIDs: r.mentions},
	}
}

// renderer collects parts until the event is full.
type renderer struct {
	body, html strings.Builder
	left       int // bytes of JSON
	full       bool
	mentions   []id.UserID
}

// render says m in Matrix. What does not fit is cut, the later parts first.
func render(m bot.Message) rendered {
	r := &renderer{left: maxContent}
	r.title(m)
	for i := range m.Blocks {
		if r.full {
			break
		}
		r.block(&m.Blocks[i])
	}
	if r.full {
		r.left += 200
		r.add("…", "<p>…</p>")
	}
	r.buttons(m.Buttons)
	if r.body.Len() == 0 {
		r.add("…", "<p>…</p>")
	}
	return rendered{strings.TrimSpace(r.body.String()), r.html.String(), r.mentions}
}

// add takes a part when it fits.
func (r *renderer) add(body, html string) bool {
	need := jsonSize(body) + jsonSize(html) + 4
	if need > r.left {
		return false
	}
	r.left -= need
	if r.body.Len() > 0 {
		r.body.WriteByte('\n')
	}
	r.body.WriteString(body)
	r.html.WriteString(html)
	return true
}

// priorityMarks stand before alerts that want to be seen.
var priorityMarks = map[string]string{"urgent": "🚨 ", "high": "🔴 ", "normal": "🔵 ", "low": "⚪ "}

func (r *renderer) title(m bot.Message) {
	title := cutText(strings.TrimSpace(clean(m.Title, false)), maxTitle)
	if title == "" {
		return
	}
	mark, text := priorityMarks[m.Priority], html.EscapeString(title)
	body := mark + title
	if link := safeURL(m.URL); link != "" {
		text = anchor(link, text)
		body += "\n" + link
	}
	if !r.add(body, "<p><strong>"+mark+text+"</strong></p>") {
		r.full = true
	}
}

func (r *renderer) block(b *bot.Block) {
	switch b.Kind {
	case bot.List:
		r.list(b)
	case bot.Table:
		r.table(b)
	case bot.Note:
		r.text(b.Spans, maxNote, false, "", "<p><sub>", "</sub></p>")
	case bot.Quote:
		r.text(b.Spans, maxParagraph, true, "> ", "<blockquote>", "</blockquote>")
	case bot.Heading:
		r.text(b.Spans, maxTitle, false, "", "<p><strong>", "</strong></p>")
	case bot.Code:
		plain := make([]bot.Span, len(b.Spans))
		for i, s := range b.Spans {
			plain[i] = bot.Text(s.Text)
		}
		r.text(plain, maxParagraph, true, "", "<pre><code>", "</code></pre>")
	default:
		r.text(b.Spans, maxParagraph, true, "", "<p>", "</p>")
	}
}

// text adds spans between two tags, cut as much as they must be to fit.
func (r *renderer) text(spans []bot.Span, most int, lines bool, quote, open, shut string) {
	for ; most >= 40; most /= 2 {
		body, inner, mentions, cut := inline(spans, most, lines)
		if strings.TrimSpace(body) == "" {
			return
		}
		if quote != "" {
			body = quote + strings.ReplaceAll(body, "\n", "\n"+quote)
		}
		if open != "<pre><code>" {
			inner = strings.ReplaceAll(inner, "\n", "<br>")
		}
		if r.add(body, open+inner+shut) {
			r.mentions = append(r.mentions, mentions...)
			r.full = r.full || cut && r.left < 2000
			return
		}
	}
	r.full = true
}

func (r *renderer) list(b *bot.Block) {
	var body, out strings.Builder
	left := r.left - 200
	for i, item := range b.Items {
		text, inner, mentions, _ := inline(item, maxItem, false)
		if strings.TrimSpace(text) == "" {
			continue
		}
		text, inner = "• "+text+"\n", "<li>"+inner+"</li>"
		if left -= jsonSize(text) + jsonSize(inner); left < 0 {
			more := fmt.Sprintf("… and %d more", len(b.Items)-i)
			body.WriteString(more)
			out.WriteString("<li>" + more + "</li>")
			r.full = true
			break
		}
		body.WriteString(text)
		out.WriteString(inner)
		r.mentions = append(r.mentions, mentions...)
	}
	if body.Len() > 0 && !r.add(strings.TrimSpace(body.String()), "<ul>"+out.String()+"</ul>") {
		r.full = true
	}
}

func (r *renderer) table(b *bot.Block) {
	var body, out strings.Builder
	left := r.left - 200
	row := func(cells []bot.Span, tag string) bool {
		var texts []string
		var inner strings.Builder
		for _, c := range cells {
			text, h, _, _ := inline([]bot.Span{c}, maxCell, false)
			texts = append(texts, strings.TrimSpace(text))
			inner.WriteString("<" + tag + ">" + h + "</" + tag + ">")
		}
		text, h := strings.Join(texts, " | ")+"\n", "<tr>"+inner.String()+"</tr>"
		if left -= jsonSize(text) + jsonSize(h); left < 0 {
			return false
		}
		body.WriteString(text)
		out.WriteString(h)
		return true
	}
	if len(b.Header) > 0 {
		head := make([]bot.Span, len(b.Header))
		for i, h := range b.Header {
			head[i] = bot.Text(h)
		}
		row(head, "th")
	}
	for i, cells := range b.Items {
		if !row(cells, "td") {
			more := fmt.Sprintf("… and %d more", len(b.Items)-i)
			body.WriteString(more)
			out.WriteString("<tr><td>" + more + "</td></tr>")
			r.full = true
			break
		}
	}
	if body.Len() > 0 && !r.add(strings.TrimSpace(body.String()), "<table>"+out.String()+"</table>") {
		r.full = true
	}
}

// buttons tells in a line which commands a button would have had.
func (r *renderer) buttons(buttons []bot.Button) {
	var names, codes []string
	for _, b := range buttons[:min(len(buttons), maxButtons)] {
		command := b.Command
		if b.Ask && len(b.Choices) == 0 {
			continue // there are no forms
		}
		if len(b.Choices) > 0 {
			command += " " + b.Choices[0].Value
		}
		if command = cutText(strings.TrimSpace(clean(command, false)), 60); command != "" {
			names = append(names, command)
			codes = append(codes, "<code>"+html.EscapeString(command)+"</code>")
		}
	}
	if len(names) > 0 {
		r.add("Reply with: "+strings.Join(names, " · "), "<p><sub>Reply with "+strings.Join(codes, " · ")+"</sub></p>")
	}
}

// inline says spans of at most most runes in all, as text and as HTML.
func inline(spans []bot.Span, most int, lines bool) (body, out string, mentions []id.UserID, cut bool) {
	var text, b strings.Builder
	for _, s := range spans {
		word := clean(s.Text, lines)
		if calls.MatchString(tailOf(text.String(), 16) + word) { // two texts that make a call only together
			word = "\u2060" + word
		}
		if word == "" && !s.Time.IsZero() {
			word = s.Time.UTC().Format("2 Jan 15:04 UTC")
		}
		if n := utf8.RuneCountInString(word); n > most {
			word, cut = cutText(word, most), true
			most = 0
		} else {
			most -= n
		}
		if word != "" {
			text.WriteString(word)
			b.WriteString(spanHTML(s, word))
			if s.User != "" && isUser(s.User) {
				mentions = append(mentions, id.UserID(s.User))
			}
		}
		if most <= 0 {
			break
		}
	}
	return text.String(), b.String(), mentions, cut
}

// spanHTML gives one cleaned text with its looks. Blanks at its edges stay outside the tags, so that
// they are not lost.
func spanHTML(s bot.Span, word string) string {
	core := strings.TrimSpace(word)
	if core == "" {
		return word
	}
	at := strings.Index(word, core)
	lead, tail := word[:at], word[at+len(core):]
	out := html.EscapeString(core)
	if s.Mono {
		out = "<code>" + out + "</code>"
	}
	if s.Ital {
		out = "<em>" + out + "</em>"
	}
	if s.Bold {
		out = "<strong>" + out + "</strong>"
	}
	switch {
	case s.User != "" && isUser(s.User):
		out = anchor(id.UserID(s.User).URI().MatrixToURL(), out)
	case safeURL(s.URL) != "":
		out = anchor(safeURL(s.URL), out)
	}
	return lead + out + tail
}

func anchor(link, inner string) string {
	return `<a href="` + html.EscapeString(link) + `">` + inner + "</a>"
}

// jsonSize is how many bytes s takes inside a JSON string as Go writes it.
func jsonSize(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r == '"' || r == '\\' || r == '\n' || r == '\r' || r == '\t':
			n += 2
		case r < ' ' || r == '<' || r == '>' || r == '&' || r == '\u2028' || r == '\u2029':
			n += 6
		default:
			n += utf8.RuneLen(r)
		}
	}
	return n
}
