package matrix

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/bottest"
	"github.com/tocsin-bot/tocsin/config/strict"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestAlertReadsLikeThis(t *testing.T) {
	t.Parallel()
	r := render(bot.Message{
		Title: "Pakistan & Libya sign <jets> deal", URL: "https://news.example.org/a?b=1&c=2", Priority: "high",
		Blocks: []bot.Block{
			bot.Para(bot.Text("Pakistan sold "), bot.Bold("sixteen jets "), bot.Text("to Libya.\nThe price is not known.")),
			{Kind: bot.Heading, Spans: []bot.Span{bot.Text("2 sources")}},
			{Kind: bot.List, Items: [][]bot.Span{
				{bot.Link("Lantern", "https://lantern.example.org/1"), bot.Text(" "), {Text: "2 Jan 15:04 UTC", Time: time.Date(2026, 1, 2, 15, 4, 0, 0, time.UTC)}},
				{bot.Link("Trap", "https://matrix.to/#/@desk:example.org")}}},
			{Kind: bot.Quote, Spans: []bot.Span{bot.Text("We are @room happy")}},
			{Kind: bot.Code, Spans: []bot.Span{bot.Text("jets AND libya\n<b>")}},
			{Kind: bot.Table, Header: []string{"Watch", "Told"}, Items: [][]bot.Span{{bot.Text("jets"), bot.Text("3")}}},
			bot.Small(bot.Span{Text: "Anna", User: "@anna:example.org"}, bot.Text(" muted it · "), bot.Span{Text: "unmute 12", Mono: true}),
		},
		Buttons: []bot.Button{{Label: "Why", Command: "why"}, {Label: "Mute", Command: "mute this", Choices: []bot.Choice{{Label: "2 hours", Value: "2h"}}}},
	})
	if len(r.mentions) != 1 || r.mentions[0] != "@anna:example.org" {
		t.Errorf("mentions %q", r.mentions)
	}
	got := r.body + "\n\n" + strings.ReplaceAll(r.html, "><", ">\n<") + "\n"
	const golden = "testdata/alert.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("reads\n%s\nwant\n%s", got, want)
	}
}

func TestLongTextsAreCutAfterASentence(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"One sentence here. Another one is here and goes on": "One sentence here. …",
		"Onesentencethatgoesonandonwithoutanyblank":          "Onesentencethatgoesonandon…",
		"The first words of a sentence that does not end":    "The first words of a…",
		"一二三四五六七八九十一二三四五六七八九。二二三四五六七八九十":                     "一二三四五六七八九十一二三四五六七八九。 …",
		"Short.": "Short.",
	} {
		if got := cutText(in, 28); got != want {
			t.Errorf("%q is cut to %q, want %q", in, got, want)
		}
	}
	if got := cutText("ab👩‍👩‍👧‍👦cd👩‍👩‍👧‍👦ef", 12); got != "ab👩‍👩‍👧‍👦c…" && got != "ab👩‍👩‍👧‍👦cd…" {
		t.Errorf("a family is torn: %q", got)
	}
}

// TestNeighboursCallNobodyTogether: an outlet may end its name with what a headline begins with.
func TestNeighboursCallNobodyTogether(t *testing.T) {
	t.Parallel()
	for _, texts := range [][]string{{"ask@", "room"}, {"@", "ro", "om"}, {"matrix", ".to/#/@a:b"}, {"see matrix", ":u/a"}} {
		var spans []bot.Span
		for _, s := range texts {
			spans = append(spans, bot.Text(s))
		}
		r := render(bot.Message{Blocks: []bot.Block{{Spans: spans}}})
		if calls.MatchString(r.body) || calls.MatchString(r.html) || strings.ReplaceAll(r.body, "\u2060", "") != strings.Join(texts, "") {
			t.Errorf("%q became %q and %q", texts, r.body, r.html)
		}
	}
}

// FuzzRender makes sure that whatever a feed writes fits an event, is whole UTF-8, calls nobody and is
// no markup.
func FuzzRender(f *testing.F) {
	for _, s := range bottest.Hostile {
		f.Add(s, "https://example.org/"+s)
	}
	f.Add(strings.Repeat("<&\"", 30_000), "https://matrix.to/#/@a:b")
	f.Add("room@ROOMs @", "https://example.org/")
	f.Add("a@ROOM @room@room matrix.to/#/x MATRIX:u/a", "HTTPS://MATRIX.TO./#/x")
	f.Fuzz(func(t *testing.T, s, link string) {
		span := []bot.Span{bot.Text(s), bot.Link(s, link), {Text: s, Mono: true, Bold: true, Ital: true}}
		m := bot.Message{Title: s, URL: link, Priority: s, Blocks: []bot.Block{{Kind: bot.List, Items: [][]bot.Span{span, span}}, {Kind: bot.Table, Items: [][]bot.Span{span}}}}
		for _, kind := range []bot.BlockKind{bot.Paragraph, bot.Heading, bot.Quote, bot.Note, bot.Code} {
			m.Blocks = append(m.Blocks, bot.Block{Kind: kind, Spans: span})
		}
		r := render(m)
		if jsonSize(r.body)+jsonSize(r.html) > maxContent+1000 {
			t.Errorf("takes %d bytes", jsonSize(r.body)+jsonSize(r.html))
		}
		if !utf8.ValidString(r.body) || !utf8.ValidString(r.html) || r.body == "" {
			t.Errorf("body %.100q", r.body)
		}
		seen := show(map[string]any{"body": r.body, "formatted_body": r.html, "m.mentions": map[string]any{}})
		if len(seen.Mentions) > 0 || len(r.mentions) > 0 {
			t.Errorf("calls %q %q", seen.Mentions, r.mentions)
		}
		for _, l := range seen.Links {
			if !strings.HasPrefix(strings.ToLower(l), "http") {
				t.Errorf("leads to %q", l)
			}
		}
		depth := 0
		for z := html.NewTokenizer(strings.NewReader(r.html)); ; {
			kind := z.Next()
			if kind == html.ErrorToken {
				break
			}
			name, _ := z.TagName()
			switch {
			case kind == html.StartTagToken && string(name) != "br":
				depth++
			case kind == html.EndTagToken:
				depth--
			case kind == html.CommentToken, kind == html.DoctypeToken:
				t.Errorf("a %v in %.200q", kind, r.html)
			}
		}
		if depth != 0 {
			t.Errorf("%d elements are left open", depth)
		}
	})
}

func TestConfigSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	power := 50
	_, err := Config{
		Homeserver: "matrix.example.org", User: "tocsin", Prefix: "two words", Prefixes: map[string]string{"desk": "!x"},
		Password: strict.NewSecret("hunter2hunter2"), AccessToken: strict.NewSecret("hunter2hunter2"),
		Invites: Invites{Users: []string{"anna"}, Servers: []string{"a b"}, Rooms: []string{"desk"}},
		Roles:   []RoleRule{{}, {Power: &power}, {Users: []string{"@a"}}},
	}.fill()
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, want := range []string{"matrix.homeserver", "matrix.user", `"two words"`, "matrix.prefixes", "both given", "invites.users", "invites.servers", "invites.rooms",
		"roles[0] names nobody", "roles[1]: power counts in no room", "roles[2].users"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("a secret is told")
	}
}

func TestExampleIsAConfig(t *testing.T) {
	t.Parallel()
	var lines []string
	for line := range strings.Lines(Example) {
		lines = append(lines, strings.TrimPrefix(strings.TrimPrefix(line, "#"), " "))
	}
	yaml := strings.ReplaceAll(strings.Join(lines, ""), "password_file: matrix-password ", "password: hunter2hunter2 ")
	var file struct {
		Matrix Config `yaml:"matrix"`
	}
	if problems := strict.Decode("tocsin.yaml", []byte(yaml), &file); len(problems) > 0 {
		t.Fatalf("%v in\n%s", problems, yaml)
	}
	if c, err := file.Matrix.fill(); err != nil || c.User != "@tocsin:example.org" || len(c.Roles) != 2 || c.Pace != 5*time.Second {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestRolesGoByTheWholeIdAndByPowerOnlyWhereTheConfigSaysSo(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	power := 50
	p := open(t, s, func(c *Config, _ *Options) {
		c.DefaultRole = bot.RoleName{Role: bot.Viewer, Given: true}
		c.Roles = []RoleRule{
			{Role: bot.RoleName{Role: bot.Admin, Given: true}, Users: []string{"@boss:example.org"}},
			{Role: bot.RoleName{Role: bot.Member, Given: true}, Servers: []string{"friends.org"}},
			{Role: bot.RoleName{Role: bot.Admin, Given: true}, Power: &power, Rooms: []string{"#desk:example.org"}},
		}
	})
	for _, room := range []string{deskRoom, "!own:example.org"} {
		s.state(room, anna, "m.room.member", anna, map[string]any{"membership": "join"})
		s.state(room, anna, "m.room.member", "@eve:else.org", map[string]any{"membership": "join"})
		s.state(room, anna, "m.room.power_levels", "", map[string]any{"users": map[string]any{anna: 50, "@eve:else.org": 100, "@gone:else.org": 100}})
	}
	if err := p.syncOnce(t.Context(), nil, true); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		user string
		room bot.Room
		want bot.Role
	}{
		{"@carl:example.org", desk, bot.Viewer},
		{"@carl:else.org", desk, bot.Stranger},
		{"@boss:example.org", "matrix:!own:example.org", bot.Admin},
		{"@Boss:example.org", desk, bot.Viewer},
		{"@boss:example.org.", desk, bot.Stranger},
		{"@bоss:example.org", desk, bot.Stranger}, // a Cyrillic o
		{"@carl:friends.org", desk, bot.Member},
		{"@carl:sub.friends.org", desk, bot.Stranger},
		{anna, desk, bot.Admin},
		{anna, "matrix:!own:example.org", bot.Viewer},
		{"@eve:else.org", desk, bot.Admin},
		{"@eve:else.org", "matrix:!own:example.org", bot.Stranger},
		{"@gone:else.org", desk, bot.Stranger},
		{"", desk, bot.Stranger}, {"@:x", desk, bot.Stranger},
	} {
		if got, why := p.RoleAndWhy(t.Context(), bot.Incoming{User: c.user, Room: c.room}); got != c.want {
			t.Errorf("%s in %s is a %v (%s), want %v", c.user, c.room, got, why, c.want)
		}
	}
}
