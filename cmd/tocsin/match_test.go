package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// run runs a command with its arguments and input.
func runMatch(t *testing.T, in string, args ...string) (out, problems string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := newMatchCommand()
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(in))
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.Execute()
	return stdout.String(), stderr.String(), err
}

func TestMatchCommandPrintsRolesAndEvidence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lists, watches := filepath.Join(dir, "lists.yaml"), filepath.Join(dir, "watches.yaml")
	for path, data := range map[string]string{
		lists:   "lists: {arms: [\"arms deal\", weapons]}\n",
		watches: "watches:\n- {id: libya, match: '@country.LY AND @arms'}\n- {id: author, match: 'author:qureshi'}\n- {id: fresh, match: 'libya AND age < 1d'}\n",
	} {
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := `{"id":"a","title":"Türkiye & Libya","text":"An arms deal.","published":"2020-01-01T00:00:00Z"}
not json

{"id":"b","title":"Nothing","text":""}
{"title":"no id"}
{"id":"c","title":"x","text":"","authors":["A. B.","Rehan Qureshi"]}
`
	want := `{"id":"a","matches":[{"watch":"libya","roles":{"arms":"lead","country.LY":"title"},"evidence":[{"field":"title","start":11,"end":16,"text":"Libya"},{"field":"text","start":3,"end":12,"text":"arms deal"}]}]}
{"id":"c","matches":[{"watch":"author","roles":{},"evidence":[{"field":"author","start":6,"end":13,"text":"Qureshi"}]}]}
`
	for _, args := range [][]string{{"--rules", dir}, {"--rules", lists, watches}, {"--rules", lists + "," + watches, "-"}} {
		out, problems, err := runMatch(t, in, args...)
		if out != want {
			t.Errorf("%v printed\n%swant\n%s", args, out, want)
		}
		if err == nil || strings.Count(problems, "\n") != 2 || !strings.Contains(problems, "standard input:2: not an item") || !strings.Contains(problems, `standard input:5: the item has no "id"`) {
			t.Errorf("%v: %v\n%s", args, err, problems)
		}
	}
	out, _, err := runMatch(t, `{"id":"b","title":"Nothing"}`, "--rules", dir, "--all")
	if err != nil || out != `{"id":"b","matches":[]}`+"\n" {
		t.Errorf("--all printed %s, %v", out, err)
	}
	if _, problems, err := runMatch(t, "", "--rules", filepath.Join(dir, "nowhere")); err == nil || !strings.Contains(problems, "nowhere: cannot be found") {
		t.Error(err, problems)
	}
	if status, _, problems := tocsin(t, "", "match"); status != exitUsage || !strings.Contains(problems, "--rules is missing") {
		t.Errorf("without rules: %d %s", status, problems)
	}
}
