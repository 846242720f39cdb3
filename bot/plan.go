package bot

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/story"
)

// Plan decides what some fresh items mean: which watches they match, to which stories they
// belong, and what is owed to whom because of it. It does nothing but decide: the same watches,
// memory, items and time give the same batch, so that the live loop, a rule test, a backtest and
// a replay run this very code.
//
// Plan moves m forward. When the batch cannot be committed, load the memory again.
func Plan(set *rules.Set, m *Memory, items []Fresh, now time.Time) Batch {
	p := planner{set: set, Memory: m, now: now, alerts: map[*Alert]bool{}}
	for i := range items {
		p.item(&items[i])
	}
	for _, a := range slices.SortedFunc(maps.Keys(p.alerts), compareAlerts) {
		p.batch.Alerts = append(p.batch.Alerts, *a)
	}
	return p.batch
}

func compareAlerts(a, b *Alert) int {
	return cmp.Or(cmp.Compare(a.Story, b.Story), cmp.Compare(a.Watch, b.Watch))
}

type planner struct {
	*Memory
	set    *rules.Set
	now    time.Time
	batch  Batch
	alerts map[*Alert]bool // changed in this batch
}

// item plans one item.
func (p *planner) item(it *Fresh) {
	p.learned = max(p.learned, it.Key)
	var wanted []wish
	for _, match := range p.set.Match(nil, &it.Item) {
		wanted = append(wanted, wish{match.Watch, reasonOf(match, it.Key, p.set.Version())})
	}
	var placed Placed
	if it.Baseline {
		placed = p.teach(it, wanted)
	} else {
		placed = p.place(it, wanted)
	}
	for _, w := range wanted {
		placed.Matches = append(placed.Matches, w.reason)
	}
	p.batch.Placed = append(p.batch.Placed, placed)
}

// baselineSilent is why nothing is told of an item of a baseline.
const baselineSilent = "it was there before the feed was first polled"

// teach counts the words of an item of a baseline. It gets no place in a story: a thousand feeds
// begin with tens of thousands of items of which nobody is told.
func (p *planner) teach(it *Fresh, wanted []wish) Placed {
	p.Index.Learn(&it.Item)
	p.taught = true
	for i := range wanted {
		wanted[i].reason.Silent = baselineSilent
	}
	return Placed{Item: it.Key, Time: it.Time()}
}

// place puts an item into its story and plans what that means for the rooms.
func (p *planner) place(it *Fresh, wanted []wish) Placed {
	var at story.Placement
	if it.Revises != nil {
		at = p.Index.Revise(&it.Item, it.Revises)
	} else {
		at = p.Index.Place(&it.Item)
	}
	placed := Placed{
		Item: it.Key, Story: at.Story, Relation: string(at.Relation), DuplicateOf: at.DuplicateOf,
		Kind: at.Kind, Origin: at.Origin, Outlet: at.Outlet, Score: at.Score, Shared: at.Shared,
		Facts: at.Facts, Time: at.Time,
	}
	t := p.story(at.Story, &it.Item)
	if len(wanted) > 0 || len(t.alerts) > 0 { // else nobody reads what it adds, and to find out is slow
		at.Facts = at.News(&it.Item)
		placed.Facts = at.Facts
	}
	if at.Kind == story.Correction && !slices.ContainsFunc(at.Facts, func(f string) bool { return !slices.Contains(t.mended, f) }) {
		at.Kind, at.Facts = "", nil // another report has said so
	}
	t.add(placed)
	p.follow(t, it, at, wanted)
	return placed
}

// wish is a watch that wants an item told.
type wish struct {
	watch  *rules.Watch
	reason Reason
}

func reasonOf(m rules.Match, item int64, version string) Reason {
	r := Reason{Watch: m.Watch.ID, Title: m.Watch.Title, Priority: m.Priority.String(), Item: item, Rules: version}
	for _, g := range m.Groups {
		group := Group{Name: g.Name, Role: g.Role.String()}
		for _, e := range g.Evidence {
			group.Evidence = append(group.Evidence, Evidence{Field: e.Field, Start: e.Start, End: e.End, Text: e.Text, Role: e.Role.String()})
		}
		r.Groups = append(r.Groups, group)
	}
	return r
}

// follow plans what an item of a story means for the rooms.
func (p *planner) follow(t *told, it *Fresh, at story.Placement, wanted []wish) {
	for i := range wanted {
		p.want(t, &wanted[i])
	}
	root := t
	if t.under != 0 {
		if u := p.stories[t.under]; u != nil {
			root = u
		}
	}
	for _, room := range t.wantedBy() {
		var silent string
		if root.rooms[room] == nil {
			silent = p.tellNew(root, room)
		} else {
			silent = p.tellMore(t, root, room, it, at, wanted)
		}
		for i := range wanted {
			if silent != "" && slices.Contains(roomsOf(wanted[i].watch), room) {
				wanted[i].reason.Silent = silent
			}
		}
	}
}

