package feeds

import (
	"context"
	"time"
)

// State is what is remembered of a feed from one poll to the next. All times are in UTC and zero
// when the thing has not happened.
type State struct {
	Feed    string // the feed's name
	Address string // a hash of the URL that all this is about; another URL starts anew

	// What the server said of the last document that parsed, to be sent back byte for byte.
	ETag         string
	LastModified string
	BodyHash     string // of the last document that parsed, so that an unchanged one is not parsed again

	Title     string // what the feed calls itself
	ItemCount int    // items in the last document that parsed

	NextDue  time.Time // when to poll next; jitter, Retry-After and back-off are in it
	Polled   time.Time // the last try
	LastGood time.Time // the last try that got the document or heard that it has not changed
	LastNew  time.Time // when an item was last new; after the first poll the date of the newest

	// A feed that fails: none of these is set when the last poll was good.
	Failure      Failure   // what is wrong
	Detail       string    // the same in one line for people, at most 300 bytes, without secrets
	Failures     int       // tries in a row that failed
	FailingSince time.Time // the first of them

	// Moved is where the server says that the feed has gone for good, MovedSeen how often in a row
	// a feed was found there. The configured URL is asked until MovedSeen reaches movedTrust: one
	// permanent redirect to a login page or a captive portal must not end a feed. The address may
	// hold a secret.
	Moved     string
	MovedSeen int

	// Stopped is set when the server said 410 Gone: the feed is not polled until somebody asks.
	Stopped bool

	// Note is something worth knowing about a feed that works, such as "no item has a date" or
	// "nothing new for 40 days". Empty when there is nothing to say.
	Note string
}

// Stage says how far an item has come between the poll that found it and the plan that reads it.
type Stage string

const (
	StageArticle  Stage = "article"  // waits for the page behind it; nobody reads it yet
	StageFresh    Stage = "fresh"    // to be matched and placed in a story
	StageBaseline Stage = "baseline" // was there at the first poll: teaches word frequencies, never alerts
)

// Store is what the Poller needs from storage. All methods may be called at the same time.
type Store interface {
	// States gives the state of every feed that was ever polled, by the feed's name.
	States(ctx context.Context) (map[string]State, error)

	// SavePolls saves some polls, those of one feed in the order in which they were made, in one
	// transaction: for each it looks up Poll.Keys among the keys of that feed's stored items, lets
	// Poll.Decide tell what is new, inserts Decision.New in order with their keys, prints and stages,
	// stores Decision.Learnt, and replaces the feed's state by Decision.State. Nothing of it is saved
	// when it returns an error, and a repeat is harmless: the second time every item is known. It
	// returns one Decision for each poll.
	//
	// Keys must live as long as the feed goes on showing the item, also when the item itself has
	// been deleted for its age: a store that forgets keys notes when each was last looked up.
	SavePolls(ctx context.Context, polls []*Poll) ([]Decision, error)

	// AwaitingArticle gives up to limit items in StageArticle, oldest key first, after the key
	// given; 0 starts at the beginning.
	AwaitingArticle(ctx context.Context, after int64, limit int) ([]Item, error)

	// SaveArticles gives items of StageArticle their final text, language, authors and dates, and
	// moves them to StageFresh. An item that is no longer in StageArticle is left as it is, so a
	// repeat is harmless. Items become fresh in another order than that of their keys: who reads
	// fresh items asks for the stage, not for "keys after the last one".
	SaveArticles(ctx context.Context, items []Item) error
}
