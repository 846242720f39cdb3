package slacktest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Event is one event on its way to the app.
type Event struct {
	Kind     string // events_api, slash_commands or interactive
	Envelope string
	Payload  map[string]any
	Sent     time.Time

	mu       sync.Mutex
	acked    chan struct{}
	ackedAt  time.Time
	response json.RawMessage // of the acknowledgement
	form     map[string]bool // the blocks of the form that it sends; nil for other events
	again    chan struct{}   // closed when it was delivered a second time
}

// Acked is closed when the app acknowledged the event.
func (e *Event) Acked() <-chan struct{} { return e.acked }

// Again is closed when the event was delivered once more.
func (e *Event) Again() <-chan struct{} { return e.again }

// AckTime is how long the app took; false while it has not.
func (e *Event) AckTime() (time.Duration, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ackedAt.Sub(e.Sent), !e.ackedAt.IsZero()
}

// Errors is what the app says about a form that stays open, by block; nil when the form was taken. It
// is known once the event is acknowledged.
func (e *Event) Errors() map[string]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var r viewResponse
	_ = json.Unmarshal(e.response, &r) // it was checked when it came
	return r.Errors
}

// viewResponse is what an app may answer to a form.
type viewResponse struct {
	Action string            `json:"response_action"`
	Errors map[string]string `json:"errors"`
}

// ack takes an acknowledgement, and says what is wrong with its response.
func (e *Event) ack(at time.Time, response json.RawMessage) (problem string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.ackedAt.IsZero() {
		return ""
	}
	e.ackedAt, e.response = at, response
	close(e.acked)
	var r viewResponse
	switch {
	case len(response) == 0 || string(response) == "null":
		return ""
	case e.form == nil:
		return fmt.Sprintf("a response to an event that takes none: %s", response)
	case json.Unmarshal(response, &r) != nil || r.Action != "errors" || len(r.Errors) == 0:
		return fmt.Sprintf("a response that no form takes: %s", response)
	}
	for block, text := range r.Errors {
		if !e.form[block] || text == "" {
			return fmt.Sprintf("an error about the block %q, which the form does not have", block)
		}
	}
	return ""
}

// Deliver sends an event to the app, and once more after each pause of Redeliver while it is not
// acknowledged.
func (s *Server) Deliver(ctx context.Context, kind string, payload map[string]any) *Event {
	s.mu.Lock()
	e := s.newEvent(kind, payload)
	s.mu.Unlock()
	s.send(ctx, e)
	return e
}

// newEvent makes an event that is not sent yet. s.mu is held.
func (s *Server) newEvent(kind string, payload map[string]any) *Event {
	noteEvent(kind, payload)
	return &Event{Kind: kind, Envelope: s.id("envelope-"), Payload: payload, acked: make(chan struct{}), again: make(chan struct{}), Sent: time.Now()}
}

func (s *Server) send(ctx context.Context, e *Event) {
	go func() {
		pauses := append([]time.Duration{0}, s.Redeliver...)
		for i, pause := range pauses {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return
			}
			if s.deliver(ctx, e, i) != nil {
				return
			}
			if i == 1 {
				close(e.again)
			}
			select {
			case <-e.acked:
				return
			case <-ctx.Done():
				return
			case <-time.After(s.AckWithin):
			}
		}
	}()
}

func (s *Server) deliver(ctx context.Context, e *Event, attempt int) error {
	if s.EventsURL == "" {
		return s.socket.deliver(ctx, e, attempt, "timeout")
	}
	return s.request(ctx, e, attempt)
}

// request sends an event as a signed HTTP request.
func (s *Server) request(ctx context.Context, e *Event, attempt int) error {
	path, kind, body := e.Body()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.EventsURL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	Sign(req, body, SigningSecret, time.Now())
	if attempt > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(attempt))
		req.Header.Set("X-Slack-Retry-Reason", "http_timeout")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil // it is delivered again
	}
	defer resp.Body.Close()
	response, _ := io.ReadAll(resp.Body)
	if resp.StatusCode/100 == 2 {
		s.acknowledged(e, response)
	}
	return nil
}

