package matrix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
)

// doctorTime is how long one question of the doctor may take.
const doctorTime = 30 * time.Second

// Doctor looks at the homeserver, the device that the database belongs to and the given rooms, and says
// what to do about what is wrong. It changes nothing, here or there, and may be called while another
// process uses the device. Of the options it needs the database, which may be one that can only be
// read; without one there is no device yet.
func Doctor(ctx context.Context, c Config, o Options, rooms []bot.Room) []bot.Finding {
	c, err := c.fill()
	if err != nil {
		return []bot.Finding{{What: err.Error(), Hint: "`tocsin help matrix` shows how."}}
	}
	client, err := mautrix.NewClient(c.Homeserver, id.UserID(c.User), "")
	if err != nil {
		return []bot.Finding{{What: err.Error(), Hint: "Check matrix.homeserver."}}
	}
	client.Client = &http.Client{Timeout: doctorTime}
	client.ResponseSizeLimit = maxResponse
	client.StateStore = nil
	d := &doctor{config: c, client: client}
	if !d.server(ctx) || !d.device(ctx, o) {
		return d.found
	}
	d.keys(ctx)
	joined, err := client.JoinedRooms(ctx)
	if err != nil {
		d.bad("Try again.", "%s does not say which rooms the account is in: %v", c.Homeserver, withoutSecrets(err))
		return d.found
	}
	for _, r := range rooms {
		if r.Platform() == Name {
			d.room(ctx, r, joined.JoinedRooms)
		}
	}
	return d.found
}

// doctor is one look at everything.
type doctor struct {
	config Config
	client *mautrix.Client
	found  []bot.Finding
}

func (d *doctor) ok(format string, args ...any) {
	d.found = append(d.found, bot.Finding{OK: true, What: fmt.Sprintf(format, args...)})
}

func (d *doctor) bad(hint, format string, args ...any) {
	d.found = append(d.found, bot.Finding{What: fmt.Sprintf(format, args...), Hint: hint})
}

// server asks who answers at the address of the homeserver.
func (d *doctor) server(ctx context.Context) bool {
	versions, err := d.client.Versions(ctx)
	if err != nil || len(versions.Versions) == 0 {
		if err == nil {
			err = errors.New("the answer names no version")
		}
		hint := "Check the network, the proxy and matrix.homeserver."
		if at := d.discover(ctx); at != "" && at != d.config.Homeserver {
			hint = fmt.Sprintf("The server of %s says that its homeserver is at %s: write that into matrix.homeserver.", d.config.User, at)
		}
		d.bad(hint, "%s does not answer as a homeserver: %v", d.config.Homeserver, withoutSecrets(err))
		return false
	}
	var software struct {
		Server struct{ Name, Version string } `json:"server"`
	}
	what := "a homeserver"
	if _, err := d.client.MakeRequest(ctx, http.MethodGet, d.client.BuildURL(mautrix.BaseURLPath{"_matrix", "federation", "v1", "version"}), nil, &software); err == nil && software.Server.Name != "" {
		what = cutText(clean(software.Server.Name+" "+software.Server.Version, false), 60)
	}
	d.ok("%s is %s, and speaks Matrix up to %s", d.config.Homeserver, what, versions.GetLatest())
	return true
}

// discover gives the address that the user's server names for its clients; empty for none.
func (d *doctor) discover(ctx context.Context) string {
	known, err := mautrix.DiscoverClientAPIWithClient(ctx, d.client.Client, serverOf(d.config.User))
	if err != nil || known == nil {
		return ""
	}
	return strings.TrimRight(known.Homeserver.BaseURL, "/")
}

// device asks whose the token is, and holds that against the device that the keys belong to.
func (d *doctor) device(ctx context.Context, o Options) bool {
	var kept device
	var err error
	if o.DB != nil {
		kept, err = peekDevice(ctx, o.DB, o.Dialect)
	}
	if err != nil {
		d.bad("Check the database's owner and rights.", "the device is not readable: %v", err)
		return false
	}
	d.client.AccessToken = kept.Token
	if d.config.AccessToken.Given() {
		d.client.AccessToken = d.config.AccessToken.Reveal()
	}
	if d.client.AccessToken == "" {
		d.bad("Run: tocsin matrix login", "%s is not logged in yet", d.config.User)
		return false
	}
	if ended := time.UnixMilli(kept.Expires); !d.config.AccessToken.Given() && kept.Refresh != "" && kept.Expires > 0 && ended.Before(time.Now()) {
		d.bad("Run the bot, which renews it. When it runs, its log says why it does not: tocsin matrix login helps then.",
			"the access token of %s ended at %s", d.config.User, ended.Format("2006-01-02 15:04"))
		return false
	}
	who, err := d.client.Whoami(ctx)
	switch {
	case err != nil:
		send := sendError(err, false)
		hint := send.Hint
		if hint == "" {
			hint = "Try again."
		}
		d.bad(hint, "the homeserver refuses the access token: %v", send.Err)
	case string(who.UserID) != d.config.User:
		d.bad("Give the token of "+d.config.User+", or change matrix.user.", "the access token belongs to %s, the config names %s", who.UserID, d.config.User)
	case kept.ID != "" && kept.ID != who.DeviceID:
		d.bad("Give the token of the device "+string(kept.ID)+", or take a new device: tocsin matrix login --new-device",
			"the access token is of the device %s, the keys are of %s", who.DeviceID, kept.ID)
	case kept.ID == "":
		d.bad("Run: tocsin matrix login", "the access token of %s is good, and its device %s was never used here", who.UserID, who.DeviceID)
	default:
		d.client.DeviceID = who.DeviceID
		d.ok("the access token is of %s, device %s", who.UserID, who.DeviceID)
		return true
	}
	return false
}

