package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/store"
)

func TestDeliveriesOfARoomComeInOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.owe("wall:a", "1", "2 nothing", "3", "4 panic", "5")
	b.drain()
	if got := b.wall.posted(); got != "1, 3, 4 panic, 5" {
		t.Errorf("posted %s", got)
	}
	b.drain()
	if got := b.wall.posted(); got != "1, 3, 4 panic, 5" {
		t.Errorf("a second look posted %s", got)
	}
}

func TestLostAnswerIsLookedUpNotPostedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wall.lose = true
	for i := range 20 {
		b.owe(bot.Room(fmt.Sprintf("wall:%d", i)), fmt.Sprintf("k%d", i))
	}
	for range 5 {
		b.drain()
		b.clock.add(time.Minute)
	}
	b.wall.mu.Lock()
	defer b.wall.mu.Unlock()
	if len(b.wall.keys) != 20 || strings.Contains(strings.Join(b.wall.keys, " "), "DOUBLED") {
		t.Errorf("posted %v", b.wall.keys)
	}
	for k, n := range b.wall.asks {
		if n != 2 {
			t.Errorf("%s was tried %d times", k, n)
		}
	}
}

func TestClaimThatWasNeverSettledComesAsARepeat(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.owe("wall:a", "k")
	d, err := b.store.NextDelivery(t.Context(), "wall:a", noon)
	if err != nil || d == nil {
		t.Fatal(d, err)
	}
	d.Message = &bot.Message{Title: "k"}
	if err := b.store.SaveMessage(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if _, err := b.store.ClaimDelivery(t.Context(), "k", noon, noon.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	// Here the process died after posting.
	b.wall.msgs["k"] = bot.Post{}
	b.drain()
	if b.wall.asks["k"] != 0 {
		t.Error("tried again within the lease")
	}
	b.clock.add(3 * time.Minute)
	b.drain()
	if got := b.wall.posted(); got != "" || b.wall.asks["k"] != 1 {
		t.Errorf("posted %q after %d tries", got, b.wall.asks["k"])
	}
}

func TestOneFailingRoomHoldsBackNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wall.fail = func(p bot.Post, _ int) error {
		if p.Room == "wall:bad" {
			return &bot.SendError{Fate: bot.NotPosted, After: time.Hour, Err: errors.New("rate limited")}
		}
		return nil
	}
	b.owe("wall:bad", "x1", "x2")
	b.owe("wall:good", "y1", "y2")
	b.drain()
	if got := b.wall.posted(); got != "y1, y2" {
		t.Errorf("posted %s", got)
	}
	if b.wall.asks["x2"] != 0 {
		t.Error("the order of a room was broken")
	}
	b.wall.fail = nil
	b.clock.add(59 * time.Minute)
	b.drain()
	if b.wall.asks["x1"] != 1 {
		t.Error("tried before the time that the platform named")
	}
	b.clock.add(2 * time.Minute)
	b.drain()
	if got := b.wall.posted(); got != "y1, y2, x1, x2" {
		t.Errorf("posted %s", got)
	}
}

func TestRunDeliversWhatComesInAndStopsCleanly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	b.owe("wall:a", "k")
	b.Wake()
	<-b.wall.then
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if d, err := b.store.NextDelivery(t.Context(), "wall:a", noon.Add(time.Hour)); err != nil || d != nil {
		t.Errorf("the post under way was not settled: %+v, %v", d, err)
	}
}

// fullDisk is an outbox that can be read and not written.
type fullDisk struct{ *store.Store }

func (fullDisk) SaveMessage(context.Context, *bot.Delivery) error { return errors.New("disk full") }

func TestDrainEndsWhenTheOutboxCannotBeWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.owe("wall:a", "k")
	d := bot.NewDeliverer(bot.DelivererOptions{Outbox: fullDisk{b.store}, Composer: plainComposer{}, Platforms: []bot.Platform{b.wall}, Log: quiet, Now: b.clock.now})
	if err := d.Drain(t.Context()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("drained with %v", err)
	}
	b.drain()
	if got := b.wall.posted(); got != "k" {
		t.Errorf("with room on the disk again: %q", got)
	}
}

// pacedWall is a wall that takes one message a second for each room, counted from when it came.
type pacedWall struct{ *wall }

func (pacedWall) Pace() bot.Pace { return bot.Pace{Room: time.Second, Burst: 1} }

func TestPaceCountsFromWhenAMessageCame(t *testing.T) {
	t.Parallel()
	s := openStore(t) // its goroutines must not belong to the bubble
	for _, k := range []string{"1", "2", "3"} {
		d := bot.Delivery{Key: k, Room: "wall:a", Kind: bot.KindNotice, State: bot.StateReady, Created: noon, NextTry: noon, Message: &bot.Message{Title: k}}
		if err := s.Owe(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	w := newWall("wall")
	var came []time.Time
	w.fail = func(p bot.Post, _ int) error {
		if p.Key == "1" {
			<-time.After(300 * time.Millisecond) // long on its way
		}
		came = append(came, time.Now())
		return nil
	}
	d := bot.NewDeliverer(bot.DelivererOptions{Outbox: s, Composer: plainComposer{}, Platforms: []bot.Platform{pacedWall{w}}, Log: quiet})
	if err := d.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(came); i++ {
		if gap := came[i].Sub(came[i-1]); gap < time.Second {
			t.Errorf("message %d came %v after the one before", i+1, gap)
		}
	}
	if len(came) != 3 {
		t.Errorf("%d messages came", len(came))
	}
}

// times notes the keys of posts as they come.
type times struct{ keys []string }

func (*times) Name() string { return "wall" }

func (*times) Pace() bot.Pace { return bot.Pace{} }

func (p *times) Post(_ context.Context, post bot.Post) (string, error) {
	p.keys = append(p.keys, post.Key)
	return "id", nil
}

// After an old copy of the database was put back, stories are counted from there again: what is told
// of another story has the key of what was told before.
func TestTellingsOfOneKeyInTwoDatabasesAreTwoMessages(t *testing.T) {
	t.Parallel()
	platform := &times{}
	for _, at := range []time.Time{noon, noon.Add(time.Hour)} {
		s := openStore(t)
		d := bot.NewDeliverer(bot.DelivererOptions{Outbox: s, Composer: plainComposer{}, Platforms: []bot.Platform{platform}, Log: quiet, Now: func() time.Time { return at }})
		if err := s.Owe(t.Context(), bot.Delivery{Key: "wall:a|7|new", Room: "wall:a", Kind: bot.KindNew, State: bot.StateDue, Story: 7, Created: at, NextTry: at}); err != nil {
			t.Fatal(err)
		}
		if err := d.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(platform.keys) != 2 || platform.keys[0] == platform.keys[1] {
		t.Errorf("posted under %q", platform.keys)
	}
}
