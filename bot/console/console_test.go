package console_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/console"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 11, 23, 14, 5, 0, 0, time.UTC)

// sample has one of everything.
func sample() bot.Message {
	return bot.Message{
		Title: "Libya's Haftar meets Pakistan's army chief in Rawalpindi", URL: "https://lantern.example/2026/haftar", Priority: "high",
		Blocks: []bot.Block{
			bot.Para(bot.Text("Khalifa Haftar met Field Marshal Asim Munir at army headquarters on Monday. They spoke about training, joint exercises and what both sides called a long friendship.")),
			bot.Small(bot.Text("Why: "), bot.Span{Text: "libya-pakistan-arms", Mono: true}, bot.Text(" — Pakistan "), bot.Span{Text: "“Pakistan”", Ital: true}, bot.Text(" in title")),
			{Kind: bot.Heading, Spans: []bot.Span{bot.Text("2 sources")}},
			{Kind: bot.List, Items: [][]bot.Span{
				{bot.Link("The Lantern", "https://lantern.example/1"), bot.Text(" "), {Text: "x", Time: now.Add(-time.Hour)}},
				{bot.Text("روزنامہ کراچی — لیبیا کے کمانڈر خلیفہ حفتر کی راولپنڈی میں فیلڈ مارشل عاصم منیر سے ملاقات، دفاعی تعاون پر بات چیت")},
			}},
			{Kind: bot.Table, Header: []string{"watch", "stories"}, Items: [][]bot.Span{
				{{Text: "libya-pakistan-arms", Mono: true}, bot.Text("3")},
				{{Text: "日本のニュース", Mono: true}, bot.Text("a second column that is long enough to be wrapped onto a line of its own below")},
			}},
			{Kind: bot.Quote, Spans: []bot.Span{bot.Text("Nothing was signed.")}},
			{Kind: bot.Code, Spans: []bot.Span{bot.Text("(libya OR haftar)\n  AND pakistan")}},
		},
		Buttons: []bot.Button{{Label: "Why", Command: "why"}, {Label: "Mute", Command: "mute this", Choices: []bot.Choice{{Label: "2 hours", Value: "2h"}}}},
	}
}

func TestMessagesLookAsTheGoldenFilesSay(t *testing.T) {
	t.Parallel()
	for name, style := range map[string]console.Style{
		"wide":   {Width: 100, Zone: time.UTC, Now: now},
		"narrow": {Width: 44, Zone: time.FixedZone("PKT", 5*3600), Now: now},
		"color":  {Width: 80, Zone: time.UTC, Color: true, Now: now},
	} {
		got := console.Render(sample(), style)
		path := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestLinesFitTheWidth(t *testing.T) {
	t.Parallel()
	for width := 24; width < 120; width += 7 {
		for line := range strings.Lines(console.Render(sample(), console.Style{Width: width, Zone: time.UTC, Now: now})) {
			line = strings.TrimRight(line, "\n")
			longWord := 0
			for _, w := range strings.Fields(line) {
				longWord = max(longWord, runewidth.StringWidth(w))
			}
			if got := runewidth.StringWidth(line); got > width && longWord < width-8 && !strings.Contains(line, "libya-pakistan-arms") {
				t.Errorf("width %d: a line of %d columns: %q", width, got, line)
			}
		}
	}
}

func TestFeedTextCannotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	evil := "a\x1b[2Jb\x07c\u202edrow\r\x9b31m"
	got := console.Render(bot.Message{Title: evil, Blocks: []bot.Block{bot.Para(bot.Text(evil)),
		{Kind: bot.Code, Spans: []bot.Span{bot.Text(evil)}}, {Kind: bot.Table, Items: [][]bot.Span{{bot.Text(evil), bot.Text(evil)}}}}}, console.Style{})
	for _, bad := range []string{"\x1b", "\x07", "\u202e", "\r", "\u009b"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q got through in %q", bad, got)
		}
	}
}

func records(t *testing.T, path string) (out []console.Record) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(strings.NewReader(string(data)))
	for lines.Scan() {
		var r console.Record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("line %q: %v", lines.Text(), err)
		}
		out = append(out, r)
	}
	return out
}

