package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/bot"
)

// rounds takes one answer to a sync after the other, so that a test says when. What it hears of rooms is
// kept by key, as the inbox keeps it; fail, where it is not nil, may refuse to store it.
type rounds struct {
	*Platform
	s    *server
	t    *testing.T
	said []bot.Incoming
	fail func() error
}

func newRounds(t *testing.T, change func(*Config, *Options)) *rounds {
	s := newServer(t)
	r := &rounds{s: s, t: t, Platform: open(t, s, change)}
	s.said("hello", "")
	r.sync()
	return r
}

// sync takes one answer, and the same once more when it was not stored whole.
func (r *rounds) sync() {
	r.t.Helper()
	for range 2 {
		if err := r.syncOnce(r.t.Context(), r.hear, true); err == nil {
			return
		} else if r.fail == nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rounds) hear(_ context.Context, in bot.Incoming) error {
	if r.fail != nil {
		if err := r.fail(); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(r.said, func(b bot.Incoming) bool { return b.Key == in.Key }) {
		r.said = append(r.said, in)
	}
	return nil
}

// became gives the one change that was told since it was last asked.
func (r *rounds) became() bot.RoomChange {
	r.t.Helper()
	defer func() { r.said = nil }()
	if len(r.said) != 1 || r.said[0].Kind != bot.ByRoom || r.said[0].Change == nil {
		r.t.Errorf("heard %+v, want one change of a room", r.said)
		return bot.RoomChange{}
	}
	if r.said[0].Room != desk || !slices.Equal(r.said[0].Change.Rooms, []bot.Room{desk}) {
		r.t.Errorf("the change is of %s, %v", r.said[0].Room, r.said[0].Change.Rooms)
	}
	return *r.said[0].Change
}

func (r *rounds) quiet(after string) {
	r.t.Helper()
	if len(r.said) > 0 {
		r.t.Errorf("%s heard %+v", after, r.said)
	}
	r.said = nil
}

func member(membership, reason string) map[string]any {
	return map[string]any{"membership": membership, "reason": reason}
}

func TestRemovalIsToldWithWhoAndWhyAndSoIsTheReturn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		membership, reason, what, hint string
	}{
		{"leave", "", anna + " removed me from the room", "Invite me again"},
		{"ban", "spam\n@room", anna + " banned me from the room (“spam @\u2060room”)", "Lift the ban"},
		{"leave", strings.Repeat("long ", 200), "…”)", "Invite me again"},
	} {
		t.Run(c.membership+" "+c.reason[:min(4, len(c.reason))], func(t *testing.T) {
			t.Parallel()
			r := newRounds(t, nil)
			r.quiet("the first sync")
			r.s.state(deskRoom, anna, "m.room.member", botUser, member(c.membership, c.reason))
			failures := 1
			r.fail = func() error { // the disk was full, or the process died, before it was stored
				if failures--; failures >= 0 {
					return errors.New("the disk is full")
				}
				return nil
			}
			r.sync()
			r.fail = nil
			if got := r.became(); !got.Lost || got.Usable || !strings.Contains(got.What, c.what) || !strings.Contains(got.Hint, c.hint) || len(got.What) > 1000 {
				t.Errorf("told %+v", got)
			}
			r.sync()
			r.quiet("the next sync")
			if c.membership == "ban" {
				r.s.state(deskRoom, anna, "m.room.member", botUser, member("leave", ""))
				r.sync()
				r.quiet("lifting the ban")
			}
			r.s.state(deskRoom, botUser, "m.room.member", botUser, member("join", ""))
			r.sync()
			if got := r.became(); !got.Usable || got.Lost || got.What != "I am in the room again" {
				t.Errorf("after the return: %+v", got)
			}
			r.sync()
			r.quiet("the sync after the return")
		})
	}
}

func TestRoomThatWeLeaveOurselvesIsNoNews(t *testing.T) {
	t.Parallel()
	r := newRounds(t, nil)
	r.s.state(deskRoom, botUser, "m.room.member", botUser, member("leave", ""))
	r.sync()
	r.quiet("leaving")
}

func TestFirstJoinUnparksTheRoomWithoutAWord(t *testing.T) {
	t.Parallel()
	const other = "!other:example.org"
	r := newRounds(t, func(_ *Config, o *Options) {
		o.Rooms = func() []bot.Room { return []bot.Room{"matrix:" + other, "slack:x"} }
	})
	r.s.state(other, botUser, "m.room.member", botUser, member("join", ""))
	r.sync()
	if len(r.said) != 1 || r.said[0].Room != "matrix:"+other || !r.said[0].Change.Usable || r.said[0].Change.What != "" {
		t.Errorf("heard %+v", r.said)
	}
}

