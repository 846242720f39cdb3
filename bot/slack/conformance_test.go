package slack_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/bottest"
	"github.com/tocsin-bot/tocsin/bot/slack"
	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
	"github.com/tocsin-bot/tocsin/config/strict"
)

const general = bot.Room("slack:#general")

// workspace starts a fake Slack and opens the platform on it.
func workspace(t testing.TB, change func(*slack.Config)) (*slacktest.Server, *slack.Platform) {
	t.Helper()
	s := slacktest.New(t)
	c := slack.Config{BotToken: strict.NewSecret(slacktest.BotToken), AppToken: strict.NewSecret(slacktest.AppToken), APIURL: s.URL()}
	if change != nil {
		change(&c)
	}
	log := slog.New(slog.NewTextHandler(newTestWriter(t), &slog.HandlerOptions{Level: slog.LevelDebug}))
	p, err := slack.Open(c, slack.Options{Log: log, Rooms: func() []bot.Room { return []bot.Room{general} }})
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

// workspaceOverHTTP is a workspace whose events come as signed requests.
func workspaceOverHTTP(t testing.TB) (*slacktest.Server, *slack.Platform) {
	t.Helper()
	return workspace(t, func(c *slack.Config) {
		c.Listen, c.SigningSecret = "127.0.0.1:0", strict.NewSecret(slacktest.SigningSecret)
	})
}

// testWriter writes to the log of a test while it runs.
type testWriter struct {
	t    testing.TB
	mu   sync.Mutex
	over bool
}

func newTestWriter(t testing.TB) *testWriter {
	w := &testWriter{t: t}
	t.Cleanup(func() { w.mu.Lock(); defer w.mu.Unlock(); w.over = true })
	return w
}

func (w *testWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

// overHTTP is the platform with the HTTP Events API in place of Socket Mode, on a server of the
// test. Requests wait until somebody listens.
type overHTTP struct {
	*slack.Platform
	handlers chan http.Handler
}

func newOverHTTP(t *testing.T, s *slacktest.Server, p *slack.Platform) overHTTP {
	o := overHTTP{p, make(chan http.Handler, 1)}
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case h := <-o.handlers:
			o.handlers <- h
			h.ServeHTTP(w, r)
		case <-t.Context().Done():
		}
	}))
	t.Cleanup(app.Close)
	s.EventsURL = app.URL
	return o
}

func (o overHTTP) Listen(ctx context.Context, handle func(context.Context, bot.Incoming) error) error {
	o.handlers <- o.Handler(handle)
	<-ctx.Done()
	return nil
}

func TestConformance(t *testing.T) {
	t.Parallel()
	bottest.Platform(t, func(t *testing.T) *bottest.Harness {
		s, p := workspace(t, nil)
		return harness(t, s, p)
	})
}

func TestConformanceOverHTTP(t *testing.T) {
	t.Parallel()
	bottest.Platform(t, func(t *testing.T) *bottest.Harness {
		s, p := workspaceOverHTTP(t)
		return harness(t, s, newOverHTTP(t, s, p))
	})
}

func harness(t *testing.T, s *slacktest.Server, p bot.Listener) *bottest.Harness {
	s.AddChannel(slacktest.Channel{ID: "C0ARCHIVE", Name: "archive", Archived: true})
	s.AddUser(slacktest.User{ID: "U0ROBOT", Name: "robot", Bot: true})
	s.Redeliver = []time.Duration{0}
	s.AckWithin = 300 * time.Millisecond
	var last []*slacktest.Event
	t.Cleanup(func() {
		if refused := s.Refused(); len(refused) > 0 {
			t.Errorf("Slack would refuse: %s", strings.Join(refused, "\n"))
		}
	})
	return &bottest.Harness{
		Adapter: p, Room: general, Refused: "slack:#archive",
		Messages: func() []bottest.Seen { return seen(s) },
		LoseAnswer: func() {
			s.Fail(slacktest.Fault{Method: "chat.postMessage", Reset: true})
		},
		Slow: func(wait time.Duration) {
			s.Fail(slacktest.Fault{Method: "chat.postMessage", Before: true, Status: http.StatusTooManyRequests, RetryAfter: wait,
				Body: `{"ok":false,"error":"ratelimited"}`})
		},
		Revoke: func() { s.Revoke(slacktest.BotToken, "token_revoked") },
		Say: func(thread, text string) {
			_, last = s.Say(t.Context(), "C0GENERAL", "U0ANNA", "<@U0BOT> "+text, thread)
		},
		Redelivered: func(ctx context.Context) {
			select {
			case <-last[0].Again():
			case <-last[1].Again():
			case <-ctx.Done():
				t.Error("not delivered again")
			}
		},
		Chatter: func() {
			say := func(fields map[string]any) {
				base := map[string]any{"type": "message", "channel": "C0GENERAL", "channel_type": "channel", "user": "U0ANNA", "ts": "1700000000.000100",
					"text": "<@U0BOT> reload"}
				for k, v := range fields {
					base[k] = v
				}
				<-s.Emit(t.Context(), base).Acked()
			}
			say(map[string]any{"text": "what do you think?"})
			say(map[string]any{"text": "<@U0ANNA> reload"})
			say(map[string]any{"user": "U0ROBOT", "bot_id": "B0ROBOT"})
			say(map[string]any{"user": "U0ROBOT", "bot_id": "B0ROBOT", "subtype": "bot_message"})
			say(map[string]any{"user": "U0BOT", "bot_id": "B0BOT"})
			say(map[string]any{"subtype": "message_changed", "message": map[string]any{"text": "<@U0BOT> reload", "user": "U0ANNA"}})
			say(map[string]any{"edited": map[string]any{"user": "U0ANNA", "ts": "1700000001.000100"}})
			say(map[string]any{"type": "app_mention", "team": "T0OTHER", "user": "U0BOT"})
		},
	}
}

// seen gives the messages of the bot in #general.
func seen(s *slacktest.Server) (all []bottest.Seen) {
	for _, m := range s.Messages("C0GENERAL") {
		if m.User == slacktest.BotUser {
			all = append(all, bottest.Seen{ID: m.TS, Thread: m.Thread, Text: m.Shown.Text, Edited: m.Edited, Mentions: m.Shown.Mentions, Links: m.Shown.Links})
		}
	}
	return all
}
