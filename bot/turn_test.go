package bot_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/rules"
)

// narrow is a wall whose server takes burst messages of the account at once, and then one in 5 s.
type narrow struct {
	*wall
	clock   *hand
	left    int
	next    time.Time
	refused int
}

func newNarrow(t *testing.T, burst int) (*bench, *narrow) {
	b := newBench(t)
	n := &narrow{wall: b.wall, clock: b.clock, left: burst}
	b.wall.fail = func(bot.Post, int) error {
		now := n.clock.now()
		switch {
		case n.left > 0:
			n.left--
			n.next = now.Add(5 * time.Second)
		case now.Before(n.next):
			n.refused++
			return &bot.SendError{Fate: bot.NotPosted, After: n.next.Sub(now), All: true, Err: errors.New("too fast")}
		default:
			n.next = now.Add(5 * time.Second)
		}
		return nil
	}
	return b, n
}

// answer owes a room an answer to a person.
func (b *bench) answer(room bot.Room, key string) {
	b.t.Helper()
	d := bot.Delivery{Key: key, Room: room, Kind: bot.KindAnswer, State: bot.StateReady, Created: b.clock.now(), NextTry: b.clock.now(), Message: &bot.Message{Title: key}}
	if err := b.store.Owe(b.t.Context(), d); err != nil {
		b.t.Fatal(err)
	}
}

// tick lets the time go by, a second at a time, and delivers what may go.
func (b *bench) tick(seconds int) {
	b.t.Helper()
	for range seconds {
		b.clock.add(time.Second)
		b.drain()
	}
}

func TestRoomsShareTheAccountsPaceFairlyAndAnswersGoFirst(t *testing.T) {
	t.Parallel()
	b, n := newNarrow(t, 1)
	b.owe("wall:loud", "l1", "l2", "l3", "l4", "l5", "l6")
	b.drain() // l1 goes, l2 is refused
	if got := b.wall.posted(); got != "l1" || n.refused != 1 {
		t.Fatalf("posted %s with %d refusals", got, n.refused)
	}
	b.owe("wall:calm", "c1", "c2")
	b.drain()
	b.tick(4)
	if got := b.wall.posted(); got != "l1" || n.refused != 1 {
		t.Errorf("the wait of one room did not hold back the other: posted %s with %d refusals", got, n.refused)
	}
	b.tick(7) // two turns, at 5 s and 10 s
	b.answer("wall:desk", "answer")
	b.answer("wall:loud", "other answer")
	b.tick(35)
	if got := b.wall.posted(); got != "l1, c1, l2, answer, other answer, c2, l3, l4, l5, l6" {
		t.Errorf("posted %s", got)
	}
	if n.refused > 3 {
		t.Errorf("the server refused %d messages", n.refused)
	}
}

func TestTurnInWhichNothingIsPostedIsGivenBack(t *testing.T) {
	t.Parallel()
	b, _ := newNarrow(t, 1)
	b.owe("wall:a", "1", "2")
	b.drain()
	b.owe("wall:b", "nothing 1", "nothing 2", "3")
	b.tick(10)
	if got := b.wall.posted(); got != "1, 2, 3" && got != "1, 3, 2" {
		t.Errorf("posted %s", got)
	}
}

func TestRoomsGoSideBySideUntilTheServerRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 20 {
		b.owe(bot.Room(fmt.Sprintf("wall:%d", i)), fmt.Sprintf("k%d", i))
	}
	b.drain()
	if n := len(b.wall.keys); n != 20 {
		t.Errorf("%d of 20 messages were posted", n)
	}
}

// steadyWall takes a message of the account in 5 s.
type steadyWall struct{ *wall }

func (steadyWall) Pace() bot.Pace { return bot.Pace{All: 5 * time.Second, AllBurst: 1} }

// apart makes the n-th of many reports that have nothing in common but one word.
func apart(n int, common string) bot.Fresh {
	syllables := []string{"ka", "mo", "ri", "tu", "ve", "lo", "shi", "ba", "ne", "du", "gra", "zo", "pel", "wi", "for", "xan"}
	words := make([]string, 24)
	for i := range words {
		for k := 5000 + 24*n + i; k > 0; k /= len(syllables) {
			words[i] += syllables[k%len(syllables)]
		}
	}
	return report("lantern", common+" "+strings.Join(words[:4], " "), strings.Join(words[4:], " ")+".")
}

