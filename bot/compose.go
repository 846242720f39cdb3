package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/story"
	"github.com/tocsin-bot/tocsin/story/summary"
)

// Editor composes alerts, updates and edits out of the archive. It is a Composer.
type Editor struct {
	Archive Archive
	Outbox  Outbox

	// Summarize says what the reports of a story have to say. Defaults to summary.Summarize.
	Summarize func(ctx context.Context, watch string, sources []summary.Source, opt summary.Options) summary.Summary

	// Outlet names who publishes a feed, as people write it. Defaults to the feed's name.
	Outlet func(feed string) string

	// Interval is the length of a watch's budget, for its roll-up; zero when it has none.
	Interval func(watch string) time.Duration
}

// Compose fills d.Message and d.Told, or says why there is nothing left to say.
func (e *Editor) Compose(ctx context.Context, d *Delivery, now time.Time) (skip string, err error) {
	switch {
	case d.Kind == KindRollup && d.Watch == "":
		return e.digest(ctx, d, now)
	case d.Kind == KindRollup:
		return e.rollup(ctx, d)
	}
	c, err := e.coverage(ctx, d.Story)
	if err != nil || c == nil {
		return "the story is no longer in the archive", err
	}
	parent, err := e.Outbox.Parent(ctx, d.Room, d.Story)
	if err != nil {
		return "", fmt.Errorf("find the message of story %d: %w", d.Story, err)
	}
	switch d.Kind {
	case KindNew:
		until, err := e.mutedUntil(ctx, c, d.Room, now)
		if err != nil || !until.IsZero() {
			d.NextTry = until
			return "", err
		}
		d.Message, d.Told = e.alert(ctx, c, d.Room), c.keys()
		return "", nil
	case KindEdit:
		return e.edit(c, d, parent), nil
	}
	return e.update(ctx, c, d, parent), nil
}

// mutedUntil gives the time at which the first of the story's alerts may be told in room, when all
// of them are muted by now: somebody may have muted the watch while the alert waited for sources.
// Zero when one may be told.
func (e *Editor) mutedUntil(ctx context.Context, c *coverage, room Room, now time.Time) (until time.Time, err error) {
	mutes, err := e.Archive.ActiveMutes(ctx, now)
	if err != nil {
		return until, fmt.Errorf("read mutes: %w", err)
	}
	for _, a := range c.Alerts {
		if !slices.Contains(a.Rooms, room) {
			continue
		}
		var end time.Time
		for _, m := range mutes {
			if (m.Room == "" || m.Room == room) && (m.Story == c.ID || m.Watch == a.Watch) && m.Until.After(end) {
				end = m.Until
			}
		}
		if end.IsZero() {
			return time.Time{}, nil
		}
		if until.IsZero() || end.Before(until) {
			until = end
		}
	}
	return until, nil
}

// coverage is a story with the stories that are told under it.
type coverage struct {
	StoryFile
	all []Remembered // items of all of them, in the order of their times
}

func (e *Editor) coverage(ctx context.Context, id int64) (*coverage, error) {
	file, err := e.Archive.Story(ctx, id)
	if err != nil || file == nil {
		return nil, err
	}
	c := &coverage{StoryFile: *file, all: slices.Clone(file.Items)}
	under, err := e.Archive.Under(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("find the stories under story %d: %w", id, err)
	}
	for _, u := range under {
		other, err := e.Archive.Story(ctx, u)
		if err != nil {
			return nil, err
		}
		if other != nil {
			c.all = append(c.all, other.Items...)
		}
	}
	slices.SortFunc(c.Items, byTime)
	slices.SortFunc(c.all, byTime)
	return c, nil
}

func byTime(a, b Remembered) int {
	return cmp.Or(a.Placed.Time.Compare(b.Placed.Time), cmp.Compare(a.Key, b.Key))
}

func (c *coverage) keys() []int64 {
	out := make([]int64, len(c.all))
	for i, it := range c.all {
		out[i] = it.Key
	}
	return out
}

func (c *coverage) item(key int64) *Remembered {
	for i := range c.all {
		if c.all[i].Key == key {
			return &c.all[i]
		}
	}
	return nil
}

// alert composes the first message about a story in a room.
func (e *Editor) alert(ctx context.Context, c *coverage, room Room) *Message {
	lead := c.loudest(room)
	head := c.headline(lead.Watch)
	m := &Message{Title: head.Title, URL: head.URL, Priority: lead.Priority}
	sum := e.summarize(ctx, c.Items, lead)
	if len(sum.Sentences) > 0 {
		m.Blocks = append(m.Blocks, Para(Text(sum.Text())))
	}
	if facts := factLine(sum.Facts); facts != "" {
		m.Blocks = append(m.Blocks, Small(Text(facts)))
	}
	for _, a := range c.Alerts {
		if slices.Contains(a.Rooms, room) {
			m.Blocks = append(m.Blocks, whyBlock(a.Reason))
		}
	}
	m.Blocks = append(m.Blocks, e.tail(c, lead)...)
	m.Buttons = alertButtons()
	return m
}

