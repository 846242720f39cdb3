package slacktest

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

var tsForm = regexp.MustCompile(`^\d{10}\.\d{6}$`)

// target finds the channel that a post goes to; a person's id opens the direct channel. s.mu is held.
func (s *Server) target(id string) (*Channel, *failure) {
	if c := s.channels[id]; c != nil {
		switch {
		case c.Private && c.Absent:
			return nil, fail("channel_not_found")
		case c.Archived:
			return nil, fail("is_archived")
		case c.Absent:
			return nil, fail("not_in_channel")
		case c.ReadOnly:
			return nil, fail("restricted_action_read_only_channel")
		}
		return c, nil
	}
	if u := s.users[id]; u != nil {
		switch {
		case u.Deleted:
			return nil, fail("user_disabled")
		case u.Bot:
			return nil, fail("cannot_dm_bot")
		}
		return s.direct(id), nil
	}
	return nil, fail("channel_not_found")
}

func (s *Server) direct(user string) *Channel {
	for _, c := range s.channels {
		if c.Direct == user {
			return c
		}
	}
	c := &Channel{ID: s.id("D"), Direct: user}
	s.channels[c.ID] = c
	return c
}

// paced refuses a message that comes too soon after the others of its channel. s.mu is held.
func (s *Server) paced(c *Channel) *failure {
	if s.RoomEvery <= 0 {
		return nil
	}
	now := time.Now()
	burst := max(s.RoomBurst, 1)
	recent := s.sent[c.ID]
	if len(recent) >= burst {
		if wait := s.RoomEvery*time.Duration(burst) - now.Sub(recent[len(recent)-burst]); wait > 0 {
			s.refuse("chat.postMessage: %v too early in %s", wait, c.ID)
			return &failure{code: "ratelimited", after: wait}
		}
	}
	s.sent[c.ID] = append(recent[max(0, len(recent)-burst):], now)
	return nil
}

// content checks the text, blocks and metadata of a message. s.mu is held.
func (s *Server) content(args url.Values, maxText int) (m *Message, f *failure) {
	m = &Message{Text: args.Get("text")}
	if args.Get("text") == "" && args.Get("blocks") == "" {
		return nil, fail("no_text")
	}
	if args.Has("markdown_text") && (args.Has("text") || args.Has("blocks")) {
		return nil, fail("markdown_text_conflict")
	}
	if utf8.RuneCountInString(m.Text) > maxText {
		return nil, fail("msg_too_long")
	}
	if !utf8.ValidString(m.Text) || strings.ContainsRune(m.Text, 0) {
		return nil, fail("invalid_form_data")
	}
	auto := args.Get("parse") == "full" || args.Get("link_names") == "true" || args.Get("link_names") == "1"
	fallback := parseText(m.Text, parsing{names: auto, urls: args.Get("parse") != "none"})
	if raw := args.Get("blocks"); raw != "" {
		shown, problems, code := checkBlocks([]byte(raw), messageSurface)
		if code != "" {
			return nil, &failure{code: code, messages: problems}
		}
		m.Blocks, m.Shown = json.RawMessage(raw), shown
		// Notifications show the text: its mentions and links count as well.
		m.Shown.Mentions = append(m.Shown.Mentions, fallback.Mentions...)
		m.Shown.Links = append(m.Shown.Links, fallback.Links...)
	} else {
		m.Shown = fallback
	}
	if raw := args.Get("metadata"); raw != "" {
		var meta struct {
			Type    string         `json:"event_type"`
			Payload map[string]any `json:"event_payload"`
		}
		switch {
		case json.Unmarshal([]byte(raw), &meta) != nil:
			return nil, fail("invalid_metadata_format")
		case meta.Type == "" || meta.Payload == nil:
			return nil, fail("invalid_metadata_schema")
		case len(raw) > 16<<10:
			return nil, fail("metadata_too_large")
		}
		m.Metadata = json.RawMessage(raw)
	}
	return m, nil
}

func (s *Server) postMessage(args url.Values) (map[string]any, *failure) {
	c, f := s.target(args.Get("channel"))
	if f != nil {
		return nil, f
	}
	m, f := s.content(args, 40_000)
	if f != nil {
		return nil, f
	}
	if thread := args.Get("thread_ts"); thread != "" {
		parent := c.message(thread)
		switch {
		case !tsForm.MatchString(thread):
			return nil, fail("invalid_thread_ts")
		case parent != nil && parent.Thread != "":
			s.refuse("chat.postMessage: thread_ts is that of a reply")
			return nil, fail("cannot_reply_to_message")
		case parent != nil && !parent.Deleted:
			m.Thread, m.Broadcast = thread, args.Get("reply_broadcast") == "true"
		} // else: the parent was deleted, and the message is posted un-threaded
	}
	if f := s.paced(c); f != nil {
		return nil, f
	}
	m.Channel, m.TS, m.User, m.BotID, m.Posted = c.ID, s.nextTS(), BotUser, BotID, time.Now()
	c.messages = append(c.messages, m)
	return map[string]any{"channel": c.ID, "ts": m.TS, "message": s.wire(m, true)}, nil
}

