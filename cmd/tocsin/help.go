package main

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/rules/query"
)

//go:embed help/*.md
var helpFiles embed.FS

// helpTopics are pages of the manual: `tocsin help config`.
func helpTopics() []*cobra.Command {
	topic := func(name, short, long string) *cobra.Command {
		return &cobra.Command{Use: name, Short: short, Long: strings.TrimSpace(long)}
	}
	return []*cobra.Command{
		topic("config", "The config file and all its keys", helpPage("config")),
		topic("writing-rules", "Rule files: watches, lists, entities, countries, tests", rules.Help),
		topic("query", "The query language of watches", query.Grammar),
		topic("commands", "What you can say to the bot", fmt.Sprintf(helpPage("commands"), commandTable())),
		topic("operate", "Running it for good, and when something is wrong", helpPage("operate")),
	}
}

// helpPage gives a page of the manual.
func helpPage(name string) string {
	text, err := helpFiles.ReadFile("help/" + name + ".md")
	if err != nil {
		panic(err) // embedded: a page that is not there fails every test
	}
	return string(text)
}

// commandTable is the command table as the manual shows it.
func commandTable() string {
	var b strings.Builder
	for _, c := range bot.NewDesk(bot.DeskOptions{}).Commands {
		fmt.Fprintf(&b, "  %-44s %s\n", strings.TrimSpace(c.Name+" "+c.Usage), c.Short)
	}
	return b.String()
}

// writeUsage says how cmd is called. It is laid out as cobra does, except that the root lists the
// pages of the manual as what they are. Cobra's own way to change a line of it is a template, for
// which the linker would keep every method of every type.
func writeUsage(cmd *cobra.Command) error {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if cmd.Runnable() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s [command]\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	list := func(title string, has func(*cobra.Command) bool) {
		fmt.Fprintf(&b, "\n%s\n", title)
		for _, c := range cmd.Commands() {
			if has(c) {
				fmt.Fprintf(&b, "  %-*s %s\n", c.NamePadding(), c.Name(), c.Short)
			}
		}
	}
	if cmd.HasAvailableSubCommands() {
		groups := cmd.Groups()
		if len(groups) == 0 {
			groups = []*cobra.Group{{Title: "Available Commands:"}}
		}
		for _, g := range groups {
			list(g.Title, func(c *cobra.Command) bool {
				return c.GroupID == g.ID && (c.IsAvailableCommand() || c.Name() == "help") // cobra does not count help
			})
		}
	}
	if cmd.HasAvailableLocalFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", cmd.LocalFlags().FlagUsages())
	}
	if cmd.HasAvailableInheritedFlags() {
		fmt.Fprintf(&b, "\nGlobal Flags:\n%s", cmd.InheritedFlags().FlagUsages())
	}
	if cmd.HasHelpSubCommands() {
		list("The manual (tocsin help PAGE, as well as help slack and help matrix):", (*cobra.Command).IsAdditionalHelpTopicCommand)
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nUse \"%s [command] --help\" for more information about a command.\n", cmd.CommandPath())
	}
	_, err := io.WriteString(cmd.OutOrStderr(), b.String())
	return err
}

// fitHelp makes help fit a terminal that is narrower than the lines of the manual.
func fitHelp(help func(*cobra.Command, []string)) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, args []string) {
		out := cmd.OutOrStdout()
		f, ok := out.(*os.File)
		if !ok || !isTerminal(f) {
			help(cmd, args)
			return
		}
		var text bytes.Buffer
		cmd.SetOut(&text)
		help(cmd, args)
		cmd.SetOut(out)
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			width = manualWidth
		}
		_, _ = io.WriteString(out, fit(text.String(), max(width, 20)))
	}
}

const (
	manualWidth = 110 // no line of the manual is longer
	fullLine    = 80  // columns from which on a line of the manual goes on in the next one
)

// column matches a line up to what stands behind its last gap: the second column of a table.
var column = regexp.MustCompile(`^.*\S {2,}`)

// fit wraps the lines of a text that are longer than width. What follows goes under the line's own
// beginning, or under its second column; a line that is full is one with the next when that stands
// there.
func fit(text string, width int) string {
	if width >= manualWidth {
		return text
	}
	var b strings.Builder
	var begun string // a line, with those that go on with it
	hang, under, full := 0, 0, false
	flush := func() {
		wrapLine(&b, begun, under, width)
		begun = ""
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		indent := len(line) - len(strings.TrimLeft(line, " "))
		gap := column.FindString(line)
		switch {
		case full && line != "" && indent == hang && gap == "":
			begun += " " + strings.TrimPrefix(line[indent:], "# ")
		default:
			flush()
			begun, hang = line, indent
			if gap != "" {
				hang = runewidth.StringWidth(gap)
			}
			under = hang
			if hang > width*2/3 { // too little would be left
				under = indent + 4
			}
			if line == "" {
				b.WriteString("\n")
			}
		}
		full = runewidth.StringWidth(line) >= fullLine
	}
	flush()
	return b.String()
}

// wrapLine writes a line, cut at blanks where it is longer than width; what follows is indented.
func wrapLine(b *strings.Builder, line string, indent, width int) {
	if line == "" {
		return
	}
	for runewidth.StringWidth(line) > width {
		cut := -1
		for i, r := range line {
			if r == ' ' && strings.Trim(line[:i], " ") != "" && line[i-1] != '#' && (cut < 0 || runewidth.StringWidth(line[:i]) <= width) {
				cut = i
			}
		}
		if cut < 0 {
			break // one word that does not fit
		}
		b.WriteString(strings.TrimRight(line[:cut], " ") + "\n")
		line = strings.Repeat(" ", indent) + strings.TrimLeft(line[cut:], " ")
	}
	b.WriteString(line + "\n")
}
