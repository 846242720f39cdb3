package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tocsin-bot/tocsin/config/strict"
)

// usageError is a command line that asks for what does not exist.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string {
	if e.hint == "" {
		return e.err.Error()
	}
	return e.err.Error() + " (" + e.hint + ")"
}

// mindUsage makes every wrong use of root and the commands below it a usage error that says what
// would be right. It is called when all commands are there.
func mindUsage(root *cobra.Command) {
	root.SetFlagErrorFunc(wrongFlag)
	root.SetHelpCommand(newHelpCommand())
	mindArguments(root)
}

func mindArguments(cmd *cobra.Command) {
	if cmd.HasSubCommands() {
		cmd.Args = cobra.ArbitraryArgs
		if cmd.RunE == nil {
			cmd.RunE = unknownCommand
		}
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if check(cmd, args) == nil {
				return nil
			}
			err := errors.New(cmd.CommandPath() + " needs an argument")
			if len(args) > 0 {
				err = fmt.Errorf("%s does not take the argument %q", cmd.CommandPath(), args[len(args)-1])
			}
			return &usageError{err, "usage: " + strings.TrimSuffix(cmd.UseLine(), " [flags]")}
		}
	}
	for _, c := range cmd.Commands() {
		mindArguments(c)
	}
}

// unknownCommand is what a command does that only has subcommands.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	hint := cmd.CommandPath() + " --help lists them all"
	if near := strict.Closest(args[0], names); near != "" {
		hint = "did you mean " + near + "?"
	}
	asked := strings.TrimPrefix(cmd.CommandPath()+" "+args[0], cmd.Root().Name()+" ")
	return &usageError{fmt.Errorf("there is no command %q", asked), hint}
}

// wrongFlag is the usage error for a flag that cmd does not have, or whose value it cannot read.
func wrongFlag(cmd *cobra.Command, err error) error {
	hint := "see " + cmd.CommandPath() + " --help"
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	switch {
	case errors.As(err, &value):
		err = fmt.Errorf("--%s does not take the value %q", value.GetFlag().Name, value.GetValue())
	case errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1:
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := strict.Closest(unknown.GetSpecifiedName(), names); near != "" {
			hint = "did you mean --" + near + "?"
		}
	}
	return &usageError{err, hint}
}

// newHelpCommand explains commands and shows pages of the manual; what it does not know is a usage error.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND|PAGE]",
		Short:   "Explain a command, or show a page of the manual",
		GroupID: "help",
		ValidArgsFunction: func(help *cobra.Command, args []string, begun string) (names []string, _ cobra.ShellCompDirective) {
			cmd, _, _ := help.Root().Find(args)
			for _, c := range cmd.Commands() {
				if !c.Hidden && strings.HasPrefix(c.Name(), begun) {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(help *cobra.Command, args []string) error {
			cmd, rest, err := help.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd, rest)
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}
