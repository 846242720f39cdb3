package bot

import (
	"context"
	"iter"
	"time"

	"github.com/tocsin-bot/tocsin/feeds"
)

// Ledger is what the planner needs from storage.
type Ledger interface {
	// FreshItems gives up to limit items that no plan has looked at, oldest key first. Items whose
	// article is still being fetched are not among them.
	FreshItems(ctx context.Context, limit int) ([]Fresh, error)

	// CommitPlan stores b and takes its items out of the fresh ones, in one transaction. It may be
	// repeated: what is there already is left as it is.
	CommitPlan(ctx context.Context, b Batch) error

	// Remember gives what earlier plans decided about items placed since the given time, in key
	// order, for building the planner's memory after a start.
	Remember(ctx context.Context, since time.Time) iter.Seq2[Remembered, error]

	// LastStory is the highest id of a story ever placed; zero for none.
	LastStory(ctx context.Context) (int64, error)

	// Alerts gives the alerts of stories that got an item since the given time.
	Alerts(ctx context.Context, since time.Time) ([]Alert, error)

	// Tellings gives the deliveries of kind new of those stories: which room was told of what.
	Tellings(ctx context.Context, since time.Time) ([]Delivery, error)

	// ActiveMutes gives the mutes that hold at now.
	ActiveMutes(ctx context.Context, now time.Time) ([]Mute, error)

	// LoadBlob and SaveBlob keep one value under a name, such as the planner's word frequencies.
	// LoadBlob gives nil when there is none.
	LoadBlob(ctx context.Context, name string) ([]byte, error)
	SaveBlob(ctx context.Context, name string, value []byte) error
}

// Remembered is an item with the place that an earlier plan gave it.
type Remembered struct {
	Fresh
	Placed Placed
}

// Outbox is what the deliverer needs from storage. The order within a room is the order in which
// deliveries were inserted; answers go before everything else, and then roll-ups, which tell what is
// older than all that waits.
type Outbox interface {
	// DueRooms gives the rooms in which NextDelivery would give something at now.
	DueRooms(ctx context.Context, now time.Time) ([]Room, error)

	// NextDelivery gives the delivery of room to work on at now, or nil: the first in order that is
	// due or ready with NextTry reached, or sending with its lease ended. A delivery that waits
	// for its next try holds back the later ones of its kind of traffic (answers, roll-ups, or the rest), so
	// that order is kept. An edit or update is not given before its story's parent is sent, and
	// is skipped by the deliverer when there is none.
	NextDelivery(ctx context.Context, room Room, now time.Time) (*Delivery, error)

	// NextWake gives the first time after now at which DueRooms may give more; zero for never.
	NextWake(ctx context.Context, now time.Time) (time.Time, error)

	// Parent gives the sent delivery of kind new of a story in a room; nil when there is none.
	Parent(ctx context.Context, room Room, story int64) (*Delivery, error)

	// SaveMessage makes a due delivery ready to be posted: Message, Told, Broadcast of d are kept.
	SaveMessage(ctx context.Context, d *Delivery) error

	// ClaimDelivery makes a ready delivery, or one whose lease ended, sending until lease, counts
	// the attempt and sets FirstTry. It gives nil when somebody else was faster. Repeat is set as
	// Delivery says.
	ClaimDelivery(ctx context.Context, key string, now, lease time.Time) (*Delivery, error)

	// Settle stores State, Receipt, Cause, NextTry and Repeat of d. A sent edit's Message becomes
	// the parent's, so that the next edit knows what stands there.
	Settle(ctx context.Context, d *Delivery) error

	// Owe inserts deliveries; a key that exists already is left as it is.
	Owe(ctx context.Context, ds ...Delivery) error

	// Backlog gives what could be posted to a room at now, answers and roll-ups left out, in order.
	// Of each delivery it gives Key, Kind, State, Story and Repeat only.
	Backlog(ctx context.Context, room Room, now time.Time) ([]Delivery, error)

	// Fold owes digest in the place of the deliveries with these keys, which are skipped, in one
	// transaction. One that may have been posted already is left as it is.
	Fold(ctx context.Context, digest Delivery, keys []string) error

	// Unpark makes the parked deliveries of a room ready again, or those of every room when it is
	// empty, and says how many there were.
	Unpark(ctx context.Context, room Room, now time.Time) (int, error)
}

