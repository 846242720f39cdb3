package main

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/slack"
	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
	"github.com/tocsin-bot/tocsin/config/strict"
)

// unpacedSlack is the platform without the pauses between messages: here nobody's time passes.
type unpacedSlack struct{ *slack.Platform }

func (unpacedSlack) Pace() bot.Pace { return bot.Pace{} }

// slackDay is the demo's day, told to a Slack workspace, and a transcript of what people see there.
type slackDay struct {
	*day
	t        *testing.T
	slack    *slacktest.Server
	out      strings.Builder
	messages int // of the channel, that are in the transcript
	whispers int
	views    int
}

func playSlackDay(t *testing.T) *slackDay {
	t.Helper()
	d := &slackDay{day: &day{}, t: t, slack: slacktest.New(t)}
	d.clock.Store(&monday)
	d.slack.AddChannel(slacktest.Channel{ID: "C0DESK", Name: "libya-desk"})
	for _, u := range []slacktest.User{{ID: "U0CHIEF", Name: "chief"}, {ID: "U0READER", Name: "reader"}, {ID: "U0GUEST", Name: "guest", Guest: true},
		{ID: "U0AWAY", Name: "away", Team: "T0OTHER"}} {
		d.slack.AddUser(u)
	}
	give := func(r bot.Role) bot.RoleName { return bot.RoleName{Role: r, Given: true} }
	const room = bot.Room("slack:#libya-desk")
	p, err := slack.Open(slack.Config{BotToken: strict.NewSecret(slacktest.BotToken), AppToken: strict.NewSecret(slacktest.AppToken), APIURL: d.slack.URL(),
		DefaultRole: give(bot.Viewer), Roles: []slack.RoleRule{{Role: give(bot.Member), Users: []string{"U0ANNA"}}, {Role: give(bot.Admin), Users: []string{"U0CHIEF"}}}},
		slack.Options{Now: d.now, Rooms: func() []bot.Room { return []bot.Room{room} }})
	if err != nil {
		t.Fatal(err)
	}
	const wait = 2 * time.Minute
	d.demo, err = openDemo(t.Context(), monday, wait, unpacedSlack{p}, slog.New(slog.DiscardHandler), d.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	loaded, err := demoRules(wait)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range loaded.Watches {
		w.Notify = []string{string(room)}
	}
	d.app.rules.Store(loaded.Set())
	d.app.desk.Role, d.app.desk.Roles, d.app.desk.RoomsOf = p.Role, p.Roles, p.RoomsOf
	for i := range d.wire.Stages() {
		if err := d.playStage(t.Context(), i, func(at time.Time) { d.clock.Store(&at) }, wait); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Listen(ctx, d.app.desk.Handle) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if refused := d.slack.Refused(); len(refused) > 0 {
			t.Errorf("Slack would refuse: %q", refused)
		}
	})
	within, done := context.WithTimeout(t.Context(), patience)
	defer done()
	if err := d.slack.Linked(within, 1); err != nil {
		t.Fatal(err)
	}
	return d
}

