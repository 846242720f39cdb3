package slacktest

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// socket is the Socket Mode side of the workspace.
type socket struct {
	server *Server

	mu      sync.Mutex
	tickets map[string]bool
	links   []*link
	waiting map[string]*Event // not acknowledged, by envelope
	changed chan struct{}     // closed and made anew when a link comes up or an event is acknowledged
	silent  bool
}

// link is one connection of the app.
type link struct {
	conn   *websocket.Conn
	cancel context.CancelFunc
	write  sync.Mutex
}

// openLink is apps.connections.open. s.mu is held.
func (s *Server) openLink(url.Values) (map[string]any, *failure) {
	so := &s.socket
	so.mu.Lock()
	defer so.mu.Unlock()
	if len(so.links) >= 10 {
		return nil, fail("too_many_websockets")
	}
	if so.tickets == nil {
		so.tickets = map[string]bool{}
	}
	ticket := s.id("ticket")
	so.tickets[ticket] = true
	return map[string]any{"url": strings.Replace(s.http.URL, "http", "ws", 1) + "/link/" + ticket}, nil
}

// serve takes one link: hello, pings, acknowledgements.
func (so *socket) serve(w http.ResponseWriter, r *http.Request) {
	so.mu.Lock()
	ticket := r.PathValue("ticket")
	ok := so.tickets[ticket]
	delete(so.tickets, ticket)
	so.mu.Unlock()
	if !ok {
		http.Error(w, "the ticket was used", http.StatusForbidden)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // clients send Origin: api.slack.com
	if err != nil {
		return
	}
	conn.SetReadLimit(1 << 20)
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	l := &link{conn: conn, cancel: cancel}
	if l.send(ctx, map[string]any{"type": "hello", "num_connections": 1, "connection_info": map[string]any{"app_id": AppID},
		"debug_info": map[string]any{"host": "applink", "approximate_connection_time": 18060}}) != nil {
		return
	}
	so.mu.Lock()
	so.links = append(so.links, l)
	so.signal()
	so.mu.Unlock()
	defer so.remove(l)
	go so.ping(ctx, l)
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return
		}
		so.acknowledge(data)
	}
}

func (so *socket) remove(l *link) {
	so.mu.Lock()
	defer so.mu.Unlock()
	for i, other := range so.links {
		if other == l {
			so.links = append(so.links[:i:i], so.links[i+1:]...)
		}
	}
	_ = l.conn.CloseNow() // it is closed already where the app went away
}

func (so *socket) ping(ctx context.Context, l *link) {
	tick := time.NewTicker(so.server.PingEvery)
	defer tick.Stop()
	for {
		if !so.isSilent() {
			_ = l.conn.Ping(ctx) // the reader notices a broken link
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (so *socket) isSilent() bool {
	so.mu.Lock()
	defer so.mu.Unlock()
	return so.silent
}

func (l *link) send(ctx context.Context, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	l.write.Lock()
	defer l.write.Unlock()
	return l.conn.Write(ctx, websocket.MessageText, data)
}

// signal wakes those who wait for a change. so.mu is held.
func (so *socket) signal() {
	if so.changed != nil {
		close(so.changed)
	}
	so.changed = make(chan struct{})
}

func (so *socket) acknowledge(data []byte) {
	s := so.server
	var ack struct {
		Envelope string          `json:"envelope_id"`
		Payload  json.RawMessage `json:"payload"`
	}
	err := json.Unmarshal(data, &ack)
	so.mu.Lock()
	e := so.waiting[ack.Envelope]
	delete(so.waiting, ack.Envelope)
	so.mu.Unlock()
	if err != nil || len(data) >= limit("payload", "socket_mode_ack.bytes_max_exclusive") {
		s.mu.Lock()
		s.refuse("acknowledgement that Slack would drop: %d bytes", len(data))
		s.mu.Unlock()
		return
	}
	if e != nil {
		s.acknowledged(e, ack.Payload)
	}
}

// deliver sends an envelope over the newest link, waiting for one.
func (so *socket) deliver(ctx context.Context, e *Event, attempt int, reason string) error {
	for {
		so.mu.Lock()
		if so.changed == nil {
			so.changed = make(chan struct{})
		}
		changed := so.changed
		var l *link
		if n := len(so.links); n > 0 {
			l = so.links[n-1]
		}
		if so.waiting == nil {
			so.waiting = map[string]*Event{}
		}
		so.waiting[e.Envelope] = e
		so.mu.Unlock()
		if l != nil {
			envelope := map[string]any{"type": e.Kind, "envelope_id": e.Envelope, "payload": e.Payload, "accepts_response_payload": e.Kind != "events_api"}
			if attempt > 0 {
				envelope["retry_attempt"], envelope["retry_reason"] = attempt, reason
			}
			if l.send(ctx, envelope) == nil {
				return nil
			}
			so.remove(l)
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Disconnect asks every link to go, as Slack does before it closes: reason is warning,
// refresh_requested or link_disabled.
func (s *Server) Disconnect(ctx context.Context, reason string) {
	for _, l := range s.socket.all() {
		_ = l.send(ctx, map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "applink"}})
	}
}

// Cut breaks every link off without a word.
func (s *Server) Cut() {
	for _, l := range s.socket.all() {
		l.cancel()
		_ = l.conn.CloseNow()
	}
}

// Silence keeps links open and says nothing more on them, not even pings.
func (s *Server) Silence(on bool) {
	s.socket.mu.Lock()
	defer s.socket.mu.Unlock()
	s.socket.silent = on
}

// Raw sends a frame as it is, for what no real event looks like.
func (s *Server) Raw(ctx context.Context, frame string) error {
	for _, l := range s.socket.all() {
		l.write.Lock()
		err := l.conn.Write(ctx, websocket.MessageText, []byte(frame))
		l.write.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// Linked waits until n links are open.
func (s *Server) Linked(ctx context.Context, n int) error {
	for {
		s.socket.mu.Lock()
		if s.socket.changed == nil {
			s.socket.changed = make(chan struct{})
		}
		changed, open := s.socket.changed, len(s.socket.links)
		s.socket.mu.Unlock()
		if open >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (so *socket) all() []*link {
	so.mu.Lock()
	defer so.mu.Unlock()
	return append([]*link(nil), so.links...)
}

func (so *socket) closeAll() {
	for _, l := range so.all() {
		l.cancel()
		_ = l.conn.CloseNow()
	}
}
