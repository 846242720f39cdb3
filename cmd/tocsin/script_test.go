package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tocsin-bot/tocsin/cmd/tocsin/newswire"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tocsin": func() {
			os.Exit(execute(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
		},
	})
}

// TestCommandLine plays the scenarios of testdata/script with the program itself. Each has a sample
// newswire of its own at $WIRE, of which `publish N` brings out the stages up to N, and a config
// for it that `newsroom DIR` writes.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	type key struct{}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			wire := newswire.New(newswire.Options{Day: monday})
			server, err := wire.Listen()
			if err != nil {
				return err
			}
			env.Defer(func() { _ = server.Close() })
			env.Values[key{}] = wire
			env.Setenv("WIRE", server.URL)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"publish": func(ts *testscript.TestScript, _ bool, args []string) {
				var stage int
				if _, err := fmt.Sscan(args[0], &stage); err != nil {
					ts.Fatalf("publish: %v", err)
				}
				ts.Value(key{}).(*newswire.Wire).Publish(stage)
			},
			"newsroom": func(ts *testscript.TestScript, _ bool, args []string) {
				wire := ts.Value(key{}).(*newswire.Wire)
				var b strings.Builder
				fmt.Fprintf(&b, "console: {file: alerts.jsonl}\nfetch: {allow_networks: [127.0.0.0/8], proxy: %q}\nfeeds:\n", ts.Getenv("WIRE"))
				for _, f := range wire.Feeds("") {
					fmt.Fprintf(&b, "  - {name: %s, outlet: %q, language: %s, url: %q}\n", f.Name, f.Title, f.Language, f.URL)
				}
				ts.Check(os.WriteFile(ts.MkAbs(filepath.Join(args[0], "tocsin.yaml")), []byte(b.String()), 0o600))
			},
		},
	})
}
