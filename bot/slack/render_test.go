package slack_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/slack"
	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
)

var update = flag.Bool("update", false, "write the golden files")

// alert is a message as the composer makes it, with all its parts.
func alert() bot.Message {
	at := time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)
	return bot.Message{
		Title: "Pakistan & Libya's Haftar sign <$4bn> arms deal", URL: "https://dawn.example/news/1?a=1&b=2", Priority: "high",
		Blocks: []bot.Block{
			bot.Para(bot.Text("Pakistan has agreed to sell 16 JF-17 jets to the Libyan National Army. The deal is worth $4bn, officials said.")),
			bot.Small(bot.Text("Khalifa Haftar, Asim Munir · LNA · $4bn")),
			bot.Small(bot.Text("Why: "), bot.Span{Text: "libya-pakistan-arms", Mono: true}, bot.Text(" — Libya "), bot.Span{Text: "“Haftar”", Ital: true}, bot.Text(" in title")),
			{Kind: bot.Heading, Spans: []bot.Span{bot.Text("2 sources")}},
			{Kind: bot.List, Items: [][]bot.Span{
				{bot.Link("Dawn", "https://dawn.example/news/1"), bot.Text(" "), {Text: "24 Nov 09:30 UTC", Time: at}},
				{bot.Link("الجزيرة", "https://aljazeera.example/2"), bot.Text(" "), {Text: "24 Nov 09:40 UTC", Time: at.Add(10 * time.Minute)}, bot.Text(" (Arabic)")}}},
			bot.Small(bot.Text("story 12 · last report "), bot.Span{Text: "24 Nov 09:40 UTC", Time: at.Add(10 * time.Minute)}),
		},
		Buttons: []bot.Button{{Label: "Why", Command: "why"}, {Label: "Noise", Command: "noise", Danger: true},
			{Label: "Mute story", Command: "mute this", Choices: []bot.Choice{{Label: "for 2 hours", Value: "2h"}, {Label: "for a day", Value: "1d"}}}},
	}
}

func TestAlertAsSlackGetsIt(t *testing.T) {
	t.Parallel()
	s, p := workspace(t, nil)
	if _, err := p.Post(t.Context(), bot.Post{Key: "slack:#general|12|new", Room: general, Message: alert()}); err != nil {
		t.Fatal(err)
	}
	args := s.Calls("chat.postMessage")[0].Args
	var got bytes.Buffer
	for _, name := range slices.Sorted(maps(args)) {
		value := args.Get(name)
		if json.Valid([]byte(value)) && strings.ContainsAny(value, "{[") {
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, []byte(value), "", "  "); err != nil {
				t.Fatal(err)
			}
			value = pretty.String()
		}
		fmt.Fprintf(&got, "%s:\n%s\n\n", name, value)
	}
	golden(t, "alert.txt", got.Bytes())
	m := s.Messages("C0GENERAL")[0]
	golden(t, "alert-shown.txt", []byte(m.Shown.Text+"\n"))
	if len(m.Shown.Mentions) > 0 {
		t.Errorf("it mentions %q", m.Shown.Mentions)
	}
}

func maps(m map[string][]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update writes it):\n%s", path, got)
	}
}

func TestPersonIsMentionedOnPurposeOnly(t *testing.T) {
	t.Parallel()
	s, p := workspace(t, nil)
	for i, span := range []bot.Span{{Text: "anna", User: "U0ANNA"}, {Text: "here", User: "!here"}, {Text: "x", User: "U0 X>"}, {Text: "here", User: "here"}} {
		m := bot.Message{Blocks: []bot.Block{bot.Para(span, bot.Text(" muted it")), bot.Small(span)}}
		if _, err := p.Post(t.Context(), bot.Post{Key: fmt.Sprint(i), Room: general, Message: m}); err != nil {
			t.Fatal(err)
		}
		got := s.Messages("C0GENERAL")[i].Shown.Mentions
		if i == 0 && !slices.Equal(got, []string{"U0ANNA", "U0ANNA"}) || i > 0 && len(got) > 0 {
			t.Errorf("%+v mentions %q", span, got)
		}
	}
}

