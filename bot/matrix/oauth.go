package matrix

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

// A homeserver may leave logins to an OAuth 2.0 server (Matrix 1.15, "OAuth 2.0 API"). Somebody at
// another screen approves the bot's login by a code (RFC 8628), and the device is named in the scope.
//
// The library can do the same. This is here since what is sent are secrets: no redirect is followed,
// no plain http is spoken, answers are small, and an issuer that has changed gets no refresh token.

// Numbers of OAuth.
const (
	maxOAuthAnswer  = 1 << 20
	pollDefault     = 5 * time.Second // RFC 8628, 3.5
	pollSlower      = 5 * time.Second // after slow_down
	pollSlowest     = time.Minute     // after errors of the network
	longestApproval = time.Hour
	oauthTime       = 30 * time.Second // of one request
)

const (
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
	grantRefresh = "refresh_token"
)

// oauthServer is what a homeserver says of its OAuth server (RFC 8414).
type oauthServer struct {
	Issuer   string   `json:"issuer"`
	Register string   `json:"registration_endpoint"`
	Device   string   `json:"device_authorization_endpoint"`
	Token    string   `json:"token_endpoint"`
	Revoke   string   `json:"revocation_endpoint"`
	Grants   []string `json:"grant_types_supported"`

	http  *http.Client
	plain bool // the homeserver is named by http, so that it may be spoken here as well
}

// errNoOAuth is for a homeserver that knows nothing of OAuth.
var errNoOAuth = errors.New("the homeserver has no OAuth 2.0")

// discover asks the homeserver for its OAuth server.
func (p *Platform) discover(ctx context.Context) (*oauthServer, error) {
	s := &oauthServer{plain: strings.HasPrefix(p.config.Homeserver, "http://"), http: &http.Client{
		Transport: p.transport, Timeout: oauthTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.config.Homeserver+"/_matrix/client/v1/auth_metadata", nil)
	if err != nil {
		return nil, err
	}
	if err := s.ask(r, s); err != nil {
		none := []int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}
		if status := (*oauthError)(nil); errors.As(err, &status) && slices.Contains(none, status.Status) {
			return nil, errNoOAuth
		}
		return nil, fmt.Errorf("ask how the homeserver logs in: %w", err)
	}
	for name, address := range map[string]string{"issuer": s.Issuer, "token_endpoint": s.Token} {
		if err := s.checkURL(address); err != nil {
			return nil, fmt.Errorf("the homeserver's %s: %w", name, err)
		}
	}
	return s, nil
}

// checkURL says what is wrong with an address that secrets or people are to be sent to.
func (s *oauthServer) checkURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("%q is no address", cutText(clean(address, false), 100))
	case u.Scheme != "https" && !(s.plain && u.Scheme == "http"):
		return fmt.Errorf("%q is not https", cutText(clean(address, false), 100))
	}
	return nil
}

// oauthError is a refusal of an OAuth server.
type oauthError struct {
	Status int
	Code   string
	Words  string
}

func (e *oauthError) Error() string {
	if e.Code == "" {
		return fmt.Sprintf("the answer has the status %d and no OAuth error", e.Status)
	}
	if e.Words == "" {
		return e.Code
	}
	return e.Code + ": " + e.Words
}

// codeOfOAuth gives the OAuth error code behind err; empty for none.
func codeOfOAuth(err error) string {
	if e := (*oauthError)(nil); errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// ask sends a request and reads the answer into out, which may be nil.
func (s *oauthServer) ask(r *http.Request, out any) error {
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "Tocsin")
	answer, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxOAuthAnswer+1))
	switch {
	case err != nil:
		return err
	case len(data) > maxOAuthAnswer:
		return errors.New("the answer is larger than 1 MiB")
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return errors.New("the answer is a redirect, which is not followed with secrets")
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	isJSON := kind == "application/json"
	if answer.StatusCode >= 300 {
		refusal := oauthError{Status: answer.StatusCode}
		var said struct {
			Code  string `json:"error"`
			Words string `json:"error_description"`
		}
		if isJSON && json.Unmarshal(data, &said) == nil {
			refusal.Code, refusal.Words = cutText(clean(said.Code, false), 60), cutText(clean(said.Words, false), 200)
		}
		return &refusal
	}
	if out == nil {
		return nil
	}
	if !isJSON {
		return fmt.Errorf("the answer is %q and not JSON", cutText(clean(kind, false), 60))
	}
	if err := json.Unmarshal(data, out); err != nil {
		return errors.New("the answer is broken JSON")
	}
	return nil
}

