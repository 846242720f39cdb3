package slack

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// Numbers of the directory of channels.
const (
	directoryFresh = 10 * time.Minute // a name is believed for this long
	directoryRetry = time.Minute      // a name that was not found is looked for again after this
	listPage       = "999"            // channels in one page: the most that Slack gives, so that few calls do
	maxListPages   = 50
)

// directory knows the ids of channels by name, and back. Names are for people: Slack posts to ids,
// and events come with ids.
type directory struct {
	web *web
	now func() time.Time

	reading sync.Mutex // of the list of channels, which may take many calls: events do not wait for it

	mu      sync.Mutex
	byName  map[string]string // channel name to id
	read    time.Time
	asked   map[string]time.Time // names that the last reading did not have
	directs map[string]string    // user id to the id of the direct channel
	posted  map[string]bot.Room  // by channel id, the room as it was written when it was posted to
}

func newDirectory(w *web, now func() time.Time) *directory {
	return &directory{web: w, now: now, byName: map[string]string{}, asked: map[string]time.Time{},
		directs: map[string]string{}, posted: map[string]bot.Room{}}
}

// channel gives the id to post to for the address of a room: a channel id, #name, or a user id.
func (d *directory) channel(ctx context.Context, address string) (string, error) {
	name, isName := strings.CutPrefix(address, "#")
	if !isName {
		if channelID.MatchString(address) || userID.MatchString(address) {
			return address, nil
		}
		name = address
	}
	return d.find(ctx, name)
}

func (d *directory) find(ctx context.Context, name string) (string, error) {
	if id := d.fresh(name); id != "" {
		return id, nil
	}
	d.reading.Lock()
	defer d.reading.Unlock()
	if id := d.fresh(name); id != "" { // somebody read the list while we waited
		return id, nil
	}
	d.mu.Lock()
	askedJustNow := d.now().Sub(d.asked[name]) <= directoryRetry
	d.mu.Unlock()
	var err error
	if !askedJustNow {
		err = d.readAll(ctx)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if id, ok := d.byName[name]; ok {
		return id, nil // after an error as well: an old word is better than none
	}
	if err != nil {
		return "", err
	}
	d.asked[name] = d.now()
	return "", &callError{method: "conversations.list", code: "channel_not_found",
		cause: fmt.Errorf("there is no channel #%s that I can see", name)}
}

// fresh gives the id of a name that was read lately; empty when it was not.
func (d *directory) fresh(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.now().Sub(d.read) >= directoryFresh {
		return ""
	}
	return d.byName[name]
}

// known gives the id of a name as it was read last, however long ago: events must not wait.
func (d *directory) known(ctx context.Context, name string) string {
	d.mu.Lock()
	id := d.byName[name]
	d.mu.Unlock()
	if id == "" {
		id, _ = d.find(ctx, name)
	}
	return id
}

func (d *directory) readAll(ctx context.Context) error {
	byName := map[string]string{}
	args := url.Values{"types": {"public_channel,private_channel"}, "exclude_archived": {"false"}, "limit": {listPage}}
	for range maxListPages {
		var page struct {
			Channels []struct {
				ID       string `json:"id"`
				Name     string `json:"name"`
				Archived bool   `json:"is_archived"`
			} `json:"channels"`
			Metadata struct {
				Cursor string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		if err := d.web.call(ctx, "conversations.list", "", args, &page); err != nil {
			return err
		}
		for _, c := range page.Channels {
			byName[c.Name] = c.ID
		}
		if page.Metadata.Cursor == "" {
			break
		}
		args.Set("cursor", page.Metadata.Cursor)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.byName, d.read = byName, d.now()
	clear(d.asked)
	return nil
}

// forget makes the next question read the channels again: one was renamed, made or archived.
func (d *directory) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.read = time.Time{}
	clear(d.asked)
}

// direct gives the id of the channel itself where channel is a person: reading and editing want it.
func (d *directory) direct(ctx context.Context, channel string) (string, error) {
	if !userID.MatchString(channel) {
		return channel, nil
	}
	d.mu.Lock()
	id := d.directs[channel]
	d.mu.Unlock()
	if id != "" {
		return id, nil
	}
	var answer struct {
		Channel struct {
			ID string `json:"id"`
		} `json:"channel"`
	}
	if err := d.web.call(ctx, "conversations.open", "", url.Values{"users": {channel}}, &answer); err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.directs[channel] = answer.Channel.ID
	return answer.Channel.ID, nil
}

// named gives those of the rooms that rules and config name which stand for a channel.
func (d *directory) named(ctx context.Context, id string, all []bot.Room) (rooms []bot.Room) {
	for _, r := range all {
		platform, address := r.Parse()
		if platform != Name || id == "" {
			continue
		}
		if name, isName := strings.CutPrefix(address, "#"); address == id || isName && d.known(ctx, name) == id {
			rooms = append(rooms, r)
		}
	}
	return rooms
}

// learn keeps in which channel a room was posted to, so that what is said there is said in the room.
func (d *directory) learn(room bot.Room, to, channel string) {
	if !channelID.MatchString(channel) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.posted[channel] = room
	if userID.MatchString(to) {
		d.directs[to] = channel
	}
}

// room gives the room that a channel id stands for, under the name that rules and config use for
// it. named are all rooms that they name.
func (d *directory) room(ctx context.Context, id, user string, named []bot.Room) bot.Room {
	d.mu.Lock()
	posted, ok := d.posted[id]
	d.mu.Unlock()
	if ok {
		return posted
	}
	byID := bot.MakeRoom(Name, id)
	for _, r := range named {
		if r == byID {
			return r
		}
	}
	for _, r := range named {
		name, ok := strings.CutPrefix(string(r), Name+":#")
		if ok && d.known(ctx, name) == id {
			return r
		}
	}
	if strings.HasPrefix(id, "D") && userID.MatchString(user) {
		// A direct channel is named by its person. It may be one between two people, where a slash
		// command works as well: the answer goes to the one between the person and us.
		return bot.MakeRoom(Name, user)
	}
	return byID
}
