package matrix

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/config/strict"
)

// renewing is a homeserver whose logins with a password give access tokens that end.
type renewing struct {
	*server
	mu              sync.Mutex
	access, refresh string
	ended           bool // of the login
	n, renewals     int
}

func newRenewing(t testing.TB) *renewing {
	r := &renewing{server: newServer(t)}
	r.server.intercept = func(w http.ResponseWriter, req *http.Request, next func(http.ResponseWriter)) bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		var asked map[string]any
		switch path := strings.TrimPrefix(req.URL.Path, "/_matrix/client/v3/"); path {
		case "login":
			if err := json.NewDecoder(req.Body).Decode(&asked); err != nil || asked["refresh_token"] != true {
				t.Errorf("a login asked for no refresh token: %v, %v", asked, err)
			}
			r.ended = false
			r.server.mu.Lock()
			r.logins++
			r.server.mu.Unlock()
			r.give(w, map[string]any{"user_id": botUser, "device_id": "DEVICE"})
		case "refresh":
			if err := json.NewDecoder(req.Body).Decode(&asked); err != nil || req.Header.Get("Authorization") != "" {
				t.Errorf("a renewal came with %v, %v", req.Header, err)
			}
			if r.ended || asked["refresh_token"] != r.refresh {
				say(w, 401, map[string]any{"errcode": "M_UNKNOWN_TOKEN", "error": "refused", "soft_logout": true})
				return true
			}
			r.renewals++
			r.give(w, map[string]any{})
		default:
			if strings.HasSuffix(path, "/auth_metadata") {
				return false
			}
			if req.Header.Get("Authorization") == "Bearer "+r.access && !r.ended {
				req.Header.Set("Authorization", "Bearer token")
				return false
			}
			say(w, 401, map[string]any{"errcode": "M_UNKNOWN_TOKEN", "error": "refused", "soft_logout": true})
		}
		return true
	}
	return r
}

func (r *renewing) give(w http.ResponseWriter, answer map[string]any) {
	r.n++
	r.access, r.refresh = fmt.Sprint("access", r.n), fmt.Sprint("refresh", r.n)
	answer["access_token"], answer["refresh_token"], answer["expires_in_ms"] = r.access, r.refresh, 300_000
	say(w, 200, answer)
}

func TestTokensOfALoginWithAPasswordAreRenewed(t *testing.T) {
	t.Parallel()
	r := newRenewing(t)
	now := time.Now()
	var clock sync.Mutex
	p := open(t, r.server, func(_ *Config, o *Options) {
		o.Now = func() time.Time { clock.Lock(); defer clock.Unlock(); return now }
	})
	posts := func(when string) {
		t.Helper()
		if err := postsOnce(p, when); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	counts := func(when string, logins, renewals int) {
		t.Helper()
		if r.logins != logins || r.renewals != renewals {
			t.Errorf("%s there were %d logins and %d renewals, want %d and %d", when, r.logins, r.renewals, logins, renewals)
		}
	}
	posts("at first")
	counts("at first", 1, 0)
	clock.Lock()
	now = now.Add(3 * time.Minute)
	clock.Unlock()
	posts("after three minutes")
	counts("after three minutes", 1, 0)
	clock.Lock()
	now = now.Add(time.Minute + 1)
	clock.Unlock()
	posts("before the end")
	counts("before the end", 1, 1)
	kept, err := p.memory.device(t.Context())
	if err != nil || kept.Refresh != "refresh2" || kept.Token != "access2" || kept.Expires != now.Add(5*time.Minute).UnixMilli() {
		t.Errorf("kept is %+v, %v", kept, err)
	}
	r.mu.Lock()
	r.access = "changed"
	r.mu.Unlock()
	posts("when the token is known no more")
	counts("when the token is known no more", 1, 2)

	// A soft logout: the password logs in again, as the same device.
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	err = postsOnce(p, "ended")
	if err != nil && bot.FateOf(err).Fate != bot.BadAuth {
		t.Errorf("a login that ended gave %v", err)
	}
	posts("after it ended")
	counts("after it ended", 2, 2)
	if d, err := p.memory.device(t.Context()); err != nil || d.ID != "DEVICE" {
		t.Errorf("the device is %+v, %v", d, err)
	}
}

func TestEndedLoginWithoutAPasswordIsToldWithTheNextStep(t *testing.T) {
	t.Parallel()
	r := newRenewing(t)
	p := open(t, r.server, func(c *Config, _ *Options) { c.Password = strict.Secret{} })
	asked := 0
	who := identified(t, p, false, Person{Password: func() (string, error) { asked++; return "correct horse", nil }})
	if who.Device != "DEVICE" || asked != 1 {
		t.Fatalf("logged in as %+v after %d questions", who, asked)
	}
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	err := postsOnce(p, "k")
	if send := bot.FateOf(err); err == nil || send.Fate != bot.BadAuth || !strings.Contains(send.Hint, "tocsin matrix login") {
		t.Errorf("gave %v, hint %q", err, send.Hint)
	}
	identified(t, p, false, Person{Password: func() (string, error) { asked++; return "correct horse", nil }})
	if asked != 2 {
		t.Errorf("the password was asked for %d times", asked)
	}
	if err := postsOnce(p, "again"); err != nil {
		t.Error(err)
	}
}
