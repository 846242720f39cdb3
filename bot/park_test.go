package bot_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

func TestRoomThatRefusesIsParkedAndTheAdminsHearOnce(t *testing.T) {
	t.Parallel()
	ops := newWall("ops")
	b := newBench(t, ops)
	b.wall.fail = func(bot.Post, int) error {
		return &bot.SendError{Fate: bot.BadRoom, Err: errors.New("is_archived"), Hint: "Unarchive the channel or change notify."}
	}
	b.owe("wall:a", "k1", "k2", "k3")
	b.drain()
	if n := b.wall.asks["k1"]; n != 1 || b.wall.asks["k2"] != 0 {
		t.Errorf("k1 tried %d times, k2 %d times", n, b.wall.asks["k2"])
	}
	b.clock.add(16 * time.Minute)
	b.drain()
	if len(ops.keys) != 1 {
		t.Fatalf("the admins heard %d times", len(ops.keys))
	}
	said := bot.PlainText(ops.msgs[ops.keys[0]].Message)
	for _, want := range []string{"wall:a", "is_archived", "Unarchive the channel"} {
		if !strings.Contains(said, want) {
			t.Errorf("the admins were not told %q: %s", want, said)
		}
	}
	b.wall.fail = nil
	b.clock.add(16 * time.Minute)
	b.drain()
	if got := b.wall.posted(); got != "k1, k2, k3" {
		t.Errorf("after the room came back: %s", got)
	}
}

func TestRefusedTokenHoldsThePlatformAndKeepsTheQueue(t *testing.T) {
	t.Parallel()
	ops := newWall("ops")
	b := newBench(t, ops)
	b.wall.fail = func(bot.Post, int) error { return &bot.SendError{Fate: bot.BadAuth, Err: errors.New("token_revoked")} }
	b.owe("wall:a", "k1")
	b.drain()
	b.owe("wall:b", "k2")
	b.drain()
	if b.wall.asks["k2"] != 0 {
		t.Error("a platform that refuses us was asked again at once")
	}
	b.wall.fail = nil
	b.clock.add(time.Hour)
	b.drain()
	if got := b.wall.posted(); !strings.Contains(got, "k1") || !strings.Contains(got, "k2") {
		t.Errorf("posted %s", got)
	}
}

func TestParkedRoomIsAskedAgainThoughNothingElseIsDue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wall.fail = func(bot.Post, int) error { return &bot.SendError{Fate: bot.BadRoom, Err: errors.New("not_in_channel")} }
	b.owe("wall:a", "alone")
	b.drain()
	b.wall.fail = nil
	b.drain()
	if got := b.wall.posted(); got != "" {
		t.Errorf("a parked room was asked at once: %s", got)
	}
	b.clock.add(16 * time.Minute)
	b.drain()
	if got := b.wall.posted(); got != "alone" {
		t.Errorf("after the room came back: %q", got)
	}
}

func TestRoomThatAnEarlierRunParkedIsAskedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wall.fail = func(bot.Post, int) error { return &bot.SendError{Fate: bot.BadRoom, Err: errors.New("not_in_channel")} }
	b.owe("wall:a", "alone")
	b.drain()
	b.wall.fail = nil
	again := bot.NewDeliverer(bot.DelivererOptions{Outbox: b.store, Composer: plainComposer{}, Platforms: []bot.Platform{b.wall}, Log: quiet, Now: b.clock.now})
	if err := again.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.wall.posted(); got != "alone" {
		t.Errorf("after the restart: %q", got)
	}
}

func TestMissingPlatformIsLoggedOnceAndItsMessagesWait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var log strings.Builder
	d := bot.NewDeliverer(bot.DelivererOptions{Outbox: b.store, Composer: plainComposer{}, Log: slog.New(slog.NewTextHandler(&log, nil)), Now: b.clock.now})
	b.owe("wall:a", "k1")
	b.owe("wall:b", "k2")
	for range 2 {
		if err := d.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "platform=wall"); n != 1 {
		t.Errorf("logged %d times: %s", n, log.String())
	}
	b.drain()
	if got := b.wall.posted(); got != "k1, k2" && got != "k2, k1" {
		t.Errorf("with the platform back: %q", got)
	}
}
