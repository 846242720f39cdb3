package rules

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. It is never waited out unless something
// is broken.
const patience = 2 * time.Minute

// good is a rule file with one watch.
func good(id string) string { return fmt.Sprintf("watches:\n- {id: %s, match: libya AND arms}\n", id) }

func writeFile(t *testing.T, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

// save writes a file in one step, so that no reload sees half of it.
func save(t *testing.T, path, data string) {
	t.Helper()
	temp := filepath.Join(t.TempDir(), "temp")
	writeFile(t, temp, data)
	if err := os.Rename(temp, path); err != nil {
		t.Fatal(err)
	}
}

// watched is a running watcher over a folder with one rule file, whose watch is called first.
type watched struct {
	*Watcher
	t       *testing.T
	dir     string
	reloads chan Reload
}

func startWatcher(t *testing.T, dir string, paths ...string) *watched {
	t.Helper()
	return startWatcherSettling(t, 20*time.Millisecond, dir, paths...)
}

func startWatcherSettling(t *testing.T, settle time.Duration, dir string, paths ...string) *watched {
	t.Helper()
	w := &watched{t: t, dir: dir, reloads: make(chan Reload, 1000)}
	var err error
	w.Watcher, err = NewWatcher(paths, Options{}, slog.New(slog.DiscardHandler), func(r Reload) { w.reloads <- r })
	if err != nil {
		t.Fatal(err)
	}
	w.settle = settle
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if _, err := w.Reload(ctx); err != nil { // folders are watched from here on
		t.Fatal(err)
	}
	<-w.reloads
	return w
}

func (w *watched) next() Reload {
	w.t.Helper()
	select {
	case r := <-w.reloads:
		return r
	case <-time.After(patience):
		w.t.Fatal("nothing was reloaded")
		return Reload{}
	}
}

// until waits for rules with exactly these watches.
func (w *watched) until(ids ...string) Reload {
	w.t.Helper()
	for {
		r := w.next()
		var got []string
		for _, watch := range r.Rules.Watches {
			got = append(got, watch.ID)
		}
		if slices.Equal(got, ids) && len(r.Problems) == 0 {
			return r
		}
	}
}

func (w *watched) path(name string) string { return filepath.Join(w.dir, name) }

func TestEveryWayToChangeAFileIsSeen(t *testing.T) {
	t.Parallel()
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		change func(t *testing.T, w *watched)
		want   []string
	}{
		"rename over": {func(t *testing.T, w *watched) {
			writeFile(t, w.path("a.yaml.tmp"), good("second"))
			must(t, os.Rename(w.path("a.yaml.tmp"), w.path("a.yaml")))
		}, []string{"second"}},
		"truncate and write": {func(t *testing.T, w *watched) {
			writeFile(t, w.path("a.yaml"), good("second"))
		}, []string{"second"}},
		"new file": {func(t *testing.T, w *watched) {
			writeFile(t, w.path("b.yaml"), good("second"))
		}, []string{"first", "second"}},
		"new folder": {func(t *testing.T, w *watched) {
			writeFile(t, w.path("deep/er/b.yml"), good("second"))
		}, []string{"first", "second"}},
		"delete and create": {func(t *testing.T, w *watched) {
			must(t, os.Remove(w.path("a.yaml")))
			writeFile(t, w.path("a.yaml"), good("second"))
		}, []string{"second"}},
		"vim with a backup": {func(t *testing.T, w *watched) {
			must(t, os.Rename(w.path("a.yaml"), w.path("a.yaml~")))
			writeFile(t, w.path("a.yaml"), good("second"))
			writeFile(t, w.path(".a.yaml.swp"), "binary\x00")
			must(t, os.Remove(w.path("a.yaml~")))
		}, []string{"second"}},
		"symbolic link": {func(t *testing.T, w *watched) {
			writeFile(t, filepath.Join(t.TempDir(), "x"), "")
			elsewhere := filepath.Join(t.TempDir(), "elsewhere.yaml")
			writeFile(t, elsewhere, good("second"))
			must(t, os.Symlink(elsewhere, w.path("tmp")))
			must(t, os.Rename(w.path("tmp"), w.path("a.yaml")))
		}, []string{"second"}},
		"folder gone and back": {func(t *testing.T, w *watched) {
			must(t, os.Rename(w.dir, filepath.Join(t.TempDir(), "gone")))
			if r := w.next(); len(r.Problems) != 1 || len(r.Rules.Watches) != 1 {
				t.Errorf("got %v", r)
			}
			writeFile(t, w.path("a.yaml"), good("second"))
		}, []string{"second"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "rules")
			writeFile(t, filepath.Join(dir, "a.yaml"), good("first"))
			w := startWatcher(t, dir, dir)
			tt.change(t, w)
			if r := w.until(tt.want...); r.Version < 2 || !slices.Contains(r.Changed, "second") {
				t.Errorf("version %d, changed %v", r.Version, r.Changed)
			}
		})
	}
}

