package bottest

import (
	"context"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// Harness is an adapter under test, and what its users and its server see and do. Fields that say
// so may be nil: the platform cannot do that, and its tests are skipped.
type Harness struct {
	// Adapter is under test. Where it is a bot.Listener it is listened to.
	Adapter bot.Platform

	// Room is where it may post.
	Room bot.Room

	// Messages gives what stands in Room, oldest first, edits applied, as its members see it.
	Messages func() []Seen

	// Refused is a room that exists and refuses the bot. Empty when the platform has none.
	Refused bot.Room

	// LoseAnswer makes the server store the next message and then lose its answer. Nil when no
	// answer can be lost.
	LoseAnswer func()

	// Slow makes the server refuse the next message for being too fast, and ask for this wait.
	// Nil when it has no limit.
	Slow func(wait time.Duration)

	// Revoke makes the server refuse the bot's credentials from now on. Nil when there are none.
	Revoke func()

	// Say makes a person say something in Room that is meant for the bot, with the prefix or mention
	// that this takes. thread is the id of a message of the bot to reply to, or empty. Nil when
	// nobody can talk to the bot.
	Say func(thread, text string)

	// Redelivered waits until the server has delivered what was said once more, because it was not
	// acknowledged. Nil when the server never does.
	Redelivered func(ctx context.Context)

	// Chatter makes people and bots say what is not meant for the bot: talk in Room without a
	// mention, the words of another bot, an edit, and an echo of the bot's own message.
	Chatter func()
}

// Seen is a message as people in the room see it.
type Seen struct {
	ID     string
	Thread string // id of the message that it replies to; empty for none
	Text   string // all its visible words, without markup
	Edited bool

	// Mentions are the people and groups that the message calls: user ids, "@room", "@here".
	Mentions []string

	// Links are the addresses that it leads to.
	Links []string
}

// Platform runs the suite. open makes a fresh adapter and server for each part of it.
func Platform(t *testing.T, open func(t *testing.T) *Harness) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, *Harness)
	}{
		{"NameBelongsToRooms", testName},
		{"MessagesArriveInOrder", testOrder},
		{"RepliesStandUnderTheirMessage", testReply},
		{"EditsReplaceTheWhole", testEdit},
		{"EveryPartOfAMessageIsShown", testParts},
		{"LostAnswerIsPostedOnce", testLostAnswer},
		{"RepeatOfWhatNeverArrivedIsPosted", testRepeatOfNothing},
		{"RepeatedReplyIsPostedOnce", testRepeatedReply},
		{"HostileTextIsLiteral", testHostile},
		{"MessagesOfAnyLengthAreAccepted", testLength},
		{"RoomThatRefusesIsABadRoom", testBadRoom},
		{"TooFastIsNotPosted", testTooFast},
		{"RevokedCredentialsAreBadAuth", testBadAuth},
		{"CancelledPostHasAFate", testCancelled},
		{"CommandIsHeard", testHeard},
		{"UnstoredEventComesAgain", testRedelivery},
		{"ChatterIsNotHeard", testChatter},
		{"ListenEndsWithItsContext", testListenEnds},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.run(t, open(t))
		})
	}
}

// post posts p and wants it accepted.
func (h *Harness) post(t *testing.T, p bot.Post) string {
	t.Helper()
	id, err := h.try(t, p)
	if err != nil {
		t.Fatalf("post %q: %v", p.Key, err)
	}
	if id == "" {
		t.Fatalf("post %q: accepted without an id", p.Key)
	}
	return id
}

// try posts p as the deliverer does: with a time limit, and once more as a repeat when the platform
// says that it does not know yet.
func (h *Harness) try(t *testing.T, p bot.Post) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if p.Room == "" {
		p.Room = h.Room
	}
	if p.FirstTry.IsZero() {
		p.FirstTry = time.Now()
	}
	return h.Adapter.Post(ctx, p)
}

// message gives the only message of the room.
func (h *Harness) message(t *testing.T) Seen {
	t.Helper()
	all := h.Messages()
	if len(all) != 1 {
		t.Fatalf("%d messages in the room, want 1: %+v", len(all), all)
	}
	return all[0]
}
