package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/console"
	"github.com/tocsin-bot/tocsin/bot/slack"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/store"
)

func newRunCommand() *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the bot until it is told to stop",
		Long: `Run polls the feeds of the config on their schedules, and tells the rooms of the watches. It
stops on SIGTERM and Ctrl-C, finishing the posts under way; a terminal gets a prompt that takes the
chat commands, and Ctrl-D leaves it. SIGHUP loads the rules again, as a changed rule file does by
itself.

With --once it polls every feed once, delivers what is due, prints a line of counts and exits. The
exit status is 1 when every feed that was polled failed, since then it is probably not the feeds that
are at fault; feeds that fail among others are for ` + "`tocsin status`" + ` to tell.`,
		Example: "  tocsin run --config newsdesk/tocsin.yaml\n  */10 * * * *  tocsin run --once --config /etc/tocsin/tocsin.yaml",
		Args:    cobra.NoArgs,
	}
	path := configFlag(cmd)
	cmd.Flags().BoolVar(&once, "once", false, "poll every feed once, deliver what is due, and exit")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		l, err := loadAll(*path, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		if once {
			return l.runOnce(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		}
		err = l.run(cmd.Context(), cmd.ErrOrStderr())
		if cmd.Context().Err() != nil && errors.Is(err, context.Canceled) {
			return nil // told to stop while it was starting, which is no failure
		}
		return err
	}
	return cmd
}

// oncePatience is how long `run --once` waits for a platform that lets no message go yet, each time.
const oncePatience = 15 * time.Second

// runOnce is one round, for crontab.
func (l *loaded) runOnce(ctx context.Context, stdout, stderr io.Writer) (err error) {
	db, err := store.Open(ctx, l.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	terminal, err := console.Open(l.console, stdout, terminalStyle(stdout), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, terminal.Close()) }()
	log := l.logger(stderr, slog.LevelWarn)
	platforms, closeChats, err := l.chats(ctx, db, log, func() *rules.Rules { return l.rules })
	defer func() { err = errors.Join(err, closeChats()) }()
	if err != nil {
		return err
	}
	a, err := newApp(l.options(db, l.rules.Set(), append(platforms, terminal), log))
	if err != nil {
		return err
	}
	before, err := db.Counts(ctx, time.Now())
	if err != nil {
		return err
	}
	outcomes, err := a.once(ctx)
	if err != nil {
		return err
	}
	after, err := db.Counts(ctx, time.Now())
	if err != nil {
		return err
	}
	next, err := db.NextWake(ctx, time.Now())
	if err != nil {
		return err
	}
	line := onceLine(outcomes, before, after)
	if !next.IsZero() { // a watch that gathers sources, a roll-up, a room that asked us to wait
		line += "; more at " + next.Local().Format("15:04:05")
	}
	fmt.Fprintln(stdout, line)
	return allFailed(outcomes)
}

// allFailed gives an error when feeds were polled and none of them worked.
func allFailed(outcomes []feeds.Outcome) error {
	for _, o := range outcomes {
		if o.State.Failure == "" {
			return nil
		}
	}
	if len(outcomes) == 0 {
		return nil
	}
	first := &outcomes[0]
	return fmt.Errorf("every feed that was polled failed, such as %s: %s", first.Feed, first.String())
}

// onceLine is the line of counts of `run --once`.
func onceLine(outcomes []feeds.Outcome, before, after bot.Counts) string {
	failed, fresh, baseline := 0, 0, 0
	for _, o := range outcomes {
		if o.State.Failure != "" {
			failed++
		}
		fresh += o.New()
		baseline += o.Baseline
	}
	return fmt.Sprintf("feeds %d polled, %d failed; items %d new, %d baseline; alerts %d new; messages %d owed, %d parked",
		len(outcomes), failed, fresh, baseline, after.Alerts-before.Alerts, after.Due+after.Sending, after.Parked)
}

