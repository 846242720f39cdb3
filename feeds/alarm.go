package feeds

import (
	"sync"
	"time"
)

// alarm rings for whatever takes longer than a time that is the same for all. Nearly everything is
// over long before, so that one timer does for any number, which is set when nobody waits and not for
// each.
type alarm struct {
	after time.Duration

	mu    sync.Mutex
	waits []*wait     // in the order in which they are due; those that are over leave at the front
	timer *time.Timer // nil while there is none
}

// wait is what an alarm rings for.
type wait struct {
	due  time.Time
	ring func() // nil when it is over
}

// set has ring called, from a goroutine of its own, unless the wait is over before.
func (a *alarm) set(ring func()) *wait {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := &wait{time.Now().Add(a.after), ring}
	a.waits = append(a.waits, w)
	if a.timer == nil {
		a.timer = time.AfterFunc(a.after, a.wake)
	}
	return w
}

// over ends a wait. Its ring may be running.
func (a *alarm) over(w *wait) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.ring = nil
	for len(a.waits) > 0 && a.waits[0].ring == nil {
		a.drop()
	}
}

// wake rings for those that are due, and sets the timer for the next.
func (a *alarm) wake() {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.timer = nil
	for len(a.waits) > 0 {
		w := a.waits[0]
		if w.ring != nil {
			if left := w.due.Sub(now); left > 0 {
				a.timer = time.AfterFunc(left, a.wake)
				return
			}
			go w.ring()
			w.ring = nil
		}
		a.drop()
	}
}

func (a *alarm) drop() {
	a.waits[0] = nil
	a.waits = a.waits[1:]
}