func TestLongTableComesAsAFileAsWell(t *testing.T) {
	t.Parallel()
	s, p := workspace(t, nil)
	table := bot.Block{Kind: bot.Table, Header: []string{"name", "value"}}
	for i := range 300 {
		table.Items = append(table.Items, []bot.Span{bot.Text(fmt.Sprintf("row %d", i)), bot.Text("=HYPERLINK(\"https://evil.example.com\")")})
	}
	id, err := p.Post(t.Context(), bot.Post{Key: "table", Room: general, Message: bot.Message{Title: "Long", Blocks: []bot.Block{table}}})
	if err != nil {
		t.Fatal(err)
	}
	files := s.Files()
	if len(files) != 1 || files[0].Thread != id || files[0].Channel != "C0GENERAL" {
		t.Fatalf("files: %+v", files)
	}
	lines := strings.Split(strings.TrimSpace(string(files[0].Data)), "\n")
	if len(lines) != 301 || lines[0] != "name,value" || !strings.HasPrefix(lines[1], `row 0,"'=`) {
		t.Errorf("%d lines, the first %q", len(lines), lines[:2])
	}
	if !strings.Contains(s.Messages("C0GENERAL")[0].Shown.Text, "row 0") {
		t.Error("the message shows no row")
	}
}

func TestTextIsCutAtASentence(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		most int
		want string
	}{
		{"short", 10, "short"},
		{"One sentence. Another sentence.", 20, "One sentence. …"},
		{"One sentence that goes on and on", 20, "One sentence that…"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 10, "aaaaaaaa…"},
		{"جملة أولى هنا. جملة ثانية طويلة", 18, "جملة أولى هنا. …"},
		{"aaaaaaae\u0301\u0301\u0301\u0301 x", 10, "aaaaaaa…"},
		{"👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 8, "👩‍👩‍👧…"},
	} {
		got := slack.CutText(tt.in, tt.most)
		if got != tt.want || utf8.RuneCountInString(got) > tt.most {
			t.Errorf("%q at %d: %q, want %q", tt.in, tt.most, got, tt.want)
		}
	}
}

