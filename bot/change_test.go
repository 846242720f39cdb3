package bot_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/rules"
)

// warden is a desk and a deliverer over one store: what becomes of wall:a goes to ops:room.
type warden struct {
	*bench
	desk *bot.Desk
	ops  *wall
}

func newWarden(t *testing.T, admin bot.Room) *warden {
	ops := newWall("ops")
	w := &warden{bench: newBench(t, ops), ops: ops}
	set := ruleSet(t, `watches: [{id: jets, match: jets, notify: ["wall:a"]}, {id: ports, match: port, notify: ["wall:a", "wall:b"]}]`)
	w.desk = bot.NewDesk(bot.DeskOptions{Inbox: w.store, Archive: w.store, Log: quiet, Now: w.clock.now, AdminRoom: admin,
		Resume: w.Resume, Rules: func() *rules.Set { return set }})
	return w
}

// becomes takes an event of a room, as often as the platform delivers it.
func (w *warden) becomes(key string, c bot.RoomChange, times int) {
	w.t.Helper()
	for range times {
		in := bot.Incoming{Key: key, Room: c.Rooms[0], User: "@bob:x", Kind: bot.ByRoom, Change: &c, Time: noon.Add(-time.Hour)}
		if err := w.desk.Handle(w.t.Context(), in); err != nil {
			w.t.Fatal(err)
		}
		if err := w.desk.AnswerAll(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
	w.drain()
}

func (w *warden) told() (all []string) {
	w.ops.mu.Lock()
	defer w.ops.mu.Unlock()
	for _, k := range w.ops.keys {
		all = append(all, bot.PlainText(w.ops.msgs[k].Message))
	}
	return all
}

var banned = bot.RoomChange{Rooms: []bot.Room{"wall:a", "wall:alias"}, What: "@bob:x banned me (“spam”)", Hint: "Unban me.", Lost: true}

func TestAdminsHearAtOnceAndOnceThatARoomIsLost(t *testing.T) {
	t.Parallel()
	w := newWarden(t, "ops:room")
	w.becomes("$ban", banned, 3)
	told := w.told()
	if len(told) != 1 {
		t.Fatalf("the admins heard %q", told)
	}
	for _, want := range []string{"wall:a", "@bob:x banned me (“spam”)", "jets, ports", "Unban me."} {
		if !strings.Contains(told[0], want) {
			t.Errorf("they were not told %q: %s", want, told[0])
		}
	}
	w.wall.fail = func(bot.Post, int) error {
		return &bot.SendError{Fate: bot.BadRoom, Err: errors.New("M_FORBIDDEN")}
	}
	w.owe("wall:a", "alert")
	w.drain()
	if told := w.told(); len(told) != 1 {
		t.Errorf("they heard the same again from the refused message: %q", told)
	}
	w.becomes("$again", banned, 1)
	if told := w.told(); len(told) != 2 {
		t.Errorf("another ban on the same day was not told: %q", told)
	}
}

func TestLostRoomIsNeverToldItself(t *testing.T) {
	t.Parallel()
	w := newWarden(t, "wall:a")
	w.becomes("$ban", banned, 1)
	if got := w.wall.posted(); got != "" {
		t.Errorf("posted %s", got)
	}
	w.becomes("$encrypted", bot.RoomChange{Rooms: []bot.Room{"wall:a"}, What: "@bob:x turned on encryption"}, 1)
	if got := w.wall.posted(); got != "notice|$encrypted" {
		t.Errorf("posted %s", got)
	}
}

func TestRoomWithoutAWatchIsNotWorthAWord(t *testing.T) {
	t.Parallel()
	w := newWarden(t, "ops:room")
	w.becomes("$ban", bot.RoomChange{Rooms: []bot.Room{"wall:lobby"}, What: "@bob:x banned me", Lost: true}, 1)
	if told := w.told(); len(told) != 0 {
		t.Errorf("the admins heard %q", told)
	}
}

func TestRoomThatTakesMessagesAgainGetsWhatWaitsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWarden(t, "ops:room")
	w.wall.fail = func(bot.Post, int) error {
		return &bot.SendError{Fate: bot.BadRoom, Err: errors.New("not in the room")}
	}
	w.owe("wall:a", "k1", "k2")
	w.owe("wall:b", "other")
	w.drain()
	w.wall.fail = nil
	w.drain()
	if got := w.wall.posted(); got != "" {
		t.Fatalf("a parked room was asked: %s", got)
	}
	w.becomes("$join", bot.RoomChange{Rooms: []bot.Room{"wall:a"}, What: "I am in the room again", Usable: true}, 2)
	if got := w.wall.posted(); got != "k1, k2" {
		t.Errorf("posted %q", got)
	}
	told := w.told()
	if last := told[len(told)-1]; !strings.Contains(last, "in the room again") || !strings.Contains(last, "What waited for it is sent now") {
		t.Errorf("the admins heard %q", told)
	}
}