// Inbox is what the command loop needs from storage.
type Inbox interface {
	// Receive stores an event before it is acknowledged. It is false when the key was there.
	Receive(ctx context.Context, in Incoming) (fresh bool, err error)

	// Unanswered gives the received events without effects yet, oldest first.
	Unanswered(ctx context.Context, limit int) ([]Incoming, error)

	// Answer stores the effects of one event and marks it as answered, in one transaction. It does
	// nothing when the event was answered already.
	Answer(ctx context.Context, key string, e Effects) error
}

// Effects is all that a command changes.
type Effects struct {
	Deliveries []Delivery
	Mutes      []Mute  // to add; ID is given by the store
	Unmute     []int64 // mutes to end now
	Marks      []Mark
	Now        time.Time
}

// Archive is what answers are made of.
type Archive interface {
	// StoryAt gives the story that a message of ours in room tells, even one that is no longer
	// kept; zero for none. A message is named by its receipt.
	StoryAt(ctx context.Context, room Room, receipt string) (int64, error)

	// Listed gives the stories that a roll-up of ours in room lists; none for any other message. It
	// is named by its receipt.
	Listed(ctx context.Context, room Room, receipt string) ([]int64, error)

	// Unsettled says whether an alert, update or roll-up may stand in room whose receipt is not stored
	// yet: it is being posted, or its post was ambiguous.
	Unsettled(ctx context.Context, room Room) (bool, error)

	// Story gives all that is known about a story; nil when there is none with this id.
	Story(ctx context.Context, id int64) (*StoryFile, error)

	// Under gives the stories that are told in the thread of story; see Alert.Under.
	Under(ctx context.Context, story int64) ([]int64, error)

	// Untold gives the stories that got an alert of watch from since until before until, and of
	// which room was not told, oldest first.
	Untold(ctx context.Context, watch string, room Room, since, until time.Time) ([]StoryLine, error)

	// Told gives the stories of which room was told, latest first; all rooms when room is empty.
	Told(ctx context.Context, room Room, limit int) ([]StoryLine, error)

	// Search gives items that hold all the words, newest first. Words are folded as in rules; a
	// word in quotes with blanks is a phrase, a last * makes a prefix, a leading - excludes.
	// An empty or unusable query is an error for people.
	Search(ctx context.Context, words string, limit int) ([]Found, error)

	// ItemByURL gives the item that leads to a page; nil when there is none. Scheme, query and
	// fragment do not count.
	ItemByURL(ctx context.Context, url string) (*Remembered, error)

	// Items gives the items seen since the given time in key order, for a backtest.
	Items(ctx context.Context, since time.Time) iter.Seq2[feeds.Item, error]

	// WatchCounts gives, by watch, what it told since the given time.
	WatchCounts(ctx context.Context, since time.Time) (map[string]WatchCount, error)

	// ActiveMutes gives the mutes that hold at now.
	ActiveMutes(ctx context.Context, now time.Time) ([]Mute, error)

	// Counts gives the figures of `status`.
	Counts(ctx context.Context, now time.Time) (Counts, error)
}

// StoryFile is a story with everything that hangs on it.
type StoryFile struct {
	StoryLine
	Items  []Remembered // in key order
	Alerts []Alert
	Marks  []Mark
}

// StoryLine is a story in one line. Its times and counts hold the stories that are told under it.
type StoryLine struct {
	ID      int64
	Title   string    // of the message that told it, as people saw it, else of its first item
	First   time.Time // of the items' times
	Last    time.Time
	Items   int
	Outlets int
	Origins int
	Watches []string
	Told    time.Time // when the room was told; zero when it was not
}

// Found is an item that a search found.
type Found struct {
	feeds.Item
	Story int64
}

// WatchCount is what a watch did in a span of time.
type WatchCount struct {
	Items   int // that matched
	Stories int // that it wanted told, those told under another one left out
	Last    time.Time
}

// Counts are the figures of `status`. Alerts told under another story are not counted.
type Counts struct {
	Items, Stories, Alerts         int
	Fresh, AwaitingArticle         int
	Due, Sending, Parked, Failed   int
	LastItem, LastAlert, OldestDue time.Time
	SizeBytes                      int64
}
