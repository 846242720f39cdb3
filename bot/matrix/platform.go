package matrix

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

// Name is the platform's name, the first part of its rooms.
const Name = "matrix"

// Options are what the platform needs besides its config.
type Options struct {
	// DB is the database that keeps what belongs to the device: tokens, keys, the place in the sync.
	// Its tables are made where they are not there yet. Dialect is "sqlite3" or "postgres". Required.
	//
	// No transaction here spans a request, and only one process may use the tables: that of SQLite is
	// to be opened by one alone.
	DB      *sql.DB
	Dialect string

	Log *slog.Logger

	// Rooms gives the rooms that are named anywhere in rules and config: they are joined whoever
	// invites, and what is said there goes by the name that is written there. Defaults to none.
	Rooms func() []bot.Room

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Platform is a Matrix account. It is a bot.Listener.
type Platform struct {
	config Config
	Options
	memory    *memory
	transport http.RoundTripper
	rooms     *directory

	renewals sync.WaitGroup // of access tokens
	password string         // that a person gave for this login

	mu       sync.Mutex
	account  *account
	refused  *bot.SendError
	askAgain time.Time

	// Of Listen alone.
	joinAgain map[id.RoomID]time.Time
	shownName string
	nameAsked time.Time
}

// Open makes the platform. It checks the config and makes the tables; it calls nobody.
func Open(ctx context.Context, c Config, o Options) (*Platform, error) {
	c, err := c.fill()
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rooms == nil {
		o.Rooms = func() []bot.Room { return nil }
	}
	m, err := openMemory(ctx, o.DB, o.Dialect)
	if err != nil {
		return nil, err
	}
	p := &Platform{config: c, Options: o, memory: m, joinAgain: map[id.RoomID]time.Time{},
		transport: http.DefaultTransport.(*http.Transport).Clone()}
	p.rooms = newDirectory(p)
	return p, nil
}

// Close lets go of the device. Nobody may post or listen any more.
func (p *Platform) Close() error {
	p.renewals.Wait() // the answer of one under way must not be lost
	if t, ok := p.transport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
	return p.memory.close()
}

// Name is "matrix".
func (p *Platform) Name() string { return Name }

// Pace is what the homeserver allows, as the config says. Without a word there it is learned from what
// the homeserver asks for when it refuses a message.
func (p *Platform) Pace() bot.Pace {
	return bot.Pace{All: p.config.Pace, AllBurst: p.config.Burst}
}

// keyField is the field of a message that names its delivery, for finding a repeat after the server
// has forgotten the transaction.
const keyField = "org.tocsin.delivery"

// Post posts, edits or replies. A repeat has the transaction id of the first attempt, for which the
// server gives the event that is there; servers forget transactions, so that a repeat is looked for
// in the room as well. Matrix has no messages for one reader: nobody here asks for an answer in
// private, so that To is never set.
func (p *Platform) Post(ctx context.Context, post bot.Post) (string, error) {
	a, err := p.connect(ctx)
	if err != nil {
		return "", err
	}
	room, err := p.rooms.resolve(ctx, a, post.Room)
	if err != nil {
		return "", p.sendError(a, err, false)
	}
	txn := transactionID(post.Key)
	if post.Repeat && post.Edit == "" {
		found, err := p.find(ctx, a, room, txn, post.FirstTry)
		if err != nil {
			return "", p.sendError(a, fmt.Errorf("look for the message: %w", err), true)
		}
		if found != "" {
			p.mark(ctx, a, room, post)
			return string(found), nil
		}
	}
	content, kept, err := p.compose(ctx, a, room, post, txn)
	if kept != "" || err != nil {
		return kept, p.sendError(a, err, false)
	}
	sent, err := p.send(ctx, a, room, event.EventMessage, content, txn)
	if err != nil {
		return "", err
	}
	p.mark(ctx, a, room, post)
	if post.Edit != "" {
		return post.Edit, nil
	}
	return string(sent), nil
}

// compose makes the content of a post. It gives the id of a message that is left as it is when an
// edit has nothing to replace.
func (p *Platform) compose(ctx context.Context, a *account, room id.RoomID, post bot.Post, txn string) (content *event.Content, kept string, err error) {
	c := render(post.Message).content()
	switch {
	case post.Edit != "":
		if ok, err := p.rooms.holds(ctx, a, room, post.Room, id.EventID(post.Edit)); err != nil {
			return nil, "", err
		} else if !ok {
			p.Log.Warn("message stayed in the old room and is not edited", "room", post.Room, "message", post.Edit)
			return nil, post.Edit, nil
		}
		first, _, _ := strings.Cut(c.Body, "\n")
		c = &event.MessageEventContent{
			MsgType: event.MsgNotice, Body: "* " + first, Mentions: &event.Mentions{}, NewContent: c,
			RelatesTo: &event.RelatesTo{Type: event.RelReplace, EventID: id.EventID(post.Edit)},
		}
	case post.Thread != "":
		if ok, err := p.rooms.holds(ctx, a, room, post.Room, id.EventID(post.Thread)); err != nil {
			return nil, "", err
		} else if ok {
			c.RelatesTo = new(event.RelatesTo).SetThread(id.EventID(post.Thread), id.EventID(post.Thread))
		}
	}
	return &event.Content{Parsed: c, Raw: map[string]any{keyField: txn}}, "", nil
}

// transactionID is what the homeserver knows a delivery by.
func transactionID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "tocsin-" + base64.RawURLEncoding.EncodeToString(sum[:18])
}

