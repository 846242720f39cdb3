package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/matrix"
	"github.com/tocsin-bot/tocsin/store"
)

func newDoctorCommand() *cobra.Command {
	var path *string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Ask the chat platforms and the database server whether all is set up, and say what to do",
		Long: `Doctor checks tokens, scopes, the Matrix device, and every room that a watch, notify or admin_room
names: is it there, is the bot in it, may it post? When the database is in PostgreSQL it asks that
server too. It posts and changes nothing, and may be asked while the bot runs. The exit status is 1
when something is wrong.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := loadAll(*path, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if !l.Slack.Given() && !l.Matrix.Given() {
				fmt.Fprintln(cmd.OutOrStdout(), "The config has no chat platform but the console, which needs no set-up.")
			}
			findings := append(store.Doctor(cmd.Context(), l.Database), slackFindings(cmd.Context(), l)...)
			return printFindings(cmd.OutOrStdout(), append(findings, matrixFindings(cmd.Context(), l)...))
		},
	}
	path = configFlag(cmd)
	return cmd
}

// matrixFindings is what the doctor finds about the section matrix and its rooms; nothing when there
// is no section.
func matrixFindings(ctx context.Context, l *loaded) []bot.Finding {
	if !l.Matrix.Given() {
		return nil
	}
	section, err := l.matrixSection()
	if err != nil {
		return []bot.Finding{{What: err.Error(), Hint: "`tocsin help matrix` shows how."}}
	}
	var o matrix.Options
	if _, err := os.Stat(l.Database); strings.Contains(l.Database, "://") || !errors.Is(err, fs.ErrNotExist) {
		db, err := store.Open(ctx, l.Database, store.ReadOnly())
		switch {
		case err == nil:
			defer db.Close()
			o.DB, o.Dialect = db.DB()
		case !errors.Is(err, store.ErrEmpty):
			return []bot.Finding{{What: "Matrix: " + err.Error(), Hint: "`tocsin help operate` tells how the database is kept."}}
		}
	}
	return matrix.Doctor(ctx, section, o, l.rooms(l.rules))
}

// printFindings prints what the doctor found, and tells whether all is well.
func printFindings(w io.Writer, findings []bot.Finding) error {
	var err error
	for _, f := range findings {
		mark := "ok  "
		if !f.OK {
			mark, err = "BAD ", errReported
		}
		if _, e := fmt.Fprintf(w, "%s%s\n", mark, f.What); e != nil {
			return errors.Join(err, e)
		}
		if f.Hint != "" {
			if _, e := fmt.Fprintf(w, "    → %s\n", f.Hint); e != nil {
				return errors.Join(err, e)
			}
		}
	}
	return err
}
