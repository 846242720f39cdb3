package rules

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

// loadFolder writes files into a folder and loads it.
func loadFolder(t *testing.T, o Options, files map[string]string) (*Rules, string, error) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		writeFile(t, filepath.Join(dir, name), data)
	}
	r, err := Load([]string{dir}, o)
	return r, dir, err
}

func TestNamesHoldAcrossFiles(t *testing.T) {
	t.Parallel()
	r, dir, err := loadFolder(t, Options{}, map[string]string{
		"a.yaml":               "watches: [{id: a, match: '@arms @haftar @country.LY'}]\n",
		"deep/lists.yml":       "lists: {arms: [jets, @more]}\n",
		"more.yaml":            "lists: {more: [tanks]}\n",
		"entities/haftar.yaml": "names: [Haftar, حفتر]\nwith: [Khalifa, Libya]\nnot: [street]\n",
		"entities/both.yaml":   "entities: {munir: {names: [Munir]}, saddam: {names: [Saddam Haftar]}}\n",
		"a_test.yaml":          "tests: [{watch: a, title: Haftar gets tanks for Libya, expect: match}, {watch: a, title: Haftar Street in Libya has tanks, expect: no match}]\n",
		"a.yaml~":              "broken: [",
		".hidden.yaml":         "broken: [",
		"#a.yaml#":             "broken: [",
		"notes.txt":            "broken: [",
		".git/x.yaml":          "broken: [",
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Files) != 6 || len(r.Tests) != 2 || len(r.Lists["munir"]) != 1 {
		t.Errorf("%d files of %s, %d tests", len(r.Files), dir, len(r.Tests))
	}
}

func TestEveryFileReportsItsProblemsAtOnce(t *testing.T) {
	t.Parallel()
	r, dir, err := loadFolder(t, Options{}, map[string]string{
		"a.yaml": "watches: [{id: a, match: '@nosuch'}]\n", "b.yaml": "watchs: []\n", "c.yaml": "", "d.yaml": "watches: [{id: a, match: x}]\n",
		"entities/e.yaml": "with: [x]\n",
	})
	if r != nil || err == nil {
		t.Fatal("it loads")
	}
	for _, want := range []string{"a.yaml:1:27: no list", `b.yaml:1:1: unknown key "watchs"`, "c.yaml:1:1: the file is empty", "d.yaml:1:16: the watch a is defined twice", "entities/e.yaml:1: an entity needs names"} {
		if !strings.Contains(err.Error(), filepath.Join(dir, "")+"/"+want) {
			t.Errorf("%s is missing in\n%v", want, err)
		}
	}
}

func TestAFolderOfNothingIsNoEmptyRuleSet(t *testing.T) {
	t.Parallel()
	_, _, err := loadFolder(t, Options{}, map[string]string{"readme.txt": "x"})
	if err == nil || !strings.Contains(err.Error(), "holds no rule files") {
		t.Error(err)
	}
	if _, err := Load([]string{filepath.Join(t.TempDir(), "nowhere")}, Options{}); err == nil || !strings.Contains(err.Error(), "cannot be found") {
		t.Error(err)
	}
}

func TestWhatIsNoRegularFileIsRefusedWithoutWaiting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "good.yaml"), good("a"))
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo.yaml"), 0o600); err != nil {
		t.Skip("no FIFO here:", err)
	}
	for link, to := range map[string]string{"zero.yaml": "/dev/zero", "circle": dir, "broken.yaml": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error, 1)
	go func() { _, err := Load([]string{dir}, Options{}); done <- err }()
	select {
	case err := <-done:
		for _, want := range []string{"fifo.yaml: is not a regular file", "zero.yaml: is not a regular file", "broken.yaml: cannot be read"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s is missing in\n%v", want, err)
			}
		}
		if strings.Contains(fmt.Sprint(err), "circle") {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("loading waits")
	}
}

func TestTooManyFilesAndFoldersAreBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 12 {
		writeFile(t, filepath.Join(dir, fmt.Sprintf("%d/%d.yaml", i/4, i)), good("a"))
	}
	f := finder{seen: map[string]bool{}, most: 10}
	f.folder(dir, 0)
	if len(f.files) != 10 || len(f.problems) != 1 || !strings.Contains(f.problems[0].Cause, "more than 10 rule files") {
		t.Error(f.files, f.problems)
	}
	deep := t.TempDir()
	writeFile(t, filepath.Join(deep, strings.Repeat("d/", maxDepth+2), "x.yaml"), good("a"))
	if _, problems := findFiles([]string{deep}); len(problems) != 1 || !strings.Contains(problems[0].Cause, "more than 16 folders deep") {
		t.Error(problems)
	}
}

