package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tocsin runs a command line.
func tocsin(t *testing.T, in string, args ...string) (status int, out, problems string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = execute(context.Background(), args, strings.NewReader(in), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// ruleFolder writes files into a folder of their own.
func ruleFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const armsRules = `watches:
  - id: libya-arms
    match: '@country.LY   AND arms'
    priority: {default: normal, when: [{role: arms == title, priority: high}]}
    budget: 1/day
    notify: [console]
    tests:
      - {title: Libya buys arms, expect: match, evidence: [Libya], priority: high}
      - {name: a wrong one, title: Libyan oil, text: No arms., expect: no match}
`

const archiveItems = `{"id":"1","title":"Libya buys arms from abroad after long talks","url":"https://x.example/1","published":"2026-03-01T08:00:00Z","language":"en"}
{"id":"2","title":"Tomatoes are dear this spring","published":"2026-03-01T09:00:00Z","language":"en"}
{"id":"3","title":"Arms shipment reaches Libyan port in the night","published":"2026-03-03T08:00:00Z","language":"en"}
{"id":"4","title":"Libya opens a museum of Roman glass","published":"2026-03-05T08:00:00Z","language":"en"}
`

func TestRulesTestShowsADiffAndFails(t *testing.T) {
	t.Parallel()
	dir := ruleFolder(t, map[string]string{"a.yaml": armsRules})
	file, junit := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "junit.xml")
	status, out, problems := tocsin(t, "", "rules", "test", "--junit", junit, file)
	want := "FAIL  libya-arms: a wrong one (" + file + `:9:9)
      - no match
      + match
          country.LY: Libyan
          arms: arms
2 tests, 1 failed
`
	if status != 1 || out != want || problems != "tocsin: 1 of 2 tests failed\n" {
		t.Errorf("status %d\n%s%swant\n%s", status, out, problems, want)
	}
	xml, err := os.ReadFile(junit)
	if err != nil || !strings.Contains(string(xml), `<testsuite name="tocsin rules" tests="2" failures="1">`) || !strings.Contains(string(xml), `<failure message="- no match">`) {
		t.Errorf("%v\n%s", err, xml)
	}
	good := ruleFolder(t, map[string]string{"a.yaml": strings.Replace(armsRules, "No arms.", "No.", 1)})
	if status, out, _ := tocsin(t, "", "rules", "test", "-v", "--rules", good); status != 0 || !strings.Contains(out, "ok    libya-arms: Libya buys arms") || !strings.HasSuffix(out, "2 tests, 0 failed\n") {
		t.Errorf("status %d\n%s", status, out)
	}
	if status, _, problems := tocsin(t, "", "rules", "test", "--watch", "nosuch", file); status != 1 || !strings.Contains(problems, "there is no watch nosuch") {
		t.Errorf("status %d, %s", status, problems)
	}
}

func TestRulesLintNamesEveryProblem(t *testing.T) {
	t.Parallel()
	dir := ruleFolder(t, map[string]string{"a.yaml": "watches:\n- {id: a, match: '@nosuch', wait: 5}\n", "b.yaml": "watches: [{id: a, match: x}]\n"})
	status, _, problems := tocsin(t, "", "rules", "lint", dir)
	for _, want := range []string{"a.yaml:2:19: no list is called @nosuch", `a.yaml:2:35: the duration "5" has no unit`, "b.yaml:1:16: the watch a is defined twice"} {
		if !strings.Contains(problems, want) {
			t.Errorf("%s is missing:\n%s", want, problems)
		}
	}
	if status != 1 {
		t.Error(status)
	}
	warned := ruleFolder(t, map[string]string{"a.yaml": "watches: [{id: a, match: libya and arms}]\n"})
	if status, out, _ := tocsin(t, "", "rules", "lint", warned); status != 0 || !strings.Contains(out, `a looks for the word "and"`) || !strings.HasSuffix(out, "1 watch, 0 tests, 1 file: no problems, 1 warning\n") {
		t.Errorf("status %d\n%s", status, out)
	}
	archive := ruleFolder(t, map[string]string{"a.yaml": "watches:\n- {id: broad, match: libya}\n- {id: capped, match: libya OR arms, budget: 1/day}\n- {id: dead, match: xyzzy}\n", "items.jsonl": archiveItems})
	_, out, _ := tocsin(t, "", "rules", "lint", filepath.Join(archive, "a.yaml"), "--from", filepath.Join(archive, "items.jsonl"))
	if !strings.Contains(out, "a.yaml:2:3: broad matches 50 % of 4 items and tells at once, without a limit") || !strings.Contains(out, "dead matches none of 4 items") || strings.Contains(out, "capped") {
		t.Errorf("over an archive:\n%s", out)
	}
	if status, _, _ := tocsin(t, "", "rules", "lint", "--strict", warned); status != 1 {
		t.Errorf("--strict: %d", status)
	}
}

func TestRulesBacktestCountsAndShows(t *testing.T) {
	t.Parallel()
	dir := ruleFolder(t, map[string]string{"a.yaml": strings.Replace(armsRules, "No arms.", "No.", 1) + "  - {id: dead, match: xyzzy}\n", "items.jsonl": archiveItems + "not json\n"})
	items := filepath.Join(dir, "items.jsonl")
	status, _, problems := tocsin(t, "", "rules", "backtest", "--rules", dir, "--from", items)
	if status != 1 || !strings.Contains(problems, "items.jsonl:5: not an item") {
		t.Errorf("status %d %s", status, problems)
	}
	status, out, _ := tocsin(t, archiveItems, "rules", "backtest", "--rules", dir, "--from", "-")
	want := `4 items over 4.0 days

dead: matches nothing here

libya-arms: 2 items, 2 stories, 0.5 alerts a day, at most 1 on one day
  priority: 2 high
  2026-03-01  high    Libya buys arms from abroad after long talks
  2026-03-03  high    Arms shipment reaches Libyan port in the night
`
	if status != 0 || out != want {
		t.Errorf("status %d\n%swant\n%s", status, out, want)
	}
	if status, out, _ := tocsin(t, "", "rules", "backtest", "--rules", dir, "--from", "-"); status != 0 || out != emptyArchive+"\n" {
		t.Errorf("without items: status %d\n%s", status, out)
	}
	strict := ruleFolder(t, map[string]string{"a.yaml": strings.Replace(armsRules, "budget: 1/day", "min_origins: 2", 1)})
	if _, out, _ = tocsin(t, archiveItems, "rules", "backtest", "--rules", strict, "--from", "-"); !strings.Contains(out, "stories of fewer than 2 origins are counted here") {
		t.Errorf("with min_origins:\n%s", out)
	}
	status, out, _ = tocsin(t, archiveItems, "rules", "backtest", "libya-arms", "--json", "--rules", dir, "--from", "-")
	var report struct {
		Watch   string
		Stories int
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.Watch != "libya-arms" || report.Stories != 2 || status != 0 {
		t.Errorf("%v: %s", err, out)
	}
	if status, _, problems := tocsin(t, "", "rules", "backtest", "--since", "30", "--rules", dir, "--from", "-"); status != 2 || !strings.Contains(problems, `--since: the duration "30" has no unit (write 30m for minutes,`) {
		t.Errorf("status %d %s", status, problems)
	}
}

func TestRulesDiffComparesWithGitAndWithFiles(t *testing.T) {
	t.Parallel()
	before := strings.Replace(armsRules, "No arms.", "No.", 1)
	after := strings.Replace(strings.Replace(before, "AND arms", "AND museum", 1), "Libya buys arms, expect: match, evidence: [Libya], priority: high", "x, expect: no match", 1)
	dir := ruleFolder(t, map[string]string{"rules/a.yaml": before, "old.yaml": before, "items.jsonl": archiveItems, "good.txt": "1\n"})
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=x", "-c", "user.email=x@x.example"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("needs the program git: apt-get install git (%v %s)", err, out)
		}
	}
	git("init", "-q")
	git("add", "rules")
	git("commit", "-qm", "first")
	if err := os.WriteFile(filepath.Join(dir, "rules", "a.yaml"), []byte(after), 0o600); err != nil {
		t.Fatal(err)
	}
	want := `4 items, 1 watch with a difference

libya-arms
  before: 2 items, 2 stories, 0.5 alerts a day, at most 1 on one day
  after:  1 item, 1 story, 0.2 alerts a day, at most 1 on one day
  + 1 story gained
    + 2026-03-05  normal  Libya opens a museum of Roman glass
  - 2 stories lost
    - 2026-03-01  high    Libya buys arms from abroad after long talks
    - 2026-03-03  high    Arms shipment reaches Libyan port in the night
`
	flags := []string{"--rules", filepath.Join(dir, "rules"), "--from", filepath.Join(dir, "items.jsonl")}
	for _, rev := range []string{"HEAD", filepath.Join(dir, "old.yaml")} {
		status, out, problems := tocsin(t, "", append([]string{"rules", "diff", rev}, flags...)...)
		if status != 0 || out != want {
			t.Errorf("%s: status %d\n%s%swant\n%s", rev, status, out, problems, want)
		}
	}
	status, out, problems := tocsin(t, "", append([]string{"rules", "diff", "--good", filepath.Join(dir, "good.txt")}, flags...)...)
	if status != 1 || !strings.Contains(out, "! 1 story lost though useful") || problems != "tocsin: libya-arms loses 1 story that a person called useful\n" {
		t.Errorf("status %d\n%s%s", status, out, problems)
	}
	single := []string{"rules", "diff", "--rules", filepath.Join(dir, "rules", "a.yaml"), "--from", filepath.Join(dir, "items.jsonl")}
	if status, out, problems := tocsin(t, "", single...); status != 0 || out != want {
		t.Errorf("one file: status %d\n%s%s", status, out, problems)
	}
	for _, rev := range []string{"nosuchrev", "--output=/tmp/x"} {
		if status, _, problems := tocsin(t, "", append(append([]string{"rules", "diff"}, flags...), "--", rev)...); status != 1 || !strings.Contains(problems, "is neither a file nor a git revision") {
			t.Errorf("%s: status %d %s", rev, status, problems)
		}
	}
}

