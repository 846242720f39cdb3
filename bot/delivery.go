package bot

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Delivery is one message owed to one room. It is written in the transaction of the fact that
// caused it, and its Key makes a repeat of any step harmless.
//
//	due ──compose──▶ ready ──claim──▶ sending ──settle──▶ sent
//	 │                 ▲                 │
//	 │                 └── not posted ───┤ (again, after NextTry)
//	 └──▶ skipped                        ├──▶ parked   (the room refuses; ready again when unparked)
//	      (nothing left to say)          └──▶ failed   (the message itself is refused: a bug)
//
// A claim that was never settled stays "sending" until its lease ends; the next claim then says
// Repeat, and the adapter makes sure that the message is not there already before it posts.
type Delivery struct {
	Key   string       `json:"key"`
	Room  Room         `json:"room"`
	Kind  DeliveryKind `json:"kind"`
	State State        `json:"state"`

	// Story is the story that an alert, update or edit tells. Zero for answers and notices.
	Story int64 `json:"story,omitempty"`

	// Item is the item whose new fact an update tells. Zero otherwise.
	Item int64 `json:"item,omitempty"`

	// News says in words what an update tells: "first mention of 12 trainer aircraft". Empty otherwise.
	News string `json:"news,omitempty"`

	// Watch is the watch whose untold stories a roll-up lists. Empty otherwise, and for the digest of
	// a backlog, whatever watches wanted its stories.
	Watch string `json:"watch,omitempty"`

	// Thread is the message under which to post: an answer's question. Updates and edits find
	// theirs by the story's parent in the room. Empty for none.
	Thread string `json:"thread,omitempty"`

	// To is the person who alone sees an answer. Empty for everybody in the room.
	To string `json:"to,omitempty"`

	// Message is what to post. Nil while State is due: alerts are composed when they are due, so
	// that they tell all that is known by then.
	Message *Message `json:"message,omitempty"`

	// Told are the items that the words of Message were made of, by key. An edit raises the count
	// of sources and tells nothing, so that it leaves the parent's Told as it is. Of a roll-up they
	// are the stories that it lists.
	Told []int64 `json:"told,omitempty"`

	// Broadcast asks to show a thread reply in the room as well: the priority rose.
	Broadcast bool `json:"broadcast,omitempty"`

	Created  time.Time `json:"created"`
	NextTry  time.Time `json:"next_try"` // not before this
	FirstTry time.Time `json:"first_try,omitzero"`
	Attempt  int       `json:"attempt"` // claims so far
	Lease    time.Time `json:"lease,omitzero"`

	// Repeat is set on a claimed delivery whose earlier post was not settled, or settled as
	// Ambiguous: the message may be there already.
	Repeat bool `json:"repeat,omitempty"`

	// Receipt is the platform's id of the posted message: a Slack ts, a Matrix event id.
	Receipt string `json:"receipt,omitempty"`

	// Cause says in words why the delivery is parked, failed, skipped or tried again.
	Cause string `json:"cause,omitempty"`
}

// DeliveryKind says what a delivery does in its room.
type DeliveryKind string

// The kinds of delivery.
const (
	KindNew    DeliveryKind = "new"    // the parent message of a story
	KindEdit   DeliveryKind = "edit"   // the parent again: more sources
	KindUpdate DeliveryKind = "update" // a reply under the parent: a new fact
	KindRollup DeliveryKind = "rollup" // one message for all that went beyond a watch's budget, or a room's backlog
	KindAnswer DeliveryKind = "answer" // what a command gave
	KindNotice DeliveryKind = "notice" // a word to the admins
)

// State is where a delivery stands; see Delivery.
type State string

// The states of a delivery.
const (
	StateDue     State = "due"
	StateReady   State = "ready"
	StateSending State = "sending"
	StateSent    State = "sent"
	StateSkipped State = "skipped"
	StateParked  State = "parked"
	StateFailed  State = "failed"
)

// MakeKey names a telling of a story in a room: MakeKey("slack:C1", 12, "update 34") is
// "slack:C1|12|update 34". The same fact always gives the same key.
func MakeKey(room Room, story int64, telling string) string {
	return fmt.Sprintf("%s|%d|%s", room, story, telling)
}

// postKey is the key by which a platform knows a repeat. Where an old copy of the database was put
// back stories and items are counted from there again, so that a key alone may be that of another
// message.
func (d *Delivery) postKey() string {
	if d.Story == 0 {
		return d.Key
	}
	return d.Key + "@" + strconv.FormatInt(d.Created.UnixMicro(), 36)
}

// ParseKey gives the three parts that MakeKey joined. It is false for any other string.
func ParseKey(key string) (room Room, story int64, telling string, ok bool) {
	rest, telling, ok := cutLast(key, '|')
	if !ok {
		return "", 0, "", false
	}
	r, number, ok := cutLast(rest, '|')
	if !ok {
		return "", 0, "", false
	}
	story, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return "", 0, "", false
	}
	return Room(r), story, telling, true
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