// keys asks what other people's clients see of the device.
func (d *doctor) keys(ctx context.Context) {
	if !Encrypts {
		d.ok("this program was built without encryption: it refuses encrypted rooms")
		return
	}
	user := id.UserID(d.config.User)
	answer, err := d.client.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{user: {}}})
	if err != nil {
		d.bad("Try again.", "the homeserver does not show the device's keys: %v", withoutSecrets(err))
		return
	}
	const login = "Run: tocsin matrix login"
	shown, there := answer.DeviceKeys[user][d.client.DeviceID]
	signer := answer.SelfSigningKeys[user]
	signed := false
	for key := range signer.Keys {
		signed = signed || shown.Signatures[user][key] != ""
	}
	switch {
	case !there || len(shown.Keys) == 0:
		d.bad(login, "the device %s shows no keys: nobody can send it a message that it can read", d.client.DeviceID)
	case len(signer.Keys) == 0:
		d.bad(login, "the account has no cross-signing keys: clients warn of the bot, or ignore it")
	case !signed:
		d.bad("With the recovery key: tocsin matrix verify", "the device %s is not verified: clients warn of the bot, or ignore it", d.client.DeviceID)
	default:
		d.ok("the device %s can encrypt, and is verified", d.client.DeviceID)
	}
}

// room asks what the bot may do in a room that is named.
func (d *doctor) room(ctx context.Context, named bot.Room, joined []id.RoomID) {
	bad := func(hint, format string, args ...any) { d.bad(hint, "%s: "+format, append([]any{named}, args...)...) }
	_, address := named.Parse()
	if !isRoom(address) {
		bad("Write matrix:!id:server or matrix:#alias:server.", "this is no room of Matrix")
		return
	}
	room := id.RoomID(address)
	if strings.HasPrefix(address, "#") {
		answer, err := d.client.ResolveAlias(ctx, id.RoomAlias(address))
		if err != nil {
			bad("Check how it is written, or name the room by its id.", "the alias leads to no room: %v", withoutSecrets(err))
			return
		}
		room = answer.RoomID
	}
	if !slices.Contains(joined, room) {
		bad("Invite "+d.config.User+" to the room while the bot runs: it joins rooms that are named.", "I am not in the room")
		return
	}
	state, err := d.client.State(ctx, room)
	if err != nil {
		bad("Try again.", "the room's settings are not readable: %v", withoutSecrets(err))
		return
	}
	if e := state[event.StateTombstone][""]; e != nil {
		next, _ := e.Content.Raw["replacement_room"].(string)
		if !slices.Contains(joined, id.RoomID(next)) {
			bad("Invite me to the room that replaced it, and name that one.", "the room was closed for good")
			return
		}
		bad("Name the new room: matrix:"+cutText(clean(next, false), maxID), "the room was replaced; messages go to the new one")
		return
	}
	encrypted := state[event.StateEncryption][""] != nil
	if encrypted && !Encrypts {
		bad("Use a program that was built with -tags goolm; encryption of a room cannot be turned off.", "the room is encrypted, and this program was built without encryption")
		return
	}
	others := 0
	for who, e := range state[event.StateMember] {
		if membership, _ := e.Content.Raw["membership"].(string); membership == string(event.MembershipJoin) && who != d.config.User {
			others++
		}
	}
	if missing, need := d.missing(state, encrypted); missing != "" {
		bad(fmt.Sprintf("Give %s a power level of %d in the room's settings.", d.config.User, need), "I may not %s there", missing)
		return
	}
	if others == 0 {
		bad("Invite those who shall read the alerts.", "I am in the room, and nobody else is")
		return
	}
	how := "not encrypted"
	if encrypted {
		how = "encrypted"
	}
	d.ok("%s: I am in the room with %d more, may write and react there; it is %s", named, others, how)
}

// missing says what the bot lacks the power for, and which level that takes.
func (d *doctor) missing(state mautrix.RoomStateMap, encrypted bool) (what string, need int) {
	e := state[event.StatePowerLevels][""]
	if e == nil {
		return "", 0
	}
	levels := e.Content.AsPowerLevels()
	have := levels.GetUserLevel(id.UserID(d.config.User))
	kind := event.EventMessage
	if encrypted {
		kind = event.EventEncrypted
	}
	var all []string
	for _, may := range []struct {
		what string
		kind event.Type
	}{{"write", kind}, {"put a ✅ on commands", event.EventReaction}} {
		if level := levels.GetEventLevel(may.kind); have < level {
			all, need = append(all, may.what), max(need, level)
		}
	}
	return strings.Join(all, " or "), need
}
