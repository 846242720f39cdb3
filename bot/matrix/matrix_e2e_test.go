//go:build goolm

package matrix

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

func holding(words string, from id.UserID) func(*event.Event) bool {
	return func(e *event.Event) bool {
		return e.Sender == from && e.Type == event.EventMessage && strings.Contains(e.Content.AsMessage().Body, words)
	}
}

func TestEndToEndAlertInAnEncryptedRoomIsReadAskedAndMarked(t *testing.T) {
	t.Parallel()
	for _, version := range []id.RoomVersion{"11", "12"} {
		t.Run("room version "+string(version), func(t *testing.T) {
			t.Parallel()
			anna, account := newPerson(t, "anna"), newBotAccount(t)
			room := anna.room(true, version, account.user)
			named := bot.MakeRoom(Name, string(room))
			b := account.listen(t, func(_ *Config, o *Options) { o.Rooms = func() []bot.Room { return []bot.Room{named} } })
			anna.seesJoin(room, account.user)

			first := posts(t, b.Platform, bot.Post{Key: "alert 1", Room: named, Message: alert(1)})
			seen := anna.sees("the alert", holding("Alert 1", account.user))
			if string(seen.ID) != first || !seen.Mautrix.WasEncrypted {
				t.Errorf("the alert came as %s, encrypted %v; Post gave %s", seen.ID, seen.Mautrix.WasEncrypted, first)
			}
			c := seen.Content.AsMessage()
			if c.MsgType != event.MsgNotice || c.Mentions == nil || c.Mentions.Room || len(c.Mentions.UserIDs) > 0 {
				t.Errorf("the alert is a %s with the mentions %+v", c.MsgType, c.Mentions)
			}
			if again := posts(t, b.Platform, bot.Post{Key: "alert 1", Room: named, Message: alert(1), Repeat: true}); again != first {
				t.Errorf("the repeat gave %s, the message is %s", again, first)
			}

			question := text("why")
			question.RelatesTo = new(event.RelatesTo).SetThread(id.EventID(first), id.EventID(first))
			asked := anna.says(room, question)
			in := b.hears(t, "why")
			if in.Thread != first || in.Key != string(asked) || in.User != string(anna.UserID) || in.Room != named || in.Kind != bot.ByReply {
				t.Errorf("heard %+v", in)
			}
			posts(t, b.Platform, bot.Post{Key: bot.AnswerKey(in), Room: named, Thread: first, Message: bot.Message{Title: "Because of jets", Outcome: bot.Done}})
			answer := anna.sees("the answer", holding("Because of jets", account.user))
			if root := answer.Content.AsMessage().RelatesTo.GetThreadParent(); string(root) != first {
				t.Errorf("the answer stands under %q", root)
			}
			anna.sees("the mark on the question", func(e *event.Event) bool {
				return e.Type == event.EventReaction && e.Content.AsReaction().RelatesTo.EventID == asked && e.Content.AsReaction().RelatesTo.Key == "✅"
			})

			if _, err := anna.SendReaction(t.Context(), room, id.EventID(first), "👀️"); err != nil {
				t.Fatal(err)
			}
			if in := b.hears(t, "claim"); in.Kind != bot.ByReaction || in.Thread != first {
				t.Errorf("heard %+v", in)
			}

			more := alert(1)
			more.Title = "Alert 1, now three sources"
			if got := posts(t, b.Platform, bot.Post{Key: "edit 1", Room: named, Edit: first, Message: more}); got != first {
				t.Errorf("the edit gave %s", got)
			}
			edit := anna.sees("the edit", holding("three sources", account.user))
			if c := edit.Content.AsMessage(); c.RelatesTo.GetReplaceID() != id.EventID(first) || c.NewContent == nil || c.NewContent.Body == "" {
				t.Errorf("the edit is %+v", c)
			}
			if n := anna.count(holding("jets for Libya", account.user)); n != 1 {
				t.Errorf("the alert came %d times", n)
			}
			for _, kind := range anna.raw(room, account.user) {
				if kind != "m.room.encrypted" && kind != "m.reaction" {
					t.Errorf("a %s of the bot stands in the encrypted room", kind)
				}
			}
		})
	}
}

