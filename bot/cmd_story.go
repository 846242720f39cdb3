package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-bot/tocsin/story"
	"github.com/tocsin-bot/tocsin/story/summary"
)

// more gives a summary of up to eight sentences, and the key facts one by one.
func (d *Desk) more(ctx context.Context, req *Request) (*Reply, error) {
	c, err := d.storyAsked(ctx, req)
	if err != nil {
		return nil, err
	}
	lead := c.loudest(req.Room)
	var sources []summary.Source
	for _, r := range c.Items {
		src := summary.FromItem(&r.Item)
		if reason := r.matched(lead.Watch); reason != nil {
			src.Evidence = evidenceSpans(reason)
		}
		sources = append(sources, src)
	}
	sum := summary.Summarize(sources, summary.Options{Query: lead.Reason.terms(), Sentences: 8, MaxChars: 1800})
	m := Message{Title: c.Title, URL: c.headline(lead.Watch).URL}
	if len(sum.Sentences) == 0 {
		m.Blocks = append(m.Blocks, Para(Text("There is no more than the headline.")))
	}
	for _, s := range sum.Sentences {
		spans := []Span{Text(s.Text + " ")}
		if s.Source < len(c.Items) {
			it := &c.Items[s.Source]
			spans = append(spans, Link("["+d.outlet(it)+"]", it.URL))
		}
		m.Blocks = append(m.Blocks, Para(spans...))
	}
	for _, f := range factLines(sum.Facts) {
		m.Blocks = append(m.Blocks, Small(Bold(f[0]+": "), Text(f[1])))
	}
	return &Reply{Message: m}, nil
}

func factLines(f summary.Facts) [][2]string {
	var out [][2]string
	counts := slices.DeleteFunc(slices.Clone(f.Counts), func(a summary.Amount) bool { return a.Value <= 2 }) // "two sides" says nothing
	for _, kind := range []struct {
		name   string
		values []string
	}{
		{"People", names(f.People)}, {"Organisations", names(f.Organisations)}, {"Places", names(f.Places)},
		{"Amounts", amounts(f.Amounts)}, {"Numbers", amounts(counts)}, {"Dates", dates(f.Dates)}} {
		if len(kind.values) > 0 {
			out = append(out, [2]string{kind.name, strings.Join(clipList(kind.values, 12), ", ")})
		}
	}
	return out
}

// sources lists every report once, in the order in which they came.
func (d *Desk) sources(ctx context.Context, req *Request) (*Reply, error) {
	c, err := d.storyAsked(ctx, req)
	if err != nil {
		return nil, err
	}
	m := Message{Title: fmt.Sprintf("Story %d: %s", c.ID, countSources(c.all))}
	list := Block{Kind: List}
	const most = 40
	all := reports(c.all)
	for _, versions := range all[:min(len(all), most)] {
		r := versions[len(versions)-1]
		spans := []Span{Bold(d.outlet(r)), Text(" "), timeSpan(versions[0].Placed.Time), Text(" "), Link(clip(r.Title, 140), r.URL)}
		if len(versions) > 1 {
			changed := r.Updated
			if changed.IsZero() {
				changed = r.Seen
			}
			spans = append(spans, Text(" (changed "), timeSpan(changed), Text(")"))
		}
		if r.Placed.Origin != "" && r.Placed.Origin != r.Placed.Outlet {
			spans = append(spans, Text(" — from "+d.originName(r.Placed.Origin, c.all)))
		}
		if l := baseLanguage(r.Language); l != "" && l != "en" {
			spans = append(spans, Text(" ("+languageName(l)+")"))
		}
		if facts := standing(versions); len(facts) > 0 {
			spans = append(spans, Text(" — adds "+strings.Join(clipList(facts, 4), ", ")))
		}
		list.Items = append(list.Items, spans)
	}
	m.Blocks = append(m.Blocks, list)
	if n := len(all) - most; n > 0 {
		m.Blocks = append(m.Blocks, Small(Text(fmt.Sprintf("and %d more", n))))
	}
	return &Reply{Message: m}, nil
}

// reports gives the versions of each report, the first first. A publisher who changes an article
// makes a new version of it.
func reports(items []Remembered) [][]*Remembered {
	var out [][]*Remembered
	at := map[int64]int{} // by the key of the first version
	for i := range items {
		r := &items[i]
		first := cmp.Or(r.Item.Revises, r.Key)
		if n, known := at[first]; known {
			out[n] = append(out[n], r)
			continue
		}
		at[first] = len(out)
		out = append(out, []*Remembered{r})
	}
	return out
}

// standing gives what the versions of a report added to the story, without the amounts that a later
// one corrects.
func standing(versions []*Remembered) (facts []string) {
	for _, v := range versions {
		if v.Placed.Relation != string(story.Update) {
			continue
		}
		for _, fact := range v.Placed.Facts {
			facts = slices.DeleteFunc(facts, func(old string) bool { return strings.HasSuffix(fact, ", was "+old) })
			facts = append(facts, fact)
		}
	}
	for i, fact := range facts {
		if now, old, changed := strings.Cut(fact, ", was "); changed {
			facts[i] = fmt.Sprintf("%s (was %s)", now, old)
		}
	}
	return facts
}

// originName names an origin as people write it: an agency by its name, an outlet by its own.
func (d *Desk) originName(origin string, items []Remembered) string {
	for i := range items {
		if items[i].Placed.Outlet == origin {
			return d.outlet(&items[i])
		}
	}
	return origin
}

