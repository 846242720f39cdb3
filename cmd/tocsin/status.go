package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/console"
	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/store"
)

// printStatus prints what the chat commands status and feeds failing say. What the rules have in the
// way of problems is a trouble, and no reason to keep the rest back.
func (l *loaded) printStatus(ctx context.Context, db *store.Store, inRules strict.Problems, out io.Writer) error {
	set, err := rules.Compile(&rules.Rules{}, nil)
	if err != nil {
		return err
	}
	if l.rules != nil {
		set = l.rules.Set()
	}
	a, err := newApp(l.options(db, set, nil, slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	if l.rules == nil {
		said := fmt.Sprintf("the rule files have a problem, so that a running bot keeps the last good rules: %v", inRules[0])
		if more := len(inRules) - 1; more > 0 {
			said += fmt.Sprintf(" and %d more", more)
		}
		a.rejected.Store(&said)
	}
	all, err := a.feedStatus(ctx)
	if err != nil {
		return err
	}
	a.idle = idle(all, a.Now())
	worst := false
	for _, command := range []string{"status", "feeds failing"} {
		reply, _, err := a.desk.Do(ctx, bot.Incoming{Key: "status", Room: console.Name, Text: command}, bot.Admin)
		if err != nil {
			return err
		}
		worst = worst || reply.Message.Title == bot.TroubleTitle
		style := terminalStyle(out)()
		style.Now = a.Now()
		if _, err := io.WriteString(out, console.Render(reply.Message, style)+"\n"); err != nil {
			return err
		}
	}
	if worst {
		return errReported
	}
	return nil
}

// idleTime is how long every feed may be overdue before status says so: `run --once` may be called
// less often than the schedules ask for.
const idleTime = time.Hour

// idle says that nothing is polled any more, as when the bot is not running or its disk is full;
// empty when all is well, and when nothing was ever polled.
func idle(all []bot.FeedStatus, now time.Time) string {
	var last time.Time
	for i := range all {
		st := &all[i].State
		if st.Polled.IsZero() || st.Stopped {
			continue
		}
		if now.Sub(st.NextDue) < idleTime {
			return ""
		}
		if st.Polled.After(last) {
			last = st.Polled
		}
	}
	if last.IsZero() {
		return ""
	}
	return "nothing was polled since " + last.UTC().Format("2 Jan 15:04 UTC") + ": is the bot running, and can it write? Its log says more"
}
