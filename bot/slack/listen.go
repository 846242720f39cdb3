package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/tocsin-bot/tocsin/bot"
)

// Numbers of listening.
const (
	storeTime    = 2500 * time.Millisecond // Slack waits three seconds for an acknowledgement
	pingInterval = 30 * time.Second        // Slack pings more often; without one the link is dead
	silence      = 100 * time.Second       // without a byte the whole client is started anew
	maxFrame     = 4 << 20
	sideBySide   = 32 // events being stored
	firstPause   = time.Second
	longestPause = 5 * time.Minute
	alarmAfter   = 5 // failed connections in a row
)

type handler = func(context.Context, bot.Incoming) error

// Listen hears commands, mentions, direct messages, replies, reactions and buttons until ctx ends. A
// link that breaks, falls silent or is refused is made anew, with longer and longer pauses.
func (p *Platform) Listen(ctx context.Context, handle func(context.Context, bot.Incoming) error) error {
	if err := p.introduce(ctx); err != nil {
		return err
	}
	defer p.replies.stop()
	if p.config.Listen != "" {
		return p.serve(ctx, handle)
	}
	pause := firstPause
	for ctx.Err() == nil {
		began := p.Now()
		err := p.session(ctx, handle)
		if ctx.Err() != nil {
			break
		}
		if p.Now().Sub(began) > longestPause {
			pause = firstPause
		}
		p.Log.Error("Slack link lost, connecting again", "pause", pause, "err", err, "hint", linkHint(err))
		if !sleep(ctx, pause) {
			break
		}
		pause = min(2*pause, longestPause)
	}
	return nil
}

