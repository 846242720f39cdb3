//go:build goolm

package matrix

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"

	"github.com/tocsin-bot/tocsin/bot"
)

// Encrypts says whether this program can speak in encrypted rooms.
const Encrypts = true

// olmVault is a vault of mautrix's Olm machine, written in Go. The machine is driven from our own
// sync, one event after the other, so that what it stores and what we store cannot drift apart.
type olmVault struct {
	*crypto.OlmMachine
	client *mautrix.Client
	memory *memory
	asked  map[id.SessionID]bool

	mu     sync.Mutex // of decrypting, and of taking a message of keys
	sought map[seeking]bool
}

// seeking is a device that was looked for on the server.
type seeking struct {
	user id.UserID
	key  id.SenderKey
}

// maxSought bounds what is remembered of devices that were looked for.
const maxSought = 10_000

// keyStore is the library's store, with the transaction of a message beginning at the first question
// that the machine asks under its lock.
type keyStore struct{ *crypto.SQLCryptoStore }

func (s keyStore) GetOlmHash(ctx context.Context, hash [32]byte) (time.Time, error) {
	beginTransaction(ctx)
	return s.SQLCryptoStore.GetOlmHash(ctx, hash)
}

// newDevice is the way out of everything that cannot be repaired.
const newDevice = "Take a new device: tocsin matrix login --new-device; with the recovery key others trust it at once."

// openVault loads the keys of the client's device, and makes sure that the server has the same. An
// error that is a *bot.SendError lasts until somebody acts; the others may be gone at the next try.
func openVault(ctx context.Context, client *mautrix.Client, m *memory, pickle string, c Config) (vault, error) {
	store := crypto.NewSQLCryptoStore(m.Database, dbutil.NoopLogger, string(client.DeviceID), client.DeviceID, []byte(pickle))
	if err := store.DB.Upgrade(ctx); err != nil {
		return nil, fmt.Errorf("make room for keys: %w", err)
	}
	client.Client.Transport = outsideTransactions{client.Client.Transport}
	v := &olmVault{client: client, memory: m, asked: map[id.SessionID]bool{}, sought: map[seeking]bool{},
		OlmMachine: crypto.NewOlmMachine(client, &client.Log, keyStore{store}, knownRooms{m.rooms, m})}
	if c.VerifiedOnly {
		v.SendKeysMinTrust = id.TrustStateCrossSignedTOFU
	}
	if err := v.Load(ctx); err != nil {
		if strings.Contains(err.Error(), "bad mac") || strings.Contains(err.Error(), "pickle") {
			return nil, broken("the keys in the database are encrypted with another pickle key",
				"Give back the old matrix.pickle_key, or remove the one that was added. "+newDevice, err)
		}
		return nil, fmt.Errorf("load the device's keys: %w", err)
	}
	if err := v.compare(ctx); err != nil {
		return nil, err
	}
	if err := v.count(ctx); err != nil {
		return nil, err
	}
	return v, nil
}

func broken(what, hint string, cause error) error {
	if cause != nil {
		what += ": " + cause.Error()
	}
	return &bot.SendError{Fate: bot.BadRoom, Err: errors.New(what), Hint: hint}
}

// compare holds our keys against those that the server shows to others, and shows ours where there
// are none yet.
func (v *olmVault) compare(ctx context.Context) error {
	answer, err := v.client.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{v.client.UserID: {v.client.DeviceID}}})
	if err != nil {
		return fmt.Errorf("ask the server for this device's keys: %w", err)
	}
	shown, there := answer.DeviceKeys[v.client.UserID][v.client.DeviceID]
	there = there && len(shown.Keys) > 0
	shared := v.GetAccount().Shared
	switch {
	case !there && shared:
		return broken(fmt.Sprintf("the device %s was deleted on the server, and its keys with it", v.client.DeviceID), newDevice, nil)
	case !there:
		if err := v.ShareKeys(ctx, -1); err != nil {
			return fmt.Errorf("show the device's keys to the server: %w", err)
		}
	case !shared:
		return broken(fmt.Sprintf("the keys of the device %s are not in this database: it is new, or was restored from before they were made", v.client.DeviceID),
			"Restore the database of this device. Otherwise: "+newDevice, nil)
	case v.OwnIdentity().SigningKey != shown.Keys.GetEd25519(v.client.DeviceID):
		return broken(fmt.Sprintf("the server has other keys for the device %s than this database", v.client.DeviceID),
			"Restore the database of this device. Otherwise: "+newDevice, nil)
	}
	return nil
}

