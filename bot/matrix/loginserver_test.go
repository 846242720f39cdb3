package matrix

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// loginServer is a strict OAuth 2.0 server in front of a homeserver: what the standards forbid fails
// the test. Requests with an access token that holds go on to the homeserver with its own token.
type loginServer struct {
	*httptest.Server
	t    testing.TB
	user string
	home func(w http.ResponseWriter, r *http.Request, s *login)

	mu        sync.Mutex
	lasts     time.Duration // of access tokens
	onceOnly  bool          // a refresh token that comes twice ends the login, whatever became of the answer
	noCodes   bool
	issuer    string // empty for the address
	asks      map[string]int
	clients   map[string]bool
	codes     map[string]*code
	logins    []*login
	intercept func(w http.ResponseWriter, r *http.Request) bool
}

// code is a login that waits for a person.
type code struct {
	client, device, shown string
	answer                string // an error; empty for yes
}

// login is one that a person approved.
type login struct {
	client, device string
	access         string
	ends           time.Time
	refresh        string
	before         string   // the refresh token that gave this pair: it works until the pair is used
	old            []string // those that work no more
	ended          bool
}

func newLoginServer(t testing.TB, user string, home func(w http.ResponseWriter, r *http.Request, s *login)) *loginServer {
	s := &loginServer{t: t, user: user, home: home, lasts: time.Hour, asks: map[string]int{}, clients: map[string]bool{}, codes: map[string]*code{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *loginServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	intercept := s.intercept
	s.asks[r.URL.Path]++
	s.mu.Unlock()
	if intercept != nil && intercept(w, r) {
		return
	}
	switch r.URL.Path {
	case "/_matrix/client/v1/auth_metadata":
		say(w, 200, s.metadata())
	case "/register":
		s.register(w, r)
	case "/device":
		s.device(w, s.form(r))
	case "/token":
		s.token(w, s.form(r))
	case "/revoke":
		form := s.form(r)
		s.mu.Lock()
		for _, l := range s.logins {
			if l.refresh == form.Get("token") && l.client == form.Get("client_id") {
				l.ended = true
			}
		}
		s.mu.Unlock()
		w.WriteHeader(200)
	default:
		s.asMatrix(w, r)
	}
}

func (s *loginServer) metadata() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	issuer := s.issuer
	if issuer == "" {
		issuer = s.URL + "/"
	}
	grants := []string{"authorization_code", "refresh_token"}
	if !s.noCodes {
		grants = append(grants, grantDevice)
	}
	return map[string]any{
		"issuer": issuer, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token",
		"registration_endpoint": s.URL + "/register", "revocation_endpoint": s.URL + "/revoke",
		"device_authorization_endpoint": s.URL + "/device", "grant_types_supported": grants,
		"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query", "fragment"},
		"code_challenge_methods_supported": []string{"S256"},
	}
}

func (s *loginServer) form(r *http.Request) url.Values {
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.Header.Get("Authorization") != "" || r.URL.RawQuery != "" {
		s.t.Errorf("%s %s came as %q with the authorization %q", r.Method, r.URL, r.Header.Get("Content-Type"), r.Header.Get("Authorization"))
	}
	if err := r.ParseForm(); err != nil {
		s.t.Error(err)
	}
	return r.PostForm
}

func deny(w http.ResponseWriter, code string) {
	say(w, 400, map[string]any{"error": code, "error_description": "refused"})
}

func (s *loginServer) register(w http.ResponseWriter, r *http.Request) {
	var c struct {
		Name      string   `json:"client_name"`
		URI       string   `json:"client_uri"`
		Kind      string   `json:"application_type"`
		Auth      string   `json:"token_endpoint_auth_method"`
		Grants    []string `json:"grant_types"`
		Responses []string `json:"response_types"`
	}
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil || r.Method != http.MethodPost {
		s.t.Errorf("a registration came as %s: %v", r.Method, err)
	}
	// Without response_types the default is "code", which does not go with these grants.
	if c.Name == "" || !strings.HasPrefix(c.URI, "https://") || c.Kind != "native" || c.Auth != "none" || c.Responses == nil || len(c.Responses) > 0 ||
		!slices.Equal(c.Grants, []string{grantDevice, grantRefresh}) {
		s.t.Errorf("registered as %+v", c)
		deny(w, "invalid_client_metadata")
		return
	}
	s.mu.Lock()
	id := fmt.Sprintf("client%d", len(s.clients)+1)
	s.clients[id] = true
	s.mu.Unlock()
	say(w, 201, map[string]any{"client_id": id})
}

