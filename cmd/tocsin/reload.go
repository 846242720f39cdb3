package main

import (
	"context"
	"fmt"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/rules"
)

// A reload tells what the change would have meant over so much of the archive, and looks no longer
// than this; the new rules are in force meanwhile.
const (
	diffSpan = 30 * 24 * time.Hour
	diffTime = 20 * time.Second
	diffMost = 10 // watches
)

// reloadDiff compares two rule sets over the archive: for each watch that would have told something
// else, how much, and one story gained or lost. Empty when nothing differs.
func (a *app) reloadDiff(ctx context.Context, before, after *rules.Set) []bot.Block {
	ctx, cancel := context.WithTimeout(ctx, diffTime)
	defer cancel()
	b := rules.NewBacktest(newStoryGrouper(), nil, before, after)
	for it, err := range a.Store.Items(ctx, a.Now().Add(-diffSpan)) {
		if err != nil {
			if ctx.Err() == nil {
				a.Log.Error("the reload is not compared over the archive", "err", err)
			}
			break // what was read until then says enough
		}
		b.Add(&it)
	}
	diffs := b.Diffs(1)
	if len(diffs) == 0 || b.Items() == 0 {
		return nil
	}
	list := bot.Block{Kind: bot.List}
	for _, d := range diffs[:min(len(diffs), diffMost)] {
		list.Items = append(list.Items, diffSpans(&d))
	}
	blocks := []bot.Block{bot.Small(bot.Text(fmt.Sprintf("Over the %d items of the last %.0f days:", b.Items(), max(b.Days(), 1)))), list}
	if n := len(diffs) - diffMost; n > 0 {
		blocks = append(blocks, bot.Small(bot.Text(fmt.Sprintf("and %d more; `tocsin rules diff` lists them", n))))
	}
	return blocks
}

func diffSpans(d *rules.Diff) []bot.Span {
	spans := []bot.Span{{Text: d.Watch, Mono: true}, bot.Text(": ")}
	switch {
	case d.Before == nil:
		spans = append(spans, bot.Text(fmt.Sprintf("new, %s alerts a day", perDay(d.After.PerDay))))
	case d.After == nil:
		return append(spans, bot.Text(fmt.Sprintf("gone, with %s alerts a day", perDay(d.Before.PerDay))))
	default:
		spans = append(spans, bot.Text(fmt.Sprintf("%s → %s alerts a day, stories gained %d, lost %d",
			perDay(d.Before.PerDay), perDay(d.After.PerDay), d.GainedN, d.LostN)))
	}
	for _, s := range d.Lost {
		spans = append(spans, bot.Text("; lost: "+s.Title))
	}
	for _, s := range d.Gained {
		spans = append(spans, bot.Text("; gained: "+s.Title))
	}
	if d.OverBudget {
		spans = append(spans, bot.Bold("; over its budget"))
	}
	return spans
}
