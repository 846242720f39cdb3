package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// Numbers of answering.
const (
	responseUses  = 5 // as Slack allows
	responseLife  = 29 * time.Minute
	workingAfter  = 2500 * time.Millisecond // when to say that an answer takes longer
	maxQuestions  = 5000
	workingEmoji  = "hourglass_flowing_sand"
	workingNotice = "Working on it…"
	answered      = "answered" // the id of what was said by a response_url, which gives none
)

// replies remembers for a while what was asked and how it can be answered, and under which parent a
// reply of ours stands. All of it only makes answers nicer: after a restart they go the plain way.
type replies struct {
	now func() time.Time

	mu        sync.Mutex
	questions map[string]*question // by the delivery's key of the answer
	order     []string
	parents   map[string]string // channel and ts of a reply to the ts of its parent
	parentLog []string
	running   sync.WaitGroup // notices being shown
}

// question is an event that waits for its answer.
type question struct {
	in      bot.Incoming
	channel string
	url     string // response_url
	thread  string // where the question itself stands in a thread
	uses    int
	asked   time.Time
	timer   *time.Timer
	done    bool
	reacted bool
}

func newReplies(now func() time.Time) *replies {
	return &replies{now: now, questions: map[string]*question{}, parents: map[string]string{}}
}

// ask keeps how in can be answered, and shows after a moment that the answer takes longer.
func (r *replies) ask(p *Platform, in bot.Incoming, q question) {
	key := bot.AnswerKey(in)
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, there := r.questions[key]; there {
		return // a repeat
	}
	if len(r.order) >= maxQuestions {
		delete(r.questions, r.order[0])
		r.order = r.order[1:]
	}
	q.in, q.asked = in, r.now()
	stored := &q
	r.questions[key], r.order = stored, append(r.order, key)
	stored.timer = time.AfterFunc(workingAfter, func() { r.working(p, stored) })
}

// working tells one person that their answer is on its way.
func (r *replies) working(p *Platform, q *question) {
	r.mu.Lock()
	done, in, useURL := q.done, q.in, q.url != "" && q.uses < responseUses-1
	if done {
		r.mu.Unlock()
		return
	}
	if useURL {
		q.uses++
	}
	r.running.Add(1)
	defer r.running.Done()
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	if p.Role(ctx, in) == bot.Stranger {
		return
	}
	if useURL {
		if err := p.respond(ctx, q.url, object{"response_type": "ephemeral", "replace_original": false, "text": workingNotice}); err != nil {
			p.Log.Debug("working notice not shown", "event", in.Key, "err", err)
		}
		return
	}
	if in.Message == "" {
		return
	}
	err := p.web.call(ctx, "reactions.add", "", url.Values{"channel": {q.channel}, "timestamp": {in.Message}, "name": {workingEmoji}}, nil)
	if err != nil {
		p.Log.Debug("working notice not shown", "event", in.Key, "err", err)
		return
	}
	r.mu.Lock()
	q.reacted, done = true, q.done
	r.mu.Unlock()
	if done {
		r.unreact(ctx, p, q)
	}
}

// stop ends every wait: nobody listens any more.
func (r *replies) stop() {
	r.mu.Lock()
	for _, q := range r.questions {
		q.done = true
		q.timer.Stop()
	}
	clear(r.questions)
	r.order = nil
	r.mu.Unlock()
	r.running.Wait()
}

// answered ends the wait for an answer that was posted.
func (r *replies) answered(ctx context.Context, p *Platform, key string) {
	r.mu.Lock()
	q := r.questions[key]
	if q == nil || q.done {
		r.mu.Unlock()
		return
	}
	q.done = true
	q.timer.Stop()
	reacted := q.reacted
	r.mu.Unlock()
	if reacted {
		r.unreact(ctx, p, q)
	}
}

func (r *replies) unreact(ctx context.Context, p *Platform, q *question) {
	err := p.web.call(ctx, "reactions.remove", "", url.Values{"channel": {q.channel}, "timestamp": {q.in.Message}, "name": {workingEmoji}}, nil)
	if err != nil {
		p.Log.Debug("working notice not taken away", "event", q.in.Key, "err", err)
	}
}

// route gives the response_url by which the answer with this key can be given once more; empty when
// there is none that still works.
func (r *replies) route(key string) (address, thread string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := r.questions[key]
	if q == nil {
		return "", ""
	}
	if q.url == "" || q.uses >= responseUses || r.now().Sub(q.asked) > responseLife {
		return "", q.thread
	}
	q.uses++
	return q.url, q.thread
}

