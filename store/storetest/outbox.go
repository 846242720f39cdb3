package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// next gives the key of the delivery to work on; "" for none.
func (f *fixture) next(room bot.Room, now time.Time) string {
	f.Helper()
	d := must[*bot.Delivery](f)(f.NextDelivery(f.ctx, room, now))
	due := must[[]bot.Room](f)(f.DueRooms(f.ctx, now))
	found := false
	for _, r := range due {
		found = found || r == room
	}
	if found != (d != nil) {
		f.Errorf("NextDelivery gives %v, DueRooms gives %v", d, due)
	}
	if d == nil {
		return ""
	}
	return d.Key
}

// settle claims a ready delivery and settles it as change says.
func (f *fixture) settle(key string, at time.Time, change func(*bot.Delivery)) bot.Delivery {
	f.Helper()
	d := must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, key, at, at.Add(time.Minute)))
	if d == nil {
		f.Fatalf("%s was not there to be claimed", key)
	}
	change(d)
	f.ok(f.Settle(f.ctx, d))
	return *d
}

// ready makes a delivery with a message.
func ready(room bot.Room, story int64, kind bot.DeliveryKind, telling string) bot.Delivery {
	d := owed(room, story, kind, telling)
	d.State, d.Message = bot.StateReady, message(telling)
	return d
}

const room = bot.Room("chat:a")

