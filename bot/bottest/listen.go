package bottest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// ear listens to the adapter and keeps what it heard.
type ear struct {
	heard chan bot.Incoming
	done  chan error
	stop  context.CancelFunc

	mu     sync.Mutex
	refuse int             // how many events still to refuse, as if the disk were full
	stored map[string]bool // by key: a repeat is stored once
}

// listen starts listening; it skips the test when nobody can talk to the platform.
func (h *Harness) listen(t *testing.T, refuse int) *ear {
	t.Helper()
	l, ok := h.Adapter.(bot.Listener)
	if !ok || h.Say == nil {
		t.Skip("nobody can talk to this platform")
	}
	ctx, stop := context.WithCancel(t.Context())
	e := &ear{heard: make(chan bot.Incoming, 100), done: make(chan error, 1), stop: stop, refuse: refuse, stored: map[string]bool{}}
	go func() {
		e.done <- l.Listen(ctx, func(_ context.Context, in bot.Incoming) error {
			e.mu.Lock()
			defer e.mu.Unlock()
			if e.refuse > 0 {
				e.refuse--
				e.heard <- in
				return errors.New("the disk is full")
			}
			if !e.stored[in.Key] {
				e.stored[in.Key] = true
				e.heard <- in
			}
			return nil
		})
	}()
	t.Cleanup(func() {
		stop()
		select {
		case <-e.done:
		case <-time.After(20 * time.Second):
			t.Error("Listen did not end with its context")
		}
	})
	return e
}

func (e *ear) next(t *testing.T) bot.Incoming {
	t.Helper()
	select {
	case in := <-e.heard:
		return in
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was heard")
	}
	return bot.Incoming{}
}

func testHeard(t *testing.T, h *Harness) {
	e := h.listen(t, 0)
	h.Say("", "search \"arms deal\" libya")
	in := e.next(t)
	if in.Text != `search "arms deal" libya` {
		t.Errorf("heard %q", in.Text)
	}
	if in.Key == "" || in.User == "" || in.Kind == "" || in.Time.IsZero() {
		t.Errorf("key, user, kind or time is missing: %+v", in)
	}
	if in.Room != h.Room {
		t.Errorf("heard in %q, want %q", in.Room, h.Room)
	}
	alert := h.post(t, bot.Post{Key: "alert", Message: titled("Alert")})
	h.Say(alert, "why")
	under := e.next(t)
	if under.Thread != alert || under.Text != "why" {
		t.Errorf("heard %q under %q, want why under %q", under.Text, under.Thread, alert)
	}
	if under.Key == in.Key {
		t.Errorf("two commands have one key, %q", in.Key)
	}
}

func testRedelivery(t *testing.T, h *Harness) {
	if h.Redelivered == nil {
		t.Skip("this platform delivers only once")
	}
	e := h.listen(t, 1)
	h.Say("", "status")
	first := e.next(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	h.Redelivered(ctx)
	again := e.next(t)
	if again.Key != first.Key {
		t.Errorf("the same event came with the keys %q and %q", first.Key, again.Key)
	}
}

func testChatter(t *testing.T, h *Harness) {
	if h.Chatter == nil {
		t.Skip("nothing but commands is said on this platform")
	}
	e := h.listen(t, 0)
	h.Chatter()
	h.Say("", "status")
	if in := e.next(t); in.Text != "status" {
		t.Errorf("heard %q, which was not meant for the bot", in.Text)
	}
}

func testListenEnds(t *testing.T, h *Harness) {
	e := h.listen(t, 0)
	h.Say("", "status")
	e.next(t)
	e.stop()
	select {
	case <-e.done:
		e.done <- nil
	case <-time.After(20 * time.Second):
		t.Error("Listen did not end with its context")
	}
}
