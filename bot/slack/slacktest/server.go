package slacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Who and what there is in the workspace from the start.
const (
	Team          = "T0TOCSIN"
	TeamName      = "Newsroom"
	BotUser       = "U0BOT"
	BotID         = "B0BOT"
	AppID         = "A0TOCSIN"
	BotToken      = "xoxb-1-test"
	AppToken      = "xapp-1-test"
	SigningSecret = "8f742231b10e8888abcd99yyyzzz85a5"
)

// Server is a workspace.
type Server struct {
	// RoomEvery is how far apart messages to one channel must be, after RoomBurst at once. Zero means no
	// limit.
	RoomEvery time.Duration
	RoomBurst int

	// AckWithin is how long an event may wait for its acknowledgement before it is delivered again.
	// Defaults to 3 s. Redeliver are the pauses before the further deliveries. Defaults to none.
	AckWithin time.Duration
	Redeliver []time.Duration

	// PingEvery is how often Socket Mode links are pinged. Defaults to 5 s.
	PingEvery time.Duration

	// EventsURL, when it is set, gets events as signed HTTP requests in place of Socket Mode: the
	// address of the app without /slack/….
	EventsURL string

	// Ahead is how far the workspace's clock is ahead of the machine's, for tests whose app lives
	// later. Set it before the first message.
	Ahead time.Duration

	t    testing.TB
	http *httptest.Server

	mu        sync.Mutex
	scopes    map[string]bool
	channels  map[string]*Channel
	users     map[string]*User
	groups    map[string][]string
	homes     map[string]json.RawMessage
	views     []json.RawMessage
	viewIDs   []string
	whispers  []Message
	files     []File
	pending   map[string]*File
	reactions map[string][]string // channel and ts to emoji names
	faults    []*Fault
	refused   []string
	calls     []Call
	bad       map[string]string // token to the error that it gets
	clock     int64             // of the last ts, in microseconds
	serial    int
	sent      map[string][]time.Time // of messages, by channel
	responses map[string]*response
	triggers  map[string]time.Time
	underWay  map[string]int // calls, by method
	socket    socket
}

// Call is one call of the Web API.
type Call struct {
	Method string
	Args   url.Values
	Time   time.Time
	Error  string
}

// Channel is a channel or direct message.
type Channel struct {
	ID, Name  string
	Private   bool
	Archived  bool
	ReadOnly  bool
	Absent    bool   // the bot is no member
	Direct    string // the person of a direct message
	messages  []*Message
	notMember map[string]bool
}

// User is a person or bot.
type User struct {
	ID, Name   string
	Team       string // Defaults to Team
	Enterprise string
	Guest      bool
	Deleted    bool
	Bot        bool
}

// Message is a message as it stands in a channel.
type Message struct {
	Channel, TS, Thread string
	User, BotID, To     string
	Text                string
	Blocks              json.RawMessage
	Metadata            json.RawMessage
	Edited, Deleted     bool
	Broadcast           bool
	Shown               Shown
	Posted              time.Time
}

// File is an uploaded file.
type File struct {
	ID, Name, Title, Channel, Thread string
	Data                             []byte
	size                             int
}

// New starts a workspace with one public channel, C0GENERAL #general, and one member, U0ANNA. It
// ends with the test, which fails when the app did what Slack's documents forbid.
func New(t testing.TB) *Server {
	s := &Server{
		AckWithin: 3 * time.Second, PingEvery: 5 * time.Second, t: t,
		scopes: map[string]bool{}, channels: map[string]*Channel{}, users: map[string]*User{}, groups: map[string][]string{},
		homes: map[string]json.RawMessage{}, pending: map[string]*File{}, reactions: map[string][]string{}, bad: map[string]string{},
		sent: map[string][]time.Time{}, responses: map[string]*response{}, triggers: map[string]time.Time{},
		underWay: map[string]int{},
	}
	s.socket.server = s
	for _, m := range methods {
		if m.scope != "" {
			for scope := range strings.SplitSeq(m.scope, "|") {
				s.scopes[scope] = true
			}
		}
	}
	s.AddUser(User{ID: "U0ANNA", Name: "anna"})
	s.AddUser(User{ID: BotUser, Name: "tocsin", Bot: true})
	s.AddChannel(Channel{ID: "C0GENERAL", Name: "general"})
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("/upload/{id}", s.serveUpload)
	mux.HandleFunc("/respond/{id}", s.serveResponse)
	mux.HandleFunc("/link/{ticket}", s.socket.serve)
	s.http = httptest.NewServer(mux)
	t.Cleanup(func() {
		s.socket.closeAll()
		s.http.CloseClientConnections()
		s.http.Close()
	})
	return s
}

