package slack

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// Limits of a request of Slack.
const (
	maxRequest   = 1 << 20
	maxSkew      = 5 * time.Minute
	maxChallenge = 1000
	arrival      = 10 * time.Second // how long one may take to arrive
)

// serve is Listen over HTTP, behind a proxy that speaks HTTPS.
func (p *Platform) serve(ctx context.Context, handle handler) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.config.Listen)
	if err != nil {
		return fmt.Errorf("listen for Slack's requests: %w", err)
	}
	server := p.server(handle)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	p.Log.Info("waiting for Slack's requests", "address", listener.Addr().String())
	select {
	case err := <-ended:
		return fmt.Errorf("serve Slack's requests: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(stop)
}

// server takes whole requests within p.arrival, from the first byte of the headers to the last of the
// body: Slack sends them at once.
func (p *Platform) server(handle handler) *http.Server {
	return &http.Server{Handler: p.Handler(handle), ReadHeaderTimeout: p.arrival, ReadTimeout: p.arrival,
		WriteTimeout: 2 * p.arrival, IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10}
}

// Handler takes the requests of Slack at /slack/events, /slack/commands and /slack/interactive. Only
// those signed with the signing secret within the last five minutes are looked at; one that is
// delivered again is stored once.
func (p *Platform) Handler(handle func(context.Context, bot.Incoming) error) http.Handler {
	mux := http.NewServeMux()
	for path, read := range map[string]func(body []byte) (kind string, payload []byte, err error){
		"POST /slack/events": readEvent, "POST /slack/commands": readCommand, "POST /slack/interactive": readInteraction,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			body, status := p.verified(w, r)
			if status != http.StatusOK {
				http.Error(w, http.StatusText(status), status)
				return
			}
			if answer, ok := challenge(body); ok {
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				w.Header().Set("X-Content-Type-Options", "nosniff")
				_, _ = io.WriteString(w, answer)
				return
			}
			kind, payload, err := read(body)
			if err != nil {
				p.Log.Warn("request of Slack not understood", "path", r.URL.Path, "err", err)
				w.Header().Set("X-Slack-No-Retry", "1")
				http.Error(w, "not understood", http.StatusBadRequest)
				return
			}
			if payload == nil { // ssl_check
				return
			}
			answer, err := p.process(r.Context(), handle, kind, payload)
			switch {
			case err != nil:
				http.Error(w, "not stored", http.StatusInternalServerError)
			case answer != nil:
				w.Header().Set("Content-Type", "application/json; charset=utf-8")
				_, _ = io.WriteString(w, encode(answer))
			}
		})
	}
	return mux
}

var (
	wholeSeconds = regexp.MustCompile(`^[0-9]{1,11}$`)
	signature    = regexp.MustCompile(`^v0=[0-9a-f]{64}$`)
)

// verified gives the body of a request that Slack signed. The headers are looked at before the
// body is read, and nothing of a body is believed before its signature fits.
func (p *Platform) verified(w http.ResponseWriter, r *http.Request) (body []byte, status int) {
	times, signatures := r.Header.Values("X-Slack-Request-Timestamp"), r.Header.Values("X-Slack-Signature")
	if len(times) != 1 || len(signatures) != 1 || !wholeSeconds.MatchString(times[0]) || !signature.MatchString(signatures[0]) {
		return nil, http.StatusUnauthorized
	}
	seconds, err := strconv.ParseInt(times[0], 10, 64)
	if err != nil || p.Now().Sub(time.Unix(seconds, 0)).Abs() > maxSkew {
		return nil, http.StatusUnauthorized
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, http.StatusUnsupportedMediaType
	}
	if r.ContentLength > maxRequest {
		return nil, http.StatusRequestEntityTooLarge
	}
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, http.StatusRequestEntityTooLarge
		}
		return nil, http.StatusRequestTimeout
	}
	if !p.signed(times[0], body, signatures[0]) {
		return nil, http.StatusUnauthorized
	}
	if !fitsPath(r) {
		return nil, http.StatusUnauthorized
	}
	return body, http.StatusOK
}

func (p *Platform) signed(at string, body []byte, given string) bool {
	mac := hmac.New(sha256.New, []byte(p.config.SigningSecret.Reveal()))
	fmt.Fprintf(mac, "v0:%s:", at)
	mac.Write(body)
	want := "v0=" + hex.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(want), []byte(given))
}

// fitsPath refuses a body that was signed for another path: events are JSON, the others are forms.
func fitsPath(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return false
	}
	return (kind == "application/json") == strings.HasSuffix(r.URL.Path, "/events") &&
		(kind == "application/json" || kind == "application/x-www-form-urlencoded")
}

// challenge answers Slack's question whether the address is ours.
func challenge(body []byte) (string, bool) {
	var c struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if json.Unmarshal(body, &c) != nil || c.Type != "url_verification" || len(c.Challenge) > maxChallenge {
		return "", false
	}
	return c.Challenge, true
}

func readEvent(body []byte) (string, []byte, error) {
	if !json.Valid(body) {
		return "", nil, errors.New("the body is no JSON")
	}
	return kindEvent, body, nil
}

// readCommand turns the form of a slash command into the JSON that Socket Mode has.
func readCommand(body []byte) (string, []byte, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", nil, errors.New("the body is no form")
	}
	if form.Get("ssl_check") == "1" {
		return "", nil, nil
	}
	if form.Get("command") == "" {
		return "", nil, errors.New("the form holds no command")
	}
	fields := map[string]string{}
	for k := range form {
		fields[k] = form.Get(k)
	}
	payload, err := json.Marshal(fields)
	return kindCommand, payload, err
}

func readInteraction(body []byte) (string, []byte, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", nil, errors.New("the body is no form")
	}
	if form.Get("ssl_check") == "1" {
		return "", nil, nil
	}
	payload := form.Get("payload")
	if payload == "" {
		return "", nil, errors.New("the form holds no payload")
	}
	return kindAction, []byte(payload), nil
}
