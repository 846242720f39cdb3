package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
)

// A database of the first version, written by the program as it was then while three feeds of the
// newswire brought out their first seven stages, is taken over: all is kept, nothing of it is new or
// a correction, and nothing is told again. testdata/upgrade/version1.db.gz is that database.
func TestADatabaseOfTheFirstVersionIsTakenOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := writeStarter(dir); err != nil {
		t.Fatal(err)
	}
	unpack(t, filepath.Join("testdata", "upgrade", "version1.db.gz"), filepath.Join(dir, "tocsin.db"))
	wire := newswire.New(newswire.Options{Day: monday})
	server, err := wire.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	config := fmt.Sprintf("keep: 800000h\nconsole: {file: alerts.jsonl, quiet: true}\nlog: {level: debug}\nfetch: {allow_networks: [127.0.0.0/8], proxy: %q}\nfeeds:\n", server.URL)
	for _, f := range wire.Feeds("") {
		switch f.Name {
		case "karachi-ledger", "harbour-post", "daftar":
			config += fmt.Sprintf("  - {name: %s, outlet: %q, language: %s, url: %q}\n", f.Name, f.Title, f.Language, f.URL)
		}
	}
	path := filepath.Join(dir, "tocsin.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(wantStatus int, args ...string) (out, log string) {
		t.Helper()
		var stdout, stderr strings.Builder
		if status := execute(t.Context(), append(args, "--config", path), nil, &stdout, &stderr); status != wantStatus {
			t.Fatalf("%q ended with %d\n%s%s", args, status, &stdout, &stderr)
		}
		return stdout.String(), stderr.String()
	}

	if _, log := run(exitProblem, "status"); !strings.Contains(log, "start `tocsin run` once") {
		t.Errorf("status before the update: %s", log)
	}
	wire.Publish(6)
	if out, log := run(exitFine, "run", "--once"); !strings.Contains(out, "feeds 3 polled, 0 failed; items 0 new, 0 baseline; alerts 0 new; messages 0 owed") {
		t.Errorf("the first round: %s%s", out, log)
	}
	if out, _ := run(exitFine, "status"); !strings.Contains(out, "1 alert told") {
		t.Errorf("status: %s", out)
	}
	// The documents have changed by one item each of two feeds, and all others are known as they are.
	wire.Publish(7)
	if out, log := run(exitFine, "run", "--once"); !strings.Contains(out, "items 2 new, 0 baseline") || strings.Contains(log, " changed") {
		t.Errorf("the round after: %s%s", out, log)
	}
	for _, r := range readRecords(t, filepath.Join(dir, "alerts.jsonl")) {
		if r.Edit == "" && !strings.Contains(r.Message.Title, "value of the arms deal") { // of a new item
			t.Errorf("told again: %s %q", r.Key, r.Message.Title)
		}
	}
}

// unpack writes what is in a gzip file.
func unpack(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
