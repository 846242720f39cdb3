package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
)

func newEntitiesCommand() *cobra.Command {
	f := &ruleFlags{}
	cmd := &cobra.Command{
		Use:   "entities",
		Short: "Work with names in every spelling and script",
	}
	cmd.PersistentFlags().StringSliceVar(&f.paths, "rules", nil, "rule `file` or folder (may be repeated; default: those of the config, else rules/)")
	cmd.PersistentFlags().StringVar(&f.config, "config", "tocsin.yaml", "config `file` that names the rules")
	cmd.AddCommand(newEntitiesSuggestCommand(f))
	return cmd
}

func newEntitiesSuggestCommand(f *ruleFlags) *cobra.Command {
	var a archive
	var asJSON bool
	var least int
	cmd := &cobra.Command{
		Use:   "suggest NAME",
		Short: "List spellings in the archive that the entity does not have",
		Long: `Suggest looks in an archive of items, that of the bot unless --from is given, for words that may be
another spelling of an entity: they have the consonants of one of its names, in any script, or are
spelled almost alike and stand beside the words that stand beside its names. Each comes with how many
items hold it. Add those that are right to the names of the entity's file.`,
		Example: "  tocsin entities suggest haftar --from items.jsonl",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := f.load(cmd, nil, rules.Options{SkipTests: true})
			if err != nil {
				return err
			}
			if slices.Contains(a.from, "-") {
				return errors.New("suggest reads the archive twice: give it a file, not standard input")
			}
			name := strings.TrimPrefix(args[0], "@")
			s, ok := r.NewSuggester(name)
			if !ok {
				return fmt.Errorf("there is no entity and no list called %s", name)
			}
			if err := a.each(cmd, "learn", func(it *feeds.Item) error { s.Learn(it); return nil }); err != nil {
				return err
			}
			if err := a.each(cmd, "look", func(it *feeds.Item) error { s.Look(it); return nil }); err != nil {
				return err
			}
			var found []rules.Suggestion
			for _, x := range s.Suggestions() {
				if x.Count >= least {
					found = append(found, x)
				}
			}
			out := cmd.OutOrStdout()
			if asJSON {
				return encodeLines(out, found)
			}
			for _, x := range found {
				beside := ""
				if len(x.Beside) > 0 {
					beside = ", beside " + strings.Join(x.Beside, ", ")
				}
				fmt.Fprintf(out, "%s  %s%s\n    %s\n", x.Spelling, count(x.Count, "item", "items"), beside, plainLine(x.Example))
			}
			if len(found) == 0 {
				fmt.Fprintln(out, "nothing in the archive looks like another spelling")
			}
			return nil
		},
	}
	a.flags(cmd, &f.config)
	cmd.Flags().IntVar(&least, "least", 1, "how many items must hold a spelling")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}
