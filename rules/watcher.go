package rules

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/tocsin-bot/tocsin/config/strict"
)

// Watcher keeps the rules as the files say: it loads them again when a file changes, all or
// nothing, and the last good rules stay in force when there is any problem.
//
// Folders are watched, not files, so that an editor that renames over a file, a change of a
// symbolic link and Kubernetes' ..data are seen; the content decides whether anything changed; and
// every 30 seconds all files are looked at, in case the system kept quiet.
type Watcher struct {
	paths   []string
	options Options
	changed func(Reload)
	log     *slog.Logger
	kick    chan chan Reload

	settle time.Duration // without a change before files are looked at
	sweep  time.Duration

	seen [sha256.Size]byte // the files as they were last looked at
	told string            // the problems that hold, as they were told

	mu      sync.Mutex
	current *Rules
	version int
}

// Reload is what became of a change to the rule files.
type Reload struct {
	Rules    *Rules   // in force from now on: the new rules, or the last good ones
	Version  int      // counts the rules that were in force, from 1
	Changed  []string // ids of the watches that are new, gone or different
	Problems Problems // why the files were not taken; nil when they were
}

// String is one line for the log and the admins' room.
func (r *Reload) String() string {
	if n := len(r.Problems); n > 0 {
		more := ""
		if n > 1 {
			more = fmt.Sprintf(", and %d more", n-1)
		}
		return fmt.Sprintf("rules rejected, v%d stays active: %s%s", r.Version, r.Problems[0].Error(), more)
	}
	return fmt.Sprintf("rules v%d active (%d changed)", r.Version, len(r.Changed))
}

// NewWatcher loads the rules at the paths for the first time. When they are not good there is no
// watcher, and the error is Problems. Run calls changed with every new set of rules, and once for
// every different set of problems; changed must not call Reload.
func NewWatcher(paths []string, o Options, log *slog.Logger, changed func(Reload)) (*Watcher, error) {
	w := &Watcher{paths: paths, options: o, changed: changed, log: log, kick: make(chan chan Reload),
		settle: 300 * time.Millisecond, sweep: 30 * time.Second, version: 1}
	w.seen = fingerprint(paths)
	r, err := Load(paths, o)
	if err != nil {
		return nil, err
	}
	w.current = r
	return w, nil
}

// Rules are the rules in force.
func (w *Watcher) Rules() *Rules {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.current
}

// Version counts the rules that were in force, from 1.
func (w *Watcher) Version() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.version
}

// Reload looks at the files now, changed or not, and gives their fate, which changed hears as
// well. It is what SIGHUP and the command do, and waits for Run to do it.
func (w *Watcher) Reload(ctx context.Context) (Reload, error) {
	answer := make(chan Reload, 1)
	select {
	case w.kick <- answer:
		return <-answer, nil
	case <-ctx.Done():
		return Reload{}, ctx.Err()
	}
}

// Run watches until the context ends.
func (w *Watcher) Run(ctx context.Context) error {
	var events <-chan fsnotify.Event
	var errs <-chan error
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		w.log.Warn("rule files are looked at every 30 seconds only", "err", err)
	} else {
		defer notify.Close()
		events, errs = notify.Events, notify.Errors
	}
	sweep := time.NewTicker(w.sweep)
	defer sweep.Stop()
	quiet := time.NewTimer(0) // at once: for what changed since the first load
	defer quiet.Stop()
	var since time.Time // of the first change that nobody looked at
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-events:
			if w.matters(e) {
				// Wait for a pause in the writing, but not for ever: some files change all day.
				if since.IsZero() {
					since = time.Now()
				}
				if time.Since(since) < 4*w.settle {
					quiet.Reset(w.settle)
				}
			}
			continue
		case err := <-errs:
			w.log.Warn("watching rule files", "err", err)
			since = time.Now()
			quiet.Reset(w.settle) // events may have been lost
			continue
		case answer := <-w.kick:
			w.follow(notify)
			answer <- w.look(true)
		case <-quiet.C:
			w.follow(notify)
			w.look(false)
		case <-sweep.C:
			w.follow(notify)
			w.look(false)
		}
		since = time.Time{}
	}
}

// matters tells changes that may be changes of rules from an editor's own files and from what
// else happens in the folders above.
func (w *Watcher) matters(e fsnotify.Event) bool {
	if slices.ContainsFunc(w.paths, func(p string) bool { return filepath.Clean(p) == filepath.Clean(e.Name) }) {
		return true
	}
	base := filepath.Base(e.Name)
	if isRuleFile(base) || base == "..data" {
		return true
	}
	// A folder that came, went or got another name.
	return e.Op&^(fsnotify.Write|fsnotify.Chmod) != 0 && filepath.Ext(base) == "" && base[0] != '.'
}

// follow watches all folders in which rule files are or may appear, before the files are looked
// at, so that nothing is missed in between. Watching a folder again follows a changed link.
func (w *Watcher) follow(notify *fsnotify.Watcher) {
	if notify == nil {
		return
	}
	for _, dir := range foldersOf(w.paths) {
		if err := notify.Add(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			w.log.Warn("watching a folder of rule files", "folder", dir, "err", err)
		}
	}
}

// foldersOf gives the folders that hold the paths, and those below them that hold rule files.
func foldersOf(paths []string) (dirs []string) {
	for _, path := range paths {
		dirs = append(dirs, filepath.Dir(path))
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() {
			continue
		}
		f := finder{seen: map[string]bool{}, most: maxFiles, each: func(dir string) { dirs = append(dirs, dir) }}
		f.folder(path, 0)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// fingerprint changes when the set of files or the content of one does.
func fingerprint(paths []string) [sha256.Size]byte {
	h := sha256.New()
	files, problems := findFiles(paths)
	fmt.Fprintln(h, problems)
	for _, path := range files {
		data, problems := strict.ReadFile(path)
		fmt.Fprintf(h, "%q %d %v\n", path, len(data), problems)
		h.Write(data)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// look loads the files when they changed since they were last looked at, or when forced.
func (w *Watcher) look(forced bool) Reload {
	seen := fingerprint(w.paths)
	if seen == w.seen && !forced {
		return Reload{Rules: w.current, Version: w.version}
	}
	w.seen = seen
	r, err := Load(w.paths, w.options)
	if err != nil {
		return w.reject(err, forced)
	}
	reload := Reload{Rules: r, Version: w.version, Changed: r.Changes(w.current)}
	same := r.Sum == w.current.Sum
	if same && w.told == "" && !forced {
		return reload // changed and changed back before anybody looked
	}
	w.told = ""
	w.mu.Lock()
	if !same {
		w.version++
	}
	w.current, reload.Version = r, w.version
	w.mu.Unlock()
	w.log.Info("rules active", "version", reload.Version, "revision", r.Revision(), "watches", len(r.Watches), "changed", len(reload.Changed))
	w.changed(reload)
	return reload
}

// reject keeps the rules in force and tells why, once for the same problems.
func (w *Watcher) reject(err error, forced bool) Reload {
	reload := Reload{Rules: w.current, Version: w.version}
	if !errors.As(err, &reload.Problems) {
		reload.Problems = Problems{{Cause: err.Error()}}
	}
	if text := reload.Problems.Error(); text != w.told || forced {
		w.told = text
		w.log.Error("rules rejected", "version", w.version, "problems", len(reload.Problems), "err", reload.Problems)
		w.changed(reload)
	}
	return reload
}