// post sends a form to one of the server's addresses.
func (s *oauthServer) post(ctx context.Context, address string, form url.Values, out any) error {
	if err := s.checkURL(address); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.ask(r, out)
}

// register makes the bot known to the server, and gives its id there (RFC 7591).
func (s *oauthServer) register(ctx context.Context) (client string, err error) {
	if err := s.checkURL(s.Register); err != nil {
		return "", fmt.Errorf("the server registers no new programs: %w", err)
	}
	body, err := json.Marshal(map[string]any{
		"client_name": "Tocsin", "client_uri": "https://github.com/tocsin-bot/tocsin", "application_type": "native",
		"grant_types": []string{grantDevice, grantRefresh}, "response_types": []string{}, "token_endpoint_auth_method": "none",
	})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Register, strings.NewReader(string(body)))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	var answer struct {
		Client string `json:"client_id"`
	}
	if err := s.ask(r, &answer); err != nil {
		return "", err
	}
	if answer.Client == "" {
		return "", errors.New("the answer has no client id")
	}
	return answer.Client, nil
}

// approval is what the server wants a person to do.
type approval struct {
	Device   string `json:"device_code"`
	Code     string `json:"user_code"`
	URL      string `json:"verification_uri"`
	WholeURL string `json:"verification_uri_complete"`
	Lasts    int64  `json:"expires_in"` // seconds
	Interval int64  `json:"interval"`   // seconds
}

// begin asks for a login of a device.
func (s *oauthServer) begin(ctx context.Context, client string, d id.DeviceID) (a approval, err error) {
	scope := "urn:matrix:client:api:* urn:matrix:client:device:" + string(d)
	if err := s.post(ctx, s.Device, url.Values{"client_id": {client}, "scope": {scope}}, &a); err != nil {
		return a, err
	}
	a.Code = cutText(clean(a.Code, false), 40)
	switch {
	case a.Device == "" || a.Code == "" || a.Lasts <= 0:
		return a, errors.New("the answer lacks a code or its time")
	case s.checkURL(a.URL) != nil:
		return a, fmt.Errorf("the page for the code: %w", s.checkURL(a.URL))
	}
	if s.checkURL(a.WholeURL) != nil {
		a.WholeURL = ""
	}
	return a, nil
}

// pair is a pair of tokens as the server gives it.
type pair struct {
	Token   string `json:"access_token"`
	Kind    string `json:"token_type"`
	Refresh string `json:"refresh_token"`
	Lasts   int64  `json:"expires_in"` // seconds; absent when the server does not say
	Scope   string `json:"scope"`
}

func (s *oauthServer) pair(ctx context.Context, form url.Values) (out pair, err error) {
	err = s.post(ctx, s.Token, form, &out)
	switch {
	case err != nil:
	case out.Token == "":
		err = errors.New("the answer has no access token")
	case !strings.EqualFold(out.Kind, "Bearer"):
		err = fmt.Errorf("the token is a %q, want Bearer", cutText(clean(out.Kind, false), 40))
	}
	return out, err
}