func TestAddressesBehindLinks(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://example.org/a?b=c&d=e":              "https://example.org/a?b=c&d=e",
		"HTTP://example.org/":                        "HTTP://example.org/",
		"https://example.org/a|b>c<d e":              "https://example.org/a%7Cb%3Ec%3Cd%20e",
		"https://example.org/\u202e":                 "https://example.org/%E2%80%AE",
		"https://bank.example.org@evil.example.com/": "",
		"javascript:alert(1)":                        "",
		"//example.org":                              "",
		"https://":                                   "",
		"https://example.org/\n":                     "",
		"":                                           "",
	} {
		if got := slack.SafeURL(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestEscapedOnce(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a & b <c>":      "a &amp; b &lt;c&gt;",
		"&amp; &lt;":     "&amp;amp; &amp;lt;",
		"<!here> @here":  "&lt;!here&gt; @\u2060here",
		"*bold* a_b":     "\u2060*\u2060bold\u2060*\u2060 a\u2060_\u2060b",
		"x\u202ey\x00\n": "xy ",
	} {
		if got := slack.Escape(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// FuzzMessage posts messages of any words to a strict Slack: none may be refused, mention anybody or
// lead anywhere but to its own addresses.
func FuzzMessage(f *testing.F) {
	f.Add("title", "text <!here> @channel", "https://example.org", "why", uint8(3))
	f.Add("\xff\x00", strings.Repeat("&", 3000), "https://[::1", "", uint8(200))
	f.Add("<@U1>", "*_~`", "javascript:x", "x|y", uint8(60))
	s := slacktest.New(f)
	p := open(f, s, time.Now)
	f.Fuzz(func(t *testing.T, title, text, link, command string, n uint8) {
		m := bot.Message{Title: title, URL: link, Priority: "high", Buttons: []bot.Button{{Label: title, Command: command, Choices: []bot.Choice{{Label: text, Value: command}}}, {Label: text, Command: command}}}
		kinds := []bot.BlockKind{bot.Paragraph, bot.Note, bot.List, bot.Table, bot.Quote, bot.Code, bot.Heading, bot.Note, ""}
		for i := range int(n) {
			spans := []bot.Span{bot.Text(text), bot.Link(title, link), {Text: title, Bold: i%2 == 0, Mono: i%3 == 0}, {Text: text, Ital: true}}
			m.Blocks = append(m.Blocks, bot.Block{Kind: kinds[i%len(kinds)], Spans: spans, Items: [][]bot.Span{spans, spans[:1], nil}, Header: []string{title, text}})
		}
		id, err := p.Post(t.Context(), bot.Post{Key: "k", Room: "slack:C0GENERAL", Message: m})
		if err != nil {
			t.Fatal(err)
		}
		all := s.Messages("C0GENERAL")
		shown := all[len(all)-1].Shown
		s.Delete("C0GENERAL", id)
		if len(shown.Mentions) > 0 {
			t.Errorf("it mentions %q", shown.Mentions)
		}
		for _, l := range shown.Links {
			if l != slack.SafeURL(link) {
				t.Errorf("it leads to %q", l)
			}
		}
	})
}

func TestEveryRefusalHasItsFate(t *testing.T) {
	t.Parallel()
	for fate, codes := range map[bot.Fate][]string{
		bot.NotPosted: {"ratelimited", "team_added_to_org"},
		bot.Ambiguous: {"internal_error", "fatal_error", "service_unavailable", "request_timeout"},
		bot.BadRoom: {"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel",
			"restricted_action_thread_only_channel", "messages_tab_disabled", "cannot_reply_to_message", "a_word_that_nobody_knows"},
		bot.BadAuth: {"invalid_auth", "account_inactive", "token_revoked", "token_expired", "missing_scope", "not_allowed_token_type", "not_authed",
			"org_login_required", "team_access_not_granted", "enterprise_is_restricted"},
		bot.BadPost: {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text", "markdown_text_conflict", "metadata_too_large"},
	} {
		for _, code := range codes {
			s, p := workspace(t, nil)
			s.Fail(slacktest.Fault{Method: "chat.postMessage", Before: true, Error: code})
			_, err := p.Post(t.Context(), bot.Post{Key: "k", Room: "slack:C0GENERAL", Message: alert()})
			send := bot.FateOf(err)
			if err == nil || send.Fate != fate {
				t.Errorf("%s: fate %q, want %q", code, send.Fate, fate)
			}
			if needs := fate == bot.BadRoom || fate == bot.BadAuth; needs && send.Hint == "" {
				t.Errorf("%s has no hint", code)
			}
			if strings.Contains(err.Error()+send.Hint, slacktest.BotToken) {
				t.Errorf("%s: the token is told: %v", code, err)
			}
		}
	}
}

func TestBrokenAnswersHaveTheirFate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault slacktest.Fault
		fate  bot.Fate
		after time.Duration
	}{
		"429 for 30 s":        {slacktest.Fault{Status: http.StatusTooManyRequests, RetryAfter: 30 * time.Second, Body: "x"}, bot.NotPosted, 30 * time.Second},
		"429 for an hour":     {slacktest.Fault{Status: http.StatusTooManyRequests, RetryAfter: time.Hour}, bot.NotPosted, time.Hour},
		"429 without a time":  {slacktest.Fault{Status: http.StatusTooManyRequests}, bot.NotPosted, 30 * time.Second},
		"500 with a page":     {slacktest.Fault{Status: http.StatusInternalServerError, Body: "<html>"}, bot.Ambiguous, 0},
		"502":                 {slacktest.Fault{Status: http.StatusBadGateway}, bot.Ambiguous, 0},
		"200 with a page":     {slacktest.Fault{Status: http.StatusOK, Body: "<html>"}, bot.Ambiguous, 0},
		"reset":               {slacktest.Fault{Reset: true}, bot.Ambiguous, 0},
		"cut":                 {slacktest.Fault{Cut: true}, bot.Ambiguous, 0},
		"403 of a proxy":      {slacktest.Fault{Status: http.StatusForbidden, Body: "<html>"}, bot.NotPosted, 0},
		"redirect to a login": {slacktest.Fault{Status: http.StatusFound, Body: ""}, bot.NotPosted, 0},
		"ok without a reason": {slacktest.Fault{Status: http.StatusOK, Body: `{"ok":false}`}, bot.Ambiguous, 0},
	} {
		s, p := workspace(t, nil)
		tt.fault.Method = "chat.postMessage"
		s.Fail(tt.fault)
		_, err := p.Post(t.Context(), bot.Post{Key: "k", Room: "slack:C0GENERAL", Message: alert()})
		if send := bot.FateOf(err); err == nil || send.Fate != tt.fate || send.After != tt.after {
			t.Errorf("%s: %v after %v, want %q after %v", name, err, send.After, tt.fate, tt.after)
		}
	}
}

func TestWhatCannotBeLookedUpIsNotPosted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault slacktest.Fault
		fate  bot.Fate
	}{
		"history fails":        {slacktest.Fault{Status: http.StatusInternalServerError}, bot.NotPosted},
		"history is limited":   {slacktest.Fault{Status: http.StatusTooManyRequests, RetryAfter: time.Minute}, bot.NotPosted},
		"history is cut":       {slacktest.Fault{Cut: true}, bot.NotPosted},
		"scope is missing":     {slacktest.Fault{Error: "missing_scope"}, bot.BadRoom},
		"the bot was put out":  {slacktest.Fault{Error: "not_in_channel"}, bot.BadRoom},
		"the token is revoked": {slacktest.Fault{Error: "token_revoked"}, bot.BadAuth},
	} {
		s, p := workspace(t, nil)
		tt.fault.Method = "conversations.history"
		s.Fail(tt.fault)
		_, err := p.Post(t.Context(), bot.Post{Key: "k", Room: "slack:C0GENERAL", Message: alert(), Repeat: true, FirstTry: time.Now().Add(-time.Hour)})
		if send := bot.FateOf(err); err == nil || send.Fate != tt.fate {
			t.Errorf("%s: %v, want %q", name, err, tt.fate)
		}
		if n := len(s.Messages("C0GENERAL")); n != 0 {
			t.Errorf("%s: posted all the same", name)
		}
	}
	s, p := workspace(t, nil)
	_, err := p.Post(t.Context(), bot.Post{Key: "k", Room: "slack:C0GENERAL", Message: alert(), Repeat: true, FirstTry: time.Now()})
	if send := bot.FateOf(err); send.Fate != bot.NotPosted || send.After <= 0 || len(s.Messages("C0GENERAL")) != 0 {
		t.Errorf("a moment after the first try: %v, to be tried after %v", err, send.After)
	}
}

func TestDeletedParentsAndMessages(t *testing.T) {
	t.Parallel()
	s, p := workspace(t, nil)
	id, err := p.Post(t.Context(), bot.Post{Key: "parent", Room: general, Message: alert()})
	if err != nil {
		t.Fatal(err)
	}
	reply, err := p.Post(t.Context(), bot.Post{Key: "reply", Room: general, Thread: id, Message: alert()})
	if err != nil {
		t.Fatal(err)
	}
	// A reply to a reply stands under their common parent.
	if _, err := p.Post(t.Context(), bot.Post{Key: "reply 2", Room: general, Thread: reply, Message: alert()}); err != nil {
		t.Fatal(err)
	}
	if m := s.Messages("C0GENERAL"); len(m) != 3 || m[2].Thread != id {
		t.Errorf("the reply to a reply: %+v", m)
	}
	s.Delete("C0GENERAL", id)
	if got, err := p.Post(t.Context(), bot.Post{Key: "edit", Room: general, Edit: id, Message: alert()}); err != nil || got != id {
		t.Errorf("editing what was deleted: %q, %v", got, err)
	}
	s.Fail(slacktest.Fault{Method: "chat.postMessage", Reset: true})
	post := bot.Post{Key: "reply 3", Room: general, Thread: id, Message: alert(), FirstTry: time.Now().Add(-time.Minute)}
	if _, err := p.Post(t.Context(), post); bot.FateOf(err).Fate != bot.Ambiguous {
		t.Fatalf("%v", err)
	}
	post.Repeat = true
	if _, err := p.Post(t.Context(), post); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Messages("C0GENERAL")); n != 3 {
		t.Errorf("%d messages, want the two replies and the one without its parent", n)
	}
}
