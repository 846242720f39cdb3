package slack_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/slack"
	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
	"github.com/tocsin-bot/tocsin/config/strict"
)

// inbox keeps what was heard, each key once, as the store does.
type inbox struct {
	mu    sync.Mutex
	calls int
	keys  map[string]bot.Incoming
	then  chan bot.Incoming
}

func newInbox() *inbox {
	return &inbox{keys: map[string]bot.Incoming{}, then: make(chan bot.Incoming, 1000)}
}

func (i *inbox) handle(_ context.Context, in bot.Incoming) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls++
	if _, there := i.keys[in.Key]; !there {
		i.keys[in.Key] = in
		i.then <- in
	}
	return nil
}

func (i *inbox) stored() int { i.mu.Lock(); defer i.mu.Unlock(); return len(i.keys) }

func overSignedHTTP(t *testing.T) (*httptest.Server, *inbox) {
	t.Helper()
	_, p := workspaceOverHTTP(t)
	in := newInbox()
	app := httptest.NewServer(p.Handler(in.handle))
	t.Cleanup(app.Close)
	return app, in
}

const slash = "command=%2Ftocsin&text=status&user_id=U0ANNA&channel_id=C0GENERAL&team_id=T0TOCSIN&trigger_id=1.2.3"

func send(t *testing.T, app *httptest.Server, path, kind, body string, change func(*http.Request)) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, app.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	slacktest.Sign(req, []byte(body), slacktest.SigningSecret, time.Now())
	if change != nil {
		change(req)
	}
	resp, err := app.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func TestForgedRequestsAreRefused(t *testing.T) {
	t.Parallel()
	app, in := overSignedHTTP(t)
	const form = "application/x-www-form-urlencoded"
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Del(name)
			for _, v := range values {
				r.Header.Add(name, v)
			}
		}
	}
	const sig, stamp = "X-Slack-Signature", "X-Slack-Request-Timestamp"
	at := func(when time.Time) func(*http.Request) {
		return func(r *http.Request) { slacktest.Sign(r, []byte(slash), slacktest.SigningSecret, when) }
	}
	change := func(how func(string) string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(sig, how(r.Header.Get(sig))) }
	}
	forgeries := map[string]func(*http.Request){
		"no signature":    header(sig),
		"no timestamp":    header(stamp),
		"neither":         func(r *http.Request) { r.Header.Del(sig); r.Header.Del(stamp) },
		"of another body": func(r *http.Request) { slacktest.Sign(r, []byte(slash+"x"), slacktest.SigningSecret, time.Now()) },
		"one digit off": change(func(s string) string {
			return s[:len(s)-1] + string("0123456789abcdef"[(strings.IndexByte("0123456789abcdef", s[len(s)-1])+1)%16])
		}),
		"upper case":         change(func(s string) string { return "v0=" + strings.ToUpper(s[3:]) }),
		"v1":                 change(func(s string) string { return "v1" + s[2:] }),
		"no version":         change(func(s string) string { return s[3:] }),
		"empty":              header(sig, ""),
		"64 zeros":           header(sig, "v0="+strings.Repeat("0", 64)),
		"cut":                change(func(s string) string { return s[:40] }),
		"longer":             change(func(s string) string { return s + "00" }),
		"two signatures":     func(r *http.Request) { r.Header.Add(sig, "v0="+strings.Repeat("0", 64)) },
		"two timestamps":     func(r *http.Request) { r.Header.Add(stamp, "1") },
		"301 s old":          at(time.Now().Add(-301 * time.Second)),
		"302 s early":        at(time.Now().Add(302 * time.Second)),
		"time 0":             at(time.Unix(0, 0)),
		"time abc":           header(stamp, "abc"),
		"time 1e20":          header(stamp, "1e20"),
		"time negative":      header(stamp, "-1"),
		"time with blanks":   change(func(s string) string { return s }),
		"time of 20 digits":  header(stamp, "99999999999999999999"),
		"secret of another":  func(r *http.Request) { slacktest.Sign(r, []byte(slash), "another", time.Now()) },
		"empty secret":       func(r *http.Request) { slacktest.Sign(r, []byte(slash), "", time.Now()) },
		"gzip":               header("Content-Encoding", "gzip"),
		"as the events":      func(r *http.Request) { r.URL.Path = "/slack/events" },
		"as an interaction":  func(r *http.Request) { r.URL.Path = "/slack/interactive" },
		"to an unknown path": func(r *http.Request) { r.URL.Path = "/slack" },
		"by GET":             func(r *http.Request) { r.Method = http.MethodGet },
		"payload in the query": func(r *http.Request) {
			r.URL.Path, r.URL.RawQuery = "/slack/interactive", "payload="+url.QueryEscape(`{"type":"block_actions"}`)
		},
	}
	forgeries["time with blanks"] = func(r *http.Request) { r.Header.Set(stamp, r.Header.Get(stamp)[:5]+" "+r.Header.Get(stamp)[5:]) }
	for name, forge := range forgeries {
		if status := send(t, app, "/slack/commands", form, slash, forge); status/100 == 2 {
			t.Errorf("%s: accepted with %d", name, status)
		}
	}
	if n := in.stored(); n != 0 {
		t.Errorf("%d forged requests were stored", n)
	}
	if status := send(t, app, "/slack/commands", form, slash, nil); status != http.StatusOK || in.stored() != 1 {
		t.Errorf("the true request got %d, %d stored", status, in.stored())
	}
	t.Logf("%d forgeries refused", len(forgeries))
}

