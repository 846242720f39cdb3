package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
)

// The kinds of payload, as Socket Mode names them.
const (
	kindEvent   = "events_api"
	kindCommand = "slash_commands"
	kindAction  = "interactive"
)

// heard is what a payload means for the bot.
type heard struct {
	in bot.Incoming
	question

	// open is a modal to show in place of an answer; it needs the trigger within three seconds.
	open    object
	trigger string

	form *bot.Form // that is open until the event is taken; nil for none
}

// hear reads a payload. It gives nil for what is not meant for the bot: its own words, those of
// other bots, edits, events of other workspaces. An error means that the payload makes no sense.
//
// The payload is read into small structs of our own, so that a block of a kind that nobody knew when
// this was written does not hide the command beside it.
func (p *Platform) hear(ctx context.Context, kind string, payload []byte) (*heard, error) {
	payload = bytes.TrimSpace(payload)
	if len(payload) == 0 || payload[0] != '{' {
		return nil, fmt.Errorf("a payload of kind %s that is no object", cutText(kind, 40))
	}
	switch kind {
	case kindEvent:
		return p.hearEvent(ctx, payload)
	case kindCommand:
		return p.hearCommand(ctx, payload)
	case kindAction:
		return p.hearAction(ctx, payload)
	}
	return nil, fmt.Errorf("a payload of the unknown kind %q", cutText(kind, 40))
}

// eventPayload is the part of an Events API payload that matters here.
type eventPayload struct {
	Type       string `json:"type"`
	Team       string `json:"team_id"`
	Enterprise string `json:"enterprise_id"`
	ID         string `json:"event_id"`
	Time       int64  `json:"event_time"`
	Event      struct {
		Type        string          `json:"type"`
		Subtype     string          `json:"subtype"`
		User        string          `json:"user"`
		BotID       string          `json:"bot_id"`
		Text        string          `json:"text"`
		TS          string          `json:"ts"`
		Thread      string          `json:"thread_ts"`
		Channel     json.RawMessage `json:"channel"` // an id, or an object in channel events
		ChannelType string          `json:"channel_type"`
		Edited      json.RawMessage `json:"edited"`
		Tab         string          `json:"tab"`
		Reaction    string          `json:"reaction"`
		ItemUser    string          `json:"item_user"`
		Item        struct {
			Type    string `json:"type"`
			Channel string `json:"channel"`
			TS      string `json:"ts"`
		} `json:"item"`
		EventTS string `json:"event_ts"`
	} `json:"event"`
}

func (e *eventPayload) channel() string {
	var id string
	_ = json.Unmarshal(e.Event.Channel, &id) // an object names no channel to answer in
	return id
}

func (p *Platform) hearEvent(ctx context.Context, payload []byte) (*heard, error) {
	var e eventPayload
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, fmt.Errorf("read an event: %w", err)
	}
	if e.Type == "app_rate_limited" {
		p.Log.Warn("Slack holds back events: too many in an hour")
		return nil, nil
	}
	if !p.fromOurTeam(ctx, e.Team, e.Enterprise) {
		p.Log.Info("event of another workspace ignored", "team", cutText(e.Team, 20))
		return nil, nil
	}
	if e.Event.Type == "" {
		return nil, fmt.Errorf("an event without a type")
	}
	if hear := hearing[e.Event.Type]; hear != nil {
		return hear(p, ctx, &e)
	}
	return nil, nil
}

// hearing is what each type of event means. The manifest subscribes to these, and to no others.
var hearing = map[string]func(*Platform, context.Context, *eventPayload) (*heard, error){
	"app_mention": (*Platform).hearMessage, "message": (*Platform).hearMessage, "reaction_added": (*Platform).hearReaction,
	"app_home_opened": (*Platform).hearHome, "member_joined_channel": (*Platform).hearOfChannels,
	"channel_rename": (*Platform).hearOfChannels, "channel_archive": (*Platform).hearOfChannels,
	"channel_unarchive": (*Platform).hearOfChannels, "channel_deleted": (*Platform).hearOfChannels,
	"group_rename": (*Platform).hearOfChannels, "group_archive": (*Platform).hearOfChannels,
	"group_unarchive": (*Platform).hearOfChannels, "group_deleted": (*Platform).hearOfChannels,
	"channel_left": (*Platform).hearOfChannels, "group_left": (*Platform).hearOfChannels,
	"tokens_revoked": (*Platform).hearOfOurEnd, "app_uninstalled": (*Platform).hearOfOurEnd,
}

