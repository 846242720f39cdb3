package newswire

import (
	"bytes"
	"fmt"
	"strings"
)

// block is one item of a content file, or the file's head, before its keys have a meaning.
type block struct {
	file       string
	line       int
	name       string
	keys       map[string]string
	paragraphs []string
}

// split cuts a content file into its head and its items.
func split(file string, data []byte) (head *block, items []*block) {
	head = &block{file: file, line: 1, keys: map[string]string{}}
	b, inKeys := head, true
	var paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			b.paragraphs = append(b.paragraphs, strings.Join(paragraph, " "))
			paragraph = nil
		}
	}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		s := strings.TrimSpace(string(line))
		name, isName := strings.CutPrefix(s, "-- ")
		name, closed := strings.CutSuffix(name, " --")
		switch {
		case isName && closed:
			flush()
			b, inKeys = &block{file: file, line: n, name: name, keys: map[string]string{}}, true
			items = append(items, b)
		case s == "":
			flush()
			inKeys = inKeys && len(b.keys) == 0
		case inKeys:
			key, value, ok := strings.Cut(s, ": ")
			if _, twice := b.keys[key]; !ok || twice {
				panic(fmt.Sprintf("%s:%d: want a new \"key: value\", have %q", file, n, s))
			}
			b.keys[key] = strings.TrimSpace(value)
		default:
			paragraph = append(paragraph, s)
		}
	}
	flush()
	return head, items
}

// take returns the value of a key, once; empty when it is absent.
func (b *block) take(key string) string {
	v := b.keys[key]
	delete(b.keys, key)
	return v
}

// list is take for a value that holds several.
func (b *block) list(key, sep string) []string {
	v := b.take(key)
	if v == "" {
		return nil
	}
	parts := strings.Split(v, sep)
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// done fails when a key is left that nobody took: it is misspelt.
func (b *block) done() {
	for key := range b.keys {
		b.fail("no key is called %q", key)
	}
}

func (b *block) fail(format string, args ...any) {
	panic(fmt.Sprintf("%s:%d: %s: %s", b.file, b.line, b.name, fmt.Sprintf(format, args...)))
}
