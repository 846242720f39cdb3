//go:build goolm

package matrix

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/synapseadmin"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/config/strict"
)

// patience is how long a test waits for what is to come: on a busy machine a login takes a minute.
const patience = 3 * time.Minute

const password = "correct horse battery staple"

// homeserver gives the address of the real homeserver, or skips the test.
func homeserver(t testing.TB) string {
	t.Helper()
	address := os.Getenv("TOCSIN_HOMESERVER")
	if address == "" {
		t.Skip("no homeserver is there: run e2e/homeserver/run")
	}
	return address
}

// register makes an account with a name that nobody has.
func register(t testing.TB, name string) id.UserID {
	t.Helper()
	c, err := mautrix.NewClient(homeserver(t), "", "")
	if err != nil {
		t.Fatal(err)
	}
	admin := &synapseadmin.Client{Client: c}
	user := strings.ToLower(name + "-" + rand.Text()[:8])
	answer, err := admin.SharedSecretRegister(t.Context(), "e2e-shared-secret", synapseadmin.ReqSharedSecretRegister{Username: user, Password: password})
	if err != nil {
		t.Fatalf("register %s: %v", user, err)
	}
	return answer.UserID
}

// person is somebody with a client of their own: mautrix's, with encryption.
type person struct {
	*mautrix.Client
	t      testing.TB
	crypto *cryptohelper.CryptoHelper

	mu      sync.Mutex
	changed chan struct{}
	seen    []*event.Event
}

// newPerson registers somebody and lets their client sync until the test ends.
func newPerson(t testing.TB, name string) *person {
	return syncing(t, loginPerson(t, register(t, name)))
}

func syncing(t testing.TB, p *person) *person {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.SyncWithContext(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return p
}

func loginPerson(t testing.TB, user id.UserID) *person {
	t.Helper()
	c, err := mautrix.NewClient(homeserver(t), "", "")
	if err != nil {
		t.Fatal(err)
	}
	p := &person{Client: c, t: t, changed: make(chan struct{})}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "person.db")+"?_pragma=busy_timeout(20000)&_pragma=journal_mode(wal)&_pragma=foreign_keys(1)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	keys, err := dbutil.NewWithDB(db, "sqlite3")
	if err != nil {
		t.Fatal(err)
	}
	if p.crypto, err = cryptohelper.NewCryptoHelper(c, []byte("pickle"), keys); err != nil {
		t.Fatal(err)
	}
	p.crypto.LoginAs = &mautrix.ReqLogin{Type: mautrix.AuthTypePassword, Password: password,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: string(user)}}
	if err := p.crypto.Init(t.Context()); err != nil {
		t.Fatalf("log in as %s: %v", user, err)
	}
	c.Crypto = p.crypto
	syncer := c.Syncer.(*mautrix.DefaultSyncer)
	for _, kind := range []event.Type{event.EventMessage, event.EventReaction, event.StateMember} {
		syncer.OnEventType(kind, func(_ context.Context, e *event.Event) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.seen = append(p.seen, e)
			close(p.changed)
			p.changed = make(chan struct{})
		})
	}
	return p
}

// sees waits for the first event that fits.
func (p *person) sees(what string, fits func(*event.Event) bool) *event.Event {
	p.t.Helper()
	timeout := time.After(patience)
	for {
		p.mu.Lock()
		changed := p.changed
		for _, e := range p.seen {
			if fits(e) {
				p.mu.Unlock()
				return e
			}
		}
		p.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
			p.t.Fatalf("%s does not see %s", p.UserID, what)
		}
	}
}

// seesJoin waits until somebody is in a room.
func (p *person) seesJoin(room id.RoomID, who id.UserID) {
	p.t.Helper()
	p.sees(string(who)+" in the room", func(e *event.Event) bool {
		return e.RoomID == room && e.Type == event.StateMember && e.GetStateKey() == string(who) && e.Content.AsMember().Membership == event.MembershipJoin
	})
}

// count says how many events fit.
func (p *person) count(fits func(*event.Event) bool) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.seen {
		if fits(e) {
			n++
		}
	}
	return n
}