func TestRepeatedRequestIsStoredOnce(t *testing.T) {
	t.Parallel()
	app, in := overSignedHTTP(t)
	for i := range 1000 {
		status := send(t, app, "/slack/commands", "application/x-www-form-urlencoded", slash, func(r *http.Request) {
			r.Header.Set("X-Slack-Retry-Num", fmt.Sprint(i))
			r.Header.Set("X-Slack-Retry-Reason", "http_timeout")
		})
		if status != http.StatusOK {
			t.Fatalf("repeat %d: %d", i, status)
		}
	}
	if in.stored() != 1 {
		t.Errorf("stored %d times", in.stored())
	}
}

func TestStrangeBodiesAreBoundedAndHarmless(t *testing.T) {
	t.Parallel()
	app, in := overSignedHTTP(t)
	const form, js = "application/x-www-form-urlencoded", "application/json"
	for _, tt := range []struct {
		name, path, kind, body string
		want                   int
	}{
		{"ssl_check", "/slack/commands", form, "ssl_check=1&token=x", 200},
		{"url_verification", "/slack/events", js, `{"type":"url_verification","challenge":"abc"}`, 200},
		{"a challenge of a megabyte", "/slack/events", js, `{"type":"url_verification","challenge":"` + strings.Repeat("x", 900_000) + `"}`, 200},
		{"2 MB", "/slack/events", js, `"` + strings.Repeat("x", 2<<20) + `"`, 413},
		{"null", "/slack/events", js, "null", 200},
		{"list", "/slack/events", js, "[]", 200},
		{"deep", "/slack/events", js, strings.Repeat("[", 50_000), 400},
		{"wrong types", "/slack/events", js, `{"type":7,"event":"x"}`, 200},
		{"no event", "/slack/events", js, `{"type":"app_rate_limited","team_id":"T0TOCSIN"}`, 200},
		{"unknown event", "/slack/events", js, `{"type":"event_callback","event":{"type":"new_thing"}}`, 200},
		{"double keys", "/slack/events", js, `{"type":"event_callback","type":"x","event":{"type":"message","type":"message"}}`, 200},
		{"cut", "/slack/events", js, `{"type":"event_cal`, 400},
		{"no command", "/slack/commands", form, "text=x", 400},
		{"bad form", "/slack/commands", form, "%zz", 400},
		{"no payload", "/slack/interactive", form, "x=1", 400},
		{"payload null", "/slack/interactive", form, "payload=null", 200},
		{"payload of wrong types", "/slack/interactive", form, "payload=" + url.QueryEscape(`{"type":"block_actions","user":7}`), 200},
		{"click on nothing", "/slack/interactive", form, "payload=" + url.QueryEscape(`{"type":"block_actions","user":{"id":"U0ANNA"},"actions":[]}`), 200},
		{"command of nobody", "/slack/commands", form, "command=/tocsin&text=status&channel_id=C0GENERAL&trigger_id=1", 200},
		{"command of another workspace", "/slack/commands", form, strings.Replace(slash, "T0TOCSIN", "T0EVIL", 1), 200},
	} {
		if got := send(t, app, tt.path, tt.kind, tt.body, nil); got != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, got, tt.want)
		}
	}
	unsigned := func(r *http.Request) { r.Header.Del("X-Slack-Signature") }
	if got := send(t, app, "/slack/events", js, `{"type":"url_verification","challenge":"abc"}`, unsigned); got != http.StatusUnauthorized {
		t.Errorf("an unsigned challenge: status %d", got)
	}
	endless := func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(zeros{}), -1 }
	if got := send(t, app, "/slack/events", js, "", endless); got != http.StatusRequestEntityTooLarge {
		t.Errorf("a body without an end: status %d", got)
	}
	if n := in.stored(); n != 0 {
		t.Errorf("%d of them were stored", n)
	}
}

