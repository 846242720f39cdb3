package matrix

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

// server is a homeserver of one room for what a real one cannot be made to do: refuse for being too
// fast, lose an answer, forget a token. Its other answers are those of the real one, which the same
// adapter is tested against end to end.
type server struct {
	*httptest.Server
	t testing.TB

	mu        sync.Mutex
	changed   chan struct{}
	events    []*stored // of all rooms, in order
	txns      map[string]string
	revoked   bool
	asks      map[string]int // requests by the last parts of their path
	intercept func(w http.ResponseWriter, r *http.Request, next func(http.ResponseWriter)) bool
	encrypted map[string]bool // rooms with the state m.room.encryption
	invites   map[string]string
	left      []string
	logins    int
	creates   map[string]string // room to its predecessor
	limit     int               // of a timeline
}

// stored is one event as the server keeps it.
type stored struct {
	ID      string         `json:"event_id"`
	Room    string         `json:"room_id"`
	Sender  string         `json:"sender"`
	Type    string         `json:"type"`
	TS      int64          `json:"origin_server_ts"`
	Content map[string]any `json:"content"`
	State   *string        `json:"state_key,omitempty"`
	Before  map[string]any `json:"prev_content,omitempty"`
}

const (
	botUser  = "@tocsin:example.org"
	anna     = "@anna:example.org"
	deskRoom = "!desk:example.org"
	archive  = "!archive:example.org"
)

func newServer(t testing.TB) *server {
	s := &server{t: t, changed: make(chan struct{}), txns: map[string]string{}, asks: map[string]int{},
		encrypted: map[string]bool{}, invites: map[string]string{}, limit: 50}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	intercept := s.intercept
	s.mu.Unlock()
	if intercept != nil && intercept(w, r, func(w http.ResponseWriter) { s.answer(w, r) }) {
		return
	}
	s.answer(w, r)
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, code string) {
	say(w, status, map[string]any{"errcode": code, "error": "refused"})
}

func (s *server) answer(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/_matrix/client/v3/")
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i], _ = url.PathUnescape(parts[i])
	}
	s.mu.Lock()
	s.asks[parts[0]]++
	revoked := s.revoked
	s.mu.Unlock()
	switch {
	case r.URL.Path == "/_matrix/client/v1/auth_metadata":
		refuse(w, 404, "M_UNRECOGNIZED")
	case path == "login":
		s.mu.Lock()
		s.logins++
		s.mu.Unlock()
		say(w, 200, map[string]any{"user_id": botUser, "device_id": "DEVICE", "access_token": "token"})
	case revoked || r.Header.Get("Authorization") != "Bearer token":
		refuse(w, 401, "M_UNKNOWN_TOKEN")
	case path == "account/whoami":
		say(w, 200, map[string]any{"user_id": botUser, "device_id": "DEVICE"})
	case path == "sync":
		s.sync(w, r)
	case path == "keys/device_signing/upload":
		refuse(w, 404, "M_UNRECOGNIZED")
	case path == "keys/upload":
		say(w, 200, map[string]any{"one_time_key_counts": map[string]any{"signed_curve25519": 50}})
	case parts[0] == "sendToDevice":
		say(w, 200, map[string]any{})
	case path == "keys/query":
		say(w, 200, map[string]any{"device_keys": map[string]any{}})
	case parts[0] == "user" && parts[2] == "account_data":
		if r.Method == http.MethodPut {
			say(w, 200, map[string]any{})
			return
		}
		refuse(w, 404, "M_NOT_FOUND")
	case parts[0] == "profile":
		say(w, 200, map[string]any{"displayname": "Tocsin"})
	case path == "joined_rooms":
		s.mu.Lock()
		in := []string{}
		for _, room := range s.roomsSince(0) {
			if !s.isOut(room) {
				in = append(in, room)
			}
		}
		s.mu.Unlock()
		say(w, 200, map[string]any{"joined_rooms": in})
	case parts[0] == "join":
		say(w, 200, map[string]any{"room_id": parts[1]})
	case parts[0] == "directory":
		if parts[2] == "#desk:example.org" {
			say(w, 200, map[string]any{"room_id": deskRoom, "servers": []string{"example.org"}})
			return
		}
		refuse(w, 404, "M_NOT_FOUND")
	case parts[0] == "rooms" && len(parts) > 2:
		s.room(w, r, parts[1], parts[2:])
	default:
		s.t.Errorf("the adapter asked for %s %s", r.Method, path)
		refuse(w, 404, "M_UNRECOGNIZED")
	}
}

func (s *server) room(w http.ResponseWriter, r *http.Request, room string, parts []string) {
	if room == archive {
		refuse(w, 403, "M_FORBIDDEN")
		return
	}
	switch parts[0] {
	case "send":
		s.send(w, r, room, parts[1], parts[2])
	case "state":
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(parts) == 1 {
			say(w, 200, s.stateOf(room))
			return
		}
		if old, ok := s.creates[room]; parts[1] == "m.room.create" && ok {
			say(w, 200, map[string]any{"predecessor": map[string]any{"room_id": old}})
			return
		}
		if parts[1] == "m.room.encryption" && s.encrypted[room] {
			say(w, 200, map[string]any{"algorithm": "m.megolm.v1.aes-sha2"})
			return
		}
		refuse(w, 404, "M_NOT_FOUND")
	case "event":
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, e := range s.events {
			if e.Room == room && e.ID == parts[1] {
				say(w, 200, e)
				return
			}
		}
		refuse(w, 404, "M_NOT_FOUND")
	case "messages":
		s.messages(w, r, room)
	case "members":
		say(w, 200, map[string]any{"chunk": []any{}})
	case "leave":
		s.mu.Lock()
		s.left = append(s.left, room)
		delete(s.invites, room)
		s.mu.Unlock()
		say(w, 200, map[string]any{})
	default:
		s.t.Errorf("the adapter asked for %v in a room", parts)
		refuse(w, 404, "M_UNRECOGNIZED")
	}
}

