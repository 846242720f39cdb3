package feeds

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// Feeds that are overdue, after a start or a pause, are polled one after another: this many at
	// once, the rest overdueGap apart, or closer so that all are done within overdueSpread.
	overdueAtOnce = 64
	overdueGap    = 50 * time.Millisecond
	overdueSpread = time.Minute

	// clockJump is the difference between the wall clock and the time that has passed from which
	// the schedules are read anew: somebody has set the clock, or the machine was asleep.
	clockJump = 30 * time.Second
)

// dispatch starts the polls that are due, until ctx ends.
func (p *Poller) dispatch(ctx context.Context, work *sync.WaitGroup) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	started, wall := time.Now(), p.now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-p.wake:
		}
		now := time.Now()
		if drift := p.now().Sub(wall) - now.Sub(started); drift.Abs() > clockJump {
			started, wall = now, p.now()
			p.replace()
		}
		groups, next := p.takeDue(now)
		for _, g := range groups {
			p.start(ctx, g, work, func([]Outcome) {})
		}
		timer.Reset(next.Sub(now))
	}
}

// takeDue gives the feeds that are due, those with one URL together, and when to look again: when
// the next is due, and within a minute.
func (p *Poller) takeDue(now time.Time) (groups [][]*entry, next time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next = now.Add(time.Minute)
	for _, e := range p.feeds {
		switch {
		case e.done != nil || e.state.Stopped:
		case e.due.After(now):
			if e.due.Before(next) {
				next = e.due
			}
		default:
			groups = append(groups, p.begin(e, now))
		}
	}
	p.next = next
	return groups, next
}

// begin marks a feed as being polled, together with those of the same URL that are due soon.
func (p *Poller) begin(e *entry, now time.Time) []*entry {
	e.done = make(chan struct{})
	group := []*entry{e}
	for _, other := range p.byURL[e.shared] {
		if other.done != nil || other.state.Stopped {
			continue
		}
		if other.due.Sub(now) <= other.schedule.Interval()/2 {
			other.done = make(chan struct{})
			group = append(group, other)
		}
	}
	return group
}

// start polls a group when it is its host's turn.
func (p *Poller) start(ctx context.Context, group []*entry, work *sync.WaitGroup, report func([]Outcome)) {
	p.mu.Lock()
	host := group[0].server()
	p.mu.Unlock()
	work.Add(1)
	p.turns.poll(host, func() {
		defer work.Done()
		report(p.pollGroup(ctx, group))
	})
}

// place gives every feed that has no time yet the time of its next poll.
func (p *Poller) place() {
	now, wall := time.Now(), p.now()
	var overdue []*entry
	for _, e := range p.feeds {
		if !e.due.IsZero() || e.done != nil {
			continue
		}
		if e.state.Feed == "" {
			e.state = p.states[e.feed.Name]
		}
		e.state = startState(&e.feed, e.address, e.state)
		wait := p.waitOf(e, wall)
		e.due = now.Add(wait)
		if wait <= 0 {
			overdue = append(overdue, e)
		}
	}
	slices.SortFunc(overdue, func(a, b *entry) int { return a.state.NextDue.Compare(b.state.NextDue) })
	if n := len(overdue) - overdueAtOnce; n > 0 {
		gap := min(overdueGap, overdueSpread/time.Duration(n))
		for i, e := range overdue[overdueAtOnce:] {
			e.due = now.Add(time.Duration(i) * gap)
		}
	}
}

// waitOf gives the time until a feed's next poll. A time that no schedule, back-off or Retry-After
// can have set comes from a clock that was wrong, and counts for nothing.
func (p *Poller) waitOf(e *entry, wall time.Time) time.Duration {
	longest := max(e.schedule.Interval()*2, 32*24*time.Hour)
	if e.state.Failures > 0 {
		longest = maxRetryAfter
	}
	wait := e.state.NextDue.Sub(wall)
	if e.state.NextDue.IsZero() || wait > longest || e.state.Polled.After(wall.Add(clockJump)) {
		return 0
	}
	return wait
}

// replace reads the schedules anew after the wall clock has jumped or the machine has slept. A feed
// that backs off goes on doing so.
func (p *Poller) replace() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, wall := time.Now(), p.now()
	p.log.Warn("clock jumped", "now", wall)
	for _, e := range p.feeds {
		if e.done != nil || e.state.Failures > 0 || e.state.NextDue.IsZero() {
			continue
		}
		if e.state.NextDue.After(wall) { // the clock may have been set back: the next time may be earlier
			e.state.NextDue = nextPoll(&e.feed, e.schedule, wall)
			e.due = now.Add(e.state.NextDue.Sub(wall))
			continue
		}
		e.due = time.Time{}
	}
	p.place()
}

// PollAll polls every feed once, due or not, fetches the articles that the new items need, and
// gives the outcomes in the order of the feeds' names. A feed that backs off or was told to stay
// away is left out until its time has come.
func (p *Poller) PollAll(ctx context.Context) ([]Outcome, error) {
	if err := p.load(ctx); err != nil {
		return nil, err
	}
	p.mu.Lock()
	now, wall := time.Now(), p.now()
	var groups [][]*entry
	for _, e := range p.feeds {
		if e.done != nil || e.state.Stopped || e.state.Failures > 0 && p.waitOf(e, wall) > 0 {
			continue
		}
		e.due = now
	}
	for _, e := range p.feeds {
		if e.done == nil && !e.state.Stopped && !e.due.After(now) {
			groups = append(groups, p.begin(e, now))
		}
	}
	p.mu.Unlock()

	var work sync.WaitGroup
	polled := make([][]Outcome, len(groups))
	for i, g := range groups {
		p.start(ctx, g, &work, func(out []Outcome) { polled[i] = out })
	}
	work.Wait()
	p.saver.flush()
	p.drainArticles(ctx)
	return byName(polled), ctx.Err()
}

// byName gives the outcomes of groups in the order of the feeds' names.
func byName(groups [][]Outcome) []Outcome {
	var list []*Outcome // for they are large, and move often while they are sorted
	for _, g := range groups {
		for i := range g {
			list = append(list, &g[i])
		}
	}
	slices.SortFunc(list, func(a, b *Outcome) int { return strings.Compare(a.Feed, b.Feed) })
	out := make([]Outcome, len(list))
	for i, o := range list {
		out[i] = *o
	}
	return out
}

// PollNow polls one feed at once, also one that backs off or has been stopped, and gives the
// outcome. A poll of it that is under way is waited for first.
func (p *Poller) PollNow(ctx context.Context, name string) (Outcome, error) {
	if err := p.load(ctx); err != nil {
		return Outcome{}, err
	}
	for {
		p.mu.Lock()
		e := p.feeds[name]
		if e == nil {
			p.mu.Unlock()
			return Outcome{}, fmt.Errorf("there is no feed %q", name)
		}
		busy := e.done
		if busy == nil {
			e.done = make(chan struct{})
			p.mu.Unlock()
			var work sync.WaitGroup
			var out []Outcome
			p.start(ctx, []*entry{e}, &work, func(o []Outcome) { out = o })
			work.Wait()
			if len(out) == 0 {
				return Outcome{}, fmt.Errorf("poll %q: %w", name, errNotStored(ctx))
			}
			return out[0], nil
		}
		p.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return Outcome{}, ctx.Err()
		}
	}
}
