package matrix

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

// Numbers of knowing rooms.
const (
	aliasFresh = 10 * time.Minute
	// clearFor is how long the answer "not encrypted" holds while no sync tells us of a change.
	clearFor = time.Minute
	maxSeen  = 10_000
)

// directory knows rooms: which id an alias or a replaced room has now, under which name the config
// knows a room, and whether it is encrypted.
type directory struct {
	platform *Platform

	mu      sync.Mutex
	aliases map[string]aliasOf
	clear   map[id.RoomID]time.Time // asked, and found not to be encrypted
	renewed map[id.RoomID]bool      // its session was made by this process
	ours    map[id.EventID]seenEvent
	synced  time.Time // the last answer to a sync
}

type aliasOf struct {
	room  id.RoomID
	asked time.Time
}

func newDirectory(p *Platform) *directory {
	return &directory{platform: p, aliases: map[string]aliasOf{}, clear: map[id.RoomID]time.Time{},
		renewed: map[id.RoomID]bool{}, ours: map[id.EventID]seenEvent{}}
}

// resolve gives the id that a room has now.
func (d *directory) resolve(ctx context.Context, a *account, room bot.Room) (id.RoomID, error) {
	_, address := room.Parse()
	if !isRoom(address) {
		return "", &bot.SendError{Fate: bot.BadRoom, Err: fmt.Errorf("%q is no room", address), Hint: "Write matrix:!id:server or matrix:#alias:server."}
	}
	at, err := d.aliasTarget(ctx, a, address)
	if err != nil {
		return "", err
	}
	moved, err := d.platform.memory.successors(ctx)
	if err != nil {
		return "", err
	}
	for range len(moved) { // never more steps than rooms: a circle ends
		next, ok := moved[at]
		if !ok {
			break
		}
		at = next
	}
	return at, nil
}

func (d *directory) aliasTarget(ctx context.Context, a *account, address string) (id.RoomID, error) {
	if !strings.HasPrefix(address, "#") {
		return id.RoomID(address), nil
	}
	now := d.platform.Now()
	d.mu.Lock()
	known := d.aliases[address]
	d.mu.Unlock()
	if known.room != "" && now.Sub(known.asked) < aliasFresh {
		return known.room, nil
	}
	answer, err := a.ResolveAlias(ctx, id.RoomAlias(address))
	if err != nil {
		if known.room != "" && codeOf(err) != "M_NOT_FOUND" {
			return known.room, nil
		}
		return "", fmt.Errorf("find the room %s: %w", address, err)
	}
	d.mu.Lock()
	d.aliases[address] = aliasOf{answer.RoomID, now}
	d.mu.Unlock()
	return answer.RoomID, nil
}

// name gives the room as rules and config name it, so that a reply finds the alert that was told
// there: by its alias, or by the id of the room that it replaced.
func (d *directory) name(ctx context.Context, a *account, room id.RoomID) bot.Room {
	if names := d.names(ctx, a, room); len(names) > 0 {
		return names[0]
	}
	moved, err := d.platform.memory.successors(ctx)
	if err == nil {
		for range len(moved) {
			for from, to := range moved {
				if to == room {
					room = from
					break
				}
			}
		}
	}
	return bot.MakeRoom(Name, string(room))
}

// names gives all names by which rules and config know the room; none when they do not name it.
func (d *directory) names(ctx context.Context, a *account, room id.RoomID) (names []bot.Room) {
	for _, named := range d.platform.Rooms() {
		if named.Platform() != Name {
			continue
		}
		if at, err := d.resolve(ctx, a, named); err == nil && at == room {
			names = append(names, named)
		}
	}
	return names
}

// encrypted says whether a room is encrypted. Only a clear "there is no such state" is a no; every
// other answer but a yes is an error, and nothing may be sent. A yes is remembered for ever.
//
// Libraries decide by what their sync has brought so far, and send plaintext before the first one.
func (d *directory) encrypted(ctx context.Context, a *account, room id.RoomID) (bool, error) {
	facts, err := d.platform.memory.room(ctx, room)
	if err != nil || facts.encrypted {
		return facts.encrypted, err
	}
	now := d.platform.Now()
	d.mu.Lock()
	asked, ok := d.clear[room]
	fresh := ok && (now.Sub(asked) < clearFor || now.Sub(d.synced) < 2*syncWait)
	d.mu.Unlock()
	if fresh {
		return false, nil
	}
	var state struct {
		Algorithm string `json:"algorithm"`
	}
	_, err = a.MakeRequest(ctx, http.MethodGet, a.BuildClientURL("v3", "rooms", room, "state", event.StateEncryption.Type, ""), nil, &state)
	switch {
	case err == nil:
		return true, d.markEncrypted(ctx, room)
	case statusOf(err) == http.StatusNotFound && codeOf(err) == "M_NOT_FOUND":
		d.mu.Lock()
		d.clear[room] = now
		d.mu.Unlock()
		return false, nil
	}
	return false, err
}

