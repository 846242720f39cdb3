package matrix

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

const (
	maxCommand = 8 << 10 // bytes of one command that are looked at
	nameFresh  = time.Hour
)

// message hears one event of a timeline. An error means that what it says was not stored.
func (s *session) message(ctx context.Context, room id.RoomID, e *event.Event) error {
	e.RoomID, e.Type.Class = room, event.MessageEventType
	if e.Sender == s.account.UserID || !isUser(string(e.Sender)) || !strings.HasPrefix(string(e.ID), "$") || len(e.ID) > maxID {
		return nil
	}
	outer := e.Content.Raw
	wasEncrypted := e.Type.Type == event.EventEncrypted.Type
	if wasEncrypted {
		clear, err := s.open(ctx, room, e)
		if clear == nil || err != nil {
			return err
		}
		e = clear
	}
	var in *bot.Incoming
	var err error
	switch e.Type.Type {
	case event.EventMessage.Type:
		if !wasEncrypted {
			if facts, err := s.memory.room(ctx, room); err != nil {
				return err
			} else if facts.encrypted {
				// Whoever runs the server can write it in anybody's name.
				s.Log.Warn("message without encryption in an encrypted room ignored", "room", room, "event", e.ID, "user", e.Sender)
				return nil
			}
		}
		in, err = s.said(ctx, room, e, outer)
	case event.EventReaction.Type:
		in, err = s.reacted(ctx, room, e)
	}
	if err != nil || in == nil {
		return err
	}
	in.Key, in.User, in.Time = string(e.ID), string(e.Sender), time.UnixMilli(e.Timestamp).UTC()
	in.Room = s.roomName(ctx, room)
	in.Name = localpart(e.Sender)
	if err := s.handle(ctx, *in); err != nil {
		return fmt.Errorf("store the event %s: %w", e.ID, err)
	}
	return nil
}

func localpart(user id.UserID) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(string(user), "@"), ":")
	return name
}

// open decrypts an event. It gives nothing for one that waits for its key, or that no key opens.
func (s *session) open(ctx context.Context, room id.RoomID, e *event.Event) (*event.Event, error) {
	if s.account.vault == nil {
		return nil, nil
	}
	if err := e.Content.ParseRaw(event.EventEncrypted); err != nil && !errors.Is(err, event.ErrContentAlreadyParsed) {
		return nil, nil
	}
	content, ok := e.Content.Parsed.(*event.EncryptedEventContent)
	if !ok {
		return nil, nil
	}
	clear, err := s.account.vault.decrypt(ctx, e)
	switch {
	case errors.Is(err, errNoKey):
		s.Log.Info("message waits for its key", "room", room, "event", e.ID, "user", e.Sender)
		s.account.vault.ask(ctx, e)
		return nil, s.memory.keepLocked(ctx, e, content.SessionID)
	case err != nil:
		s.Log.Warn("message not decrypted", "room", room, "event", e.ID, "user", e.Sender, "err", err)
		return nil, s.memory.unlock(ctx, e.ID)
	}
	clear.RoomID, clear.Type.Class = room, event.MessageEventType
	if s.config.VerifiedOnly && !s.verified(clear) {
		s.Log.Info("message of an unverified device ignored", "room", room, "event", e.ID, "user", e.Sender)
		return nil, s.memory.unlock(ctx, e.ID)
	}
	return clear, nil
}

func (s *session) verified(e *event.Event) bool {
	return e.Mautrix.TrustState >= id.TrustStateCrossSignedTOFU
}

// said reads what somebody wrote. It gives nothing for talk that is not meant for the bot, and for
// notices, edits and everything that is not plain text.
func (s *session) said(ctx context.Context, room id.RoomID, e *event.Event, outer map[string]any) (*bot.Incoming, error) {
	raw := e.Content.Raw
	relates, _ := raw["m.relates_to"].(map[string]any)
	if relates == nil {
		relates, _ = outer["m.relates_to"].(map[string]any)
	}
	body, _ := raw["body"].(string)
	if kind, _ := raw["msgtype"].(string); kind != string(event.MsgText) || body == "" || relates["rel_type"] == string(event.RelReplace) || raw["m.new_content"] != nil {
		return nil, nil
	}
	if len(body) > maxCommand {
		body = strings.ToValidUTF8(body[:maxCommand], "")
	}
	replied, root := replyOf(relates)
	if replied != "" {
		body = withoutQuote(body)
	}
	in := &bot.Incoming{Message: string(e.ID), Thread: string(root)}
	if text, ok := withoutPrefix(body, s.prefix(ctx, room)); ok {
		in.Text, in.Kind = text, bot.ByCommand
		return s.under(ctx, room, in, replied, root)
	}
	if text, ok := s.withoutMention(ctx, room, body, raw); ok {
		in.Text, in.Kind = text, bot.ByMention
		return s.under(ctx, room, in, replied, root)
	}
	in.Text = strings.TrimSpace(body)
	target := replied
	if target == "" {
		target = root
	}
	if target != "" {
		seen, err := s.rooms.look(ctx, s.account, room, target)
		if err != nil {
			return nil, err
		}
		// People talk to each other under an alert as well: only what is a command is meant for us.
		if seen.ours && bot.IsCommand(in.Text) {
			in.Kind = bot.ByReply
			return s.under(ctx, room, in, replied, root)
		}
	}
	if direct, err := s.direct(ctx, room); err != nil || !direct {
		return nil, err
	}
	in.Kind = bot.ByDirect
	return in, nil
}

