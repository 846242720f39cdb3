package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/feeds"
)

func newFeedsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "feeds",
		Short: "Try out the address of a feed",
	}
	cmd.AddCommand(newTryCommand())
	return cmd
}

func newTryCommand() *cobra.Command {
	var allow []string
	cmd := &cobra.Command{
		Use:   "try URL",
		Short: "Say what Tocsin sees at an address",
		Long: `Try fetches an address as a poll would and says in words what it found: the feed and its newest
item, the feed that a web page names, or what is wrong and what to do. It stores nothing.`,
		Example: "  tocsin feeds try https://www.dawn.com/feeds/home",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			prefixes, err := parsePrefixes(allow)
			if err != nil {
				return err
			}
			if !isURL(args[0]) {
				return &usageError{fmt.Errorf("%q is no address", args[0]), "write https://…"}
			}
			fetcher := feeds.NewFetcher(feeds.FetchOptions{AllowNetworks: prefixes, UserAgent: "Tocsin/" + buildVersion() + " (+" + homepage + ")"})
			defer fetcher.Close()
			t := fetcher.Try(cmd.Context(), args[0])
			fmt.Fprint(cmd.OutOrStdout(), t)
			if t.Err != nil {
				return errReported
			}
			return nil
		},
	}
	allowFlag(cmd, &allow)
	return cmd
}
