package newswire

import (
	"embed"
	"io/fs"
	"sync"
	"time"
)

// Event is the story key of the reference event, and Watch the id of the watch it is meant for.
const (
	Event = "haftar-munir"
	Watch = "libya-pakistan-arms"
)

//go:embed content furniture
var files embed.FS

// Options says which day the wire tells.
type Options struct {
	// Day is any moment of the day that the wire tells; times of day in the content are hours of
	// that day in Day's location. The prose speaks of a Monday. Defaults to Monday 23 November
	// 2026, UTC.
	Day time.Time
}

// Wire is a day's news and how much of it has been published. Its methods may be called from
// several goroutines at once.
type Wire struct {
	day     time.Time // midnight
	outlets []*outlet
	stages  []Stage

	mu        sync.RWMutex
	published int // stages out so far
	faults    map[string]Fault
}

// New returns a wire that has published nothing yet: its feeds are there and empty. It panics
// when the embedded content is malformed, which the tests of this package rule out.
func New(opts Options) *Wire {
	day := opts.Day
	if day.IsZero() {
		day = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)
	}
	y, m, d := day.Date()
	w := &Wire{day: time.Date(y, m, d, 0, 0, 0, 0, day.Location()), faults: map[string]Fault{}}

	w.outlets = loadOutlets(files)
	names, err := fs.Glob(files, "content/*.txt")
	if err != nil {
		panic(err)
	}
	for n, name := range names {
		w.stages = append(w.stages, loadStage(files, name, n, w))
	}
	w.setKinds()
	w.check()
	return w
}

// Monday returns midnight of the last Monday that was over at t, in t's location: a day for
// [Options] that agrees with the prose and has no item in the future.
func Monday(t time.Time) time.Time {
	y, m, d := t.Date()
	back := (int(t.Weekday()) + 6) % 7
	if back == 0 {
		back = 7
	}
	return time.Date(y, m, d-back, 0, 0, 0, 0, t.Location())
}

// Stages lists the stages of the day in order, published or not. The caller must not change it.
func (w *Wire) Stages() []Stage { return w.stages }

// Publish publishes every stage up to and including the one given, counted from 0. To publish a
// stage again does nothing, and nothing is ever taken back.
func (w *Wire) Publish(stage int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.published = max(w.published, min(stage+1, len(w.stages)))
}

// Truth tells what every item of the whole day is about, published or not, in the order in which
// the items come out. An item that changes later appears once for each version, with the same ID.
func (w *Wire) Truth() []Truth {
	var all []Truth
	for _, s := range w.stages {
		for _, it := range s.Items {
			all = append(all, it.Truth)
		}
	}
	return all
}

// current returns what an outlet has published so far, newest first, each item in its last
// version, and when the last of it came out.
func (w *Wire) current(feed string) (items []Item, modified time.Time) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	modified = w.day
	for _, s := range w.stages[:w.published] {
		for _, it := range s.Items {
			if it.Feed != feed {
				continue
			}
			modified = s.At
			if i := indexID(items, it.ID); i >= 0 {
				items[i] = it
				continue
			}
			items = append(items, it)
		}
	}
	sortNewestFirst(items)
	return items, modified
}

func (w *Wire) outlet(name string) *outlet {
	for _, o := range w.outlets {
		if o.Name == name {
			return o
		}
	}
	return nil
}
