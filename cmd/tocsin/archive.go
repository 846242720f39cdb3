package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tocsin-bot/tocsin/config"
	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/store"
	"github.com/tocsin-bot/tocsin/story"
)

// archive is where commands that look back take their items from: files of JSON Lines, or the
// store.
type archive struct {
	from   []string
	since  string
	config *string
}

func (a *archive) flags(cmd *cobra.Command, config *string) {
	a.config = config
	cmd.Flags().StringSliceVar(&a.from, "from", nil, "`file` of items, one JSON object a line; - is standard input (may be repeated)")
	cmd.Flags().StringVar(&a.since, "since", "", "only items of the last `while`, such as 30d")
}

// each calls do for every item of the archive. A line that is no item is reported, and the rest
// goes on.
func (a *archive) each(cmd *cobra.Command, what string, do func(*feeds.Item) error) error {
	var since time.Time
	if a.since != "" {
		d, err := strict.ParseDuration(a.since)
		if err != nil {
			hint := "write 12h, 30d or 4w"
			if h, ok := err.(interface{ Hint() string }); ok {
				hint = h.Hint()
			}
			return &usageError{fmt.Errorf("--since: %w", err), hint}
		}
		since = time.Now().Add(-d)
	}
	if len(a.from) == 0 {
		return a.stored(cmd, what, since, do)
	}
	for _, path := range a.from {
		if err := a.file(cmd, path, what, since, do); err != nil {
			return err
		}
	}
	return nil
}

// stored reads the items of the store that the config names, in the order in which they were seen,
// beside a bot that may be running.
func (a *archive) stored(cmd *cobra.Command, what string, since time.Time, do func(*feeds.Item) error) (err error) {
	if _, err := os.Stat(*a.config); err != nil {
		return fmt.Errorf("say where the items are: --from items.jsonl, as `tocsin parse` prints them, or --config FILE: %w", err)
	}
	c, problems := config.Load(*a.config, func(strict.Problem) {})
	if len(problems) > 0 {
		return reported(cmd, problems)
	}
	db, err := store.Open(cmd.Context(), c.Database, store.ReadOnly())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	counts, err := db.Counts(cmd.Context(), time.Now())
	if err != nil {
		return err
	}
	bar := newProgress(cmd.ErrOrStderr(), int64(counts.Items), what, false)
	defer bar.done()
	for it, err := range db.Items(cmd.Context(), since) {
		if err != nil {
			return err
		}
		bar.add(1)
		if err := do(&it); err != nil {
			return err
		}
	}
	return nil
}

func (a *archive) file(cmd *cobra.Command, path, what string, since time.Time, do func(*feeds.Item) error) error {
	in, name, err := openLines(cmd, []string{path})
	if err != nil {
		return err
	}
	defer in.Close()
	size := int64(-1)
	if f, ok := in.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
	}
	bar := newProgress(cmd.ErrOrStderr(), size, what, true)
	defer bar.done()
	return eachLine(bar.reader(in), cmd.ErrOrStderr(), name, func(l *itemLine) error {
		if at := l.Time(); !since.IsZero() && (at.IsZero() || at.Before(since)) {
			return nil
		}
		return do(&l.Item)
	})
}

// progress is a bar on a terminal, and nothing elsewhere.
type progress struct{ bar *progressbar.ProgressBar }

func newProgress(w io.Writer, size int64, what string, bytes bool) progress {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return progress{}
	}
	return progress{progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
		progressbar.OptionShowBytes(bytes), progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(true))}
}

func (p progress) reader(in io.Reader) io.Reader {
	if p.bar == nil {
		return in
	}
	r := progressbar.NewReader(in, p.bar)
	return &r
}

func (p progress) add(n int) {
	if p.bar != nil {
		_ = p.bar.Add(n) // a terminal that went away needs no bar
	}
}

func (p progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// storyGrouper groups the items of a backtest as the bot does.
type storyGrouper struct {
	index *story.Index
	key   int64
}

// newGrouper makes the grouper of tests that count stories.
func newGrouper() rules.Grouper { return newStoryGrouper() }

func newStoryGrouper() *storyGrouper { return &storyGrouper{index: story.NewIndex(story.Options{})} }

func (g *storyGrouper) Learn(it *feeds.Item) { g.index.Learn(it) }

func (g *storyGrouper) Place(it *feeds.Item) int64 {
	g.key++
	placed := *it
	placed.Key = g.key
	return g.index.Place(&placed).Story
}
