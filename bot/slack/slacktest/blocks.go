package slacktest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

//go:embed blockkit-limits.json
var limitsJSON []byte

// limits are the numbers of blockkit-limits.json that the checks below ask for by path.
var limits = func() map[string]any {
	var all map[string]any
	if err := json.Unmarshal(limitsJSON, &all); err != nil {
		panic(err)
	}
	return all
}()

// limit gives the number at a path of the table.
func limit(path ...string) int {
	var at any = limits
	for _, key := range path {
		at = at.(map[string]any)[key]
	}
	return int(at.(float64))
}

// Surfaces, as the table names them.
const (
	messageSurface = "message"
	homeSurface    = "home"
	modalSurface   = "modal"
)

// checker collects what is wrong with blocks, and what they show.
type checker struct {
	surface  string
	problems []string
	shown    Shown
	ids      map[string]bool
	tables   int
	inputs   int
}

func (c *checker) fail(at, format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf("[ERROR] %s [json-pointer:%s]", fmt.Sprintf(format, args...), at))
}

// checkBlocks checks the blocks of a message and says how they read. code is Slack's word for what
// is wrong; empty when nothing is.
func checkBlocks(raw []byte, surface string) (shown Shown, problems []string, code string) {
	var blocks []map[string]any
	if err := json.Unmarshal(raw, &blocks); err != nil {
		return shown, nil, "invalid_blocks_format"
	}
	c := &checker{surface: surface, ids: map[string]bool{}}
	c.blocks("/blocks", blocks)
	most := limit("payload", surface+".blocks.max_items")
	if len(blocks) > most {
		c.fail("/blocks", "no more than %d items allowed", most)
	}
	if len(blocks) == 0 {
		c.fail("/blocks", "must not be empty")
	}
	if len(c.problems) > 0 {
		return shown, c.problems, "invalid_blocks"
	}
	compact, err := json.Marshal(blocks)
	if err != nil {
		return shown, nil, "invalid_blocks_format"
	}
	if observed := limit("payload", "blocks_serialized_observed_max", "value"); surface == messageSurface && utf8.RuneCount(compact) >= observed {
		return shown, nil, "msg_blocks_too_long"
	}
	return c.shown, nil, ""
}

// checkView checks a Home tab or modal.
func checkView(raw, kind string) []string {
	var v map[string]any
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		return []string{"[ERROR] the view is no JSON [json-pointer:/view]"}
	}
	c := &checker{surface: kind, ids: map[string]bool{}}
	c.fields("/view", v, "type", "blocks", "title", "submit", "close", "private_metadata", "callback_id", "external_id", "clear_on_close", "notify_on_close")
	if v["type"] != kind {
		c.fail("/view/type", "must be %s", kind)
	}
	if len(raw) > limit("payload", "view.bytes_max") {
		c.fail("/view", "too large")
	}
	list, _ := v["blocks"].([]any)
	var blocks []map[string]any
	for _, b := range list {
		if o, ok := b.(map[string]any); ok {
			blocks = append(blocks, o)
		}
	}
	if len(blocks) != len(list) || len(blocks) == 0 || len(blocks) > limit("payload", kind+".blocks.max_items") {
		c.fail("/view/blocks", "must be 1 to 100 blocks")
	}
	c.blocks("/view/blocks", blocks)
	for _, part := range []string{"title", "submit", "close"} {
		if v[part] != nil {
			c.text("/view/"+part, v[part], 1, 24, "plain_text")
		}
	}
	if kind == modalSurface {
		if v["title"] == nil {
			c.fail("/view/title", "missing required field: title")
		}
		if c.inputs > 0 && v["submit"] == nil {
			c.fail("/view/submit", "required when there is an input block")
		}
	}
	c.str("/view/callback_id", v["callback_id"], 0, 255)
	c.str("/view/external_id", v["external_id"], 0, 255)
	c.str("/view/private_metadata", v["private_metadata"], 0, 3000)
	return c.problems
}

