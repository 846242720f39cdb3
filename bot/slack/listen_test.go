package slack_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/slack"
	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
)

// listening starts the platform over Socket Mode.
func listening(t *testing.T, change func(*slack.Config)) (*slacktest.Server, *slack.Platform, *inbox) {
	t.Helper()
	s, p := workspace(t, change)
	in := newInbox()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Listen(ctx, in.handle) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Listen: %v", err)
		}
	})
	if err := s.Linked(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	return s, p, in
}

// soon ends waits for what is bound to happen: far later than even a loaded machine needs.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func (i *inbox) next(t *testing.T) bot.Incoming {
	t.Helper()
	select {
	case in := <-i.then:
		return in
	case <-soon(t).Done():
		t.Fatal("nothing was heard")
	}
	return bot.Incoming{}
}

// until waits for what another goroutine does.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx := soon(t); !done(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: did not happen", what)
		}
	}
}

func wait(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-soon(t).Done():
		t.Fatal(what + " did not happen")
	}
}

func TestLinkIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, break_ := range map[string]func(*slacktest.Server){
		"refresh":  func(s *slacktest.Server) { s.Disconnect(context.Background(), "refresh_requested") },
		"warning":  func(s *slacktest.Server) { s.Disconnect(context.Background(), "warning") },
		"disabled": func(s *slacktest.Server) { s.Disconnect(context.Background(), "link_disabled") },
		"cut":      func(s *slacktest.Server) { s.Cut() },
		"a frame of 5 MB": func(s *slacktest.Server) {
			_ = s.Raw(context.Background(), `{"x":"`+strings.Repeat("x", 5<<20)+`"}`) // the app hangs up meanwhile
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, in := listening(t, nil)
			s.AckWithin, s.Redeliver = 100*time.Millisecond, slices.Repeat([]time.Duration{0}, 600) // the old link may still look open
			for i := range 3 {
				opened := len(s.Calls("apps.connections.open"))
				break_(s)
				until(t, "a new link", func() bool { return len(s.Calls("apps.connections.open")) > opened })
				s.Slash(soon(t), "C0GENERAL", "U0ANNA", fmt.Sprintf("search %d", i))
				if got := in.next(t); got.Text != fmt.Sprintf("search %d", i) {
					t.Errorf("heard %q", got.Text)
				}
			}
		})
	}
}

func TestEventThatSlackGoCannotReadIsHeardAndAcknowledged(t *testing.T) {
	t.Parallel()
	s, _, in := listening(t, nil)
	event := s.Emit(soon(t), map[string]any{"type": "app_mention", "user": "U0ANNA", "text": "<@U0BOT> status", "ts": "1700000000.000200", "channel": "C0GENERAL",
		"blocks": []any{map[string]any{"type": "section", "text": "a string where an object must be", "accessory": []any{7}}}})
	if got := in.next(t); got.Text != "status" {
		t.Errorf("heard %q", got.Text)
	}
	wait(t, event.Acked(), "the acknowledgement")
	for _, frame := range []string{"", "null", "[]", "{", `{"type":"events_api"}`, `{"type":"new_kind","envelope_id":"e1","payload":{}}`,
		`{"type":"events_api","envelope_id":"e2","payload":null}`, `{"type":"interactive","envelope_id":"e3","payload":"x"}`} {
		if err := s.Raw(soon(t), frame); err != nil {
			t.Fatal(err)
		}
	}
	s.Slash(soon(t), "C0GENERAL", "U0ANNA", "why")
	if got := in.next(t); got.Text != "why" {
		t.Errorf("after strange frames heard %q", got.Text)
	}
}

func TestEventIsAcknowledgedWhenItIsStoredAndNotBefore(t *testing.T) {
	t.Parallel()
	s, p := workspace(t, nil)
	stored, release := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- p.Listen(ctx, func(ctx context.Context, _ bot.Incoming) error {
			close(stored)
			select {
			case <-release:
				return nil
			case <-ctx.Done():
				return errors.New("late")
			}
		})
	}()
	event := s.Slash(soon(t), "C0GENERAL", "U0ANNA", "status")
	wait(t, stored, "the call of handle")
	select {
	case <-event.Acked():
		t.Error("acknowledged before it was stored")
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	wait(t, event.Acked(), "the acknowledgement")
	cancel()
	<-ended
}

func TestSilentLinkIsMadeAnew(t *testing.T) {
	t.Parallel()
	s, p := workspace(t, nil)
	p.SetPatience(time.Hour, 400*time.Millisecond) // slack-go's own watch out of the way
	s.PingEvery = 50 * time.Millisecond
	in := newInbox()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Listen(ctx, in.handle) }()
	if err := s.Linked(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	s.Silence(true)
	until(t, "a link in place of the silent one", func() bool { return len(s.Calls("apps.connections.open")) >= 2 })
	s.Silence(false)
	s.Slash(soon(t), "C0GENERAL", "U0ANNA", "status")
	if got := in.next(t); got.Text != "status" {
		t.Errorf("heard %q", got.Text)
	}
	cancel()
	<-ended
}

func TestRoomThatCameLaterIsKnownByItsPosts(t *testing.T) {
	t.Parallel()
	s, p, in := listening(t, nil)
	s.AddChannel(slacktest.Channel{ID: "C0LATER", Name: "later"})
	for _, room := range []bot.Room{"slack:#later", "slack:U0ANNA"} { // rules that were loaded after the start
		id, err := p.Post(t.Context(), bot.Post{Key: string(room), Room: room, Message: bot.Message{Title: "Alert"}})
		if err != nil {
			t.Fatal(err)
		}
		channel := "C0LATER"
		if room == "slack:U0ANNA" {
			channel = s.Direct("U0ANNA")
		}
		s.Say(soon(t), channel, "U0ANNA", "<@U0BOT> why", id)
		if got := in.next(t); got.Room != room || got.Thread != id || got.Text != "why" {
			t.Errorf("heard %+v, want it in %s", got, room)
		}
	}
}

func TestEventsDoNotWaitForTheListOfChannels(t *testing.T) {
	t.Parallel()
	s, p, in := listening(t, nil)
	s.Fail(slacktest.Fault{Method: "conversations.list", Hang: time.Minute, Before: true})
	ctx, cancel := context.WithCancel(t.Context())
	posted := make(chan error, 1)
	go func() {
		_, err := p.Post(ctx, bot.Post{Key: "a", Room: "slack:#unheard-of", Message: bot.Message{Title: "Alert"}})
		posted <- err
	}()
	until(t, "the list is asked for", func() bool { return s.Waiting("conversations.list") })
	s.Slash(soon(t), "C0GENERAL", "U0ANNA", "status")
	in.next(t)
	select {
	case err := <-posted:
		t.Errorf("the command waited until the list was given up: %v", err)
	default:
	}
	cancel()
	<-posted
}
