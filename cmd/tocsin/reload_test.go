package main

import (
	"strings"
	"testing"

	"github.com/tocsin-bot/tocsin/bot"
	"github.com/tocsin-bot/tocsin/bot/console"
	"github.com/tocsin-bot/tocsin/rules"
)

func TestReloadTellsTheAdminsWhatTheChangeWouldHaveMeant(t *testing.T) {
	t.Parallel()
	d := playDay(t)
	d.app.AdminRoom = console.Name
	r, err := rules.Parse("w.yaml", []byte("watches: [{id: libya-pakistan-arms, match: '\"sea cable\"', notify: [console]}]"), rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	reload := rules.Reload{Rules: r, Version: 2, Changed: []string{"libya-pakistan-arms"}}
	d.app.tellReload(t.Context(), reload, d.app.useRules(reload))
	if d.app.rulebook() != r.Set() {
		t.Error("the new rules are not in force")
	}
	owed, err := d.db.NextDelivery(t.Context(), console.Name, d.now())
	if err != nil || owed == nil {
		t.Fatalf("the admins are owed nothing: %v", err)
	}
	text := bot.PlainText(*owed.Message)
	for _, want := range []string{"rules v2 active (1 changed)", "libya-pakistan-arms: ", "stories gained ", "lost: ", "Haftar", "gained: "} {
		if !strings.Contains(text, want) {
			t.Errorf("the admins are not told %q:\n%s", want, text)
		}
	}
}