func TestBacklogThatWouldTakeTooLongBecomesADigest(t *testing.T) {
	t.Parallel()
	p := newPaper(t, `watches: [{id: jets, match: jets, notify: ["wall:a"]}]`)
	editor := &bot.Editor{Archive: p.store, Outbox: p.store}
	p.out = bot.NewDeliverer(bot.DelivererOptions{Outbox: p.store, Composer: editor, Platforms: []bot.Platform{steadyWall{p.wall}}, Log: quiet,
		Now: p.clock.now, Backlog: time.Minute})
	const stories, most = 40, 12
	var items []bot.Fresh
	for i := range stories {
		items = append(items, apart(i, "Jets"))
	}
	p.publish(items...)
	began := p.clock.now()
	for range 20 {
		p.deliver()
		p.clock.add(5 * time.Second)
	}
	if n := len(p.wall.keys); n != 1+most/2 {
		t.Fatalf("%d messages were posted in %v: %v", n, p.clock.now().Sub(began), p.wall.keys)
	}
	digest := p.wall.msgs[p.wall.keys[0]]
	text := bot.PlainText(digest.Message)
	for i := range stories {
		alone := false
		for _, key := range p.wall.keys[1:] {
			alone = alone || strings.Contains(bot.PlainText(p.wall.msgs[key].Message), items[i].Title)
		}
		if listed := strings.Contains(text, items[i].Title); listed == alone || listed != (i < stories-most/2) {
			t.Errorf("story %d: listed %v, told alone %v", i, listed, alone)
		}
	}

	desk := bot.NewDesk(bot.DeskOptions{Inbox: p.store, Archive: p.store, Log: quiet, Now: p.clock.now, Rules: func() *rules.Set { return p.set }})
	ask := func(words string) (string, error) {
		reply, _, err := desk.Do(t.Context(), bot.Incoming{Key: words, Room: "wall:a", Thread: "id " + digest.Key, Text: words, Time: p.clock.now()}, bot.Admin)
		if err != nil {
			return "", err
		}
		return bot.PlainText(reply.Message), nil
	}
	why, err := ask("why")
	if err != nil {
		t.Fatal(err)
	}
	for i := range stories - most/2 {
		if !strings.Contains(why, items[i].Title) {
			t.Errorf("why does not tell of story %d", i)
		}
	}
	if !strings.Contains(why, "“Jets” in title") {
		t.Errorf("why says no reason:\n%s", why)
	}
	id := p.storyOf(items[3].Title)
	if one, err := ask(fmt.Sprintf("why %d", id)); err != nil || !strings.Contains(one, items[3].Title) {
		t.Errorf("why %d gave %q, %v", id, one, err)
	}
	if _, err := ask("more"); err == nil || !strings.Contains(err.Error(), "say which") {
		t.Errorf("more gave %v", err)
	}

	// What comes later about a story of the digest is told, and the digest stays the only one.
	p.publish(report("harbour", items[0].Title+" again: forty more", items[0].Text+" There were forty more, the ministry said on Monday."))
	for _, key := range p.wall.keys[1:] {
		if strings.Contains(key, "digest") {
			t.Errorf("another digest: %s", key)
		}
	}
}

func TestDigestLeavesOutWhatWasMutedMeanwhile(t *testing.T) {
	t.Parallel()
	p := newPaper(t, `watches: [{id: jets, match: jets, notify: ["wall:a"]}, {id: ports, match: port, notify: ["wall:a"]}]`)
	var items []bot.Fresh
	for i, what := range []string{"Jets", "Port", "Jets", "Port"} {
		items = append(items, apart(i, what))
	}
	p.publish(items...)
	var told []int64
	for _, it := range items {
		told = append(told, p.storyOf(it.Title))
	}
	p.mute(bot.Mute{Watch: "ports", By: "wall:U1", From: p.clock.now(), Until: p.clock.now().Add(time.Hour)})
	d := &bot.Delivery{Key: "digest", Room: "wall:a", Kind: bot.KindRollup, State: bot.StateDue, Told: told}
	if skip, err := (&bot.Editor{Archive: p.store, Outbox: p.store}).Compose(t.Context(), d, p.clock.now()); skip != "" || err != nil {
		t.Fatal(skip, err)
	}
	text := bot.PlainText(*d.Message)
	if strings.Contains(text, "Port ") || strings.Count(text, "Jets ") != 2 || !strings.Contains(text, "2 stories that somebody muted") || len(d.Told) != 2 {
		t.Errorf("the digest of %v says\n%s", d.Told, text)
	}
}

// storyOf finds the story that begins with an item of this title.
func (p *paper) storyOf(title string) int64 {
	p.t.Helper()
	for r, err := range p.store.Remember(p.t.Context(), time.Time{}) {
		if err != nil {
			p.t.Fatal(err)
		}
		if r.Title == title {
			return r.Placed.Story
		}
	}
	p.t.Fatalf("no story %q", title)
	return 0
}

func (p *paper) mute(m bot.Mute) {
	p.t.Helper()
	key := fmt.Sprint("mute ", m.Watch, m.Story)
	if _, err := p.store.Receive(p.t.Context(), bot.Incoming{Key: key, Room: "wall:a"}); err != nil {
		p.t.Fatal(err)
	}
	if err := p.store.Answer(p.t.Context(), key, bot.Effects{Mutes: []bot.Mute{m}, Now: p.clock.now()}); err != nil {
		p.t.Fatal(err)
	}
}
