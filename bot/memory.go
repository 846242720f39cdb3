package bot

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/feeds/text"
	"github.com/tocsin-bot/tocsin/story"
)

// Memory is what a plan needs to know of the plans before it: the live stories, and what each
// room was told of them. It lives in one process; after a start, or when a batch could not be
// committed, it is loaded again from the ledger.
type Memory struct {
	Index *story.Index
	Mutes []Mute

	// Outlet names the publisher of a feed's items for people. Nil, or empty: the site.
	Outlet func(feed string) string

	stories map[int64]*told
	recent  map[string][]*told // told stories by watch, for the same event in another language
	counted map[string][]time.Time

	snapshotAt int64 // the last item whose words are in the ledger's snapshot
	learned    int64 // the last item that the index has learned
	taught     bool  // items of a baseline were learned since the snapshot: they are not remembered
}

// told is what rooms know of one story.
type told struct {
	id       int64
	under    int64 // the story in whose thread this one is told; zero for none
	language string
	first    time.Time // of its first item
	last     time.Time // of its latest
	outlets  []string
	origins  []string
	mended   []string           // corrections that items made, so that one is told once
	alerts   map[string]*Alert  // by watch; nil until there is one
	rooms    map[Room]*roomTold // nil until one is told
	counted  map[string]bool    // watches against whose budget it was counted: once, in however many rooms
}

// roomTold is what one room knows of a story.
type roomTold struct {
	terms    []string
	last     time.Time // of the latest item that the room heard of in words
	priority string
}

// NewMemory gives a memory without any past.
func NewMemory(ix *story.Index) *Memory {
	return &Memory{
		Index:   ix,
		stories: map[int64]*told{},
		recent:  map[string][]*told{},
		counted: map[string][]time.Time{},
	}
}

// Spans of the memory. The window is the clusterer's; texts are remembered longer for copies.
const (
	memorySpan    = 8 * 24 * time.Hour
	foreignWindow = 24 * time.Hour // reports of one event in two languages come within a day
	snapshotEvery = 2000           // items between two snapshots of the word frequencies
	snapshotName  = "story words"
)

// LoadMemory builds the memory from what earlier plans stored.
func LoadMemory(ctx context.Context, l Ledger, now time.Time) (*Memory, error) {
	m := NewMemory(story.NewIndex(story.Options{}))
	if err := m.loadWords(ctx, l); err != nil {
		return nil, err
	}
	last, err := l.LastStory(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the last story: %w", err)
	}
	m.Index.StartAfter(last)
	since := now.Add(-memorySpan)
	matches := map[int64][]Reason{} // of all items, by the story in whose thread they are told
	for r, err := range l.Remember(ctx, since) {
		if err != nil {
			return nil, fmt.Errorf("remember items: %w", err)
		}
		p := r.Placed
		restore := m.Index.Restore
		if r.Key > m.snapshotAt { // the snapshot has not counted its words
			restore = m.Index.Replay
		}
		restore(&r.Item, story.Placement{Story: p.Story, Relation: story.Relation(p.Relation),
			DuplicateOf: p.DuplicateOf, Kind: p.Kind, Origin: p.Origin})
		m.learned = max(m.learned, r.Key)
		m.story(p.Story, &r.Item).add(p)
		if len(p.Matches) > 0 {
			matches[p.Story] = append(matches[p.Story], p.Matches...)
		}
	}
	alerts, err := l.Alerts(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("remember alerts: %w", err)
	}
	for _, a := range alerts {
		m.restoreAlert(a)
		if a.Under != 0 {
			matches[a.Under] = append(matches[a.Under], matches[a.Story]...)
		}
	}
	tellings, err := l.Tellings(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("remember tellings: %w", err)
	}
	for _, d := range tellings {
		if t := m.stories[d.Story]; t != nil && d.Kind == KindNew {
			t.tell(d.Room, t.last)
			m.count(t, d.Room, d.Created)
			for _, reason := range matches[d.Story] {
				if reason.Silent == "" {
					t.rooms[d.Room].know(reason)
				}
			}
		}
	}
	m.Mutes, err = l.ActiveMutes(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("remember mutes: %w", err)
	}
	return m, nil
}

// loadWords loads the word frequencies. A snapshot that cannot be read is left: the counts start
// again from the items that are still remembered.
func (m *Memory) loadWords(ctx context.Context, l Ledger) error {
	blob, err := l.LoadBlob(ctx, snapshotName)
	if err != nil {
		return fmt.Errorf("load the word frequencies: %w", err)
	}
	if len(blob) < 8 {
		return nil
	}
	if err := m.Index.LoadSnapshot(blob[8:]); err != nil {
		return nil
	}
	m.snapshotAt = int64(binary.BigEndian.Uint64(blob))
	return nil
}

