package slack

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/config/strict"
)

// Config is the section `slack` of tocsin.yaml.
type Config struct {
	// BotToken begins with xoxb-: what the app may do in the workspace.
	BotToken strict.Secret `yaml:"bot_token" strict:"required"`

	// AppToken begins with xapp-: it opens the Socket Mode connection. Needed unless Listen is given.
	AppToken strict.Secret `yaml:"app_token"`

	// SigningSecret proves that HTTP requests come from Slack. Needed with Listen.
	SigningSecret strict.Secret `yaml:"signing_secret"`

	// Listen is an address such as "127.0.0.1:3000" where Slack's requests arrive, behind a proxy
	// that speaks HTTPS. Defaults to none: Socket Mode.
	Listen string `yaml:"listen"`

	// APIURL is where the Web API lives; GovSlack has another. Defaults to https://slack.com/api/.
	APIURL string `yaml:"api_url"`

	// Command is the slash command of the app. Defaults to /tocsin.
	Command string `yaml:"command"`

	// DefaultRole is the role of full members of the workspace whom no entry of Roles names.
	// Defaults to member.
	DefaultRole bot.RoleName `yaml:"default_role"`

	// Guests is the role of guests, External that of people of other workspaces, in shared channels
	// as well. Both default to stranger: they get no answer.
	Guests   bot.RoleName `yaml:"guests"`
	External bot.RoleName `yaml:"external"`

	// Roles give people, user groups and rooms another role. The highest that fits holds.
	Roles []RoleRule `yaml:"roles"`

	// Reactions make an emoji on an alert a command. Defaults to DefaultReactions.
	Reactions map[string]string `yaml:"reactions"`

	// Unfurl lets Slack show previews of the links in alerts. Defaults to false.
	Unfurl bool `yaml:"unfurl"`
}

// RoleRule gives a role to whom it names. Users and Groups are alternatives; Rooms narrows the rule
// to these channels; a rule with Rooms alone holds for every full member there.
type RoleRule struct {
	Role   bot.RoleName `yaml:"role" strict:"required"`
	Users  []string     `yaml:"users"`  // user ids, U… or W…
	Groups []string     `yaml:"groups"` // user group ids, S…
	Rooms  []string     `yaml:"rooms"`  // channel ids or #names
}

// DefaultReactions are the emojis that act like commands on the message they are put on.
var DefaultReactions = map[string]string{
	"-1": "noise", "no_bell": "mute this", "+1": "useful", "eyes": "claim", "white_check_mark": "handled", "question": "why",
}

// DefaultAPIURL is Slack's commercial Web API.
const DefaultAPIURL = "https://slack.com/api/"

// DefaultCommand is the slash command that the manifest declares.
const DefaultCommand = "/tocsin"

// Example is a commented section for `tocsin init`.
const Example = `# slack:                       # tocsin help slack: from nothing to the first alert in ten minutes
#   bot_token_file: slack-bot-token    # xoxb-…, or set TOCSIN_SLACK_BOT_TOKEN
#   app_token_file: slack-app-token    # xapp-…, or set TOCSIN_SLACK_APP_TOKEN
#   command: /tocsin                   # as in the app's manifest
#   default_role: member               # of everybody in the workspace: viewer, member or admin
#   guests: stranger                   # guests and people of other workspaces get no answer
#   external: stranger
#   roles:
#     - {role: admin, users: [U012AB3CD], groups: [S012AB3CD]}
#     - {role: viewer, rooms: ["#announcements"]}
#   unfurl: false                      # previews of the links in alerts
#   # listen: 127.0.0.1:3000           # the HTTP Events API in place of Socket Mode
#   # signing_secret_file: slack-signing-secret
#   # api_url: https://slack-gov.com/api/
`

var (
	commandName = regexp.MustCompile(`^/[a-z0-9_-]{1,31}$`)
	userID      = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	groupID     = regexp.MustCompile(`^S[A-Z0-9]{2,}$`)
	channelID   = regexp.MustCompile(`^[CGD][A-Z0-9]{2,}$`)
)

// Check says all that is wrong with the section, a line each, without a secret.
func (c Config) Check() error {
	_, err := c.fill()
	return err
}

// fill checks c and puts in the defaults. The error says all that is wrong, without a secret.
func (c Config) fill() (Config, error) {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.APIURL == "" {
		c.APIURL = DefaultAPIURL
	}
	if !strings.HasSuffix(c.APIURL, "/") {
		c.APIURL += "/"
	}
	if u, err := url.Parse(c.APIURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		bad("slack.api_url: %q is no http(s) address", c.APIURL)
	}
	if c.Command == "" {
		c.Command = DefaultCommand
	}
	if !commandName.MatchString(c.Command) {
		bad("slack.command: %q is no slash command: write / and up to 31 small letters, digits, - or _", c.Command)
	}
	if c.Reactions == nil {
		c.Reactions = DefaultReactions
	}
	if t := c.BotToken.Reveal(); !strings.HasPrefix(t, "xoxb-") && !strings.HasPrefix(t, "xoxe.xoxb-") {
		bad("slack.bot_token does not begin with xoxb-: it is the Bot User OAuth Token of the page OAuth & Permissions")
	}
	switch {
	case c.Listen != "" && !c.SigningSecret.Given():
		bad("slack.listen without signing_secret would believe everybody: give signing_secret_file, from the page Basic Information")
	case c.Listen == "" && !strings.HasPrefix(c.AppToken.Reveal(), "xapp-"):
		bad("slack.app_token does not begin with xapp-: create an App-Level Token with the scope connections:write on the page Basic Information")
	}
	for i, r := range c.Roles {
		for _, id := range r.Users {
			if !userID.MatchString(id) {
				bad("slack.roles[%d]: %q is no user id: copy the member ID (U…) from the person's profile, names can be changed by anybody", i, id)
			}
		}
		for _, id := range r.Groups {
			if !groupID.MatchString(id) {
				bad("slack.roles[%d]: %q is no user group id, which begins with S", i, id)
			}
		}
		for _, room := range r.Rooms {
			if !channelID.MatchString(room) && !strings.HasPrefix(room, "#") {
				bad("slack.roles[%d]: %q is no room: write a channel ID (C…) or #name", i, room)
			}
		}
		if len(r.Users)+len(r.Groups)+len(r.Rooms) == 0 {
			bad("slack.roles[%d] names nobody: give users, groups or rooms, or set default_role", i)
		}
	}
	return c, errors.Join(errs...)
}
