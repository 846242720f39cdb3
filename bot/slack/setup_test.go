package slack_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/slack"
	"github.com/tocsin-bot/tocsin/bot/slack/slacktest"
)

// manifest is the shape that Slack's schema asks for, as far as we fill it.
type manifest struct {
	Metadata struct {
		Major int `json:"major_version"`
	} `json:"_metadata"`
	Display struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Long        string `json:"long_description"`
		Color       string `json:"background_color"`
	} `json:"display_information"`
	Features struct {
		AppHome struct {
			Home     bool `json:"home_tab_enabled"`
			Messages bool `json:"messages_tab_enabled"`
			ReadOnly bool `json:"messages_tab_read_only_enabled"`
		} `json:"app_home"`
		BotUser struct {
			Name   string `json:"display_name"`
			Online bool   `json:"always_online"`
		} `json:"bot_user"`
		Commands []struct {
			Command     string `json:"command"`
			Description string `json:"description"`
			Usage       string `json:"usage_hint"`
			Escape      bool   `json:"should_escape"`
			URL         string `json:"url"`
		} `json:"slash_commands"`
		Shortcuts []struct {
			Name, Type, Description string
			Callback                string `json:"callback_id"`
		} `json:"shortcuts"`
	} `json:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `json:"bot"`
		} `json:"scopes"`
	} `json:"oauth_config"`
	Settings struct {
		Events struct {
			Bot []string `json:"bot_events"`
			URL string   `json:"request_url"`
		} `json:"event_subscriptions"`
		Interactivity struct {
			On  bool   `json:"is_enabled"`
			URL string `json:"request_url"`
		} `json:"interactivity"`
		Org    bool `json:"org_deploy_enabled"`
		Socket bool `json:"socket_mode_enabled"`
		Rotate bool `json:"token_rotation_enabled"`
	} `json:"settings"`
}

func parseManifest(t *testing.T, o slack.ManifestOptions) manifest {
	t.Helper()
	text, err := slack.Manifest(o)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	var m manifest
	if err := dec.Decode(&m); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return m
}

// TestManifestHasTheShapeThatSlackAsksFor holds the rules of Slack's own JSON Schema for the keys that
// we write: slackapi/manifest-schema on GitHub, schemas/manifest.schema.1.0.0.json, and the page
// https://docs.slack.dev/reference/app-manifest for what the schema does not say. No object takes
// other keys than its own.
func TestManifestHasTheShapeThatSlackAsksFor(t *testing.T) {
	t.Parallel()
	for _, o := range []slack.ManifestOptions{{}, {Name: "News: Désk №1", Command: "/news", URL: "https://bot.example.org/"}, {Name: "новости"}} {
		m := parseManifest(t, o)
		length := func(what, s string, least, most int) {
			if n := utf8.RuneCountInString(s); n < least || n > most {
				t.Errorf("%s has %d characters, want %d to %d", what, n, least, most)
			}
		}
		length("name", m.Display.Name, 1, 35)
		length("description", m.Display.Description, 1, 140)
		length("long description", m.Display.Long, 175, 4000)
		length("bot name", m.Features.BotUser.Name, 1, 80)
		if !regexp.MustCompile(`^[a-z0-9._-]+$`).MatchString(m.Features.BotUser.Name) {
			t.Errorf("the bot's name is %q", m.Features.BotUser.Name)
		}
		address := func(what, url string, most int) {
			if url != "" {
				length(what, url, 9, most)
			}
			if (url != "") != (o.URL != "") || url != "" && !strings.HasPrefix(url, "https://") {
				t.Errorf("%s is %q", what, url)
			}
		}
		address("the address of events", m.Settings.Events.URL, 3500)
		address("the address of interactions", m.Settings.Interactivity.URL, 3500)
		if n := len(m.Features.Commands); n < 1 || n > 50 {
			t.Errorf("%d commands", n)
		}
		if n := len(m.Features.Shortcuts); n < 1 || n > 10 {
			t.Errorf("%d shortcuts", n)
		}
		for what, list := range map[string][]string{"scopes": m.OAuth.Scopes.Bot, "events": m.Settings.Events.Bot} {
			if len(list) == 0 || len(list) > 100 || len(slices.Compact(slices.Sorted(slices.Values(list)))) != len(list) {
				t.Errorf("%s: %q", what, list)
			}
			for _, name := range list {
				length(what, name, 1, 50)
			}
		}
		for _, c := range m.Features.Commands {
			length("command", c.Command, 2, 32)
			length("usage hint", c.Usage, 1, 1000)
			length("what the command does", c.Description, 1, 2000)
			address("the command's address", c.URL, 3000)
			if !regexp.MustCompile(`^/`).MatchString(c.Command) || !c.Escape {
				t.Errorf("command %+v", c)
			}
		}
		for _, s := range m.Features.Shortcuts {
			length("shortcut", s.Name, 1, 24)
			length("what the shortcut does", s.Description, 1, 150)
			length("callback", s.Callback, 1, 255)
			if s.Type != "message" && s.Type != "global" {
				t.Errorf("the shortcut %s is of the type %q", s.Name, s.Type)
			}
		}
		if m.Metadata.Major != 1 || !m.Features.AppHome.Home || !m.Features.AppHome.Messages || m.Features.AppHome.ReadOnly || !m.Settings.Interactivity.On {
			t.Errorf("%+v", m)
		}
		if m.Settings.Socket != (o.URL == "") || (m.Settings.Events.URL == "https://bot.example.org/slack/events") != (o.URL != "") {
			t.Errorf("Socket Mode %v with the address %q", m.Settings.Socket, m.Settings.Events.URL)
		}
		if !regexp.MustCompile(`^#[0-9a-f]{6}$`).MatchString(m.Display.Color) {
			t.Errorf("color %q", m.Display.Color)
		}
	}
	for _, o := range []slack.ManifestOptions{{Command: "news"}, {Name: strings.Repeat("x", 36)}, {URL: "http://bot.example.org"}, {URL: "https://"}} {
		if _, err := slack.Manifest(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// TestManifestHasTheEventsThatAreHeard compares what the manifest subscribes to with what the bot
// does something about. The scopes are compared by TestMain, with those that all tests needed.
func TestManifestHasTheEventsThatAreHeard(t *testing.T) {
	t.Parallel()
	m := parseManifest(t, slack.ManifestOptions{})
	var subscribed []string
	for _, e := range m.Settings.Events.Bot {
		name, _, _ := strings.Cut(e, ".") // message.im and its like are all of the type message
		subscribed = append(subscribed, name)
	}
	slices.Sort(subscribed)
	if heard := slices.Sorted(slices.Values(slack.Events())); !slices.Equal(slices.Compact(subscribed), heard) {
		t.Errorf("subscribed to %q, heard are %q", slices.Compact(subscribed), heard)
	}
	if !slices.Equal(m.OAuth.Scopes.Bot, slack.Scopes()) || !slices.IsSorted(m.OAuth.Scopes.Bot) || !slices.IsSorted(m.Settings.Events.Bot) {
		t.Errorf("scopes %q, events %q", m.OAuth.Scopes.Bot, m.Settings.Events.Bot)
	}
}

// TestMain compares the manifest's scopes with those that the calls and events of all tests needed.
func TestMain(m *testing.M) {
	code := m.Run()
	partly := false
	for _, name := range []string{"test.run", "test.skip", "test.fuzz", "test.list"} {
		partly = partly || flag.Lookup(name).Value.String() != ""
	}
	if used := slacktest.UsedScopes(); code == 0 && !partly && !slices.Equal(used, slack.Scopes()) {
		fmt.Printf("the manifest asks for the scopes\n%q, the tests used\n%q\n", slack.Scopes(), used)
		code = 1
	}
	os.Exit(code)
}

func TestDoctorSaysWhatToDo(t *testing.T) {
	t.Parallel()
	look := func(t *testing.T, change func(*slacktest.Server), rooms ...bot.Room) string {
		s, p := workspace(t, nil)
		for _, scope := range slack.Scopes() {
			s.WithScope(scope)
		}
		if change != nil {
			change(s)
		}
		var b strings.Builder
		for _, f := range p.Doctor(t.Context(), rooms) {
			fmt.Fprintf(&b, "%v: %s → %s\n", f.OK, f.What, f.Hint)
			if f.OK != (f.Hint == "") {
				t.Errorf("a finding is %v with the hint %q: %s", f.OK, f.Hint, f.What)
			}
		}
		if len(s.Messages("C0GENERAL")) > 0 {
			t.Error("the doctor posted something")
		}
		return b.String()
	}
	for _, tt := range []struct {
		name   string
		change func(*slacktest.Server)
		room   bot.Room
		want   string
	}{
		{"well", nil, general, "true: slack:#general: I am in the channel"},
		{"person", nil, "slack:U0ANNA", "true: slack:U0ANNA: a direct message"},
		{"other platform", nil, "console", "true: the app token opens Socket Mode"},
		{"no such channel", nil, "slack:#nowhere", "false: slack:#nowhere: conversations.list: channel_not_found → Check the room's name"},
		{"archived", func(s *slacktest.Server) { s.Archive("C0GENERAL") }, general, "false: slack:#general: is archived → Unarchive"},
		{"no member", func(s *slacktest.Server) { s.AddChannel(slacktest.Channel{ID: "C0X", Name: "x", Absent: true}) }, "slack:#x", "→ Type /invite"},
		{"private", func(s *slacktest.Server) {
			s.AddChannel(slacktest.Channel{ID: "C0X", Name: "x", Absent: true, Private: true})
		}, "slack:C0X", "false: slack:C0X: conversations.info: channel_not_found → Check"},
		{"scope", func(s *slacktest.Server) { s.WithoutScope("files:write") }, general, "false: the bot token lacks files:write (attach tables"},
		{"no answer", func(s *slacktest.Server) { s.Fail(slacktest.Fault{Method: "auth.test", Reset: true}) }, general, "false: Slack does not answer: ask Slack who we are: auth.test: EOF → Check the network"},
		{"bot token", func(s *slacktest.Server) { s.Revoke(slacktest.BotToken, "token_revoked") }, general, "false: Slack refuses the bot token"},
		{"app token", func(s *slacktest.Server) { s.Revoke(slacktest.AppToken, "invalid_auth") }, general, "→ slack.app_token must be an App-Level Token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := look(t, tt.change, tt.room); !strings.Contains(got, tt.want) {
				t.Errorf("want %q in\n%s", tt.want, got)
			}
		})
	}
}
