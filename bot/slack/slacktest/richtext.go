package slacktest

import (
	"fmt"
	"unicode/utf8"
)

func (c *checker) richText(at string, b map[string]any) {
	c.fields(at, b, "type", "block_id", "elements")
	for i, e := range c.list(at+"/elements", b["elements"], 1, 0) {
		c.richPart(fmt.Sprintf("%s/elements/%d", at, i), e)
	}
}

func (c *checker) richPart(at string, v any) {
	o := c.object(at, v)
	if o == nil {
		return
	}
	switch o["type"] {
	case "rich_text_section", "rich_text_quote":
		c.fields(at, o, "type", "elements", "border")
		c.inline(at, o, "text", "link", "emoji", "user", "usergroup", "channel", "broadcast", "date", "color")
	case "rich_text_preformatted":
		c.fields(at, o, "type", "elements", "border", "language")
		c.inline(at, o, "text", "link")
	case "rich_text_list":
		c.fields(at, o, "type", "elements", "style", "indent", "offset", "border")
		c.enum(at+"/style", o["style"], "bullet", "ordered")
		c.number(at+"/indent", o["indent"], 0, 8)
		c.number(at+"/offset", o["offset"], 0, 1<<20)
		c.number(at+"/border", o["border"], 0, 1)
		for i, e := range c.list(at+"/elements", o["elements"], 1, 0) {
			here := fmt.Sprintf("%s/elements/%d", at, i)
			if s := c.object(here, e); s != nil && s["type"] != "rich_text_section" {
				c.fail(here, "must be a rich_text_section")
			}
			c.richPart(here, e)
		}
	default:
		c.fail(at+"/type", "unsupported type: %v", o["type"])
	}
}

// inline checks the elements of a line and shows them as one.
func (c *checker) inline(at string, o map[string]any, allowed ...string) {
	var line Shown
	for i, e := range c.list(at+"/elements", o["elements"], 1, 0) {
		here := fmt.Sprintf("%s/elements/%d", at, i)
		part := c.object(here, e)
		kind, _ := part["type"].(string)
		c.enum(here+"/type", part["type"], allowed...)
		if part["style"] != nil {
			c.fields(here+"/style", c.object(here+"/style", part["style"]), "bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
		}
		switch kind {
		case "text":
			c.fields(here, part, "type", "text", "style")
			line.Text += c.str(here+"/text", part["text"], 1, 1<<20)
		case "link":
			c.fields(here, part, "type", "url", "text", "unsafe", "style")
			link := c.str(here+"/url", part["url"], 1, 3000)
			text := c.str(here+"/text", part["text"], 0, 1<<20)
			line.Links = append(line.Links, link)
			if text == "" {
				text = link
			}
			line.Text += text
		case "user", "usergroup", "broadcast":
			id, _ := part[map[string]string{"user": "user_id", "usergroup": "usergroup_id", "broadcast": "range"}[kind]].(string)
			if id == "" {
				c.fail(here, "nobody is named")
			}
			line.Mentions = append(line.Mentions, id)
			line.Text += "@" + id
		case "date":
			c.fields(here, part, "type", "timestamp", "format", "url", "fallback", "style")
			if n, ok := part["timestamp"].(float64); !ok || n <= 0 {
				c.fail(here+"/timestamp", "must be a time")
			}
			c.str(here+"/format", part["format"], 1, 300)
			line.Text += c.str(here+"/fallback", part["fallback"], 0, 300)
		case "emoji":
			c.fields(here, part, "type", "name", "unicode", "skin_tone", "style")
			line.Text += ":" + c.str(here+"/name", part["name"], 1, 100) + ":"
		}
	}
	c.shown.add(line)
}

func (c *checker) table(at string, b map[string]any) {
	c.fields(at, b, "type", "block_id", "rows", "column_settings")
	if c.tables++; c.tables > 1 {
		c.fail(at, "only one table is allowed")
	}
	before := utf8.RuneCountInString(c.shown.Text)
	width := -1
	for i, row := range c.list(at+"/rows", b["rows"], 1, limit("blocks", "table", "rows", "max")) {
		here := fmt.Sprintf("%s/rows/%d", at, i)
		cells := c.list(here, row, 1, limit("blocks", "table", "columns", "max"))
		if width >= 0 && len(cells) != width {
			c.fail(here, "has %d cells, the first row %d", len(cells), width)
		}
		width = len(cells)
		for j, cell := range cells {
			c.cell(fmt.Sprintf("%s/%d", here, j), cell)
		}
	}
	if n := utf8.RuneCountInString(c.shown.Text) - before; n > limit("blocks", "table", "cells_max_chars") {
		c.fail(at, "the cells hold %d characters", n)
	}
	if b["column_settings"] != nil {
		settings := c.list(at+"/column_settings", b["column_settings"], 0, limit("blocks", "table", "column_settings", "max"))
		if len(settings) != width {
			c.fail(at+"/column_settings", "there are %d for %d columns", len(settings), width)
		}
		for i, s := range settings {
			here := fmt.Sprintf("%s/column_settings/%d", at, i)
			o := c.object(here, s)
			c.fields(here, o, "align", "is_wrapped")
			if o["align"] != nil {
				c.enum(here+"/align", o["align"], "left", "center", "right")
			}
			c.flag(here+"/is_wrapped", o["is_wrapped"])
		}
	}
}

func (c *checker) cell(at string, v any) {
	o := c.object(at, v)
	switch o["type"] {
	case "raw_text":
		c.fields(at, o, "type", "text")
		c.shown.add(Shown{Text: c.str(at+"/text", o["text"], 1, 10_000)})
	case "rich_text":
		c.richText(at, o)
	default:
		c.fail(at+"/type", "unsupported type: %v", o["type"])
	}
}
