//go:build !goolm

package matrix

import (
	"context"

	"maunium.net/go/mautrix"

	"github.com/tocsin-bot/tocsin/bot"
)

// Encrypts says whether this program can speak in encrypted rooms.
const Encrypts = false

func openVault(context.Context, *mautrix.Client, *memory, string, Config) (vault, error) {
	return nil, &bot.SendError{Fate: bot.BadRoom, Err: errNoEncryption,
		Hint: "Use a program that was built with -tags goolm; encryption of a room cannot be turned off."}
}

type noEncryption struct{}

func (noEncryption) Error() string {
	return "the room is encrypted, and this program was built without encryption"
}

var errNoEncryption noEncryption
