package slack

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/bot"
)

// rendered is a message as Slack takes it.
type rendered struct {
	text   string // what notifications and old clients show
	blocks []object

	// cut is the table of which only the first rows are shown; nil when all is there.
	cut *bot.Block
}

// surface is where blocks are shown, with its limits.
type surface struct {
	blocks, size int
}

var (
	inMessage = surface{maxBlocks, maxBlocksSize}
	inHome    = surface{maxHomeBlocks, maxHomeSize}
)

// render turns m into Block Kit that Slack accepts whatever m holds: every text literal, every limit
// met, what does not fit cut and marked.
func render(m bot.Message, on surface) rendered {
	r := &renderer{surface: on}
	actions := buttonBlock(m.Buttons)
	r.size = on.size - size(actions...) - 200 // for the mark of a cut
	r.blocks = on.blocks - len(actions) - 1
	r.title(m)
	for i := range m.Blocks {
		if r.full {
			break
		}
		r.block(&m.Blocks[i])
	}
	r.flush()
	if r.full || r.cut != nil {
		r.out = append(r.out, contextBlock("…"))
	}
	blocks := append(r.out, actions...)
	if len(blocks) == 0 {
		blocks = []object{contextBlock("…")}
	}
	return rendered{text: fallback(m), blocks: blocks, cut: r.cut}
}

// renderer collects blocks until a limit is met.
type renderer struct {
	surface
	out    []object
	rich   []object // elements of the rich_text block under way
	full   bool
	tabled bool // a message holds one table at most
	cut    *bot.Block
}

// add takes a part of a rich_text block, when it fits.
func (r *renderer) add(part object) bool {
	need := size(part)
	if len(r.rich) == 0 {
		need += 40
		if r.blocks == 0 {
			r.full = true
		}
	}
	if r.full || need > r.size {
		r.full = true
		return false
	}
	if len(r.rich) == 0 {
		r.blocks--
	}
	r.size -= need
	r.rich = append(r.rich, part)
	return true
}

// flush ends the rich_text block under way.
func (r *renderer) flush() {
	if len(r.rich) > 0 {
		r.out = append(r.out, richText(r.rich))
		r.rich = nil
	}
}

// put takes a whole block, when it fits.
func (r *renderer) put(block object) bool {
	r.flush()
	need := size(block)
	if r.full || r.blocks == 0 || need > r.size {
		r.full = true
		return false
	}
	r.blocks--
	r.size -= need
	r.out = append(r.out, block)
	return true
}

// priorityEmoji marks alerts that want to be seen; the others need no colour.
var priorityEmoji = map[string]string{"urgent": "rotating_light", "high": "red_circle", "normal": "large_blue_circle", "low": "white_circle"}

func (r *renderer) title(m bot.Message) {
	title := cutText(strings.TrimSpace(clean(m.Title, false)), maxTitle)
	if title == "" {
		return
	}
	var line []object
	if emoji := priorityEmoji[m.Priority]; emoji != "" {
		line = append(line, object{"type": "emoji", "name": emoji}, textElement(" ", nil))
	}
	line = append(line, spanElement(bot.Span{Text: title, Bold: true, URL: m.URL}))
	r.add(section(line))
	r.flush()
}

func (r *renderer) block(b *bot.Block) {
	switch b.Kind {
	case bot.Note:
		if note := mrkdwn(b.Spans, maxNote); note != "" {
			r.put(contextBlock(note))
		}
	case bot.List:
		r.list(b)
	case bot.Table:
		r.table(b)
	case bot.Quote:
		if e := elements(b.Spans, maxParagraph, false); len(e) > 0 {
			r.add(object{"type": "rich_text_quote", "elements": e})
		}
	case bot.Code:
		if code := cutText(strings.TrimRight(clean(plain(b.Spans), true), "\n"), maxParagraph); code != "" {
			r.add(object{"type": "rich_text_preformatted", "elements": []object{textElement(code, nil)}})
		}
	case bot.Heading:
		bold := make([]bot.Span, len(b.Spans))
		for i, s := range b.Spans {
			s.Bold = true
			bold[i] = s
		}
		if e := elements(bold, maxHeading, false); len(e) > 0 {
			r.add(section(e))
		}
	default:
		if e := elements(b.Spans, maxParagraph, true); len(e) > 0 {
			r.add(section(e))
		}
	}
}

func (r *renderer) list(b *bot.Block) {
	var items []object
	room := r.size - 200
	for i, spans := range b.Items {
		e := elements(spans, maxItem, false)
		if len(e) == 0 {
			continue
		}
		item := section(e)
		if room -= size(item); room < 0 || len(items) == maxItems {
			items = append(items, section([]object{textElement(fmt.Sprintf("… and %d more", len(b.Items)-i), nil)}))
			break
		}
		items = append(items, item)
	}
	if len(items) > 0 {
		r.add(bullets(items))
	}
}

