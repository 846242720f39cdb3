package matrix

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/config/strict"
)

func TestRefusalsHaveTheirFate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		header string
		fate   bot.Fate
		after  time.Duration
	}{
		{429, `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2500}`, "", bot.NotPosted, 2500 * time.Millisecond},
		{429, `{"errcode":"M_LIMIT_EXCEEDED"}`, "7", bot.NotPosted, 7 * time.Second},
		{429, `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":9000}`, "7", bot.NotPosted, 9 * time.Second},
		{429, `{"errcode":"M_LIMIT_EXCEEDED"}`, "", bot.NotPosted, defaultWait},
		{429, `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":-4}`, "-3", bot.NotPosted, defaultWait},
		{429, `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1e11}`, "", bot.NotPosted, longestWait},
		{429, `<html>slow down</html>`, "soon", bot.NotPosted, defaultWait},
		{403, `{"errcode":"M_FORBIDDEN"}`, "", bot.BadRoom, 0},
		{404, `{"errcode":"M_NOT_FOUND"}`, "", bot.BadRoom, 0},
		{400, `{"errcode":"M_UNSUPPORTED_ROOM_VERSION"}`, "", bot.BadRoom, 0},
		{400, `{"errcode":"M_NEVER_HEARD_OF"}`, "", bot.BadRoom, 0},
		{404, `<html>not found</html>`, "", bot.NotPosted, 0},
		{401, `{"errcode":"M_UNKNOWN_TOKEN","soft_logout":true}`, "", bot.BadAuth, 0},
		{401, `{"errcode":"M_MISSING_TOKEN"}`, "", bot.BadAuth, 0},
		{401, `who are you?`, "", bot.BadAuth, 0},
		{403, `{"errcode":"M_USER_DEACTIVATED"}`, "", bot.BadAuth, 0},
		{413, `{"errcode":"M_TOO_LARGE"}`, "", bot.BadPost, 0},
		{413, `{"errcode":"M_BAD_JSON"}`, "", bot.BadPost, 0},
		{413, `too large`, "", bot.BadPost, 0},
		{500, `{"errcode":"M_UNKNOWN"}`, "", bot.Ambiguous, 0},
		{502, `<html>bad gateway</html>`, "", bot.Ambiguous, 0},
		{504, ``, "", bot.Ambiguous, 0},
		{500, `{"errcode":"M_FORBIDDEN"}`, "", bot.Ambiguous, 0},
		{200, `{}`, "", bot.Ambiguous, 0},
		{200, `{"event_id":`, "", bot.Ambiguous, 0},
		{200, `<html>login</html>`, "", bot.Ambiguous, 0},
	} {
		t.Run(fmt.Sprintf("%d %.40s", c.status, c.body), func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			p := open(t, s, nil)
			s.once("send", func(w http.ResponseWriter, _ func(http.ResponseWriter)) {
				if c.header != "" {
					w.Header().Set("Retry-After", c.header)
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			_, err := p.Post(t.Context(), bot.Post{Key: "k", Room: desk, Message: bot.Message{Title: "x"}})
			send := bot.FateOf(err)
			if err == nil || send.Fate != c.fate || send.After != c.after || send.All != (c.after > 0) {
				t.Errorf("gave %v after %v, want %v after %v", err, send.After, c.fate, c.after)
			}
			if (send.Fate == bot.BadRoom || send.Fate == bot.BadAuth) && send.Hint == "" {
				t.Error("no hint says what to do")
			}
		})
	}
}

func TestNothingIsSentUnlessTheServerClearlySaysThatTheRoomIsOpen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		fate   bot.Fate
	}{
		{500, `{"errcode":"M_UNKNOWN"}`, bot.NotPosted},
		{502, `<html>`, bot.NotPosted},
		{404, `<html>not found</html>`, bot.NotPosted},
		{404, `{"errcode":"M_UNRECOGNIZED"}`, bot.BadRoom},
		{403, `{"errcode":"M_FORBIDDEN"}`, bot.BadRoom},
		{403, `{"errcode":"M_NOT_FOUND"}`, bot.BadRoom},
		{401, `{"errcode":"M_UNKNOWN_TOKEN"}`, bot.BadAuth},
		{429, `{"errcode":"M_LIMIT_EXCEEDED"}`, bot.NotPosted},
		{200, `{"algorithm":`, bot.NotPosted},
	} {
		t.Run(fmt.Sprintf("%d %.40s", c.status, c.body), func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			p := open(t, s, nil)
			s.once("state/m.room.encryption", func(w http.ResponseWriter, _ func(http.ResponseWriter)) {
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			_, err := p.Post(t.Context(), bot.Post{Key: "k", Room: desk, Message: bot.Message{Title: "x"}})
			if err == nil || bot.FateOf(err).Fate != c.fate {
				t.Errorf("gave %v, want %v", err, c.fate)
			}
			if len(s.events) > 0 {
				t.Errorf("sent %v", s.events[0])
			}
		})
	}
}