// run goes on until ctx ends or the person at the console leaves.
func (l *loaded) run(ctx context.Context, stderr io.Writer) (err error) {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	db, err := store.Open(ctx, l.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	terminal, logTo, closeTerminal, err := l.terminal(stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeTerminal()) }()
	level := slog.LevelInfo
	if logTo != stderr {
		level = slog.LevelWarn // somebody sits there, for whom a line for each poll is noise
	}
	log := l.logger(logTo, level)
	var a *app
	var telling sync.WaitGroup
	defer telling.Wait()
	watcher, err := rules.NewWatcher(l.rulePaths(), l.ruleOptions(), log, func(r rules.Reload) {
		before := a.useRules(r)
		telling.Go(func() { a.tellReload(ctx, r, before) })
	})
	if err != nil {
		return err
	}
	platforms, closeChats, err := l.chats(ctx, db, log, watcher.Rules)
	defer func() { err = errors.Join(err, closeChats()) }()
	if err != nil {
		return err
	}
	o := l.options(db, watcher.Rules().Set(), append(platforms, terminal), log)
	o.Reload = func(ctx context.Context) (string, error) {
		r, err := watcher.Reload(ctx)
		if err == nil {
			err = r.Problems.Err()
		}
		return r.String(), err
	}
	if a, err = newApp(o); err != nil {
		return err
	}
	o.Log.Info("running", "version", buildVersion(), "feeds", len(l.feeds), "watches", len(o.Rules.Watches()), "rules", o.Rules.Version())
	if prompt, ok := terminal.(*console.Prompt); ok {
		prompt.Say(l.welcome())
	}
	stopped := make(chan error, 1)
	go func() { stopped <- watchRules(ctx, watcher) }()
	err = a.run(ctx, leave)
	leave()
	if err == nil {
		o.Log.Info("stopped")
	}
	return errors.Join(err, <-stopped)
}

// welcome is what a person at the prompt reads first: silence is no fault.
func (l *loaded) welcome() bot.Message {
	return bot.Message{Blocks: []bot.Block{bot.Para(bot.Text(fmt.Sprintf(
		"%s, %s. What a feed holds at its very first poll is not told, only what follows. Try: help · status · feeds · search WORDS. Ctrl-D leaves.",
		counted(len(l.feeds), "feed", "feeds"), counted(len(l.rules.Watches), "watch", "watches"))))}}
}

// options are the app's, as the config asks for.
func (l *loaded) options(db *store.Store, set *rules.Set, platforms []bot.Platform, log *slog.Logger) appOptions {
	return appOptions{
		Log: log, Store: db, Feeds: l.feeds, Fetch: l.fetchOptions(), Workers: l.Fetch.Workers,
		Rules: set, Platforms: platforms, AdminRoom: bot.Room(l.AdminRoom.Value), Role: l.roles(platforms), Keep: l.Keep, Backlog: l.Backlog, Patience: oncePatience, Model: l.model,
		Roles: l.explainRoles(platforms), RoomsOf: roomsOf(platforms),
	}
}

// chats opens every chat platform that the config has a section for. current gives the rules in
// force; close ends what was opened, also after an error.
func (l *loaded) chats(ctx context.Context, db *store.Store, log *slog.Logger, current func() *rules.Rules) (all []bot.Platform, closeAll func() error, err error) {
	closeAll = func() error { return nil }
	if l.Slack.Given() {
		p, err := slack.Open(l.slack, slack.Options{Log: log, Rooms: func() []bot.Room { return l.rooms(current()) }})
		if err != nil {
			return nil, closeAll, fmt.Errorf("slack: %w", err)
		}
		all = append(all, p)
	}
	if l.Matrix.Given() {
		p, err := l.openMatrix(ctx, db, log, current)
		if err != nil {
			return nil, closeAll, fmt.Errorf("matrix: %w", err)
		}
		all, closeAll = append(all, p), p.Close
	}
	return all, closeAll, nil
}

