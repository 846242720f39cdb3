//go:build goolm

package matrix

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/config/strict"
)

// becomes waits for what is said of a room and wants words in it.
func (e *ear) becomes(t testing.TB, room bot.Room, words string) bot.RoomChange {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case in := <-e.became:
			if in.Room != room {
				continue
			}
			if !strings.Contains(in.Change.What, words) {
				t.Errorf("told of %s: %q, want %q", room, in.Change.What, words)
			}
			return *in.Change
		case <-timeout:
			t.Fatalf("nothing was told of %s, want %q", room, words)
		}
	}
}

func TestEndToEndAdminsAreToldWhatBecomesOfARoom(t *testing.T) {
	t.Parallel()
	anna, account := newPerson(t, "anna"), newBotAccount(t)
	for _, version := range []id.RoomVersion{"11", "12"} {
		t.Run("room version "+string(version), func(t *testing.T) {
			room := anna.room(false, version, account.user)
			named := bot.MakeRoom(Name, string(room))
			b := account.listen(t, func(_ *Config, o *Options) { o.Rooms = func() []bot.Room { return []bot.Room{named} } })
			defer b.stop()
			anna.seesJoin(room, account.user)
			if c := b.becomes(t, named, ""); !c.Usable || c.What != "" {
				t.Errorf("after the first join: %+v", c)
			}
			state := func(kind event.Type, key string, content any) {
				t.Helper()
				if _, err := anna.SendStateEvent(t.Context(), room, kind, key, content); err != nil {
					t.Fatal(err)
				}
			}
			var levels event.PowerLevelsEventContent
			if err := anna.StateEvent(t.Context(), room, event.StatePowerLevels, "", &levels); err != nil {
				t.Fatal(err)
			}
			levels.EventsDefault = 50
			state(event.StatePowerLevels, "", &levels)
			if c := b.becomes(t, named, string(anna.UserID)+" set the power levels"); !c.Lost {
				t.Errorf("without power: %+v", c)
			}
			if _, err := b.Post(t.Context(), bot.Post{Key: "refused", Room: named, Message: alert(1)}); err == nil || bot.FateOf(err).Fate != bot.BadRoom {
				t.Errorf("a post without power gave %v", err)
			}
			levels.EventsDefault = 0
			state(event.StatePowerLevels, "", &levels)
			if c := b.becomes(t, named, "again"); !c.Usable {
				t.Errorf("with power: %+v", c)
			}
			state(event.StateEncryption, "", &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1})
			if c := b.becomes(t, named, string(anna.UserID)+" turned on encryption"); c.Lost || c.Usable {
				t.Errorf("encrypted midway: %+v", c)
			}
			if _, err := anna.BanUser(t.Context(), room, &mautrix.ReqBanUser{UserID: account.user, Reason: "too loud"}); err != nil {
				t.Fatal(err)
			}
			if c := b.becomes(t, named, string(anna.UserID)+" banned me from the room (“too loud”)"); !c.Lost {
				t.Errorf("banned: %+v", c)
			}
			b.stop()
			if _, err := anna.UnbanUser(t.Context(), room, &mautrix.ReqUnbanUser{UserID: account.user}); err != nil {
				t.Fatal(err)
			}
			anna.sees("the end of the ban", func(e *event.Event) bool { // else the homeserver may lose the invitation
				return e.RoomID == room && e.Type == event.StateMember && e.GetStateKey() == string(account.user) && e.Content.AsMember().Membership == event.MembershipLeave
			})
			if _, err := anna.InviteUser(t.Context(), room, &mautrix.ReqInviteUser{UserID: account.user}); err != nil {
				t.Fatal(err)
			}
			b = account.listen(t, func(_ *Config, o *Options) { o.Rooms = func() []bot.Room { return []bot.Room{named} } })
			defer b.stop()
			if c := b.becomes(t, named, "in the room again"); !c.Usable {
				t.Errorf("back: %+v", c)
			}
			posts(t, b.Platform, bot.Post{Key: "back", Room: named, Message: alert(2)})
		})
	}
}

