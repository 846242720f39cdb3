package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/rules"
)

func newMatchCommand() *cobra.Command {
	var paths []string
	var all bool
	cmd := &cobra.Command{
		Use:   "match --rules PATH… [--all] [FILE|-]",
		Short: "Print which watches each item satisfies, and by what words",
		Long: `Match reads items, one JSON object a line, and prints for each one that a watch wants: id, and
matches: the watch, the role of each term group (title, lead, body or background), and the
evidence: field, byte offsets into the field as given, and the words that stand there.

Items that match nothing print nothing, unless --all is given. Conditions on age are judged as of
when the item was seen, or now for an item that does not say. Tests in the rule files are not run.`,
		Example: "  tocsin parse https://example.org/feed.xml | tocsin match --rules rules/",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			// --rules a.yaml b.yaml: the paths after the first are arguments to cobra.
			for len(args) > 0 && isRulePath(args[0]) {
				paths, args = append(paths, args[0]), args[1:]
			}
			if err := cobra.MaximumNArgs(1)(cmd, args); err != nil {
				return err
			}
			if len(paths) == 0 {
				return &usageError{errors.New("--rules is missing"), "name rule files or folders: --rules rules/"}
			}
			r, err := rules.Load(paths, rules.Options{SkipTests: true})
			if err != nil {
				return reported(cmd, err)
			}
			in, name, err := openLines(cmd, args)
			if err != nil {
				return err
			}
			defer in.Close()
			return matchLines(r.Set(), all, in, cmd.OutOrStdout(), cmd.ErrOrStderr(), name)
		},
	}
	cmd.Flags().StringSliceVar(&paths, "rules", nil, "rule `file` or folder (may be repeated)")
	cmd.Flags().BoolVar(&all, "all", false, "print items that match nothing as well")
	return cmd
}

// isRulePath tells rule files and folders from files of items.
func isRulePath(path string) bool {
	ext := filepath.Ext(path)
	info, err := os.Stat(path)
	return ext == ".yaml" || ext == ".yml" || err == nil && info.IsDir()
}

// matchLine is what `tocsin match` prints. Its shape is public.
type matchLine struct {
	ID      string      `json:"id"`
	Matches []matchJSON `json:"matches"`
}

type matchJSON struct {
	Watch    string            `json:"watch"`
	Roles    map[string]string `json:"roles"`
	Evidence []evidenceJSON    `json:"evidence"`
}

type evidenceJSON struct {
	Field string `json:"field"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text"`
}

// matchLines matches the items of in.
func matchLines(set *rules.Set, all bool, in io.Reader, out, problems io.Writer, name string) error {
	w := newJSONLines(out)
	var matches []rules.Match
	return eachLine(in, problems, name, func(l *itemLine) error {
		if l.Seen.IsZero() {
			l.Seen = time.Now().UTC()
		}
		matches = set.Match(matches[:0], &l.Item)
		if len(matches) == 0 && !all {
			return nil
		}
		line := matchLine{ID: l.ID, Matches: []matchJSON{}}
		for i := range matches {
			line.Matches = append(line.Matches, matchOf(&matches[i]))
		}
		return w.write(line)
	})
}

func matchOf(m *rules.Match) matchJSON {
	out := matchJSON{Watch: m.Watch.ID, Roles: m.Roles(), Evidence: []evidenceJSON{}}
	for _, g := range m.Groups {
		for _, e := range g.Evidence { // one place may be evidence of several groups
			if place := (evidenceJSON{e.Field, e.Start, e.End, e.Text}); !slices.Contains(out.Evidence, place) {
				out.Evidence = append(out.Evidence, place)
			}
		}
	}
	return out
}
