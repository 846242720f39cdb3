package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Platform posts messages to the rooms of one chat system. Implementations are safe for
// concurrent use; the deliverer never has two posts under way in one room.
type Platform interface {
	// Name is the first part of the rooms that belong to the platform, such as "slack".
	Name() string

	// Post puts p into its room, as a new message, a reply or an edit, and returns the platform's
	// id of the message. When p.Repeat is set an earlier attempt may have succeeded: the
	// platform finds out by p.Key, and returns the id of the message that is there.
	// Errors are *SendError; any other error counts as Ambiguous.
	Post(ctx context.Context, p Post) (id string, err error)

	// Pace says how fast messages may follow each other.
	Pace() Pace
}

// Listener is a Platform where people can talk to the bot.
type Listener interface {
	Platform

	// Listen calls handle for every command, mention, reply, reaction and button that is meant for
	// the bot, until ctx ends or the platform is lost for good. When handle returns nil the event
	// is safely stored, and only then may the platform acknowledge it. A *UserError is for the person
	// who filled in a form: the event is not stored, and nothing was done.
	Listen(ctx context.Context, handle func(context.Context, Incoming) error) error
}

// Post is one message on its way to one room.
type Post struct {
	Key       string
	Room      Room
	Thread    string // id of the message to reply to; empty for none
	Edit      string // id of the message to replace; empty for none
	To        string // the person who alone sees it; empty for everybody
	Broadcast bool   // show the reply in the room as well
	Message   Message
	Repeat    bool
	FirstTry  time.Time // of the first attempt, for looking up a repeat
}

// Pace bounds how fast messages may follow each other. Zero fields mean no bound.
type Pace struct {
	Room  time.Duration // between two messages to one room, after Burst
	Burst int           // messages to one room at once. Defaults to 1
	All   time.Duration // between two messages of the whole platform

	// AllBurst is how many messages of the whole platform may go at once where All is a second or
	// more, or where the server asked for a pace by SendError.All. Defaults to 10.
	AllBurst int
}

// Incoming is what a person said to the bot.
type Incoming struct {
	// Key makes a repeat harmless: the platform's id of the event. Required.
	Key string `json:"key"`

	Room Room   `json:"room"`
	User string `json:"user"`           // the platform's id of the person, never a display name
	Name string `json:"name,omitempty"` // how to call them; not to be trusted

	// Text is the command without prefix or mention, such as "why" or "search arms deal".
	Text string `json:"text"`

	// Message is the id of what the person wrote; Thread the id of the message under which they
	// wrote it, or whose button they pressed. Empty for none.
	Message string `json:"message,omitempty"`
	Thread  string `json:"thread,omitempty"`

	Kind IncomingKind `json:"kind"`

	// Private asks that a mere answer be shown to this person alone (a slash command).
	Private bool `json:"private,omitempty"`

	Time time.Time `json:"time"` // when the person said it, UTC

	// Change is what became of the room; for the kind ByRoom only.
	Change *RoomChange `json:"change,omitempty"`
}

// RoomChange is what became of a room that we are in, or were in. It comes as an Incoming of the kind
// ByRoom, so that it is stored before the platform forgets it, and acted on once.
type RoomChange struct {
	// Rooms are the names under which rules and config know the room.
	Rooms []Room `json:"rooms"`

	// What is a sentence without its full stop: "@bob:example.org banned me (“spam”)". Empty when it is
	// not worth a word to the admins.
	What string `json:"what,omitempty"`

	// Hint says what a person can do about it.
	Hint string `json:"hint,omitempty"`

	Lost   bool `json:"lost,omitempty"`   // the room takes no message of ours any more
	Usable bool `json:"usable,omitempty"` // it takes messages again: what waits for it is tried at once
}

// IncomingKind says how a person spoke to the bot.
type IncomingKind string

// The ways to speak to the bot.
const (
	ByCommand  IncomingKind = "command" // a slash command, or the prefix in a room
	ByMention  IncomingKind = "mention"
	ByDirect   IncomingKind = "direct" // a direct message
	ByReply    IncomingKind = "reply"  // a reply under an alert
	ByButton   IncomingKind = "button"
	ByReaction IncomingKind = "reaction"
	ByRoom     IncomingKind = "room" // nobody spoke: something became of the room
	ByForm     IncomingKind = "form" // a form that is open until the event is taken
)

// Fate says what became of a post that returned an error.
type Fate string

// The fates of a failed post.
const (
	NotPosted Fate = "not posted" // certainly not there: try again later
	Ambiguous Fate = "ambiguous"  // perhaps there: the next try says Repeat
	BadRoom   Fate = "bad room"   // the room refuses us until somebody acts: park
	BadAuth   Fate = "bad auth"   // the whole platform refuses us until somebody acts
	BadPost   Fate = "bad post"   // the message itself is refused: a bug of ours
)

// SendError is an error of Platform.Post with its fate.
type SendError struct {
	Fate  Fate
	After time.Duration // not before this long; zero leaves it to the deliverer's back-off
	All   bool          // After holds for all rooms: the server limits the account
	Hint  string        // what a person can do about it, a sentence; empty for none
	Err   error
}

func (e *SendError) Error() string { return fmt.Sprintf("%s: %v", e.Fate, e.Err) }

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Err }

// FateOf gives the fate of an error of Platform.Post; an error without one is Ambiguous.
func FateOf(err error) *SendError {
	var send *SendError
	if errors.As(err, &send) {
		return send
	}
	return &SendError{Fate: Ambiguous, Err: err}
}
