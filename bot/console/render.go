package console

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"

	"github.com/tocsin-bot/tocsin/bot"
)

const defaultWidth = 80

// Style says how messages look on a terminal.
type Style struct {
	Width int // columns. Defaults to 80

	// Color asks for ANSI colours, and links that a click opens (OSC 8). Without, what is to be
	// typed stands between backticks.
	Color bool

	// Zone is the reader's time zone. Defaults to the machine's.
	Zone *time.Location

	// Now decides whether a time is shown with its day. Zero shows the day always.
	Now time.Time
}

// Render gives m as lines of at most s.Width columns, each ended by a line break. Whatever a feed
// wrote stays text: control characters are shown as '·'.
func Render(m bot.Message, s Style) string {
	if s.Width <= 0 {
		s.Width = defaultWidth
	}
	if s.Zone == nil {
		s.Zone = time.Local
	}
	w := &writer{Style: s}
	if m.Title != "" {
		w.title(m)
	}
	for _, b := range m.Blocks {
		w.block(b, m.Title != "")
	}
	if len(m.Buttons) > 0 {
		w.buttons(m.Buttons)
	}
	return w.b.String()
}

type writer struct {
	Style
	b strings.Builder
}

// ANSI codes in use: the sixteen colours that every terminal has.
const (
	bold, dim, ital         = "1", "2", "3"
	red, yellow, cyan, blue = "31", "33", "36", "34"
)

var priorityColors = map[string]string{"urgent": red, "high": red, "normal": yellow, "low": blue}

func (w *writer) title(m bot.Message) {
	mark := "━━ "
	codes := []string{bold}
	if c := priorityColors[m.Priority]; c != "" {
		codes = append(codes, c)
		mark = "━━ " + strings.ToUpper(m.Priority) + " ━ "
	}
	w.wrap([]piece{{mark, codes, ""}, {literal(m.Title), []string{bold}, m.URL}}, "", "   ")
	if m.URL != "" {
		w.line("   ", literal(m.URL), dim)
	}
}

func (w *writer) block(b bot.Block, indented bool) {
	indent := ""
	if indented {
		indent = "   "
	}
	switch b.Kind {
	case bot.Heading:
		w.wrap(w.pieces(b.Spans, bold), indent, indent)
	case bot.Note:
		w.wrap(w.pieces(b.Spans, dim), indent, indent)
	case bot.Quote:
		w.wrap(w.pieces(b.Spans), indent+"│ ", indent+"│ ")
	case bot.Code:
		for line := range strings.Lines(spanText(b.Spans)) {
			w.code(indent+"  ", literal(strings.TrimRight(line, "\n")))
		}
	case bot.List:
		for _, item := range b.Items {
			w.wrap(w.pieces(item), indent+"• ", indent+"  ")
		}
	case bot.Table:
		w.table(b, indent)
	default:
		w.wrap(w.pieces(b.Spans), indent, indent)
	}
}

// code writes a line as it stands, or wrapped under its own beginning when it is too long.
func (w *writer) code(indent, text string) {
	if runewidth.StringWidth(indent+text) <= w.Width {
		w.line(indent, text, cyan)
		return
	}
	body := strings.TrimLeft(text, " ")
	indent += text[:len(text)-len(body)]
	w.wrap([]piece{{body, []string{cyan}, ""}}, indent, indent+"  ")
}

func (w *writer) buttons(buttons []bot.Button) {
	var commands []string
	for _, b := range buttons {
		command := b.Command
		if b.Ask && len(b.Choices) == 0 {
			continue // there are no forms
		}
		if len(b.Choices) > 0 {
			command += " " + b.Choices[0].Value
		}
		commands = append(commands, command)
	}
	if len(commands) == 0 {
		return
	}
	w.wrap([]piece{{"ask: ", []string{dim}, ""}, {strings.Join(commands, " · "), []string{cyan}, ""}}, "   ", "   ")
}

// table writes rows as columns as wide as their widest cell, the last one wrapped. A cell that would
// take more than half the width is cut; a first one of two has a line of its own.
func (w *writer) table(b bot.Block, indent string) {
	rows := b.Items
	if len(b.Header) > 0 {
		head := make([]bot.Span, len(b.Header))
		for i, h := range b.Header {
			head[i] = bot.Span{Text: h, Bold: true}
		}
		rows = append([][]bot.Span{head}, rows...)
	}
	widest := max(w.Width/2, 12)
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], min(runewidth.StringWidth(w.cell(cell)), widest))
		}
	}
	for _, row := range rows {
		var line []piece
		at := 0
		for i, cell := range row {
			p := piece{w.cell(cell), codesOf(cell), cell.URL}
			switch {
			case len(row) == 2 && i == 0 && runewidth.StringWidth(p.text) > widest:
				p.text = strings.ReplaceAll(p.text, " ", "\u00a0") + "\n"
				at = widths[i] + 2
			case i < len(row)-1:
				p.text = runewidth.FillRight(runewidth.Truncate(p.text, widest, "…"), widths[i]) + "  "
				p.text = strings.ReplaceAll(p.text, " ", "\u00a0")
				at += widths[i] + 2
			}
			line = append(line, p)
		}
		w.wrap(line, indent, indent+strings.Repeat(" ", min(at, widest+2)))
	}
}

