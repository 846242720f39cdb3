package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"github.com/tocsin-bot/tocsin/rules"
)

func newRulesTestCommand(f *ruleFlags) *cobra.Command {
	var junit string
	var watches []string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "test [FILE…]",
		Short: "Run the tests of the rule files",
		Long: `Test runs the tests that stand beside watches or in files called *_test.yaml: an item, and what
the watch must make of it. What is not as expected is printed like a diff: - expected, + found,
with what decided. The clock of a test stands still at its key now, or at when its item was
published. The exit status is 1 when a test fails.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := f.load(cmd, args, rules.Options{SkipTests: true})
			if err != nil {
				return err
			}
			for _, id := range watches {
				if r.Watch(id) == nil {
					return fmt.Errorf("there is no watch %s (`tocsin rules list` shows them all)", id)
				}
			}
			results := r.RunTests(watches...)
			failed := printTests(cmd.OutOrStdout(), results, verbose)
			if junit != "" {
				if err := writeJUnit(junit, results); err != nil {
					return err
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d of %s failed", failed, count(len(results), "test", "tests"))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&junit, "junit", "", "write the results as JUnit XML to this `file`")
	cmd.Flags().StringSliceVar(&watches, "watch", nil, "run the tests of this watch only (may be repeated)")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "print the tests that pass as well")
	return cmd
}

// printTests prints how tests went, and gives how many failed.
func printTests(out io.Writer, results []rules.TestResult, verbose bool) (failed int) {
	for _, r := range results {
		switch {
		case len(r.Diff) > 0:
			failed++
			fmt.Fprintf(out, "FAIL  %s: %s (%s)\n", r.Test.Watch, r.Test.Name, r.Test.Pos)
			for _, line := range r.Diff {
				fmt.Fprintf(out, "      %s\n", line)
			}
		case verbose:
			fmt.Fprintf(out, "ok    %s: %s (%s)\n", r.Test.Watch, r.Test.Name, r.Test.Pos)
		}
	}
	if len(results) == 0 {
		fmt.Fprintln(out, "there are no tests; give a watch some under the key tests")
	} else {
		fmt.Fprintf(out, "%s, %d failed\n", count(len(results), "test", "tests"), failed)
	}
	return failed
}

// junitSuite is the part of the JUnit format that servers read.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func writeJUnit(path string, results []rules.TestResult) error {
	suite := junitSuite{Name: "tocsin rules", Tests: len(results)}
	for _, r := range results {
		c := junitCase{Class: r.Test.Watch, Name: r.Test.Name, File: r.Test.Pos.File, Line: r.Test.Pos.Line}
		if len(r.Diff) > 0 {
			suite.Failures++
			c.Failure = &junitFailure{r.Diff[0], strings.Join(r.Diff, "\n")}
		}
		suite.Cases = append(suite.Cases, c)
	}
	data, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit results: %w", err)
	}
	if err := os.WriteFile(path, append([]byte(xml.Header), append(data, '\n')...), 0o644); err != nil {
		return fmt.Errorf("write JUnit results: %w", err)
	}
	return nil
}

func newRulesFmtCommand(f *ruleFlags) *cobra.Command {
	var write, check bool
	cmd := &cobra.Command{
		Use:   "fmt [FILE…]",
		Short: "Write rule files in one form",
		Long: `Fmt writes rule files in the usual form: queries in the language's own spelling, line ends as on
Unix, no blanks at the end of lines, no runs of blank lines. Comments, order and meaning stay. It
prints the files; with --write it changes them; with --check it prints the names of those that it
would change, and the exit status is 1 when there are any.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := f.load(cmd, args, rules.Options{SkipTests: true})
			if err != nil {
				return err
			}
			out, changed := cmd.OutOrStdout(), 0
			for _, path := range r.Files {
				before, err := os.ReadFile(path)
				if err != nil {
					return fmt.Errorf("format: %w", err)
				}
				after := rules.Format(before)
				same := string(before) == string(after)
				switch {
				case !write && !check:
					if _, err := out.Write(after); err != nil {
						return err
					}
				case !same && check:
					changed++
					fmt.Fprintln(out, path)
				case !same:
					if err := replaceFile(path, after); err != nil {
						return err
					}
					fmt.Fprintln(out, path)
				}
			}
			if changed > 0 {
				return fmt.Errorf("%s would change (tocsin rules fmt --write)", count(changed, "file", "files"))
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "change the files")
	cmd.Flags().BoolVar(&check, "check", false, "only print the names of files that would change")
	cmd.MarkFlagsMutuallyExclusive("write", "check")
	return cmd
}

// replaceFile writes a file whole or not at all, with the rights that it had.
func replaceFile(path string, data []byte) error {
	path, err := filepath.EvalSymlinks(path) // the file changes, not the link to it
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New(path + " is not a regular file")
	}
	if err := renameio.WriteFile(path, data, info.Mode().Perm()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
