package slack

import (
	"encoding/json"
	"fmt"
	"strings"
)

// botScopes are what the app needs, each with what for. The doctor and the manifest read them.
var botScopes = []struct{ name, why string }{
	{"app_mentions:read", "hear mentions"},
	{"channels:history", "hear replies under alerts, and find out after a lost answer whether a message is there"},
	{"channels:read", "find public channels by name"},
	{"chat:write", "post alerts and answers"},
	{"commands", "the slash command and shortcuts"},
	{"files:write", "attach tables that are too long for a message"},
	{"groups:history", "the same in private channels"},
	{"groups:read", "find private channels by name"},
	{"im:history", "hear direct messages"},
	{"im:write", "alerts to a person"},
	{"mpim:history", "hear mentions in group messages"},
	{"reactions:read", "emojis on alerts as commands"},
	{"reactions:write", "show that an answer takes longer"},
	{"usergroups:read", "roles by user group"},
	{"users:read", "tell members from guests and people of other workspaces"},
}

// botEvents are the events that the app subscribes to.
var botEvents = []string{
	"app_home_opened", "app_mention", "app_uninstalled", "channel_archive", "channel_deleted", "channel_left", "channel_rename", "channel_unarchive",
	"group_archive", "group_deleted", "group_left", "group_rename", "group_unarchive", "member_joined_channel", "message.channels", "message.groups",
	"message.im", "message.mpim", "reaction_added", "tokens_revoked",
}

// ManifestOptions say what a manifest should hold.
type ManifestOptions struct {
	Name    string // of the app. Defaults to Tocsin
	Command string // the slash command. Defaults to DefaultCommand

	// URL is the public https address under which /slack/events and the others are reached.
	// Defaults to none: Socket Mode.
	URL string
}

// Manifest gives the app's manifest as JSON, for "Create an app from a manifest". An app made of it
// has the scopes and events that this version uses, and no others.
func Manifest(o ManifestOptions) (string, error) {
	if o.Name == "" {
		o.Name = "Tocsin"
	}
	if o.Command == "" {
		o.Command = DefaultCommand
	}
	o.URL = strings.TrimSuffix(o.URL, "/")
	switch {
	case !commandName.MatchString(o.Command):
		return "", fmt.Errorf("%q is no slash command: write / and up to 31 small letters, digits, - or _", o.Command)
	case len([]rune(o.Name)) > 35:
		return "", fmt.Errorf("the name %q is longer than Slack's 35 characters", o.Name)
	case o.URL != "" && (safeURL(o.URL) == "" || !strings.HasPrefix(o.URL, "https://")):
		return "", fmt.Errorf("%q is no https address: Slack sends requests to nothing else", o.URL)
	}
	scopes := make([]string, len(botScopes))
	for i, s := range botScopes {
		scopes[i] = s.name
	}
	command := object{"command": o.Command, "description": "Ask about the news that was told here", "usage_hint": "help · why · search words · mute this 2h", "should_escape": true}
	events, interactivity := object{"bot_events": botEvents}, object{"is_enabled": true}
	if o.URL != "" {
		command["url"] = o.URL + "/slack/commands"
		events["request_url"] = o.URL + "/slack/events"
		interactivity["request_url"] = o.URL + "/slack/interactive"
	}
	shortcuts := []object{{"name": "Search the news", "type": "global", "callback_id": shortcutSearch, "description": "Search everything that was fetched"}}
	for _, id := range []string{"why", "sources"} {
		shortcuts = append(shortcuts, object{"name": map[string]string{"why": "Why was this told?", "sources": "All sources"}[id], "type": "message", "callback_id": id,
			"description": "Ask " + o.Name + " about this alert"})
	}
	data, err := json.MarshalIndent(object{
		"_metadata": object{"major_version": 1},
		"display_information": object{"name": o.Name, "description": "An alarm bell for news", "background_color": "#7c2d12",
			"long_description": "Polls news feeds, matches every item against the watch rules that your team keeps in files, gathers reports of one event into one story, " +
				"and tells this workspace about it in two or three sentences with sources. Ask it why a story was told, for more, for its sources, or search everything that was fetched."},
		"features": object{
			"app_home":       object{"home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false},
			"bot_user":       object{"display_name": botName(o.Name), "always_online": true},
			"slash_commands": []object{command}, "shortcuts": shortcuts,
		},
		"oauth_config": object{"scopes": object{"bot": scopes}},
		"settings": object{"event_subscriptions": events, "interactivity": interactivity, "org_deploy_enabled": false,
			"socket_mode_enabled": o.URL == "", "token_rotation_enabled": false},
	}, "", "  ")
	if err != nil {
		return "", err
	}
	return string(data) + "\n", nil
}

// botName makes the name by which people mention the bot: Slack takes small letters of English, digits
// and -_. in it.
func botName(app string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return -1
	}, strings.ToLower(app))
	if name = strings.Trim(name, "-_."); name == "" {
		return "tocsin"
	}
	return name
}
