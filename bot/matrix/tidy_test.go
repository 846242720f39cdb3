package matrix

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// atClock gives the platform a clock that the test moves.
func atClock(now *time.Time) func(*Config, *Options) {
	return func(_ *Config, o *Options) { o.Now = func() time.Time { return *now } }
}

func TestEmptyRoomIsLeftAfterADayAndTold(t *testing.T) {
	t.Parallel()
	now := time.Now()
	r := newRounds(t, atClock(&now))
	member := func(who, membership string) {
		r.s.state(deskRoom, who, "m.room.member", who, map[string]any{"membership": membership})
		r.sync()
	}
	member(botUser, "join")
	member(anna, "join")
	member(anna, "leave")
	now = now.Add(23 * time.Hour)
	r.sync()
	member("@bob:example.org", "invite") // somebody is on their way
	now = now.Add(2 * time.Hour)
	r.sync()
	member("@bob:example.org", "leave")
	now = now.Add(23 * time.Hour)
	r.sync()
	if len(r.s.left) > 0 {
		t.Fatalf("left %v too early", r.s.left)
	}
	r.quiet("waiting")
	r.s.once("members", func(w http.ResponseWriter, _ func(http.ResponseWriter)) {
		say(w, 200, map[string]any{"chunk": []any{
			map[string]any{"type": "m.room.member", "state_key": botUser, "sender": botUser, "room_id": deskRoom, "content": map[string]any{"membership": "join"}}}})
	})
	now = now.Add(2 * time.Hour)
	r.sync()
	if !slices.Equal(r.s.left, []string{deskRoom}) {
		t.Errorf("left %v", r.s.left)
	}
	if got := r.became(); !got.Lost || !strings.Contains(got.What, "everybody else left") || got.Hint == "" {
		t.Errorf("told %+v", got)
	}
	r.sync()
	r.quiet("the next sync")
	if len(r.s.left) != 1 {
		t.Errorf("left %v", r.s.left)
	}
}

func TestRoomThatTheServerSaysIsNotEmptyIsKept(t *testing.T) {
	t.Parallel()
	now := time.Now()
	r := newRounds(t, atClock(&now))
	r.s.state(deskRoom, botUser, "m.room.member", botUser, member("join", ""))
	r.sync()
	r.s.once("members", func(w http.ResponseWriter, _ func(http.ResponseWriter)) {
		var chunk []any
		for _, who := range []string{botUser, anna} {
			chunk = append(chunk, map[string]any{"type": "m.room.member", "state_key": who, "sender": who, "room_id": deskRoom, "content": map[string]any{"membership": "join"}})
		}
		say(w, 200, map[string]any{"chunk": chunk})
	})
	now = now.Add(25 * time.Hour)
	r.sync()
	r.quiet("a room with somebody")
	if len(r.s.left) > 0 {
		t.Errorf("left %v", r.s.left)
	}
}

func TestFloodOfInvitationsIsDeclinedInParts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for i := range 50 {
		s.invites[fmt.Sprintf("!flood%02d:evil.org", i)] = "@who:evil.org"
	}
	r := &rounds{s: s, t: t, Platform: open(t, s, nil)}
	for i := 1; i <= 3; i++ {
		r.sync()
		if n := len(s.left); n != min(i*maxLeaves, 50) {
			t.Errorf("after sync %d %d invitations are declined", i, n)
		}
	}
	if s.asks["join"] > 0 {
		t.Error("one was accepted")
	}
	r.quiet("a flood")
}