var outboxCases = []testCase{
	{"it agrees with a model of itself", agreesWithTheModel},
	{"a delivery comes back as it was owed", func(f *fixture) {
		d := bot.Delivery{
			Key: "k", Room: room, Kind: bot.KindUpdate, State: bot.StateReady, Story: 3, Item: 4, News: "first mention of 12 aircraft", Watch: "w",
			Thread: "th", To: "U1", Message: message("hello"), Told: []int64{4, 5}, Broadcast: true, Created: t0, NextTry: t0,
		}
		f.ok(f.Owe(f.ctx, d))
		got := must[*bot.Delivery](f)(f.NextDelivery(f.ctx, room, t0))
		same(f, "message", *got.Message, *d.Message)
		got.Message, d.Message = nil, nil
		same(f, "delivery", *got, d)
	}},
	{"a key that exists already is left as it is", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new")))
		other := ready(room, 1, bot.KindNew, "new")
		other.News = "changed"
		f.ok(f.Owe(f.ctx, other, ready(room, 2, bot.KindNew, "new")))
		equal(f, "news", must[*bot.Delivery](f)(f.NextDelivery(f.ctx, room, t0)).News, "")
	}},
	{"deliveries of a room go in the order in which they were owed", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 2, bot.KindNew, "new"), ready(room, 1, bot.KindNew, "new"), ready("chat:b", 3, bot.KindNew, "new")))
		equal(f, "first", f.next(room, t0), "chat:a|2|new")
		f.settle("chat:a|2|new", t0, func(d *bot.Delivery) { d.State = bot.StateSent })
		equal(f, "second", f.next(room, t0), "chat:a|1|new")
		f.settle("chat:a|1|new", t0, func(d *bot.Delivery) { d.State = bot.StateFailed })
		equal(f, "third", f.next(room, t0), "")
		same(f, "due rooms", must[[]bot.Room](f)(f.DueRooms(f.ctx, t0)), []bot.Room{"chat:b"})
	}},
	{"answers go before everything else", func(f *fixture) {
		answer := ready(room, 0, bot.KindAnswer, "answer")
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new"), ready(room, 0, bot.KindNotice, "notice"), answer))
		equal(f, "first", f.next(room, t0), answer.Key)
	}},
	{"a roll-up goes before the news, and is held back by roll-ups only", func(f *fixture) {
		answer, rollup, other := ready(room, 0, bot.KindAnswer, "answer"), ready(room, 0, bot.KindRollup, "rollup"), ready(room, 0, bot.KindRollup, "rollup 2")
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new"), rollup, other, answer))
		equal(f, "first", f.next(room, t0), answer.Key)
		f.settle(answer.Key, t0, func(d *bot.Delivery) { d.State = bot.StateSent })
		equal(f, "second", f.next(room, t0), rollup.Key)
		f.settle(rollup.Key, t0, func(d *bot.Delivery) { d.State, d.NextTry = bot.StateReady, t0.Add(time.Hour) })
		equal(f, "while it waits", f.next(room, t0), "chat:a|1|new")
	}},
	{"a backlog is what could be posted now, in order", func(f *fixture) {
		later := owed(room, 3, bot.KindNew, "new")
		later.NextTry = t0.Add(time.Hour)
		unsure := ready(room, 4, bot.KindNew, "new")
		unsure.Repeat = true
		f.ok(f.Owe(f.ctx, owed(room, 2, bot.KindNew, "new"), ready(room, 2, bot.KindUpdate, "update 9"), later, unsure, ready(room, 0, bot.KindAnswer, "answer"),
			ready(room, 0, bot.KindRollup, "rollup"), owed("chat:b", 2, bot.KindNew, "new"), ready(room, 0, bot.KindNotice, "notice")))
		var got []string
		for _, d := range must[[]bot.Delivery](f)(f.Backlog(f.ctx, room, t0)) {
			got = append(got, fmt.Sprint(d.Key, " ", d.Kind, " ", d.State, " ", d.Story, " ", d.Repeat))
		}
		same(f, "backlog", got, []string{"chat:a|2|new new due 2 false", "chat:a|2|update 9 update ready 2 false", "chat:a|4|new new ready 4 true",
			"chat:a|0|notice notice ready 0 false"})
	}},
	{"folding puts a digest in the place of what was never posted", func(f *fixture) {
		unsure := ready(room, 3, bot.KindNew, "new")
		unsure.Repeat = true
		f.ok(f.Owe(f.ctx, owed(room, 1, bot.KindNew, "new"), ready(room, 2, bot.KindNew, "new"), unsure, ready(room, 4, bot.KindNew, "new"), owed(room, 5, bot.KindNew, "new")))
		must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, "chat:a|4|new", t0, t0.Add(time.Minute)))
		digest := owed(room, 0, bot.KindRollup, "digest")
		digest.Told = []int64{1, 2}
		f.ok(f.Fold(f.ctx, digest, []string{"chat:a|1|new", "chat:a|2|new", "chat:a|3|new", "chat:a|4|new"}))
		equal(f, "first", f.next(room, t0), digest.Key)
		same(f, "its stories", must[*bot.Delivery](f)(f.NextDelivery(f.ctx, room, t0)).Told, []int64{1, 2})
		digest.Message = message("digest")
		f.ok(f.SaveMessage(f.ctx, &digest))
		f.settle(digest.Key, t0, func(d *bot.Delivery) { d.State, d.Receipt = bot.StateSent, "r" })
		equal(f, "what may be there already", f.next(room, t0), "chat:a|3|new")
		same(f, "listed", must[[]int64](f)(f.Listed(f.ctx, room, "r")), []int64{1, 2})
		equal(f, "listed by another message", len(must[[]int64](f)(f.Listed(f.ctx, room, "x"))), 0)
		equal(f, "listed in another room", len(must[[]int64](f)(f.Listed(f.ctx, "chat:b", "r"))), 0)
	}},
	{"nothing is given before its time", func(f *fixture) {
		d := ready(room, 1, bot.KindNew, "new")
		d.NextTry = t0.Add(time.Minute)
		f.ok(f.Owe(f.ctx, d))
		equal(f, "too early", f.next(room, t0.Add(59*time.Second)), "")
		equal(f, "in time", f.next(room, t0.Add(time.Minute)), d.Key)
	}},
	{"one that waits for its next try holds back its kind of traffic", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new"), ready(room, 2, bot.KindNew, "new"), ready(room, 0, bot.KindAnswer, "one"), ready(room, 0, bot.KindAnswer, "two")))
		again := func(d *bot.Delivery) { d.State, d.NextTry = bot.StateReady, t0.Add(time.Hour) }
		f.settle("chat:a|1|new", t0, again)
		equal(f, "an answer is not held back", f.next(room, t0), "chat:a|0|one")
		f.settle("chat:a|0|one", t0, again)
		equal(f, "all is held back", f.next(room, t0), "")
		equal(f, "until then", f.next(room, t0.Add(time.Hour)), "chat:a|0|one")
		f.settle("chat:a|0|one", t0.Add(time.Hour), func(d *bot.Delivery) { d.State = bot.StateSent })
		f.settle("chat:a|0|two", t0.Add(time.Hour), func(d *bot.Delivery) { d.State = bot.StateSent })
		equal(f, "in the old order", f.next(room, t0.Add(time.Hour)), "chat:a|1|new")
	}},
	{"one that was never tried and is due later holds nothing back", func(f *fixture) {
		later := owed(room, 1, bot.KindNew, "new")
		later.NextTry = t0.Add(10 * time.Minute)
		f.ok(f.Owe(f.ctx, later, owed(room, 2, bot.KindNew, "new")))
		equal(f, "now", f.next(room, t0), "chat:a|2|new")
		equal(f, "later", f.next(room, t0.Add(10*time.Minute)), "chat:a|1|new")
	}},
	{"one that is being sent holds back its kind of traffic until its lease ends", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new"), ready(room, 2, bot.KindNew, "new")))
		must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, "chat:a|1|new", t0, t0.Add(time.Minute)))
		equal(f, "while it is being sent", f.next(room, t0.Add(59*time.Second)), "")
		equal(f, "when its lease has ended", f.next(room, t0.Add(time.Minute)), "chat:a|1|new")
	}},
	{"an edit or update waits for its story's parent", func(f *fixture) {
		parent := owed(room, 1, bot.KindNew, "new")
		parent.NextTry = t0.Add(time.Minute)
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindUpdate, "update 2"), ready(room, 1, bot.KindEdit, "edit 2"), parent, owed(room, 2, bot.KindNew, "new")))
		equal(f, "another story goes on", f.next(room, t0), "chat:a|2|new")
		f.send(owed(room, 2, bot.KindNew, "new"), t0, "r2")
		equal(f, "before the parent is due", f.next(room, t0), "")
		equal(f, "the parent", f.next(room, t0.Add(time.Minute)), parent.Key)
		f.send(parent, t0.Add(time.Minute), "r1")
		equal(f, "after the parent", f.next(room, t0.Add(time.Minute)), "chat:a|1|update 2")
		f.settle("chat:a|1|update 2", t0.Add(time.Minute), func(d *bot.Delivery) { d.State = bot.StateSent })
		equal(f, "then", f.next(room, t0.Add(time.Minute)), "chat:a|1|edit 2")
	}},
	{"an edit or update without a parent is given, to be skipped", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindUpdate, "update 2")))
		equal(f, "there never was one", f.next(room, t0), "chat:a|1|update 2")
		f.ok(f.Owe(f.ctx, owed("chat:b", 1, bot.KindNew, "new"), ready("chat:b", 1, bot.KindEdit, "edit 2")))
		d := must[*bot.Delivery](f)(f.NextDelivery(f.ctx, "chat:b", t0))
		d.State, d.Cause = bot.StateSkipped, "muted"
		f.ok(f.Settle(f.ctx, d))
		equal(f, "it was skipped", f.next("chat:b", t0), "chat:b|1|edit 2")
	}},
	{"an update under a parked parent waits", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new"), ready(room, 1, bot.KindUpdate, "update 2"), ready(room, 2, bot.KindNew, "new")))
		f.settle("chat:a|1|new", t0, func(d *bot.Delivery) { d.State = bot.StateParked })
		equal(f, "next", f.next(room, t0), "chat:a|2|new")
	}},
	{"a sent parent in another room is no parent", func(f *fixture) {
		f.send(owed("chat:b", 1, bot.KindNew, "new"), t0, "r")
		if d := must[*bot.Delivery](f)(f.Parent(f.ctx, room, 1)); d != nil {
			f.Errorf("parent %v", d)
		}
		if d := must[*bot.Delivery](f)(f.Parent(f.ctx, "chat:b", 2)); d != nil {
			f.Errorf("parent %v", d)
		}
		equal(f, "parent", must[*bot.Delivery](f)(f.Parent(f.ctx, "chat:b", 1)).Receipt, "r")
	}},
	{"a parent that was not sent is no parent", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new")))
		if d := must[*bot.Delivery](f)(f.Parent(f.ctx, room, 1)); d != nil {
			f.Errorf("parent %v", d)
		}
	}},
	{"the next wake is the first time at which more may be due", func(f *fixture) {
		equal(f, "never", must[time.Time](f)(f.NextWake(f.ctx, t0)).IsZero(), true)
		a, b := ready(room, 1, bot.KindNew, "new"), ready("chat:b", 1, bot.KindNew, "new")
		a.NextTry, b.NextTry = t0.Add(2*time.Minute), t0.Add(3*time.Minute)
		f.ok(f.Owe(f.ctx, a, b, ready("chat:c", 1, bot.KindNew, "new")))
		equal(f, "the earlier", must[time.Time](f)(f.NextWake(f.ctx, t0)), a.NextTry)
		equal(f, "after it", must[time.Time](f)(f.NextWake(f.ctx, a.NextTry)), b.NextTry)
		must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, "chat:c|1|new", t0, t0.Add(time.Minute)))
		equal(f, "the end of a lease", must[time.Time](f)(f.NextWake(f.ctx, t0)), t0.Add(time.Minute))
		f.settle("chat:b|1|new", t0, func(d *bot.Delivery) { d.State = bot.StateSent })
		equal(f, "nothing after the last", must[time.Time](f)(f.NextWake(f.ctx, a.NextTry)).IsZero(), true)
	}},
	{"composing makes a due delivery ready", func(f *fixture) {
		d := owed(room, 1, bot.KindNew, "new")
		f.ok(f.Owe(f.ctx, d))
		if c := must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, d.Key, t0, t0.Add(time.Minute))); c != nil {
			f.Fatal("a delivery without a message was claimed")
		}
		d.Message, d.Told, d.Broadcast = message("hello"), []int64{1, 2}, true
		f.ok(f.SaveMessage(f.ctx, &d))
		got := must[*bot.Delivery](f)(f.NextDelivery(f.ctx, room, t0))
		equal(f, "state", got.State, bot.StateReady)
		same(f, "message", *got.Message, *d.Message)
		same(f, "told", got.Told, d.Told)
		equal(f, "broadcast", got.Broadcast, true)
		d.Message = message("again")
		f.ok(f.SaveMessage(f.ctx, &d))
		equal(f, "a ready one keeps its message", must[*bot.Delivery](f)(f.NextDelivery(f.ctx, room, t0)).Message.Title, "hello")
	}},
	{"a claim counts the attempt and sets the first try", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new")))
		d := must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, "chat:a|1|new", t0, t0.Add(time.Minute)))
		equal(f, "state", d.State, bot.StateSending)
		equal(f, "attempt", d.Attempt, 1)
		equal(f, "first try", d.FirstTry, t0)
		equal(f, "lease", d.Lease, t0.Add(time.Minute))
		equal(f, "repeat", d.Repeat, false)
		if other := must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, d.Key, t0.Add(time.Second), t0.Add(time.Hour))); other != nil {
			f.Error("it was claimed twice")
		}
		d = must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, d.Key, t0.Add(time.Minute), t0.Add(2*time.Minute)))
		equal(f, "attempt after the lease", d.Attempt, 2)
		equal(f, "first try stays", d.FirstTry, t0)
		equal(f, "repeat after the lease", d.Repeat, true)
		if other := must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, "no such key", t0, t0)); other != nil {
			f.Error("a delivery that does not exist was claimed")
		}
	}},
	{"only one of many claims it", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new")))
		var wg sync.WaitGroup
		var won atomic.Int32
		for range 8 {
			wg.Go(func() {
				d, err := f.ClaimDelivery(f.ctx, "chat:a|1|new", t0, t0.Add(time.Minute))
				if err != nil {
					f.Error(err)
				}
				if d != nil {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		equal(f, "claims", won.Load(), 1)
	}},
	{"an ambiguous post is repeated as such", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new")))
		f.settle("chat:a|1|new", t0, func(d *bot.Delivery) {
			d.State, d.Repeat, d.Cause, d.NextTry = bot.StateReady, true, "timeout", t0.Add(time.Second)
		})
		d := must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, "chat:a|1|new", t0.Add(time.Second), t0.Add(time.Minute)))
		equal(f, "repeat", d.Repeat, true)
		equal(f, "cause", d.Cause, "timeout")
		equal(f, "next try", d.NextTry, t0.Add(time.Second))
		d.State, d.Repeat, d.NextTry = bot.StateReady, false, t0.Add(2*time.Second)
		f.ok(f.Settle(f.ctx, d))
		d = must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, "chat:a|1|new", t0.Add(2*time.Second), t0.Add(time.Minute)))
		equal(f, "repeat when it was certainly not posted", d.Repeat, false)
	}},
	{"what was sent stays sent", func(f *fixture) {
		d := f.send(owed(room, 1, bot.KindNew, "new"), t0, "r1")
		d.State, d.Receipt, d.NextTry = bot.StateReady, "r2", t0
		f.ok(f.Settle(f.ctx, &d))
		equal(f, "next", f.next(room, t0.Add(time.Hour)), "")
		equal(f, "receipt", must[*bot.Delivery](f)(f.Parent(f.ctx, room, 1)).Receipt, "r1")
	}},
	{"a claim that was overtaken settles nothing but a success", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new")))
		slow := must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, "chat:a|1|new", t0, t0.Add(time.Minute)))
		fast := must[*bot.Delivery](f)(f.ClaimDelivery(f.ctx, "chat:a|1|new", t0.Add(time.Minute), t0.Add(2*time.Minute)))
		failed := *slow
		failed.State, failed.NextTry = bot.StateReady, t0
		f.ok(f.Settle(f.ctx, &failed))
		equal(f, "the other still sends", f.next(room, t0.Add(90*time.Second)), "")
		slow.State, slow.Receipt = bot.StateSent, "r1"
		f.ok(f.Settle(f.ctx, slow))
		fast.State, fast.NextTry = bot.StateReady, t0
		f.ok(f.Settle(f.ctx, fast))
		equal(f, "receipt", must[*bot.Delivery](f)(f.Parent(f.ctx, room, 1)).Receipt, "r1")
	}},
	{"settling what does not exist is an error", func(f *fixture) {
		if err := f.Settle(f.ctx, &bot.Delivery{Key: "no such key", State: bot.StateSent}); err == nil {
			f.Error("no error")
		}
	}},
	{"a sent edit is what the parent's message says from then on", func(f *fixture) {
		f.send(owed(room, 1, bot.KindNew, "new"), t0, "r1")
		told := must[*bot.Delivery](f)(f.Parent(f.ctx, room, 1)).Told
		f.ok(f.Owe(f.ctx, owed(room, 1, bot.KindEdit, "edit 2"), owed(room, 1, bot.KindEdit, "edit 3")))
		edit := func(title string, settle func(*bot.Delivery)) {
			d := must[*bot.Delivery](f)(f.NextDelivery(f.ctx, room, t0))
			d.Message = message(title)
			f.ok(f.SaveMessage(f.ctx, d))
			f.settle(d.Key, t0, settle)
		}
		edit("edited", func(d *bot.Delivery) { d.State, d.Receipt = bot.StateSent, "r1" })
		parent := must[*bot.Delivery](f)(f.Parent(f.ctx, room, 1))
		equal(f, "the parent says", parent.Message.Title, "edited")
		same(f, "what its words tell is as before", parent.Told, told)
		edit("edited again", func(d *bot.Delivery) { d.State = bot.StateFailed })
		equal(f, "after an edit that failed", must[*bot.Delivery](f)(f.Parent(f.ctx, room, 1)).Message.Title, "edited")
	}},
	{"a parked room is taken up again", func(f *fixture) {
		f.ok(f.Owe(f.ctx, ready(room, 1, bot.KindNew, "new"), ready(room, 2, bot.KindNew, "new"), owed(room, 3, bot.KindNew, "new"), ready("chat:b", 1, bot.KindNew, "new")))
		park := func(d *bot.Delivery) { d.State, d.Cause = bot.StateParked, "not a member" }
		f.settle("chat:a|1|new", t0, park)
		f.settle("chat:a|2|new", t0, park)
		uncomposed := must[*bot.Delivery](f)(f.NextDelivery(f.ctx, room, t0))
		park(uncomposed)
		f.ok(f.Settle(f.ctx, uncomposed))
		f.settle("chat:b|1|new", t0, park)
		equal(f, "while parked", f.next(room, t0.Add(time.Hour)), "")
		equal(f, "unparked", must[int](f)(f.Unpark(f.ctx, room, t0.Add(time.Hour))), 3)
		equal(f, "too early", f.next(room, t0), "")
		equal(f, "in the old order", f.next(room, t0.Add(time.Hour)), "chat:a|1|new")
		f.settle("chat:a|1|new", t0.Add(time.Hour), func(d *bot.Delivery) { d.State = bot.StateSent })
		f.settle("chat:a|2|new", t0.Add(time.Hour), func(d *bot.Delivery) { d.State = bot.StateSent })
		equal(f, "one without a message is due", must[*bot.Delivery](f)(f.NextDelivery(f.ctx, room, t0.Add(time.Hour))).State, bot.StateDue)
		equal(f, "the other room stays parked", f.next("chat:b", t0.Add(time.Hour)), "")
		equal(f, "unparked again", must[int](f)(f.Unpark(f.ctx, room, t0)), 0)
		equal(f, "all unparked", must[int](f)(f.Unpark(f.ctx, "", t0)), 1)
	}},
	{"a delivery needs a key, a room, a kind, and a message when it is ready", func(f *fixture) {
		for what, spoil := range map[string]func(*bot.Delivery){
			"key": func(d *bot.Delivery) { d.Key = "" }, "room": func(d *bot.Delivery) { d.Room = "" },
			"kind": func(d *bot.Delivery) { d.Kind = "" }, "message": func(d *bot.Delivery) { d.Message = nil },
		} {
			d := ready(room, 1, bot.KindNew, "new")
			spoil(&d)
			if err := f.Owe(f.ctx, d); err == nil {
				f.Errorf("owed without its %s", what)
			}
		}
	}},
}
