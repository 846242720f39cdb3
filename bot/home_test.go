package bot_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

func TestPrivateAnswerCanBeShownToEverybody(t *testing.T) {
	t.Parallel()
	c := newCounter(t, nil)
	d := c.ask(bot.Incoming{Text: "search  “arms deal” libya", Kind: bot.ByCommand, Private: true})
	if d.To != "wall:U1" || len(d.Message.Buttons) != 1 || d.Message.Buttons[0].Command != `search "arms deal" libya --share` {
		t.Fatalf("answered %+v", d)
	}
	d = c.ask(bot.Incoming{Text: d.Message.Buttons[0].Command, Kind: bot.ByButton, Private: true})
	if d.To != "" || len(d.Message.Buttons) != 0 {
		t.Errorf("shared as %+v", d)
	}
	if d := c.ask(bot.Incoming{Text: "nonsense", Kind: bot.ByCommand, Private: true}); d.To == "" || len(d.Message.Buttons) != 0 {
		t.Errorf("a mistake offers to be shared: %+v", d)
	}
}

func TestHomeIsAboutTheRoomsOfAPerson(t *testing.T) {
	t.Parallel()
	rooms, fails := []bot.Room(nil), error(nil)
	c := newCounter(t, func(o *bot.DeskOptions) {
		o.RoomsOf = func(context.Context, bot.Incoming) ([]bot.Room, error) { return rooms, fails }
	})
	c.ask(bot.Incoming{Text: "mute jets 2h", Room: "wall:b", Kind: bot.ByCommand})
	if got := c.said("home"); !strings.Contains(got, "No watch tells a room that you are in") || !strings.Contains(got, "1 failing: dead") || strings.Contains(got, "Muted") {
		t.Errorf("in no room:\n%s", got)
	}
	rooms = []bot.Room{"console", "wall:b"}
	if got := c.said("overview"); !strings.Contains(got, "Jets to Libya") || !strings.Contains(got, "watch jets in b until") || !strings.Contains(got, "None in the last two days") {
		t.Errorf("in two rooms:\n%s", got)
	}
	fails = errors.New("no answer")
	if got := c.said("home"); !strings.Contains(got, "2 feeds") {
		t.Errorf("while the platform does not answer:\n%s", got)
	}
}

// told is an archive that told these stories.
type told struct {
	bot.Archive
	stories []bot.StoryLine
}

func (a told) Told(context.Context, bot.Room, int) ([]bot.StoryLine, error) { return a.stories, nil }

func TestAStoryIsOpenForTwoDays(t *testing.T) {
	t.Parallel()
	old := noon.Add(-72 * time.Hour)
	c := newCounter(t, func(o *bot.DeskOptions) {
		o.Archive = told{o.Archive, []bot.StoryLine{
			{ID: 1, Title: "Told today of old reports", Last: old, Told: noon.Add(-time.Hour)},
			{ID: 2, Title: "Reported today", Last: noon.Add(-time.Hour), Told: old},
			{ID: 3, Title: "Past", Last: old, Told: old},
		}}
	})
	if got := c.said("home"); !strings.Contains(got, "story 1,") || !strings.Contains(got, "story 2,") || strings.Contains(got, "story 3,") {
		t.Errorf("open are:\n%s", got)
	}
}

func TestRolesSaysWhoMayDoWhatAndWhy(t *testing.T) {
	t.Parallel()
	c := newCounter(t, func(o *bot.DeskOptions) {
		o.Role = func(context.Context, bot.Incoming) bot.Role { return bot.Viewer }
		o.Roles = func(context.Context, bot.Incoming) (string, []string) { return "a guest", []string{"members: member"} }
	})
	got := c.said("roles")
	for _, want := range []string{"Your role is viewer: a guest.", "admin: reload", "members: member"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

// crowd is a room that takes one message an hour.
type crowd struct{ *wall }

func (crowd) Pace() bot.Pace { return bot.Pace{Room: time.Hour, Burst: 1} }

func TestPrivateAnswerDoesNotWaitForTheRoom(t *testing.T) {
	t.Parallel()
	room := crowd{newWall("crowd")}
	b := newBench(t, room)
	for _, key := range []string{"public", "private 1", "private 2"} {
		d := bot.Delivery{Key: key, Room: "crowd:a", Kind: bot.KindAnswer, State: bot.StateReady, Created: noon, NextTry: noon, Message: &bot.Message{Title: key}}
		if key != "public" {
			d.To = "U1"
		}
		if err := b.store.Owe(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // far less than the room's hour
	defer cancel()
	if err := b.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	if want := []string{"public", "private 1", "private 2"}; !slices.Equal(room.keys, want) {
		t.Errorf("posted %q, want %q", room.keys, want)
	}
}
