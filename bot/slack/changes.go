package slack

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/tocsin-bot/tocsin/bot"
)

// hearOfChannels takes what became of a channel. The channels are read again at the next question; when
// the channel is a room of the rules or the config, it is told what that means for it.
func (p *Platform) hearOfChannels(ctx context.Context, e *eventPayload) (*heard, error) {
	who, err := p.self.get(ctx)
	if err != nil {
		return nil, err
	}
	_, what, _ := strings.Cut(e.Event.Type, "_") // channel_archive, group_archive, member_joined_channel
	id, name := e.changedChannel()
	joined := what == "joined_channel"
	if joined && e.Event.User != who.User {
		return nil, nil
	}
	if joined {
		p.rooms.forget() // a private channel is seen from now on
	}
	rooms := p.rooms.named(ctx, id, p.Rooms())
	p.rooms.forget()
	change := channelChange(what, name)
	if len(rooms) == 0 || change == nil {
		return nil, nil
	}
	change.Rooms = rooms
	return &heard{in: bot.Incoming{Key: "slack|event|" + e.ID, Room: rooms[0], User: e.Event.User, Kind: bot.ByRoom, Change: change,
		Time: eventTime(e.Event.EventTS, e.Time)}}, nil
}

// changedChannel gives the channel that an event is about, with its name where the event tells it.
func (e *eventPayload) changedChannel() (id, name string) {
	var object struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if json.Unmarshal(e.Event.Channel, &object) == nil {
		return object.ID, object.Name
	}
	return e.channel(), ""
}

// channelChange says what an event means for the rooms of its channel; nil when it means nothing.
func channelChange(what, name string) *bot.RoomChange {
	lost := func(what, hint string) *bot.RoomChange { return &bot.RoomChange{What: what, Hint: hint, Lost: true} }
	switch what {
	case "archive":
		return lost("the channel was archived", fates["is_archived"].hint)
	case "deleted":
		return lost("the channel was deleted", "Take it out of the watches' `notify`.")
	case "left":
		return lost("somebody took me out of the channel", fates["not_in_channel"].hint)
	case "rename":
		return &bot.RoomChange{What: "the channel is called #" + cutText(clean(name, false), 80) + " from now on",
			Hint: "A watch that names it by its old name does not find it any more: write the new one, or the channel's ID (C…), which stays."}
	case "unarchive":
		return &bot.RoomChange{What: "the channel is open again", Usable: true}
	case "joined_channel":
		return &bot.RoomChange{Usable: true} // no word: whoever invited us knows
	}
	return nil
}
