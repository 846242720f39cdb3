package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/rules/query"
)

func newRulesWhyCommand(f *ruleFlags) *cobra.Command {
	var a archive
	var allow, watches []string
	cmd := &cobra.Command{
		Use:   "why ITEM|URL",
		Short: "Explain which watches an item satisfies, and why the others do not match",
		Long: `Why takes an item and says of each watch, part by part, what was met and by which words in which
place, what was not, and which word came nearest.

The item is an id or address in the archive, or else the address of a page, which is fetched.`,
		Example: "  tocsin rules why https://example.org/news/1\n  tocsin rules why guid-17 --from items.jsonl --watch libya-pakistan-arms",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := f.load(cmd, nil, rules.Options{SkipTests: true})
			if err != nil {
				return err
			}
			for _, id := range watches {
				if r.Watch(id) == nil {
					return fmt.Errorf("there is no watch %s (`tocsin rules list` shows them all)", id)
				}
			}
			it, err := findItem(cmd, &a, args[0], allow)
			if err != nil {
				return err
			}
			printWhy(cmd.OutOrStdout(), r, it, watches)
			return nil
		},
	}
	a.flags(cmd, &f.config)
	cmd.Flags().StringSliceVar(&watches, "watch", nil, "explain this watch only (may be repeated)")
	allowFlag(cmd, &allow)
	return cmd
}

var errFound = errors.New("found")

// findItem finds an item in the archive by its id or address, or fetches the page.
func findItem(cmd *cobra.Command, a *archive, name string, allow []string) (*feeds.Item, error) {
	if _, err := os.Stat(*a.config); len(a.from) > 0 || err == nil {
		var found *feeds.Item
		err := a.each(cmd, "look for the item", func(it *feeds.Item) error {
			if it.ID == name || it.URL == name {
				found = it
				return &outputError{errFound} // the only error that ends the reading
			}
			return nil
		})
		if found != nil {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
	}
	if !isURL(name) {
		return nil, fmt.Errorf("there is no item %q (give an id or address that the archive has, or the address of a page)", name)
	}
	resp, err := fetchOnce(cmd.Context(), name, allow)
	if err != nil {
		return nil, err
	}
	article, err := feeds.Extract(feeds.UTF8(resp.Body, resp.ContentType), resp.URL)
	if err != nil {
		return nil, fmt.Errorf("extract the article of %s: %w", name, err)
	}
	it := &feeds.Item{ID: name, URL: name, Title: article.Title, Text: article.Text, Language: article.Language, Published: article.Published}
	if article.Byline != "" {
		it.Authors = []string{article.Byline}
	}
	return it, nil
}

// printWhy explains watches, those that match first.
func printWhy(out io.Writer, r *rules.Rules, it *feeds.Item, only []string) {
	if it.Seen.IsZero() {
		it.Seen = it.Time()
	}
	fmt.Fprintf(out, "%s\n", plainLine(it.Title))
	set := r.Set()
	matched := map[string]bool{}
	for _, m := range set.Match(nil, it) {
		matched[m.Watch.ID] = true
		if wanted(only, m.Watch.ID) {
			because := ""
			if m.Reason != "" {
				because = " because " + m.Reason
			}
			fmt.Fprintf(out, "\n%s matches, priority %s%s\n", m.Watch.ID, m.Priority, because)
			printParts(out, set, m.Watch.ID, it)
		}
	}
	for _, w := range r.Watches {
		if !matched[w.ID] && wanted(only, w.ID) {
			fmt.Fprintf(out, "\n%s does not match\n", w.ID)
			if w.Covers(it.Feed, it.Tags, it.Language) {
				printParts(out, set, w.ID, it)
			} else {
				fmt.Fprintf(out, "  %s\n", set.Miss(w.ID, it))
			}
		}
	}
}

func wanted(only []string, id string) bool {
	for _, o := range only {
		if o == id {
			return true
		}
	}
	return len(only) == 0
}

// printParts tells of each part of a watch's query how it fared.
func printParts(out io.Writer, set *rules.Set, id string, it *feeds.Item) {
	e, _ := set.Explain(id, it)
	for _, v := range e.Verdicts {
		sign := "-"
		if v.Met {
			sign = "+"
		}
		fmt.Fprintf(out, "  %s %s: %s\n", sign, v.Name, verdictWords(&v))
	}
}

func verdictWords(v *query.Verdict) string {
	var words []string
	for _, e := range v.Group.Evidence {
		place := e.Field
		if e.Paragraph > 0 {
			place = fmt.Sprintf("paragraph %d", e.Paragraph)
		}
		if e.Role != query.NoRole && e.Role.String() != e.Field {
			place += ", " + e.Role.String()
		}
		if word := fmt.Sprintf("%s (%s)", plainLine(e.Text), place); len(words) < 5 {
			words = append(words, word)
		}
	}
	switch found := strings.Join(words, " · "); {
	case found != "":
		return found
	case v.Met:
		return "met"
	case v.Unknown:
		return "the item does not tell"
	case v.Closest != nil && text.Fold(v.Closest.Text) == v.Wanted:
		return fmt.Sprintf("not found; only %s is there", plainLine(v.Closest.Text))
	case v.Closest != nil:
		return fmt.Sprintf("not found; %s comes nearest to %s", plainLine(v.Closest.Text), v.Wanted)
	}
	return "not found"
}
