package bot

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/story"
	"github.com/tocsin-bot/tocsin/story/summary"
)

// edit composes the parent again with the sources as they are now. What it said stays.
func (e *Editor) edit(c *coverage, d *Delivery, parent *Delivery) (skip string) {
	if parent == nil || parent.Message == nil {
		return "there is no message to edit"
	}
	m := *parent.Message
	head := slices.IndexFunc(m.Blocks, func(b Block) bool { return b.Kind == Heading })
	if head < 0 {
		return "the message has no sources to edit"
	}
	for head > 0 && isCorrection(m.Blocks[head-1]) {
		head--
	}
	lead := c.loudest(d.Room)
	m.Blocks = append(slices.Clone(m.Blocks[:head]), e.tail(c, lead)...)
	if louder(lead.Priority, m.Priority) {
		m.Priority = lead.Priority
	}
	if reflect.DeepEqual(&m, parent.Message) {
		return "the message says so already"
	}
	d.Message = &m
	return ""
}

func isCorrection(b Block) bool {
	return b.Kind == Paragraph && len(b.Spans) > 0 && b.Spans[0].Text == "Corrected: "
}

// update composes a reply that tells only what is new.
func (e *Editor) update(ctx context.Context, c *coverage, d *Delivery, parent *Delivery) (skip string) {
	if parent != nil && slices.Contains(parent.Told, d.Item) {
		return "the first message tells it already"
	}
	it := c.item(d.Item)
	if it == nil {
		return "the report is no longer in the archive"
	}
	title := "Update: " + it.Title
	if it.Placed.Kind == story.Correction {
		title = "Correction: " + strings.TrimPrefix(it.Title, "Correction: ")
	}
	m := &Message{Title: title, URL: it.URL}
	if parent == nil {
		m.Priority = c.loudest(d.Room).Priority
	}
	if said := e.whatIsNew(ctx, c, it, d.Room); said != "" {
		m.Blocks = append(m.Blocks, Para(Text(said)))
	}
	lead := c.loudest(d.Room)
	src := source{outlet: e.outlet(&it.Item), item: it}
	if it.Revises != nil && !it.Updated.IsZero() {
		changed := *it
		changed.Placed.Time = it.Updated
		src.item = &changed
	}
	known := lead.Reason.language(c)
	if strings.Contains(d.News, alsoReported) {
		known = baseLanguage(it.Language) // it has been said
	}
	last := append([]Span{Text(upperFirst(d.News) + " — ")}, src.spans(known)...)
	m.Blocks = append(m.Blocks, Small(append(last, Text(" · "), Span{Text: lead.Watch, Mono: true}, Text(fmt.Sprintf(" · story %d", c.ID)))...))
	d.Message, d.Told = m, []int64{d.Item}
	return ""
}

// whatIsNew gives the sentences of an item that the story did not hold before it.
func (e *Editor) whatIsNew(ctx context.Context, c *coverage, it *Remembered, room Room) string {
	lead := c.loudest(room)
	var before []summary.Source
	for _, r := range c.Items {
		if r.Key < it.Key && r.Placed.Story == it.Placed.Story {
			before = append(before, summary.FromItem(&r.Item))
		}
	}
	src := summary.FromItem(&it.Item)
	opt := summary.Options{Query: lead.Reason.terms(), Sentences: 2, MaxChars: 400}
	if reason := it.matched(lead.Watch); reason != nil {
		src.Evidence = evidenceSpans(reason)
	}
	if it.Revises != nil {
		var claims []string
		for _, cor := range summary.Corrections(summary.FromItem(it.Revises), src) {
			claims = append(claims, cor.Claim)
		}
		if len(claims) > 0 {
			return strings.Join(slices.Compact(claims), " ")
		}
	}
	if len(before) == 0 { // the first report in another language
		return summary.Summarize([]summary.Source{src}, opt).Text()
	}
	change := summary.Update(before, src, opt)
	var said []string
	for _, s := range change.Sentences {
		said = append(said, s.Text)
	}
	for _, cor := range change.Corrections {
		said = append(said, fmt.Sprintf("It was %s and is now %s.", cor.Old.Text, cor.New.Text))
	}
	if len(said) == 0 {
		return summary.Summarize([]summary.Source{src}, opt).Text()
	}
	return strings.Join(said, " ")
}

