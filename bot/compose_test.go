package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/feeds"
	"github.com/tocsin-bot/tocsin/rules"
	"github.com/tocsin-bot/tocsin/store"
)

// paper is the whole flow behind the poll: items go in, messages stand on the wall.
type paper struct {
	t       *testing.T
	store   *store.Store
	planner *bot.Planner
	out     *bot.Deliverer
	set     *rules.Set
	wall    *wall
	clock   *hand
}

func newPaper(t *testing.T, yaml string) *paper {
	p := &paper{t: t, store: openStore(t), wall: newWall("wall"), clock: &hand{t: noon}}
	p.set = ruleSet(t, yaml)
	editor := &bot.Editor{Archive: p.store, Outbox: p.store, Outlet: strings.ToUpper,
		Interval: func(watch string) time.Duration {
			if w := p.set.Watch(watch); w != nil {
				return w.Budget.Per
			}
			return 0
		}}
	p.restart()
	p.out = bot.NewDeliverer(bot.DelivererOptions{Outbox: p.store, Composer: editor, Platforms: []bot.Platform{p.wall}, Log: quiet, Now: p.clock.now})
	for i := range 30 { // what is usual
		p.publish(report("filler", fmt.Sprintf("Town council %d debates parking and libraries", i),
			fmt.Sprintf("The council of town number %d spoke about parking, libraries and the budget for schools on Monday. A decision is expected in spring, the mayor said.", i)))
	}
	return p
}

// restart puts a new planner over the same database.
func (p *paper) restart() {
	p.planner = bot.NewPlanner(bot.PlannerOptions{Ledger: p.store, Log: quiet, Now: p.clock.now, Rules: func() *rules.Set { return p.set }})
}