// count counts the starts of the device, here and in the account's data on the server. A database that
// has seen fewer than the server is an older copy, whose keys were used since.
func (v *olmVault) count(ctx context.Context) error {
	name := "org.tocsin.starts." + string(v.client.DeviceID)
	var server struct {
		Starts int `json:"starts"`
	}
	if err := v.client.GetAccountData(ctx, name, &server); err != nil && codeOf(err) != "M_NOT_FOUND" {
		return fmt.Errorf("ask how often the device was started: %w", err)
	}
	value, err := v.memory.value(ctx, name)
	if err != nil {
		return err
	}
	ours, _ := strconv.Atoi(value) // nothing yet is none
	if server.Starts > ours {
		return broken("the database is an older copy than the one that was used last",
			"Give back the latest one: keys that are used twice are no secret. Otherwise: "+newDevice, nil)
	}
	// Ours first: a crash in between leaves us ahead, which does no harm.
	if err := v.memory.setValue(ctx, name, strconv.Itoa(ours+1)); err != nil {
		return err
	}
	server.Starts = ours + 1
	if err := v.client.SetAccountData(ctx, name, server); err != nil {
		return fmt.Errorf("count the starts of the device: %w", err)
	}
	return nil
}

// receive takes keys and changes of devices. Each message is one transaction: a kill in the middle
// must not leave it noted as seen and its key unsaved, for the server delivers it again.
func (v *olmVault) receive(ctx context.Context, r *syncResponse) (keys bool, err error) {
	if changed := r.DeviceLists.Changed; len(changed) > 0 {
		v.HandleDeviceLists(ctx, &r.DeviceLists, "")
		if v.SendKeysMinTrust > id.TrustStateUnset {
			// A device that was verified since has its old keys, and no session yet.
			for _, user := range changed {
				v.OnDevicesChanged(ctx, user)
			}
		}
	}
	for _, e := range r.ToDevice.Events {
		e.Type.Class = event.ToDeviceEventType
		if err := e.Content.ParseRaw(e.Type); err != nil && !errors.Is(err, event.ErrContentAlreadyParsed) {
			continue
		}
		content, encrypted := e.Content.Parsed.(*event.EncryptedEventContent)
		if !encrypted {
			v.one(ctx, e)
			continue
		}
		keys = true
		v.seek(ctx, e.Sender, content.SenderKey)
		if err := v.locked(ctx, e); err != nil {
			return keys, err
		}
	}
	v.HandleOTKCounts(ctx, &r.KeyCount)
	v.MarkOlmHashSavePoint(ctx)
	return keys, nil
}

// locked handles an encrypted message between devices.
func (v *olmVault) locked(ctx context.Context, e *event.Event) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	t := newTransaction(ctx, v.memory.Database)
	v.one(t, e)
	return t.end()
}

// seek asks for a sender's devices where the key is of none that we know, once: in the middle of the
// transaction nobody can be asked.
func (v *olmVault) seek(ctx context.Context, user id.UserID, key id.SenderKey) {
	if v.sought[seeking{user, key}] {
		return
	}
	if known, err := v.CryptoStore.FindDeviceByKey(ctx, user, key); known != nil || err != nil {
		return
	}
	if len(v.sought) >= maxSought {
		clear(v.sought)
	}
	v.sought[seeking{user, key}] = true
	v.LoadDevices(ctx, user)
}

