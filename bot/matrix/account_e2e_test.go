//go:build goolm

package matrix

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/config/strict"
)

func TestEndToEndLoginMakesADeviceThatOthersTrust(t *testing.T) {
	t.Parallel()
	account := newBotAccount(t)
	p := account.open(t, nil)
	who, err := p.Login(t.Context(), false, Person{})
	if err != nil {
		t.Fatal(err)
	}
	if who.RecoveryKey == "" || !who.Verified || who.Device == "" {
		t.Fatalf("the first login gave %+v", who)
	}
	again, err := p.Login(t.Context(), false, Person{})
	if err != nil || again.RecoveryKey != "" || again.Device != who.Device || !again.Verified {
		t.Errorf("the second login gave %+v, %v", again, err)
	}
	fresh, err := p.Login(t.Context(), true, Person{})
	if err != nil || fresh.Device == who.Device || fresh.Verified || fresh.RecoveryKey != "" {
		t.Errorf("a new device is %+v, %v", fresh, err)
	}
	if _, err := p.Verify(t.Context(), "EsTx wrong"); err == nil {
		t.Error("a wrong recovery key was taken")
	}
	verified, err := p.Verify(t.Context(), who.RecoveryKey)
	if err != nil || !verified.Verified || verified.Device != fresh.Device {
		t.Errorf("after verifying the device is %+v, %v", verified, err)
	}
	p.Close()

	// The database is lost: the bot runs with a new device, which it says, or verifies by itself.
	for recovery, words := range map[string]string{"": "the device is not verified", who.RecoveryKey: "was verified with the recovery key"} {
		var log strings.Builder
		lost := account
		lost.file = filepath.Join(t.TempDir(), "lost.db")
		p := lost.open(t, func(c *Config, o *Options) {
			c.RecoveryKey = strict.NewSecret(recovery)
			o.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
		if _, err := p.connect(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.Close()
		if !strings.Contains(log.String(), words) {
			t.Errorf("with the recovery key %q the log is\n%s", recovery, log.String())
		}
	}
}

func TestEndToEndBrokenDevicesAreToldInWords(t *testing.T) {
	t.Parallel()
	// refused posts into an encrypted room and wants it refused with a hint, and a room that is not
	// encrypted served all the same.
	refused := func(t *testing.T, p *Platform, secret, open bot.Room, words string) {
		t.Helper()
		_, err := p.Post(t.Context(), bot.Post{Key: "refused", Room: secret, Message: alert(1)})
		send := bot.FateOf(err)
		if err == nil || send.Fate != bot.BadRoom || !strings.Contains(send.Err.Error(), words) || !strings.Contains(send.Hint, "--new-device") {
			t.Errorf("the encrypted room gave %v with the hint %q, want %q", err, send.Hint, words)
		}
		posts(t, p, bot.Post{Key: "served", Room: open, Message: alert(2)})
	}
	setUp := func(t *testing.T) (account botAccount, secret, open bot.Room, d device) {
		anna := newPerson(t, "anna")
		account = newBotAccount(t)
		rooms := []id.RoomID{anna.room(true, "", account.user), anna.room(false, "", account.user)}
		secret, open = bot.MakeRoom(Name, string(rooms[0])), bot.MakeRoom(Name, string(rooms[1]))
		b := account.listen(t, func(_ *Config, o *Options) { o.Rooms = func() []bot.Room { return []bot.Room{secret, open} } })
		anna.seesJoin(rooms[0], account.user)
		anna.seesJoin(rooms[1], account.user)
		posts(t, b.Platform, bot.Post{Key: "whole", Room: secret, Message: alert(0)})
		d, err := b.memory.device(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.stop()
		return account, secret, open, d
	}

	t.Run("lost database", func(t *testing.T) {
		t.Parallel()
		account, secret, open, d := setUp(t)
		account.file = filepath.Join(t.TempDir(), "other.db")
		p := account.open(t, func(c *Config, _ *Options) { c.Password, c.AccessToken = strict.Secret{}, strict.NewSecret(d.Token) })
		defer p.Close()
		refused(t, p, secret, open, "not in this database")
	})
	t.Run("another pickle key", func(t *testing.T) {
		t.Parallel()
		account, secret, open, _ := setUp(t)
		p := account.open(t, func(c *Config, _ *Options) { c.PickleKey = strict.NewSecret("another key") })
		defer p.Close()
		refused(t, p, secret, open, "another pickle key")
	})
	t.Run("deleted device", func(t *testing.T) {
		t.Parallel()
		account, secret, open, d := setUp(t)
		c, err := mautrix.NewClient(homeserver(t), d.User, d.Token)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		p := account.open(t, nil) // logs in anew, as the same device, whose keys are gone
		defer p.Close()
		refused(t, p, secret, open, "was deleted on the server")
	})
	t.Run("older copy", func(t *testing.T) {
		t.Parallel()
		account, secret, open, _ := setUp(t)
		closeDatabase(t, account.file)
		old, err := os.ReadFile(account.file)
		if err != nil {
			t.Fatal(err)
		}
		p := account.open(t, nil)
		posts(t, p, bot.Post{Key: "with newer keys", Room: secret, Message: alert(1)})
		p.Close()
		closeDatabase(t, account.file)
		if err := os.WriteFile(account.file, old, 0o600); err != nil {
			t.Fatal(err)
		}
		p = account.open(t, nil)
		defer p.Close()
		refused(t, p, secret, open, "older copy")
	})
}

// TestKilledListener is no test: it is the process that TestEndToEndKilledListener kills. It writes
// what it hears to a file, as the desk writes it to the inbox.
func TestKilledListener(t *testing.T) {
	file := os.Getenv("TOCSIN_TEST_HEARD")
	if file == "" {
		t.Skip("this is a part of TestEndToEndKilledListenerMissesNothing")
	}
	p, err := Open(t.Context(), Config{Homeserver: homeserver(t), User: os.Getenv("TOCSIN_TEST_USER"), Password: strict.NewSecret(password),
		Invites: Invites{Servers: []string{"localhost"}}}, inDatabase(t, os.Getenv("TOCSIN_TEST_FILE")))
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_ = p.Listen(context.Background(), func(_ context.Context, in bot.Incoming) error {
		_, err := fmt.Fprintf(out, "%s %s\n", in.Key, in.Text)
		return errors.Join(err, out.Sync())
	})
}

func TestEndToEndKilledListenerMissesNothing(t *testing.T) {
	t.Parallel()
	anna, account := newPerson(t, "anna"), newBotAccount(t)
	room := anna.room(true, "", account.user)
	heard := filepath.Join(t.TempDir(), "heard")
	start := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilledListener$")
		cmd.Env = append(os.Environ(), "TOCSIN_TEST_HEARD="+heard, "TOCSIN_TEST_USER="+string(account.user), "TOCSIN_TEST_FILE="+account.file)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	cmd := start()
	kill := func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	defer func() { kill() }()
	anna.seesJoin(room, account.user)

	const commands, kills = 100, 20
	for i := range commands {
		if i%(commands/kills) == 0 && i > 0 {
			kill()
			cmd = start()
			// A new session, so that its key is on the way when the next kill comes.
			if err := anna.crypto.Machine().CryptoStore.RemoveOutboundGroupSession(t.Context(), room); err != nil {
				t.Fatal(err)
			}
		}
		anna.says(room, text(fmt.Sprintf("!tocsin search %d", i)))
		pause(t, time.Duration(rand.IntN(120))*time.Millisecond)
	}
	// A kill may cut a line short, so that there are more texts than commands: the last one tells.
	texts := readHeard(t, heard)
	for wait := time.Now(); len(texts[fmt.Sprintf("search %d", commands-1)]) == 0 && time.Since(wait) < patience; texts = readHeard(t, heard) {
		pause(t, 100*time.Millisecond)
	}
	for i := range commands {
		if keys := texts[fmt.Sprintf("search %d", i)]; len(keys) != 1 {
			t.Errorf("command %d was heard under %d keys, want one", i, len(keys))
		}
	}
}

// pause lets a process that is to be killed run on: what is under test is when the kill comes.
func pause(t *testing.T, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

func readHeard(t *testing.T, file string) map[string]map[string]bool {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	texts := map[string]map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, text, _ := strings.Cut(lines.Text(), " ")
		if texts[text] == nil {
			texts[text] = map[string]bool{}
		}
		texts[text][key] = true
	}
	return texts
}
