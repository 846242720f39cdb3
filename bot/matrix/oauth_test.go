package matrix

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/config/strict"
)

// codeLogin is a platform with a login server before its homeserver, and without a password.
func codeLogin(t testing.TB, s *loginServer) *Platform {
	return open(t, s.asHome(), func(c *Config, _ *Options) { c.Password = strict.Secret{} })
}

// asHome lets the login server stand for the homeserver.
func (s *loginServer) asHome() *server { return &server{Server: s.Server} }

// approving is a person who decides on each code at once: approve, for empty, or an error.
func approving(s *loginServer, answer string) Person {
	return Person{Approve: func(a Approval) { s.decide(a.Code, answer) }}
}

// identified logs in. The homeserver here has no cross-signing, which is tried against a real one.
func identified(t testing.TB, p *Platform, fresh bool, person Person) Identity {
	t.Helper()
	who, err := p.Login(t.Context(), fresh, person)
	if who.Device == "" {
		t.Fatal(err)
	}
	return who
}

func postsOnce(p *Platform, key string) error {
	_, err := p.Post(context.Background(), bot.Post{Key: key, Room: desk, Message: bot.Message{Title: "x"}})
	return err
}

func TestLoginByACodeThatAPersonApproves(t *testing.T) {
	t.Parallel()
	s := newLoginServer(t, botUser, behind(newServer(t)))
	p := codeLogin(t, s)
	var shown Approval
	// Connecting without anybody there says what to do.
	if err := postsOnce(p, "early"); err == nil || bot.FateOf(err).Fate != bot.BadAuth || !strings.Contains(bot.FateOf(err).Hint, "tocsin matrix login") {
		t.Errorf("before the login a post gave %v", err)
	}
	who, err := p.Login(t.Context(), false, Person{Approve: func(a Approval) { shown = a; s.decide(a.Code, "") }})
	if who.User != botUser || len(who.Device) != 10 {
		t.Fatalf("logged in as %+v, %v", who, err)
	}
	if shown.URL != s.URL+"/link" || shown.WholeURL != s.URL+"/link?code="+shown.Code || shown.Lasts != 10*time.Minute {
		t.Errorf("shown was %+v", shown)
	}
	kept, err := p.memory.device(t.Context())
	if err != nil || string(kept.ID) != who.Device || kept.Refresh == "" || kept.Issuer != s.URL+"/" || kept.Client != "client1" {
		t.Errorf("kept is %+v, %v", kept, err)
	}
	if err := postsOnce(p, "first"); err != nil {
		t.Error(err)
	}
	again := identified(t, p, false, Person{Approve: func(Approval) { t.Error("a second login asked again") }})
	if again.Device != who.Device || s.asked("/device") != 1 {
		t.Errorf("the second login is %+v", again)
	}

	// A new device replaces the old one, which is logged out; the bot is known there still.
	fresh := identified(t, p, true, approving(s, ""))
	if fresh.Device == who.Device || s.asked("/register") != 2 {
		t.Errorf("the new device is %+v after %d registrations", fresh, s.asked("/register"))
	}
	s.change(func() {
		if !s.logins[0].ended || s.logins[1].ended {
			t.Error("the old device was not logged out, or the new one was")
		}
	})

	// A login that was ended on the page is made again for the same device.
	s.change(func() { s.logins[1].ended = true })
	err = postsOnce(p, "ended")
	if send := bot.FateOf(err); err == nil || send.Fate != bot.BadAuth || !strings.Contains(send.Hint, "tocsin matrix login") || !strings.Contains(err.Error(), "the login has ended") {
		t.Errorf("with an ended login a post gave %v, hint %q", err, bot.FateOf(err).Hint)
	}
	back := identified(t, p, false, approving(s, ""))
	if back.Device != fresh.Device || s.asked("/register") != 2 {
		t.Errorf("logged in again as %+v", back)
	}
	if err := postsOnce(p, "back"); err != nil {
		t.Error(err)
	}
}

