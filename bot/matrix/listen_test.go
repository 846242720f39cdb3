package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/config/strict"
)

// hearing listens until the test ends. Each event is stored once, as the inbox does.
func hearing(t testing.TB, p *Platform, store func(bot.Incoming) error) (heard chan bot.Incoming) {
	heard = make(chan bot.Incoming, 1000)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.Listen(ctx, func(_ context.Context, in bot.Incoming) error {
			if store != nil {
				if err := store(in); err != nil {
					return err
				}
			}
			if in.Kind != bot.ByRoom { // see becoming
				heard <- in
			}
			return nil
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return heard
}

func next(t testing.TB, heard chan bot.Incoming) bot.Incoming {
	t.Helper()
	select {
	case in := <-heard:
		return in
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was heard")
	}
	return bot.Incoming{}
}

// came puts an event of a room into the server.
func (s *server) came(room, sender, kind string, content map[string]any) string {
	return s.put(&stored{Room: room, Sender: sender, Type: kind, Content: content})
}

func (s *server) state(room, sender, kind, key string, content map[string]any) string {
	return s.put(&stored{Room: room, Sender: sender, Type: kind, State: &key, Content: content})
}

func talk(body string, more ...map[string]any) map[string]any {
	c := map[string]any{"msgtype": "m.text", "body": body}
	for _, m := range more {
		for k, v := range m {
			c[k] = v
		}
	}
	return c
}

func TestEveryWayToSpeakToTheBotIsHeard(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := open(t, s, func(c *Config, _ *Options) { c.Prefixes = map[string]string{"#desk:example.org": "!news"} })
	ctx := t.Context()
	alert, err := p.Post(ctx, bot.Post{Key: "alert", Room: desk, Message: bot.Message{Title: "Alert"}})
	if err != nil {
		t.Fatal(err)
	}
	update, err := p.Post(ctx, bot.Post{Key: "update", Room: desk, Thread: alert, Message: bot.Message{Title: "Update"}})
	if err != nil {
		t.Fatal(err)
	}
	other := s.came(deskRoom, anna, "m.room.message", talk("what a day"))
	heard := hearing(t, p, nil)
	mention := map[string]any{"m.mentions": map[string]any{"user_ids": []string{botUser}}}
	reply := func(to string) map[string]any {
		return map[string]any{"m.relates_to": map[string]any{"m.in_reply_to": map[string]any{"event_id": to}}}
	}
	reaction := func(to, key string) map[string]any {
		return map[string]any{"m.relates_to": map[string]any{"rel_type": "m.annotation", "event_id": to, "key": key}}
	}
	for _, c := range []struct {
		name    string
		kind    string
		content map[string]any
		want    bot.Incoming // an empty Kind: not heard
	}{
		{"prefix", "m.room.message", talk("!NEWS  why 12"), bot.Incoming{Text: "why 12", Kind: bot.ByCommand}},
		{"prefix of other rooms", "m.room.message", talk("!tocsin why"), bot.Incoming{}},
		{"display name", "m.room.message", talk("Tocsin: why", mention), bot.Incoming{Text: "why", Kind: bot.ByMention}},
		{"full id without m.mentions", "m.room.message", talk(botUser + " why"), bot.Incoming{Text: "why", Kind: bot.ByMention}},
		{"mention in the middle", "m.room.message", talk("ask Tocsin: why", mention), bot.Incoming{}},
		{"reply to an alert", "m.room.message", talk("why", reply(alert)), bot.Incoming{Text: "why", Kind: bot.ByReply, Thread: alert}},
		{"reply with quoted lines", "m.room.message", talk("> <@tocsin:example.org> Alert\n> !news reload\n\nwhy", reply(alert)), bot.Incoming{Text: "why", Kind: bot.ByReply, Thread: alert}},
		{"reply to an update is about the alert", "m.room.message", talk("why", reply(update)), bot.Incoming{Text: "why", Kind: bot.ByReply, Thread: alert}},
		{"reply to somebody else", "m.room.message", talk("why", reply(other)), bot.Incoming{}},
		{"thread of somebody else", "m.room.message", talk("why", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": other}}), bot.Incoming{}},
		{"talk under an alert", "m.room.message", talk("I doubt it", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": alert}}), bot.Incoming{}},
		{"command under an alert", "m.room.message", talk("sources", map[string]any{"m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": alert}}), bot.Incoming{Text: "sources", Kind: bot.ByReply, Thread: alert}},
		{"localpart", "m.room.message", talk("@tocsin, why", mention), bot.Incoming{Text: "why", Kind: bot.ByMention}},
		{"emoji", "m.reaction", reaction(alert, "👎🏽"), bot.Incoming{Text: "noise", Kind: bot.ByReaction, Thread: alert}},
		{"emoji on an update", "m.reaction", reaction(update, "👀️"), bot.Incoming{Text: "claim", Kind: bot.ByReaction, Thread: alert}},
		{"emoji on somebody else's words", "m.reaction", reaction(other, "👎"), bot.Incoming{}},
		{"emoji that means nothing", "m.reaction", reaction(alert, "🍕"), bot.Incoming{}},
	} {
		key := s.came(deskRoom, anna, c.kind, c.content)
		end := s.came(deskRoom, anna, "m.room.message", talk("!news end"))
		in := next(t, heard)
		if c.want.Kind == "" {
			if in.Key != end {
				t.Errorf("%s: heard %q", c.name, in.Text)
				next(t, heard)
			}
			continue
		}
		if in.Text != c.want.Text || in.Kind != c.want.Kind || in.Thread != c.want.Thread || in.Key != key || in.User != anna || in.Room != desk {
			t.Errorf("%s: heard %+v", c.name, in)
		}
		if in.Key != end {
			next(t, heard)
		}
	}
}

func TestDirectChatNeedsNoPrefixUntilSomebodyElseJoins(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := open(t, s, nil)
	if err := p.memory.setRoom(t.Context(), "!dm:example.org", "direct", true); err != nil {
		t.Fatal(err)
	}
	heard := hearing(t, p, nil)
	join := map[string]any{"membership": "join"}
	s.state("!dm:example.org", botUser, "m.room.member", botUser, join)
	s.state("!dm:example.org", anna, "m.room.member", anna, join)
	s.came("!dm:example.org", anna, "m.room.message", talk("status"))
	if in := next(t, heard); in.Text != "status" || in.Kind != bot.ByDirect {
		t.Errorf("heard %+v", in)
	}
	s.state("!dm:example.org", "@bob:example.org", "m.room.member", "@bob:example.org", join)
	s.came("!dm:example.org", anna, "m.room.message", talk("how are you, bob?"))
	s.came("!dm:example.org", anna, "m.room.message", talk("!tocsin end"))
	if in := next(t, heard); in.Text != "end" {
		t.Errorf("heard %+v", in)
	}
}

func TestPlaceIsCommittedWhenAllIsStored(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := open(t, s, nil)
	failures := 1
	var during []string
	heard := hearing(t, p, func(in bot.Incoming) error {
		place, err := p.memory.value(context.Background(), "since")
		during = append(during, place)
		if in.Text == "second" && failures > 0 {
			failures--
			return errors.New("the disk is full")
		}
		return err
	})
	s.said("!tocsin first", "")
	s.said("!tocsin second", "")
	got := []string{next(t, heard).Text, next(t, heard).Text}
	if got[1] == "first" { // both came with one sync, which was repeated whole
		got = append(got, next(t, heard).Text)
	}
	if got[0] != "first" || got[len(got)-1] != "second" {
		t.Errorf("stored %q", got)
	}
	for i, place := range during {
		if place == "s2" {
			t.Errorf("event %d was handled when its place was committed already", i)
		}
	}
}

func TestStrangeEventsEndNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	heard := hearing(t, open(t, s, nil), func(in bot.Incoming) error {
		if in.Text == "panic" {
			panic("poison")
		}
		return nil
	})
	cycle := map[string]any{"m.relates_to": map[string]any{"rel_type": "m.thread", "event_id": "$event1", "m.in_reply_to": map[string]any{"event_id": []any{}}}}
	deep := any("x")
	for range 500 {
		deep = map[string]any{"m.relates_to": deep}
	}
	for _, content := range []map[string]any{
		nil, {}, {"msgtype": nil, "body": nil}, talk("why", cycle), {"msgtype": "m.text", "body": "why", "m.relates_to": deep},
		talk("!tocsin panic"), talk("!tocsin " + strings.Repeat("x", 60_000)), {"m.mentions": []any{1}, "msgtype": "m.text", "body": "\x00"},
	} {
		s.came(deskRoom, anna, "m.room.message", content)
		s.came(deskRoom, anna, "m.reaction", content)
		s.came(deskRoom, anna, "m.room.encrypted", content)
		s.state(deskRoom, anna, "m.room.member", anna, content)
		s.state(deskRoom, anna, "m.room.power_levels", "", content)
		s.state(deskRoom, anna, "m.room.tombstone", "", content)
	}
	s.said("!tocsin end", "")
	for {
		in := next(t, heard)
		if len(in.Text) > maxCommand {
			t.Errorf("heard a command of %d bytes", len(in.Text))
		}
		if in.Text == "end" {
			return
		}
	}
}

func TestUnreadableEventDoesNotHideTheOthers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.once("sync", func(w http.ResponseWriter, _ func(http.ResponseWriter)) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"next_batch":"s0","rooms":{"join":{%q:{"timeline":{"events":[
			{"type":5},"x",null,{"type":"m.room.message","sender":7,"event_id":"$a","origin_server_ts":"then"},
			{"type":"m.room.message","sender":%q,"event_id":"$b","origin_server_ts":%d,"content":{"msgtype":"m.text","body":"!tocsin status"}}]}}}}}`,
			deskRoom, anna, time.Now().UnixMilli())
	})
	if in := next(t, hearing(t, open(t, s, nil), nil)); in.Key != "$b" {
		t.Errorf("heard %+v", in)
	}
}

func TestGapIsFilledInOrderAndOldCommandsOfTheFirstSyncAreNotHeard(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.limit = 2
	s.put(&stored{Room: deskRoom, Sender: anna, Type: "m.room.message", TS: time.Now().Add(-time.Hour).UnixMilli(), Content: talk("!tocsin old")})
	s.said("!tocsin young", "")
	file := filepath.Join(t.TempDir(), "tocsin.db")
	func() { // the first run
		ctx, cancel := context.WithCancel(t.Context())
		p, err := Open(ctx, Config{Homeserver: s.URL, User: botUser, Password: strict.NewSecret("pw")}, inDatabase(t, file))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		defer cancel()
		if err := p.syncOnce(ctx, func(_ context.Context, in bot.Incoming) error {
			if in.Text != "young" {
				t.Errorf("the first sync heard %q", in.Text)
			}
			return nil
		}, true); err != nil {
			t.Fatal(err)
		}
	}()
	var want []string
	for i := range 20 {
		want = append(want, fmt.Sprintf("search %d", i))
		ts := time.Now().Add(-time.Hour) // said while nobody listened: heard, with its time
		s.put(&stored{Room: deskRoom, Sender: anna, Type: "m.room.message", TS: ts.UnixMilli(), Content: talk("!tocsin " + want[i])})
	}
	p := open(t, s, func(_ *Config, o *Options) { o.DB = inDatabase(t, file).DB })
	heard := hearing(t, p, nil)
	var got []string
	for range want {
		in := next(t, heard)
		got = append(got, in.Text)
		if age := time.Since(in.Time); age < 59*time.Minute {
			t.Errorf("%q is said to be %v old", in.Text, age)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("heard %q", got)
	}
}

func TestForgottenPlaceBeginsAnew(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := open(t, s, nil)
	if err := p.memory.setValue(t.Context(), "since", "gone"); err != nil {
		t.Fatal(err)
	}
	s.said("!tocsin status", "")
	if in := next(t, hearing(t, p, nil)); in.Text != "status" {
		t.Errorf("heard %+v", in)
	}
}

func TestInvitationsAreAcceptedByTheWholeId(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.invites = map[string]string{
		"!user:x": anna, "!lookalike:x": "@anna:evil.org", "!case:x": "@Anna:example.org", "!dot:x": "@anna:example.org.", "!port:x": "@anna:example.org:8448",
		"!homoglyph:x": "@аnna:example.org", "!server:x": "@who:friends.org", "!sub:x": "@who:sub.friends.org", "!stranger:x": "@who:else.org",
		"!listed:x": "@who:else.org", deskRoom + "2": "@who:else.org", "!V12withoutServer": anna, "!long:x": "@" + strings.Repeat("a", 1000) + ":friends.org", "!odd:x": "@:friends.org", "!none:x": "friends.org",
	}
	p := open(t, s, func(c *Config, o *Options) {
		c.Invites = Invites{Users: []string{anna}, Servers: []string{"friends.org"}, Rooms: []string{"!listed:x"}}
		o.Rooms = func() []bot.Room {
			return []bot.Room{"console", bot.Room("matrix:" + deskRoom + "2"), "matrix:#gone:example.org"}
		}
	})
	if err := p.syncOnce(t.Context(), func(context.Context, bot.Incoming) error { return nil }, true); err != nil {
		t.Fatal(err)
	}
	var joined []string
	for room := range s.invites { // those that were declined are gone
		joined = append(joined, room)
	}
	slices.Sort(joined)
	want := []string{"!V12withoutServer", deskRoom + "2", "!listed:x", "!server:x", "!user:x"}
	slices.Sort(want)
	if !slices.Equal(joined, want) {
		t.Errorf("accepted %q, want %q", joined, want)
	}
	if n := s.asks["join"]; n != len(want) {
		t.Errorf("%d rooms were joined, want %d", n, len(want))
	}
}

func TestRoomThatWasReplacedIsFollowedWithItsName(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.creates = map[string]string{"!next:example.org": deskRoom, "!trap:example.org": "!other:example.org"}
	p := open(t, s, nil)
	heard := hearing(t, p, nil)
	old, err := p.Post(t.Context(), bot.Post{Key: "alert", Room: desk, Message: bot.Message{Title: "Alert"}})
	if err != nil {
		t.Fatal(err)
	}
	s.said("!tocsin first", "")
	next(t, heard)
	s.state(deskRoom, anna, "m.room.tombstone", "", map[string]any{"replacement_room": "!trap:example.org"})
	s.said("!tocsin trapped", "")
	next(t, heard)
	if room := s.roomOf(t, p, "in the old room"); room != deskRoom {
		t.Errorf("a replacement that does not name the room was followed to %s", room)
	}
	s.state(deskRoom, anna, "m.room.tombstone", "", map[string]any{"replacement_room": "!next:example.org"})
	s.said("!tocsin moved", "")
	next(t, heard)
	if room := s.roomOf(t, p, "in the new room"); room != "!next:example.org" {
		t.Errorf("after the move the bot posts to %s", room)
	}
	s.came("!next:example.org", anna, "m.room.message", talk("!tocsin there"))
	if in := next(t, heard); in.Room != desk {
		t.Errorf("what is said in the new room is said in %s", in.Room)
	}
	if got, err := p.Post(t.Context(), bot.Post{Key: "edit", Room: desk, Edit: old, Message: bot.Message{Title: "Edited"}}); err != nil || got != old {
		t.Errorf("the edit of a message in the old room gave %q, %v", got, err)
	}
	reply, err := p.Post(t.Context(), bot.Post{Key: "update", Room: desk, Thread: old, Message: bot.Message{Title: "Update"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range s.events {
		if e.ID == reply && e.Content["m.relates_to"] != nil {
			t.Errorf("the reply stands under a message of another room: %v", e.Content["m.relates_to"])
		}
		if e.Content["m.new_content"] != nil {
			t.Error("a message of the old room was edited in the new one")
		}
	}
}

// roomOf posts to the desk and gives the room in which the message stands.
func (s *server) roomOf(t *testing.T, p *Platform, key string) string {
	t.Helper()
	got, err := p.Post(t.Context(), bot.Post{Key: key, Room: desk, Message: bot.Message{Title: key}})
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.ID == got {
			return e.Room
		}
	}
	return ""
}

func TestEncryptionOfAReplacedRoomHoldsForItsReplacement(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.creates = map[string]string{"!next:example.org": deskRoom}
	p := open(t, s, nil)
	heard := hearing(t, p, nil)
	s.said("!tocsin first", "")
	next(t, heard)
	if err := p.memory.setRoom(t.Context(), deskRoom, "encrypted", true); err != nil {
		t.Fatal(err)
	}
	s.state(deskRoom, anna, "m.room.tombstone", "", map[string]any{"replacement_room": "!next:example.org"})
	for range 2 { // what is heard second came with a later answer, before which the whole first one was taken
		s.came("!other:example.org", anna, "m.room.message", talk("!tocsin end"))
		next(t, heard)
	}
	if f, err := p.memory.room(t.Context(), id.RoomID("!next:example.org")); err != nil || !f.encrypted {
		t.Errorf("the replacement is remembered as %+v, %v", f, err)
	}
}