func TestKubernetesAndLinkedFoldersAreFollowed(t *testing.T) {
	t.Parallel()
	swap := func(t *testing.T, target, link string) {
		t.Helper()
		if err := os.Symlink(target, link+"_tmp"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link+"_tmp", link); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("configmap", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "..2026_1", "a.yaml"), good("first"))
		writeFile(t, filepath.Join(dir, "..2026_2", "a.yaml"), good("second"))
		writeFile(t, filepath.Join(dir, "..2026_3", "a.yaml"), good("third"))
		swap(t, "..2026_1", filepath.Join(dir, "..data"))
		swap(t, filepath.Join("..data", "a.yaml"), filepath.Join(dir, "a.yaml"))
		w := startWatcher(t, dir, dir)
		swap(t, "..2026_2", filepath.Join(dir, "..data"))
		w.until("second")
		swap(t, "..2026_3", filepath.Join(dir, "..data"))
		w.until("third")
	})
	t.Run("linked folder", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, "v1", "a.yaml"), good("first"))
		writeFile(t, filepath.Join(dir, "v2", "a.yaml"), good("second"))
		swap(t, "v1", filepath.Join(dir, "rules"))
		w := startWatcher(t, dir, filepath.Join(dir, "rules"))
		swap(t, "v2", filepath.Join(dir, "rules"))
		w.until("second")
		writeFile(t, filepath.Join(dir, "v2", "a.yaml"), good("third"))
		w.until("third")
	})
}

func TestTheLastGoodRulesStayAndOneMessageTellsWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.yaml")
	writeFile(t, file, good("first"))
	w := startWatcher(t, dir, dir)

	save(t, file, "watches:\n- {id: second, match: libya AND (arms\n") // half a file
	r := w.next()
	if len(r.Problems) == 0 || r.Rules.Watch("first") == nil || r.Version != 1 || w.Rules() != r.Rules {
		t.Fatalf("got %+v", r)
	}
	if s := r.String(); !strings.HasPrefix(s, "rules rejected, v1 stays active: "+file+":2") {
		t.Error(s)
	}
	writeFile(t, filepath.Join(dir, "unrelated.txt"), "x") // the same problem is not told again
	save(t, file, good("second"))
	if r := w.next(); len(r.Problems) != 0 || r.Version != 2 || r.Rules.Watch("second") == nil || r.String() != "rules v2 active (2 changed)" {
		t.Errorf("got %+v %s", r, r.String())
	}
	if w.Version() != 2 {
		t.Error(w.Version())
	}

	save(t, file, "") // an editor that cut the file
	if r := w.next(); len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Cause, "empty") || r.Rules.Watch("second") == nil {
		t.Errorf("got %+v", r)
	}
	save(t, file, good("second")) // and as it was: told that all is well again
	if r := w.next(); len(r.Problems) != 0 || r.Version != 2 || len(r.Changed) != 0 {
		t.Errorf("got %+v", r)
	}
}

func TestManySavesAreFewReloadsAndTheLastCounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "a.yaml")
	writeFile(t, file, good("first"))
	w := startWatcherSettling(t, time.Second, dir, dir) // a pause longer than a busy machine makes
	for i := range 100 {
		writeFile(t, file, good(fmt.Sprintf("save-%d", i)))
	}
	w.until("save-99")
	if v := w.Version(); v > 50 {
		t.Errorf("100 saves made %d versions", v)
	}
}

func TestReloadOnRequestAnswers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "a.yaml"), good("first"))
	w := startWatcher(t, dir, dir)
	r, err := w.Reload(context.Background())
	if err != nil || len(r.Problems) != 0 || r.Version != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
	w.next()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&Watcher{}).Reload(ended); err == nil {
		t.Error("an ended context waits")
	}
}

func TestAFileCutAnywhereIsRefusedOrWhole(t *testing.T) {
	t.Parallel()
	whole := `lists: {arms: ["arms deal", near(jets, sale, 6)]}
watches:
- {id: first, match: 'libya AND @arms', priority: high}
- id: second
  match: pakistan AND @arms
`
	var last Problems
	for cut := range len(whole) {
		r, err := Parse("r.yaml", []byte(whole[:cut]), Options{})
		if err != nil {
			last = err.(Problems)
			for _, p := range last {
				if p.Cause == "" || p.File == "" {
					t.Errorf("cut at %d: %#v", cut, p)
				}
			}
			continue
		}
		// What loads is what stands there: every watch that has begun is there.
		if got, want := len(r.Watches), strings.Count(whole[:cut], "id: "); got != want {
			t.Errorf("cut at %d: %d watches, want %d", cut, got, want)
		}
	}
	if last == nil {
		t.Error("no cut was refused")
	}
}