// say writes what a person does, waits until it is answered, and writes what is new.
func (d *slackDay) say(what string, events ...*slacktest.Event) {
	d.t.Helper()
	fmt.Fprintf(&d.out, "\n—— %s\n", what)
	for _, e := range events {
		select {
		case <-e.Acked():
		case <-time.After(patience):
			d.t.Fatalf("%s: not acknowledged", what)
		}
		for block, text := range e.Errors() {
			fmt.Fprintf(&d.out, "(under %q: %s)\n", block, text)
		}
	}
	if err := d.app.desk.AnswerAll(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	if err := d.app.deliverer.Drain(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	d.show()
}

// show writes what stands in the channel and was whispered since the last time.
func (d *slackDay) show() {
	all := d.slack.Messages("C0DESK")
	for _, m := range all[d.messages:] {
		if m.User != slacktest.BotUser {
			continue
		}
		where := "to #libya-desk"
		switch {
		case m.Broadcast:
			where = "in the thread and the channel"
		case m.Thread != "":
			where = "in the thread"
		}
		d.write(where, m)
	}
	d.messages = len(all)
	whispers := d.whispered()
	for _, m := range whispers[d.whispers:] {
		d.write("to "+m.To+" alone", m)
	}
	d.whispers = len(whispers)
}

// whispered gives the private messages, without those that announce an answer on a slow machine.
func (d *slackDay) whispered() []slacktest.Message {
	return slices.DeleteFunc(d.slack.Whispers(), func(m slacktest.Message) bool { return m.Text == "Working on it…" })
}

func (d *slackDay) write(where string, m slacktest.Message) {
	fmt.Fprintf(&d.out, "(%s)\n%s\n", where, m.Reading())
}

// form waits for the modal that a click opens, and writes it.
func (d *slackDay) form() {
	d.t.Helper()
	d.views++
	for deadline := time.After(patience); len(d.slack.Views()) < d.views; {
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			d.t.Fatal("no form was opened")
		}
	}
	d.out.WriteString("(a form)\n" + slacktest.ReadView(d.slack.Views()[d.views-1]) + "\n")
}

// TestDayInSlackReadsAsTheGoldenFileSays is what a newcomer sees: alerts, every button, forms, commands,
// the Home tab, and what happens to those who may not.
func TestDayInSlackReadsAsTheGoldenFileSays(t *testing.T) {
	t.Parallel()
	d := playSlackDay(t)
	ctx := t.Context()
	d.out.WriteString("What people see of a day in #libya-desk. Dates are those of clients that know no time zones.\n\n—— the day\n")
	d.show()
	alert := d.slack.Messages("C0DESK")[0]
	press := func(user string, m slacktest.Message, label string) *slacktest.Event {
		return d.slack.Click(ctx, m, user, button(t, m, label))
	}
	slash := func(user, text string) {
		d.say("@"+user+" types /tocsin "+text, d.slack.Slash(ctx, "C0DESK", user, text))
	}
	speak := func(channel, user, text, thread string) []*slacktest.Event {
		_, events := d.slack.Say(ctx, channel, user, text, thread)
		return events
	}

	for _, label := range []string{"Why", "More", "Sources"} {
		d.say("@U0ANNA presses "+label, press("U0ANNA", alert, label))
	}
	shared := d.whispered()[d.whispers-1]
	d.say("@U0ANNA presses Post to channel", press("U0ANNA", shared, "Post to channel"))
	d.say("@U0ANNA chooses Mute story: for a day", press("U0ANNA", alert, "Mute story: for a day"))
	d.say("@U0ANNA chooses Mute story: More choices…", press("U0ANNA", alert, "Mute story: More choices…"))
	d.form()
	d.say("@U0ANNA sends the form: everywhere", d.slack.Submit(ctx, "U0ANNA", map[string]string{"what": "this everywhere"}))
	d.say("@U0ANNA sends the form: the watch, a week", d.slack.Submit(ctx, "U0ANNA", map[string]string{"what": "watch", "duration": "1w", "why": "the desk is on holiday"}))
	d.say("@U0READER chooses Mute story: for a day", press("U0READER", alert, "Mute story: for a day"))
	d.say("@U0ANNA presses Noise", press("U0ANNA", alert, "Noise"))
	marked := d.slack.Messages("C0DESK")[len(d.slack.Messages("C0DESK"))-1]
	d.say("@U0ANNA presses Say why", press("U0ANNA", marked, "Say why"))
	d.form()
	d.say("@U0ANNA sends the form", d.slack.Submit(ctx, "U0ANNA", map[string]string{"reason": "known already,", "words": "our own wire had it"}))
	d.say("@U0ANNA puts 👀 on the alert", d.slack.Emit(ctx, map[string]any{"type": "reaction_added", "user": "U0ANNA", "reaction": "eyes",
		"item_user": slacktest.BotUser, "item": map[string]any{"type": "message", "channel": "C0DESK", "ts": alert.TS}}))

	for _, text := range []string{"help", "help mute", "", "latest 3", "search trainer aircraft", "watches", "mutes", "status", "wyh", "reload", "roles"} {
		slash("U0ANNA", text)
	}
	d.say("@U0ANNA writes in the thread: @tocsin sources", speak("C0DESK", "U0ANNA", "<@U0BOT> sources", alert.TS)...)
	d.say("@U0ANNA writes in the thread: @tocsin thank you!", speak("C0DESK", "U0ANNA", "<@U0BOT> thank you!", alert.TS)...)
	d.say("@U0ANNA writes in the channel: @tocsin unmute libya-pakistan-arms", speak("C0DESK", "U0ANNA", "<@U0BOT> unmute libya-pakistan-arms", "")...)
	d.slack.AddChannel(slacktest.Channel{ID: "D0ANNA", Direct: "U0ANNA"})
	d.say("@U0ANNA writes to the bot: hello", speak("D0ANNA", "U0ANNA", "hello", "")...)
	d.direct("D0ANNA")
	d.say("@U0ANNA writes to the bot: why 1", speak("D0ANNA", "U0ANNA", "why 1", "")...)
	d.direct("D0ANNA")
	d.say("@U0ANNA opens the Home tab", d.slack.Emit(ctx, map[string]any{"type": "app_home_opened", "user": "U0ANNA", "channel": "D0ANNA", "tab": "home"}))
	d.out.WriteString("(the Home tab)\n" + slacktest.ReadView(d.slack.Home("U0ANNA")) + "\n")

	slash("U0GUEST", "status")
	slash("U0AWAY", "latest")
	d.say("@U0AWAY presses Why", press("U0AWAY", alert, "Why"))

	got := regexp.MustCompile(`rules [0-9a-f]{7}`).ReplaceAllString(d.out.String(), "rules REVISION")
	got = regexp.MustCompile(`last item .* UTC`).ReplaceAllString(got, "last item JUST NOW")
	got = regexp.MustCompile(`database [0-9.]+ MB`).ReplaceAllString(got, "database SOME MB")
	compareGolden(t, "slack.golden", got)
}

// direct writes the last message of a direct channel.
func (d *slackDay) direct(channel string) {
	all := d.slack.Messages(channel)
	d.write("directly", all[len(all)-1])
}