func TestTooManyRegularExpressionsAreRefused(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("watches:\n")
	for i := range 101 {
		fmt.Fprintf(&b, "- {id: w%d, match: 'libya %s'}\n", i, strings.Repeat("/a/ ", 100))
	}
	_, err := Parse("r.yaml", []byte(b.String()), Options{})
	if err == nil || !strings.Contains(err.Error(), "more than 10000 regular expressions") {
		t.Error(err)
	}
}

func TestTooManyRegularExpressionsThatNothingIsLookedUpForAreRefused(t *testing.T) {
	t.Parallel()
	rules := func(n int, watch string) string {
		var list, watches strings.Builder
		for i := range n {
			fmt.Fprintf(&list, `, '/[a-z]\d{%d}/'`, i+2)
			fmt.Fprintf(&watches, "- {id: w%d, match: '%s'}\n", i, fmt.Sprintf(watch, i+2))
		}
		return "lists: {bad: [x" + list.String() + "]}\nwatches:\n" + watches.String()
	}
	for watch, refused := range map[string]bool{`/[a-z]\d{%d}/`: true, `lang:en @bad age < %dh`: true, `libya /[a-z]\d{%d}/`: false, `libya%d @bad`: false,
		`/\d{%d}/`: true, `/jf-?%d/`: false, `/\d{%d}/ AND tons`: false} {
		_, err := Parse("r.yaml", []byte(rules(maxAlways+1, watch)), Options{})
		if got := err != nil && strings.Contains(err.Error(), "more than 12 regular expressions would have to be tried on every item"); got != refused {
			t.Errorf("%s: %v", watch, err)
		}
	}
	if _, err := Parse("r.yaml", []byte(rules(maxAlways, `/[a-z]\d{%d}/`)), Options{}); err != nil {
		t.Error(err)
	}
}

// refusal is an error of a room with a hint.
type refusal struct{}

func (refusal) Error() string { return "#deleted is archived" }
func (refusal) Hint() string  { return "name another channel" }

