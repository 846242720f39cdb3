package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// roomChanged acts on what became of a room: what waits for one that takes messages again is tried at
// once, and the admins are told of what concerns a watch. A room that we lost is never told itself.
func (d *Desk) roomChanged(ctx context.Context, in Incoming) Effects {
	now := d.Now().UTC()
	e := Effects{Now: now}
	c := in.Change
	if c == nil {
		return e
	}
	log := d.Log.With("room", in.Room, "event", in.Key, "user", in.User)
	waited := false
	if c.Usable {
		for _, room := range c.Rooms {
			n, err := d.Resume(ctx, room)
			if err != nil { // it is tried again in a while all the same
				log.Error("parked messages not taken up", "err", err)
			}
			waited = waited || n > 0
		}
	}
	watches := d.watchesOf(c.Rooms)
	isAdmins := slices.Contains(c.Rooms, d.AdminRoom)
	if c.What == "" {
		return e
	}
	log.Warn("room changed", "what", c.What, "lost", c.Lost, "usable", c.Usable, "watches", watches, "hint", c.Hint)
	if d.AdminRoom == "" || isAdmins && c.Lost || len(watches) == 0 && !isAdmins {
		return e
	}
	e.Deliveries = append(e.Deliveries, Delivery{
		Key: "notice|" + in.Key, Room: d.AdminRoom, Kind: KindNotice, State: StateReady, Created: now, NextTry: now,
		Message: changeMessage(in.Room, c, watches, waited),
	})
	if c.Lost { // the next post is refused for the same reason, which is told by now
		for _, room := range c.Rooms {
			e.Deliveries = append(e.Deliveries, Delivery{
				Key: refusalKey(room, BadRoom, now), Room: d.AdminRoom, Kind: KindNotice, State: StateSkipped, Created: now, NextTry: now,
				Cause: "the admins were told why: " + in.Key,
			})
		}
	}
	return e
}

// watchesOf gives the watches that post to one of the rooms.
func (d *Desk) watchesOf(rooms []Room) (ids []string) {
	for _, w := range d.Rules().Watches() {
		if slices.ContainsFunc(rooms, func(r Room) bool { return slices.Contains(w.Notify, string(r)) }) {
			ids = append(ids, w.ID)
		}
	}
	return ids
}

// changeMessage is what the admins read of a change.
func changeMessage(room Room, c *RoomChange, watches []string, waited bool) *Message {
	m := &Message{Blocks: []Block{Para(Span{Text: string(room), Mono: true}, Text(": "+c.What+"."))}}
	if !c.Usable {
		m.Title = noticeTitle
	}
	if waited {
		m.Blocks = append(m.Blocks, Para(Text("What waited for it is sent now.")))
	}
	if len(watches) > 0 {
		const most = 10
		list := strings.Join(watches[:min(most, len(watches))], ", ")
		if n := len(watches) - most; n > 0 {
			list += fmt.Sprintf(" and %d more", n)
		}
		m.Blocks = append(m.Blocks, Para(Text("Watches that post there: "), Span{Text: list, Mono: true}))
	}
	if c.Hint != "" {
		m.Blocks = append(m.Blocks, Small(markCode(c.Hint)...))
	}
	return m
}