// wire is a message as the API gives it. s.mu is held.
func (s *Server) wire(m *Message, metadata bool) map[string]any {
	out := map[string]any{"type": "message", "user": m.User, "ts": m.TS, "text": m.Text}
	if m.BotID != "" {
		out["bot_id"], out["app_id"] = m.BotID, AppID
	}
	if m.Thread != "" {
		out["thread_ts"] = m.Thread
	}
	if m.Broadcast {
		out["subtype"] = "thread_broadcast"
	}
	if m.Blocks != nil {
		out["blocks"] = m.Blocks
	}
	if m.Edited {
		out["edited"] = map[string]any{"user": m.User, "ts": m.TS}
	}
	if m.Metadata != nil {
		if metadata {
			out["metadata"] = m.Metadata
		} else {
			var meta map[string]any
			_ = json.Unmarshal(m.Metadata, &meta) // it was checked when it came
			out["metadata"] = map[string]any{"event_type": meta["event_type"]}
		}
	}
	return out
}

func (s *Server) update(args url.Values) (map[string]any, *failure) {
	c, f := s.target(args.Get("channel"))
	if f != nil {
		return nil, f
	}
	if c.ID != args.Get("channel") {
		return nil, fail("channel_not_found")
	}
	m := c.message(args.Get("ts"))
	switch {
	case m == nil || m.Deleted:
		return nil, fail("message_not_found")
	case m.User != BotUser:
		return nil, fail("cant_update_message")
	}
	if !args.Has("parse") {
		s.refuse("chat.update: parse is not given, so that it becomes client")
	}
	next, f := s.content(args, 4000)
	if f != nil {
		return nil, f
	}
	m.Text, m.Blocks, m.Shown, m.Edited = next.Text, next.Blocks, next.Shown, true
	if next.Metadata != nil {
		m.Metadata = next.Metadata
	}
	return map[string]any{"channel": c.ID, "ts": m.TS, "text": m.Text}, nil
}

func (s *Server) deleteMessage(args url.Values) (map[string]any, *failure) {
	c, f := s.target(args.Get("channel"))
	if f != nil {
		return nil, f
	}
	m := c.message(args.Get("ts"))
	if m == nil || m.Deleted {
		return nil, fail("message_not_found")
	}
	m.Deleted = true
	return nil, nil
}

func (s *Server) postEphemeral(args url.Values) (map[string]any, *failure) {
	c, f := s.target(args.Get("channel"))
	if f != nil {
		return nil, f
	}
	user := args.Get("user")
	if s.users[user] == nil || c.notMember[user] {
		return nil, fail("user_not_in_channel")
	}
	m, f := s.content(args, 40_000)
	if f != nil {
		return nil, f
	}
	m.Channel, m.TS, m.To, m.User, m.Thread, m.Posted = c.ID, s.nextTS(), user, BotUser, args.Get("thread_ts"), time.Now()
	s.whispers = append(s.whispers, *m)
	return map[string]any{"message_ts": m.TS}, nil
}

func (s *Server) history(args url.Values) (map[string]any, *failure) {
	return s.page(args, func(m *Message) bool { return m.Thread == "" || m.Broadcast }, true)
}

func (s *Server) repliesTo(args url.Values) (map[string]any, *failure) {
	ts := args.Get("ts")
	if c := s.channels[args.Get("channel")]; c != nil {
		if m := c.message(ts); m == nil || m.Deleted {
			return nil, fail("thread_not_found")
		}
	}
	return s.page(args, func(m *Message) bool { return m.Thread == ts || m.TS == ts }, false)
}

// page gives one page of a channel's messages. s.mu is held.
func (s *Server) page(args url.Values, want func(*Message) bool, newestFirst bool) (map[string]any, *failure) {
	c := s.channels[args.Get("channel")]
	if c == nil {
		return nil, fail("channel_not_found")
	}
	if f := s.scoped(c, "history"); f != nil {
		return nil, f
	}
	if c.Absent {
		return nil, fail("not_in_channel")
	}
	limit := 100
	if v := args.Get("limit"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 999 {
			return nil, fail("invalid_limit")
		}
		limit = n
	}
	var list []*Message
	for _, m := range c.messages {
		if !m.Deleted && want(m) && m.TS >= args.Get("oldest") {
			list = append(list, m)
		}
	}
	if newestFirst {
		slices.Reverse(list)
	}
	start, _ := strconv.Atoi(strings.TrimPrefix(args.Get("cursor"), "page"))
	start = min(start, len(list))
	end := min(start+limit, len(list))
	out := make([]any, 0, end-start)
	for _, m := range list[start:end] {
		out = append(out, s.wire(m, args.Get("include_all_metadata") == "true"))
	}
	cursor := ""
	if end < len(list) {
		cursor = "page" + strconv.Itoa(end)
	}
	return map[string]any{"messages": out, "has_more": cursor != "", "response_metadata": map[string]any{"next_cursor": cursor}}, nil
}
