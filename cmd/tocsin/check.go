package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/store"
)

func newCheckCommand() *cobra.Command {
	var online bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look over the config, the rules and their tests",
		Long: `Check reads the config and the rule files, runs the tests of the watches, and reports every problem
with file, line, column and a hint. With --online it also asks every feed. It changes nothing.`,
		Args: cobra.NoArgs,
	}
	path := configFlag(cmd)
	cmd.Flags().BoolVar(&online, "online", false, "also fetch every feed")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		l, err := loadAll(*path, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		tests := "no rule test"
		if n := len(l.rules.Tests); n > 0 {
			tests = counted(n, "rule test passes", "rule tests pass")
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s is in order: %s, %s; %s\n", *path, counted(len(l.feeds), "feed", "feeds"),
			counted(len(l.rules.Watches), "watch", "watches"), tests)
		if online {
			return checkOnline(cmd.Context(), l, cmd.OutOrStdout())
		}
		return nil
	}
	return cmd
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// checkOnline asks every feed and prints one line for each that fails.
func checkOnline(ctx context.Context, l *loaded, out io.Writer) error {
	fetcher := feeds.NewFetcher(l.fetchOptions())
	defer fetcher.Close()
	trials := make([]*feeds.Trial, len(l.feeds))
	var running sync.WaitGroup
	slots := make(chan struct{}, l.Fetch.Workers)
	for i, f := range l.feeds {
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			trials[i] = fetcher.Try(ctx, f.URL)
		})
	}
	running.Wait()
	failing, causes := 0, map[string]int{}
	for i, t := range trials {
		switch {
		case t.Err != nil:
			failing++
			causes[causeOf(t.Err)]++
			fmt.Fprintf(out, "%s: %v\n", l.feeds[i].Name, t.Err)
		case t.FoundAt != "":
			failing++
			causes["the address is a web page that names its feed"]++
			fmt.Fprintf(out, "%s: the address is a web page; its feed is %s\n", l.feeds[i].Name, t.FoundAt)
		case t.Moved != "":
			fmt.Fprintf(out, "%s: moved for good to %s\n", l.feeds[i].Name, feeds.Redact(t.Moved))
		}
	}
	fmt.Fprintf(out, "%d of %d feeds answer\n", len(trials)-failing, len(trials))
	if failing > manyFailing {
		for _, cause := range slices.SortedFunc(maps.Keys(causes), func(a, b string) int {
			return cmp.Or(causes[b]-causes[a], strings.Compare(a, b))
		}) {
			fmt.Fprintf(out, "%6d: %s\n", causes[cause], cause)
		}
	}
	if failing > 0 {
		return errReported
	}
	return nil
}

// manyFailing is how many failing feeds can be taken in at a glance; of more it is said how many there
// are of each cause.
const manyFailing = 20

// causeOf gives the failure of a trial without what is particular to one feed.
func causeOf(err error) string {
	var failure *feeds.FetchError
	if errors.As(err, &failure) {
		return failure.Failure.Sentence()
	}
	return err.Error()
}

func newStatusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what the database knows: feeds, items, alerts, what is owed",
		Long: `Status reads the database of a bot, also while it runs, and prints the figures that the chat
command status gives. It exits with status 1 when a message is parked or refused, a feed fails, or
nothing is polled any more.`,
		Args: cobra.NoArgs,
	}
	path := configFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		l, inRules, err := load(*path, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		db, err := store.Open(cmd.Context(), l.Database, store.ReadOnly())
		if err != nil {
			return err
		}
		defer func() {
			if closing := db.Close(); err == nil {
				err = closing
			}
		}()
		return l.printStatus(cmd.Context(), db, inRules, cmd.OutOrStdout())
	}
	return cmd
}