func TestMessageIsInTheFileOnceAcrossRestarts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	open := func() *console.Platform {
		p, err := console.Open(console.Config{File: path}, nil, nil, func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := open()
	first, err := p.Post(context.Background(), bot.Post{Key: "k1", Room: "console", Message: bot.Message{Title: "one"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	p = open()
	again, err := p.Post(context.Background(), bot.Post{Key: "k1", Room: "console", Repeat: true, Message: bot.Message{Title: "one"}})
	if err != nil || again != first {
		t.Errorf("the repeat got id %q, %v; the first %q", again, err, first)
	}
	second, err := p.Post(context.Background(), bot.Post{Key: "k2", Room: "console", Message: bot.Message{Title: "two"}})
	if err != nil || second == first {
		t.Errorf("the second message got id %q, %v", second, err)
	}
	if got := records(t, path); len(got) != 2 || got[0].Text != "one" || got[1].Key != "k2" {
		t.Errorf("the file holds %+v", got)
	}
}

func TestTornLastLineIsCutOffAndComesAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	if err := os.WriteFile(path, []byte(`{"key":"k1","id":"c1"}`+"\n"+`{"key":"k2","id":"c`), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := console.Open(console.Config{File: path}, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"k1", "k2"} {
		if _, err := p.Post(context.Background(), bot.Post{Key: key, Repeat: true, Message: bot.Message{Title: key}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := records(t, path); len(got) != 2 || got[1].Key != "k2" || got[1].Text != "k2" {
		t.Errorf("the file holds %+v", got)
	}
}

func TestReplyAndEditAreMarkedOnATerminal(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p, err := console.Open(console.Config{}, &out, func() console.Style { return console.Style{Width: 60, Zone: time.UTC} }, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	m := sample()
	for _, post := range []bot.Post{
		{Key: "reply", Thread: "c1", Message: bot.Message{Title: "Update: more"}},
		{Key: "edit", Edit: "c1", Message: m},
		{Key: "the same count again", Edit: "c1", Message: m},
		{Key: "edit without a count", Edit: "c1", Message: bot.Message{Title: "Gone"}},
	} {
		if _, err := p.Post(context.Background(), post); err != nil {
			t.Fatal(err)
		}
	}
	want := "━━ ↳ Update: more\n\n✎ now 2 sources: Libya's Haftar meets Pakistan's army chief…\n\n✎ Gone\n\n"
	if out.String() != want {
		t.Errorf("shown:\n%s\nwant\n%s", out.String(), want)
	}
}

func TestLongFileKeepsCounting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	var lines strings.Builder
	for i := range 2500 {
		fmt.Fprintf(&lines, "{\"key\":\"k%d\",\"id\":\"c%d\",\"text\":\"%s\"}\n", i+1, i+1, strings.Repeat("x", i%100))
	}
	if err := os.WriteFile(path, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := console.Open(console.Config{File: path}, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"k2500": "c2500", "k1700": "c1700", "fresh": "c2501"} {
		if id, err := p.Post(context.Background(), bot.Post{Key: key, Repeat: true}); err != nil || id != want {
			t.Errorf("%s got id %q, %v; want %q", key, id, err, want)
		}
	}
	if n := len(records(t, path)); n != 2501 {
		t.Errorf("the file holds %d messages", n)
	}
}

func TestACommaStaysWithTheWordBeforeIt(t *testing.T) {
	t.Parallel()
	got := console.Render(bot.Message{Blocks: []bot.Block{bot.Para(
		bot.Text("failing since "), bot.Span{Text: "10:05", Bold: true}, bot.Text(", 3 tries; next try "), bot.Span{Text: "11:05", Bold: true})}},
		console.Style{Width: 20})
	if want := "failing since 10:05,\n3 tries; next try\n11:05\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got = console.Render(bot.Message{Blocks: []bot.Block{bot.Para(
		bot.Text("failing since at "), bot.Span{Text: "10:05", Bold: true}, bot.Text(", 3 tries"))}}, console.Style{Width: 22})
	if want := "failing since at\n10:05, 3 tries\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatDoesNotFitIsWrappedUnderItsBeginning(t *testing.T) {
	t.Parallel()
	got := console.Render(bot.Message{Blocks: []bot.Block{
		{Kind: bot.Code, Spans: []bot.Span{bot.Text("short   as it is\n  (libya OR haftar) AND pakistan AND @arms-deal")}},
		{Kind: bot.Table, Items: [][]bot.Span{
			{bot.Text("why"), bot.Text("the words")},
			{bot.Text("mute STORY|WATCH|this [WHY]"), bot.Text("keep it out of this room")},
		}},
	}}, console.Style{Width: 32})
	want := `  short   as it is
    (libya OR haftar) AND
      pakistan AND @arms-deal
why               the words
mute STORY|WATCH|this [WHY]
                  keep it out of
                  this room
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPromptHandsOverLinesUntilTheInputEnds(t *testing.T) {
	t.Parallel()
	in, typed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	p, restore, err := console.NewPrompt(console.Config{}, in, out, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer restore()
	if _, err := typed.WriteString("why\n\n  latest 3 \nquit\nnever read\n"); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var got, keys []string
	err = p.Listen(context.Background(), func(_ context.Context, in bot.Incoming) error {
		mu.Lock()
		defer mu.Unlock()
		got, keys = append(got, in.Text), append(keys, in.Key)
		return nil
	})
	if err != nil || strings.Join(got, "|") != "why|latest 3" {
		t.Errorf("heard %q, %v", got, err)
	}
	if len(keys) == 2 && keys[0] == keys[1] {
		t.Errorf("two lines share the key %q", keys[0])
	}
}
