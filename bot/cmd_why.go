package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/story"
)

// why tells why a story was told or was not: for each watch that wanted it what matched and where it
// stands, else what the watches that come nearest miss. Asked about a page, it is about the item
// that led there.
func (d *Desk) why(ctx context.Context, req *Request) (*Reply, error) {
	if len(req.Words) > 0 && isURL(req.Words[0]) {
		return d.whyPage(ctx, req)
	}
	if len(req.Listed) > 0 && len(req.Words) == 0 {
		return d.whyListed(ctx, req.Listed)
	}
	c, err := d.storyAsked(ctx, req)
	if err != nil {
		return nil, err
	}
	return d.whyStory(c), nil
}

// whyListed tells in a line for each story of a roll-up what matched.
func (d *Desk) whyListed(ctx context.Context, stories []int64) (*Reply, error) {
	m := Message{Title: "Why each of these stories was told"}
	list := Block{Kind: List}
	for _, id := range stories {
		c, err := (&Editor{Archive: d.Archive}).coverage(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("read story %d: %w", id, err)
		}
		if c == nil {
			continue
		}
		spans := []Span{Bold(fmt.Sprintf("%d", id)), Text(" " + clip(c.Title, 80))}
		for _, a := range c.wishes() {
			spans = append(append(spans, Text(" · ")), whyBlock(a.Reason).Spans[1:]...)
		}
		list.Items = append(list.Items, spans)
	}
	m.Blocks = append(m.Blocks, list, Small(markCode(fmt.Sprintf("`why %d` tells more about one.", stories[0]))...))
	return &Reply{Message: m}, nil
}

// whyPage tells what became of the item that leads to a page.
func (d *Desk) whyPage(ctx context.Context, req *Request) (*Reply, error) {
	url := strings.Trim(req.Words[0], "<>")
	it, err := d.Archive.ItemByURL(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", url, err)
	}
	if it == nil {
		return nil, userErrorf(fmt.Sprintf("`test %s` reads it and says what the watches would make of it.", url),
			"No feed has brought me that page.")
	}
	if it.Placed.Story != 0 {
		c, err := (&Editor{Archive: d.Archive}).coverage(ctx, it.Placed.Story)
		if err != nil {
			return nil, fmt.Errorf("read story %d: %w", it.Placed.Story, err)
		}
		if c != nil {
			return d.whyStory(c), nil
		}
	}
	m := Message{Title: it.Title, URL: it.URL}
	m.Blocks = append(m.Blocks, Para(Text("It came in "+d.outlet(it)+", "), timeSpan(it.Seen), Text(" "+unplaced(it))))
	m.Blocks = append(m.Blocks, verdicts(d.Rules(), &it.Item, nearestMisses)...)
	return &Reply{Message: m}, nil
}

// unplaced says why an item belongs to no story.
func unplaced(it *Remembered) string {
	if it.Baseline {
		return "when its feed was first polled, and such items are never told."
	}
	return "and waits to be looked at."
}

func (d *Desk) whyStory(c *coverage) *Reply {
	m := Message{Title: fmt.Sprintf("Story %d: %s", c.ID, c.Title)}
	alerts := c.wishes()
	for _, a := range alerts {
		it := c.item(a.Reason.Item)
		m.Blocks = append(m.Blocks, Para(Bold("Watch "), Span{Text: a.Watch, Mono: true},
			Text(fmt.Sprintf(" (%s priority) matched", a.Priority)), Text(sourceName(d, it)), Text(":")))
		list := Block{Kind: List}
		for _, g := range outerGroups(a.Reason.Groups) {
			list.Items = append(list.Items, groupSpans(&g, it))
		}
		m.Blocks = append(m.Blocks, list)
		if a.Reason.Rules != "" {
			m.Blocks = append(m.Blocks, Small(Text("Decided by rules "+a.Reason.Rules+".")))
		}
		if why := c.untold(a.Watch); why != "" {
			m.Blocks = append(m.Blocks, Small(Text("Not told: "+why+".")))
		}
	}
	if len(alerts) == 0 {
		head := c.headline("")
		m.Blocks = append(m.Blocks, Para(Text("No watch matched it.")))
		m.Blocks = append(m.Blocks, verdicts(d.Rules(), &head, nearestMisses)...)
	}
	if joined := d.joinedBy(c.Items); joined != "" {
		m.Blocks = append(m.Blocks, Small(Text(joined)))
	}
	return &Reply{Message: m}
}

const nearestMisses = 3 // that `why` shows