func (s *loginServer) device(w http.ResponseWriter, form url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.clients[form.Get("client_id")] {
		deny(w, "invalid_client")
		return
	}
	scope := strings.Fields(form.Get("scope"))
	device, ok := "", len(scope) == 2 && scope[0] == "urn:matrix:client:api:*"
	if ok {
		device, ok = strings.CutPrefix(scope[1], "urn:matrix:client:device:")
	}
	if !ok || len(device) < 6 {
		s.t.Errorf("the scope is %q", form.Get("scope"))
		deny(w, "invalid_scope")
		return
	}
	c := &code{client: form.Get("client_id"), device: device, shown: rand.Text()[:4] + "-" + rand.Text()[:4], answer: "authorization_pending"}
	secret := rand.Text()
	s.codes[secret] = c
	say(w, 200, map[string]any{"device_code": secret, "user_code": c.shown, "verification_uri": s.URL + "/link",
		"verification_uri_complete": s.URL + "/link?code=" + c.shown, "expires_in": 600, "interval": 1})
}

// decide is what the person does with a code: approve, for empty, or the error that comes of it.
func (s *loginServer) decide(shown, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.codes {
		if c.shown == shown {
			c.answer = answer
			return
		}
	}
	s.t.Errorf("there is no code %q", shown)
}

func (s *loginServer) token(w http.ResponseWriter, form url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	client := form.Get("client_id")
	switch {
	case !s.clients[client]:
		deny(w, "invalid_client")
	case form.Get("grant_type") == grantDevice:
		c := s.codes[form.Get("device_code")]
		switch {
		case c == nil || c.client != client:
			deny(w, "invalid_grant")
		case c.answer != "":
			deny(w, c.answer)
		default:
			delete(s.codes, form.Get("device_code"))
			l := &login{client: client, device: c.device}
			s.logins = append(s.logins, l)
			s.give(w, l)
		}
	case form.Get("grant_type") == grantRefresh:
		s.renew(w, client, form.Get("refresh_token"))
	default:
		s.t.Errorf("asked for tokens by %q", form.Get("grant_type"))
		deny(w, "unsupported_grant_type")
	}
}

func (s *loginServer) renew(w http.ResponseWriter, client, token string) {
	for _, l := range s.logins {
		again := token == l.before && token != "" && !s.onceOnly
		switch {
		case l.client != client || l.ended:
		case token == l.refresh || again:
			if !again {
				l.before = l.refresh
			}
			l.old = append(l.old, l.refresh)
			s.give(w, l)
			return
		case slices.Contains(l.old, token):
			l.ended = true // stolen, by whoever came second
		}
	}
	deny(w, "invalid_grant")
}

func (s *loginServer) give(w http.ResponseWriter, l *login) {
	l.access, l.refresh, l.ends = "access-"+rand.Text(), "refresh-"+rand.Text(), time.Now().Add(s.lasts)
	answer := map[string]any{"access_token": l.access, "refresh_token": l.refresh, "token_type": "Bearer"}
	if s.lasts > 0 {
		answer["expires_in"] = max(1, int(s.lasts.Seconds()))
	}
	say(w, 200, answer)
}

// asMatrix lets a request through that has a token which holds.
func (s *loginServer) asMatrix(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/_matrix/client/v3/login" {
		s.t.Errorf("the bot asked for a login with a password")
	}
	s.mu.Lock()
	var found *login
	for _, l := range s.logins {
		if r.Header.Get("Authorization") == "Bearer "+l.access && !l.ended && (s.lasts == 0 || time.Now().Before(l.ends)) {
			found, l.before = l, ""
		}
	}
	s.mu.Unlock()
	if found == nil {
		say(w, 401, map[string]any{"errcode": "M_UNKNOWN_TOKEN", "error": "Token is not active"})
		return
	}
	s.home(w, r, found)
}

func (s *loginServer) asked(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asks[path]
}

// change sets something of the server.
func (s *loginServer) change(set func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set()
}

// expire ends the access tokens before their time.
func (s *loginServer) expire() {
	s.change(func() {
		for _, l := range s.logins {
			l.ends = time.Time{}
		}
	})
}

// behind is a homeserver of the tests, asked by its own token.
func behind(home *server) func(http.ResponseWriter, *http.Request, *login) {
	return func(w http.ResponseWriter, r *http.Request, s *login) {
		if r.URL.Path == "/_matrix/client/v3/account/whoami" {
			say(w, 200, map[string]any{"user_id": botUser, "device_id": s.device})
			return
		}
		inner := r.Clone(r.Context())
		inner.Header = maps.Clone(r.Header)
		inner.Header.Set("Authorization", "Bearer token")
		home.serve(w, inner)
	}
}