func TestEndToEndEmptyRoomIsLeft(t *testing.T) {
	t.Parallel()
	anna, account := newPerson(t, "anna"), newBotAccount(t)
	room := anna.room(true, "", account.user)
	named := bot.MakeRoom(Name, string(room))
	var ahead atomic.Int64 // of the bot's clock, so that a day goes by
	b := account.listen(t, func(_ *Config, o *Options) {
		o.Rooms = func() []bot.Room { return []bot.Room{named} }
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	anna.seesJoin(room, account.user)
	b.becomes(t, named, "")
	if _, err := anna.LeaveRoom(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	// A day goes by once the bot has seen that.
	deadline := time.Now().Add(patience)
	for {
		if since, err := b.memory.value(t.Context(), alone+string(room)); err != nil || time.Now().After(deadline) {
			t.Fatalf("the bot does not see that it is alone: %v", err)
		} else if since != "" {
			break
		}
		pause(t, 100*time.Millisecond)
	}
	ahead.Store(int64(aloneFor))
	anna.room(false, "", account.user) // something happens, so that the next sync ends
	if c := b.becomes(t, named, "everybody else left"); !c.Lost {
		t.Errorf("told %+v", c)
	}
	for {
		a, err := b.connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		joined, err := a.JoinedRooms(t.Context())
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the bot is still in %v, %v", joined, err)
		}
		if !slices.Contains(joined.JoinedRooms, room) {
			return
		}
		pause(t, 100*time.Millisecond)
	}
}

func TestEndToEndOnlyVerifiedDevicesReadAndCommand(t *testing.T) {
	t.Parallel()
	anna, bob, account := newPerson(t, "anna"), newPerson(t, "bob"), newBotAccount(t)
	recovery, err := anna.crypto.Machine().GenerateAndVerifyWithRecoveryKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	phone := syncing(t, loginPerson(t, anna.UserID)) // not verified yet
	room := anna.room(true, "", account.user, bob.UserID)
	if _, err := bob.JoinRoomByID(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	named := bot.MakeRoom(Name, string(room))
	b := account.listen(t, func(c *Config, o *Options) {
		c.VerifiedOnly = true
		o.Rooms = func() []bot.Room { return []bot.Room{named} }
	})
	anna.seesJoin(room, account.user)
	phone.seesJoin(room, account.user)
	bob.seesJoin(room, account.user)

	// reads says whether a device can read a message, once everything that was sent before a reaction
	// has come there.
	reads := func(p *person, e id.EventID) bool {
		t.Helper()
		if _, err := anna.SendReaction(t.Context(), room, e, "🍕"); err != nil {
			t.Fatal(err)
		}
		p.sees("the reaction", func(r *event.Event) bool {
			return r.Type == event.EventReaction && r.Content.AsReaction().RelatesTo.EventID == e
		})
		return p.count(func(m *event.Event) bool { return m.ID == e }) > 0
	}
	first := id.EventID(posts(t, b.Platform, bot.Post{Key: "first", Room: named, Message: alert(1)}))
	anna.sees("the alert", holding("Alert 1", account.user))
	if reads(phone, first) || reads(bob, first) {
		t.Error("a device that is not verified reads the alert")
	}
	bob.says(room, text("!tocsin bob"))
	phone.says(room, text("!tocsin phone"))
	anna.says(room, text("!tocsin anna"))
	b.hears(t, "anna") // and nothing else, before or after
	if err := phone.crypto.Machine().VerifyWithRecoveryKey(t.Context(), recovery); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for n := 0; ; n++ { // until the bot's sync has brought the signature
		phone.says(room, text(fmt.Sprintf("!tocsin verified %d", n)))
		select {
		case in := <-b.heard:
			if !strings.HasPrefix(in.Text, "verified") {
				t.Errorf("heard %q", in.Text)
			}
		case <-time.After(time.Second):
			if time.Now().After(deadline) {
				t.Fatal("the phone is verified and not heard")
			}
			continue
		}
		break
	}
	posts(t, b.Platform, bot.Post{Key: "second", Room: named, Message: alert(2)})
	phone.sees("the second alert", holding("Alert 2", account.user))
}

func TestEndToEndDoctorFindsAllWellAndAllThatIsNot(t *testing.T) {
	t.Parallel()
	anna, account := newPerson(t, "anna"), newBotAccount(t)
	good, other := anna.room(true, "12", account.user), anna.room(false, "")
	named := bot.MakeRoom(Name, string(good))
	b := account.listen(t, func(_ *Config, o *Options) { o.Rooms = func() []bot.Room { return []bot.Room{named} } })
	anna.seesJoin(good, account.user)
	c := Config{Homeserver: homeserver(t), User: string(account.user), Password: strict.NewSecret(password)}
	look := func(rooms ...bot.Room) (bad []string) {
		t.Helper()
		for _, f := range Doctor(t.Context(), c, inDatabase(t, account.file), rooms) { // while the bot runs
			if t.Log(f); !f.OK {
				bad = append(bad, f.What)
			}
		}
		return bad
	}
	if bad := look(named); len(bad) != 1 || !strings.Contains(bad[0], "no cross-signing keys") {
		t.Errorf("before the device is verified: %q", bad)
	}
	if _, err := b.Login(t.Context(), false, Person{}); err != nil {
		t.Fatal(err)
	}
	if bad := look(named); len(bad) != 0 {
		t.Errorf("found %q", bad)
	}
	if bad := look(bot.MakeRoom(Name, string(other)), "matrix:#nowhere:localhost"); len(bad) != 2 || !strings.Contains(bad[0], "not in the room") || !strings.Contains(bad[1], "leads to no room") {
		t.Errorf("found %q", bad)
	}
}

func TestEndToEndSecretTwiceSentRunsOnceAndALateKeyIsUsed(t *testing.T) {
	t.Parallel()
	anna, account := newPerson(t, "anna"), newBotAccount(t)
	room := anna.room(true, "", account.user)
	named := bot.MakeRoom(Name, string(room))
	b := account.listen(t, func(_ *Config, o *Options) { o.Rooms = func() []bot.Room { return []bot.Room{named} } })
	anna.seesJoin(room, account.user)
	asked := anna.says(room, text("!tocsin first"))
	b.hears(t, "first")

	// Somebody who cannot read it, such as the server's admin, sends the same secret once more.
	secret, err := anna.GetEvent(t.Context(), room, asked)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := anna.SendMessageEvent(t.Context(), room, event.EventEncrypted, secret.Content.Raw, mautrix.ReqSendEvent{DontEncrypt: true}); err != nil {
		t.Fatal(err)
	}
	anna.says(room, text("!tocsin second"))
	b.hears(t, "second") // hears would tell of another "first"

	// The key of what follows comes late: it goes to nobody at first, and to the bot when it asks.
	machine := anna.crypto.Machine()
	if err := machine.CryptoStore.RemoveOutboundGroupSession(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	if err := machine.ShareGroupSession(t.Context(), room, []id.UserID{anna.UserID}); err != nil {
		t.Fatal(err)
	}
	machine.AllowKeyShare = func(context.Context, *id.Device, event.RequestedKeyInfo) *crypto.KeyShareRejection { return nil }
	anna.says(room, text("!tocsin late"))
	b.hears(t, "late")
	anna.says(room, text("!tocsin end"))
	b.hears(t, "end") // and "late" once only
}
