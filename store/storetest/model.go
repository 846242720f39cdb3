package storetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// model is an outbox that says what bot.Outbox says, as plainly as can be: a list in the order of
// insertion.
type model struct{ all []*bot.Delivery }

func (m *model) find(key string) *bot.Delivery {
	for _, d := range m.all {
		if d.Key == key {
			return d
		}
	}
	return nil
}

// next gives the delivery of room to work on at now.
func (m *model) next(room bot.Room, now time.Time) *bot.Delivery {
	for _, lane := range []bot.DeliveryKind{bot.KindAnswer, bot.KindRollup, bot.KindNew} {
		for _, d := range m.all {
			own := d.Kind
			if own != bot.KindAnswer && own != bot.KindRollup {
				own = bot.KindNew
			}
			if d.Room != room || own != lane {
				continue
			}
			switch d.State {
			case bot.StateSending:
				if now.Before(d.Lease) {
					goto heldBack
				}
				return d
			case bot.StateDue, bot.StateReady:
				if now.Before(d.NextTry) {
					if d.Attempt > 0 {
						goto heldBack
					}
					continue
				}
				if !m.waitsForParent(d) {
					return d
				}
			}
		}
	heldBack:
	}
	return nil
}

func (m *model) waitsForParent(d *bot.Delivery) bool {
	if d.Kind != bot.KindEdit && d.Kind != bot.KindUpdate {
		return false
	}
	waits := false
	for _, p := range m.all {
		if p.Kind == bot.KindNew && p.Room == d.Room && p.Story == d.Story {
			switch p.State {
			case bot.StateSent:
				return false
			case bot.StateSkipped, bot.StateFailed:
			default:
				waits = true
			}
		}
	}
	return waits
}

// wake gives the first time after now at which something may become due.
func (m *model) wake(now time.Time) (first time.Time) {
	for _, d := range m.all {
		at := d.NextTry
		switch d.State {
		case bot.StateSending:
			at = d.Lease
		case bot.StateDue, bot.StateReady:
		default:
			continue
		}
		if at.After(now) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// A backend and the model do the same random work and must agree at every step.
func agreesWithTheModel(f *fixture) {
	r := rand.New(rand.NewPCG(7, 7))
	rooms := []bot.Room{"chat:a", "chat:b"}
	kinds := []bot.DeliveryKind{bot.KindNew, bot.KindEdit, bot.KindUpdate, bot.KindAnswer, bot.KindNotice, bot.KindRollup}
	ends := []bot.State{bot.StateSent, bot.StateSent, bot.StateSent, bot.StateReady, bot.StateParked, bot.StateFailed}
	var m model
	now := t0
	for step := range 400 {
		switch r.IntN(5) {
		case 0, 1:
			d := owed(rooms[r.IntN(2)], 1+int64(r.IntN(4)), kinds[r.IntN(len(kinds))], "")
			d.Key = bot.MakeKey(d.Room, d.Story, fmt.Sprint(d.Kind, " ", r.IntN(20)))
			d.NextTry = now.Add(time.Duration(r.IntN(3)-1) * time.Minute)
			f.ok(f.Owe(f.ctx, d))
			if m.find(d.Key) == nil {
				m.all = append(m.all, &d)
			}
		case 2:
			now = now.Add(time.Duration(r.IntN(60)) * time.Second)
		case 3:
			f.step(&m, r, rooms[r.IntN(2)], now, ends[r.IntN(len(ends))])
		case 4:
			if r.IntN(10) > 0 {
				continue
			}
			room := rooms[r.IntN(2)]
			n := 0
			for _, d := range m.all {
				if d.Room == room && d.State == bot.StateParked {
					d.State, d.NextTry = bot.StateReady, now
					n++
				}
			}
			equal(f, "unparked", must[int](f)(f.Unpark(f.ctx, room, now)), n)
		}
		for _, room := range rooms {
			want := ""
			if d := m.next(room, now); d != nil {
				want = d.Key
			}
			equal(f, fmt.Sprintf("step %d, next in %s", step, room), f.next(room, now), want)
		}
		equal(f, fmt.Sprintf("step %d, next wake", step), must[time.Time](f)(f.NextWake(f.ctx, now)), m.wake(now))
		if f.Failed() {
			return
		}
	}
}

// step composes, claims and settles what is next in a room; or claims it and dies.
func (f *fixture) step(m *model, r *rand.Rand, room bot.Room, now time.Time, end bot.State) {
	d := m.next(room, now)
	if d == nil {
		return
	}
	if d.State == bot.StateDue {
		d.State, d.Message = bot.StateReady, message(d.Key)
		f.ok(f.SaveMessage(f.ctx, d))
	}
	repeat := d.Repeat || d.State == bot.StateSending
	got := must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, d.Key, now, now.Add(time.Minute)))
	d.State, d.Lease, d.Attempt, d.Repeat = bot.StateSending, now.Add(time.Minute), d.Attempt+1, repeat
	if d.FirstTry.IsZero() {
		d.FirstTry = now
	}
	if got == nil {
		f.Fatalf("%s could not be claimed", d.Key)
	}
	same(f, "claimed", []any{got.Key, got.State, got.Attempt, got.Lease, got.FirstTry, got.Repeat}, []any{d.Key, d.State, d.Attempt, d.Lease, d.FirstTry, d.Repeat})
	if r.IntN(4) == 0 {
		return
	}
	d.State, d.Repeat = end, r.IntN(2) == 0
	if end == bot.StateReady {
		d.NextTry = now.Add(time.Duration(r.IntN(60)) * time.Second)
	}
	f.ok(f.Settle(f.ctx, d))
}
