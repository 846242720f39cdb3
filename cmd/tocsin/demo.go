package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/console"
	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
	"github.com/tocsin-bot/tocsin/cmd/tocsin/starter"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/store"
)

const (
	demoPoll  = "@every 1s" // every feed of the demo
	demoStage = 6 * time.Second
	demoWait  = 3 * time.Second // how long the demo's watches gather sources
)

func newDemoCommand() *cobra.Command {
	var fast bool
	var logFile string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See it work on a day of sample news, without network or token",
		Long: `Demo serves a sample newswire on the loopback interface and runs the bot on it: fifteen invented
outlets in five languages publish a day's news in about a minute. The reference watch
libya-pakistan-arms alerts on one event, and stays silent on its near misses. The prompt takes the
chat commands; Ctrl-D leaves. Nothing is kept.

With --fast the day passes at full speed, the alerts are printed, and the program exits.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			log, closeLog, err := demoLog(logFile)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, closeLog()) }()
			if fast {
				return demoFast(cmd.Context(), newswire.Monday(time.Now()), cmd.OutOrStdout(), log)
			}
			return demoLive(cmd.Context(), log)
		},
	}
	cmd.Flags().BoolVar(&fast, "fast", false, "play the whole day at full speed, print the alerts, and exit")
	cmd.Flags().StringVar(&logFile, "log", "", "write the log to this `file`")
	return cmd
}

func demoLog(path string) (*slog.Logger, func() error, error) {
	if path == "" {
		return slog.New(slog.DiscardHandler), func() error { return nil }, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug})), f.Close, nil
}

// demo is a sample newswire with a bot that polls it.
type demo struct {
	wire   *newswire.Wire
	server *newswire.Server
	db     *store.Store
	dir    string
	app    *app
}

// openDemo starts the newswire and wires a bot to it, with everything in a temporary folder.
func openDemo(ctx context.Context, day time.Time, wait time.Duration, platform bot.Platform, log *slog.Logger, now func() time.Time) (d *demo, err error) {
	d = &demo{wire: newswire.New(newswire.Options{Day: day})}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if d.server, err = d.wire.Listen(); err != nil {
		return nil, err
	}
	if d.dir, err = os.MkdirTemp("", "tocsin-demo-"); err != nil {
		return nil, err
	}
	if d.db, err = store.Open(ctx, filepath.Join(d.dir, "demo.db")); err != nil {
		return nil, err
	}
	loaded, err := demoRules(wait)
	if err != nil {
		return nil, err
	}
	proxy, err := url.Parse(d.server.URL)
	if err != nil {
		return nil, err
	}
	d.app, err = newApp(appOptions{
		Log: log, Store: d.db, Feeds: demoFeeds(d.wire), Rules: loaded.Set(), Platforms: []bot.Platform{platform},
		// Every outlet is a host of its own, and the wire is the proxy to all of them.
		Fetch: feeds.FetchOptions{Proxy: proxy, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
		Role:  func(context.Context, bot.Incoming) bot.Role { return bot.Admin },
		Now:   now,
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Close stops the newswire and deletes what the demo stored.
func (d *demo) Close() (err error) {
	if d.db != nil {
		err = d.db.Close()
	}
	if d.server != nil {
		err = errors.Join(err, d.server.Close())
	}
	if d.dir != "" {
		err = errors.Join(err, os.RemoveAll(d.dir))
	}
	return err
}

// demoRules are the starter's rules, told to the console after the given wait.
func demoRules(wait time.Duration) (*rules.Rules, error) {
	dir, err := os.MkdirTemp("", "tocsin-rules-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, starter.Files); err != nil {
		return nil, err
	}
	loaded, err := rules.Load([]string{filepath.Join(dir, "rules")}, rules.Options{Notify: []string{console.Name}, SkipTests: true})
	if err != nil {
		return nil, fmt.Errorf("the starter's rules: %w", err)
	}
	for _, w := range loaded.Watches {
		w.Wait = wait
		if name, err := filepath.Rel(dir, w.Pos.File); err == nil {
			w.Pos.File = name // as `tocsin init` writes it: the folder here is gone in a moment
		}
	}
	return loaded, nil
}

func demoFeeds(w *newswire.Wire) []feeds.Feed {
	var out []feeds.Feed
	for _, f := range w.Feeds("") {
		out = append(out, feeds.Feed{Name: f.Name, URL: f.URL, Outlet: f.Title, Language: f.Language, Schedule: demoPoll, Jitter: -1})
	}
	return out
}

// demoFast plays the day stage by stage, as fast as it can be polled.
func demoFast(ctx context.Context, day time.Time, out io.Writer, log *slog.Logger) (err error) {
	var clock atomic.Pointer[time.Time]
	clock.Store(&day)
	now := func() time.Time { return *clock.Load() }
	style := terminalStyle(out)
	utc := func() console.Style { s := style(); s.Zone = time.UTC; return s }
	terminal, err := console.Open(console.Config{}, out, utc, now)
	if err != nil {
		return err
	}
	const wait = 2 * time.Minute
	d, err := openDemo(ctx, day, wait, terminal, log, now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	for i := range d.wire.Stages() {
		if err := d.playStage(ctx, i, func(at time.Time) { clock.Store(&at) }, wait); err != nil {
			return err
		}
	}
	return nil
}

// playStage publishes one stage, polls it, and delivers what is due, then and after the watches'
// wait.
func (d *demo) playStage(ctx context.Context, stage int, setClock func(time.Time), wait time.Duration) error {
	d.wire.Publish(stage)
	at := d.wire.Stages()[stage].At
	setClock(at)
	for _, f := range d.app.Feeds { // one after the other, so that every day goes by alike
		if _, err := d.app.poller.PollNow(ctx, f.Name); err != nil {
			return err
		}
	}
	if _, err := d.app.poller.PollAll(ctx); err != nil { // nothing new, but the pages behind the items
		return err
	}
	if err := d.app.settle(ctx); err != nil {
		return err
	}
	setClock(at.Add(wait))
	return d.app.settle(ctx)
}

// demoLive publishes the day in about a minute and takes commands meanwhile and afterwards.
func demoLive(ctx context.Context, log *slog.Logger) (err error) {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	prompt, restore, err := console.NewPrompt(console.Config{}, os.Stdin, os.Stdout, wantsColor(os.Stdout), commandNames())
	if err != nil {
		return err
	}
	defer restore()
	d, err := openDemo(ctx, newswire.Monday(time.Now()), demoWait, prompt, log, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	say := func(format string, args ...any) {
		m := bot.Message{Blocks: []bot.Block{bot.Small(bot.Text(fmt.Sprintf(format, args...)))}}
		prompt.Say(m)
	}
	say("A day of sample news from %d outlets in five languages begins; it takes about a minute. "+
		"The watch libya-pakistan-arms listens. Try: help · latest · why · more · sources · search haftar · mute this 2h · status. Ctrl-D leaves.", len(d.app.Feeds))
	published := make(chan struct{})
	go func() {
		defer close(published)
		d.publish(ctx, say)
	}()
	err = d.app.run(ctx, leave)
	leave()
	<-published
	return err
}

// publish brings out stage after stage.
func (d *demo) publish(ctx context.Context, say func(string, ...any)) {
	tick := time.NewTicker(demoStage)
	defer tick.Stop()
	for i, stage := range d.wire.Stages() {
		d.wire.Publish(i)
		say("%s  %s: %d items come out", stage.At.Format("15:04"), stage.Name, len(stage.Items))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	say("The day is over. Ask on, or leave with Ctrl-D.")
}