// hearHome is a person who opens the app's Home tab.
func (p *Platform) hearHome(_ context.Context, e *eventPayload) (*heard, error) {
	if e.Event.Tab != "home" || !userID.MatchString(e.Event.User) {
		return nil, nil
	}
	return &heard{in: bot.Incoming{Key: "slack|event|" + e.ID, Room: homeRoom(e.Event.User), User: e.Event.User,
		Text: "home", Kind: bot.ByDirect, Time: eventTime(e.Event.EventTS, e.Time)}}, nil
}

func (p *Platform) hearOfOurEnd(_ context.Context, e *eventPayload) (*heard, error) {
	p.Log.Error("the app was removed from the workspace", "event", e.Event.Type)
	return nil, nil
}

// fromOurTeam says whether an event belongs to the workspace of our token. In a shared channel the
// events come to our own team, whoever speaks; who may do what is asked later.
func (p *Platform) fromOurTeam(ctx context.Context, team, enterprise string) bool {
	who, err := p.self.get(ctx)
	if err != nil || team == "" || team == who.Team {
		return true
	}
	return who.Enterprise != "" && enterprise == who.Enterprise
}

// hearMessage reads what somebody wrote. A mention in a channel comes twice, as app_mention and as
// message; channel and time make one key of both.
func (p *Platform) hearMessage(ctx context.Context, e *eventPayload) (*heard, error) {
	who, err := p.self.get(ctx)
	if err != nil {
		return nil, err
	}
	channel, m := e.channel(), &e.Event
	isOurs := m.User == who.User || m.BotID != "" && m.BotID == who.Bot
	if isOurs || m.BotID != "" || m.Subtype != "" && m.Subtype != "thread_broadcast" && m.Subtype != "file_share" ||
		present(m.Edited) || !userID.MatchString(m.User) || !channelID.MatchString(channel) || parseTime(m.TS).IsZero() {
		return nil, nil
	}
	direct := m.ChannelType == "im" || m.ChannelType == "" && strings.HasPrefix(channel, "D")
	text, mentioned := withoutMention(m.Text, who.User)
	if !direct && !mentioned {
		return nil, nil
	}
	kind := bot.ByMention
	switch {
	case m.Thread != "" && m.Thread != m.TS:
		kind = bot.ByReply
	case direct:
		kind = bot.ByDirect
	}
	return &heard{
		in: bot.Incoming{Key: "slack|message|" + channel + "|" + m.TS, Room: p.room(ctx, channel, m.User), User: m.User,
			Text: plainCommand(text), Message: m.TS, Thread: m.Thread, Kind: kind, Time: parseTime(m.TS)},
		question: question{channel: channel},
	}, nil
}

func present(raw json.RawMessage) bool {
	return len(raw) > 0 && string(raw) != "null"
}

// hearReaction reads an emoji on one of our messages.
func (p *Platform) hearReaction(ctx context.Context, e *eventPayload) (*heard, error) {
	who, err := p.self.get(ctx)
	if err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(e.Event.Reaction, "::") // without the skin tone
	command, known := p.config.Reactions[name]
	item := e.Event.Item
	if !known || item.Type != "message" || e.Event.ItemUser != who.User || e.Event.User == who.User ||
		!userID.MatchString(e.Event.User) || !channelID.MatchString(item.Channel) {
		return nil, nil
	}
	return &heard{in: bot.Incoming{
		Key:  fmt.Sprintf("slack|reaction|%s|%s|%s|%s|%s", item.Channel, item.TS, e.Event.User, name, e.Event.EventTS),
		Room: p.room(ctx, item.Channel, e.Event.User), User: e.Event.User, Text: command,
		Thread: p.replies.parentOf(item.Channel, item.TS), Kind: bot.ByReaction, Time: eventTime(e.Event.EventTS, e.Time)},
		question: question{channel: item.Channel}}, nil
}

func eventTime(ts string, seconds int64) time.Time {
	if t := parseTime(ts); !t.IsZero() {
		return t
	}
	if seconds > 0 {
		return time.Unix(seconds, 0).UTC()
	}
	return time.Time{}
}

// commandPayload is a slash command.
type commandPayload struct {
	Command     string `json:"command"`
	Text        string `json:"text"`
	Team        string `json:"team_id"`
	Enterprise  string `json:"enterprise_id"`
	Channel     string `json:"channel_id"`
	User        string `json:"user_id"`
	Name        string `json:"user_name"`
	Trigger     string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
}