func TestLoginThatIsNotApprovedIsToldInWords(t *testing.T) {
	t.Parallel()
	for answer, words := range map[string]string{
		"access_denied": "refused on the page", "expired_token": "not approved in time", "invalid_grant": "invalid_grant",
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			s := newLoginServer(t, botUser, behind(newServer(t)))
			_, err := codeLogin(t, s).Login(t.Context(), false, approving(s, answer))
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("gave %v", err)
			}
		})
	}
	t.Run("no codes", func(t *testing.T) {
		t.Parallel()
		s := newLoginServer(t, botUser, behind(newServer(t)))
		s.noCodes = true
		_, err := codeLogin(t, s).Login(t.Context(), false, Person{})
		if send := bot.FateOf(err); err == nil || !strings.Contains(err.Error(), "offers no login by a code") || !strings.Contains(send.Hint, "access_token_file") {
			t.Errorf("gave %v", err)
		}
	})
	t.Run("another account", func(t *testing.T) {
		t.Parallel()
		s := newLoginServer(t, botUser, func(w http.ResponseWriter, _ *http.Request, l *login) {
			say(w, 200, map[string]any{"user_id": anna, "device_id": l.device})
		})
		p := codeLogin(t, s)
		_, err := p.Login(t.Context(), false, approving(s, ""))
		if err == nil || !strings.Contains(err.Error(), anna) {
			t.Errorf("gave %v", err)
		}
		s.change(func() {
			if !s.logins[0].ended {
				t.Error("the login of somebody else is left open")
			}
		})
		if kept, err := p.memory.device(t.Context()); err != nil || kept != (device{}) {
			t.Errorf("kept is %+v, %v", kept, err)
		}
	})
	t.Run("a homeserver with passwords", func(t *testing.T) {
		t.Parallel()
		p := open(t, newServer(t), func(c *Config, _ *Options) { c.Password = strict.Secret{} })
		who := identified(t, p, false, Person{Password: func() (string, error) { return "correct horse", nil }})
		if who.Device != "DEVICE" {
			t.Errorf("logged in as %+v", who)
		}
	})
}

// inProcess asks a handler without a network, so that time can be a test's.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), r.Context().Err()
}

func TestApprovalIsAskedForNoOftenerThanTheServerWants(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answers := []string{"authorization_pending", "slow_down", "authorization_pending", "<html>502", "authorization_pending", ""}
		wants := []time.Duration{5, 5, 10, 10, 20, 20}
		last, n := time.Now(), 0
		s := &oauthServer{Token: "https://login.example.org/token", http: &http.Client{Transport: inProcess{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if waited := time.Since(last); waited != wants[n]*time.Second {
				t.Errorf("question %d came after %v, want %d s", n, waited, wants[n])
			}
			last = time.Now()
			answer := answers[n]
			n++
			switch {
			case answer == "":
				say(w, 200, map[string]any{"access_token": "a", "token_type": "bearer"})
			case strings.HasPrefix(answer, "<"):
				w.WriteHeader(502)
				fmt.Fprint(w, answer)
			default:
				deny(w, answer)
			}
		})}}}
		if got, err := s.await(t.Context(), "client", approval{Device: "d", Lasts: 600}); err != nil || got.Token != "a" {
			t.Errorf("gave %+v, %v", got, err)
		}

		// Nobody comes: the end is ours, whatever the server says.
		s.http.Transport = inProcess{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { deny(w, "authorization_pending") })}
		begun := time.Now()
		if _, err := s.await(t.Context(), "client", approval{Device: "d", Lasts: 60}); err == nil || !strings.Contains(err.Error(), "not approved in time") || time.Since(begun) > 70*time.Second {
			t.Errorf("gave %v after %v", err, time.Since(begun))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		if _, err := s.await(ctx, "client", approval{Device: "d", Lasts: 60}); err == nil || time.Since(begun) > 90*time.Second {
			t.Errorf("gave %v after the person left", err)
		}
	})
}