// await asks until somebody has approved the login, or has not.
func (s *oauthServer) await(ctx context.Context, client string, a approval) (pair, error) {
	interval := pollDefault
	if a.Interval > 0 {
		interval = min(time.Duration(a.Interval)*time.Second, pollSlowest)
	}
	end := time.Now().Add(min(time.Duration(a.Lasts)*time.Second, longestApproval))
	expired := errors.New("the code was not approved in time: run the login again")
	for {
		if !sleep(ctx, interval) {
			return pair{}, ctx.Err()
		}
		if time.Now().After(end) {
			return pair{}, expired
		}
		answer, err := s.pair(ctx, url.Values{"grant_type": {grantDevice}, "device_code": {a.Device}, "client_id": {client}})
		status := (*oauthError)(nil)
		switch code := codeOfOAuth(err); {
		case err == nil:
			return answer, nil
		case code == "authorization_pending":
		case code == "slow_down":
			interval += pollSlower
		case code == "access_denied":
			return pair{}, errors.New("the login was refused on the page: run the login again, and approve it")
		case code == "expired_token":
			return pair{}, expired
		case errors.As(err, &status) && status.Status < 500 && status.Status != http.StatusTooManyRequests:
			return pair{}, err
		default: // no answer, or one of a proxy: it is asked again, less often
			interval = min(2*interval, pollSlowest)
		}
	}
}

// revoke ends a login. A server that knows the token no more says nothing else.
func (s *oauthServer) revoke(ctx context.Context, d device) error {
	return s.post(ctx, s.Revoke, url.Values{"token": {d.Refresh}, "token_type_hint": {grantRefresh}, "client_id": {d.Client}}, nil)
}

// withApproval logs in as the given device, or a new one, by a code that a person approves.
func (p *Platform) withApproval(ctx context.Context, s *oauthServer, d device, show func(Approval)) (device, error) {
	if d.ID == "" {
		d.ID = id.DeviceID(rand.Text()[:10])
	}
	known := d.Issuer == s.Issuer && d.Client != ""
	var a approval
	var err error
	if known {
		a, err = s.begin(ctx, d.Client, d.ID)
		known = codeOfOAuth(err) != "invalid_client" // it may have been forgotten there
	}
	if !known {
		d.Issuer = s.Issuer
		if d.Client, err = s.register(ctx); err != nil {
			return device{}, fmt.Errorf("make the bot known to %s: %w", s.Issuer, err)
		}
		a, err = s.begin(ctx, d.Client, d.ID)
	}
	if err != nil {
		return device{}, fmt.Errorf("begin a login at %s: %w", s.Issuer, err)
	}
	show(Approval{URL: a.URL, WholeURL: a.WholeURL, Code: a.Code, Lasts: time.Duration(a.Lasts) * time.Second})
	got, err := s.await(ctx, d.Client, a)
	if err != nil {
		return device{}, fmt.Errorf("log in at %s: %w", s.Issuer, err)
	}
	d.Refresh = "" // that of before
	return d.renewed(got.Token, got.Refresh, p.Now(), time.Duration(got.Lasts)*time.Second), nil
}

// refreshOAuth renews the tokens at the server that gave them.
func (p *Platform) refreshOAuth(ctx context.Context, d device) (device, error) {
	s, err := p.discover(ctx)
	switch {
	case errors.Is(err, errNoOAuth):
		return device{}, loginEnded(err)
	case err != nil:
		return device{}, err
	case s.Issuer != d.Issuer:
		return device{}, loginEnded(fmt.Errorf("it was given by %s, and the homeserver names %s now", d.Issuer, s.Issuer))
	}
	asked := p.Now()
	got, err := s.pair(ctx, url.Values{"grant_type": {grantRefresh}, "refresh_token": {d.Refresh}, "client_id": {d.Client}})
	if slices.Contains([]string{"invalid_grant", "invalid_client", "unauthorized_client"}, codeOfOAuth(err)) {
		return device{}, loginEnded(err)
	}
	if err != nil {
		return device{}, err
	}
	return d.renewed(got.Token, got.Refresh, asked, time.Duration(got.Lasts)*time.Second), nil
}

// offersCodes says whether a person can approve a login at this server by a code.
func (s *oauthServer) offersCodes() error {
	if s.Device == "" || !slices.Contains(s.Grants, grantDevice) {
		return &bot.SendError{Fate: bot.BadAuth, Err: fmt.Errorf("%s offers no login by a code", s.Issuer),
			Hint: "Give matrix.access_token_file, the token of a device made for the bot, or matrix.password_file where the homeserver takes passwords."}
	}
	return nil
}
