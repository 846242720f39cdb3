package slacktest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Reading gives the message as lines of text: what a person sees, or hears from a
// screen reader, from top to bottom. Small print begins with "~", a quotation with ">", what can be
// pressed stands in brackets.
func (m Message) Reading() string { return reading(m.Blocks, m.Shown.Text) }

// ReadView gives a Home tab or modal as lines of text.
func ReadView(view json.RawMessage) string {
	var v struct {
		Title, Submit, Close map[string]any
		Blocks               json.RawMessage
	}
	if json.Unmarshal(view, &v) != nil {
		return ""
	}
	var lines []string
	if v.Title != nil {
		lines = append(lines, "== "+words(v.Title)+" ==")
	}
	lines = append(lines, reading(v.Blocks, ""))
	if v.Submit != nil {
		lines = append(lines, "["+words(v.Close)+"] ["+words(v.Submit)+"]")
	}
	return strings.Join(lines, "\n")
}

// reading gives blocks as lines of text; without blocks it is the plain text.
func reading(blocks json.RawMessage, plain string) string {
	var list []map[string]any
	if json.Unmarshal(blocks, &list) != nil || len(list) == 0 {
		return plain
	}
	var lines []string
	for _, b := range list {
		lines = append(lines, blockLines(b)...)
	}
	return strings.Join(lines, "\n")
}

func blockLines(b map[string]any) (lines []string) {
	switch b["type"] {
	case "context":
		for _, e := range objects(b["elements"]) {
			lines = append(lines, "~ "+words(e))
		}
	case "actions":
		var parts []string
		for _, e := range objects(b["elements"]) {
			parts = append(parts, elementText(e))
		}
		lines = append(lines, strings.Join(parts, " "))
	case "input":
		label, _ := b["label"].(map[string]any)
		element, _ := b["element"].(map[string]any)
		line := words(label) + " " + elementText(element)
		if b["optional"] == true {
			line += " (optional)"
		}
		lines = append(lines, line)
		if hint, ok := b["hint"].(map[string]any); ok {
			lines = append(lines, "  ~ "+words(hint))
		}
	case "table":
		for _, row := range lists(b["rows"]) {
			var cells []string
			for _, c := range objects(row) {
				cells = append(cells, strings.Join(append(blockLines(c), rawText(c)...), " "))
			}
			lines = append(lines, "| "+strings.Join(cells, " | ")+" |")
		}
	case "rich_text":
		for _, part := range objects(b["elements"]) {
			lines = append(lines, partLines(part)...)
		}
	case "section", "header":
		if t, ok := b["text"].(map[string]any); ok {
			lines = append(lines, words(t))
		}
	}
	return lines
}

func rawText(cell map[string]any) []string {
	if cell["type"] == "raw_text" {
		return []string{fmt.Sprint(cell["text"])}
	}
	return nil
}

// partLines gives the lines of one part of a rich text.
func partLines(part map[string]any) (lines []string) {
	if part["type"] == "rich_text_list" {
		for _, item := range objects(part["elements"]) {
			lines = append(lines, "• "+inlineText(item))
		}
		return lines
	}
	mark := map[any]string{"rich_text_quote": "> ", "rich_text_preformatted": "    "}[part["type"]]
	for line := range strings.SplitSeq(inlineText(part), "\n") {
		lines = append(lines, mark+line)
	}
	return lines
}

// inlineText gives the elements of a line; a date is its fall-back.
func inlineText(part map[string]any) string {
	var b strings.Builder
	for _, e := range objects(part["elements"]) {
		switch e["type"] {
		case "emoji":
			fmt.Fprintf(&b, ":%v:", e["name"])
		case "user":
			fmt.Fprintf(&b, "@%v", e["user_id"])
		case "date":
			fmt.Fprint(&b, e["fallback"])
		case "link":
			fmt.Fprintf(&b, "<%v>", e["text"])
		default:
			fmt.Fprint(&b, e["text"])
		}
	}
	return b.String()
}

// elementText gives what can be pressed or filled in; what a screen reader says of it follows a colon.
func elementText(e map[string]any) string {
	switch e["type"] {
	case "button":
		text := words(e["text"])
		if about, ok := e["accessibility_label"].(string); ok {
			text += ": " + about
		}
		return "[" + text + "]"
	case "static_select":
		chosen := words(e["placeholder"])
		if first, ok := e["initial_option"].(map[string]any); ok {
			chosen = words(first["text"])
		}
		var options []string
		for _, o := range objects(e["options"]) {
			options = append(options, words(o["text"]))
		}
		return "[" + chosen + " ▾ " + strings.Join(options, " / ") + "]"
	}
	return "[" + words(e["placeholder"]) + "____]"
}

// words is the text of a text object, as it is read.
func words(v any) string {
	o, _ := v.(map[string]any)
	text, _ := o["text"].(string)
	if o["type"] == "mrkdwn" {
		text = parseText(text, parsing{}).Text
	}
	return strings.ReplaceAll(text, "\u2060", "")
}

func lists(v any) []any { l, _ := v.([]any); return l }

func objects(v any) (all []map[string]any) {
	for _, e := range lists(v) {
		if o, ok := e.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}
