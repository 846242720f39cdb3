package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// Numbers of looking up whether a message is there.
const (
	metadataType = "tocsin_delivery"
	maxKey       = 255              // longer keys are hashed: Slack publishes no limit of metadata
	clockMargin  = 60 * time.Second // our clock and Slack's may differ by this
	settleTime   = 15 * time.Second // a request that we gave up may still be on its way into the channel
	historyPage  = 200
	maxPages     = 25
	manyAttempts = 10_000
)

// metadataKey is the delivery's key as it stands in the metadata, where every member and app of the
// workspace can read it.
func metadataKey(key string) string {
	if len(key) <= maxKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// past is a message in a channel's history, as far as it matters here. Blocks are left out: one
// message with a block that nobody knows must not hide the others.
type past struct {
	TS       string `json:"ts"`
	Thread   string `json:"thread_ts"`
	Metadata struct {
		Type    string          `json:"event_type"`
		Payload json.RawMessage `json:"event_payload"`
	} `json:"metadata"`
}

// find looks for the message of a delivery that may have been posted. It gives its id; nothing when
// it certainly is not there; and an error while nobody can know, so that nothing is posted yet.
func (p *Platform) find(ctx context.Context, channel string, post bot.Post) (string, error) {
	channel, err := p.rooms.direct(ctx, channel)
	if err != nil {
		return "", unknown(err)
	}
	args := url.Values{"channel": {channel}, "oldest": {slackTime(post.FirstTry.Add(-clockMargin))},
		"include_all_metadata": {"true"}, "inclusive": {"true"}, "limit": {strconv.Itoa(historyPage)}}
	method := "conversations.history"
	if post.Thread != "" {
		method = "conversations.replies"
		args.Set("ts", p.replies.parentOf(channel, post.Thread))
	}
	id, err := p.scan(ctx, method, args, metadataKey(post.Key))
	if code := codeOf(err); post.Thread != "" && (code == "thread_not_found" || code == "message_not_found") {
		// The parent is gone; a reply to it would have been posted into the channel.
		args.Del("ts")
		id, err = p.scan(ctx, "conversations.history", args, metadataKey(post.Key))
	}
	if err != nil {
		return "", unknown(err)
	}
	if id != "" {
		p.Log.Info("message found, not posted again", "room", post.Room, "delivery", post.Key, "message", id)
		p.attempts.forget(post.Key)
		return id, nil
	}
	last := post.FirstTry
	if t := p.attempts.at(post.Key); t.After(last) {
		last = t
	}
	if wait := last.Add(settleTime).Sub(p.Now()); wait > 0 {
		return "", &bot.SendError{Fate: bot.NotPosted, After: wait, Err: fmt.Errorf("the message is not in the channel, it may still come")}
	}
	return "", nil
}

// scan reads a method's pages until one message carries the key.
func (p *Platform) scan(ctx context.Context, method string, args url.Values, key string) (string, error) {
	args.Del("cursor")
	for range maxPages {
		var page struct {
			Messages []past `json:"messages"`
			More     bool   `json:"has_more"`
			Metadata struct {
				Cursor string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		if err := p.web.call(ctx, method, "", args, &page); err != nil {
			return "", err
		}
		for _, m := range page.Messages {
			var payload struct {
				Key string `json:"key"`
			}
			if m.Metadata.Type == metadataType && json.Unmarshal(m.Metadata.Payload, &payload) == nil && payload.Key == key {
				return m.TS, nil
			}
		}
		if page.Metadata.Cursor == "" {
			return "", nil
		}
		args.Set("cursor", page.Metadata.Cursor)
	}
	return "", &callError{method: method, code: "too_many_messages", cause: fmt.Errorf("more than %d messages since the first attempt", maxPages*historyPage)}
}

// unknown makes an error of looking up one of the post: what cannot be looked up is not posted.
func unknown(err error) error {
	send := sendError(err)
	switch send.Fate {
	case bot.Ambiguous:
		send.Fate = bot.NotPosted // the look-up may be repeated; the delivery stays a repeat
	case bot.BadAuth:
		if codeOf(err) == "missing_scope" { // posting goes on, this one message has to wait
			send.Fate = bot.BadRoom
		}
	case bot.BadPost:
		send.Fate = bot.BadRoom
	}
	return &bot.SendError{Fate: send.Fate, After: send.After, Hint: send.Hint,
		Err: fmt.Errorf("look up whether the message is there: %w", send.Err)}
}

// attempts remembers when a message was last tried without a word of Slack, so that a late request
// is waited for. What a crash forgets is older than a lease.
type attempts struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (a *attempts) note(key string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.last) >= manyAttempts {
		for k, t := range a.last {
			if now.Sub(t) > settleTime {
				delete(a.last, k)
			}
		}
	}
	a.last[key] = now
}

func (a *attempts) forget(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.last, key)
}

func (a *attempts) at(key string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last[key]
}

// slackTime writes a time as Slack's ts: seconds with six digits behind the point.
func slackTime(t time.Time) string {
	if t.Unix() < 0 {
		return "0"
	}
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}

// parseTime reads a ts; zero when it is none.
func parseTime(ts string) time.Time {
	sec, frac := ts, ""
	for i := range ts {
		if ts[i] == '.' {
			sec, frac = ts[:i], ts[i+1:]
			break
		}
	}
	s, err := strconv.ParseInt(sec, 10, 64)
	if err != nil || s <= 0 || s > 1<<40 {
		return time.Time{}
	}
	us, _ := strconv.ParseInt((frac + "000000")[:6], 10, 64)
	return time.Unix(s, us*1000).UTC()
}

func encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("slack: no JSON: %v", err)) // strings, maps and numbers only
	}
	return string(data)
}
