package main

import (
	"context"
	"time"
)

const (
	clockLook = 10 * time.Second // between two looks at the clock
	clockJump = 30 * time.Second // a clock that is slower by so much was set back
)

// compareClock finds out whether the clock was set back since the last run: feeds were polled at times
// that are still to come.
func (a *app) compareClock(ctx context.Context) {
	all, err := a.feedStatus(ctx)
	if err != nil {
		if ctx.Err() == nil {
			a.Log.Error("when feeds were polled last is not known", "err", err)
		}
		return
	}
	now := a.Now().Round(0)
	last := now
	for i := range all {
		if at := all[i].State.Polled; at.After(last) {
			last = at
		}
	}
	if by := last.Sub(now); by >= clockJump {
		a.setBack(ctx, now, by)
	}
}

// setBack tells the database that the clock was set back, and says whether it took it.
func (a *app) setBack(ctx context.Context, now time.Time, by time.Duration) bool {
	if err := a.Store.ClockSetBack(ctx, now, by); err != nil {
		a.Log.Error("the clock was set back, and what waits is late by that", "by", by, "err", err)
		return false
	}
	a.Log.Warn("the clock was set back", "by", by)
	return true
}

// drift compares the wall clock with the time that passes.
type drift struct {
	clock func() time.Time
	began time.Time
	wall  time.Time
}

func (a *app) newDrift() drift { return drift{a.Now, time.Now(), a.Now().Round(0)} }

// look gives by how much the clock was set since the drift was made: less than zero when it was set
// back, zero when it was not set.
func (d *drift) look() time.Duration {
	by := d.clock().Round(0).Sub(d.wall) - time.Since(d.began)
	if by.Abs() < clockJump {
		return 0
	}
	return by
}

// watchClock sees to it that nothing waits for the time that a clock lost when it was set back. A
// clock that was set forward makes due what waits, by itself.
func (a *app) watchClock(ctx context.Context) {
	look := time.NewTicker(clockLook)
	defer look.Stop()
	clock := a.newDrift()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		by := clock.look()
		if by == 0 || by < 0 && !a.setBack(ctx, a.Now().Round(0), -by) { // the next look tries again
			continue
		}
		clock = a.newDrift()
	}
}
