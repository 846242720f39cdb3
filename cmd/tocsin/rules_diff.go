package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
)

func newRulesDiffCommand(f *ruleFlags) *cobra.Command {
	var a archive
	var samples int
	var asJSON bool
	var goodFile string
	cmd := &cobra.Command{
		Use:   "diff [GIT-REV|FILE|FOLDER]",
		Short: "Show over an archive what a change of the rules changes",
		Long: `Diff runs the rules as they were and as they are over an archive of items, that of the bot unless
--from is given, and prints for each watch that tells something else: alerts a day before and after,
stories gained and lost, with samples.
As they were is a git revision of the rule files (default HEAD), or another file or folder.

The exit status is 1 when a watch goes over its budget on more days than before, or when a story is
lost that a person called useful: --good names a file with the ids of such items, one a line.`,
		Example: "  tocsin rules diff HEAD~1 --from items.jsonl\n  tocsin rules diff old-rules/ --from items.jsonl --good good.txt",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, o, err := f.options(nil, rules.Options{SkipTests: true})
			if err != nil {
				return reported(cmd, err)
			}
			after, err := rules.Load(paths, o)
			if err != nil {
				return reported(cmd, err)
			}
			rev := "HEAD"
			if len(args) > 0 {
				rev = args[0]
			}
			before, err := loadBefore(cmd, rev, paths, o)
			if err != nil {
				return fmt.Errorf("the rules as they were: %w", err)
			}
			good, err := readGood(goodFile)
			if err != nil {
				return err
			}
			b := rules.NewBacktest(newStoryGrouper(), func(it *feeds.Item) bool { return good[it.ID] }, before.Set(), after.Set())
			if err := a.each(cmd, "diff", func(it *feeds.Item) error { b.Add(it); return nil }); err != nil {
				return err
			}
			diffs := b.Diffs(samples)
			if asJSON {
				err = encodeLines(cmd.OutOrStdout(), diffs)
			} else {
				printDiffs(cmd.OutOrStdout(), b, diffs)
			}
			if err != nil {
				return err
			}
			return diffVerdict(diffs)
		},
	}
	a.flags(cmd, &f.config)
	cmd.Flags().IntVar(&samples, "samples", 5, "how many gained and lost stories to show of each watch")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	cmd.Flags().StringVar(&goodFile, "good", "", "`file` with the ids of items that must not be lost, one a line")
	return cmd
}

func readGood(path string) (map[string]bool, error) {
	good := map[string]bool{}
	if path == "" {
		return good, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--good: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if id := strings.TrimSpace(lines.Text()); id != "" {
			good[id] = true
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("--good: read %s: %w", path, err)
	}
	return good, nil
}

func printDiffs(out io.Writer, b *rules.Backtest, diffs []rules.Diff) {
	if b.Items() == 0 {
		fmt.Fprintln(out, emptyArchive)
		return
	}
	fmt.Fprintf(out, "%s, %s with a difference\n", count(b.Items(), "item", "items"), count(len(diffs), "watch", "watches"))
	for _, d := range diffs {
		was, is := "new", "gone"
		if d.Before != nil {
			was = reportLine(d.Before, b.Days() > 0)
		}
		if d.After != nil {
			is = reportLine(d.After, b.Days() > 0)
		}
		fmt.Fprintf(out, "\n%s\n  before: %s\n  after:  %s\n", d.Watch, was, is)
		for _, part := range []struct {
			sign, what string
			n          int
			samples    []rules.Sample
		}{{"+", "gained", d.GainedN, d.Gained}, {"-", "lost", d.LostN, d.Lost}, {"!", "lost though useful", len(d.LostGood), d.LostGood}} {
			if part.n > 0 {
				fmt.Fprintf(out, "  %s %s %s\n", part.sign, count(part.n, "story", "stories"), part.what)
				printSamples(out, "    "+part.sign+" ", part.samples)
			}
		}
		if d.OverBudget {
			fmt.Fprintf(out, "  ! over its budget on %s\n", count(d.After.OverBudget, "day", "days"))
		}
	}
}

// diffVerdict says whether the change may go live.
func diffVerdict(diffs []rules.Diff) error {
	var bad []string
	for _, d := range diffs {
		if len(d.LostGood) > 0 {
			bad = append(bad, fmt.Sprintf("%s loses %s that a person called useful", d.Watch, count(len(d.LostGood), "story", "stories")))
		}
		if d.OverBudget {
			bad = append(bad, d.Watch+" goes over its budget")
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return errors.New(strings.Join(bad, "; "))
}