func (w *writer) cell(s bot.Span) string {
	if !s.Time.IsZero() {
		return w.clock(s.Time)
	}
	return literal(s.Text)
}

// piece is text with the ANSI codes it is shown in.
type piece struct {
	text  string
	codes []string
	url   string
}

func (w *writer) pieces(spans []bot.Span, codes ...string) []piece {
	var out []piece
	for _, s := range spans {
		text := literal(s.Text)
		if !s.Time.IsZero() {
			text = w.clock(s.Time)
		}
		if s.Mono && !w.Color {
			text = "`" + text + "`"
		}
		out = append(out, piece{text, append(codesOf(s), codes...), s.URL})
	}
	return out
}

func codesOf(s bot.Span) (codes []string) {
	if s.Bold {
		codes = append(codes, bold)
	}
	if s.Ital {
		codes = append(codes, ital)
	}
	if s.Mono {
		codes = append(codes, cyan)
	}
	return codes
}

func (w *writer) clock(t time.Time) string {
	t, now := t.In(w.Zone), w.Now.In(w.Zone)
	if w.Now.IsZero() || t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return t.Format("2 Jan 15:04")
	}
	return t.Format("15:04")
}

// wrap writes pieces as lines that fit the width: the first after first, the others after rest. Lines
// break at blanks only, so that a comma stays with the word before it although it is of another
// piece. A blank of U+00A0 does not break, unless it ends a piece, and comes out as a plain blank.
func (w *writer) wrap(pieces []piece, first, rest string) {
	w.b.WriteString(first)
	at, fresh := runewidth.StringWidth(first), true
	gap := ""        // blanks seen since the last word
	var word []piece // what no blank parts
	flush := func() {
		width := 0
		for _, part := range word {
			width += runewidth.StringWidth(part.text)
		}
		switch {
		case width == 0:
			return
		case fresh:
			gap = ""
		case at+len(gap)+width > w.Width:
			w.b.WriteString("\n" + rest)
			at, gap = runewidth.StringWidth(rest), ""
		}
		w.b.WriteString(gap)
		for _, part := range word {
			w.b.WriteString(w.link(w.paint(strings.ReplaceAll(part.text, "\u00a0", " "), part.codes), part.url))
		}
		at += len(gap) + width
		word, gap, fresh = nil, "", false
	}
	for _, p := range pieces {
		for _, part := range splitBlanks(p.text) {
			if !isBlank(rune(part[0])) {
				word = append(word, piece{part, p.codes, p.url})
				continue
			}
			flush()
			gap = " "
			if strings.Contains(part, "\n") {
				w.b.WriteString("\n" + rest)
				at, fresh, gap = runewidth.StringWidth(rest), true, ""
			}
		}
		if strings.HasSuffix(p.text, "\u00a0") {
			flush()
		}
	}
	flush()
	w.b.WriteString("\n")
}

func isBlank(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }

// splitBlanks cuts s into words and runs of breaking blanks, alternating.
func splitBlanks(s string) []string {
	var out []string
	start, inBlank := 0, false
	for i, r := range s {
		blank := isBlank(r)
		if i > 0 && blank != inBlank {
			out = append(out, s[start:i])
			start = i
		}
		inBlank = blank
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

func (w *writer) line(indent, text string, codes ...string) {
	w.b.WriteString(indent + w.paint(text, codes) + "\n")
}

func (w *writer) paint(s string, codes []string) string {
	if !w.Color || len(codes) == 0 || s == "" {
		return s
	}
	return fmt.Sprintf("\x1b[%sm%s\x1b[0m", strings.Join(codes, ";"), s)
}

// link makes painted text lead to url on terminals that know OSC 8; others show the text.
func (w *writer) link(s, url string) string {
	if !w.Color || !strings.HasPrefix(url, "http") || literal(url) != url || strings.ContainsAny(url, "\n ") {
		return s
	}
	return "\x1b]8;;" + url + "\x1b\\" + s + "\x1b]8;;\x1b\\"
}

// literal makes text safe for a terminal: no escape sequences, nothing that moves the cursor or
// reorders what follows it.
func literal(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r):
			return '·'
		case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}

func spanText(spans []bot.Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}