// power gives our power level in a room, and the one that a message takes there, as the last sync
// brought them.
func (d *directory) power(ctx context.Context, a *account, room id.RoomID) (have, need int, err error) {
	levels, err := d.platform.memory.rooms.GetPowerLevels(ctx, room)
	if err != nil || levels == nil {
		return 0, 0, err
	}
	facts, err := d.platform.memory.room(ctx, room)
	kind := event.EventMessage
	if facts.encrypted {
		kind = event.EventEncrypted
	}
	return levels.GetUserLevel(a.UserID), levels.GetEventLevel(kind), err
}

func (d *directory) markEncrypted(ctx context.Context, room id.RoomID) error {
	if err := d.platform.memory.setRoom(ctx, room, "encrypted", true); err != nil {
		return err
	}
	d.mu.Lock()
	delete(d.clear, room)
	d.mu.Unlock()
	return nil
}

// sawSync notes that a sync has brought all changes up to now.
func (d *directory) sawSync() {
	d.mu.Lock()
	d.synced = d.platform.Now()
	d.mu.Unlock()
}

// renewSession makes a new session for a room once in each process, for its members as the server
// has them: some may have left, and others have come, while we were not there.
func (d *directory) renewSession(ctx context.Context, a *account, room id.RoomID) error {
	d.mu.Lock()
	done := d.renewed[room]
	d.mu.Unlock()
	if done {
		return nil
	}
	if _, err := a.Members(ctx, room); err != nil {
		return err
	}
	members, err := a.StateStore.GetRoomJoinedOrInvitedMembers(ctx, room)
	if err != nil {
		return err
	}
	if err := a.vault.renew(ctx, room, members); err != nil {
		return err
	}
	d.mu.Lock()
	d.renewed[room] = true
	d.mu.Unlock()
	return nil
}

// holds says whether an event stands in room. Only a room that replaced another may lack one that we
// know.
func (d *directory) holds(ctx context.Context, a *account, room id.RoomID, named bot.Room, e id.EventID) (bool, error) {
	_, address := named.Parse()
	at, err := d.aliasTarget(ctx, a, address)
	if err != nil || at == room {
		return err == nil, err
	}
	_, err = a.GetEvent(ctx, room, e)
	if err != nil && (statusOf(err) == http.StatusNotFound || statusOf(err) == http.StatusForbidden) {
		return false, nil
	}
	return err == nil, err
}

// seenEvent is what matters of a message that somebody replies or reacts to.
type seenEvent struct {
	ours bool
	root id.EventID // the thread that it stands in; empty for none
}

// look asks for an event that somebody refers to.
func (d *directory) look(ctx context.Context, a *account, room id.RoomID, e id.EventID) (seenEvent, error) {
	d.mu.Lock()
	known, ok := d.ours[e]
	d.mu.Unlock()
	if ok {
		return known, nil
	}
	found, err := a.GetEvent(ctx, room, e)
	switch {
	case err != nil && (statusOf(err) == http.StatusNotFound || statusOf(err) == http.StatusForbidden):
	case err != nil:
		return seenEvent{}, err
	default:
		known.ours = found.Sender == a.UserID
		known.root = threadOf(found.Content.Raw)
	}
	d.mu.Lock()
	if len(d.ours) >= maxSeen {
		clear(d.ours)
	}
	d.ours[e] = known
	d.mu.Unlock()
	return known, nil
}

// threadOf gives the root of the thread that a content says it stands in. Relations are readable in
// encrypted events as well.
func threadOf(raw map[string]any) id.EventID {
	relates, _ := raw["m.relates_to"].(map[string]any)
	if relates["rel_type"] != string(event.RelThread) {
		return ""
	}
	root, _ := relates["event_id"].(string)
	return id.EventID(root)
}
