// Command tocsin is an alarm bell for news: it polls feeds, matches what they publish against
// watch rules, gathers reports of one event into one story, and tells chat rooms about it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit statuses of every subcommand.
const (
	exitFine    = 0
	exitProblem = 1 // found problems, or failed
	exitUsage   = 2 // was called wrongly
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal asks us to finish, a second one ends us
	status := execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// execute runs one command line and gives its exit status.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var usage *usageError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "tocsin: %v\n", err)
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "tocsin: interrupted")
	case !errors.Is(err, errReported):
		fmt.Fprintf(stderr, "tocsin: %v\n", err)
	}
	return exitProblem
}

// errReported ends a command whose problems have been printed already.
var errReported = errors.New("problems were reported")

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "tocsin",
		Short: "An alarm bell for news",
		Long: `Tocsin polls RSS, Atom and JSON feeds on cron schedules, matches every item against watch
rules that you keep in files, gathers reports of one event into one story, and tells Slack
channels, Matrix rooms or your terminal about it in two or three sentences with sources.

Start with:  tocsin demo          see it work, without network or token
             tocsin init DIR      write a config, feeds and a first watch
             tocsin run           run it for good`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	mindVersionFlag(root)
	root.AddGroup(
		&cobra.Group{ID: "bot", Title: "The bot:"},
		&cobra.Group{ID: "rules", Title: "Rules:"},
		&cobra.Group{ID: "piece", Title: "The pipeline in pieces (JSON Lines in, JSON Lines out):"},
		&cobra.Group{ID: "help", Title: "Help:"},
	)
	root.SetHelpCommandGroupID("help")
	root.SetCompletionCommandGroupID("help")
	root.SetUsageFunc(writeUsage)
	root.SetHelpFunc(fitHelp(root.HelpFunc()))
	add := func(group string, cmds ...*cobra.Command) {
		for _, c := range cmds {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add("bot", newDemoCommand(), newInitCommand(), newRunCommand(), newCheckCommand(), newFeedsCommand(), newStatusCommand(), newDoctorCommand(), newSlackCommand(), newMatrixCommand(), newVersionCommand())
	add("rules", newRulesCommand(), newEntitiesCommand())
	add("piece", newParseCommand(), newExtractCommand(), newMatchCommand(), newGroupCommand(), newSummarizeCommand())
	root.AddCommand(helpTopics()...)
	mindUsage(root)
	return root
}