func TestAnswersOfAHostileLoginServerAreRefused(t *testing.T) {
	t.Parallel()
	evil := 0
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		evil++
		say(w, 200, map[string]any{"access_token": "stolen", "token_type": "Bearer", "issuer": "x"})
	}))
	t.Cleanup(other.Close)
	metadata := func(key string, value any) func(*loginServer, http.ResponseWriter) {
		return func(s *loginServer, w http.ResponseWriter) {
			m := s.metadata()
			m[key] = value
			say(w, 200, m)
		}
	}
	const where = "/_matrix/client/v1/auth_metadata"
	for name, c := range map[string]struct {
		path   string
		answer func(*loginServer, http.ResponseWriter)
		words  string
	}{
		"a page": {where, func(_ *loginServer, w http.ResponseWriter) { fmt.Fprint(w, "<html><body>Welcome") }, "not JSON"},
		"broken JSON": {where, func(_ *loginServer, w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"issuer": [`)
		}, "broken JSON"},
		"a huge answer":                   {where, func(_ *loginServer, w http.ResponseWriter) { fmt.Fprint(w, strings.Repeat(" ", 2<<20)) }, "larger than 1 MiB"},
		"a redirect":                      {"/token", func(_ *loginServer, w http.ResponseWriter) { w.Header().Set("Location", other.URL); w.WriteHeader(307) }, "redirect"},
		"no issuer":                       {where, metadata("issuer", ""), "issuer"},
		"a token address of another kind": {where, metadata("token_endpoint", "ftp://login.example.org"), "not https"},
		"a page of a script": {"/device", func(_ *loginServer, w http.ResponseWriter) {
			say(w, 200, map[string]any{"device_code": "d", "user_code": "X", "verification_uri": "javascript:alert(1)", "expires_in": 60})
		}, "the page for the code"},
		"a page with escapes": {"/device", func(_ *loginServer, w http.ResponseWriter) {
			say(w, 200, map[string]any{"device_code": "d", "user_code": "X", "verification_uri": "https://x.example/\x1b[2J", "expires_in": 60})
		}, "the page for the code"},
		"no client id": {"/register", func(_ *loginServer, w http.ResponseWriter) { say(w, 201, map[string]any{}) }, "no client id"},
		"another kind of token": {"/token", func(_ *loginServer, w http.ResponseWriter) {
			say(w, 200, map[string]any{"access_token": "a", "token_type": "mac"})
		}, "want Bearer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newLoginServer(t, botUser, behind(newServer(t)))
			s.intercept = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == c.path {
					c.answer(s, w)
				}
				return r.URL.Path == c.path
			}
			p := codeLogin(t, s)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // what may pass is asked again
			defer cancel()
			_, err := p.Login(ctx, false, Person{Approve: func(a Approval) {
				if strings.ContainsFunc(a.Code+a.URL+a.WholeURL, func(r rune) bool { return r < ' ' }) {
					t.Errorf("shown was %q", a)
				}
			}})
			if err == nil {
				t.Fatal("was taken")
			}
			if ctx.Err() == nil && !strings.Contains(err.Error(), c.words) {
				t.Errorf("gave %v", err)
			}
		})
	}
	t.Cleanup(func() {
		if evil > 0 {
			t.Errorf("a redirect was followed %d times", evil)
		}
	})

	secure := &oauthServer{}
	for address, ok := range map[string]bool{
		"https://login.example.org/": true, "http://login.example.org/": false, "https://user:pw@login.example.org/": false,
		"": false, "https:///x": false, "https://login.example.org/\n": false,
	} {
		if err := secure.checkURL(address); (err == nil) != ok {
			t.Errorf("%q gave %v", address, err)
		}
	}
}

// loggedIn gives a platform that was logged in by a code.
func loggedIn(t testing.TB, s *loginServer) *Platform {
	t.Helper()
	p := codeLogin(t, s)
	identified(t, p, false, approving(s, ""))
	return p
}

func TestTokensAreRenewedOnceForAllWhoWait(t *testing.T) {
	t.Parallel()
	s := newLoginServer(t, botUser, behind(newServer(t)))
	s.onceOnly = true
	p := loggedIn(t, s)
	before := s.asked("/token")
	for _, end := range []struct {
		how string
		do  func()
	}{
		{"ended before its time", s.expire},
		{"about to end", func() {
			a, err := p.connect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tokens := tokensIn(a)
			tokens.mu.Lock()
			tokens.device.Expires = time.Now().Add(5 * time.Second).UnixMilli()
			tokens.mu.Unlock()
		}},
	} {
		end.do()
		var running sync.WaitGroup
		for i := range 30 {
			running.Go(func() {
				if err := postsOnce(p, fmt.Sprint(end.how, i)); err != nil {
					t.Errorf("%s: %v", end.how, err)
				}
			})
		}
		running.Wait()
		if n := s.asked("/token") - before; n != 1 {
			t.Errorf("%s: renewed %d times", end.how, n)
		}
		before = s.asked("/token")
	}
	s.change(func() {
		if s.logins[0].ended {
			t.Error("a refresh token was used twice")
		}
	})
}

// tokensIn finds the tokens of an account's client.
func tokensIn(a *account) *tokens {
	transport := a.Client.Client.Transport
	for {
		switch inner := transport.(type) {
		case *tokens:
			return inner
		case interface{ Unwrap() http.RoundTripper }:
			transport = inner.Unwrap()
		}
	}
}

func TestPairOfTokensIsStoredBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	var p *Platform
	var s *loginServer
	home := behind(newServer(t))
	s = newLoginServer(t, botUser, func(w http.ResponseWriter, r *http.Request, l *login) {
		if p != nil {
			if kept, err := p.memory.device(r.Context()); err != nil || kept.Token != l.access || kept.Refresh != l.refresh {
				t.Errorf("a token was used that is not stored: %v", err)
			}
		}
		home(w, r, l)
	})
	p = loggedIn(t, s)
	for i := range 5 {
		s.expire()
		if err := postsOnce(p, fmt.Sprint("post ", i)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestProcessKilledBeforeTheNewPairWasStored(t *testing.T) {
	t.Parallel()
	for _, onceOnly := range []bool{false, true} {
		t.Run(fmt.Sprint("refresh tokens that work once only: ", onceOnly), func(t *testing.T) {
			t.Parallel()
			s := newLoginServer(t, botUser, behind(newServer(t)))
			p := loggedIn(t, s)
			s.change(func() { s.onceOnly = onceOnly })
			kept, err := p.memory.device(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			// The new pair came, and nobody has it.
			if _, err := p.refresh(t.Context(), kept); err != nil {
				t.Fatal(err)
			}
			s.expire()
			err = postsOnce(p, "after the kill")
			if !onceOnly && err != nil {
				t.Errorf("gave %v, and the specification lets the old refresh token work", err)
			}
			if send := bot.FateOf(err); onceOnly && (err == nil || send.Fate != bot.BadAuth || !strings.Contains(send.Hint, "tocsin matrix login")) {
				t.Errorf("gave %v with the hint %q", err, send.Hint)
			}
		})
	}
}

func TestPairThatCannotBeStoredIsKeptAndNotUsed(t *testing.T) {
	t.Parallel()
	s := newLoginServer(t, botUser, behind(newServer(t)))
	s.onceOnly = true
	p := loggedIn(t, s)
	s.expire()
	if _, err := p.DB.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE UPDATE ON matrix_values BEGIN SELECT RAISE(FAIL, 'the disk is full'); END`); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		err := postsOnce(p, "unstored")
		if send := bot.FateOf(err); err == nil || send.Fate != bot.NotPosted || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("gave %v", err)
		}
	}
	if _, err := p.DB.ExecContext(t.Context(), `DROP TRIGGER full`); err != nil {
		t.Fatal(err)
	}
	if err := postsOnce(p, "stored"); err != nil {
		t.Error(err)
	}
	if n := s.asked("/token"); n != 2 {
		t.Errorf("tokens were asked for %d times, want at the login and once more", n)
	}
}

