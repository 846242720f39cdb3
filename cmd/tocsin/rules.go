package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/config"
	"github.com/tocsin-bot/tocsin/config/strict"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
)

func newRulesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Test, try out and explain watches",
		Long:  rules.Help,
	}
	f := &ruleFlags{}
	cmd.PersistentFlags().StringSliceVar(&f.paths, "rules", nil, "rule `file` or folder (may be repeated; default: those of the config, else rules/)")
	cmd.PersistentFlags().StringVar(&f.config, "config", "tocsin.yaml", "config `file` that names the rules")
	cmd.AddCommand(newRulesTestCommand(f), newRulesLintCommand(f), newRulesListCommand(f), newRulesBacktestCommand(f),
		newRulesDiffCommand(f), newRulesWhyCommand(f), newRulesFmtCommand(f), newRulesSchemaCommand())
	return cmd
}

// ruleFlags say which rules a command is about.
type ruleFlags struct {
	paths  []string
	config string
}

// load loads the rules at args, or else those of the flags.
func (f *ruleFlags) load(cmd *cobra.Command, args []string, o rules.Options) (*rules.Rules, error) {
	paths, o, err := f.options(args, o)
	if err != nil {
		return nil, reported(cmd, err)
	}
	r, err := rules.Load(paths, o)
	return r, reported(cmd, err)
}

// reported prints problems one a line, as editors and scripts read them, and leaves other errors to
// the caller.
func reported(cmd *cobra.Command, err error) error {
	var problems strict.Problems
	if !errors.As(err, &problems) {
		return err
	}
	fmt.Fprintln(cmd.ErrOrStderr(), problems)
	return errReported
}

// options gives the paths of the rules, and what the config says about them.
func (f *ruleFlags) options(args []string, o rules.Options) ([]string, rules.Options, error) {
	o.Grouper = newGrouper
	switch {
	case len(args) > 0:
		return args, o, nil
	case len(f.paths) > 0:
		return f.paths, o, nil
	}
	if _, err := os.Stat(f.config); errors.Is(err, fs.ErrNotExist) && f.config == "tocsin.yaml" {
		return []string{"rules"}, o, nil
	}
	c, problems := config.Load(f.config, func(strict.Problem) {})
	if len(problems) > 0 {
		return nil, o, problems
	}
	var paths []string
	for _, p := range c.Rules {
		paths = append(paths, p.Value)
	}
	for _, n := range c.Notify {
		o.Notify = append(o.Notify, n.Value)
	}
	o.Feeds = []string{}
	for _, feed := range c.Feeds {
		o.Feeds = append(o.Feeds, feed.Name)
	}
	return paths, o, nil
}

func newRulesLintCommand(f *ruleFlags) *cobra.Command {
	var strictly bool
	var a archive
	cmd := &cobra.Command{
		Use:   "lint [FILE…]",
		Short: "Report every problem of the rule files, and what is probably not meant",
		Long: `Lint loads the rule files and prints every problem with file, line, column, cause and a hint, and
warnings of what is allowed and probably not meant: a watch that matches everything, that another
one shadows, that cannot be looked up, or whose priority has a case that never holds. With --from it
also warns of watches that match nothing in an archive, or a great part of it.

The exit status is 1 when there is a problem; with --strict when there is a warning as well.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := f.load(cmd, args, rules.Options{})
			if err != nil {
				return err
			}
			warnings := r.Warnings
			if len(a.from) > 0 {
				b := rules.NewBacktest(nil, nil, r.Set())
				if err := a.each(cmd, "lint", func(it *feeds.Item) error { b.Add(it); return nil }); err != nil {
					return err
				}
				warnings = append(warnings, archiveWarnings(r, b)...)
			}
			out := cmd.OutOrStdout()
			for _, w := range warnings {
				fmt.Fprintf(out, "%s\n", w.Error())
			}
			fmt.Fprintf(out, "%s, %s, %s: no problems, %s\n", count(len(r.Watches), "watch", "watches"), count(len(r.Tests), "test", "tests"),
				count(len(r.Files), "file", "files"), count(len(warnings), "warning", "warnings"))
			if strictly && len(warnings) > 0 {
				return errors.New("there are warnings, and --strict was given")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&strictly, "strict", false, "fail on warnings as well")
	a.flags(cmd, &f.config)
	return cmd
}

// greatPart is the share of an archive that a watch matches only when it is too broad.
const greatPart = 0.05

// archiveWarnings tells of watches that match nothing in the archive, or a great part of it.
func archiveWarnings(r *rules.Rules, b *rules.Backtest) (warnings strict.Problems) {
	for _, report := range b.Reports(0, 0) {
		w := r.Watch(report.Watch)
		share := float64(report.Items) / float64(max(b.Items(), 1))
		switch {
		case report.Items == 0:
			warnings = append(warnings, w.Pos.At(fmt.Sprintf("%s matches none of %s", w.ID, count(b.Items(), "item", "items")),
				"is it dead? `tocsin rules why` shows what is missing"))
		case share > greatPart && w.Budget.Alerts == 0 && w.Wait == 0:
			warnings = append(warnings, w.Pos.At(fmt.Sprintf("%s matches %.0f %% of %s and tells at once, without a limit", w.ID, 100*share, count(b.Items(), "item", "items")),
				"add words that must be there, or a budget such as 12/day"))
		}
	}
	return warnings
}

// count writes a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func newRulesListCommand(f *ruleFlags) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [FILE…]",
		Short: "List all watches",
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := f.load(cmd, args, rules.Options{SkipTests: true})
			if err != nil {
				return err
			}
			if asJSON {
				return listJSON(cmd.OutOrStdout(), r)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "WATCH\tPRIORITY\tNOTIFIES\tTESTS\tTITLE\tFILE")
			for _, watch := range r.Watches {
				priority := watch.Priority.Default.String()
				if len(watch.Priority.When) > 0 {
					priority += " by role"
				}
				notify := strings.Join(watch.Notify, " ")
				if notify == "" {
					notify = "-"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", watch.ID, priority, notify, len(watch.Tests), watch.Title, watch.Pos)
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func listJSON(out io.Writer, r *rules.Rules) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, w := range r.Watches {
		line := struct {
			ID       string         `json:"id"`
			Title    string         `json:"title"`
			Owner    string         `json:"owner,omitempty"`
			Match    string         `json:"match"`
			Priority rules.Priority `json:"priority"`
			Notify   []string       `json:"notify"`
			Budget   string         `json:"budget,omitempty"`
			Tests    int            `json:"tests"`
			File     string         `json:"file"`
			Line     int            `json:"line"`
		}{w.ID, w.Title, w.Owner, w.Query.String(), w.Priority.Default, w.Notify, w.Budget.String(), len(w.Tests), w.Pos.File, w.Pos.Line}
		if line.Notify == nil {
			line.Notify = []string{}
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func newRulesSchemaCommand() *cobra.Command {
	var entities bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of rule files, for editors",
		Long: `Schema prints the JSON Schema of rule files. Write it into a file, and an editor that knows YAML
schemas completes and checks as you type:

  tocsin rules schema > rules.schema.json

with this as the first line of a rule file:

  # yaml-language-server: $schema=rules.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			schema := rules.Schema()
			if entities {
				schema = rules.EntitySchema()
			}
			_, err := cmd.OutOrStdout().Write(schema)
			return err
		},
	}
	cmd.Flags().BoolVar(&entities, "entities", false, "the schema of the files in a folder called entities")
	return cmd
}