func TestEndToEndRestartKeepsTheDeviceAndHearsWhatWasSaidMeanwhile(t *testing.T) {
	t.Parallel()
	anna, account := newPerson(t, "anna"), newBotAccount(t)
	invites := func(c *Config, _ *Options) { c.Invites.Users = []string{string(anna.UserID)} }
	room := anna.room(true, "", account.user)
	named := bot.MakeRoom(Name, string(room))
	b := account.listen(t, invites)
	anna.seesJoin(room, account.user)
	anna.says(room, text("!tocsin status"))
	b.hears(t, "status")
	posts(t, b.Platform, bot.Post{Key: "alert 1", Room: named, Message: alert(1)})
	before, err := b.memory.device(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.stop()

	const missed = 70 // more than a timeline holds
	for i := range missed {
		anna.says(room, text(fmt.Sprintf("!tocsin search %d", i)))
	}
	b = account.listen(t, invites)
	for i := range missed {
		b.hears(t, fmt.Sprintf("search %d", i))
	}
	after, err := b.memory.device(t.Context())
	if err != nil || after != before {
		t.Errorf("the device was %v and is %v (%v)", before, after, err)
	}
	posts(t, b.Platform, bot.Post{Key: "alert 2", Room: named, Message: alert(2)})
	anna.sees("the alert of the second run", holding("Alert 2", account.user))
}

func TestEndToEndNoPlaintextBeforeTheFirstSync(t *testing.T) {
	t.Parallel()
	anna := newPerson(t, "anna")
	leaky, account := register(t, "leaky"), newBotAccount(t)
	room := anna.room(true, "", leaky, account.user)

	// The leak, as a client of the library has it: what it has not synced is not encrypted.
	other := loginPerson(t, leaky)
	if _, err := other.JoinRoomByID(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	other.says(room, text("in the open"))
	anna.sees("the leak", holding("in the open", leaky))
	if kinds := anna.raw(room, leaky); !slices.Contains(kinds, "m.room.message") {
		t.Fatalf("the library does not leak any more: %q; this test proves nothing", kinds)
	}

	b := account.open(t, nil)
	t.Cleanup(func() { b.Close() })
	a, err := b.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.JoinRoomByID(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	posts(t, b, bot.Post{Key: "alert 1", Room: bot.MakeRoom(Name, string(room)), Message: alert(1)})
	anna.sees("the alert", holding("Alert 1", account.user))
	if kinds := anna.raw(room, account.user); !slices.Equal(kinds, []string{"m.room.encrypted"}) {
		t.Errorf("the bot's first words are %q", kinds)
	}
}

func TestEndToEndRoomEncryptedMidwayIsEncryptedFromThen(t *testing.T) {
	t.Parallel()
	anna, account := newPerson(t, "anna"), newBotAccount(t)
	room := anna.room(false, "", account.user)
	named := bot.MakeRoom(Name, string(room))
	b := account.listen(t, func(_ *Config, o *Options) { o.Rooms = func() []bot.Room { return []bot.Room{named} } })
	anna.seesJoin(room, account.user)
	anna.says(room, text("!tocsin one"))
	b.hears(t, "one")
	posts(t, b.Platform, bot.Post{Key: "open", Room: named, Message: alert(1)})
	if _, err := anna.SendStateEvent(t.Context(), room, event.StateEncryption, "", &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}); err != nil {
		t.Fatal(err)
	}
	anna.says(room, text("!tocsin two"))
	b.hears(t, "two")
	posts(t, b.Platform, bot.Post{Key: "secret", Room: named, Message: alert(2)})
	anna.sees("the alert in secret", holding("Alert 2", account.user)) // the homeserver shows it some time after it took it
	if kinds := anna.raw(room, account.user); !slices.Equal(kinds, []string{"m.room.encrypted", "m.room.message"}) {
		t.Errorf("the bot said %q, latest first", kinds)
	}
	// Somebody with power cannot turn it off.
	if _, err := anna.SendStateEvent(t.Context(), room, event.StateEncryption, "", map[string]any{}); err != nil {
		t.Fatal(err)
	}
	anna.says(room, text("!tocsin in the open, which is not heard"))
	posts(t, b.Platform, bot.Post{Key: "still secret", Room: named, Message: alert(3)})
	anna.sees("the third alert", holding("Alert 3", account.user))
	if kinds := anna.raw(room, account.user); kinds[0] != "m.room.encrypted" {
		t.Errorf("after encryption was turned off the bot said a %s", kinds[0])
	}
}

func TestEndToEndInvitationOfAStrangerIsDeclined(t *testing.T) {
	t.Parallel()
	anna, mallory, account := newPerson(t, "anna"), newPerson(t, "mallory"), newBotAccount(t)
	account.listen(t, func(c *Config, _ *Options) { c.Invites.Users = []string{string(anna.UserID)} })
	declined := mallory.room(true, "", account.user)
	mallory.sees("the bot declining", func(e *event.Event) bool {
		return e.RoomID == declined && e.Type == event.StateMember && e.GetStateKey() == string(account.user) && e.Content.AsMember().Membership == event.MembershipLeave
	})
	accepted := anna.room(true, "", account.user)
	anna.seesJoin(accepted, account.user)
}

func TestEndToEndHundredLostAnswersAreAHundredMessages(t *testing.T) {
	t.Parallel()
	anna, account := newPerson(t, "anna"), newBotAccount(t)
	room := anna.room(true, "", account.user)
	named := bot.MakeRoom(Name, string(room))
	var lose atomic.Bool
	lost := atomic.Int64{}
	address := proxy(t, func(_ http.ResponseWriter, r *http.Request, pass func(http.ResponseWriter)) bool {
		if isSend(r) && lose.CompareAndSwap(true, false) {
			pass(discard{http.Header{}})
			lost.Add(1)
			panic(http.ErrAbortHandler)
		}
		return false
	})
	b := account.listen(t, func(c *Config, o *Options) {
		c.Homeserver = address
		o.Rooms = func() []bot.Room { return []bot.Room{named} }
	})
	anna.seesJoin(room, account.user)
	ids := map[string]bool{}
	for i := range 100 {
		post := bot.Post{Key: fmt.Sprintf("alert %d", i), Room: named, Message: alert(i), FirstTry: time.Now()}
		lose.Store(true)
		_, err := b.Post(t.Context(), post)
		if send := bot.FateOf(err); err == nil || send.Fate != bot.Ambiguous {
			t.Fatalf("post %d whose answer was lost: %v", i, err)
		}
		post.Repeat = true
		got, err := b.Post(t.Context(), post)
		if err != nil {
			t.Fatalf("repeat %d: %v", i, err)
		}
		ids[got] = true
	}
	anna.sees("the last alert", holding("Alert 99", account.user))
	if kinds := anna.raw(room, account.user); len(ids) != 100 || len(kinds) != 100 || lost.Load() != 100 {
		t.Errorf("%d lost answers, %d ids, %d events in the room; want 100 of each", lost.Load(), len(ids), len(kinds))
	}
}

func TestEndToEndFiftyAlertsUnderALimitAllArriveOnce(t *testing.T) {
	t.Parallel()
	anna, account := newPerson(t, "anna"), newBotAccount(t)
	room := anna.room(true, "", account.user)
	named := bot.MakeRoom(Name, string(room))
	// Synapse's limit: a burst of 10, and then one in 5 s. Where nobody has time, every message beyond
	// the burst is refused once, however long it was on its way.
	every := 50 * time.Millisecond
	refusal := refuseOnce(10)
	if os.Getenv("TOCSIN_HEAVY") != "" {
		every = 5 * time.Second
		refusal = synapse(every, 10)
	}
	refused := atomic.Int64{}
	address := proxy(t, func(w http.ResponseWriter, r *http.Request, _ func(http.ResponseWriter)) bool {
		if !isSend(r) || !refusal(r.URL.Path) {
			return false
		}
		refused.Add(1)
		say(w, http.StatusTooManyRequests, map[string]any{"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": every.Milliseconds()})
		return true
	})
	b := account.listen(t, func(c *Config, o *Options) {
		c.Homeserver = address
		o.Rooms = func() []bot.Room { return []bot.Room{named} }
	})
	anna.seesJoin(room, account.user)
	began := time.Now()
	for i := range 50 {
		for {
			_, err := b.Post(t.Context(), bot.Post{Key: fmt.Sprintf("alert %d", i), Room: named, Message: alert(i), FirstTry: time.Now()})
			if err == nil {
				break
			}
			send := bot.FateOf(err)
			if send.Fate != bot.NotPosted || send.After <= 0 {
				t.Fatalf("post %d: %v", i, err)
			}
			select {
			case <-time.After(send.After):
			case <-t.Context().Done():
			}
		}
	}
	took := time.Since(began)
	t.Logf("50 alerts took %v, with %d refusals", took.Round(100*time.Millisecond), refused.Load())
	if every > time.Second && took > 41*every {
		t.Errorf("50 alerts took %v, want at most %v", took, 41*every)
	}
	anna.sees("the last alert", holding("Alert 49", account.user))
	if kinds := anna.raw(room, account.user); len(kinds) != 50 || refused.Load() == 0 {
		t.Errorf("%d events in the room, want 50; %d refusals, want some", len(kinds), refused.Load())
	}
}

// refuseOnce refuses the first attempt of every message but the first burst of them.
func refuseOnce(burst int) func(path string) bool {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(path string) bool {
		mu.Lock()
		defer mu.Unlock()
		first := !seen[path]
		seen[path] = true
		return first && len(seen) > burst
	}
}

// synapse is a bucket of messages that gains one in each span.
func synapse(every time.Duration, burst float64) func(path string) bool {
	var mu sync.Mutex
	left, at := burst, time.Now()
	return func(string) bool {
		mu.Lock()
		defer mu.Unlock()
		now := time.Now()
		left, at = min(burst, left+float64(now.Sub(at))/float64(every)), now
		if left < 1 {
			return true
		}
		left--
		return false
	}
}