// URL is the base of the Web API, for api_url.
func (s *Server) URL() string { return s.http.URL + "/api/" }

// AddChannel adds a channel.
func (s *Server) AddChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[c.ID] = &c
}

// AddUser adds a person.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.Team == "" {
		u.Team = Team
	}
	s.users[u.ID] = &u
}

// SetGroup makes a user group.
func (s *Server) SetGroup(id string, users ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups[id] = users
}

// Rename renames a channel, Archive archives it.
func (s *Server) Rename(channel, name string) { s.change(channel, func(c *Channel) { c.Name = name }) }

// Archive archives a channel.
func (s *Server) Archive(channel string) { s.change(channel, func(c *Channel) { c.Archived = true }) }

// Join makes the bot a member of a channel.
func (s *Server) Join(channel string) { s.change(channel, func(c *Channel) { c.Absent = false }) }

func (s *Server) change(channel string, how func(*Channel)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(s.channels[channel])
}

// WithoutScope takes a scope away from the bot token.
func (s *Server) WithoutScope(scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.scopes, scope)
}

// WithScope gives a scope to the bot token, for those that no method of this server needs.
func (s *Server) WithScope(scope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes[scope] = true
}

// Revoke makes a token answer with an error such as token_revoked; an empty one makes it good again.
func (s *Server) Revoke(token, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bad[token] = code
}

// Messages gives what stands in a channel, oldest first.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	if c := s.channels[channel]; c != nil {
		for _, m := range c.messages {
			if !m.Deleted {
				out = append(out, *m)
			}
		}
	}
	return out
}

// Direct gives the id of the direct channel with a person; empty when there is none yet.
func (s *Server) Direct(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, c := range s.channels {
		if c.Direct == user {
			return id
		}
	}
	return ""
}

// Whispers gives the ephemeral messages, those by response_url included.
func (s *Server) Whispers() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.whispers)
}

// Files gives the files that were shared.
func (s *Server) Files() []File {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.files)
}

// Home gives the Home tab of a person; Views the modals that were opened.
func (s *Server) Home(user string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.homes[user]
}

// Views gives the modals that were opened.
func (s *Server) Views() []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.views)
}

// Reactions gives the emojis of the bot on a message.
func (s *Server) Reactions(channel, ts string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.reactions[channel+" "+ts])
}

// Calls gives every call of a method, or all calls when method is empty.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			out = append(out, c)
		}
	}
	return out
}

// Waiting tells whether a call of a method waits for its answer.
func (s *Server) Waiting(method string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.underWay[method] > 0
}

// Refused gives what the app did that Slack's documents forbid: unknown methods and arguments, blocks
// beyond a limit, late or double acknowledgements. A correct app leaves it empty.
func (s *Server) Refused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refused)
}

// SetAhead changes Ahead while the workspace is in use.
func (s *Server) SetAhead(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Ahead = d
}

// Delete deletes a message, as its author or an admin does.
func (s *Server) Delete(channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.channels[channel].message(ts); m != nil {
		m.Deleted = true
	}
}

func (c *Channel) message(ts string) *Message {
	for _, m := range c.messages {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

// refuse notes a breach of the documents. s.mu is held.
func (s *Server) refuse(format string, args ...any) {
	s.refused = append(s.refused, fmt.Sprintf(format, args...))
}

// nextTS gives a ts that nothing else has. s.mu is held.
func (s *Server) nextTS() string {
	s.clock = max(time.Now().Add(s.Ahead).UnixMicro(), s.clock+1)
	return fmt.Sprintf("%d.%06d", s.clock/1e6, s.clock%1e6)
}

// id gives an id that nothing else has. s.mu is held.
func (s *Server) id(prefix string) string {
	s.serial++
	return fmt.Sprintf("%s%07d", prefix, s.serial)
}
