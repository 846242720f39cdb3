package matrix

import (
	"context"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/bottest"
	"github.com/tocsin-bot/tocsin/config/strict"
)

const desk = bot.Room("matrix:" + deskRoom)

// open makes the platform on a server, with a database of its own.
func open(t testing.TB, s *server, change func(*Config, *Options)) *Platform {
	t.Helper()
	c := Config{Homeserver: s.URL, User: botUser, Password: strict.NewSecret("correct horse"), Pace: time.Millisecond}
	o := inDatabase(t, filepath.Join(t.TempDir(), "tocsin.db"))
	o.Rooms = func() []bot.Room { return []bot.Room{desk} }
	o.Log = slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if change != nil {
		change(&c, &o)
	}
	p, err := Open(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func TestConformance(t *testing.T) {
	t.Parallel()
	bottest.Platform(t, func(t *testing.T) *bottest.Harness {
		s := newServer(t)
		p := open(t, s, nil)
		return &bottest.Harness{
			Adapter: p, Room: desk, Refused: "matrix:" + archive,
			Messages: func() []bottest.Seen { return seen(s) },
			LoseAnswer: func() {
				s.once("send", func(w http.ResponseWriter, next func(http.ResponseWriter)) {
					next(discard{http.Header{}})
					panic(http.ErrAbortHandler)
				})
			},
			Slow: func(wait time.Duration) {
				s.once("send", func(w http.ResponseWriter, _ func(http.ResponseWriter)) {
					say(w, 429, map[string]any{"errcode": "M_LIMIT_EXCEEDED", "error": "Too fast", "retry_after_ms": wait.Milliseconds()})
				})
			},
			Revoke: func() {
				s.mu.Lock()
				s.revoked = true
				s.mu.Unlock()
			},
			Say: func(thread, text string) { s.said("!tocsin "+text, thread) },
			Redelivered: func(context.Context) {
				// The place in the sync was not committed: the next one brings the event again.
			},
			Chatter: func() {
				s.said("what do you think?", "")
				for _, content := range []map[string]any{
					{"msgtype": "m.notice", "body": "!tocsin reload"},
					{"msgtype": "m.emote", "body": "!tocsin reload"},
					{"msgtype": "m.image", "body": "!tocsin reload", "url": "mxc://x/y"},
					{"msgtype": "m.text", "body": "* !tocsin reload", "m.new_content": map[string]any{"msgtype": "m.text", "body": "!tocsin reload"},
						"m.relates_to": map[string]any{"rel_type": "m.replace", "event_id": "$event1"}},
					{"msgtype": "m.text", "body": "> <@anna:example.org> !tocsin reload\n\nI would not", "m.relates_to": map[string]any{"m.in_reply_to": map[string]any{"event_id": "$event1"}}},
					{"msgtype": "m.text", "body": "!tocsinreload"},
					{"msgtype": "m.text", "body": map[string]any{"a": 1}},
					{"msgtype": 3, "body": "!tocsin reload", "m.relates_to": "x"},
					{"msgtype": "m.text", "body": "Tocsin: reload", "m.mentions": map[string]any{"user_ids": []string{anna}}},
				} {
					s.put(&stored{Room: deskRoom, Sender: anna, Type: "m.room.message", Content: content})
				}
				s.put(&stored{Room: deskRoom, Sender: botUser, Type: "m.room.message", Content: map[string]any{"msgtype": "m.text", "body": "!tocsin reload"}})
				s.put(&stored{Room: deskRoom, Sender: "@:x", Type: "m.room.message", Content: map[string]any{"msgtype": "m.text", "body": "!tocsin reload"}})
			},
		}
	})
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// once lets fn answer the next request whose path holds part.
func (s *server) once(part string, fn func(w http.ResponseWriter, next func(http.ResponseWriter))) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = func(w http.ResponseWriter, r *http.Request, next func(http.ResponseWriter)) bool {
		if !strings.Contains(r.URL.Path, "/"+part) {
			return false
		}
		s.mu.Lock()
		s.intercept = nil
		s.mu.Unlock()
		fn(w, next)
		return true
	}
}

// said puts a message of Anna's into the desk's room.
func (s *server) said(text, thread string) string {
	content := map[string]any{"msgtype": "m.text", "body": text}
	if thread != "" {
		content["m.relates_to"] = map[string]any{"rel_type": "m.thread", "event_id": thread, "is_falling_back": true,
			"m.in_reply_to": map[string]any{"event_id": thread}}
	}
	return s.put(&stored{Room: deskRoom, Sender: anna, Type: "m.room.message", Content: content})
}

// seen gives the bot's messages as a client shows them: edits in the place of what they replace.
func seen(s *server) (all []bottest.Seen) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := map[string]int{}
	for _, e := range s.events {
		if e.Sender != botUser || e.Type != "m.room.message" || e.Content["msgtype"] != "m.notice" {
			continue
		}
		relates, _ := e.Content["m.relates_to"].(map[string]any)
		if relates["rel_type"] == "m.replace" {
			of, _ := relates["event_id"].(string)
			content, _ := e.Content["m.new_content"].(map[string]any)
			if i, ok := at[of]; ok {
				all[i] = show(content)
				all[i].ID, all[i].Edited = of, true
			}
			continue
		}
		m := show(e.Content)
		m.ID = e.ID
		if relates["rel_type"] == "m.thread" {
			m.Thread, _ = relates["event_id"].(string)
		}
		at[e.ID] = len(all)
		all = append(all, m)
	}
	return all
}

// allowedTags are the elements that we may use; anything else came from a feed.
var allowedTags = []string{"p", "strong", "em", "code", "pre", "a", "ul", "li", "blockquote", "table", "tr", "th", "td", "sub", "br"}

// show reads a content as a client does: the words of the HTML, its links, and whom it calls. Old push
// rules call the whole room for a bare @room, and a link to matrix.to is a pill.
func show(content map[string]any) (m bottest.Seen) {
	formatted, _ := content["formatted_body"].(string)
	body, _ := content["body"].(string)
	var text strings.Builder
	for z := html.NewTokenizer(strings.NewReader(formatted)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		token := z.Token()
		switch kind {
		case html.TextToken:
			text.WriteString(token.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			if !slices.Contains(allowedTags, token.Data) || token.Data != "a" && len(token.Attr) > 0 {
				m.Mentions = append(m.Mentions, "element <"+token.Data+">")
			}
			if slices.Contains([]string{"p", "li", "tr", "br", "td", "th", "pre", "blockquote"}, token.Data) {
				text.WriteString("\n")
			}
			for _, a := range token.Attr {
				m.Links = append(m.Links, a.Val)
				if strings.Contains(strings.ToLower(a.Val), "matrix.to") {
					m.Mentions = append(m.Mentions, a.Val)
				}
			}
		}
	}
	m.Text = text.String()
	mentions, ok := content["m.mentions"].(map[string]any)
	if !ok {
		m.Mentions = append(m.Mentions, "no m.mentions")
	}
	for _, what := range mentions {
		m.Mentions = append(m.Mentions, strings.TrimSpace(strings.Join([]string{"declared", slog.AnyValue(what).String()}, " ")))
	}
	for _, part := range []string{body, m.Text} {
		if strings.Contains(strings.ToLower(part), "@room") {
			m.Mentions = append(m.Mentions, "@room")
		}
	}
	return m
}