// remember keeps that the message id in channel is a reply to parent.
func (r *replies) remember(channel, id, parent string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.parentLog) >= maxQuestions {
		delete(r.parents, r.parentLog[0])
		r.parentLog = r.parentLog[1:]
	}
	r.parents[channel+" "+id] = parent
	r.parentLog = append(r.parentLog, channel+" "+id)
}

// parentOf gives the message under which replies to id stand: id itself, unless it is a reply.
func (r *replies) parentOf(channel, id string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if parent, ok := r.parents[channel+" "+id]; ok {
		return parent
	}
	return id
}

// whisper shows a message to one person: by the way on which they asked while it is open, else as
// an ephemeral message, else, where that person or we are not in the channel, as a direct one. An
// ephemeral message is in no history, so that a repeat cannot be looked up: it is shown again.
func (p *Platform) whisper(ctx context.Context, channel string, post bot.Post) (string, error) {
	message := render(post.Message, inMessage)
	address, thread := p.replies.route(post.Key)
	if address != "" {
		err := p.respond(ctx, address, responseBody("ephemeral", thread, message))
		if err == nil {
			p.replies.answered(ctx, p, post.Key)
			return answered, nil
		}
		p.Log.Debug("response_url refused, answering otherwise", "delivery", post.Key, "err", err)
	}
	args := url.Values{"channel": {channel}, "user": {post.To}, "text": {message.text}, "blocks": {encode(message.blocks)},
		"parse": {"none"}, "link_names": {"false"}}
	if thread != "" {
		args.Set("thread_ts", thread)
	}
	var answer struct {
		TS string `json:"message_ts"`
	}
	err := p.web.call(ctx, "chat.postEphemeral", channel, args, &answer)
	switch codeOf(err) {
	case "user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived", "method_not_supported_for_channel_type":
		post.Room, post.Thread, post.Broadcast = bot.MakeRoom(Name, post.To), "", false
		return p.say(ctx, post.To, post)
	}
	if err != nil {
		return "", err
	}
	p.replies.answered(ctx, p, post.Key)
	return answer.TS, nil
}

// answerInChannel shows an answer to everybody by the way on which the question came. It is false when
// there is no such way.
func (p *Platform) answerInChannel(ctx context.Context, post bot.Post) bool {
	address, thread := p.replies.route(post.Key)
	if address == "" {
		return false
	}
	if err := p.respond(ctx, address, responseBody("in_channel", thread, render(post.Message, inMessage))); err != nil {
		p.Log.Debug("response_url refused", "delivery", post.Key, "err", err)
		return false
	}
	p.replies.answered(ctx, p, post.Key)
	return true
}

// responseBody is what a response_url takes. who sees it: ephemeral or in_channel.
func responseBody(who, thread string, message rendered) object {
	body := object{"response_type": who, "replace_original": false, "text": message.text, "blocks": message.blocks}
	if thread != "" {
		body["thread_ts"] = thread
	}
	return body
}

// respond posts to a response_url.
func (p *Platform) respond(ctx context.Context, address string, body object) error {
	if !p.mayRespond(address) {
		return errors.New("the response_url leads away from Slack")
	}
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(data))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := p.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address itself is a key
		}
		return err
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if resp.StatusCode != http.StatusOK || bytes.Contains(said, []byte(`"ok":false`)) {
		return fmt.Errorf("HTTP status %d: %s", resp.StatusCode, quoted(said))
	}
	return nil
}

// mayRespond says whether an address belongs to Slack, or to the host of the configured API.
func (p *Platform) mayRespond(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if u.Scheme == "https" && (host == "slack.com" || host == "slack-gov.com" || strings.HasSuffix(host, ".slack.com") || strings.HasSuffix(host, ".slack-gov.com")) {
		return true
	}
	api, err := url.Parse(p.config.APIURL)
	if err != nil || u.Scheme != "https" && u.Scheme != api.Scheme {
		return false
	}
	return host == api.Hostname() || isLoopback(host) && isLoopback(api.Hostname())
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// mayLink says the same of the address of a Socket Mode link.
func (p *Platform) mayLink(u *url.URL) bool {
	as := *u
	as.Scheme = strings.NewReplacer("wss", "https", "ws", "http").Replace(u.Scheme)
	return p.mayRespond(as.String())
}
