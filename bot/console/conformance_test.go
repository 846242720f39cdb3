package console_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/tocsin-bot/tocsin/bot/bottest"
	"github.com/tocsin-bot/tocsin/bot/console"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	bottest.Platform(t, func(t *testing.T) *bottest.Harness {
		file := filepath.Join(t.TempDir(), "alerts.jsonl")
		var out bytes.Buffer
		p, err := console.Open(console.Config{File: file}, &out, func() console.Style { return console.Style{Width: 80} }, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		return &bottest.Harness{Adapter: p, Room: console.Name, Messages: func() []bottest.Seen { return messages(t, file) }}
	})
}

// messages reads the console's file, with edits in the place of what they replace. A terminal
// mentions nobody; an address is a link when a terminal would make it one.
func messages(t *testing.T, file string) (all []bottest.Seen) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var r console.Record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		seen := bottest.Seen{ID: r.ID, Thread: r.Thread, Text: r.Text, Edited: r.Edit != ""}
		if link, err := url.Parse(r.Message.URL); err == nil && (link.Scheme == "https" || link.Scheme == "http") && link.Hostname() != "" {
			seen.Links = []string{r.Message.URL}
		}
		if i, there := at[r.ID]; there {
			all[i] = seen
			continue
		}
		at[r.ID] = len(all)
		all = append(all, seen)
	}
	return all
}