// one handles a message between devices; a panic over a strange one costs that one alone.
func (v *olmVault) one(ctx context.Context, e *event.Event) {
	defer func() { _ = recover() }()
	v.HandleToDeviceEvent(ctx, e)
}

func (v *olmVault) member(ctx context.Context, e *event.Event) { v.HandleMemberEvent(ctx, e) }

func (v *olmVault) renew(ctx context.Context, room id.RoomID, members []id.UserID) error {
	if _, err := v.FetchKeys(ctx, members, true); err != nil {
		return err
	}
	return v.CryptoStore.RemoveOutboundGroupSession(ctx, room)
}

func (v *olmVault) encrypt(ctx context.Context, room id.RoomID, kind event.Type, content any) (*event.EncryptedEventContent, error) {
	out, err := v.EncryptMegolmEvent(ctx, room, kind, content)
	if !errors.Is(err, crypto.ErrSessionExpired) && !errors.Is(err, crypto.ErrSessionNotShared) && !errors.Is(err, crypto.ErrNoGroupSession) {
		return out, err
	}
	members, err := v.client.StateStore.GetRoomJoinedOrInvitedMembers(ctx, room)
	if err != nil {
		return nil, err
	}
	if err := v.ShareGroupSession(ctx, room, members); err != nil {
		return nil, fmt.Errorf("share a new session: %w", err)
	}
	return v.EncryptMegolmEvent(ctx, room, kind, content)
}

func (v *olmVault) decrypt(ctx context.Context, e *event.Event) (*event.Event, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	out, err := v.DecryptMegolmEvent(ctx, e)
	if errors.Is(err, crypto.ErrNoSessionFound) {
		return nil, errNoKey
	}
	return out, err
}

// ask asks for a key once in each process, in the background: the answer comes with a sync.
func (v *olmVault) ask(ctx context.Context, e *event.Event) {
	content, ok := e.Content.Parsed.(*event.EncryptedEventContent)
	if !ok || v.asked[content.SessionID] {
		return
	}
	v.asked[content.SessionID] = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	go func() {
		defer cancel()
		_ = v.SendRoomKeyRequest(ctx, e.RoomID, content.SenderKey, content.SessionID, "",
			map[id.UserID][]id.DeviceID{e.Sender: {"*"}, v.client.UserID: {"*"}})
	}()
}

func (v *olmVault) identity(ctx context.Context) (exists, verified bool, err error) {
	return v.GetOwnVerificationStatus(ctx)
}

func (v *olmVault) found(ctx context.Context, password string) (recovery string, err error) {
	if password == "" {
		recovery, _, err = v.GenerateAndUploadCrossSigningKeys(ctx, nil, "")
	} else {
		recovery, _, err = v.GenerateAndUploadCrossSigningKeysWithPassword(ctx, password, "")
	}
	if err != nil {
		if there, _, _ := v.identity(ctx); !there {
			recovery = ""
		}
		return recovery, err
	}
	if err = v.SignOwnDevice(ctx, v.OwnIdentity()); err == nil {
		err = v.SignOwnMasterKey(ctx)
	}
	return recovery, err
}

func (v *olmVault) verify(ctx context.Context, recovery string) error {
	return v.VerifyWithRecoveryKey(ctx, recovery)
}

func (v *olmVault) fingerprint() string { return v.Fingerprint() }

// knownRooms is what encryption asks about rooms. Whether a room is encrypted is remembered for
// ever, whatever its state says now.
type knownRooms struct {
	*sqlstatestore.SQLStateStore
	memory *memory
}

func (k knownRooms) IsEncrypted(ctx context.Context, room id.RoomID) (bool, error) {
	f, err := k.memory.room(ctx, room)
	return f.encrypted, err
}

func (k knownRooms) GetEncryptionEvent(ctx context.Context, room id.RoomID) (*event.EncryptionEventContent, error) {
	c, err := k.SQLStateStore.GetEncryptionEvent(ctx, room)
	if err != nil {
		return nil, err
	}
	if c == nil || c.Algorithm != id.AlgorithmMegolmV1 {
		c = &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}
	}
	return c, nil
}
