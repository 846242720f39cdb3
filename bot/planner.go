package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/tocsin-bot/tocsin/rules"
)

// planBatch is how many items one transaction plans. A crash repeats at most so many.
const planBatch = 200

// PlannerOptions configure a Planner.
type PlannerOptions struct {
	Ledger Ledger
	Log    *slog.Logger

	// Rules gives the rule set in force.
	Rules func() *rules.Set

	// Wake is called when deliveries are owed. Defaults to nothing.
	Wake func()

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Planner runs Plan over fresh items, batch after batch, each in one transaction. It is not safe
// for concurrent use: one goroutine plans.
type Planner struct {
	PlannerOptions
	memory *Memory // nil: to be loaded
	wake   bell
}

// NewPlanner makes a planner.
func NewPlanner(o PlannerOptions) *Planner {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	return &Planner{PlannerOptions: o, wake: newBell()}
}

// Poke tells the planner that there may be fresh items. It never blocks.
func (p *Planner) Poke() { p.wake.ring() }

// Run plans until ctx ends, and then saves what it learned of words.
func (p *Planner) Run(ctx context.Context) error {
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	failures, quiet := 0, 0
	for {
		wait := sweep.C
		n, err := p.PlanAll(ctx)
		if quiet++; n > 0 {
			quiet = 0
		}
		if quiet == trimAfter {
			p.trim()
		}
		if err == nil {
			failures = 0
		} else if ctx.Err() == nil {
			failures++
			p.Log.Error("fresh items not planned", "err", err, "attempt", failures)
			wait = time.After(backoff(failures)) // a full disk stays full for a while
		}
		select {
		case <-ctx.Done():
			return p.Close(context.WithoutCancel(ctx))
		case <-p.wake:
			if failures > 0 {
				select {
				case <-wait:
				case <-ctx.Done():
				}
			}
		case <-wait:
		}
	}
}

// trimAfter is how often in a row there was nothing to plan, about once a second, when the memory that
// planning needs is given back.
const trimAfter = 15

func (p *Planner) trim() {
	p.Rules().Trim()
	if p.memory != nil {
		p.memory.Index.Trim()
	}
}

// Close saves the word frequencies.
func (p *Planner) Close(ctx context.Context) error {
	if p.memory == nil {
		return nil
	}
	return p.memory.SaveWords(ctx, p.Ledger, true)
}

// PlanAll plans all items that are fresh now, and says how many there were.
func (p *Planner) PlanAll(ctx context.Context) (items int, err error) {
	for {
		n, err := p.planSome(ctx)
		items += n
		if err != nil || n == 0 {
			return items, err
		}
	}
}

// planSome plans one batch. One that makes the planning itself fail is planned item by item.
func (p *Planner) planSome(ctx context.Context) (n int, err error) {
	fresh, err := p.Ledger.FreshItems(ctx, planBatch)
	if err != nil {
		return 0, fmt.Errorf("read fresh items: %w", err)
	}
	if len(fresh) == 0 {
		return 0, nil
	}
	// Feeds are polled side by side, so that a copy may be stored before its original: what was
	// published first goes first.
	slices.SortStableFunc(fresh, func(a, b Fresh) int { return a.Time().Compare(b.Time()) })
	n, err = p.planItems(ctx, fresh)
	var poison *poisonError
	if !errors.As(err, &poison) {
		return n, err
	}
	for i := range fresh {
		switch _, err := p.planItems(ctx, fresh[i:i+1]); {
		case errors.As(err, &poison):
			p.Log.Error("item left out of the planning: it makes it fail", "item", fresh[i].Key, "feed", fresh[i].Feed, "err", poison)
			if err := p.Ledger.CommitPlan(ctx, Batch{Placed: []Placed{{Item: fresh[i].Key, Time: fresh[i].Time()}}}); err != nil {
				return i, fmt.Errorf("set item %d aside: %w", fresh[i].Key, err)
			}
		case err != nil:
			return i, err
		}
	}
	return len(fresh), nil
}

// poisonError is a panic of the planning.
type poisonError struct{ cause any }

func (e *poisonError) Error() string { return fmt.Sprintf("panic: %v", e.cause) }

// safePlan is Plan with a panic as its error.
func safePlan(set *rules.Set, m *Memory, items []Fresh, now time.Time) (b Batch, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &poisonError{r}
		}
	}()
	return Plan(set, m, items, now), nil
}

// planItems plans some items and commits the batch. When that fails, the memory, which has moved
// on, is loaded again.
func (p *Planner) planItems(ctx context.Context, fresh []Fresh) (n int, err error) {
	now := p.Now()
	if p.memory == nil {
		if p.memory, err = LoadMemory(ctx, p.Ledger, now); err != nil {
			return 0, err
		}
	} else if p.memory.Mutes, err = p.Ledger.ActiveMutes(ctx, now); err != nil {
		return 0, fmt.Errorf("read mutes: %w", err)
	}
	batch, err := safePlan(p.Rules(), p.memory, fresh, now)
	if err != nil {
		p.memory = nil
		return 0, err
	}
	failpoint("planned")
	if err := p.Ledger.CommitPlan(ctx, batch); err != nil {
		p.memory = nil
		return 0, fmt.Errorf("commit the plan of %d items: %w", len(fresh), err)
	}
	failpoint("committed")
	p.report(&batch)
	if len(batch.Deliveries) > 0 {
		p.Wake()
	}
	p.memory.Forget(now)
	if p.memory.taught && len(fresh) == planBatch {
		return len(fresh), nil // more of the baseline follows: its words are saved together
	}
	return len(fresh), p.memory.SaveWords(ctx, p.Ledger, false)
}

// report logs every match with what came of it. The backlog of a feed, which is told nobody, is for
// debugging only: there may be thousands.
func (p *Planner) report(b *Batch) {
	for _, placed := range b.Placed {
		for _, r := range placed.Matches {
			log := p.Log.With("item", placed.Item, "story", placed.Story, "rule", r.Watch, "relation", placed.Relation)
			switch {
			case r.Silent == baselineSilent:
				log.Debug("matched and not told", "reason", r.Silent)
			case r.Silent != "":
				log.Info("matched and not told", "reason", r.Silent)
			default:
				log.Info("matched", "priority", r.Priority)
			}
		}
	}
	for _, d := range b.Deliveries {
		p.Log.Debug("owed", "delivery", d.Key, "kind", d.Kind, "due", d.NextTry, "news", d.News)
	}
}