// SaveWords stores the word frequencies when enough was learned since the last time, or when
// always is set: at the end of a run.
func (m *Memory) SaveWords(ctx context.Context, l Ledger, always bool) error {
	if m.learned == m.snapshotAt || !always && !m.taught && m.learned-m.snapshotAt < snapshotEvery {
		return nil
	}
	blob := binary.BigEndian.AppendUint64(nil, uint64(m.learned))
	if err := l.SaveBlob(ctx, snapshotName, append(blob, m.Index.Snapshot()...)); err != nil {
		return fmt.Errorf("save the word frequencies: %w", err)
	}
	m.snapshotAt, m.taught = m.learned, false
	return nil
}

func (m *Memory) restoreAlert(a Alert) {
	t := m.stories[a.Story]
	if t == nil {
		return
	}
	t.alert(&a)
	t.under = max(t.under, a.Under)
	if a.Under == 0 {
		m.recent[a.Watch] = append(m.recent[a.Watch], t)
	}
}

// story gives what is known of a story, which begins with it when it is not known.
func (m *Memory) story(id int64, it *feeds.Item) *told {
	t := m.stories[id]
	if t == nil {
		t = &told{id: id, language: baseLanguage(it.Language)}
		m.stories[id] = t
	}
	return t
}

// alert enters an alert.
func (t *told) alert(a *Alert) {
	if t.alerts == nil {
		t.alerts = map[string]*Alert{}
	}
	t.alerts[a.Watch] = a
}

// add counts an item.
func (t *told) add(p Placed) {
	if t.first.IsZero() || p.Time.Before(t.first) {
		t.first = p.Time
	}
	if p.Time.After(t.last) {
		t.last = p.Time
	}
	if p.Outlet != "" && !slices.Contains(t.outlets, p.Outlet) {
		t.outlets = append(t.outlets, p.Outlet)
	}
	if p.Kind == story.Correction {
		t.mended = append(t.mended, p.Facts...)
	}
	if p.Origin != "" && !slices.Contains(t.origins, p.Origin) {
		t.origins = append(t.origins, p.Origin)
	}
}

// tell notes that room is told of the story as it stands at the given time.
func (t *told) tell(room Room, at time.Time) {
	r := t.rooms[room]
	if r == nil {
		r = &roomTold{}
		if t.rooms == nil {
			t.rooms = map[Room]*roomTold{}
		}
		t.rooms[room] = r
	}
	if at.After(r.last) {
		r.last = at
	}
	for _, a := range t.alerts {
		if slices.Contains(a.Rooms, room) {
			r.know(a.Reason)
		}
	}
}

// know adds the words and the priority of a reason to what the room has read.
func (r *roomTold) know(reason Reason) {
	for _, term := range reason.terms() {
		if !slices.Contains(r.terms, term) {
			r.terms = append(r.terms, term)
		}
	}
	if louder(reason.Priority, r.priority) {
		r.priority = reason.Priority
	}
}

// terms are the words of the watch that an item holds outside of its background, folded.
func (r *Reason) terms() []string {
	var out []string
	for _, g := range r.Groups {
		for _, e := range g.Evidence {
			w := strings.TrimSuffix(text.Fold(e.Text), "'s")
			w = strings.TrimSuffix(w, "’s")
			if e.Role != "background" && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	return out
}

// count notes an alert of each watch that tells room of the story against its budget.
func (m *Memory) count(t *told, room Room, at time.Time) {
	for _, a := range t.forRoom(room) {
		if !t.counted[a.Watch] {
			if t.counted == nil {
				t.counted = map[string]bool{}
			}
			t.counted[a.Watch] = true
			m.counted[a.Watch] = append(m.counted[a.Watch], at)
		}
	}
}

// spent is how many alerts of watch were told in the given time before now.
func (m *Memory) spent(watch string, per time.Duration, now time.Time) int {
	n := 0
	for _, at := range m.counted[watch] {
		if now.Sub(at) < per {
			n++
		}
	}
	return n
}

// Forget drops stories that got no item for longer than the memory spans.
func (m *Memory) Forget(now time.Time) {
	old := func(t *told) bool { return now.Sub(t.last) > memorySpan }
	for id, t := range m.stories {
		if old(t) {
			delete(m.stories, id)
		}
	}
	for watch, ts := range m.recent {
		m.recent[watch] = slices.DeleteFunc(ts, old)
	}
	for watch, times := range m.counted {
		m.counted[watch] = slices.DeleteFunc(times, func(at time.Time) bool { return now.Sub(at) > memorySpan })
	}
}

func baseLanguage(tag string) string {
	base, _, _ := strings.Cut(tag, "-")
	return base
}

var loudness = map[string]int{"low": 1, "normal": 2, "high": 3, "urgent": 4}

// louder says whether priority a is above b. The empty priority is below all.
func louder(a, b string) bool { return loudness[a] > loudness[b] }