func TestRoomsFeedsAndTagsMustExist(t *testing.T) {
	t.Parallel()
	o := Options{Feeds: []string{"dawn", "meridian"}, Tags: []string{"pakistan"}, Notify: []string{"console"},
		CheckRoom: func(room string) error {
			if room == "slack:#deleted" {
				return refusal{}
			}
			return nil
		}}
	in := "watches:\n- {id: a, match: libya arms, feeds: [dwan, 'tag:pakistan', 'tag:x'], notify: ['slack:#deleted', default]}\n"
	_, err := Parse("r.yaml", []byte(in), o)
	want := `r.yaml:2:38: no feed is called "dwan" (did you mean dawn?)
r.yaml:2:60: no tag is called "x" (known here: pakistan)
r.yaml:2:79: #deleted is archived (name another channel)`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestSettingsAreInherited(t *testing.T) {
	t.Parallel()
	r, err := Parse("r.yaml", []byte(`
defaults: {owner: desk, priority: high, notify: ["slack:#file", default], wait: 5m, budget: 3/hour, min_origins: 2, languages: [en], update: edit}
watches:
  - {id: all, match: libya arms}
  - {id: own, match: libya jets, owner: me, priority: low, notify: [default, "slack:#own", console], wait: 0s, budget: 1/week, min_origins: 1, languages: [], update: silent}
  - {id: none, match: libya tanks, notify: []}
`), Options{Notify: []string{"console"}})
	if err != nil {
		t.Fatal(err)
	}
	show := func(id string) string {
		w := r.Watch(id)
		return fmt.Sprint(w.Owner, w.Priority.Default, w.Notify, w.Wait, w.Budget, w.MinOrigins, w.Languages, w.Update)
	}
	for id, want := range map[string]string{
		"all":  "deskhigh [slack:#file console] 5m0s 3/hour 2 [en]edit",
		"own":  "melow [slack:#file console slack:#own] 0s 1/week 1 []silent",
		"none": "deskhigh [] 5m0s 3/hour 2 [en]edit",
	} {
		if got := show(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	bare, err := Parse("r.yaml", []byte("watches: [{id: a, match: libya arms}]\n"), Options{Notify: []string{"console"}})
	if err != nil {
		t.Fatal(err)
	}
	if w := bare.Watch("a"); w.MinOrigins != 1 || w.Update != UpdateThread || w.Priority.Default != Normal || len(w.Notify) != 1 || w.Title != "a" {
		t.Errorf("%+v", w)
	}
}

func TestFailingTestsRefuseTheFilesUnlessAllowed(t *testing.T) {
	t.Parallel()
	in := []byte("watches: [{id: a, match: libya arms, tests: [{title: Libya, expect: match}]}]\n")
	var problems Problems
	if _, err := Parse("r.yaml", in, Options{}); !errors.As(err, &problems) || len(problems) != 1 {
		t.Error(err)
	}
	r, err := Parse("r.yaml", in, Options{AllowFailing: true})
	if err != nil || len(r.Warnings) != 1 {
		t.Error(err)
	}
	if r, err := Parse("r.yaml", in, Options{SkipTests: true}); err != nil || len(r.Warnings) != 0 {
		t.Error(err)
	}
}

func TestTestsTakeItemsFromFiles(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"a.yaml":      "watches: [{id: a, match: libya arms, tests: [{file: items.jsonl, id: g1, expect: match}, {file: items.jsonl, id: g2, expect: no match}]}]\n",
		"items.jsonl": `{"id":"g1","title":"Libya buys arms"}` + "\n\n" + `{"id":"g2","title":"Libya","published":"2026-01-01T00:00:00Z"}` + "\n",
	}
	r, _, err := loadFolder(t, Options{}, files)
	if err != nil || len(r.Tests) != 2 || r.Tests[1].Name != "Libya" || r.Tests[1].Items[0].Seen.IsZero() {
		t.Errorf("%v %+v", err, r)
	}
	files["items.jsonl"] += "not json\n"
	if _, _, err := loadFolder(t, Options{}, files); err == nil || !strings.Contains(err.Error(), "items.jsonl:4: not an item") {
		t.Error(err)
	}
}

func TestTestsCountStories(t *testing.T) {
	t.Parallel()
	in := `watches:
- id: a
  match: libya arms
  tests:
  - name: two reports
    items:
    - {title: Libya buys arms, tags: [s1]}
    - {title: Arms for Libya, tags: [s1]}
    - {title: No arms, tags: [s2]}
    expect: match
    stories: 1
`
	o := Options{AllowFailing: true, Grouper: func() Grouper { return &byTag{stories: map[string]int64{}} }}
	r, err := Parse("r.yaml", []byte(in), o)
	if err != nil {
		t.Fatal(err)
	}
	want := "  item 3: No arms|- match|+ no match|    libya: not found|- 1 story|+ 2 stories"
	if results := r.RunTests(); len(results) != 1 || strings.Join(results[0].Diff, "|") != want {
		t.Errorf("got %v", results)
	}
}

func TestSpellingsFoldAlikeInRulesAndItems(t *testing.T) {
	t.Parallel()
	r, err := Parse("r.yaml", []byte("lists: {x: [\"Tu\u0308rkiye\", STRASSE, \"Li\u200bbya\", İSTANBUL, حَفْتَر]}\nwatches: [{id: a, match: '@x'}]\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, title := range []string{"Türkiye", "TURKIYE", "Strasse", "Libya", "istanbul", "İstanbul", "حفتر"} {
		if len(r.Set().Match(nil, &feeds.Item{Title: title})) == 0 {
			t.Errorf("%q is not found", title)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(design))
	f.Add([]byte(everyKey))
	for _, tt := range brokenRules {
		f.Add([]byte(tt.in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Parse("r.yaml", data, Options{})
		var problems Problems
		if err != nil && (!errors.As(err, &problems) || len(problems) == 0) {
			t.Fatalf("an error that is no problem: %v", err)
		}
		if (r == nil) == (err == nil) {
			t.Fatal("neither rules nor problems, or both")
		}
		formatted := Format(data)
		if again := Format(formatted); string(again) != string(formatted) {
			t.Errorf("formatting twice: %q then %q", formatted, again)
		}
		if err != nil {
			return
		}
		again, err := Parse("r.yaml", formatted, Options{SkipTests: true})
		if err != nil {
			t.Fatalf("the formatted file does not load: %v\n%s", err, formatted)
		}
		if changed := again.Changes(r); len(changed) > 0 {
			t.Errorf("formatting changed %v:\n%s", changed, formatted)
		}
	})
}
