package slack_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/slack"
	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
	"github.com/tocsin-bot/tocsin/config/strict"
)

func role(r bot.Role) bot.RoleName { return bot.RoleName{Role: r, Given: true} }

func TestRoles(t *testing.T) {
	t.Parallel()
	s, p := workspace(t, func(c *slack.Config) {
		c.Roles = []slack.RoleRule{
			{Role: role(bot.Admin), Users: []string{"U0CHIEF"}},
			{Role: role(bot.Admin), Groups: []string{"S0DESK"}, Rooms: []string{"#general"}},
			{Role: role(bot.Viewer), Rooms: []string{"C0QUIET"}},
			{Role: role(bot.Viewer), Users: []string{"U0ALLY"}},
		}
	})
	s.AddChannel(slacktest.Channel{ID: "C0QUIET", Name: "quiet"})
	for _, u := range []slacktest.User{{ID: "U0CHIEF", Name: "chief"}, {ID: "U0DESK", Name: "desk"}, {ID: "U0GUEST", Name: "admin", Guest: true},
		{ID: "U0AWAY", Name: "U0CHIEF", Team: "T0OTHER"}, {ID: "U0ALLY", Name: "ally", Team: "T0OTHER"}, {ID: "U0GONE", Name: "gone", Deleted: true},
		{ID: "U0ROBOT", Name: "robot", Bot: true}} {
		s.AddUser(u)
	}
	s.SetGroup("S0DESK", "U0DESK")
	for _, tt := range []struct {
		user string
		room bot.Room
		want bot.Role
	}{
		{"U0ANNA", general, bot.Member},
		{"U0ANNA", "slack:C0QUIET", bot.Viewer},
		{"U0CHIEF", general, bot.Admin},
		{"U0CHIEF", "slack:C0QUIET", bot.Admin},
		{"U0DESK", general, bot.Admin},
		{"U0DESK", "slack:C0GENERAL", bot.Admin},
		{"U0DESK", "slack:C0QUIET", bot.Viewer},
		{"U0DESK", "slack:D0DESK", bot.Member},
		{"U0GUEST", general, bot.Stranger},
		{"U0GUEST", "slack:C0QUIET", bot.Stranger},
		{"U0AWAY", general, bot.Stranger},
		{"U0ALLY", general, bot.Viewer},
		{"U0GONE", general, bot.Stranger},
		{"U0ROBOT", general, bot.Stranger},
		{"U0NOBODY", general, bot.Stranger},
		{"anna", general, bot.Stranger},
		{"", general, bot.Stranger},
	} {
		if got := p.Role(t.Context(), bot.Incoming{User: tt.user, Room: tt.room}); got != tt.want {
			t.Errorf("%s in %s is a %v, want %v", tt.user, tt.room, got, tt.want)
		}
	}
	why, lines := p.Roles(t.Context(), bot.Incoming{User: "U0GUEST", Room: general})
	if why != "a guest of the workspace" || !slices.Contains(lines, "S0DESK in #general: admin") {
		t.Errorf("roles says %q, %q", why, lines)
	}
}

func TestLostRightIsLostWithinAMinute(t *testing.T) {
	t.Parallel()
	s := slacktest.New(t)
	clock := &hand{t: time.Now()}
	p := open(t, s, clock.now)
	in := bot.Incoming{User: "U0ANNA", Room: general}
	if got := p.Role(t.Context(), in); got != bot.Member {
		t.Fatalf("a %v", got)
	}
	s.AddUser(slacktest.User{ID: "U0ANNA", Deleted: true})
	clock.add(time.Minute)
	if got := p.Role(t.Context(), in); got != bot.Stranger {
		t.Errorf("a minute after the account was closed: a %v", got)
	}
	s.AddUser(slacktest.User{ID: "U0ANNA"})
	clock.add(time.Minute)
	p.Role(t.Context(), in)
	s.Fail(slacktest.Fault{Method: "users.info", Status: http.StatusBadGateway, Times: -1})
	clock.add(10 * time.Minute)
	if got := p.Role(t.Context(), in); got != bot.Member {
		t.Errorf("while Slack does not answer: a %v", got)
	}
	clock.add(2 * time.Hour)
	if got := p.Role(t.Context(), in); got != bot.Stranger {
		t.Errorf("after two hours without an answer: a %v", got)
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"{}": "bot_token is missing",
		"{bot_token: xoxp-1-a, app_token: xapp-1}":                                           "does not begin with xoxb-",
		"{bot_token: xoxb-1-a}":                                                              "app_token does not begin with xapp-",
		"{bot_token: xoxb-1-a, listen: ':3000'}":                                             "would believe everybody",
		"{bot_token: xoxb-1-a, app_token: xapp-1, api_url: 'ftp://x'}":                       "no http(s) address",
		"{bot_token: xoxb-1-a, app_token: xapp-1, command: tocsin}":                          "no slash command",
		"{bot_token: xoxb-1-a, app_token: xapp-1, default_role: boss}":                       `"boss" is no role: write stranger, viewer, member or admin`,
		"{bot_token: xoxb-1-a, app_token: xapp-1, rolls: []}":                                "did you mean roles?",
		"{bot_token: xoxb-1-a, app_token: xapp-1, roles: [{role: admin, users: [anna]}]}":    "names can be changed by anybody",
		"{bot_token: xoxb-1-a, app_token: xapp-1, roles: [{role: admin, groups: [U01]}]}":    "no user group id",
		"{bot_token: xoxb-1-a, app_token: xapp-1, roles: [{role: admin}]}":                   "names nobody",
		"{bot_token: xoxb-1-a, app_token: xapp-1, roles: [{role: admin, rooms: [general]}]}": "no room",
	} {
		var c slack.Config
		err := strict.Decode("tocsin.yaml", []byte(in), &c).Err()
		if err == nil {
			_, err = slack.Open(c, slack.Options{})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), "xoxp-1") || strings.Contains(err.Error(), "xoxb-1")) {
			t.Errorf("%s: the token is printed: %v", in, err)
		}
	}
}

func TestExampleIsASection(t *testing.T) {
	t.Parallel()
	var lines []string
	for line := range strings.Lines(slack.Example) {
		line = strings.TrimPrefix(line, "# ")
		if strings.Contains(line, "_file:") || strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue // the files are not there, the second form is another choice
		}
		lines = append(lines, line)
	}
	var file struct {
		Slack slack.Config `yaml:"slack"`
	}
	text := strings.Join(lines, "") + "  bot_token: xoxb-1-a\n  app_token: xapp-1-a\n"
	if err := strict.Decode("tocsin.yaml", []byte(text), &file).Err(); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if _, err := slack.Open(file.Slack, slack.Options{}); err != nil {
		t.Error(err)
	}
}
