package storetest

import (
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

func event(key string) bot.Incoming {
	return bot.Incoming{Key: key, Room: room, User: "U1", Name: "Ann", Text: "why", Message: "m", Thread: "th", Kind: bot.ByReply, Private: true, Time: t0}
}

var inboxCases = []testCase{
	{"an event is received once", func(f *fixture) {
		equal(f, "fresh", must[bool](f)(f.Receive(f.ctx, event("e1"))), true)
		equal(f, "fresh again", must[bool](f)(f.Receive(f.ctx, event("e1"))), false)
		equal(f, "unanswered", len(must[[]bot.Incoming](f)(f.Unanswered(f.ctx, 10))), 1)
	}},
	{"an event without a key is refused", func(f *fixture) {
		if _, err := f.Receive(f.ctx, event("")); err == nil {
			f.Error("no error")
		}
	}},
	{"unanswered events come oldest first, as they were", func(f *fixture) {
		for _, key := range []string{"z", "a", "m"} {
			must[bool](f)(f.Receive(f.ctx, event(key)))
		}
		got := must[[]bot.Incoming](f)(f.Unanswered(f.ctx, 2))
		same(f, "unanswered", got, []bot.Incoming{event("z"), event("a")})
	}},
	{"an answer takes effect exactly once", func(f *fixture) {
		must[bool](f)(f.Receive(f.ctx, event("e1")))
		e := bot.Effects{
			Deliveries: []bot.Delivery{ready(room, 0, bot.KindAnswer, "answer e1")},
			Mutes:      []bot.Mute{{Story: 3, Room: room, By: "chat:U1", Why: "noise", From: t0, Until: t0.Add(time.Hour)}},
			Marks:      []bot.Mark{{Story: 3, Room: room, User: "chat:U1", Kind: "noise", Note: "n", Time: t0}}, Now: t0,
		}
		f.ok(f.Answer(f.ctx, "e1", e))
		e.Deliveries[0].Key = "another"
		f.ok(f.Answer(f.ctx, "e1", e))
		equal(f, "unanswered", len(must[[]bot.Incoming](f)(f.Unanswered(f.ctx, 10))), 0)
		equal(f, "received again", must[bool](f)(f.Receive(f.ctx, event("e1"))), false)
		mutes := must[[]bot.Mute](f)(f.ActiveMutes(f.ctx, t0))
		equal(f, "mutes", len(mutes), 1)
		e.Mutes[0].ID = mutes[0].ID
		same(f, "mute", mutes, e.Mutes)
		equal(f, "answer", f.next(room, t0), "chat:a|0|answer e1")
		f.settle("chat:a|0|answer e1", t0, func(d *bot.Delivery) { d.State = bot.StateSent })
		equal(f, "second answer", f.next(room, t0), "")
	}},
	{"an answer is stored whole or not at all", func(f *fixture) {
		must[bool](f)(f.Receive(f.ctx, event("e1")))
		e := bot.Effects{Mutes: []bot.Mute{{Watch: "w", By: "chat:U1", From: t0, Until: t0.Add(time.Hour)}}, Deliveries: []bot.Delivery{{}}, Now: t0}
		if err := f.Answer(f.ctx, "e1", e); err == nil {
			f.Fatal("a delivery without a key was stored")
		}
		equal(f, "unanswered", len(must[[]bot.Incoming](f)(f.Unanswered(f.ctx, 10))), 1)
		equal(f, "mutes", len(must[[]bot.Mute](f)(f.ActiveMutes(f.ctx, t0))), 0)
	}},
	{"an event that was never received cannot be answered", func(f *fixture) {
		if err := f.Answer(f.ctx, "e1", bot.Effects{Now: t0}); err == nil {
			f.Error("no error")
		}
	}},
	{"a mute holds from its beginning to its end", func(f *fixture) {
		must[bool](f)(f.Receive(f.ctx, event("e1")))
		m := bot.Mute{Watch: "w", By: "chat:U1", From: t0, Until: t0.Add(time.Hour)}
		f.ok(f.Answer(f.ctx, "e1", bot.Effects{Mutes: []bot.Mute{m}, Now: t0}))
		for _, at := range []time.Duration{-time.Second, 0, time.Minute, time.Hour - time.Second, time.Hour, 2 * time.Hour} {
			want := 0
			if m.Active(t0.Add(at)) {
				want = 1
			}
			equal(f, "mutes after "+at.String(), len(must[[]bot.Mute](f)(f.ActiveMutes(f.ctx, t0.Add(at)))), want)
		}
	}},
	{"a mute can be ended", func(f *fixture) {
		must[bool](f)(f.Receive(f.ctx, event("e1")))
		must[bool](f)(f.Receive(f.ctx, event("e2")))
		m := bot.Mute{Watch: "w", By: "chat:U1", From: t0, Until: t0.Add(time.Hour)}
		f.ok(f.Answer(f.ctx, "e1", bot.Effects{Mutes: []bot.Mute{m, m}, Now: t0}))
		mutes := must[[]bot.Mute](f)(f.ActiveMutes(f.ctx, t0))
		equal(f, "mutes", len(mutes), 2)
		f.ok(f.Answer(f.ctx, "e2", bot.Effects{Unmute: []int64{mutes[0].ID, 4711}, Now: t0.Add(time.Minute)}))
		left := must[[]bot.Mute](f)(f.ActiveMutes(f.ctx, t0.Add(time.Minute)))
		equal(f, "left", len(left), 1)
		equal(f, "which", left[0].ID, mutes[1].ID)
	}},
}