func TestInvitationIsDeclinedAgainWhenTheServerWasBusy(t *testing.T) {
	t.Parallel()
	now := time.Now()
	r := newRounds(t, atClock(&now))
	r.s.invites["!x:evil.org"] = "@who:evil.org"
	r.s.once("leave", func(w http.ResponseWriter, _ func(http.ResponseWriter)) { refuse(w, 429, "M_LIMIT_EXCEEDED") })
	r.sync()
	delete(r.s.invites, "!x:evil.org") // a server tells of an invitation once
	r.sync()
	if len(r.s.left) > 0 {
		t.Error("asked again at once")
	}
	now = now.Add(joinPause)
	r.sync()
	if !slices.Equal(r.s.left, []string{"!x:evil.org"}) {
		t.Errorf("declined %v", r.s.left)
	}
}

func TestReplacementOutOfReachIsFollowedLater(t *testing.T) {
	t.Parallel()
	now := time.Now()
	r := newRounds(t, atClock(&now))
	r.s.creates = map[string]string{"!next:example.org": deskRoom}
	r.s.once("join", func(w http.ResponseWriter, _ func(http.ResponseWriter)) { refuse(w, 502, "M_UNKNOWN") })
	r.s.state(deskRoom, anna, "m.room.tombstone", "", map[string]any{"replacement_room": "!next:example.org"})
	r.sync()
	r.sync()
	if at := r.s.roomOf(t, r.Platform, "before"); at != deskRoom {
		t.Errorf("posted to %s", at)
	}
	now = now.Add(joinPause)
	r.sync()
	if at := r.s.roomOf(t, r.Platform, "after"); at != "!next:example.org" {
		t.Errorf("posted to %s", at)
	}
	r.quiet("following")
	now = now.Add(joinPause)
	joins := r.s.asks["join"]
	r.sync()
	if r.s.asks["join"] != joins {
		t.Error("joined again")
	}
}

func TestReplacementThatRefusesUsIsTold(t *testing.T) {
	t.Parallel()
	r := newRounds(t, nil)
	r.s.once("join", func(w http.ResponseWriter, _ func(http.ResponseWriter)) { refuse(w, 403, "M_FORBIDDEN") })
	r.s.state(deskRoom, anna, "m.room.tombstone", "", map[string]any{"replacement_room": "!next:example.org"})
	r.sync()
	if got := r.became(); !got.Lost || !strings.Contains(got.What, "!next:example.org") || !strings.Contains(got.Hint, "Invite me") {
		t.Errorf("told %+v", got)
	}
}

func TestInvitationAfterARemovalThatNoSyncShowedIsAccepted(t *testing.T) {
	t.Parallel()
	r := newRounds(t, func(c *Config, _ *Options) { c.Invites.Users = []string{anna} })
	r.s.invites[deskRoom] = anna // some servers repeat an invitation after we came
	r.sync()
	if r.s.asks["join"] != 0 {
		t.Error("joined a room that we are in")
	}
	// Removed and invited again while we were away: the next sync shows the invitation alone.
	r.s.once("sync", func(w http.ResponseWriter, next func(http.ResponseWriter)) {
		key := botUser
		r.s.mu.Lock()
		r.s.events = append(r.s.events, &stored{ID: "$kick", Room: deskRoom, Sender: anna, Type: "m.room.member", State: &key, Content: map[string]any{"membership": "leave"}})
		place, invite := len(r.s.events), map[string]any{deskRoom: map[string]any{"invite_state": map[string]any{"events": []any{
			map[string]any{"type": "m.room.member", "state_key": botUser, "sender": anna, "content": map[string]any{"membership": "invite"}}}}}}
		r.s.mu.Unlock()
		say(w, 200, map[string]any{"next_batch": fmt.Sprintf("s%d", place), "rooms": map[string]any{"invite": invite}})
	})
	r.sync()
	if r.s.asks["join"] != 1 {
		t.Errorf("joined %d times, want once", r.s.asks["join"])
	}
	delete(r.s.invites, deskRoom)
	r.quiet("coming back")
	r.s.state(deskRoom, botUser, "m.room.member", botUser, member("join", ""))
	r.sync()
	if got := r.became(); !got.Usable || got.What != "I am in the room again" {
		t.Errorf("told %+v", got)
	}
}