func TestRefreshTokenIsShownToItsIssuerAlone(t *testing.T) {
	t.Parallel()
	s := newLoginServer(t, botUser, behind(newServer(t)))
	p := loggedIn(t, s)
	s.expire()
	s.change(func() { s.issuer = "https://other.example.org/" })
	before := s.asked("/token")
	err := postsOnce(p, "k")
	if send := bot.FateOf(err); err == nil || send.Fate != bot.BadAuth || !strings.Contains(err.Error(), "https://other.example.org/") || !strings.Contains(send.Hint, "tocsin matrix login") {
		t.Errorf("gave %v", err)
	}
	if n := s.asked("/token"); n != before {
		t.Error("the refresh token was sent")
	}
}

func TestRenewalThatFailsForAWhileEndsNothing(t *testing.T) {
	t.Parallel()
	s := newLoginServer(t, botUser, behind(newServer(t)))
	p := loggedIn(t, s)
	for name, answer := range map[string]func(http.ResponseWriter){
		"a gateway": func(w http.ResponseWriter) { w.WriteHeader(502); fmt.Fprint(w, "<html>Bad Gateway") },
		"a page":    func(w http.ResponseWriter) { fmt.Fprint(w, "<html>Sign in to the Wi-Fi") },
		"too fast":  func(w http.ResponseWriter) { w.WriteHeader(429) },
		"no token":  func(w http.ResponseWriter) { say(w, 200, map[string]any{"token_type": "Bearer"}) },
	} {
		s.expire()
		s.change(func() {
			s.intercept = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/token" {
					answer(w)
				}
				return r.URL.Path == "/token"
			}
		})
		if err := postsOnce(p, name); err == nil || bot.FateOf(err).Fate != bot.NotPosted {
			t.Errorf("%s: gave %v", name, err)
		}
		s.change(func() { s.intercept = nil })
		if err := postsOnce(p, name+" is over"); err != nil {
			t.Errorf("%s: after it a post gave %v", name, err)
		}
	}
}

// A token must not follow a redirect to somebody else.
func TestTokenIsShownToTheHomeserverAlone(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Errorf("somebody else was shown %q", r.Header.Get("Authorization"))
		}
		refuse(w, 404, "M_NOT_FOUND")
	}))
	t.Cleanup(other.Close)
	s := newServer(t)
	p := open(t, s, nil)
	if err := postsOnce(p, "connected"); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.intercept = func(w http.ResponseWriter, r *http.Request, _ func(http.ResponseWriter)) bool {
		u, err := url.Parse(other.URL + r.URL.Path)
		if err != nil {
			t.Error(err)
		}
		http.Redirect(w, r, u.String(), http.StatusTemporaryRedirect)
		return true
	}
	s.mu.Unlock()
	if err := postsOnce(p, "redirected"); err == nil {
		t.Error("a redirect was taken for an answer")
	}
}
