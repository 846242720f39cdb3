package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/rules/query"
	"github.com/tocsin-bot/tocsin/story/summary"
)

func newSummarizeCommand() *cobra.Command {
	var q string
	var sentences int
	cmd := &cobra.Command{
		Use:   "summarize [--query Q] [--sentences N] [FILE|-]",
		Short: "Print two or three sentences and the key facts of each item",
		Long: `Summarize reads items, one JSON object a line, and prints for each one what it says: id, language,
sentences (word for word from the item), and facts: people, places, organisations, amounts, dates.
An item that is only a title, or says no more than its title, has no sentences.

A line may carry its own "query", a list of terms, and "sentences". The sentence that carries the
terms best is always among those printed.`,
		Example: "  tocsin parse feed.xml | tocsin summarize --query 'Libya AND \"arms deal\"'",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			terms, err := queryTerms(q)
			if err != nil {
				return &usageError{fmt.Errorf("--query: %w", err), "see tocsin help query"}
			}
			if sentences < 0 {
				return &usageError{fmt.Errorf("--sentences %d", sentences), "give how many sentences at most, or 0 for the default"}
			}
			in, name, err := openLines(cmd, args)
			if err != nil {
				return err
			}
			defer in.Close()
			out := newJSONLines(cmd.OutOrStdout())
			opt := summary.Options{Query: terms, Sentences: sentences}
			return eachLine(in, cmd.ErrOrStderr(), name, func(l *summarizeLine) error {
				return out.write(summarizeItem(l, opt))
			})
		},
	}
	cmd.Flags().StringVar(&q, "query", "", "what the reader is after: a query as in a watch, or just words")
	cmd.Flags().IntVar(&sentences, "sentences", 0, "how many sentences at most (default 3, and 2 for a short text)")
	return cmd
}

// summarizeLine is an item with what its summary is for.
type summarizeLine struct {
	itemLine
	Query     []string `json:"query"`
	Sentences int      `json:"sentences"`
}

func (l *summarizeLine) check() error {
	if l.Sentences < 0 {
		return fmt.Errorf(`"sentences" is %d, want a number above 0`, l.Sentences)
	}
	return l.itemLine.check()
}

// summaryLine is what `tocsin summarize` prints. Its shape is public.
type summaryLine struct {
	ID        string       `json:"id"`
	Language  string       `json:"language"` // empty when it cannot be told
	Sentences []string     `json:"sentences"`
	Facts     summaryFacts `json:"facts"`
}

// summaryFacts are facts as they stand in the text, dates resolved to ISO 8601.
type summaryFacts struct {
	People        []string            `json:"people"`
	Places        []string            `json:"places"`
	Organisations []string            `json:"organisations"`
	Amounts       []string            `json:"amounts"`
	Dates         []string            `json:"dates"`
	Money         []money             `json:"money,omitempty"`
	Classes       map[string][]string `json:"classes,omitempty"`
}

// money is an amount in numbers, so that scripts need not read "4 milyar dolar".
type money struct {
	Text     string  `json:"text"`
	Value    float64 `json:"value"`
	Currency string  `json:"currency"`
}

func summarizeItem(l *summarizeLine, opt summary.Options) summaryLine {
	if len(l.Query) > 0 {
		opt.Query = l.Query
	}
	if l.Sentences > 0 {
		opt.Sentences = l.Sentences
	}
	s := summary.Summarize([]summary.Source{summary.FromItem(&l.Item)}, opt)
	out := summaryLine{ID: l.ID, Language: s.Language, Sentences: []string{}, Facts: factLine(s.Facts)}
	for _, x := range s.Sentences {
		out.Sentences = append(out.Sentences, x.Text)
	}
	return out
}

func factLine(f summary.Facts) summaryFacts {
	out := summaryFacts{
		People: nameTexts(f.People), Places: nameTexts(f.Places), Organisations: nameTexts(f.Organisations),
		Amounts: []string{}, Dates: []string{},
	}
	for _, a := range f.Amounts {
		out.Amounts = append(out.Amounts, a.Text)
		if a.Money() {
			out.Money = append(out.Money, money{a.Text, a.Value, a.Unit})
		}
	}
	for _, d := range f.Dates {
		out.Dates = append(out.Dates, d.String())
	}
	for class, names := range f.Classes {
		if out.Classes == nil {
			out.Classes = map[string][]string{}
		}
		out.Classes[class] = nameTexts(names)
	}
	return out
}

func nameTexts(names []summary.Name) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n.Text
	}
	return out
}

// queryTerms gives the words and phrases that a query asks for, those that it excludes left out.
func queryTerms(q string) ([]string, error) {
	if strings.TrimSpace(q) == "" {
		return nil, nil
	}
	parsed, err := query.Parse(q)
	if err != nil {
		return nil, err
	}
	var terms []string
	query.Walk(parsed.Root, func(n query.Node) bool {
		switch n := n.(type) {
		case *query.Not:
			return false
		case *query.Term:
			terms = append(terms, n.Text)
		case *query.Phrase:
			terms = append(terms, n.Text)
		}
		return true
	})
	return terms, nil
}
