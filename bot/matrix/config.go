package matrix

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/config/strict"
)

// Config is the section `matrix` of tocsin.yaml.
type Config struct {
	// Homeserver is the address of the client API, such as https://matrix.example.org.
	Homeserver string `yaml:"homeserver" strict:"required"`

	// User is the full id of the bot's account, such as @tocsin:example.org.
	User string `yaml:"user" strict:"required"`

	// Password logs in once; afterwards the tokens that it gave are kept with the device. Without it, and
	// without AccessToken, `tocsin matrix login` asks the homeserver what it takes.
	Password strict.Secret `yaml:"password"`

	// AccessToken is used in place of a password. It belongs to one device, which must stay the same.
	AccessToken strict.Secret `yaml:"access_token"`

	// PickleKey encrypts the keys in the database. Defaults to a random one, kept in the database.
	PickleKey strict.Secret `yaml:"pickle_key"`

	// RecoveryKey lets a new device be verified without a person: `tocsin matrix login` shows it.
	RecoveryKey strict.Secret `yaml:"recovery_key"`

	// Prefix begins a command. Defaults to !tocsin. Prefixes gives rooms, by id or alias, their own.
	Prefix   string            `yaml:"prefix"`
	Prefixes map[string]string `yaml:"prefixes"`

	// Invites says whose invitations are accepted. Rooms that a watch or the config names are
	// always joined, whoever invites; every other invitation is declined.
	Invites Invites `yaml:"invites"`

	// DefaultRole is the role of people of the bot's own homeserver, External that of others. They
	// default to member, and to stranger: no answer.
	DefaultRole bot.RoleName `yaml:"default_role"`
	External    bot.RoleName `yaml:"external"`

	// Roles give people another role. The highest that fits holds.
	Roles []RoleRule `yaml:"roles"`

	// Reactions make an emoji on an alert a command. Defaults to DefaultReactions.
	Reactions map[string]string `yaml:"reactions"`

	// Pace is the time between two messages of the account, in whatever rooms, after Burst of them.
	// Without it the bot is as fast as the homeserver allows, which says so when it has enough.
	// Burst defaults to 10, which is Synapse's.
	Pace  time.Duration `yaml:"pace"`
	Burst int           `yaml:"burst" strict:"min=1"`

	// VerifiedOnly sends keys to, and takes commands from, cross-signed devices only. Defaults to
	// false.
	VerifiedOnly bool `yaml:"verified_only"`
}

// Invites says whose invitations are accepted.
type Invites struct {
	Users   []string `yaml:"users"`   // full ids, @name:server
	Servers []string `yaml:"servers"` // of the person who invites
	Rooms   []string `yaml:"rooms"`   // room ids
}

// RoleRule gives a role to whom it names: people, everybody of a server, or whoever has the power
// level in the room. Rooms narrows it to these rooms. Power counts only in rooms that are listed,
// since everybody is powerful in a room of their own.
type RoleRule struct {
	Role    bot.RoleName `yaml:"role" strict:"required"`
	Users   []string     `yaml:"users"`
	Servers []string     `yaml:"servers"`
	Power   *int         `yaml:"power"`
	Rooms   []string     `yaml:"rooms"` // room ids or aliases
}

// DefaultReactions are the emojis that act like commands on the message they are put on.
var DefaultReactions = map[string]string{
	"👎": "noise", "🔕": "mute this", "👍": "useful", "👀": "claim", "✅": "handled", "❓": "why",
}

// Defaults of the config.
const (
	DefaultPrefix = "!tocsin"
	DefaultBurst  = 10
)

// Example is a commented section for `tocsin init`.
const Example = `# matrix:                      # tocsin help matrix: from nothing to the first alert in ten minutes
#   homeserver: https://matrix.example.org
#   user: "@tocsin:example.org"
#   password_file: matrix-password     # or set TOCSIN_MATRIX_PASSWORD; once: tocsin matrix login
#   # access_token_file: matrix-token  # in place of a password; with OAuth neither is needed
#   # pickle_key_file: matrix-pickle   # encrypts the keys in the database
#   prefix: "!tocsin"
#   prefixes: {"!desk:example.org": "!news"}
#   invites: {users: ["@desk:example.org"], servers: [example.org]}
#   default_role: member               # of people of the bot's own server: viewer, member or admin
#   external: stranger                 # people of other servers get no answer
#   roles:
#     - {role: admin, users: ["@desk:example.org"]}
#     - {role: admin, power: 50, rooms: ["!desk:example.org"]}
#   pace: 5s                           # between messages of the account, after a burst of
#   burst: 10                          # without them as fast as the homeserver allows
#   verified_only: false               # true: only cross-signed devices can read and command
`