// Body gives the path, content type and body that an event has as an HTTP request.
func (e *Event) Body() (path, kind string, body []byte) {
	payload, err := json.Marshal(e.Payload)
	if err != nil {
		panic(err)
	}
	switch e.Kind {
	case "events_api":
		return "/slack/events", "application/json", payload
	case "interactive":
		return "/slack/interactive", "application/x-www-form-urlencoded", []byte(url.Values{"payload": {string(payload)}}.Encode())
	}
	form := url.Values{}
	for k, v := range e.Payload {
		form.Set(k, fmt.Sprint(v))
	}
	return "/slack/commands", "application/x-www-form-urlencoded", []byte(form.Encode())
}

// Sign signs a request as Slack does.
func Sign(req *http.Request, body []byte, secret string, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}

// acknowledged takes an acknowledgement.
func (s *Server) acknowledged(e *Event, response json.RawMessage) {
	if problem := e.ack(time.Now(), response); problem != "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refuse("acknowledgement: %s", problem)
	}
}

// event wraps an Events API event. s.mu is held.
func (s *Server) event(event map[string]any) map[string]any {
	event["event_ts"] = s.nextTS()
	return map[string]any{"token": "unused", "team_id": Team, "api_app_id": AppID, "type": "event_callback", "event": event,
		"event_id": s.id("Ev"), "event_time": time.Now().Unix(), "authorizations": []any{map[string]any{"team_id": Team, "user_id": BotUser, "is_bot": true}}}
}

// Say makes a person write in a channel, and gives the message's ts with the events that the app
// gets of it: a mention in a channel comes twice.
func (s *Server) Say(ctx context.Context, channel, user, text, thread string) (ts string, events []*Event) {
	s.mu.Lock()
	c := s.channels[channel]
	m := &Message{Channel: channel, TS: s.nextTS(), Thread: thread, User: user, Text: text, Posted: time.Now()}
	c.messages = append(c.messages, m)
	kind := "channel"
	switch {
	case c.Direct != "":
		kind = "im"
	case c.Private:
		kind = "group"
	}
	base := map[string]any{"user": user, "text": text, "ts": m.TS, "channel": channel, "team": Team}
	if thread != "" {
		base["thread_ts"] = thread
	}
	var payloads []map[string]any
	if kind != "im" && strings.Contains(text, "<@"+BotUser+">") {
		payloads = append(payloads, s.event(with(base, "type", "app_mention")))
	}
	payloads = append(payloads, s.event(with(base, "type", "message", "channel_type", kind)))
	s.mu.Unlock()
	for _, p := range payloads {
		events = append(events, s.Deliver(ctx, "events_api", p))
	}
	return m.TS, events
}

