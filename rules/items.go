package rules

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/tocsin-bot/tocsin/feeds"
)

// maxLine is the longest line of a file of items that a test names, in bytes.
const maxLine = 16 << 20

// readItems reads the items of a file, one JSON object a line. Blank lines are skipped.
func readItems(path string) (items []feeds.Item, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var it feeds.Item
		if err := json.Unmarshal(line, &it); err != nil {
			return nil, fmt.Errorf("%s:%d: not an item: %w", path, n, err)
		}
		items = append(items, it)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return items, nil
}