// loudest gives the alert that leads in room.
func (c *coverage) loudest(room Room) Alert {
	best := Alert{Priority: "normal", Story: c.ID}
	found := false
	for _, a := range c.Alerts {
		if slices.Contains(a.Rooms, room) && (!found || louder(a.Priority, best.Priority)) {
			best, found = a, true
		}
	}
	return best
}

// headline gives the item whose title stands for the story: the best one among those that the
// watch wanted.
func (c *coverage) headline(watch string) feeds.Item {
	var st story.Story
	add := func(r Remembered) {
		st.Add(&r.Item, story.Placement{Story: r.Placed.Story, Time: r.Placed.Time})
	}
	for _, r := range c.Items {
		if r.matched(watch) != nil {
			add(r)
		}
	}
	if len(st.Items) == 0 {
		for _, r := range c.Items {
			add(r)
		}
	}
	for _, r := range c.Items {
		if r.Title == st.Title {
			return r.Item
		}
	}
	return feeds.Item{Title: c.Title}
}

// matched gives the reason for which watch wanted the item; nil when it did not.
func (r *Remembered) matched(watch string) *Reason {
	for i := range r.Placed.Matches {
		if r.Placed.Matches[i].Watch == watch {
			return &r.Placed.Matches[i]
		}
	}
	return nil
}

// summarize says what the items have to say about what the alert's watch asks for.
func (e *Editor) summarize(ctx context.Context, items []Remembered, a Alert) summary.Summary {
	var sources []summary.Source
	var opt summary.Options
	for _, r := range items {
		if r.Placed.Relation == string(story.Duplicate) && len(items) > 1 && r.Key != a.Reason.Item {
			continue // its text is there already
		}
		src := summary.FromItem(&r.Item)
		src.Outlet = e.outlet(&r.Item)
		if reason := r.matched(a.Watch); reason != nil {
			src.Evidence = evidenceSpans(reason)
		}
		sources = append(sources, src)
	}
	opt.Query = a.Reason.terms()
	if e.Summarize == nil {
		return summary.Summarize(sources, opt)
	}
	return e.Summarize(ctx, a.Watch, sources, opt)
}

func evidenceSpans(r *Reason) []text.Span {
	var out []text.Span
	for _, g := range r.Groups {
		for _, ev := range g.Evidence {
			if ev.Field == "text" {
				out = append(out, text.Span{Start: ev.Start, End: ev.End})
			}
		}
	}
	return out
}

func (e *Editor) outlet(it *feeds.Item) string {
	if e.Outlet == nil {
		return it.Feed
	}
	return e.Outlet(it.Feed)
}

// whyBlock says in one line why a watch wanted the story: each term group, the words that
// satisfied it, and the best place where they stand. A list that another one uses is told with that.
func whyBlock(r Reason) Block {
	spans := []Span{Text("Why: "), {Text: r.Watch, Mono: true}}
	for i, g := range outerGroups(r.Groups) {
		sep := " · "
		if i == 0 {
			sep = " — "
		}
		spans = append(spans, Text(sep+groupName(g.Name)+" "), Span{Text: quoteWords(g.words(2)), Ital: true}, Text(" in "+g.Role))
	}
	return Small(spans...)
}

// outerGroups leaves out the groups whose words are all words of another group, of two alike the
// later.
func outerGroups(groups []Group) (outer []Group) {
	for i := range groups {
		within := false
		for j := range groups {
			within = within || j != i && groups[j].covers(&groups[i]) && (j < i || !groups[i].covers(&groups[j]))
		}
		if !within {
			outer = append(outer, groups[i])
		}
	}
	return outer
}

// covers says whether another group has the same role and no word that this one lacks.
func (g *Group) covers(other *Group) bool {
	for _, o := range other.Evidence {
		if !slices.ContainsFunc(g.Evidence, func(e Evidence) bool { return text.Fold(e.Text) == text.Fold(o.Text) }) {
			return false
		}
	}
	return g.Role == other.Role && len(other.Evidence) > 0
}

// words gives up to n different surface forms of a group, those in its best role first.
func (g *Group) words(n int) []string {
	var out []string
	seen := map[string]bool{}
	for _, best := range []bool{true, false} {
		for _, ev := range g.Evidence {
			if fold := text.Fold(ev.Text); (ev.Role == g.Role) == best && !seen[fold] && len(out) < n {
				seen[fold] = true
				out = append(out, clip(ev.Text, 40))
			}
		}
	}
	return out
}

func quoteWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "“" + w + "”"
	}
	return strings.Join(quoted, ", ")
}

// storySpans shows a story in one line.
func storySpans(l StoryLine) []Span {
	return []Span{
		Text(l.Title + " "),
		Text(fmt.Sprintf("(story %d, %s, ", l.ID, plural(max(l.Outlets, 1), "source"))), timeSpan(l.Last), Text(")"),
	}
}

func alertButtons() []Button {
	return []Button{
		{Label: "Why", About: "Why this story was told", Command: "why"},
		{Label: "More", About: "A longer summary of this story", Command: "more"},
		{Label: "Sources", About: "Every report of this story", Command: "sources"},
		{Label: "Mute story", Command: "mute this", Ask: true, Choices: []Choice{
			{"for 2 hours", "2h"}, {"for a day", "1d"}, {"for a week", "1w"}}},
		{Label: "Noise", About: "Say that this alert is noise", Command: "noise"},
	}
}
