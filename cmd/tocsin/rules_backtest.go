package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
)

func newRulesBacktestCommand(f *ruleFlags) *cobra.Command {
	var a archive
	var samples int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "backtest [WATCH…]",
		Short: "Count what watches would have told over an archive",
		Long: `Backtest runs the watches over an archive of items, that of the bot unless --from is given, and
prints for each one how many items match, how many stories and so alerts they make, how many alerts
a day, how they spread over priorities, and the stories with the most items. Items are grouped into
stories as the bot does it.

A watch that matches nothing is dead on the archive; one that goes over its budget says so. Mutes,
quiet times and min_origins are left out of account.`,
		Example: "  tocsin rules backtest libya-pakistan-arms --from items.jsonl --since 30d",
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := f.load(cmd, nil, rules.Options{SkipTests: true})
			if err != nil {
				return err
			}
			for _, id := range args {
				if r.Watch(id) == nil {
					return fmt.Errorf("there is no watch %s (`tocsin rules list` shows them all)", id)
				}
			}
			b := rules.NewBacktest(newStoryGrouper(), nil, r.Set())
			if err := a.each(cmd, "backtest", func(it *feeds.Item) error { b.Add(it); return nil }); err != nil {
				return err
			}
			reports := b.Reports(0, samples)
			if len(args) > 0 {
				reports = slicesOf(reports, args)
			}
			if asJSON {
				return encodeLines(cmd.OutOrStdout(), reports)
			}
			printBacktest(cmd.OutOrStdout(), b, r, reports)
			return nil
		},
	}
	a.flags(cmd, &f.config)
	cmd.Flags().IntVar(&samples, "samples", 5, "how many stories to show of each watch")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func slicesOf(reports []rules.Report, ids []string) (some []rules.Report) {
	for _, r := range reports {
		for _, id := range ids {
			if r.Watch == id {
				some = append(some, r)
				break
			}
		}
	}
	return some
}

func encodeLines[T any](out io.Writer, values []T) error {
	w := newJSONLines(out)
	for _, v := range values {
		if err := w.write(v); err != nil {
			return err
		}
	}
	return nil
}

// emptyArchive is said in the place of figures that would mean nothing.
const emptyArchive = "there are no items to look at: let the bot run for a while, give a file with --from, or a longer --since"

func printBacktest(out io.Writer, b *rules.Backtest, r *rules.Rules, reports []rules.Report) {
	if b.Items() == 0 {
		fmt.Fprintln(out, emptyArchive)
		return
	}
	fmt.Fprintf(out, "%s", count(b.Items(), "item", "items"))
	if b.Days() > 0 {
		fmt.Fprintf(out, " over %.1f days", b.Days())
	}
	fmt.Fprintln(out)
	for _, rep := range reports {
		fmt.Fprintf(out, "\n%s: %s\n", rep.Watch, reportLine(&rep, b.Days() > 0))
		if rep.Items == 0 {
			continue
		}
		var by []string
		for p := rules.Urgent; p >= rules.Low; p-- {
			if n := rep.Priorities[p]; n > 0 {
				by = append(by, fmt.Sprintf("%d %s", n, p))
			}
		}
		fmt.Fprintf(out, "  priority: %s\n", strings.Join(by, ", "))
		w := r.Watch(rep.Watch)
		if rep.OverBudget > 0 {
			fmt.Fprintf(out, "  over its budget of %s on %s\n", w.Budget, count(rep.OverBudget, "day", "days"))
		}
		if w.MinOrigins > 1 {
			fmt.Fprintf(out, "  stories of fewer than %d origins are counted here, and would not be told\n", w.MinOrigins)
		}
		printSamples(out, "  ", rep.Samples)
	}
}

func reportLine(r *rules.Report, dated bool) string {
	if r.Items == 0 {
		return "matches nothing here"
	}
	s := fmt.Sprintf("%s, %s", count(r.Items, "item", "items"), count(r.Stories, "story", "stories"))
	if dated {
		s += fmt.Sprintf(", %s alerts a day, at most %d on one day", perDay(r.PerDay), r.MostADay)
	}
	return s
}

func perDay(f float64) string {
	switch {
	case f == 0:
		return "0"
	case f < 0.1:
		return fmt.Sprintf("%.3f", f)
	case f < 10:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}

func printSamples(out io.Writer, indent string, samples []rules.Sample) {
	for _, s := range samples {
		at := "          "
		if !s.Time.IsZero() {
			at = s.Time.Format(time.DateOnly)
		}
		more := ""
		if s.Items > 1 {
			more = fmt.Sprintf(" (%d items)", s.Items)
		}
		fmt.Fprintf(out, "%s%s  %-6s  %s%s\n", indent, at, s.Priority, plainLine(s.Title), more)
	}
}

// plainLine makes a title from the web fit for one line of a terminal.
func plainLine(s string) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x200e && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, s))
	if len(runes) > 120 {
		runes = append(runes[:119], '…')
	}
	return string(runes)
}
