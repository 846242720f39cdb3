package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

// What is kept of a room until it is done, by the first part of its name.
const (
	unwanted = "unwanted " // an invitation that is to be declined
	alone    = "alone "    // since when nobody else is there, RFC 3339
	move     = "move "     // the tombstone of a room whose replacement was not reached
)

const (
	aloneFor  = 24 * time.Hour // a room with nobody else is left after this
	maxLeaves = 20             // declined between two syncs: a flood of invitations holds up nothing else
)

// tidy does what a sync decided and what takes its time: joining, declining, leaving.
func (p *Platform) tidy(ctx context.Context, s *session) error {
	if err := p.joinInvited(ctx, s.account); err != nil {
		return err
	}
	if err := s.decline(ctx); err != nil {
		return err
	}
	if err := s.moveOn(ctx); err != nil {
		return err
	}
	return s.leaveEmpty(ctx)
}

// decline declines invitations. One that is not there any more is declined.
func (s *session) decline(ctx context.Context) error {
	waiting, err := s.memory.list(ctx, unwanted)
	if err != nil {
		return err
	}
	rooms := slices.Sorted(maps.Keys(waiting))
	for _, room := range rooms[:min(len(rooms), maxLeaves)] {
		if s.Now().Before(s.joinAgain[room]) {
			continue
		}
		if err := s.leave(ctx, room); err != nil {
			s.Log.Warn("invitation not declined, trying again", "room", room, "pause", joinPause, "err", err)
			s.joinAgain[room] = s.Now().Add(joinPause)
			continue
		}
		delete(s.joinAgain, room)
		if err := s.memory.setValue(ctx, unwanted+string(room), ""); err != nil {
			return err
		}
	}
	return nil
}

// leave leaves a room, or says nothing when we are not in it.
func (s *session) leave(ctx context.Context, room id.RoomID) error {
	_, err := s.account.LeaveRoom(ctx, room)
	if status := statusOf(err); status == http.StatusForbidden || status == http.StatusNotFound {
		return nil
	}
	return err
}

// company notes since when nobody else is in a room.
func (s *session) company(ctx context.Context, room id.RoomID, news *joinedRoom, before roomFacts) error {
	changed := !before.known
	for _, e := range slices.Concat(news.State.Events, news.Timeline.Events) {
		changed = changed || e.StateKey != nil && e.Type.Type == event.StateMember.Type
	}
	if !changed {
		return nil
	}
	empty, err := s.isEmpty(ctx, room)
	if err != nil {
		return err
	}
	since, err := s.memory.value(ctx, alone+string(room))
	if err != nil || empty == (since != "") {
		return err
	}
	if since = ""; empty {
		since = s.Now().UTC().Format(time.RFC3339)
	}
	return s.memory.setValue(ctx, alone+string(room), since)
}

// isEmpty says whether we alone are in a room, and nobody is invited, as the last sync brought it.
func (s *session) isEmpty(ctx context.Context, room id.RoomID) (bool, error) {
	members, err := s.memory.rooms.GetRoomJoinedOrInvitedMembers(ctx, room)
	return len(members) == 1 && members[0] == s.account.UserID, err
}

// leaveEmpty leaves the rooms in which nobody else has been for long, and says so.
func (s *session) leaveEmpty(ctx context.Context) error {
	rooms, err := s.memory.list(ctx, alone)
	if err != nil {
		return err
	}
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		since, err := time.Parse(time.RFC3339, rooms[room])
		if err == nil && s.Now().Sub(since) < aloneFor || s.Now().Before(s.joinAgain[room]) {
			continue
		}
		if err := s.leaveAlone(ctx, room, rooms[room]); err != nil {
			s.Log.Warn("empty room not left, trying again", "room", room, "pause", joinPause, "err", err)
			s.joinAgain[room] = s.Now().Add(joinPause)
		}
	}
	return nil
}

// leaveAlone leaves a room when the server says as well that nobody else is there.
func (s *session) leaveAlone(ctx context.Context, room id.RoomID, since string) error {
	if _, err := s.account.Members(ctx, room); err != nil && statusOf(err) != http.StatusForbidden {
		return fmt.Errorf("ask who is in the room: %w", err)
	}
	empty, err := s.isEmpty(ctx, room)
	if err != nil {
		return err
	}
	if empty {
		last := &event.Event{ID: id.EventID("empty|" + string(room) + "|" + since), Timestamp: s.Now().UnixMilli()}
		if err := s.changed(ctx, room, last, bot.RoomChange{What: "everybody else left the room, and a day later I left it too",
			Hint: "Invite me to another room and name it in `notify`, or take this one out of it.", Lost: true}); err != nil {
			return err
		}
		if err := s.leave(ctx, room); err != nil {
			return err
		}
		s.Log.Info("empty room left", "room", room, "since", since)
	}
	return s.memory.setValue(ctx, alone+string(room), "")
}

// keepMove keeps the tombstone of a room until its replacement can be reached.
func (s *session) keepMove(ctx context.Context, old id.RoomID, e *event.Event) error {
	s.joinAgain[old] = s.Now().Add(joinPause)
	kept, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.memory.setValue(ctx, move+string(old), string(kept))
}

// moveOn tries again to follow rooms to their replacements.
func (s *session) moveOn(ctx context.Context) error {
	moves, err := s.memory.list(ctx, move)
	if err != nil {
		return err
	}
	for _, old := range slices.Sorted(maps.Keys(moves)) {
		if s.Now().Before(s.joinAgain[old]) {
			continue
		}
		delete(s.joinAgain, old)
		var e event.Event
		if err := json.Unmarshal([]byte(moves[old]), &e); err != nil {
			return err
		}
		if err := s.follow(ctx, old, &e); err != nil {
			return err
		}
		if _, again := s.joinAgain[old]; again {
			continue
		}
		if err := s.memory.setValue(ctx, move+string(old), ""); err != nil {
			return err
		}
	}
	return nil
}
