package matrix

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

// invited accepts or declines an invitation, as the config says. The same one may come again.
func (s *session) invited(ctx context.Context, room id.RoomID, news *invitedRoom) error {
	if facts, err := s.memory.room(ctx, room); err != nil {
		return err
	} else if facts.known {
		// An old invitation to a room that we are in, or a new one to a room that we were removed from
		// meanwhile: a sync shows only what came last.
		answer, err := s.account.JoinedRooms(ctx)
		if err != nil || slices.Contains(answer.JoinedRooms, room) {
			return err
		}
		if err := s.memory.setRoom(ctx, room, "known", false); err != nil {
			return err
		}
	}
	var inviter id.UserID
	direct := false
	for _, e := range news.State.Events {
		if e.Type.Type == event.StateMember.Type && e.GetStateKey() == string(s.account.UserID) {
			if membership, _ := e.Content.Raw["membership"].(string); membership == string(event.MembershipInvite) {
				inviter = e.Sender
				direct, _ = e.Content.Raw["is_direct"].(bool)
			}
		}
	}
	why := s.welcome(ctx, room, inviter)
	log := s.Log.With("room", room, "user", inviter)
	if why == "" {
		log.Info("invitation declined", "hint", "matrix.invites says whose are accepted")
		return s.memory.setValue(ctx, unwanted+string(room), "yes")
	}
	log.Info("invitation accepted", "reason", why)
	if err := s.memory.setValue(ctx, unwanted+string(room), ""); err != nil {
		return err
	}
	if direct {
		if err := s.memory.setRoom(ctx, room, "direct", true); err != nil {
			return err
		}
	}
	return s.memory.setRoom(ctx, room, "inviter", string(inviter))
}

// joinPause is how long after a failed attempt to join a room the next one is made. The inviter's
// server may be away for a while.
const joinPause = time.Minute

// joinInvited joins the rooms whose invitations were accepted. A refusal ends it, everything else is
// tried again.
func (p *Platform) joinInvited(ctx context.Context, a *account) error {
	waiting, err := p.memory.invitations(ctx)
	if err != nil {
		return err
	}
	for room, inviter := range waiting {
		if p.Now().Before(p.joinAgain[room]) {
			continue
		}
		log := p.Log.With("room", room, "user", inviter)
		_, err := a.JoinRoom(ctx, string(room), viaOf(inviter))
		switch status := statusOf(err); {
		case err == nil:
			log.Info("room joined")
		case status == http.StatusForbidden || status == http.StatusNotFound:
			log.Error("invited, but the room refuses us", "err", err)
		default:
			log.Warn("room not joined, trying again", "pause", joinPause, "err", err)
			p.joinAgain[room] = p.Now().Add(joinPause)
			continue
		}
		delete(p.joinAgain, room)
		if err := p.memory.setRoom(ctx, room, "inviter", ""); err != nil {
			return err
		}
	}
	return nil
}

func viaOf(user id.UserID) *mautrix.ReqJoinRoom {
	return &mautrix.ReqJoinRoom{Via: []string{serverOf(string(user))}}
}

// welcome says why an invitation is accepted; empty when it is not. Ids are compared as they stand:
// a name that only looks the same is another one.
func (s *session) welcome(ctx context.Context, room id.RoomID, inviter id.UserID) string {
	allow := s.config.Invites
	switch {
	case !isUser(string(inviter)):
		return ""
	case slices.Contains(allow.Users, string(inviter)):
		return "the person is on the list"
	case slices.Contains(allow.Servers, serverOf(string(inviter))):
		return "the person's server is on the list"
	case slices.Contains(allow.Rooms, string(room)):
		return "the room is on the list"
	case len(s.rooms.names(ctx, s.account, room)) > 0:
		return "the room is named by a watch or the config"
	}
	return ""
}

// follow moves to the room that replaces one. The new room must name the old one as what it
// replaces: otherwise anybody with power could send our words elsewhere.
func (s *session) follow(ctx context.Context, old id.RoomID, e *event.Event) error {
	target, _ := e.Content.Raw["replacement_room"].(string)
	log := s.Log.With("room", old, "replacement", cutText(clean(target, false), maxID), "user", e.Sender)
	if !isRoom(target) || target[0] != '!' || id.RoomID(target) == old {
		log.Error("room was closed without a usable replacement")
		return s.changed(ctx, old, e, bot.RoomChange{What: who(e) + " closed the room for good, without another in its place", Hint: "Name another room in `notify`.", Lost: true})
	}
	facts, err := s.memory.room(ctx, old)
	if err != nil || facts.successor == id.RoomID(target) {
		return err
	}
	room := id.RoomID(target)
	if _, err := s.account.JoinRoom(ctx, target, viaOf(e.Sender)); err != nil {
		if status := statusOf(err); status != http.StatusForbidden && status != http.StatusNotFound {
			log.Warn("room was replaced and its replacement not joined, trying again", "pause", joinPause, "err", err)
			return s.keepMove(ctx, old, e)
		}
		log.Error("room was replaced and its replacement not joined", "err", err)
		return s.changed(ctx, old, e, bot.RoomChange{What: fmt.Sprintf("%s replaced the room by %s, which I could not join: %v", who(e), target, withoutSecrets(err)),
			Hint: "Invite me to the new room, and name it in `notify`.", Lost: true})
	}
	var create struct {
		Predecessor struct {
			Room id.RoomID `json:"room_id"`
		} `json:"predecessor"`
	}
	if err := s.account.StateEvent(ctx, room, event.StateCreate, "", &create); err != nil || create.Predecessor.Room != old {
		log.Error("replacement of a room does not say that it replaces it, left", "err", err, "predecessor", create.Predecessor.Room)
		if _, err := s.account.LeaveRoom(ctx, room); err != nil {
			log.Warn("replacement not left", "err", err)
		}
		return s.changed(ctx, old, e, bot.RoomChange{What: fmt.Sprintf("%s replaced the room by %s, which does not say that it replaces it", who(e), target),
			Hint: "If that is right, invite me to the new room and name it in `notify`."})
	}
	if facts.encrypted { // what was told in secret is not told in the open because the room moved
		if err := s.rooms.markEncrypted(ctx, room); err != nil {
			return err
		}
	}
	if err := s.memory.setRoom(ctx, old, "successor", string(room)); err != nil {
		return fmt.Errorf("follow %s: %w", old, err)
	}
	log.Info("followed a room to its replacement")
	return nil
}

// roomName names a room as the rest of the program knows it.
func (s *session) roomName(ctx context.Context, room id.RoomID) bot.Room {
	return s.rooms.name(ctx, s.account, room)
}
