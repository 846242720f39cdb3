package slack_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
)

func TestMentionThatComesTwiceIsOneEvent(t *testing.T) {
	t.Parallel()
	s, _, in := listening(t, nil)
	_, events := s.Say(soon(t), "C0GENERAL", "U0ANNA", "hey <@U0BOT>: *why* &lt;b&gt;", "")
	for _, e := range events {
		wait(t, e.Acked(), "the acknowledgement")
	}
	if in.stored() != 1 || in.calls != 2 {
		t.Errorf("%d stored, %d calls", in.stored(), in.calls)
	}
	if got := in.next(t); got.Text != "hey *why* <b>" || got.Kind != bot.ByMention || got.Private {
		t.Errorf("heard %+v", got)
	}
}

func TestTypedTextArrivesAsItWasTyped(t *testing.T) {
	t.Parallel()
	s, _, in := listening(t, nil)
	for given, want := range map[string]string{
		"test <https://example.org/a?b=1&amp;c=2>":           "test https://example.org/a?b=1&c=2",
		"search <http://example.org|example.org> arms":       "search example.org arms",
		"search <mailto:a@example.org|a@example.org>":        "search a@example.org",
		"mute <#C0GENERAL|general> for <@U0ANNA|anna>":       "mute #general for @anna",
		"search &amp;lt;b&amp;gt; R&amp;D":                   "search &lt;b&gt; R&D",
		"search <!channel> <!subteam^S1|@desk> <!here|here>": "search @channel @desk @here",
		"test <https://example.org|other words>":             "test https://example.org",
		"":                                                   "",
	} {
		s.Slash(soon(t), "C0GENERAL", "U0ANNA", given)
		got := in.next(t)
		if got.Text != want {
			t.Errorf("%q was heard as %q, want %q", given, got.Text, want)
		}
		if !got.Private || got.Kind != bot.ByCommand || got.Room != general || got.Name != "anna" {
			t.Errorf("heard %+v", got)
		}
	}
}

func TestButtonsMenusReactionsAndDirectMessagesAreHeard(t *testing.T) {
	t.Parallel()
	s, p, in := listening(t, nil)
	m := bot.Message{Title: "Alert", Buttons: []bot.Button{{Label: "Why", Command: "why"},
		{Label: "Mute story", Command: "mute this", Choices: []bot.Choice{{Label: "for 2 hours", Value: "2h"}, {Label: "for a day", Value: "1d"}}}}}
	id, err := p.Post(t.Context(), bot.Post{Key: "a", Room: general, Message: m})
	if err != nil {
		t.Fatal(err)
	}
	posted := s.Messages("C0GENERAL")[0]
	s.Click(soon(t), posted, "U0ANNA", posted.Shown.Buttons[0])
	why := in.next(t)
	s.Click(soon(t), posted, "U0ANNA", posted.Shown.Buttons[2])
	mute := in.next(t)
	s.Emit(soon(t), map[string]any{"type": "reaction_added", "user": "U0ANNA", "reaction": "-1::skin-tone-3", "item_user": slacktest.BotUser,
		"item": map[string]any{"type": "message", "channel": "C0GENERAL", "ts": id}})
	noise := in.next(t)
	s.AddChannel(slacktest.Channel{ID: "D0ANNA", Direct: "U0ANNA"})
	s.Say(soon(t), "D0ANNA", "U0ANNA", "latest 3", "")
	direct := in.next(t)
	s.Act(soon(t), map[string]any{"type": "message_action", "callback_id": "why", "user": map[string]any{"id": "U0ANNA"},
		"channel": map[string]any{"id": "C0GENERAL"}, "message": map[string]any{"ts": id}})
	shortcut := in.next(t)
	for _, tt := range []struct {
		in      bot.Incoming
		text    string
		kind    bot.IncomingKind
		room    bot.Room
		thread  string
		private bool
	}{
		{why, "why", bot.ByButton, general, id, true},
		{mute, "mute this 1d", bot.ByButton, general, id, true},
		{noise, "noise", bot.ByReaction, general, id, false},
		{direct, "latest 3", bot.ByDirect, "slack:U0ANNA", "", false},
		{shortcut, "why", bot.ByButton, general, id, true},
	} {
		if tt.in.Text != tt.text || tt.in.Kind != tt.kind || tt.in.Room != tt.room || tt.in.Thread != tt.thread || tt.in.Private != tt.private || tt.in.User != "U0ANNA" {
			t.Errorf("heard %+v, want %+v", tt.in, tt)
		}
	}
}

