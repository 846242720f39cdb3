package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

// Numbers of renewing access tokens.
const (
	renewEarly = time.Minute      // before a token ends, or a quarter of its time where that is less
	renewTime  = 30 * time.Second // for one renewal
	renewPause = 10 * time.Second // after one that failed while the token still holds
)

// device is the account's device that this database belongs to, and what it may ask with. Its id
// stays for ever: repeats are recognised by it, and keys are shared with it.
type device struct {
	User  id.UserID   `json:"user"`
	ID    id.DeviceID `json:"device"`
	Token string      `json:"token"`

	// Refresh gives the next pair of tokens. Empty for a token that does not end.
	Refresh string `json:"refresh,omitempty"`
	Expires int64  `json:"expires,omitempty"` // of Token: Unix time in milliseconds; zero when the server did not say
	Lasts   int64  `json:"lasts,omitempty"`   // from its making, in milliseconds

	// Issuer and Client are of OAuth; empty after a login with a password.
	Issuer string `json:"issuer,omitempty"`
	Client string `json:"client,omitempty"`
}

// expires notes for how long a token holds that was asked for at the given time.
func (d *device) expires(asked time.Time, lasts time.Duration) {
	d.Expires, d.Lasts = 0, max(0, lasts.Milliseconds())
	if d.Lasts > 0 {
		d.Expires = asked.Add(lasts).UnixMilli()
	}
}

// tokens puts the access token of a device on the requests to its homeserver, and renews it: before
// it ends, and when the server takes it no more.
//
// A pair of tokens is stored before its access token is used. The Matrix specification lets the old
// refresh token work until then, so that a process killed at any point can renew again. A server
// that ends a session whose refresh token comes twice (RFC 9700, 4.14.2), whatever became of its
// answer, locks us out when the answer is lost or the process dies before it is stored: then a
// person must log in again.
type tokens struct {
	platform *Platform
	next     http.RoundTripper
	home     *url.URL // nobody else is shown the token

	mu      sync.Mutex
	device  device
	pending *device   // came, and is not stored yet: asking again would use the old refresh token twice
	current *renewal  // under way
	wait    time.Time // no renewal before then, while the token holds
}

// renewal is one that several requests may wait for.
type renewal struct {
	done chan struct{}
	err  error
}

func (p *Platform) tokensOf(d device) (*tokens, error) {
	home, err := url.Parse(p.config.Homeserver)
	return &tokens{platform: p, next: p.transport, home: home, device: d}, err
}

// belongTo notes whose tokens they are, and gives the device as it is.
func (t *tokens) belongTo(user id.UserID, d id.DeviceID) device {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.device.User, t.device.ID = user, d
	return t.device
}

// now gives the device as it is.
func (t *tokens) now() device {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.device
}

// RoundTrip sends a request with the token, and once more when the server knew it no more and there
// is a new one.
func (t *tokens) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != t.home.Scheme || r.URL.Host != t.home.Host { // a redirect to somebody else
		return t.next.RoundTrip(r)
	}
	token, err := t.fresh(r.Context())
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	answer, err := t.next.RoundTrip(signed(r, token))
	if err != nil || !t.mayRenew() || r.Body != nil && r.GetBody == nil || !saysUnknownToken(answer) {
		return answer, err
	}
	answer.Body.Close()
	if err := t.renew(r.Context(), token); err != nil {
		return nil, err
	}
	again := signed(r, t.now().Token)
	if r.GetBody != nil {
		if again.Body, err = r.GetBody(); err != nil {
			return nil, err
		}
	}
	return t.next.RoundTrip(again)
}

func signed(r *http.Request, token string) *http.Request {
	out := r.Clone(r.Context())
	out.Header.Set("Authorization", "Bearer "+token)
	return out
}

// maxRefusal bounds what is read of a refusal.
const maxRefusal = 64 << 10

// saysUnknownToken says whether the answer refuses the token. The answer can be read still.
func saysUnknownToken(answer *http.Response) bool {
	if answer.StatusCode != http.StatusUnauthorized {
		return false
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxRefusal))
	answer.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(data), answer.Body), answer.Body}
	var refusal struct {
		Code string `json:"errcode"`
	}
	return err == nil && json.Unmarshal(data, &refusal) == nil && refusal.Code == "M_UNKNOWN_TOKEN"
}

func (t *tokens) mayRenew() bool { return t.now().Refresh != "" }

