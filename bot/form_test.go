package bot_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/bot"
)

func TestFormMakesTheCommandThatPeopleCouldType(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		command string
		answers map[string]string
		want    string // empty: refused
	}{
		{"mute this", map[string]string{"what": "this", "duration": "2h"}, "mute this 2h"},
		{"mute this", map[string]string{"what": "this everywhere", "duration": "1w", "why": " election night "}, "mute this everywhere 1w election night"},
		{"mute this", map[string]string{"what": "watch", "duration": "1d", "why": ""}, "mute watch 1d"},
		{"mute this", map[string]string{"what": "jets; reload", "duration": "1d"}, ""},
		{"mute this", map[string]string{"what": "this"}, ""},
		{"noise 12", map[string]string{"reason": "no news,", "words": "a list of dates"}, "noise 12 no news, a list of dates"},
		{"noise 12", map[string]string{"reason": "no news,"}, "noise 12 no news,"},
	} {
		got, ok := bot.FormFor(tt.command).Text(tt.answers)
		if ok != (tt.want != "") || ok && got != tt.want {
			t.Errorf("%s with %q gives %q, %v; want %q", tt.command, tt.answers, got, ok, tt.want)
		}
	}
	for _, text := range []string{"why", "", "mutes", "anything"} {
		if f := bot.FormFor(text); f != nil {
			t.Errorf("%q has the form %+v", text, f)
		}
	}
}

func TestFormThatWouldBeRefusedIsNotTaken(t *testing.T) {
	t.Parallel()
	role := bot.Member
	c := newCounter(t, func(o *bot.DeskOptions) {
		o.Role = func(context.Context, bot.Incoming) bot.Role { return role }
	})
	send := func(key, text string) error {
		return c.Handle(t.Context(), bot.Incoming{Key: key, Room: "wall:a", User: "wall:U1", Text: text, Kind: bot.ByForm})
	}
	for text, want := range map[string]string{
		"mute jets everywhere 2h": "needs the role admin; yours is member",
		"mute nobody 2h":          "I don't know the watch",
		"mute this 2h":            "There is no alert here yet",
	} {
		var user *bot.UserError
		if err := send(text, text); !errors.As(err, &user) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	waiting, err := c.store.Unanswered(t.Context(), 10)
	if err != nil || len(waiting) > 0 {
		t.Errorf("stored all the same: %+v, %v", waiting, err)
	}
	if err := send("good", "mute jets 2h"); err != nil {
		t.Error(err)
	}
	role = bot.Stranger
	if err := send("stranger", "mute jets everywhere 2h"); err != nil {
		t.Errorf("a stranger learns %v", err)
	}
	if waiting, err = c.store.Unanswered(t.Context(), 10); err != nil || len(waiting) != 2 {
		t.Errorf("%d forms were taken, %v", len(waiting), err)
	}
}

func TestMutingEveryRoomIsForAdmins(t *testing.T) {
	t.Parallel()
	role := bot.Member
	c := newCounter(t, func(o *bot.DeskOptions) {
		o.Role = func(context.Context, bot.Incoming) bot.Role { return role }
	})
	for _, step := range []struct {
		role       bot.Role
		text, want string
	}{
		{bot.Member, "mute jets everywhere 2h", "needs the role admin"},
		{bot.Member, "mute jets 2h everywhere", "needs the role admin"},
		{bot.Admin, "mute watch jets everywhere for 2h known", "muted the watch jets in every room until"},
		{bot.Member, "mutes", "watch jets in every room until"},
		{bot.Member, "watch jets", "muted: in every room until"},
		{bot.Member, "home", "in every room until"},
		{bot.Member, "unmute jets", "muted in every room; ending that needs the role admin"},
		{bot.Admin, "unmute jets", "unmuted the watch jets in every room"},
		{bot.Member, "mutes", "Nothing is muted"},
	} {
		role = step.role
		if got := c.said(step.text); !strings.Contains(got, step.want) {
			t.Errorf("%q of a %v is answered with %q, want %q", step.text, step.role, got, step.want)
		}
	}
}