// introduce finds out who we are: without that the bot could not tell its own words from others'.
func (p *Platform) introduce(ctx context.Context) error {
	pause := firstPause
	for {
		who, err := p.self.get(ctx)
		if err == nil {
			p.Log.Info("Slack knows us", "team", who.TeamName, "user", who.Name)
			for _, r := range p.Rooms() {
				if _, address := r.Parse(); r.Platform() == Name && address != "" && address[0] == '#' {
					p.rooms.known(ctx, address[1:]) // read the channels once, before an event needs them
				}
			}
			return nil
		}
		if ctx.Err() != nil {
			return nil
		}
		p.Log.Error("Slack does not answer", "pause", pause, "err", err, "hint", cmp.Or(sendError(err).Hint, passesHint))
		if !sleep(ctx, pause) {
			return nil
		}
		pause = min(2*pause, longestPause)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// session runs one Socket Mode client until it gives up or falls silent. The client makes new
// links by itself when Slack asks for it or a link breaks.
func (p *Platform) session(ctx context.Context, handle handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	alive := &pulse{now: p.Now}
	alive.beat()
	client := socketmode.New(p.api, socketmode.OptionDialer(p.dialer(alive)), socketmode.OptionReadLimit(maxFrame),
		socketmode.OptionPingInterval(p.pings), socketmode.OptionLog(log.New(io.Discard, "", 0)))
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	var storing sync.WaitGroup
	defer storing.Wait()
	slots := make(chan struct{}, sideBySide)
	check := time.NewTicker(p.silence / 4)
	defer check.Stop()
	failures := 0
	for {
		select {
		case err := <-ended:
			return err
		case <-check.C:
			if quiet := alive.since(); quiet > p.silence {
				cancel()
				<-ended
				return fmt.Errorf("no byte from Slack for %v", quiet.Round(time.Second))
			}
		case e := <-client.Events:
			kind, envelope, payload := envelopeOf(&e)
			if envelope == "" {
				failures = p.linkEvent(&e, failures)
				continue
			}
			slots <- struct{}{}
			storing.Go(func() {
				defer func() { <-slots }()
				answer, err := p.process(ctx, handle, kind, payload)
				if err != nil {
					return // not acknowledged: Slack delivers it again
				}
				if err := client.AckCtx(ctx, envelope, answer); err != nil && ctx.Err() == nil {
					p.Log.Warn("event not acknowledged, it will come again", "envelope", envelope, "err", err)
				}
			})
		}
	}
}

// envelopeOf gives the envelope of an event of the client; empty when it is about the link itself.
// slack-go refuses a whole event for one part that it cannot read, and does not acknowledge it: such
// a message is read here all the same.
func envelopeOf(e *socketmode.Event) (kind, id string, payload json.RawMessage) {
	req := e.Request
	if bad, ok := e.Data.(*socketmode.ErrorBadMessage); ok {
		req = new(socketmode.Request)
		var head struct {
			Type     string          `json:"type"`
			Envelope string          `json:"envelope_id"`
			Payload  json.RawMessage `json:"payload"`
		}
		if json.Unmarshal(bad.Message, &head) == nil {
			req.Type, req.EnvelopeID, req.Payload = head.Type, head.Envelope, head.Payload
		}
	}
	if req == nil {
		return "", "", nil
	}
	return req.Type, req.EnvelopeID, req.Payload
}

// linkEvent logs what happens to the link, and counts connections that failed in a row.
func (p *Platform) linkEvent(e *socketmode.Event, failures int) int {
	switch data := e.Data.(type) {
	case *slackgo.ConnectionErrorEvent:
		failures++
		level := p.Log.Warn
		if failures >= alarmAfter {
			level = p.Log.Error
		}
		level("Slack link not made, trying again", "failures", failures, "pause", data.Backoff, "err", data.ErrorObj, "hint", linkHint(data.ErrorObj))
	case *socketmode.ErrorWriteFailed:
		p.Log.Warn("acknowledgement not sent, the event will come again", "envelope", data.Response.EnvelopeID, "err", data.Cause)
	case *socketmode.ErrorBadMessage:
		p.Log.Warn("message of Slack not understood", "err", data.Cause)
	default:
		if e.Type == socketmode.EventTypeHello {
			p.Log.Info("Slack link made")
			return 0
		}
	}
	return failures
}

// passesHint is for what nobody can do anything about.
const passesHint = "It usually passes by itself; `tocsin doctor` says more."

// linkHint says what a person can do about a link that is refused.
func linkHint(err error) string {
	if err == nil {
		return passesHint
	}
	switch err.Error() {
	case "missing_scope", "not_allowed_token_type", "invalid_auth", "not_authed", "token_revoked", "account_inactive":
		return "slack.app_token must be an App-Level Token (xapp-…) of this app with the scope connections:write."
	case "socket_mode_not_enabled", "forbidden_team":
		return "Turn on Socket Mode on the app's page Socket Mode."
	case "too_many_websockets":
		return "Ten clients are connected with this app token: stop the others."
	}
	return passesHint
}

// process stores what a payload says, and gives what the acknowledgement has to hold: nil, or what is
// wrong with a form. An error means that it is not stored; what makes no sense is logged and needs no
// second delivery.
func (p *Platform) process(ctx context.Context, handle handler, kind string, payload []byte) (answer any, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	h, err := p.hearSafely(ctx, kind, payload)
	var call *callError
	switch {
	case errors.As(err, &call):
		p.Log.Warn("event not understood yet, it will come again", "kind", kind, "err", err)
		return nil, err
	case err != nil:
		p.Log.Warn("event makes no sense, ignored", "kind", kind, "err", err)
		return nil, nil
	case h == nil:
		return nil, nil
	case h.open != nil:
		p.replies.running.Go(func() { p.openModal(context.WithoutCancel(ctx), h.trigger, h.open, h.in) })
		return nil, nil
	}
	err = handle(ctx, h.in)
	var user *bot.UserError
	switch {
	case errors.As(err, &user) && h.form != nil:
		return refusal(h.form, user), nil
	case err != nil:
		p.Log.Error("event not stored, not acknowledged", "event", h.in.Key, "err", err)
		return nil, err
	}
	if h.in.Kind != bot.ByRoom {
		p.replies.ask(p, h.in, h.question)
	}
	return nil, nil
}

// hearSafely turns a panic over a strange payload into an error.
func (p *Platform) hearSafely(ctx context.Context, kind string, payload []byte) (h *heard, err error) {
	defer func() {
		if r := recover(); r != nil {
			h, err = nil, fmt.Errorf("panic over a payload: %v", r)
		}
	}()
	return p.hear(ctx, kind, payload)
}

// dialer makes links only to Slack, and notes every byte that comes in.
func (p *Platform) dialer(alive *pulse) *websocket.Dialer {
	return &websocket.Dialer{
		HandshakeTimeout: 20 * time.Second,
		WriteBufferSize:  32 << 10, // one frame for every answer: Slack drops continued ones
		Proxy: func(req *http.Request) (*url.URL, error) {
			if !p.mayLink(req.URL) {
				return nil, errors.New("the link that Slack named leads away from Slack")
			}
			return http.ProxyFromEnvironment(req)
		},
		NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			alive.beat()
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return beating{conn, alive}, nil
		},
	}
}

// pulse is when a byte came in last.
type pulse struct {
	now  func() time.Time
	last atomic.Int64
}

func (p *pulse) beat() { p.last.Store(p.now().UnixNano()) }

func (p *pulse) since() time.Duration { return p.now().Sub(time.Unix(0, p.last.Load())) }

type beating struct {
	net.Conn
	alive *pulse
}

func (b beating) Read(data []byte) (int, error) {
	n, err := b.Conn.Read(data)
	if n > 0 {
		b.alive.beat()
	}
	return n, err
}
