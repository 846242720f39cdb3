package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/matrix"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/store"
)

func newMatrixCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "matrix",
		Short: "Set up the Matrix account: from nothing to the first alert",
		Long:  strings.TrimSpace(helpPage("matrix")),
	}
	cmd.AddCommand(newMatrixLoginCommand(), newMatrixVerifyCommand())
	return cmd
}

func newMatrixLoginCommand() *cobra.Command {
	var path *string
	var fresh bool
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Log in, and make other people's clients trust the bot",
		Long: `Login logs in with the password or access token of the config. Without either it asks the homeserver
what it takes: with OAuth 2.0 it shows an address and a code, which somebody approves in a browser
that is logged in as the bot's account; else it asks for the password at the terminal. Tokens and
keys are kept in the database; the bot is this device from then on. Where the account has no
cross-signing keys yet it makes them and prints the recovery key, once: keep it like a password.
Without them most clients show the bot's messages as a stranger's, or not at all.

The bot must not be running. A second login changes nothing, unless the first has ended: then the
device and its keys stay. --new-device begins anew with a device that can read nothing from before,
and logs the old one out; it is for a device that was deleted or whose keys are lost.`,
		Example: "  tocsin matrix login --config newsdesk/tocsin.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withMatrix(cmd, *path, func(p *matrix.Platform) error {
				who, err := p.Login(cmd.Context(), fresh, person(cmd))
				return errors.Join(printIdentity(cmd.OutOrStdout(), who), plainHint(err))
			})
		},
	}
	path = configFlag(cmd)
	cmd.Flags().BoolVar(&fresh, "new-device", false, "forget the old device and take a new one")
	return cmd
}

func newMatrixVerifyCommand() *cobra.Command {
	var path *string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Verify the bot's device with the recovery key",
		Long: `Verify signs the bot's device with the account's cross-signing keys. It takes the recovery key from
matrix.recovery_key, or else from standard input. The bot must not be running.`,
		Example: "  tocsin matrix verify < recovery-key",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withMatrix(cmd, *path, func(p *matrix.Platform) error {
				key := p.RecoveryKey()
				if key == "" {
					var err error
					if key, err = askSecret(cmd, "Recovery key: "); err != nil {
						return err
					}
				}
				who, err := p.Verify(cmd.Context(), key)
				return errors.Join(printIdentity(cmd.OutOrStdout(), who), plainHint(err))
			})
		},
	}
	path = configFlag(cmd)
	return cmd
}

// withMatrix opens the account of a config for a command.
func withMatrix(cmd *cobra.Command, path string, run func(*matrix.Platform) error) (err error) {
	l, err := loadAll(path, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	if !l.Matrix.Given() {
		return errors.New("the config has no section matrix: `tocsin help matrix` shows one")
	}
	db, err := store.Open(cmd.Context(), l.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := l.openMatrix(cmd.Context(), db, l.logger(cmd.ErrOrStderr(), slog.LevelWarn), func() *rules.Rules { return l.rules })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return run(p)
}

// person asks and tells whoever runs the command.
func person(cmd *cobra.Command) matrix.Person {
	return matrix.Person{
		Password: func() (string, error) { return askSecret(cmd, "Password of the bot's account: ") },
		Approve: func(a matrix.Approval) {
			w := cmd.ErrOrStderr()
			fmt.Fprintf(w, "Open %s in a browser that is logged in as the bot's account, and enter the code\n\n    %s\n\n", a.URL, a.Code)
			if a.WholeURL != "" {
				fmt.Fprintf(w, "or open %s\n", a.WholeURL)
			}
			fmt.Fprintf(w, "Waiting for the approval, %s at most.\n", a.Lasts)
		},
	}
}

// askSecret reads a line that is not shown; from a pipe it reads all there is.
func askSecret(cmd *cobra.Command, prompt string) (string, error) {
	in, ok := cmd.InOrStdin().(*os.File)
	if ok && isTerminal(in) {
		fmt.Fprint(cmd.ErrOrStderr(), prompt)
		line, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(cmd.ErrOrStderr())
		return strings.TrimSpace(string(line)), err
	}
	data, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), 64<<10))
	if err == nil && strings.TrimSpace(string(data)) == "" {
		err = errors.New("nothing was given on standard input: " + strings.TrimSuffix(prompt, ": "))
	}
	return strings.TrimSpace(string(data)), err
}

// printIdentity shows the device, and the recovery key where one was just made.
func printIdentity(w io.Writer, who matrix.Identity) error {
	if who.Device == "" {
		return nil
	}
	trust := "not verified: run tocsin matrix verify with the account's recovery key"
	switch {
	case who.Verified:
		trust = "verified"
	case !matrix.Encrypts:
		trust = "without encryption: this program was built without it, and refuses encrypted rooms"
	}
	text := fmt.Sprintf("account      %s\ndevice       %s, %s\n", who.User, who.Device, trust)
	if who.Fingerprint != "" {
		text += fmt.Sprintf("fingerprint  %s\n", who.Fingerprint)
	}
	if who.RecoveryKey != "" {
		text += fmt.Sprintf("\nrecovery key %s\n\nThis is shown once. Keep it like a password: with it a new device of the bot is trusted at once.\n", who.RecoveryKey)
	}
	_, err := io.WriteString(w, text)
	return err
}

// plainHint says an error of a platform with what to do about it.
func plainHint(err error) error {
	var send *bot.SendError
	switch {
	case !errors.As(err, &send):
		return err
	case send.Hint == "":
		return fmt.Errorf("%w (`tocsin doctor` says more)", send.Err)
	}
	if !matrix.Encrypts && send.Fate == bot.BadRoom {
		return nil // printIdentity says so
	}
	return fmt.Errorf("%w (%s)", send.Err, send.Hint)
}

// matrixSection decodes the config's section matrix.
func (l *loaded) matrixSection() (matrix.Config, error) {
	var section matrix.Config
	problems := l.Matrix.Decode(&section)
	return section, problems.Err()
}

// openMatrix opens the account that the config has a section for. Its tables are in the bot's database.
// current gives the rules in force.
func (l *loaded) openMatrix(ctx context.Context, db *store.Store, log *slog.Logger, current func() *rules.Rules) (*matrix.Platform, error) {
	section, err := l.matrixSection()
	if err != nil {
		return nil, err
	}
	pool, dialect := db.DB()
	return matrix.Open(ctx, section, matrix.Options{
		DB: pool, Dialect: dialect, Log: log, Rooms: func() []bot.Room { return l.rooms(current()) },
	})
}
