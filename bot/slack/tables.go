package slack

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/bot"
)

// table adds a table block, with as many rows as fit. A message holds one; the next ones are lists
// of lines.
func (r *renderer) table(b *bot.Block) {
	r.flush()
	columns := len(b.Header)
	for _, row := range b.Items {
		columns = max(columns, len(row))
	}
	columns = min(columns, maxTableColumns)
	if columns == 0 {
		return
	}
	if r.tabled {
		r.list(asList(b))
		return
	}
	var rows [][]object
	chars, room := maxTableChars, r.size-100-50*columns
	add := func(row []bot.Span) bool {
		most := max(chars/columns, 1)
		if len(rows) == 0 {
			most = min(most, 200)
		}
		cells, used := tableRow(row, columns, min(most, maxItem))
		need := size(cells...) + 4
		if used > chars || need > room || len(rows) == maxTableRows {
			return false
		}
		chars, room = chars-used, room-need
		rows = append(rows, cells)
		return true
	}
	if len(b.Header) > 0 {
		header := make([]bot.Span, len(b.Header))
		for i, h := range b.Header {
			header[i] = bot.Bold(h)
		}
		add(header)
	}
	for i, row := range b.Items {
		if !add(row) {
			r.cut = &bot.Block{Kind: bot.Table, Header: b.Header, Items: b.Items}
			if i == 0 {
				r.full = true
			}
			break
		}
	}
	if len(rows) == 0 {
		return
	}
	settings := make([]object, columns)
	for i := range settings {
		settings[i] = object{"align": "left", "is_wrapped": true}
	}
	r.tabled = r.put(object{"type": "table", "rows": rows, "column_settings": settings})
}

// tableRow gives the cells of one row, each of at most most runes, and the runes in all.
func tableRow(row []bot.Span, columns, most int) (cells []object, used int) {
	for i := range columns {
		var span bot.Span
		if i < len(row) {
			span = row[i]
		}
		span.Text = cutText(strings.TrimSpace(clean(span.Text, false)), most)
		if span.Text == "" && span.Time.IsZero() {
			span = bot.Text("–") // an empty cell is refused
		}
		used += utf8.RuneCountInString(span.Text) + len(safeURL(span.URL))
		if span.URL == "" && span.User == "" && span.Time.IsZero() && !span.Bold && !span.Ital && !span.Mono {
			cells = append(cells, object{"type": "raw_text", "text": span.Text})
			continue
		}
		cells = append(cells, richText([]object{section([]object{spanElement(span)})}))
	}
	return cells, used
}

// asList shows a table as one line for each row.
func asList(b *bot.Block) *bot.Block {
	list := &bot.Block{Kind: bot.List}
	for _, row := range b.Items {
		var line []bot.Span
		for i, cell := range row {
			if i > 0 {
				line = append(line, bot.Text(" · "))
			}
			line = append(line, cell)
		}
		list.Items = append(list.Items, line)
	}
	return list
}

// tableFile gives a whole table as a file for spreadsheets. A cell that a spreadsheet would run as
// a formula is made a text.
func tableFile(b *bot.Block) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	write := func(cells []string) {
		for i, c := range cells {
			if c = clean(c, false); c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
				c = "'" + c
			}
			cells[i] = c
		}
		_ = w.Write(cells) // a buffer takes everything
	}
	if len(b.Header) > 0 {
		write(append([]string(nil), b.Header...))
	}
	for _, row := range b.Items {
		cells := make([]string, len(row))
		for i, s := range row {
			cells[i] = s.Text
		}
		write(cells)
	}
	w.Flush()
	return out.Bytes()
}

// buttonBlock gives the actions block of a message; none when there is no button.
func buttonBlock(buttons []bot.Button) []object {
	const mostSize = 4000
	var parts []object
	used := 0
	for i, b := range buttons {
		text := strings.TrimSpace(clean(b.Label, false))
		command := strings.TrimSpace(clean(b.Command, false))
		if text == "" || command == "" || len(parts) == maxButtons {
			continue
		}
		part := button(i, cutText(text, maxButtonLabel), command, &b)
		if len(b.Choices) > 0 {
			part = menu(i, cutText(text, maxPlaceholder), command, &b)
		}
		if part == nil || used+size(part) > mostSize {
			continue // a shortened command would be another one
		}
		used += size(part)
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return nil
	}
	return []object{{"type": "actions", "elements": parts}}
}

// The first part of an action's id says how its command is made.
const (
	actionButton = "run"  // the value is the command
	actionMenu   = "menu" // the command stands in the id, the chosen value follows it
	actionAsk    = "ask"  // the value is a command whose form is opened
	actionSearch = "search"
)

// chooseForm is the entry of a menu that opens the command's form.
const (
	chooseForm     = "ask"
	chooseFormText = "More choices…"
)

func button(i int, text, command string, b *bot.Button) object {
	if utf8.RuneCountInString(command) > maxButtonValue {
		return nil
	}
	how := actionButton
	if b.Ask {
		how = actionAsk
	}
	part := object{"type": "button", "action_id": fmt.Sprintf("%s|%d", how, i), "text": plainText(text), "value": command}
	if about := strings.TrimSpace(clean(b.About, false)); about != "" {
		part["accessibility_label"] = cutText(about, maxButtonLabel)
	}
	if b.Danger {
		part["style"] = "danger"
	}
	return part
}

func menu(i int, placeholder, command string, b *bot.Button) object {
	id := fmt.Sprintf("%s|%d|%s", actionMenu, i, command)
	if utf8.RuneCountInString(id) > maxActionID {
		return nil
	}
	options := menuOptions(b.Choices[:min(len(b.Choices), maxOptions-1)])
	if len(options) == 0 {
		return nil
	}
	if b.Ask {
		options = append(options, object{"text": plainText(chooseFormText), "value": chooseForm})
	}
	return object{"type": "static_select", "action_id": id, "placeholder": plainText(placeholder), "options": options}
}

func menuOptions(choices []bot.Choice) (options []object) {
	for _, c := range choices {
		text, value := strings.TrimSpace(clean(c.Label, false)), strings.TrimSpace(clean(c.Value, false))
		if text != "" && value != "" && utf8.RuneCountInString(value) <= maxOptionValue {
			options = append(options, object{"text": plainText(cutText(text, maxOptionText)), "value": value})
		}
	}
	return options
}