func (p *Platform) hearCommand(ctx context.Context, payload []byte) (*heard, error) {
	var c commandPayload
	if err := json.Unmarshal(payload, &c); err != nil {
		return nil, fmt.Errorf("read a slash command: %w", err)
	}
	if !userID.MatchString(c.User) || !channelID.MatchString(c.Channel) || c.Trigger == "" {
		return nil, fmt.Errorf("a slash command without user, channel or trigger")
	}
	if !p.fromOurTeam(ctx, c.Team, c.Enterprise) {
		p.Log.Info("command of another workspace refused", "team", cutText(c.Team, 20), "user", c.User)
		return nil, nil
	}
	return &heard{
		in: bot.Incoming{Key: "slack|trigger|" + c.Trigger, Room: p.room(ctx, c.Channel, c.User), User: c.User, Name: c.Name,
			Text: plainCommand(c.Text), Kind: bot.ByCommand, Private: true, Time: p.Now().UTC()},
		question: question{channel: c.Channel, url: c.ResponseURL},
	}, nil
}

// actionPayload is a click, a chosen menu entry, a shortcut or a submitted modal.
type actionPayload struct {
	Type    string `json:"type"`
	Trigger string `json:"trigger_id"`
	Team    *struct {
		ID         string `json:"id"`
		Enterprise string `json:"enterprise_id"`
	} `json:"team"`
	User struct {
		ID   string `json:"id"`
		Name string `json:"username"`
		Team string `json:"team_id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		Type      string `json:"type"`
		Message   string `json:"message_ts"`
		Channel   string `json:"channel_id"`
		Thread    string `json:"thread_ts"`
		Ephemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
	Message struct {
		TS     string `json:"ts"`
		Thread string `json:"thread_ts"`
	} `json:"message"`
	ResponseURL string   `json:"response_url"`
	Callback    string   `json:"callback_id"`
	Actions     []action `json:"actions"`
	View        *view    `json:"view"`
}

// action is one click or choice.
type action struct {
	ID       string `json:"action_id"`
	Value    string `json:"value"`
	TS       string `json:"action_ts"`
	Selected struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

func (p *Platform) hearAction(ctx context.Context, payload []byte) (*heard, error) {
	var a actionPayload
	if err := json.Unmarshal(payload, &a); err != nil {
		return nil, fmt.Errorf("read an interaction: %w", err)
	}
	if !userID.MatchString(a.User.ID) {
		return nil, fmt.Errorf("an interaction of nobody")
	}
	if a.Team != nil && !p.fromOurTeam(ctx, a.Team.ID, a.Team.Enterprise) {
		p.Log.Info("interaction of another workspace refused", "team", cutText(a.Team.ID, 20), "user", a.User.ID)
		return nil, nil
	}
	switch a.Type {
	case "block_actions":
		return p.hearClick(ctx, &a)
	case "message_action":
		return p.hearShortcut(ctx, &a)
	case "shortcut":
		if a.Callback == shortcutSearch && a.Trigger != "" {
			return &heard{open: searchModal(), trigger: a.Trigger, in: bot.Incoming{User: a.User.ID, Room: bot.MakeRoom(Name, a.User.ID)}}, nil
		}
	case "view_submission":
		return p.hearSubmission(&a)
	case "":
		return nil, fmt.Errorf("an interaction without a type")
	}
	return nil, nil
}

// hearClick reads a button or menu. Its value is a command as anybody could type it; whether this
// person may is asked when it runs.
func (p *Platform) hearClick(ctx context.Context, a *actionPayload) (*heard, error) {
	if len(a.Actions) == 0 {
		return nil, fmt.Errorf("a click on nothing")
	}
	act := &a.Actions[0]
	how, rest, _ := strings.Cut(act.ID, "|")
	text, ask := act.Value, how == actionAsk
	switch how {
	case actionButton, actionAsk:
	case actionMenu:
		_, command, _ := strings.Cut(rest, "|")
		text = command + " " + act.Selected.Value
		if act.Selected.Value == chooseForm {
			text, ask = command, true
		}
	case actionSearch:
		text = "search " + act.Value
	default:
		return nil, nil // a link, or the button of an older version
	}
	key := "slack|action|" + a.Trigger + "|" + act.TS
	if a.Trigger == "" && act.TS == "" {
		return nil, fmt.Errorf("a click without a trigger")
	}
	in := bot.Incoming{Key: key, User: a.User.ID, Name: a.User.Name, Text: strings.TrimSpace(text), Kind: bot.ByButton, Time: eventTime(act.TS, 0)}
	if in.Time.IsZero() {
		in.Time = p.Now().UTC()
	}
	if a.Container.Type == "view" || a.View != nil && a.Container.Channel == "" && a.Channel.ID == "" {
		in.Room = homeRoom(a.User.ID)
		return &heard{in: in}, nil
	}
	channel := a.Channel.ID
	if channel == "" {
		channel = a.Container.Channel
	}
	if !channelID.MatchString(channel) {
		return nil, fmt.Errorf("a click in no channel")
	}
	in.Room = p.room(ctx, channel, a.User.ID)
	in.Private = !strings.HasPrefix(channel, "D")
	message, thread := firstOf(a.Container.Message, a.Message.TS), firstOf(a.Container.Thread, a.Message.Thread)
	switch {
	case a.Container.Ephemeral:
		in.Thread = thread // nobody can reply to an ephemeral message
	case thread != "":
		in.Thread = thread
	default:
		in.Thread = message
	}
	if ask {
		modal, form := formModal(formPlace{Command: text, Room: in.Room, Channel: channel, Thread: in.Thread})
		if form == nil || a.Trigger == "" {
			return nil, fmt.Errorf("a click that asks for a form of %q", cutText(text, 40))
		}
		return &heard{open: modal, trigger: a.Trigger, in: in}, nil
	}
	q := question{channel: channel, url: a.ResponseURL}
	if thread != "" && thread != message {
		q.thread = thread
	}
	return &heard{in: in, question: q}, nil
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// hearShortcut reads an entry of a message's menu: its callback is the command.
func (p *Platform) hearShortcut(ctx context.Context, a *actionPayload) (*heard, error) {
	command, known := messageShortcuts[a.Callback]
	if !known || !channelID.MatchString(a.Channel.ID) || a.Trigger == "" {
		return nil, nil
	}
	return &heard{
		in: bot.Incoming{Key: "slack|trigger|" + a.Trigger, Room: p.room(ctx, a.Channel.ID, a.User.ID), User: a.User.ID, Name: a.User.Name,
			Text: command, Thread: firstOf(a.Message.Thread, a.Message.TS), Kind: bot.ByButton, Private: true, Time: p.Now().UTC()},
		question: question{channel: a.Channel.ID, url: a.ResponseURL},
	}, nil
}

func (p *Platform) room(ctx context.Context, channel, user string) bot.Room {
	return p.rooms.room(ctx, channel, user, p.Rooms())
}

var mentionOf = regexp.MustCompile(`<@([UW][A-Z0-9]+)(?:\|[^>]*)?>`)

// withoutMention takes the first mention of user out of a message's text.
func withoutMention(text, user string) (string, bool) {
	for _, at := range mentionOf.FindAllStringSubmatchIndex(text, -1) {
		if text[at[2]:at[3]] == user {
			before, after := text[:at[0]], text[at[1]:]
			return strings.TrimSpace(strings.TrimSpace(before) + " " + strings.TrimLeft(after, " :,")), true
		}
	}
	return text, false
}

var control = regexp.MustCompile(`<([^<>|]*)(?:\|([^<>]*))?>`)

var unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// plainCommand undoes what Slack makes of typed text: links and mentions become the words that were
// typed, and the three escaped characters themselves again, once.
func plainCommand(s string) string {
	const most = 16 << 10
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	var b strings.Builder
	at := 0
	for _, m := range control.FindAllStringSubmatchIndex(s, -1) {
		target, shown := s[m[2]:m[3]], ""
		if m[4] >= 0 {
			shown = s[m[4]:m[5]]
		}
		b.WriteString(unescaper.Replace(s[at:m[0]]))
		b.WriteString(unescaper.Replace(typed(target, shown)))
		at = m[1]
	}
	b.WriteString(unescaper.Replace(s[at:]))
	return strings.TrimSpace(strings.ReplaceAll(b.String(), "\x00", ""))
}

// typed gives what a person typed for <target|shown>.
func typed(target, shown string) string {
	switch {
	case strings.HasPrefix(target, "@"):
		return "@" + firstOf(shown, target[1:])
	case strings.HasPrefix(target, "#"):
		return "#" + firstOf(shown, target[1:])
	case strings.HasPrefix(target, "!"):
		word, _, _ := strings.Cut(target[1:], "^")
		return "@" + strings.TrimPrefix(firstOf(shown, word), "@")
	case strings.HasPrefix(target, "mailto:"):
		return firstOf(shown, strings.TrimPrefix(target, "mailto:"))
	case shown != "" && strings.HasSuffix(strings.TrimSuffix(target, "/"), strings.TrimSuffix(shown, "/")):
		return shown // a bare domain that Slack made a link
	}
	return target
}
