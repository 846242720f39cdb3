package main

import (
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/rules/query"
)

func TestHelpFitsANarrowTerminal(t *testing.T) {
	t.Parallel()
	const text = `Everything that must survive is in the database, and every step ends in one transaction: a crash
repeats at most one step.

  arm*  *ghazi   * stands for any run of letters, ? for one; within one word, and only within that
                 word
  libya          the word
  short: line
  short: too
  with: [Khalifa]    # one of these must stand in the same item; leave out for a name
                     # that nothing else has
  sqlite3 tocsin.db ".backup copy.db"            also while the bot runs
`
	const want = `Everything that must survive is in the
database, and every step ends in one
transaction: a crash repeats at most one
step.

  arm*  *ghazi   * stands for any run of
                 letters, ? for one;
                 within one word, and
                 only within that word
  libya          the word
  short: line
  short: too
  with: [Khalifa]    # one of these must
                     stand in the same
                     item; leave out for
                     a name that nothing
                     else has
  sqlite3 tocsin.db ".backup copy.db"
      also while the bot runs
`
	if got := fit(text, 40); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if fit(text, 200) != text {
		t.Error("a wide terminal gets another text")
	}
}

func TestUsageListsEveryCommandAndPage(t *testing.T) {
	t.Parallel()
	var look func(*cobra.Command)
	look = func(cmd *cobra.Command) {
		usage := cmd.UsageString()
		for _, c := range cmd.Commands() {
			if !strings.Contains(usage, "\n  "+c.Name()+" ") || !strings.Contains(usage, " "+c.Short+"\n") {
				t.Errorf("the usage of %s lacks %s:\n%s", cmd.CommandPath(), c.Name(), usage)
			}
			look(c)
		}
	}
	look(newRootCommand())
}

func TestThePagesOfTheManualFit(t *testing.T) {
	t.Parallel()
	pages := map[string]string{"query": query.Grammar}
	for _, name := range []string{"commands", "config", "matrix", "operate", "slack"} {
		pages[name] = helpPage(name)
	}
	for name, page := range pages {
		for line := range strings.Lines(page) {
			if w := runewidth.StringWidth(strings.TrimRight(line, "\n")); w > manualWidth {
				t.Errorf("%s: a line of %d columns: %s", name, w, line)
			}
		}
		for line := range strings.Lines(fit(page, 80)) {
			if w := runewidth.StringWidth(strings.TrimRight(line, "\n")); w > 80 {
				t.Errorf("%s on 80 columns: a line of %d: %s", name, w, line)
			}
		}
		if got, want := strings.Fields(fit(page, 80)), strings.Fields(page); strings.ReplaceAll(strings.Join(got, " "), "# ", "") != strings.ReplaceAll(strings.Join(want, " "), "# ", "") {
			t.Errorf("%s says something else on 80 columns", name)
		}
	}
}