func TestRulesWhyExplainsPartByPart(t *testing.T) {
	t.Parallel()
	dir := ruleFolder(t, map[string]string{"a.yaml": "watches:\n- {id: arms, match: '@country.LY AND arms'}\n- {id: other, match: Libyia AND NOT arms}\n- {id: french, match: libya, languages: [fr]}\n", "items.jsonl": archiveItems})
	status, out, problems := tocsin(t, "", "rules", "why", "https://x.example/1", "--rules", dir, "--from", filepath.Join(dir, "items.jsonl"))
	want := `Libya buys arms from abroad after long talks

arms matches, priority normal
  + country.LY: Libya (title)
  + arms: arms (title)

french does not match
  It does not look at items in the language "en".

other does not match
  - Libyia: not found; Libya comes nearest to libyia
  - NOT arms: arms (title)
`
	if status != 0 || out != want {
		t.Errorf("status %d %s\n%swant\n%s", status, problems, out, want)
	}
	if status, _, problems := tocsin(t, "", "rules", "why", "nosuch", "--rules", dir, "--from", filepath.Join(dir, "items.jsonl")); status != 1 || !strings.Contains(problems, `there is no item "nosuch"`) {
		t.Errorf("status %d %s", status, problems)
	}
}

func TestRulesFmtListAndSchema(t *testing.T) {
	t.Parallel()
	dir := ruleFolder(t, map[string]string{"a.yaml": armsRules})
	file := filepath.Join(dir, "a.yaml")
	if status, out, _ := tocsin(t, "", "rules", "fmt", "--check", dir); status != 1 || out != file+"\n" {
		t.Errorf("--check: %d %s", status, out)
	}
	if status, _, problems := tocsin(t, "", "rules", "fmt", "--write", dir); status != 0 {
		t.Errorf("--write: %d %s", status, problems)
	}
	data, err := os.ReadFile(file)
	if err != nil || string(data) != strings.Replace(armsRules, "LY   AND", "LY AND", 1) {
		t.Errorf("%v\n%s", err, data)
	}
	if status, out, _ := tocsin(t, "", "rules", "fmt", "--check", dir); status != 0 || out != "" {
		t.Errorf("--check after --write: %d %s", status, out)
	}
	status, out, _ := tocsin(t, "", "rules", "list", dir)
	if want := "WATCH       PRIORITY        NOTIFIES  TESTS  TITLE       FILE\nlibya-arms  normal by role  console   2      libya-arms  " + file + ":2:5\n"; status != 0 || out != want {
		t.Errorf("list: %d\n%s", status, out)
	}
	for _, flag := range [][]string{nil, {"--entities"}} {
		status, out, _ := tocsin(t, "", append([]string{"rules", "schema"}, flag...)...)
		if status != 0 || !json.Valid([]byte(out)) {
			t.Errorf("schema %v: %d\n%s", flag, status, out)
		}
	}
	if status, _, problems := tocsin(t, "", "rules", "tset"); status != 2 || !strings.Contains(problems, "did you mean test?") {
		t.Errorf("unknown: %d %s", status, problems)
	}
	if status, out, _ := tocsin(t, "", "help", "writing-rules"); status != 0 || !strings.Contains(out, "COUNTRIES") {
		t.Errorf("help: %d %s", status, out)
	}
}

func TestEntitiesSuggestFindsSpellings(t *testing.T) {
	t.Parallel()
	dir := ruleFolder(t, map[string]string{
		"a.yaml":               "watches: [{id: a, match: '@haftar'}]\n",
		"entities/haftar.yaml": "names: [Haftar]\nwith: [Khalifa]\n",
		"items.jsonl":          `{"id":"1","title":"Khalifa Hifter lands in Cairo"}` + "\n",
	})
	status, out, problems := tocsin(t, "", "entities", "suggest", "@haftar", "--rules", dir, "--from", filepath.Join(dir, "items.jsonl"))
	if want := "Hifter  1 item, beside khalifa\n    Khalifa Hifter lands in Cairo\n"; status != 0 || out != want {
		t.Errorf("status %d %s\n%s", status, problems, out)
	}
	if status, _, _ := tocsin(t, "", "entities", "suggest", "nobody", "--rules", dir, "--from", "-"); status != 1 {
		t.Error(status)
	}
}