// fresh gives a token that holds for a while, renewing it where that is needed.
func (t *tokens) fresh(ctx context.Context) (string, error) {
	t.mu.Lock()
	d, wait := t.device, t.wait
	t.mu.Unlock()
	if d.Refresh == "" || d.Expires == 0 {
		return d.Token, nil
	}
	now := t.platform.Now()
	left := time.UnixMilli(d.Expires).Sub(now)
	if left > min(renewEarly, time.Duration(d.Lasts)*time.Millisecond/4) || left > 0 && now.Before(wait) {
		return d.Token, nil
	}
	err := t.renew(ctx, d.Token)
	if err != nil && left > 0 && bot.FateOf(err).Fate == bot.NotPosted {
		return d.Token, nil
	}
	return t.now().Token, err
}

// renew gets a new pair of tokens in place of the one with the used access token. There is one
// renewal at a time, which goes on when ctx ends: its answer must not be lost. Errors are
// *bot.SendError: nothing was posted.
func (t *tokens) renew(ctx context.Context, used string) error {
	t.mu.Lock()
	if t.device.Token != used { // somebody has done it
		t.mu.Unlock()
		return nil
	}
	r := t.current
	if r == nil {
		r = &renewal{done: make(chan struct{})}
		t.current = r
		t.platform.renewals.Go(func() { t.run(r) })
	}
	t.mu.Unlock()
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return &bot.SendError{Fate: bot.NotPosted, Err: fmt.Errorf("renew the access token: %w", ctx.Err())}
	}
}

func (t *tokens) run(r *renewal) {
	ctx, cancel := context.WithTimeout(context.Background(), renewTime)
	defer cancel()
	t.mu.Lock()
	old, next := t.device, t.pending
	t.mu.Unlock()
	var err error
	if next == nil {
		var d device
		if d, err = t.platform.refresh(ctx, old); err == nil {
			next = &d
		}
	}
	if err == nil {
		err = t.platform.memory.setDevice(ctx, *next)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current, t.pending = nil, next
	if err == nil {
		t.device, t.pending = *next, nil
		t.platform.Log.Debug("the access token was renewed", "device", next.ID)
	} else {
		t.wait = t.platform.Now().Add(renewPause)
		r.err = renewError(err)
		t.platform.Log.Warn("the access token was not renewed", "device", old.ID, "err", r.err)
	}
	close(r.done)
}

// renewError gives an error of a renewal its fate: the post that waited for it was not sent.
func renewError(err error) error {
	var send *bot.SendError
	if errors.As(err, &send) {
		return send
	}
	return &bot.SendError{Fate: bot.NotPosted, Err: fmt.Errorf("renew the access token: %w", withoutSecrets(err))}
}

// refresh asks for a new pair of tokens. It gives a *bot.SendError, BadAuth, when the server refuses
// for good.
func (p *Platform) refresh(ctx context.Context, d device) (device, error) {
	if d.Issuer != "" {
		return p.refreshOAuth(ctx, d)
	}
	client, err := p.newClient(p.transport)
	if err != nil {
		return device{}, err
	}
	var answer struct {
		Token   string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Lasts   int64  `json:"expires_in_ms"`
	}
	asked := p.Now()
	_, err = client.MakeRequest(ctx, http.MethodPost, client.BuildClientURL("v3", "refresh"), map[string]string{"refresh_token": d.Refresh}, &answer)
	if status := statusOf(err); status == http.StatusUnauthorized || status == http.StatusForbidden {
		return device{}, loginEnded(err)
	}
	if err == nil && answer.Token == "" {
		err = errors.New("the answer has no access token")
	}
	if err != nil {
		return device{}, err
	}
	return d.renewed(answer.Token, answer.Refresh, asked, time.Duration(answer.Lasts)*time.Millisecond), nil
}

// renewed gives the device with a new pair of tokens. A server that gives no new refresh token lets
// the old one work on.
func (d device) renewed(token, refresh string, asked time.Time, lasts time.Duration) device {
	d.Token = token
	if refresh != "" {
		d.Refresh = refresh
	}
	d.expires(asked, lasts)
	return d
}

// loginEnded is what a refused renewal means.
func loginEnded(cause error) error {
	return &bot.SendError{Fate: bot.BadAuth, Hint: "Log in again, the device and its keys stay: tocsin matrix login",
		Err: fmt.Errorf("the login has ended, the homeserver renews it no more: %w", withoutSecrets(cause))}
}