// verdicts says what the watches as they are now make of an item: those that match and why, and of
// the others what the nearest of them miss, at most misses of them.
func verdicts(set *rules.Set, it *feeds.Item, misses int) (blocks []Block) {
	matched := map[string]bool{}
	for _, match := range set.Match(nil, it) {
		matched[match.Watch.ID] = true
		r := reasonOf(match, 0, set.Version())
		blocks = append(blocks, Para(Bold("✔ "), Span{Text: r.Watch, Mono: true},
			Text(" would tell "+strings.Join(match.Watch.Notify, ", ")+" ("+r.Priority+" priority)")), whyBlock(r))
	}
	return append(blocks, nearMisses(set, it, matched, misses)...)
}

// nearMisses says what the watches that are not in matched miss, those that come nearest first, at
// most n of them.
func nearMisses(set *rules.Set, it *feeds.Item, matched map[string]bool, n int) (blocks []Block) {
	type miss struct {
		watch string
		parts int // that are not met
	}
	var misses []miss
	for _, w := range set.Watches() {
		if matched[w.ID] {
			continue
		}
		m := miss{watch: w.ID}
		e, _ := set.Explain(w.ID, it)
		for _, v := range e.Verdicts {
			if !v.Met {
				m.parts++
			}
		}
		misses = append(misses, m)
	}
	slices.SortStableFunc(misses, func(a, b miss) int { return cmp.Compare(a.parts, b.parts) })
	for _, m := range misses[:min(n, len(misses))] {
		blocks = append(blocks, Para(Bold("✘ "), Span{Text: m.watch, Mono: true}, Text(": "+set.Miss(m.watch, it))))
	}
	if more := len(misses) - n; more > 0 {
		blocks = append(blocks, Small(Text(plural(more, "other watch")+" did not match either.")))
	}
	return blocks
}

// wishes gives the story's alerts, or, when there is none, what watches wanted of it all the same: a
// report that was there before its feed was first polled makes no alert.
func (c *coverage) wishes() []Alert {
	if len(c.Alerts) > 0 {
		return c.Alerts
	}
	var out []Alert
	for i := range c.Items {
		for _, r := range c.Items[i].Placed.Matches {
			if !slices.ContainsFunc(out, func(a Alert) bool { return a.Watch == r.Watch }) {
				out = append(out, Alert{Watch: r.Watch, Story: c.ID, Priority: r.Priority, Reason: r})
			}
		}
	}
	return out
}

// untold says why no room was told of what watch wanted; empty when one was, or is to be.
func (c *coverage) untold(watch string) (why string) {
	if !c.Told.IsZero() {
		return ""
	}
	for i := range c.Items {
		if r := c.Items[i].matched(watch); r != nil {
			why = r.Silent
		}
	}
	return why
}

func sourceName(d *Desk, it *Remembered) string {
	if it == nil {
		return ""
	}
	return " a report of " + d.outlet(it)
}

// groupSpans shows a term group: its role, its words, and the sentence around the first of them.
func groupSpans(g *Group, it *Remembered) []Span {
	spans := []Span{Bold(groupName(g.Name)), Text(" in " + g.Role + ": "), {Text: quoteWords(g.words(4)), Ital: true}}
	if it == nil {
		return spans
	}
	for _, ev := range g.Evidence {
		if s := around(it, ev); s != "" {
			return append(spans, Text(" — “"+s+"”"))
		}
	}
	return spans
}

// around gives the words near a piece of evidence in the text, at most a dozen.
func around(it *Remembered, ev Evidence) string {
	if ev.Field != "text" || ev.Start < 0 || ev.End > len(it.Text) || ev.Start >= ev.End {
		return ""
	}
	const before, after = 40, 50
	from := max(0, ev.Start-before)
	to := min(len(it.Text), ev.End+after)
	if i := strings.IndexAny(it.Text[from:ev.Start], " \n"); from > 0 && i >= 0 {
		from += i + 1
	}
	if i := strings.LastIndexAny(it.Text[ev.End:to], " \n"); to < len(it.Text) && i >= 0 {
		to = ev.End + i
	}
	s := strings.Join(strings.Fields(strings.ToValidUTF8(it.Text[from:to], "")), " ")
	if from > 0 {
		s = "…" + s
	}
	if to < len(it.Text) {
		s += "…"
	}
	return s
}

// joinedBy says what made the later reports one story with the first.
func (d *Desk) joinedBy(items []Remembered) string {
	var parts []string
	for i := range items {
		r := &items[i]
		switch {
		case r.Placed.Relation == string(story.Duplicate):
			parts = append(parts, d.outlet(r)+", a copy")
		case r.Placed.Relation == string(story.Update) && len(r.Placed.Shared) > 0:
			parts = append(parts, fmt.Sprintf("%s, which shares %s (likeness %.0f %%)", d.outlet(r), strings.Join(clipList(r.Placed.Shared, 4), ", "), 100*r.Placed.Score))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Joined by: " + strings.Join(clipList(parts, 6), "; ") + "."
}