// rollup lists what went beyond a watch's budget.
func (e *Editor) rollup(ctx context.Context, d *Delivery) (skip string, err error) {
	since := d.Created // of the first that went beyond; the watch may have lost its budget since
	if e.Interval != nil {
		if begin := d.NextTry.Add(-e.Interval(d.Watch)); begin.Before(since) {
			since = begin
		}
	}
	lines, err := e.Archive.Untold(ctx, d.Watch, d.Room, since, d.NextTry)
	if err != nil {
		return "", fmt.Errorf("list what %s did not tell: %w", d.Watch, err)
	}
	if lines, err = e.heldByBudget(ctx, d.Watch, lines); err != nil {
		return "", err
	}
	if len(lines) == 0 {
		return "nothing was left untold", nil
	}
	const most = 25
	shown := lines[:min(len(lines), most)]
	d.Message = listing(fmt.Sprintf("%s: %s beyond the budget", d.Watch, plural(len(lines), "story")), shown)
	if n := len(lines) - most; n > 0 {
		d.Message.Blocks = append(d.Message.Blocks, Small(Text(fmt.Sprintf("and %d more", n))))
	}
	d.Told = storiesOf(shown)
	return "", nil
}

// digest lists the stories that a room would have waited for too long. One that was muted meanwhile is
// counted only.
func (e *Editor) digest(ctx context.Context, d *Delivery, now time.Time) (skip string, err error) {
	var lines []StoryLine
	muted := 0
	for _, id := range d.Told {
		c, err := e.coverage(ctx, id)
		if err != nil {
			return "", err
		}
		if c == nil {
			continue
		}
		until, err := e.mutedUntil(ctx, c, d.Room, now)
		switch {
		case err != nil:
			return "", err
		case until.IsZero():
			lines = append(lines, c.StoryLine)
		default:
			muted++
		}
	}
	if len(lines) == 0 {
		return fmt.Sprintf("none of its %d stories may be told", len(d.Told)), nil
	}
	d.Message = listing(fmt.Sprintf("Digest: %s at once", plural(len(lines), "story")), lines)
	d.Message.Blocks = append(d.Message.Blocks, Small(markCode(fmt.Sprintf(
		"One by one they would have come too late. `why` under this message tells why each was told, `more %d` and `sources %d` tell about one.", lines[0].ID, lines[0].ID))...))
	if muted > 0 {
		d.Message.Blocks = append(d.Message.Blocks, Small(Text(fmt.Sprintf("%s that somebody muted: left out.", upperFirst(plural(muted, "story"))))))
	}
	d.Told = storiesOf(lines)
	return "", nil
}

// listing is a message with a line for each story.
func listing(title string, lines []StoryLine) *Message {
	list := Block{Kind: List}
	for _, l := range lines {
		list.Items = append(list.Items, storySpans(l))
	}
	return &Message{Title: title, Blocks: []Block{list}}
}

func storiesOf(lines []StoryLine) []int64 {
	ids := make([]int64, len(lines))
	for i, l := range lines {
		ids[i] = l.ID
	}
	return ids
}

// heldByBudget gives those of the untold stories that the watch's budget held back, and not a mute
// or the wait for a second origin.
func (e *Editor) heldByBudget(ctx context.Context, watch string, lines []StoryLine) (held []StoryLine, err error) {
	for _, l := range lines {
		file, err := e.Archive.Story(ctx, l.ID)
		if err != nil {
			return nil, fmt.Errorf("read story %d: %w", l.ID, err)
		}
		if file != nil && slices.ContainsFunc(file.Items, func(r Remembered) bool {
			reason := r.matched(watch)
			return reason != nil && strings.HasPrefix(reason.Silent, beyondBudget)
		}) {
			held = append(held, l)
		}
	}
	return held, nil
}
