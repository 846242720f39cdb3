package main

import (
	"errors"
	"testing"

	"github.com/tocsin-bot/tocsin/bot"
)

func TestALoginThatFailsIsNotToldAsAPost(t *testing.T) {
	t.Parallel()
	for hint, want := range map[string]string{
		"":             "no such host (`tocsin doctor` says more)",
		"Log in anew.": "no such host (Log in anew.)",
	} {
		if got := plainHint(&bot.SendError{Fate: bot.NotPosted, Hint: hint, Err: errors.New("no such host")}).Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
