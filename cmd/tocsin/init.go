package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/cmd/tocsin/starter"
)

func newInitCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init DIR",
		Short: "Write a config, feeds and a first watch to begin with",
		Long: `Init writes tocsin.yaml with 48 real feeds and comments, and rules/ with a watch, its lists,
entities and tests. It never overwrites a file.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			written, err := writeStarter(dir)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			for _, name := range written {
				fmt.Fprintf(out, "wrote %s\n", name)
			}
			config := filepath.Join(dir, "tocsin.yaml")
			fmt.Fprintf(out, "\nNext:\n  tocsin check --config %[1]s\n  tocsin run --config %[1]s\n", config)
			return nil
		},
	}
}

// writeStarter writes the starter files into dir. When one of them is there already it writes
// none.
func writeStarter(dir string) (written []string, err error) {
	var names []string
	err = fs.WalkDir(starter.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Lstat(to); err == nil {
			return nil, fmt.Errorf("%s is there already; init never overwrites (choose another folder)", to)
		}
	}
	for _, name := range names {
		data, err := starter.Files.ReadFile(name)
		if err != nil {
			return written, err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return written, err
		}
		if err := os.WriteFile(to, data, 0o644); err != nil {
			return written, err
		}
		written = append(written, to)
	}
	return written, nil
}