// publish stores items as a poll does, plans them and delivers what is due.
func (p *paper) publish(items ...bot.Fresh) {
	p.t.Helper()
	var polls []*feeds.Poll
	for _, it := range items {
		it.Seen = p.clock.now()
		if it.Published.IsZero() {
			it.Published = it.Seen
		}
		polls = append(polls, &feeds.Poll{State: feeds.State{Feed: it.Feed, Polled: it.Seen}, Items: []feeds.Item{it.Item}, Article: feeds.ArticleNever})
	}
	if _, err := p.store.SavePolls(p.t.Context(), polls); err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.planner.PlanAll(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.deliver()
	p.clock.add(10 * time.Minute)
}

func (p *paper) deliver() {
	p.t.Helper()
	if err := p.out.Drain(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

// last is the latest message on the wall.
func (p *paper) last() bot.Post {
	p.t.Helper()
	if len(p.wall.keys) == 0 {
		p.t.Fatal("nothing was told")
	}
	return p.wall.msgs[p.wall.keys[len(p.wall.keys)-1]]
}

const wallWatch = `watches: [{id: jets, title: Jets, match: "jets AND libya", notify: ["wall:a"], priority: high}]`

func TestAlertSaysWhatWhyAndWho(t *testing.T) {
	t.Parallel()
	p := newPaper(t, wallWatch)
	p.publish(first)
	m := p.last().Message
	text := bot.PlainText(m)
	for _, want := range []string{
		first.Title, first.URL, // what happened, and where to read it
		"the commander in Benghazi said", // the summary
		"jets", "“jets”", "in title",     // why
		"1 source", "LANTERN",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the alert lacks %q:\n%s", want, text)
		}
	}
	if m.Priority != "high" || len(m.Buttons) == 0 {
		t.Errorf("priority %q, %d buttons", m.Priority, len(m.Buttons))
	}
}

func TestLaterCoverageEditsAndNewFactsReply(t *testing.T) {
	t.Parallel()
	p := newPaper(t, wallWatch)
	p.publish(first)
	parent := p.last()
	p.publish(report("harbour", first.Title, first.Text))
	edit := p.last()
	if edit.Edit != "id "+parent.Key || !strings.Contains(bot.PlainText(edit.Message), "2 sources, 1 origin") ||
		!strings.Contains(bot.PlainText(edit.Message), "same text as LANTERN") {
		t.Errorf("the copy made: edit of %q\n%s", edit.Edit, bot.PlainText(edit.Message))
	}
	if edit.Message.Title != parent.Message.Title {
		t.Error("an edit changed what the alert says")
	}
	p.publish(newFact)
	var reply bot.Post
	for _, key := range p.wall.keys {
		if m := p.wall.msgs[key]; m.Thread != "" {
			reply = m
		}
	}
	if reply.Thread != "id "+parent.Key || !strings.Contains(bot.PlainText(reply.Message), "$900 million") {
		t.Errorf("the new fact made a reply to %q:\n%s", reply.Thread, bot.PlainText(reply.Message))
	}
	if got := strings.Count(bot.PlainText(p.last().Message), "sources, "); got != 1 {
		t.Errorf("sources are counted %d times", got)
	}
}

func TestStoryGatheredDuringTheWaitIsOneMessage(t *testing.T) {
	t.Parallel()
	p := newPaper(t, `watches: [{id: jets, match: "jets AND libya", notify: ["wall:a"], wait: 15m}]`)
	p.publish(first)
	p.publish(report("harbour", first.Title, first.Text), newFact)
	if len(p.wall.keys) != 0 {
		t.Fatalf("told before the wait was over: %v", p.wall.keys)
	}
	p.clock.add(time.Minute)
	p.deliver()
	if len(p.wall.keys) != 1 {
		t.Fatalf("told %v", p.wall.keys)
	}
	if text := bot.PlainText(p.last().Message); !strings.Contains(text, "3 sources, 2 origins") || !strings.Contains(text, "$900 million") {
		t.Errorf("the alert says\n%s", text)
	}
}

func TestRollupListsWhatTheBudgetHeldBack(t *testing.T) {
	t.Parallel()
	p := newPaper(t, `watches: [{id: prizes, match: prize, notify: ["wall:a"], budget: 1/day}]`)
	for _, it := range prizes {
		p.publish(it)
	}
	if len(p.wall.keys) != 1 {
		t.Fatalf("within the budget: %v", p.wall.keys)
	}
	mute := bot.Mute{Watch: "prizes", By: "wall:U1", From: p.clock.now(), Until: p.clock.now().Add(time.Hour)}
	if _, err := p.store.Receive(t.Context(), bot.Incoming{Key: "m", Room: "wall:a"}); err != nil {
		t.Fatal(err)
	}
	if err := p.store.Answer(t.Context(), "m", bot.Effects{Mutes: []bot.Mute{mute}, Now: p.clock.now()}); err != nil {
		t.Fatal(err)
	}
	p.publish(report("courier", "Prize for the oldest lighthouse keeper", "The keeper of the lighthouse of Skagen, aged ninety, was given a prize by the pilots of the strait and a cake by the school."))
	p.clock.add(24 * time.Hour)
	p.deliver()
	text := bot.PlainText(p.last().Message)
	if !strings.Contains(text, "2 stories beyond the budget") || !strings.Contains(text, "weavers of Bradford") || !strings.Contains(text, "Violin maker") || strings.Contains(text, "Bakery") || strings.Contains(text, "lighthouse") {
		t.Errorf("the roll-up says\n%s", text)
	}
}

func TestMemoryOfARestartTellsNothingTwice(t *testing.T) {
	t.Parallel()
	p := newPaper(t, wallWatch)
	p.publish(first)
	told := len(p.wall.keys)
	p.restart()
	p.publish(reworded)
	for _, key := range p.wall.keys[told:] {
		if p.wall.msgs[key].Edit == "" {
			t.Errorf("after the restart the story was told again: %s", key)
		}
	}
	if len(p.wall.keys) == told {
		t.Error("the second source was not counted after the restart")
	}
}

func TestFeedTextStaysTextInEveryMessage(t *testing.T) {
	t.Parallel()
	p := newPaper(t, wallWatch)
	evil := report("lantern", "<!channel> *jets* for [Libya](https://evil.example) @room", "Libya gets jets. <script>alert(1)</script> `mute this` and /tocsin mute jets, the minister wrote on Monday to the committee of the house.")
	p.publish(evil)
	m := p.last().Message
	if m.Title != evil.Title {
		t.Errorf("the title became %q", m.Title)
	}
	for _, b := range m.Blocks {
		for _, spans := range append(b.Items, b.Spans) {
			for _, s := range spans {
				if s.User != "" || s.URL != "" && !strings.HasPrefix(s.URL, "https://lantern.example/") {
					t.Errorf("a span of feed text mentions or links: %+v", s)
				}
			}
		}
	}
	mutes, err := p.store.ActiveMutes(t.Context(), p.clock.now())
	if err != nil || len(mutes) != 0 {
		t.Errorf("the text was a command: %v, %v", mutes, err)
	}
}

var prizes = []bot.Fresh{
	report("gazette", "Bakery in Lyon wins bread prize", "A bakery in Lyon won the prize for the best loaf of the region. The jury praised the crust, the long fermentation and the queue on Saturday."),
	report("ledger", "Prize for weavers of Bradford", "Three weavers from Bradford share a prize for a woollen cloth that keeps rain out without any coating, the guild announced in its hall."),
	report("harbour", "Violin maker Rossi honoured with craft prize", "The violin maker Chiara Rossi of Cremona receives the craft prize of the province; two of her instruments are played in the orchestra of Milan."),
}

func TestRollupComesThoughTheWatchLostItsBudget(t *testing.T) {
	t.Parallel()
	p := newPaper(t, `watches: [{id: prizes, match: prize, notify: ["wall:a"], budget: 1/day}]`)
	for _, it := range prizes {
		p.publish(it)
	}
	p.set = ruleSet(t, `watches: [{id: other, match: prize AND nothing, notify: ["wall:a"]}]`)
	p.clock.add(24 * time.Hour)
	p.deliver()
	if text := bot.PlainText(p.last().Message); !strings.Contains(text, "weavers of Bradford") || !strings.Contains(text, "Violin maker") {
		t.Errorf("after the reload the roll-up says\n%s", text)
	}
}

func TestBudgetCountsAStoryOnceInHoweverManyRooms(t *testing.T) {
	t.Parallel()
	p := newPaper(t, `watches: [{id: prizes, match: prize, notify: ["wall:a", "wall:b", "wall:c"], budget: 2/day}]`)
	p.publish(prizes[0])
	p.restart()
	p.publish(prizes[1])
	p.publish(prizes[2])
	for _, room := range []bot.Room{"wall:a", "wall:b", "wall:c"} {
		told := 0
		for _, m := range p.wall.msgs {
			if m.Room == room {
				told++
			}
		}
		if told != 2 {
			t.Errorf("%s was told of %d stories", room, told)
		}
	}
}

func TestRoomsOfAReloadedWatchHearFromThenOn(t *testing.T) {
	t.Parallel()
	p := newPaper(t, wallWatch)
	p.publish(first)
	p.set = ruleSet(t, strings.ReplaceAll(wallWatch, "wall:a", "wall:b"))
	before := len(p.wall.keys)
	p.publish(newFact)
	for _, key := range p.wall.keys[before:] {
		if room := p.wall.msgs[key].Room; room != "wall:b" {
			t.Errorf("told %s after the reload: %s", room, key)
		}
	}
	if len(p.wall.keys) == before {
		t.Error("the new room was not told")
	}
}

func TestStoryThatLosesItsRoomBeforeItIsToldIsNotTold(t *testing.T) {
	t.Parallel()
	waits := strings.Replace(wallWatch, "title: Jets,", "title: Jets, min_origins: 2,", 1)
	p := newPaper(t, waits)
	p.publish(first)
	p.set = ruleSet(t, strings.ReplaceAll(waits, "wall:a", "wall:b"))
	p.publish(reworded)
	if len(p.wall.keys) != 1 || p.wall.msgs[p.wall.keys[0]].Room != "wall:b" {
		t.Errorf("told %v", p.wall.keys)
	}
}

func TestRestartRemembersTheWordsOfUpdates(t *testing.T) {
	t.Parallel()
	p := newPaper(t, `watches: [{id: jets, match: "jets AND libya AND (contract OR pilots)", notify: ["wall:a"]}]`)
	updates := func() (n int) {
		for _, m := range p.wall.msgs {
			if m.Thread != "" {
				n++
			}
		}
		return n
	}
	const text = "Libya will buy twelve fighter jets from Pakistan, the commander in Benghazi said on Monday after talks at the air base. The contract was signed in Rawalpindi."
	p.publish(report("lantern", "Libya to buy twelve jets from Pakistan", text))
	p.publish(reworded) // it speaks of pilots
	if n := updates(); n != 1 {
		t.Fatalf("a new word made %d updates: %s", n, p.wall.posted())
	}
	p.restart()
	p.publish(report("herald", "Libya and Pakistan sign jets contract in Rawalpindi", "The contract for fighter jets that Pakistan sells to Libya was signed in Rawalpindi after talks of the commander from Benghazi at the air base on Monday. Pilots train for a year."))
	if n := updates(); n != 1 {
		t.Errorf("after a restart the word was told again: %s", p.wall.posted())
	}
}

// The first report that came in need not be the one whose headline the alert shows.
func TestStoryIsListedUnderTheTitleOfItsAlert(t *testing.T) {
	t.Parallel()
	p := newPaper(t, strings.Replace(wallWatch, `"jets AND libya"`, `"jets AND libya AND dozen"`, 1))
	p.publish(first)
	p.publish(reworded)
	title := p.last().Message.Title
	if title == first.Title {
		t.Fatalf("the alert is titled by a report that the watch did not want: %s", title)
	}
	if lines, err := p.store.Told(t.Context(), "wall:a", 1); err != nil || len(lines) != 1 || lines[0].Title != title {
		t.Errorf("told %q and listed %+v, %v", title, lines, err)
	}
	d := bot.NewDesk(bot.DeskOptions{Inbox: p.store, Archive: p.store, Log: quiet, Now: p.clock.now, Rules: func() *rules.Set { return p.set }})
	reply, _, err := d.Do(t.Context(), bot.Incoming{Key: "k", Room: "wall:a", Text: "why", Time: p.clock.now()}, bot.Member)
	if err != nil {
		t.Fatal(err)
	}
	if got := reply.Message.Title; !strings.HasSuffix(got, title) {
		t.Errorf("why speaks of %q", got)
	}
}

func TestAlertThatWaitsIsPutOffByAMute(t *testing.T) {
	t.Parallel()
	p := newPaper(t, `watches: [{id: jets, match: "jets AND libya", notify: ["wall:a"], wait: 15m}]`)
	p.publish(first)
	mute := bot.Mute{Watch: "jets", Room: "wall:a", By: "wall:U1", From: p.clock.now(), Until: p.clock.now().Add(2 * time.Hour)}
	if _, err := p.store.Receive(t.Context(), bot.Incoming{Key: "m", Room: "wall:a"}); err != nil {
		t.Fatal(err)
	}
	if err := p.store.Answer(t.Context(), "m", bot.Effects{Mutes: []bot.Mute{mute}, Now: p.clock.now()}); err != nil {
		t.Fatal(err)
	}
	p.clock.add(time.Hour)
	p.deliver()
	if len(p.wall.keys) != 0 {
		t.Fatalf("told while muted: %v", p.wall.keys)
	}
	p.clock.add(time.Hour)
	p.deliver()
	if len(p.wall.keys) != 1 {
		t.Errorf("told after the mute: %v", p.wall.keys)
	}
}

func TestItemThatMakesThePlanningFailIsSetAside(t *testing.T) {
	t.Parallel()
	p := newPaper(t, wallWatch)
	set := ruleSet(t, wallWatch)
	calls := 0
	// The rule set is asked once for each plan; a nil one makes the plan of the poisoned item panic.
	p.planner = bot.NewPlanner(bot.PlannerOptions{Ledger: p.store, Log: quiet, Now: p.clock.now, Rules: func() *rules.Set {
		calls++
		if calls == 1 || calls == 3 { // the batch, and then its second item
			return nil
		}
		return set
	}})
	p.publish(other, report("ledger", "poison", "This one cannot be planned by anybody who tries."), first)
	if len(p.wall.keys) != 1 || p.last().Message.Title != first.Title {
		t.Errorf("told %v", p.wall.keys)
	}
	if fresh, err := p.store.FreshItems(t.Context(), 10); err != nil || len(fresh) != 0 {
		t.Errorf("%d items stay fresh, %v", len(fresh), err)
	}
}