// send puts one event into a room, encrypted where the room is. Errors are *bot.SendError.
func (p *Platform) send(ctx context.Context, a *account, room id.RoomID, kind event.Type, content *event.Content, txn string) (id.EventID, error) {
	encrypted, err := p.rooms.encrypted(ctx, a, room)
	if err != nil {
		return "", p.sendError(a, fmt.Errorf("ask whether the room is encrypted: %w", err), false)
	}
	var body any = content
	if encrypted && kind != event.EventReaction { // a reaction is readable for the server in every client
		if a.vaultErr != nil {
			return "", roomWithoutVault(a.vaultErr)
		}
		if err := p.rooms.renewSession(ctx, a, room); err != nil {
			return "", p.sendError(a, fmt.Errorf("ask who reads in the room: %w", err), false)
		}
		if body, err = a.vault.encrypt(ctx, room, kind, content); err != nil {
			return "", p.sendError(a, fmt.Errorf("encrypt a message: %w", err), false)
		}
		kind = event.EventEncrypted
	}
	answer, err := a.SendMessageEvent(ctx, room, kind, body, mautrix.ReqSendEvent{TransactionID: txn, DontEncrypt: true})
	if err == nil && answer.EventID == "" {
		err = errors.New("the answer names no event")
	}
	if err != nil {
		return "", p.sendError(a, err, true)
	}
	return answer.EventID, nil
}

// roomWithoutVault refuses an encrypted room, whatever kept the keys from us.
func roomWithoutVault(err error) error {
	send := sendError(err, false)
	return &bot.SendError{Fate: bot.BadRoom, Hint: send.Hint, Err: fmt.Errorf("no message goes into an encrypted room without its keys: %w", send.Err)}
}

// mark puts ✅ or ⛔ on a command that changed something or was refused. It is a courtesy: the answer
// says the same.
func (p *Platform) mark(ctx context.Context, a *account, room id.RoomID, post bot.Post) {
	question, isAnswer := strings.CutPrefix(post.Key, "answer|")
	emoji := map[bot.Outcome]string{bot.Done: "✅", bot.Refused: "⛔"}[post.Message.Outcome]
	if !isAnswer || emoji == "" || !strings.HasPrefix(question, "$") {
		return
	}
	c := &event.Content{Parsed: &event.ReactionEventContent{
		RelatesTo: event.RelatesTo{Type: event.RelAnnotation, EventID: id.EventID(question), Key: emoji}}}
	if _, err := p.send(ctx, a, room, event.EventReaction, c, transactionID("mark|"+post.Key)); err != nil {
		p.Log.Info("command not marked", "room", post.Room, "err", err)
	}
}

// Pages that are searched for a message whose answer was lost.
const (
	findPages  = 10
	findMargin = 2 * time.Minute // clocks of servers differ
)

// find looks for our message with this transaction id among those since the first attempt.
func (p *Platform) find(ctx context.Context, a *account, room id.RoomID, txn string, since time.Time) (id.EventID, error) {
	from := ""
	for range findPages {
		page, err := a.Messages(ctx, room, from, "", mautrix.DirectionBackward, nil, 100)
		if err != nil {
			return "", err
		}
		for _, e := range page.Chunk {
			if e.Sender != a.UserID {
				continue
			}
			if p.deliveryOf(ctx, a, room, e) == txn {
				return e.ID, nil
			}
		}
		n := len(page.Chunk)
		if n == 0 || page.End == "" || page.End == from || time.UnixMilli(page.Chunk[n-1].Timestamp).Before(since.Add(-findMargin)) {
			return "", nil
		}
		from = page.End
	}
	return "", nil
}

// deliveryOf gives the transaction id in a message of ours.
func (p *Platform) deliveryOf(ctx context.Context, a *account, room id.RoomID, e *event.Event) string {
	e.RoomID = room
	if e.Unsigned.TransactionID != "" {
		return e.Unsigned.TransactionID
	}
	if e.Type.Type == event.EventEncrypted.Type {
		if a.vault == nil || e.Content.ParseRaw(event.EventEncrypted) != nil {
			return ""
		}
		clear, err := a.vault.decrypt(ctx, e)
		if err != nil {
			return ""
		}
		e = clear
	}
	key, _ := e.Content.Raw[keyField].(string)
	return key
}

// sendError gives an error its fate, and remembers what concerns more than this post.
func (p *Platform) sendError(a *account, err error, sent bool) error {
	if err == nil {
		return nil
	}
	send := sendError(err, sent)
	if send.Fate == bot.BadAuth {
		p.disconnect(a)
	}
	return send
}
