package matrix

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix"

	"github.com/tocsin-bot/tocsin/bot"
)

// Waits after a refusal for being too fast.
const (
	defaultWait = 5 * time.Second // when the server does not say
	longestWait = time.Hour
)

// fates says what an error code of the homeserver means for a post, and what a person can do.
var fates = map[string]struct {
	fate bot.Fate
	hint string
}{
	"M_LIMIT_EXCEEDED":           {bot.NotPosted, ""},
	"M_RESOURCE_LIMIT_EXCEEDED":  {bot.NotPosted, "The homeserver has reached a limit that its admin set."},
	"M_FORBIDDEN":                {bot.BadRoom, "Invite me to the room, and let my power level send messages there."},
	"M_NOT_FOUND":                {bot.BadRoom, "Check the room's id or alias, and invite me to the room."},
	"M_UNSUPPORTED_ROOM_VERSION": {bot.BadRoom, "Check the room's id, and invite me to the room."},
	"M_GUEST_ACCESS_FORBIDDEN":   {bot.BadRoom, "Invite me to the room."},
	"M_UNKNOWN_TOKEN":            {bot.BadAuth, "Run: tocsin matrix login"},
	"M_MISSING_TOKEN":            {bot.BadAuth, "Run: tocsin matrix login"},
	"M_USER_DEACTIVATED":         {bot.BadAuth, "The account is deactivated: use another one."},
	"M_USER_LOCKED":              {bot.BadAuth, "The account is locked: ask the homeserver's admin."},
	"M_USER_SUSPENDED":           {bot.BadAuth, "The account is suspended: ask the homeserver's admin."},
	"M_CONSENT_NOT_GIVEN":        {bot.BadAuth, "Log in once with a client and agree to the homeserver's terms."},
	"M_TOO_LARGE":                {bot.BadPost, ""},
	"M_BAD_JSON":                 {bot.BadPost, ""},
	"M_NOT_JSON":                 {bot.BadPost, ""},
}

// sendError gives an error its fate. sent says whether the request was one after which the message
// may be there.
func sendError(err error, sent bool) *bot.SendError {
	var known *bot.SendError
	if errors.As(err, &known) {
		return known
	}
	unknown := bot.NotPosted
	if sent {
		unknown = bot.Ambiguous
	}
	out := &bot.SendError{Fate: unknown, Err: withoutSecrets(err)}
	var h mautrix.HTTPError
	if !errors.As(err, &h) || h.Response == nil {
		return out
	}
	status, code := h.Response.StatusCode, codeOf(err)
	if f, ok := fates[code]; ok && status < 500 {
		out.Fate, out.Hint = f.fate, f.hint
	} else {
		switch {
		case status == http.StatusTooManyRequests:
			out.Fate = bot.NotPosted
		case status == http.StatusUnauthorized:
			out.Fate, out.Hint = bot.BadAuth, "Run: tocsin matrix login"
		case status == http.StatusRequestEntityTooLarge:
			out.Fate = bot.BadPost
		case code == "" && (status == http.StatusForbidden || status == http.StatusNotFound):
			// A proxy that knows nothing of rooms: nobody there has seen the message.
			out.Fate, out.Hint = bot.NotPosted, "matrix.homeserver does not answer like a homeserver."
		case status < 500 && code != "":
			// A refusal that nobody knew when this was written: loud, and nothing is lost.
			out.Fate, out.Hint = bot.BadRoom, "The homeserver's log may say why it refuses."
		}
	}
	if status == http.StatusTooManyRequests || code == "M_LIMIT_EXCEEDED" {
		out.After, out.All = waitOf(h), true // the limit is one for all rooms
	}
	return out
}

// codeOf gives the homeserver's error code; empty when there is none.
func codeOf(err error) string {
	var h mautrix.HTTPError
	if errors.As(err, &h) && h.RespError != nil {
		return h.RespError.ErrCode
	}
	return ""
}

// statusOf gives the HTTP status behind err; zero for none.
func statusOf(err error) int {
	var h mautrix.HTTPError
	if errors.As(err, &h) && h.Response != nil {
		return h.Response.StatusCode
	}
	return 0
}

// waitOf reads for how long a server that was asked too fast wants to be left alone: from the
// header, or else from the body, where older servers write it.
func waitOf(h mautrix.HTTPError) time.Duration {
	wait := time.Duration(0)
	if s := strings.TrimSpace(h.Response.Header.Get("Retry-After")); s != "" {
		if n, err := strconv.ParseFloat(s, 64); err == nil && n < 1e9 {
			wait = time.Duration(n * float64(time.Second))
		} else if at, err := http.ParseTime(s); err == nil {
			wait = time.Until(at)
		}
	}
	if h.RespError != nil {
		if ms, ok := h.RespError.ExtraData["retry_after_ms"].(float64); ok && ms > 0 && ms < 1e12 {
			wait = max(wait, time.Duration(ms)*time.Millisecond)
		}
	}
	if wait <= 0 {
		wait = defaultWait
	}
	return min(wait, longestWait)
}

// withoutSecrets says an error in one short line. A request's address holds no token, but a body may
// be a whole page of HTML.
func withoutSecrets(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) <= 300 {
		return err
	}
	return &shortError{cutText(clean(text, false), 300), err}
}

type shortError struct {
	text string
	err  error
}

func (e *shortError) Error() string { return e.text }

func (e *shortError) Unwrap() error { return e.err }

// ended says whether an error is only that we are asked to stop.
func ended(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
}