// elements turns spans into elements of a rich_text section, most runes of text in all. Neighbours
// keep their blanks; lines says whether line breaks stay.
func elements(spans []bot.Span, most int, lines bool) []object {
	var out []object
	for _, s := range spans {
		s.Text = clean(s.Text, lines)
		n := utf8.RuneCountInString(s.Text)
		cut := n > most
		if cut {
			s.Text = cutText(s.Text, most)
		}
		if s.Text == "" && s.Time.IsZero() && s.User == "" {
			continue
		}
		out = append(out, spanElement(s))
		if most -= n; cut || most <= 0 {
			break
		}
	}
	return out
}

// spanElement turns one cleaned span into an element; a link or person that is none is its text.
func spanElement(s bot.Span) object {
	style := object{}
	if s.Bold {
		style["bold"] = true
	}
	if s.Ital {
		style["italic"] = true
	}
	if s.Mono {
		style["code"] = true
	}
	switch {
	case s.User != "" && userID.MatchString(s.User):
		return object{"type": "user", "user_id": s.User}
	case !s.Time.IsZero() && s.Time.Unix() > 0:
		return object{"type": "date", "timestamp": s.Time.Unix(), "format": "{date_short_pretty} {time}", "fallback": timeText(s)}
	}
	if link := safeURL(s.URL); link != "" {
		text := label(s.Text)
		if strings.TrimSpace(text) == "" {
			text = "link"
		}
		e := object{"type": "link", "url": link, "text": text}
		if len(style) > 0 {
			e["style"] = style
		}
		return e
	}
	if s.Text == "" {
		s.Text = timeText(s)
	}
	return textElement(s.Text, style)
}

// timeText is what clients show that do not know the reader's time zone.
func timeText(s bot.Span) string {
	if t := strings.TrimSpace(clean(s.Text, false)); t != "" {
		return cutText(t, 80)
	}
	if s.Time.IsZero() {
		return "–"
	}
	return s.Time.UTC().Format("2 Jan 15:04 UTC")
}

// mrkdwn turns spans into small print of at most most runes after escaping.
func mrkdwn(spans []bot.Span, most int) string {
	var b strings.Builder
	left := most
	for _, s := range spans {
		part := mrkdwnSpan(s, clean(s.Text, false))
		if n := utf8.RuneCountInString(part); n > left {
			text := fitEscaped(clean(s.Text, false), left-2)
			b.WriteString(escape(text) + "…")
			break
		} else {
			left -= n
		}
		b.WriteString(part)
	}
	return strings.TrimSpace(b.String())
}

// fitEscaped gives the beginning of s that takes at most most runes once it is escaped.
func fitEscaped(s string, most int) string {
	used := 0
	for i, r := range s {
		n := utf8.RuneCountInString(escape(string(r)))
		if used+n > most {
			runes := []rune(s)
			return string(wholeCharacters(runes, utf8.RuneCountInString(s[:i])))
		}
		used += n
	}
	return s
}

func mrkdwnSpan(s bot.Span, text string) string {
	switch {
	case s.User != "" && userID.MatchString(s.User):
		return "<@" + s.User + ">"
	case !s.Time.IsZero() && s.Time.Unix() > 0:
		return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", s.Time.Unix(), label(escaper.Replace(timeText(s))))
	}
	if link := safeURL(s.URL); link != "" {
		shown := label(strings.TrimSpace(text))
		if shown == "" {
			shown = "link"
		}
		return "<" + strings.ReplaceAll(link, "&", "&amp;") + "|" + escape(shown) + ">"
	}
	out := escape(text)
	trimmed := strings.TrimSpace(out)
	if trimmed == "" {
		return out
	}
	mark := ""
	switch {
	case s.Mono:
		mark, trimmed = "`", escaper.Replace(strings.ReplaceAll(strings.TrimSpace(text), "`", "'"))
	case s.Bold:
		mark = "*"
	case s.Ital:
		mark = "_"
	}
	lead := out[:len(out)-len(strings.TrimLeft(out, " "))]
	tail := out[len(strings.TrimRight(out, " ")):]
	return lead + mark + trimmed + mark + tail
}

func plain(spans []bot.Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// fallback is the text for notifications and for screen readers, which read it in place of the blocks:
// so it says what they say.
func fallback(m bot.Message) string {
	text := strings.TrimSpace(clean(m.Title, false))
	if p := priorityWord[m.Priority]; p != "" && text != "" {
		text = p + text
	}
	for _, b := range m.Blocks {
		if utf8.RuneCountInString(text) > maxFallback {
			break
		}
		part := plain(b.Spans)
		for _, item := range b.Items {
			if len(part) > maxFallback*utf8.UTFMax {
				break
			}
			if b.Kind == bot.Table {
				part += "\n" + plain(asList(&bot.Block{Items: [][]bot.Span{item}}).Items[0])
				continue
			}
			part += "\n• " + plain(item)
		}
		if part = strings.TrimSpace(clean(part, true)); part != "" {
			text = strings.TrimSpace(text + "\n" + part)
		}
	}
	if text == "" {
		text = "…"
	}
	short := cutText(text, maxFallback)
	if utf8.RuneCountInString(escaper.Replace(short)) > maxFallback {
		short = fitEscaped(short, maxFallback-2) + "…"
	}
	return escaper.Replace(short)
}

var priorityWord = map[string]string{"urgent": "Urgent: ", "high": "High: "}
