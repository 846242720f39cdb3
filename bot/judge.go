package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// judge fills in what became of c. again says that the room may go on at once.
func (d *Deliverer) judge(c *Delivery, lane *lane, receipt string, err error) (again bool) {
	now := d.Now()
	log := d.Log.With("delivery", c.Key, "room", c.Room, "story", c.Story, "attempt", c.Attempt)
	if err == nil {
		c.State, c.Receipt, c.Cause, c.Repeat = StateSent, receipt, "", false
		d.setHeld(lane, time.Time{})
		d.mu.Lock()
		lane.limit.took(now)
		d.mu.Unlock()
		log.Info("posted", "kind", c.Kind, "receipt", receipt)
		return true
	}
	send := FateOf(err)
	c.Cause = send.Err.Error()
	c.State, c.NextTry = StateReady, now.Add(max(send.After, backoff(c.Attempt)))
	switch send.Fate {
	case NotPosted:
		if send.After > 0 {
			c.NextTry = now.Add(send.After)
		}
		if send.After > 0 && send.All {
			d.mu.Lock()
			lane.limit.refused(now, send.After)
			d.mu.Unlock()
		}
		log.Warn("not posted, trying again", "next", c.NextTry, "err", send.Err)
	case Ambiguous:
		c.Repeat = true
		log.Warn("no word whether posted, looking it up at the next try", "next", c.NextTry, "err", send.Err)
	case BadRoom:
		c.State = StateParked
		d.park(c.Room, now)
		log.Error("room refuses us, parked", "err", send.Err)
		d.tellAdmins(c.Room, "room "+string(c.Room)+" refuses my messages", send)
	case BadAuth:
		d.setHeld(lane, now)
		log.Error("platform refuses us", "platform", lane.Name(), "err", send.Err)
		d.tellAdmins(Room(lane.Name()), lane.Name()+" refuses me", send)
	case BadPost:
		c.State = StateFailed
		log.Error("message refused", "err", send.Err)
		d.tellAdmins(c.Room, "a message to "+string(c.Room)+" was refused ("+c.Key+")", send)
		return true
	}
	return false
}

func (d *Deliverer) park(room Room, now time.Time) {
	d.mu.Lock()
	d.parked[room] = now.Add(parkTime)
	d.mu.Unlock()
}

// setHeld holds back a platform from now on, longer each time; a zero now lets it go.
func (d *Deliverer) setHeld(lane *lane, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now.IsZero() {
		lane.held, lane.holds = time.Time{}, 0
		return
	}
	lane.holds++
	lane.held = now.Add(backoff(lane.holds + 3))
}

// tellAdmins owes the admins' room one notice for each place, cause and day.
func (d *Deliverer) tellAdmins(about Room, what string, send *SendError) {
	if d.AdminRoom == "" || d.AdminRoom == about {
		return
	}
	now := d.Now().UTC()
	text := fmt.Sprintf("%s: %v.", what, send.Err)
	if send.Hint != "" {
		text += " " + send.Hint
	}
	err := d.Outbox.Owe(context.Background(), Delivery{
		Key: refusalKey(about, send.Fate, now), Room: d.AdminRoom, Kind: KindNotice, State: StateReady, Created: now, NextTry: now,
		Message: &Message{Title: noticeTitle, Blocks: []Block{Para(Text(text))}},
	})
	if err != nil {
		d.Log.Error("admins not told", "err", errors.Join(err, send))
	}
	d.Wake()
}

// noticeTitle is the first line of what the admins' room is told.
const noticeTitle = "Tocsin needs a hand"

// refusalKey is the key of the day's notice about a refusal. It is without the error's text, which may
// hold a time or a request's id, and be new each time.
func refusalKey(about Room, fate Fate, now time.Time) string {
	return fmt.Sprintf("notice|%s|%s|%s", about, fate, now.UTC().Format(time.DateOnly))
}

// backoff is how long to wait after the given number of attempts: 2 s, 4 s, … 10 min.
func backoff(attempt int) time.Duration {
	wait := firstBackoff << min(max(attempt-1, 0), 20)
	return min(wait, lastBackoff)
}
