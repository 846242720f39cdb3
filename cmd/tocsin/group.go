package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/story"
)

func newGroupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "group [FILE|-]",
		Short: "Print which items report the same event",
		Long: `Group reads items in the order of their times, one JSON object a line, and prints for each one: id,
story (a number), relation, and for a duplicate duplicate_of, the id of the first item with its text.

new        the first report of an event
update     a report in its own words that joins a story
duplicate  a copy of a text, or of a headline without a text

A line with "role":"background" prints nothing: it only teaches which words are usual. A few
hundred of them for each language make the stories of the first hours much better.`,
		Example: "  tocsin parse https://example.org/feed.xml | tocsin group",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, name, err := openLines(cmd, args)
			if err != nil {
				return err
			}
			defer in.Close()
			return groupLines(in, cmd.OutOrStdout(), cmd.ErrOrStderr(), name)
		},
	}
}

// groupLine is an item, or a text that only teaches word frequencies.
type groupLine struct {
	itemLine
	Role string `json:"role"`
}

func (l *groupLine) check() error {
	switch l.Role {
	case "":
		return l.itemLine.check()
	case "background":
		return nil
	}
	return fmt.Errorf(`"role" is %q, want "background" or nothing`, l.Role)
}

// placedLine is what `tocsin group` prints. Its shape is public.
type placedLine struct {
	ID          string         `json:"id"`
	Story       int64          `json:"story"`
	Relation    story.Relation `json:"relation"`
	DuplicateOf string         `json:"duplicate_of,omitempty"`
}

func groupLines(in io.Reader, out, problems io.Writer, name string) error {
	index := story.NewIndex(story.Options{})
	lines := newJSONLines(out)
	var ids []string // by key, which counts from 1
	return eachLine(in, problems, name, func(l *groupLine) error {
		if l.Language == "" {
			l.Language = text.Language(l.Title+"\n"+l.Text, "")
		}
		if l.Role == "background" {
			index.Learn(&l.Item)
			return nil
		}
		ids = append(ids, l.ID)
		l.Key = int64(len(ids))
		p := index.Place(&l.Item)
		placed := placedLine{ID: l.ID, Story: p.Story, Relation: p.Relation}
		if p.Relation == story.Duplicate {
			placed.DuplicateOf = ids[p.DuplicateOf-1]
		}
		return lines.write(placed)
	})
}
