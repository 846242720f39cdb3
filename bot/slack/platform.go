package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	slackgo "github.com/slack-go/slack"

	"github.com/tocsin-bot/tocsin/bot"
)

// Name is the platform's name, the first part of its rooms.
const Name = "slack"

// Options are what the platform needs besides its config.
type Options struct {
	Log *slog.Logger

	// Rooms gives the rooms that are named anywhere in rules and config, so that what is said in a
	// channel finds the alerts that were told there under the channel's name. Defaults to none:
	// names are learned from the posts.
	Rooms func() []bot.Room

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Platform is a Slack workspace, as the app sees it. It is a bot.Listener.
type Platform struct {
	config Config
	Options
	web  *web
	api  *slackgo.Client
	http *http.Client

	rooms    *directory
	people   *people
	replies  *replies
	attempts *attempts
	self     identity

	pings, silence time.Duration // how long a link may be without a ping, and without a byte
	arrival        time.Duration // how long a request may take to arrive
}

// Open makes the platform. It checks the config and calls nobody.
func Open(c Config, o Options) (*Platform, error) {
	c, err := c.fill()
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rooms == nil {
		o.Rooms = func() []bot.Room { return nil }
	}
	client := newHTTPClient()
	p := &Platform{config: c, Options: o, http: client,
		web: &web{url: c.APIURL, token: c.BotToken.Reveal(), client: client, now: o.Now, held: map[string]time.Time{}},
		api: slackgo.New(c.BotToken.Reveal(), slackgo.OptionAPIURL(c.APIURL), slackgo.OptionHTTPClient(client),
			slackgo.OptionAppLevelToken(c.AppToken.Reveal())),
		attempts: &attempts{last: map[string]time.Time{}}, pings: pingInterval, silence: silence, arrival: arrival,
	}
	p.rooms = newDirectory(p.web, o.Now)
	p.people = newPeople(p)
	p.replies = newReplies(o.Now)
	p.self.web = p.web
	return p, nil
}

// Name is "slack".
func (p *Platform) Name() string { return Name }

// Pace is what Slack asks for: a message a second and channel. The margin is for requests that
// overtake each other on the way. A workspace takes several hundred a minute for long and more for
// a while; where it has enough it says so, and for how long.
func (p *Platform) Pace() bot.Pace {
	return bot.Pace{Room: 1100 * time.Millisecond, Burst: 1, All: 40 * time.Millisecond}
}

// Post posts, edits or replies. Slack has no key that makes a repeat harmless, so the delivery's key
// goes into the message's metadata, and a repeat is looked up there before it is posted again.
func (p *Platform) Post(ctx context.Context, post bot.Post) (string, error) {
	id, err := p.post(ctx, post)
	var send *bot.SendError
	switch {
	case err == nil:
		return id, nil
	case errors.As(err, &send):
		return "", send
	}
	return "", sendError(err)
}

func (p *Platform) post(ctx context.Context, post bot.Post) (string, error) {
	_, address := post.Room.Parse()
	if user, ok := homeOf(address); ok {
		return p.publishHome(ctx, user, post.Message)
	}
	channel, err := p.rooms.channel(ctx, address)
	if err != nil {
		return "", err
	}
	switch {
	case post.Edit != "":
		return p.edit(ctx, channel, post)
	case post.To != "":
		return p.whisper(ctx, channel, post)
	}
	if post.Repeat {
		id, err := p.find(ctx, channel, post)
		if id != "" || err != nil {
			return id, err
		}
	}
	id, err := p.say(ctx, channel, post)
	switch codeOf(err) {
	case "thread_not_found":
		post.Thread = "" // its parent was deleted: the words still count
		return p.say(ctx, channel, post)
	case "not_in_channel", "channel_not_found":
		if p.answerInChannel(ctx, post) { // a slash command works where we are no member
			return answered, nil
		}
	}
	return id, err
}

// say posts one message that everybody in the channel sees.
func (p *Platform) say(ctx context.Context, channel string, post bot.Post) (string, error) {
	message := render(post.Message, inMessage)
	args := url.Values{
		"channel": {channel}, "text": {message.text}, "blocks": {encode(message.blocks)},
		"metadata":     {encode(object{"event_type": metadataType, "event_payload": object{"key": metadataKey(post.Key)}})},
		"unfurl_links": {flag(p.config.Unfurl)}, "unfurl_media": {flag(p.config.Unfurl)},
		"parse": {"none"}, "link_names": {"false"},
	}
	if post.Thread != "" {
		args.Set("thread_ts", p.replies.parentOf(channel, post.Thread))
		if post.Broadcast {
			args.Set("reply_broadcast", "true")
		}
	}
	var answer struct {
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	}
	err := p.web.call(ctx, "chat.postMessage", channel, args, &answer)
	if err == nil && answer.TS == "" {
		err = &callError{method: "chat.postMessage", sent: true, status: http.StatusOK, cause: errors.New("the answer names no message")}
	}
	if err != nil {
		if sendError(err).Fate == bot.Ambiguous {
			p.attempts.note(post.Key, p.Now())
		}
		return "", err
	}
	p.attempts.forget(post.Key)
	p.rooms.learn(post.Room, channel, answer.Channel)
	if post.Thread != "" {
		p.replies.remember(channel, answer.TS, args.Get("thread_ts"))
	}
	p.replies.answered(ctx, p, post.Key)
	if message.cut != nil {
		p.attachTable(ctx, channel, args.Get("thread_ts"), answer.TS, message.cut)
	}
	return answer.TS, nil
}

// edit replaces a message of ours. It may be done twice. What can no longer be edited is left as it
// is: its readers have seen it.
func (p *Platform) edit(ctx context.Context, channel string, post bot.Post) (string, error) {
	message := render(post.Message, inMessage)
	channel, err := p.rooms.direct(ctx, channel)
	if err != nil {
		return "", err
	}
	err = p.web.call(ctx, "chat.update", "", url.Values{
		"channel": {channel}, "ts": {post.Edit}, "text": {message.text}, "blocks": {encode(message.blocks)},
		"parse": {"none"}, "link_names": {"false"},
	}, nil)
	switch codeOf(err) {
	case "message_not_found", "edit_window_closed", "cant_update_message":
		p.Log.Warn("message cannot be edited any more", "room", post.Room, "message", post.Edit, "reason", codeOf(err))
		return post.Edit, nil
	}
	if err != nil {
		return "", err
	}
	return post.Edit, nil
}

func flag(on bool) string {
	if on {
		return "true"
	}
	return "false"
}

// identity is who we are in the workspace; asked once, when it is first needed.
type identity struct {
	web *web

	mu    sync.Mutex
	known *me
}

// me is the answer of auth.test.
type me struct {
	Team       string `json:"team_id"`
	TeamName   string `json:"team"`
	Enterprise string `json:"enterprise_id"`
	User       string `json:"user_id"`
	Bot        string `json:"bot_id"`
	Name       string `json:"user"`
	URL        string `json:"url"`
}

func (i *identity) get(ctx context.Context) (me, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.known != nil {
		return *i.known, nil
	}
	var who me
	if err := i.web.call(ctx, "auth.test", "", nil, &who); err != nil {
		return me{}, fmt.Errorf("ask Slack who we are: %w", err)
	}
	i.known = &who
	return who, nil
}