func TestRoomOnceEncryptedIsNeverOpenAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := open(t, s, nil)
	post := func(key string) error {
		_, err := p.Post(t.Context(), bot.Post{Key: key, Room: desk, Message: bot.Message{Title: "x"}})
		return err
	}
	heard := hearing(t, p, nil)
	if err := post("open"); err != nil {
		t.Fatal(err)
	}
	s.state(deskRoom, anna, "m.room.encryption", "", map[string]any{"algorithm": "m.of.the.future"})
	s.came("!other:example.org", anna, "m.room.message", talk("!tocsin end"))
	next(t, heard)
	s.state(deskRoom, anna, "m.room.encryption", "", map[string]any{}) // somebody with power turns it off
	s.said("!tocsin in nobody's name", "")
	s.came("!other:example.org", anna, "m.room.message", talk("!tocsin end"))
	if in := next(t, heard); in.Text != "end" {
		t.Errorf("heard %q in the open, in an encrypted room", in.Text)
	}
	before := len(s.events)
	for range 2 {
		err := post("secret")
		if send := bot.FateOf(err); Encrypts && err != nil || !Encrypts && (err == nil || send.Fate != bot.BadRoom || !strings.Contains(err.Error(), "built without encryption") || !strings.Contains(send.Hint, "goolm")) {
			t.Errorf("the encrypted room gave %v", err)
		}
	}
	for _, e := range s.events[before:] {
		if e.Sender == botUser && e.Type == "m.room.message" {
			t.Errorf("plaintext in an encrypted room: %v", e.Content)
		}
	}
}

func TestEndedTokenIsRenewedForTheSameDevice(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := open(t, s, nil)
	if err := p.memory.setDevice(t.Context(), device{User: botUser, ID: "DEVICE", Token: "ended"}); err != nil {
		t.Fatal(err)
	}
	posts := func(key string) error {
		_, err := p.Post(t.Context(), bot.Post{Key: key, Room: desk, Message: bot.Message{Title: "x"}})
		return err
	}
	if err := posts("first"); err != nil || s.logins != 1 {
		t.Errorf("posting with an ended token gave %v after %d logins", err, s.logins)
	}
	if d, err := p.memory.device(t.Context()); err != nil || d.ID != "DEVICE" || d.Token != "token" {
		t.Errorf("the device is %+v, %v", d, err)
	}
}

func TestTokenOfAnotherDeviceIsRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := open(t, s, func(c *Config, _ *Options) { c.Password, c.AccessToken = strict.Secret{}, strict.NewSecret("token") })
	if err := p.memory.setDevice(t.Context(), device{User: botUser, ID: "OLDER", Token: "older"}); err != nil {
		t.Fatal(err)
	}
	_, err := p.Post(t.Context(), bot.Post{Key: "k", Room: desk, Message: bot.Message{Title: "x"}})
	if send := bot.FateOf(err); err == nil || send.Fate != bot.BadAuth || !strings.Contains(err.Error(), "OLDER") || !strings.Contains(send.Hint, "--new-device") {
		t.Errorf("gave %v", err)
	}
}

func TestAnswersMarkTheirQuestion(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := open(t, s, nil)
	question := s.said("!tocsin mute this", "")
	for key, outcome := range map[string]bot.Outcome{"answer|" + question: bot.Done, "answer|$x": bot.Refused, "answer|$y": "", "alert": bot.Done} {
		post := bot.Post{Key: key, Room: desk, Message: bot.Message{Title: key, Outcome: outcome}}
		for range 2 { // a repeat marks once
			if _, err := p.Post(t.Context(), post); err != nil {
				t.Fatal(err)
			}
			post.Repeat, post.FirstTry = true, time.Now()
		}
	}
	marks := map[any]any{}
	for _, e := range s.events {
		if e.Type == "m.reaction" {
			relates := e.Content["m.relates_to"].(map[string]any)
			if marks[relates["event_id"]] != nil {
				t.Errorf("%v was marked twice", relates["event_id"])
			}
			marks[relates["event_id"]] = relates["key"]
		}
	}
	if len(marks) != 2 || marks[question] != "✅" || marks["$x"] != "⛔" {
		t.Errorf("marked %v", marks)
	}
}

func TestMessageIsFoundAfterTheServerForgotTheTransaction(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := open(t, s, nil)
	post := bot.Post{Key: "alert", Room: desk, Message: bot.Message{Title: "Alert"}, FirstTry: time.Now()}
	first, err := p.Post(t.Context(), post)
	if err != nil {
		t.Fatal(err)
	}
	clear(s.txns)
	for i := range 20 {
		s.said(fmt.Sprintf("talk %d", i), "")
	}
	post.Repeat = true
	if got, err := p.Post(t.Context(), post); err != nil || got != first {
		t.Errorf("the repeat gave %q, %v; the message is %q", got, err, first)
	}
}