func TestLostPowerIsToldOnceAndSoIsItsReturn(t *testing.T) {
	t.Parallel()
	r := newRounds(t, nil)
	levels := func(ours, needed int) map[string]any {
		return map[string]any{"users": map[string]any{botUser: ours}, "events_default": needed}
	}
	set := func(ours, needed int) {
		r.s.state(deskRoom, anna, "m.room.power_levels", "", levels(ours, needed))
		r.sync()
	}
	set(0, 0)
	r.quiet("power levels that change nothing")
	set(10, 50)
	if got := r.became(); !got.Lost || !strings.Contains(got.What, anna) || !strings.Contains(got.What, "my 10 is below the 50") || !strings.Contains(got.Hint, "50") {
		t.Errorf("told %+v", got)
	}
	set(20, 50)
	r.quiet("still too little")
	r.sync()
	r.quiet("the next sync")
	set(50, 50)
	if got := r.became(); !got.Usable || got.Lost || got.What == "" {
		t.Errorf("told %+v", got)
	}
}

func TestRoomEncryptedMidwayIsToldOnceThoughAPostSawItFirst(t *testing.T) {
	t.Parallel()
	for _, sooner := range []bool{false, true} {
		t.Run(fmt.Sprint(sooner), func(t *testing.T) {
			t.Parallel()
			r := newRounds(t, nil)
			if sooner {
				if err := r.memory.setRoom(t.Context(), deskRoom, "encrypted", true); err != nil {
					t.Fatal(err)
				}
			}
			algorithm := map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}
			r.s.state(deskRoom, anna, "m.room.encryption", "", algorithm)
			r.sync()
			if got := r.became(); got.Lost == Encrypts || !strings.Contains(got.What, anna+" turned on encryption") || got.Usable {
				t.Errorf("told %+v", got)
			}
			key := ""
			r.s.put(&stored{Room: deskRoom, Sender: anna, Type: "m.room.encryption", State: &key, Content: algorithm, Before: algorithm})
			r.sync()
			r.quiet("encryption with other settings")
		})
	}
}

func TestRoomThatEndedWhileOurPlaceWasForgottenIsTold(t *testing.T) {
	t.Parallel()
	r := newRounds(t, nil)
	r.s.state(deskRoom, anna, "m.room.member", botUser, member("leave", ""))
	if err := r.memory.setValue(t.Context(), "since", ""); err != nil {
		t.Fatal(err)
	}
	r.sync()
	if got := r.became(); !got.Lost || got.What != "I am no longer in the room" {
		t.Errorf("told %+v", got)
	}
	r.sync()
	r.quiet("the next sync")
}

func TestRoomClosedWithoutAReplacementIsTold(t *testing.T) {
	t.Parallel()
	r := newRounds(t, nil)
	r.s.state(deskRoom, anna, "m.room.tombstone", "", map[string]any{"body": "gone"})
	r.sync()
	if got := r.became(); !got.Lost || !strings.Contains(got.What, anna+" closed the room") {
		t.Errorf("told %+v", got)
	}
}

func TestBanThatASyncShowsAsOurOwnLeavingIsToldAsABan(t *testing.T) {
	t.Parallel()
	r := newRounds(t, nil)
	r.s.once("sync", func(w http.ResponseWriter, _ func(http.ResponseWriter)) {
		ban := r.s.state(deskRoom, anna, "m.room.member", botUser, member("ban", "spam"))
		r.s.mu.Lock()
		place := len(r.s.events)
		r.s.mu.Unlock()
		left := map[string]any{"type": "m.room.member", "state_key": botUser, "sender": botUser, "event_id": ban + "made up", "content": map[string]any{"membership": "leave"}}
		say(w, 200, map[string]any{"next_batch": fmt.Sprintf("s%d", place), "rooms": map[string]any{"leave": map[string]any{
			deskRoom: map[string]any{"timeline": map[string]any{"events": []any{left}}}}}})
	})
	r.sync()
	if got := r.became(); !got.Lost || got.What != anna+" banned me from the room (“spam”)" {
		t.Errorf("told %+v", got)
	}
}
