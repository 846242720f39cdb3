package console

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tocsin-bot/tocsin/bot"
)

// heardAt gives what a prompt hears of what is typed, and what its terminal was sent.
func heardAt(t *testing.T, typed io.Reader) (heard []string, sent string) {
	t.Helper()
	platform, err := Open(Config{}, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &Prompt{Platform: platform, restore: func() {}, commands: []string{"latest", "why", "watch", "watches"}}
	var screen bytes.Buffer
	p.edit(typed, &screen)
	err = p.Listen(context.Background(), func(_ context.Context, in bot.Incoming) error {
		heard = append(heard, in.Text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return heard, screen.String()
}

func TestPastedLinesAreOneCommand(t *testing.T) {
	t.Parallel()
	typed := "test \x1b[200~Haftar meets Munir\rmute libya-arms 1w\nin Rawalpindi\x1b[201~\rwhy\r" +
		"\x1b[200~latest 3\r\x1b[201~\r"
	heard, sent := heardAt(t, iotest.OneByteReader(strings.NewReader(typed)))
	want := []string{"test Haftar meets Munir mute libya-arms 1w in Rawalpindi", "why", "latest 3"}
	if !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
	if !strings.Contains(sent, "\x1b[?2004h") {
		t.Error("the terminal is not asked to mark what is pasted")
	}
}

func TestTabFinishesACommand(t *testing.T) {
	t.Parallel()
	if heard, _ := heardAt(t, strings.NewReader("la\t5\rwat\tes\r")); !slices.Equal(heard, []string{"latest 5", "watches"}) {
		t.Errorf("heard %q", heard)
	}
}

func TestTerminalIsGivenBackWhenThePersonLeaves(t *testing.T) {
	t.Parallel()
	platform, err := Open(Config{}, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	restored := false
	p := &Prompt{Platform: platform, restore: func() { restored = true }}
	p.edit(strings.NewReader("\x04"), io.Discard)
	if err := p.Listen(context.Background(), nil); err != nil || !restored {
		t.Errorf("restored %t, %v", restored, err)
	}
}
