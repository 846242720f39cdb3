package main

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/console"
	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
)

var update = flag.Bool("update", false, "write the golden files anew")

var monday = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// compareGolden compares got with a file of testdata, or writes the file with -update.
func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s has changed; look at the difference, then run go test ./cmd/tocsin -update\ngot:\n%s\nwant:\n%s", name, got, want)
	}
}

// day is the demo's whole day, played stage by stage, with everything that was told.
type day struct {
	*demo
	records []console.Record
	clock   atomic.Pointer[time.Time]
}

func (d *day) now() time.Time { return *d.clock.Load() }

func playDay(t *testing.T) *day {
	t.Helper()
	d := &day{}
	d.clock.Store(&monday)
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	platform, err := console.Open(console.Config{File: path}, nil, nil, d.now)
	if err != nil {
		t.Fatal(err)
	}
	d.demo, err = openDemo(t.Context(), monday, 2*time.Minute, platform, slog.New(slog.DiscardHandler), d.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	for i := range d.wire.Stages() {
		if err := d.playStage(t.Context(), i, func(at time.Time) { d.clock.Store(&at) }, 2*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if err := platform.Close(); err != nil {
		t.Fatal(err)
	}
	d.records = readRecords(t, path)
	return d
}

func readRecords(t *testing.T, path string) []console.Record {
	t.Helper()
	records, err := console.ReadRecords(path)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func TestTheDayIsToldAsTheTruthSays(t *testing.T) {
	t.Parallel()
	d := playDay(t)
	truth := map[string]newswire.Truth{} // by title
	for _, tr := range d.wire.Truth() {
		truth[tr.Title] = tr
	}
	news, updates := 0, map[string]bool{}
	for _, r := range d.records {
		title := r.Message.Title
		for _, kind := range []string{"Update: ", "Correction: "} {
			title = strings.TrimPrefix(title, kind)
		}
		tr, known := truth[title]
		switch {
		case r.Edit != "":
			continue
		case !known:
			t.Errorf("a message about nothing that was published: %q", r.Message.Title)
		case !tr.Match:
			t.Errorf("told, and should have been silent: %q (%s)", title, tr.Story)
		case r.Thread == "":
			news++
			if tr.Story != newswire.Event {
				t.Errorf("the alert is about %s", tr.Story)
			}
			if !strings.Contains(r.Text, newswire.Watch) || !strings.Contains(r.Text, "4 sources, 2 origins") {
				t.Errorf("the alert names not its watch, or not four sources:\n%s", r.Text)
			}
		default:
			updates[tr.Name()] = true
		}
	}
	if news != 1 {
		t.Errorf("%d alerts were told of one event", news)
	}
	for _, tr := range d.wire.Truth() {
		if tr.Story == newswire.Event && tr.Kind == newswire.KindUpdate && tr.CopyOf == "" && !updates[tr.Name()] {
			t.Errorf("the new fact of %s (%s) was not told on its own", tr.Name(), tr.Title)
		}
	}
	if len(updates) < 6 {
		t.Errorf("only %d updates: four languages, a follow-up and a correction are due", len(updates))
	}
	corrected := slices.ContainsFunc(d.records, func(r console.Record) bool {
		return strings.HasPrefix(r.Message.Title, "Correction: ") && strings.Contains(r.Text, "$4 billion, was $4.6 billion")
	})
	if !corrected {
		t.Error("the correction was not told")
	}
}

func TestTheDemoReadsAsTheGoldenFileSays(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := demoFast(t.Context(), monday, &out, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "demo.golden", out.String())
}

func TestTheReadmeShowsWhatTheDemoPrints(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	printed, err := os.ReadFile("testdata/demo.golden")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(readme), "\n```\n")
	shown, _, _ = strings.Cut(shown, "\n```\n")
	for _, message := range strings.Split(shown, "\n\n") {
		if !strings.Contains(string(printed), message+"\n\n") {
			t.Errorf("the demo does not print this message of the README:\n%s", message)
		}
	}
}

func TestCommandsReadAsTheGoldenFileSays(t *testing.T) {
	t.Parallel()
	d := playDay(t)
	var out strings.Builder
	style := console.Style{Width: 100, Zone: time.UTC, Now: d.now()}
	for i, line := range []string{
		"help", "help mute", "latest", "why", "sources", "more", "search trainer aircraft", `search "sea cable" -fire`, "search حفتر",
		"watches", "watch libya-pakistan-arms", "watch libya-pakistan-arm", "mute this 2h known already", "mutes", "unmute this",
		"noise", "test Pakistan sells fighter jets to Libya, Haftar says", "test Pakistan beats Libya at cricket", "wyh", "feeds failing", "why 999999",
		"why http://deepsquare.example/2026/11/23/libya-pakistan-a.html", "why https://nowhere.example/1", "why cricket", "claim", "handled called the embassy",
	} {
		in := bot.Incoming{Key: line, Room: console.Name, User: "ada", Name: "ada", Text: line, Kind: bot.ByCommand, Time: d.now()}
		if err := d.app.desk.Handle(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if err := d.app.desk.AnswerAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		answer, err := d.db.NextDelivery(t.Context(), console.Name, d.now())
		if err != nil || answer == nil {
			t.Fatalf("%d: no answer to %q: %v", i, line, err)
		}
		answer, err = d.db.ClaimDelivery(t.Context(), answer.Key, d.now(), d.now().Add(time.Minute))
		if err != nil || answer == nil {
			t.Fatal(err)
		}
		answer.State, answer.Receipt = bot.StateSent, "a"
		if err := d.db.Settle(t.Context(), answer); err != nil {
			t.Fatal(err)
		}
		out.WriteString("tocsin> " + line + "\n" + console.Render(*answer.Message, style) + "\n")
	}
	got := regexp.MustCompile(`rules [0-9a-f]{7}`).ReplaceAllString(out.String(), "rules REVISION")
	compareGolden(t, "commands.golden", got)
}