// want enters a wish into the alerts of its story: a new alert, or a better reason for one.
func (p *planner) want(t *told, w *wish) {
	a := t.alerts[w.reason.Watch]
	switch {
	case a == nil:
		a = &Alert{Watch: w.reason.Watch, Story: t.id, Priority: w.reason.Priority, Reason: w.reason,
			Rooms: roomsOf(w.watch), Created: p.now}
		if len(t.alerts) == 0 {
			a.Under = p.foreign(t, w)
			t.under = a.Under
		} else {
			a.Under = t.under
		}
		t.alert(a)
		if a.Under == 0 {
			p.recent[a.Watch] = append(p.recent[a.Watch], t)
		}
	default:
		changed := false
		for _, room := range roomsOf(w.watch) { // a reload may have added some
			if !slices.Contains(a.Rooms, room) {
				a.Rooms, changed = append(slices.Clone(a.Rooms), room), true
			}
		}
		if louder(w.reason.Priority, a.Priority) {
			a.Priority, a.Reason, changed = w.reason.Priority, w.reason, true
		}
		if !changed {
			return
		}
	}
	p.alerts[a] = true
}

// foreign finds the story that tells the same event in another language: one that the same watch
// wanted within a day, by the same term groups. The words of two languages cannot be compared;
// the watch's own lists say what both are about. Such a report is told in the earlier story's
// thread, so that it is read there should it be of another event after all.
func (p *planner) foreign(t *told, w *wish) int64 {
	recent := p.recent[w.reason.Watch]
	for i := len(recent) - 1; i >= 0; i-- {
		other := recent[i]
		gap := t.last.Sub(other.last).Abs()
		if other == t || other.language == t.language || gap > foreignWindow || len(other.rooms) == 0 {
			continue
		}
		if sameGroups(other.alerts[w.reason.Watch].Reason.Groups, w.reason.Groups) {
			return other.id
		}
	}
	return 0
}