// under fills in the message that in is about: the root of the thread, or what it replies to.
func (s *session) under(ctx context.Context, room id.RoomID, in *bot.Incoming, replied, root id.EventID) (*bot.Incoming, error) {
	if root != "" || replied == "" {
		return in, nil
	}
	seen, err := s.rooms.look(ctx, s.account, room, replied)
	if err != nil || !seen.ours {
		return in, err
	}
	in.Thread = string(replied)
	if seen.root != "" {
		in.Thread = string(seen.root)
	}
	return in, nil
}

// replyOf gives the message that a content replies to on purpose, and the root of its thread. In a
// thread clients name the latest message for those that know no threads, which is no reply.
func replyOf(relates map[string]any) (replied, root id.EventID) {
	if reply, ok := relates["m.in_reply_to"].(map[string]any); ok {
		e, _ := reply["event_id"].(string)
		replied = id.EventID(e)
	}
	if relates["rel_type"] == string(event.RelThread) {
		e, _ := relates["event_id"].(string)
		root = id.EventID(e)
		if falling, _ := relates["is_falling_back"].(bool); falling {
			replied = ""
		}
	}
	return replied, root
}

// withoutQuote leaves out the quoted lines that older clients put before a reply.
func withoutQuote(body string) string {
	rest := body
	for strings.HasPrefix(rest, "> ") || strings.HasPrefix(rest, ">\n") {
		_, after, more := strings.Cut(rest, "\n")
		if !more {
			return ""
		}
		rest = after
	}
	return strings.TrimPrefix(rest, "\n")
}

// prefix is what commands begin with in a room.
func (s *session) prefix(ctx context.Context, room id.RoomID) string {
	if own, ok := s.config.Prefixes[string(room)]; ok {
		return own
	}
	for named, own := range s.config.Prefixes {
		if at, err := s.rooms.resolve(ctx, s.account, bot.MakeRoom(Name, named)); err == nil && at == room {
			return own
		}
	}
	return s.config.Prefix
}

// withoutPrefix gives the command behind a prefix, which must be a word of its own.
func withoutPrefix(body, prefix string) (string, bool) {
	body = strings.TrimSpace(body)
	if len(body) < len(prefix) || !strings.EqualFold(body[:len(prefix)], prefix) {
		return "", false
	}
	rest := body[len(prefix):]
	if rest != "" && !strings.ContainsAny(rest[:1], " \t\n\u00a0:,") && !strings.HasPrefix(rest, "\u00a0") {
		return "", false
	}
	return strings.TrimLeft(rest, " \t\n\u00a0:,"), true
}

var mentionEnd = regexp.MustCompile(`^[\s:,]+`)

// withoutMention gives the command behind a mention of the bot at the beginning. A client says whom a
// message mentions; one that does not must write the full id.
func (s *session) withoutMention(ctx context.Context, room id.RoomID, body string, raw map[string]any) (string, bool) {
	names := []string{s.config.User}
	if mentions, ok := raw["m.mentions"].(map[string]any); ok {
		mentioned := false
		ids, _ := mentions["user_ids"].([]any)
		for _, one := range ids {
			mentioned = mentioned || one == s.config.User
		}
		if !mentioned {
			return "", false
		}
		names = append(append(names, localpart(s.account.UserID)), s.displayNames(ctx, room)...)
	}
	body = strings.TrimSpace(body)
	for _, name := range names {
		for _, shown := range []string{name, "@" + name} {
			if name == "" || len(body) < len(shown) || !strings.EqualFold(body[:len(shown)], shown) {
				continue
			}
			rest := body[len(shown):]
			if rest == "" || mentionEnd.MatchString(rest) {
				return mentionEnd.ReplaceAllString(rest, ""), true
			}
		}
	}
	return "", false
}

// displayNames are what clients write for our id in a mention: the name in the room, or that of the
// account.
func (s *session) displayNames(ctx context.Context, room id.RoomID) (names []string) {
	if member, err := s.memory.rooms.TryGetMember(ctx, room, s.account.UserID); err == nil && member != nil {
		names = append(names, member.Displayname)
	}
	if s.Now().Sub(s.nameAsked) > nameFresh {
		if answer, err := s.account.GetOwnDisplayName(ctx); err == nil {
			s.shownName, s.nameAsked = answer.DisplayName, s.Now()
		}
	}
	return append(names, s.shownName)
}

// direct says whether a room is a conversation of one person with the bot.
func (s *session) direct(ctx context.Context, room id.RoomID) (bool, error) {
	facts, err := s.memory.room(ctx, room)
	if err != nil || !facts.direct {
		return false, err
	}
	members, err := s.memory.rooms.GetRoomJoinedOrInvitedMembers(ctx, room)
	return len(members) <= 2, err
}

// reacted reads an emoji on one of our messages.
func (s *session) reacted(ctx context.Context, room id.RoomID, e *event.Event) (*bot.Incoming, error) {
	relates, _ := e.Content.Raw["m.relates_to"].(map[string]any)
	key, _ := relates["key"].(string)
	target, _ := relates["event_id"].(string)
	command, known := s.config.Reactions[plainEmoji(key)]
	if !known || relates["rel_type"] != string(event.RelAnnotation) || target == "" {
		return nil, nil
	}
	seen, err := s.rooms.look(ctx, s.account, room, id.EventID(target))
	if err != nil || !seen.ours {
		return nil, err
	}
	if seen.root != "" {
		target = string(seen.root)
	}
	return &bot.Incoming{Text: command, Kind: bot.ByReaction, Thread: target}, nil
}

// plainEmoji leaves out skin tones and the mark that asks for colour.
func plainEmoji(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\ufe0f' || r >= 0x1F3FB && r <= 0x1F3FF {
			return -1
		}
		return r
	}, s)
}