// ids as the specification has them, no longer than 255 bytes. A room's id has no server part from
// room version 12 on.
var (
	userID     = regexp.MustCompile(`^@[!-9;-~]+:[A-Za-z0-9.\-\[\]:]+$`)
	roomID     = regexp.MustCompile(`^![^\s:]+(:[A-Za-z0-9.\-\[\]:]+)?$`)
	roomAlias  = regexp.MustCompile(`^#[^\s:]+:[A-Za-z0-9.\-\[\]:]+$`)
	serverName = regexp.MustCompile(`^[A-Za-z0-9.\-\[\]:]+$`)
)

const maxID = 255

func isUser(s string) bool { return len(s) <= maxID && userID.MatchString(s) }

// serverOf gives the server of a user id: all behind the first colon, to be compared as it stands.
func serverOf(user string) string {
	_, server, _ := strings.Cut(user, ":")
	return server
}

func isRoom(s string) bool {
	return len(s) <= maxID && (roomID.MatchString(s) || roomAlias.MatchString(s))
}

// Check says all that is wrong with the section, a line each, without a secret.
func (c Config) Check() error {
	_, err := c.fill()
	return err
}

// fill checks c and puts in the defaults. The error says all that is wrong, without a secret.
func (c Config) fill() (Config, error) {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	c.Homeserver = strings.TrimRight(c.Homeserver, "/")
	if u, err := url.Parse(c.Homeserver); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		bad("matrix.homeserver: %q is no http(s) address", c.Homeserver)
	}
	if !isUser(c.User) {
		bad("matrix.user: %q is no full user id: write @name:server", c.User)
	}
	if c.Prefix == "" {
		c.Prefix = DefaultPrefix
	}
	for _, p := range append([]string{c.Prefix}, values(c.Prefixes)...) {
		if p == "" || strings.ContainsAny(p, " \t\n") || len(p) > 32 {
			bad("matrix.prefix: %q is no prefix: write one short word, such as !tocsin", p)
		}
	}
	for room := range c.Prefixes {
		if !isRoom(room) {
			bad("matrix.prefixes: %q is no room: write !id:server or #alias:server", room)
		}
	}
	if c.Reactions == nil {
		c.Reactions = DefaultReactions
	}
	if c.Burst == 0 {
		c.Burst = DefaultBurst
	}
	if c.Password.Given() && c.AccessToken.Given() {
		bad("matrix: password and access_token are both given: keep one")
	}
	bad = func(format string, args ...any) { errs = append(errs, fmt.Errorf("matrix."+format, args...)) }
	checkIDs(bad, "invites.users", c.Invites.Users, isUser, "@name:server")
	checkIDs(bad, "invites.servers", c.Invites.Servers, serverName.MatchString, "example.org")
	checkIDs(bad, "invites.rooms", c.Invites.Rooms, isRoom, "!id:server")
	for i, r := range c.Roles {
		at := fmt.Sprintf("roles[%d]", i)
		checkIDs(bad, at+".users", r.Users, isUser, "@name:server")
		checkIDs(bad, at+".servers", r.Servers, serverName.MatchString, "example.org")
		checkIDs(bad, at+".rooms", r.Rooms, isRoom, "!id:server or #alias:server")
		switch {
		case len(r.Users)+len(r.Servers) == 0 && r.Power == nil:
			bad("%s names nobody: give users, servers or power", at)
		case r.Power != nil && len(r.Rooms) == 0:
			bad("%s: power counts in no room: list rooms, since everybody is powerful in a room of their own", at)
		}
	}
	return c, errors.Join(errs...)
}

func checkIDs(bad func(string, ...any), key string, ids []string, ok func(string) bool, shape string) {
	for _, id := range ids {
		if !ok(id) {
			bad("%s: %q: write %s", key, id, shape)
		}
	}
}

func values(m map[string]string) (out []string) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}
