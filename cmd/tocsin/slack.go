package main

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/slack"
)

func newSlackCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "slack",
		Short: "Set up the Slack app: from nothing to the first alert",
		Long:  strings.TrimSpace(helpPage("slack")),
	}
	cmd.AddCommand(newManifestCommand())
	return cmd
}

func newManifestCommand() *cobra.Command {
	var o slack.ManifestOptions
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Print the manifest to create the Slack app from",
		Long: `Manifest prints the app's manifest as JSON: paste it on https://api.slack.com/apps, "Create New App",
"From a manifest". It holds exactly the scopes and events that this version uses.

Without --url the app uses Socket Mode, which needs no public address.`,
		Example: "  tocsin slack manifest\n  tocsin slack manifest --name \"News desk\" --command /news --url https://bot.example.org",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			manifest, err := slack.Manifest(o)
			if err != nil {
				return &usageError{err: err}
			}
			_, err = io.WriteString(cmd.OutOrStdout(), manifest)
			return err
		},
	}
	cmd.Flags().StringVar(&o.Name, "name", "", "name of the app (default Tocsin)")
	cmd.Flags().StringVar(&o.Command, "command", "", "slash command (default /tocsin)")
	cmd.Flags().StringVar(&o.URL, "url", "", "public https address of the HTTP Events API; without it Socket Mode is used")
	return cmd
}

// slackFindings is what the doctor finds about the section slack and its rooms; nothing when there
// is no section.
func slackFindings(ctx context.Context, l *loaded) []bot.Finding {
	if !l.Slack.Given() {
		return nil
	}
	rooms := l.rooms(l.rules)
	p, err := slack.Open(l.slack, slack.Options{Rooms: func() []bot.Room { return rooms }})
	if err != nil {
		return []bot.Finding{{What: err.Error(), Hint: "`tocsin help slack` shows how."}}
	}
	return p.Doctor(ctx, rooms)
}
