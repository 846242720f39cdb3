package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Numbers of the overview.
const (
	homeStories = 8
	homeWatches = 12
	openFor     = 48 * time.Hour // a story that was told before, and without a report for longer, is not open
)

// home gives one page of what concerns the person who asks: what the rooms that they are in watch,
// which stories are open there, how the feeds are, and what is muted.
func (d *Desk) home(ctx context.Context, req *Request) (*Reply, error) {
	rooms := []Room{req.Room}
	if d.RoomsOf != nil {
		of, err := d.RoomsOf(ctx, req.Incoming)
		if err != nil {
			d.Log.Warn("rooms of a person not known", "user", req.User, "err", err)
		} else if len(of) > 0 {
			rooms = of
		}
	}
	m := Message{Title: "What is watched for you"}
	m.Blocks = append(m.Blocks, d.homeWatches(req, rooms)...)
	stories, err := d.homeStories(ctx, rooms, req.Now)
	if err != nil {
		return nil, err
	}
	m.Blocks = append(m.Blocks, stories...)
	mutes, err := d.homeMutes(ctx, req, rooms)
	if err != nil {
		return nil, err
	}
	m.Blocks = append(m.Blocks, mutes...)
	health, err := d.homeFeeds(ctx)
	if err != nil {
		return nil, err
	}
	m.Blocks = append(m.Blocks, health...)
	return &Reply{Message: m}, nil
}

func heading(s string) Block { return Block{Kind: Heading, Spans: []Span{Text(s)}} }

// homeWatches lists the watches that tell one of the rooms.
func (d *Desk) homeWatches(req *Request, rooms []Room) []Block {
	list := Block{Kind: List}
	n := 0
	for _, w := range d.Rules().Watches() {
		if !slices.ContainsFunc(rooms, func(r Room) bool { return slices.Contains(w.Notify, string(r)) }) {
			continue
		}
		if n++; n <= homeWatches {
			list.Items = append(list.Items, []Span{Bold(w.Title), Text(" · "), {Text: w.ID, Mono: true}, Text(" → " + strings.Join(roomNames(w.Notify, req), ", "))})
		}
	}
	blocks := []Block{heading("Watches")}
	switch {
	case n == 0:
		return append(blocks, Para(markCode("No watch tells a room that you are in. `watches` lists them all.")...))
	case n > homeWatches:
		return append(blocks, list, Small(markCode(fmt.Sprintf("and %d more: `watches`", n-homeWatches))...))
	}
	return append(blocks, list)
}

// homeStories lists the stories of which the rooms were told and that still get reports.
func (d *Desk) homeStories(ctx context.Context, rooms []Room, now time.Time) ([]Block, error) {
	var open []StoryLine
	seen := map[int64]bool{}
	for _, r := range rooms {
		told, err := d.Archive.Told(ctx, r, homeStories)
		if err != nil {
			return nil, fmt.Errorf("list the stories of %s: %w", r, err)
		}
		for _, s := range told {
			if !seen[s.ID] && min(now.Sub(s.Last), now.Sub(s.Told)) < openFor {
				seen[s.ID] = true
				open = append(open, s)
			}
		}
	}
	slices.SortStableFunc(open, func(a, b StoryLine) int { return b.Last.Compare(a.Last) })
	list := Block{Kind: List}
	for _, s := range open[:min(len(open), homeStories)] {
		list.Items = append(list.Items, storySpans(s))
	}
	if len(open) == 0 {
		return []Block{heading("Open stories"), Para(Text("None in the last two days."))}, nil
	}
	return []Block{heading("Open stories"), list}, nil
}

// homeMutes lists the mutes that hold in the rooms; nothing when there are none.
func (d *Desk) homeMutes(ctx context.Context, req *Request, rooms []Room) ([]Block, error) {
	active, err := d.Archive.ActiveMutes(ctx, req.Now)
	if err != nil {
		return nil, fmt.Errorf("list the mutes: %w", err)
	}
	list := Block{Kind: List}
	for _, m := range active {
		if m.Room != "" && !slices.Contains(rooms, m.Room) {
			continue
		}
		what := "watch " + m.Watch
		if m.Story != 0 {
			what = fmt.Sprintf("story %d", m.Story)
		}
		where := "every room"
		if m.Room != "" {
			where = roomNames([]string{string(m.Room)}, req)[0]
		}
		list.Items = append(list.Items, []Span{Bold(what), Text(" in " + where + " until "), timeSpan(m.Until)})
	}
	if len(list.Items) == 0 {
		return nil, nil
	}
	return []Block{heading("Muted"), list}, nil
}

// roomNames gives rooms as the person who asks calls them: those of their own platform by the address
// alone.
func roomNames(rooms []string, req *Request) []string {
	names := make([]string, len(rooms))
	for i, r := range rooms {
		names[i] = r
		if platform, address := Room(r).Parse(); address != "" && platform == req.Room.Platform() {
			names[i] = address
		}
	}
	return names
}

// homeFeeds says how the feeds are, and names those that fail.
func (d *Desk) homeFeeds(ctx context.Context) ([]Block, error) {
	all, err := d.Feeds(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the feeds: %w", err)
	}
	var failing []string
	for _, f := range all {
		if f.State.Failure != "" {
			failing = append(failing, f.Feed.Name)
		}
	}
	line := plural(len(all), "feed") + ", all well"
	if n := len(failing); n > 0 {
		line = fmt.Sprintf("%s, %d failing: %s", plural(len(all), "feed"), n, strings.Join(clipList(failing, 8), ", "))
	}
	return []Block{heading("Feeds"), Para(Text(line))}, nil
}