// room makes a room, encrypted or not, and waits until the person's client knows that.
func (p *person) room(encrypted bool, version id.RoomVersion, invite ...id.UserID) id.RoomID {
	p.t.Helper()
	req := &mautrix.ReqCreateRoom{Preset: "private_chat", Invite: invite, RoomVersion: version}
	if encrypted {
		req.InitialState = []*event.Event{{Type: event.StateEncryption, Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}}}}
	}
	answer, err := p.CreateRoom(p.t.Context(), req)
	if err != nil {
		p.t.Fatalf("create a room: %v", err)
	}
	p.sees("the own room", func(e *event.Event) bool { return e.RoomID == answer.RoomID })
	if encrypted {
		var c event.EncryptionEventContent
		if err := p.StateEvent(p.t.Context(), answer.RoomID, event.StateEncryption, "", &c); err != nil {
			p.t.Fatal(err)
		}
	}
	return answer.RoomID
}

func (p *person) says(room id.RoomID, c *event.MessageEventContent) id.EventID {
	p.t.Helper()
	answer, err := p.SendMessageEvent(p.t.Context(), room, event.EventMessage, c)
	if err != nil {
		p.t.Fatalf("%s says %q: %v", p.UserID, c.Body, err)
	}
	return answer.EventID
}

func text(body string) *event.MessageEventContent {
	return &event.MessageEventContent{MsgType: event.MsgText, Body: body, Mentions: &event.Mentions{}}
}

// ear is a bot that listens, with what it heard.
type ear struct {
	*Platform
	heard  chan bot.Incoming
	became chan bot.Incoming // of rooms
	stop   func()
}

// account is what a bot needs to be started again.
type botAccount struct {
	user id.UserID
	file string
}

func newBotAccount(t testing.TB) botAccount {
	return botAccount{register(t, "tocsin"), filepath.Join(t.TempDir(), "tocsin.db")}
}

// open makes the platform without listening.
func (b botAccount) open(t testing.TB, change func(*Config, *Options)) *Platform {
	t.Helper()
	c := Config{Homeserver: homeserver(t), User: string(b.user), Password: strict.NewSecret(password), Pace: time.Millisecond}
	o := inDatabase(t, b.file)
	o.Log = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	if change != nil {
		change(&c, &o)
	}
	p, err := Open(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// listen opens the platform and listens until stop or the end of the test.
func (b botAccount) listen(t testing.TB, change func(*Config, *Options)) *ear {
	t.Helper()
	e := &ear{Platform: b.open(t, change), heard: make(chan bot.Incoming, 1000), became: make(chan bot.Incoming, 1000)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = e.Listen(ctx, func(_ context.Context, in bot.Incoming) error {
			if in.Kind == bot.ByRoom {
				e.became <- in
			} else {
				e.heard <- in
			}
			return nil
		})
	}()
	e.stop = sync.OnceFunc(func() { cancel(); <-done; e.Close() })
	t.Cleanup(e.stop)
	return e
}

func (e *ear) hears(t testing.TB, text string) bot.Incoming {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case in := <-e.heard:
			if in.Text == text {
				return in
			}
			t.Errorf("heard %q from %s, want %q", in.Text, in.User, text)
		case <-timeout:
			t.Fatalf("%q was not heard", text)
		}
	}
}

// posts posts and wants it accepted.
func posts(t testing.TB, p *Platform, post bot.Post) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	post.FirstTry = time.Now()
	got, err := p.Post(ctx, post)
	if err != nil {
		t.Fatalf("post %s: %v", post.Key, err)
	}
	return got
}

// raw gives the types of the events of one sender in a room, as they stand on the server.
func (p *person) raw(room id.RoomID, sender id.UserID) (kinds []string) {
	p.t.Helper()
	from := ""
	for {
		page, err := p.Messages(p.t.Context(), room, from, "", mautrix.DirectionBackward, nil, 100)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, e := range page.Chunk {
			if e.Sender == sender && e.StateKey == nil {
				kinds = append(kinds, e.Type.Type)
			}
		}
		if page.End == "" || len(page.Chunk) == 0 {
			return kinds
		}
		from = page.End
	}
}

// proxy stands between the bot and the homeserver. spoil may answer in its place: when it gives
// true the request has been answered.
func proxy(t testing.TB, spoil func(w http.ResponseWriter, r *http.Request, pass func(http.ResponseWriter)) bool) string {
	target, err := url.Parse(homeserver(t))
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	forward.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !spoil(w, r, func(w http.ResponseWriter) { forward.ServeHTTP(w, r) }) {
			forward.ServeHTTP(w, r)
		}
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)
	t.Cleanup(s.Close)
	return s.URL
}

func isSend(r *http.Request) bool {
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/send/")
}

func alert(n int) bot.Message {
	return bot.Message{Title: fmt.Sprintf("Alert %d: jets for Libya", n), URL: "https://news.example.org/1", Priority: "high",
		Blocks: []bot.Block{bot.Para(bot.Text("Pakistan sells jets."))}}
}
