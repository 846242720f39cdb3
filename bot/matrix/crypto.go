package matrix

import (
	"context"
	"errors"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// vault holds the keys of the device. It is there only in programs built with the tag goolm.
type vault interface {
	// receive takes what a sync response brings for encryption: keys, devices, how many one-time
	// keys are left. It says whether a room key may have come. After an error the vault must be opened
	// anew: what it knows and what is stored have parted.
	receive(ctx context.Context, r *syncResponse) (keys bool, err error)

	// member is told of every membership that changed, so that who left cannot read on.
	member(ctx context.Context, e *event.Event)

	// renew ends the session of a room, so that the next message makes one for its members as they
	// are now.
	renew(ctx context.Context, room id.RoomID, members []id.UserID) error

	encrypt(ctx context.Context, room id.RoomID, kind event.Type, content any) (*event.EncryptedEventContent, error)

	// decrypt gives errNoKey while the key has not come.
	decrypt(ctx context.Context, e *event.Event) (*event.Event, error)

	// ask asks the sender's devices for the key of an event.
	ask(ctx context.Context, e *event.Event)

	// identity says whether the account has cross-signing keys, and whether they sign this device.
	identity(ctx context.Context) (exists, verified bool, err error)

	// found makes cross-signing keys, signs this device, and gives the recovery key, beside an error as
	// well once the keys are there. The password is asked for by some servers; it may be empty.
	found(ctx context.Context, password string) (recovery string, err error)

	// verify signs this device with the keys that the recovery key opens.
	verify(ctx context.Context, recovery string) error

	// fingerprint is what people compare when they verify the device by hand.
	fingerprint() string
}

var errNoKey = errors.New("the key of this event has not come yet")
