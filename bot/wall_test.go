package bot_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/store"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// wall is a chat system that keeps what is posted, by key, and fails as it is told to.
type wall struct {
	name string
	mu   sync.Mutex
	fail func(p bot.Post, attempt int) error // nil: never
	lose bool                                // keep the message and give an ambiguous error, the first time
	keys []string                            // of messages, in the order in which they came
	msgs map[string]bot.Post
	asks map[string]int
	then chan struct{} // signalled after every post
}

func newWall(name string) *wall {
	return &wall{name: name, msgs: map[string]bot.Post{}, asks: map[string]int{}, then: make(chan struct{}, 1000)}
}

func (w *wall) Name() string { return w.name }

func (w *wall) Pace() bot.Pace { return bot.Pace{} }

func (w *wall) Post(_ context.Context, p bot.Post) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.then <- struct{}{} }()
	p.Key, _, _ = strings.Cut(p.Key, "@") // tests name deliveries, which are made at one time
	w.asks[p.Key]++
	if w.fail != nil {
		if err := w.fail(p, w.asks[p.Key]); err != nil {
			return "", err
		}
	}
	if _, there := w.msgs[p.Key]; there {
		if p.Repeat {
			return "id " + p.Key, nil
		}
		w.keys = append(w.keys, p.Key+" DOUBLED")
	}
	w.keys = append(w.keys, p.Key)
	w.msgs[p.Key] = p
	if w.lose && w.asks[p.Key] == 1 {
		return "", &bot.SendError{Fate: bot.Ambiguous, Err: errors.New("connection reset")}
	}
	return "id " + p.Key, nil
}

func (w *wall) posted() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.keys, ", ")
}

// hand is a clock that a test moves.
type hand struct {
	mu sync.Mutex
	t  time.Time
}

func (h *hand) now() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.t }

func (h *hand) add(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.t = h.t.Add(d)
}

func openStore(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "t.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// plainComposer says the key.
type plainComposer struct{}

func (plainComposer) Compose(_ context.Context, d *bot.Delivery, _ time.Time) (string, error) {
	if strings.Contains(d.Key, "panic") {
		panic("poison")
	}
	if strings.Contains(d.Key, "unreadable") {
		return "", errors.New("row unreadable")
	}
	if strings.Contains(d.Key, "nothing") {
		return "nothing new", nil
	}
	d.Message = &bot.Message{Title: d.Key}
	return "", nil
}

type bench struct {
	*bot.Deliverer
	store *store.Store
	wall  *wall
	clock *hand
	t     *testing.T
}

func newBench(t *testing.T, more ...bot.Platform) *bench {
	b := &bench{store: openStore(t), wall: newWall("wall"), clock: &hand{t: noon}, t: t}
	b.Deliverer = bot.NewDeliverer(bot.DelivererOptions{
		Outbox: b.store, Composer: plainComposer{}, Platforms: append(more, b.wall), Log: quiet, AdminRoom: "ops:room", Now: b.clock.now,
	})
	return b
}

func (b *bench) owe(room bot.Room, keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		d := bot.Delivery{Key: k, Room: room, Kind: bot.KindNotice, State: bot.StateDue, Created: b.clock.now(), NextTry: b.clock.now()}
		if err := b.store.Owe(b.t.Context(), d); err != nil {
			b.t.Fatal(err)
		}
	}
}

// oweStory owes wall:a a telling of story 7.
func (b *bench) oweStory(key string, kind bot.DeliveryKind) {
	b.t.Helper()
	d := bot.Delivery{Key: key, Room: "wall:a", Kind: kind, State: bot.StateDue, Story: 7, Created: noon, NextTry: noon}
	if err := b.store.Owe(b.t.Context(), d); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) drain() {
	b.t.Helper()
	if err := b.Drain(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// drainFails drains and wants the error.
func (b *bench) drainFails(want string) {
	b.t.Helper()
	if err := b.Drain(b.t.Context()); err == nil || !strings.Contains(err.Error(), want) {
		b.t.Fatalf("drained with %v", err)
	}
}
