package slacktest

import (
	"slices"
	"strings"
	"sync"
)

// used are the scopes that calls and events of every server of this process needed.
var used struct {
	mu     sync.Mutex
	scopes map[string]bool
}

// UsedScopes gives the scopes of the bot token that calls and events of this process have needed so
// far, sorted. Those of the manifest should be no more and no less.
func UsedScopes() []string {
	used.mu.Lock()
	defer used.mu.Unlock()
	var all []string
	for scope := range used.scopes {
		all = append(all, scope)
	}
	slices.Sort(all)
	return all
}

func noteScope(scope string) {
	used.mu.Lock()
	defer used.mu.Unlock()
	if used.scopes == nil {
		used.scopes = map[string]bool{}
	}
	used.scopes[scope] = true
}

// needs checks that the bot token has a scope, and notes that it was needed. s.mu is held.
func (s *Server) needs(scope string) *failure {
	noteScope(scope)
	if !s.scopes[scope] {
		return &failure{code: "missing_scope", needed: scope}
	}
	return nil
}

// eventScopes are what Slack asks for before it delivers an event, by its documentation: of messages
// by the kind of channel, of channel events by the beginning of their name.
var (
	messageScopes = map[string]string{"channel": "channels:history", "group": "groups:history", "im": "im:history", "mpim": "mpim:history"}
	eventScopes   = map[string]string{"app_mention": "app_mentions:read", "reaction_": "reactions:read", "channel_": "channels:read",
		"group_": "groups:read", "member_": "channels:read"}
)

// noteEvent notes the scope that an event needs.
func noteEvent(kind string, payload map[string]any) {
	switch kind {
	case "slash_commands":
		noteScope("commands")
		return
	case "interactive":
		if payload["type"] == "shortcut" || payload["type"] == "message_action" {
			noteScope("commands")
		}
		return
	}
	event, _ := payload["event"].(map[string]any)
	name, _ := event["type"].(string)
	if channel, ok := event["channel_type"].(string); ok && name == "message" && messageScopes[channel] != "" {
		noteScope(messageScopes[channel])
	}
	for prefix, scope := range eventScopes {
		if strings.HasPrefix(name, prefix) {
			noteScope(scope)
		}
	}
}