// zeros is a body without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestChallengeIsAnsweredAsPlainText(t *testing.T) {
	t.Parallel()
	app, _ := overSignedHTTP(t)
	body := []byte(`{"type":"url_verification","challenge":"<script>alert(1)</script>"}`)
	req, err := http.NewRequest(http.MethodPost, app.URL+"/slack/events", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	slacktest.Sign(req, body, slacktest.SigningSecret, time.Now())
	resp, err := app.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || string(got) != "<script>alert(1)</script>" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("answered %q as %s, %v", got, resp.Header.Get("Content-Type"), err)
	}
}

func TestHTTPWithoutSecretIsRefused(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", "  "} {
		_, err := slack.Open(slack.Config{BotToken: strict.NewSecret("xoxb-1"), Listen: ":0", SigningSecret: strict.NewSecret(secret)}, slack.Options{})
		if err == nil || !strings.Contains(err.Error(), "signing_secret") {
			t.Errorf("with the secret %q: %v", secret, err)
		}
	}
}

// TestSlowRequestsAreGivenUp sends headers and bodies that never end, byte by byte.
func TestSlowRequestsAreGivenUp(t *testing.T) {
	t.Parallel()
	_, p := workspaceOverHTTP(t)
	in := newInbox()
	app := httptest.NewUnstartedServer(nil)
	app.Config = p.Server(300*time.Millisecond, in.handle)
	app.Start()
	t.Cleanup(app.Close)
	head := func(length int) string {
		req, err := http.NewRequest(http.MethodPost, app.URL+"/slack/commands", nil)
		if err != nil {
			t.Fatal(err)
		}
		slacktest.Sign(req, []byte(slash), slacktest.SigningSecret, time.Now())
		return "POST /slack/commands HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Slack-Signature: " + req.Header.Get("X-Slack-Signature") +
			"\r\nX-Slack-Request-Timestamp: " + req.Header.Get("X-Slack-Request-Timestamp") + fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n", length)
	}
	for name, begin := range map[string]string{
		"no byte":           "",
		"half of a header":  "POST /slack/commands HTTP/1.1\r\nHost: x\r\nX-Slack",
		"no body":           head(len(slash)),
		"half of the body":  head(len(slash)) + slash[:20],
		"less than it says": head(len(slash)+1) + slash,
	} {
		conn, err := net.Dial("tcp", app.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, begin); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn) // ends when the server gives up
		if err != nil || strings.Contains(string(answer), " 200 ") {
			t.Errorf("%s: answered %q, %v", name, answer, err)
		}
		conn.Close()
	}
	if n := in.stored(); n != 0 {
		t.Errorf("%d of them were stored", n)
	}
}