// rooms are all rooms that the rules and the config name.
func (l *loaded) rooms(r *rules.Rules) []bot.Room {
	var out []bot.Room
	add := func(list ...string) {
		for _, r := range list {
			if r != "" && !slices.Contains(out, bot.Room(r)) {
				out = append(out, bot.Room(r))
			}
		}
	}
	add(values(l.Notify)...)
	add(l.AdminRoom.Value)
	for _, w := range r.Watches {
		add(w.Notify...)
	}
	return out
}

// terminal opens the console. It has a prompt when we run at a terminal; the log is then shown
// above it.
func (l *loaded) terminal(stderr io.Writer) (p bot.Platform, logTo io.Writer, closeAll func() error, err error) {
	if !isTerminal(os.Stdin) || !isTerminal(os.Stdout) {
		p, err := console.Open(l.console, os.Stdout, terminalStyle(os.Stdout), nil)
		if err != nil {
			return nil, nil, nil, err
		}
		return p, stderr, p.Close, nil
	}
	prompt, restore, err := console.NewPrompt(l.console, os.Stdin, os.Stdout, wantsColor(os.Stdout), commandNames())
	if err != nil {
		return nil, nil, nil, err
	}
	return prompt, prompt, func() error { restore(); return prompt.Close() }, nil
}

func commandNames() []string {
	var names []string
	for _, c := range bot.NewDesk(bot.DeskOptions{}).Commands {
		names = append(names, c.Name)
	}
	return names
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// wantsColor follows https://no-color.org and leaves pipes without colour.
func wantsColor(f *os.File) bool {
	return isTerminal(f) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// terminalStyle gives how messages look on w, asked anew each time since terminals change.
func terminalStyle(w io.Writer) func() console.Style {
	f, ok := w.(*os.File)
	if !ok || !isTerminal(f) {
		return func() console.Style { return console.Style{Width: 100} }
	}
	color := wantsColor(f)
	return func() console.Style {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil || width < 20 {
			width = 80
		}
		return console.Style{Width: min(width, 110), Color: color}
	}
}

// watchRules keeps the rules in force as the files say, until ctx ends: on every change, on SIGHUP
// and on the command reload.
func watchRules(ctx context.Context, w *rules.Watcher) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	for {
		select {
		case err := <-done:
			return err
		case <-hangup:
			_, _ = w.Reload(ctx) // what came of it is told by useRules
		}
	}
}

// useRules puts reloaded rules into force, and gives those that were. Rules that were refused leave
// the last good ones there.
func (a *app) useRules(r rules.Reload) (before *rules.Set) {
	if len(r.Problems) > 0 {
		said := r.String()
		a.rejected.Store(&said)
		return a.rulebook()
	}
	a.rejected.Store(nil)
	return a.rules.Swap(r.Rules.Set())
}

// tellReload tells the admins' room what came of a reload: why rules were refused, or what the
// change would have meant over the archive.
func (a *app) tellReload(ctx context.Context, r rules.Reload, before *rules.Set) {
	if a.AdminRoom == "" {
		return
	}
	m := bot.Message{Blocks: []bot.Block{bot.Para(bot.Text(r.String()))}}
	if len(r.Problems) > 0 {
		m.Blocks = append(m.Blocks, bot.Block{Kind: bot.Code, Spans: []bot.Span{bot.Text(r.Problems.Error())}})
	} else {
		m.Blocks = append(m.Blocks, a.reloadDiff(ctx, before, r.Rules.Set())...)
	}
	now := a.Now()
	err := a.Store.Owe(context.WithoutCancel(ctx), bot.Delivery{
		Key: fmt.Sprintf("notice|rules|%d", now.UnixNano()), Room: a.AdminRoom, Kind: bot.KindNotice,
		State: bot.StateReady, Created: now, NextTry: now, Message: &m,
	})
	if err != nil {
		a.Log.Error("admins not told of the reload", "err", err)
	}
	a.deliverer.Wake()
}
