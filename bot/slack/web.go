package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of one call of the Web API. The time is far below the deliverer's lease, so that a post
// is judged before anybody else may try it.
const (
	callTimeout  = 12 * time.Second
	maxAnswer    = 4 << 20
	defaultRetry = 30 * time.Second // for a 429 that does not say how long
	longestRetry = 24 * time.Hour
)

// web calls the methods whose outcome must be known exactly: whether the request left, whether the
// answer was whole. slack-go's client hides both, so it is used for everything else.
type web struct {
	url    string
	token  string
	client *http.Client
	now    func() time.Time

	mu   sync.Mutex
	held map[string]time.Time // no call before this, by method, or by method and channel

	scopes []string // of the token, as the last answer told; nil when none did
}

// newHTTPClient makes a client that follows no redirect: none of the API's methods does.
func newHTTPClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	return &http.Client{
		Transport:     transport,
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// callError is a call that did not succeed.
type callError struct {
	method string
	code   string // Slack's word for it, such as channel_not_found; empty when there was no whole answer
	needed string // the scope that is missing
	detail []string
	status int           // of HTTP; zero when there was no answer
	after  time.Duration // Retry-After
	sent   bool          // the request may have reached Slack
	cause  error
}

func (e *callError) Error() string {
	var s strings.Builder
	s.WriteString(e.method + ": ")
	switch {
	case e.code != "":
		s.WriteString(e.code)
	case e.status != 0 && e.status != http.StatusOK:
		fmt.Fprintf(&s, "HTTP status %d", e.status)
	default:
		s.WriteString(e.cause.Error())
	}
	if e.needed != "" {
		fmt.Fprintf(&s, " (needs the scope %s)", e.needed)
	}
	if len(e.detail) > 0 {
		fmt.Fprintf(&s, " (%s)", cutText(strings.Join(e.detail, "; "), 200))
	}
	return s.String()
}

func (e *callError) Unwrap() error { return e.cause }

// codeOf gives Slack's word for what went wrong; empty when Slack did not say.
func codeOf(err error) string {
	var call *callError
	if errors.As(err, &call) {
		return call.code
	}
	return ""
}

// call calls a method and decodes its answer into dst. channel is for methods whose rate limit is
// one for each channel; empty for the others. The error is a *callError.
func (w *web) call(ctx context.Context, method, channel string, args url.Values, dst any) error {
	holdKey := method + " " + channel
	if wait := w.heldFor(holdKey); wait > 0 {
		return &callError{method: method, code: "ratelimited", status: http.StatusTooManyRequests, after: wait}
	}
	body := strings.NewReader(args.Encode())
	var sent atomic.Bool // set by the connection's own goroutine, which may outlive the call
	trace := &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, w.url+method, body)
	if err != nil {
		return &callError{method: method, cause: err}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+w.token)
	err = w.do(req, method, dst)
	if err == nil {
		return nil
	}
	call := &callError{method: method, cause: err}
	errors.As(err, &call)
	call.sent = sent.Load()
	if call.status == http.StatusTooManyRequests || call.code == "ratelimited" || call.code == "rate_limited" {
		if call.after <= 0 {
			call.after = defaultRetry
		}
		w.hold(holdKey, call.after)
	}
	return call
}

func (w *web) do(req *http.Request, method string, dst any) error {
	resp, err := w.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address
		}
		return err
	}
	defer resp.Body.Close()
	w.noteScopes(resp.Header.Get("X-OAuth-Scopes"))
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	call := &callError{method: method, status: resp.StatusCode, after: retryAfter(resp.Header, w.now()), cause: err}
	if err != nil && resp.StatusCode == http.StatusOK {
		call.cause = fmt.Errorf("read the answer: %w", err)
		return call
	}
	var answer struct {
		OK       *bool  `json:"ok"`
		Error    string `json:"error"`
		Needed   string `json:"needed"`
		Metadata struct {
			Messages []string `json:"messages"`
		} `json:"response_metadata"`
	}
	if err := json.Unmarshal(data, &answer); err != nil || answer.OK == nil {
		call.cause = errors.New("the answer is not what the method gives: " + quoted(data))
		return call
	}
	if !*answer.OK {
		call.code, call.needed, call.detail = answer.Error, answer.Needed, answer.Metadata.Messages
		if call.code == "" {
			call.cause = errors.New("refused without a reason")
		}
		return call
	}
	if resp.StatusCode != http.StatusOK {
		return call
	}
	if dst == nil {
		return nil
	}
	if err := json.Unmarshal(data, dst); err != nil {
		call.cause = fmt.Errorf("decode the answer: %w", err)
		return call
	}
	return nil
}

// quoted shows the beginning of an answer that makes no sense.
func quoted(data []byte) string {
	if len(data) == 0 {
		return "it is empty"
	}
	return strconv.Quote(cutText(string(bytes.ToValidUTF8(data[:min(len(data), 400)], nil)), 60))
}

// retryAfter reads the header, in seconds or as a date; zero when there is none to believe.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		return min(max(time.Duration(n)*time.Second, time.Second), longestRetry)
	}
	if t, err := http.ParseTime(v); err == nil {
		return min(max(t.Sub(now), time.Second), longestRetry)
	}
	return 0
}

func (w *web) heldFor(key string) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	until, ok := w.held[key]
	if !ok {
		return 0
	}
	wait := until.Sub(w.now())
	if wait <= 0 {
		delete(w.held, key)
	}
	return wait
}

func (w *web) hold(key string, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held[key] = w.now().Add(wait)
}

func (w *web) noteScopes(header string) {
	if header == "" {
		return
	}
	scopes := strings.Split(header, ",")
	for i := range scopes {
		scopes[i] = strings.TrimSpace(scopes[i])
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scopes = scopes
}

func (w *web) tokenScopes() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.scopes
}
