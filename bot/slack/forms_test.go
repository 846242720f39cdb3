package slack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
)

// asking is an alert with what leads to forms.
func asking() bot.Message {
	return bot.Message{Title: "Alert", Buttons: []bot.Button{
		{Label: "Mute story", Command: "mute this", Ask: true, Choices: []bot.Choice{{Label: "for 2 hours", Value: "2h"}}},
		{Label: "Say why", About: "Say why this alert is noise", Command: "noise 12", Ask: true}}}
}

func clickOn(t *testing.T, s *slacktest.Server, m slacktest.Message, user, label string) {
	t.Helper()
	for _, b := range m.Shown.Buttons {
		if b.Label == label {
			s.Click(soon(t), m, user, b)
			return
		}
	}
	t.Fatalf("no button %q: %+v", label, m.Shown.Buttons)
}

func TestFormIsOpenedFilledInAndHeard(t *testing.T) {
	t.Parallel()
	s, p, in := listening(t, nil)
	id, err := p.Post(t.Context(), bot.Post{Key: "a", Room: general, Message: asking()})
	if err != nil {
		t.Fatal(err)
	}
	m := s.Messages("C0GENERAL")[0]
	clickOn(t, s, m, "U0ANNA", "Mute story: More choices…")
	until(t, "the form of mute", func() bool { return len(s.Views()) == 1 })
	golden(t, "mute-form.json", indented(t, s.Views()[0]))
	s.Submit(soon(t), "U0ANNA", map[string]string{"what": "watch", "why": "election <night> & more"})
	mute := in.next(t)
	clickOn(t, s, m, "U0ANNA", "Say why")
	until(t, "the form of noise", func() bool { return len(s.Views()) == 2 })
	golden(t, "noise-form.json", indented(t, s.Views()[1]))
	s.Submit(soon(t), "U0ANNA", map[string]string{"reason": "too small,"})
	noise := in.next(t)
	for got, want := range map[*bot.Incoming]string{&mute: "mute watch 1d election <night> & more", &noise: "noise 12 too small,"} {
		if got.Text != want || got.Kind != bot.ByForm || got.Room != general || got.Thread != id || got.User != "U0ANNA" || !got.Private {
			t.Errorf("heard %+v, want %q", got, want)
		}
	}
	if refused := s.Refused(); len(refused) > 0 {
		t.Errorf("Slack would refuse: %v", refused)
	}
}

func indented(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	var view map[string]any
	if err := json.Unmarshal(raw, &view); err != nil {
		t.Fatal(err)
	}
	if private, ok := view["private_metadata"].(string); ok { // it names the message
		view["private_metadata"] = fmt.Sprintf("%d characters at most", (len(private)/1000+1)*1000)
	}
	out, err := json.MarshalIndent(view, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

// TestFormSaysWhatIsWrongWhileItIsOpen goes both ways: over Socket Mode and over signed HTTP.
func TestFormSaysWhatIsWrongWhileItIsOpen(t *testing.T) {
	t.Parallel()
	for _, over := range []string{"socket", "http"} {
		t.Run(over, func(t *testing.T) {
			t.Parallel()
			s, p := workspace(t, nil)
			var listener bot.Listener = p
			if over == "http" {
				s, p = workspaceOverHTTP(t)
				listener = newOverHTTP(t, s, p)
			}
			in := newInbox()
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				ended <- listener.Listen(ctx, func(ctx context.Context, i bot.Incoming) error {
					if strings.Contains(i.Text, "everywhere") {
						return &bot.UserError{Text: "Muting in every room needs the role admin.", Hint: strings.Repeat("<!here> ", 100)}
					}
					return in.handle(ctx, i)
				})
			}()
			defer func() { cancel(); <-ended }()
			if _, err := p.Post(t.Context(), bot.Post{Key: "a", Room: general, Message: asking()}); err != nil {
				t.Fatal(err)
			}
			clickOn(t, s, s.Messages("C0GENERAL")[0], "U0ANNA", "Mute story: More choices…")
			until(t, "the form", func() bool { return len(s.Views()) == 1 })
			e := s.Submit(soon(t), "U0ANNA", map[string]string{"what": "this everywhere"})
			wait(t, e.Acked(), "the acknowledgement")
			if errs := e.Errors(); len(errs) != 1 || !strings.HasPrefix(errs["what"], "Muting in every room needs the role admin.") {
				t.Errorf("the form says %q", errs)
			}
			e = s.Submit(soon(t), "U0ANNA", nil) // the same form once more, mended
			wait(t, e.Acked(), "the acknowledgement")
			if got := in.next(t); got.Text != "mute this 1d" || len(e.Errors()) > 0 {
				t.Errorf("heard %+v, the form says %q", got, e.Errors())
			}
			if refused := s.Refused(); len(refused) > 0 {
				t.Errorf("Slack would refuse: %v", refused)
			}
		})
	}
}

func TestFormsOfStrangersAndForgersOpenAndDoNothing(t *testing.T) {
	t.Parallel()
	s, p, in := listening(t, nil)
	s.AddUser(slacktest.User{ID: "U0GUEST", Name: "guest", Guest: true})
	if _, err := p.Post(t.Context(), bot.Post{Key: "a", Room: general, Message: asking()}); err != nil {
		t.Fatal(err)
	}
	m := s.Messages("C0GENERAL")[0]
	clickOn(t, s, m, "U0GUEST", "Say why")
	s.Click(soon(t), m, "U0ANNA", slacktest.Button{Label: "forged", ActionID: "ask|0", Value: "reload"})
	s.Click(soon(t), m, "U0ANNA", slacktest.Button{Label: "forged", ActionID: "menu|0|" + strings.Repeat("mute ", 900), Option: "ask"})
	for _, private := range []string{"", "null", `{"command":"mute this","room":"matrix:!x","channel":"C0GENERAL"}`, `{"command":"reload","room":"slack:#general","channel":"C0GENERAL"}`,
		`{"command":"mute this","room":"slack:#general","channel":"x"}`} {
		e := s.Act(soon(t), map[string]any{"type": "view_submission", "user": map[string]any{"id": "U0ANNA"},
			"view": map[string]any{"id": "V1", "callback_id": "form", "private_metadata": private, "state": map[string]any{"values": map[string]any{}}}})
		wait(t, e.Acked(), "the acknowledgement")
	}
	s.Slash(soon(t), "C0GENERAL", "U0ANNA", "status")
	if got := in.next(t); got.Text != "status" {
		t.Errorf("heard %+v", got)
	}
	until(t, "the look at the guest", func() bool { return len(s.Calls("users.info")) > 0 })
	if n := len(s.Views()); n > 0 || len(s.Calls("views.open")) > 0 {
		t.Errorf("%d forms were opened", n)
	}
}