// sameGroups says whether both are about the same lists, at least two of them.
func sameGroups(a, b []Group) bool {
	names := func(gs []Group) []string {
		var out []string
		for _, g := range gs {
			out = append(out, g.Name)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	x, y := names(a), names(b)
	return len(x) >= 2 && slices.Equal(x, y)
}

func roomsOf(w *rules.Watch) []Room {
	rooms := make([]Room, len(w.Notify))
	for i, r := range w.Notify {
		rooms[i] = Room(r)
	}
	return rooms
}

// tells says whether the rules in force let w tell room. A nil watch tells nobody.
func tells(w *rules.Watch, room Room) bool {
	return w != nil && slices.Contains(w.Notify, string(room))
}

// wantedBy gives the rooms of all the story's alerts, in order.
func (t *told) wantedBy() []Room {
	var rooms []Room
	for _, a := range t.alerts {
		rooms = append(rooms, a.Rooms...)
	}
	slices.Sort(rooms)
	return slices.Compact(rooms)
}

// forRoom gives the alerts that concern room, loudest first.
func (t *told) forRoom(room Room) []*Alert {
	var out []*Alert
	for _, a := range t.alerts {
		if slices.Contains(a.Rooms, room) {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *Alert) int {
		return cmp.Or(loudness[b.Priority]-loudness[a.Priority], cmp.Compare(a.Watch, b.Watch))
	})
	return out
}

// tellNew owes room the first message about a story, or says why not.
func (p *planner) tellNew(t *told, room Room) (silent string) {
	for _, a := range t.forRoom(room) {
		w := p.set.Watch(a.Watch)
		if !tells(w, room) {
			continue // the watch was taken out of the rules, or the room out of the watch
		}
		due := p.now.Add(w.Wait)
		if silent = p.hush(t, a, w, room); silent != "" {
			continue
		}
		for i := range w.Mute {
			if until, active := w.Mute[i].Active(due); active {
				due = until
			}
		}
		p.batch.Deliveries = append(p.batch.Deliveries, Delivery{
			Key: MakeKey(room, t.id, "new"), Room: room, Kind: KindNew, State: StateDue, Story: t.id,
			Created: p.now, NextTry: due,
		})
		t.tell(room, t.last)
		p.count(t, room, p.now)
		return ""
	}
	return silent
}

// beyondBudget begins the reason for silence about what a roll-up will tell, alsoReported the news
// that an event is told in another language.
const (
	beyondBudget = "beyond the budget"
	alsoReported = "also reported in "
)

// hush says why a watch may not tell room of a story now; empty when it may.
func (p *planner) hush(t *told, a *Alert, w *rules.Watch, room Room) string {
	if mute := p.muted(t.id, a.Watch, room); mute != nil {
		return mute.Says()
	}
	if n := len(t.origins); n < w.MinOrigins {
		return fmt.Sprintf("it waits for %d independent origins and has %d", w.MinOrigins, n)
	}
	if w.Budget.Per > 0 && !t.counted[a.Watch] && p.spent(a.Watch, w.Budget.Per, p.now) >= w.Budget.Alerts {
		end := p.now.Truncate(w.Budget.Per).Add(w.Budget.Per)
		p.batch.Deliveries = append(p.batch.Deliveries, Delivery{
			Key:  fmt.Sprintf("%s|0|rollup %s %s", room, a.Watch, end.Format(time.RFC3339)),
			Room: room, Kind: KindRollup, State: StateDue, Watch: a.Watch, Created: p.now, NextTry: end,
		})
		return fmt.Sprintf(beyondBudget+" of %s; it comes in the roll-up at %s", w.Budget, end.Format("15:04 UTC"))
	}
	return ""
}

// muted gives the mute that keeps a story or watch out of room now; nil for none.
func (p *planner) muted(story int64, watch string, room Room) *Mute {
	for i := range p.Mutes {
		m := &p.Mutes[i]
		if m.Active(p.now) && (m.Room == "" || m.Room == room) &&
			(m.Story != 0 && m.Story == story || m.Watch != "" && m.Watch == watch) {
			return m
		}
	}
	return nil
}

// Says tells the mute in half a sentence.
func (m *Mute) Says() string {
	what := "muted"
	if m.Watch != "" {
		what = "the watch is muted"
	}
	s := fmt.Sprintf("%s by %s until %s", what, m.By, m.Until.UTC().Format("2 Jan 15:04 UTC"))
	if m.Why != "" {
		s += ": " + m.Why
	}
	return s
}

// tellMore owes room what an item adds to a story it was told of: a reply for a new fact, and an
// edit for the count of sources. t is the item's story and root the one that was told.
func (p *planner) tellMore(t, root *told, room Room, it *Fresh, at story.Placement, wanted []wish) (silent string) {
	r := root.rooms[room]
	alerts := t.forRoom(room)
	policy := rules.UpdateSilent
	for _, a := range alerts {
		if w := p.set.Watch(a.Watch); tells(w, room) && policyRank[w.Update] > policyRank[policy] {
			policy = w.Update
		}
	}
	if policy == rules.UpdateSilent {
		return "the watch tells a story once"
	}
	for _, a := range alerts {
		if mute := p.muted(root.id, a.Watch, room); mute != nil {
			return mute.Says()
		}
	}
	news, rose := p.news(t, root, room, it, at, wanted)
	if news != "" && policyRank[policy] >= policyRank[rules.UpdateThread] {
		p.batch.Deliveries = append(p.batch.Deliveries, Delivery{
			Key: MakeKey(room, root.id, fmt.Sprintf("update %d", it.Key)), Room: room, Kind: KindUpdate,
			State: StateDue, Story: root.id, Item: it.Key, News: news, Broadcast: rose || policy == rules.UpdateBroadcast || at.Time.Sub(r.last) >= story.Silence,
			Created: p.now, NextTry: p.now,
		})
		r.last = at.Time
	}
	for _, w := range wanted {
		r.know(w.reason)
	}
	p.batch.Deliveries = append(p.batch.Deliveries, Delivery{
		Key: MakeKey(room, root.id, fmt.Sprintf("edit %d", it.Key)), Room: room, Kind: KindEdit,
		State: StateDue, Story: root.id, Item: it.Key, Created: p.now, NextTry: p.now,
	})
	return ""
}

var policyRank = map[rules.UpdatePolicy]int{
	rules.UpdateSilent: 0, rules.UpdateEdit: 1, rules.UpdateThread: 2, rules.UpdateBroadcast: 3,
}

// news says in words what an item tells that room does not know; empty for nothing. rose is set
// when the item makes the story louder than it was told.
func (p *planner) news(t, root *told, room Room, it *Fresh, at story.Placement, wanted []wish) (news string, rose bool) {
	r := root.rooms[room]
	var terms []string
	var loudest string
	matched := false
	for _, w := range wanted {
		if !slices.Contains(roomsOf(w.watch), room) {
			continue
		}
		matched = true
		terms = append(terms, w.reason.terms()...)
		if louder(w.reason.Priority, r.priority) {
			rose, loudest = true, w.reason.Priority
		}
	}
	switch {
	case !matched && at.Kind != story.Correction:
		return "", false // it belongs to the story and says nothing that the watch asks for
	case t != root && at.Relation == story.New:
		news = alsoReported + languageName(it.Language)
	case t != root:
		news = story.Wakes(at, nil, story.Told{}) // words of another language are no news
	default:
		news = story.Wakes(at, terms, story.Told{Terms: r.terms, Last: r.last})
	}
	if rose {
		news = strings.TrimSuffix("now "+loudest+" priority; "+news, "; ")
	}
	return news, rose
}
