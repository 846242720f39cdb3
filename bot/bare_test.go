package bot_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

func TestRefusedMessageGoesOutBare(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wall.fail = func(p bot.Post, _ int) error {
		if len(p.Message.Blocks) > 0 {
			return &bot.SendError{Fate: bot.BadPost, Err: errors.New("invalid_blocks")}
		}
		return nil
	}
	m := bot.Message{Title: "headline", URL: "https://a.example", Blocks: []bot.Block{bot.Para(bot.Text("too much"))}}
	d := bot.Delivery{Key: "k", Room: "wall:a", Kind: bot.KindNotice, State: bot.StateReady, Created: noon, NextTry: noon, Message: &m}
	if err := b.store.Owe(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	b.drain()
	if got := b.wall.msgs["k"].Message; got.Title != "headline" || got.URL == "" || len(got.Blocks) != 0 {
		t.Errorf("posted %+v", got)
	}
}

func TestPanickingAdapterIsAnAmbiguousPost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.wall.fail = func(p bot.Post, attempt int) error {
		if attempt == 1 {
			panic("adapter")
		}
		if !p.Repeat {
			t.Error("the second try does not say that the first may have come through")
		}
		return nil
	}
	b.owe("wall:a", "k")
	b.drain()
	b.clock.add(time.Minute)
	b.drain()
	if got := b.wall.posted(); got != "k" {
		t.Errorf("posted %s", got)
	}
}

func TestWhatCannotBeComposedGoesOutBareAndHoldsBackNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.oweStory("panic new", bot.KindNew)
	b.oweStory("unreadable update", bot.KindUpdate)
	b.oweStory("panic edit", bot.KindEdit)
	b.drainFails("row unreadable")
	b.clock.add(2 * time.Minute)
	b.drain()
	if got := b.wall.posted(); got != "panic new, unreadable update" {
		t.Fatalf("posted %q", got)
	}
	for key, p := range b.wall.msgs {
		if said := bot.PlainText(p.Message); !strings.Contains(said, "sources 7") {
			t.Errorf("%s says %q", key, said)
		}
	}
}

func TestRefusedEditLeavesTheMessageAsItStands(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.oweStory("alert", bot.KindNew)
	b.drain()
	b.wall.fail = func(p bot.Post, attempt int) error {
		if attempt == 1 {
			return &bot.SendError{Fate: bot.BadPost, Err: errors.New("msg_too_long")}
		}
		return nil
	}
	b.oweStory("edit", bot.KindEdit)
	b.drain()
	if n := b.wall.asks["edit"]; n != 1 {
		t.Errorf("a refused edit was tried %d times", n)
	}
}

func TestMessageThatAlwaysMakesTheAdapterPanicHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	ops := newWall("ops")
	b := newBench(t, ops)
	b.wall.fail = func(p bot.Post, _ int) error {
		if p.Key == "poison" {
			panic("always")
		}
		return nil
	}
	b.owe("wall:a", "poison", "next")
	for range 10 {
		b.drain()
		b.clock.add(time.Hour)
	}
	if got := b.wall.posted(); got != "next" {
		t.Errorf("posted %q", got)
	}
	if len(ops.keys) != 1 {
		t.Errorf("the admins heard %d times", len(ops.keys))
	}
}