// stateOf gives the latest event of each kind and key.
func (s *server) stateOf(room string) []*stored {
	all := []*stored{}
	for _, e := range s.events {
		if e.Room == room && e.State != nil {
			all = slices.DeleteFunc(all, func(o *stored) bool { return o.Type == e.Type && *o.State == *e.State })
			all = append(all, e)
		}
	}
	return all
}

func (s *server) send(w http.ResponseWriter, r *http.Request, room, kind, txn string) {
	var content map[string]any
	if err := json.NewDecoder(r.Body).Decode(&content); err != nil {
		refuse(w, 400, "M_NOT_JSON")
		return
	}
	if size, _ := json.Marshal(content); len(size)*4/3 > 65_000 {
		refuse(w, 413, "M_TOO_LARGE")
		return
	}
	s.mu.Lock()
	id, there := s.txns[room+txn]
	s.mu.Unlock()
	if !there {
		id = s.put(&stored{Room: room, Sender: botUser, Type: kind, Content: content})
		s.mu.Lock()
		s.txns[room+txn] = id
		s.mu.Unlock()
	}
	say(w, 200, map[string]any{"event_id": id})
}

// put stores an event and wakes the syncs.
func (s *server) put(e *stored) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.ID == "" {
		e.ID = fmt.Sprintf("$event%d", len(s.events)+1)
	}
	if e.TS == 0 {
		e.TS = time.Now().UnixMilli()
	}
	s.events = append(s.events, e)
	close(s.changed)
	s.changed = make(chan struct{})
	return e.ID
}

// sync gives the events behind a place, which is how many there were.
func (s *server) sync(w http.ResponseWriter, r *http.Request) {
	since := 0
	if place := r.URL.Query().Get("since"); place != "" {
		if _, err := fmt.Sscanf(place, "s%d", &since); err != nil {
			refuse(w, 400, "M_UNKNOWN_POS")
			return
		}
	}
	s.mu.Lock()
	if len(s.events) <= since && r.URL.Query().Get("timeout") != "0" {
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	join, leave := map[string]any{}, map[string]any{}
	for _, room := range s.roomsSince(since) {
		var timeline []*stored
		for _, e := range s.events[since:] {
			if e.Room == room {
				timeline = append(timeline, e)
			}
		}
		limited := len(timeline) > s.limit
		if limited {
			timeline = timeline[len(timeline)-s.limit:]
		}
		prev := since
		if len(timeline) > 0 {
			prev = slices.Index(s.events, timeline[0])
		}
		section := join
		if s.isOut(room) {
			if section = leave; since == 0 { // who has no place is not told of the rooms that they left
				continue
			}
		}
		section[room] = map[string]any{"timeline": map[string]any{"events": timeline, "limited": limited, "prev_batch": fmt.Sprintf("s%d", prev)}}
	}
	invite := map[string]any{}
	for room, by := range s.invites {
		invite[room] = map[string]any{"invite_state": map[string]any{"events": []any{
			map[string]any{"type": "m.room.member", "state_key": botUser, "sender": by, "content": map[string]any{"membership": "invite"}},
		}}}
	}
	say(w, 200, map[string]any{"next_batch": fmt.Sprintf("s%d", len(s.events)), "rooms": map[string]any{"join": join, "invite": invite, "leave": leave}})
}

// isOut says whether the bot was in the room and is not any more.
func (s *server) isOut(room string) (out bool) {
	for _, e := range s.events {
		if e.Room == room && e.Type == "m.room.member" && e.State != nil && *e.State == botUser {
			out = e.Content["membership"] != "join"
		}
	}
	return out
}

func (s *server) roomsSince(since int) (rooms []string) {
	if since == 0 {
		rooms = append(rooms, deskRoom)
	}
	for _, e := range s.events[since:] {
		if !slices.Contains(rooms, e.Room) {
			rooms = append(rooms, e.Room)
		}
	}
	return rooms
}

// messages pages backwards through a room, three events at a time.
func (s *server) messages(w http.ResponseWriter, r *http.Request, room string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, to := len(s.events), 0
	if f := r.URL.Query().Get("from"); f != "" {
		_, _ = fmt.Sscanf(f, "s%d", &from)
	}
	if t := r.URL.Query().Get("to"); t != "" {
		_, _ = fmt.Sscanf(t, "s%d", &to)
	}
	var chunk []*stored
	for from > to && len(chunk) < 3 {
		from--
		if s.events[from].Room == room {
			chunk = append(chunk, s.events[from])
		}
	}
	answer := map[string]any{"chunk": chunk, "start": "x"}
	if from > to {
		answer["end"] = fmt.Sprintf("s%d", from)
	}
	say(w, 200, answer)
}
