package matrix

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"maunium.net/go/mautrix"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/config/strict"
)

// clinic is a homeserver that answers what it is told to, by path.
type clinic map[string]any

func (c clinic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, ok := c[strings.TrimPrefix(r.URL.Path, "/_matrix/")]
	switch {
	case !ok:
		refuse(w, 404, "M_NOT_FOUND")
	case r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "keys/query"):
		panic("the doctor changes something: " + r.Method + " " + r.URL.Path)
	case answer == nil:
		refuse(w, 401, "M_UNKNOWN_TOKEN")
	default:
		say(w, 200, answer)
	}
}

// healthy is a homeserver where all is well for the desk's room.
func healthy() clinic {
	return clinic{
		"client/versions":       map[string]any{"versions": []string{"v1.2", "v1.11"}},
		"federation/v1/version": map[string]any{"server": map[string]any{"name": "Synapse", "version": "1.140.0"}},
		"client/v3/account/whoami": map[string]any{
			"user_id": botUser, "device_id": "DEVICE"},
		"client/v3/keys/query": map[string]any{
			"device_keys": map[string]any{botUser: map[string]any{"DEVICE": map[string]any{"user_id": botUser, "device_id": "DEVICE",
				"keys":       map[string]any{"ed25519:DEVICE": "k"},
				"signatures": map[string]any{botUser: map[string]any{"ed25519:signer": "s"}}}}},
			"self_signing_keys": map[string]any{botUser: map[string]any{"user_id": botUser, "keys": map[string]any{"ed25519:signer": "signer"}}},
		},
		"client/v3/joined_rooms":                     map[string]any{"joined_rooms": []string{deskRoom}},
		"client/v3/directory/room/#desk:example.org": map[string]any{"room_id": deskRoom},
		"client/v3/rooms/" + deskRoom + "/state": []any{
			state("m.room.member", botUser, map[string]any{"membership": "join"}),
			state("m.room.member", anna, map[string]any{"membership": "join"}),
			state("m.room.member", "@gone:example.org", map[string]any{"membership": "leave"}),
			state("m.room.power_levels", "", map[string]any{"users": map[string]any{anna: 100}}),
		},
	}
}

func state(kind, key string, content map[string]any) map[string]any {
	return map[string]any{"type": kind, "state_key": key, "sender": anna, "event_id": "$" + kind + key, "content": content}
}

// with gives the clinic with more events in the state of the desk's room.
func (c clinic) with(events ...map[string]any) clinic {
	path := "client/v3/rooms/" + deskRoom + "/state"
	all := append([]any{}, c[path].([]any)...)
	for _, e := range events {
		all = append(all, e)
	}
	c[path] = all
	return c
}

func TestDoctorSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	set := func(path string, value any) clinic { c := healthy(); c[path] = value; return c }
	without := func(path string) clinic { c := healthy(); delete(c, path); return c }
	const aliased = bot.Room("matrix:#desk:example.org")
	for _, c := range []struct {
		name  string
		s     clinic
		room  bot.Room
		kept  device
		last  string // the last finding holds it
		hint  string // empty: it is fine
		built int    // 1: with encryption only, 2: without only
	}{
		{"all is well", healthy(), aliased, device{}, "I am in the room with 1 more, may write and react there; it is not encrypted", "", 0},
		{"no homeserver", clinic{}, desk, device{}, "does not answer as a homeserver", "matrix.homeserver", 0},
		{"no Matrix", set("client/versions", map[string]any{"hello": "world"}), desk, device{}, "does not answer as a homeserver", "matrix.homeserver", 0},
		{"ended token", set("client/v3/account/whoami", nil), desk, device{}, "refuses the access token", "tocsin matrix login", 0},
		{"token of somebody else", set("client/v3/account/whoami", map[string]any{"user_id": anna, "device_id": "DEVICE"}), desk, device{}, "belongs to " + anna, "matrix.user", 0},
		{"token of another device", healthy(), desk, device{User: botUser, ID: "OTHER", Token: "t"}, "the keys are of OTHER", "--new-device", 0},
		{"never logged in", healthy(), desk, device{ID: "-"}, "was never used here", "tocsin matrix login", 0},
		{"unknown alias", healthy(), "matrix:#gone:example.org", device{}, "the alias leads to no room", "how it is written", 0},
		{"no room", healthy(), "matrix:desk", device{}, "no room of Matrix", "!id:server", 0},
		{"not in the room", healthy(), "matrix:!V12withoutServer", device{}, "I am not in the room", "Invite " + botUser, 0},
		{"no power", healthy().with(state("m.room.power_levels", "", map[string]any{"events_default": 50})), desk, device{},
			"I may not write or put a ✅ on commands there", "a power level of 50", 0},
		{"no power to react", healthy().with(state("m.room.power_levels", "", map[string]any{"events": map[string]any{"m.reaction": 7}})), desk, device{},
			"I may not put a ✅ on commands there", "a power level of 7", 0},
		{"creator of a room of version 12", healthy().with(state("m.room.power_levels", "", map[string]any{"events_default": 50}),
			map[string]any{"type": "m.room.create", "state_key": "", "sender": botUser, "content": map[string]any{"room_version": "12"}}), desk, device{},
			"may write and react there", "", 0},
		{"empty room", healthy().with(state("m.room.member", anna, map[string]any{"membership": "leave"})), desk, device{}, "nobody else is", "Invite", 0},
		{"replaced", healthy().with(state("m.room.tombstone", "", map[string]any{"replacement_room": deskRoom})), desk, device{}, "messages go to the new one", deskRoom, 0},
		{"closed", healthy().with(state("m.room.tombstone", "", map[string]any{})), desk, device{}, "closed for good", "name that one", 0},
		{"encrypted", healthy().with(state("m.room.encryption", "", map[string]any{"algorithm": "x"})), desk, device{}, "it is encrypted", "", 1},
		{"encrypted, and we cannot", healthy().with(state("m.room.encryption", "", map[string]any{"algorithm": "x"})), desk, device{}, "built without encryption", "goolm", 2},
		{"may write, but not encrypted", healthy().with(state("m.room.encryption", "", map[string]any{"algorithm": "x"}),
			state("m.room.power_levels", "", map[string]any{"events": map[string]any{"m.room.encrypted": 30}})), desk, device{}, "I may not write there", "30", 1},
		{"no keys", set("client/v3/keys/query", map[string]any{}), "slack:x", device{}, "shows no keys", "tocsin matrix login", 1},
		{"no cross-signing keys", set("client/v3/keys/query", map[string]any{"device_keys": healthy()["client/v3/keys/query"].(map[string]any)["device_keys"]}), "slack:x", device{}, "no cross-signing keys", "tocsin matrix login", 1},
		{"not verified", set("client/v3/keys/query", map[string]any{
			"device_keys":       healthy()["client/v3/keys/query"].(map[string]any)["device_keys"],
			"self_signing_keys": map[string]any{botUser: map[string]any{"user_id": botUser, "keys": map[string]any{"ed25519:newer": "newer"}}},
		}), "slack:x", device{}, "is not verified", "tocsin matrix verify", 1},
		{"settings are not readable", without("client/v3/rooms/" + deskRoom + "/state"), desk, device{}, "are not readable", "Try again", 0},
	} {
		if c.built == 1 && !Encrypts || c.built == 2 && Encrypts {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(c.s)
			t.Cleanup(s.Close)
			o := inDatabase(t, filepath.Join(t.TempDir(), "tocsin.db"))
			if c.kept == (device{}) {
				c.kept = device{User: botUser, ID: "DEVICE", Token: "token"}
			}
			if c.kept.ID != "-" {
				keep(t, o, c.kept)
			}
			found := Doctor(t.Context(), Config{Homeserver: s.URL, User: botUser, AccessToken: strict.NewSecret("token")}, o, []bot.Room{"console", c.room})
			last := found[len(found)-1]
			if !strings.Contains(last.What, c.last) || last.OK != (c.hint == "") || !strings.Contains(last.Hint, c.hint) || !last.OK && last.Hint == "" {
				t.Errorf("the last finding is %+v, want %q and %q", last, c.last, c.hint)
			}
			for _, f := range found[:len(found)-1] {
				if !f.OK {
					t.Errorf("found %+v", f)
				}
			}
		})
	}
}

// keep makes the file of a device, and leaves it open, as the running bot does.
func keep(t *testing.T, o Options, d device) {
	t.Helper()
	m, err := openMemory(t.Context(), o.DB, o.Dialect)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.close() })
	if err := m.setDevice(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorNamesTheAddressThatTheServerOfTheAccountNames(t *testing.T) {
	t.Parallel()
	right := httptest.NewServer(healthy())
	t.Cleanup(right.Close)
	wrong := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/matrix/client" {
			fmt.Fprintf(w, `{"m.homeserver": {"base_url": %q}}`, right.URL)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(wrong.Close)
	d := &doctor{config: Config{Homeserver: wrong.URL, User: "@tocsin:" + strings.TrimPrefix(wrong.URL, "https://")}}
	d.client = mustClient(t, wrong.URL)
	d.client.Client = wrong.Client()
	if d.server(context.Background()) || len(d.found) != 1 || !strings.Contains(d.found[0].Hint, right.URL) {
		t.Errorf("found %+v", d.found)
	}
}

func mustClient(t *testing.T, address string) *mautrix.Client {
	t.Helper()
	c, err := mautrix.NewClient(address, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