func (c *checker) blocks(at string, blocks []map[string]any) {
	for i, b := range blocks {
		here := fmt.Sprintf("%s/%d", at, i)
		kind, _ := b["type"].(string)
		check, known := blockChecks[kind]
		if !known {
			c.fail(here+"/type", "unsupported type: %q", kind)
			continue
		}
		if surfaces, ok := limits["blocks"].(map[string]any)[kind].(map[string]any); ok && !hasString(surfaces["surfaces"], c.surface) {
			c.fail(here, "%s is not allowed in a %s", kind, c.surface)
		}
		if id, given := b["block_id"]; given {
			s, ok := id.(string)
			if !ok || s == "" || utf8.RuneCountInString(s) > limit("common", "block_id", "max") {
				c.fail(here+"/block_id", "must be 1 to 255 characters")
			}
			if c.ids[s] {
				c.fail(here+"/block_id", "must be unique")
			}
			c.ids[s] = true
		}
		check(c, here, b)
	}
}

func hasString(list any, s string) bool {
	all, _ := list.([]any)
	for _, l := range all {
		if l == s {
			return true
		}
	}
	return false
}

// blockChecks are the blocks that this server knows. Slack has more; an app that begins to use one
// adds its check here first.
var blockChecks map[string]func(*checker, string, map[string]any)

func init() {
	blockChecks = map[string]func(*checker, string, map[string]any){
		"section": (*checker).section, "header": (*checker).header, "context": (*checker).context, "actions": (*checker).actions,
		"divider": func(c *checker, at string, b map[string]any) { c.fields(at, b, "type", "block_id") },
		"input":   (*checker).input, "rich_text": (*checker).richText, "table": (*checker).table, "image": (*checker).image,
	}
}

// fields refuses fields that the object does not have, and those whose value is null.
func (c *checker) fields(at string, o map[string]any, allowed ...string) {
	var names []string
	for name := range o {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if !contains(allowed, name) {
			c.fail(at+"/"+name, "unknown field")
		} else if o[name] == nil {
			c.fail(at+"/"+name, "must not be null")
		}
	}
}

func (c *checker) str(at string, v any, least, most int) string {
	if v == nil && least == 0 {
		return ""
	}
	s, ok := v.(string)
	n := utf8.RuneCountInString(s)
	if !ok || n < least || n > most {
		c.fail(at, "must be a string of %d to %d characters, has %d", least, most, n)
	}
	if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		c.fail(at, "must be valid text")
	}
	return s
}

func (c *checker) object(at string, v any) map[string]any {
	o, ok := v.(map[string]any)
	if !ok {
		c.fail(at, "must be an object")
	}
	return o
}

func (c *checker) list(at string, v any, least, most int) []any {
	l, ok := v.([]any)
	if !ok || len(l) < least || most > 0 && len(l) > most {
		c.fail(at, "must be a list of %d to %d, has %d", least, most, len(l))
	}
	return l
}

func (c *checker) enum(at string, v any, allowed ...string) {
	s, ok := v.(string)
	if !ok || !contains(allowed, s) {
		c.fail(at, "must be one of %v", allowed)
	}
}

func (c *checker) flag(at string, v any) {
	if _, ok := v.(bool); v != nil && !ok {
		c.fail(at, "must be true or false")
	}
}

// number checks a whole number that may be left out.
func (c *checker) number(at string, v any, least, most float64) {
	if n, ok := v.(float64); v != nil && (!ok || n < least || n > most || n != float64(int(n))) {
		c.fail(at, "must be a number from %v to %v", least, most)
	}
}

// text checks a text object and shows it.
func (c *checker) text(at string, v any, least, most int, kinds ...string) {
	o := c.object(at, v)
	if o == nil {
		return
	}
	kind, _ := o["type"].(string)
	c.enum(at+"/type", o["type"], kinds...)
	s := c.str(at+"/text", o["text"], least, most)
	if kind == "mrkdwn" {
		c.fields(at, o, "type", "text", "verbatim")
		c.flag(at+"/verbatim", o["verbatim"])
		verbatim, _ := o["verbatim"].(bool)
		c.shown.add(parseText(s, parsing{names: !verbatim, urls: !verbatim}))
		return
	}
	c.fields(at, o, "type", "text", "emoji")
	c.flag(at+"/emoji", o["emoji"])
	c.shown.add(Shown{Text: s})
}
