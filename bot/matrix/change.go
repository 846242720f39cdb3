package matrix

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

const maxReason = 200 // characters of what somebody gives as their reason

// changed says what became of a room, under the key of the event that made it so. It is called before
// that event is remembered as taken: a crash in between repeats it, and the key makes that harmless.
func (s *session) changed(ctx context.Context, room id.RoomID, e *event.Event, c bot.RoomChange) error {
	if c.Rooms = s.rooms.names(ctx, s.account, room); len(c.Rooms) == 0 {
		c.Rooms = []bot.Room{s.roomName(ctx, room)}
	}
	in := bot.Incoming{Key: string(e.ID), Room: c.Rooms[0], User: string(e.Sender), Kind: bot.ByRoom, Change: &c, Time: time.UnixMilli(e.Timestamp).UTC()}
	if err := s.handle(ctx, in); err != nil {
		return fmt.Errorf("store what became of %s: %w", room, err)
	}
	return nil
}

// unseen stands for an event that a sync did not show. The same place in the sync gives the same one.
func (s *session) unseen(room id.RoomID, what string) *event.Event {
	return &event.Event{ID: id.EventID(what + "|" + string(room) + "|" + s.since), Timestamp: s.Now().UnixMilli()}
}

// who names the sender of an event, or nobody in particular.
func who(e *event.Event) string {
	if !isUser(string(e.Sender)) {
		return "somebody"
	}
	return string(e.Sender)
}

// own gives the last event of our own membership; nil for none.
func (s *session) own(news *joinedRoom) (own *event.Event) {
	for _, e := range slices.Concat(news.State.Events, news.Timeline.Events) {
		if e.StateKey != nil && e.Type.Type == event.StateMember.Type && e.GetStateKey() == string(s.account.UserID) {
			own = e
		}
	}
	return own
}

// entered says that we came into a room, and whether we may speak there.
func (s *session) entered(ctx context.Context, room id.RoomID, news *joinedRoom, before roomFacts) error {
	var levels *event.Event
	for _, e := range slices.Concat(news.State.Events, news.Timeline.Events) {
		if e.StateKey != nil && e.Type.Type == event.StatePowerLevels.Type {
			levels = e
		}
	}
	silent := false
	if levels != nil || !before.known {
		var err error
		if silent, err = s.power(ctx, room, levels); err != nil {
			return err
		}
	}
	// At the first sync all rooms are new, and what waits is taken up at every start anyway.
	if before.known || s.since == "" || silent {
		return nil
	}
	own := s.own(news)
	if own == nil {
		own = s.unseen(room, "join")
	}
	c := bot.RoomChange{Usable: true}
	if before.last != "" {
		c.What = "I am in the room again"
	}
	return s.changed(ctx, room, own, c)
}

// power says when we may no longer speak in a room, and when we may again. levels is what changed;
// nil when the power levels were there before.
func (s *session) power(ctx context.Context, room id.RoomID, levels *event.Event) (silent bool, err error) {
	name := "silent " + string(room)
	was, err := s.memory.value(ctx, name)
	if err != nil {
		return false, err
	}
	have, need, err := s.rooms.power(ctx, s.account, room)
	if silent = have < need; err != nil || silent == (was != "") {
		return silent, err
	}
	if levels == nil {
		levels = s.unseen(room, "power")
	}
	c := bot.RoomChange{Usable: true, What: "I may send messages there again"}
	is := ""
	if silent {
		is = "yes"
		c = bot.RoomChange{Lost: true, What: fmt.Sprintf("I may not send messages there any more: %s set the power levels so that my %d is below the %d that it takes", who(levels), have, need),
			Hint: fmt.Sprintf("Give %s a power level of %d in the room's settings.", s.account.UserID, need)}
	}
	if err := s.changed(ctx, room, levels, c); err != nil {
		return silent, err
	}
	return silent, s.memory.setValue(ctx, name, is)
}

// sawEncryption remembers that a room is encrypted, for ever, and tells of it when it was not before:
// it may be remembered already, since a post may have asked sooner.
func (s *session) sawEncryption(ctx context.Context, room id.RoomID, e *event.Event) error {
	facts, err := s.memory.room(ctx, room)
	if err != nil {
		return err
	}
	if !facts.encrypted {
		if err := s.rooms.markEncrypted(ctx, room); err != nil {
			return err
		}
	}
	if s.since == "" || !facts.known || e.Unsigned.PrevContent != nil {
		return nil
	}
	c := bot.RoomChange{What: who(e) + " turned on encryption; I encrypt what I say there from now on"}
	if err := s.account.vaultErr; err != nil {
		send := sendError(err, false)
		c = bot.RoomChange{What: fmt.Sprintf("%s turned on encryption, so that I can say nothing there: %v", who(e), send.Err), Hint: send.Hint, Lost: true}
	}
	return s.changed(ctx, room, e, c)
}

// left takes the end of a membership.
func (s *session) left(ctx context.Context, room id.RoomID, news *joinedRoom) error {
	facts, err := s.memory.room(ctx, room)
	if err != nil || !facts.known {
		return err
	}
	own := s.own(news)
	if own == nil {
		own = s.unseen(room, "left")
	}
	if own.Sender == s.account.UserID {
		own = s.really(ctx, room, own)
	}
	if own.Sender != s.account.UserID {
		if err := s.changed(ctx, room, own, removed(own)); err != nil {
			return err
		}
	}
	return s.memory.setRoom(ctx, room, "known", false)
}

// really gives the event that ended our membership when a sync says that we left ourselves: Dendrite says
// so of a ban that came soon after an invitation was accepted.
func (s *session) really(ctx context.Context, room id.RoomID, left *event.Event) *event.Event {
	var state events
	if _, err := s.account.MakeRequest(ctx, http.MethodGet, s.account.BuildClientURL("v3", "rooms", room, "state"), nil, &state); err != nil {
		return left
	}
	in := joinedRoom{}
	in.State.Events = state
	if own := s.own(&in); own != nil {
		return own
	}
	return left
}

// removed says how somebody ended our membership.
func removed(own *event.Event) bot.RoomChange {
	c := bot.RoomChange{What: "I am no longer in the room", Hint: "Invite me again, or take the room out of `notify`.", Lost: true}
	membership, _ := own.Content.Raw["membership"].(string)
	switch {
	case !isUser(string(own.Sender)):
	case membership == string(event.MembershipBan):
		c.What, c.Hint = who(own)+" banned me from the room", "Lift the ban and invite me again, or take the room out of `notify`."
	default:
		c.What = who(own) + " removed me from the room"
	}
	if reason, _ := own.Content.Raw["reason"].(string); strings.TrimSpace(reason) != "" {
		c.What += " (“" + cutText(clean(reason, false), maxReason) + "”)"
	}
	return c
}

// missed tells of the rooms that we were in before the server forgot our place in the sync, and are
// not in any more.
func (s *session) missed(ctx context.Context, r *syncResponse) error {
	known, err := s.memory.known(ctx)
	if err != nil {
		return err
	}
	for _, room := range slices.Sorted(maps.Keys(known)) {
		if _, in := r.Rooms.Join[room]; in {
			continue
		}
		if err := s.left(ctx, room, &joinedRoom{}); err != nil {
			return err
		}
	}
	return nil
}