// latest lists the stories of which the room was told.
func (d *Desk) latest(ctx context.Context, req *Request) (*Reply, error) {
	n := 10
	if len(req.Words) > 0 {
		var err error
		if n, err = strconv.Atoi(req.Words[0]); err != nil || n < 1 || n > 50 {
			return nil, userErrorf("`latest 5` gives the five latest.", "“%s” is no number from 1 to 50.", clip(req.Words[0], 20))
		}
	}
	lines, err := d.Archive.Told(ctx, req.Room, n)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return &Reply{Message: Message{Blocks: []Block{Para(Text("There is no alert here yet.")), Small(markCode("`watches` shows what is watched, `status` whether news comes in.")...)}}}, nil
	}
	m := Message{Title: "Latest alerts"}
	list := Block{Kind: List}
	for _, l := range lines {
		list.Items = append(list.Items, storySpans(l))
	}
	m.Blocks = append(m.Blocks, list, Small(markCode(fmt.Sprintf("`why %[1]d`, `more %[1]d` and `sources %[1]d` ask about story %[1]d.", lines[0].ID))...))
	return &Reply{Message: m}, nil
}

// search finds items in the archive, one line for each story.
func (d *Desk) search(ctx context.Context, req *Request) (*Reply, error) {
	if req.Args == "" {
		return nil, userErrorf("`search \"arms deal\" libya -cricket` finds items with the phrase and the word.", "What shall I search for?")
	}
	const most = 10
	found, err := d.Archive.Search(ctx, req.Args, 50)
	if err != nil {
		return nil, err
	}
	m := Message{Title: fmt.Sprintf("Search: %s", clip(req.Args, 80))}
	list := Block{Kind: List}
	listed, more := map[int64]bool{}, len(found) >= 50
	for _, f := range found {
		if listed[f.Story] {
			continue
		}
		if len(list.Items) == most {
			more = true
			break
		}
		toldAs, err := d.toldAs(ctx, f.Story)
		if err != nil {
			return nil, fmt.Errorf("read story %d: %w", f.Story, err)
		}
		if listed[toldAs] {
			continue
		}
		spans := []Span{timeSpan(f.Time()), Text(" "), Bold(d.outletOf(f.Feed)), Text(" "), Link(clip(f.Title, 140), f.URL)}
		if f.Story != 0 {
			spans = append(spans, Text(fmt.Sprintf(" (story %d)", toldAs)))
			listed[f.Story], listed[toldAs] = true, true
		}
		list.Items = append(list.Items, spans)
	}
	if len(found) == 0 {
		m.Blocks = append(m.Blocks, Para(Text("Nothing in the archive holds all of that.")),
			Small(markCode("Leave a word out, or end one with `*` to find its longer forms.")...))
		return &Reply{Message: m}, nil
	}
	m.Blocks = append(m.Blocks, list)
	if more {
		m.Blocks = append(m.Blocks, Small(Text("The newest are shown; there are more.")))
	}
	return &Reply{Message: m}, nil
}

// toldAs gives the story under which another one is told: the same event in another language.
func (d *Desk) toldAs(ctx context.Context, story int64) (int64, error) {
	if story == 0 {
		return 0, nil
	}
	file, err := d.Archive.Story(ctx, story)
	if err != nil || file == nil {
		return story, err
	}
	for _, a := range file.Alerts {
		if a.Under != 0 {
			return a.Under, nil
		}
	}
	return story, nil
}

func (d *Desk) outlet(it *Remembered) string {
	if d.Outlet == nil {
		return it.Feed
	}
	return d.Outlet(it.Feed)
}

func (d *Desk) outletOf(feed string) string {
	if d.Outlet == nil {
		return feed
	}
	return d.Outlet(feed)
}

// markAs makes the command that says something of a story: said is what everybody reads, with the
// story in the place of %s.
func markAs(kind, said string) func(*Desk, context.Context, *Request) (*Reply, error) {
	return func(d *Desk, ctx context.Context, req *Request) (*Reply, error) {
		c, rest, err := d.storyFor(ctx, req)
		if err != nil {
			return nil, err
		}
		note := clip(strings.TrimSuffix(strings.Join(rest, " "), ","), maxWhy)
		mark := Mark{Story: c.ID, Room: req.Room, User: req.User, Kind: kind, Note: note, Time: req.Now}
		text := fmt.Sprintf(said, fmt.Sprintf("story %d (%s)", c.ID, clip(c.Title, 80)))
		switch {
		case note != "":
			text += ": " + note
		case slices.ContainsFunc(c.Marks, func(m Mark) bool { return m.Kind == kind && m.User == req.User }):
			text += ", as said before"
		}
		m := Message{Blocks: []Block{Para(req.who(), Text(" "+text))}}
		if kind == "noise" && note == "" {
			m.Buttons = []Button{{Label: "Say why", About: "Say why this alert is noise", Command: fmt.Sprintf("noise %d", c.ID), Ask: true}}
		}
		return &Reply{Public: true, Marks: []Mark{mark}, Message: m}, nil
	}
}

// who names the person who asked, as a mention that the platform resolves.
func (r *Request) who() Span {
	name := r.Name
	if name == "" {
		name = r.User
	}
	return Span{Text: name, User: r.User}
}