func with(base map[string]any, more ...any) map[string]any {
	out := map[string]any{}
	for k, v := range base {
		out[k] = v
	}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

// Emit sends the app an event of any shape.
func (s *Server) Emit(ctx context.Context, event map[string]any) *Event {
	s.mu.Lock()
	payload := s.event(event)
	s.mu.Unlock()
	return s.Deliver(ctx, "events_api", payload)
}

// Slash makes a person type a slash command.
func (s *Server) Slash(ctx context.Context, channel, user, text string) *Event {
	s.mu.Lock()
	trigger := s.id("trigger.")
	s.triggers[trigger] = time.Now()
	payload := map[string]any{"command": "/tocsin", "text": text, "team_id": Team, "channel_id": channel, "channel_name": s.channels[channel].Name,
		"user_id": user, "user_name": s.users[user].Name, "trigger_id": trigger, "response_url": s.respondURL(channel, user), "api_app_id": AppID}
	s.mu.Unlock()
	return s.Deliver(ctx, "slash_commands", payload)
}

// Click makes a person press a button of a message, or choose an entry of its menu.
func (s *Server) Click(ctx context.Context, m Message, user string, b Button) *Event {
	s.mu.Lock()
	trigger := s.id("trigger.")
	s.triggers[trigger] = time.Now()
	act := map[string]any{"action_id": b.ActionID, "block_id": "b", "type": "button", "value": b.Value, "action_ts": s.nextTS()}
	if b.Option != "" {
		act["type"] = "static_select"
		delete(act, "value")
		act["selected_option"] = map[string]any{"value": b.Option, "text": map[string]any{"type": "plain_text", "text": b.Label}}
	}
	container := map[string]any{"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": m.To != ""}
	payload := map[string]any{"type": "block_actions", "trigger_id": trigger, "team": map[string]any{"id": Team}, "api_app_id": AppID,
		"user":    map[string]any{"id": user, "username": s.users[user].Name, "team_id": s.users[user].Team},
		"channel": map[string]any{"id": m.Channel}, "container": container, "actions": []any{act}, "response_url": s.respondURL(m.Channel, user)}
	if m.To == "" {
		payload["message"] = s.wire(&m, false)
	}
	if m.Thread != "" {
		container["thread_ts"] = m.Thread
	}
	s.mu.Unlock()
	return s.Deliver(ctx, "interactive", payload)
}

// Act sends the app an interaction of any shape, with a trigger.
func (s *Server) Act(ctx context.Context, payload map[string]any) *Event {
	s.mu.Lock()
	trigger := s.id("trigger.")
	s.triggers[trigger] = time.Now()
	payload["trigger_id"], payload["team"] = trigger, map[string]any{"id": Team}
	s.mu.Unlock()
	return s.Deliver(ctx, "interactive", payload)
}

// Submit makes a person send the modal that was opened last, with answers by block. A menu that has no
// answer keeps what was chosen at first.
func (s *Server) Submit(ctx context.Context, user string, answers map[string]string) *Event {
	s.mu.Lock()
	last := len(s.views) - 1
	var v struct {
		Callback string `json:"callback_id"`
		Private  string `json:"private_metadata"`
		Blocks   []struct {
			ID      string `json:"block_id"`
			Element struct {
				Type    string `json:"type"`
				ID      string `json:"action_id"`
				Initial *struct {
					Value string `json:"value"`
				} `json:"initial_option"`
			} `json:"element"`
		} `json:"blocks"`
	}
	if err := json.Unmarshal(s.views[last], &v); err != nil {
		panic(err) // it was checked when it was opened
	}
	values, form := map[string]any{}, map[string]bool{}
	for _, b := range v.Blocks {
		form[b.ID] = true
		answer, given := answers[b.ID]
		state := map[string]any{"type": b.Element.Type, "value": nil}
		switch {
		case b.Element.Type == "static_select":
			delete(state, "value")
			if !given && b.Element.Initial != nil {
				answer = b.Element.Initial.Value
			}
			state["selected_option"] = map[string]any{"value": answer, "text": map[string]any{"type": "plain_text", "text": answer}}
		case given:
			state["value"] = answer
		}
		values[b.ID] = map[string]any{b.Element.ID: state}
	}
	payload := map[string]any{"type": "view_submission", "team": map[string]any{"id": Team}, "api_app_id": AppID, "response_urls": []any{},
		"user": map[string]any{"id": user, "username": s.users[user].Name, "team_id": s.users[user].Team},
		"view": map[string]any{"id": s.viewIDs[last], "type": "modal", "callback_id": v.Callback, "private_metadata": v.Private,
			"hash": "1700000000.abcdef", "state": map[string]any{"values": values}}}
	e := s.newEvent("interactive", payload)
	e.form = form
	s.mu.Unlock()
	s.send(ctx, e)
	return e
}