func TestMessagesOfEveryKindOfChannelAreHeard(t *testing.T) {
	t.Parallel()
	s, p, in := listening(t, nil)
	s.AddChannel(slacktest.Channel{ID: "C0SECRET", Name: "secret", Private: true})
	for kind, channel := range map[string]string{"channel": "C0GENERAL", "group": "C0SECRET", "im": "D0ANNA", "mpim": "G0GROUP"} {
		s.Emit(soon(t), map[string]any{"type": "message", "channel_type": kind, "channel": channel, "user": "U0ANNA", "ts": "1700000000.000400", "text": "<@U0BOT> status"})
		if got := in.next(t); got.Text != "status" || (got.Kind == bot.ByDirect) != (kind == "im") {
			t.Errorf("in a %s heard %+v", kind, got)
		}
	}
	for _, room := range []bot.Room{"slack:#secret", "slack:U0ANNA"} { // what is posted there is looked up there
		post := bot.Post{Key: string(room), Room: room, Message: bot.Message{Title: "Alert"}, Repeat: true, FirstTry: time.Now().Add(-time.Minute)}
		first, err := p.Post(t.Context(), post)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := p.Post(t.Context(), post); err != nil || again != first {
			t.Errorf("%s: posted as %s, then found as %s, %v", room, first, again, err)
		}
	}
}

func TestWhatBecomesOfAChannelIsHeard(t *testing.T) {
	t.Parallel()
	s, _, in := listening(t, nil)
	s.AddChannel(slacktest.Channel{ID: "C0OTHER", Name: "other"})
	renamed := map[string]any{"id": "C0GENERAL", "name": "news <!here>", "created": 1}
	quiet := []map[string]any{ // about us, or about no room of ours, or about somebody else
		{"type": "channel_archive", "channel": "C0OTHER", "user": "U0ANNA"},
		{"type": "member_joined_channel", "channel": "C0GENERAL", "user": "U0ANNA", "channel_type": "C"},
		{"type": "channel_rename", "channel": map[string]any{}}, {"type": "channel_left"}, {"type": "channel_archive", "channel": 7},
	}
	for _, event := range quiet {
		wait(t, s.Emit(soon(t), event).Acked(), "the acknowledgement")
	}
	for _, tt := range []struct {
		event        map[string]any
		what         string
		lost, usable bool
	}{
		{map[string]any{"type": "channel_archive", "channel": "C0GENERAL", "user": "U0ANNA"}, "archived", true, false},
		{map[string]any{"type": "channel_unarchive", "channel": "C0GENERAL", "user": "U0ANNA"}, "open again", false, true},
		{map[string]any{"type": "channel_left", "channel": "C0GENERAL"}, "took me out", true, false},
		{map[string]any{"type": "group_left", "channel": "C0GENERAL"}, "took me out", true, false},
		{map[string]any{"type": "member_joined_channel", "channel": "C0GENERAL", "user": slacktest.BotUser, "inviter": "U0ANNA"}, "", false, true},
		{map[string]any{"type": "channel_rename", "channel": renamed}, "is called #news <!here> from now on", false, false},
		{map[string]any{"type": "group_deleted", "channel": "C0GENERAL"}, "deleted", true, false},
	} {
		s.Emit(soon(t), tt.event)
		got := in.next(t)
		c := got.Change
		if got.Kind != bot.ByRoom || got.Room != general || c == nil || !slices.Equal(c.Rooms, []bot.Room{general}) || c.Lost != tt.lost || c.Usable != tt.usable ||
			!strings.Contains(c.What, tt.what) || (c.What == "") != (tt.what == "") || tt.lost && c.Hint == "" {
			t.Errorf("%v was heard as %+v with %+v", tt.event, got, c)
		}
	}
	wait(t, s.Emit(soon(t), map[string]any{"type": "tokens_revoked"}).Acked(), "the acknowledgement")
	if in.stored() != 7 {
		t.Errorf("%d events were stored", in.stored())
	}
}
